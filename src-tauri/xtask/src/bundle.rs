//! `cargo xtask bundle`: this platform's installers, by Tauri's own command line.

use crate::build;
use crate::node;
use crate::packages;
use crate::pieces::Purpose;
use crate::places::Places;
use crate::platform::Platform;
use crate::process;
use crate::trouble::Outcome;

/// Fetched only when bundling, because nothing else needs it.
const TAURI_CLI: &str = "@tauri-apps/cli@2.12.5";

/// Builds the optimised app and packs it as `kinds`, or as this platform's usual ones.
pub(crate) fn bundle(places: &Places, kinds: &[String]) -> Outcome<()> {
    let platform = Platform::detect();
    packages::ensure(platform, &[Purpose::Build])?;
    node::ensure(places, platform)?;
    build::page(places)?;
    let usual = match platform {
        Platform::Mac => "app,dmg",
        Platform::Windows => "nsis,msi",
        // An AppImage is made in the hosted workflow: Tauri's bundler downloads its tools from a code host.
        Platform::Debian | Platform::Fedora | Platform::Arch | Platform::OtherLinux => "deb,rpm",
    };
    let kinds = if kinds.is_empty() { usual.to_owned() } else { kinds.join(",") };
    eprintln!("Packing {kinds} (an optimised build: minutes)");
    let mut command = process::command(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command
        .current_dir(&places.root)
        .args(["exec", "--yes", "--package", TAURI_CLI, "--", "tauri", "build", "--bundles", &kinds])
        // The page has already been built, by the same rules as everywhere else here.
        .args(["--config", r#"{"build":{"beforeBuildCommand":""}}"#]);
    process::run_visibly(&mut command, "tauri build")?;
    eprintln!("Installers are in {}", places.target.join("release/bundle").display());
    Ok(())
}

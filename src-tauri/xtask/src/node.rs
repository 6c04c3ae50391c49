//! Node and the page's packages.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use crate::places::Places;
use crate::platform::Platform;
use crate::process;
use crate::trouble::{Outcome, Trouble};

/// The oldest Node the page's tools run on (`engines` in ui/package.json).
const OLDEST: (u32, u32) = (20, 19);

pub(crate) fn npm(places: &Places) -> Command {
    // On Windows npm is a batch file, which must be named in full to be started.
    let mut command = process::command(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(places.page()).env("npm_config_update_notifier", "false");
    command
}

/// Makes sure that Node is installed and new enough, and that the page's packages are the locked ones.
pub(crate) fn ensure(places: &Places, platform: Platform) -> Outcome<()> {
    let advice = match platform {
        Platform::Debian | Platform::OtherLinux => {
            "install Node 20.19 or newer from https://nodejs.org (the distribution's own may be older)"
        }
        Platform::Fedora => "sudo dnf install nodejs npm",
        Platform::Arch => "sudo pacman -S nodejs npm",
        Platform::Mac => "brew install node",
        Platform::Windows => "winget install --exact --id OpenJS.NodeJS.LTS",
    };
    let Some(said) = process::answer(process::command("node").arg("--version")) else {
        return Err(Trouble::new("Node is missing").advise(advice));
    };
    if version(&said).is_none_or(|found| found < OLDEST) {
        let said = said.trim();
        return Err(Trouble::new(format!("Node {said} is too old, the page needs 20.19")).advise(advice));
    }
    if process::on_path("npm").is_none() {
        return Err(Trouble::new("npm is missing").advise(advice));
    }
    let page = places.page();
    if is_newer(&page.join("package-lock.json"), &page.join("node_modules/.package-lock.json")) {
        eprintln!("Installing the page's packages (npm ci)");
        let mut command = npm(places);
        command.args(["ci", "--no-audit", "--no-fund"]).stdout(std::io::stderr());
        process::run_visibly(&mut command, "npm ci")?;
    }
    Ok(())
}

/// Reads `v20.20.2` as (20, 20).
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().trim_start_matches('v').split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn is_newer(source: &Path, product: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    changed(product).is_none_or(|made| changed(source).unwrap_or(SystemTime::UNIX_EPOCH) > made)
}

#[cfg(test)]
mod tests {
    use super::{OLDEST, version};

    #[test]
    fn node_versions_compare_as_numbers() {
        assert_eq!(version("v20.20.2\n"), Some((20, 20)));
        assert!(version("v20.9.0").is_some_and(|found| found < OLDEST), "nine is less than nineteen");
        assert!(version("v22.1.0").is_some_and(|found| found >= OLDEST));
        assert_eq!(version("not a version"), None);
    }
}

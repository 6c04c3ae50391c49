//! Building the page, and the app around it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::UNIX_EPOCH;

use crate::node;
use crate::packages;
use crate::pieces::Purpose;
use crate::places::Places;
use crate::platform::Platform;
use crate::process;
use crate::trouble::{Doing, Outcome, Trouble};

/// The features of every build of the shell: `custom-protocol` puts the built page inside the binary, so
/// neither the Tauri CLI nor a development server is needed.
pub(crate) const FEATURES: &str = "porthole/custom-protocol";

/// Whether the built page is older than its sources. Rebuilding it touches all its files, and
/// would recompile and relink the shell several times in a test run.
pub(crate) fn page_is_fresh(places: &Places) -> bool {
    places.page().join("dist/index.html").is_file()
        && fs::read_to_string(stamp(places)).is_ok_and(|recorded| recorded == page_sources(places))
}

/// Remembers which sources the built page was made from.
pub(crate) fn record_page(places: &Places) -> Outcome<()> {
    fs::write(stamp(places), page_sources(places)).doing("recording the page's sources")
}

/// Builds the page unless it is up to date.
pub(crate) fn page(places: &Places) -> Outcome<()> {
    if page_is_fresh(places) {
        return Ok(());
    }
    eprintln!("Building the page");
    process::run_visibly(
        node::npm(places).args(["run", "--silent", "build"]).stdout(std::io::stderr()),
        "building the page",
    )?;
    record_page(places)
}

/// Builds the app and its command line counterpart for the user to run.
pub(crate) fn app(places: &Places, release: bool) -> Outcome<()> {
    eprintln!("Building the app (the first time takes minutes)");
    let mut command = cargo(places);
    command.args(["build", "--package=porthole", "--package=porthole-cli", "--features", FEATURES]);
    if release {
        command.arg("--release");
    }
    process::run_visibly(&mut command, "building the app")
}

/// Builds the driver of the real window and what it drives; `purposes` are those besides building, showing and driving.
pub(crate) fn build_for_driving(places: &Places, purposes: &[Purpose]) -> Outcome<()> {
    let platform = Platform::detect();
    if !platform.is_linux() {
        return Err(Trouble::new("this drives the real window, which only Linux's webview allows"));
    }
    let driving = [&[Purpose::Build, Purpose::Display, Purpose::EndToEnd], purposes].concat();
    packages::ensure(platform, &driving)?;
    node::ensure(places, platform)?;
    page(places)?;
    let mut programs = cargo(places);
    programs.arg("build").args(["--workspace", "--features", FEATURES, "--exclude=xtask"]);
    process::run_visibly(programs.args(["--bins", "--lib", "--tests"]), "building the app")
}

/// Cargo, in this repository.
pub(crate) fn cargo(places: &Places) -> Command {
    let mut cargo = process::cargo();
    cargo.current_dir(&places.root);
    cargo
}

fn stamp(places: &Places) -> std::path::PathBuf {
    places.own.join("page-sources")
}

/// Every source file of the page with its size and time: equal text means that nothing was changed, added or removed.
fn page_sources(places: &Places) -> String {
    let mut lines = Vec::new();
    collect(&places.page(), &mut lines);
    lines.sort_unstable();
    lines.join("\n")
}

fn collect(folder: &Path, lines: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if ["node_modules", "dist", "coverage"].iter().any(|left_out| name == *left_out) {
            continue;
        }
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_dir() {
            collect(&entry.path(), lines);
        } else {
            let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let mut line = entry.path().display().to_string();
            let _ = write!(line, " {} {}", metadata.len(), changed.unwrap_or_default().as_nanos());
            lines.push(line);
        }
    }
}

//! cargo-deny: the check that dependencies, their licences and their sources stay within `.deny.toml`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::places::Places;
use crate::process;
use crate::trouble::{Doing, Outcome};

const VERSION: &str = "0.20.2";

/// The tool: on the PATH, or the one installed here.
fn program(places: &Places) -> Option<PathBuf> {
    process::on_path("cargo-deny").or_else(|| Some(installed(places)).filter(|program| program.is_file()))
}

fn installed(places: &Places) -> PathBuf {
    places.target.join("tools/bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX))
}

fn build_folder(places: &Places) -> PathBuf {
    places.target.join("tools/build")
}

pub(crate) fn is_there(places: &Places) -> bool {
    program(places).is_some()
}

/// Compiles it under `target/tools`, for quick compiling rather than quick running, without its networked parts.
pub(crate) fn install(places: &Places) -> Command {
    let mut command = process::cargo();
    command
        .current_dir(&places.root)
        .args(["install", "cargo-deny", "--locked", "--version", VERSION, "--no-default-features"])
        .args(["--profile", "dev", "--root"])
        .arg(places.target.join("tools"))
        .env("CARGO_TARGET_DIR", build_folder(places))
        .env("CARGO_PROFILE_DEV_DEBUG", "0");
    command
}

/// Removes what compiling it left behind.
pub(crate) fn remove_leftovers(places: &Places) -> Outcome<()> {
    let folder = build_folder(places);
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(&folder).doing(format_args!("removing {}", folder.display()))
}

/// Checks everything that needs no network; known vulnerabilities are looked up in the hosted workflow.
pub(crate) fn check(places: &Places) -> Command {
    let mut command = process::command(program(places).unwrap_or_else(|| installed(places)));
    command.current_dir(&places.root).args(["--all-features", "--locked", "--config", ".deny.toml"]);
    command.args(["check", "bans", "licenses", "sources"]);
    command
}

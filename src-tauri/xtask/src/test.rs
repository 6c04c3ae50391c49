//! `cargo xtask test`: every check there is, one summary.
//!
//! Cargo's steps all select the same packages and features, because a different selection would mean different
//! features for shared dependencies, and so recompiling the whole tree. Clippy and documentation share one set of
//! artefacts, builds and tests the other.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::build::{self, FEATURES, cargo};
use crate::deny;
use crate::display::VirtualDisplay;
use crate::fuzz;
use crate::llama::Server;
use crate::model;
use crate::node;
use crate::packages;
use crate::pieces::Purpose;
use crate::places::{Places, empty};
use crate::platform::Platform;
use crate::rust;
use crate::step::Steps;
use crate::summary;
use crate::trouble::{Outcome, Trouble};

const SHORT: Duration = Duration::from_mins(5);
const LONG: Duration = Duration::from_mins(30);

/// How long each fuzz target runs: long enough to find what a change obviously broke. `cargo xtask fuzz` goes further.
const FUZZING: Duration = Duration::from_secs(10);

/// The types the page shares with the app, written by a test of the shell.
const BINDINGS: &str = "ui/src/ipc/bindings.gen.ts";

/// Sets up and checks everything; `fast` leaves out the end-to-end journeys and what only they need.
pub(crate) fn test(places: &Places, fast: bool) -> Outcome<ExitCode> {
    let platform = Platform::detect();
    let end_to_end = !fast && platform.is_linux();
    let mut purposes = vec![Purpose::Build, Purpose::Keychain, Purpose::Namespace];
    if end_to_end {
        purposes.extend([Purpose::Fuzz, Purpose::Display, Purpose::EndToEnd]);
    }
    packages::ensure(platform, &purposes)?;
    rust::ensure_components()?;
    node::ensure(places, platform)?;

    let mut steps = Steps::new(places);
    check_page(places, &mut steps)?;
    check_dependencies(places, &mut steps)?;
    if places.page().join("dist/index.html").is_file() {
        check_crates(places, &mut steps)?;
    } else {
        for name in ["lint", "docs", "build", "tests"] {
            steps.skip(name, "the app cannot be compiled without its page");
        }
    }
    fuzz_targets(places, fast, &mut steps);
    if end_to_end {
        journeys(places, platform, &mut steps);
    } else {
        let why = if fast { "--fast" } else { "this platform's webview has no WebDriver" };
        steps.skip("end-to-end", why);
    }

    print!("{}", summary::table(steps.done()));
    Ok(if summary::all_good(steps.done()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check_page(places: &Places, steps: &mut Steps<'_>) -> Outcome<()> {
    steps.command(
        "format",
        SHORT,
        cargo(places).args(["fmt", "--all", "--check", "--", "tests/fuzz/src/main.rs"]),
    );
    for (name, script) in [("page format", "format:check"), ("page lint", "lint"), ("page types", "check")] {
        steps.command(name, SHORT, node::npm(places).args(["run", "--silent", script]));
    }
    steps.tests("page tests", SHORT, node::npm(places).args(["run", "--silent", "test"]));
    if build::page_is_fresh(places) {
        steps.skip("page build", "nothing changed since the last one");
        return Ok(());
    }
    if steps.command("page build", SHORT, node::npm(places).args(["run", "--silent", "build"])) {
        build::record_page(places)?;
    }
    Ok(())
}

fn check_dependencies(places: &Places, steps: &mut Steps<'_>) -> Outcome<()> {
    let name = "cargo-deny";
    if !deny::is_there(places) && !steps.command(name, LONG, &mut deny::install(places)) {
        steps.skip("dependencies", "cargo-deny could not be installed");
        return Ok(());
    }
    deny::remove_leftovers(places)?;
    steps.command("dependencies", SHORT, &mut deny::check(places));
    Ok(())
}

fn check_crates(places: &Places, steps: &mut Steps<'_>) -> Outcome<()> {
    let everywhere = ["--workspace", "--features", FEATURES];
    let mut lint = cargo(places);
    lint.arg("clippy").args(everywhere).arg("--features=porthole-tests/gallery");
    lint.args(["--all-targets", "--", "-Dwarnings"]);
    steps.command("lint", LONG, &mut lint);

    let mut docs = cargo(places);
    docs.arg("doc").args(everywhere).arg("--features=porthole-tests/gallery");
    docs.args(["--no-deps", "--document-private-items"]);
    steps.command("docs", LONG, docs.env("RUSTDOCFLAGS", "-Dwarnings"));

    // Without xtask: Windows cannot replace a running program. With the tests: their features count too.
    let mut build = cargo(places);
    build.arg("build").args(everywhere).args(["--exclude=xtask", "--bins", "--lib", "--tests"]);
    if !steps.command("build", LONG, &mut build) {
        steps.skip("tests", "the build failed");
        return Ok(());
    }

    let before = fs::read(places.root.join(BINDINGS)).unwrap_or_default();
    let home = places.own.join("home");
    let mut tests = cargo(places);
    tests.arg("test").args(everywhere).arg("--no-fail-fast");
    empty(&home)?;
    away_from_home(&mut tests, &home);
    steps.tests("tests", LONG, &mut tests);
    steps.check("home untouched", || refuse_traces(&home));
    steps.check("bindings", || {
        if fs::read(places.root.join(BINDINGS)).unwrap_or_default() == before {
            return Ok(());
        }
        Err(Trouble::new(format!("{BINDINGS} was out of date; the tests have written it anew"))
            .advise("look at the change and commit it"))
    });
    Ok(())
}

fn fuzz_targets(places: &Places, fast: bool, steps: &mut Steps<'_>) {
    if fast || !fuzz::is_possible() {
        steps.skip("fuzz", if fast { "--fast" } else { "its flags and libFuzzer are set up for Linux only" });
        return;
    }
    let built = match fuzz::build(places) {
        Ok(mut build) => steps.command("fuzz build", LONG, &mut build),
        Err(trouble) => steps.check("fuzz build", || Err(trouble)),
    };
    if built {
        steps.check("fuzz", || fuzz::run_all(places, FUZZING));
    } else {
        steps.skip("fuzz", "the build failed");
    }
}

fn journeys(places: &Places, platform: Platform, steps: &mut Steps<'_>) {
    let name = "end-to-end";
    if !steps.passed("build") {
        steps.skip(name, "there is no app to open");
        return;
    }
    let mut server = None;
    steps.check("real model", || {
        server = Some(Server::start(places, &model::fetch(places)?, 0)?);
        Ok(())
    });
    let mut display = None;
    let home = places.own.join("home-end-to-end");
    let pictures = places.own.join("e2e");
    let prepared = steps.check("virtual display", || {
        empty(&home)?;
        empty(&pictures)?;
        display = Some(VirtualDisplay::start(places)?);
        Ok(())
    });
    let Some(display) = display.filter(|_| prepared) else {
        steps.skip(name, "there is no display");
        return;
    };
    let mut journeys = cargo(places);
    journeys.args([
        "test",
        "--workspace",
        "--features",
        FEATURES,
        "--features=porthole-tests/e2e",
        "--test=e2e",
    ]);
    journeys.args(["--no-fail-fast", "--", "--test-threads=1"]);
    away_from_home(&mut journeys, &home);
    display.apply(&mut journeys);
    journeys
        .env("PORTHOLE_BIN", places.binary("debug", "porthole"))
        .env("PORTHOLE_CLI_BIN", places.binary("debug", "porthole-cli"))
        .env("PORTHOLE_E2E_SHOTS", &pictures)
        // Twice as fast as WebKit's default without a graphics card, and its screenshots never hang.
        .env("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1")
        .env("TAURI_WEBVIEW_AUTOMATION", "true");
    if let Some(server) = &server {
        journeys.env("PORTHOLE_MODEL_URL", server.address());
    }
    let passed = steps.tests(name, LONG, &mut journeys);
    if !passed && platform != Platform::Debian {
        println!(
            "Fedora and Arch build WebDriver's keyboard and mouse into the GTK 4 library only (tauri issue 6541): \
             journeys that type or click can fail there for that reason alone."
        );
    }
}

/// Gives a command an empty home, so that tests can neither find nor spoil what the user has. The toolchain
/// stays where it is.
fn away_from_home(command: &mut Command, home: &Path) {
    let real =
        env::var_os("HOME").or_else(|| env::var_os("USERPROFILE")).map(PathBuf::from).unwrap_or_default();
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        command.env(name, env::var_os(name).map_or_else(|| real.join(folder), PathBuf::from));
    }
    for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "PORTHOLE_DATA_DIR"]
    {
        command.env_remove(name);
    }
    command.env("HOME", home).env("PORTHOLE_KEYCHAIN", "off");
    if cfg!(windows) {
        command.env("APPDATA", home.join("Roaming")).env("LOCALAPPDATA", home.join("Local"));
    }
}

/// Fails if anything of the app's has appeared where a user's data would be.
fn refuse_traces(home: &Path) -> Outcome<()> {
    let mut folders = vec![home.to_path_buf()];
    let mut traces = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_name().to_string_lossy().to_lowercase().contains("porthole") {
                traces.push(path.display().to_string());
            } else if path.is_dir() {
                folders.push(path);
            }
        }
    }
    if traces.is_empty() {
        return Ok(());
    }
    Err(Trouble::new(format!("tests wrote into the user's home: {}", traces.join(", ")))
        .advise("give the test a temporary data folder"))
}

#[cfg(test)]
mod tests {
    use super::refuse_traces;
    use crate::places::empty;

    #[test]
    fn a_trace_in_the_home_is_found_at_any_depth() {
        let home = std::env::temp_dir().join(format!("porthole-traces-{}", std::process::id()));
        empty(&home).expect("a temporary folder");
        std::fs::create_dir_all(home.join(".cache/fontconfig")).expect("a temporary folder");
        assert!(refuse_traces(&home).is_ok(), "other programs' caches are none of our business");
        std::fs::create_dir_all(home.join(".local/share/app.Porthole")).expect("a temporary folder");
        assert!(refuse_traces(&home).expect_err("a trace").to_string().contains("app.Porthole"));
        std::fs::remove_dir_all(home).expect("a temporary folder");
    }
}

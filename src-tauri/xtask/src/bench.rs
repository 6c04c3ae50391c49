//! `cargo xtask bench`: what users notice, measured in the real window.

use crate::build::{FEATURES, build_for_driving, cargo};
use crate::display::VirtualDisplay;
use crate::pieces::Purpose;
use crate::places::Places;
use crate::process;
use crate::trouble::Outcome;

/// Measures opening, searching, listing and reading a large history, in core as people get it.
pub(crate) fn history(places: &Places) -> Outcome<()> {
    core(places, "history")
}

/// Measures how long the export of a gigabyte takes, how much memory, and how soon it can be given up, in core as people
/// get it.
pub(crate) fn export(places: &Places) -> Outcome<()> {
    core(places, "export")
}

fn core(places: &Places, bench: &str) -> Outcome<()> {
    let mut measures = cargo(places);
    measures.args(["bench", "--package=porthole-tests", "--bench", bench]);
    process::run_visibly(&mut measures, "measuring")
}

/// Runs every benchmark of the window. Those that measure waiting run on the build that the tests use; the one that compares with an
/// empty window, on the build that people get.
pub(crate) fn bench(places: &Places) -> Outcome<()> {
    build_for_driving(places, &[Purpose::Bench])?;
    build_released(places)?;

    let display = VirtualDisplay::start(places)?;
    measure(places, &display, "first_light", "debug", "dev")?;
    measure(places, &display, "start", "release", "dev")
}

/// Measures the start and the scrolling of the list on a large history, in the build that people get.
pub(crate) fn list(places: &Places) -> Outcome<()> {
    build_for_driving(places, &[])?;
    build_released(places)?;
    let display = VirtualDisplay::start(places)?;
    // A million messages are made in minutes by what is optimised, and in the better part of an hour by what is not.
    measure(places, &display, "list", "release", "bench")
}

/// Builds the app as it is released, its command line counterpart, and the empty window.
fn build_released(places: &Places) -> Outcome<()> {
    let mut released = cargo(places);
    released.args(["build", "--release", "--package=porthole", "--package=porthole-cli"]);
    released.args(["--features", FEATURES, "--bins", "--example=blank"]);
    process::run_visibly(&mut released, "building the app as it is released")
}

/// Runs one benchmark, built in the profile `by`, on the programs of the profile `of`.
fn measure(places: &Places, display: &VirtualDisplay, bench: &str, of: &str, by: &str) -> Outcome<()> {
    let program = places.binary(of, "porthole");
    let mut measures = cargo(places);
    measures.args(["bench", "--workspace", "--profile", by, "--features", FEATURES]);
    measures.args(["--features=porthole-tests/e2e", "--bench", bench]);
    display.apply(&mut measures);
    measures.env("PORTHOLE_BIN", &program).env("PORTHOLE_BIN_DIR", program.parent().unwrap_or(&places.root));
    process::run_visibly(&mut measures, "measuring")
}

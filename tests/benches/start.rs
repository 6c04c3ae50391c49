//! How long the app takes from `exec` to a field that has the focus on a frame that was drawn, and how much memory all
//! its processes hold at rest, each compared with an empty window of the same engine at the same moment, in turn on the
//! same machine.
//!
//! `cargo xtask bench` provides the display. Prints one row per measurement and fails if one exceeds its bound.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot be taken is a failure")]
#![expect(clippy::print_stdout, reason = "the rows are the result")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use porthole_tests::harness::program;
use porthole_tests::measuring::{Started, median};

const RUNS: usize = 10;
/// By then it is at rest.
const SETTLED: Duration = Duration::from_secs(4);

fn main() -> ExitCode {
    let blank = program("porthole").with_file_name("examples").join("blank");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        theirs.push(start(&blank));
        ours.push(start(&program("porthole")));
    }
    println!("{:<44} {:>9} {:>9} {:>9} {:>9}", "median of 10", "Porthole", "blank", "ratio", "bound");
    let row = |name: &str, pick: fn(&(f64, f64)) -> f64, bound: f64| {
        let middle = |of: &[(f64, f64)]| median(&of.iter().map(pick).collect::<Vec<_>>());
        let (ours, theirs) = (middle(&ours), middle(&theirs));
        let good = ours <= theirs * bound;
        let verdict = if good { "" } else { "  beyond" };
        println!("{name:<44} {ours:>9.1} {theirs:>9.1} {:>9.2} {bound:>9.1}{verdict}", ours / theirs);
        good
    };
    let good = [
        row("exec to a field that takes keys, ms", |(ms, _)| *ms, 1.5),
        row("memory of all processes at rest, MB (PSS)", |(_, mb)| *mb, 1.3),
    ];
    if good.iter().all(|good| *good) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Starts a program on an empty data folder: milliseconds until it is ready, megabytes at rest.
fn start(program: &Path) -> (f64, f64) {
    let home = tempfile::tempdir().unwrap();
    let started = Started::on(program, &home.path().join("data"));
    std::thread::sleep(SETTLED);
    let kb: f64 = family(started.process()).iter().map(|process| pss_kb(*process)).sum();
    let ms = started.ms;
    started.end();
    (ms, kb / 1024.0)
}

/// A process and all its descendants.
fn family(root: u32) -> Vec<u32> {
    let all: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|process: u32| Some((process, parent(process)?)))
        .collect();
    let mut family = vec![root];
    let mut at = 0;
    while let Some(&one) = family.get(at) {
        family.extend(all.iter().filter(|(_, parent)| *parent == one).map(|(process, _)| *process));
        at += 1;
    }
    family
}

fn parent(process: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(PathBuf::from(format!("/proc/{process}/stat"))).ok()?;
    // The name of the program, in brackets, may contain anything, unlike what follows it.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn pss_kb(process: u32) -> f64 {
    let told = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let line = told.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0.0)
}

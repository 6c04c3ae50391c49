//! How long the app takes from `exec` to a field that has the focus on a frame that was drawn, and how much memory all
//! its processes hold at rest, each compared with an empty window of the same engine at the same moment, in turn on the
//! same machine.
//!
//! `cargo xtask bench` provides the display. Prints one row per measurement and fails if one exceeds its bound.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot be taken is a failure")]
#![expect(clippy::print_stdout, reason = "the rows are the result")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use porthole_tests::harness::program;

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
    let median = |of: &[(f64, f64)], pick: fn(&(f64, f64)) -> f64| {
        let mut sorted: Vec<f64> = of.iter().map(pick).collect();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    };
    println!("{:<44} {:>9} {:>9} {:>9} {:>9}", "median of 10", "Porthole", "blank", "ratio", "bound");
    let row = |name: &str, pick: fn(&(f64, f64)) -> f64, bound: f64| {
        let (ours, theirs) = (median(&ours, pick), median(&theirs, pick));
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
    let ready = home.path().join("ready");
    let from = Instant::now();
    let mut child = Command::new(program)
        .env("PORTHOLE_DATA_DIR", home.path().join("data"))
        .env("PORTHOLE_READY_FILE", &ready)
        .env("PORTHOLE_KEYCHAIN", "off")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
    while !ready.exists() {
        assert!(from.elapsed() < Duration::from_mins(1), "{} is never ready", program.display());
        std::thread::sleep(Duration::from_millis(1));
    }
    let ms = from.elapsed().as_secs_f64() * 1000.0;
    std::thread::sleep(SETTLED);
    let mb = family(child.id()).iter().map(|process| pss_kb(*process)).sum::<f64>() / 1024.0;
    end(&mut child);
    (ms, mb)
}

fn end(child: &mut Child) {
    let asked = Command::new("kill").arg(child.id().to_string()).status();
    assert!(asked.is_ok_and(|asked| asked.success()), "the program can be asked to end");
    child.wait().unwrap();
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

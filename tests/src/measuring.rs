//! What several benchmarks do: start a program and wait until it is ready, and print what was measured.
#![expect(clippy::expect_used, reason = "a measurement that cannot be taken is a failure")]
#![expect(clippy::print_stdout, reason = "the rows are the result")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A program that was started on a data folder and is ready.
#[derive(Debug)]
pub struct Started {
    /// From `exec` to the moment it was ready.
    pub ms: f64,
    child: Child,
}

impl Started {
    /// Starts a program and waits until it says that it is ready.
    ///
    /// # Panics
    /// When it does not start, or is not ready after a minute.
    pub fn on(program: &Path, folder: &Path) -> Self {
        let place = tempfile::tempdir().expect("a temporary folder");
        let ready = place.path().join("ready");
        let begun = Instant::now();
        let child = Command::new(program)
            .env("PORTHOLE_DATA_DIR", folder)
            .env("PORTHOLE_READY_FILE", &ready)
            .env("PORTHOLE_KEYCHAIN", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        while !ready.exists() {
            assert!(begun.elapsed() < Duration::from_mins(1), "{} is never ready", program.display());
            std::thread::sleep(Duration::from_millis(1));
        }
        Self { ms: ms_since(begun), child }
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to quit, as the end of a desktop session does, and waits until it is gone.
    ///
    /// # Panics
    /// When it cannot be asked.
    pub fn end(mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(asked.is_ok_and(|asked| asked.success()), "the program can be asked to end");
        self.child.wait().expect("a child can be waited for");
    }
}

/// Milliseconds since then.
pub fn ms_since(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

/// The value that this many percent of the measured ones do not exceed.
pub fn percentile(measured: &[f64], percent: usize) -> f64 {
    let mut sorted = measured.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) * percent / 100]
}

/// The one in the middle.
pub fn median(measured: &[f64]) -> f64 {
    percentile(measured, 50)
}

/// Prints what stands above rows.
pub fn heading() {
    println!("{:<44} {:>9} {:>9} {:>9} {:>9}", "milliseconds", "median", "p95", "worst", "bound");
}

/// Prints a row; false if the 95th percentile (with few measurements, the median) exceeds `bound`.
pub fn row(name: &str, measured: &[f64], bound: f64) -> bool {
    let at = |percent| percentile(measured, percent);
    let good = if measured.len() < 20 { at(50) } else { at(95) } <= bound;
    let verdict = if good { "" } else { "  beyond" };
    let bound = if bound.is_finite() { format!("{bound:.1}") } else { String::new() };
    println!("{name:<44} {:>9.1} {:>9.1} {:>9.1} {bound:>9}{verdict}", at(50), at(95), at(100));
    good
}

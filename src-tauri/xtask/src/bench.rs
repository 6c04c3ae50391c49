//! `cargo xtask bench`: the measurements, where a crate has some.

use crate::build;
use crate::node;
use crate::packages;
use crate::pieces::Purpose;
use crate::places::Places;
use crate::platform::Platform;
use crate::process;
use crate::trouble::Outcome;

/// Crates that may have benchmarks, and their folders.
const MEASURED: [(&str, &str); 2] =
    [("porthole-markdown", "src-tauri/markdown"), ("porthole-tests", "tests")];

/// Runs every benchmark there is.
pub(crate) fn bench(places: &Places) -> Outcome<()> {
    let with: Vec<&str> = MEASURED
        .iter()
        .filter(|(_, folder)| places.root.join(folder).join("benches").is_dir())
        .map(|(package, _)| *package)
        .collect();
    if with.is_empty() {
        eprintln!("There are no benchmarks (no crate has a benches folder).");
        return Ok(());
    }
    let platform = Platform::detect();
    packages::ensure(platform, &[Purpose::Build])?;
    node::ensure(places, platform)?;
    build::page(places)?;
    let mut command = process::cargo();
    command.current_dir(&places.root).arg("bench").args(["--benches"]);
    for package in with {
        command.args(["--package", package]);
    }
    process::run_visibly(&mut command, "cargo bench")
}

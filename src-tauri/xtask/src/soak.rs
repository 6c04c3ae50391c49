//! `cargo xtask soak`: what a crash loses, held to what is promised.

use crate::build::cargo;
use crate::places::Places;
use crate::platform::Platform;
use crate::process;
use crate::trouble::{Outcome, Trouble};

/// How much text a kill may lose, in milliseconds (docs/data.md, "What is promised": 200, and the time of one write).
const LOSS_MS: &str = "250";

/// Kills the command line that often in the middle of a reply, alone on the machine; then as often on a disk that becomes
/// full, and as often on one that fails at fsync.
pub(crate) fn soak(places: &Places, kills: u32) -> Outcome<()> {
    process::run_visibly(cargo(places).args(["build", "--workspace"]), "building the programs")?;
    let mut test = cargo(places);
    test.args(["test", "--package=porthole-tests", "--test=it", "kills::"]);
    test.args(["--", "--nocapture", "--test-threads=1"]);
    test.env("PORTHOLE_SOAK_KILLS", kills.to_string()).env("PORTHOLE_SOAK_LOSS_MS", LOSS_MS);
    process::run_visibly(&mut test, "killing")?;
    if Platform::detect().is_linux() {
        Ok(())
    } else {
        Err(Trouble::new("skipped: full disks and failing disks can be had on Linux only"))
    }
}

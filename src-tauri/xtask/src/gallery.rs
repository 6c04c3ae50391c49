//! `cargo xtask gallery`: pictures of every screen and state of the real window.

use crate::bench::{build_for_driving, cargo};
use crate::build::FEATURES;
use crate::display::VirtualDisplay;
use crate::places::Places;
use crate::process;
use crate::trouble::Outcome;

/// The size of the screen, in pixels: the widest picture fits.
const SCREEN: &str = "1600x1000";

/// Saves the pictures, or those whose state or scene contains the word `only`, in `target/porthole/gallery`. Fails if a
/// state cannot be reached or axe finds fault with one.
pub(crate) fn gallery(places: &Places, only: Option<&str>) -> Outcome<()> {
    build_for_driving(places, &[])?;
    let folder = places.corner("gallery")?;
    let display = VirtualDisplay::start_sized(places, SCREEN)?;
    let mut taking = cargo(places);
    taking.args(["test", "--workspace", "--features", FEATURES, "--features=porthole-tests/gallery"]);
    taking.args(["--test=gallery", "--"]);
    if let Some(word) = only {
        taking.args(["--only", word]);
    }
    display.apply(&mut taking);
    let binary = places.binary("debug", "porthole");
    taking
        .env("PORTHOLE_BIN", &binary)
        .env("PORTHOLE_GALLERY", &folder)
        .env("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1");
    process::run_visibly(&mut taking, "taking the pictures")
}

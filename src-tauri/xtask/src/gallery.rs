//! `cargo xtask gallery`: pictures of every screen and state of the real window.

use std::fs;
use std::path::Path;

use crate::build::{FEATURES, build_for_driving, cargo};
use crate::display::VirtualDisplay;
use crate::places::Places;
use crate::process;
use crate::trouble::{Doing, Outcome};

/// The size of the screen, in pixels: the widest picture fits.
const SCREEN: &str = "1600x1000";

/// Saves the pictures in `target/porthole/gallery`: those whose state or scene contains the word `only`, leaving the
/// others as they are, or all, removing those of an earlier run. Fails if a state cannot be reached or axe finds fault
/// with one.
pub(crate) fn gallery(places: &Places, only: Option<&str>) -> Outcome<()> {
    build_for_driving(places, &[])?;
    let folder = places.corner("gallery")?;
    if only.is_none() {
        remove_pictures(&folder)?;
    }
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

/// Takes away what an earlier run left, so that no state is seen there that the window does not have any more.
fn remove_pictures(folder: &Path) -> Outcome<()> {
    let remove = || {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "png") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    };
    remove().doing(format_args!("removing old pictures from {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::remove_pictures;

    #[test]
    fn only_pictures_are_removed() {
        let folder = std::env::temp_dir().join(format!("porthole-gallery-{}", std::process::id()));
        fs::create_dir_all(folder.join("kept.d")).unwrap();
        for name in ["gone-1440-light-en.png", "notes.txt"] {
            fs::write(folder.join(name), "").unwrap();
        }
        remove_pictures(&folder).unwrap();
        let mut left: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(left, ["kept.d", "notes.txt"]);
    }
}

//! Windows that begin and windows that end: how often in a row the second is missing.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use super::App;

/// In the data folder while a window is open, and after one that died.
const FILE: &str = "run.json";
/// After so many in a row the last conversation may be the reason.
const ENOUGH: u32 = 2;

#[derive(Default, Serialize, Deserialize)]
struct Run {
    /// Starts since the last one that came to its end.
    unfinished: u32,
}

fn file_in(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

impl App {
    /// A window begins on this folder. When the last two died, [`App::begin`] leaves the last conversation closed.
    /// Blocking.
    pub fn window_begins(&self) {
        let file = file_in(&self.0.folder);
        let before: Run =
            std::fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        self.0.crashed.store(before.unfinished >= ENOUGH, Ordering::Relaxed);
        let run = Run { unfinished: before.unfinished.saturating_add(1) };
        // On a full disk nothing is counted, which is no reason not to begin.
        let _ = serde_json::to_vec(&run)
            .map_err(std::io::Error::from)
            .and_then(|text| crate::store::write_whole(&file, &text));
    }

    /// The window came to its end.
    pub fn window_ended(&self) {
        // As above.
        let _ = std::fs::remove_file(file_in(&self.0.folder));
    }

    pub(super) fn crashed(&self) -> bool {
        self.0.crashed.load(Ordering::Relaxed)
    }
}

//! Streams as servers send them, one file each, in `tests/fixtures/streams/<dialect>/`.
//!
//! Most were recorded from the stand-in (`fake_v4/check/recordings.rs`); a name that begins with `found` is an input
//! that once broke something. The tests replay them, and the fuzz targets start from them.

use std::fs;
use std::path::{Path, PathBuf};

use porthole_core::domain::ServerKind;

use crate::streams::KINDS;

/// One file.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Its dialect.
    pub kind: ServerKind,
    /// The name of the file.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Where they are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/streams")
}

/// All of them, in the order of their names.
#[expect(clippy::expect_used, reason = "a test without its recordings has nothing to say")]
pub fn recordings() -> Vec<Recording> {
    let mut recordings = Vec::new();
    for kind in KINDS {
        let files = fs::read_dir(folder().join(kind.name())).expect("a folder for each dialect");
        let mut paths: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
        paths.sort();
        recordings.extend(paths.into_iter().map(|path| Recording {
            kind,
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            bytes: fs::read(&path).expect("a recording"),
        }));
    }
    recordings
}

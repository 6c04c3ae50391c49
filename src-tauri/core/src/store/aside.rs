//! What could not be written into the history, put aside in a file until it can.
//!
//! Each program has one such file, `unsaved/` and the name of its mark, made large enough while there is room: writing
//! over it takes no new space on a full disk. The next program to open the folder after a crash takes it in.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{OptionalExtension as _, Transaction};
use serde::{Deserialize, Serialize};

use super::ending::{self, Ending};
use super::{Store, StoreError, data_folder, marks, parts};
use crate::domain::{MessageId, Part, plain_text, thinking_text};

/// The space that is reserved, in bytes: a reply of a quarter of a million words.
const RESERVED: usize = 1024 * 1024;
/// The longest file that is read.
const LONGEST: u64 = 256 * 1024 * 1024;

/// One line of the file. A NUL ends the content.
#[derive(Serialize, Deserialize)]
struct Record {
    message: MessageId,
    ending: Ending,
}

/// This program's file.
pub(super) struct Aside {
    path: PathBuf,
    lines: Mutex<BTreeMap<MessageId, String>>,
}

impl Aside {
    pub(super) fn of(folder: &Path, mark: &str) -> Self {
        Self { path: folder.join(data_folder::UNSAVED).join(mark), lines: Mutex::default() }
    }

    /// Creates the file with space reserved in it, if there is none. Blocking.
    fn reserve(&self) -> io::Result<()> {
        if self.path.exists() {
            return Ok(());
        }
        if let Some(folder) = self.path.parent() {
            data_folder::make(folder).map_err(io::Error::other)?;
        }
        let reserved = File::create_new(&self.path)?.write_all(&vec![0; RESERVED]);
        if reserved.is_err() {
            // What little room there is is the history's.
            fs::remove_file(&self.path)?;
        }
        reserved
    }

    /// Overwrites the file with all that is put aside. Blocking.
    fn write(&self) -> io::Result<()> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes: Vec<u8> = lines.values().flat_map(|line| line.bytes().chain([b'\n'])).collect();
        bytes.push(0);
        let mut file = File::options().write(true).create(true).truncate(false).open(&self.path)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&bytes)?;
        file.sync_data()
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            // A file that cannot be removed is empty, and is swept at the next start.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Store {
    /// Reserves the space in which a reply can be put aside should the disk be full when it ends. Failing to do so is
    /// no reason not to ask.
    pub(crate) async fn reserve_aside(&self) {
        let inner = self.0.clone();
        let reserving = tokio::task::spawn_blocking(move || inner.aside.reserve());
        if !matches!(reserving.await, Ok(Ok(()))) {
            tracing::warn!("no space could be reserved for replies that cannot be saved");
        }
    }

    /// Puts aside an ending that cannot be written into the history for now.
    ///
    /// # Errors
    /// When there is no room for that either.
    pub(crate) async fn put_aside(&self, message: MessageId, ending: &Ending) -> Result<(), StoreError> {
        let line = serde_json::to_string(&Record { message, ending: ending.clone() })?;
        let inner = self.0.clone();
        let writing = tokio::task::spawn_blocking(move || {
            inner.aside.lines.lock().unwrap_or_else(PoisonError::into_inner).insert(message, line);
            inner.aside.write()
        });
        Ok(writing.await.map_err(|_| StoreError::Closed)??)
    }

    /// Forgets what was put aside of a reply, because the history has it.
    pub(crate) async fn forget_aside(&self, message: MessageId) {
        let inner = self.0.clone();
        // What remains is written once more at the next start, with the same content.
        let _ = tokio::task::spawn_blocking(move || {
            let held = inner.aside.lines.lock().unwrap_or_else(PoisonError::into_inner).remove(&message);
            held.map_or(Ok(()), |_| inner.aside.write())
        })
        .await;
    }
}

/// Takes in what crashed programs had put aside, and returns the files that can be removed once this is committed.
pub(super) fn take_in(transaction: &Transaction<'_>, folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut done = Vec::new();
    let Ok(files) = fs::read_dir(folder.join(data_folder::UNSAVED)) else { return Ok(done) };
    for file in files.flatten() {
        let name = file.file_name().into_string().unwrap_or_default();
        if marks::is_alive(folder, &name) {
            continue;
        }
        for record in records_in(&file.path())? {
            let waits = transaction
                .prepare_cached("SELECT 1 FROM message WHERE id = ?1 AND state = 'arriving' AND writer = ?2")?
                .query_row(rusqlite::params![record.message.rowid(), name], |_| Ok(()))
                .optional()?;
            if waits.is_none() {
                continue;
            }
            // Of text that came after there was room again, only the history knows.
            let arrived = parts::arrived_parts(transaction, record.message)?;
            if length_of(&record.ending.parts) >= length_of(arrived.as_slice()) {
                ending::end_reply(transaction, record.message, &record.ending)?;
            }
        }
        done.push(file.path());
    }
    Ok(done)
}

/// How much parts say: what arrives only grows, even where text turns out to have been thinking.
fn length_of(parts: &[Part]) -> (usize, usize) {
    let calls = parts.iter().filter(|part| matches!(part, Part::ToolCall(_))).count();
    (plain_text(parts).len() + thinking_text(parts).len(), calls)
}

/// The records of a file. An incomplete line is not one.
fn records_in(path: &Path) -> io::Result<Vec<Record>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    let written = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(written.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

//! Back-ups: complete copies of the history next to it, made while it is in use.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use serde::Serialize;

use super::data_folder::{self, BACKUPS};
use super::inspect::{self, Depth, Inside};
use super::opening::BUSY_TIMEOUT;
use super::{Interrupt, Store, StoreError, disk, marks};
use crate::domain::Thing;

/// How many are kept of each kind that Porthole makes automatically.
const KEPT: usize = 7;
/// How long a daily one counts as today's.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Pages copied at once, and the pause in between, so that a copy in the background leaves the disk to others.
const STEP: i32 = 256;
const REST: Duration = Duration::from_millis(2);

/// Why a back-up was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum BackUpReason {
    /// The daily one; seven of them are kept.
    Daily,
    /// The user asked for it.
    Asked,
    /// Before the schema changed.
    Migration,
    /// Before another back-up took its place.
    Restore,
}

impl BackUpReason {
    const ALL: [Self; 4] = [Self::Daily, Self::Asked, Self::Migration, Self::Restore];

    /// Its name in file names and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Asked => "asked",
            Self::Migration => "migration",
            Self::Restore => "restore",
        }
    }
}

/// A back-up in the data folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct BackUp {
    /// The name of its file in `backups/`.
    pub name: String,
    /// Why it was made.
    pub reason: BackUpReason,
    /// When, in milliseconds since 1970 UTC.
    #[specta(type = u32)]
    pub made_at_ms: i64,
    /// How large it is, in bytes.
    #[specta(type = u32)]
    pub bytes: u64,
}

/// All back-ups of a data folder, newest first.
pub(crate) fn list(folder: &Path) -> Result<Vec<BackUp>, StoreError> {
    let entries = match fs::read_dir(folder.join(BACKUPS)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut found: Vec<BackUp> = entries.flatten().filter_map(|entry| back_up_of(&entry)).collect();
    // Within one second, the later one has a longer name.
    found.sort_by_key(|back_up| {
        std::cmp::Reverse((back_up.made_at_ms, back_up.name.len(), back_up.name.clone()))
    });
    Ok(found)
}

/// What a file among the back-ups is. One that the user has named is a back-up too, of the time it was written.
fn back_up_of(entry: &fs::DirEntry) -> Option<BackUp> {
    let name = entry.file_name().into_string().ok()?;
    let stem = name.strip_suffix(".db")?;
    let about = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    let of_name = stem.split_once("Z-").and_then(|(time, rest)| {
        let made = jiff::civil::DateTime::strptime("%Y-%m-%dT%H%M%S", time).ok()?;
        let made_at_ms = jiff::tz::TimeZone::UTC.to_timestamp(made).ok()?.as_millisecond();
        let word = rest.split('-').next()?;
        Some((BackUpReason::ALL.into_iter().find(|reason| reason.name() == word)?, made_at_ms))
    });
    let (reason, made_at_ms) = of_name.unwrap_or_else(|| {
        let written = about.modified().ok().and_then(|time| jiff::Timestamp::try_from(time).ok());
        (BackUpReason::Asked, written.map_or(0, jiff::Timestamp::as_millisecond))
    });
    Some(BackUp { reason, made_at_ms, bytes: about.len(), name })
}

/// The file of the back-up called `name`.
///
/// # Errors
/// [`StoreError::Missing`] for anything that is not listed, including a path.
pub(super) fn file_of(folder: &Path, name: &str) -> Result<PathBuf, StoreError> {
    let known = list(folder)?.into_iter().any(|back_up| back_up.name == name);
    if known { Ok(folder.join(BACKUPS).join(name)) } else { Err(StoreError::Missing(Thing::BackUp)) }
}

/// What is in the back-up called `name` of a data folder. This changes nothing and works with any schema.
pub(crate) fn look_into(folder: &Path, name: &str, interrupt: &Interrupt) -> Result<Inside, StoreError> {
    inspect::look_into(&file_of(folder, name)?, Depth::Pages, interrupt)
}

/// A moment as it appears in a file name.
pub(super) fn moment(now_ms: i64) -> String {
    let moment = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    moment.strftime("%Y-%m-%dT%H%M%SZ").to_string()
}

/// Copies all that `source` reads into a new back-up. The file gets its name only once it is complete; if it could not
/// be finished, or is damaged and not about to be replaced, nothing is left.
///
/// `source` has to be in a transaction, or any write by another connection would make the copy start over.
pub(super) fn make(
    source: &Connection,
    folder: &Path,
    mark: &str,
    (reason, now_ms): (BackUpReason, i64),
    interrupt: &Interrupt,
) -> Result<BackUp, StoreError> {
    let backups = folder.join(BACKUPS);
    data_folder::make(&backups)?;
    sweep(folder);
    let unfinished = backups.join(format!("{mark}.part"));
    let made = copy(source, &unfinished, interrupt).and_then(|()| {
        let is_sound = match inspect::refuse_damaged(&unfinished, interrupt) {
            Ok(()) => true,
            // What is about to be replaced is kept as it is.
            Err(StoreError::Damaged(_)) if reason == BackUpReason::Restore => false,
            Err(error) => return Err(error),
        };
        let moment = moment(now_ms);
        let names = (1..).map(|nth| match nth {
            1 => format!("{moment}-{}.db", reason.name()),
            nth => format!("{moment}-{}-{nth}.db", reason.name()),
        });
        let name = names.into_iter().find(|name| !backups.join(name).exists()).unwrap_or_default();
        fs::rename(&unfinished, backups.join(&name))?;
        disk::sync_folder(&backups)?;
        Ok((name, is_sound))
    });
    if made.is_err() {
        remove_unfinished(&unfinished);
    }
    let (name, is_sound) = made?;
    // A damaged copy must not displace a sound one.
    if is_sound && reason != BackUpReason::Asked {
        prune(folder, reason, &name, now_ms)?;
    }
    list(folder)?.into_iter().find(|found| found.name == name).ok_or(StoreError::Missing(Thing::BackUp))
}

/// Copies a database into a new, self-contained file without a journal, and syncs it to disk.
pub(super) fn copy(source: &Connection, to: &Path, interrupt: &Interrupt) -> Result<(), StoreError> {
    remove_unfinished(to);
    let bytes: i64 = source.query_row(
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        [],
        |row| row.get(0),
    )?;
    let needed = u64::try_from(bytes).unwrap_or(0);
    let parent = to.parent().unwrap_or(to);
    // Filling the disk with a copy would leave no room for the history itself.
    if disk::free_bytes(parent).is_some_and(|free| free < needed + needed / 10) {
        return Err(StoreError::DiskFull);
    }
    let mut target = Connection::open(to)?;
    copy_pages(source, &mut target, STEP, interrupt)?;
    target.pragma_update(None, "journal_mode", "delete")?;
    target.close().map_err(|(_, error)| error)?;
    Ok(disk::sync_file(to)?)
}

/// Copies page by page, `step` at a time; all of them (-1) in one uninterrupted transaction.
pub(super) fn copy_pages(
    source: &Connection,
    target: &mut Connection,
    step: i32,
    interrupt: &Interrupt,
) -> Result<(), StoreError> {
    let copying = Backup::new(source, target)?;
    let mut waited = Duration::ZERO;
    loop {
        match copying.step(step)? {
            StepResult::Done => return Ok(()),
            StepResult::More => waited = Duration::ZERO,
            StepResult::Busy | StepResult::Locked | _ if waited >= BUSY_TIMEOUT => {
                return Err(StoreError::Busy);
            }
            StepResult::Busy | StepResult::Locked | _ => waited += REST,
        }
        interrupt.heed()?;
        thread::sleep(REST);
    }
}

fn remove_unfinished(path: &Path) {
    for ending in ["", "-journal", "-wal", "-shm"] {
        // Removing it is tried again before the next back-up.
        let _ = disk::remove(&disk::with_ending(path, ending));
    }
}

/// Removes what crashed programs left unfinished.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder.join(BACKUPS)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some((mark, _)) = name.to_str().and_then(|name| name.split_once(".part")) else { continue };
        if !marks::is_alive(folder, mark) {
            // As above.
            let _ = disk::remove(&entry.path());
        }
    }
}

/// Removes the oldest of a kind beyond those that are kept, never `newest`.
fn prune(folder: &Path, reason: BackUpReason, newest: &str, now_ms: i64) -> Result<(), StoreError> {
    let mut others: Vec<BackUp> = list(folder)?
        .into_iter()
        .filter(|back_up| back_up.reason == reason && back_up.name != newest)
        .collect();
    // Back-ups made while the clock was ahead are older than they say.
    others.sort_by_key(|back_up| (back_up.made_at_ms > now_ms, -back_up.made_at_ms));
    for old in others.iter().skip(KEPT - 1) {
        disk::remove(&folder.join(BACKUPS).join(&old.name))?;
    }
    Ok(())
}

/// Whether there is no back-up from the last day.
pub(crate) fn is_due(folder: &Path, now_ms: i64) -> Result<bool, StoreError> {
    let of_today = |back_up: &BackUp| (0..DAY_MS).contains(&(now_ms - back_up.made_at_ms));
    Ok(!list(folder)?.iter().any(|back_up| back_up.reason == BackUpReason::Daily && of_today(back_up)))
}

impl Store {
    /// Makes a back-up while the history is read and written. Blocking.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`] before the disk is full; [`StoreError::Damaged`] for a daily or requested one if the
    /// history is not sound; [`StoreError::Closed`] once interrupted. None of them leaves anything behind.
    pub fn back_up_now(
        &self,
        reason: BackUpReason,
        now_ms: i64,
        interrupt: &Interrupt,
    ) -> Result<BackUp, StoreError> {
        let source = super::open_reader(&self.0.file)?;
        let moment = source.unchecked_transaction()?;
        make(&moment, self.folder(), self.0.mark.name(), (reason, now_ms), interrupt)
    }
}

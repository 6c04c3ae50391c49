//! Moving the data folder, and finding it from its old place.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, TransactionBehavior};
use serde::{Deserialize, Serialize};

use super::data_folder::{self, BACKUPS, ORIGIN, POINTER, UNSAVED, WRITERS};
use super::inspect::{self, Depth};
use super::{Store, StoreError, backups, disk, marks, opening};
use crate::domain::Thing;

/// What moves with the history.
const COMPANIONS: [&str; 2] = ["catalogue.json", "window.json"];
/// What may be in the way: left by a history that was here and has moved on.
const LEFT_BEHIND: [&str; 5] = [POINTER, "run.json", UNSAVED, "webview", WRITERS];
/// How many moves are followed at most.
const LONGEST_CHAIN: usize = 16;

#[derive(Serialize, Deserialize)]
struct Pointer {
    to: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Origin {
    from: PathBuf,
}

/// Where a folder says its history has gone.
pub(super) fn pointer_of(folder: &Path) -> Result<Option<PathBuf>, StoreError> {
    let file = folder.join(POINTER);
    let text = match fs::read(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let pointer: Pointer = serde_json::from_slice(&text).map_err(|error| {
        StoreError::Refused(format!(
            "{} should say where the history is and cannot be read: {error}.",
            file.display()
        ))
    })?;
    Ok(Some(pointer.to))
}

/// The folder that the history of `folder` is in: itself, or where it was moved to.
///
/// # Errors
/// [`StoreError::Lost`] if no history is found there. An empty one is not created instead.
pub(crate) fn follow(folder: &Path) -> Result<PathBuf, StoreError> {
    let mut at = folder.to_owned();
    for _ in 0..LONGEST_CHAIN {
        let Some(to) = pointer_of(&at)? else { return Ok(at) };
        if !to.join(Store::FILE_NAME).is_file() && pointer_of(&to).ok().flatten().is_none() {
            let (from, to) = (at.display().to_string(), to.display().to_string());
            return Err(StoreError::Lost { from, to });
        }
        at = to;
    }
    let (from, to) = (folder.display().to_string(), at.display().to_string());
    Err(StoreError::Lost { from, to })
}

/// The old folder of `folder`, if it still has the history and points here.
pub(crate) fn origin_of(folder: &Path) -> Option<PathBuf> {
    let text = fs::read(folder.join(ORIGIN)).ok()?;
    let Origin { from } = serde_json::from_slice(&text).ok()?;
    let leads_here = pointer_of(&from).ok().flatten().is_some_and(|to| same(&to, folder));
    (leads_here && from.join(Store::FILE_NAME).exists()).then_some(from)
}

/// Removes the history, its journal and its back-ups from the old folder; the pointer from there to here stays.
///
/// # Errors
/// [`StoreError::Missing`] if there is no old folder, or it does not point here.
pub(crate) fn confirm(folder: &Path) -> Result<(), StoreError> {
    let from = origin_of(folder).ok_or(StoreError::Missing(Thing::OldFolder))?;
    if marks::anybody_alive(&from, None) {
        return Err(StoreError::Busy);
    }
    for back_up in backups::list(&from)? {
        disk::remove(&from.join(BACKUPS).join(back_up.name))?;
    }
    // There may be files of other programs among them.
    let _ = fs::remove_dir(from.join(BACKUPS));
    for companion in COMPANIONS {
        disk::remove(&from.join(companion))?;
    }
    let history = from.join(Store::FILE_NAME);
    for ending in ["-wal", "-shm", ""] {
        disk::remove(&disk::with_ending(&history, ending))?;
    }
    disk::sync_folder(&from)?;
    Ok(disk::remove(&folder.join(ORIGIN))?)
}

fn same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

impl Store {
    /// Copies the history and what belongs to it to `to`, checks the copy, and leaves a pointer in the old folder. From
    /// then on this program writes nothing. No other program writes in the meantime. Blocking.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for an unsuitable place; [`StoreError::Busy`] while another program has the history open
    /// or a reply is arriving; any error of the disk. In each case both places are as they were before.
    pub fn move_to(&self, to: &Path) -> Result<(), StoreError> {
        let from = self.folder().to_owned();
        refuse_nonsense(&from, to)?;
        let (inner, to) = (self.0.clone(), to.to_owned());
        self.0.writer.run_blocking(move |connection| {
            let held = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let arrives = !marks::writers_of_arriving(&held)?.is_empty();
            if arrives || marks::anybody_alive(&from, Some(&inner.mark)) {
                return Err(StoreError::Busy);
            }
            let mut begun = Begun::at(&to)?;
            copy_all(&from, &to)?;
            let origin = Origin { from: from.clone() };
            disk::write_whole(&to.join(ORIGIN), &serde_json::to_vec(&origin)?)?;
            disk::sync_folder(&to)?;
            if let Some(parent) = to.parent() {
                disk::sync_folder(parent)?;
            }
            disk::remove(&to.join(POINTER))?;
            disk::write_whole(&from.join(POINTER), &serde_json::to_vec(&Pointer { to: to.clone() })?)?;
            begun.is_whole = true;
            inner.writer.refuse_from_now_on();
            // Nothing was written.
            Ok(held.rollback()?)
        })
    }
}

fn refuse_nonsense(from: &Path, to: &Path) -> Result<(), StoreError> {
    let refused = |why: &str| Err(StoreError::Refused(format!("{} {why}", to.display())));
    if !to.is_absolute() {
        return refused("is not a whole path. Name the folder from its root on.");
    }
    let plain = |path: &Path| path.components().all(|part| part != std::path::Component::ParentDir);
    if !plain(to) {
        return refused("goes up again on its way. Name the folder itself.");
    }
    // For a folder that does not exist yet, its nearest existing parent decides.
    let there = to.ancestors().find_map(|above| above.canonicalize().ok().map(|real| (above, real)));
    let real = there.map_or_else(
        || to.to_owned(),
        |(above, real)| to.strip_prefix(above).map_or_else(|_| real.clone(), |rest| real.join(rest)),
    );
    let home = from.canonicalize()?;
    if real == home {
        return refused("is where the history is already.");
    }
    if real.starts_with(&home) {
        return refused("is inside the data folder.");
    }
    match fs::read_dir(to) {
        Ok(entries) => {
            for entry in entries {
                let name = entry?.file_name();
                if !LEFT_BEHIND.iter().any(|left| name == *left) {
                    return refused("is not empty. Choose an empty folder, or a new one.");
                }
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            return refused("is a file. Choose an empty folder, or a new one.");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// A copy that is not complete yet; if it never becomes so, it removes what it created.
struct Begun {
    folder: PathBuf,
    /// The folders that were created, the outermost first.
    made: Vec<PathBuf>,
    /// The entries that existed before.
    before: Vec<PathBuf>,
    is_whole: bool,
}

impl Begun {
    fn at(folder: &Path) -> Result<Self, StoreError> {
        let missing = |above: &&Path| !above.exists();
        let mut made: Vec<PathBuf> = folder.ancestors().take_while(missing).map(Path::to_owned).collect();
        made.reverse();
        let mut begun = Self { folder: folder.to_owned(), made, before: Vec::new(), is_whole: false };
        data_folder::make(folder)?;
        begun.before = entries_of(folder)?;
        Ok(begun)
    }
}

fn entries_of(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    Ok(fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?)
}

impl Drop for Begun {
    fn drop(&mut self) {
        if self.is_whole {
            return;
        }
        // What cannot be removed stays as rubbish in a folder that nothing points to.
        for entry in entries_of(&self.folder).unwrap_or_default() {
            if !self.before.contains(&entry) {
                let _ = if entry.is_dir() { fs::remove_dir_all(&entry) } else { fs::remove_file(&entry) };
            }
        }
        for made in self.made.iter().rev() {
            let _ = fs::remove_dir(made);
        }
    }
}

fn copy_all(from: &Path, to: &Path) -> Result<(), StoreError> {
    let made = backups::list(from)?;
    let needed =
        disk::size_of(&from.join(Store::FILE_NAME)) + made.iter().map(|made| made.bytes).sum::<u64>();
    if disk::free_bytes(to).is_some_and(|free| free < needed + needed / 10) {
        return Err(StoreError::DiskFull);
    }
    // The writer is in a transaction, which cannot be copied from. Nobody else can commit during it.
    let source = super::open_reader(&from.join(Store::FILE_NAME))?;
    let moment = source.unchecked_transaction()?;
    let history = to.join(Store::FILE_NAME);
    backups::copy(&moment, &history, &|| true)?;
    // Not every disk can hold a history: locks and shared memory have to work there.
    opening::open_writer(&history)?.close().map_err(|(_, error)| error)?;
    let copied = inspect::open_untouched(&history)?;
    if let Some(fault) = inspect::inside_of(&copied, Depth::Everything).faults.into_iter().next() {
        return Err(StoreError::Damaged(fault));
    }
    if fingerprint(&moment)? != fingerprint(&copied)? {
        return Err(StoreError::Disk("what was written is not what is read".to_owned()));
    }
    drop(copied);
    disk::sync_file(&history)?;
    for companion in COMPANIONS {
        copy_file(&from.join(companion), &to.join(companion))?;
    }
    if !made.is_empty() {
        data_folder::make(&to.join(BACKUPS))?;
    }
    for back_up in made {
        let inside = Path::new(BACKUPS).join(back_up.name);
        copy_file(&from.join(&inside), &to.join(&inside))?;
    }
    Ok(())
}

/// Copies a file that need not exist.
fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    if from.is_file() {
        fs::copy(from, to)?;
        disk::sync_file(to)?;
    }
    Ok(())
}

/// For each table, its name, its number of rows and a checksum of all of them.
fn fingerprint(connection: &Connection) -> Result<Vec<(String, u64, u64)>, StoreError> {
    let tables: Vec<String> = connection
        .prepare(
            "SELECT name FROM sqlite_schema
             WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%'
             ORDER BY name",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let of_table = |table: String| {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\""))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        let (mut count, mut hasher) = (0, DefaultHasher::new());
        while let Some(row) = rows.next()? {
            count += 1;
            for column in 0..columns {
                match row.get_ref(column)? {
                    ValueRef::Null => 0_u8.hash(&mut hasher),
                    ValueRef::Integer(value) => (1_u8, value).hash(&mut hasher),
                    ValueRef::Real(value) => (2_u8, value.to_bits()).hash(&mut hasher),
                    ValueRef::Text(value) => (3_u8, value).hash(&mut hasher),
                    ValueRef::Blob(value) => (4_u8, value).hash(&mut hasher),
                }
            }
        }
        Ok((table, count, hasher.finish()))
    };
    tables.into_iter().map(of_table).collect()
}

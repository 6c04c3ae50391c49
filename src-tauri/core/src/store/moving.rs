//! Moving the data folder, and finding it from its old place.

use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, TransactionBehavior};
use serde::{Deserialize, Serialize};

use super::data_folder::{self, BACKUPS, COMPANIONS, ORIGIN, POINTER, UNSAVED, WRITERS};
use super::half_moved::{HalfMoved, LABEL_PART};
use super::inspect::{self, Depth};
use super::{Interrupt, Store, StoreError, backups, disk, marks, opening};
use crate::domain::Thing;

/// What may be in the way: left by a history that was here and has moved on.
const LEFT_BEHIND: [&str; 7] =
    [POINTER, "moved.json.part", LABEL_PART, "run.json", UNSAVED, "webview", WRITERS];
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
    disk::remove(&from.join(ORIGIN))?;
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
    /// or a reply is arriving; [`StoreError::Closed`] if interrupted before the pointer is written; any error of the disk.
    /// In each case both places are as they were before.
    pub fn move_to(&self, to: &Path, interrupt: &Interrupt) -> Result<(), StoreError> {
        let from = self.folder().to_owned();
        refuse_nonsense(&from, to)?;
        let (inner, to, interrupt) = (self.0.clone(), to.to_owned(), interrupt.clone());
        self.0.writer.run_blocking(move |connection| {
            let held = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let arrives = !marks::writers_of_arriving(&held)?.is_empty();
            if arrives || marks::anybody_alive(&from, Some(&inner.mark)) {
                return Err(StoreError::Busy);
            }
            if let Some(mut left) = left_by_earlier(&from, &to)? {
                left.take_away()?;
            }
            if has_moved_on(&to) {
                disk::remove(&to.join(ORIGIN))?;
            }
            let _made = MadeFolders::down_to(&to)?;
            let mut copy = HalfMoved::begin(&to, &from)?;
            if let Err(error) = fill_and_point(&from, &to, &mut copy, &interrupt) {
                // What a pointer leads to must stay. The first error is the one to report; what cannot be taken away
                // now, the next move takes away.
                if disk::remove(&from.join(POINTER)).is_ok() {
                    let _ = copy.take_away();
                }
                return Err(error);
            }
            inner.writer.refuse_from_now_on();
            // Tried again at the start from there.
            let _ = copy.finish();
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
            let earlier = left_by_earlier(from, to)?;
            for entry in entries {
                let name = entry?.file_name();
                let is_earlier = || earlier.as_ref().map_or(Ok(false), |earlier| earlier.owns(&name));
                if !is_left_behind(to, &name) && !is_earlier()? {
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

/// Whether a folder has this entry from a history that was in it and has moved on. None of these is of use to anybody, or
/// is touched when one comes back.
fn is_left_behind(folder: &Path, name: &OsStr) -> bool {
    let aside = format!("{}.damaged-", Store::FILE_NAME);
    LEFT_BEHIND.iter().any(|left| name == *left)
        || name.to_str().is_some_and(|name| name.starts_with(&aside))
        || (name == ORIGIN && has_moved_on(folder))
}

/// Whether a history was in `folder` that is somewhere else. Where that one had come from matters no more.
fn has_moved_on(folder: &Path) -> bool {
    pointer_of(folder).is_ok_and(|to| to.is_some()) && !folder.join(Store::FILE_NAME).exists()
}

/// What an earlier move of this history, from where it is or where it was, has left half-done in `to`.
fn left_by_earlier(from: &Path, to: &Path) -> Result<Option<HalfMoved>, StoreError> {
    let is_ours =
        |left: &HalfMoved| same(left.from(), from) || follow(left.from()).is_ok_and(|now| same(&now, from));
    Ok(HalfMoved::left_in(to)?.filter(is_ours))
}

/// Folders that were created; those that stay empty are removed again.
struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    fn down_to(folder: &Path) -> Result<Self, StoreError> {
        let missing = |above: &&Path| !above.exists();
        let made = Self(folder.ancestors().take_while(missing).map(Path::to_owned).collect());
        data_folder::make(folder)?;
        Ok(made)
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for made in &self.0 {
            // Those with something in them cannot be removed.
            let _ = fs::remove_dir(made);
        }
    }
}

fn fill_and_point(
    from: &Path,
    to: &Path,
    copy: &mut HalfMoved,
    interrupt: &Interrupt,
) -> Result<(), StoreError> {
    copy_all(from, &copy.growing(), interrupt)?;
    let origin = Origin { from: from.to_owned() };
    disk::write_whole(&copy.growing().join(ORIGIN), &serde_json::to_vec(&origin)?)?;
    copy.put_in_place(Store::FILE_NAME)?;
    if let Some(parent) = to.parent() {
        disk::sync_folder(parent)?;
    }
    copy.set_pointer_aside()?;
    interrupt.heed()?;
    Ok(disk::write_whole(&from.join(POINTER), &serde_json::to_vec(&Pointer { to: to.to_owned() })?)?)
}

fn copy_all(from: &Path, to: &Path, interrupt: &Interrupt) -> Result<(), StoreError> {
    let made = backups::list(from)?;
    let needed =
        disk::size_of(&from.join(Store::FILE_NAME)) + made.iter().map(|made| made.bytes).sum::<u64>();
    if disk::free_bytes(to).is_some_and(|free| free < needed + needed / 10) {
        return Err(StoreError::DiskFull);
    }
    // The writer is in a transaction, which cannot be copied from. Nobody else can commit during it.
    let mut source = super::open_reader(&from.join(Store::FILE_NAME))?;
    interrupt.watch(&mut source)?;
    let moment = source.unchecked_transaction()?;
    let history = to.join(Store::FILE_NAME);
    backups::copy(&moment, &history, interrupt)?;
    // Not every disk can hold a history: locks and shared memory have to work there.
    opening::open_writer(&history)?.close().map_err(|(_, error)| error)?;
    let copied = inspect::open_untouched(&history, interrupt)?;
    let inside = inspect::inside_of(&copied, Depth::Everything, interrupt)?;
    if let Some(fault) = inside.faults.into_iter().next() {
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
        interrupt.heed()?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::BackUpReason;

    /// The steps of a move, in their order, each as it leaves the disk.
    type Step = fn(&Path, &mut HalfMoved) -> Result<(), StoreError>;

    const STEPS: [Step; 9] = [
        |_, copy| {
            fs::write(copy.growing().join(Store::FILE_NAME), "half a hist")?;
            Ok(fs::write(copy.growing().join("porthole.db-journal"), "")?)
        },
        |from, copy| copy_all(from, &copy.growing(), &Interrupt::default()),
        |from, copy| {
            let origin = Origin { from: from.to_owned() };
            Ok(disk::write_whole(&copy.growing().join(ORIGIN), &serde_json::to_vec(&origin)?)?)
        },
        |_, copy| copy.list(Store::FILE_NAME),
        |_, copy| copy.place_next().map(|placed| assert!(placed)),
        |_, copy| copy.place_next().map(|placed| assert!(placed)),
        |_, copy| copy.place_next().map(|placed| assert!(placed)),
        |_, copy| copy.place_next().map(|placed| assert!(placed)),
        |_, copy| copy.set_pointer_aside(),
    ];

    fn names_in(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// A history, and a move of it that died after that many steps, to a place that was left for where it is.
    fn died_after(steps: usize) -> (tempfile::TempDir, Store, PathBuf) {
        let both = tempfile::tempdir().unwrap();
        let (from, to) = (both.path().join("from"), both.path().join("to"));
        let (store, _) = Store::open(&from, 1).unwrap();
        store.back_up_now(BackUpReason::Asked, 1, &Interrupt::default()).unwrap();
        fs::write(from.join("catalogue.json"), "{}").unwrap();
        fs::create_dir(&to).unwrap();
        fs::write(to.join(POINTER), serde_json::to_vec(&Pointer { to: from.clone() }).unwrap()).unwrap();
        let mut copy = HalfMoved::begin(&to, &from).unwrap();
        for step in &STEPS[..steps] {
            step(&from, &mut copy).unwrap();
        }
        (both, store, to)
    }

    #[test]
    fn what_a_move_left_half_done_at_any_step_keeps_no_later_one_from_the_place() {
        for steps in 0..=STEPS.len() {
            let (_both, store, to) = died_after(steps);
            let from = store.folder().to_owned();
            if steps < STEPS.len() {
                assert_eq!(follow(&to).unwrap(), from, "{steps}: it still leads to the history");
            }
            store
                .move_to(&to, &Interrupt::default())
                .unwrap_or_else(|error| panic!("after {steps} steps: {error}"));
            assert_eq!(follow(&from).unwrap(), to);
            assert_eq!(names_in(&to), [BACKUPS, "catalogue.json", ORIGIN, Store::FILE_NAME], "{steps}");
            assert_eq!(backups::list(&to).unwrap(), backups::list(&from).unwrap());
            let content = |folder: &Path| {
                fingerprint(&crate::store::open_reader(&folder.join(Store::FILE_NAME)).unwrap()).unwrap()
            };
            assert_eq!(content(&to), content(&from), "{steps}");
        }
    }

    #[test]
    fn what_a_person_put_next_to_half_a_copy_is_never_taken_away() {
        let put = [
            "taxes.txt",
            "catalogue.json",
            "porthole.db",
            "backups/mine.db",
            "unfinished-move/taxes.txt",
            "unfinished-move/backups/notes.txt",
        ];
        for steps in 0..=STEPS.len() {
            for put in put {
                let (_both, store, to) = died_after(steps);
                let file = to.join(put);
                if file.exists() {
                    continue;
                }
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(&file, "mine").unwrap();
                let before = names_in(&to);
                let refused = store.move_to(&to, &Interrupt::default()).unwrap_err();
                assert!(matches!(refused, StoreError::Refused(_)), "{put} after {steps}: {refused}");
                assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
                assert_eq!(names_in(&to), before, "{put} after {steps}");
            }
        }
    }

    #[test]
    fn half_a_copy_of_another_history_or_one_that_was_worked_in_is_none_to_take_away() {
        let (_both, _, to) = died_after(5);
        let other = tempfile::tempdir().unwrap();
        let (stranger, _) = Store::open(other.path(), 1).unwrap();
        assert!(matches!(stranger.move_to(&to, &Interrupt::default()), Err(StoreError::Refused(_))));

        let (_both, store, to) = died_after(STEPS.len());
        drop(Store::open(&to, 1).unwrap());
        assert!(matches!(store.move_to(&to, &Interrupt::default()), Err(StoreError::Refused(_))));
        assert!(to.join(Store::FILE_NAME).is_file());
    }

    #[test]
    fn a_move_back_whose_pointer_cannot_be_written_leaves_the_one_that_was_there() {
        let (_both, store, to) = died_after(0);
        let from = store.folder().to_owned();
        // Where the pointer is written before it gets its name.
        fs::create_dir(from.join("moved.json.part")).unwrap();
        assert!(store.move_to(&to, &Interrupt::default()).is_err());
        assert_eq!(names_in(&to), [POINTER]);
        assert_eq!(follow(&to).unwrap(), from);
    }
}

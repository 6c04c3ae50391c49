//! Restoring a back-up.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::backups::{self, BackUpReason};
use super::inspect::{self, Depth};
use super::search::{self, Builder};
use super::{Interrupt, Recovered, Store, StoreError, data_folder, disk, journal, marks, opening, recovery};

impl Store {
    /// Replaces the history with the back-up called `name`, for every program that reads it and in one step, after
    /// backing up what is there. All or nothing. Blocking.
    ///
    /// # Errors
    /// [`StoreError::NewerVersion`], [`StoreError::Damaged`] for one that cannot be restored; [`StoreError::Busy`]
    /// while another program receives a reply, which would lose its place; [`StoreError::Closed`] if interrupted before
    /// anything was replaced.
    pub fn restore(&self, name: &str, now_ms: i64, interrupt: &Interrupt) -> Result<Recovered, StoreError> {
        let folder = self.folder().to_owned();
        let file = backups::file_of(&folder, name)?;
        let schema = refuse_unfit(&file, interrupt)?;
        self.0.read(|connection| refuse_arriving_elsewhere(connection, &folder, &self.0.mark))?;
        self.back_up_now(BackUpReason::Restore, now_ms, interrupt)?;
        let staged =
            Staged(folder.join(data_folder::BACKUPS).join(format!("{}-staged.part", self.0.mark.name())));
        let source = if schema < opening::KNOWN {
            migrate_copy(&file, &staged.0, interrupt)?;
            inspect::open_untouched(&staged.0, interrupt)?
        } else {
            inspect::open_untouched(&file, interrupt)?
        };
        let (inner, interrupt) = (self.0.clone(), interrupt.clone());
        self.0.writer.run_blocking(move |connection| {
            refuse_arriving_elsewhere(connection, &folder, &inner.mark)?;
            connection.pragma_update(None, "synchronous", "full")?;
            let told = journal::newest_line(connection)?;
            backups::copy_pages(&source, connection, -1, &interrupt)?;
            // The journal is now as large as the history. Another program may still be reading it.
            let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            // Its journal goes on from another time, which programs that read the history cannot know.
            journal::tell_everything(connection, told)?;
            opening::seed_ids(connection)?;
            let recovered =
                recovery::end_abandoned_replies(connection, &folder, &inner.mark, recovery::OwnReplies::End)?;
            if Builder::is_needed(connection)? && !Builder::build_if_small(connection)? {
                Builder::start(&inner);
            }
            Ok(recovered)
        })
    }
}

/// A file that is removed when this is dropped.
struct Staged(PathBuf);

impl Drop for Staged {
    fn drop(&mut self) {
        // What remains is swept before the next back-up.
        let _ = disk::remove(&self.0);
    }
}

/// The schema of a back-up that may be restored.
fn refuse_unfit(file: &Path, interrupt: &Interrupt) -> Result<i64, StoreError> {
    opening::refuse_newer(file)?;
    let inside = inspect::look_into(file, Depth::Everything, interrupt)?;
    match inside.faults.into_iter().next() {
        Some(fault) => Err(StoreError::BadBackUp(fault)),
        None => Ok(inside.schema.into()),
    }
}

/// A copy of a back-up in today's schema.
fn migrate_copy(file: &Path, to: &Path, interrupt: &Interrupt) -> Result<(), StoreError> {
    backups::copy(&inspect::open_untouched(file, interrupt)?, to, interrupt)?;
    let mut copy = Connection::open(to)?;
    interrupt.watch(&mut copy)?;
    copy.pragma_update(None, "foreign_keys", true)?;
    search::add_functions(&copy)?;
    opening::migrate(&mut copy)?;
    Ok(copy.close().map_err(|(_, error)| error)?)
}

fn refuse_arriving_elsewhere(
    connection: &Connection,
    folder: &Path,
    own: &marks::WriterMark,
) -> Result<(), StoreError> {
    let elsewhere = marks::writers_of_arriving(connection)?
        .into_iter()
        .any(|writer| writer != own.name() && marks::is_alive(folder, &writer));
    if elsewhere { Err(StoreError::Busy) } else { Ok(()) }
}

/// Replaces a history that cannot be opened with the back-up called `name`. The damaged file and its journal are moved
/// aside, never removed.
///
/// # Errors
/// As [`Store::restore`]; [`StoreError::Busy`] while any other program has the history open.
pub(crate) fn replace_damaged(
    folder: &Path,
    name: &str,
    now_ms: i64,
    interrupt: &Interrupt,
) -> Result<(), StoreError> {
    let file = backups::file_of(folder, name)?;
    refuse_unfit(&file, interrupt)?;
    if marks::anybody_alive(folder, None) {
        return Err(StoreError::Busy);
    }
    let history = folder.join(Store::FILE_NAME);
    let fresh = disk::with_ending(&history, ".restoring");
    let copied = backups::copy(&inspect::open_untouched(&file, interrupt)?, &fresh, interrupt);
    if let Err(error) = copied {
        // The first error is the one to report.
        let _ = disk::remove(&fresh);
        return Err(error);
    }
    let aside = free_name(&history, now_ms);
    // The journal first: next to another database it would be taken for that one's.
    for journal in ["-wal", "-shm", "-journal"] {
        let from = disk::with_ending(&history, journal);
        if from.exists() {
            fs::rename(from, disk::with_ending(&aside, journal))?;
        }
    }
    if history.exists() {
        // A hard link to the damaged file makes sure that there is no moment without a history, which the next start
        // would take for a new folder. Some disks have no hard links.
        if fs::hard_link(&history, &aside).is_err() {
            fs::rename(&history, &aside)?;
        }
    }
    fs::rename(&fresh, &history)?;
    Ok(disk::sync_folder(folder)?)
}

fn free_name(history: &Path, now_ms: i64) -> PathBuf {
    let name = disk::with_ending(history, &format!(".damaged-{}", backups::moment(now_ms)));
    (1..u32::MAX)
        .map(|nth| if nth == 1 { name.clone() } else { disk::with_ending(&name, &format!("-{nth}")) })
        .find(|name| !name.exists())
        .unwrap_or(name)
}

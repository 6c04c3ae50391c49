//! The conversation store: the only SQL in Porthole.
//!
//! One SQLite file in WAL mode, one writer connection on a thread of its own, a few readers on blocking
//! threads. Nothing here runs on an async worker. Several programs may use one data folder at the same time.

mod ancestors;
mod arrange;
mod aside;
mod asking;
mod attempts;
mod backups;
mod branch;
mod conversations;
mod data_folder;
mod disk;
mod ending;
mod error;
mod folders;
mod forks;
mod half_moved;
mod inspect;
mod interrupt;
mod journal;
mod lists;
mod locks;
mod marks;
mod messages;
mod moving;
mod opening;
mod parts;
mod purge;
mod queue;
mod records;
mod recovery;
mod restoring;
mod row;
mod search;
mod servers;
mod settings;
mod taking_in;
mod telling;
mod titles;
mod tree;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

pub use arrange::{Arrangement, Standing};
pub use asking::{NewReply, Source, Started, Target};
pub use backups::{BackUp, BackUpReason};
pub use branch::{Branch, Outline, Part as BranchPart};
pub use conversations::ConversationChange;
pub use ending::Ending;
pub use error::StoreError;
pub use folders::{FolderRecord, RemovedFolder};
pub use inspect::Inside;
pub use interrupt::Interrupt;
pub use lists::{ConversationList, ListStretch};
pub use parts::{Arrived, ArrivingPiece, PieceKind};
pub use purge::Purged;
pub use search::{Found, FoundMessage, Hit, HitIn, IndexState, SearchPosition, SearchResults, SnippetPiece};
pub use servers::{ServerRecord, ServerSpec};
pub use taking_in::TakenIn;
pub use telling::{Extent, Head, Listener, Selection, Version};
pub use tree::{Taken, TreeNode};
pub use writer::Durability;

pub(crate) use backups::{is_due as is_back_up_due, list as back_ups, look_into as look_into_back_up};
pub(crate) use disk::{free_bytes, write_whole};
pub(crate) use inspect::look_into_history;
pub(crate) use moving::{confirm as confirm_move, follow, origin_of};
pub(crate) use restoring::replace_damaged;

use recovery::OwnReplies;
use writer::{Watch, Writer};

use crate::domain::Change;

/// How many connections read at the same time; further callers wait for one.
const READERS: usize = 4;

/// The history of one data folder.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    file: PathBuf,
    // Dropped before the writer: the last connection to close writes the journal back, which a reader cannot do.
    readers: Mutex<Vec<Connection>>,
    reading: Arc<Semaphore>,
    writer: Writer,
    mark: marks::WriterMark,
    aside: aside::Aside,
}

impl Store {
    /// The name of the database inside the data folder.
    pub const FILE_NAME: &'static str = "porthole.db";

    /// Opens the history in `folder`, which is created if it does not exist, migrates it if it is older, and ends
    /// replies whose program crashed. Blocking; call it before the window opens.
    ///
    /// # Errors
    /// [`StoreError::NewerVersion`] without having written a byte; [`StoreError::ReadOnly`],
    /// [`StoreError::DiskFull`], [`StoreError::Damaged`], [`StoreError::Busy`] as their names say;
    /// [`StoreError::NotMigrated`] for an older one that is damaged, which stays as it is and is not copied;
    /// [`StoreError::Moved`] for a folder whose history is somewhere else, which `follow` finds.
    pub fn open(folder: &Path, now_ms: i64) -> Result<(Self, Recovered), StoreError> {
        let file = folder.join(Self::FILE_NAME);
        opening::refuse_newer(&file)?;
        data_folder::make(folder)?;
        let mut connection = opening::open_writer(&file)?;
        // What is written here from now on is nobody's unfinished copy.
        if let Some(moved_here) = half_moved::HalfMoved::left_in(folder)? {
            moved_here.finish()?;
        }
        let mark = marks::WriterMark::take(folder)?;
        let schema = opening::schema_of(&connection)?;
        if schema != opening::KNOWN {
            if schema > 0 {
                let moment = connection.unchecked_transaction()?;
                let about = (BackUpReason::Migration, now_ms);
                match backups::make(&moment, folder, mark.name(), about, &Interrupt::default()) {
                    // Moving what is damaged from table to table could lose what can still be read of it.
                    Err(StoreError::Damaged(said)) => return Err(StoreError::NotMigrated(said)),
                    made => made?,
                };
            }
            opening::migrate(&mut connection)?;
        }
        opening::seed_ids(&connection)?;
        let recovered = recovery::end_abandoned_replies(&mut connection, folder, &mark, OwnReplies::Spare)?;
        let unsearchable = search::Builder::is_needed(&mut connection)?
            && !search::Builder::build_if_small(&mut connection)?;
        search::catch_up(&mut connection)?;
        let writer = Writer::start(connection)?;
        let aside = aside::Aside::of(folder, mark.name());
        let inner = Arc::new(Inner {
            file,
            writer,
            readers: Mutex::new(Vec::new()),
            reading: Arc::new(Semaphore::new(READERS)),
            mark,
            aside,
        });
        if unsearchable {
            search::Builder::start(&inner);
        }
        Ok((Self(inner), recovered))
    }

    /// Hides the folder from other users if it is Porthole's `own` place or contains only Porthole's files.
    pub(crate) fn keep_private(folder: &Path, own: bool) -> Result<(), StoreError> {
        if folder.is_dir() { data_folder::make_private(folder, own) } else { Ok(()) }
    }

    /// The data folder.
    pub(crate) fn folder(&self) -> &Path {
        self.0.file.parent().unwrap_or(&self.0.file)
    }

    /// Calls `tell` with what other programs have changed, a quarter of a second later at most, for as long as `wanted`
    /// returns true. What this program changes may be among it.
    pub(crate) fn watch(
        &self,
        wanted: impl Fn() -> bool + Send + 'static,
        tell: impl Fn(Change) + Send + 'static,
    ) {
        self.0.writer.watch(Watch { wanted: Box::new(wanted), tell: Box::new(tell) });
    }

    /// Somebody has started listening.
    pub(crate) fn watch_again(&self) {
        self.0.writer.wake();
    }

    /// Whether the history was moved away while this program was running.
    pub(crate) fn is_moved(&self) -> bool {
        self.0.writer.refuses()
    }

    /// Ends replies whose program has crashed since this one started.
    pub(crate) async fn end_abandoned(&self) -> Result<Recovered, StoreError> {
        let inner = self.0.clone();
        let ending = tokio::task::spawn_blocking(move || {
            let held = inner.clone();
            inner.writer.run_blocking(move |connection| {
                let folder = held.file.parent().unwrap_or(&held.file);
                recovery::end_abandoned_replies(connection, folder, &held.mark, OwnReplies::Spare)
            })
        });
        ending.await.map_err(|_| StoreError::Closed)?
    }

    /// Runs `work` in one transaction on the writer's thread.
    async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.writer.run(durability, work).await
    }

    /// Runs `work` on a reading connection, on a blocking thread. It sees a single snapshot: a reply that ends
    /// between two statements would otherwise have neither its arriving pieces nor its parts.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = self.0.clone();
        let turn = Arc::clone(&inner.reading).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let reading = tokio::task::spawn_blocking(move || {
            let answer = inner.read(work);
            drop(turn);
            answer
        });
        reading.await.map_err(|_| StoreError::Closed)?
    }
}

impl Inner {
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_reader(&self.file)?,
        };
        let result =
            connection.unchecked_transaction().map_err(StoreError::from).and_then(|moment| work(&moment));
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS {
            readers.push(connection);
        }
        result
    }
}

/// What [`Store::open`] had to repair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Replies that were arriving in a program that crashed and are now marked as cut off.
    pub cut_off: u32,
}

fn open_reader(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(opening::BUSY_TIMEOUT)?;
    search::add_functions(&connection)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn at_most_four_read_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(folder.path(), 1).unwrap();
        let (reading, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let reads = (0..40).map(|_| {
            let (reading, most) = (Arc::clone(&reading), Arc::clone(&most));
            store.read(move |_| {
                most.fetch_max(reading.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(2));
                reading.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            })
        });
        assert!(join_all(reads).await.into_iter().all(|read| read.is_ok()));
        assert!((1..=READERS).contains(&most.load(Ordering::SeqCst)), "{most:?}");
    }
}

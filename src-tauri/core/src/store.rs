//! The conversation store: the only SQL in Porthole.
//!
//! One SQLite file in WAL mode, one writer connection on a thread of its own, a few readers on blocking
//! threads. Nothing here runs on an async worker. Several programs may use one data folder at once.

mod branch;
mod conversations;
mod ending;
mod error;
mod messages;
mod opening;
mod parts;
mod recovery;
mod row;
mod servers;
mod settings;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};

pub use branch::Branch;
pub use conversations::ConversationChange;
pub use ending::Ending;
pub use error::StoreError;
pub use messages::{NewReply, Started, Target};
pub use parts::{ArrivingPiece, PieceKind};
pub use servers::{NewServer, ServerChange, ServerRecord};
pub use writer::Durability;

use writer::Writer;

/// How many idle reading connections are kept.
const READERS: usize = 3;

/// The history of one data folder.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    file: PathBuf,
    // Dropped before the writer: the last connection to close writes the journal back, and a reader cannot.
    readers: Mutex<Vec<Connection>>,
    writer: Writer,
    mark: recovery::WriterMark,
}

impl Store {
    /// The name of the database inside the data folder.
    pub const FILE_NAME: &'static str = "porthole.db";

    /// Opens the history in `folder`, which is made if it does not exist, migrates it if it is older, and
    /// gives replies whose program died their ending. Blocking; call it before the window opens.
    ///
    /// # Errors
    /// [`StoreError::NewerVersion`] without having written a byte; [`StoreError::ReadOnly`],
    /// [`StoreError::DiskFull`], [`StoreError::Damaged`], [`StoreError::Busy`] as they say.
    pub fn open(folder: &Path) -> Result<(Self, Recovered), StoreError> {
        let file = folder.join(Self::FILE_NAME);
        opening::refuse_newer(&file)?;
        opening::make_folder(folder)?;
        let mut connection = opening::open_writer(&file)?;
        opening::migrate(&mut connection, folder)?;
        let mark = recovery::WriterMark::take(folder)?;
        let recovered = recovery::end_abandoned_replies(&mut connection, folder, &mark)?;
        let writer = Writer::start(connection)?;
        let inner = Inner { file, writer, readers: Mutex::new(Vec::new()), mark };
        Ok((Self(Arc::new(inner)), recovered))
    }

    /// Runs `work` in one transaction on the writer's thread.
    async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.writer.run(durability, work).await
    }

    /// Runs `work` on a reading connection, on a blocking thread. All it reads is from one moment: a reply that
    /// ends between two statements would otherwise have neither its arriving pieces nor its parts.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = self.0.clone();
        tokio::task::spawn_blocking(move || inner.read(work)).await.map_err(|_| StoreError::Closed)?
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

/// What [`Store::open`] had to mend.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Replies that were arriving in a program that died and are now marked as cut off.
    pub cut_off: u32,
}

fn open_reader(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(opening::BUSY_TIMEOUT)?;
    Ok(connection)
}

use std::io;

use rusqlite::ErrorCode;

use crate::domain::{Cause, Code, Failure, Thing};

/// Why the history could not be read or written. Nothing that was committed is lost by any of these.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.failure())]
#[non_exhaustive]
pub enum StoreError {
    /// The folder or the file cannot be written.
    ReadOnly,
    /// No space is left.
    DiskFull,
    /// Something of a newer version stands in the file.
    NewerVersion {
        /// The schema of the file.
        found: i64,
        /// The newest schema this version knows.
        known: i64,
    },
    /// The file is not a database or fails SQLite's own checks.
    Damaged(String),
    /// The file is of an older version and fails SQLite's own checks, so it was left as it is.
    NotMigrated(String),
    /// A back-up that is not sound is not put in the place of anything.
    BadBackUp(String),
    /// The disk failed at what it was asked to do.
    Disk(String),
    /// The history was moved to another folder while this program ran.
    Moved,
    /// The history was moved, and is not where it went.
    Lost {
        /// Where it was.
        from: String,
        /// Where it should be.
        to: String,
    },
    /// A fault of Porthole while it wrote; nothing of that was written.
    Fault,
    /// Another program kept the file locked.
    Busy,
    /// A reply arrives where something is to be added.
    Arriving,
    /// The conversation is in the trash.
    Trashed,
    /// What was asked for is not there.
    Missing(Thing),
    /// What was given cannot be kept; why, in English.
    Refused(String),
    /// The folder could not be used for another reason.
    Folder(io::Error),
    /// The store is shutting down, or nobody waits any more for the work that was asked for.
    Closed,
    /// Any other failure of SQLite.
    Sqlite(rusqlite::Error),
    /// JSON in the file that this version cannot read.
    Json(#[from] serde_json::Error),
}

impl StoreError {
    /// What programs switch on.
    pub fn code(&self) -> Code {
        match self {
            Self::ReadOnly | Self::Folder(_) | Self::Moved => Code::ReadOnly,
            Self::DiskFull => Code::DiskFull,
            Self::NewerVersion { .. } => Code::NewerVersion,
            Self::Damaged(_) | Self::NotMigrated(_) | Self::BadBackUp(_) | Self::Json(_) => Code::Damaged,
            Self::Busy | Self::Arriving => Code::Busy,
            Self::Missing(_) | Self::Trashed | Self::Lost { .. } => Code::NotFound,
            Self::Refused(_) => Code::InvalidRequest,
            Self::Closed | Self::Disk(_) | Self::Fault | Self::Sqlite(_) => Code::Internal,
        }
    }

    /// What people are told, and below it what the system said.
    pub fn failure(&self) -> Failure {
        let cause = match self {
            Self::Moved => Some(Cause::Moved),
            Self::Lost { from, to } => Some(Cause::Lost { from: from.clone(), to: to.clone() }),
            Self::NotMigrated(_) => Some(Cause::NotMigrated),
            Self::BadBackUp(_) => Some(Cause::DamagedBackUp),
            Self::Disk(_) => Some(Cause::DiskFault),
            Self::Arriving => Some(Cause::Arriving),
            Self::Trashed => Some(Cause::Trashed),
            Self::Missing(thing) => Some(Cause::Missing { thing: *thing }),
            Self::Refused(why) => Some(Cause::Told { sentence: why.clone() }),
            Self::ReadOnly
            | Self::DiskFull
            | Self::NewerVersion { .. }
            | Self::Damaged(_)
            | Self::Fault
            | Self::Busy
            | Self::Folder(_)
            | Self::Closed
            | Self::Sqlite(_)
            | Self::Json(_) => None,
        };
        let detail = match self {
            Self::Damaged(said) | Self::NotMigrated(said) | Self::BadBackUp(said) | Self::Disk(said) => {
                Some(said.clone())
            }
            Self::NewerVersion { found, known } => {
                Some(format!("schema {found}; this version knows {known}"))
            }
            Self::Folder(error) => Some(error.to_string()),
            Self::Sqlite(error) => Some(error.to_string()),
            Self::Json(error) => Some(error.to_string()),
            Self::ReadOnly
            | Self::DiskFull
            | Self::Moved
            | Self::Lost { .. }
            | Self::Fault
            | Self::Busy
            | Self::Arriving
            | Self::Trashed
            | Self::Missing(_)
            | Self::Refused(_)
            | Self::Closed => None,
        };
        Failure { detail, ..Failure::new(self.code()) }.with(cause)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        error.failure()
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if matches!(error, rusqlite::Error::QueryReturnedNoRows) {
            return Self::Missing(Thing::Entry);
        }
        let Some(code) = error.sqlite_error_code() else { return Self::Sqlite(error) };
        // The journal's index could not grow, which means no space (SQLite result codes, SQLITE_IOERR_SHMSIZE).
        if error
            .sqlite_error()
            .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
        {
            return Self::DiskFull;
        }
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "SQLite has many codes and we answer to a few of them"
        )]
        match code {
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => Self::ReadOnly,
            ErrorCode::DiskFull => Self::DiskFull,
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => Self::Damaged(error.to_string()),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::OperationInterrupted => Self::Closed,
            ErrorCode::SystemIoFailure => Self::Disk(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "any other fault of the disk is told in its own words"
        )]
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Folder(error),
        }
    }
}

use std::io;

use rusqlite::ErrorCode;

use crate::domain::Code;

/// Why the history could not be read or written. Nothing that was committed is lost by any of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The folder or the file cannot be written.
    #[error("The data folder cannot be written. Check its permissions, or choose another with --data-dir.")]
    ReadOnly,
    /// No space is left.
    #[error("The disk that holds the data folder is full. Free some space and try again.")]
    DiskFull,
    /// Something of a newer version stands in the file.
    #[error(
        "The data folder was written by a newer version of Porthole (schema {found}, this one knows {known}). \
         Update Porthole; the folder was left untouched."
    )]
    NewerVersion {
        /// The schema of the file.
        found: i64,
        /// The newest schema this version knows.
        known: i64,
    },
    /// The file is not a database or fails SQLite's own checks.
    #[error("The history file is damaged ({0}). It was left as it is; restore a back-up or move it away.")]
    Damaged(String),
    /// A back-up that is not sound is not put in the place of anything.
    #[error("This back-up is damaged ({0}). The history was left as it is; choose another back-up.")]
    BadBackUp(String),
    /// The disk failed at what it was asked to do.
    #[error(
        "The disk that holds the data folder reported a fault ({0}). What was kept before is there; this was not \
         kept. Make a back-up on another disk."
    )]
    Disk(String),
    /// The history was moved to another folder while this program ran.
    #[error("The history was moved to another folder. Start Porthole again to go on with it there.")]
    Moved,
    /// The history was moved, and is not where it went.
    #[error(
        "The history was moved to {to}, and there is none. Connect the disk it is on and start again. To go on with \
         what is left in {from}, remove moved.json there."
    )]
    Lost {
        /// Where it was.
        from: String,
        /// Where it should be.
        to: String,
    },
    /// A fault of Porthole while it wrote; nothing of that was written.
    #[error("A fault in Porthole kept this from being written. What was kept before is there.")]
    Fault,
    /// Another program kept the file locked.
    #[error("Another program is using the history and did not let go. Try again in a moment.")]
    Busy,
    /// A reply arrives where something is to be added.
    #[error("A reply is still arriving in this conversation. Stop it, or wait for its end.")]
    Arriving,
    /// The conversation is in the trash.
    #[error("This conversation is in the trash. Restore it to go on.")]
    Trashed,
    /// What was asked for is not there.
    #[error("There is no {0} with that name or id.")]
    Missing(&'static str),
    /// What was given cannot be kept.
    #[error("{0}")]
    Refused(String),
    /// The folder could not be used for another reason.
    #[error("The data folder cannot be used: {0}")]
    Folder(io::Error),
    /// The store is shutting down.
    #[error("Porthole is closing its history.")]
    Closed,
    /// Any other failure of SQLite.
    #[error("The history could not be used: {0}")]
    Sqlite(rusqlite::Error),
    /// JSON in the file that this version cannot read.
    #[error("The history holds something unreadable: {0}")]
    Json(#[from] serde_json::Error),
}

impl StoreError {
    /// What programs switch on.
    pub fn code(&self) -> Code {
        match self {
            Self::ReadOnly | Self::Folder(_) | Self::Moved => Code::ReadOnly,
            Self::DiskFull => Code::DiskFull,
            Self::NewerVersion { .. } => Code::NewerVersion,
            Self::Damaged(_) | Self::BadBackUp(_) | Self::Json(_) => Code::Damaged,
            Self::Busy | Self::Arriving => Code::Busy,
            Self::Missing(_) | Self::Trashed | Self::Lost { .. } => Code::NotFound,
            Self::Refused(_) => Code::InvalidRequest,
            Self::Closed | Self::Disk(_) | Self::Fault | Self::Sqlite(_) => Code::Internal,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if matches!(error, rusqlite::Error::QueryReturnedNoRows) {
            return Self::Missing("entry");
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

//! From a folder to a connection that may be written.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// How long a statement waits for another program's transaction.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait before turning to WAL mode is tried again.
const JOURNAL_WAIT: Duration = Duration::from_millis(10);

/// Every released schema by its number, oldest first.
const MIGRATIONS: [(i64, &str); 2] = [
    (1, include_str!("../../migrations/0001_first_light.sql")),
    (2, include_str!("../../migrations/0002_models_and_keys.sql")),
];

/// The newest schema this version knows.
const KNOWN: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Refuses a file of a newer version by reading its header alone, so that not even a journal is made beside it.
/// The schema's number is the "user version" at offset 60 (SQLite file format, section 1.3).
pub(super) fn refuse_newer(file: &Path) -> Result<(), StoreError> {
    let Ok(mut opened) = File::open(file) else { return Ok(()) };
    let mut header = [0; 100];
    if opened.read_exact(&mut header).is_err() || !header.starts_with(b"SQLite format 3\0") {
        return Ok(());
    }
    let version = i64::from(u32::from_be_bytes([header[60], header[61], header[62], header[63]]));
    refuse_above_known(version)
}

fn refuse_above_known(found: i64) -> Result<(), StoreError> {
    if found > KNOWN { Err(StoreError::NewerVersion { found, known: KNOWN }) } else { Ok(()) }
}

/// Makes the data folder, private to its user.
pub(super) fn make_folder(folder: &Path) -> Result<(), StoreError> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(folder)?)
}

pub(super) fn open_writer(file: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    if connection.is_readonly(rusqlite::MAIN_DB)? {
        return Err(StoreError::ReadOnly);
    }
    refuse_above_known(schema_of(&connection)?)?;
    use_journal(&connection)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// Turns to WAL mode. SQLite does not wait by itself when two programs do so at once, lest they wait for each other.
fn use_journal(connection: &Connection) -> Result<(), StoreError> {
    let mut tries_left = BUSY_TIMEOUT.as_millis() / JOURNAL_WAIT.as_millis();
    loop {
        match connection.pragma_update(None, "journal_mode", "wal").map_err(StoreError::from) {
            Err(StoreError::Busy) if tries_left > 0 => {
                tries_left -= 1;
                thread::sleep(JOURNAL_WAIT);
            }
            result => return result,
        }
    }
}

fn schema_of(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Brings the schema up to date, all or nothing. A file that already holds history is copied first.
pub(super) fn migrate(connection: &mut Connection, folder: &Path) -> Result<(), StoreError> {
    let before = schema_of(connection)?;
    if before == KNOWN {
        return Ok(());
    }
    if before > 0 {
        back_up(connection, folder, before)?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another program may have migrated while this one waited for the lock.
    let current = schema_of(&transaction)?;
    refuse_above_known(current)?;
    for (number, migration) in MIGRATIONS {
        if number > current {
            transaction.execute_batch(migration)?;
        }
    }
    transaction.pragma_update(None, "user_version", KNOWN)?;
    Ok(transaction.commit()?)
}

fn back_up(connection: &Connection, folder: &Path, schema: i64) -> Result<(), StoreError> {
    let backups = folder.join("backups");
    make_folder(&backups)?;
    let unfinished = backups.join(format!("before-schema-{}.part", schema + 1));
    connection.backup(rusqlite::MAIN_DB, &unfinished, None::<fn(rusqlite::backup::Progress)>)?;
    Ok(fs::rename(&unfinished, backups.join(format!("before-schema-{}.db", schema + 1)))?)
}

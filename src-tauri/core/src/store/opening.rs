//! From a folder to a connection that can write.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, ancestors, search};
use crate::domain::seed_ids as seed;

/// How long a statement waits for another program's transaction.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait before trying to switch to WAL mode again.
const JOURNAL_WAIT: Duration = Duration::from_millis(10);

/// Every released schema by its number, oldest first.
const MIGRATIONS: [(i64, &str); 9] = [
    (1, include_str!("../../migrations/0001_first_light.sql")),
    (2, include_str!("../../migrations/0002_models_and_keys.sql")),
    (3, include_str!("../../migrations/0003_order.sql")),
    (4, include_str!("../../migrations/0004_search.sql")),
    (5, include_str!("../../migrations/0005_queue.sql")),
    (6, include_str!("../../migrations/0006_attempts.sql")),
    (7, include_str!("../../migrations/0007_journal.sql")),
    (8, include_str!("../../migrations/0008_nested_folders.sql")),
    (9, include_str!("../../migrations/0009_origin_of_forks.sql")),
];

/// The newest schema this version knows.
pub(super) const KNOWN: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Refuses a file of a newer version, or one that is not a database, by reading only its header, so that neither it nor
/// a journal next to it is touched. The schema's number is the "user version" at offset 60 (SQLite file format,
/// section 1.3).
pub(super) fn refuse_newer(file: &Path) -> Result<(), StoreError> {
    let Ok(opened) = File::open(file) else { return Ok(()) };
    let mut header = Vec::new();
    opened.take(100).read_to_end(&mut header)?;
    match header.get(60..64) {
        Some(&[first, second, third, fourth]) if header.starts_with(b"SQLite format 3\0") => {
            refuse_above_known(i64::from(u32::from_be_bytes([first, second, third, fourth])))
        }
        _ if header.is_empty() => Ok(()),
        _ => Err(StoreError::Damaged("it does not begin as a database does".to_owned())),
    }
}

fn refuse_above_known(found: i64) -> Result<(), StoreError> {
    if found > KNOWN { Err(StoreError::NewerVersion { found, known: KNOWN }) } else { Ok(()) }
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
    search::add_functions(&connection)?;
    Ok(connection)
}

/// Switches to WAL mode. If two programs do so at once SQLite does not wait, lest they wait for each other.
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

pub(super) fn schema_of(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Brings the schema up to date, all or nothing.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    // A table that others refer to is replaced by one of the same name: nothing may follow the old one (SQLite, ALTER
    // TABLE, section 7). Neither can be switched within a transaction.
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "legacy_alter_table", true)?;
    let migrated = migrate_with_loose_references(connection);
    connection.pragma_update(None, "legacy_alter_table", false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    migrated
}

fn migrate_with_loose_references(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another program may have migrated while this one waited for the lock.
    let current = schema_of(&transaction)?;
    refuse_above_known(current)?;
    for (number, migration) in MIGRATIONS {
        if number > current {
            transaction.execute_batch(migration)?;
        }
    }
    if current < KNOWN {
        ancestors::fill_in(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", KNOWN)?;
    Ok(transaction.commit()?)
}

/// Makes new ids larger than all in the file, even if the clock has gone back.
pub(super) fn seed_ids(connection: &Connection) -> Result<(), StoreError> {
    let largest: Option<i64> = connection.query_row(
        "SELECT max(id) FROM (SELECT max(id) AS id FROM conversation UNION ALL SELECT max(id) FROM message
                              UNION ALL SELECT max(id) FROM folder UNION ALL SELECT max(id) FROM server)",
        [],
        |row| row.get(0),
    )?;
    seed(largest.unwrap_or(0));
    Ok(())
}

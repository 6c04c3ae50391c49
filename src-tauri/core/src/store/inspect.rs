//! Inspecting a database without trusting it and without changing it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde::Serialize;

use super::{Interrupt, Store, StoreError, opening};
use crate::domain::Thing;

/// How many faults of each kind are reported.
const FAULTS: u32 = 20;

/// What is in a back-up, or in the history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, specta::Type)]
pub struct Inside {
    /// Its schema.
    pub schema: u32,
    /// How many conversations, without the trash.
    pub conversations: u32,
    /// How many messages.
    pub messages: u32,
    /// When the newest message was created, in milliseconds since 1970 UTC.
    #[specta(type = Option<u32>)]
    pub newest_at_ms: Option<i64>,
    /// The titles of the ten newest conversations.
    pub titles: Vec<String>,
    /// What is wrong with it, in SQLite's words; empty: it is sound.
    pub faults: Vec<String>,
}

/// How much of a database is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Each page, and the references between the tables.
    Pages,
    /// Each entry of each index too.
    Everything,
}

/// What has to hold but SQLite cannot know, with the first schema it applies to. Each query counts the violations.
const RULES: [(i64, &str, &str); 5] = [
    (
        1,
        "messages follow one of another conversation",
        "SELECT count(*) FROM message JOIN message AS parent ON parent.id = message.parent_id
         WHERE parent.conversation_id <> message.conversation_id",
    ),
    (
        1,
        "conversations show a branch of another one",
        "SELECT count(*) FROM conversation JOIN message ON message.id = conversation.leaf_id
         WHERE message.conversation_id <> conversation.id",
    ),
    (
        3,
        "conversations show a version that was taken away",
        "SELECT count(*) FROM conversation JOIN message ON message.id = conversation.leaf_id
         WHERE message.deleted_at_ms IS NOT NULL",
    ),
    (
        1,
        "replies are over and still have pieces that arrive",
        "SELECT count(DISTINCT message_id) FROM arriving JOIN message ON message.id = arriving.message_id
         WHERE message.state <> 'arriving'",
    ),
    (
        1,
        "pieces arrive of replies that are not there",
        "SELECT count(*) FROM arriving WHERE message_id NOT IN (SELECT id FROM message)",
    ),
];

/// Opens a database that nobody writes to, such as a back-up: no lock is taken and no file is created next to it. Once
/// interrupted, what is asked of it fails.
pub(super) fn open_untouched(file: &Path, interrupt: &Interrupt) -> Result<Connection, StoreError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let absolute = std::path::absolute(file)?;
    let mut address = url::Url::from_file_path(&absolute)
        .map_err(|()| StoreError::Refused(format!("{} is no file.", absolute.display())))?;
    address.set_query(Some("immutable=1"));
    let mut connection = Connection::open_with_flags(address.as_str(), flags)?;
    interrupt.watch(&mut connection)?;
    Ok(connection)
}

/// What is in a file that nobody writes to.
///
/// # Errors
/// [`StoreError::Closed`] once interrupted; anything else is a fault of the file.
pub(super) fn look_into(file: &Path, depth: Depth, interrupt: &Interrupt) -> Result<Inside, StoreError> {
    match open_untouched(file, interrupt) {
        Ok(connection) => inside_of(&connection, depth, interrupt),
        Err(error) => Ok(Inside { faults: vec![error.to_string()], ..Inside::default() }),
    }
}

/// Refuses a file that SQLite finds fault with.
pub(super) fn refuse_damaged(file: &Path, interrupt: &Interrupt) -> Result<(), StoreError> {
    let mut faults = Vec::new();
    check_pages(&open_untouched(file, interrupt)?, Depth::Everything, &mut faults);
    // What an interrupted check says is no fault.
    interrupt.heed()?;
    faults.into_iter().next().map_or(Ok(()), |fault| Err(StoreError::Damaged(fault)))
}

/// What a connection that `interrupt` watches finds, one fault after the other. No fault stops it, because damaged files
/// are what it is for.
///
/// # Errors
/// [`StoreError::Closed`] once interrupted, and no other.
pub(super) fn inside_of(
    connection: &Connection,
    depth: Depth,
    interrupt: &Interrupt,
) -> Result<Inside, StoreError> {
    let inside = all_inside(connection, depth);
    // What interrupted statements say is no fault.
    interrupt.heed()?;
    Ok(inside)
}

fn all_inside(connection: &Connection, depth: Depth) -> Inside {
    let mut inside = Inside::default();
    let schema = match opening::schema_of(connection) {
        Ok(schema) => schema,
        Err(error) => {
            inside.faults.push(error.to_string());
            return inside;
        }
    };
    inside.schema = u32::try_from(schema).unwrap_or(0);
    check_pages(connection, depth, &mut inside.faults);
    if schema == 0 {
        inside.faults.push("It is no history of Porthole.".to_owned());
        return inside;
    }
    let mut faults = Vec::new();
    inside.conversations =
        number(connection, "SELECT count(*) FROM conversation WHERE deleted_at_ms IS NULL", &mut faults);
    inside.messages = number(connection, "SELECT count(*) FROM message", &mut faults);
    let newest: Option<i64> =
        one(connection, "SELECT max(created_at_ms) FROM message", &mut faults).flatten();
    inside.newest_at_ms = newest;
    let titles = "SELECT title FROM conversation WHERE deleted_at_ms IS NULL
                  ORDER BY updated_at_ms DESC, id DESC LIMIT 10";
    inside.titles = texts(connection, titles).unwrap_or_else(|error| {
        faults.push(error.to_string());
        Vec::new()
    });
    check_references(connection, &mut faults);
    for (from, rule, question) in RULES {
        if schema >= from {
            let broken = number(connection, question, &mut faults);
            if broken > 0 {
                faults.push(format!("{broken} {rule}."));
            }
        }
    }
    // With an unknown schema, only the pages can be checked.
    if schema <= opening::KNOWN {
        inside.faults.extend(faults);
    }
    inside
}

fn check_pages(connection: &Connection, depth: Depth, faults: &mut Vec<String>) {
    let pragma = match depth {
        Depth::Pages => "quick_check",
        Depth::Everything => "integrity_check",
    };
    match texts(connection, &format!("PRAGMA {pragma}({FAULTS})")) {
        Ok(found) => faults.extend(found.into_iter().filter(|found| found != "ok")),
        Err(error) => faults.push(error.to_string()),
    }
}

/// Rows that refer to a row that does not exist.
fn check_references(connection: &Connection, faults: &mut Vec<String>) {
    let question = format!(
        "SELECT \"table\" || ' ' || coalesce(rowid, '?') || ' names a ' || parent || ' that is not there.'
         FROM pragma_foreign_key_check LIMIT {FAULTS}"
    );
    match texts(connection, &question) {
        Ok(found) => faults.extend(found),
        Err(error) => faults.push(error.to_string()),
    }
}

fn texts(connection: &Connection, question: &str) -> rusqlite::Result<Vec<String>> {
    connection.prepare(question)?.query_map([], |row| row.get(0))?.collect()
}

fn number(connection: &Connection, question: &str, faults: &mut Vec<String>) -> u32 {
    one(connection, question, faults).unwrap_or(0)
}

fn one<T: rusqlite::types::FromSql>(
    connection: &Connection,
    question: &str,
    faults: &mut Vec<String>,
) -> Option<T> {
    connection.query_row(question, [], |row| row.get(0)).map_err(|error| faults.push(error.to_string())).ok()
}

/// What is in a history that may be too damaged to be opened.
pub(crate) fn look_into_history(folder: &Path, interrupt: &Interrupt) -> Result<Inside, StoreError> {
    let file = folder.join(Store::FILE_NAME);
    if !file.is_file() {
        return Err(StoreError::Missing(Thing::History));
    }
    let opened = super::open_reader(&file).and_then(|mut connection| {
        opening::schema_of(&connection)?;
        interrupt.watch(&mut connection)?;
        Ok(connection)
    });
    match opened {
        Ok(connection) => inside_of(&connection, Depth::Everything, interrupt),
        // Reading needs a journal, which cannot be created in a read-only folder.
        Err(_) => look_into(&file, Depth::Everything, interrupt),
    }
}

impl Store {
    /// Checks the whole history while it is in use. Blocking.
    ///
    /// # Errors
    /// [`StoreError::Closed`] once interrupted.
    pub(crate) fn check(&self, interrupt: &Interrupt) -> Result<Inside, StoreError> {
        let mut connection = super::open_reader(&self.0.file)?;
        interrupt.watch(&mut connection)?;
        let moment = connection.unchecked_transaction()?;
        inside_of(&moment, Depth::Everything, interrupt)
    }
}

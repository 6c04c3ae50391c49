//! What other programs have changed, from the journal that every change is written into.

use rusqlite::{Connection, OptionalExtension as _};

use super::{Durability, Store, StoreError};
use crate::domain::{Change, ConversationId, MessageId};

/// How many subjects the journal holds at most, as the trigger that trims it says.
const KEPT: i64 = 1_000;

/// A place in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// A number that grows with other connections' commits, but not with this one's (SQLite, `PRAGMA data_version`).
    /// Reading it reads one word of the write-ahead log's index.
    pub(super) version: i64,
    /// The newest line that is known.
    line: i64,
}

impl Store {
    /// Asks whichever program receives a reply to stop it. Nobody has to be there.
    pub(crate) async fn ask_to_stop(&self, reply: MessageId) -> Result<(), StoreError> {
        self.write(Durability::Process, move |transaction| {
            transaction.execute(
                "INSERT INTO change (subject, subject_id)
                 SELECT 'stop', id FROM message WHERE id = ?1 AND state = 'arriving'",
                [reply.rowid()],
            )?;
            Ok(())
        })
        .await
    }
}

/// Where the journal ends now.
pub(super) fn end(connection: &Connection) -> Result<Place, StoreError> {
    let version = connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
    let line = connection
        .prepare_cached("SELECT id FROM change ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    Ok(Place { version, line })
}

/// What has changed between two places; nothing if only this connection has written. Its own changes are among those of
/// others.
pub(super) fn between(connection: &Connection, from: Place, to: Place) -> Result<Vec<Change>, StoreError> {
    if from.version == to.version || from.line == to.line {
        return Ok(Vec::new());
    }
    // Of what was trimmed nobody knows the subject. A file that was put back has lines of its own.
    if to.line < from.line || to.line - from.line > KEPT {
        return Ok(vec![Change::Everything]);
    }
    let mut lines = connection
        .prepare_cached("SELECT subject, subject_id FROM change WHERE id > ?1 AND id <= ?2 ORDER BY id")?;
    let changes = lines.query_map([from.line, to.line], |row| {
        let id = row.get(1)?;
        Ok(match row.get::<_, String>(0)?.as_str() {
            "chat" => Change::chat(ConversationId::from_rowid(id)),
            "arriving" => Change::Arriving { id: MessageId::from_rowid(id) },
            "stop" => Change::Stop { id: MessageId::from_rowid(id) },
            "folders" => Change::Folders,
            "servers" => Change::Servers,
            "settings" => Change::Settings,
            _ => Change::Everything,
        })
    })?;
    Ok(changes.collect::<Result<_, _>>()?)
}

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
        self.write(Durability::Process, move |transaction| ask_to_stop(transaction, "id", reply.rowid()))
            .await
    }
}

/// Asks whichever programs receive replies of a conversation to stop them.
pub(super) fn ask_to_stop_in(connection: &Connection, id: ConversationId) -> Result<(), StoreError> {
    ask_to_stop(connection, "conversation_id", id.rowid())
}

fn ask_to_stop(connection: &Connection, column: &str, is: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(&format!(
            "INSERT INTO change (subject, subject_id)
             SELECT 'stop', id FROM message WHERE {column} = ?1 AND state = 'arriving'"
        ))?
        .execute([is])?;
    Ok(())
}

/// Where the journal ends now.
pub(super) fn end(connection: &Connection) -> Result<Place, StoreError> {
    // Of one moment: a line that is written after the version was read would be passed over.
    let moment = connection.unchecked_transaction()?;
    let version = moment.pragma_query_value(None, "data_version", |row| row.get(0))?;
    let line = newest_line(&moment)?;
    Ok(Place { version, line })
}

/// The number of the newest line; 0 where there is none.
pub(super) fn newest_line(connection: &Connection) -> Result<i64, StoreError> {
    let line = connection
        .prepare_cached("SELECT id FROM change ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    Ok(line)
}

/// Tells every program that all of the history may have changed. Lines before `earlier` may be of another history.
pub(super) fn tell_everything(connection: &Connection, earlier: i64) -> Result<(), StoreError> {
    let line = earlier.max(newest_line(connection)?) + 1;
    connection
        .execute("INSERT INTO change (id, subject, subject_id) VALUES (?1, 'everything', 0)", [line])?;
    Ok(())
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::thread;

    use super::*;

    #[test]
    fn no_line_is_passed_over_that_is_written_while_the_journal_is_read() {
        const LINES: i64 = 10_000;
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let connection = Connection::open(folder.path().join("journal.db")).unwrap();
            connection.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
            connection.pragma_update(None, "synchronous", "off").unwrap();
            connection
        };
        let reader = open();
        reader
            .execute_batch(
                "PRAGMA journal_mode = wal;
                 CREATE TABLE change (id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT, subject_id INTEGER)",
            )
            .unwrap();
        let mut seen = end(&reader).unwrap();
        let writer = open();
        let writing = thread::spawn(move || {
            for id in 1..=LINES {
                writer.execute("INSERT INTO change (subject, subject_id) VALUES ('chat', ?1)", [id]).unwrap();
            }
        });
        let mut told = BTreeSet::new();
        loop {
            let is_over = writing.is_finished();
            let now = end(&reader).unwrap();
            for change in between(&reader, seen, now).unwrap() {
                if let Change::Chat { id, .. } = change {
                    told.insert(id.rowid());
                }
            }
            seen = now;
            if is_over {
                break;
            }
        }
        assert_eq!(told, (1..=LINES).collect());
    }
}

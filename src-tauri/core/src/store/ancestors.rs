//! How a message of a long conversation is found without walking through all of it.
//!
//! Besides its parent, each message knows the one above it whose depth is its own with the lowest set bit cleared, as
//! in a Fenwick tree (P. M. Fenwick, "A New Data Structure for Cumulative Frequency Tables", 1994). Any message above
//! another is reached through the two in a number of steps that grows with the square of the logarithm of its depth.

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;
use crate::domain::{MessageId, Thing};

/// How far from the first message of its branch a message is.
pub(super) fn depth_of(connection: &Connection, message: MessageId) -> Result<i64, StoreError> {
    connection
        .prepare_cached("SELECT depth FROM message WHERE id = ?1")?
        .query_row([message.rowid()], |row| row.get(0))
        .optional()?
        .ok_or(StoreError::Missing(Thing::Message))
}

/// The message at `depth` above `message`, or itself.
pub(super) fn ancestor(
    connection: &Connection,
    message: MessageId,
    depth: i64,
) -> Result<MessageId, StoreError> {
    let mut step = connection.prepare_cached(
        "SELECT CASE WHEN depth & (depth - 1) >= ?2 THEN coalesce(jump_id, parent_id) ELSE parent_id END
         FROM message WHERE id = ?1 AND depth > ?2",
    )?;
    let mut at = message.rowid();
    while let Some(Some(above)) = step.query_row([at, depth], |row| row.get(0)).optional()? {
        at = above;
    }
    Ok(MessageId::from_rowid(at))
}

/// Whether `message` is above `leaf`, or itself.
pub(super) fn is_above(
    connection: &Connection,
    message: MessageId,
    leaf: MessageId,
) -> Result<bool, StoreError> {
    Ok(ancestor(connection, leaf, depth_of(connection, message)?)? == message)
}

/// Depth and jump of a message that will follow `parent`.
pub(super) fn below(
    connection: &Connection,
    parent: Option<MessageId>,
) -> Result<(i64, Option<MessageId>), StoreError> {
    let Some(parent) = parent else { return Ok((0, None)) };
    let depth = depth_of(connection, parent)? + 1;
    Ok((depth, Some(ancestor(connection, parent, depth & (depth - 1))?)))
}

/// Gives messages their jumps that have none yet.
pub(super) fn fill_in(connection: &Connection) -> Result<(), StoreError> {
    let mut unfilled = connection.prepare(
        "SELECT id, parent_id FROM message WHERE depth > 0 AND jump_id IS NULL ORDER BY depth, id",
    )?;
    let messages: Vec<(i64, i64)> =
        unfilled.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let mut fill = connection.prepare("UPDATE message SET jump_id = ?2 WHERE id = ?1")?;
    for (id, parent) in messages {
        let (_, jump) = below(connection, Some(MessageId::from_rowid(parent)))?;
        fill.execute((id, jump.map(MessageId::rowid)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chain of messages whose ids are their depths plus one.
    fn chain(length: i64) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE message (id INTEGER PRIMARY KEY, parent_id, depth INTEGER, jump_id)")
            .unwrap();
        for depth in 0..length {
            connection
                .execute("INSERT INTO message VALUES (?1 + 1, nullif(?1, 0), ?1, NULL)", [depth])
                .unwrap();
        }
        connection
    }

    #[test]
    fn every_message_above_another_is_found_in_few_steps() {
        let connection = chain(1_025);
        fill_in(&connection).unwrap();
        let last = MessageId::from_rowid(1_025);
        for depth in 0..1_025 {
            assert_eq!(ancestor(&connection, last, depth).unwrap().rowid(), depth + 1);
            let message = MessageId::from_rowid(depth + 1);
            assert!(is_above(&connection, message, last).unwrap());
            assert_eq!(is_above(&connection, last, message).unwrap(), depth == 1_024);
        }
    }

    #[test]
    fn jumps_that_are_missing_only_cost_time() {
        let connection = chain(40);
        assert_eq!(ancestor(&connection, MessageId::from_rowid(40), 3).unwrap().rowid(), 4);
    }
}

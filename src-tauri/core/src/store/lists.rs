//! The lists of conversations. Each has an index of its own, so that reading a page takes the same time however large
//! the history is.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::domain::{ConversationId, ConversationRow, FolderId};

/// Which conversations a list shows, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "list", rename_all = "snake_case")]
pub enum ConversationList {
    /// All that are neither archived nor in the trash.
    Everything,
    /// Of these, those that are not pinned and are in no folder.
    Loose,
    /// Those that are pinned.
    Pinned,
    /// Those in a folder, pinned ones included.
    Folder {
        /// Which.
        folder: FolderId,
    },
    /// Those with a tag.
    Tag {
        /// Its name, in upper or lower case.
        name: String,
    },
    /// Those that are archived.
    Archive,
    /// Those that were moved to the trash within the last 30 days.
    Trash,
}

const LISTED: &str = "deleted_at_ms IS NULL AND archived_at_ms IS NULL";

impl ConversationList {
    /// The condition, word for word as in its index, and the value for `?4` in it.
    fn condition(&self) -> (String, Option<Value>) {
        match self {
            Self::Everything => (LISTED.to_owned(), None),
            Self::Loose => (format!("{LISTED} AND folder_id IS NULL AND pinned_at_ms IS NULL"), None),
            Self::Pinned => (format!("{LISTED} AND pinned_at_ms IS NOT NULL"), None),
            Self::Folder { folder } => {
                (format!("folder_id = ?4 AND {LISTED}"), Some(Value::Integer(folder.rowid())))
            }
            Self::Tag { name } => (
                format!(
                    "id IN (SELECT conversation_id FROM tag WHERE name = ?4 COLLATE NOCASE) AND {LISTED}"
                ),
                Some(Value::Text(name.clone())),
            ),
            Self::Archive => ("deleted_at_ms IS NULL AND archived_at_ms IS NOT NULL".to_owned(), None),
            Self::Trash => ("deleted_at_ms IS NOT NULL".to_owned(), None),
        }
    }
}

pub(super) fn rows(
    connection: &Connection,
    list: &ConversationList,
    before_ms: i64,
    before_id: i64,
    limit: u32,
) -> Result<Vec<ConversationRow>, StoreError> {
    let (condition, argument) = list.condition();
    let arguments = [Value::Integer(before_ms), Value::Integer(before_id), Value::Integer(limit.into())]
        .into_iter()
        .chain(argument);
    connection
        .prepare_cached(&format!(
            "SELECT id, title, updated_at_ms, folder_id, pinned_at_ms IS NOT NULL AS pinned,
                    archived_at_ms IS NOT NULL AS archived, deleted_at_ms,
                    EXISTS (SELECT 1 FROM message
                            WHERE message.id = conversation.leaf_id AND message.state = 'arriving') AS arriving
             FROM conversation
             WHERE {condition} AND (updated_at_ms, id) < (?1, ?2)
             ORDER BY updated_at_ms DESC, id DESC LIMIT ?3"
        ))?
        .query_and_then(params_from_iter(arguments), |row| row_of(connection, row))?
        .collect()
}

fn row_of(connection: &Connection, row: &Row<'_>) -> Result<ConversationRow, StoreError> {
    let id = ConversationId::from_rowid(row.get("id")?);
    Ok(ConversationRow {
        id,
        title: row.get("title")?,
        updated_at_ms: row.get("updated_at_ms")?,
        arriving: row.get("arriving")?,
        folder: row.get::<_, Option<i64>>("folder_id")?.map(FolderId::from_rowid),
        pinned: row.get("pinned")?,
        archived: row.get("archived")?,
        deleted_at_ms: row.get("deleted_at_ms")?,
        tags: tags_of(connection, id)?,
    })
}

/// The tags of a conversation, in alphabetical order.
pub(super) fn tags_of(connection: &Connection, id: ConversationId) -> Result<Vec<String>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT name FROM tag WHERE conversation_id = ?1 ORDER BY name")?;
    Ok(statement.query_map([id.rowid()], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

//! The lists of conversations. Each has an index of its own, so that reading a page takes the same time however large
//! the history is.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};
use serde::{Deserialize, Serialize};

use super::{Store, StoreError};
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
    /// The condition, word for word as in its index, and the value for `?1` in it.
    fn condition(&self) -> (String, Value) {
        match self {
            Self::Everything => (LISTED.to_owned(), Value::Null),
            Self::Loose => (format!("{LISTED} AND folder_id IS NULL AND pinned_at_ms IS NULL"), Value::Null),
            Self::Pinned => (format!("{LISTED} AND pinned_at_ms IS NOT NULL"), Value::Null),
            Self::Folder { folder } => {
                (format!("folder_id = ?1 AND {LISTED}"), Value::Integer(folder.rowid()))
            }
            Self::Tag { name } => (
                format!(
                    "id IN (SELECT conversation_id FROM tag WHERE name = ?1 COLLATE NOCASE) AND {LISTED}"
                ),
                Value::Text(name.clone()),
            ),
            Self::Archive => ("deleted_at_ms IS NULL AND archived_at_ms IS NOT NULL".to_owned(), Value::Null),
            Self::Trash => ("deleted_at_ms IS NOT NULL".to_owned(), Value::Null),
        }
    }
}

pub(super) fn rows(
    connection: &Connection,
    list: &ConversationList,
    before: (i64, i64),
    limit: u32,
) -> Result<Vec<ConversationRow>, StoreError> {
    select(connection, list, before, 0, limit)
}

/// Up to `limit` rows, without the first `from` of those before a time and id.
fn select(
    connection: &Connection,
    list: &ConversationList,
    (before_ms, before_id): (i64, i64),
    from: u32,
    limit: u32,
) -> Result<Vec<ConversationRow>, StoreError> {
    let (condition, argument) = list.condition();
    connection
        .prepare_cached(&format!(
            "SELECT id, title, updated_at_ms, folder_id, pinned_at_ms IS NOT NULL AS pinned,
                    archived_at_ms IS NOT NULL AS archived, deleted_at_ms,
                    EXISTS (SELECT 1 FROM message
                            WHERE message.id = conversation.leaf_id AND message.state = 'arriving') AS arriving
             FROM conversation
             WHERE {condition} AND (updated_at_ms, id) < (?2, ?3)
             ORDER BY updated_at_ms DESC, id DESC LIMIT ?4 OFFSET ?5"
        ))?
        .query_and_then(params![argument, before_ms, before_id, limit, from], |row| row_of(connection, row))?
        .collect()
}

/// A stretch of a list, and what a scroll bar needs to know of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct ListStretch {
    /// How many conversations the list has.
    pub count: u32,
    /// For each moment that was asked about, how many of them were last added to at it or later.
    pub since: Vec<u32>,
    /// Those of the stretch, newest first.
    pub rows: Vec<ConversationRow>,
}

impl Store {
    /// Up to `limit` conversations of a list after the first `from`, and how many there are since each of `moments`, in
    /// milliseconds since 1970 UTC, the latest moment first.
    pub async fn list_stretch(
        &self,
        list: ConversationList,
        from: u32,
        limit: u32,
        moments: Vec<i64>,
    ) -> Result<ListStretch, StoreError> {
        self.read(move |connection| {
            let times = times(connection, &list)?;
            let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
            let since = |moment: &i64| number(times.partition_point(|time| time >= moment));
            Ok(ListStretch {
                count: number(times.len()),
                since: moments.iter().map(since).collect(),
                rows: select(connection, &list, (i64::MAX, i64::MAX), from, limit)?,
            })
        })
        .await
    }

    /// How many conversations stand before one in a list; `None` if it is not in it.
    pub async fn place_in_list(
        &self,
        list: ConversationList,
        id: ConversationId,
    ) -> Result<Option<u32>, StoreError> {
        self.read(move |connection| {
            let (condition, argument) = list.condition();
            let found = connection
                .prepare_cached(&format!(
                    "SELECT (SELECT count(*) FROM conversation
                             WHERE {condition} AND (updated_at_ms, id) > (here.updated_at_ms, here.id))
                     FROM conversation AS here
                     WHERE here.id = ?2 AND here.id IN (SELECT id FROM conversation WHERE {condition})"
                ))?
                .query_row(params![argument, id.rowid()], |row| row.get(0))
                .optional()?;
            Ok(found)
        })
        .await
    }
}

/// When each conversation of a list was last added to, newest first. The list's index has it all: 100,000 take a few
/// milliseconds.
fn times(connection: &Connection, list: &ConversationList) -> Result<Vec<i64>, StoreError> {
    let (condition, argument) = list.condition();
    let mut times = connection.prepare_cached(&format!(
        "SELECT updated_at_ms FROM conversation WHERE {condition} ORDER BY updated_at_ms DESC, id DESC"
    ))?;
    // Where the condition has no argument, the statement has no parameter.
    let arguments = (times.parameter_count() > 0).then_some(argument);
    Ok(times.query_map(params_from_iter(arguments), |row| row.get(0))?.collect::<Result<_, _>>()?)
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

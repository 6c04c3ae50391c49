//! How conversations leave the history: which of them, which of their messages, and in what order.

use std::collections::HashMap;
use std::io;

use rusqlite::Connection;
use rusqlite::types::Value;
use serde::Deserialize;

use super::records::{Servers, head, message_record};
use super::{Store, StoreError};
use crate::domain::record::{ConversationRecord, MessageRecord};
use crate::domain::{ConversationId, FolderId, MessageId, Thing};

/// Is told a conversation piece by piece, so that one of any length is never whole in memory. An error of its own ends
/// the telling.
pub trait Listener: Send + 'static {
    /// The conversation without its messages.
    fn begin(&mut self, conversation: &ConversationRecord) -> io::Result<()>;
    /// The next message.
    fn message(&mut self, message: &MessageRecord, version: Version) -> io::Result<()>;
    /// There is no further message.
    fn end(&mut self) -> io::Result<()>;
}

/// Which messages of a conversation are told, and in what order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All there are, deleted ones too, each after the one it follows.
    Everything,
    /// The branch that is shown, from its beginning to its end.
    Branch,
    /// All branches, without what was deleted: each version of a message is followed by all that follows it.
    Tree,
}

/// Which of the messages that follow the same one a message is. In a branch each is the only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// Its number, from 1, the oldest first.
    pub number: u32,
    /// How many there are.
    pub of: u32,
}

impl Version {
    const ONLY: Self = Self { number: 1, of: 1 };
}

/// Which conversations are meant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(tag = "of", content = "which", rename_all = "snake_case")]
pub enum Selection {
    /// These, in the trash or not.
    Conversations(Vec<ConversationId>),
    /// Those in a folder and in the folders in it, archived or not.
    Folder(FolderId),
    /// Those with a tag, archived or not.
    Tag(String),
    /// All but those in the trash.
    All,
}

/// What of a conversation says whether its file is what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Which.
    pub id: ConversationId,
    /// Its title.
    pub title: String,
    /// When it last changed, in milliseconds since 1970.
    pub updated_at_ms: i64,
    /// Whether it is in the trash.
    pub trashed: bool,
    /// Whether it has a lock of its own; one that cannot be read is one.
    pub locked: bool,
}

impl Store {
    /// What there is: all conversations, or one of them, those in the trash too.
    pub async fn heads(&self, only: Option<ConversationId>) -> Result<Vec<Head>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, title, updated_at_ms, deleted_at_ms IS NOT NULL, lock <> '{\"lock\":\"off\"}'
                 FROM conversation WHERE ?1 IS NULL OR id = ?1 ORDER BY id",
            )?;
            let found = statement.query_map([only.map(ConversationId::rowid)], |row| {
                Ok(Head {
                    id: ConversationId::from_rowid(row.get(0)?),
                    title: row.get(1)?,
                    updated_at_ms: row.get(2)?,
                    trashed: row.get(3)?,
                    locked: row.get(4)?,
                })
            })?;
            Ok(found.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The conversations that are meant, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if one that is named is not there.
    pub async fn selected(&self, selection: Selection) -> Result<Vec<ConversationId>, StoreError> {
        self.read(move |connection| selected(connection, selection)).await
    }

    /// Tells a conversation as it is at one moment. Returns the listener, or what it said was wrong.
    ///
    /// # Errors
    /// [`StoreError::Missing`] for a conversation that is not there.
    pub async fn tell<L: Listener>(
        &self,
        id: ConversationId,
        extent: Extent,
        mut listener: L,
    ) -> Result<io::Result<L>, StoreError> {
        self.read(move |connection| {
            let told = tell(connection, id, extent, &mut listener)?;
            Ok(told.map(|()| listener))
        })
        .await
    }
}

fn selected(connection: &Connection, selection: Selection) -> Result<Vec<ConversationId>, StoreError> {
    let (wanted, value) = match selection {
        Selection::Conversations(mut ids) => {
            ids.sort_unstable();
            ids.dedup();
            let mut there = connection.prepare_cached("SELECT 1 FROM conversation WHERE id = ?1")?;
            for id in &ids {
                if !there.exists([id.rowid()])? {
                    return Err(StoreError::Missing(Thing::Conversation));
                }
            }
            return Ok(ids);
        }
        Selection::Folder(folder) => (
            "WITH RECURSIVE within (id) AS (
                 SELECT ?1 UNION SELECT folder.id FROM within JOIN folder ON folder.parent_id = within.id
             )
             SELECT id FROM conversation
             WHERE deleted_at_ms IS NULL AND folder_id IN (SELECT id FROM within) ORDER BY id",
            Value::Integer(folder.rowid()),
        ),
        Selection::Tag(name) => (
            "SELECT id FROM conversation JOIN tag ON conversation_id = id
             WHERE deleted_at_ms IS NULL AND name = ?1 COLLATE NOCASE ORDER BY id",
            Value::Text(name),
        ),
        Selection::All => (
            "SELECT id FROM conversation WHERE deleted_at_ms IS NULL AND ?1 IS NULL ORDER BY id",
            Value::Null,
        ),
    };
    let mut statement = connection.prepare_cached(wanted)?;
    let found = statement.query_map([value], |row| row.get(0).map(ConversationId::from_rowid))?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn tell(
    connection: &Connection,
    id: ConversationId,
    extent: Extent,
    listener: &mut impl Listener,
) -> Result<io::Result<()>, StoreError> {
    let servers = Servers::named_in(connection, id)?;
    if let Err(refused) = listener.begin(&head(connection, id, &servers)?) {
        return Ok(Err(refused));
    }
    for (message, version) in ids(connection, id, extent)? {
        if let Err(refused) = listener.message(&message_record(connection, message, &servers)?, version) {
            return Ok(Err(refused));
        }
    }
    Ok(listener.end())
}

fn ids(
    connection: &Connection,
    id: ConversationId,
    extent: Extent,
) -> Result<Vec<(MessageId, Version)>, StoreError> {
    let wanted = match extent {
        Extent::Everything => "SELECT id FROM message WHERE conversation_id = ?1 ORDER BY depth, id",
        Extent::Branch => {
            "WITH RECURSIVE branch (id, depth) AS (
                 SELECT message.id, depth FROM message JOIN conversation ON leaf_id = message.id
                 WHERE conversation.id = ?1
                 UNION ALL
                 SELECT parent.id, parent.depth FROM branch JOIN message ON message.id = branch.id
                 JOIN message AS parent ON parent.id = message.parent_id
             )
             SELECT id FROM branch ORDER BY depth"
        }
        Extent::Tree => return tree(connection, id),
    };
    let mut statement = connection.prepare_cached(wanted)?;
    let found =
        statement.query_map([id.rowid()], |row| Ok((MessageId::from_rowid(row.get(0)?), Version::ONLY)))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Without recursion, because a branch may be a hundred thousand messages long.
fn tree(connection: &Connection, id: ConversationId) -> Result<Vec<(MessageId, Version)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, parent_id FROM message WHERE conversation_id = ?1 AND deleted_at_ms IS NULL ORDER BY id",
    )?;
    let mut following: HashMap<Option<i64>, Vec<i64>> = HashMap::new();
    let mut rows = statement.query([id.rowid()])?;
    while let Some(row) = rows.next()? {
        following.entry(row.get(1)?).or_default().push(row.get(0)?);
    }
    let mut ordered = Vec::new();
    let mut waiting = versions(following.remove(&None));
    while let Some((message, version)) = waiting.pop() {
        ordered.push((MessageId::from_rowid(message), version));
        waiting.extend(versions(following.remove(&Some(message))));
    }
    Ok(ordered)
}

/// Those that follow the same message, the last one first.
fn versions(beside: Option<Vec<i64>>) -> Vec<(i64, Version)> {
    let beside = beside.unwrap_or_default();
    let of = u32::try_from(beside.len()).unwrap_or(u32::MAX);
    let numbered = (1..).zip(beside).map(|(number, message)| (message, Version { number, of }));
    numbered.collect::<Vec<_>>().into_iter().rev().collect()
}

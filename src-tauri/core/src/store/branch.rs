//! Paths through the tree of turns.
//!
//! Deleted versions keep their place in the tree but are on no path: a shown branch never ends in one, and what
//! follows a deleted message was deleted with it.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::messages;
use super::{Durability, Store, StoreError, ancestors, conversations};
use crate::domain::{Conversation, ConversationId, Message, MessageId, MessageMeta, Thing};

/// The shown branch of a conversation, or a part of it.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The conversation.
    pub conversation: Conversation,
    /// Its messages, first to last.
    pub messages: Vec<Message>,
    /// For each message, all versions of its turn in order of age, itself included.
    pub versions: HashMap<MessageId, Vec<MessageId>>,
    /// Whether the branch has messages before these.
    pub earlier: bool,
    /// Whether it has messages after these.
    pub later: bool,
}

/// A stretch of the shown branch without its texts.
#[derive(Debug, Clone, Serialize, specta::Type)]
pub struct Outline {
    /// The conversation.
    pub conversation: Conversation,
    /// The messages of the stretch, first to last.
    pub messages: Vec<MessageMeta>,
    /// Whether the branch has messages before these.
    pub earlier: bool,
    /// Whether it has messages after these.
    pub later: bool,
}

/// Which part of a branch is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// At most this many messages at its end.
    End(usize),
    /// The message and at most this many on each side of it.
    Around(MessageId, usize),
    /// At most this many before the message.
    Before(MessageId, usize),
    /// At most this many after the message.
    After(MessageId, usize),
}

impl Store {
    /// A part of the shown branch of a conversation.
    ///
    /// # Errors
    /// [`StoreError::Missing`] for a message that is not on it.
    pub async fn branch(&self, id: ConversationId, part: Part) -> Result<Branch, StoreError> {
        self.read(move |connection| {
            let (conversation, path, earlier, later) = shown(connection, id, part)?;
            let messages =
                path.iter().map(|id| messages::by_id(connection, *id)).collect::<Result<_, _>>()?;
            let versions = path
                .into_iter()
                .map(|id| Ok((id, versions_of(connection, id)?)))
                .collect::<Result<_, StoreError>>()?;
            Ok(Branch { conversation, messages, versions, earlier, later })
        })
        .await
    }

    /// As [`Store::branch`], without reading what the messages say: a window that shows them already asks for this
    /// whenever something may have changed.
    pub async fn outline(&self, id: ConversationId, part: Part) -> Result<Outline, StoreError> {
        self.read(move |connection| {
            let (conversation, path, earlier, later) = shown(connection, id, part)?;
            let messages = path
                .into_iter()
                .map(|id| messages::meta_by_id(connection, id, versions_of(connection, id)?))
                .collect::<Result<_, _>>()?;
            Ok(Outline { conversation, messages, earlier, later })
        })
        .await
    }

    /// Messages, each with all versions of its turn, in the order of `ids`. Those that are gone are left out.
    pub async fn messages(&self, ids: Vec<MessageId>) -> Result<Vec<(Message, Vec<MessageId>)>, StoreError> {
        self.read(move |connection| {
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                match messages::by_id(connection, id) {
                    Ok(message) => found.push((message, versions_of(connection, id)?)),
                    Err(StoreError::Missing(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(found)
        })
        .await
    }

    /// All versions of a message's turn, itself included.
    pub async fn versions(&self, message: MessageId) -> Result<Vec<MessageId>, StoreError> {
        self.read(move |connection| versions_of(connection, message)).await
    }

    /// All versions of a message's turn in order of age, the one on the shown branch, and their conversation.
    ///
    /// # Errors
    /// [`StoreError::Missing`] for a deleted version.
    pub async fn turn_of(
        &self,
        message: MessageId,
    ) -> Result<(Conversation, Vec<Message>, Option<MessageId>), StoreError> {
        self.read(move |connection| {
            let versions = versions_of(connection, message)?;
            if !versions.contains(&message) {
                return Err(StoreError::Missing(Thing::Message));
            }
            let id = messages::by_id(connection, message)?.conversation;
            let conversation = conversations::by_id(connection, id)?;
            let mut shown = None;
            for version in &versions {
                if let Some(leaf) = conversation.leaf
                    && ancestors::is_above(connection, *version, leaf)?
                {
                    shown = Some(*version);
                }
            }
            let messages =
                versions.into_iter().map(|id| messages::by_id(connection, id)).collect::<Result<_, _>>()?;
            Ok((conversation, messages, shown))
        })
        .await
    }

    /// Shows the branch through `message`: unchanged if it is the one shown, otherwise down to where it was last
    /// looked at.
    ///
    /// # Errors
    /// [`StoreError::Missing`] for a deleted version.
    pub async fn show_branch_of(&self, message: MessageId) -> Result<ConversationId, StoreError> {
        let shown = self
            .read(move |connection| {
                let id = messages::by_id(connection, message)?.conversation;
                let Some(leaf) = conversations::by_id(connection, id)?.leaf else { return Ok(None) };
                Ok(ancestors::is_above(connection, message, leaf)?.then_some(id))
            })
            .await?;
        if let Some(conversation) = shown {
            return Ok(conversation);
        }
        self.write(Durability::Full, move |transaction| {
            let conversation = messages::by_id(transaction, message)?.conversation;
            messages::expect_kept(transaction, message)?;
            let leaf = end_below(transaction, message)?;
            show(transaction, conversation, Some(leaf))?;
            Ok(conversation)
        })
        .await
    }
}

/// A conversation, the ids of a part of its shown branch, and whether there is more before and after.
fn shown(
    connection: &Connection,
    id: ConversationId,
    part: Part,
) -> Result<(Conversation, Vec<MessageId>, bool, bool), StoreError> {
    let conversation = conversations::by_id(connection, id)?;
    let (path, earlier, later) = match conversation.leaf {
        Some(leaf) => path_of(connection, leaf, part)?,
        None => (Vec::new(), false, false),
    };
    Ok((conversation, path, earlier, later))
}

/// Makes the branch that ends in `leaf` the one shown, and remembers it at every fork above.
pub(super) fn show(
    connection: &Connection,
    conversation: ConversationId,
    leaf: Option<MessageId>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "WITH RECURSIVE path (id, parent_id) AS (
                 SELECT id, parent_id FROM message WHERE id = ?1
                 UNION ALL
                 SELECT message.id, message.parent_id FROM path JOIN message ON message.id = path.parent_id
             )
             UPDATE message SET chosen_child_id = path.id FROM path
             WHERE message.id = path.parent_id AND message.chosen_child_id IS NOT path.id",
        )?
        .execute([leaf.map(MessageId::rowid)])?;
    connection.execute(
        "UPDATE conversation SET leaf_id = ?2 WHERE id = ?1",
        params![conversation.rowid(), leaf.map(MessageId::rowid)],
    )?;
    Ok(())
}

/// The end of the branch through `message` that was last looked at, which is the newest where none was.
pub(super) fn end_below(connection: &Connection, message: MessageId) -> Result<MessageId, StoreError> {
    let mut leaf = message.rowid();
    let mut chosen_child = connection.prepare_cached(
        "SELECT child.id FROM message JOIN message AS child ON child.parent_id = message.id
         WHERE message.id = ?1 AND child.deleted_at_ms IS NULL
         ORDER BY child.id = message.chosen_child_id DESC, child.id DESC LIMIT 1",
    )?;
    while let Some(child) = chosen_child.query_row([leaf], |row| row.get(0)).optional()? {
        leaf = child;
    }
    Ok(MessageId::from_rowid(leaf))
}

/// How far a path goes up.
#[derive(Clone, Copy)]
enum Until {
    First,
    Count(usize),
}

/// The ids from `leaf` up, `leaf` first.
fn path_ids(connection: &Connection, leaf: MessageId, until: Until) -> Result<Vec<MessageId>, StoreError> {
    let mut parent = connection.prepare_cached("SELECT parent_id FROM message WHERE id = ?1")?;
    let mut path = Vec::new();
    let mut next = Some(leaf);
    while let Some(message) = next {
        if matches!(until, Until::Count(most) if path.len() == most) {
            break;
        }
        path.push(message);
        let above: Option<Option<i64>> = parent.query_row([message.rowid()], |row| row.get(0)).optional()?;
        next = above.flatten().map(MessageId::from_rowid);
    }
    Ok(path)
}

/// The ids of a part of the branch that ends in `leaf`, first to last, and whether there is more before and after.
fn path_of(
    connection: &Connection,
    leaf: MessageId,
    part: Part,
) -> Result<(Vec<MessageId>, bool, bool), StoreError> {
    // Reading one more than is wanted shows whether there is more.
    let (mut path, later, most) = match part {
        Part::Whole => (path_ids(connection, leaf, Until::First)?, false, usize::MAX),
        Part::End(most) => (path_ids(connection, leaf, Until::Count(most + 1))?, false, most),
        Part::Before(message, most) => {
            let mut path = path_ids(connection, message, Until::Count(most + 2))?;
            path.remove(0);
            (path, true, most)
        }
        Part::Around(message, each) => {
            let (end, below) = reaching(connection, leaf, message, each)?;
            let path = path_ids(connection, end, Until::Count(below + each + 2))?;
            (path, end != leaf, below + each + 1)
        }
        Part::After(message, most) => {
            let (end, below) = reaching(connection, leaf, message, most)?;
            (path_ids(connection, end, Until::Count(below))?, end != leaf, usize::MAX)
        }
    };
    let earlier = path.len() > most || matches!(part, Part::After(..));
    path.truncate(most);
    path.reverse();
    Ok((path, earlier, later))
}

/// The message at most `count` below `message` on the branch that ends in `leaf`, and how far below it is.
fn reaching(
    connection: &Connection,
    leaf: MessageId,
    message: MessageId,
    count: usize,
) -> Result<(MessageId, usize), StoreError> {
    let depth = ancestors::depth_of(connection, message)?;
    if ancestors::ancestor(connection, leaf, depth)? != message {
        return Err(StoreError::Missing(Thing::Message));
    }
    let below = usize::try_from(ancestors::depth_of(connection, leaf)? - depth).unwrap_or(0).min(count);
    let end = ancestors::ancestor(connection, leaf, depth + i64::try_from(below).unwrap_or(0))?;
    Ok((end, below))
}

/// The ids from the first message to `leaf`.
pub(super) fn ids_to(connection: &Connection, leaf: MessageId) -> Result<Vec<MessageId>, StoreError> {
    let mut path = path_ids(connection, leaf, Until::First)?;
    path.reverse();
    Ok(path)
}

/// The path from the first message to `leaf`.
pub(super) fn path_to(connection: &Connection, leaf: MessageId) -> Result<Vec<Message>, StoreError> {
    ids_to(connection, leaf)?.into_iter().map(|id| messages::by_id(connection, id)).collect()
}

/// All versions of a message's turn in order of age.
pub(super) fn versions_of(connection: &Connection, message: MessageId) -> Result<Vec<MessageId>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sibling.id FROM message
         JOIN message AS sibling ON sibling.conversation_id = message.conversation_id
                                AND sibling.parent_id IS message.parent_id AND sibling.role = message.role
         WHERE message.id = ?1 AND sibling.deleted_at_ms IS NULL
         ORDER BY sibling.id",
    )?;
    let rows = statement.query_map([message.rowid()], |row| row.get(0).map(MessageId::from_rowid))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

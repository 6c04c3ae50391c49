//! Paths through the tree of turns.
//!
//! Deleted versions keep their place in the tree but are on no path: a shown branch never ends in one, and what
//! follows a deleted message was deleted with it.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::messages;
use super::{Durability, Store, StoreError, conversations};
use crate::domain::{Conversation, ConversationId, Message, MessageId, Thing};

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
            let conversation = conversations::by_id(connection, id)?;
            let (path, earlier, later) = match conversation.leaf {
                Some(leaf) => path_of(connection, leaf, part)?,
                None => (Vec::new(), false, false),
            };
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

    /// All versions of a message's turn, itself included.
    pub async fn versions(&self, message: MessageId) -> Result<Vec<MessageId>, StoreError> {
        self.read(move |connection| versions_of(connection, message)).await
    }

    /// Shows the branch through `message`: unchanged if it is the one shown, otherwise down to its newest end.
    ///
    /// # Errors
    /// [`StoreError::Missing`] for a deleted version.
    pub async fn show_branch_of(&self, message: MessageId) -> Result<ConversationId, StoreError> {
        let shown = self
            .read(move |connection| {
                let id = messages::by_id(connection, message)?.conversation;
                let leaf = conversations::by_id(connection, id)?.leaf;
                let path = leaf.map(|leaf| path_ids(connection, leaf, Until::Message(message)));
                Ok(path.transpose()?.is_some_and(|path| path.last() == Some(&message)).then_some(id))
            })
            .await?;
        if let Some(conversation) = shown {
            return Ok(conversation);
        }
        self.write(Durability::Full, move |transaction| {
            let conversation = messages::by_id(transaction, message)?.conversation;
            let kept = "SELECT 1 FROM message WHERE id = ?1 AND deleted_at_ms IS NULL";
            if !transaction.prepare_cached(kept)?.exists([message.rowid()])? {
                return Err(StoreError::Missing(Thing::Message));
            }
            let leaf = newest_end(transaction, message)?;
            show(transaction, conversation, Some(leaf))?;
            Ok(conversation)
        })
        .await
    }
}

/// Makes the branch that ends in `leaf` the one shown.
pub(super) fn show(
    connection: &Connection,
    conversation: ConversationId,
    leaf: Option<MessageId>,
) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE conversation SET leaf_id = ?2 WHERE id = ?1",
        params![conversation.rowid(), leaf.map(MessageId::rowid)],
    )?;
    Ok(())
}

/// The end of the branch through `message` that takes the newest version of every turn below it.
pub(super) fn newest_end(connection: &Connection, message: MessageId) -> Result<MessageId, StoreError> {
    let mut leaf = message.rowid();
    let mut newest_child = connection
        .prepare_cached("SELECT max(id) FROM message WHERE parent_id = ?1 AND deleted_at_ms IS NULL")?;
    while let Some(child) = newest_child.query_row([leaf], |row| row.get::<_, Option<i64>>(0))? {
        leaf = child;
    }
    Ok(MessageId::from_rowid(leaf))
}

/// How far a path goes up.
#[derive(Clone, Copy)]
enum Until {
    First,
    Count(usize),
    /// Up to and including this one.
    Message(MessageId),
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
        if matches!(until, Until::Message(last) if last == message) {
            break;
        }
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
            let below = path_to_message(connection, leaf, message)?;
            let shown = below.len().min(each);
            let mut path = below[below.len() - shown..].to_vec();
            path.extend(path_ids(connection, message, Until::Count(each + 2))?);
            (path, below.len() > shown, shown + each + 1)
        }
        Part::After(message, most) => {
            let below = path_to_message(connection, leaf, message)?;
            let shown = below.len().min(most);
            (below[below.len() - shown..].to_vec(), below.len() > shown, usize::MAX)
        }
    };
    let earlier = path.len() > most || matches!(part, Part::After(..));
    path.truncate(most);
    path.reverse();
    Ok((path, earlier, later))
}

/// The ids from `leaf` up to the one below `message`.
fn path_to_message(
    connection: &Connection,
    leaf: MessageId,
    message: MessageId,
) -> Result<Vec<MessageId>, StoreError> {
    let mut path = path_ids(connection, leaf, Until::Message(message))?;
    if path.pop() == Some(message) { Ok(path) } else { Err(StoreError::Missing(Thing::Message)) }
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

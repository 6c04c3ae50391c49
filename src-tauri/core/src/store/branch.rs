//! Paths through the tree of turns.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::messages::{self, COLUMNS, message_without_parts, with_parts};
use super::{Durability, Store, StoreError, conversations};
use crate::domain::{Conversation, ConversationId, Message, MessageId};

/// The shown branch of a conversation.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The conversation.
    pub conversation: Conversation,
    /// Its messages, first to last.
    pub messages: Vec<Message>,
    /// For each message, all versions of its turn in order of age, itself included.
    pub versions: HashMap<MessageId, Vec<MessageId>>,
}

impl Store {
    /// The shown branch of a conversation.
    pub async fn branch(&self, id: ConversationId) -> Result<Branch, StoreError> {
        self.read(move |connection| {
            let conversation = conversations::by_id(connection, id)?;
            let (messages, versions) = match conversation.leaf {
                Some(leaf) => (path_to(connection, leaf)?, versions_along(connection, leaf)?),
                None => (Vec::new(), HashMap::new()),
            };
            Ok(Branch { conversation, messages, versions })
        })
        .await
    }

    /// Shows the branch that goes through `message`, down to its newest end.
    pub async fn show_branch_of(&self, message: MessageId) -> Result<ConversationId, StoreError> {
        self.write(Durability::Full, move |transaction| {
            let conversation = messages::by_id(transaction, message)?.conversation;
            let mut leaf = message.rowid();
            let mut newest_child =
                transaction.prepare_cached("SELECT max(id) FROM message WHERE parent_id = ?1")?;
            while let Some(child) = newest_child.query_row([leaf], |row| row.get::<_, Option<i64>>(0))? {
                leaf = child;
            }
            transaction.execute(
                "UPDATE conversation SET leaf_id = ?2 WHERE id = ?1",
                params![conversation.rowid(), leaf],
            )?;
            Ok(conversation)
        })
        .await
    }
}

/// The path from the first message to `leaf`.
const PATH: &str = "WITH RECURSIVE path (id, depth) AS (
        SELECT ?1, 0
        UNION ALL
        SELECT message.parent_id, depth + 1 FROM path JOIN message ON message.id = path.id
        WHERE message.parent_id IS NOT NULL
    )";

pub(super) fn path_to(connection: &Connection, leaf: MessageId) -> Result<Vec<Message>, StoreError> {
    connection
        .prepare_cached(&format!(
            "{PATH} SELECT {COLUMNS} FROM path JOIN message ON message.id = path.id ORDER BY depth DESC"
        ))?
        .query_and_then([leaf.rowid()], message_without_parts)?
        .map(|message| with_parts(connection, message?))
        .collect()
}

pub(super) fn versions_along(
    connection: &Connection,
    leaf: MessageId,
) -> Result<HashMap<MessageId, Vec<MessageId>>, StoreError> {
    let mut versions: HashMap<MessageId, Vec<MessageId>> = HashMap::new();
    let mut statement = connection.prepare_cached(&format!(
        "{PATH} SELECT message.id, sibling.id FROM path JOIN message ON message.id = path.id
         JOIN message AS sibling ON sibling.conversation_id = message.conversation_id
                                AND sibling.parent_id IS message.parent_id AND sibling.role = message.role
         ORDER BY sibling.id"
    ))?;
    let mut rows = statement.query([leaf.rowid()])?;
    while let Some(row) = rows.next()? {
        let message = MessageId::from_rowid(row.get(0)?);
        versions.entry(message).or_default().push(MessageId::from_rowid(row.get(1)?));
    }
    Ok(versions)
}

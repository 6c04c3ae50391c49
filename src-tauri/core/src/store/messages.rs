//! The `message` table: the tree of turns.

use std::collections::HashSet;

use rusqlite::{Connection, Row, Transaction, params};

use super::row::word;
use super::{Store, StoreError, ancestors, attempts, parts};
use crate::domain::{
    Bill, ConversationId, Message, MessageId, MessageMeta, MessageState, Money, Role, Thing, Timing, Usage,
};

impl Store {
    /// What the replies of a conversation cost, including its title and those on branches that are not shown or were
    /// deleted: their costs as they were estimated, and how many from the internet have none. Copies in a fork cost
    /// nothing.
    pub async fn costs(&self, conversation: ConversationId) -> Result<(Vec<Money>, u32), StoreError> {
        self.read(move |connection| {
            // A request that was refused before the server counted anything is not billed.
            let mut statement = connection.prepare_cached(
                "SELECT attempt.cost, attempt.rates, attempt.hosted, attempt.message_id
                 FROM message JOIN attempt ON attempt.message_id = message.id
                 WHERE message.conversation_id = ?1 AND message.copied_from IS NULL
                   AND attempt.state <> 'arriving'
                   AND (attempt.state <> 'failed' OR attempt.prompt_tokens IS NOT NULL OR attempt.cost IS NOT NULL)
                 UNION ALL
                 SELECT title_cost, title_rates, 0, NULL FROM conversation WHERE id = ?1",
            )?;
            let mut rows = statement.query([conversation.rowid()])?;
            let (mut costs, mut unknown) = (Vec::new(), HashSet::new());
            while let Some(row) = rows.next()? {
                match attempts::bill(row)?.cost {
                    Some(cost) => costs.push(cost),
                    None if row.get("hosted")? => {
                        unknown.insert(row.get::<_, Option<i64>>("message_id")?);
                    }
                    None => {}
                }
            }
            let unknown = u32::try_from(unknown.len()).unwrap_or(u32::MAX);
            Ok((costs, unknown))
        })
        .await
    }

    /// One message, and a number that grows with every piece that arrives of it; at least 1.
    pub async fn message_so_far(&self, id: MessageId) -> Result<(Message, u64), StoreError> {
        self.read(move |connection| {
            let newest: Option<i64> = connection
                .prepare_cached("SELECT max(id) FROM arriving WHERE message_id = ?1")?
                .query_row([id.rowid()], |row| row.get(0))?;
            let revision = 1 + u64::try_from(newest.unwrap_or(0)).unwrap_or(0);
            Ok((by_id(connection, id)?, revision))
        })
        .await
    }

    /// One message.
    pub async fn message(&self, id: MessageId) -> Result<Message, StoreError> {
        self.read(move |connection| by_id(connection, id)).await
    }
}

/// A message that is added to the tree.
pub(super) struct NewMessage {
    pub(super) conversation: ConversationId,
    /// The message it follows.
    pub(super) parent: Option<MessageId>,
    pub(super) role: &'static str,
    pub(super) state: &'static str,
    pub(super) created_at_ms: i64,
    /// The program that receives it.
    pub(super) writer: Option<String>,
    /// The message it is a copy of.
    pub(super) copied_from: Option<MessageId>,
}

/// Whether a message is there and was not deleted.
pub(super) fn is_kept(connection: &Connection, id: MessageId) -> Result<bool, StoreError> {
    let kept = "SELECT 1 FROM message WHERE id = ?1 AND deleted_at_ms IS NULL";
    Ok(connection.prepare_cached(kept)?.exists([id.rowid()])?)
}

/// Refuses what was deleted, perhaps by another program since it was asked for.
pub(super) fn expect_kept(connection: &Connection, id: MessageId) -> Result<(), StoreError> {
    if is_kept(connection, id)? { Ok(()) } else { Err(StoreError::Missing(Thing::Message)) }
}

/// Adds a message, as the one that is looked at of those that follow its parent.
pub(super) fn insert(transaction: &Transaction<'_>, new: &NewMessage) -> Result<MessageId, StoreError> {
    if let Some(parent) = new.parent {
        expect_kept(transaction, parent)?;
    }
    let id = MessageId::new(new.created_at_ms);
    let (depth, jump) = ancestors::below(transaction, new.parent)?;
    transaction
        .prepare_cached(
            "INSERT INTO message (id, conversation_id, parent_id, depth, jump_id, role, state, created_at_ms, writer,
                                  copied_from)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            id.rowid(),
            new.conversation.rowid(),
            new.parent.map(MessageId::rowid),
            depth,
            jump.map(MessageId::rowid),
            new.role,
            new.state,
            new.created_at_ms,
            new.writer,
            new.copied_from.map(MessageId::rowid),
        ])?;
    transaction
        .prepare_cached("UPDATE message SET chosen_child_id = ?2 WHERE id = ?1")?
        .execute(params![new.parent.map(MessageId::rowid), id.rowid()])?;
    Ok(id)
}

/// A message without what it says. Of a newer version's words it is told what is understood.
fn bare(row: &Row<'_>) -> Result<Message, StoreError> {
    Ok(Message {
        id: MessageId::from_rowid(row.get("id")?),
        conversation: ConversationId::from_rowid(row.get("conversation_id")?),
        parent: row.get::<_, Option<i64>>("parent_id")?.map(MessageId::from_rowid),
        role: word(row.get("role")?).unwrap_or(Role::Other),
        state: word(row.get("state")?).unwrap_or(MessageState::Complete),
        created_at_ms: row.get("created_at_ms")?,
        parts: Vec::new(),
        attempts: Vec::new(),
        author: None,
        finish_reason: None,
        usage: Usage::default(),
        timing: Timing::default(),
        bill: Bill::default(),
        notes: Vec::new(),
        failure: None,
    })
}

fn bare_by_id(connection: &Connection, id: MessageId) -> Result<Message, StoreError> {
    connection
        .prepare_cached(
            "SELECT id, conversation_id, parent_id, role, state, created_at_ms FROM message WHERE id = ?1",
        )?
        .query_and_then([id.rowid()], bare)?
        .next()
        .unwrap_or(Err(StoreError::Missing(Thing::Message)))
}

pub(super) fn by_id(connection: &Connection, id: MessageId) -> Result<Message, StoreError> {
    let mut message = bare_by_id(connection, id)?;
    message.parts = if message.state == MessageState::Arriving {
        parts::arrived_parts(connection, id)?.into_vec()
    } else {
        parts::parts_of(connection, id)?
    };
    message.answer(attempts::of(connection, id)?);
    Ok(message)
}

/// What is shown of one of `versions` besides its texts, which are not read.
pub(super) fn meta_by_id(
    connection: &Connection,
    id: MessageId,
    versions: Vec<MessageId>,
) -> Result<MessageMeta, StoreError> {
    let mut message = bare_by_id(connection, id)?;
    let made_of = if message.state == MessageState::Arriving {
        parts::arrived_kinds(connection, id)?
    } else {
        parts::kinds_of(connection, id)?
    };
    message.answer(attempts::of(connection, id)?);
    Ok(MessageMeta::without_parts(&message, made_of, versions))
}

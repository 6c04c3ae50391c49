//! The `message` table: the tree of turns.

use rusqlite::{Connection, Row};

use super::row::word;
use super::{Store, StoreError, parts};
use crate::domain::{
    Author, Bill, ConversationId, FinishReason, Message, MessageId, MessageState, Money, Rates, ServerId,
    Thing, Timing, Usage,
};

impl Store {
    /// What the replies of a conversation cost, including its title and those on branches that are not shown or were
    /// deleted: their costs as they were estimated, and how many from the internet have none. Copies in a fork cost
    /// nothing.
    pub async fn costs(&self, conversation: ConversationId) -> Result<(Vec<Money>, u32), StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT cost, rates, hosted FROM message
                 WHERE conversation_id = ?1 AND role = 'assistant' AND state <> 'arriving' AND (state <> 'failed' OR cost IS NOT NULL)
                   AND copied_from IS NULL
                 UNION ALL
                 SELECT title_cost, title_rates, 0 FROM conversation WHERE id = ?1",
            )?;
            let mut rows = statement.query([conversation.rowid()])?;
            let (mut costs, mut unknown) = (Vec::new(), 0);
            while let Some(row) = rows.next()? {
                match bill(row)?.cost {
                    Some(cost) => costs.push(cost),
                    None if row.get("hosted")? => unknown += 1,
                    None => {}
                }
            }
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

pub(super) const COLUMNS: &str = "message.id, conversation_id, parent_id, role, state, created_at_ms, server_id, server_name, \
     model, finish_reason, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, first_token_ms, \
     thinking_ms, total_ms, asked_model, hosted, cost, rates, notes, failure";

pub(super) fn message_without_parts(row: &Row<'_>) -> Result<Message, StoreError> {
    let server_name: Option<String> = row.get("server_name")?;
    let model: Option<String> = row.get("model")?;
    let server = row.get::<_, Option<i64>>("server_id")?.map(ServerId::from_rowid);
    let failure: Option<String> = row.get("failure")?;
    let asked: Option<String> = row.get("asked_model")?;
    let hosted = row.get("hosted")?;
    Ok(Message {
        id: MessageId::from_rowid(row.get("id")?),
        conversation: ConversationId::from_rowid(row.get("conversation_id")?),
        parent: row.get::<_, Option<i64>>("parent_id")?.map(MessageId::from_rowid),
        role: word(row.get("role")?)?,
        state: word(row.get("state")?)?,
        created_at_ms: row.get("created_at_ms")?,
        parts: Vec::new(),
        author: server_name.zip(model).map(|(server_name, model)| {
            let asked = asked.unwrap_or_else(|| model.clone());
            Author { server, server_name, model, asked, hosted }
        }),
        finish_reason: row.get::<_, Option<String>>("finish_reason")?.map(FinishReason::from),
        usage: Usage {
            prompt_tokens: row.get("prompt_tokens")?,
            cached_tokens: row.get("cached_tokens")?,
            completion_tokens: row.get("completion_tokens")?,
            reasoning_tokens: row.get("reasoning_tokens")?,
        },
        timing: Timing {
            first_token_ms: row.get("first_token_ms")?,
            thinking_ms: row.get("thinking_ms")?,
            total_ms: row.get("total_ms")?,
        },
        bill: bill(row)?,
        // A note of a newer version is ignored here.
        notes: serde_json::from_str(&row.get::<_, String>("notes")?).unwrap_or_default(),
        failure: failure.map(|failure| serde_json::from_str(&failure)).transpose()?,
    })
}

fn bill(row: &Row<'_>) -> Result<Bill, StoreError> {
    let rates: Option<String> = row.get("rates")?;
    let rates: Option<Rates> = rates.and_then(|rates| serde_json::from_str(&rates).ok());
    let cost: Option<String> = row.get("cost")?;
    let cost = cost.and_then(|cost| cost.parse().ok()).zip(rates.as_ref());
    Ok(Bill { cost: cost.map(|(amount, rates)| Money { amount, currency: rates.currency }), rates })
}

pub(super) fn by_id(connection: &Connection, id: MessageId) -> Result<Message, StoreError> {
    let message = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM message WHERE id = ?1"))?
        .query_and_then([id.rowid()], message_without_parts)?
        .next()
        .unwrap_or(Err(StoreError::Missing(Thing::Message)))?;
    with_parts(connection, message)
}

pub(super) fn with_parts(connection: &Connection, mut message: Message) -> Result<Message, StoreError> {
    message.parts = if message.state == MessageState::Arriving {
        parts::arrived_parts(connection, message.id)?.into_vec()
    } else {
        parts::parts_of(connection, message.id)?
    };
    Ok(message)
}

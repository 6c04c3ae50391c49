//! How a reply stops arriving.

use rusqlite::{Transaction, params};
use serde::{Deserialize, Serialize};

use super::{Durability, Store, StoreError, parts};
use crate::domain::{Bill, Failure, FinishReason, MessageId, MessageState, Note, Part, Timing, Usage};

/// How a reply ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// What became of it.
    pub state: MessageState,
    /// All that arrived.
    pub parts: Vec<Part>,
    /// The model that the server says answered.
    pub model: Option<String>,
    /// Why the model stopped.
    pub finish_reason: Option<FinishReason>,
    /// Tokens as the server counted them.
    pub usage: Usage,
    /// How long it took.
    pub timing: Timing,
    /// What it cost.
    pub bill: Bill,
    /// What else there is to say about it.
    pub notes: Vec<Note>,
    /// Why it failed or was cut off.
    pub failure: Option<Failure>,
}

impl Ending {
    /// A reply that broke off with what had arrived.
    pub fn cut_off(parts: Vec<Part>, failure: Failure) -> Self {
        Self {
            state: MessageState::CutOff,
            parts,
            model: None,
            finish_reason: None,
            usage: Usage::default(),
            timing: Timing::default(),
            bill: Bill::default(),
            notes: Vec::new(),
            failure: Some(failure),
        }
    }
}

impl Store {
    /// Ends a reply: parts, usage, timing and state in one commit.
    pub async fn end_reply(&self, message: MessageId, ending: Ending) -> Result<(), StoreError> {
        self.write(Durability::Full, move |transaction| end_reply(transaction, message, &ending)).await
    }
}

pub(super) fn end_reply(
    transaction: &Transaction<'_>,
    message: MessageId,
    ending: &Ending,
) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM arriving WHERE message_id = ?1", [message.rowid()])?;
    transaction.execute("DELETE FROM part WHERE message_id = ?1", [message.rowid()])?;
    parts::insert_parts(transaction, message, &ending.parts)?;
    let failure = ending.failure.as_ref().map(serde_json::to_string).transpose()?;
    let rates = ending.bill.rates.as_ref().map(serde_json::to_string).transpose()?;
    transaction.execute(
        "UPDATE message SET state = ?2, writer = NULL, model = coalesce(?3, model), finish_reason = ?4,
                prompt_tokens = ?5, cached_tokens = ?6, completion_tokens = ?7, reasoning_tokens = ?8,
                first_token_ms = ?9, thinking_ms = ?10, total_ms = ?11, failure = ?12, cost = ?13,
                rates = ?14, notes = ?15
         WHERE id = ?1",
        params![
            message.rowid(),
            ending.state.name(),
            ending.model,
            ending.finish_reason.as_ref().map(FinishReason::name),
            ending.usage.prompt_tokens,
            ending.usage.cached_tokens,
            ending.usage.completion_tokens,
            ending.usage.reasoning_tokens,
            ending.timing.first_token_ms,
            ending.timing.thinking_ms,
            ending.timing.total_ms,
            failure,
            ending.bill.cost.as_ref().map(|cost| cost.amount.to_string()),
            rates,
            serde_json::to_string(&ending.notes)?,
        ],
    )?;
    Ok(())
}

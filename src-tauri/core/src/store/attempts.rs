//! The `attempt` table: every request that was sent for a reply.

use rusqlite::{Connection, Row, Transaction, params};

use super::StoreError;
use super::row::word;
use crate::domain::{
    Attempt, AttemptEnd, Author, Bill, Effort, Failure, FinishReason, MessageId, MessageState, Money, Rates,
    Retried, ServerId, Timing, Usage,
};

/// Which attempt of a message is the one that is being made, or was made last.
const LATEST: &str = "id = (SELECT max(id) FROM attempt WHERE message_id = ?1)";

/// Adds an attempt that has just left.
pub(super) fn begin(
    transaction: &Transaction<'_>,
    message: MessageId,
    author: &Author,
    now_ms: i64,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO attempt (message_id, state, started_at_ms, server_id, server_name, asked_model, model, hosted)
             VALUES (?1, 'arriving', ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            message.rowid(),
            now_ms,
            author.server.map(ServerId::rowid),
            author.server_name,
            author.asked,
            author.model,
            author.hosted,
        ])?;
    Ok(())
}

/// Ends the latest attempt. Tokens that were told while it arrived stay where its end says nothing about them.
pub(super) fn end(
    transaction: &Transaction<'_>,
    message: MessageId,
    end: &AttemptEnd,
) -> Result<(), StoreError> {
    tell(transaction, message, &end.usage, &end.bill)?;
    transaction
        .prepare_cached(&format!(
            "UPDATE attempt SET state = ?2, model = coalesce(?3, model), effort = ?4, finish_reason = ?5,
                    first_token_ms = ?6, thinking_ms = ?7, total_ms = ?8, notes = ?9, failure = ?10
             WHERE {LATEST}"
        ))?
        .execute(params![
            message.rowid(),
            end.state.name(),
            end.model,
            end.effort.map(Effort::name),
            end.finish_reason.as_ref().map(FinishReason::name),
            end.timing.first_token_ms,
            end.timing.thinking_ms,
            end.timing.total_ms,
            serde_json::to_string(&end.notes)?,
            end.failure.as_ref().map(serde_json::to_string).transpose()?,
        ])?;
    Ok(())
}

/// Records what the server has told of the latest attempt's tokens so far, and what they cost.
pub(super) fn tell(
    transaction: &Transaction<'_>,
    message: MessageId,
    usage: &Usage,
    bill: &Bill,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(&format!(
            "UPDATE attempt SET prompt_tokens = coalesce(?2, prompt_tokens),
                    cached_tokens = coalesce(?3, cached_tokens),
                    completion_tokens = coalesce(?4, completion_tokens),
                    reasoning_tokens = coalesce(?5, reasoning_tokens),
                    cost = coalesce(?6, cost), rates = coalesce(?7, rates)
             WHERE {LATEST}"
        ))?
        .execute(params![
            message.rowid(),
            usage.prompt_tokens,
            usage.cached_tokens,
            usage.completion_tokens,
            usage.reasoning_tokens,
            bill.cost.as_ref().map(|cost| cost.amount.to_string()),
            bill.rates.as_ref().map(serde_json::to_string).transpose()?,
        ])?;
    Ok(())
}

/// Ends attempts that failed and were followed by another of the same request.
pub(super) fn end_retried(
    transaction: &Transaction<'_>,
    message: MessageId,
    retried: &[Retried],
) -> Result<(), StoreError> {
    for Retried { end: failed, next_at_ms } in retried {
        end(transaction, message, failed)?;
        transaction
            .prepare_cached(&format!(
                "INSERT INTO attempt (message_id, state, started_at_ms, server_id, server_name, asked_model, model, hosted)
                 SELECT message_id, 'arriving', ?2, server_id, server_name, asked_model, asked_model, hosted
                 FROM attempt WHERE {LATEST}"
            ))?
            .execute(params![message.rowid(), next_at_ms])?;
    }
    Ok(())
}

/// Copies the attempts of one message to another. None of them is arriving in the copy.
pub(super) fn copy(transaction: &Transaction<'_>, from: MessageId, to: MessageId) -> Result<(), StoreError> {
    const COPIED: &str = "started_at_ms, server_id, server_name, asked_model, model, effort, hosted, finish_reason, \
                          prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, first_token_ms, \
                          thinking_ms, total_ms, cost, rates, notes, failure";
    transaction
        .prepare_cached(&format!(
            "INSERT INTO attempt (message_id, state, {COPIED})
             SELECT ?2, CASE state WHEN 'arriving' THEN 'cut_off' ELSE state END, {COPIED}
             FROM attempt WHERE message_id = ?1 ORDER BY id"
        ))?
        .execute([from.rowid(), to.rowid()])?;
    Ok(())
}

/// The attempts of a message, oldest first.
pub(super) fn of(connection: &Connection, message: MessageId) -> Result<Vec<Attempt>, StoreError> {
    connection
        .prepare_cached("SELECT * FROM attempt WHERE message_id = ?1 ORDER BY id")?
        .query_and_then([message.rowid()], attempt)?
        .collect()
}

/// What a newer version has written and this one does not know is shown as far as it is understood.
fn attempt(row: &Row<'_>) -> Result<Attempt, StoreError> {
    let failure: Option<String> = row.get("failure")?;
    Ok(Attempt {
        started_at_ms: row.get("started_at_ms")?,
        author: Author {
            server: row.get::<_, Option<i64>>("server_id")?.map(ServerId::from_rowid),
            server_name: row.get("server_name")?,
            model: row.get("model")?,
            asked: row.get("asked_model")?,
            hosted: row.get("hosted")?,
        },
        effort: row.get::<_, Option<String>>("effort")?.and_then(|effort| word(effort).ok()),
        state: word(row.get("state")?).unwrap_or(MessageState::Complete),
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
        notes: serde_json::from_str(&row.get::<_, String>("notes")?).unwrap_or_default(),
        failure: failure.map(|failure| Failure::recorded(&failure)),
    })
}

/// The columns `cost` and `rates`.
pub(super) fn bill(row: &Row<'_>) -> Result<Bill, StoreError> {
    let rates: Option<String> = row.get("rates")?;
    let rates: Option<Rates> = rates.and_then(|rates| serde_json::from_str(&rates).ok());
    let cost: Option<String> = row.get("cost")?;
    let cost = cost.and_then(|cost| cost.parse().ok()).zip(rates.as_ref());
    Ok(Bill { cost: cost.map(|(amount, rates)| Money { amount, currency: rates.currency }), rates })
}

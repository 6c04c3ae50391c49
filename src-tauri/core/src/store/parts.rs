//! The `part` and `arriving` tables: what a message says, in full or so far.

use rusqlite::{Connection, Row, Transaction, params};

use super::{Durability, Store, StoreError, attempts};
use crate::domain::{Bill, MadeOf, MessageId, Part, Parts, Retried, Thing, Usage};

/// What a piece of an arriving reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// Markdown.
    Text,
    /// Thinking.
    Thinking,
    /// No text of its own: all text before it was thinking.
    TextWasThinking,
    /// A whole tool call, as JSON.
    ToolCall,
}

impl PieceKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Thinking => "thinking",
            Self::TextWasThinking => "text_was_thinking",
            Self::ToolCall => "tool_call",
        }
    }
}

/// A piece of an arriving reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivingPiece {
    /// What it is.
    pub kind: PieceKind,
    /// Its text.
    pub text: String,
}

/// What has come of a reply since it was last kept.
#[derive(Debug, Clone, Default)]
pub struct Arrived {
    /// Its text.
    pub pieces: Vec<ArrivingPiece>,
    /// Attempts that failed and were followed by another; the pieces are of the last one.
    pub retried: Vec<Retried>,
    /// What the server has told of the latest attempt's tokens.
    pub usage: Usage,
    /// What they cost.
    pub bill: Bill,
}

impl Arrived {
    /// Whether there is nothing to keep but what was told of tokens.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.retried.is_empty()
    }

    /// Puts back what could not be kept, before what has come since.
    pub fn put_before(&mut self, earlier: Self) {
        let newer = std::mem::replace(self, earlier);
        self.pieces.extend(newer.pieces);
        self.retried.extend(newer.retried);
    }
}

impl Store {
    /// Keeps what has come of a reply.
    ///
    /// # Errors
    /// As [`Store::end_reply`].
    pub async fn keep_arriving(&self, message: MessageId, arrived: Arrived) -> Result<(), StoreError> {
        self.write(Durability::Process, move |transaction| {
            expect_there(transaction, message)?;
            attempts::end_retried(transaction, message, &arrived.retried)?;
            if arrived.usage.is_known() {
                attempts::tell(transaction, message, &arrived.usage, &arrived.bill)?;
            }
            let mut insert = transaction
                .prepare_cached("INSERT INTO arriving (message_id, kind, text) VALUES (?1, ?2, ?3)")?;
            for piece in &arrived.pieces {
                insert.execute(params![message.rowid(), piece.kind.name(), piece.text])?;
            }
            Ok(())
        })
        .await
    }
}

/// Refuses a message that is not there, because its conversation was deleted for good by another program meanwhile.
pub(super) fn expect_there(connection: &Connection, id: MessageId) -> Result<(), StoreError> {
    let there = connection.prepare_cached("SELECT 1 FROM message WHERE id = ?1")?.exists([id.rowid()])?;
    if there { Ok(()) } else { Err(StoreError::Missing(Thing::Message)) }
}

/// Turns the parts of a reply back into pieces, so that more can arrive after them.
pub(super) fn arrive_again(
    transaction: &Transaction<'_>,
    message: MessageId,
    parts: &[Part],
) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM part WHERE message_id = ?1", [message.rowid()])?;
    let mut insert =
        transaction.prepare_cached("INSERT INTO arriving (message_id, kind, text) VALUES (?1, ?2, ?3)")?;
    for part in parts {
        let (kind, text) = match part {
            Part::Text(text) => (PieceKind::Text, text),
            Part::Thinking(text) => (PieceKind::Thinking, text),
            Part::ToolCall(_) | Part::Unknown { .. } => {
                return Err(StoreError::Refused(
                    "A reply with more than words cannot be continued.".to_owned(),
                ));
            }
        };
        insert.execute(params![message.rowid(), kind.name(), text])?;
    }
    Ok(())
}

pub(super) fn insert_parts(
    transaction: &Transaction<'_>,
    message: MessageId,
    parts: &[Part],
) -> Result<(), StoreError> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO part (message_id, position, kind, text, data) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (position, part) in (0_i64..).zip(parts) {
        let (kind, text, data) = match part {
            Part::Text(text) => ("text", Some(text.as_str()), None),
            Part::Thinking(text) => ("thinking", Some(text.as_str()), None),
            Part::ToolCall(call) => ("tool_call", None, Some(serde_json::to_string(call)?)),
            Part::Unknown { kind, text, data } => (kind.as_str(), text.as_deref(), data.clone()),
        };
        insert.execute(params![message.rowid(), position, kind, text, data])?;
    }
    Ok(())
}

/// The parts of a message that is no longer arriving.
pub(super) fn parts_of(connection: &Connection, message: MessageId) -> Result<Vec<Part>, StoreError> {
    connection
        .prepare_cached("SELECT kind, text, data FROM part WHERE message_id = ?1 ORDER BY position")?
        .query_and_then([message.rowid()], part)?
        .collect()
}

/// The kinds of the parts of a message that is no longer arriving. No text is read from the disk for it.
pub(super) fn kinds_of(connection: &Connection, message: MessageId) -> Result<MadeOf, StoreError> {
    let mut statement = connection.prepare_cached("SELECT DISTINCT kind FROM part WHERE message_id = ?1")?;
    let mut rows = statement.query([message.rowid()])?;
    let mut made_of = MadeOf::default();
    while let Some(row) = rows.next()? {
        match row.get_ref(0)?.as_str().unwrap_or_default() {
            "text" => made_of.text = true,
            "thinking" => made_of.thinking = true,
            _ => made_of.more = true,
        }
    }
    Ok(made_of)
}

/// The kinds of what has arrived of a reply so far: those of [`arrived_parts`], without the texts.
pub(super) fn arrived_kinds(connection: &Connection, message: MessageId) -> Result<MadeOf, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT kind, octet_length(text) FROM arriving WHERE message_id = ?1 ORDER BY id")?;
    let mut rows = statement.query([message.rowid()])?;
    let mut made_of = MadeOf::default();
    while let Some(row) = rows.next()? {
        let is_there = row.get::<_, i64>(1)? > 0;
        match row.get_ref(0)?.as_str().unwrap_or_default() {
            "thinking" => made_of.thinking |= is_there,
            "text_was_thinking" => made_of.thinking |= std::mem::take(&mut made_of.text),
            "tool_call" => made_of.more = true,
            _ => made_of.text |= is_there,
        }
    }
    Ok(made_of)
}

fn part(row: &Row<'_>) -> Result<Part, StoreError> {
    let kind: String = row.get(0)?;
    let (text, data): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
    let call = data.as_deref().and_then(|data| serde_json::from_str(data).ok());
    Ok(match (kind.as_str(), call) {
        ("text", _) => Part::Text(text.unwrap_or_default()),
        ("thinking", _) => Part::Thinking(text.unwrap_or_default()),
        ("tool_call", Some(call)) => Part::ToolCall(call),
        _ => Part::Unknown { kind, text, data },
    })
}

/// What has arrived of a reply so far.
pub(super) fn arrived_parts(connection: &Connection, message: MessageId) -> Result<Parts, StoreError> {
    let mut parts = Parts::default();
    let mut statement =
        connection.prepare_cached("SELECT kind, text FROM arriving WHERE message_id = ?1 ORDER BY id")?;
    let mut rows = statement.query([message.rowid()])?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(1)?;
        match row.get::<_, String>(0)?.as_str() {
            "thinking" => parts.push_thinking(&text),
            "text_was_thinking" => parts.text_was_thinking(),
            "tool_call" => parts.push_tool_call(serde_json::from_str(&text)?),
            _ => parts.push_text(&text),
        }
    }
    Ok(parts)
}

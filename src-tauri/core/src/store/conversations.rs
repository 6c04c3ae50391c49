//! The `conversation` table.

use rusqlite::{Connection, Transaction, params};

use super::row::{CONVERSATION, conversation};
use super::{Durability, Store, StoreError};
use crate::domain::{ChatSettings, Conversation, ConversationId, ConversationRow, Effort, Lock, ModelChoice};

/// What can be changed about a conversation without adding to it.
#[derive(Debug, Clone, PartialEq)]
pub enum ConversationChange {
    /// A title that a person chose.
    Title(String),
    /// What it asks of its model, and which.
    Configuration {
        /// The settings.
        settings: ChatSettings,
        /// The model.
        model: Option<ModelChoice>,
    },
    /// Where its text may go.
    Lock(Lock),
    /// What was typed and not sent.
    Draft(String),
    /// Moved out of the lists at that moment, in milliseconds since 1970 UTC.
    Deleted(i64),
    /// Brought back.
    Restored,
}

impl Store {
    /// Up to `limit` conversations, newest first, from the one after `before` (its time and id).
    pub async fn conversations(
        &self,
        before: Option<(i64, ConversationId)>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        let (time, id) = before.map_or((i64::MAX, i64::MAX), |(time, id)| (time, id.rowid()));
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, title, updated_at_ms,
                        EXISTS (SELECT 1 FROM message
                                WHERE message.id = conversation.leaf_id AND message.state = 'arriving')
                 FROM conversation
                 WHERE deleted_at_ms IS NULL AND (updated_at_ms, id) < (?1, ?2)
                 ORDER BY updated_at_ms DESC, id DESC LIMIT ?3",
            )?;
            let rows = statement.query_map(params![time, id, limit], |row| {
                Ok(ConversationRow {
                    id: ConversationId::from_rowid(row.get(0)?),
                    title: row.get(1)?,
                    updated_at_ms: row.get(2)?,
                    arriving: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// One conversation, deleted or not.
    pub async fn conversation(&self, id: ConversationId) -> Result<Conversation, StoreError> {
        self.read(move |connection| by_id(connection, id)).await
    }

    /// Whether the conversation is there and was not deleted.
    pub async fn is_listed(&self, id: ConversationId) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT 1 FROM conversation WHERE id = ?1 AND deleted_at_ms IS NULL")?;
            Ok(statement.exists([id.rowid()])?)
        })
        .await
    }

    /// Changes a conversation and returns it as it is then. Its place in the list stays.
    pub async fn change_conversation(
        &self,
        id: ConversationId,
        change: ConversationChange,
    ) -> Result<Conversation, StoreError> {
        self.write(Durability::Full, move |transaction| {
            let id_row = id.rowid();
            match change {
                ConversationChange::Title(title) => transaction.execute(
                    "UPDATE conversation SET title = ?2, renamed = 1 WHERE id = ?1",
                    params![id_row, title],
                )?,
                ConversationChange::Configuration { settings, model } => {
                    configure(transaction, id, &settings, model.as_ref())?
                }
                ConversationChange::Lock(lock) => transaction.execute(
                    "UPDATE conversation SET lock = ?2 WHERE id = ?1",
                    params![id_row, serde_json::to_string(&lock)?],
                )?,
                ConversationChange::Draft(draft) => transaction
                    .execute("UPDATE conversation SET draft = ?2 WHERE id = ?1", params![id_row, draft])?,
                ConversationChange::Deleted(at) => transaction.execute(
                    "UPDATE conversation SET deleted_at_ms = ?2 WHERE id = ?1",
                    params![id_row, at],
                )?,
                ConversationChange::Restored => transaction
                    .execute("UPDATE conversation SET deleted_at_ms = NULL WHERE id = ?1", [id_row])?,
            };
            by_id(transaction, id)
        })
        .await
    }
}

pub(super) fn by_id(connection: &Connection, id: ConversationId) -> Result<Conversation, StoreError> {
    connection
        .prepare_cached(&format!("SELECT {CONVERSATION} FROM conversation WHERE id = ?1"))?
        .query_and_then([id.rowid()], conversation)?
        .next()
        .unwrap_or(Err(StoreError::Missing("conversation")))
}

pub(super) fn configure(
    transaction: &Transaction<'_>,
    id: ConversationId,
    settings: &ChatSettings,
    model: Option<&ModelChoice>,
) -> Result<usize, StoreError> {
    settings.check().map_err(StoreError::Refused)?;
    Ok(transaction.execute(
        "UPDATE conversation SET system = ?2, temperature = ?3, top_p = ?4, max_tokens = ?5, effort = ?6,
                server_id = ?7, model = ?8
         WHERE id = ?1",
        params![
            id.rowid(),
            settings.system.as_deref().filter(|system| !system.trim().is_empty()),
            settings.temperature,
            settings.top_p,
            settings.max_tokens,
            settings.effort.map(Effort::name),
            model.map(|model| model.server.rowid()),
            model.map(|model| model.model.as_str()),
        ],
    )?)
}

//! The `conversation` table.

use rusqlite::{Connection, Transaction, params};

use super::row::{CONVERSATION, conversation};
use super::{ConversationList, Durability, Store, StoreError, lists};
use crate::domain::{
    ChatSettings, Conversation, ConversationId, ConversationRow, Effort, Lock, ModelChoice, Thing,
};

/// What can be changed about a conversation without adding a message.
#[derive(Debug, Clone, PartialEq)]
pub enum ConversationChange {
    /// Its settings and its model.
    Configuration {
        /// The settings.
        settings: ChatSettings,
        /// The model.
        model: Option<ModelChoice>,
    },
    /// Where its text may go.
    Lock(Lock),
    /// What was typed but not sent.
    Draft(String),
}

impl Store {
    /// Up to `limit` conversations of a list, newest first, from the one after `before` (its time and id).
    pub async fn conversations(
        &self,
        list: ConversationList,
        before: Option<(i64, ConversationId)>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        let before = before.map_or((i64::MAX, i64::MAX), |(time, id)| (time, id.rowid()));
        self.read(move |connection| lists::rows(connection, &list, before, limit)).await
    }

    /// One conversation, deleted or not.
    pub async fn conversation(&self, id: ConversationId) -> Result<Conversation, StoreError> {
        self.read(move |connection| by_id(connection, id)).await
    }

    /// Whether the conversation exists and was not deleted.
    pub async fn is_listed(&self, id: ConversationId) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT 1 FROM conversation WHERE id = ?1 AND deleted_at_ms IS NULL")?;
            Ok(statement.exists([id.rowid()])?)
        })
        .await
    }

    /// When a message was last added to any listed conversation.
    pub async fn newest_ms(&self) -> Result<Option<i64>, StoreError> {
        self.read(newest_ms).await
    }

    /// Changes a conversation and returns the result. Its place in the list stays the same.
    pub async fn change_conversation(
        &self,
        id: ConversationId,
        change: ConversationChange,
    ) -> Result<Conversation, StoreError> {
        self.write(Durability::Full, move |transaction| {
            let id_row = id.rowid();
            match change {
                ConversationChange::Configuration { settings, model } => {
                    configure(transaction, id, &settings, model.as_ref())?
                }
                ConversationChange::Lock(lock) => transaction.execute(
                    "UPDATE conversation SET lock = ?2 WHERE id = ?1",
                    params![id_row, serde_json::to_string(&lock)?],
                )?,
                ConversationChange::Draft(draft) => transaction
                    .execute("UPDATE conversation SET draft = ?2 WHERE id = ?1", params![id_row, draft])?,
            };
            by_id(transaction, id)
        })
        .await
    }
}

fn newest_ms(connection: &Connection) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT max(updated_at_ms) FROM conversation WHERE deleted_at_ms IS NULL AND archived_at_ms IS NULL",
        )?
        .query_row([], |row| row.get(0))?)
}

/// The time under which to list a conversation that is added to at `now_ms`. It moves to the top even if the clock has
/// gone back.
pub(super) fn time_at_top(connection: &Connection, now_ms: i64) -> Result<i64, StoreError> {
    let newest = newest_ms(connection)?.unwrap_or(i64::MIN);
    Ok(if newest < now_ms { now_ms } else { newest.saturating_add(1) })
}

pub(super) fn by_id(connection: &Connection, id: ConversationId) -> Result<Conversation, StoreError> {
    let found = connection
        .prepare_cached(&format!("SELECT {CONVERSATION} FROM conversation WHERE id = ?1"))?
        .query_and_then([id.rowid()], conversation)?
        .next()
        .unwrap_or(Err(StoreError::Missing(Thing::Conversation)))?;
    Ok(Conversation { tags: lists::tags_of(connection, id)?, ..found })
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

//! Columns to domain types and back, where more than one table needs it.

use rusqlite::Row;
use serde::de::DeserializeOwned;

use super::StoreError;
use crate::domain::{
    ChatSettings, Conversation, ConversationId, FolderId, Lock, MessageId, ModelChoice, ServerId, TitledBy,
};

/// A word in the database as the enum variant that serde knows by it.
pub(super) fn word<T: DeserializeOwned>(text: String) -> Result<T, StoreError> {
    Ok(serde_json::from_value(serde_json::Value::String(text))?)
}

/// The columns that [`conversation`] reads, in its order.
pub(super) const CONVERSATION: &str = "id, title, titled_by, created_at_ms, updated_at_ms, leaf_id, system, \
     temperature, top_p, max_tokens, effort, server_id, model, lock, draft, queued, folder_id, pinned_at_ms, archived_at_ms, \
     deleted_at_ms, forked_from";

pub(super) fn conversation(row: &Row<'_>) -> Result<Conversation, StoreError> {
    let server: Option<i64> = row.get("server_id")?;
    let model: Option<String> = row.get("model")?;
    let effort: Option<String> = row.get("effort")?;
    Ok(Conversation {
        id: ConversationId::from_rowid(row.get("id")?),
        title: row.get("title")?,
        // A title from an unknown source must not be overwritten.
        titled_by: word(row.get("titled_by")?).unwrap_or(TitledBy::Person),
        created_at_ms: row.get("created_at_ms")?,
        updated_at_ms: row.get("updated_at_ms")?,
        leaf: row.get::<_, Option<i64>>("leaf_id")?.map(MessageId::from_rowid),
        settings: ChatSettings {
            system: row.get("system")?,
            temperature: row.get("temperature")?,
            top_p: row.get("top_p")?,
            max_tokens: row.get("max_tokens")?,
            effort: effort.map(word).transpose()?,
        },
        model: server
            .zip(model)
            .map(|(server, model)| ModelChoice { server: ServerId::from_rowid(server), model }),
        // A lock of a newer version that cannot be read here must not count as none.
        lock: serde_json::from_str(&row.get::<_, String>("lock")?).unwrap_or(Lock::ThisComputer),
        draft: row.get("draft")?,
        queued: row.get("queued")?,
        folder: row.get::<_, Option<i64>>("folder_id")?.map(FolderId::from_rowid),
        pinned: row.get::<_, Option<i64>>("pinned_at_ms")?.is_some(),
        archived: row.get::<_, Option<i64>>("archived_at_ms")?.is_some(),
        deleted_at_ms: row.get("deleted_at_ms")?,
        tags: Vec::new(),
        forked_from: row.get::<_, Option<i64>>("forked_from")?.map(MessageId::from_rowid),
    })
}

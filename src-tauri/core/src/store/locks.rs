//! The locks: the app's is a setting, a conversation's is stored with it.

use rusqlite::OptionalExtension;

use super::{Durability, Store, StoreError, settings};
use crate::domain::{ConversationId, HeldLock, Lock};

const LOCK: &str = "lock";

impl Store {
    /// The app's lock and a conversation's, as any program left them, in one snapshot. A conversation that does not
    /// exist has no readable one.
    pub async fn locks(
        &self,
        conversation: Option<ConversationId>,
    ) -> Result<(HeldLock, HeldLock), StoreError> {
        self.read(move |connection| {
            let json: Option<String> = connection
                .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
                .query_row([LOCK], |row| row.get(0))
                .optional()?;
            let app = json.map_or_else(HeldLock::default, |json| HeldLock::of_json(&json));
            let Some(id) = conversation else { return Ok((app, HeldLock::default())) };
            let json: Option<String> = connection
                .prepare_cached("SELECT lock FROM conversation WHERE id = ?1")?
                .query_row([id.rowid()], |row| row.get(0))
                .optional()?;
            Ok((app, json.map_or(HeldLock::Unreadable, |json| HeldLock::of_json(&json))))
        })
        .await
    }

    /// Stores the app's lock.
    pub async fn set_app_lock(&self, lock: &Lock) -> Result<(), StoreError> {
        let json = serde_json::to_string(lock)?;
        self.write(Durability::Full, move |transaction| settings::keep_value(transaction, LOCK, &json)).await
    }
}

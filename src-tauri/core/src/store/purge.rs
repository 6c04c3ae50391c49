//! Emptying the trash after thirty days.

use rusqlite::{Connection, OptionalExtension, params};

use super::settings::{keep_value, value_of};
use super::{Durability, Store, StoreError};

/// The setting that says when the trash was last checked.
const LOOKED: &str = "trash_looked_at_ms";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// How long what was deleted can be restored.
const KEPT_MS: i64 = 30 * DAY_MS;
/// How many versions one transaction removes.
const STEP: u32 = 100;

/// What was deleted permanently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Conversations.
    pub conversations: u32,
    /// Messages of deleted versions.
    pub messages: u32,
}

impl Store {
    /// Permanently deletes what has been in the trash for thirty days. It does so once a day, in small transactions,
    /// and not when the clock is in doubt: after a jump of more than thirty days, or backwards, a day must pass first.
    pub async fn purge_trash(&self, now_ms: i64) -> Result<Purged, StoreError> {
        let go_on = self
            .write(Durability::Full, move |transaction| {
                let last: Option<i64> = value_of(transaction, LOOKED)?;
                let since = last.map(|last| now_ms.saturating_sub(last));
                if since.is_some_and(|since| (0..DAY_MS).contains(&since)) {
                    return Ok(false);
                }
                keep_value(transaction, LOOKED, &now_ms.to_string())?;
                Ok(since.is_some_and(|since| (DAY_MS..=KEPT_MS).contains(&since)))
            })
            .await?;
        let mut purged = Purged::default();
        if !go_on {
            return Ok(purged);
        }
        let before_ms = now_ms - KEPT_MS;
        while self.write(Durability::Full, move |transaction| conversation(transaction, before_ms)).await? {
            purged.conversations += 1;
        }
        loop {
            let removed =
                self.write(Durability::Full, move |transaction| versions(transaction, before_ms)).await?;
            purged.messages += removed;
            if removed == 0 {
                return Ok(purged);
            }
        }
    }
}

/// Removes one conversation, with all that belongs to it.
fn conversation(connection: &Connection, before_ms: i64) -> Result<bool, StoreError> {
    let old: Option<i64> = connection
        .prepare_cached(
            "SELECT id FROM conversation WHERE deleted_at_ms IS NOT NULL AND deleted_at_ms < ?1 LIMIT 1",
        )?
        .query_row([before_ms], |row| row.get(0))
        .optional()?;
    let Some(old) = old else { return Ok(false) };
    connection.execute("DELETE FROM conversation WHERE id = ?1", [old])?;
    Ok(true)
}

/// Removes messages that nothing follows, so that everything outside the trash keeps its place in the tree.
fn versions(connection: &Connection, before_ms: i64) -> Result<u32, StoreError> {
    let removed = connection
        .prepare_cached(
            "DELETE FROM message WHERE id IN (
                 SELECT id FROM message AS old
                 WHERE deleted_at_ms IS NOT NULL AND deleted_at_ms < ?1 AND state <> 'arriving'
                   AND NOT EXISTS (SELECT 1 FROM message WHERE message.parent_id = old.id)
                 LIMIT ?2
             )",
        )?
        .execute(params![before_ms, STEP])?;
    Ok(u32::try_from(removed).unwrap_or(u32::MAX))
}

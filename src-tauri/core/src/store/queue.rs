//! The message of a conversation that waits for the reply before it. It is kept in the history, so a crash does not
//! lose it; if it cannot be sent, it becomes the draft again, in front of what was typed since.

use rusqlite::{Connection, Transaction};

use super::{Durability, Store, StoreError, conversations};
use crate::domain::{Conversation, ConversationId};

const BACK: &str = "UPDATE conversation SET queued = '',
    draft = CASE WHEN draft = '' THEN queued ELSE queued || char(10, 10) || draft END
    WHERE queued <> ''";

impl Store {
    /// Adds `text` to the waiting message, after a blank line, and clears the draft.
    pub async fn queue(&self, id: ConversationId, text: String) -> Result<Conversation, StoreError> {
        self.write(Durability::Full, move |transaction| {
            transaction.execute(
                "UPDATE conversation SET draft = '',
                     queued = CASE WHEN queued = '' THEN ?2 ELSE queued || char(10, 10) || ?2 END
                 WHERE id = ?1",
                rusqlite::params![id.rowid(), text],
            )?;
            conversations::by_id(transaction, id)
        })
        .await
    }

    /// Makes the waiting message the draft again.
    pub async fn take_back(&self, id: ConversationId) -> Result<Conversation, StoreError> {
        self.write(Durability::Full, move |transaction| {
            transaction.execute(&format!("{BACK} AND id = ?1"), [id.rowid()])?;
            conversations::by_id(transaction, id)
        })
        .await
    }
}

/// Takes `text` out of the queue to be sent, in the transaction that sends it.
///
/// # Errors
/// [`StoreError::Refused`] if a different text is waiting by now, or none.
pub(super) fn leave_queue(
    transaction: &Transaction<'_>,
    id: ConversationId,
    text: &str,
) -> Result<(), StoreError> {
    let left = transaction.execute(
        "UPDATE conversation SET queued = '' WHERE id = ?1 AND queued = ?2",
        rusqlite::params![id.rowid(), text],
    )?;
    if left == 1 {
        Ok(())
    } else {
        Err(StoreError::Refused("This message does not wait any more.".to_owned()))
    }
}

/// Turns messages that wait for replies nobody is receiving any more back into drafts.
pub(super) fn give_up(connection: &Connection) -> Result<(), StoreError> {
    connection.execute(
        &format!(
            "{BACK} AND NOT EXISTS
                 (SELECT 1 FROM message WHERE conversation_id = conversation.id AND state = 'arriving')"
        ),
        [],
    )?;
    Ok(())
}

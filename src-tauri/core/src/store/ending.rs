//! How a reply stops arriving.

use rusqlite::{Transaction, params};
use serde::{Deserialize, Serialize};

use super::{Durability, Store, StoreError, attempts, parts};
use crate::domain::{AttemptEnd, Failure, MessageId, MessageState, Part, Retried};

/// How a reply ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// All that has arrived of it.
    pub parts: Vec<Part>,
    /// How its latest attempt ended.
    #[serde(flatten)]
    pub last: AttemptEnd,
    /// Attempts before that one which the history does not know the end of yet.
    #[serde(default)]
    pub retried: Vec<Retried>,
}

impl Ending {
    /// A reply that broke off with what had arrived.
    pub fn cut_off(parts: Vec<Part>, failure: Failure) -> Self {
        let last = AttemptEnd { failure: Some(failure), ..AttemptEnd::new(MessageState::CutOff) };
        Self { parts, last, retried: Vec::new() }
    }
}

impl Store {
    /// Ends a reply: parts, usage, timing and state in one commit.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if its conversation was deleted for good meanwhile.
    pub async fn end_reply(&self, message: MessageId, ending: Ending) -> Result<(), StoreError> {
        self.write(Durability::Full, move |transaction| {
            parts::expect_there(transaction, message)?;
            end_reply(transaction, message, &ending)
        })
        .await
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
    attempts::end_retried(transaction, message, &ending.retried)?;
    attempts::end(transaction, message, &ending.last)?;
    // Asking for the rest in vain leaves what there was.
    transaction.execute(
        "UPDATE message SET writer = NULL,
                state = CASE WHEN ?2 = 'failed' AND EXISTS (SELECT 1 FROM attempt WHERE message_id = ?1 AND state <> 'failed')
                        THEN 'cut_off' ELSE ?2 END
         WHERE id = ?1",
        params![message.rowid(), ending.last.state.name()],
    )?;
    Ok(())
}

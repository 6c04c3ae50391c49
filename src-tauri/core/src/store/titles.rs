//! Titles that the user has not chosen.

use rusqlite::params;

use super::{Durability, Store, StoreError};
use crate::domain::{Bill, ConversationId};

impl Store {
    /// Gives a conversation the title that a model made, unless the user gave it one. Returns whether it was given. Its
    /// cost is recorded either way.
    pub async fn title_by_model(
        &self,
        id: ConversationId,
        title: Option<String>,
        bill: Bill,
    ) -> Result<bool, StoreError> {
        self.write(Durability::Full, move |transaction| {
            let rates = bill.rates.as_ref().map(serde_json::to_string).transpose()?;
            transaction.execute(
                "UPDATE conversation SET title_cost = ?2, title_rates = ?3 WHERE id = ?1",
                params![id.rowid(), bill.cost.map(|cost| cost.amount.to_string()), rates],
            )?;
            let Some(title) = title else { return Ok(false) };
            let given = transaction.execute(
                "UPDATE conversation SET title = ?2, titled_by = 'model' WHERE id = ?1 AND titled_by = 'question'",
                params![id.rowid(), title],
            )?;
            Ok(given > 0)
        })
        .await
    }
}

//! The `setting` table: small named values as JSON.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Durability, Store, StoreError};

impl Store {
    /// The setting called `name`. One that this version cannot read counts as unset.
    pub async fn setting<T: DeserializeOwned + Send + 'static>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, StoreError> {
        self.read(move |connection| value_of(connection, name)).await
    }

    /// As [`Store::setting`], on this thread: for what must be known before anything else happens.
    pub fn setting_now<T: DeserializeOwned>(&self, name: &'static str) -> Result<Option<T>, StoreError> {
        self.0.read(|connection| value_of(connection, name))
    }

    /// The setting called `name`, which becomes `fresh` if it was not set. Programs that ask at the same time get the
    /// same value.
    pub async fn setting_or<T: Serialize + DeserializeOwned + Send + 'static>(
        &self,
        name: &'static str,
        fresh: T,
    ) -> Result<T, StoreError> {
        self.write(Durability::Full, move |transaction| {
            if let Some(set) = value_of(transaction, name)? {
                return Ok(set);
            }
            keep_value(transaction, name, &serde_json::to_string(&fresh)?)?;
            Ok(fresh)
        })
        .await
    }

    /// Stores the setting called `name`.
    pub async fn set_setting(
        &self,
        name: &'static str,
        value: &(impl Serialize + Sync),
    ) -> Result<(), StoreError> {
        let value = serde_json::to_string(value)?;
        self.write(Durability::Full, move |transaction| keep_value(transaction, name, &value)).await
    }
}

/// Stores the setting called `name`; `value` is JSON.
pub(super) fn keep_value(connection: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO setting (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, value],
    )?;
    Ok(())
}

pub(super) fn value_of<T: DeserializeOwned>(
    connection: &Connection,
    name: &str,
) -> Result<Option<T>, StoreError> {
    let value: Option<String> = connection
        .query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0))
        .optional()?;
    Ok(value.and_then(|value| serde_json::from_str(&value).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn programs_that_make_a_setting_at_once_share_it() {
        let folder = tempfile::tempdir().unwrap();
        let (one, _) = Store::open(folder.path(), 1).unwrap();
        let (other, _) = Store::open(folder.path(), 1).unwrap();
        // Both programs have found it unset.
        let (first, second) =
            tokio::join!(one.setting_or("s", "one".to_owned()), other.setting_or("s", "other".to_owned()));
        let first = first.unwrap();
        assert_eq!(first, second.unwrap());
        assert_eq!(one.setting::<String>("s").await.unwrap(), Some(first));
    }
}

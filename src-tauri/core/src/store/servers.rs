//! The `server` table: addresses added by hand and servers found running.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::row::word;
use super::{Durability, Store, StoreError};
use crate::domain::{ServerId, ServerKind};

/// A server as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerRecord {
    /// Its id.
    pub id: ServerId,
    /// The name people know it by, unique without regard to case.
    pub name: String,
    /// Which dialect it speaks.
    pub kind: ServerKind,
    /// Its address.
    pub url: String,
    /// Whether it was found by itself.
    pub found: bool,
    /// How long it may be silent, where that differs from its kind's default.
    pub idle_timeout: Option<Duration>,
}

/// A server to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewServer {
    /// The wished name.
    pub name: String,
    /// Which dialect it speaks.
    pub kind: ServerKind,
    /// Its address.
    pub url: String,
    /// How long it may be silent, where that differs from its kind's default.
    pub idle_timeout: Option<Duration>,
}

const COLUMNS: &str = "id, name, kind, url, found, idle_timeout_s";

impl Store {
    /// All servers that were not removed, those added by hand first, each group by name.
    pub async fn servers(&self) -> Result<Vec<ServerRecord>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM server WHERE removed_at_ms IS NULL ORDER BY found, name COLLATE NOCASE"
                ))?
                .query_and_then([], record)?
                .collect()
        })
        .await
    }

    /// The server `id`, unless it was removed: nothing is sent to a server that is in no list any more.
    pub async fn server(&self, id: ServerId) -> Result<ServerRecord, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM server WHERE id = ?1 AND removed_at_ms IS NULL"
                ))?
                .query_and_then([id.rowid()], record)?
                .next()
                .unwrap_or(Err(StoreError::Missing("server")))
        })
        .await
    }

    /// Keeps a server that someone added.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the name is taken by another one added by hand. A found server of that name
    /// steps aside.
    pub async fn add_server(&self, new: NewServer, now_ms: i64) -> Result<ServerRecord, StoreError> {
        self.write(Durability::Full, move |transaction| {
            if let Some((taken, found)) = by_name(transaction, &new.name)? {
                if !found {
                    return Err(StoreError::Refused(format!("There is already a server called {}.", new.name)));
                }
                let aside = free_name(transaction, &new.name)?;
                transaction.execute("UPDATE server SET name = ?2 WHERE id = ?1", params![taken, aside])?;
            }
            let id = ServerId::new(now_ms);
            transaction.execute(
                "INSERT INTO server (id, name, kind, url, found, idle_timeout_s) VALUES (?1, ?2, ?3, ?4, 0, ?5)",
                params![id.rowid(), new.name, new.kind.name(), new.url, seconds(new.idle_timeout)],
            )?;
            by_id(transaction, id)
        })
        .await
    }

    /// Keeps a server that was found, or returns the one that is kept for its address already.
    pub async fn keep_found_server(&self, new: NewServer, now_ms: i64) -> Result<ServerRecord, StoreError> {
        self.write(Durability::Full, move |transaction| {
            let known: Option<i64> = transaction
                .query_row(
                    "SELECT id FROM server WHERE url = ?1 AND removed_at_ms IS NULL ORDER BY found LIMIT 1",
                    [&new.url],
                    |row| row.get(0),
                )
                .optional()?;
            let id = if let Some(known) = known {
                transaction.execute(
                    "UPDATE server SET kind = ?2 WHERE id = ?1 AND found = 1",
                    params![known, new.kind.name()],
                )?;
                ServerId::from_rowid(known)
            } else {
                let id = ServerId::new(now_ms);
                let name = free_name(transaction, &new.name)?;
                transaction.execute(
                    "INSERT INTO server (id, name, kind, url, found) VALUES (?1, ?2, ?3, ?4, 1)",
                    params![id.rowid(), name, new.kind.name(), new.url],
                )?;
                id
            };
            by_id(transaction, id)
        })
        .await
    }

    /// Keeps the address of a server that turned out to work, and what it turned out to be.
    pub async fn set_server_address(
        &self,
        id: ServerId,
        url: String,
        kind: ServerKind,
    ) -> Result<(), StoreError> {
        self.write(Durability::Full, move |transaction| {
            transaction.execute(
                "UPDATE server SET url = ?2, kind = ?3 WHERE id = ?1",
                params![id.rowid(), url, kind.name()],
            )?;
            Ok(())
        })
        .await
    }

    /// Removes the server from all lists. Replies that name it keep its name.
    pub async fn remove_server(&self, id: ServerId, now_ms: i64) -> Result<(), StoreError> {
        self.write(Durability::Full, move |transaction| {
            let changed = transaction.execute(
                "UPDATE server SET removed_at_ms = ?2 WHERE id = ?1 AND removed_at_ms IS NULL",
                params![id.rowid(), now_ms],
            )?;
            if changed == 0 { Err(StoreError::Missing("server")) } else { Ok(()) }
        })
        .await
    }
}

fn record(row: &Row<'_>) -> Result<ServerRecord, StoreError> {
    Ok(ServerRecord {
        id: ServerId::from_rowid(row.get("id")?),
        name: row.get("name")?,
        // A kind of a newer version still speaks what all of them speak.
        kind: word(row.get("kind")?).unwrap_or(ServerKind::OpenAi),
        url: row.get("url")?,
        found: row.get("found")?,
        idle_timeout: row
            .get::<_, Option<u32>>("idle_timeout_s")?
            .map(|seconds| Duration::from_secs(seconds.into())),
    })
}

fn by_id(connection: &Connection, id: ServerId) -> Result<ServerRecord, StoreError> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM server WHERE id = ?1"))?
        .query_and_then([id.rowid()], record)?
        .next()
        .unwrap_or(Err(StoreError::Missing("server")))
}

/// The row and whether it was found by itself.
fn by_name(connection: &Connection, name: &str) -> Result<Option<(i64, bool)>, StoreError> {
    Ok(connection
        .query_row("SELECT id, found FROM server WHERE name = ?1 AND removed_at_ms IS NULL", [name], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?)
}

fn free_name(connection: &Connection, wished: &str) -> Result<String, StoreError> {
    let mut name = wished.to_owned();
    let mut number = 1;
    while by_name(connection, &name)?.is_some() {
        number += 1;
        name = format!("{wished} {number}");
    }
    Ok(name)
}

fn seconds(duration: Option<Duration>) -> Option<u32> {
    duration.map(|duration| u32::try_from(duration.as_secs()).unwrap_or(u32::MAX))
}

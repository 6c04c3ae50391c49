//! The `server` table: addresses added by hand and servers found running.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::row::word;
use super::{Durability, Store, StoreError};
use crate::domain::{Currency, ServerId, ServerKind, ServerNetwork, Thing};

/// What a person sets of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSpec {
    /// The name people know it by, unique without regard to case; where it is stored anew, the wished one.
    pub name: String,
    /// Which dialect it speaks.
    pub kind: ServerKind,
    /// Its address.
    pub url: String,
    /// Further addresses of the same models.
    pub more_urls: Vec<String>,
    /// How long it may be silent, where that differs from its kind's default.
    pub idle_timeout: Option<Duration>,
    /// How it is reached.
    pub network: ServerNetwork,
}

impl ServerSpec {
    /// A server with nothing but a name, a kind and an address.
    pub fn new(name: impl Into<String>, kind: ServerKind, url: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind,
            url: url.into(),
            more_urls: Vec::new(),
            idle_timeout: None,
            network: ServerNetwork::default(),
        }
    }
}

/// A server as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerRecord {
    /// Its id.
    pub id: ServerId,
    /// What a person set, or what was found.
    pub spec: ServerSpec,
    /// Whether it was found automatically.
    pub found: bool,
    /// Whether the keychain holds its key.
    pub has_key: bool,
    /// The account's currency, once known.
    pub currency: Option<Currency>,
}

const COLUMNS: &str = "id, name, kind, url, found, idle_timeout_s, more_urls, proxy, ca_file, plain_http, headers, \
     has_key, currency";

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

    /// The server `id`, unless it was removed: nothing is sent to a server that is no longer listed.
    pub async fn server(&self, id: ServerId) -> Result<ServerRecord, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM server WHERE id = ?1 AND removed_at_ms IS NULL"
                ))?
                .query_and_then([id.rowid()], record)?
                .next()
                .unwrap_or(Err(StoreError::Missing(Thing::Server)))
        })
        .await
    }

    /// Stores a server that the user added.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if another server added by hand has the name. A server that was found automatically
    /// is renamed.
    pub async fn add_server(&self, new: ServerSpec, now_ms: i64) -> Result<ServerRecord, StoreError> {
        self.write(Durability::Full, move |transaction| {
            take_name(transaction, &new.name, None)?;
            let id = ServerId::new(now_ms);
            transaction.execute(
                "INSERT INTO server (id, name, kind, url, found) VALUES (?1, ?2, ?3, ?4, 0)",
                params![id.rowid(), new.name, new.kind.name(), new.url],
            )?;
            set_spec(transaction, id, &new)?;
            by_id(transaction, id)
        })
        .await
    }

    /// Stores a server that was found, or returns the one that is already stored for its address. Nothing is written if
    /// nothing has changed.
    pub async fn keep_found_server(&self, new: ServerSpec, now_ms: i64) -> Result<ServerRecord, StoreError> {
        let (url, kind) = (new.url.clone(), new.kind);
        let known = self.read(move |connection| {
            by_address(connection, &url)?.map(|id| by_id(connection, id)).transpose()
        });
        if let Some(known) = known.await?.filter(|known| known.spec.kind == kind || !known.found) {
            return Ok(known);
        }
        self.write(Durability::Full, move |transaction| {
            let id = if let Some(known) = by_address(transaction, &new.url)? {
                transaction.execute(
                    "UPDATE server SET kind = ?2 WHERE id = ?1 AND found = 1",
                    params![known.rowid(), new.kind.name()],
                )?;
                known
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

    /// Stores the address at which a server turned out to answer, and the product it turned out to be.
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

    /// Changes what the user may change. A server that was found becomes one that was added by hand, because the user
    /// has adopted it.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the name is taken.
    pub async fn change_server(&self, id: ServerId, change: ServerSpec) -> Result<ServerRecord, StoreError> {
        self.write(Durability::Full, move |transaction| {
            take_name(transaction, &change.name, Some(id))?;
            set_spec(transaction, id, &change)?;
            by_id(transaction, id)
        })
        .await
    }

    /// Stores whether the keychain holds the server's key.
    pub async fn set_server_key(&self, id: ServerId, has_key: bool) -> Result<(), StoreError> {
        self.write(Durability::Full, move |transaction| {
            transaction
                .execute("UPDATE server SET has_key = ?2 WHERE id = ?1", params![id.rowid(), has_key])?;
            Ok(())
        })
        .await
    }

    /// Stores the currency that the account is billed in.
    pub async fn set_server_currency(&self, id: ServerId, currency: Currency) -> Result<(), StoreError> {
        self.write(Durability::Full, move |transaction| {
            transaction.execute(
                "UPDATE server SET currency = ?2 WHERE id = ?1",
                params![id.rowid(), serde_json::to_value(currency)?.as_str()],
            )?;
            Ok(())
        })
        .await
    }

    /// Removes the server from all lists. Replies that name it still show its name.
    pub async fn remove_server(&self, id: ServerId, now_ms: i64) -> Result<(), StoreError> {
        self.write(Durability::Full, move |transaction| {
            let changed = transaction.execute(
                "UPDATE server SET removed_at_ms = ?2 WHERE id = ?1 AND removed_at_ms IS NULL",
                params![id.rowid(), now_ms],
            )?;
            if changed == 0 { Err(StoreError::Missing(Thing::Server)) } else { Ok(()) }
        })
        .await
    }

    /// Restores a removed server to the lists, under its name or, if that has been taken since, with a number added.
    pub async fn restore_server(&self, id: ServerId) -> Result<(), StoreError> {
        self.write(Durability::Full, move |transaction| {
            let name: Option<String> = transaction
                .query_row(
                    "SELECT name FROM server WHERE id = ?1 AND removed_at_ms IS NOT NULL",
                    [id.rowid()],
                    |row| row.get(0),
                )
                .optional()?;
            let name = name.ok_or(StoreError::Missing(Thing::Server))?;
            let name = match take_name(transaction, &name, Some(id)) {
                Ok(()) => name,
                Err(StoreError::Refused(_)) => free_name(transaction, &name)?,
                Err(error) => return Err(error),
            };
            transaction.execute(
                "UPDATE server SET removed_at_ms = NULL, name = ?2 WHERE id = ?1",
                params![id.rowid(), name],
            )?;
            Ok(())
        })
        .await
    }

    /// Servers that were removed before an instant and may have secrets in the keychain.
    pub async fn servers_removed_before(&self, before_ms: i64) -> Result<Vec<ServerRecord>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM server
                     WHERE removed_at_ms < ?1 AND (has_key OR headers <> '[]' OR proxy ->> 'has_password')"
                ))?
                .query_and_then([before_ms], record)?
                .collect()
        })
        .await
    }

    /// Records that the keychain no longer holds anything for a removed server.
    pub async fn forget_server_secrets(&self, id: ServerId) -> Result<(), StoreError> {
        self.write(Durability::Full, move |transaction| {
            transaction.execute(
                "UPDATE server SET has_key = 0, headers = '[]', proxy = iif(proxy ->> 'has_password',
                        json_set(proxy, '$.has_password', json('false')), proxy)
                 WHERE id = ?1 AND removed_at_ms IS NOT NULL",
                [id.rowid()],
            )?;
            Ok(())
        })
        .await
    }
}

fn record(row: &Row<'_>) -> Result<ServerRecord, StoreError> {
    let spec = ServerSpec {
        name: row.get("name")?,
        // A kind from a newer version still speaks what all of them speak.
        kind: word(row.get("kind")?).unwrap_or(ServerKind::OpenAi),
        url: row.get("url")?,
        more_urls: serde_json::from_str(&row.get::<_, String>("more_urls")?)?,
        idle_timeout: row
            .get::<_, Option<u32>>("idle_timeout_s")?
            .map(|seconds| Duration::from_secs(seconds.into())),
        network: ServerNetwork {
            proxy: serde_json::from_str(&row.get::<_, String>("proxy")?)?,
            ca_file: row.get("ca_file")?,
            plain_http: row.get("plain_http")?,
            headers: serde_json::from_str(&row.get::<_, String>("headers")?)?,
        },
    };
    Ok(ServerRecord {
        id: ServerId::from_rowid(row.get("id")?),
        spec,
        found: row.get("found")?,
        has_key: row.get("has_key")?,
        currency: row.get::<_, Option<String>>("currency")?.and_then(|currency| word(currency).ok()),
    })
}

/// Writes what a person sets, but for the kind, which answers tell.
fn set_spec(connection: &Connection, id: ServerId, spec: &ServerSpec) -> Result<(), StoreError> {
    let changed = connection.execute(
        "UPDATE server SET name = ?2, url = ?3, more_urls = ?4, idle_timeout_s = ?5, proxy = ?6, ca_file = ?7,
                plain_http = ?8, headers = ?9, found = 0
         WHERE id = ?1 AND removed_at_ms IS NULL",
        params![
            id.rowid(),
            spec.name,
            spec.url,
            serde_json::to_string(&spec.more_urls)?,
            seconds(spec.idle_timeout),
            serde_json::to_string(&spec.network.proxy)?,
            spec.network.ca_file,
            spec.network.plain_http,
            serde_json::to_string(&spec.network.headers)?,
        ],
    )?;
    if changed == 0 { Err(StoreError::Missing(Thing::Server)) } else { Ok(()) }
}

/// Frees `name` for a server added by hand; a found server with that name is renamed.
fn take_name(connection: &Connection, name: &str, own: Option<ServerId>) -> Result<(), StoreError> {
    let Some((taken, found)) = by_name(connection, name)? else { return Ok(()) };
    if own.is_some_and(|own| own.rowid() == taken) {
        return Ok(());
    }
    if !found {
        return Err(StoreError::Refused(format!("There is already a server called {name}.")));
    }
    let aside = free_name(connection, name)?;
    connection.execute("UPDATE server SET name = ?2 WHERE id = ?1", params![taken, aside])?;
    Ok(())
}

fn by_id(connection: &Connection, id: ServerId) -> Result<ServerRecord, StoreError> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM server WHERE id = ?1"))?
        .query_and_then([id.rowid()], record)?
        .next()
        .unwrap_or(Err(StoreError::Missing(Thing::Server)))
}

/// The server at an address; one that was added by hand takes precedence over one that was found.
fn by_address(connection: &Connection, url: &str) -> Result<Option<ServerId>, StoreError> {
    Ok(connection
        .query_row(
            "SELECT id FROM server WHERE url = ?1 AND removed_at_ms IS NULL ORDER BY found LIMIT 1",
            [url],
            |row| row.get(0).map(ServerId::from_rowid),
        )
        .optional()?)
}

/// The row, and whether it was found automatically.
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

//! The `folder` table.

use rusqlite::{Connection, Row, params};

use super::row::word;
use super::{Durability, Store, StoreError};
use crate::domain::{ChatSettings, Effort, Folder, FolderId, Lock, ModelChoice, ServerId, Thing};

/// The longest name, in characters.
const LONGEST_NAME: usize = 120;

/// A folder as the user wants it.
#[derive(Debug, Clone, PartialEq)]
pub struct FolderRecord {
    /// What it is called.
    pub name: String,
    /// The settings a new conversation in it starts with.
    pub settings: ChatSettings,
    /// The model a new conversation in it starts with.
    pub model: Option<ModelChoice>,
    /// The lock a new conversation in it starts with.
    pub lock: Lock,
}

/// A folder that was removed, with what is needed to bring it back.
#[derive(Debug, Clone, PartialEq)]
pub struct RemovedFolder {
    folder: Folder,
    created_at_ms: i64,
    members: Vec<i64>,
}

impl Store {
    /// All folders in alphabetical order.
    pub async fn folders(&self) -> Result<Vec<Folder>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(&format!("{FOLDER} ORDER BY name COLLATE NOCASE, id"))?
                .query_and_then([], folder)?
                .collect()
        })
        .await
    }

    /// Creates a folder.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for an invalid name or invalid settings.
    pub async fn make_folder(&self, record: FolderRecord, now_ms: i64) -> Result<Folder, StoreError> {
        self.write(Durability::Full, move |transaction| {
            let id = FolderId::new(now_ms);
            transaction.execute(
                "INSERT INTO folder (id, name, created_at_ms) VALUES (?1, ?2, ?3)",
                params![id.rowid(), record.name, now_ms],
            )?;
            write(transaction, id, &record)?;
            by_id(transaction, id)
        })
        .await
    }

    /// Changes a folder. Its conversations stay as they are.
    ///
    /// # Errors
    /// As [`Store::make_folder`]; [`StoreError::Missing`].
    pub async fn change_folder(&self, id: FolderId, record: FolderRecord) -> Result<Folder, StoreError> {
        self.write(Durability::Full, move |transaction| {
            write(transaction, id, &record)?;
            by_id(transaction, id)
        })
        .await
    }

    /// Removes a folder; its conversations are in no folder from then on.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn remove_folder(&self, id: FolderId) -> Result<RemovedFolder, StoreError> {
        self.write(Durability::Full, move |transaction| {
            let folder = by_id(transaction, id)?;
            let created_at_ms = transaction.query_row(
                "SELECT created_at_ms FROM folder WHERE id = ?1",
                [id.rowid()],
                |row| row.get(0),
            )?;
            let members = transaction
                .prepare_cached("SELECT id FROM conversation WHERE folder_id = ?1")?
                .query_map([id.rowid()], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            transaction.execute("DELETE FROM folder WHERE id = ?1", [id.rowid()])?;
            Ok(RemovedFolder { folder, created_at_ms, members })
        })
        .await
    }

    /// Restores a removed folder, with those of its conversations that are not in another one by now.
    pub async fn bring_folder_back(&self, removed: RemovedFolder) -> Result<(), StoreError> {
        self.write(Durability::Full, move |transaction| {
            let RemovedFolder { folder, created_at_ms, members } = removed;
            let Folder { id, name, settings, model, lock, conversations: _ } = folder;
            transaction.execute(
                "INSERT INTO folder (id, name, created_at_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                params![id.rowid(), name, created_at_ms],
            )?;
            write(transaction, id, &FolderRecord { name, settings, model, lock })?;
            let mut back = transaction.prepare_cached(
                "UPDATE conversation SET folder_id = ?2 WHERE id = ?1 AND folder_id IS NULL",
            )?;
            for member in members {
                back.execute([member, id.rowid()])?;
            }
            Ok(())
        })
        .await
    }
}

const FOLDER: &str =
    "SELECT id, name, system, temperature, top_p, max_tokens, effort, server_id, model, lock,
        (SELECT count(*) FROM conversation WHERE folder_id = folder.id AND deleted_at_ms IS NULL
                                             AND archived_at_ms IS NULL) AS conversations
     FROM folder";

pub(super) fn by_id(connection: &Connection, id: FolderId) -> Result<Folder, StoreError> {
    connection
        .prepare_cached(&format!("{FOLDER} WHERE id = ?1"))?
        .query_and_then([id.rowid()], folder)?
        .next()
        .unwrap_or(Err(StoreError::Missing(Thing::Folder)))
}

fn folder(row: &Row<'_>) -> Result<Folder, StoreError> {
    let server: Option<i64> = row.get("server_id")?;
    let model: Option<String> = row.get("model")?;
    let effort: Option<String> = row.get("effort")?;
    Ok(Folder {
        id: FolderId::from_rowid(row.get("id")?),
        name: row.get("name")?,
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
        conversations: row.get("conversations")?,
    })
}

fn write(connection: &Connection, id: FolderId, record: &FolderRecord) -> Result<(), StoreError> {
    let FolderRecord { name, settings, model, lock } = record;
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(StoreError::Refused(format!("A folder's name has 1 to {LONGEST_NAME} characters.")));
    }
    settings.check().map_err(StoreError::Refused)?;
    connection.execute(
        "UPDATE folder SET name = ?2, system = ?3, temperature = ?4, top_p = ?5, max_tokens = ?6, effort = ?7,
                server_id = ?8, model = ?9, lock = ?10
         WHERE id = ?1",
        params![
            id.rowid(),
            name,
            settings.system.as_deref().filter(|system| !system.trim().is_empty()),
            settings.temperature,
            settings.top_p,
            settings.max_tokens,
            settings.effort.map(Effort::name),
            model.as_ref().map(|model| model.server.rowid()),
            model.as_ref().map(|model| model.model.as_str()),
            serde_json::to_string(lock)?,
        ],
    )?;
    Ok(())
}

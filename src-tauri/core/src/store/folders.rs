//! The `folder` table.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::row::word;
use super::{Durability, Store, StoreError};
use crate::domain::{Beginning, ChatSettings, Effort, Folder, FolderId, Lock, ModelChoice, ServerId, Thing};

/// The longest name, in characters.
const LONGEST_NAME: usize = 120;
/// In how many folders one can lie.
const DEEPEST: u32 = 8;

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
    conversations: Vec<i64>,
    folders: Vec<i64>,
}

impl Store {
    /// All folders: each before those that lie in it, beside each other in alphabetical order.
    pub async fn folders(&self) -> Result<Vec<Folder>, StoreError> {
        self.read(all).await
    }

    /// Creates a folder, in another one if `parent` names it.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for an invalid name, invalid settings or too many folders around it;
    /// [`StoreError::Missing`] for a parent that is not there.
    pub async fn make_folder(
        &self,
        record: FolderRecord,
        parent: Option<FolderId>,
        now_ms: i64,
    ) -> Result<Folder, StoreError> {
        self.write(Durability::Full, move |transaction| {
            let id = FolderId::new(now_ms);
            transaction.execute(
                "INSERT INTO folder (id, name, created_at_ms) VALUES (?1, ?2, ?3)",
                params![id.rowid(), record.name, now_ms],
            )?;
            write(transaction, id, &record)?;
            put(transaction, id, parent)?;
            by_id(transaction, id)
        })
        .await
    }

    /// Moves a folder with all that lies in it into another one, or out of any. Returns it, and where it was.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a place in itself or too deep; [`StoreError::Missing`].
    pub async fn move_folder(
        &self,
        id: FolderId,
        parent: Option<FolderId>,
    ) -> Result<(Folder, Option<FolderId>), StoreError> {
        self.write(Durability::Full, move |transaction| {
            let was = by_id(transaction, id)?.parent;
            put(transaction, id, parent)?;
            Ok((by_id(transaction, id)?, was))
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

    /// Removes a folder. What lies in it lies in the folder around it from then on, or in none.
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
            let up = params![id.rowid(), folder.parent.map(FolderId::rowid)];
            let conversations = moved(
                transaction,
                "UPDATE conversation SET folder_id = ?2 WHERE folder_id = ?1 RETURNING id",
                up,
            )?;
            let folders =
                moved(transaction, "UPDATE folder SET parent_id = ?2 WHERE parent_id = ?1 RETURNING id", up)?;
            transaction.execute("DELETE FROM folder WHERE id = ?1", [id.rowid()])?;
            Ok(RemovedFolder { folder, created_at_ms, conversations, folders })
        })
        .await
    }

    /// Restores a removed folder, with what lay in it and was not moved to another place since.
    pub async fn bring_folder_back(&self, removed: RemovedFolder) -> Result<(), StoreError> {
        self.write(Durability::Full, move |transaction| {
            let RemovedFolder { folder, created_at_ms, conversations, folders } = removed;
            let Folder { id, name, settings, model, lock, parent, .. } = folder;
            transaction.execute(
                "INSERT INTO folder (id, name, created_at_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                params![id.rowid(), name, created_at_ms],
            )?;
            write(transaction, id, &FolderRecord { name, settings, model, lock })?;
            // If its place is gone, or full by now, it lies in no other.
            put_if_it_fits(transaction, id, parent)?;
            let was = parent.map(FolderId::rowid);
            let mut back = transaction
                .prepare_cached("UPDATE conversation SET folder_id = ?2 WHERE id = ?1 AND folder_id IS ?3")?;
            for conversation in conversations {
                back.execute(params![conversation, id.rowid(), was])?;
            }
            let mut is_there =
                transaction.prepare_cached("SELECT 1 FROM folder WHERE id = ?1 AND parent_id IS ?2")?;
            for child in folders {
                if is_there.exists(params![child, was])? {
                    // One that has grown too tall for it meanwhile stays where it is.
                    put_if_it_fits(transaction, FolderId::from_rowid(child), Some(id))?;
                }
            }
            Ok(())
        })
        .await
    }
}

fn moved(connection: &Connection, update: &str, to: &[&dyn rusqlite::ToSql]) -> Result<Vec<i64>, StoreError> {
    let mut update = connection.prepare_cached(update)?;
    Ok(update.query_map(to, |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Refuses more folders than may lie in each other.
pub(super) fn check_depth(folders: usize) -> Result<(), StoreError> {
    if u32::try_from(folders).unwrap_or(u32::MAX) > DEEPEST + 1 { Err(too_deep()) } else { Ok(()) }
}

fn too_deep() -> StoreError {
    StoreError::Refused(format!("A folder lies in at most {DEEPEST} others."))
}

/// Puts a folder into another one, or into none.
fn put(connection: &Connection, id: FolderId, parent: Option<FolderId>) -> Result<(), StoreError> {
    if let Some(parent) = parent {
        let above = above(connection, parent)?;
        if above.contains(&id) {
            return Err(StoreError::Refused("A folder cannot lie in itself.".to_owned()));
        }
        let height: u32 = connection.query_row(
            "WITH RECURSIVE below (id, height) AS (
                 SELECT ?1, 0
                 UNION SELECT folder.id, height + 1 FROM below JOIN folder ON folder.parent_id = below.id
                       WHERE height <= ?2
             )
             SELECT max(height) FROM below",
            params![id.rowid(), DEEPEST],
            |row| row.get(0),
        )?;
        if u32::try_from(above.len()).unwrap_or(u32::MAX) + height > DEEPEST {
            return Err(too_deep());
        }
    }
    connection.execute(
        "UPDATE folder SET parent_id = ?2 WHERE id = ?1",
        params![id.rowid(), parent.map(FolderId::rowid)],
    )?;
    Ok(())
}

/// Puts a folder into another one, if that is there and has room for it.
fn put_if_it_fits(connection: &Connection, id: FolderId, parent: Option<FolderId>) -> Result<(), StoreError> {
    match put(connection, id, parent) {
        Ok(()) | Err(StoreError::Missing(_) | StoreError::Refused(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A folder and those around it, the innermost first.
fn above(connection: &Connection, id: FolderId) -> Result<Vec<FolderId>, StoreError> {
    let mut parent = connection.prepare_cached("SELECT parent_id FROM folder WHERE id = ?1")?;
    let mut path = Vec::new();
    let mut next = Some(id);
    while let Some(folder) = next.filter(|folder| !path.contains(folder)) {
        let found: Option<Option<i64>> = parent.query_row([folder.rowid()], |row| row.get(0)).optional()?;
        let above = found.ok_or(StoreError::Missing(Thing::Folder))?;
        path.push(folder);
        next = above.map(FolderId::from_rowid);
    }
    Ok(path)
}

const FOLDER: &str =
    "SELECT id, name, parent_id, system, temperature, top_p, max_tokens, effort, server_id, model, lock,
        (SELECT count(*) FROM conversation WHERE folder_id = folder.id AND deleted_at_ms IS NULL
                                             AND archived_at_ms IS NULL) AS conversations
     FROM folder ORDER BY name COLLATE NOCASE, id";

pub(super) fn by_id(connection: &Connection, id: FolderId) -> Result<Folder, StoreError> {
    all(connection)?.into_iter().find(|folder| folder.id == id).ok_or(StoreError::Missing(Thing::Folder))
}

fn all(connection: &Connection) -> Result<Vec<Folder>, StoreError> {
    let named: Vec<Folder> =
        connection.prepare_cached(FOLDER)?.query_and_then([], folder)?.collect::<Result<_, StoreError>>()?;
    let known: HashSet<FolderId> = named.iter().map(|folder| folder.id).collect();
    let mut inside: HashMap<Option<FolderId>, Vec<Folder>> = HashMap::new();
    let mut order: Vec<FolderId> = Vec::new();
    for folder in named {
        order.push(folder.id);
        inside.entry(folder.parent.filter(|parent| known.contains(parent))).or_default().push(folder);
    }
    let mut placed = Vec::with_capacity(order.len());
    place(&mut inside, &mut placed, None, 0, &Beginning::default());
    // Another program may have closed a circle: one of its folders then lies in none.
    for id in order {
        let in_circle = inside.iter_mut().find_map(|(_, folders)| {
            folders.iter().position(|folder| folder.id == id).map(|at| folders.remove(at))
        });
        if let Some(folder) = in_circle {
            inside.insert(None, vec![Folder { parent: None, ..folder }]);
            place(&mut inside, &mut placed, None, 0, &Beginning::default());
        }
    }
    Ok(placed)
}

/// Moves the folders in `parent`, each followed by those in it, to the end of `placed`. Returns how many conversations lie
/// in them.
fn place(
    inside: &mut HashMap<Option<FolderId>, Vec<Folder>>,
    placed: &mut Vec<Folder>,
    parent: Option<FolderId>,
    depth: u32,
    around: &Beginning,
) -> u32 {
    let mut conversations = 0;
    for folder in inside.remove(&parent).unwrap_or_default() {
        let (at, id, begins) = (placed.len(), folder.id, around.within(&folder));
        conversations += folder.conversations;
        placed.push(Folder { depth, begins: begins.clone(), ..folder });
        let below = place(inside, placed, Some(id), depth + 1, &begins);
        conversations += below;
        if let Some(folder) = placed.get_mut(at) {
            folder.conversations += below;
        }
    }
    conversations
}

fn folder(row: &Row<'_>) -> Result<Folder, StoreError> {
    let server: Option<i64> = row.get("server_id")?;
    let model: Option<String> = row.get("model")?;
    let effort: Option<String> = row.get("effort")?;
    Ok(Folder {
        id: FolderId::from_rowid(row.get("id")?),
        name: row.get("name")?,
        parent: row.get::<_, Option<i64>>("parent_id")?.map(FolderId::from_rowid),
        depth: 0,
        begins: Beginning::default(),
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

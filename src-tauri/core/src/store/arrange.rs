//! How conversations are organised: pins, folders, tags, archive, trash.

use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

use super::{Durability, Store, StoreError, conversations, journal};
use crate::domain::{Conversation, ConversationId, FolderId};

/// What the user does to conversations in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Arrangement {
    /// Pins them above the others, or unpins them.
    Pin {
        /// Whether to pin.
        on: bool,
    },
    /// Moves them into a folder, or out of any.
    Folder {
        /// Which.
        folder: Option<FolderId>,
    },
    /// Archives them, or restores them.
    Archive {
        /// Whether to archive.
        on: bool,
    },
    /// Moves them to the trash, after stopping arriving replies, or takes them out of it.
    Trash {
        /// Whether to move them there.
        on: bool,
    },
    /// Gives them a tag, or removes it.
    Tag {
        /// Its name.
        name: String,
        /// Whether to give it.
        on: bool,
    },
    /// Gives them the title that the user chose.
    Title {
        /// The title.
        title: String,
    },
}

/// How a conversation was organised before a change: only what was changed, so that undoing one change leaves those
/// that came after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    id: ConversationId,
    was: Was,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Was {
    In { column: &'static str, value: Option<i64> },
    Tagged { name: String, had: bool },
    Called { title: String, titled_by: String },
}

/// The longest tag, in characters.
const LONGEST_TAG: usize = 60;

impl Store {
    /// Changes how conversations are organised and returns how they were before, all or nothing. Unknown ids are left
    /// out.
    ///
    /// # Errors
    /// [`StoreError::Missing`] for a folder that does not exist, [`StoreError::Refused`] for a tag without a name.
    pub async fn arrange(
        &self,
        conversations: Vec<ConversationId>,
        change: Arrangement,
        now_ms: i64,
    ) -> Result<Vec<Standing>, StoreError> {
        self.write(Durability::Full, move |transaction| {
            let mut before = Vec::with_capacity(conversations.len());
            for id in conversations {
                if let Some(was) = arrange_one(transaction, id, &change, now_ms)? {
                    before.push(Standing { id, was });
                }
            }
            Ok(before)
        })
        .await
    }

    /// Makes several changes to one conversation, all or nothing, and returns it as it is then. One that is in the trash
    /// already keeps the time after which it is removed.
    ///
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::Trashed`] for one in the trash, unless it is to be restored; as
    /// [`Store::arrange`].
    pub async fn arrange_one(
        &self,
        id: ConversationId,
        changes: Vec<Arrangement>,
        now_ms: i64,
    ) -> Result<Conversation, StoreError> {
        self.write(Durability::Full, move |transaction| {
            for change in &changes {
                let trashed = conversations::by_id(transaction, id)?.deleted_at_ms.is_some();
                if *change == (Arrangement::Trash { on: trashed }) {
                    continue;
                }
                if trashed && *change != (Arrangement::Trash { on: false }) {
                    return Err(StoreError::Trashed);
                }
                arrange_one(transaction, id, change, now_ms)?;
            }
            conversations::by_id(transaction, id)
        })
        .await
    }

    /// Restores how conversations were organised. Those that were deleted permanently since are left out.
    pub async fn put_back(&self, before: Vec<Standing>) -> Result<(), StoreError> {
        self.write(Durability::Full, move |transaction| {
            for standing in before {
                put_back_one(transaction, standing)?;
            }
            Ok(())
        })
        .await
    }

    /// Permanently deletes those of `conversations` that are in the trash; without any, everything in it. Returns how
    /// many those were.
    pub async fn remove_trashed(
        &self,
        conversations: Option<Vec<ConversationId>>,
    ) -> Result<u32, StoreError> {
        self.write(Durability::Full, move |transaction| {
            let removed = match conversations {
                None => {
                    transaction.execute("DELETE FROM conversation WHERE deleted_at_ms IS NOT NULL", [])?
                }
                Some(conversations) => {
                    let mut statement = transaction.prepare_cached(
                        "DELETE FROM conversation WHERE id = ?1 AND deleted_at_ms IS NOT NULL",
                    )?;
                    let mut removed = 0;
                    for id in conversations {
                        removed += statement.execute([id.rowid()])?;
                    }
                    removed
                }
            };
            Ok(u32::try_from(removed).unwrap_or(u32::MAX))
        })
        .await
    }

    /// All tags in use in alphabetical order, and how many conversations have each, without archive and trash.
    pub async fn tags(&self) -> Result<Vec<(String, u32)>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT min(name), count(*) FROM tag JOIN conversation ON conversation.id = conversation_id
                 WHERE deleted_at_ms IS NULL AND archived_at_ms IS NULL GROUP BY name ORDER BY name",
            )?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}

/// Changes one conversation and returns what was there before; `None` if there is none with that id.
pub(super) fn arrange_one(
    transaction: &Transaction<'_>,
    id: ConversationId,
    change: &Arrangement,
    now_ms: i64,
) -> Result<Option<Was>, StoreError> {
    let at = |on: &bool| on.then_some(now_ms);
    let (column, value) = match change {
        Arrangement::Pin { on } => ("pinned_at_ms", at(on)),
        Arrangement::Archive { on } => ("archived_at_ms", at(on)),
        Arrangement::Trash { on } => ("deleted_at_ms", at(on)),
        Arrangement::Folder { folder } => {
            if let Some(folder) = folder {
                super::folders::by_id(transaction, *folder)?;
            }
            ("folder_id", folder.map(FolderId::rowid))
        }
        Arrangement::Tag { name, on } => return tag(transaction, id, name, *on),
        Arrangement::Title { title } => return call(transaction, id, title),
    };
    let before: Option<Option<i64>> = transaction
        .prepare_cached(&format!("SELECT {column} FROM conversation WHERE id = ?1"))?
        .query_row([id.rowid()], |row| row.get(0))
        .optional()?;
    let Some(before) = before else { return Ok(None) };
    if *change == (Arrangement::Trash { on: true }) {
        journal::ask_to_stop_in(transaction, id)?;
    }
    set(transaction, id, column, value)?;
    Ok(Some(Was::In { column, value: before }))
}

fn set(
    transaction: &Transaction<'_>,
    id: ConversationId,
    column: &str,
    value: Option<i64>,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(&format!("UPDATE conversation SET {column} = ?2 WHERE id = ?1"))?
        .execute(params![id.rowid(), value])?;
    Ok(())
}

fn tag(
    transaction: &Transaction<'_>,
    id: ConversationId,
    name: &str,
    on: bool,
) -> Result<Option<Was>, StoreError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_TAG {
        return Err(StoreError::Refused(format!("A tag has 1 to {LONGEST_TAG} characters.")));
    }
    let exists =
        transaction.prepare_cached("SELECT 1 FROM conversation WHERE id = ?1")?.exists([id.rowid()])?;
    if !exists {
        return Ok(None);
    }
    let changed = set_tag(transaction, id, name, on)?;
    Ok(Some(Was::Tagged { name: name.to_owned(), had: changed != on }))
}

/// Returns whether it changed anything.
fn set_tag(
    transaction: &Transaction<'_>,
    id: ConversationId,
    name: &str,
    on: bool,
) -> Result<bool, StoreError> {
    let change = if on {
        "INSERT INTO tag (name, conversation_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM tag WHERE name = ?1 AND conversation_id = ?2"
    };
    Ok(transaction.prepare_cached(change)?.execute(params![name, id.rowid()])? > 0)
}

/// Gives a conversation a title that the user chose.
pub(super) fn call(
    transaction: &Transaction<'_>,
    id: ConversationId,
    title: &str,
) -> Result<Option<Was>, StoreError> {
    let title = title.trim();
    if title.is_empty() {
        return Err(StoreError::Refused("A conversation needs a title.".to_owned()));
    }
    let before = transaction
        .prepare_cached("SELECT title, titled_by FROM conversation WHERE id = ?1")?
        .query_row([id.rowid()], |row| Ok(Was::Called { title: row.get(0)?, titled_by: row.get(1)? }))
        .optional()?;
    if before.is_some() {
        set_title(transaction, id, title, "person")?;
    }
    Ok(before)
}

fn set_title(
    transaction: &Transaction<'_>,
    id: ConversationId,
    title: &str,
    titled_by: &str,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("UPDATE conversation SET title = ?2, titled_by = ?3 WHERE id = ?1")?
        .execute(params![id.rowid(), title, titled_by])?;
    Ok(())
}

fn put_back_one(transaction: &Transaction<'_>, Standing { id, was }: Standing) -> Result<(), StoreError> {
    let exists = |query: &str, id: i64| -> Result<bool, StoreError> {
        Ok(transaction.prepare_cached(query)?.exists([id])?)
    };
    if !exists("SELECT 1 FROM conversation WHERE id = ?1", id.rowid())? {
        return Ok(());
    }
    match was {
        Was::In { column: "folder_id", value: Some(folder) }
            if !exists("SELECT 1 FROM folder WHERE id = ?1", folder)? =>
        {
            set(transaction, id, "folder_id", None)
        }
        Was::In { column, value } => set(transaction, id, column, value),
        Was::Tagged { name, had } => set_tag(transaction, id, &name, had).map(drop),
        Was::Called { title, titled_by } => set_title(transaction, id, &title, &titled_by),
    }
}

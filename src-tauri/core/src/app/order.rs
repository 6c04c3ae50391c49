//! Lists, folders, tags, archive, trash, and the way back from each change.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::App;
use super::view::ListPosition;
use crate::domain::{
    Cause, Change, ChatSettings, Code, Conversation, ConversationId, ConversationRow, Failure, Folder,
    FolderId, Lock, ModelChoice,
};
use crate::store::{
    Arrangement, ConversationList, FolderRecord, ListStretch, RemovedFolder, Standing, StoreError, Taken,
};

/// How many changes can be taken back.
const UNDOABLE: usize = 100;
/// The most rows of a list that are read at once.
const MOST_ROWS: u32 = 1000;

/// The way back from one change, good for this run of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(transparent)]
pub struct UndoId(u32);

/// What brings back what a change took.
#[derive(Clone)]
pub(super) enum Undo {
    Arrangement(Vec<Standing>),
    Folder(Box<RemovedFolder>),
    FolderPlace { id: FolderId, parent: Option<FolderId> },
    Version(Taken),
    Branch { taken: Taken, made: ConversationId },
}

/// The newest changes that can be taken back.
#[derive(Default)]
pub(super) struct Undos(Mutex<(u32, VecDeque<(UndoId, Undo)>)>);

impl Undos {
    pub(super) fn remember(&self, undo: Undo) -> UndoId {
        let mut undos = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        undos.0 += 1;
        let id = UndoId(undos.0);
        drop(undos);
        self.keep(id, undo);
        id
    }

    fn keep(&self, id: UndoId, undo: Undo) {
        let mut undos = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if undos.1.len() == UNDOABLE {
            undos.1.pop_front();
        }
        undos.1.push_back((id, undo));
    }

    fn take(&self, id: UndoId) -> Option<Undo> {
        let mut undos = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = undos.1.iter().position(|(known, _)| *known == id)?;
        undos.1.remove(at).map(|(_, undo)| undo)
    }

    /// What was done is no longer what the history holds.
    pub(super) fn forget_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.clear();
    }
}

/// A folder as a person wants it.
#[derive(Debug, Clone, PartialEq, Deserialize, specta::Type)]
pub struct FolderEdit {
    /// What it is called; not blank.
    pub name: String,
    /// What a conversation in it asks of its model at first.
    pub settings: ChatSettings,
    /// The model it talks to at first.
    pub model: Option<ModelChoice>,
    /// The lock it begins with.
    pub lock: Lock,
}

/// A moment, in milliseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(transparent)]
pub struct Moment(#[specta(type = u32)] pub i64);

/// A tag and how often it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct TagUse {
    /// Its name.
    pub name: String,
    /// How many conversations have it, without archive and trash.
    pub conversations: u32,
}

impl App {
    /// Up to `limit` rows of a list, newest first, from the one after `before`.
    pub async fn conversations(
        &self,
        list: ConversationList,
        before: Option<ListPosition>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>, Failure> {
        let before = before.map(|position| (position.updated_at_ms, position.id));
        Ok(self.0.store.conversations(list, before, limit).await?)
    }

    /// Up to `limit` rows of a list after the first `from`, how many it has, and how many of them since each of `moments`,
    /// the latest first.
    pub async fn list_stretch(
        &self,
        list: ConversationList,
        from: u32,
        limit: u32,
        moments: Vec<Moment>,
    ) -> Result<ListStretch, Failure> {
        let moments = moments.into_iter().map(|moment| moment.0).collect();
        Ok(self.0.store.list_stretch(list, from, limit.min(MOST_ROWS), moments).await?)
    }

    /// How many conversations stand before one in a list; `None` if it is not in it.
    pub async fn place_in_list(
        &self,
        list: ConversationList,
        id: ConversationId,
    ) -> Result<Option<u32>, Failure> {
        Ok(self.0.store.place_in_list(list, id).await?)
    }

    /// Changes where conversations stand. Nothing of them is lost by it.
    ///
    /// # Errors
    /// `not_found` for a folder that is not there, `invalid_request` for a tag that cannot be one; then nothing changed.
    pub async fn arrange(
        &self,
        conversations: Vec<ConversationId>,
        change: Arrangement,
    ) -> Result<UndoId, Failure> {
        if change == (Arrangement::Trash { on: true }) {
            for id in &conversations {
                self.stop_in(*id);
            }
        }
        let before = self.0.store.arrange(conversations.clone(), change, self.0.clock.now_ms()).await?;
        self.changed_each(&conversations);
        Ok(self.0.undos.remember(Undo::Arrangement(before)))
    }

    /// One conversation, in the trash or not.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn conversation(&self, id: ConversationId) -> Result<Conversation, Failure> {
        Ok(self.0.store.conversation(id).await?)
    }

    /// Makes several changes to one conversation and returns it as it is then. What is so already stays so.
    ///
    /// # Errors
    /// `not_found` for a conversation or folder that is not there, and for one in the trash, unless it is to be
    /// restored; `invalid_request` for a tag or title that cannot be one. Then nothing changed.
    pub async fn arrange_one(
        &self,
        id: ConversationId,
        changes: Vec<Arrangement>,
    ) -> Result<Conversation, Failure> {
        if changes.contains(&Arrangement::Trash { on: true }) {
            self.stop_in(id);
        }
        let conversation = self.0.store.arrange_one(id, changes, self.0.clock.now_ms()).await?;
        self.tell(Change::chat(id));
        Ok(conversation)
    }

    /// Takes a change back.
    ///
    /// # Errors
    /// `not_found` when it was taken back already, was made in another run, or a hundred others came after it. Any other
    /// leaves the way back open.
    pub async fn undo(&self, undo: UndoId) -> Result<(), Failure> {
        let way_back =
            self.0.undos.take(undo).ok_or_else(|| Failure::because(Code::NotFound, Cause::UndoGone))?;
        match self.go_back(way_back.clone()).await {
            Ok(changed) => {
                self.tell(changed);
                Ok(())
            }
            Err(error) => {
                self.0.undos.keep(undo, way_back);
                Err(error.into())
            }
        }
    }

    async fn go_back(&self, way_back: Undo) -> Result<Change, StoreError> {
        let store = &self.0.store;
        match way_back {
            Undo::Arrangement(before) => store.put_back(before).await?,
            Undo::Folder(removed) => store.bring_folder_back(*removed).await?,
            Undo::FolderPlace { id, parent } => {
                store.move_folder(id, parent).await?;
            }
            Undo::Branch { taken, made } => {
                store.move_branch_back(taken, made, self.0.clock.now_ms()).await?;
            }
            Undo::Version(taken) => {
                store.give_back(taken).await?;
                return Ok(Change::chat(taken.conversation));
            }
        }
        Ok(Change::Everything)
    }

    /// Removes conversations that are in the trash for good; those that are not stay.
    pub async fn delete_forever(&self, conversations: Vec<ConversationId>) -> Result<(), Failure> {
        self.0.store.remove_trashed(Some(conversations.clone())).await?;
        self.changed_each(&conversations);
        Ok(())
    }

    /// Removes one conversation that is in the trash for good.
    ///
    /// # Errors
    /// `not_found`; `invalid_request` for one that is not in the trash.
    pub async fn delete_trashed(&self, id: ConversationId) -> Result<(), Failure> {
        self.0.store.conversation(id).await?;
        if self.0.store.remove_trashed(Some(vec![id])).await? == 0 {
            let message = "This chat is not in the trash. Move it there first.";
            return Err(Failure::told(Code::InvalidRequest, message));
        }
        self.tell(Change::chat(id));
        Ok(())
    }

    /// Removes for good whatever is in the trash, and says how many conversations that were.
    pub async fn empty_trash(&self) -> Result<u32, Failure> {
        let removed = self.0.store.remove_trashed(None).await?;
        self.tell(Change::Everything);
        Ok(removed)
    }

    /// All folders: each before those that lie in it, beside each other by the alphabet.
    pub async fn folders(&self) -> Result<Vec<Folder>, Failure> {
        Ok(self.0.store.folders().await?)
    }

    /// Makes a folder, in another one if `parent` names it.
    ///
    /// # Errors
    /// `invalid_request` without a name or in too many others, `not_found` for a parent that is not there.
    pub async fn make_folder(&self, name: &str, parent: Option<FolderId>) -> Result<Folder, Failure> {
        let record = FolderRecord {
            name: name.to_owned(),
            settings: ChatSettings::default(),
            model: None,
            lock: Lock::Off,
        };
        let folder = self.0.store.make_folder(record, parent, self.0.clock.now_ms()).await?;
        self.tell(Change::Folders);
        Ok(folder)
    }

    /// Changes a folder. Conversations that are in it already keep their settings.
    ///
    /// # Errors
    /// `invalid_request` for a name or settings that cannot be, `not_found`.
    pub async fn edit_folder(&self, id: FolderId, edit: FolderEdit) -> Result<Folder, Failure> {
        let FolderEdit { name, settings, model, lock } = edit;
        let record = FolderRecord { name, settings, model, lock: lock.normal() };
        let folder = self.0.store.change_folder(id, record).await?;
        self.tell(Change::Folders);
        Ok(folder)
    }

    /// Moves a folder with all that lies in it into another one, or out of any. Conversations keep their settings.
    ///
    /// # Errors
    /// `invalid_request` for a place in itself or in too many others, `not_found`.
    pub async fn move_folder(&self, id: FolderId, parent: Option<FolderId>) -> Result<UndoId, Failure> {
        let (_, was) = self.0.store.move_folder(id, parent).await?;
        self.tell(Change::Folders);
        Ok(self.0.undos.remember(Undo::FolderPlace { id, parent: was }))
    }

    /// Removes a folder. What lies in it goes to the folder around it, or back to the list.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn delete_folder(&self, id: FolderId) -> Result<UndoId, Failure> {
        let removed = self.0.store.remove_folder(id).await?;
        self.tell(Change::Everything);
        Ok(self.0.undos.remember(Undo::Folder(Box::new(removed))))
    }

    /// All tags in use, by the alphabet.
    pub async fn tags(&self) -> Result<Vec<TagUse>, Failure> {
        let tags = self.0.store.tags().await?;
        Ok(tags.into_iter().map(|(name, conversations)| TagUse { name, conversations }).collect())
    }

    fn changed_each(&self, conversations: &[ConversationId]) {
        match conversations {
            [] => {}
            [one] => self.tell(Change::chat(*one)),
            [_, _, ..] => self.tell(Change::Everything),
        }
    }
}

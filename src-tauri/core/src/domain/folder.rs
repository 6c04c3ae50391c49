use serde::{Deserialize, Serialize};

use super::{ChatSettings, FolderId, Lock, ModelChoice};

/// A folder of conversations, and with what a conversation begins that is started in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Folder {
    /// Its id.
    pub id: FolderId,
    /// What it is called.
    pub name: String,
    /// The folder it lies in.
    pub parent: Option<FolderId>,
    /// In how many folders it lies.
    pub depth: u32,
    /// What a conversation in it asks of its model at first, as far as that is set here.
    pub settings: ChatSettings,
    /// The model a conversation in it talks to at first; `None`: as the folder around it says.
    pub model: Option<ModelChoice>,
    /// The lock a conversation in it begins with, besides those of the folders around it.
    pub lock: Lock,
    /// All of that as it is, with what the folders around it say.
    pub begins: Beginning,
    /// How many conversations lie in it and in the folders in it, without archive and trash.
    pub conversations: u32,
}

impl Folder {
    /// Its name after those of the folders around it, as in `Work/Client`. `all` are the folders there are.
    pub fn path(&self, all: &[Self]) -> String {
        let mut path = self.name.clone();
        let mut around = self.parent;
        // No longer than there are folders, however they lie.
        for _ in all {
            let Some(folder) = around.and_then(|around| all.iter().find(|folder| folder.id == around)) else {
                break;
            };
            path = format!("{}/{path}", folder.name);
            around = folder.parent;
        }
        path
    }
}

/// With what a conversation begins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Beginning {
    /// What it asks of its model.
    pub settings: ChatSettings,
    /// The model it talks to; `None`: the one asked last.
    pub model: Option<ModelChoice>,
    /// Where its text may go.
    pub lock: Lock,
}

impl Beginning {
    /// With what it begins in `folder`, which lies where all begins like this.
    #[must_use]
    pub fn within(&self, folder: &Folder) -> Self {
        Self {
            settings: folder.settings.clone().or(&self.settings),
            model: folder.model.clone().or_else(|| self.model.clone()),
            lock: self.lock.and(&folder.lock),
        }
    }
}

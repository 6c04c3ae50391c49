use serde::{Deserialize, Serialize};

use super::{ChatSettings, FolderId, Lock, ModelChoice};

/// A folder of conversations, and with what a conversation begins that is started in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Folder {
    /// Its id.
    pub id: FolderId,
    /// What it is called.
    pub name: String,
    /// What a conversation in it asks of its model at first.
    pub settings: ChatSettings,
    /// The model a conversation in it talks to at first; `None`: the one asked last.
    pub model: Option<ModelChoice>,
    /// The lock a conversation in it begins with.
    pub lock: Lock,
    /// How many conversations lie in it, without archive and trash.
    pub conversations: u32,
}

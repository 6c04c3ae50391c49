use serde::{Deserialize, Serialize};

use super::{Code, ConversationId, MessageId};

/// What has changed that windows show, outside of a turn that this program runs itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Change {
    /// A conversation: its place in the lists, its settings, its tree.
    Chat {
        /// Which.
        id: ConversationId,
        /// Why a message that waited in it could not be sent and is its draft again.
        unsent: Option<Code>,
    },
    /// More of a reply has come, which another program receives.
    Arriving {
        /// Which.
        id: MessageId,
    },
    /// A reply is to stop, which another program receives.
    Stop {
        /// Which.
        id: MessageId,
    },
    /// The folders.
    Folders,
    /// The servers, their models or their keys.
    Servers,
    /// The lock of the app, how it looks, whether titles are made.
    Settings,
    /// Anything at all.
    Everything,
}

impl Change {
    /// Of a conversation.
    pub const fn chat(id: ConversationId) -> Self {
        Self::Chat { id, unsent: None }
    }
}

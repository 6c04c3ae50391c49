//! What a window receives of a running turn.

use porthole_markdown::Patch;
use serde::Serialize;

use crate::domain::{Code, MessageMeta};

/// Where a turn stands.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// The request is on its way; nothing has come back.
    Waiting,
    /// It failed temporarily and will be sent again.
    Retrying {
        /// Which retry this is, counted from 1.
        attempt: u32,
        /// How many there are at most.
        most: u32,
        /// How long the wait is from its beginning, in milliseconds.
        after_ms: u32,
        /// What went wrong.
        code: Code,
    },
    /// Thinking is arriving.
    Thinking,
    /// Text is arriving.
    Answering,
    /// It is complete and in the history. The connection is still read, and more may come.
    Settled {
        /// What the reply is now.
        meta: Box<MessageMeta>,
    },
    /// It is over, but the history cannot take it yet.
    Unsaved {
        /// What the reply is now. Its failure says why, and whether it is put aside in the data folder, where the next
        /// start finds it, or in memory alone.
        meta: Box<MessageMeta>,
    },
    /// It is over and in the history.
    Ended {
        /// What the reply is now.
        meta: Box<MessageMeta>,
    },
}

/// What changed since a revision.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
pub struct TurnPatch {
    /// Pass this as `seen` next time.
    #[specta(type = u32)]
    pub revision: u64,
    /// Where the turn stands.
    pub phase: Phase,
    /// Changed blocks of the text.
    pub text: Patch,
    /// Changed blocks of the thinking, when they were asked for.
    pub thinking: Option<Patch>,
    /// The newest line of thinking, for the folded row.
    pub thinking_line: Option<String>,
    /// How long it has been thinking, in milliseconds.
    pub thinking_ms: Option<u32>,
}

//! Conversations as files: written in one of several formats, read from the lossless one.

mod json;
mod output;
mod reading;

pub use output::{Output, Place};
pub use reading::{Documents, Unreadable, Why};

use std::io::{self, Write};

use crate::domain::record::{ConversationRecord, MessageRecord};
use crate::store::{Extent, Listener};

/// What a conversation is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Everything there is of it (docs/conversation.md), from which it can be read back.
    Json,
}

impl Format {
    /// How the names of its files end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
        }
    }

    /// Which messages it tells.
    pub const fn extent(self) -> Extent {
        match self {
            Self::Json => Extent::Everything,
        }
    }

    fn page(self) -> Box<dyn Page> {
        match self {
            Self::Json => Box::new(json::Json::default()),
        }
    }
}

/// One conversation in one format, as it is written.
trait Page: Send {
    fn begin(&mut self, conversation: &ConversationRecord, out: &mut dyn Write) -> io::Result<()>;
    fn message(&mut self, message: &MessageRecord, out: &mut dyn Write) -> io::Result<()>;
    fn end(&mut self, out: &mut dyn Write) -> io::Result<()>;
}

/// Writes conversations, one after another, to where they are to go.
pub struct Export {
    format: Format,
    page: Box<dyn Page>,
    output: Output,
}

impl Export {
    /// Writes to `output`.
    pub fn new(format: Format, output: Output) -> Self {
        Self { format, page: format.page(), output }
    }

    /// All conversations were told: what was written gets its name.
    pub fn finish(self) -> io::Result<()> {
        self.output.finish()
    }
}

impl Listener for Export {
    fn begin(&mut self, conversation: &ConversationRecord) -> io::Result<()> {
        self.page = self.format.page();
        self.output.next(&conversation.title, self.format.extension())?;
        self.page.begin(conversation, &mut self.output)
    }

    fn message(&mut self, message: &MessageRecord) -> io::Result<()> {
        self.page.message(message, &mut self.output)
    }

    fn end(&mut self) -> io::Result<()> {
        self.page.end(&mut self.output)
    }
}

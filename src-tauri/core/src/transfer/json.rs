//! `porthole.conversation/1`: a conversation as readable JSON, one message on each line.

use std::io::{self, Write};

use super::Page;
use crate::domain::record::{ConversationRecord, MessageRecord};
use crate::store::Version;

/// The page as it is written.
#[derive(Default)]
pub(super) struct Json {
    /// Whether a message was written.
    begun: bool,
}

impl Page for Json {
    fn begin(
        &mut self,
        conversation: &ConversationRecord,
        _first: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let head = serde_json::to_string_pretty(conversation)?;
        // The messages are the last field, and follow one by one.
        let open = head.strip_suffix("\n}").unwrap_or(&head);
        write!(out, "{open},\n  \"messages\": [")
    }

    fn message(&mut self, message: &MessageRecord, _version: Version, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if self.begun { b",\n    " } else { b"\n    " })?;
        self.begun = true;
        Ok(serde_json::to_writer(out, message)?)
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if self.begun { b"\n  ]\n}\n" } else { b"]\n}\n" })
    }
}

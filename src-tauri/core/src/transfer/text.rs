//! A conversation as plain text, for where nothing else is read.

use std::io::{self, Write};

use porthole_markdown::plain;

use super::told::{Beginnings, Sums, moment, others, speaker, text_of, version_words};
use super::words::Words;
use super::{Branches, Page, Wanted};
use crate::domain::record::{ConversationRecord, MessageRecord};
use crate::store::Version;

pub(super) struct Text {
    wanted: Wanted,
    beginnings: Beginnings,
}

impl Text {
    const fn words(&self) -> &'static Words {
        self.wanted.language.words()
    }

    pub(super) fn new(wanted: Wanted) -> Self {
        Self { wanted, beginnings: Beginnings::default() }
    }
}

impl Page for Text {
    fn begin(
        &mut self,
        conversation: &ConversationRecord,
        first: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if !first {
            out.write_all(b"\n\n\n")?;
        }
        writeln!(out, "{}\n{}", conversation.title, moment(conversation.created_at_ms))?;
        match &conversation.settings.system {
            Some(system) if self.wanted.system && !system.trim().is_empty() => {
                write!(out, "\n{}:\n\n{}\n", self.words().system, system.trim())
            }
            _ => Ok(()),
        }
    }

    fn message(&mut self, message: &MessageRecord, version: Version, out: &mut dyn Write) -> io::Result<()> {
        let text = text_of(message, "text");
        if let Some(words) = version_words(version, self.beginnings.before(message), self.words()) {
            write!(out, "\n({words})\n")?;
        }
        if self.wanted.branches == Branches::All {
            self.beginnings.note(message, &text);
        }
        write!(out, "\n{}:\n", speaker(message, self.words()))?;
        let thinking = text_of(message, "thinking");
        if self.wanted.thinking && !thinking.trim().is_empty() {
            let words = self.words();
            write!(out, "\n[{}]\n{}\n[{}]\n", words.thinking, plain(&thinking), words.end_of_thinking)?;
        }
        if !text.is_empty() {
            write!(out, "\n{}\n", plain(&text))?;
        }
        for (caption, said) in others(message) {
            write!(out, "\n{caption}: {said}\n")?;
        }
        match Sums::of(message).words(self.words()).filter(|_| self.wanted.usage) {
            Some(words) => write!(out, "\n({words})\n"),
            None => Ok(()),
        }
    }

    fn end(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

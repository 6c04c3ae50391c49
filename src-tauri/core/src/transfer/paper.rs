//! A conversation as a document for offices.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use porthole_markdown::tree;
use porthole_print::{Paper, Pdf, Piece, Tone, docx};

use super::told::{Beginnings, Sums, beginning, facts, others, speaker, text_of, version_words};
use super::words::Words;
use super::{Branches, Page, Wanted};
use crate::domain::record::{ConversationRecord, MessageRecord};
use crate::store::Version;

/// Which kind of document.
pub(super) enum Kind {
    Docx,
    Pdf(Fonts),
}

/// What writes PDF, with the fonts of the system: they are looked for when the first document is written, and serve all
/// that follow.
#[derive(Clone, Default)]
pub(super) struct Fonts(Arc<Mutex<Option<Pdf>>>);

impl Fonts {
    fn pdf(&self, paper: &Paper) -> io::Result<Vec<u8>> {
        let mut pdf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pdf.get_or_insert_with(Pdf::new).write(paper).map_err(io::Error::other)
    }
}

/// Gathers what is said, for a document is laid out as a whole.
pub(super) struct Document {
    kind: Kind,
    wanted: Wanted,
    paper: Paper,
    beginnings: Beginnings,
}

impl Document {
    const fn words(&self) -> &'static Words {
        self.wanted.language.words()
    }

    pub(super) fn new(kind: Kind, wanted: Wanted) -> Self {
        let paper =
            Paper { title: String::new(), facts: String::new(), created_at_ms: 0, pieces: Vec::new() };
        Self { kind, wanted, paper, beginnings: Beginnings::default() }
    }

    fn push(&mut self, piece: Piece) {
        self.paper.pieces.push(piece);
    }
}

impl Page for Document {
    fn begin(
        &mut self,
        conversation: &ConversationRecord,
        first: bool,
        _out: &mut dyn Write,
    ) -> io::Result<()> {
        if !first {
            return Err(io::Error::other("a document holds one conversation"));
        }
        self.paper.title.clone_from(&conversation.title);
        self.paper.created_at_ms = conversation.created_at_ms;
        self.paper.facts = facts(conversation);
        match &conversation.settings.system {
            Some(system) if self.wanted.system && !system.trim().is_empty() => {
                self.push(Piece::Verbatim { caption: self.words().system.to_owned(), text: system.clone() });
            }
            _ => {}
        }
        Ok(())
    }

    fn message(&mut self, message: &MessageRecord, version: Version, _out: &mut dyn Write) -> io::Result<()> {
        let text = text_of(message, "text");
        self.push(Piece::Speaker { name: speaker(message, self.words()), beginning: beginning(&text) });
        if let Some(words) = version_words(version, self.beginnings.before(message), self.words()) {
            self.push(Piece::Note(words));
        }
        if self.wanted.branches == Branches::All {
            self.beginnings.note(message, &text);
        }
        let thinking = text_of(message, "thinking");
        if self.wanted.thinking && !thinking.trim().is_empty() {
            self.push(Piece::Blocks { tone: Tone::Thought, nodes: tree(&thinking) });
        }
        if !text.is_empty() {
            self.push(Piece::Blocks { tone: Tone::Said, nodes: tree(&text) });
        }
        for (caption, text) in others(message) {
            self.push(Piece::Verbatim { caption: caption.to_owned(), text });
        }
        if let Some(words) = Sums::of(message).words(self.words()).filter(|_| self.wanted.usage) {
            self.push(Piece::Note(words));
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let bytes = match &self.kind {
            Kind::Pdf(fonts) => fonts.pdf(&self.paper)?,
            Kind::Docx => docx(&self.paper).map_err(io::Error::other)?,
        };
        out.write_all(&bytes)
    }
}

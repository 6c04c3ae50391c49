//! The first screen of an export, to look at before it is written.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use porthole_markdown::{Block, render};
use serde::Serialize;

use super::paper::Fonts;
use super::told::{Sums, speaker, text_of};
use super::words::Words;
use super::{Format, Page, Wanted};
use crate::domain::record::{ConversationRecord, MessageRecord};
use crate::store::{Listener, Version};

/// The beginning of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(tag = "kind", content = "content", rename_all = "snake_case")]
pub enum Preview {
    /// Of a format that is looked at: what is said in it.
    Page(Vec<PreviewPiece>),
    /// Of a format that is read: its first lines.
    Text(String),
}

/// What one speaker says on a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct PreviewPiece {
    /// Who says it; none for what was thought before.
    pub speaker: Option<String>,
    /// What is said.
    pub blocks: Vec<Block>,
    /// What it took, in a few words.
    pub usage: Option<String>,
}

/// How many messages are shown, and how much of each, in bytes: more than a screen holds.
const MESSAGES: usize = 4;
const LONGEST: usize = 2_000;

/// Hears the beginning of a conversation and ends the telling then.
pub(crate) struct FirstScreen {
    wanted: Wanted,
    /// What writes the format, for one that is read.
    page: Option<Box<dyn Page>>,
    left: usize,
    heard: Heard,
}

/// What has been heard so far.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<(Vec<PreviewPiece>, Vec<u8>)>>);

impl FirstScreen {
    const fn words(&self) -> &'static Words {
        self.wanted.language.words()
    }

    pub(crate) fn of(format: Format, wanted: Wanted) -> (Self, Heard) {
        let page = if format.is_looked_at() { None } else { Some(format.page(wanted, &Fonts::default())) };
        let heard = Heard::default();
        (Self { wanted, page, left: MESSAGES, heard: heard.clone() }, heard)
    }

    fn push(&self, piece: PreviewPiece) {
        self.heard.0.lock().unwrap_or_else(PoisonError::into_inner).0.push(piece);
    }
}

impl Heard {
    pub(crate) fn preview(&self, format: Format) -> Preview {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (pieces, bytes) = std::mem::take(&mut *heard);
        if format.is_looked_at() {
            Preview::Page(pieces)
        } else {
            Preview::Text(String::from_utf8_lossy(&bytes).into_owned())
        }
    }
}

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Listener for FirstScreen {
    fn begin(&mut self, conversation: &ConversationRecord) -> io::Result<()> {
        let system = conversation.settings.system.as_deref().filter(|system| !system.trim().is_empty());
        match (&mut self.page, system) {
            (Some(page), _) => page.begin(conversation, true, &mut self.heard),
            (None, Some(system)) if self.wanted.system => {
                let blocks = render(&shortened(system));
                self.push(PreviewPiece {
                    speaker: Some(self.words().system.to_owned()),
                    blocks,
                    usage: None,
                });
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }

    fn message(&mut self, message: &MessageRecord, version: Version) -> io::Result<()> {
        self.left = self.left.checked_sub(1).ok_or(io::ErrorKind::Interrupted)?;
        if let Some(page) = &mut self.page {
            let mut message = message.clone();
            for text in message.parts.iter_mut().filter_map(|part| part.text.as_mut()) {
                *text = shortened(text);
            }
            return page.message(&message, version, &mut self.heard);
        }
        let thinking = text_of(message, "thinking");
        if self.wanted.thinking && !thinking.trim().is_empty() {
            self.push(PreviewPiece { speaker: None, blocks: render(&shortened(&thinking)), usage: None });
        }
        self.push(PreviewPiece {
            speaker: Some(speaker(message, self.words())),
            blocks: render(&shortened(&text_of(message, "text"))),
            usage: Sums::of(message).words(self.words()).filter(|_| self.wanted.usage),
        });
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.page.as_mut().map_or(Ok(()), |page| page.end(&mut self.heard))
    }
}

fn shortened(text: &str) -> String {
    match text.get(..text.floor_char_boundary(LONGEST)) {
        Some(beginning) if beginning.len() < text.len() => format!("{beginning}…"),
        _ => text.to_owned(),
    }
}

//! Conversations as files: written in one of several formats, read from the lossless one.

mod csv;
mod html;
mod json;
mod jsonl;
pub(crate) mod kept;
mod markdown;
mod output;
mod paper;
mod preview;
mod reading;
mod rich;
mod text;
mod told;
mod words;

pub use output::{Output, Place};
pub(crate) use preview::FirstScreen;
pub use preview::{Preview, PreviewPiece};
pub use reading::{Documents, Unreadable, Why};
pub use rich::rich;
pub use words::ExportLanguage;

use std::io::{self, Write};

use serde::Deserialize;

use self::paper::{Document, Fonts, Kind};

use crate::domain::record::{ConversationRecord, MessageRecord};
use crate::store::{Extent, Interrupt, Listener, Version};

/// What a conversation is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Everything there is of it (docs/conversation.md), from which it can be read back.
    Json,
    /// What a person would write.
    Markdown,
    /// One web page that needs nothing else.
    Html,
    /// To print and to hand on.
    Pdf,
    /// For Word and its kin.
    Docx,
    /// Without any marks.
    Text,
    /// The messages as the OpenAI API has them, one conversation, or one of its branches, on each line.
    Jsonl,
    /// The requests with their tokens and their cost, one on each line.
    Csv,
}

/// Which branches of a conversation are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Branches {
    /// The one that is shown.
    Shown,
    /// All.
    All,
}

/// What of a conversation is written. The lossless format writes everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, specta::Type)]
pub struct Wanted {
    /// Which branches.
    pub branches: Branches,
    /// What models thought.
    pub thinking: bool,
    /// The system message.
    pub system: bool,
    /// Models, tokens and cost.
    pub usage: bool,
    /// In which language what is not said in the conversation is said.
    #[serde(default)]
    pub language: ExportLanguage,
}

impl Wanted {
    /// Everything of the branch that is shown.
    const WHOLE: Self = Self {
        branches: Branches::Shown,
        thinking: true,
        system: true,
        usage: true,
        language: ExportLanguage::English,
    };
}

impl Default for Wanted {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl Format {
    /// How the names of its files end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Text => "txt",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// Whether a file holds one conversation, and never several.
    pub const fn is_one_each(self) -> bool {
        match self {
            Self::Pdf | Self::Docx => true,
            Self::Json | Self::Markdown | Self::Html | Self::Text | Self::Jsonl | Self::Csv => false,
        }
    }

    /// Whether it is looked at as a page, and not read as text.
    const fn is_looked_at(self) -> bool {
        match self {
            Self::Html | Self::Pdf | Self::Docx => true,
            Self::Json | Self::Markdown | Self::Text | Self::Jsonl | Self::Csv => false,
        }
    }

    /// What to call the file of a conversation with this title, or without one a file of several.
    pub fn file_name(self, title: Option<&str>) -> String {
        match (title, self) {
            (Some(title), _) => format!("{}.{}", output::file_stem(title), self.extension()),
            (None, Self::Csv) => "Porthole usage.csv".to_owned(),
            (None, Self::Jsonl) => "Porthole chats.jsonl".to_owned(),
            // A file for each, in one archive.
            (None, Self::Json | Self::Markdown | Self::Html | Self::Pdf | Self::Docx | Self::Text) => {
                "Porthole chats.zip".to_owned()
            }
        }
    }

    /// Which messages it tells.
    pub const fn extent(self, wanted: Wanted) -> Extent {
        match self {
            // What was deleted was paid for.
            Self::Json | Self::Csv => Extent::Everything,
            Self::Markdown | Self::Html | Self::Pdf | Self::Docx | Self::Text | Self::Jsonl => {
                match wanted.branches {
                    Branches::Shown => Extent::Branch,
                    Branches::All => Extent::Tree,
                }
            }
        }
    }

    fn page(self, wanted: Wanted, fonts: &Fonts) -> Box<dyn Page> {
        match self {
            Self::Json => Box::new(json::Json::default()),
            Self::Markdown => Box::new(markdown::Markdown::new(wanted)),
            Self::Html => Box::new(html::Html::new(wanted)),
            Self::Pdf => Box::new(Document::new(Kind::Pdf(fonts.clone()), wanted)),
            Self::Docx => Box::new(Document::new(Kind::Docx, wanted)),
            Self::Text => Box::new(text::Text::new(wanted)),
            Self::Jsonl => Box::new(jsonl::Jsonl::new(wanted)),
            Self::Csv => Box::new(csv::Csv::default()),
        }
    }
}

/// One conversation in one format, as it is written.
trait Page: Send {
    /// `first` says whether nothing stands before it in its file.
    fn begin(
        &mut self,
        conversation: &ConversationRecord,
        first: bool,
        out: &mut dyn Write,
    ) -> io::Result<()>;
    fn message(&mut self, message: &MessageRecord, version: Version, out: &mut dyn Write) -> io::Result<()>;
    fn end(&mut self, out: &mut dyn Write) -> io::Result<()>;
}

/// Writes conversations, one after another, to where they are to go.
pub struct Export {
    format: Format,
    wanted: Wanted,
    page: Box<dyn Page>,
    output: Output,
    fonts: Fonts,
    interrupt: Interrupt,
}

impl Export {
    /// Writes to `output` until `interrupt` is asked, and fails then.
    pub fn new(format: Format, wanted: Wanted, output: Output, interrupt: Interrupt) -> Self {
        let fonts = Fonts::default();
        Self { format, wanted, page: format.page(wanted, &fonts), output, fonts, interrupt }
    }

    /// All conversations were told: what was written gets its name.
    pub fn finish(self) -> io::Result<()> {
        self.output.finish()
    }
}

impl Listener for Export {
    fn begin(&mut self, conversation: &ConversationRecord) -> io::Result<()> {
        self.page = self.format.page(self.wanted, &self.fonts);
        let first = self.output.next(&conversation.title, self.format.extension())?;
        self.page.begin(conversation, first, &mut self.output)
    }

    fn message(&mut self, message: &MessageRecord, version: Version) -> io::Result<()> {
        if self.interrupt.is_asked() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        self.page.message(message, version, &mut self.output)
    }

    fn end(&mut self) -> io::Result<()> {
        self.page.end(&mut self.output)
    }
}

//! A conversation as one web page that needs nothing else: no script, no font, no picture from elsewhere. It follows the
//! reader's light or dark theme, and prints.

use std::io::{self, Write};

use porthole_markdown::{escaped, render};

use super::told::{Beginnings, Sums, facts, others, speaker, text_of, version_words};
use super::words::Words;
use super::{Branches, Page, Wanted};
use crate::domain::record::{ConversationRecord, MessageRecord};
use crate::store::Version;

/// What the window's own page looks like, and what differs on a page to read.
const STYLES: [&str; 4] = [
    include_str!("../../../../ui/src/styles/tokens.css"),
    include_str!("../../../../ui/src/styles/message.css"),
    include_str!("../../../../ui/src/styles/math.css"),
    include_str!("page.css"),
];

pub(super) struct Html {
    wanted: Wanted,
    beginnings: Beginnings,
}

impl Html {
    const fn words(&self) -> &'static Words {
        self.wanted.language.words()
    }

    pub(super) fn new(wanted: Wanted) -> Self {
        Self { wanted, beginnings: Beginnings::default() }
    }
}

fn blocks(markdown: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"<div class=\"blocks\">")?;
    for block in render(markdown) {
        write!(out, "<div class=\"block\">{}</div>", block.html)?;
    }
    out.write_all(b"</div>\n")
}

impl Page for Html {
    fn begin(
        &mut self,
        conversation: &ConversationRecord,
        first: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let title = escaped(&conversation.title);
        if first {
            // Nothing is loaded, whatever a message says.
            write!(
                out,
                "<!doctype html>\n<html>\n<meta charset=\"utf-8\">\n\
                 <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
                 <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>\n"
            )?;
            for style in STYLES {
                out.write_all(style.as_bytes())?;
            }
            out.write_all(b"</style>\n")?;
        }
        write!(out, "<main>\n<h1>{title}</h1>\n<p class=\"facts\">")?;
        writeln!(out, "{}</p>", escaped(&facts(conversation)))?;
        match &conversation.settings.system {
            Some(system) if self.wanted.system && !system.trim().is_empty() => {
                writeln!(
                    out,
                    "<article class=\"system\"><h2>{}</h2><pre>{}</pre></article>",
                    self.words().system,
                    escaped(system)
                )
            }
            _ => Ok(()),
        }
    }

    fn message(&mut self, message: &MessageRecord, version: Version, out: &mut dyn Write) -> io::Result<()> {
        let text = text_of(message, "text");
        if let Some(words) = version_words(version, self.beginnings.before(message), self.words()) {
            writeln!(out, "<p class=\"version\">{}</p>", escaped(&words))?;
        }
        if self.wanted.branches == Branches::All {
            self.beginnings.note(message, &text);
        }
        let role = if message.role == "user" { "user" } else { "other" };
        writeln!(out, "<article class=\"{role}\">\n<h2>{}</h2>", escaped(&speaker(message, self.words())))?;
        let thinking = text_of(message, "thinking");
        if self.wanted.thinking && !thinking.trim().is_empty() {
            writeln!(out, "<details><summary>{}</summary>", self.words().thinking)?;
            blocks(&thinking, out)?;
            out.write_all(b"</details>\n")?;
        }
        if !text.is_empty() {
            blocks(&text, out)?;
        }
        for (caption, said) in others(message) {
            writeln!(
                out,
                "<figure><figcaption>{}</figcaption><pre>{}</pre></figure>",
                escaped(caption),
                escaped(&said)
            )?;
        }
        if let Some(words) = Sums::of(message).words(self.words()).filter(|_| self.wanted.usage) {
            writeln!(out, "<p class=\"usage\">{}</p>", escaped(&words))?;
        }
        out.write_all(b"</article>\n")
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"</main>\n")
    }
}

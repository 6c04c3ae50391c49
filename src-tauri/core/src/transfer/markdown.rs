//! A conversation as a person would write it down: a few facts in front, a heading for each turn, and its Markdown as it is.

use std::io::{self, Write};

use porthole_markdown::{closed, tamed};

use super::told::{Beginnings, Sums, moment, others, speaker, text_of, version_words};
use super::words::Words;
use super::{Branches, Page, Wanted};
use crate::domain::record::{ConversationRecord, MessageRecord};
use crate::store::Version;

pub(super) struct Markdown {
    wanted: Wanted,
    beginnings: Beginnings,
}

impl Markdown {
    const fn words(&self) -> &'static Words {
        self.wanted.language.words()
    }

    pub(super) fn new(wanted: Wanted) -> Self {
        Self { wanted, beginnings: Beginnings::default() }
    }
}

/// A value of the front matter: a string in double quotes, which YAML reads as JSON does (YAML 1.2.2, section 1.3).
fn quoted(text: &str) -> String {
    // To a program that knows no front matter it is Markdown.
    serde_json::Value::from(text).to_string().replace('<', "\\u003c").replace('[', "\\u005b")
}

/// A heading of one line, in which nothing is marked up.
fn heading(text: &str) -> String {
    let mut heading = String::new();
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        if c.is_ascii_punctuation() && "\\`*_[]<>#|~$&".contains(c) {
            heading.push('\\');
        }
        heading.push(c);
    }
    heading
}

fn quote(text: &str) -> String {
    text.lines().map(|line| format!("> {line}").trim_end().to_owned() + "\n").collect()
}

impl Page for Markdown {
    fn begin(
        &mut self,
        conversation: &ConversationRecord,
        first: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        // One file has one front matter, at its very beginning.
        if first {
            writeln!(out, "---\ntitle: {}", quoted(&conversation.title))?;
            writeln!(out, "created: {}", moment(conversation.created_at_ms))?;
            writeln!(out, "updated: {}", moment(conversation.updated_at_ms))?;
            if !conversation.folder.is_empty() {
                let path: Vec<&str> = conversation.folder.iter().map(|folder| folder.name.as_str()).collect();
                writeln!(out, "folder: {}", quoted(&path.join("/")))?;
            }
            if !conversation.tags.is_empty() {
                let tags: Vec<String> = conversation.tags.iter().map(|tag| quoted(tag)).collect();
                writeln!(out, "tags: [{}]", tags.join(", "))?;
            }
            writeln!(out, "---\n")?;
        } else {
            writeln!(out)?;
        }
        writeln!(out, "# {}", heading(&conversation.title))?;
        match &conversation.settings.system {
            Some(system) if self.wanted.system && !system.trim().is_empty() => {
                write!(out, "\n## {}\n\n{}", self.words().system, quote(&tamed(system)))
            }
            _ => Ok(()),
        }
    }

    fn message(&mut self, message: &MessageRecord, version: Version, out: &mut dyn Write) -> io::Result<()> {
        let text = text_of(message, "text");
        if let Some(words) = version_words(version, self.beginnings.before(message), self.words()) {
            write!(out, "\n---\n\n*{}*\n", heading(&words))?;
        }
        if self.wanted.branches == Branches::All {
            self.beginnings.note(message, &text);
        }
        write!(out, "\n## {}\n", heading(&speaker(message, self.words())))?;
        let thinking = text_of(message, "thinking");
        if self.wanted.thinking && !thinking.trim().is_empty() {
            write!(
                out,
                "\n<details>\n<summary>{}</summary>\n\n{}\n\n</details>\n",
                self.words().thinking,
                closed(&tamed(thinking.trim_matches('\n')))
            )?;
        }
        if !text.is_empty() {
            write!(out, "\n{}\n", closed(&tamed(text.trim_matches('\n'))))?;
        }
        for (caption, said) in others(message) {
            // A longer fence than any inside it.
            let fence = "`".repeat(longest_run(&said).max(2) + 1);
            write!(out, "\n{}:\n\n{fence}json\n{said}\n{fence}\n", heading(caption))?;
        }
        match Sums::of(message).words(self.words()).filter(|_| self.wanted.usage) {
            Some(words) => write!(out, "\n*{words}*\n"),
            None => Ok(()),
        }
    }

    fn end(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// How many backticks stand in a row at most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

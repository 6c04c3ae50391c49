//! A message as plain text: what it says, without the marks that say how it looks.

use std::fmt::Write as _;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::examples::joined;
use crate::parse::options;
use crate::prepare::Prepared;

/// What stands before each line inside of a container.
#[derive(Default)]
struct Around {
    prefixes: Vec<String>,
    /// The numbers of the lists around; none: bullets.
    lists: Vec<Option<u64>>,
}

struct Writer<'a> {
    prepared: &'a Prepared<'a>,
    out: String,
    around: Around,
    /// Whether a block was just begun, so that nothing has to part it from what is before it.
    fresh: bool,
    code: bool,
    /// The addresses of the links around, and where their words begin.
    links: Vec<(String, usize)>,
    cells: usize,
}

/// The text without marks. Code, lists, quotes and tables keep their shape.
pub(crate) fn plain(text: &str) -> String {
    let text = joined(text, false);
    let prepared = Prepared::new(&text);
    let mut writer = Writer {
        prepared: &prepared,
        out: String::new(),
        around: Around::default(),
        fresh: true,
        code: false,
        links: Vec::new(),
        cells: 0,
    };
    for event in Parser::new_ext(prepared.source(), options()) {
        writer.event(event);
    }
    let lines: Vec<&str> = writer.out.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

impl Writer<'_> {
    fn line(&mut self) {
        self.out.push('\n');
        self.out.extend(self.around.prefixes.iter().map(String::as_str));
    }

    /// Begins a block: an empty line parts it from the one before.
    fn block(&mut self) {
        if !std::mem::take(&mut self.fresh) {
            self.line();
            self.line();
        }
    }

    fn push(&mut self, text: &str) {
        self.fresh = false;
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                self.line();
            }
            self.out.push_str(line);
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(end) => self.end(end),
            Event::Text(text) if self.code => {
                let code = self.prepared.code(&text).into_owned();
                self.push(&code);
            }
            Event::Text(text) => {
                let text = self.prepared.text(&text).into_owned();
                self.push(&text);
            }
            Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                let text = self.prepared.code(&text).into_owned();
                self.push(text.trim_end_matches('\n'));
            }
            Event::InlineMath(text) | Event::DisplayMath(text) => {
                let text = self.prepared.formula(&text).into_owned();
                self.push(text.trim_matches('\n'));
            }
            Event::SoftBreak | Event::HardBreak => self.line(),
            Event::Rule => {
                self.block();
                self.push("* * *");
            }
            Event::FootnoteReference(label) => {
                let _ = write!(self.out, "[{label}]");
            }
            Event::TaskListMarker(done) => self.push(if done { "[x] " } else { "[ ] " }),
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "everything else is a mark that plain text does not have"
    )]
    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::BlockQuote(_) => {
                self.block();
                self.out.push_str("> ");
                self.around.prefixes.push("> ".to_owned());
                self.fresh = true;
            }
            Tag::List(number) => {
                if self.around.lists.is_empty() {
                    self.block();
                    self.fresh = true;
                }
                self.around.lists.push(number);
            }
            Tag::Item => self.item(),
            Tag::CodeBlock(_) => {
                self.block();
                self.code = true;
                self.fresh = true;
                self.out.push_str("    ");
                self.around.prefixes.push("    ".to_owned());
            }
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links.push((self.prepared.text(&dest_url).into_owned(), self.out.len()));
            }
            Tag::FootnoteDefinition(label) => {
                self.block();
                let _ = write!(self.out, "[{label}] ");
                self.around.prefixes.push("    ".to_owned());
                self.fresh = true;
            }
            Tag::TableRow => {
                self.line();
                self.cells = 0;
            }
            Tag::TableHead => self.cells = 0,
            Tag::TableCell => {
                if self.cells > 0 {
                    self.push(" | ");
                }
                self.cells += 1;
            }
            Tag::Paragraph | Tag::Heading { .. } | Tag::Table(_) | Tag::HtmlBlock => self.block(),
            _ => {}
        }
    }

    fn item(&mut self) {
        if !std::mem::take(&mut self.fresh) {
            self.line();
        }
        let marker = match self.around.lists.last_mut() {
            Some(Some(number)) => {
                let marker = format!("{number}. ");
                *number += 1;
                marker
            }
            _ => "- ".to_owned(),
        };
        self.out.push_str(&marker);
        self.around.prefixes.push(" ".repeat(marker.len()));
        self.fresh = true;
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else ends with its words")]
    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::CodeBlock => {
                self.code = false;
                self.around.prefixes.pop();
                // The last line of code has an end of its own.
                let end = self.out.trim_end_matches([' ', '\n', '>']).len();
                self.out.truncate(end);
                self.fresh = false;
            }
            TagEnd::BlockQuote(_) | TagEnd::Item | TagEnd::FootnoteDefinition => {
                self.around.prefixes.pop();
                self.fresh = false;
            }
            TagEnd::List(_) => {
                self.around.lists.pop();
                self.fresh = false;
            }
            TagEnd::Link | TagEnd::Image => {
                if let Some((address, begun)) = self.links.pop()
                    && self.out.get(begun..).is_some_and(|words| words != address && !address.is_empty())
                {
                    let _ = write!(self.out, " ({address})");
                }
            }
            _ => {}
        }
    }
}

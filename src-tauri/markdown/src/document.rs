//! A message that is arriving, and what a reader has not seen of it.

use std::fmt::Write;

use crate::examples::joined;
use crate::footnotes::Footnotes;
use crate::highlight::Highlights;
use crate::parse::{Definition, Parsed, parse};
use crate::prepare::Prepared;
use crate::write::{Shared, block};
use crate::{Block, Patch, unfinished};

/// When more bytes than this have to be read to draw what is open, it is not drawn with every piece: that would take
/// quadratic time.
const LARGE: usize = 16 * 1024;
/// What part of so many bytes has to be new for what is open to be drawn again.
const FRACTION: usize = 32;

/// A message that is arriving.
///
/// The text falls into two parts. Blocks before the last one that has begun on a whole line can no longer be changed by
/// anything that follows: they are *settled*, rendered once and never parsed again. What comes after is *open*, and is
/// rendered anew with each push, as if its author had just closed everything. A very large open block is rendered anew
/// only when it has grown by a part of its size, and in any case by [`Document::finish`].
///
/// One thing does reach back: a link or a footnote may be defined after it was referred to. When a definition arrives and
/// a settled block has a bracket in it, the settled part is rendered again. [`Document::finish`] renders all of it in
/// any case, so that the result never depends on how the text was cut into pieces.
#[derive(Clone, Debug, Default)]
pub struct Document {
    text: String,
    /// The settled blocks, then the open ones, then the section of footnotes.
    blocks: Vec<Shown>,
    settled: Settled,
    highlights: Highlights,
    /// How much of the text the blocks show.
    drawn: usize,
    /// How many bytes had to be read to draw what is open.
    parsed: usize,
    revision: u64,
    finished: bool,
}

#[derive(Clone, Debug)]
struct Shown {
    html: String,
    revision: u64,
}

/// What is known about the part of the text that no longer changes.
#[derive(Clone, Debug, Default)]
struct Settled {
    /// Its length in the text.
    bytes: usize,
    /// How many blocks it has.
    blocks: usize,
    /// How many of them are, or contain, code; counted as code blocks.
    codes: usize,
    /// Whether anything in it could be a reference.
    brackets: bool,
    footnotes: Footnotes,
    links: Vec<Definition>,
    /// How many definitions were known when it was last rendered from the start.
    definitions: usize,
}

impl Document {
    /// An empty message.
    pub fn new() -> Self {
        Self::default()
    }

    /// A message of which nothing need be shown before it is finished.
    pub(crate) fn complete(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// Adds text that has arrived.
    pub fn push(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.finished {
            self.finished = false;
            self.settled = Settled::default();
        }
        self.text.push_str(text);
        let new = self.text.len() - self.drawn;
        if self.parsed > LARGE && new < self.parsed / FRACTION {
            return;
        }
        let before = self.revision;
        self.revision += 1;
        let lines = self.text[self.drawn..].contains('\n');
        self.drawn = self.text.len();
        let mut changed = lines && self.settle();
        changed |= self.draw_open();
        if !changed {
            self.revision = before;
        }
    }

    /// Says that no more text will come.
    ///
    /// The blocks are then exactly those that [`crate::render`] makes of the whole text.
    pub fn finish(&mut self) {
        if self.finished {
            return;
        }
        self.finished = true;
        let before = self.revision;
        self.revision += 1;
        self.drawn = self.text.len();
        self.parsed = 0;
        let joined = joined(&self.text, false);
        let text = unfinished::ended(&joined);
        let prepared = Prepared::new(&text);
        let parsed = parse(&prepared, 0);
        let mut footnotes = Footnotes::default();
        let shared = Shared { footnotes: &mut footnotes, highlights: &mut self.highlights, codes: 0 };
        let mut html = rendered(&parsed, parsed.len(), &prepared, shared).0;
        html.extend(footnotes.section());
        if !self.show(0, html) {
            self.revision = before;
        }
        self.highlights = Highlights::default();
        self.settled = Settled::default();
    }

    /// Grows with each change of the blocks, and only then.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The blocks that changed after `revision`; 0 asks for all of them.
    pub fn patch_since(&self, revision: u64) -> Patch {
        let changed = (0..)
            .zip(&self.blocks)
            .filter(|(_, shown)| shown.revision > revision)
            .map(|(key, shown)| Block { key, html: shown.html.clone() })
            .collect();
        Patch { changed, length: u32::try_from(self.blocks.len()).unwrap_or(u32::MAX) }
    }

    /// The text that has arrived so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Moves the boundary between settled and open as far as whole lines allow. A line that is still arriving can turn
    /// into anything, so it settles nothing.
    fn settle(&mut self) -> bool {
        let end = self.text.rfind('\n').map_or(0, |newline| newline + 1);
        let (known, changed) = self.settle_from_here(end);
        if self.settled.brackets && known > self.settled.definitions {
            self.settled = Settled { definitions: known, ..Settled::default() };
            let (_, again) = self.settle_from_here(end);
            return changed | again;
        }
        self.settled.definitions = known;
        changed
    }

    /// Returns how many definitions are known and whether anything is shown differently.
    fn settle_from_here(&mut self, end: usize) -> (usize, bool) {
        let context = self.settled.context();
        let start = self.settled.bytes;
        let source = format!("{context}{}", joined(&self.text[start..end], true));
        let prepared = Prepared::new(&source);
        let parsed = parse(&prepared, context.len());
        let defined = self.settled.known_with(&parsed);
        let Some(last) = parsed.len().checked_sub(1).filter(|last| *last > 0) else {
            return (defined, false);
        };
        let boundary = parsed.start_of(last).unwrap_or(context.len()).saturating_sub(context.len());
        let shared = Shared {
            footnotes: &mut self.settled.footnotes,
            highlights: &mut self.highlights,
            codes: self.settled.codes,
        };
        let (html, codes) = rendered(&parsed, last, &prepared, shared);
        let links = parsed.definitions.iter().filter(|link| link.start < context.len() + boundary);
        for link in links.cloned() {
            if !self.settled.links.iter().any(|known| known.label.eq_ignore_ascii_case(&link.label)) {
                self.settled.links.push(link);
            }
        }
        self.settled.codes = codes;
        self.settled.brackets |= self.text[start..start + boundary].contains('[');
        self.settled.bytes = start + boundary;
        let first = self.settled.blocks;
        self.settled.blocks += html.len();
        (defined, self.show(first, html))
    }

    /// Renders what is open as if it ended here.
    fn draw_open(&mut self) -> bool {
        let mut source = self.settled.context();
        let from = source.len();
        self.parsed = from + self.text.len() - self.settled.bytes;
        source.push_str(&unfinished::completed(&joined(&self.text[self.settled.bytes..], true)));
        let prepared = Prepared::new(&source);
        let parsed = parse(&prepared, from);
        let mut footnotes = self.settled.footnotes.clone();
        let shared =
            Shared { footnotes: &mut footnotes, highlights: &mut self.highlights, codes: self.settled.codes };
        let mut html = rendered(&parsed, parsed.len(), &prepared, shared).0;
        html.extend(footnotes.section());
        self.show(self.settled.blocks, html)
    }

    /// Puts blocks from `first` to the end and tells whether that changes anything.
    fn show(&mut self, first: usize, html: Vec<String>) -> bool {
        let length = first + html.len();
        let mut changed = self.blocks.len() != length;
        self.blocks.truncate(length);
        for (at, html) in (first..).zip(html) {
            match self.blocks.get_mut(at) {
                Some(shown) if shown.html == html => {}
                Some(shown) => {
                    *shown = Shown { html, revision: self.revision };
                    changed = true;
                }
                None => {
                    self.blocks.push(Shown { html, revision: self.revision });
                    changed = true;
                }
            }
        }
        changed
    }
}

impl Settled {
    /// Markdown that makes settled definitions known to the parser of what follows.
    fn context(&self) -> String {
        let mut context = String::new();
        for link in &self.links {
            context.push('[');
            context.push_str(&link.label);
            context.push_str("]: <");
            for character in link.destination.chars().filter(|character| !matches!(character, '\n' | '\r')) {
                if matches!(character, '<' | '>' | '\\' | '&') {
                    context.push('\\');
                }
                context.push(character);
            }
            context.push_str(">\n");
        }
        for label in self.footnotes.labels() {
            // Writing to a String cannot fail.
            let _ = writeln!(context, "\n[^{label}]: x");
        }
        if !context.is_empty() {
            // Nothing that follows can continue a rule.
            context.push_str("\n***\n\n");
        }
        context
    }

    fn known_with(&self, parsed: &Parsed<'_>) -> usize {
        let footnotes = parsed.footnotes().filter(|label| !self.footnotes.defines(label)).count();
        self.links.len() + self.footnotes.labels().count() + parsed.definitions.len() + footnotes
    }
}

/// The first `count` blocks as HTML, and how many code blocks there are up to their end.
fn rendered(
    parsed: &Parsed<'_>,
    count: usize,
    prepared: &Prepared<'_>,
    mut shared: Shared<'_>,
) -> (Vec<String>, usize) {
    let html =
        parsed.blocks().take(count).filter_map(|events| block(events, prepared, &mut shared)).collect();
    (html, shared.codes)
}

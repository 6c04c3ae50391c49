//! Where a text needs marks.

use std::ops::Range;

use crate::autolink::end_in_markup;
use crate::dollars::{Dollars, Edit};
use crate::linebreak::break_tag;
use crate::marks::DOLLAR;
use crate::tables::{bars, cells, columns, inner_bars, list_marker};

/// The parser looks at every container again with every line. Nobody sees this many, see [`crate::nesting`].
const MOST_CONTAINERS: usize = 1_000;

/// What is to be changed in a text, in order.
pub(crate) fn edits(text: &str) -> Vec<Edit> {
    let mut scan = Scan { text, ..Scan::default() };
    scan.run();
    scan.edits
}

#[derive(Default)]
struct Scan<'t> {
    text: &'t str,
    edits: Vec<Edit>,
    /// `\(` or `\[`: where, which, and how many edits there were.
    opening: Option<(usize, u8, usize)>,
    dollars: Dollars,
    /// Delimiter runs that have been seen once in this block, and not again.
    runs: Vec<&'t str>,
    /// How far the text goes in which the two ends of something can stand.
    block_end: usize,
    /// Whether an indented line may belong to a list or a quote; otherwise it is code.
    contained: bool,
    /// How many quotes the line before is in.
    quotes: usize,
    /// Up to here it is code.
    code_end: usize,
    /// In a table, how many columns it has.
    columns: Option<usize>,
    /// How far its cell goes.
    cell_end: usize,
    /// Bars of this row that part cells too many.
    surplus: Range<usize>,
}

impl Scan<'_> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = self.line(0);
        while at < bytes.len() {
            at = match bytes[at] {
                b'\n' => self.line(at + 1),
                b'|' => self.bar(at),
                _ if at < self.code_end => at + 1,
                b'\\' => self.backslash(at),
                b'`' => self.backticks(at),
                b'$' => self.dollar(at),
                byte @ (b'*' | b'~') => self.delimiters(at, byte),
                byte @ (b'{' | b'}') => {
                    self.dollars.brace(byte == b'{');
                    at + 1
                }
                b'h' | b'H' | b'w' | b'W' => self.address(at),
                _ => at + 1,
            };
        }
    }

    /// Begins a line and returns where its content starts.
    fn line(&mut self, start: usize) -> usize {
        let text = self.text;
        let end = line_end(text, start);
        let content = self.containers(start, end);
        let line = &text[content..end];
        self.surplus = 0..0;
        if line.trim().is_empty() {
            self.opening = None;
            self.columns = None;
            self.block_end = end;
            return content;
        }
        let begins = begins_block(&text[start..end], self.quotes);
        self.quotes = quotes(&text[start..end]);
        if begins {
            self.columns = None;
        }
        if self.columns.is_none() && (begins || start >= self.block_end) {
            self.begin_block();
            let before = &text[start..content];
            let indented = before.starts_with("    ") || before.starts_with('\t');
            if !indented {
                self.contained = !before.trim().is_empty();
            }
            let code = before.ends_with("    ") || before.ends_with('\t') || (indented && !self.contained);
            self.block_end = if code || is_one_line(line) { end } else { block_end(text, end, self.quotes) };
        }
        if is_fence(line) {
            return end - usize::from(line.ends_with('\n'));
        }
        self.table_row(content, end);
        if self.columns.is_some() {
            self.begin_block();
            self.block_end = end;
        }
        if break_tag(line).is_some() {
            // Otherwise the line would be the first of a block of raw HTML.
            self.edits.push(Edit { at: content, replaced: 0, new: "\u{FDD0}" });
        }
        content
    }

    fn begin_block(&mut self) {
        self.dollars = Dollars::default();
        self.runs.clear();
    }

    /// Where the content of a line starts, behind the markers of quotes and lists.
    fn containers(&mut self, start: usize, end: usize) -> usize {
        let mut at = start;
        for _ in 0..MOST_CONTAINERS {
            let line = &self.text[at..end];
            let rest = line.trim_start_matches([' ', '\t']);
            at += line.len() - rest.len();
            match rest.strip_prefix('>').map(|_| 1).or_else(|| list_marker(rest)) {
                Some(length) => at += length,
                None => return at,
            }
        }
        self.edits.push(Edit { at, replaced: 0, new: "\u{FDD0}" });
        at
    }

    /// Cells that the head of the table has no column for would be dropped. Their bars are made text, which joins them
    /// to the last one.
    fn table_row(&mut self, start: usize, end: usize) {
        let row = &self.text[start..end];
        if let Some(columns) = self.columns {
            let surplus = inner_bars(row);
            if let (Some(first), Some(last)) = (surplus.get(columns - 1), surplus.last()) {
                self.surplus = start + first..start + last + 1;
            }
        } else if row.contains('|') {
            let below = columns(&self.text[end..line_end(self.text, end)]);
            self.columns = below.filter(|columns| *columns == cells(row));
        }
    }

    fn bar(&mut self, at: usize) -> usize {
        if self.surplus.contains(&at) && !self.text[..at].ends_with('\\') {
            self.edits.extend(Edit::plain(self.text, at));
        } else if self.columns.is_some() {
            self.begin_block();
        }
        at + 1
    }

    fn backslash(&mut self, at: usize) -> usize {
        let text = self.text;
        let next = text.as_bytes().get(at + 1);
        match (next, self.opening) {
            (Some(&bracket @ (b'(' | b'[')), None) => self.opening = Some((at, bracket, self.edits.len())),
            (Some(b')'), Some((start, b'(', place))) | (Some(b']'), Some((start, b'[', place))) => {
                // Without a letter or a digit these are brackets that somebody escaped.
                if text[start + 2..at].contains(char::is_alphanumeric) {
                    self.push_formula(place, start, at, next == Some(&b')'));
                }
                self.opening = None;
            }
            (Some(_) | None, _) => {}
        }
        // Whatever stands after a backslash is no delimiter.
        if matches!(next, Some(b'\n' | b'|')) { at + 1 } else { at + 2 }
    }

    fn push_formula(&mut self, place: usize, start: usize, end: usize, inline: bool) {
        let (opening, closing) =
            if inline { ("$\u{FDD1}", "\u{FDD1}$") } else { ("$$\u{FDD2}", "\u{FDD2}$$") };
        let inner = self.edits.split_off(place);
        self.edits.push(Edit { at: start, replaced: 2, new: opening });
        for mut edit in inner {
            // Inside a formula a star is a star and a dollar a dollar.
            if edit.new == "$" {
                edit.new = DOLLAR;
            }
            if edit.replaced > 0 {
                self.edits.push(edit);
            }
        }
        self.edits.push(Edit { at: end, replaced: 2, new: closing });
        self.dollars = Dollars::default();
    }

    fn backticks(&mut self, at: usize) -> usize {
        let length = run_length(self.text, at);
        if self.columns.is_some() && at >= self.cell_end {
            let mut bars = bars(&self.text[at..self.block_end]).map(|bar| at + bar);
            self.cell_end = bars.find(|bar| !self.surplus.contains(bar)).unwrap_or(self.block_end);
        }
        let end = if self.columns.is_some() { self.cell_end } else { self.block_end };
        let mut from = at + length;
        while let Some(next) = self.text.get(from..end).and_then(|rest| rest.find('`')) {
            let run = run_length(self.text, from + next);
            from += next + run;
            if run == length {
                self.code_end = from;
                break;
            }
        }
        at + length
    }

    fn dollar(&mut self, at: usize) -> usize {
        let length = run_length(self.text, at);
        self.dollars.push(&mut self.edits, self.text, at, length);
        at + length
    }

    fn delimiters(&mut self, at: usize, byte: u8) -> usize {
        let end = at + run_length(self.text, at);
        if byte == b'~' && end == at + 1 {
            // The parser would strike what stands between single tildes.
            self.edits.extend(Edit::plain(self.text, at));
            return end;
        }
        let run = &self.text[at..end];
        match self.runs.iter().position(|known| *known == run) {
            Some(place) => drop(self.runs.swap_remove(place)),
            None if run.len() < 4 => self.runs.push(run),
            None => {}
        }
        self.push_joiners(at, end);
        end
    }

    fn push_joiners(&mut self, start: usize, end: usize) {
        let (Some(before), Some(after)) =
            (self.text[..start].chars().next_back(), self.text[end..].chars().next())
        else {
            return;
        };
        let east_asian = is_east_asian(before) || is_east_asian(after);
        if !east_asian || before.is_whitespace() || after.is_whitespace() {
            return;
        }
        if !before.is_alphanumeric() {
            self.edits.push(Edit { at: start, replaced: 0, new: "\u{FDD0}" });
        }
        if !after.is_alphanumeric() {
            self.edits.push(Edit { at: end, replaced: 0, new: "\u{FDD0}" });
        }
    }

    /// Nothing inside an address is markup. What is escaped is none in any case.
    fn address(&mut self, at: usize) -> usize {
        let Some(end) = end_in_markup(self.text, at, &self.runs) else {
            return at + 1;
        };
        let bytes = self.text.as_bytes();
        let characters = (at + 1..end).filter(|at| bytes[at - 1] != b'\\');
        self.edits.extend(characters.filter_map(|at| Edit::plain(self.text, at)));
        end
    }
}

/// How often the byte at a place is repeated from there.
pub(crate) fn run_length(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    bytes[at..].iter().take_while(|byte| **byte == bytes[at]).count()
}

fn line_end(text: &str, start: usize) -> usize {
    text[start..].find('\n').map_or(text.len(), |newline| start + newline + 1)
}

/// Whether a line cannot go on with the paragraph before it, which is in so many quotes.
fn begins_block(line: &str, quoted: usize) -> bool {
    let content = line.trim_start_matches([' ', '\t', '>']);
    quotes(line) > quoted
        || list_marker(content).is_some()
        || content.starts_with("[^")
        || is_one_line(content)
}

/// Whether no paragraph goes on behind this: headings, rules, fences, HTML.
fn is_one_line(content: &str) -> bool {
    let rule = content.trim_end();
    content.starts_with(['#', '<'])
        || is_fence(content)
        || rule.bytes().all(|byte| matches!(byte, b'=' | b'-' | b'*' | b'_' | b' '))
}

fn is_fence(content: &str) -> bool {
    content.starts_with("```") || content.starts_with("~~~")
}

fn quotes(line: &str) -> usize {
    let content = line.trim_start_matches([' ', '\t', '>']);
    line[..line.len() - content.len()].matches('>').count()
}

/// Where the lines end that may belong to the paragraph of the line that ends at `end`.
fn block_end(text: &str, mut end: usize, quoted: usize) -> usize {
    while end < text.len() {
        let next = line_end(text, end);
        let line = &text[end..next];
        if line.trim_matches([' ', '\t', '\r', '\n', '>']).is_empty() || begins_block(line, quoted) {
            break;
        }
        end = next;
    }
    end
}

/// Whether a character belongs to a script written without spaces between words, its punctuation included.
pub(crate) fn is_east_asian(character: char) -> bool {
    matches!(character, '\u{1100}'..='\u{11FF}' | '\u{2018}'..='\u{201F}' | '\u{2026}' | '\u{2E80}'..='\u{303F}'
        | '\u{3040}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{A960}'..='\u{A97F}' | '\u{AC00}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE6F}' | '\u{FF00}'..='\u{FFEF}' | '\u{1B000}'..='\u{1B16F}'
        | '\u{20000}'..='\u{3FFFF}')
}

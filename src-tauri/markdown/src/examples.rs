//! Markdown shown as an example, with code blocks of its own.
//!
//! A model that is asked for a README answers with a fence of `markdown` and writes the README's own fences inside with
//! as many backticks. To `CommonMark` the first bare fence ends the example, and the rest of the reply is inside out.
//! An inner fence that names its language can only open, so the fence that ends the example is found by counting.

use std::borrow::Cow;

use crate::marks::{BACKTICKS, TILDES, is_mark};
use crate::tables::list_marker;

/// How many lines are looked through for the ends of examples that have none. Without a limit a text of nothing but
/// beginnings would be read once for each.
const PATIENCE: usize = 10_000;

/// The text with the fences inside of examples made into text, every character at its old place.
///
/// In a text that is still `arriving`, an example whose inner fences have not all been closed goes on to the end.
pub(crate) fn joined(text: &str, arriving: bool) -> Cow<'_, str> {
    let mut hidden = hidden_fences(text, arriving).into_iter().peekable();
    if hidden.peek().is_none() && !text.contains(is_mark) {
        return Cow::Borrowed(text);
    }
    let mut joined = String::with_capacity(text.len());
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        if hidden.next_if_eq(&at).is_some() {
            joined.push(if character == '~' { TILDES } else { BACKTICKS });
            characters.nth(1);
        } else {
            joined.push(if is_mark(character) { char::REPLACEMENT_CHARACTER } else { character });
        }
    }
    Cow::Owned(joined)
}

/// A line that opens or closes a code block.
struct Fence<'t> {
    byte: u8,
    /// Where it begins in the text, and in its line.
    at: usize,
    column: usize,
    length: usize,
    info: &'t str,
    quotes: usize,
}

impl<'t> Fence<'t> {
    fn read(text: &'t str, line: Range, inner: bool) -> Option<Self> {
        let whole = &text[line.start..line.end];
        let mut rest = whole.trim_start_matches([' ', '\t', '>']);
        while let Some(length) = list_marker(rest).filter(|_| !inner) {
            rest = rest[length..].trim_start_matches([' ', '\t', '>']);
        }
        let byte = *rest.as_bytes().first().filter(|byte| matches!(byte, b'`' | b'~'))?;
        let length = rest.bytes().take_while(|next| *next == byte).count();
        let info = rest[length..].trim();
        let column = whole.len() - rest.len();
        let quotes = whole[..column].matches('>').count();
        let fence = length >= 3 && !(byte == b'`' && info.contains('`'));
        fence.then_some(Self { byte, at: line.start + column, column, length, info, quotes })
    }

    fn is_example(&self) -> bool {
        let language = self.info.split_whitespace().next().unwrap_or("");
        language.eq_ignore_ascii_case("markdown") || language.eq_ignore_ascii_case("md")
    }

    fn closes(&self, byte: u8, length: usize) -> bool {
        self.info.is_empty() && self.byte == byte && self.length >= length
    }
}

#[derive(Clone, Copy)]
struct Range {
    start: usize,
    end: usize,
}

fn lines(text: &str, from: usize) -> impl Iterator<Item = Range> {
    text[from..].split_inclusive('\n').scan(from, |start, line| {
        let range = Range { start: *start, end: *start + line.len() };
        *start = range.end;
        Some(range)
    })
}

fn hidden_fences(text: &str, arriving: bool) -> Vec<usize> {
    let mut hidden = Vec::new();
    if !text.contains("```") && !text.contains("~~~") {
        return hidden;
    }
    let mut open: Option<(u8, usize)> = None;
    let mut from = 0;
    let mut patience = PATIENCE;
    for line in lines(text, 0) {
        if line.start < from {
            continue;
        }
        let Some(fence) = Fence::read(text, line, open.is_some()) else {
            continue;
        };
        if let Some((byte, length)) = open {
            if fence.closes(byte, length) {
                open = None;
            }
            continue;
        }
        match inside(text, &fence, line.end, &mut patience) {
            Inside::Ends(end, inner) => {
                hidden.extend(inner);
                from = end;
            }
            Inside::Open(inner) if arriving => {
                hidden.extend(inner);
                return hidden;
            }
            Inside::Open(_) | Inside::Nothing => open = Some((fence.byte, fence.length)),
        }
    }
    hidden
}

/// What is inside an example.
enum Inside {
    /// It ends here, and these fences do not end it.
    Ends(usize, Vec<usize>),
    /// Neither it nor the text inside of it has ended, and so far these have not ended it.
    Open(Vec<usize>),
    /// No code blocks that could be told from its end.
    Nothing,
}

fn inside(text: &str, outer: &Fence<'_>, from: usize, patience: &mut usize) -> Inside {
    if !outer.is_example() {
        return Inside::Nothing;
    }
    let mut open = vec![outer.length];
    let mut hidden = Vec::new();
    let mut last = from;
    let before = *patience;
    for line in lines(text, from).take(before) {
        last = line.end;
        *patience -= 1;
        let Some(fence) = Fence::read(text, line, true) else {
            continue;
        };
        if fence.quotes != outer.quotes {
            return Inside::Nothing;
        }
        // A shorter fence, another kind and one that is indented as code cannot end the example.
        if fence.byte != outer.byte || fence.length < outer.length || fence.column > outer.column + 3 {
            continue;
        }
        if !fence.info.is_empty() {
            open.push(fence.length);
        } else if open.last().is_some_and(|length| fence.length >= *length) {
            open.pop();
            if open.is_empty() {
                // The lines of an example that ends are not read again.
                *patience = before;
                return if hidden.is_empty() { Inside::Nothing } else { Inside::Ends(line.end, hidden) };
            }
            hidden.push(fence.at);
        }
    }
    if hidden.is_empty() || last < text.len() { Inside::Nothing } else { Inside::Open(hidden) }
}

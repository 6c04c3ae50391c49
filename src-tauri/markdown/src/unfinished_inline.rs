//! Emphasis, code, links and formulas that are open where a text ends.

use std::borrow::Cow;

use crate::autolink::end_in_markup;
use crate::dollars::{closes, is_display, opens};
use crate::edits::{is_east_asian, run_length};
use crate::linebreak::is_half_break_tag;
use crate::marks::HALF;

/// How many of the innermost openings are looked at for one that something closes.
const DEEPEST: usize = 100;
/// A bracket that has been open for longer than this is a bracket and not the beginning of a link.
const LONGEST_LINK_TEXT: usize = 400;

/// The lines of one block with what is open at their end closed.
pub(crate) fn completed_inline(lines: &str) -> Cow<'_, str> {
    if !lines.contains(['*', '_', '~', '`', '[', '<', '$', '\\', '&']) {
        return Cow::Borrowed(lines);
    }
    let mut scan =
        Scan { text: lines, open: Vec::new(), hidden: Vec::new(), end: lines.len(), literal: None };
    scan.run();
    scan.closed()
}

struct Scan<'t> {
    text: &'t str,
    open: Vec<Open>,
    /// Places of single bytes that are not shown.
    hidden: Vec<usize>,
    /// From here on nothing is shown.
    end: usize,
    /// Code or a formula that is open to the end: where its content starts, how long its opening is, how it closes.
    literal: Option<(usize, usize, String)>,
}

enum Open {
    Emphasis { delimiter: u8, at: usize, length: usize },
    Bracket { at: usize, image: bool },
}

/// What follows the closing bracket of a link.
enum Follow {
    Complete(usize),
    Partial,
    Nothing,
}

impl<'t> Scan<'t> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while at < self.end {
            at = match bytes[at] {
                b'\\' => self.backslash(at),
                b'`' => self.code(at),
                b'$' => self.dollar(at),
                b'h' | b'H' | b'w' | b'W' => end_in_markup(self.text, at, &[]).unwrap_or(at + 1),
                byte @ (b'*' | b'_' | b'~') => self.delimiter(at, byte),
                b'[' => self.bracket(at),
                b']' => self.closing_bracket(at),
                b'<' => self.angle(at),
                b'&' if ends_in_half_entity(&self.text[at..]) => self.cut(at),
                _ => at + 1,
            };
        }
    }

    fn cut(&mut self, at: usize) -> usize {
        self.end = at;
        at
    }

    fn backslash(&mut self, at: usize) -> usize {
        let closing = match self.text.as_bytes().get(at + 1) {
            None => return self.cut(at),
            Some(b'(') => "\\)",
            Some(b'[') => "\\]",
            Some(_) => return at + 2,
        };
        match self.text[at + 2..].find(closing) {
            Some(length) => at + 2 + length + 2,
            None => self.literal(at, 2, format!("{HALF}{closing}"), '\\'),
        }
    }

    fn code(&mut self, at: usize) -> usize {
        let length = run_length(self.text, at);
        let mut from = at + length;
        while let Some(next) = self.text[from..].find('`') {
            let run = run_length(self.text, from + next);
            if run == length {
                return from + next + run;
            }
            from += next + run;
        }
        self.literal(at, length, "`".repeat(length), '`')
    }

    fn dollar(&mut self, at: usize) -> usize {
        let length = run_length(self.text, at);
        let after = at + length;
        let content = &self.text[after..];
        if length > 2 || (length == 1 && !content.is_empty() && !opens(self.text, after)) {
            return after;
        }
        let next = content.find('$').map(|next| after + next);
        match (length, next) {
            (1, None) if content.is_empty() => self.cut(at),
            (1, None) if looks_like_formula(content) => self.literal(at, 1, format!("{HALF}$"), '$'),
            (2, None) => self.literal(at, 2, format!("{HALF}$$"), '$'),
            // The dollars that end it have half arrived.
            (2, Some(next)) if next + 1 == self.text.len() => self.literal(at, 2, format!("{HALF}$$"), '$'),
            (_, Some(next)) => {
                let run = run_length(self.text, next);
                let formula = match length {
                    1 => run == 1 && closes(self.text, next),
                    _ => run == 2 && is_display(&self.text[after..next]),
                };
                if formula { next + run } else { after }
            }
            (_, None) => after,
        }
    }

    /// Everything to the end is code or a formula; half of its closing is not part of it.
    fn literal(&mut self, at: usize, length: usize, closing: String, half: char) -> usize {
        self.end = at + length + self.text[at + length..].trim_end_matches(half).len();
        self.literal = Some((at, length, closing));
        self.end
    }

    fn delimiter(&mut self, at: usize, delimiter: u8) -> usize {
        let length = run_length(self.text, at);
        let Some(after) = self.text[at + length..].chars().next() else {
            return self.cut(at);
        };
        if delimiter == b'~' && length == 1 {
            return at + 1;
        }
        let before = self.text[..at].chars().next_back();
        let joined = before.is_some_and(is_east_asian) || is_east_asian(after);
        let spaced_before = before.is_none_or(char::is_whitespace);
        let mark_before = before.is_some_and(is_mark);
        let mut left = length;
        let closes = !spaced_before && (!mark_before || after.is_whitespace() || is_mark(after) || joined);
        if closes && (delimiter != b'_' || !after.is_alphanumeric()) {
            left = self.close(delimiter, length);
        }
        let opens = !after.is_whitespace()
            && (!is_mark(after) || spaced_before || mark_before || joined)
            && !before.is_some_and(|before| before.is_ascii_alphanumeric())
            && (delimiter != b'~' || length == 2);
        if left > 0 && opens {
            self.open.push(Open::Emphasis { delimiter, at, length: left });
        }
        at + length
    }

    /// Closes what a run of delimiters can close and returns how many are left.
    fn close(&mut self, delimiter: u8, mut left: usize) -> usize {
        while left > 0 {
            let mut innermost = (0..self.open.len()).rev().take(DEEPEST);
            let place = innermost.find(|place| match &self.open[*place] {
                Open::Bracket { .. } => true,
                Open::Emphasis { delimiter: known, .. } => *known == delimiter,
            });
            let Some(place) = place.filter(|place| matches!(self.open[*place], Open::Emphasis { .. })) else {
                return left;
            };
            self.open.truncate(place + 1);
            if let Some(Open::Emphasis { length, .. }) = self.open.last_mut() {
                let used = if *length >= 2 && left >= 2 { 2 } else { 1 };
                *length -= used;
                left -= used;
                if *length == 0 {
                    self.open.pop();
                }
            }
        }
        left
    }

    fn bracket(&mut self, at: usize) -> usize {
        let image = self.text[..at].ends_with('!') && !self.text[..at].ends_with("\\!");
        let content = &self.text[at + 1..];
        let marker =
            content.starts_with('^') || (at == 0 && (content.starts_with('!') || is_half_box(content)));
        if marker || content.is_empty() {
            return match content.find(']') {
                Some(close) if !is_half_box(content) => at + 1 + close + 1,
                Some(_) | None => self.cut(at - usize::from(image)),
            };
        }
        self.open.push(Open::Bracket { at, image });
        at + 1
    }

    fn closing_bracket(&mut self, close: usize) -> usize {
        let mut innermost = (0..self.open.len()).rev().take(DEEPEST);
        let Some(place) = innermost.find(|place| matches!(self.open[*place], Open::Bracket { .. })) else {
            return close + 1;
        };
        let Open::Bracket { at, image } = self.open[place] else {
            return close + 1;
        };
        match follow(&self.text[close + 1..]) {
            Follow::Complete(length) => {
                self.open.truncate(place);
                close + 1 + length
            }
            Follow::Partial => {
                self.hide_bracket(at, image);
                self.open.remove(place);
                self.cut(close)
            }
            Follow::Nothing => {
                self.open.truncate(place);
                close + 1
            }
        }
    }

    fn hide_bracket(&mut self, at: usize, image: bool) {
        if image {
            self.hidden.push(at - 1);
        }
        self.hidden.push(at);
    }

    fn angle(&mut self, at: usize) -> usize {
        let content = &self.text[at + 1..];
        if is_half_break_tag(&self.text[at..]) {
            return self.cut(at);
        }
        if !content.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/') {
            return at + 1;
        }
        if let Some(close) = content.find(['>', '\n', '<']) {
            return if content[close..].starts_with('>') { at + 1 + close + 1 } else { at + 1 };
        }
        let scheme = content
            .trim_start_matches(|next: char| next.is_ascii_alphanumeric() || matches!(next, '+' | '-' | '.'));
        if scheme.is_empty() || (scheme.starts_with(':') && !scheme.contains(' ')) {
            self.hidden.push(at);
        }
        at + 1
    }

    fn closed(mut self) -> Cow<'t, str> {
        let mut open = std::mem::take(&mut self.open);
        if open.len() > DEEPEST {
            // Nobody meant that.
            open.clear();
        }
        let mut closing: Vec<(usize, usize, String)> = Vec::new();
        for open in open {
            match open {
                Open::Emphasis { delimiter, at, length } => {
                    closing.push((at, length, char::from(delimiter).to_string().repeat(length)));
                }
                Open::Bracket { at, image } if self.end.saturating_sub(at) <= LONGEST_LINK_TEXT => {
                    self.hide_bracket(at, image);
                }
                Open::Bracket { .. } => {}
            }
        }
        let code = self.literal.as_ref().is_some_and(|(_, _, closing)| closing.starts_with('`'));
        closing.extend(self.literal.take());
        if closing.is_empty() && self.hidden.is_empty() && self.end == self.text.len() {
            return Cow::Borrowed(self.text);
        }
        self.hidden.sort_unstable();
        let mut lines = String::with_capacity(self.end + 8);
        let mut from = 0;
        for at in self.hidden.iter().copied().filter(|at| *at < self.end) {
            lines.push_str(&self.text[from..at]);
            from = at + 1;
        }
        lines.push_str(&self.text[from..self.end]);
        let mut innermost_code = code;
        while let Some((at, length, marker)) = closing.pop() {
            let moved = self.hidden.iter().filter(|hidden| **hidden < at).count();
            let content = at + length - moved;
            if lines.get(content..).is_none_or(|content| content.trim().is_empty()) {
                lines.truncate(at - moved);
                continue;
            }
            if !innermost_code {
                lines.truncate(lines.trim_end().len());
            }
            innermost_code = false;
            lines.push_str(&marker);
        }
        Cow::Owned(lines)
    }
}

fn follow(after: &str) -> Follow {
    let Some(first) = after.chars().next() else {
        return Follow::Partial;
    };
    match first {
        '(' => follow_destination(after),
        '[' => after.find(']').map_or(Follow::Partial, |close| Follow::Complete(close + 1)),
        _ => Follow::Nothing,
    }
}

/// `(destination "title")`, of which any part may be missing.
fn follow_destination(after: &str) -> Follow {
    let bytes = after.as_bytes();
    let mut depth = 0;
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' if depth == 0 => return Follow::Complete(at + 1),
            b')' => depth -= 1,
            b'<' if at == 1 => match after[at..].find(['>', '\n']) {
                Some(close) => at += close,
                None => return Follow::Partial,
            },
            b' ' | b'\n' | b'\t' if at > 1 => return follow_title(after, at),
            _ => {}
        }
        at += 1;
    }
    Follow::Partial
}

fn follow_title(after: &str, from: usize) -> Follow {
    let rest = after[from..].trim_start();
    let start = after.len() - rest.len();
    let quote = match rest.bytes().next() {
        None => return Follow::Partial,
        Some(b')') => return Follow::Complete(start + 1),
        Some(quote @ (b'"' | b'\'')) => char::from(quote),
        Some(b'(') => ')',
        Some(_) => return Follow::Nothing,
    };
    let Some(close) = rest[1..].find(quote) else {
        return Follow::Partial;
    };
    let end = rest[1 + close + 1..].trim_start();
    match end.bytes().next() {
        None => Follow::Partial,
        Some(b')') => Follow::Complete(after.len() - end.len() + 1),
        Some(_) => Follow::Nothing,
    }
}

fn is_mark(character: char) -> bool {
    !character.is_alphanumeric() && !character.is_whitespace()
}

/// The beginning of a task's box.
fn is_half_box(content: &str) -> bool {
    matches!(content, "" | " " | "x" | "X" | " ]" | "x]" | "X]")
}

fn ends_in_half_entity(text: &str) -> bool {
    let name = text[1..].trim_start_matches('#');
    name.len() < 32 && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Money is written with the same sign: `$5 and` must not turn into a formula that never ends.
fn looks_like_formula(content: &str) -> bool {
    let letter = content
        .starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '\\' | '(' | '{' | '-'));
    letter && (content.len() <= 2 || content.contains(['\\', '^', '_', '{', '=']))
}

//! Text that has not all arrived, closed as its author would have closed it.
//!
//! Half of something must not look like a mistake: `**bo` is bold already, `[te` is the text of a link, a row of bars is
//! the head of a table. Only the very end of a text can be unfinished, so only that is looked at: which block the text
//! ends in is asked of the parser, and the rest is a scan of that block's last lines. Guessing wrong costs a moment of
//! wrong looks and nothing else, because finished text never comes here, but for a table that ends at its head: taking
//! that back would be a jump.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use crate::parse::options;
use crate::tables::bars;
use crate::unfinished_inline::completed_inline;

/// The text with what is open at its end closed, or hidden where nothing can be said about it yet.
pub(crate) fn completed(text: &str) -> Cow<'_, str> {
    if let Some(fence) = open_fence_at_start(text) {
        return Cow::Borrowed(within_fence(text, fence));
    }
    let whole = ending(text);
    match whole {
        Ending::Fence(fence) => return Cow::Borrowed(within_fence(text, fence)),
        Ending::Literal => return Cow::Borrowed(text),
        Ending::Inline(_) | Ending::Nothing => {}
    }
    let shorter = without_half_marker(text);
    // Without its last marker the text may end in another block.
    let ending = if shorter.len() < text.len() { ending(shorter) } else { whole };
    match ending {
        Ending::Inline(range) => within_lines(shorter, range),
        Ending::Fence(_) | Ending::Literal | Ending::Nothing => Cow::Borrowed(shorter),
    }
}

/// The text with what is open of a table at its end as it was shown while the rest of the table was to come.
pub(crate) fn ended(text: &str) -> Cow<'_, str> {
    let mut lines = text.trim_end().rsplit('\n').map(|line| line.trim_matches([' ', '\t', '\r', '>']));
    let last = lines.next().unwrap_or("");
    if !last.contains('|') {
        return Cow::Borrowed(text);
    }
    let end = ending(text);
    if matches!(end, Ending::Fence(_) | Ending::Literal) {
        return Cow::Borrowed(text);
    }
    let row_begun = last == "|" && lines.next().is_some_and(|above| above.starts_with('|'));
    let shorter = if row_begun { without_half_marker(text) } else { text };
    let end = if row_begun { ending(shorter) } else { end };
    match end {
        Ending::Inline(range) => with_table(shorter, &range).map_or(Cow::Borrowed(shorter), Cow::Owned),
        Ending::Fence(_) | Ending::Literal | Ending::Nothing => Cow::Borrowed(shorter),
    }
}

/// What a text ends in.
enum Ending {
    /// A fenced code block that starts here; it may have been closed.
    Fence(usize),
    /// Code or HTML, where nothing has a meaning that could be unfinished.
    Literal,
    /// Text in a block that further text would join.
    Inline(Range<usize>),
    /// A block that nothing joins any more.
    Nothing,
}

fn ending(text: &str) -> Ending {
    let mut ending = Ending::Nothing;
    let mut heading = false;
    let mut cell = false;
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) => ending = Ending::Fence(range.start),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented) | Tag::HtmlBlock) => {
                ending = Ending::Literal;
            }
            Event::Start(
                Tag::Paragraph
                | Tag::Heading { .. }
                | Tag::Item
                | Tag::TableCell
                | Tag::BlockQuote(_)
                | Tag::FootnoteDefinition(_),
            )
            | Event::Rule => {
                heading = matches!(event, Event::Start(Tag::Heading { .. }));
                cell = matches!(event, Event::Start(Tag::TableCell));
                ending = Ending::Nothing;
            }
            Event::Text(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Start(
                Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. },
            ) => {
                ending = match ending {
                    // A backslash is not part of what it escapes.
                    Ending::Nothing => Ending::Inline(
                        range.start - usize::from(text[..range.start].ends_with('\\'))..range.end,
                    ),
                    Ending::Inline(known) => Ending::Inline(known.start..known.end.max(range.end)),
                    Ending::Fence(_) | Ending::Literal => ending,
                };
            }
            Event::Html(_) | Event::TaskListMarker(_) | Event::Start(_) | Event::End(_) => {}
        }
    }
    if let Ending::Inline(range) = &ending {
        let rest = &text[range.end..];
        let joins = if heading {
            !rest.contains('\n')
        } else if cell {
            !rest.contains(['\n', '|'])
        } else {
            rest.matches('\n').count() < 2 && rest.trim_matches([' ', '\t', '\r', '\n', '>']).is_empty()
        };
        if !joins {
            return Ending::Nothing;
        }
    }
    ending
}

/// Where the text is one fenced code block that nothing has closed, without asking the parser: a long block of code is
/// the longest that stays open.
fn open_fence_at_start(text: &str) -> Option<usize> {
    let start = text.len() - text.trim_start_matches(' ').len();
    let (fence, length) = fence_at(text, start).filter(|_| start < 4)?;
    let first_line = text[start + length..].lines().next().unwrap_or("");
    if fence == b'`' && first_line.contains('`') {
        return None;
    }
    let closed = text.match_indices('\n').any(|(newline, _)| {
        let line = text[newline + 1..].trim_start_matches(' ');
        line.as_bytes().first() == Some(&fence) && fence_at(line, 0).is_some_and(|(_, run)| run >= length)
    });
    (!closed).then_some(start)
}

fn fence_at(text: &str, start: usize) -> Option<(u8, usize)> {
    let bytes = text.as_bytes().get(start..)?;
    let fence = *bytes.first().filter(|byte| matches!(byte, b'`' | b'~'))?;
    let length = bytes.iter().take_while(|byte| **byte == fence).count();
    (length >= 3).then_some((fence, length))
}

/// In code only the fences can be unfinished: half a language, half a closing fence.
fn within_fence(text: &str, start: usize) -> &str {
    let Some((fence, length)) = fence_at(text, start) else {
        return text;
    };
    let Some(newline) = text[start..].rfind('\n') else {
        return &text[..start + length];
    };
    let last = start + newline + 1;
    let line = text[last..].trim_matches([' ', '>']);
    let half = !line.is_empty() && line.len() < length && line.bytes().all(|byte| byte == fence);
    if half { &text[..last] } else { text }
}

/// A last line that is nothing but the beginning of a marker: `-` may become a list, a rule, a heading or a number.
fn without_half_marker(text: &str) -> &str {
    let line_start = text.rfind('\n').map_or(0, |newline| newline + 1);
    let mut rest = &text[line_start..];
    loop {
        let inner = rest.trim_start_matches([' ', '\t', '>']);
        rest = inner;
        match inner.split_once(' ') {
            Some((marker, after)) if !after.is_empty() && is_list_marker(marker) => rest = after,
            Some(_) | None => break,
        }
    }
    let start = text.len() - rest.len();
    let rest = rest.trim_end();
    let joins = text[..line_start].trim_end_matches([' ', '\t', '\r', '>']).strip_suffix('\n').is_some_and(
        |before| !before.rsplit('\n').next().unwrap_or("").trim_matches([' ', '\t', '\r', '>']).is_empty(),
    );
    let half = match rest.bytes().next() {
        Some(byte @ (b'-' | b'*' | b'_' | b'+' | b'=' | b'#' | b'`' | b'~')) => {
            rest.bytes().all(|next| next == byte || next == b' ')
        }
        Some(b'|') => rest.len() == 1,
        Some(byte) if byte.is_ascii_digit() => joins && is_list_marker(rest.trim_end_matches(['.', ')'])),
        Some(_) | None => false,
    };
    if half { &text[..start] } else { text }
}

fn is_list_marker(word: &str) -> bool {
    let number = word.trim_end_matches(['.', ')']);
    matches!(word, "-" | "*" | "+")
        || (!number.is_empty() && number.len() < 10 && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The text with the lines in `range`, its last, closed.
fn within_lines(text: &str, range: Range<usize>) -> Cow<'_, str> {
    if let Some(table) = with_table(text, &range) {
        return Cow::Owned(table);
    }
    match completed_inline(&text[range.clone()]) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(lines) => Cow::Owned(format!("{}{lines}", &text[..range.start])),
    }
}

/// A line of bars at the end is the head of a table whose second line has not arrived, or not all of it.
///
/// Before that line has begun, a head is known by the space after its first bar and by no other row above it:
/// `|x| < 1` is none, and neither is the second line of a command in code.
fn with_table(text: &str, range: &Range<usize>) -> Option<String> {
    let blank = [' ', '\t', '\r', '>'];
    let whole = text[range.end..].contains('\n');
    let lines = &text[..range.end];
    let mut line = lines[range.start..].rfind('\n').map_or(range.start, |newline| range.start + newline + 1);
    let mut head = lines[line..].trim_matches(blank);
    let mut delimited = false;
    if head.starts_with('|') && head.bytes().all(|byte| matches!(byte, b'|' | b':' | b'-' | b' ' | b'\t')) {
        let before = lines[range.start..].get(..line.checked_sub(range.start + 1)?)?;
        if whole {
            return None;
        }
        delimited = head.contains([':', '-']);
        line = before.rfind('\n').map_or(range.start, |newline| range.start + newline + 1);
        head = before[line - range.start..].trim_matches(blank);
    }
    let cells = head.strip_prefix('|')?;
    let above = lines[range.start..line].lines().next_back().unwrap_or("").trim_start_matches(blank);
    if !delimited && (above.starts_with('|') || !cells.starts_with([' ', '\t'])) {
        return None;
    }
    let start = line + lines[line..].find('|')?;
    if line > range.start && is_in_code(text, start) {
        return None;
    }
    let own_line = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let indent: String =
        text[own_line..start].chars().map(|character| if character == '>' { '>' } else { ' ' }).collect();
    let mut table = text[..start].to_owned();
    table.push('|');
    let last = bars(cells).last().map_or(0, |bar| bar + 1);
    table.push_str(&cells[..last]);
    let cell = completed_inline(&cells[last..]);
    table.push_str(&cell);
    table.push('\n');
    table.push_str(&indent);
    let columns = bars(cells).count() + usize::from(!cell.trim().is_empty());
    for _ in 0..columns.max(1) {
        table.push_str("|---");
    }
    table.push('|');
    is_table_at(&table, start).then_some(table)
}

/// Whether the parser takes what begins there for a table. It does not where the line only continues a list or a quote.
fn is_table_at(text: &str, start: usize) -> bool {
    let mut events = Parser::new_ext(text, options()).into_offset_iter();
    events.any(|(event, range)| matches!(event, Event::Start(Tag::Table(_))) && range.contains(&start))
}

/// Whether a place is in code that has been closed.
fn is_in_code(text: &str, at: usize) -> bool {
    let mut events = Parser::new_ext(text, options()).into_offset_iter();
    events.any(|(event, range)| matches!(event, Event::Code(_)) && range.contains(&at))
}

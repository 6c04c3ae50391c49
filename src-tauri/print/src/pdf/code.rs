//! Text in which every character counts.

use porthole_markdown::Element;

use super::colour::{CODE, FAINT};
use super::compose::{Composer, Place};
use super::families::Face;
use super::inline;
use super::mark::{Ground, Strip};
use super::text::{Align, Look, Rich, Shaped, Style};

/// Between the edge of the ground and the text.
const PADDING: f32 = 8.0;
const TAB: usize = 4;

/// A block of code with its colours.
pub(super) fn figure(composer: &mut Composer<'_>, element: &Element, place: &Place) {
    let code = element.find("code").unwrap_or(element);
    let mut whole = Rich::default();
    for child in &code.children {
        inline::push(composer.fonts, &mut whole, child, (place.look, Style::default()), 0);
    }
    let language = element.attribute("data-language").unwrap_or_default();
    block(composer, &whole, language, place);
}

/// Text as it is, with a caption.
pub(super) fn verbatim(composer: &mut Composer<'_>, caption: &str, text: &str, place: &Place) {
    let mut whole = Rich::default();
    whole.push(text, Style::default());
    block(composer, &whole, caption, place);
}

fn block(composer: &mut Composer<'_>, whole: &Rich, caption: &str, place: &Place) {
    let look = place.look.code();
    let mut lines = Vec::new();
    let inner = (place.width - 2.0 * PADDING).max(24.0);
    for rich in split(whole) {
        let mut shaped = Shaped::new(composer.fonts, &rich, look);
        let set = shaped.lines(composer.fonts, inner, Align::Left);
        if set.is_empty() {
            lines.push(Strip { height: look.size * look.leading, ..Strip::default() });
        }
        lines.extend(set.into_iter().map(|line| Strip {
            height: line.height,
            marks: line.marks,
            ..Strip::default()
        }));
    }
    let mut strips = caption_strips(composer, caption, inner, look);
    strips.append(&mut lines);
    for strip in &mut strips {
        for mark in &mut strip.marks {
            mark.shift(place.x + PADDING, 0.0);
        }
    }
    pad(&mut strips);
    let ground = Ground { block: composer.next_block(), x: place.x, width: place.width, colour: CODE };
    composer.gap(8.0);
    composer.push_all(strips, place, Some(&ground));
    composer.gap(9.0);
}

fn caption_strips(composer: &mut Composer<'_>, caption: &str, width: f32, look: Look) -> Vec<Strip> {
    if caption.trim().is_empty() {
        return Vec::new();
    }
    let look = Look { colour: FAINT, size: look.size * 0.86, face: Face::Text, ..look };
    let rich = Rich::plain(caption);
    let lines = Shaped::new(composer.fonts, &rich, look).lines(composer.fonts, width, Align::Left);
    let count = lines.len();
    let caption = lines.into_iter().enumerate().map(|(at, line)| Strip {
        height: line.height + if at + 1 == count { 2.0 } else { 0.0 },
        marks: line.marks,
        keep: true,
        ..Strip::default()
    });
    caption.collect()
}

/// Room above the first line and below the last.
fn pad(strips: &mut [Strip]) {
    if let Some(first) = strips.first_mut() {
        first.height += PADDING - 1.5;
        for mark in &mut first.marks {
            mark.shift(0.0, PADDING - 1.5);
        }
    }
    if let Some(last) = strips.last_mut() {
        last.height += PADDING - 1.5;
    }
}

/// Its lines, each a text of its own, with tabs as spaces.
fn split(whole: &Rich) -> Vec<Rich> {
    let text = whole.text.strip_suffix('\n').unwrap_or(&whole.text);
    let mut lines = vec![Rich::default()];
    let mut styles = whole.styles.iter().peekable();
    let mut at = 0;
    while at < text.len() {
        while styles.peek().is_some_and(|(range, _)| range.end <= at) {
            styles.next();
        }
        let (end, style) = match styles.peek() {
            Some((range, style)) if range.start <= at => (range.end, *style),
            Some((range, _)) => (range.start, Style::default()),
            None => (text.len(), Style::default()),
        };
        let end = end.min(text.len());
        for (number, piece) in text[at..end].split('\n').enumerate() {
            if number > 0 {
                lines.push(Rich::default());
            }
            if let Some(line) = lines.last_mut() {
                push_expanded(line, piece, style);
            }
        }
        at = end;
    }
    lines
}

fn push_expanded(line: &mut Rich, piece: &str, style: Style) {
    for (number, part) in piece.split('\t').enumerate() {
        if number > 0 {
            let column = line.text.chars().count();
            line.push(&" ".repeat(TAB - column % TAB), style);
        }
        line.push(part, style);
    }
}

//! Which way text runs (Unicode Standard Annex 9).
//!
//! Word does not find it out: a paragraph says it by `w:bidi` and a run by `w:rtl` (ECMA-376 part 1, 17.3.1.6 and
//! 17.3.2.30), so that text is cut where its direction changes.

/// A direction of writing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Direction {
    /// As Latin and Chinese.
    #[default]
    LeftToRight,
    /// As Arabic and Hebrew.
    RightToLeft,
}

/// The direction of a character that has one.
fn strong(character: char) -> Option<Direction> {
    match character {
        // Blocks of scripts that run to the left, and their marks of direction; digits and points in them are letters
        // here, for what follows them in such a text runs to the left as well.
        '\u{590}'..='\u{8ff}'
        | '\u{200f}'
        | '\u{fb1d}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}'
        | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}' => Some(Direction::RightToLeft),
        '\u{200e}' => Some(Direction::LeftToRight),
        _ if character.is_alphabetic() => Some(Direction::LeftToRight),
        _ => None,
    }
}

/// The direction of a paragraph: that of its first character that has one (rules P2 and P3).
pub(super) fn of_paragraph(text: &str) -> Direction {
    text.chars().find_map(strong).unwrap_or_default()
}

/// Text in pieces of one direction. What has none goes with its neighbours if they agree and else with the paragraph
/// (rules N1 and N2); digits go with what stands before them (W7).
pub(super) fn pieces(text: &str, paragraph: Direction) -> Vec<(&str, Direction)> {
    let mut pieces = Vec::new();
    let (mut start, mut current) = (0, paragraph);
    // Where what has no direction began, if that is what came last.
    let mut undecided = Some(0);
    for (at, character) in text.char_indices() {
        let direction = match strong(character) {
            Some(direction) => direction,
            None if character.is_ascii_digit() => current,
            None => {
                undecided = undecided.or(Some(at));
                continue;
            }
        };
        if direction != current {
            // What stands between the two goes with the paragraph, and one of them runs as it does.
            let cut = if current == paragraph { at } else { undecided.unwrap_or(at) };
            if cut > start {
                pieces.push((&text[start..cut], current));
            }
            (start, current) = (cut, direction);
        }
        undecided = None;
    }
    let cut = undecided.filter(|_| current != paragraph).unwrap_or(text.len());
    for piece in [(&text[start..cut], current), (&text[cut..], paragraph)] {
        if !piece.0.is_empty() {
            pieces.push(piece);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::Direction::{LeftToRight, RightToLeft};
    use super::{of_paragraph, pieces};

    #[test]
    fn the_first_letter_decides() {
        assert_eq!(of_paragraph("12. (سلام) abc"), RightToLeft);
        assert_eq!(of_paragraph("abc سلام"), LeftToRight);
        assert_eq!(of_paragraph("123 – !"), LeftToRight);
        assert_eq!(of_paragraph("שלום"), RightToLeft);
    }

    #[test]
    fn text_is_cut_where_its_direction_changes() {
        assert_eq!(pieces("plain, text 12", LeftToRight), [("plain, text 12", LeftToRight)]);
        assert_eq!(
            pieces("say سلام عليكم 12 to", LeftToRight),
            [("say ", LeftToRight), ("سلام عليكم 12", RightToLeft), (" to", LeftToRight)]
        );
        assert_eq!(
            pieces("سلام Rust, عليكم.", RightToLeft),
            [("سلام ", RightToLeft), ("Rust", LeftToRight), (", عليكم.", RightToLeft)]
        );
        assert_eq!(pieces("", RightToLeft), []);
    }
}

//! Keys as people type and paste them.

use super::Secret;

/// The longest key that is accepted, in bytes. Real ones have fewer than 300.
const LONGEST: usize = 4096;
/// A key with fewer characters is not shown at all: even a few of them would reveal too much.
const SHORTEST_SHOWN: usize = 12;
/// For a key with fewer characters, half as many of its last ones are shown.
const LONG_ENOUGH: usize = 24;

/// Why what was typed cannot be a key. The messages say what to do and repeat nothing of what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitKey {
    /// Nothing was typed, or nothing but spaces.
    #[error("There is no key in it. Paste the key that the server's operator gave you.")]
    Empty,
    /// There are line breaks or invisible characters inside it.
    #[error(
        "A key is one line of visible characters, and there is a line break or an invisible character in this one. \
         Copy it again, without what stands around it."
    )]
    ControlCharacter,
    /// A character that cannot be sent in a header.
    #[error(
        "There is a letter in it that no key has, such as a Cyrillic one that looks like a Latin one. Copy the key again \
         from where it was made."
    )]
    ForeignLetter,
    /// It is longer than any key.
    #[error(
        "This is longer than any key ({LONGEST} bytes are the most). Paste the key alone, not the file it is in."
    )]
    TooLong,
}

/// What is copied along with a key but is not part of it.
const AROUND: [char; 11] = ['"', '\'', '`', '“', '”', '‘', '’', '«', '»', ',', ';'];
/// Characters that are invisible and that no key contains.
const INVISIBLE: [char; 7] =
    ['\u{feff}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{2060}'];

/// Strips what surrounds a key but is not part of it: spaces, quotes, line breaks, invisible marks, and the words of
/// the header it was copied from.
pub(super) fn strip(text: &mut String) {
    // In place, since every copy is one more to wipe.
    text.retain(|letter| !INVISIBLE.contains(&letter));
    let is_around = |letter: char| letter.is_whitespace() || AROUND.contains(&letter);
    loop {
        let before = text.len();
        text.truncate(text.trim_end_matches(is_around).len());
        text.drain(..text.len() - text.trim_start_matches(is_around).len());
        for words in ["authorization:", "bearer "] {
            if text.get(..words.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(words)) {
                text.drain(..words.len());
            }
        }
        if text.len() == before {
            break;
        }
    }
}

/// The key in what was typed, without what is not part of it.
///
/// # Errors
/// When no key can look like that. What was typed is wiped either way.
pub fn clean(mut typed: Secret<String>) -> Result<Secret<String>, UnfitKey> {
    let text = &mut typed.0;
    strip(text);
    if text.is_empty() {
        return Err(UnfitKey::Empty);
    }
    if text.len() > LONGEST {
        return Err(UnfitKey::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(UnfitKey::ControlCharacter);
    }
    if !text.is_ascii() {
        return Err(UnfitKey::ForeignLetter);
    }
    Ok(typed)
}

/// A key as it may be shown to its owner, who tells keys apart by their ends: `sk-…a1b2`. At most four characters of
/// it, fewer of a short one, and `…` alone if even two would reveal too much.
pub fn shown(secret: &Secret<String>) -> String {
    let text = secret.expose();
    let length = text.chars().count();
    if length < SHORTEST_SHOWN {
        return "…".to_owned();
    }
    // The one prefix that reveals nothing: most keys have it.
    let beginning = if text.starts_with("sk-") { "sk-" } else { "" };
    let end = if length < LONG_ENOUGH { 2 } else { 4 };
    let end: String = text.chars().skip(length - end).collect();
    format!("{beginning}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_cleaned_or_refused() {
        for (typed, expected) in [
            ("sk-1", Ok("sk-1")),
            ("  sk-1 \r\n", Ok("sk-1")),
            ("\t\u{3000}sk-1\u{a0}", Ok("sk-1")),
            ("two words", Ok("two words")),
            ("", Err(UnfitKey::Empty)),
            (" \n ", Err(UnfitKey::Empty)),
            ("sk-1\nsk-2", Err(UnfitKey::ControlCharacter)),
            ("sk-\u{7}1", Err(UnfitKey::ControlCharacter)),
            ("sk-\u{0}1", Err(UnfitKey::ControlCharacter)),
            ("sk-\u{85}1", Err(UnfitKey::ControlCharacter)),
        ] {
            let cleaned = clean(Secret::new(typed.to_owned()));
            assert_eq!(
                cleaned.as_ref().map(|key| key.expose().as_str()),
                expected.as_ref().copied(),
                "{typed:?}"
            );
        }
        let padded = format!("{}\n", "a".repeat(LONGEST));
        assert!(clean(Secret::new(padded)).is_ok(), "what is around a key does not count");
        assert_eq!(clean(Secret::new("a".repeat(LONGEST + 1))), Err(UnfitKey::TooLong));
        assert_eq!(clean(Secret::new("é".repeat(LONGEST / 2 + 1))), Err(UnfitKey::TooLong));
    }

    #[test]
    fn r5_what_is_no_part_of_a_key_is_left_out() {
        for typed in [
            "\u{feff}sk-1",
            "sk-1\u{200b}",
            "sk\u{200b}-1",
            "\u{a0}sk-1\u{a0}",
            "\"sk-1\"",
            "'sk-1'",
            "“sk-1”",
            "`sk-1`,",
            "Bearer sk-1",
            "bearer  sk-1\n",
            "Authorization: Bearer sk-1",
            "\"Bearer sk-1\"",
        ] {
            assert_eq!(clean(Secret::new(typed.to_owned())).unwrap().expose(), "sk-1", "{typed:?}");
        }
        for foreign in ["ѕk-1", "sk-1é", "sk-密"] {
            assert_eq!(clean(Secret::new(foreign.to_owned())), Err(UnfitKey::ForeignLetter), "{foreign}");
        }
        assert_eq!(clean(Secret::new("\u{feff}\"\"".to_owned())), Err(UnfitKey::Empty));
    }

    #[test]
    fn little_of_a_key_is_shown() {
        for (key, expected) in [
            ("", "…"),
            ("none", "…"),
            ("sk-12345678", "…"),
            ("sk-123456789", "sk-…89"),
            ("123456789012", "…12"),
            ("sk-12345678901234567890", "sk-…90"),
            ("sk-0123456789abcdef0123a1b2", "sk-…a1b2"),
            ("0123456789abcdef0123a1b2", "…a1b2"),
            ("密密密密密密密密密密密密密密密密密密密密密密一二", "…密密一二"),
        ] {
            assert_eq!(shown(&Secret::new(key.to_owned())), expected, "{key}");
        }
    }
}

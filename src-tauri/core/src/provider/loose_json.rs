//! JSON as model servers write it: two faults are mended, because what was meant is plain.
//!
//! RFC 8259, section 7, wants control characters in strings escaped; some servers send them as they are. Section 8.2
//! warns of strings with unpaired surrogates: a server that counts in UTF-16 cuts a character in two, and the halves
//! stand at the end of one string and at the beginning of the next. A half is kept behind a [`HALF`] until
//! [`Halves`] has seen the string that follows.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

/// Stands before a half of a character, which is moved to the private use area. A noncharacter: Unicode, section
/// 23.7, keeps it out of any text that is sent.
const HALF: char = '\u{10FFFF}';
/// What is added to a half to make it a character: `U+D800` becomes `U+10D800`.
const PRIVATE: u32 = 0x10_0000;

pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| match mended(text) {
        Some(mended) => serde_json::from_str(&mended),
        None => Err(error),
    })
}

/// `text` with both faults mended; `None` if it has neither.
fn mended(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut mended = String::new();
    let (mut at, mut copied, mut in_string) = (0, 0, false);
    while let Some(byte) = bytes.get(at) {
        let mut length = 1;
        let mut instead = None;
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => match escaped_unit(text, at) {
                Some(unit) if is_first(unit) && escaped_unit(text, at + 6).is_some_and(is_second) => {
                    length = 12;
                }
                Some(unit) if is_first(unit) || is_second(unit) => {
                    length = 6;
                    instead = char::from_u32(PRIVATE + u32::from(unit)).map(|half| format!("{HALF}{half}"));
                }
                Some(_) => length = 6,
                None => length = 2,
            },
            0..=0x1F if in_string => instead = Some(format!("\\u{byte:04x}")),
            _ => {}
        }
        if let Some(instead) = instead {
            mended.push_str(&text[copied..at]);
            mended.push_str(&instead);
            copied = at + length;
        }
        at += length;
    }
    (copied > 0).then(|| mended + &text[copied..])
}

/// The UTF-16 unit that is escaped at this place.
fn escaped_unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

const fn is_first(unit: u16) -> bool {
    matches!(unit, 0xD800..=0xDBFF)
}

const fn is_second(unit: u16) -> bool {
    matches!(unit, 0xDC00..=0xDFFF)
}

/// Joins the halves of characters in strings that follow one another.
#[derive(Debug, Default)]
pub(super) struct Halves {
    /// A first half whose second has not come.
    first: Option<u16>,
}

impl Halves {
    /// `text` with whole characters; a first half at its end is kept for the next string.
    pub(super) fn join<'a>(&mut self, text: &'a str) -> Cow<'a, str> {
        if self.first.is_none() && !text.contains(HALF) {
            return Cow::Borrowed(text);
        }
        let mut joined = String::with_capacity(text.len());
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let half = characters.peek().copied().and_then(half_of).filter(|_| character == HALF);
            let Some(half) = half else {
                joined.push_str(self.finish());
                joined.push(character);
                continue;
            };
            characters.next();
            match self.first.take() {
                Some(first) if is_second(half) => {
                    joined.extend(char::decode_utf16([first, half]).map(Result::unwrap_or_default));
                    continue;
                }
                Some(_) => joined.push(char::REPLACEMENT_CHARACTER),
                None => {}
            }
            if is_first(half) {
                self.first = Some(half);
            } else {
                joined.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Cow::Owned(joined)
    }

    /// What a half that waits in vain becomes.
    pub(super) fn finish(&mut self) -> &'static str {
        if self.first.take().is_some() { "\u{FFFD}" } else { "" }
    }
}

/// `text` on its own, where no other string goes on with it.
pub(super) fn whole(text: &str) -> String {
    let mut halves = Halves::default();
    let mut whole = halves.join(text).into_owned();
    whole.push_str(halves.finish());
    whole
}

fn half_of(character: char) -> Option<u16> {
    let unit = u16::try_from(u32::from(character).checked_sub(PRIVATE)?).ok()?;
    (is_first(unit) || is_second(unit)).then_some(unit)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn s3_halves_of_characters_join() {
        let check = |strings: &[&str], expected: &str| {
            let mut halves = Halves::default();
            let mut joined = String::new();
            for string in strings {
                let value: Value = read(&format!("[\"{string}\"]")).unwrap();
                joined.push_str(&halves.join(value[0].as_str().unwrap()));
            }
            joined.push_str(halves.finish());
            assert_eq!(joined, expected, "{strings:?}");
        };
        check(&["Hi \\ud83d", "\\ude00!"], "Hi 😀!");
        check(&["\\uD83D", "\\uDE00\\ud83d", "", "\\ude00"], "😀😀");
        check(&["\\ud83d\\ude00"], "😀");
        check(&["a\\ud83d", "b"], "a\u{FFFD}b");
        check(&["a\\ud83db"], "a\u{FFFD}b");
        check(&["\\ude00a"], "\u{FFFD}a");
        check(&["\\ud83d", "\\ud83d", "\\ude00"], "\u{FFFD}😀");
        check(&["a\\ud83d"], "a\u{FFFD}");
        check(&["\\\\ud83d \\ud83d"], "\\ud83d \u{FFFD}");
        check(&["\u{10FFFF}模\u{10FFFF}"], "\u{10FFFF}模\u{10FFFF}");
        assert_eq!(whole("plain"), "plain");
    }

    #[test]
    fn s4_raw_control_characters_are_kept() {
        let check = |document: &str, expected: Option<&str>| {
            let value: Option<Value> = read(document).ok();
            assert_eq!(value.as_ref().and_then(|value| value[0].as_str()), expected, "{document:?}");
        };
        for control in (0..=0x1F_u8).map(char::from) {
            check(&format!("[\"a{control}b\"]"), Some(&format!("a{control}b")));
        }
        check("\t[\n\"\\\"\t模\\\\\"]", Some("\"\t模\\"));
        check("[\"\\u+123\"]", None);
        check("[\u{1}\"a\"]", None);
        check("[\"a\\", None);
        check("[\"a\\ud83", None);
    }
}

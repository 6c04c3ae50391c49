//! Text cut into what can be looked for.
//!
//! Scripts that put spaces between words are cut at them. Chinese, Japanese, Korean and the scripts of South-East Asia
//! are not, and any part of a text in them can be looked for: each of their characters is a unit, the index holds every
//! pair of neighbours, and a row of pairs is exactly a piece of text. Emoji and other symbols are units too.

use std::ops::Range;

use unicode_normalization::char::compose;

use super::fold::folded;

/// A word or a unit, folded, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Folded.
    pub(super) text: String,
    /// What it is.
    pub(super) kind: Kind,
    /// Its bytes in the text it was cut from.
    pub(super) place: Range<usize>,
    /// Whether it stands right behind a unit, with nothing between.
    pub(super) joined: bool,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word.
    Word,
    /// One character of a script without spaces, or a symbol.
    Unit,
}

/// The tokens of `text`, one after the other.
pub(super) fn tokens(text: &str) -> Tokens<'_> {
    Tokens { text, at: 0, after_unit: None }
}

/// Cuts text. Costs time for what is taken alone.
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// Where the unit before ended.
    after_unit: Option<usize>,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let letter = self.text.get(self.at..)?.chars().next()?;
            let token = match class(letter) {
                Class::Between => {
                    self.at += letter.len_utf8();
                    continue;
                }
                Class::Unit => self.unit(),
                Class::Word => self.word(),
            };
            // An accent by itself is nothing.
            if !token.text.is_empty() {
                return Some(token);
            }
        }
    }
}

impl Tokens<'_> {
    fn unit(&mut self) -> Token {
        let start = self.at;
        let mut unit: Option<char> = None;
        let mut rest = String::new();
        let mut end = start;
        while let Some(letter) = self.text.get(end..).and_then(|text| text.chars().next()) {
            let parts: Vec<char> = folded(letter).collect();
            if end > start {
                // A mark of its own, as half-width kana and decomposed Hangul have them, makes one character.
                let joined = match (unit, parts.as_slice()) {
                    (Some(unit), [part]) if class(letter) == Class::Unit => compose(unit, *part),
                    _ => None,
                };
                let Some(joined) = joined else { break };
                unit = Some(joined);
            } else {
                let mut parts = parts.into_iter();
                unit = parts.next();
                for part in parts {
                    match unit.and_then(|unit| compose(unit, part)) {
                        Some(joined) => unit = Some(joined),
                        None => rest.push(part),
                    }
                }
            }
            end += letter.len_utf8();
        }
        let joined = self.after_unit == Some(start);
        self.at = end;
        self.after_unit = Some(end);
        let text = unit.into_iter().chain(rest.chars()).collect();
        Token { text, kind: Kind::Unit, place: start..end, joined }
    }

    fn word(&mut self) -> Token {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let mut length = rest.find(|letter| class(letter) != Class::Word).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        let mut text: String = word.chars().flat_map(folded).collect();
        // C++, C#, F#: names of their own, not the letter.
        let behind = rest.get(length..).unwrap_or_default();
        for (suffix, kept) in [("++", "＋＋"), ("#", "＃")] {
            let ends = |rest: &str| rest.chars().next().is_none_or(|next| class(next) == Class::Between);
            if behind.strip_prefix(suffix).is_some_and(ends)
                && word.ends_with(|letter: char| letter.is_ascii_alphabetic())
            {
                length += suffix.len();
                text.push_str(kept);
                break;
            }
        }
        self.at = start + length;
        Token { text, kind: Kind::Word, place: start..start + length, joined: false }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    Unit,
    Between,
}

fn class(letter: char) -> Class {
    match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' => Class::Word,
        // Thai, Lao, Myanmar, Khmer; Hangul letters; kana, Bopomofo, Han.
        '\u{0E00}'..='\u{0EFF}'
        | '\u{1000}'..='\u{109F}'
        | '\u{1100}'..='\u{11FF}'
        | '\u{1780}'..='\u{17FF}'
        | '\u{2E80}'..='\u{2FDF}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3021}'..='\u{3029}'
        | '\u{3040}'..='\u{30FA}'
        | '\u{30FC}'..='\u{9FFF}'
        | '\u{A960}'..='\u{A97F}'
        | '\u{AC00}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FFDC}'
        | '\u{20000}'..='\u{3FFFF}' => Class::Unit,
        // ASCII signs, and the selectors and joiners inside emoji, which say nothing by themselves.
        '\0'..='\u{7F}' | '\u{200B}'..='\u{200F}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0000}'..='\u{EFFFF}' => {
            Class::Between
        }
        _ if letter.is_alphanumeric() || is_mark(letter) => Class::Word,
        '¢'..='©'
        | '®'..='±'
        | '×'
        | '÷'
        | '\u{20A0}'..='\u{20CF}'
        | '\u{2100}'..='\u{2BFF}'
        | '\u{1F000}'..='\u{1FAFF}' => Class::Unit,
        _ => Class::Between,
    }
}

/// Vowel signs and accents: part of the word they stand in.
fn is_mark(letter: char) -> bool {
    unicode_normalization::char::is_combining_mark(letter)
}

/// The ends of a word written in camelCase, folded: `getUserName` has `username` and `name`.
pub(super) fn camel_ends(word: &str) -> Vec<String> {
    let letters: Vec<(usize, char)> = word.char_indices().collect();
    let mut ends = Vec::new();
    for at in 1..letters.len() {
        let (place, letter) = letters[at];
        let before = letters[at - 1].1;
        let after = letters.get(at + 1).map(|(_, after)| *after);
        let begins = letter.is_uppercase()
            && (before.is_lowercase() || before.is_numeric() || after.is_some_and(char::is_lowercase));
        if begins {
            ends.push(word.get(place..).unwrap_or_default().chars().flat_map(folded).collect());
        }
    }
    ends
}

/// What stands in the index for `text`: words, and for units each pair of neighbours, behind the last the unit alone.
pub(super) fn index_words(text: &str) -> String {
    let mut words = Row::default();
    let mut last: Option<Token> = None;
    for token in tokens(text) {
        if let Some(unit) = last.take_if(|last| last.kind == Kind::Unit) {
            let pair = token.kind == Kind::Unit && token.joined;
            words.push(&[&unit.text, if pair { &token.text } else { "" }]);
        }
        if token.kind == Kind::Word {
            words.push(&[&token.text]);
        }
        last = Some(token);
    }
    if let Some(unit) = last.filter(|last| last.kind == Kind::Unit) {
        words.push(&[&unit.text]);
    }
    words.0
}

/// The ends of the words of `text` that are written in camelCase, each once.
pub(super) fn index_parts(text: &str) -> String {
    let words = tokens(text).filter(|token| token.kind == Kind::Word);
    once(words.flat_map(|token| camel_ends(text.get(token.place).unwrap_or_default())))
}

/// The units of `text`, each once.
pub(super) fn index_chars(text: &str) -> String {
    once(tokens(text).filter(|token| token.kind == Kind::Unit).map(|token| token.text))
}

/// The first two and three letters of the words of `text` and of their camelCase ends, each once.
pub(super) fn index_starts(text: &str) -> String {
    let words = tokens(text).filter(|token| token.kind == Kind::Word).flat_map(|token| {
        let ends = camel_ends(text.get(token.place).unwrap_or_default());
        std::iter::once(token.text).chain(ends)
    });
    once(words.flat_map(|word| [2, 3].into_iter().filter_map(move |letters| start_of(&word, letters))))
}

/// The first so many letters of a word that has as many.
pub(super) fn start_of(word: &str, letters: usize) -> Option<String> {
    let start: String = word.chars().take(letters).collect();
    (start.chars().count() == letters).then_some(start)
}

fn once(words: impl Iterator<Item = String>) -> String {
    let mut seen = std::collections::BTreeSet::new();
    let mut row = Row::default();
    for word in words {
        if !seen.contains(&word) {
            row.push(&[&word]);
            seen.insert(word);
        }
    }
    row.0
}

#[derive(Default)]
struct Row(String);

impl Row {
    fn push(&mut self, pieces: &[&str]) {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        for piece in pieces {
            self.0.push_str(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_cut_for_the_index() {
        for (text, words) in [
            ("Hello, World! don't", "hello world don t"),
            ("数据库", "数据 据库 库"),
            ("用Rust写数据", "用 rust 写数 数据 据"),
            ("数 据", "数 据"),
            ("ﾃﾞｰﾀ", "デー ータ タ"),
            ("한국어 모델", "한국 국어 어 모델 델"),
            ("C++ and C#, a+b #1", "c＋＋ and c＃ a b 1"),
            ("foo_bar.baz-3.14", "foo bar baz 3 14"),
            ("👍🏽 €5", "👍🏽 🏽 € 5"),
            ("👨‍👩‍👧", "👨 👩 👧"),
            ("หมา", "หม มา า"),
            ("", ""),
            ("—…。「」", ""),
        ] {
            assert_eq!(index_words(text), words, "{text}");
        }
        assert_eq!(index_parts("getUserName HTTPServer plain"), "username name server");
        assert_eq!(index_chars("数据库的数据"), "数 据 库 的");
        assert_eq!(index_starts("data a dab 数"), "da dat dab");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_token_stands_where_it_says(text in "\\PC{0,60}") {
            let mut end = 0;
            for token in tokens(&text) {
                prop_assert!(token.place.start >= end && text.get(token.place.clone()).is_some());
                prop_assert!(!token.text.is_empty() && !token.text.contains(' '));
                end = token.place.end;
            }
        }
    }
}

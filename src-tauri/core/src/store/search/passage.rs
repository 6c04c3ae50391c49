//! Where in a text something was found, and the passage around it.

use std::collections::VecDeque;
use std::ops::Range;

use serde::Serialize;

use super::fold::folded;
use super::query::Phrase;
use super::words::{Kind, Token, camel_ends, tokens};

/// How many characters stand before the first hit in a passage.
const BEFORE: usize = 60;
/// How many characters a passage has at most.
const LONGEST: usize = 200;

/// A piece of a passage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct SnippetPiece {
    /// As it was written.
    pub text: String,
    /// Whether it is what was looked for.
    pub hit: bool,
}

/// The places in `text` where one of `phrases` stands, one after the other.
pub(super) fn places<'a>(text: &'a str, phrases: &'a [Phrase]) -> impl Iterator<Item = Range<usize>> + 'a {
    let longest = phrases.iter().map(|phrase| phrase.tokens.len()).max().unwrap_or(0);
    let mut tokens = tokens(text);
    let mut window: VecDeque<Token> = VecDeque::new();
    let mut end = 0;
    std::iter::from_fn(move || {
        loop {
            while window.len() < longest {
                match tokens.next() {
                    Some(token) => window.push_back(token),
                    None => break,
                }
            }
            window.front()?;
            let found = phrases
                .iter()
                .filter_map(|phrase| place(text, &window, phrase))
                .max_by_key(|place| place.end);
            window.pop_front();
            if let Some(found) = found.filter(|found| found.start >= end) {
                end = found.end;
                return Some(found);
            }
        }
    })
}

/// Where `phrase` stands, if it does at the beginning of `window`.
fn place(text: &str, window: &VecDeque<Token>, phrase: &Phrase) -> Option<Range<usize>> {
    let last = phrase.tokens.len().checked_sub(1)?;
    let first = window.front()?;
    for (at, wanted) in phrase.tokens.iter().enumerate() {
        let token = window.get(at)?;
        let opens = at == last && phrase.open && wanted.kind == Kind::Word;
        let same = token.kind == wanted.kind
            && (token.text == wanted.text
                || (opens && wanted.text.chars().count() > 1 && token.text.starts_with(&wanted.text)));
        if !same || (at > 0 && wanted.joined && !token.joined) {
            return (last == 0 && opens).then(|| end_of_camel(text, token, &wanted.text)).flatten();
        }
    }
    Some(first.place.start..window.get(last)?.place.end)
}

/// The end of a camelCase word that begins with `wanted`.
fn end_of_camel(text: &str, token: &Token, wanted: &str) -> Option<Range<usize>> {
    let word = text.get(token.place.clone())?;
    if token.kind != Kind::Word || !camel_ends(word).iter().any(|end| end.starts_with(wanted)) {
        return None;
    }
    let at = word.char_indices().skip(1).find(|(at, _)| {
        let end: String = word.get(*at..).unwrap_or_default().chars().flat_map(folded).collect();
        end.starts_with(wanted)
    })?;
    Some(token.place.start + at.0..token.place.end)
}

/// The passage of `text` around the first place where one of `phrases` stands, on one line; `None` if none does. Reads
/// `text` no further than it has to.
pub(super) fn passage(text: &str, phrases: &[Phrase]) -> Option<Vec<SnippetPiece>> {
    let mut places = places(text, phrases);
    let first = places.next()?;
    let before = text.get(..first.start)?;
    let start =
        before.char_indices().rev().nth(BEFORE - 1).map_or(0, |(at, _)| word_start(text, at, first.start));
    let end = text.get(start..)?.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| start + at);
    let end = end.max(first.end);
    let hits: Vec<Range<usize>> =
        std::iter::once(first).chain(places.take_while(|place| place.end <= end)).collect();
    Some(pieces(text, start..end, &hits))
}

/// The beginning of `text` on one line.
pub(super) fn beginning(text: &str) -> Vec<SnippetPiece> {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
    pieces(text, 0..end, &[])
}

/// The first place behind white space from `at` on, if one comes before `limit`.
fn word_start(text: &str, at: usize, limit: usize) -> usize {
    let between = text.get(at..limit).unwrap_or_default();
    between.find(char::is_whitespace).map_or(at, |space| at + space)
}

fn pieces(text: &str, part: Range<usize>, hits: &[Range<usize>]) -> Vec<SnippetPiece> {
    let mut pieces = Vec::new();
    let mut at = part.start;
    let mut add = |range: Range<usize>, hit: bool, lead: bool, tail: bool| {
        let raw = text.get(range).unwrap_or_default();
        let mut line = String::with_capacity(raw.len());
        for letter in raw.chars() {
            if !letter.is_whitespace() && !letter.is_control() {
                line.push(letter);
            } else if !line.ends_with(' ') {
                line.push(' ');
            }
        }
        if lead {
            line = format!("…{}", line.trim_start());
        }
        if tail {
            line = format!("{}…", line.trim_end());
        }
        if !line.is_empty() {
            pieces.push(SnippetPiece { text: line, hit });
        }
    };
    let (cut_before, cut_behind) = (part.start > 0, part.end < text.len());
    for (number, hit) in hits.iter().enumerate() {
        add(at..hit.start, false, cut_before && number == 0, false);
        add(hit.clone(), true, false, false);
        at = hit.end;
    }
    add(at..part.end, false, cut_before && hits.is_empty(), cut_behind);
    pieces
}

/// A text as a find in the page sees it: folded, with white space as one blank.
pub(super) struct Folded {
    text: String,
    /// For each byte of `text`, where the letter it came from begins in the source.
    origins: Vec<usize>,
}

impl Folded {
    pub(super) fn of(source: &str) -> Self {
        let mut folded_text = Self { text: String::with_capacity(source.len()), origins: Vec::new() };
        for (at, letter) in source.char_indices() {
            if letter.is_whitespace() {
                if !folded_text.text.ends_with(' ') {
                    folded_text.push(' ', at);
                }
                continue;
            }
            for part in folded(letter) {
                folded_text.push(part, at);
            }
        }
        folded_text
    }

    fn push(&mut self, letter: char, at: usize) {
        self.text.push(letter);
        self.origins.resize(self.text.len(), at);
    }

    /// The places in the source where `needle` stands.
    pub(super) fn places<'a>(
        &'a self,
        source: &'a str,
        needle: &'a Self,
    ) -> impl Iterator<Item = Range<usize>> + 'a {
        let wanted = needle.text.trim();
        let found = (!wanted.is_empty()).then(|| self.text.match_indices(wanted));
        found.into_iter().flatten().filter_map(move |(at, _)| {
            let start = *self.origins.get(at)?;
            let last = *self.origins.get(at + wanted.len() - 1)?;
            let end = last + source.get(last..)?.chars().next()?.len_utf8();
            Some(start..end)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::query::Query;
    use super::*;

    fn marked(text: &str, typed: &str) -> String {
        let query = Query::parse(typed);
        let pieces = passage(text, query.phrases()).unwrap_or_default();
        pieces
            .into_iter()
            .map(|piece| if piece.hit { format!("[{}]", piece.text) } else { piece.text })
            .collect()
    }

    #[test]
    fn hits_are_marked_as_they_are_written() {
        for (text, typed, expected) in [
            ("The Café is open", "cafe", "The [Café] is open"),
            ("The database\nis a database", "data", "The [database] is a [database]"),
            ("我用数据库存数据", "数据", "我用[数据]库存[数据]"),
            ("call getUserName()", "username", "call get[UserName]()"),
            ("a foo_bar b", "foo_bar", "a [foo_bar] b"),
            ("one two three", "\"two three\"", "one [two three]"),
            ("nothing here", "else", ""),
        ] {
            assert_eq!(marked(text, typed), expected, "{typed} in {text}");
        }
        let long = format!("{} needle {}", "before ".repeat(40), "behind ".repeat(60));
        let passage = marked(&long, "needle");
        assert!(passage.starts_with("…before") && passage.ends_with('…') && passage.contains("[needle]"));
        assert!(passage.chars().count() < 210, "{passage}");
    }

    #[test]
    fn a_find_sees_parts_of_words() {
        let check = |source: &str, needle: &str, expected: &[&str]| {
            let (folded, wanted) = (Folded::of(source), Folded::of(needle));
            let found: Vec<&str> = folded.places(source, &wanted).map(|place| &source[place]).collect();
            assert_eq!(found, expected, "{needle} in {source}");
        };
        check("Database, DATABASE", "ataba", &["ataba", "ATABA"]);
        check("Straße  und strasse", "strasse", &["Straße", "strasse"]);
        check("a\n b", "a b", &["a\n b"]);
        check("数据库", "据", &["据"]);
        check("x", "  ", &[]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn passages_are_made_of_the_text(text in "\\PC{0,300}", typed in "\\PC{0,12}") {
            let query = Query::parse(&typed);
            for place in places(&text, query.phrases()) {
                prop_assert!(text.get(place).is_some());
            }
            if let Some(pieces) = passage(&text, query.phrases()) {
                prop_assert!(pieces.iter().any(|piece| piece.hit));
            }
            let folded = Folded::of(&text);
            for place in folded.places(&text, &Folded::of(&typed)) {
                prop_assert!(text.get(place).is_some());
            }
        }
    }
}

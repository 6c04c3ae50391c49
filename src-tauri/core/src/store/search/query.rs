//! What a person types into the search field, and what FTS5 is asked for it.
//!
//! Everything typed means something: what is no filter is text, and what FTS5 would take for an operator never reaches
//! it, because it is given nothing but quoted tokens.

use super::words::{Kind, Token, tokens};

/// A query as it is understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// What must be there, each.
    pub(super) wanted: Vec<Phrase>,
    /// What must not be there.
    pub(super) unwanted: Vec<Phrase>,
    pub(super) filters: Filters,
}

/// Tokens in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phrase {
    pub(super) tokens: Vec<Token>,
    /// Whether the last word may go on.
    pub(super) open: bool,
}

/// Where it is looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Field {
    #[default]
    Any,
    Text,
    Thinking,
    Title,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one word that may or may not have been typed")]
pub(super) struct Filters {
    pub(super) field: Field,
    pub(super) models: Vec<String>,
    pub(super) folders: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) code: bool,
    pub(super) pinned: bool,
    pub(super) archived: bool,
    pub(super) trash: bool,
    /// `user` or `assistant`.
    pub(super) role: Option<&'static str>,
    /// Days as year, month, day; a month or day that was not named is `None`.
    pub(super) before: Option<Day>,
    pub(super) after: Option<Day>,
}

/// A year, a month, or a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "a day of a month is called a day")]
pub(super) struct Day {
    pub(super) year: i16,
    pub(super) month: Option<i8>,
    pub(super) day: Option<i8>,
}

impl Query {
    /// Understands what was typed. Never fails.
    pub(crate) fn parse(typed: &str) -> Self {
        let mut query = Self::default();
        let mut rest = typed.trim_start();
        while !rest.is_empty() {
            let (unwanted, behind) = match rest.strip_prefix('-') {
                Some(behind) if behind.starts_with(|next: char| !next.is_whitespace()) => (true, behind),
                _ => (false, rest),
            };
            let (typed, quoted, behind) = next_piece(behind);
            rest = behind.trim_start();
            if !quoted && !unwanted && query.filters.take(typed) {
                continue;
            }
            let tokens: Vec<Token> = tokens(typed.trim_matches('"')).collect();
            if tokens.is_empty() {
                continue;
            }
            let phrase = Phrase { tokens, open: !quoted };
            if unwanted { &mut query.unwanted } else { &mut query.wanted }.push(phrase);
        }
        query
    }

    /// Whether it says nothing at all.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The words that are to be marked.
    pub(super) fn phrases(&self) -> &[Phrase] {
        &self.wanted
    }

    /// What FTS5 is asked of the index of messages; `conversations` are those that alone are looked at, where these are
    /// few.
    pub(super) fn message_match(&self, conversations: Option<&[i64]>) -> String {
        let mut all: Vec<String> =
            self.wanted.iter().map(|phrase| phrase.expression(self.filters.field)).collect();
        all.extend(self.filters.models.iter().filter_map(|model| {
            let phrase = Phrase { tokens: tokens(model).collect(), open: true };
            (!phrase.tokens.is_empty()).then(|| format!("{{model}} : {}", phrase.row(true)))
        }));
        let mut mark = |mark: String| all.push(format!("{{marks}} : \"{mark}\""));
        if self.filters.code {
            mark("hcode".to_owned());
        }
        if let Some(role) = self.filters.role {
            mark(format!("r{role}"));
        }
        if let Some(conversations) = conversations {
            let marks: Vec<String> = conversations.iter().map(|id| format!("\"c{id}\"")).collect();
            all.push(format!("{{marks}} : ({})", marks.join(" OR ")));
        }
        if all.is_empty() {
            all.push("{marks} : \"all\"".to_owned());
        }
        self.without(all.join(" AND "), Field::Any)
    }

    /// What FTS5 is asked of the index of titles; `None` where a title cannot be meant.
    pub(super) fn title_match(&self) -> Option<String> {
        let Filters { field, models, code, role, before, after, .. } = &self.filters;
        let of_messages =
            !models.is_empty() || *code || role.is_some() || before.is_some() || after.is_some();
        if self.wanted.is_empty() || of_messages || matches!(field, Field::Text | Field::Thinking) {
            return None;
        }
        let all: Vec<String> = self.wanted.iter().map(|phrase| phrase.expression(Field::Title)).collect();
        Some(self.without(all.join(" AND "), Field::Title))
    }

    fn without(&self, wanted: String, field: Field) -> String {
        self.unwanted
            .iter()
            .fold(wanted, |wanted, phrase| format!("({wanted}) NOT {}", phrase.expression(field)))
    }
}

/// The next piece of what was typed, whether it is in quotation marks, and the rest. A quotation mark that is never
/// closed closes at the end.
fn next_piece(typed: &str) -> (&str, bool, &str) {
    if let Some(inside) = typed.strip_prefix('"') {
        let end = inside.find('"').unwrap_or(inside.len());
        return (&inside[..end], true, inside.get(end + 1..).unwrap_or_default());
    }
    let mut in_quotes = false;
    let end = typed.find(|letter: char| {
        in_quotes ^= letter == '"';
        letter.is_whitespace() && !in_quotes
    });
    let end = end.unwrap_or(typed.len());
    (&typed[..end], false, &typed[end..])
}

impl Filters {
    /// Takes `typed` as a filter, if it is one.
    fn take(&mut self, typed: &str) -> bool {
        let Some((name, value)) = typed.split_once([':', '：']) else { return false };
        let value = value.trim_matches('"');
        let name = name.to_lowercase();
        if value.is_empty() {
            return false;
        }
        match (name.as_str(), value.to_lowercase().as_str()) {
            ("in", "thinking") => self.field = Field::Thinking,
            ("in", "title") => self.field = Field::Title,
            ("in", "text") => self.field = Field::Text,
            ("has", "code") => self.code = true,
            ("is", "pinned") => self.pinned = true,
            ("is", "archived") => self.archived = true,
            ("is", "trash") => self.trash = true,
            ("from", "me") => self.role = Some("user"),
            ("from", "model") => self.role = Some("assistant"),
            ("model", _) => self.models.push(value.to_owned()),
            ("folder", _) => self.folders.push(value.to_owned()),
            ("tag", _) => self.tags.push(value.to_owned()),
            ("before" | "after", _) => {
                let Some(day) = Day::read(value) else { return false };
                if name == "before" {
                    self.before = Some(day);
                } else {
                    self.after = Some(day);
                }
            }
            _ => return false,
        }
        true
    }
}

impl Day {
    fn read(text: &str) -> Option<Self> {
        let mut numbers = text.split('-');
        let year = numbers.next().filter(|year| year.len() == 4)?.parse().ok()?;
        let two = |text: &str, most: i8| {
            let fits = (1..=2).contains(&text.len());
            text.parse::<i8>().ok().filter(|number| fits && (1..=most).contains(number))
        };
        let month = match numbers.next() {
            Some(text) => Some(two(text, 12)?),
            None => None,
        };
        let day = match numbers.next() {
            Some(text) => Some(two(text, 31)?),
            None => None,
        };
        numbers.next().is_none().then_some(Self { year, month, day })
    }
}

impl Phrase {
    fn expression(&self, field: Field) -> String {
        let (fields, titled) = match field {
            Field::Any => ("text thinking names", false),
            Field::Text => ("text", false),
            Field::Thinking => ("thinking", false),
            Field::Title => ("text", true),
        };
        let spread = titled || field == Field::Any;
        if let [token] = self.tokens.as_slice() {
            let quoted = quoted(&token.text);
            match (token.kind, token.text.chars().count()) {
                (Kind::Unit, _) if spread => return format!("{{chars}} : {quoted}"),
                // Its pairs all begin with it.
                (Kind::Unit, _) => return format!("{{{fields}}} : {quoted} *"),
                (Kind::Word, 2 | 3) if self.open && spread => return format!("{{starts}} : {quoted}"),
                (Kind::Word, 1) => return format!("{{{fields}}} : {quoted}"),
                (Kind::Word, _) if self.open => return format!("{{{fields} parts}} : {quoted} *"),
                (Kind::Word, _) => return format!("{{{fields}}} : {quoted}"),
            }
        }
        format!("{{{fields}}} : {}", self.row(self.open))
    }

    /// The tokens as FTS5 finds them in a row.
    fn row(&self, open: bool) -> String {
        let mut row: Vec<&str> = Vec::new();
        let mut pairs = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            let next = self.tokens.get(at + 1).filter(|next| next.joined);
            if token.kind == Kind::Unit {
                pairs.push(match next {
                    Some(next) => format!("{}{}", token.text, next.text),
                    None => token.text.clone(),
                });
            } else {
                pairs.push(token.text.clone());
            }
        }
        let last = self.tokens.last();
        let behind_pair = last.is_some_and(|last| last.kind == Kind::Unit && last.joined);
        if behind_pair {
            // The pair before has it already.
            pairs.pop();
        }
        row.extend(pairs.iter().map(String::as_str));
        let goes_on = match last {
            // A unit that stands alone at the end may begin a pair in the text.
            Some(last) if last.kind == Kind::Unit => !behind_pair,
            Some(last) => open && last.text.chars().count() > 1,
            None => false,
        };
        let expression = quoted(&row.join(" "));
        if goes_on { format!("{expression} *") } else { expression }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

impl Day {
    /// When it begins where the person is, in milliseconds since 1970 UTC; `None` for a day no calendar has.
    pub(super) fn begins_ms(self) -> Option<i64> {
        let date = jiff::civil::Date::new(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1)).ok()?;
        let midnight = date.at(0, 0, 0, 0);
        Some(jiff::tz::TimeZone::system().to_timestamp(midnight).ok()?.as_millisecond())
    }
}

/// Year and month of a moment, by UTC.
pub(super) fn month_of(ms: i64) -> Option<(i16, i8)> {
    let date = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::from_millisecond(ms).ok()?).date();
    Some((date.year(), date.month()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn what_is_typed_is_understood() {
        for (typed, expected) in [
            ("", "{marks} : \"all\""),
            ("database", "{text thinking names parts} : \"database\" *"),
            ("da", "{starts} : \"da\""),
            ("c", "{text thinking names} : \"c\""),
            ("数", "{chars} : \"数\""),
            ("数据库", "{text thinking names} : \"数据 据库\""),
            ("foo_bar", "{text thinking names} : \"foo bar\" *"),
            ("\"foo bar\"", "{text thinking names} : \"foo bar\""),
            (
                "alpha -beta1",
                "({text thinking names parts} : \"alpha\" *) NOT {text thinking names parts} : \"beta1\" *",
            ),
            ("-\"a b\"", "({marks} : \"all\") NOT {text thinking names} : \"a b\""),
            ("has:code from:me", "{marks} : \"hcode\" AND {marks} : \"ruser\""),
            ("model:v4-pro", "{model} : \"v4 pro\" *"),
            ("in:thinking 数", "{thinking} : \"数\" *"),
            (
                "AND OR(NEAR* ^col:x",
                "{starts} : \"and\" AND {text thinking names} : \"or near\" * AND {text thinking names} : \"col x\"",
            ),
        ] {
            assert_eq!(Query::parse(typed).message_match(None), expected, "{typed}");
        }
        let day = |typed: &str| Query::parse(typed).filters.before;
        assert_eq!(day("before:2026-03-05"), Some(Day { year: 2026, month: Some(3), day: Some(5) }));
        assert_eq!(day("before:2026"), Some(Day { year: 2026, month: None, day: None }));
        for text in ["before:soon", "before:2026-13", "before:20261", "before:", "in:nowhere", "is:it"] {
            assert!(!Query::parse(text).wanted.is_empty(), "{text} is text");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_query_is_an_error(typed in "[\\PC]{0,40}") {
            let connection = Connection::open_in_memory().unwrap();
            connection
                .execute_batch(
                    "CREATE VIRTUAL TABLE search USING fts5 (text, thinking, names, parts, model, chars, starts,
                         marks, content = '', contentless_delete = 1, tokenize = 'ascii');
                     CREATE VIRTUAL TABLE search_title USING fts5 (text, parts, chars, starts, content = '',
                         contentless_delete = 1, tokenize = 'ascii');",
                )
                .unwrap();
            let query = Query::parse(&typed);
            let asked = |table: &str, expression: &str| {
                let sql = format!("SELECT rowid FROM {table} WHERE {table} MATCH ?1");
                connection.prepare(&sql).unwrap().exists([expression])
            };
            let message = query.message_match(Some(&[1, 2]));
            prop_assert!(asked("search", &message).is_ok(), "{} -> {}", typed, message);
            if let Some(title) = query.title_match() {
                prop_assert!(asked("search_title", &title).is_ok(), "{} -> {}", typed, title);
            }
        }
    }
}

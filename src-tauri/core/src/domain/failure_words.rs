//! What people are told of failures: the table that the window reads too, filled in.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Cause, Code, Failure};

/// A language that failures are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Chinese in simplified characters.
    SimplifiedChinese,
}

impl Language {
    /// The language of a POSIX locale such as `zh_CN.UTF-8` (POSIX.1-2024, base definitions, section 8.2); English where
    /// it is none of these.
    pub fn of_locale(locale: &str) -> Self {
        if locale.to_ascii_lowercase().starts_with("zh") { Self::SimplifiedChinese } else { Self::English }
    }

    fn table(self) -> &'static Table {
        match self {
            Self::English => &ENGLISH,
            Self::SimplifiedChinese => &CHINESE,
        }
    }
}

/// A failure in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureWords {
    /// What happened: a sentence.
    pub what: String,
    /// What to do about it: one sentence or a few, or empty.
    pub advice: String,
}

impl fmt::Display for FailureWords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&joined(&self.what, &self.advice))
    }
}

impl Failure {
    /// What happened and what to do, in words of `language`.
    pub fn words(&self, language: Language) -> FailureWords {
        let table = language.table();
        let facts = self.cause.as_deref().map(facts_of).unwrap_or_default();
        let kind = facts.get("kind").and_then(Value::as_str).unwrap_or_default();
        let entry = table.causes.get(kind).or_else(|| table.codes.get(self.code.name())).unwrap_or(&NONE);
        let fill = |template: &str| table.filled(template, self, &facts);
        let tried = self.addresses_tried.map(|tried| table.tried.replace("{n}", &tried.to_string()));
        let advice = fill(&entry.advice);
        let advice = tried.map(|tried| joined(&tried, &advice)).unwrap_or(advice);
        FailureWords { what: fill(&entry.what), advice }
    }
}

/// Two sentences, one behind the other; Chinese ones have no space between them.
fn joined(first: &str, second: &str) -> String {
    let gap = if second.is_empty() || first.ends_with('。') { "" } else { " " };
    format!("{first}{gap}{second}")
}

/// Why a reply is being asked for again: a clause without a full stop.
pub fn retry_words(code: Code, server: &str, language: Language) -> String {
    let table = language.table();
    let clause = table.codes.get(code.name()).and_then(|entry| entry.retrying.as_deref());
    table.filled(clause.unwrap_or_else(|| code.name()), &Failure::new(code).at(server), &Map::new())
}

static ENGLISH: LazyLock<Table> =
    LazyLock::new(|| Table::read(include_str!("../../../../ui/src/words/failures.en.json")));
static CHINESE: LazyLock<Table> =
    LazyLock::new(|| Table::read(include_str!("../../../../ui/src/words/failures.zh-Hans.json")));
static NONE: Entry = Entry { what: String::new(), advice: String::new(), retrying: None };

#[derive(Debug, Default, Deserialize)]
struct Table {
    nameless: Nameless,
    comma: String,
    seconds: String,
    minutes: String,
    status: String,
    tried: String,
    terms: BTreeMap<String, String>,
    codes: BTreeMap<String, Entry>,
    causes: BTreeMap<String, Entry>,
}

/// What a server without a name is called, at the beginning of a sentence and further on.
#[derive(Debug, Default, Deserialize)]
struct Nameless {
    first: String,
    later: String,
}

#[derive(Debug, Deserialize)]
struct Entry {
    what: String,
    advice: String,
    retrying: Option<String>,
}

impl Table {
    fn read(text: &str) -> Self {
        // The tests read both tables, so that this never fails outside of them.
        serde_json::from_str(text).unwrap_or_default()
    }

    fn filled(&self, template: &str, failure: &Failure, facts: &Map<String, Value>) -> String {
        let mut filled = String::with_capacity(template.len() * 2);
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once('{') {
            let Some((name, after)) = behind.split_once('}') else { break };
            filled.push_str(before);
            match name {
                "server" => match &failure.server {
                    Some(server) => filled.push_str(server),
                    None if filled.is_empty() => filled.push_str(&self.nameless.first),
                    None => filled.push_str(&self.nameless.later),
                },
                "status" => {
                    let status = failure.status.map(|status| self.status.replace("{n}", &status.to_string()));
                    filled.push_str(&status.unwrap_or_default());
                }
                "code" => {
                    let term = self.terms.get(failure.code.name()).or_else(|| self.terms.get("internal"));
                    filled.push_str(term.map(String::as_str).unwrap_or_default());
                }
                _ => filled.push_str(&facts.get(name).map(|fact| self.fact(name, fact)).unwrap_or_default()),
            }
            rest = after;
        }
        filled.push_str(rest);
        without_gaps(&filled)
    }

    fn fact(&self, name: &str, fact: &Value) -> String {
        match fact {
            Value::String(text) => match name {
                "by" | "why" | "thing" => self.terms.get(text).unwrap_or(text).clone(),
                _ => text.clone(),
            },
            Value::Number(number) => {
                let number = number.as_u64().unwrap_or_default();
                if name.ends_with("_ms") { self.duration(number) } else { thousands(number) }
            }
            Value::Array(items) => {
                items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(&self.comma)
            }
            Value::Null | Value::Bool(_) | Value::Object(_) => String::new(),
        }
    }

    /// A span of time in the unit that suits it, at most a tenth of a second exact.
    #[expect(clippy::cast_precision_loss, reason = "spans of at most some weeks")]
    fn duration(&self, milliseconds: u64) -> String {
        const MINUTE_MS: u64 = 60_000;
        let seconds = |milliseconds: u64| {
            let tenths = (milliseconds as f64 / 100.0).round() / 10.0;
            self.seconds.replace("{n}", &tenths.to_string())
        };
        if milliseconds < MINUTE_MS {
            return seconds(milliseconds);
        }
        let minutes = self.minutes.replace("{n}", &(milliseconds / MINUTE_MS).to_string());
        match milliseconds % MINUTE_MS {
            0..500 => minutes,
            rest => format!("{minutes} {}", seconds(rest / 1000 * 1000)),
        }
    }
}

fn facts_of(cause: &Cause) -> Map<String, Value> {
    match serde_json::to_value(cause) {
        Ok(Value::Object(facts)) => facts,
        Ok(_) | Err(_) => Map::new(),
    }
}

/// A number in groups of three.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Chinese has a space where it meets Latin letters, which the table has, and none between its own characters.
fn without_gaps(text: &str) -> String {
    let is_han = |letter: char| ('\u{3400}'..='\u{9FFF}').contains(&letter);
    let mut letters = text.chars().peekable();
    let mut closed = String::with_capacity(text.len());
    while let Some(letter) = letters.next() {
        let closes = letter == ' '
            && closed.chars().next_back().is_some_and(is_han)
            && letters.peek().copied().is_some_and(is_han);
        if !closes {
            closed.push(letter);
        }
    }
    closed
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANGUAGES: [Language; 2] = [Language::English, Language::SimplifiedChinese];

    /// The names of all causes, which serde lists for whoever asks for one that there is not.
    fn kinds() -> Vec<String> {
        let none = serde_json::from_str::<Cause>(r#"{"kind":"?"}"#).unwrap_err().to_string();
        none.split('`').skip(1).step_by(2).skip(1).map(str::to_owned).collect()
    }

    /// A cause with something in every field it has.
    fn example(kind: &str) -> Cause {
        let text = "https://example.com/v1";
        serde_json::from_value(serde_json::json!({
            "kind": kind, "address": text, "host": "example.com", "proxy": text, "wait_ms": 90_500, "needed": 5_000,
            "window": 4_096, "by": "chat", "hosts": ["a", "b"], "why": "unreadable", "header": "x-team",
            "file": "/etc/own.pem", "format": "porthole.conversation/2", "from": "/old", "to": "/new", "thing": "message", "sentence": "So it is.",
        }))
        .unwrap_or_else(|error| panic!("{kind}: {error}"))
    }

    fn places(template: &str) -> Vec<&str> {
        let mut places: Vec<&str> = template
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name)
            .collect();
        places.sort_unstable();
        places
    }

    #[test]
    fn every_cause_has_words_in_every_language_and_every_place_in_them_a_fact() {
        let kinds = kinds();
        assert!(kinds.len() > 50, "{kinds:?}");
        for language in LANGUAGES {
            let table = language.table();
            let told: Vec<&String> = table.causes.keys().collect();
            let mut known: Vec<&String> = kinds.iter().collect();
            known.sort_unstable();
            assert_eq!(told, known, "{language:?}");
            for (kind, entry) in &table.causes {
                let facts = facts_of(&example(kind));
                for place in places(&format!("{} {}", entry.what, entry.advice)) {
                    let is_known = matches!(place, "server" | "status" | "code") || facts.contains_key(place);
                    assert!(is_known, "{kind} has no {place}");
                }
            }
        }
    }

    #[test]
    fn both_languages_say_the_same_things() {
        let (english, chinese) = (Language::English.table(), Language::SimplifiedChinese.table());
        assert_eq!(english.terms.keys().collect::<Vec<_>>(), chinese.terms.keys().collect::<Vec<_>>());
        let both = [(&english.codes, &chinese.codes), (&english.causes, &chinese.causes)];
        for (english, chinese) in both {
            assert_eq!(english.keys().collect::<Vec<_>>(), chinese.keys().collect::<Vec<_>>());
            for (name, entry) in english {
                let other = &chinese[name];
                assert_eq!(places(&entry.what), places(&other.what), "{name}");
                assert_eq!(places(&entry.advice), places(&other.advice), "{name}");
                assert_eq!(entry.retrying.is_some(), other.retrying.is_some(), "{name}");
            }
        }
    }

    #[test]
    fn every_code_that_is_sent_again_says_why() {
        for language in LANGUAGES {
            for name in language.table().codes.keys() {
                let code: Code = serde_json::from_value(Value::from(name.clone())).unwrap();
                if code.is_passing() {
                    let clause = retry_words(code, "Attic", language);
                    assert!(clause.contains("Attic") && !clause.ends_with(['.', '。']), "{clause}");
                }
            }
        }
    }

    #[test]
    fn facts_are_written_as_people_write_them() {
        let check = |cause: Cause, english: &str, chinese: &str| {
            let failure =
                Failure { status: Some(429), ..Failure::because(Code::RateLimited, cause).at("Attic") };
            assert!(failure.words(Language::English).to_string().contains(english), "{failure}");
            let told = failure.words(Language::SimplifiedChinese).to_string();
            assert!(told.contains(chinese), "{told}");
        };
        let wait = |wait_ms| Cause::LongWait { wait_ms };
        check(
            wait(1_800_000),
            "requests (429). It asks to wait 30 min,",
            "正在限制请求（429）。它要求等待 30 分钟，",
        );
        check(wait(125_000), "wait 2 min 5 s,", "等待 2 分钟 5 秒，");
        check(wait(50), "wait 0.1 s,", "等待 0.1 秒，");
        check(wait(12_300), "wait 12.3 s,", "等待 12.3 秒，");
        check(example("over_window"), "needs 5,000 tokens", "需要 5,000 个");
        check(
            example("locked_to_hosts"),
            "This chat is locked to this computer and a, b, and",
            "此对话已锁定在本机和 a、b，而",
        );
        check(example("unusable_proxy"), "as a proxy: it cannot be read.", "不能用作代理：无法识别。");
        check(example("missing"), "There is no message with", "没有使用该名称或编号的消息。");
        check(example("told"), "So it is.", "So it is.");
    }

    #[test]
    fn a_server_without_a_name_is_called_the_server() {
        let what = |code, language| Failure::new(code).words(language).what;
        assert_eq!(what(Code::Overloaded, Language::English), "The server is overloaded.");
        assert_eq!(what(Code::TooLarge, Language::English), "The message is larger than the server accepts.");
        assert_eq!(what(Code::Overloaded, Language::SimplifiedChinese), "服务器负载过高。");
        assert_eq!(what(Code::Unreachable, Language::SimplifiedChinese), "无法连接服务器。");
        let tried = Failure { addresses_tried: Some(3), ..Failure::new(Code::Unreachable).at("rack") };
        assert!(tried.to_string().contains("3 addresses were tried"), "{tried}");
    }

    #[test]
    fn what_an_older_version_kept_is_read() {
        let kept = r#"{"code":"rate_limited","message":"x","server":"Attic","status":429,"detail":null,
                       "retry_after_ms":null,"excess_tokens":null}"#;
        let failure: Failure = serde_json::from_str(kept).unwrap();
        assert_eq!(failure.to_string(), "Attic is limiting requests (429). Wait a moment, then retry.");
    }

    #[test]
    fn a_locale_is_told_by_its_language() {
        for (locale, language) in [
            ("zh_CN.UTF-8", Language::SimplifiedChinese),
            ("zh", Language::SimplifiedChinese),
            ("en_GB", Language::English),
            ("C", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::of_locale(locale), language, "{locale}");
        }
    }
}

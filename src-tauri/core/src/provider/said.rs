//! An error in a server's own words, found in JSON of every shape, a page or plain text.

use serde_json::{Map, Value};

use super::loose_json;
use super::words::html_title;

/// Where the words stand, the plainest first.
const TEXT: [&str; 11] = [
    "message",
    "error_message",
    "detail",
    "error",
    "msg",
    "status_msg",
    "error_msg",
    "errmsg",
    "error_description",
    "errors",
    "reason",
];
/// Where the number stands.
const NUMBER: [&str; 5] = ["code", "status", "status_code", "error_code", "errcode"];
/// By which words a `code` or `status` says that all is well so far.
const FINE: [&str; 8] =
    ["ok", "success", "succeeded", "queued", "pending", "running", "processing", "loading"];

/// `MiniMax` numbers its errors by itself, in `base_resp`: the HTTP status that each stands for, after "Error Codes"
/// of its documentation.
const MINIMAX: [(u64, u16); 11] = [
    (1001, 408),
    (1002, 429),
    (1004, 401),
    (1008, 402),
    (1024, 500),
    (1033, 500),
    (1039, 429),
    (1041, 429),
    (2013, 400),
    (2045, 429),
    (2049, 401),
];

/// Phrases, in lower case, that say what the status would have been.
const STATUS_IN_WORDS: [(u16, &[&str]); 4] = [
    (
        401,
        &[
            "api key is invalid",
            "api key not valid",
            "api key is missing",
            "api key expired",
            "api key has expired",
            "invalid api key",
            "invalid api-key",
            "invalid api_key",
            "invalid_api_key",
            "incorrect api key",
            "missing api key",
            "no api key",
            "invalid key",
            "invalid token",
            "invalid_token",
            "token is invalid",
            "token invalid",
            "token expired",
            "token has expired",
            "token is expired",
            "authentication fail",
            "authentication error",
            "authentication_error",
            "authenticationerror",
            "unauthorized",
            "unauthenticated",
            "login fail",
            "无效的令牌",
            "鉴权失败",
            "认证失败",
        ],
    ),
    (429, &["rate_limit", "rate limit", "ratelimit", "too many requests"]),
    (503, &["overloaded", "loading model"]),
    (500, &["server_error", "internal_error", "internal server error"]),
];

/// An error in the server's own words.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// What it says to people.
    pub(super) text: String,
    /// What it says to programs: `type` and `code`, in lower case.
    words: String,
    /// A number that is an HTTP status.
    pub(super) status: Option<u16>,
    /// The size of the prompt, where the error states it.
    pub(super) prompt_tokens: Option<u64>,
    /// The size of the context window, where the error states it.
    pub(super) context_tokens: Option<u64>,
}

impl Said {
    /// Plain words.
    pub(super) fn plain(text: &str) -> Self {
        Self { text: text.trim().to_owned(), ..Self::default() }
    }

    /// The error in a body of any kind: JSON of every shape, an HTML page, or plain text.
    pub(super) fn in_body(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{FEFF}').trim();
        if let Ok(value) = loose_json::read::<Value>(text) {
            return Self::anywhere(&value).unwrap_or_else(|| Self::plain(text));
        }
        if text.starts_with('<') {
            return Self::plain(&html_title(text).unwrap_or_else(|| "a web page".to_owned()));
        }
        Self::plain(text)
    }

    /// The error that stands in an event of a stream, if one does. Only what cannot be part of a regular
    /// reply counts.
    pub(super) fn in_event(event: &Value) -> Option<Self> {
        let event = event.as_object()?;
        if let Some(error) = event.get("error") {
            let said = Self::from_error(error, event);
            if said.is_some() {
                return said;
            }
        }
        if let Some(said) = event.get("base_resp").and_then(Self::from_minimax) {
            return Some(said);
        }
        // OpenRouter puts the error of the provider behind it into the choice.
        let choice = event.get("choices").and_then(|choices| choices.get(0)).and_then(Value::as_object);
        if let Some(said) = choice.and_then(|choice| Self::from_error(choice.get("error")?, choice)) {
            return Some(said);
        }
        let names_itself =
            ["object", "type"].iter().any(|key| event.get(*key).is_some_and(|word| word == "error"));
        if names_itself || event.contains_key("error_message") {
            return Self::from_object(event);
        }
        None
    }

    /// The error in an event or document that has words for people and no piece of a reply: gateways answer 200 with
    /// `{"code":…,"msg":…}`, `{"success":false,…}`, `{"detail":…}` and the like.
    pub(super) fn instead_of_reply(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let has_choices =
            object.get("choices").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
        if has_choices || is_fine(object) {
            return None;
        }
        text_of(object)?;
        Self::from_object(object)
    }

    /// As [`Said::in_event`], where it is already known to be an error.
    pub(super) fn anywhere(value: &Value) -> Option<Self> {
        match value {
            Value::Array(items) => items.first().and_then(Self::anywhere),
            Value::Object(object) => Self::in_event(value).or_else(|| Self::from_object(object)),
            Value::String(text) => Some(Self::plain(text)),
            Value::Null | Value::Bool(_) | Value::Number(_) => None,
        }
    }

    /// The HTTP status that its words stand for, where they say one.
    pub(super) fn status_in_words(&self) -> Option<u16> {
        STATUS_IN_WORDS.iter().find(|(_, phrases)| self.speaks_of(phrases)).map(|(status, _)| *status)
    }

    /// Whether any of `phrases`, in lower case, stands in it.
    pub(super) fn speaks_of(&self, phrases: &[&str]) -> bool {
        let text = self.text.to_lowercase();
        phrases.iter().any(|phrase| text.contains(phrase) || self.words.contains(phrase))
    }

    fn from_error(error: &Value, around: &Map<String, Value>) -> Option<Self> {
        match error {
            Value::String(text) if !text.trim().is_empty() => {
                let rest = Self::from_object(around);
                Some(Self { text: text.trim().to_owned(), ..rest.unwrap_or_default() })
            }
            Value::Object(object) if !object.is_empty() => {
                let said = Self::from_object(object).unwrap_or_else(|| Self::plain(&error.to_string()));
                Some(Self { status: said.status.or_else(|| status_of(around)), ..said })
            }
            Value::Bool(true) | Value::Array(_) => {
                Some(Self::from_object(around).unwrap_or_else(|| Self::plain(&error.to_string())))
            }
            Value::Null | Value::Bool(false) | Value::Number(_) | Value::String(_) | Value::Object(_) => None,
        }
    }

    /// `{"status_code":1004,"status_msg":"login fail"}`; 0 stands on every chunk of a reply.
    fn from_minimax(base: &Value) -> Option<Self> {
        let number = base.get("status_code")?.as_u64().filter(|number| *number != 0)?;
        let said = Self::from_object(base.as_object()?).unwrap_or_else(|| Self::plain(&base.to_string()));
        let known = MINIMAX.iter().find(|(code, _)| *code == number).map(|(_, status)| *status);
        Some(Self { status: known.or(said.status), ..said })
    }

    fn from_object(object: &Map<String, Value>) -> Option<Self> {
        let words: Vec<String> = ["type", "code", "error_type"]
            .iter()
            .filter_map(|key| object.get(*key)?.as_str().map(str::to_lowercase))
            .collect();
        let number = |key: &str| object.get(key).and_then(Value::as_u64);
        Some(Self {
            text: text_of(object).or_else(|| words.first().cloned())?,
            words: words.join(" "),
            status: status_of(object),
            prompt_tokens: number("n_prompt_tokens"),
            context_tokens: number("n_ctx"),
        })
    }
}

/// Whether it says of itself that nothing is wrong.
fn is_fine(object: &Map<String, Value>) -> bool {
    let says_so = |key: &&'static str| match object.get(*key) {
        Some(Value::Number(number)) => matches!(number.as_u64(), Some(0 | 200..=299)),
        Some(Value::String(word)) => {
            let word = word.trim().to_lowercase();
            FINE.contains(&word.as_str()) || matches!(word.parse(), Ok(0_u16 | 200..=299))
        }
        Some(Value::Bool(is_well)) => *key == "success" && *is_well,
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => false,
    };
    object.get("success") != Some(&Value::Bool(false)) && NUMBER.iter().chain(&["success"]).any(says_so)
}

fn text_of(object: &Map<String, Value>) -> Option<String> {
    TEXT.iter().find_map(|key| words_in(object.get(*key)?))
}

fn words_in(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.trim().is_empty()).then(|| text.trim().to_owned()),
        // FastAPI's validation errors: `{"detail":[{"loc":[…],"msg":"…"}]}`.
        Value::Array(items) if !items.is_empty() => {
            Some(items.iter().find_map(words_in).unwrap_or_else(|| value.to_string()))
        }
        // Not a recursion without end: serde_json reads no deeper than 128 levels.
        Value::Object(object) => text_of(object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}

fn status_of(object: &Map<String, Value>) -> Option<u16> {
    NUMBER.iter().find_map(|key| {
        let value = object.get(*key)?;
        let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
        u16::try_from(number).ok().filter(|status| (400..600).contains(status))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn s10_what_stands_instead_of_a_reply_is_told_from_one() {
        let check = |value: Value, text: Option<&str>, status: Option<u16>| {
            let said = Said::in_event(&value).or_else(|| Said::instead_of_reply(&value));
            assert_eq!(said.as_ref().map(|said| said.text.as_str()), text, "{value}");
            assert_eq!(
                said.and_then(|said| said.status.or_else(|| said.status_in_words())),
                status,
                "{value}"
            );
        };
        let login = json!({"choices": null, "base_resp": {"status_code": 1004, "status_msg": "login fail"}});
        check(login, Some("login fail"), Some(401));
        check(json!({"base_resp": {"status_code": 7}}), Some("{\"status_code\":7}"), None);
        check(json!({"base_resp": {"status_code": 0, "status_msg": ""}, "choices": []}), None, None);
        let token = json!({"success": false, "code": 401, "msg": "the token is invalid"});
        check(token, Some("the token is invalid"), Some(401));
        check(json!({"success": false, "errors": [{"code": 1, "message": "no"}]}), Some("no"), None);
        check(json!({"detail": "no"}), Some("no"), None);
        check(json!({"detail": [{"loc": ["body"], "msg": "no"}]}), Some("no"), None);
        check(json!({"code": 429, "message": "no"}), Some("no"), Some(429));
        check(json!({"code": "503", "msg": "no"}), Some("no"), Some(503));
        check(json!({"code": 1305, "msg": "no", "choices": []}), Some("no"), None);
        check(json!({"code": 401, "error": {"msg": "no"}}), Some("no"), Some(401));
        check(json!({"error": "Rate limit reached"}), Some("Rate limit reached"), Some(429));
        check(json!({"code": 0, "msg": "success"}), None, None);
        check(json!({"code": "200", "message": "fine"}), None, None);
        check(json!({"status": "processing", "message": "You are third in line."}), None, None);
        check(json!({"code": 5, "message": "x", "choices": [{"delta": {}}]}), None, None);
        check(json!({"type": "ping"}), None, None);
        check(json!({"message": {"role": "assistant", "content": "x"}}), None, None);
        check(json!({"choices": [], "usage": {"prompt_tokens": 1}}), None, None);
    }
}

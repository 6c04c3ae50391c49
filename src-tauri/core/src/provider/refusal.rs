//! What a server says when it will not answer: from a status and a body to a [`Failure`]
//! (DeepSeek API docs, Error Codes; for local servers docs/conformance.md, item 6).

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::Endpoint;
use super::loose_json::whole;
use super::said::Said;
use super::words::{clean, shorten, shown, without_key};
use crate::clock::whole_ms;
use crate::domain::{Cause, Code, Failure};

/// A failure that names the server.
pub(super) fn failure(endpoint: &Endpoint, code: Code, cause: impl Into<Option<Cause>>) -> Failure {
    Failure::new(code).with(cause).at(&endpoint.name)
}

/// What came with a success status is no answer of a model server.
pub(super) fn no_answer(endpoint: &Endpoint) -> Failure {
    failure(endpoint, Code::Malformed, Cause::NoAnswerToThis { address: shown(&endpoint.url) })
}

/// What came instead of an answer.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    pub(super) retry_after: Option<&'a str>,
    /// The header `retry-after-ms`, which some gateways add.
    pub(super) retry_after_ms: Option<&'a str>,
    /// The server's own time, from its header `Date`: a date in `Retry-After` is measured against it, so that
    /// a wrong clock on either side does not matter (RFC 9110, sections 6.6.1 and 10.2.3).
    pub(super) now: Option<Timestamp>,
    pub(super) location: Option<&'a str>,
    /// The body, or the beginning of it.
    pub(super) body: &'a [u8],
}

/// Turns a refusal into what is told.
pub(super) fn refused(endpoint: &Endpoint, refusal: Refusal<'_>) -> Failure {
    let said = Said::in_body(refusal.body);
    let mut failure = tell(endpoint, refusal.status, &said);
    if (300..400).contains(&refusal.status)
        && let Some(location) = refusal.location
    {
        let address = shorten(&without_key(&clean(location), endpoint), 200);
        failure = failure.with(Cause::Redirected { address });
    }
    failure.status = Some(refusal.status);
    failure.retry_after_ms = retry_after(refusal);
    failure
}

/// Turns an error that came with a success status into what is told. One that says nothing of its kind is the
/// server's answer to the request where it stands instead of a reply, and asking again would bring the same; in the
/// middle of a reply the server failed.
pub(super) fn broke_off(endpoint: &Endpoint, said: &Said, reply_has_begun: bool) -> Failure {
    let status = said.status.or_else(|| said.status_in_words());
    let unsaid = if reply_has_begun { 500 } else { 400 };
    let mut failure = tell(endpoint, status.unwrap_or(unsaid), said);
    if status.is_none() && failure.code == Code::InvalidRequest {
        failure = failure.with(Cause::ErrorInstead);
    }
    failure.status = said.status;
    failure
}

/// Phrases by which servers say that the prompt does not fit: DeepSeek and vLLM ("maximum context length"),
/// OpenAI and ds4 (`context_length_exceeded`), llama.cpp ("exceeds the available context size",
/// `exceed_context_size_error`), SGLang ("longer than the model's context length"), LM Studio ("context length
/// of only", "greater than the context length"), Ollama ("exceeds the context length", "max context length").
const CONTEXT: &[&str] = &[
    "maximum context length",
    "max context length",
    "maximum model length",
    "context_length_exceeded",
    "exceed_context_size",
    "available context size",
    "model's context length",
    "exceeds the context",
    "exceed the context",
    "context length of only",
    "greater than the context length",
    "context window is",
    "prompt is too long",
];
const BALANCE: &[&str] = &[
    "insufficient balance",
    "insufficient_balance",
    "insufficient quota",
    "insufficient_quota",
    "insufficient account balance",
    "insufficient credit",
    "exceeded your current quota",
];

fn code_of(status: u16, said: &Said) -> Code {
    match status {
        _ if status != 401 && said.speaks_of(BALANCE) => Code::PaymentRequired,
        413 if said.speaks_of(CONTEXT) => Code::ContextOverflow,
        _ if !matches!(status, 401..=404 | 429) && said.speaks_of(CONTEXT) => Code::ContextOverflow,
        401 => Code::Unauthorized,
        402 => Code::PaymentRequired,
        403 => Code::Forbidden,
        404 | 410 => Code::NotFound,
        408 => Code::Timeout,
        413 => Code::TooLarge,
        429 => Code::RateLimited,
        503 | 529 => Code::Overloaded,
        400..500 => Code::InvalidRequest,
        // An error inside a stream has no status of its own but often says in a word what it would have been.
        _ if said.status.is_none() && said.speaks_of(&["rate_limit", "rate limit"]) => Code::RateLimited,
        _ if said.status.is_none() && said.speaks_of(&["overloaded", "loading model"]) => Code::Overloaded,
        500.. => Code::ServerError,
        _ => Code::Malformed,
    }
}

fn tell(endpoint: &Endpoint, status: u16, said: &Said) -> Failure {
    let code = code_of(status, said);
    let detail = shorten(&without_key(&clean(&whole(&said.text)), endpoint), 2_000);
    let address = || shown(&endpoint.url);
    #[expect(clippy::wildcard_enum_match_arm, reason = "of the others no more is known than the code says")]
    let cause = match code {
        Code::Unauthorized if endpoint.key.is_none() => Some(Cause::NoKey),
        Code::NotFound if said.speaks_of(&["model"]) => Some(Cause::NoSuchModel),
        Code::NotFound => Some(Cause::NoSuchAddress { address: address() }),
        Code::ContextOverflow => Sizes::stated(said).cause(),
        Code::Overloaded if said.speaks_of(&["loading model", "loading the model"]) => {
            Some(Cause::ModelLoading)
        }
        Code::Timeout => Some(Cause::RequestTimedOut),
        Code::Malformed => Some(Cause::NoAnswerToThis { address: address() }),
        _ => None,
    };
    let detail = (!detail.is_empty()).then_some(detail);
    Failure { detail, status: Some(status), ..failure(endpoint, code, cause) }
}

/// What an overflow states of sizes, in tokens.
#[derive(Debug, Clone, Copy, Default)]
struct Sizes {
    needed: Option<u64>,
    window: Option<u64>,
}

impl Sizes {
    fn stated(said: &Said) -> Self {
        let numbers = numbers_in(&said.text);
        let window = said.context_tokens.or_else(|| {
            // The window is the number that stands nearest behind the words for it.
            let text = said.text.to_lowercase();
            let from = ["context length", "context size", "context window", "model length"]
                .iter()
                .filter_map(|words| text.find(words))
                .min()?;
            numbers.iter().find(|(at, _)| *at > from).map(|(_, number)| *number)
        });
        let largest =
            || numbers.iter().map(|(_, number)| *number).filter(|number| Some(*number) > window).max();
        Self { needed: said.prompt_tokens.or_else(largest), window }
    }

    fn cause(self) -> Option<Cause> {
        let (needed, window) = (self.needed?, self.window?);
        let fits = |tokens: u64| u32::try_from(tokens).unwrap_or(u32::MAX);
        (needed > window).then(|| Cause::OverWindow { needed: fits(needed), window: fits(window) })
    }
}

/// The numbers in `text` of at least three digits, and where they begin. Lengths are never shorter, while model
/// names are full of short numbers.
fn numbers_in(text: &str) -> Vec<(usize, u64)> {
    let mut numbers = Vec::new();
    let mut begin = None;
    for (at, byte) in text.bytes().chain([b' ']).enumerate() {
        match (byte.is_ascii_digit(), begin) {
            (true, None) => begin = Some(at),
            (false, Some(from)) => {
                if at - from >= 3
                    && let Ok(number) = text[from..at].parse()
                {
                    numbers.push((from, number));
                }
                begin = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    numbers
}

fn retry_after(refusal: Refusal<'_>) -> Option<u32> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| *number >= 0.0);
    if let Some(milliseconds) = refusal.retry_after_ms.and_then(number) {
        return Some(whole_ms(Duration::try_from_secs_f64(milliseconds / 1_000.0).unwrap_or(Duration::MAX)));
    }
    let text = refusal.retry_after?;
    if let Some(seconds) = number(text) {
        return Some(whole_ms(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)));
    }
    let until = DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    let wait = until.duration_since(refusal.now?);
    Some(whole_ms(Duration::try_from(wait).unwrap_or(Duration::ZERO)))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::domain::ServerKind;
    use crate::secrets::Secret;

    fn endpoint(key: Option<&str>) -> Endpoint {
        let url = Url::parse("https://api.example.com/v1").unwrap();
        let key = key.map(|key| Secret::new(key.to_owned()));
        Endpoint { key, ..Endpoint::new("Work", ServerKind::DeepSeek, url) }
    }

    fn tell(status: u16, body: &str) -> Failure {
        let failure = refused(
            &endpoint(Some("sk-canary-0123456789")),
            Refusal { status, body: body.as_bytes(), ..Refusal::default() },
        );
        assert_eq!((failure.status, failure.server.as_deref()), (Some(status), Some("Work")));
        failure
    }

    #[test]
    fn a_status_becomes_a_code() {
        let check = |status, body: &str, code| assert_eq!(tell(status, body).code, code, "{status} {body}");
        check(400, "", Code::InvalidRequest);
        check(401, r#"{"error":{"message":"Authentication Fails"}}"#, Code::Unauthorized);
        check(402, r#"{"error":{"message":"Insufficient Balance"}}"#, Code::PaymentRequired);
        check(403, "", Code::Forbidden);
        check(404, r#"{"error":"model \"x\" not found, try pulling it first"}"#, Code::NotFound);
        check(413, "", Code::TooLarge);
        check(422, r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, Code::InvalidRequest);
        check(429, "", Code::RateLimited);
        check(
            429,
            r#"{"error":{"message":"You exceeded…","code":"insufficient_quota"}}"#,
            Code::PaymentRequired,
        );
        check(400, r#"{"error":{"message":"insufficient balance"}}"#, Code::PaymentRequired);
        check(500, "", Code::ServerError);
        check(502, "<html><title>Bad Gateway</title>", Code::ServerError);
        check(503, r#"{"error":{"code":503,"message":"Loading model"}}"#, Code::Overloaded);
        check(529, "", Code::Overloaded);
        check(302, "", Code::Malformed);
        check(429, r#"{"error":{"message":"tokens per minute: maximum context length"}}"#, Code::RateLimited);
    }

    #[test]
    fn an_overflow_tells_both_sizes() {
        let check = |status, body: &str, part: &str| {
            let failure = tell(status, body);
            assert_eq!(failure.code, Code::ContextOverflow, "{body}");
            assert!(failure.to_string().contains(part), "{failure}");
        };
        let wrap = |text: &str| format!(r#"{{"error":{{"message":"{text}"}}}}"#);
        let both = "needs 5,000 tokens, and the model on Work can read 4,096.";
        check(
            400,
            &wrap(
                "This model's maximum context length is 1048576 tokens. However, you requested 1050000 tokens (1040000 in the messages, 10000 in the completion). Please reduce the length.",
            ),
            "needs 1,050,000 tokens, and the model on Work can read 1,048,576.",
        );
        check(
            400,
            r#"{"error":{"code":400,"message":"the request exceeds the available context size. try increasing the context size","type":"exceed_context_size_error","n_prompt_tokens":5000,"n_ctx":4096}}"#,
            both,
        );
        check(
            400,
            &wrap(
                "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
            ),
            both,
        );
        check(
            400,
            &wrap("The input (5000 tokens) is longer than the model's context length (4096 tokens)."),
            both,
        );
        check(
            400,
            &wrap("However, the model is loaded with context length of only 4096 tokens"),
            "the model on Work can read (400)",
        );
        check(500, &wrap("input length exceeds the context length"), "the model on Work can read (500)");
        check(
            413,
            r#"{"error":{"code":"context_length_exceeded","n_prompt_tokens":5000,"n_ctx":4096}}"#,
            both,
        );
    }

    #[test]
    fn the_message_says_what_to_do() {
        let check = |status, body: &str, message: &str| assert_eq!(tell(status, body).to_string(), message);
        check(401, "", "Work refused the key (401). Check it in Settings › Models & keys.");
        check(402, "", "Work says the balance is used up (402). Top up the account, then retry.");
        check(
            404,
            "",
            "Work has nothing at this address (404). Check https://api.example.com/v1 in Settings › Models & keys.",
        );
        check(
            503,
            r#"{"error":{"message":"Loading model"}}"#,
            "Work is still loading its model. Try again in a moment.",
        );
        let failure = refused(&endpoint(None), Refusal { status: 401, ..Refusal::default() });
        assert_eq!(failure.to_string(), "Work needs a key (401). Add it in Settings › Models & keys.");
        let moved =
            Refusal { status: 301, location: Some("https://elsewhere.example/"), ..Refusal::default() };
        let told = refused(&endpoint(None), moved).to_string();
        assert!(
            told.starts_with("Work points to another address (301): https://elsewhere.example/."),
            "{told}"
        );
    }

    #[test]
    fn the_servers_words_are_found_and_made_fit() {
        let check = |body: &str, detail: &str| {
            assert_eq!(tell(400, body).detail.as_deref().unwrap_or_default(), detail, "{body}");
        };
        check(r#"{"error":{"message":"m","type":"t","code":7}}"#, "m");
        check(r#"{"error":"m"}"#, "m");
        check(r#"{"message":"m"}"#, "m");
        check(r#"{"detail":"m"}"#, "m");
        check(r#"{"object":"error","message":"m","code":40001}"#, "m");
        check(r#"{"error":{"code":"bad_thing"}}"#, "bad_thing");
        check("<html>\n<TITLE>Not\n here</TITLE>", "Not here");
        check("<p>x</p>", "a web page");
        check("plain\u{0}  words\n", "plain words");
        check("", "");
        check(r#"{"error":{"message":"bad key sk-canary-0123456789."}}"#, "bad key [key].");
        check(
            r#"{"error":{"message":"Incorrect API key provided: sk-ca***6789"}}"#,
            "Incorrect API key provided: [key]",
        );
        check(
            r#"{"error":{"message":"Your api key: ****abcd is invalid"}}"#,
            "Your api key: [key] is invalid",
        );
        assert_eq!(tell(400, &"x".repeat(5_000)).detail.unwrap().chars().count(), 2_000);
    }

    #[test]
    fn the_wait_is_read_from_every_header() {
        let date = |text| DateTimeParser::new().parse_timestamp(text).unwrap();
        let check = |retry_after, retry_after_ms, expected| {
            let now = Some(date("Sun, 06 Nov 1994 08:49:00 GMT"));
            let refusal = Refusal { status: 429, retry_after, retry_after_ms, now, ..Refusal::default() };
            assert_eq!(refused(&endpoint(None), refusal).retry_after_ms, expected, "{refusal:?}");
        };
        check(None, None, None);
        check(Some("12"), None, Some(12_000));
        check(Some("0.5"), None, Some(500));
        check(Some("12"), Some("1500"), Some(1_500));
        check(Some("Sun, 06 Nov 1994 08:49:37 GMT"), None, Some(37_000));
        check(Some("Sun, 06 Nov 1994 08:48:00 GMT"), None, Some(0));
        check(Some("soon"), None, None);
        check(Some("-1"), None, None);
        check(Some("1e300"), None, Some(u32::MAX));
        check(Some("inf"), None, Some(u32::MAX));
        check(Some("NaN"), None, None);
    }
}

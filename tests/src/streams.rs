//! What must hold for every stream of bytes that a model server may send, stated once for the property tests and the
//! fuzz targets in `tests/fuzz`, which include this file.

use porthole_core::domain::{Failure, FinishReason, ServerKind, ToolCall, Usage};
use porthole_core::provider::Delta;
use porthole_core::provider::fuzzing::{Ending, Event, Events, events, reply, thinking_tags};
use serde_json::{Map, Value};

/// Every dialect there is.
pub const KINDS: [ServerKind; 15] = [
    ServerKind::DeepSeek,
    ServerKind::OpenAi,
    ServerKind::Ollama,
    ServerKind::LmStudio,
    ServerKind::LlamaCpp,
    ServerKind::Vllm,
    ServerKind::Sglang,
    ServerKind::MlxLm,
    ServerKind::Ds4,
    ServerKind::Jan,
    ServerKind::LocalAi,
    ServerKind::KoboldCpp,
    ServerKind::TextGenerationWebui,
    ServerKind::Gpt4All,
    ServerKind::DockerModelRunner,
];

/// What the user ends up with.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Outcome {
    /// The model that the server says answered.
    pub model: Option<String>,
    /// Text and thinking in the order they came, neighbours of one kind joined.
    pub said: Vec<Said>,
    /// The tools it calls.
    pub tool_calls: Vec<ToolCall>,
    /// The tokens counted.
    pub usage: Usage,
    /// Why it ended.
    pub finish: Option<FinishReason>,
    /// The finish reason came but the stream's end did not.
    pub unterminated: bool,
    /// Why there is no normal end.
    pub failure: Option<Failure>,
}

/// A stretch of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Shown as the answer.
    Text(String),
    /// Shown as thinking.
    Thinking(String),
}

impl Said {
    fn words(&self) -> &str {
        match self {
            Self::Text(words) | Self::Thinking(words) => words,
        }
    }
}

impl Outcome {
    /// Puts together what the decoder gives out, and checks that it keeps the promises of [`Delta`].
    pub fn of(deltas: impl IntoIterator<Item = Result<Delta, Failure>>) -> Self {
        let mut outcome = Self::default();
        for delta in deltas {
            assert!(outcome.failure.is_none(), "{delta:?} came behind a failure");
            let may_follow_the_end = matches!(delta, Ok(Delta::Usage(_) | Delta::Unterminated));
            assert!(outcome.finish.is_none() || may_follow_the_end, "{delta:?} came behind the end");
            outcome.take(delta);
        }
        assert!(outcome.finish.is_some() || outcome.failure.is_some(), "it ends in one way or the other");
        outcome
    }

    fn take(&mut self, delta: Result<Delta, Failure>) {
        match delta {
            Ok(Delta::Model(model)) => {
                assert!(self.model.is_none() && !model.is_empty(), "a model is named once");
                self.model = Some(model);
            }
            Ok(Delta::Text(words)) => {
                assert!(!words.is_empty(), "text says something");
                match self.said.last_mut() {
                    Some(Said::Text(last)) => last.push_str(&words),
                    Some(Said::Thinking(_)) | None => self.said.push(Said::Text(words)),
                }
            }
            Ok(Delta::Thinking(words)) => {
                assert!(!words.is_empty(), "thinking says something");
                match self.said.last_mut() {
                    Some(Said::Thinking(last)) => last.push_str(&words),
                    Some(Said::Text(_)) | None => self.said.push(Said::Thinking(words)),
                }
            }
            Ok(Delta::TextWasThinking) => {
                let is_text = self.said.iter().all(|said| matches!(said, Said::Text(_)));
                assert!(is_text, "text turns into thinking once, and beside no other thinking");
                let words = self.words();
                self.said.clear();
                if !words.is_empty() {
                    self.said.push(Said::Thinking(words));
                }
            }
            Ok(Delta::ToolCall(call)) => {
                assert!(self.tool_calls.iter().all(|other| other.id != call.id), "an id names one call");
                self.tool_calls.push(call);
            }
            Ok(Delta::Settled(_)) => {}
            Ok(Delta::Usage(usage)) => self.usage = usage.or(self.usage),
            Ok(Delta::Finish(reason)) => self.finish = Some(reason),
            Ok(Delta::Unterminated) => {
                assert!(self.finish.is_some() && !self.unterminated, "only an end can lack its mark");
                self.unterminated = true;
            }
            Err(failure) => {
                assert!(!failure.to_string().is_empty(), "a failure says what happened");
                self.failure = Some(failure);
            }
        }
    }

    /// Everything that was said, thinking or not.
    pub fn words(&self) -> String {
        self.said.iter().map(Said::words).collect()
    }
}

/// Reads a reply that arrives in these pieces and ends normally.
pub fn read<'a>(kind: ServerKind, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    Outcome::of(reply(kind, pieces, Ending::Closed))
}

/// `bytes` cut at these places, in any order; places beyond the end cut nothing.
pub fn cut<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| (*place).min(bytes.len())).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}

/// Checks everything about server-sent events: cut at `places`, and ended at `end`.
pub fn check_events(bytes: &[u8], places: &[usize], end: usize) {
    let whole = events([bytes]);
    assert_eq!(events(bytes.chunks(1)), whole, "byte by byte");
    assert_eq!(events(cut(bytes, places)), whole, "cut at {places:?}");
    let begin = events([&bytes[..end]]);
    assert!(whole.whole.starts_with(&begin.whole), "what had ended before {end} stays");
    for event in &whole.whole {
        match event {
            Event::Message { kind, data } => {
                assert!(!kind.contains(['\r', '\n']) && !data.contains('\r'), "lines are taken apart");
            }
            Event::Stray(line) => assert!(!line.contains(['\r', '\n']), "lines are taken apart"),
            Event::Comment | Event::TooLong => {}
        }
    }
    let too_long = whole.whole.iter().position(|event| *event == Event::TooLong);
    assert!(too_long.is_none_or(|at| at + 1 == whole.whole.len()), "nothing follows what is too long");
}

/// Checks everything about a reply: cut at `places`, and ended at `end`.
pub fn check_reply(kind: ServerKind, bytes: &[u8], places: &[usize], end: usize) {
    let whole = read(kind, [bytes]);
    assert_eq!(read(kind, bytes.chunks(1)), whole, "byte by byte");
    assert_eq!(read(kind, cut(bytes, places)), whole, "cut at {places:?}");
    check_end(kind, &bytes[..end]);
}

/// Checks that a reply that breaks off after `bytes` keeps all text of the events that had arrived in full, however it
/// breaks off.
pub fn check_end(kind: ServerKind, bytes: &[u8]) {
    let said = read(kind, [bytes]).words();
    let broken = Outcome::of(reply(kind, [bytes], Ending::Broken)).words();
    assert_eq!(broken, said, "a broken connection takes nothing away");
    let sent = sent(bytes);
    let is_kept = if kind == ServerKind::DeepSeek { said.starts_with(&sent) } else { is_kept(&said, &sent) };
    assert!(is_kept, "sent {sent:?}, but there is only {said:?}");
}

/// Whether `said` begins with all of `sent` except for one pair of tags and the white space around it.
fn is_kept(said: &str, sent: &str) -> bool {
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    let (said, sent) = (dense(said), dense(sent));
    // If the second opinion stops in the middle of a tag, what follows decides whether it is one.
    let is_begun =
        |last: &str| thinking_tags().any(|(open, close)| open.starts_with(last) || close.starts_with(last));
    let end = sent.char_indices().map(|(at, _)| at).find(|at| is_begun(&sent[*at..])).unwrap_or(sent.len());
    let sent = &sent[..end];
    said.starts_with(sent)
        || thinking_tags().any(|(open, close)| {
            [Some(sent), sent.strip_prefix(open)].into_iter().flatten().any(|sent| {
                let is_kept_without = |at: usize| {
                    let behind = said.strip_prefix(&sent[..at]);
                    behind.is_some_and(|behind| behind.starts_with(&sent[at + close.len()..]))
                };
                said.starts_with(sent) || sent.match_indices(close).any(|(at, _)| is_kept_without(at))
            })
        })
}

/// The words of the whole events in `bytes`, up to the first event that might be anything but words: a second and
/// simpler opinion, which stops where it is not sure.
fn sent(bytes: &[u8]) -> String {
    let mut words = String::new();
    let begin = bytes.trim_ascii_start();
    let begin = begin.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(begin).trim_ascii_start();
    if matches!(begin.first(), Some(b'{' | b'[' | b'<')) {
        return words;
    }
    let Events { whole, rest } = events([begin]);
    // The last one counts if only its blank line is missing.
    for event in whole.into_iter().chain(rest) {
        let Event::Message { kind, data } = event else {
            if event == Event::Comment {
                continue;
            }
            break;
        };
        if data.trim().is_empty() {
            continue;
        }
        let chunk = serde_json::from_str::<Value>(&data).ok().filter(|_| kind.is_empty());
        let Some(Value::Object(chunk)) = chunk else { break };
        let Some(plain) = plain_words(&chunk) else { break };
        words.push_str(&plain);
    }
    words
}

/// The words of a chunk that contains one plain delta and nothing else that matters.
fn plain_words(chunk: &Map<String, Value>) -> Option<String> {
    let known = ["id", "object", "created", "model", "system_fingerprint", "choices", "usage"];
    if chunk.keys().any(|key| !known.contains(&key.as_str())) || chunk.get("object")? == "error" {
        return None;
    }
    let [Value::Object(choice)] = chunk.get("choices")?.as_array()?.as_slice() else { return None };
    if choice.get("index")? != 0 {
        return None;
    }
    let mut words = String::new();
    for (key, value) in choice.get("delta")?.as_object()? {
        match (key.as_str(), value) {
            // A noncharacter, which no text has that is sent (Unicode, section 23.7), marks half a character within core.
            ("content" | "reasoning_content", Value::String(text)) if text.contains('\u{10FFFF}') => {
                return None;
            }
            ("content" | "reasoning_content", Value::String(text)) => words.push_str(text),
            ("content" | "reasoning_content", Value::Null) | ("role", _) => {}
            _ => return None,
        }
    }
    let deltas = choice.get("delta")?.as_object()?;
    // The order of two of them does not concern this opinion.
    (!["content", "reasoning_content"].iter().all(|key| deltas.get(*key).is_some_and(Value::is_string)))
        .then_some(words)
}

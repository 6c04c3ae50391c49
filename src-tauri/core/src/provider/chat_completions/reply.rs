use serde_json::{Map, Value};

use super::content::{self, Kind};
use super::tool_calls::ToolCalls;
use crate::domain::{Cause, Code, Failure, FinishReason, Place, ServerKind, Usage};
use crate::provider::inline_thinking::Splitter;
use crate::provider::loose_json::{Halves, whole};
use crate::provider::out::Out;
use crate::provider::place::place_of;
use crate::provider::refusal::{broke_off, failure};
use crate::provider::said::Said;
use crate::provider::{Delta, Endpoint};

/// How the bytes of a reply came to an end.
#[derive(Debug)]
pub(super) enum Ending {
    /// The server said that it was done.
    Done,
    /// The connection was closed in good order.
    Closed,
    /// The connection failed.
    Broken(Failure),
}

/// One reply as it is put together from JSON chunks.
#[derive(Debug)]
pub(super) struct Reply {
    endpoint: Endpoint,
    /// Takes inline thinking out of the text; `None` where the server never leaves it there.
    splitter: Option<Splitter>,
    /// Joins what was cut within a character; what it keeps is of the kind beside it.
    halves: Halves,
    kind: Kind,
    tool_calls: ToolCalls,
    usage: Usage,
    finish: Option<FinishReason>,
    /// The model's name has been given out.
    is_named: bool,
    /// Text, thinking or a call has come.
    has_output: bool,
    /// Content has come in a `delta`, so that a `message` can only repeat it.
    has_deltas: bool,
}

impl Reply {
    pub(super) fn new(endpoint: &Endpoint) -> Self {
        // DeepSeek always tells thinking apart. Templates that open thinking by themselves are a matter of
        // servers that people run; on a strange hosted one a lone closing tag is rather a quotation.
        let template_may_open =
            endpoint.kind != ServerKind::OpenAi || !matches!(place_of(&endpoint.url), Place::Internet { .. });
        let splitter = (!endpoint.kind.dialect().is_deepseek).then(|| Splitter::new(template_may_open));
        Self {
            endpoint: endpoint.clone(),
            splitter,
            halves: Halves::default(),
            kind: Kind::Text,
            tool_calls: ToolCalls::default(),
            usage: Usage::default(),
            finish: None,
            is_named: false,
            has_output: false,
            has_deltas: false,
        }
    }

    /// The finish reason that has come last.
    pub(super) const fn finish_reason(&self) -> Option<&FinishReason> {
        self.finish.as_ref()
    }

    /// Takes one chunk.
    ///
    /// # Errors
    /// The chunk is an error. What stands beside it is in `out` already.
    pub(super) fn take(&mut self, chunk: &Value, out: &mut Out) -> Result<(), Failure> {
        let Some(fields) = chunk.as_object() else { return Ok(()) };
        self.take_model(fields, out);
        let choice = fields.get("choices").and_then(Value::as_array).and_then(|choices| {
            choices.iter().find(|choice| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0)
        });
        if let Some(choice) = choice.and_then(Value::as_object) {
            self.take_choice(choice, out)?;
            self.take_usage(choice, out);
        }
        self.take_usage(fields, out);
        match Said::in_event(chunk) {
            Some(said) => {
                self.flush(out);
                Err(self.error(&said))
            }
            None => Ok(()),
        }
    }

    /// An error that stands in the body.
    pub(super) fn error(&self, said: &Said) -> Failure {
        broke_off(&self.endpoint, said, self.has_output)
    }

    fn take_model(&mut self, fields: &Map<String, Value>, out: &mut Out) {
        let model = fields.get("model").and_then(Value::as_str).unwrap_or_default().trim();
        if !self.is_named && !model.is_empty() {
            self.is_named = true;
            out.push(Delta::Model(whole(model)));
        }
    }

    fn take_choice(&mut self, choice: &Map<String, Value>, out: &mut Out) -> Result<(), Failure> {
        let delta = choice.get("delta").and_then(Value::as_object);
        let message = || choice.get("message").and_then(Value::as_object).filter(|_| !self.has_deltas);
        if let Some(delta) = delta.filter(|delta| !delta.is_empty()) {
            self.take_delta(delta, out)?;
            self.has_deltas |= self.has_output;
        } else if let Some(message) = message() {
            self.take_delta(message, out)?;
        } else if let Some(text) = choice.get("text").and_then(Value::as_str) {
            self.take_content(Kind::Text, text, out);
        }
        // Some gateways write the missing reason as a word.
        let is_reason =
            |reason: &&str| !reason.trim().is_empty() && !reason.trim().eq_ignore_ascii_case("null");
        if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str).filter(is_reason) {
            self.finish = Some(FinishReason::from(reason.to_owned()));
        }
        Ok(())
    }

    fn take_delta(&mut self, delta: &Map<String, Value>, out: &mut Out) -> Result<(), Failure> {
        content::read(delta, &mut |kind, text| self.take_content(kind, text, out));
        let calls = delta.get("tool_calls").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for fragment in calls.iter().chain(delta.get("function_call")) {
            if self.tool_calls.take(fragment).is_err() {
                self.flush(out);
                return Err(failure(&self.endpoint, Code::Malformed, Cause::EndlessToolCall));
            }
        }
        self.has_output |= !self.tool_calls.is_empty();
        Ok(())
    }

    fn take_content(&mut self, kind: Kind, text: &str, out: &mut Out) {
        self.has_output |= !text.is_empty();
        if kind != self.kind {
            self.end_character(out);
            self.kind = kind;
        }
        let text = self.halves.join(text);
        self.give_text(kind, &text, out);
    }

    fn give_text(&mut self, kind: Kind, text: &str, out: &mut Out) {
        if text.is_empty() {
            return;
        }
        match (kind, &mut self.splitter) {
            (Kind::Thinking, splitter) => {
                if let Some(splitter) = splitter {
                    splitter.thinking_came_apart(out);
                }
                out.thinking(text);
            }
            (Kind::Text, Some(splitter)) => splitter.push(text, out),
            (Kind::Text, None) => out.text(text),
        }
    }

    fn end_character(&mut self, out: &mut Out) {
        let rest = self.halves.finish();
        self.give_text(self.kind, rest, out);
    }

    /// Gives out what was held back in case it was the beginning of a tag or of a character.
    pub(super) fn flush(&mut self, out: &mut Out) {
        self.end_character(out);
        if let Some(splitter) = &mut self.splitter {
            splitter.finish(out);
        }
    }

    fn take_usage(&mut self, fields: &Map<String, Value>, out: &mut Out) {
        let usage = content::usage(fields).or(self.usage);
        if usage != self.usage {
            self.usage = usage;
            out.push(Delta::Usage(usage));
        }
    }

    /// Takes the end: the rest of the text and either the calls and a finish reason, or a failure.
    pub(super) fn end(&mut self, ending: Ending, out: &mut Out) {
        self.flush(out);
        let is_terminated = matches!(ending, Ending::Done) || !self.endpoint.kind.dialect().is_deepseek;
        let reason = match (self.finish.take(), ending) {
            (Some(reason), Ending::Done | Ending::Closed | Ending::Broken(_)) => reason,
            (None, Ending::Broken(failure)) => return out.fail(failure),
            // Local servers forget the reason; DeepSeek never does.
            (None, Ending::Done) if !self.endpoint.kind.dialect().is_deepseek => FinishReason::Stop,
            (None, Ending::Done | Ending::Closed) => {
                return out.fail(failure(&self.endpoint, Code::CutOff, None));
            }
        };
        if !self.has_output
            && let Some(failure) = self.empty(&reason)
        {
            return out.fail(failure);
        }
        for call in self.tool_calls.finish() {
            out.push(Delta::ToolCall(call));
        }
        out.push(Delta::Finish(reason));
        if !is_terminated {
            out.push(Delta::Unterminated);
        }
    }

    /// Why a reply without a single character is a failure. One that was withheld is none: asking again would
    /// bring the same.
    fn empty(&self, reason: &FinishReason) -> Option<Failure> {
        let (code, cause) = match reason {
            FinishReason::ContentFilter => return None,
            FinishReason::InsufficientSystemResource => (Code::Overloaded, Some(Cause::NoCapacity)),
            FinishReason::Length => (Code::LengthLimit, None),
            FinishReason::Stop | FinishReason::ToolCalls | FinishReason::Other(_) => (Code::EmptyReply, None),
        };
        Some(failure(&self.endpoint, code, cause))
    }
}

//! One chat completion as JSON: chunk by chunk, or whole.
//!
//! The shapes are those of `response/schema.rs` and `chunk_generator.rs` in deepseek-recipe 0.2.0, with the
//! departures of the local servers (docs/conformance.md, items 1 to 12). JSON is written through structs because the
//! order of the fields is part of what is being imitated.

use serde::Serialize;
use serde_json::value::RawValue;

use super::dialect::Shape;
use super::script::{ChunkSize, ThinkingPlace, ToolCallIds, UsagePlacement};
use super::usage::Usage;

/// When every completion was created: 2026-11-23 12:00:00 UTC.
pub(super) const CREATED: u64 = 1_795_435_200;

/// Everything there is to say in one answer.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one habit of one server")]
pub(super) struct Completion {
    pub id: String,
    pub model: String,
    pub shape: Shape,
    /// Whether thinking is on in the request, which shows in the deltas even if there is none.
    pub thinks: bool,
    /// Whether the text begins in the answer although thinking is on (a prefix completion).
    pub opens_in_answer: bool,
    pub include_usage: bool,
    pub thinking: String,
    pub answer: String,
    pub tool_calls: Vec<Call>,
    pub tool_call_ids: ToolCallIds,
    pub without_tool_call_index: bool,
    pub finish: Option<String>,
    pub usage: Usage,
    pub chunk: ChunkSize,
}

/// A tool call with its id decided.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub id: String,
    pub name: String,
    pub arguments: String,
}

/// One thing said in one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Open,
    Thinking(String),
    Answer(String),
    ToolCall(usize),
    ToolCallName(usize),
    ToolCallArguments(usize, String),
    Finish,
    Usage,
}

impl Completion {
    /// The events of the answer, in order, without what its ending does to them.
    pub(super) fn events(&self) -> Vec<Event> {
        let mut events = vec![Event::Open];
        let answer = self.inlined();
        if !self.inlines() {
            events.extend(pieces(&self.thinking, self.chunk).map(Event::Thinking));
        }
        events.extend(pieces(&answer, self.chunk).map(Event::Answer));
        for (index, call) in self.tool_calls.iter().enumerate() {
            if self.shape.whole_tool_calls {
                events.push(Event::ToolCall(index));
            } else {
                events.push(Event::ToolCallName(index));
                let arguments = pieces(&call.arguments, self.chunk);
                events.extend(arguments.map(|text| Event::ToolCallArguments(index, text)));
            }
        }
        if self.finish.is_some() {
            events.push(Event::Finish);
        }
        let trailing = match self.shape.usage_on {
            UsagePlacement::TrailingChunk => true,
            UsagePlacement::TrailingChunkIfAsked => self.include_usage,
            UsagePlacement::FinishChunk | UsagePlacement::EveryChunk | UsagePlacement::Never => false,
        };
        if trailing {
            events.push(Event::Usage);
        }
        events
    }

    /// The JSON of one event. `spoken` is how many tokens of text were sent with it and before it.
    pub(super) fn chunk_json(&self, event: &Event, spoken: u64) -> String {
        let mut delta = Delta::default();
        let mut finish = None;
        match event {
            Event::Open => self.open(&mut delta),
            Event::Thinking(text) => self.put_thinking(&mut delta, text),
            Event::Answer(text) => {
                delta.content = Some(Some(text));
                if self.thinks && self.shape.null_siblings {
                    delta.reasoning_content = Some(None);
                }
            }
            Event::ToolCall(index) => {
                let call = &self.tool_calls[*index];
                delta.tool_calls = Some(vec![self.call_delta(*index, Some(call), &call.arguments)]);
            }
            Event::ToolCallName(index) => {
                delta.tool_calls = Some(vec![self.call_delta(*index, Some(&self.tool_calls[*index]), "")]);
            }
            Event::ToolCallArguments(index, text) => {
                delta.tool_calls = Some(vec![self.call_delta(*index, None, text)]);
            }
            Event::Finish => {
                finish = self.finish.as_deref();
                if self.shape.finish_with_content {
                    delta.content = Some(Some(""));
                    delta.reasoning_content = self.thinks.then_some(None);
                }
            }
            Event::Usage => {}
        }
        if self.shape.role_on_every_chunk {
            delta.role = Some("assistant");
        }
        let last = *event == Event::Usage;
        let choice = Choice {
            index: 0,
            delta: Some(delta),
            message: None,
            logprobs: None,
            finish_reason: finish,
            stop_reason: (self.shape.stop_reason && finish.is_some()).then_some(None),
        };
        let timed = *event == Event::Finish && !self.include_usage || last;
        to_json(&Chunk {
            id: &self.id,
            object: if last { self.shape.usage_object } else { "chat.completion.chunk" },
            created: CREATED,
            model: &self.model,
            system_fingerprint: self.shape.fingerprint,
            choices: if last { Vec::new() } else { vec![choice] },
            usage: self.usage_field(event, spoken),
            timings: (self.shape.timings && timed).then(|| self.usage.timings()),
        })
    }

    /// The answer as one document (`ChatCompletionResponse` in deepseek-recipe).
    pub(super) fn whole_json(&self) -> String {
        let mut message = Delta { role: Some("assistant"), ..Delta::default() };
        let answer = self.inlined();
        message.content = Some((!answer.is_empty() || self.tool_calls.is_empty()).then_some(answer.as_str()));
        if !self.inlines() && !self.thinking.is_empty() {
            *message.thinking_field(self.shape.thinking_in) = Some(Some(&self.thinking));
        }
        if !self.tool_calls.is_empty() {
            let calls = self.tool_calls.iter().enumerate();
            message.tool_calls = Some(
                calls.map(|(index, call)| self.call_delta(index, Some(call), &call.arguments)).collect(),
            );
        }
        let reported = self.shape.usage_on != UsagePlacement::Never;
        to_json(&Chunk {
            id: &self.id,
            object: "chat.completion",
            created: CREATED,
            model: &self.model,
            system_fingerprint: self.shape.fingerprint,
            choices: vec![Choice {
                index: 0,
                delta: None,
                message: Some(message),
                logprobs: None,
                finish_reason: self.finish.as_deref(),
                stop_reason: self.shape.stop_reason.then_some(None),
            }],
            usage: reported.then(|| raw(&self.usage.json())),
            timings: self.shape.timings.then(|| self.usage.timings()),
        })
    }

    fn inlines(&self) -> bool {
        matches!(self.shape.thinking_in, ThinkingPlace::Inline | ThinkingPlace::InlineWithoutOpening)
    }

    fn inlined(&self) -> String {
        if !self.inlines() || self.thinking.is_empty() {
            return self.answer.clone();
        }
        let opening = if self.shape.thinking_in == ThinkingPlace::Inline { "<think>\n" } else { "" };
        format!("{opening}{}\n</think>\n\n{}", self.thinking, self.answer)
    }

    fn open<'a>(&'a self, delta: &mut Delta<'a>) {
        delta.role = Some("assistant");
        delta.content = Some((!self.shape.open_with_null).then_some(""));
        // Thinking opens with an empty delta of its own field, except where nothing marks it as such.
        if self.thinks && self.shape.null_siblings {
            if self.opens_in_answer {
                delta.reasoning_content = Some(None);
            } else {
                delta.content = Some(None);
                *delta.thinking_field(self.shape.thinking_in) = Some(Some(""));
            }
        }
    }

    fn put_thinking<'a>(&self, delta: &mut Delta<'a>, text: &'a str) {
        *delta.thinking_field(self.shape.thinking_in) = Some(Some(text));
        if self.shape.null_siblings {
            delta.content = Some(None);
        } else if self.shape.content_beside {
            delta.content = Some(Some(""));
        }
    }

    fn call_delta<'a>(&'a self, index: usize, named: Option<&'a Call>, arguments: &'a str) -> CallDelta<'a> {
        let id = named.and_then(|call| match self.tool_call_ids {
            ToolCallIds::Sent => Some(call.id.as_str()),
            ToolCallIds::Missing => None,
            ToolCallIds::Blank => Some(""),
            ToolCallIds::Repeated => self.tool_calls.first().map(|first| first.id.as_str()),
        });
        CallDelta {
            index: (!self.without_tool_call_index).then_some(index),
            id,
            kind: named.map(|_| "function"),
            function: FunctionDelta { name: named.map(|call| call.name.as_str()), arguments },
        }
    }

    fn usage_field(&self, event: &Event, spoken: u64) -> Option<Box<RawValue>> {
        let so_far = || Usage { completion: spoken.min(self.usage.completion), ..self.usage };
        match self.shape.usage_on {
            UsagePlacement::Never => None,
            UsagePlacement::EveryChunk if *event != Event::Finish => Some(raw(&so_far().json())),
            UsagePlacement::EveryChunk | UsagePlacement::FinishChunk if *event == Event::Finish => {
                Some(raw(&self.usage.json()))
            }
            UsagePlacement::TrailingChunk | UsagePlacement::TrailingChunkIfAsked
                if *event == Event::Usage =>
            {
                Some(raw(&self.usage.json()))
            }
            // Asked for, it is announced as null on the chunks before.
            UsagePlacement::EveryChunk
            | UsagePlacement::FinishChunk
            | UsagePlacement::TrailingChunk
            | UsagePlacement::TrailingChunkIfAsked => self.include_usage.then(|| raw("null")),
        }
    }
}

/// Cut a text into chunks.
fn pieces(text: &str, size: ChunkSize) -> impl Iterator<Item = String> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = match size {
            ChunkSize::Characters(count) => {
                rest.char_indices().nth(count.max(1)).map_or(rest.len(), |(offset, _)| offset)
            }
            ChunkSize::Bytes(count) => rest.floor_char_boundary(count).max(first.len_utf8()),
        };
        let (piece, others) = rest.split_at(end);
        rest = others;
        Some(piece.to_owned())
    })
}

/// A field of JSON: left out, `null`, or a value.
type Nullable<T> = Option<Option<T>>;

#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'a str,
    created: u64,
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_fingerprint: Option<&'a str>,
    choices: Vec<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timings: Option<serde_json::Value>,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<Delta<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Delta<'a>>,
    logprobs: Option<()>,
    finish_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_reason: Nullable<()>,
}

/// A delta or a message.
#[derive(Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Nullable<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Nullable<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Nullable<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Nullable<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<Vec<CallDelta<'a>>>,
}

impl<'a> Delta<'a> {
    fn thinking_field(&mut self, place: ThinkingPlace) -> &mut Nullable<&'a str> {
        match place {
            ThinkingPlace::ReasoningContent => &mut self.reasoning_content,
            ThinkingPlace::Reasoning => &mut self.reasoning,
            ThinkingPlace::Native => &mut self.thinking,
            ThinkingPlace::Inline | ThinkingPlace::InlineWithoutOpening => &mut self.content,
        }
    }
}

#[derive(Serialize)]
struct CallDelta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    function: FunctionDelta<'a>,
}

#[derive(Serialize)]
struct FunctionDelta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    arguments: &'a str,
}

fn raw(json: &str) -> Box<RawValue> {
    #[expect(clippy::expect_used, reason = "only text written by this module comes here")]
    RawValue::from_string(json.to_owned()).expect("the text is JSON")
}

fn to_json(chunk: &Chunk<'_>) -> String {
    #[expect(clippy::expect_used, reason = "no map with odd keys and no failing writer is involved")]
    serde_json::to_string(chunk).expect("a chunk serialises")
}

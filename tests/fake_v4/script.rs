//! What the stand-in answers to one chat completion request, as data.
//!
//! A [`Script`] says what is in an answer and how it goes wrong. Everything it does not specify follows the
//! [dialect](super::Dialect) of the server, so the empty script is a correct answer of that server. It reads from and
//! writes to JSON, which is how the `fake-v4` program takes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ending::Ending;
use super::framing::{Framing, Pace};
use super::text::{Generated, TextKind};

/// The answer to one chat completion request.
///
/// ```
/// use porthole_tests::fake_v4::{Cut, Script};
///
/// let script = Script::answer("It is **42**.").thinking("Let me add that up.").cut_after(3, Cut::Reset);
/// let same: Script = serde_json::from_str(
///     r#"{"answer": "It is **42**.", "thinking": "Let me add that up.", "ending": {"cut": {"after": 3, "how": "reset"}}}"#,
/// )
/// .unwrap();
/// assert_eq!(script, same);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// The HTTP status. Anything but 200 sends [`Script::body`] instead of a completion.
    pub status: u16,
    /// Headers added to the answer; a name the server would send itself is replaced.
    pub headers: BTreeMap<String, String>,
    /// A complete body in place of a completion, whatever the status.
    pub body: Option<String>,
    /// What the model thinks before it answers.
    pub thinking: Option<Text>,
    /// What the model answers.
    pub answer: Text,
    /// Which tools the model calls after its answer.
    pub tool_calls: Vec<ToolCall>,
    /// Why the answer ends.
    pub finish: Finish,
    /// The token counts reported; counted from the texts when absent.
    pub usage: Option<UsageNumbers>,
    /// Cut the answer at the request's `max_tokens` (or at the default of `resolve_max_tokens` in deepseek-recipe) and
    /// finish with `length`.
    pub obey_max_tokens: bool,
    /// How the completion is put into JSON.
    pub shape: ShapeChanges,
    /// How the JSON is put on the wire.
    pub framing: Framing,
    /// When it is put there.
    pub pace: Pace,
    /// How it ends.
    pub ending: Ending,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            status: 200,
            headers: BTreeMap::new(),
            body: None,
            thinking: None,
            answer: Text::default(),
            tool_calls: Vec::new(),
            finish: Finish::default(),
            usage: None,
            obey_max_tokens: false,
            shape: ShapeChanges::default(),
            framing: Framing::default(),
            pace: Pace::default(),
            ending: Ending::default(),
        }
    }
}

/// A text of a script: written out, or described and generated when it is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// The text itself.
    Literal(String),
    /// A text of a kind and a length.
    Generated(Generated),
}

impl Text {
    /// The text, generated if it has to be.
    pub fn resolve(&self) -> String {
        match self {
            Self::Literal(text) => text.clone(),
            Self::Generated(generated) => generated.text(),
        }
    }

    /// A generated text: the same kind, length and seed always give the same text.
    pub fn generated(kind: TextKind, characters: usize, seed: u64) -> Self {
        Self::Generated(Generated { kind, characters, seed })
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::Literal(String::new())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Literal(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Literal(text)
    }
}

/// A tool the model calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// The name of the function.
    pub name: String,
    /// Its arguments: JSON as text, not checked, so that it can be broken.
    pub arguments: String,
    /// The id; made up in DeepSeek's form when absent (deepseek-recipe, `tool_call_id.rs`).
    #[serde(default)]
    pub id: Option<String>,
}

/// Why an answer ends, as `finish_reason` says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// `tool_calls` if there are any, otherwise `stop`.
    #[default]
    Natural,
    /// No chunk ever carries a `finish_reason`.
    Never,
    /// This word, known or not.
    Says(String),
}

/// Token counts as a script states them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UsageNumbers {
    /// All tokens of the prompt, cached or not.
    pub prompt: u64,
    /// How many of them came from the prefix cache.
    pub cached: u64,
    /// All tokens of the answer, thinking included.
    pub completion: u64,
    /// How many of them were thinking.
    pub reasoning: u64,
}

/// Where a completion's JSON departs from the dialect of the server. Absent means: as that server does it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShapeChanges {
    /// Which field carries the thinking.
    pub thinking_in: Option<ThinkingPlace>,
    /// Whether each chunk repeats `role` (mlx-lm) or only the first.
    pub role_on_every_chunk: Option<bool>,
    /// Which chunk carries the token counts.
    pub usage_on: Option<UsagePlacement>,
    /// Whether a tool call arrives in one chunk (Ollama, mlx-lm) or in fragments.
    pub whole_tool_calls: Option<bool>,
    /// What becomes of the ids of tool calls.
    pub tool_call_ids: ToolCallIds,
    /// Leave out `index` in tool call deltas.
    pub without_tool_call_index: bool,
    /// The `model` the answer names, if not the one that was asked for.
    pub model: Option<String>,
    /// How much text one chunk carries.
    pub chunk: ChunkSize,
}

/// Which field carries the thinking (docs/conformance.md, item 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThinkingPlace {
    /// `delta.reasoning_content`: DeepSeek, llama.cpp, SGLang, ds4.
    ReasoningContent,
    /// `delta.reasoning`: Ollama's `/v1`, vLLM, mlx-lm.
    Reasoning,
    /// `<think>…</think>` in the answer.
    Inline,
    /// The same without the opening tag, which the chat template already wrote.
    InlineWithoutOpening,
    /// `thinking`, as in Ollama's own `/api/chat`.
    Native,
}

/// Which chunk carries the token counts (docs/conformance.md, item 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsagePlacement {
    /// The chunk with the `finish_reason`: DeepSeek, asked or not.
    FinishChunk,
    /// A chunk of its own with `choices: []`, whether asked for or not.
    TrailingChunk,
    /// The same, but only with `stream_options.include_usage`: `OpenAI` and most local servers.
    TrailingChunkIfAsked,
    /// Every chunk, with the count so far: vLLM's `continuous_usage_stats`.
    EveryChunk,
    /// None.
    Never,
}

/// What becomes of the ids of tool calls (docs/conformance.md, item 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolCallIds {
    /// They are sent.
    #[default]
    Sent,
    /// The field is missing.
    Missing,
    /// They are the empty string.
    Blank,
    /// All calls have the id of the first.
    Repeated,
}

/// How much text one chunk carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChunkSize {
    /// This many characters.
    Characters(usize),
    /// As many characters as fit into this many bytes, but at least one.
    Bytes(usize),
}

impl Default for ChunkSize {
    /// Four characters: about one token, and a token is what DeepSeek sends in one chunk.
    fn default() -> Self {
        Self::Characters(4)
    }
}

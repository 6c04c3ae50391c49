//! The ways an answer can end.
//!
//! `after` always counts `data:` events (or lines of Ollama's own API), the opening one with the role included: `after: 0`
//! is right after the headers.

use serde::{Deserialize, Serialize};

/// How an answer ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Finish chunk, `[DONE]`, end of body.
    #[default]
    Normal,
    /// The connection is gone before a single byte of the answer, headers included.
    Hangup {
        /// In which way it is gone.
        how: Cut,
    },
    /// Not even the headers ever come; the connection stays open.
    Mute,
    /// The connection is gone in the middle of the answer.
    Cut {
        /// After how many events.
        after: usize,
        /// In which way it is gone.
        how: Cut,
    },
    /// Nothing more comes and the connection stays open, until the client gives up.
    Stall {
        /// After how many events.
        after: usize,
        /// Whether keep-alive comments still come ([`super::Pace::keep_alive_ms`]).
        #[serde(default)]
        keep_alive: bool,
    },
    /// One event is not JSON; the answer continues after it.
    Garbage {
        /// After how many events.
        after: usize,
        /// What it is instead.
        text: String,
    },
    /// An error reported in the body of an HTTP 200 (docs/conformance.md, item 6).
    Error {
        /// After how many events.
        after: usize,
        /// In which form.
        form: ErrorForm,
        /// What it says.
        message: String,
        /// Whether `[DONE]` still follows, as with `SGLang`.
        #[serde(default)]
        done: bool,
    },
    /// One JSON document although a stream was asked for.
    WholeJson,
}

/// How a connection is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// A TCP reset. What the client had not read yet may be lost with it, except on Linux.
    Reset,
    /// The connection closes in the middle of the chunked body: an HTTP error for the client.
    #[default]
    Close,
    /// The body ends properly, only what is in it is incomplete: what a proxy makes of a cut.
    EndOfBody,
}

/// How an error is reported after the headers said 200. Each form was seen in the wild (docs/conformance.md, item 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorForm {
    /// `data: {"error":{"message","type","param","code"}}`: `SGLang`, vLLM, LM Studio.
    #[default]
    Data,
    /// The same under `event: error`: ds4.
    NamedEvent,
    /// `error: {...}`, a line that is not an SSE field: old llama.cpp.
    Line,
    /// The JSON without any `data:`, on a line of its own.
    Unframed,
    /// `data: {"error":"text"}`: mlx-lm, Ollama.
    Text,
    /// `data: {"error_type","error_message"}`.
    TypeAndMessage,
    /// `data: {"object":"error","message",…}`: old vLLM.
    ObjectError,
}

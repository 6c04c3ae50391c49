//! What goes to standard output and standard error.

#![expect(clippy::print_stderr, reason = "standard error is where a command line program talks to people")]

use std::io::{self, Write};
use std::process::ExitCode;

use porthole_core::domain::{Balance, Code, Lock, Money, Rates, Usage};
use porthole_core::{AppError, BackUp, DataPlace, Inside, KeyCheck, KeyState};
use serde::Serialize;

/// One line of `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Line<'a> {
    /// The question is in the history and the request leaves.
    Start { conversation: String, message: String },
    /// More thinking.
    Thinking { text: &'a str },
    /// More text.
    Text { text: &'a str },
    /// A whole tool call.
    ToolCall { id: &'a str, name: &'a str, arguments: &'a str },
    /// The request is sent again after a wait.
    Retry { attempt: u32, after_ms: u32, code: Code },
    /// The reply is complete and in the history.
    Done {
        conversation: String,
        message: String,
        model: Option<&'a str>,
        text: String,
        thinking: String,
        finish_reason: Option<&'a str>,
        usage: Usage,
        cost: Option<&'a Money>,
    },
    /// It failed; `text` is what had arrived.
    Error { code: Code, message: &'a str, retry_after_ms: Option<u32>, text: &'a str },
    /// A model of a reachable server.
    Model {
        server: &'a str,
        id: &'a str,
        name: &'a str,
        context_tokens: Option<u32>,
        output_tokens: Option<u32>,
        rates: Option<&'a Rates>,
    },
    /// A server.
    Server {
        id: String,
        name: &'a str,
        kind: &'a str,
        url: &'a str,
        found: bool,
        idle_timeout_s: Option<u32>,
        state: &'a str,
        key: KeyState,
    },
    /// A server's key.
    Key { server: &'a str, state: KeyState, shown: Option<&'a str>, check: Option<KeyCheck> },
    /// What is left on an account.
    Balance {
        server: &'a str,
        #[serde(flatten)]
        balance: &'a Balance,
    },
    /// The lock of the whole app, or of a conversation.
    Lock {
        conversation: Option<String>,
        #[serde(flatten)]
        lock: &'a Lock,
    },
    /// A message or a title in which something was found.
    Hit {
        conversation: String,
        message: String,
        snippet: String,
        hits: Vec<(usize, usize)>,
        #[serde(rename = "in")]
        found_in: &'a str,
        title: &'a str,
        role: &'a str,
        created_at_ms: i64,
    },
    /// A back-up.
    BackUp {
        #[serde(flatten)]
        back_up: &'a BackUp,
    },
    /// What is in a back-up, or in the history.
    Inside {
        #[serde(flatten)]
        inside: &'a Inside,
    },
    /// Where the data is.
    DataPlace {
        #[serde(flatten)]
        place: &'a DataPlace,
    },
    /// A conversation.
    Conversation { id: String, title: &'a str, updated_at_ms: i64 },
    /// A message of a conversation.
    Message {
        id: String,
        parent: Option<String>,
        role: &'a str,
        state: &'a str,
        created_at_ms: i64,
        model: Option<&'a str>,
        server: Option<&'a str>,
        text: String,
        thinking: String,
        finish_reason: Option<&'a str>,
        usage: Usage,
        cost: Option<&'a Money>,
        error: Option<Code>,
    },
}

/// Where a command prints: lines of JSON, or words for people.
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints `line` with `--json`.
    ///
    /// # Errors
    /// Standard output was closed by whoever reads it.
    pub(crate) fn line(&self, line: &Line<'_>) -> io::Result<()> {
        if !self.json {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        serde_json::to_writer(&mut out, line)?;
        out.write_all(b"\n")?;
        out.flush()
    }

    /// Prints `words` without `--json`, as they are.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub(crate) fn words(&self, words: &str) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(words.as_bytes())?;
        out.flush()
    }

    /// Tells a person something that is not the result.
    pub(crate) fn note(&self, words: &str) {
        if !self.json {
            eprintln!("{words}");
        }
    }

    /// Tells a person something that they did not ask for and ought to know, also beside lines.
    #[expect(clippy::unused_self, reason = "whoever warns does so where everything else is told")]
    pub(crate) fn warn(&self, words: &str) {
        eprintln!("{words}");
    }

    /// Tells that the command failed before it had anything to show.
    pub(crate) fn failed(&self, error: &AppError) -> ExitCode {
        self.failed_with(error, "")
    }

    /// Tells that the command failed with `text` having arrived.
    pub(crate) fn failed_with(&self, error: &AppError, text: &str) -> ExitCode {
        let AppError { code, message, retry_after_ms } = error;
        // With standard output closed the exit code still tells.
        let _ = self.line(&Line::Error { code: *code, message, retry_after_ms: *retry_after_ms, text });
        eprintln!("{message}");
        ExitCode::FAILURE
    }
}

/// Standard output was closed: nobody reads any more.
pub(crate) fn closed(_: io::Error) -> AppError {
    AppError {
        code: Code::Cancelled,
        message: "Standard output was closed.".to_owned(),
        retry_after_ms: None,
    }
}

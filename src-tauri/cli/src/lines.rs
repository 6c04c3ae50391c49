//! What goes to standard output and standard error.

#![expect(clippy::print_stderr, reason = "standard error is where a command line program talks to people")]

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;

use porthole_core::domain::{
    Balance, Cause, Code, Failure, Language, Lock, Money, Rates, Usage, retry_words,
};
use porthole_core::{BackUp, DataPlace, HitIn, Inside, KeyCheck, KeyState};
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
    Error {
        code: Code,
        /// Why exactly, where it is known.
        cause: Option<&'a Cause>,
        /// What happened and what to do, in the person's language.
        message: &'a str,
        /// The server's own words.
        detail: Option<&'a str>,
        retry_after_ms: Option<u32>,
        text: &'a str,
    },
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
    /// A folder.
    Folder { id: String, name: &'a str, path: String, parent: Option<String>, conversations: u32 },
    /// A message or a title in which something was found.
    Hit {
        conversation: String,
        message: String,
        snippet: String,
        hits: Vec<(usize, usize)>,
        #[serde(rename = "in")]
        found_in: HitIn,
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
    /// Conversations were written.
    Exported { conversations: u32, path: String },
    /// Conversations were read: how many are new, and how many were there already.
    Imported { added: u32, there: u32, path: String },
    /// A conversation.
    Conversation {
        id: String,
        title: &'a str,
        updated_at_ms: i64,
        /// The one it lies in.
        folder: Option<FolderLine<'a>>,
        tags: &'a [String],
        pinned: bool,
        archived: bool,
        /// Since when it is in the trash.
        deleted_at_ms: Option<i64>,
    },
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
        /// Whether it is on the branch that is shown.
        shown: bool,
    },
}

/// A folder as a line names it.
#[derive(Serialize)]
pub(crate) struct FolderLine<'a> {
    pub(crate) id: String,
    pub(crate) name: &'a str,
}

/// Where a command prints: lines of JSON, or words for people.
pub(crate) struct Output {
    json: bool,
    language: Language,
}

impl Output {
    pub(crate) const fn new(json: bool, language: Language) -> Self {
        Self { json, language }
    }

    /// Prints `line` with `--json`.
    ///
    /// # Errors
    /// Standard output was closed by whoever reads it.
    pub(crate) fn line(&self, line: &Line<'_>) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let json = serde_json::to_string(line).map_err(io::Error::from);
        json.and_then(|json| print(&format!("{json}\n"))).map_err(closed)
    }

    /// Prints `words` without `--json`, as they are.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub(crate) fn words(&self, words: &str) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        print(&for_reader(words, io::stdout().is_terminal())).map_err(closed)
    }

    /// Prints `line` with `--json`, and `words` without.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub(crate) fn tell(&self, line: &Line<'_>, words: &str) -> Result<(), Failure> {
        self.line(line).and_then(|()| self.words(words))
    }

    /// Tells a person something that is not the result.
    pub(crate) fn note(&self, words: &str) {
        if !self.json {
            eprintln!("{}", for_reader(words, io::stderr().is_terminal()));
        }
    }

    /// Tells a person something that they did not ask for and ought to know, also beside lines.
    #[expect(clippy::unused_self, reason = "whoever warns does so where everything else is told")]
    pub(crate) fn warn(&self, words: &str) {
        eprintln!("{}", for_reader(words, io::stderr().is_terminal()));
    }

    /// Tells a person what failed, beside the result.
    pub(crate) fn note_failure(&self, failure: &Failure) {
        self.note(&failure.words(self.language).to_string());
    }

    /// Tells a person that a request failed and is sent again after `after_ms` milliseconds.
    pub(crate) fn note_retry(&self, code: Code, server: &str, after_ms: u32) {
        let seconds = f64::from(after_ms) / 1000.0;
        self.note(&format!("{}; trying again in {seconds:.1} s", retry_words(code, server, self.language)));
    }

    /// Tells that a reply cannot be saved now.
    pub(crate) fn warn_unsaved(&self, failure: &Failure) {
        self.warn(&format!("{}\nCtrl-C ends Porthole without waiting.", failure.words(self.language)));
    }

    /// Tells that the command failed before it had anything to show.
    pub(crate) fn failed(&self, failure: &Failure) -> ExitCode {
        self.failed_with(failure, "")
    }

    /// Tells that the command failed with `text` having arrived, and under that what the server itself said.
    pub(crate) fn failed_with(&self, failure: &Failure, text: &str) -> ExitCode {
        let Failure { code, detail, retry_after_ms, .. } = failure;
        let message = failure.words(self.language).to_string();
        let detail = detail.as_deref();
        // With standard output closed the exit code still tells.
        let _ = self.line(&Line::Error {
            code: *code,
            cause: failure.cause.as_deref(),
            message: &message,
            detail,
            retry_after_ms: *retry_after_ms,
            text,
        });
        let words = [Some(message.as_str()), detail].into_iter().flatten().collect::<Vec<_>>().join("\n");
        eprintln!("{}", for_reader(&words, io::stderr().is_terminal()));
        ExitCode::FAILURE
    }
}

/// Text as it may go to a terminal: what models and servers write there could move the cursor, change the title or fill
/// the clipboard (ECMA-48, sections 5.3 and 8.3). Whatever else reads it gets every byte.
fn for_reader(text: &str, is_terminal: bool) -> Cow<'_, str> {
    let is_kept = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\t');
    if !is_terminal || text.chars().all(is_kept) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|letter| is_kept(*letter)).collect())
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// Standard output was closed: nobody reads any more.
fn closed(_: io::Error) -> Failure {
    Failure::told(Code::Cancelled, "Standard output was closed.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t1_no_control_character_reaches_a_terminal() {
        for (written, shown) in [
            ("plain\ttext\n好 😀", "plain\ttext\n好 😀"),
            ("\u{1b}[31mred\u{1b}[0m", "[31mred[0m"),
            ("\u{1b}]0;title\u{7}x\u{1b}]52;c;aGk=\u{1b}\\", "]0;titlex]52;c;aGk=\\"),
            ("\u{9b}2J\u{9d}0;t\u{9c}", "2J0;t"),
            ("over\rwritten\u{8}\u{7f}\u{0}\u{85}", "overwritten"),
        ] {
            assert_eq!(for_reader(written, true), shown);
            assert_eq!(for_reader(written, false), written, "pipes get every byte");
        }
    }
}

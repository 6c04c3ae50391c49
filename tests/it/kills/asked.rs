//! A program that asks, and what it has told so far.

use std::time::{Duration, Instant};

use porthole_core::domain::ConversationId;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// What a line tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// The question is in the history.
    Start,
    /// More of the reply.
    Text,
    /// The reply is whole and in the history.
    Done,
    /// The reply cannot be saved for now.
    Unsaved,
    /// It failed, with this code.
    Failed(String),
    /// Nothing more comes.
    End,
}

impl Told {
    /// Whether it ends by itself now.
    pub(super) const fn is_last(&self) -> bool {
        matches!(self, Self::Done | Self::Failed(_) | Self::End)
    }
}

/// The program.
pub(super) struct Asked {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    errors: Lines<BufReader<ChildStderr>>,
    open: (bool, bool),
    printed: Vec<(Instant, String)>,
    /// The conversation, once the question is in the history.
    pub(super) conversation: Option<ConversationId>,
    /// What it said to people.
    pub(super) said: String,
}

impl Asked {
    /// Starts `cli` with a question.
    pub(super) fn start(mut cli: Command, question: &str) -> Self {
        cli.args(["ask", "--json", "--server", "fake", "--model", "deepseek-v4-pro", question]);
        let mut child = cli.spawn().unwrap();
        Self {
            lines: BufReader::new(child.stdout.take().unwrap()).lines(),
            errors: BufReader::new(child.stderr.take().unwrap()).lines(),
            child,
            open: (true, true),
            printed: Vec::new(),
            conversation: None,
            said: String::new(),
        }
    }

    /// The next thing it tells.
    pub(super) async fn next(&mut self) -> Told {
        loop {
            let line = tokio::select! {
                line = self.lines.next_line(), if self.open.0 => line.unwrap(),
                line = self.errors.next_line(), if self.open.1 => {
                    let Some(line) = line.unwrap() else {
                        self.open.1 = false;
                        continue;
                    };
                    self.said.push_str(&line);
                    self.said.push('\n');
                    if line.contains("not saved yet") {
                        return Told::Unsaved;
                    }
                    continue;
                }
                else => return Told::End,
            };
            let Some(line) = line else {
                self.open.0 = false;
                continue;
            };
            let line: Value = serde_json::from_str(&line).unwrap();
            match line["type"].as_str() {
                Some("start") => {
                    self.conversation = Some(line["conversation"].as_str().unwrap().parse().unwrap());
                    return Told::Start;
                }
                Some("text") => {
                    self.printed.push((Instant::now(), line["text"].as_str().unwrap().to_owned()));
                    return Told::Text;
                }
                Some("done") => return Told::Done,
                Some("error") => return Told::Failed(line["code"].as_str().unwrap().to_owned()),
                _ => {}
            }
        }
    }

    /// The text that it printed longer than `ago` before `moment`.
    pub(super) fn printed_before(&self, moment: Instant, ago: Duration) -> String {
        let old = self.printed.iter().filter(|(when, _)| moment - *when > ago);
        old.map(|(_, text)| text.as_str()).collect()
    }

    /// How much of the reply it printed.
    pub(super) fn characters(&self) -> usize {
        self.printed.iter().map(|(_, text)| text.chars().count()).sum()
    }

    /// How many pieces it printed.
    pub(super) fn pieces(&self) -> usize {
        self.printed.len()
    }

    /// Ends it after it told `last`: by a kill if it still runs; returns when.
    pub(super) async fn end(&mut self, last: &Told) -> Instant {
        let at = Instant::now();
        if last.is_last() {
            while self.next().await != Told::End {}
            let status = self.child.wait().await.unwrap();
            assert!(status.code().is_some(), "it crashed: {status}");
        } else {
            self.kill().await;
        }
        assert!(!self.said.contains("panicked"), "{}", self.said);
        at
    }

    /// Kills it; returns when.
    pub(super) async fn kill(&mut self) -> Instant {
        let at = Instant::now();
        self.child.kill().await.unwrap();
        at
    }
}

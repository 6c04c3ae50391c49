//! What a window shows of a running turn. The window pulls: it asks for what is newer than it has drawn, so a
//! slow window builds no backlog, a hidden one costs nothing, and a reloaded one asks from the start.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use porthole_markdown::Document;
use tokio::sync::Notify;

use super::machine::MOST_RETRIES;
use super::newest_line::newest_line;
use super::news::{News, NewsCursor, Retry, news};
use super::patch::{Phase, TurnPatch};
use crate::clock::Stopwatch;
use crate::domain::{Message, MessageId, MessageMeta, MessageState, Part, Parts};
use crate::provider::Delta;

/// How many revisions are remembered. A window that is further behind gets everything again.
const REMEMBERED: usize = 64;

/// How far back to look for the beginning of the newest line of thinking.
const NEWEST_LINE_BYTES: usize = 1024;

/// The live state of one turn.
#[derive(Default)]
pub struct Feed {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    revision: u64,
    phase: Phase,
    ended: Option<Box<Message>>,
    settled: bool,
    parts: Parts,
    retries: Vec<Retry>,
    text: Rendering,
    thinking: Rendering,
    thinking_since: Option<Stopwatch>,
    thinking_ms: Option<u32>,
    marks: VecDeque<Mark>,
}

/// Which document revisions a feed revision stands for.
#[derive(Clone, Copy, Default)]
struct Mark {
    feed: u64,
    text: u64,
    thinking: u64,
}

/// A document and the text it has not been given yet: nothing is parsed before somebody asks for it.
#[derive(Default)]
struct Rendering {
    document: Document,
    pending: String,
}

impl Rendering {
    fn catch_up(&mut self) {
        if !self.pending.is_empty() {
            self.document.push(&self.pending);
            self.pending.clear();
        }
    }

    fn newest_line(&self) -> Option<String> {
        let rendered = self.document.text();
        let start = rendered.len().saturating_sub(NEWEST_LINE_BYTES);
        let start =
            (start..=rendered.len()).find(|at| rendered.is_char_boundary(*at)).unwrap_or(rendered.len());
        newest_line(&[&rendered[start..], &self.pending].concat())
    }
}

impl Default for State {
    fn default() -> Self {
        Self {
            // A window that has seen nothing says 0 and must get an answer at once.
            revision: 1,
            phase: Phase::Waiting,
            ended: None,
            settled: false,
            parts: Parts::default(),
            retries: Vec::new(),
            text: Rendering::default(),
            thinking: Rendering::default(),
            thinking_since: None,
            thinking_ms: None,
            marks: VecDeque::new(),
        }
    }
}

impl Feed {
    /// The feed of a reply that already has `parts`.
    pub(super) fn beginning_with(parts: &[Part]) -> Self {
        let mut state = State::default();
        for part in parts {
            match part {
                Part::Text(text) => {
                    state.text.pending.push_str(text);
                    state.parts.push_text(text);
                }
                Part::Thinking(text) => {
                    state.thinking.pending.push_str(text);
                    state.parts.push_thinking(text);
                }
                Part::ToolCall(call) => state.parts.push_tool_call(call.clone()),
                Part::Unknown { .. } => {}
            }
        }
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    /// What is newer than revision `seen` (0: everything), as soon as there is something. Thinking is left out
    /// unless `thinking_seen` says from where.
    pub async fn next(&self, seen: u64, thinking_seen: Option<u64>) -> TurnPatch {
        let unfolded_later = thinking_seen.is_some_and(|thinking_seen| thinking_seen < seen);
        self.when(|state| (state.revision > seen || unfolded_later).then(|| state.patch(seen, thinking_seen)))
            .await
    }

    /// What is newer than `cursor`, in order, as soon as there is something; moves the cursor.
    pub async fn news(&self, cursor: &mut NewsCursor) -> Vec<News> {
        self.when(|state| {
            let news = news(state.parts.as_slice(), &state.retries, state.ended.as_deref(), cursor);
            (!news.is_empty()).then_some(news)
        })
        .await
    }

    /// Waits until the turn is over.
    pub async fn ended(&self) {
        self.when(|state| state.ended.is_some().then_some(())).await;
    }

    /// Waits until the reply is complete or the turn is over; returns whether it is complete.
    pub async fn finished(&self) -> bool {
        self.when(|state| match &state.ended {
            Some(reply) => Some(reply.state == MessageState::Complete),
            None => state.settled.then_some(true),
        })
        .await
    }

    /// All that has arrived.
    pub fn parts(&self) -> Vec<Part> {
        self.lock().parts.as_slice().to_vec()
    }

    pub(super) fn arrive(&self, delta: &Delta) {
        self.change(|state| match delta {
            Delta::Thinking(piece) => {
                state.phase = Phase::Thinking;
                let since = *state.thinking_since.get_or_insert_with(Stopwatch::start);
                state.thinking_ms = Some(since.elapsed_ms());
                state.parts.push_thinking(piece);
                state.thinking.pending.push_str(piece);
            }
            Delta::Text(piece) => {
                state.phase = Phase::Answering;
                state.parts.push_text(piece);
                state.text.pending.push_str(piece);
            }
            Delta::TextWasThinking => {
                state.parts.text_was_thinking();
                let mistaken = std::mem::take(&mut state.text);
                state.thinking.pending.push_str(mistaken.document.text());
                state.thinking.pending.push_str(&mistaken.pending);
                // Windows have blocks of the mistaken text: forgetting the marks sends them everything again.
                state.marks.clear();
            }
            Delta::ToolCall(call) => {
                state.phase = Phase::Answering;
                state.parts.push_tool_call(call.clone());
            }
            Delta::Model(_)
            | Delta::Usage(_)
            | Delta::Settled(_)
            | Delta::Finish(_)
            | Delta::Unterminated => {}
        });
    }

    pub(super) fn retry(&self, retry: Retry) {
        self.change(|state| {
            state.phase = Phase::Retrying {
                attempt: retry.attempt,
                most: MOST_RETRIES,
                after_ms: retry.after_ms,
                code: retry.code,
            };
            state.retries.push(retry);
        });
    }

    pub(super) fn request_leaves(&self) {
        self.change(|state| state.phase = Phase::Waiting);
    }

    /// Whether the reply is complete and the turn is only waiting for what may still come.
    pub fn is_settled(&self) -> bool {
        let state = self.lock();
        state.settled && state.ended.is_none()
    }

    pub(super) fn settle(&self, message: &Message, versions: Vec<MessageId>) {
        self.change(|state| {
            state.settled = true;
            state.phase = Phase::Settled { meta: Box::new(MessageMeta::of(message, versions)) };
        });
    }

    /// Waits until the reply is in the history, which may be after its end; returns it as it is there.
    pub async fn saved(&self) -> Message {
        self.when(|state| {
            let is_saved = matches!(state.phase, Phase::Ended { .. });
            state.ended.as_deref().filter(|_| is_saved).cloned()
        })
        .await
    }

    /// Whether the reply has ended but is not in the history.
    pub fn is_unsaved(&self) -> bool {
        matches!(self.lock().phase, Phase::Unsaved { .. })
    }

    /// The reply is over, and the history does not take it.
    pub(super) fn end_unsaved(&self, message: Message, versions: Vec<MessageId>) {
        let meta = Box::new(MessageMeta::of(&message, versions));
        self.end_in(message, Phase::Unsaved { meta });
    }

    pub(super) fn end(&self, message: Message, versions: Vec<MessageId>) {
        let meta = Box::new(MessageMeta::of(&message, versions));
        self.end_in(message, Phase::Ended { meta });
    }

    fn end_in(&self, message: Message, phase: Phase) {
        self.change(|state| {
            state.thinking_ms = message.timing.thinking_ms.or(state.thinking_ms);
            state.text.catch_up();
            state.text.document.finish();
            state.thinking.catch_up();
            state.thinking.document.finish();
            state.phase = phase;
            state.ended = Some(Box::new(message));
        });
    }

    /// What `look` finds, as soon as it finds something.
    async fn when<T>(&self, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        loop {
            // Listened for before the look, so that no change falls between.
            let changed = self.changed.notified();
            let found = look(&mut self.lock());
            if let Some(found) = found {
                return found;
            }
            changed.await;
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        state.revision += 1;
        drop(state);
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn patch(&mut self, seen: u64, thinking_seen: Option<u64>) -> TurnPatch {
        self.text.catch_up();
        if thinking_seen.is_some() {
            self.thinking.catch_up();
        }
        let mark = |seen: u64| self.marks.iter().find(|mark| mark.feed == seen).copied().unwrap_or_default();
        let text = self.text.document.patch_since(mark(seen).text);
        let thinking = thinking_seen.map(|seen| self.thinking.document.patch_since(mark(seen).thinking));
        if self.marks.back().is_none_or(|mark| mark.feed != self.revision) {
            if self.marks.len() == REMEMBERED {
                self.marks.pop_front();
            }
            self.marks.push_back(Mark {
                feed: self.revision,
                text: self.text.document.revision(),
                thinking: self.thinking.document.revision(),
            });
        }
        TurnPatch {
            revision: self.revision,
            phase: self.phase.clone(),
            text,
            thinking,
            thinking_line: self.thinking.newest_line(),
            thinking_ms: self.thinking_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use porthole_markdown::Patch;

    use crate::domain::Code;

    use super::*;

    async fn html(feed: &Feed, seen: u64, thinking_seen: Option<u64>) -> (u64, String, Option<String>) {
        let patch = feed.next(seen, thinking_seen).await;
        let join = |patch: &Patch| patch.changed.iter().map(|block| block.html.as_str()).collect::<String>();
        (patch.revision, join(&patch.text), patch.thinking.as_ref().map(join))
    }

    fn text(piece: &str) -> Delta {
        Delta::Text(piece.to_owned())
    }

    #[tokio::test]
    async fn a_window_gets_only_what_it_has_not_seen() {
        let feed = Feed::default();
        feed.arrive(&text("one\n\n"));
        let (first, seen, _) = html(&feed, 0, None).await;
        assert!(seen.contains("one"));
        feed.arrive(&text("two"));
        let (second, seen, _) = html(&feed, first, None).await;
        assert!(
            seen.contains("two") && !seen.contains("one"),
            "a settled block must not be sent again: {seen}"
        );
        let (_, again, _) = html(&feed, 0, None).await;
        assert!(again.contains("one") && again.contains("two"), "a reloaded window gets everything");
        let (_, again, _) = html(&feed, first, None).await;
        assert!(again.contains("two"), "a patch that was lost can be asked for again");
        assert!(second > first);
    }

    #[tokio::test]
    async fn folded_thinking_is_not_sent_until_it_is_opened() {
        let feed = Feed::default();
        feed.arrive(&Delta::Thinking("first line\nsecond line".to_owned()));
        let patch = feed.next(0, None).await;
        assert_eq!(patch.thinking, None);
        assert_eq!(patch.thinking_line.as_deref(), Some("second line"));
        let (_, _, thinking) = html(&feed, patch.revision, Some(0)).await;
        assert!(thinking.unwrap().contains("first line"), "opening it answers at once, with all of it");
    }

    #[tokio::test]
    async fn text_that_turns_out_to_be_thinking_moves() {
        let feed = Feed::default();
        feed.arrive(&text("let me see"));
        let (revision, ..) = html(&feed, 0, None).await;
        feed.arrive(&Delta::TextWasThinking);
        feed.arrive(&text("Answer."));
        let (_, seen, thinking) = html(&feed, revision, Some(0)).await;
        assert!(seen.contains("Answer.") && !seen.contains("let me see"));
        assert!(thinking.unwrap().contains("let me see"));
    }

    #[tokio::test]
    async fn news_comes_in_order_and_once() {
        let feed = Feed::default();
        let mut cursor = NewsCursor::default();
        feed.retry(Retry { attempt: 1, after_ms: 500, code: Code::Overloaded });
        feed.arrive(&Delta::Thinking("a".to_owned()));
        assert_eq!(
            feed.news(&mut cursor).await,
            [
                News::Retry(Retry { attempt: 1, after_ms: 500, code: Code::Overloaded }),
                News::Thinking("a".to_owned()),
            ]
        );
        feed.arrive(&Delta::Thinking("b".to_owned()));
        feed.arrive(&text("c"));
        assert_eq!(
            feed.news(&mut cursor).await,
            [News::Thinking("b".to_owned()), News::Text("c".to_owned())]
        );
    }
}

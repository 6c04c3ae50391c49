//! Does what [`super::machine`] decides: sends, stores, waits, commits.

mod place;
#[cfg(test)]
mod tests;

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use self::place::Place;
use super::feed::Feed;
use super::machine::{Effect, Event, Machine, Outcome};
use super::news::Retry;
use crate::clock::{Stopwatch, whole_ms};
use crate::domain::{
    AttemptEnd, Bill, Cause, Code, Failure, Message, MessageId, Rates, Retried, Timing, Usage,
};
use crate::provider::{Delta, Deltas, ModelServer, Request};
use crate::store::{Arrived, ArrivingPiece, Ending, PieceKind, Store, StoreError};

/// How far the history may lag behind the network.
const KEEP_EVERY: Duration = Duration::from_millis(200);
/// How long a write may take before the text is put aside as well: another program may hold the history, and a crash
/// would lose what has waited for it.
const WRITING: Duration = Duration::from_millis(20);

/// What a turn needs. Its empty reply is already in the history.
pub struct Assignment {
    /// The reply that is to be filled.
    pub reply: Message,
    /// All versions of its turn, itself included.
    pub versions: Vec<MessageId>,
    /// The request.
    pub request: Request,
    /// The provider to ask.
    pub server: Arc<dyn ModelServer>,
    /// Where the reply is stored.
    pub store: Store,
    /// What the model that answered costs at this time.
    pub rates: RatesOf,
}

/// A model's id to its prices.
pub type RatesOf = Arc<dyn Fn(&str) -> Option<Rates> + Send + Sync>;

/// A running turn. Dropping the handle lets it continue.
#[derive(Clone)]
pub struct Turn {
    feed: Arc<Feed>,
    stop: Arc<Notify>,
}

impl Turn {
    /// What windows see.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Closes the connection and ends the turn with what has arrived.
    pub fn stop(&self) {
        self.stop.notify_one();
    }
}

/// Starts the turn. The handle resolves with the reply as it is in the history. While the ending cannot be written, the
/// feed has ended with the reason and has the text, and the commit is retried again and again; the handle fails only if
/// the store is closing.
pub fn start(assignment: Assignment) -> (Turn, JoinHandle<Result<Message, StoreError>>) {
    let Assignment { reply, versions, request, server, store, rates } = assignment;
    let turn = Turn { feed: Arc::new(Feed::beginning_with(&reply.parts)), stop: Arc::new(Notify::new()) };
    let began_at_ms = reply.attempts.last().map_or(reply.created_at_ms, |attempt| attempt.started_at_ms);
    let driver = Driver {
        request,
        server,
        rates,
        turn: turn.clone(),
        place: Place { reply, versions, store },
        watch: Stopwatch::start(),
        unkept: Arrived::default(),
        told: Usage::default(),
        began_at_ms,
        last_kept: Instant::now(),
        aside_due: Instant::now(),
        settled: false,
        behind: false,
    };
    let (place, fallen) = (driver.place.clone(), turn.clone());
    let running = tokio::spawn(driver.run());
    let watched = tokio::spawn(async move {
        match running.await {
            Ok(ended) => ended,
            // A fault in Porthole itself must not leave a reply arriving for ever.
            Err(fault) if fault.is_panic() => {
                let failure = Failure::because(Code::Internal, Cause::Fault);
                let failure = Failure { detail: Some(fault.to_string()), ..failure };
                place.end(&fallen.feed, Ending::cut_off(fallen.feed.parts(), failure)).await
            }
            Err(_) => Err(StoreError::Closed),
        }
    });
    (turn, watched)
}

struct Driver {
    request: Request,
    server: Arc<dyn ModelServer>,
    rates: RatesOf,
    turn: Turn,
    place: Place,
    watch: Stopwatch,
    /// What is not in the history yet.
    unkept: Arrived,
    /// What the history says of the latest attempt's tokens.
    told: Usage,
    /// When the person asked, in milliseconds since 1970 UTC.
    began_at_ms: i64,
    last_kept: Instant,
    /// When the text is put aside if the write in progress takes as long as that.
    aside_due: Instant,
    /// The history has the reply as complete, so that what comes afterwards is not stored piece by piece.
    settled: bool,
    /// Something has come since that the history does not have yet.
    behind: bool,
}

/// Where the next event comes from.
enum Source {
    Opening(Pin<Box<dyn Future<Output = Result<Deltas, Failure>> + Send>>),
    Stream(Deltas),
    Waiting(Pin<Box<tokio::time::Sleep>>),
}

/// A write in progress; it returns what could not be written.
type Keeping = Pin<Box<dyn Future<Output = Kept> + Send>>;
type Kept = Result<(), Box<(StoreError, Arrived)>>;

impl Driver {
    async fn run(mut self) -> Result<Message, StoreError> {
        let (mut machine, mut effect) = {
            let (machine, effect) = Machine::start();
            (machine, Some(effect))
        };
        // The machine's first effect opens it.
        let mut source = Source::Opening(Box::pin(pending()));
        // At most one write is in progress; what arrives in the meantime goes into the next.
        let mut keeping: Option<Keeping> = None;
        loop {
            match effect.take() {
                Some(Effect::Open) => {
                    self.turn.feed.request_leaves();
                    source = Source::Opening(self.open());
                }
                Some(Effect::Keep(delta)) => self.keep(&delta),
                Some(Effect::Settle(outcome)) => {
                    self.finish(&mut keeping).await;
                    self.settle(outcome).await;
                }
                Some(Effect::Wait { attempt, wait, failed }) => {
                    let after_ms = whole_ms(wait);
                    let code = failed.failure.as_ref().map_or(Code::Internal, |failure| failure.code);
                    self.turn.feed.retry(Retry { attempt, after_ms, code });
                    self.try_again(failed, after_ms);
                    source = Source::Waiting(Box::pin(sleep(wait)));
                }
                Some(Effect::End(outcome)) => {
                    drop(source);
                    self.finish(&mut keeping).await;
                    return self.end(outcome).await;
                }
                None => {}
            }
            let is_due = self.last_kept.elapsed() >= KEEP_EVERY;
            let usage = machine.usage();
            let lags = !self.settled && (!self.unkept.is_empty() || self.told != usage);
            if keeping.is_none() && self.behind && is_due {
                keeping = Some(self.keep_what_came_late(machine.so_far()));
            } else if keeping.is_none() && lags && is_due {
                keeping = Some(self.keep_in_history(usage, machine.model()));
            }
            let is_writing = keeping.is_some() && !self.settled;
            let due = self.last_kept + KEEP_EVERY;
            let must_wait = keeping.is_none() && (self.behind || lags);
            effect = tokio::select! {
                biased;
                () = self.turn.stop.notified() => machine.handle(Event::Stop),
                result = kept(&mut keeping) => {
                    keeping = None;
                    if let Err(unkept) = result {
                        let (error, arrived) = *unkept;
                        tracing::warn!(code = error.code().name(), "arriving text could not be kept");
                        self.put_aside(&error).await;
                        // A later piece in the history without these would leave a gap in the text.
                        self.unkept.put_before(arrived);
                        self.told = Usage::default();
                        self.behind = self.settled;
                    }
                    None
                }
                () = sleep_until(self.aside_due), if is_writing => {
                    self.aside_due = Instant::now() + KEEP_EVERY;
                    self.put_aside(&StoreError::Busy).await;
                    None
                }
                event = next(&mut source, self.watch) => match event {
                    Arrival::Opened(deltas) => {
                        source = Source::Stream(deltas);
                        None
                    }
                    Arrival::Event(event) => machine.handle(event),
                },
                () = sleep_until(due), if must_wait => None,
            };
        }
    }

    fn open(&self) -> Pin<Box<dyn Future<Output = Result<Deltas, Failure>> + Send>> {
        self.server.open(self.request.clone())
    }

    fn keep(&mut self, delta: &Delta) {
        if *delta == Delta::TextWasThinking && self.continues() {
            // What was there before this request is certainly text, and what came since cannot be told from it.
            return;
        }
        self.turn.feed.arrive(delta);
        if self.settled {
            self.behind = true;
            return;
        }
        let (kind, text) = match delta {
            Delta::Text(text) => (PieceKind::Text, text.as_str()),
            Delta::Thinking(text) => (PieceKind::Thinking, text.as_str()),
            Delta::TextWasThinking => (PieceKind::TextWasThinking, ""),
            Delta::ToolCall(call) => {
                let text = serde_json::to_string(call).unwrap_or_default();
                self.unkept.pieces.push(ArrivingPiece { kind: PieceKind::ToolCall, text });
                return;
            }
            Delta::Model(_)
            | Delta::Usage(_)
            | Delta::Settled(_)
            | Delta::Finish(_)
            | Delta::Unterminated => return,
        };
        match self.unkept.pieces.last_mut().filter(|last| last.kind == kind) {
            Some(last) => last.text.push_str(text),
            None => self.unkept.pieces.push(ArrivingPiece { kind, text: text.to_owned() }),
        }
    }

    /// Records that the attempt failed, and begins the next one, which leaves after the wait.
    fn try_again(&mut self, failed: Outcome, after_ms: u32) {
        let end = self.attempt_end(failed);
        let next_at_ms = self.began_at_ms + i64::from(self.watch.elapsed_ms()) + i64::from(after_ms);
        let retried = Retried { end, next_at_ms };
        self.place.try_again(&retried);
        self.unkept.retried.push(retried);
        self.told = Usage::default();
    }

    /// Puts aside what has arrived if the history cannot take it for now, so that a crash loses nothing.
    async fn put_aside(&self, error: &StoreError) {
        let failure = Failure { detail: Some(error.to_string()), ..Failure::new(Code::CutOff) };
        let ending = Ending::cut_off(self.turn.feed.parts(), failure);
        if self.place.store.put_aside(self.place.reply.id, &ending).await.is_err() {
            tracing::warn!("arriving text could not be put aside");
        }
    }

    /// Waits for a write in progress. The ending's commit replaces the pieces that it wrote, or could not.
    async fn finish(&mut self, keeping: &mut Option<Keeping>) {
        if let Some(keeping) = keeping.take()
            && let Err(unkept) = keeping.await
        {
            self.unkept.put_before(unkept.1);
        }
    }

    fn keep_in_history(&mut self, usage: Usage, model: Option<&str>) -> Keeping {
        self.last_kept = Instant::now();
        self.aside_due = self.last_kept + WRITING;
        self.told = usage;
        let arrived = Arrived { usage, bill: self.bill(&usage, model), ..std::mem::take(&mut self.unkept) };
        let store = self.place.store.clone();
        let message = self.place.reply.id;
        Box::pin(async move {
            store.keep_arriving(message, arrived.clone()).await.map_err(|error| Box::new((error, arrived)))
        })
    }

    /// Writes the reply into the history as it is, complete. If that fails, the real end tries again and reports it.
    async fn settle(&mut self, outcome: Outcome) {
        let ending = self.ending(outcome);
        if let Err(error) = self.place.store.end_reply(self.place.reply.id, ending.clone()).await {
            tracing::warn!(code = error.code().name(), "a complete reply could not be kept yet");
            return;
        }
        self.unkept = Arrived::default();
        self.settled = true;
        self.turn.feed.settle(&self.place.filled(&ending), self.place.versions.clone());
    }

    /// The same again, with what came after the finish reason.
    fn keep_what_came_late(&mut self, outcome: Outcome) -> Keeping {
        self.last_kept = Instant::now();
        self.behind = false;
        let (store, message, ending) = (self.place.store.clone(), self.place.reply.id, self.ending(outcome));
        Box::pin(async move {
            store.end_reply(message, ending).await.map_err(|error| Box::new((error, Arrived::default())))
        })
    }

    async fn end(self, outcome: Outcome) -> Result<Message, StoreError> {
        let ending = self.ending(outcome);
        self.place.end(&self.turn.feed, ending).await
    }

    /// What the history records of an outcome.
    fn ending(&self, outcome: Outcome) -> Ending {
        let parts = self.turn.feed.parts();
        Ending { parts, last: self.attempt_end(outcome), retried: self.unkept.retried.clone() }
    }

    fn attempt_end(&self, outcome: Outcome) -> AttemptEnd {
        let Outcome { state, model, finish_reason, usage, timing, notes, failure } = outcome;
        let timing = Timing { total_ms: Some(self.watch.elapsed_ms()), ..timing };
        let bill = self.bill(&usage, model.as_deref());
        let effort = self.request.effort;
        AttemptEnd { state, model, effort, finish_reason, usage, timing, bill, notes, failure }
    }

    fn bill(&self, usage: &Usage, model: Option<&str>) -> Bill {
        let rates = (self.rates)(model.unwrap_or(&self.request.model));
        Bill { cost: rates.as_ref().and_then(|rates| rates.cost(usage)), rates }
    }

    /// Whether the reply had a beginning before this turn.
    fn continues(&self) -> bool {
        !self.place.reply.parts.is_empty()
    }
}

enum Arrival {
    Opened(Deltas),
    Event(Event),
}

async fn next(source: &mut Source, watch: Stopwatch) -> Arrival {
    Arrival::Event(match source {
        Source::Opening(opening) => match opening.await {
            Ok(deltas) => return Arrival::Opened(deltas),
            Err(failure) => Event::Failed(failure, rand::random()),
        },
        Source::Stream(deltas) => match deltas.next().await {
            Some(Ok(delta)) => Event::Arrived(delta, watch.elapsed_ms()),
            Some(Err(failure)) => Event::Failed(failure, rand::random()),
            None => Event::StreamEnded,
        },
        Source::Waiting(sleep) => {
            sleep.await;
            Event::RetryDue
        }
    })
}

async fn kept(keeping: &mut Option<Keeping>) -> Kept {
    match keeping {
        Some(keeping) => keeping.await,
        None => pending().await,
    }
}

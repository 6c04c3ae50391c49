//! Does what [`super::machine`] decides: sends, keeps, waits, commits.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::feed::{Feed, Retry};
use super::machine::{Effect, Event, Machine, Outcome};
use crate::clock::Stopwatch;
use crate::domain::{Failure, Message, MessageId};
use crate::provider::{Delta, Deltas, Provider, Request};
use crate::store::{ArrivingPiece, Ending, PieceKind, Store, StoreError};

/// How far the history may be behind the wire.
const KEEP_EVERY: Duration = Duration::from_millis(200);
/// How often the ending is tried to be committed while the history cannot be written.
const COMMIT_TRIES: u32 = 3;

/// What a turn needs: its empty reply is in the history already.
pub struct Assignment {
    /// The reply that is to be filled.
    pub reply: Message,
    /// All versions of its turn, itself included.
    pub versions: Vec<MessageId>,
    /// What is asked.
    pub request: Request,
    /// Who is asked.
    pub provider: Arc<dyn Provider>,
    /// Where it is kept.
    pub store: Store,
}

/// A running turn. Dropping the handle lets it run on.
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

/// Starts the turn. The handle resolves with the reply as it stands in the history, or with why it could not
/// be put there; its text then still stands in the feed.
pub fn start(assignment: Assignment) -> (Turn, JoinHandle<Result<Message, StoreError>>) {
    let turn = Turn { feed: Arc::new(Feed::default()), stop: Arc::new(Notify::new()) };
    let driver = Driver {
        turn: turn.clone(),
        watch: Stopwatch::start(),
        unkept: Vec::new(),
        last_kept: Instant::now(),
        assignment,
    };
    (turn, tokio::spawn(driver.run()))
}

struct Driver {
    assignment: Assignment,
    turn: Turn,
    watch: Stopwatch,
    /// Pieces that are not in the history yet.
    unkept: Vec<ArrivingPiece>,
    last_kept: Instant,
}

/// Where the next event comes from.
enum Source {
    Opening(Pin<Box<dyn Future<Output = Result<Deltas, Failure>> + Send>>),
    Stream(Deltas),
    Waiting(Pin<Box<tokio::time::Sleep>>),
}

type Keeping = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

impl Driver {
    async fn run(mut self) -> Result<Message, StoreError> {
        let (mut machine, mut effect) = {
            let (machine, effect) = Machine::start();
            (machine, Some(effect))
        };
        let mut source = Source::Opening(self.open());
        // At most one write is under way; what arrives meanwhile goes into the next.
        let mut keeping: Option<Keeping> = None;
        loop {
            match effect.take() {
                Some(Effect::Open) => {
                    self.turn.feed.request_leaves();
                    source = Source::Opening(self.open());
                }
                Some(Effect::Keep(delta)) => self.keep(&delta),
                Some(Effect::Wait { attempt, wait, code }) => {
                    let after_ms = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
                    self.turn.feed.retry(Retry { attempt, after_ms, code });
                    source = Source::Waiting(Box::pin(sleep(wait)));
                }
                Some(Effect::End(outcome)) => {
                    drop(source);
                    if let Some(keeping) = keeping.take() {
                        // What it wrote is replaced by the ending's commit.
                        let _ = keeping.await;
                    }
                    return self.end(outcome).await;
                }
                None => {}
            }
            if keeping.is_none() && !self.unkept.is_empty() && self.last_kept.elapsed() >= KEEP_EVERY {
                keeping = Some(self.keep_in_history());
            }
            let due = self.last_kept + KEEP_EVERY;
            let must_wait = keeping.is_none() && !self.unkept.is_empty();
            effect = tokio::select! {
                biased;
                () = self.turn.stop.notified() => machine.handle(Event::Stop),
                result = kept(&mut keeping) => {
                    keeping = None;
                    if let Err(error) = result {
                        // The whole reply is committed again at its end; until then it is in memory.
                        tracing::warn!(code = error.code().name(), "arriving text could not be kept");
                    }
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
        self.assignment.provider.open(self.assignment.request.clone())
    }

    fn keep(&mut self, delta: &Delta) {
        self.turn.feed.arrive(delta);
        let (kind, text) = match delta {
            Delta::Text(text) => (PieceKind::Text, text.as_str()),
            Delta::Thinking(text) => (PieceKind::Thinking, text.as_str()),
            Delta::TextWasThinking => (PieceKind::TextWasThinking, ""),
            Delta::Model(_) | Delta::ToolCall(_) | Delta::Usage(_) | Delta::Finish(_) => return,
        };
        match self.unkept.last_mut().filter(|last| last.kind == kind) {
            Some(last) => last.text.push_str(text),
            None => self.unkept.push(ArrivingPiece { kind, text: text.to_owned() }),
        }
    }

    fn keep_in_history(&mut self) -> Keeping {
        self.last_kept = Instant::now();
        let pieces = std::mem::take(&mut self.unkept);
        let store = self.assignment.store.clone();
        let message = self.assignment.reply.id;
        Box::pin(async move { store.keep_arriving(message, pieces).await })
    }

    async fn end(self, outcome: Outcome) -> Result<Message, StoreError> {
        let Self { assignment, turn, watch, .. } = self;
        let parts = turn.feed.parts();
        let mut timing = outcome.timing;
        timing.total_ms = Some(watch.elapsed_ms());
        let failure = outcome.failure;
        let mut reply = assignment.reply;
        if let (Some(model), Some(author)) = (&outcome.model, &mut reply.author) {
            author.model.clone_from(model);
        }
        reply.state = outcome.state;
        reply.parts.clone_from(&parts);
        reply.finish_reason.clone_from(&outcome.finish_reason);
        reply.usage = outcome.usage;
        reply.timing = timing;
        reply.failure.clone_from(&failure);
        let ending = Ending {
            state: outcome.state,
            parts,
            model: outcome.model,
            finish_reason: outcome.finish_reason,
            usage: outcome.usage,
            timing,
            failure,
        };
        match commit(&assignment.store, reply.id, ending).await {
            Ok(()) => {
                turn.feed.end(reply.clone(), assignment.versions);
                Ok(reply)
            }
            Err(error) => {
                reply.failure = Some(Failure::new(error.code(), error.to_string()));
                turn.feed.end(reply, assignment.versions);
                Err(error)
            }
        }
    }
}

async fn commit(store: &Store, reply: MessageId, ending: Ending) -> Result<(), StoreError> {
    let mut tried = 1;
    loop {
        match store.end_reply(reply, ending.clone()).await {
            Err(_) if tried < COMMIT_TRIES => {
                sleep(KEEP_EVERY * tried).await;
                tried += 1;
            }
            result => return result,
        }
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

async fn kept(keeping: &mut Option<Keeping>) -> Result<(), StoreError> {
    match keeping {
        Some(keeping) => keeping.await,
        None => pending().await,
    }
}

//! A stand-in for the DeepSeek API and for the local servers people run, faithful to the byte.
//!
//! # In a test
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use porthole_tests::fake_v4::{Cut, FakeV4, Script};
//!
//! let server = FakeV4::start().await;
//! server.reply(Script::rate_limited(2));
//! server.reply(Script::answer("Half of it").thinking("Hm.").cut_after(3, Cut::Reset));
//! // … let the code under test talk to `server.url()` …
//! # drop(tokio::net::TcpStream::connect(server.address()).await);
//! assert!(server.requests().is_empty());
//! # });
//! ```
//!
//! Scripts answer chat completions in the order they were queued. With none left the server answers on its own: a short
//! Markdown text that quotes the last message. Requests that the real API would refuse are refused and take no script.
//! Nothing needs a sleep: [`FakeV4::wait_for_chat`], [`FakeV4::wait_for_events`] and [`FakeV4::wait_for_close`] wait
//! for what their names say, and a script can [pause](Script::pause_after) until [`FakeV4::resume`].
//!
//! # By hand
//!
//! ```sh
//! cargo run -p porthole-tests --bin fake-v4 -- --port 8123 --rate 60
//! curl -N http://127.0.0.1:8123/chat/completions -H 'Authorization: Bearer sk-any' -H 'Content-Type: application/json' \
//!     -d '{"model":"deepseek-flash","stream":true,"messages":[{"role":"user","content":"Hello"}]}'
//! ```
//!
//! `--dialect ollama` makes it another server, `--key` makes it accept one key only (and refuse others in that server's
//! words), and `--script file.json` gives it a script or a list of scripts to follow, such as
//! `[{"answer": {"kind": "mixed", "characters": 20000}, "pace": {"events_per_second": 80}}, {"status": 503, "body": ""}]`;
//! `--repeat` starts over when they are used up. It prints `listening http://127.0.0.1:PORT` when it is ready.
//!
//! # Where the behaviour comes from
//!
//! "API docs" in these modules are DeepSeek's, in copies of September and October 2026; "deepseek-recipe" is DeepSeek's
//! published crate of that name, version 0.2.0, with the API's own validation and stream. "Facts 1.7" and "item 6" are
//! numbers in docs/conformance.md, which names the sources for every server. What was not found in them is marked.

mod asked;
mod body;
mod builder;
mod chat;
mod completion;
mod connection;
mod deepseek;
mod delivery;
mod dialect;
mod dice;
mod ending;
mod framing;
mod http;
mod local;
mod log;
mod ollama;
mod refusal;
mod script;
mod server;
mod settings;
mod text;
mod usage;
mod validation;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

pub use dialect::Dialect;
pub use ending::{Cut, Ending, ErrorForm};
pub use framing::{Framing, LineEnding, Pace, Pieces};
pub use log::RecordedRequest;
pub use script::{
    ChunkSize, Finish, Script, ShapeChanges, Text, ThinkingPlace, ToolCall, ToolCallIds, UsageNumbers,
    UsagePlacement,
};
pub use settings::{Balance, Settings};
pub use text::{Generated, TextKind};

use server::Server;

/// A running stand-in. Dropping it takes it off the network.
///
/// It runs on a thread of its own: a test that blocks, or that has paused the clock of its runtime, does not disturb it.
#[derive(Debug)]
pub struct FakeV4 {
    address: SocketAddr,
    server: Arc<Server>,
    accepting: JoinHandle<()>,
    runtime: Option<Runtime>,
}

impl FakeV4 {
    /// The DeepSeek API on a free port of 127.0.0.1.
    pub async fn start() -> Self {
        Self::start_as(Dialect::Deepseek).await
    }

    /// Another server on a free port of 127.0.0.1.
    pub async fn start_as(dialect: Dialect) -> Self {
        #[expect(clippy::expect_used, reason = "without a free port no test can say anything")]
        Self::start_with(Settings { dialect, ..Settings::default() }).await.expect("a free port on 127.0.0.1")
    }

    /// A server with all settings given.
    pub async fn start_with(settings: Settings) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("fake-v4")
            .enable_all()
            .build()?;
        let bind = TcpListener::bind((settings.host, settings.port));
        // The listener belongs to the runtime it is bound in, so that has to be the server's.
        let listener = runtime.spawn(bind_in_place(bind)).await.map_err(io::Error::other)??;
        let address = listener.local_addr()?;
        let server = Arc::new(Server::new(settings));
        let accepting = runtime.spawn(connection::accept(listener, Arc::clone(&server)));
        Ok(Self { address, server, accepting, runtime: Some(runtime) })
    }

    /// The address of the server without `/v1`, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of the socket.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Take the server off the network and return once it is: connection attempts are refused from then on.
    pub async fn stop(mut self) {
        self.accepting.abort();
        // It is meant to be aborted; there is nothing in the result.
        drop((&mut self.accepting).await);
    }

    /// Queue the answer of the next chat completion.
    pub fn reply(&self, script: Script) {
        self.server.queue(script);
    }

    /// Answer every chat completion with this once the queue is empty, instead of with the server's own text.
    pub fn reply_always(&self, script: Script) {
        self.server.set_standing(Some(script));
    }

    /// Answer every request for a conversation's title with this instead of "A short title". Such requests take nothing
    /// from the queue and are not among [`FakeV4::chats`].
    pub fn title(&self, script: Script) {
        self.server.set_title(script);
    }

    /// Queue the answer of the next request to exactly this path, whatever the method. Only status, headers, body and
    /// the delay before the headers of the script count.
    pub fn reply_at(&self, path: &str, script: Script) {
        self.server.queue_at(path, script);
    }

    /// How many queued answers are left.
    pub fn replies_left(&self) -> usize {
        self.server.queued()
    }

    /// Become another server, for instance one that has finished loading its model.
    pub fn set_dialect(&self, dialect: Dialect) {
        self.server.change(|settings| settings.dialect = dialect);
    }

    /// Accept only this key from now on; with `None`, any (as the dialect does).
    pub fn set_key(&self, key: Option<&str>) {
        self.server.change(|settings| settings.key = key.map(str::to_owned));
    }

    /// What `/user/balance` reports from now on: one entry per currency, and whether requests are still served. With
    /// `available` left open, they are while any balance is above zero.
    pub fn set_balances(&self, balances: &[Balance], available: Option<bool>) {
        self.server.change(|settings| {
            settings.balances = balances.to_vec();
            settings.balance_available = available;
        });
    }

    /// Let another model answer to a name from now on, as the hosted API does to retired and moved names.
    pub fn repoint(&self, name: &str, to: &str) {
        self.server.change(|settings| drop(settings.repointed.insert(name.to_owned(), to.to_owned())));
    }

    /// Change anything about the server while it runs; the port stays.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) {
        self.server.change(change);
    }

    /// All requests so far, in the order they arrived.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.server.log.all()
    }

    /// The chat completion requests among them.
    pub fn chats(&self) -> Vec<RecordedRequest> {
        self.requests().into_iter().filter(RecordedRequest::is_chat).collect()
    }

    /// The requests for titles among them.
    pub fn titles(&self) -> Vec<RecordedRequest> {
        self.requests().into_iter().filter(RecordedRequest::is_title).collect()
    }

    /// Wait until the request with this index (from 0) has arrived, body included.
    pub async fn wait_for_request(&self, index: usize) -> RecordedRequest {
        self.wait_for(&format!("request {index}"), |all| all.get(index).cloned()).await
    }

    /// Wait for the chat completion request with this number among its kind (from 0).
    ///
    /// The other methods take its [`RecordedRequest::index`].
    pub async fn wait_for_chat(&self, place: usize) -> RecordedRequest {
        let look =
            |all: &[RecordedRequest]| all.iter().filter(|request| request.is_chat()).nth(place).cloned();
        self.wait_for(&format!("chat completion {place}"), look).await
    }

    /// Wait until this many events of the answer to this request were sent.
    pub async fn wait_for_events(&self, index: usize, events: usize) {
        let look = |all: &[RecordedRequest]| {
            all.get(index).filter(|request| request.events_sent() >= events).map(drop)
        };
        self.wait_for(&format!("{events} events for request {index}"), look).await;
    }

    /// Wait until the answer to this request was sent in full.
    pub async fn wait_for_answer(&self, index: usize) -> Instant {
        self.wait_for(&format!("the end of answer {index}"), |all| all.get(index)?.answered).await
    }

    /// Wait until the client has closed the connection of this request before its answer was complete.
    pub async fn wait_for_close(&self, index: usize) -> Instant {
        self.wait_for(&format!("the client to close request {index}"), |all| all.get(index)?.closed_by_client)
            .await
    }

    /// Let a [paused](Script::pause_after) answer continue.
    pub fn resume(&self, index: usize) {
        self.server.log.change(index, |request| request.resumed = true);
    }

    /// Wait, for as long as it takes, until the request with this index has arrived.
    pub async fn next_request(&self, index: usize) -> RecordedRequest {
        self.server.log.wait_for(|all| all.get(index).cloned()).await
    }

    /// Wait, for as long as it takes, until this many chat completions were answered or given up by the client.
    pub async fn chats_done(&self, count: usize) {
        let over = |request: &&RecordedRequest| {
            request.is_chat() && (request.answered.is_some() || request.closed_by_client.is_some())
        };
        self.server.log.wait_for(|all| (all.iter().filter(over).count() >= count).then_some(())).await;
    }

    async fn wait_for<T>(&self, what: &str, look: impl FnMut(&[RecordedRequest]) -> Option<T>) -> T {
        let found = self.server.log.wait_for(look);
        let Some(runtime) = &self.runtime else { return found.await };
        // On the server's runtime, whose clock no test pauses.
        let patience = runtime.spawn(tokio::time::sleep(log::PATIENCE));
        tokio::select! {
            biased;
            found = found => {
                found
            }
            _ = patience => {
                panic!("waited for {what}, but there is only:{}", self.server.log.summary());
            }
        }
    }
}

impl Drop for FakeV4 {
    fn drop(&mut self) {
        self.accepting.abort();
        if let Some(runtime) = self.runtime.take() {
            // A runtime may not be dropped inside another, and waiting for the thread would block the test's.
            runtime.shutdown_background();
        }
    }
}

async fn bind_in_place(bind: impl Future<Output = io::Result<TcpListener>>) -> io::Result<TcpListener> {
    bind.await
}

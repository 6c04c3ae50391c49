//! What came in, for tests to look at and to wait for.

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::watch;

/// A request as it arrived, and what became of it so far.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// Its place in [`super::FakeV4::requests`].
    pub index: usize,
    /// Which connection it came on: requests that share one were sent over a kept-alive connection.
    pub connection: usize,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// What follows the `?`, if anything.
    pub query: Option<String>,
    /// The headers in the order they came, names as sent.
    pub headers: Vec<(String, String)>,
    /// Request line and headers, byte for byte as sent, up to and including the blank line.
    pub head: Bytes,
    /// The body, byte for byte as sent (without the marks of a chunked one).
    pub body: Bytes,
    /// The body as JSON, if it is.
    pub json: Option<Value>,
    /// When its last byte was read.
    pub arrived: Instant,
    /// When each event of the answer had been handed to the system.
    pub sent: Vec<Instant>,
    /// When the last byte of the answer was sent, or the server cut it short as its script says.
    pub answered: Option<Instant>,
    /// When the client closed the connection, if it did so before the answer was complete.
    pub closed_by_client: Option<Instant>,
    pub(super) resumed: bool,
}

impl RecordedRequest {
    /// The value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// All of it as it came, for a search that must find nothing: for instance the key in a request to another server.
    pub fn bytes(&self) -> Vec<u8> {
        [self.head.as_ref(), self.body.as_ref()].concat()
    }

    /// How many events of the answer were sent.
    pub fn events_sent(&self) -> usize {
        self.sent.len()
    }

    /// Whether it asks for a chat completion, in `OpenAI`'s or in Ollama's way, and not for a title.
    pub fn is_chat(&self) -> bool {
        let completes = self.path.ends_with("/chat/completions") || self.path == "/api/chat";
        self.method == "POST" && completes && !self.is_title()
    }

    /// Whether it asks what a conversation is to be called.
    pub fn is_title(&self) -> bool {
        self.json.as_ref().is_some_and(asks_for_title)
    }
}

/// Whether the last message of a request is the one by which Porthole asks for titles.
pub(super) fn asks_for_title(body: &Value) -> bool {
    let last = body["messages"].as_array().and_then(|messages| messages.last());
    last.and_then(|message| message["content"].as_str())
        .is_some_and(|content| content.contains("Give this conversation a title"))
}

/// All requests so far. Shared by the connections, which write, and the tests, which wait.
#[derive(Debug)]
pub(super) struct Log(watch::Sender<Vec<RecordedRequest>>);

/// A test that waits this long waits for something that will not come; the harness would only say "timed out".
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

impl Log {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Vec::new()))
    }

    pub(super) fn all(&self) -> Vec<RecordedRequest> {
        self.0.borrow().clone()
    }

    pub(super) fn add(&self, mut request: RecordedRequest) -> usize {
        let mut index = 0;
        self.0.send_modify(|all| {
            index = all.len();
            request.index = index;
            all.push(request);
        });
        index
    }

    pub(super) fn change(&self, index: usize, change: impl FnOnce(&mut RecordedRequest)) {
        self.0.send_modify(|all| {
            if let Some(request) = all.get_mut(index) {
                change(request);
            }
        });
    }

    /// Wait until a look at the requests finds something.
    pub(super) async fn wait_for<T>(&self, mut look: impl FnMut(&[RecordedRequest]) -> Option<T>) -> T {
        let mut receiver = self.0.subscribe();
        loop {
            if let Some(found) = look(&receiver.borrow_and_update()) {
                return found;
            }
            if receiver.changed().await.is_err() {
                // The sender lives as long as `self`.
                std::future::pending::<()>().await;
            }
        }
    }

    pub(super) fn summary(&self) -> String {
        let all = self.0.borrow();
        let lines = all.iter().map(|request| {
            let fate = match (request.answered, request.closed_by_client) {
                (Some(_), _) => "answered",
                (None, Some(_)) => "closed by the client",
                (None, None) => "open",
            };
            format!(
                "\n  {} {} {}, {} events, {fate}",
                request.index,
                request.method,
                request.path,
                request.events_sent()
            )
        });
        lines.collect()
    }
}

//! A server of canned answers on the loopback interface.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, watch};
use url::Url;

use super::{Endpoint, LockGate, Locks};
use crate::domain::{ConversationId, HeldLock, Lock, ServerKind};
use crate::secrets::Secret;

/// What is answered to one path, byte for byte.
#[derive(Debug, Clone)]
pub(super) struct Canned {
    path: &'static str,
    bytes: Vec<u8>,
    /// Keep the connection open behind the answer instead of closing it.
    hangs: bool,
}

impl Canned {
    pub(super) fn new(path: &'static str, status: u16, kind: &str, body: &str) -> Self {
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status} Word\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
        Self::raw(path, format!("{head}{body}").into_bytes())
    }

    pub(super) fn ok(path: &'static str, kind: &str, body: &str) -> Self {
        Self::new(path, 200, kind, body)
    }

    /// Any bytes at all; the connection closes behind them.
    pub(super) fn raw(path: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path, bytes: bytes.into(), hangs: false }
    }

    /// A stream of events that ends with the connection.
    pub(super) fn events(body: &str) -> Self {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        Self::raw("/v1/chat/completions", format!("{head}{body}"))
    }

    pub(super) fn and_hangs(mut self) -> Self {
        self.hangs = true;
        self
    }
}

/// Answers until it is dropped; what is not canned is 404.
#[derive(Debug)]
pub(super) struct Server {
    port: u16,
    task: tokio::task::JoinHandle<()>,
    requests: mpsc::UnboundedReceiver<String>,
    hang_ups: Arc<Notify>,
}

impl Server {
    pub(super) async fn start(canned: Vec<Canned>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, requests) = mpsc::unbounded_channel();
        let hang_ups = Arc::new(Notify::new());
        let hung_up = Arc::clone(&hang_ups);
        let task = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(answer(connection, canned.clone(), sender.clone(), Arc::clone(&hung_up)));
            }
        });
        Self { port, task, requests, hang_ups }
    }

    pub(super) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}{path}", self.port)).unwrap()
    }

    pub(super) fn endpoint(&self, kind: ServerKind) -> Endpoint {
        let key = Some(Secret::new("sk-canary-0123456789".to_owned()));
        Endpoint { key, ..Endpoint::new("Here", kind, self.url("/v1")) }
    }

    /// The head and body of the next request, as they came.
    pub(super) async fn request(&mut self) -> String {
        self.requests.recv().await.unwrap()
    }

    /// Waits until the other side has gone away from an answer that hangs.
    pub(super) async fn hung_up(&self) {
        self.hang_ups.notified().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    mut connection: TcpStream,
    canned: Vec<Canned>,
    requests: mpsc::UnboundedSender<String>,
    hang_ups: Arc<Notify>,
) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    // The greeting of TLS is answered at once, as every plain server does.
    while request.first() != Some(&0x16) {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                break;
            }
        }
        match connection.read(&mut piece).await {
            Ok(read) if read > 0 => request.extend_from_slice(&piece[..read]),
            _ => return,
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let _ = requests.send(request);
    let not_found = Canned::new("", 404, "text/plain", "nothing here");
    let canned = canned.iter().find(|canned| canned.path == path).unwrap_or(&not_found);
    let _ = connection.write_all(&canned.bytes).await;
    if canned.hangs {
        while matches!(connection.read(&mut piece).await, Ok(read) if read > 0) {}
        hang_ups.notify_one();
    }
    let _ = connection.shutdown().await;
}

/// A gate that is told what it answers.
#[derive(Debug, Default)]
pub(super) struct TestGate {
    app: Mutex<Lock>,
    conversations: Mutex<Vec<Lock>>,
    changes: watch::Sender<u64>,
}

impl TestGate {
    pub(super) fn set_lock(&self, lock: Lock) {
        *self.app.lock().unwrap() = lock;
        self.changes.send_modify(|number| *number += 1);
    }

    /// A new conversation with that lock.
    pub(super) fn conversation(&self, lock: Lock) -> ConversationId {
        let mut conversations = self.conversations.lock().unwrap();
        conversations.push(lock);
        ConversationId::from_rowid(i64::try_from(conversations.len()).unwrap())
    }
}

impl LockGate for TestGate {
    fn locks(&self, conversation: Option<ConversationId>) -> BoxFuture<'static, Locks> {
        let own = conversation.map_or(Lock::Off, |id| {
            self.conversations.lock().unwrap()[usize::try_from(id.rowid()).unwrap() - 1].clone()
        });
        let app = self.app.lock().unwrap().clone();
        ready(Locks { app: HeldLock::Known(app), conversation: HeldLock::Known(own) }).boxed()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

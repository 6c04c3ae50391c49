//! One TCP connection: request after request, listening to the client all the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::delivery::{After, deliver};
use super::http::{Listening, Request};
use super::log::RecordedRequest;
use super::server::Server;

/// Accept connections until the task is aborted; they end with it.
pub(super) async fn accept(listener: TcpListener, server: Arc<Server>) {
    let counter = AtomicUsize::new(0);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let number = counter.fetch_add(1, Ordering::Relaxed);
                connections.spawn(serve(stream, number, Arc::clone(&server)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, connection: usize, server: Arc<Server>) {
    // Small writes must leave at once: what arrives together is part of what the tests are about.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let (listening, mut speaking) = stream.into_split();
    let mut listening = Listening::new(listening);
    while let Ok(Some(request)) = listening.request(&mut speaking).await {
        let index = server.log.add(recorded(&request, connection));
        let answer = server.answer(&request, index);
        let delivered = tokio::select! {
            // A client may close as soon as it has read the last byte; then the answer still was complete.
            biased;
            delivered = deliver(&mut speaking, &server.log, index, answer) => delivered.ok(),
            () = listening.closed() => None,
        };
        let Some(after) = delivered else {
            server.log.change(index, |request| request.closed_by_client = Some(Instant::now()));
            return;
        };
        server.log.change(index, |request| request.answered = Some(Instant::now()));
        match after {
            After::KeepAlive if !request.wants_close() => {}
            After::KeepAlive | After::Close => return,
            After::Reset => {
                // With no time to linger, closing sends a reset instead of an orderly end.
                drop(speaking.as_ref().set_zero_linger());
                // Dropping the half on its own would shut the sending side down in an orderly way first.
                speaking.forget();
                return;
            }
        }
    }
}

fn recorded(request: &Request, connection: usize) -> RecordedRequest {
    RecordedRequest {
        index: 0,
        connection,
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        headers: request.headers.clone(),
        head: request.head.clone(),
        body: request.body.clone(),
        json: serde_json::from_slice(&request.body).ok(),
        arrived: Instant::now(),
        sent: Vec::new(),
        answered: None,
        closed_by_client: None,
        resumed: false,
    }
}

//! The one door to the network. Nothing else in the app opens a connection.
//!
//! Each request is judged anew, before any socket opens: by the locks, for which the gate is asked each time and
//! which hold here and nowhere else (`bounds`), by which way it takes (`proxies`), whom it trusts (`trust`) and what it carries (`headers`). A
//! client is set up for exactly that (`clients`), and what names may lead to is judged once more when a
//! connection is opened (`resolver`).

mod answer;
mod bounds;
mod clients;
mod headers;
mod proxies;
mod resolver;
#[cfg(test)]
mod tests;
mod trouble;
mod trust;

use std::future::{self, Future};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use reqwest::header::{self, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use tokio::sync::watch;
use url::{Host, Url};

use super::Endpoint;
use super::gate::{LockGate, Locks, OpenGate};
use super::place::{Distance, place_of};
use super::refusal::{failure, no_answer};
use super::words::shown;
use crate::domain::{Cause, Code, ConversationId, Failure, Flaw, HeldLock, Place};

pub(super) use answer::Answer;
use answer::refusal_of;
use bounds::{Bounds, admit, unencrypted};
use clients::{Clients, Setup};
use proxies::{Proxies, Way};
use resolver::Lookup;
use trouble::{broke, silent, unreachable};
use trust::Trust;

/// The bytes of an answer as they arrive.
pub(super) type ByteStream = BoxStream<'static, Result<Bytes, Failure>>;

/// How long it may take to find out how far away a name is, before it is told by the name alone.
const PLACE_TIMEOUT: Duration = Duration::from_secs(3);

/// Opens connections: straight to this computer, and straight or through a proxy to anywhere else.
///
/// It follows no redirects, because a request with a key and a conversation must not end up at a host that
/// nobody chose; it asks for no compression; and it trusts what the system trusts and what an endpoint adds.
/// Clones share their connections and the gate.
#[derive(Clone)]
pub struct Reach(Arc<Inner>);

struct Inner {
    gate: Arc<dyn LockGate>,
    /// The app's lock as it was last asked for.
    last: Mutex<HeldLock>,
    clients: Clients,
    lookup: Lookup,
    proxies: Proxies,
}

/// How one request goes.
struct Passage {
    url: Url,
    way: Way,
    client: Client,
    locks: Locks,
    /// Resolves once a lock forbids what was allowed when the passage began.
    locked: Locked,
}

type Locked = Pin<Box<dyn Future<Output = Failure> + Send>>;

impl Reach {
    /// Prepares the ways out, each behind `gate`. Opens nothing.
    ///
    /// # Errors
    /// `internal`, when the TLS library cannot be set up.
    pub fn new(gate: Arc<dyn LockGate>) -> Result<Self, Failure> {
        Self::with(gate, Lookup::of_system(), Proxies::of_system())
    }

    /// As [`Reach::new`], without any lock: for programs that keep no conversations, such as tests of one server.
    ///
    /// # Errors
    /// As [`Reach::new`].
    pub fn unlocked() -> Result<Self, Failure> {
        Self::new(Arc::new(OpenGate::default()))
    }

    fn with(gate: Arc<dyn LockGate>, lookup: Lookup, proxies: Proxies) -> Result<Self, Failure> {
        Trust::Unused.tls().map_err(|error| {
            let failure = Failure::because(Code::Internal, Cause::Network);
            Failure { detail: Some(error.to_string()), ..failure }
        })?;
        let (clients, last) = (Clients::new(lookup.clone()), Mutex::default());
        Ok(Self(Arc::new(Inner { gate, last, clients, lookup, proxies })))
    }

    /// The locks that hold now for text of `conversation`. Under another lock of the app than before, connections that
    /// no request uses are closed.
    async fn locks(&self, conversation: Option<ConversationId>) -> Locks {
        let locks = self.0.gate.locks(conversation).await;
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != locks.app {
            last.clone_from(&locks.app);
            self.0.clients.let_go();
        }
        locks
    }

    /// Where text goes that is sent to `url`: by the farthest address that its name leads to. A name that cannot
    /// be looked up, or may not be under the locks for `conversation`, is judged as [`place_of`] does.
    pub async fn place(&self, url: &Url, conversation: Option<ConversationId>) -> Place {
        let locks = self.locks(conversation).await;
        self.place_under(url, &locks).await
    }

    async fn place_under(&self, url: &Url, locks: &Locks) -> Place {
        let written = place_of(url);
        let Some(Host::Domain(name)) = url.host() else { return written };
        let bounds = Bounds::of(&locks.together(), false);
        if written == Place::ThisComputer || !bounds.allow_question(name) {
            return written;
        }
        let Ok(Ok(found)) = tokio::time::timeout(PLACE_TIMEOUT, self.0.lookup.addresses(name)).await else {
            return written;
        };
        let farthest = found.iter().map(|address| Distance::of(address.ip())).max();
        farthest.map_or(written, |distance| distance.place(url))
    }

    /// Says what stands against an endpoint as it is set up, without asking anyone: its address, the app's lock and
    /// its own, headers, proxy and certificates.
    ///
    /// # Errors
    /// As a request to it would fail.
    pub async fn check(&self, endpoint: &Endpoint) -> Result<(), Failure> {
        let url = address(endpoint, "")?;
        admit(endpoint, &self.locks(endpoint.conversation).await, &url)?;
        headers::of(endpoint)?;
        proxies::check(endpoint)?;
        trust::check(endpoint)
    }

    /// Says what stands against the key and the headers of an endpoint, whatever its address.
    ///
    /// # Errors
    /// As a request with them would fail.
    pub fn check_headers(&self, endpoint: &Endpoint) -> Result<(), Failure> {
        headers::of(endpoint).map(|_| ())
    }

    /// Sends `body` and gives back the answer's bytes as they come. The idle time-out of `endpoint` bounds the
    /// wait for the answer's head and for every piece after it. Dropping the stream closes the connection.
    pub(super) async fn post_stream(
        &self,
        endpoint: &Endpoint,
        path: &str,
        body: Vec<u8>,
    ) -> Result<ByteStream, Failure> {
        let mut passage = self.passage(endpoint, path).await?;
        let request = passage
            .client
            .request(Method::POST, passage.url.clone())
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(header::ACCEPT, HeaderValue::from_static("text/event-stream"))
            .headers(headers::of(endpoint)?)
            .body(body);
        let idle = endpoint.idle_timeout;
        let response = self.send(endpoint, &mut passage, request, idle).await?;
        if !response.status().is_success() {
            return Err(refusal_of(endpoint, &passage.way, response).await);
        }
        let encoding = response.headers().get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(failure(endpoint, Code::Malformed, Cause::Compressed));
        }
        let open = Some((response.bytes_stream(), endpoint.clone(), passage.locked));
        let pieces = stream::unfold(open, move |open| async move {
            let (mut pieces, endpoint, mut locked) = open?;
            let piece = tokio::select! {
                biased;
                locked = &mut locked => return Some((Err(locked), None)),
                piece = tokio::time::timeout(idle, pieces.next()) => piece,
            };
            match piece {
                Ok(Some(Ok(piece))) => Some((Ok(piece), Some((pieces, endpoint, locked)))),
                Ok(Some(Err(error))) => Some((Err(broke(&endpoint, &error)), None)),
                Ok(None) => None,
                Err(_) => Some((Err(silent(&endpoint, idle)), None)),
            }
        });
        Ok(pieces.boxed())
    }

    /// Asks for a JSON document; `timeout` bounds all of it.
    pub(super) async fn get_json(
        &self,
        endpoint: &Endpoint,
        path: &str,
        timeout: Duration,
    ) -> Result<Value, Failure> {
        let answer = self.get(endpoint, path, timeout).await?;
        answer.json().ok_or_else(|| no_answer(endpoint))
    }

    /// Asks for anything; `timeout` bounds all of it.
    pub(super) async fn get(
        &self,
        endpoint: &Endpoint,
        path: &str,
        timeout: Duration,
    ) -> Result<Answer, Failure> {
        let fetch = async {
            let mut passage = self.passage(endpoint, path).await?;
            let request = passage
                .client
                .request(Method::GET, passage.url.clone())
                .header(header::ACCEPT, HeaderValue::from_static("application/json, */*;q=0.5"))
                .headers(headers::of(endpoint)?);
            let response = self.send(endpoint, &mut passage, request, timeout).await?;
            if response.status().is_success() {
                Answer::whole(endpoint, response).await
            } else {
                Err(refusal_of(endpoint, &passage.way, response).await)
            }
        };
        tokio::time::timeout(timeout, fetch).await.unwrap_or_else(|_| Err(silent(endpoint, timeout)))
    }

    /// Judges a request and finds its way, without opening anything.
    async fn passage(&self, endpoint: &Endpoint, path: &str) -> Result<Passage, Failure> {
        let url = address(endpoint, path)?;
        // Listened for before the question, so that no change falls between.
        let changes = self.0.gate.changes();
        let locks = self.locks(endpoint.conversation).await;
        admit(endpoint, &locks, &url)?;
        trust::check(endpoint)?;
        let lock = locks.together();
        let is_here = place_of(&url) == Place::ThisComputer;
        let mut way = if is_here || lock.is_on() {
            // A proxy is another host, and what it does with a request no lock can tell.
            Way::Straight
        } else {
            self.0.proxies.way(endpoint, &url)?
        };
        let is_open = url.scheme() == "http" && !is_here && !endpoint.network.plain_http;
        if is_open {
            let place = match (&way, url.host()) {
                // Judged by the resolver, when it connects.
                (Way::Straight, Some(Host::Domain(_))) => None,
                (Way::Straight, _) => Some(place_of(&url)),
                (Way::Through(_), _) => Some(self.place_under(&url, &locks).await),
            };
            match place {
                Some(Place::Internet { .. }) => return Err(unencrypted(endpoint, &url)),
                Some(Place::ThisComputer) => way = Way::Straight,
                Some(Place::PrivateNetwork { .. }) | None => {}
            }
        }
        let speaks_tls =
            url.scheme() == "https" || matches!(&way, Way::Through(proxy) if proxy.is_encrypted());
        let authorities = endpoint.network.authorities.clone();
        let trust = match (speaks_tls, lock.is_on()) {
            (false, _) => Trust::Unused,
            (true, false) => Trust::System(authorities),
            (true, true) => Trust::Silent(authorities),
        };
        // A proxy finds the name by itself; the bounds would be those of the proxy's own name.
        let is_bound = is_open && way == Way::Straight;
        let setup = Setup { way: way.clone(), trust, bounds: Bounds::of(&lock, is_bound) };
        let client = self.0.clients.get(setup).await.map_err(|error| Failure {
            detail: Some(error),
            ..failure(endpoint, Code::Internal, Cause::Network)
        })?;
        let locked = Box::pin(until_locked(self.clone(), changes, endpoint.clone(), url.clone()));
        Ok(Passage { url, way, client, locks, locked })
    }

    async fn send(
        &self,
        endpoint: &Endpoint,
        passage: &mut Passage,
        request: RequestBuilder,
        patience: Duration,
    ) -> Result<Response, Failure> {
        tokio::select! {
            biased;
            locked = &mut passage.locked => Err(locked),
            sent = tokio::time::timeout(patience, request.send()) => match sent {
                Ok(Ok(response)) => Ok(response),
                Ok(Err(error)) => Err(unreachable(endpoint, passage, &error)),
                Err(_) => Err(silent(endpoint, patience)),
            },
        }
    }
}

/// Resolves once a lock forbids `url`. The gate is asked again at each change; the text of a reply is none.
async fn until_locked(
    reach: Reach,
    mut changes: watch::Receiver<u64>,
    endpoint: Endpoint,
    url: Url,
) -> Failure {
    while changes.changed().await.is_ok() {
        let locks = reach.locks(endpoint.conversation).await;
        if let Err(locked) = admit(&endpoint, &locks, &url) {
            return locked;
        }
    }
    // The app is gone and nobody can lock any more.
    future::pending().await
}

/// The address of `path` below the endpoint's own, at the same origin always.
fn address(endpoint: &Endpoint, path: &str) -> Result<Url, Failure> {
    let unusable = |why| {
        let cause = Cause::UnusableAddress { address: shown(&endpoint.url), why };
        failure(endpoint, Code::InvalidRequest, cause)
    };
    if !matches!(endpoint.url.scheme(), "http" | "https") {
        return Err(unusable(Flaw::WrongScheme));
    }
    if !endpoint.url.username().is_empty() || endpoint.url.password().is_some() {
        return Err(unusable(Flaw::PasswordInside));
    }
    let mut url = endpoint.url.clone();
    url.path_segments_mut()
        .map_err(|()| unusable(Flaw::WrongScheme))?
        .pop_if_empty()
        .extend(path.split('/').filter(|segment| !segment.is_empty()));
    url.set_fragment(None);
    Ok(url)
}

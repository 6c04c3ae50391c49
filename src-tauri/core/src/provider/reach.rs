//! The one door to the network. Nothing else in the app opens a connection.
//!
//! Each request is judged anew, before any socket opens: by the locks, which hold here and nowhere else
//! (`bounds`), by which way it takes (`proxies`), whom it trusts (`trust`) and what it carries (`headers`). A
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

use std::fmt;
use std::future;
use std::sync::Arc;
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
use super::place::{Distance, place_of};
use super::refusal::failure;
use super::words::shown;
use crate::domain::{Code, Failure, Lock, Place};

pub(super) use answer::Answer;
use answer::refusal_of;
use bounds::{Bounds, admit, locked_by_app, permits, unencrypted};
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
/// Clones share their connections and the app's lock.
#[derive(Clone)]
pub struct Reach(Arc<Inner>);

struct Inner {
    lock: watch::Sender<Lock>,
    clients: Clients,
    lookup: Lookup,
    proxies: Proxies,
}

/// How one request goes.
struct Passage {
    url: Url,
    way: Way,
    client: Client,
}

impl Reach {
    /// Prepares the ways out. Opens nothing.
    ///
    /// # Errors
    /// `internal`, when the TLS library cannot be set up.
    pub fn new() -> Result<Self, Failure> {
        Self::with(Lookup::of_system(), Proxies::of_system())
    }

    fn with(lookup: Lookup, proxies: Proxies) -> Result<Self, Failure> {
        Trust::Unused.tls().map_err(|error| {
            Failure::new(Code::Internal, format!("The network could not be set up: {error}."))
        })?;
        let clients = Clients::new(lookup.clone());
        Ok(Self(Arc::new(Inner { lock: watch::Sender::new(Lock::Off), clients, lookup, proxies })))
    }

    /// The app's lock.
    pub fn lock(&self) -> Lock {
        self.0.lock.borrow().clone()
    }

    /// Sets the app's lock. It holds for every request from here on, and for those under way: what may no longer
    /// be talked to is hung up on, in the middle of a reply too, and idle connections are closed.
    pub fn set_lock(&self, lock: Lock) {
        self.0.lock.send_replace(lock.normal());
        self.0.clients.let_go();
    }

    /// Where text goes that is sent to `url`: by the farthest address that its name leads to. A name that cannot
    /// be looked up, or may not be under the app's lock and `lock`, is judged as [`place_of`] does.
    pub async fn place(&self, url: &Url, lock: &Lock) -> Place {
        let written = place_of(url);
        let Some(Host::Domain(name)) = url.host() else { return written };
        let bounds = Bounds::of(&self.both(lock), false);
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
    pub fn check(&self, endpoint: &Endpoint) -> Result<(), Failure> {
        let url = address(endpoint, "")?;
        admit(endpoint, &self.lock(), &url)?;
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
        let passage = self.passage(endpoint, path).await?;
        let request = passage
            .client
            .request(Method::POST, passage.url.clone())
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(header::ACCEPT, HeaderValue::from_static("text/event-stream"))
            .headers(headers::of(endpoint)?)
            .body(body);
        let idle = endpoint.idle_timeout;
        let response = self.send(endpoint, &passage, request, idle).await?;
        if !response.status().is_success() {
            return Err(refusal_of(endpoint, &passage, response).await);
        }
        let encoding = response.headers().get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            let message = format!("{} sent a compressed reply that nobody asked for.", endpoint.name);
            return Err(failure(endpoint, Code::Malformed, message));
        }
        let open = Some((response.bytes_stream(), endpoint.clone(), self.0.lock.subscribe()));
        let url = passage.url;
        let pieces = stream::unfold(open, move |open| {
            let url = url.clone();
            async move {
                let (mut pieces, endpoint, mut lock) = open?;
                let piece = tokio::select! {
                    biased;
                    locked = until_locked(&mut lock, &endpoint, &url) => return Some((Err(locked), None)),
                    piece = tokio::time::timeout(idle, pieces.next()) => piece,
                };
                match piece {
                    Ok(Some(Ok(piece))) => Some((Ok(piece), Some((pieces, endpoint, lock)))),
                    Ok(Some(Err(error))) => Some((Err(broke(&endpoint, &error)), None)),
                    Ok(None) => None,
                    Err(_) => Some((Err(silent(&endpoint, idle)), None)),
                }
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
        answer.json().ok_or_else(|| {
            let message = format!(
                "{} did not answer as a model server. Check {} in Settings › Models & keys.",
                endpoint.name,
                shown(&endpoint.url)
            );
            failure(endpoint, Code::Malformed, message)
        })
    }

    /// Asks for anything; `timeout` bounds all of it.
    pub(super) async fn get(
        &self,
        endpoint: &Endpoint,
        path: &str,
        timeout: Duration,
    ) -> Result<Answer, Failure> {
        let fetch = async {
            let passage = self.passage(endpoint, path).await?;
            let request = passage
                .client
                .request(Method::GET, passage.url.clone())
                .header(header::ACCEPT, HeaderValue::from_static("application/json, */*;q=0.5"))
                .headers(headers::of(endpoint)?);
            let response = self.send(endpoint, &passage, request, timeout).await?;
            if response.status().is_success() {
                Answer::whole(endpoint, response).await
            } else {
                Err(refusal_of(endpoint, &passage, response).await)
            }
        };
        tokio::time::timeout(timeout, fetch).await.unwrap_or_else(|_| Err(silent(endpoint, timeout)))
    }

    /// Judges a request and finds its way, without opening anything.
    async fn passage(&self, endpoint: &Endpoint, path: &str) -> Result<Passage, Failure> {
        let url = address(endpoint, path)?;
        admit(endpoint, &self.lock(), &url)?;
        trust::check(endpoint)?;
        let lock = self.both(&endpoint.lock);
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
                (Way::Through(_), _) => Some(self.place(&url, &lock).await),
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
        let client = self.0.clients.get(setup).await.map_err(|error| {
            let message = format!("The way to {} could not be set up: {error}.", endpoint.name);
            failure(endpoint, Code::Internal, message)
        })?;
        Ok(Passage { url, way, client })
    }

    async fn send(
        &self,
        endpoint: &Endpoint,
        passage: &Passage,
        request: RequestBuilder,
        patience: Duration,
    ) -> Result<Response, Failure> {
        let mut lock = self.0.lock.subscribe();
        tokio::select! {
            biased;
            locked = until_locked(&mut lock, endpoint, &passage.url) => Err(locked),
            sent = tokio::time::timeout(patience, request.send()) => match sent {
                Ok(Ok(response)) => Ok(response),
                Ok(Err(error)) => Err(unreachable(endpoint, passage, &self.lock(), &error)),
                Err(_) => Err(silent(endpoint, patience)),
            },
        }
    }

    /// What the app's lock and `lock` both allow.
    fn both(&self, lock: &Lock) -> Lock {
        self.lock().and(&lock.clone().normal())
    }
}

impl fmt::Debug for Reach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Reach").field("lock", &self.lock()).finish_non_exhaustive()
    }
}

/// Resolves once the app's lock forbids `url`, at once if it does so already.
async fn until_locked(lock: &mut watch::Receiver<Lock>, endpoint: &Endpoint, url: &Url) -> Failure {
    let forbidding = lock.wait_for(|lock| !permits(lock, url)).await.map(|lock| lock.clone());
    match forbidding {
        Ok(lock) => locked_by_app(endpoint, &lock, url),
        // The app is gone and nobody can lock any more.
        Err(_) => future::pending().await,
    }
}

/// The address of `path` below the endpoint's own, at the same origin always.
fn address(endpoint: &Endpoint, path: &str) -> Result<Url, Failure> {
    let unusable = |why: &str| {
        let message = format!("{} is no address for {}: {why}.", shown(&endpoint.url), endpoint.name);
        failure(endpoint, Code::InvalidRequest, message)
    };
    if !matches!(endpoint.url.scheme(), "http" | "https") {
        return Err(unusable("it must begin with http:// or https://"));
    }
    if !endpoint.url.username().is_empty() || endpoint.url.password().is_some() {
        return Err(unusable("keys do not belong in an address"));
    }
    let mut url = endpoint.url.clone();
    url.path_segments_mut()
        .map_err(|()| unusable("it has no host"))?
        .pop_if_empty()
        .extend(path.split('/').filter(|segment| !segment.is_empty()));
    url.set_fragment(None);
    Ok(url)
}

//! The one door to the network. Nothing else in the app opens a connection.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Response};
use serde_json::Value;

use super::Endpoint;
use super::place::place_of;
use super::refusal::{Refusal, failure, refused};
use super::words::{clean, shorten, shown};
use crate::domain::{Code, Failure, Place};

/// The bytes of an answer as they arrive.
pub(super) type ByteStream = BoxStream<'static, Result<Bytes, Failure>>;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of an error's body is read: enough for any page a proxy makes up.
const LONGEST_REFUSAL: usize = 4 * 1024 * 1024;
/// How long an error's body may take; what has come until then is used.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest JSON answer that is taken: a list of models.
const LONGEST_JSON: usize = 16 * 1024 * 1024;

/// Opens connections, by two ways: straight to this computer, and through the system's proxy to anywhere else.
///
/// It follows no redirects, because a request with a key and a conversation must not end up at a host that
/// nobody chose; it asks for no compression; and it trusts what the system trusts.
#[derive(Debug, Clone)]
pub struct Reach {
    straight: Client,
    outward: Client,
}

impl Reach {
    /// Prepares the ways out. Opens nothing.
    ///
    /// # Errors
    /// `internal`, when the TLS library cannot be set up.
    pub fn new() -> Result<Self, Failure> {
        // reqwest's `rustls-no-provider` takes the process-wide provider and panics without one
        // (reqwest 0.13, `tls` module). An error here means that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let build = |builder: fn() -> ClientBuilder| {
            // On a system without any root certificates the verifier cannot be made. Plain HTTP to this
            // computer must still work there, so nobody is trusted instead and every certificate fails.
            builder().build().or_else(|_| builder().tls_certs_only([]).build()).map_err(|error| {
                let reason = root_cause(&error);
                Failure::new(Code::Internal, format!("The network could not be set up: {reason}."))
            })
        };
        Ok(Self { straight: build(|| common().no_proxy())?, outward: build(common)? })
    }

    /// Sends `body` and gives back the answer's bytes as they come. The idle time-out of `endpoint` bounds the
    /// wait for the answer's head and for every piece after it. Dropping the stream closes the connection.
    pub(super) async fn post_stream(
        &self,
        endpoint: &Endpoint,
        path: &str,
        body: Vec<u8>,
    ) -> Result<ByteStream, Failure> {
        let request = self
            .request(endpoint, Method::POST, path)?
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(header::ACCEPT, HeaderValue::from_static("text/event-stream"))
            .body(body);
        let idle = endpoint.idle_timeout;
        let response = send(endpoint, request, idle).await?;
        if !response.status().is_success() {
            return Err(refusal_of(endpoint, response).await);
        }
        let encoding = response.headers().get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            let message = format!("{} sent a compressed reply that nobody asked for.", endpoint.name);
            return Err(failure(endpoint, Code::Malformed, message));
        }
        let open = Some((response.bytes_stream(), endpoint.clone()));
        let pieces = stream::unfold(open, move |open| async move {
            let (mut pieces, endpoint) = open?;
            match tokio::time::timeout(idle, pieces.next()).await {
                Ok(Some(Ok(piece))) => Some((Ok(piece), Some((pieces, endpoint)))),
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
        let request = self.request(endpoint, Method::GET, path)?;
        let request = request.header(header::ACCEPT, HeaderValue::from_static("application/json, */*;q=0.5"));
        let fetch = async {
            let response = send(endpoint, request, timeout).await?;
            if !response.status().is_success() {
                return Err(refusal_of(endpoint, response).await);
            }
            let mut body = Vec::new();
            match read(response, LONGEST_JSON, &mut body).await {
                End::Whole => Ok(Answer { body }),
                End::TooLong => {
                    let message = format!("{} sent an answer that is too long.", endpoint.name);
                    Err(failure(endpoint, Code::Malformed, message))
                }
                End::Broken(error) => Err(broke(endpoint, &error)),
            }
        };
        tokio::time::timeout(timeout, fetch).await.unwrap_or_else(|_| Err(silent(endpoint, timeout)))
    }

    fn request(&self, endpoint: &Endpoint, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        let unusable = |why: &str| {
            let message = format!("{} is no address for {}: {why}.", shown(&endpoint.url), endpoint.name);
            failure(endpoint, Code::InvalidRequest, message)
        };
        if !matches!(endpoint.url.scheme(), "http" | "https") {
            return Err(unusable("it must begin with http:// or https://"));
        }
        let mut url = endpoint.url.clone();
        url.path_segments_mut()
            .map_err(|()| unusable("it has no host"))?
            .pop_if_empty()
            .extend(path.split('/').filter(|segment| !segment.is_empty()));
        url.set_fragment(None);
        let client = if place_of(&url) == Place::ThisComputer { &self.straight } else { &self.outward };
        let mut request = client.request(method, url);
        if let Some(key) = endpoint.key.as_ref().map(|key| key.expose().trim()).filter(|key| !key.is_empty())
        {
            let mut value = HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| {
                let message = format!(
                    "The key for {} holds characters that no key has. Check the environment.",
                    endpoint.name
                );
                failure(endpoint, Code::Unauthorized, message)
            })?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        Ok(request)
    }
}

/// A whole answer with a success status.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; leading blank lines are allowed (`facts/local-servers.md` 3.4 item 11).
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn common() -> ClientBuilder {
    let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
    Client::builder()
        .default_headers(headers)
        .user_agent(concat!("Porthole/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_keepalive(Duration::from_secs(30))
        .tcp_nodelay(true)
}

async fn send(endpoint: &Endpoint, request: RequestBuilder, patience: Duration) -> Result<Response, Failure> {
    match tokio::time::timeout(patience, request.send()).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(unreachable(endpoint, &error)),
        Err(_) => Err(silent(endpoint, patience)),
    }
}

async fn refusal_of(endpoint: &Endpoint, response: Response) -> Failure {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let mut body = Vec::new();
    // However the reading ends, what has come is all there is to tell.
    let _ = tokio::time::timeout(REFUSAL_TIMEOUT, read(response, LONGEST_REFUSAL, &mut body)).await;
    let refusal = Refusal {
        status,
        retry_after: text(header::RETRY_AFTER),
        retry_after_ms: text(HeaderName::from_static("retry-after-ms")),
        now: text(header::DATE).and_then(|date| DateTimeParser::new().parse_timestamp(date).ok()),
        location: text(header::LOCATION),
        body: &body,
    };
    refused(endpoint, refusal)
}

enum End {
    Whole,
    TooLong,
    Broken(reqwest::Error),
}

async fn read(response: Response, longest: usize, body: &mut Vec<u8>) -> End {
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) if body.len() + piece.len() > longest => {
                body.extend_from_slice(&piece[..longest - body.len()]);
                return End::TooLong;
            }
            Ok(piece) => body.extend_from_slice(&piece),
            Err(error) => return End::Broken(error),
        }
    }
    End::Whole
}

fn silent(endpoint: &Endpoint, patience: Duration) -> Failure {
    let seconds = patience.as_secs_f32();
    let message = format!("Nothing arrived from {} for {seconds} s.", endpoint.name);
    failure(endpoint, Code::Timeout, message)
}

fn broke(endpoint: &Endpoint, error: &reqwest::Error) -> Failure {
    let message = format!("The connection to {} broke before the reply was whole.", endpoint.name);
    Failure { detail: Some(root_cause(error)), ..failure(endpoint, Code::CutOff, message) }
}

/// What stood in the way of a connection, in plain words.
fn unreachable(endpoint: &Endpoint, error: &reqwest::Error) -> Failure {
    let (name, url) = (&endpoint.name, shown(&endpoint.url));
    let host = endpoint.url.host_str().unwrap_or(&url);
    let message = match cause_of(error) {
        Cause::Refused => format!("Nothing answers at {url} ({name}). Is the server running?"),
        Cause::UnknownHost => {
            format!("No computer is called {host} ({name}). Check the address and the connection.")
        }
        Cause::Certificate(why) => format!("{name} cannot be trusted: {why} ({host})."),
        Cause::NotTls => format!("{name} does not speak HTTPS at {url}. Its address may begin with http://."),
        Cause::NoRoute => format!("There is no way to {host} ({name}). Check the network connection."),
        Cause::TimedOut => {
            let seconds = CONNECT_TIMEOUT.as_secs();
            format!(
                "{host} ({name}) did not answer within {seconds} s. Check the address and the connection."
            )
        }
        Cause::Closed => format!("{name} closed the connection at {url} without an answer."),
        Cause::NotHttp => {
            let message = format!("What answers at {url} ({name}) does not speak HTTP.");
            return Failure {
                detail: Some(root_cause(error)),
                ..failure(endpoint, Code::Malformed, message)
            };
        }
        Cause::Other => format!("{name} cannot be reached at {url}: {}.", root_cause(error)),
    };
    Failure { detail: Some(root_cause(error)), ..failure(endpoint, Code::Unreachable, message) }
}

enum Cause {
    Refused,
    UnknownHost,
    Certificate(&'static str),
    NotTls,
    NoRoute,
    TimedOut,
    Closed,
    NotHttp,
    Other,
}

fn cause_of(error: &reqwest::Error) -> Cause {
    if error.is_dns() {
        return Cause::UnknownHost;
    }
    let mut link = error.source();
    while let Some(current) = link {
        if let Some(error) = current.downcast_ref::<io::Error>() {
            // An `io::Error` hides what it wraps, which may be another one: its source is the source of that.
            let mut wrapped = error.get_ref();
            while let Some(inner) = wrapped {
                if let Some(error) = inner.downcast_ref::<rustls::Error>() {
                    return tls_cause(error);
                }
                wrapped = inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            }
            if let Some(cause) = io_cause(error.kind()) {
                return cause;
            }
        }
        if let Some(error) = current.downcast_ref::<rustls::Error>() {
            return tls_cause(error);
        }
        link = current.source();
    }
    let words = root_cause(error);
    if error.is_timeout() {
        Cause::TimedOut
    } else if words.contains("connection closed before message completed") {
        Cause::Closed
    } else if words.contains("invalid HTTP") || words.contains("not HTTP") {
        Cause::NotHttp
    } else {
        Cause::Other
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "ErrorKind is non-exhaustive and most kinds are not about networks"
)]
fn io_cause(kind: io::ErrorKind) -> Option<Cause> {
    match kind {
        io::ErrorKind::ConnectionRefused => Some(Cause::Refused),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
            Some(Cause::NoRoute)
        }
        io::ErrorKind::TimedOut => Some(Cause::TimedOut),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Some(Cause::Closed),
        _ => None,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "rustls's errors are non-exhaustive; the rest reads alike"
)]
fn tls_cause(error: &rustls::Error) -> Cause {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(error) => Cause::Certificate(match error {
            Certificate::Expired | Certificate::ExpiredContext { .. } => "its certificate has expired",
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                "its certificate is not valid yet; is the clock of this computer right?"
            }
            Certificate::UnknownIssuer => "nobody this computer trusts has signed its certificate",
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                "its certificate is for another name"
            }
            Certificate::Revoked => "its certificate was revoked",
            _ => "its certificate is not valid",
        }),
        rustls::Error::InvalidMessage(_) => Cause::NotTls,
        _ => Cause::Other,
    }
}

/// The innermost reason of an error, on one line.
fn root_cause(error: &reqwest::Error) -> String {
    let mut reason = "unknown reason".to_owned();
    let mut link = error.source();
    while let Some(current) = link {
        reason = current.to_string();
        link = current.source();
    }
    shorten(clean(&reason).trim_end_matches('.'), 300)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::super::testing::{Canned, Server};
    use super::*;
    use crate::domain::ServerKind;

    async fn open(endpoint: &Endpoint) -> Result<Vec<u8>, Failure> {
        let mut pieces = Reach::new()?.post_stream(endpoint, "chat/completions", b"{}".to_vec()).await?;
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.next().await {
            bytes.extend_from_slice(&piece?);
        }
        Ok(bytes)
    }

    async fn fails(canned: Canned) -> Failure {
        let server = Server::start(vec![canned]).await;
        open(&server.endpoint(ServerKind::OpenAi)).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_request_says_who_and_what() {
        let mut server = Server::start(vec![Canned::events("data: x\n\n")]).await;
        assert_eq!(open(&server.endpoint(ServerKind::OpenAi)).await.unwrap(), b"data: x\n\n");
        let request = server.request().await.to_lowercase();
        assert!(request.starts_with("post /v1/chat/completions http/1.1"), "{request}");
        for header in [
            "authorization: bearer sk-canary-0123456789",
            "accept: text/event-stream",
            "accept-encoding: identity",
            "content-type: application/json",
            concat!("user-agent: porthole/", env!("CARGO_PKG_VERSION")),
        ] {
            assert!(request.contains(header), "{header} in {request}");
        }
    }

    #[tokio::test]
    async fn a_proxy_is_never_asked_about_this_computer() {
        let server = Server::start(vec![Canned::ok("/v1/models", "application/json", "[]")]).await;
        let proxy = reqwest::Proxy::all("http://127.0.0.1:1").unwrap();
        let mut reach = Reach::new().unwrap();
        reach.outward = common().proxy(proxy).build().unwrap();
        let endpoint = server.endpoint(ServerKind::OpenAi);
        assert!(reach.get_json(&endpoint, "models", CONNECT_TIMEOUT).await.is_ok());
        let outside = Endpoint { url: Url::parse("http://example.invalid/v1").unwrap(), ..endpoint };
        let failure = reach.get_json(&outside, "models", CONNECT_TIMEOUT).await.unwrap_err();
        assert_eq!(failure.code, Code::Unreachable, "the proxy is not there");
    }

    #[tokio::test]
    async fn refusals_come_with_their_words() {
        let canned = Canned::raw(
            "/v1/chat/completions",
            "HTTP/1.1 429 Slow\r\nretry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\ndate: Sun, 06 Nov 1994 08:49:07 GMT\r\n\
             content-length: 17\r\n\r\n{\"error\":\"later\"}",
        );
        let failure = fails(canned).await;
        assert_eq!((failure.code, failure.retry_after_ms), (Code::RateLimited, Some(30_000)));
        assert_eq!(failure.detail.as_deref(), Some("later"));
    }

    #[tokio::test]
    async fn a_redirection_is_not_followed() {
        let elsewhere = Server::start(vec![]).await;
        let location = elsewhere.url("/v1/chat/completions");
        let head = format!("HTTP/1.1 307 Go\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        let failure = fails(Canned::raw("/v1/chat/completions", head)).await;
        assert_eq!((failure.code, failure.status), (Code::Malformed, Some(307)));
        assert!(failure.message.contains(location.as_str()), "{}", failure.message);
    }

    #[tokio::test]
    async fn what_goes_wrong_is_told_in_plain_words() {
        let check = |failure: Failure, code, part: &str| {
            assert_eq!(failure.code, code, "{failure:?}");
            assert!(failure.message.contains(part), "{part:?} in {:?}", failure.message);
            assert_eq!(failure.server.as_deref(), Some("Here"));
        };
        let server = Server::start(vec![]).await;
        let at =
            |url: &str| Endpoint { url: Url::parse(url).unwrap(), ..server.endpoint(ServerKind::LlamaCpp) };
        let refused = open(&at("http://127.0.0.1:1/v1")).await.unwrap_err();
        check(
            refused,
            Code::Unreachable,
            "Nothing answers at http://127.0.0.1:1/v1 (Here). Is the server running?",
        );
        let port = server.url("/").port().unwrap();
        let no_tls = open(&at(&format!("https://127.0.0.1:{port}/v1"))).await.unwrap_err();
        check(no_tls, Code::Unreachable, "does not speak HTTPS");
        check(open(&at("ftp://127.0.0.1/")).await.unwrap_err(), Code::InvalidRequest, "http://");
        check(open(&at("mailto:a@b")).await.unwrap_err(), Code::InvalidRequest, "http://");
        check(fails(Canned::raw("/v1/chat/completions", "SSH-2.0-x\r\n\r\n")).await, Code::Malformed, "HTTP");
        check(fails(Canned::raw("/v1/chat/completions", "")).await, Code::Unreachable, "without an answer");
        let short = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ndata: x\n\n";
        check(fails(Canned::raw("/v1/chat/completions", short)).await, Code::CutOff, "broke");
        let zipped = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx";
        check(fails(Canned::raw("/v1/chat/completions", zipped)).await, Code::Malformed, "compressed");
        let key = Some(crate::secrets::Secret::new("sk-a\u{7}b".to_owned()));
        let odd_key = Endpoint { key, ..at("http://127.0.0.1:1/v1") };
        let failure = open(&odd_key).await.unwrap_err();
        assert!(!failure.message.contains("sk-"), "{}", failure.message);
        check(failure, Code::Unauthorized, "Check the environment");
        let page = Server::start(vec![Canned::ok("/v1/models", "text/html", "<html>")]).await;
        let endpoint = page.endpoint(ServerKind::OpenAi);
        let failure = Reach::new().unwrap().get_json(&endpoint, "models", CONNECT_TIMEOUT).await.unwrap_err();
        check(failure, Code::Malformed, "did not answer as a model server");
    }

    #[tokio::test]
    async fn silence_ends_a_request() {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: here\n\n";
        for bytes in ["", head] {
            let server = Server::start(vec![Canned::raw("/v1/chat/completions", bytes).and_hangs()]).await;
            let idle_timeout = Duration::from_millis(50);
            let endpoint = Endpoint { idle_timeout, ..server.endpoint(ServerKind::OpenAi) };
            let failure = open(&endpoint).await.unwrap_err();
            assert_eq!(failure.code, Code::Timeout);
            assert_eq!(failure.message, "Nothing arrived from Here for 0.05 s.");
        }
    }
}

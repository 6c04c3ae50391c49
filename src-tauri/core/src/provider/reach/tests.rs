//! What reach says to a server and of one.

mod locked;
mod ways;

use url::Url;

use super::*;
use crate::domain::ServerKind;
use crate::provider::testing::{Canned, Server};
use crate::secrets::Secret;

const PATIENCE: Duration = Duration::from_secs(10);

async fn open(endpoint: &Endpoint) -> Result<Vec<u8>, Failure> {
    let mut pieces = Reach::unlocked()?.post_stream(endpoint, "chat/completions", b"{}".to_vec()).await?;
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
    assert!(failure.to_string().contains(location.as_str()), "{failure}");
}

#[tokio::test]
async fn what_goes_wrong_is_told_in_plain_words() {
    let check = |failure: Failure, code, part: &str| {
        assert_eq!(failure.code, code, "{failure:?}");
        assert!(failure.to_string().contains(part), "{part:?} in {failure}");
        assert_eq!(failure.server.as_deref(), Some("Here"));
    };
    let server = Server::start(vec![]).await;
    let at = |url: &str| Endpoint { url: Url::parse(url).unwrap(), ..server.endpoint(ServerKind::LlamaCpp) };
    let refused = open(&at("http://127.0.0.1:1/v1")).await.unwrap_err();
    check(refused, Code::Unreachable, "Here does not answer at http://127.0.0.1:1/v1. Is it running?");
    let port = server.url("/").port().unwrap();
    let no_tls = open(&at(&format!("https://127.0.0.1:{port}/v1"))).await.unwrap_err();
    check(no_tls, Code::Unreachable, "does not speak HTTPS");
    check(open(&at("ftp://127.0.0.1/")).await.unwrap_err(), Code::InvalidRequest, "http://");
    check(open(&at("mailto:a@b")).await.unwrap_err(), Code::InvalidRequest, "http://");
    check(fails(Canned::raw("/v1/chat/completions", "SSH-2.0-x\r\n\r\n")).await, Code::Malformed, "HTTP");
    check(fails(Canned::raw("/v1/chat/completions", "")).await, Code::Unreachable, "without an answer");
    let short = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ndata: x\n\n";
    check(
        fails(Canned::raw("/v1/chat/completions", short)).await,
        Code::CutOff,
        "ended before the reply did",
    );
    let zipped = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx";
    check(fails(Canned::raw("/v1/chat/completions", zipped)).await, Code::Malformed, "compressed");
    let key = Some(Secret::new("sk-a\u{7}b".to_owned()));
    let odd_key = Endpoint { key, ..at("http://127.0.0.1:1/v1") };
    let failure = open(&odd_key).await.unwrap_err();
    assert!(!failure.to_string().contains("sk-"), "{failure}");
    check(failure, Code::Unauthorized, "Check the environment variable");
    let page = Server::start(vec![Canned::ok("/v1/models", "text/html", "<html>")]).await;
    let endpoint = page.endpoint(ServerKind::OpenAi);
    let failure = Reach::unlocked().unwrap().get_json(&endpoint, "models", PATIENCE).await.unwrap_err();
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
        assert_eq!(failure.cause.as_deref(), Some(&Cause::Silent { wait_ms: 50 }));
    }
}

//! Whole answers, and the bodies of refusals.

use std::time::Duration;

use futures_util::StreamExt as _;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::Response;
use reqwest::header::{self, HeaderName};
use serde_json::Value;

use super::Way;
use super::trouble::{PROXY_PASS, broke, wants_pass};
use crate::clock::Clock;
use crate::domain::{Cause, Code, Failure};
use crate::provider::Endpoint;
use crate::provider::refusal::{Refusal, failure, refused};

/// How much of an error's body is read: enough for any page a proxy makes up.
const LONGEST_REFUSAL: usize = 4 * 1024 * 1024;
/// How long an error's body may take; what has come until then is used.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest JSON answer that is taken: a list of models.
const LONGEST_JSON: usize = 16 * 1024 * 1024;

/// A whole answer with a success status.
#[derive(Debug, Clone)]
pub(in crate::provider) struct Answer {
    body: Vec<u8>,
}

impl Answer {
    /// Reads an answer to its end.
    pub(super) async fn whole(endpoint: &Endpoint, response: Response) -> Result<Self, Failure> {
        let mut body = Vec::new();
        match read(response, LONGEST_JSON, &mut body).await {
            End::Whole => Ok(Self { body }),
            End::TooLong => Err(failure(endpoint, Code::Malformed, Cause::TooLongAnAnswer)),
            End::Broken(error) => Err(broke(endpoint, &error)),
        }
    }

    /// The body as JSON; leading blank lines are allowed (DeepSeek API docs, Rate Limit).
    pub(in crate::provider) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(in crate::provider) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Turns an answer without a success status into what is told.
pub(super) async fn refusal_of(endpoint: &Endpoint, way: &Way, response: Response) -> Failure {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let mut body = Vec::new();
    // However the reading ends, what has come is all there is to tell.
    let _ = tokio::time::timeout(REFUSAL_TIMEOUT, read(response, LONGEST_REFUSAL, &mut body)).await;
    let refusal = Refusal {
        status,
        retry_after: text(header::RETRY_AFTER),
        retry_after_ms: text(HeaderName::from_static("retry-after-ms")),
        now: text(header::DATE)
            .and_then(|date| DateTimeParser::new().parse_timestamp(date).ok())
            // RFC 9110, section 10.2.3, gives a moment; without the server's clock it is measured by this one.
            .or_else(|| jiff::Timestamp::from_millisecond(Clock::system().now_ms()).ok()),
        location: text(header::LOCATION),
        body: &body,
    };
    let failure = refused(endpoint, refusal);
    match way {
        Way::Through(proxy) if status == PROXY_PASS => {
            Failure { code: Code::InvalidRequest, ..failure }.with(wants_pass(proxy))
        }
        Way::Through(_) | Way::Straight => failure,
    }
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

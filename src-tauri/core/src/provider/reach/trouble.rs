//! Why a connection did not come about or did not last, in plain words.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use super::Passage;
use super::bounds::{OutOfBounds, host_of, out_of_bounds};
use super::clients::CONNECT_TIMEOUT;
use super::proxies::{Through, Way};
use super::trust::is_authority_itself;
use crate::clock::whole_ms;
use crate::domain::{Cause, Code, Failure};
use crate::provider::Endpoint;
use crate::provider::refusal::failure;
use crate::provider::words::{clean, shorten, shown, without_key};

/// A proxy wants to know who asks (RFC 9110, section 15.5.8).
pub(super) const PROXY_PASS: u16 = 407;

/// Nothing came for as long as was waited.
pub(super) fn silent(endpoint: &Endpoint, patience: Duration) -> Failure {
    failure(endpoint, Code::Timeout, Cause::Silent { wait_ms: whole_ms(patience) })
}

/// The connection ended inside the answer.
pub(super) fn broke(endpoint: &Endpoint, error: &reqwest::Error) -> Failure {
    Failure { detail: Some(reason(endpoint, error)), ..failure(endpoint, Code::CutOff, None) }
}

/// What stood in the way of a connection.
pub(super) fn unreachable(endpoint: &Endpoint, passage: &Passage, error: &reqwest::Error) -> Failure {
    let obstacle = obstacle_of(error);
    if let Obstacle::OutOfBounds(how) = obstacle {
        return out_of_bounds(endpoint, &passage.locks, &passage.url, how);
    }
    let cause = match &passage.way {
        Way::Straight => straight(endpoint, obstacle),
        Way::Through(proxy) => through(endpoint, proxy, obstacle),
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else stands in the way, nobody was reached")]
    let (code, status) = match obstacle {
        Obstacle::NotHttp => (Code::Malformed, None),
        // Not sent again by itself: many directories lock an account after a few wrong passwords.
        Obstacle::ProxyPass => (Code::InvalidRequest, Some(PROXY_PASS)),
        _ => (Code::Unreachable, None),
    };
    Failure { detail: Some(reason(endpoint, error)), status, ..failure(endpoint, code, cause) }
}

fn straight(endpoint: &Endpoint, obstacle: Obstacle) -> Option<Cause> {
    let address = shown(&endpoint.url);
    let host = host_of(&endpoint.url);
    Some(match obstacle {
        Obstacle::Refused => Cause::Refused { address },
        Obstacle::UnknownHost => Cause::UnknownHost { host },
        Obstacle::Certificate(distrust) => distrust.cause(endpoint),
        Obstacle::NotTls => Cause::NotTls { address },
        Obstacle::NoRoute => Cause::NoRoute { host },
        Obstacle::TimedOut => Cause::ConnectTimedOut { host, wait_ms: whole_ms(CONNECT_TIMEOUT) },
        Obstacle::Closed => Cause::Closed { address },
        Obstacle::NotHttp => Cause::NotHttp { address },
        Obstacle::ProxyPass | Obstacle::ProxyRefused | Obstacle::OutOfBounds(_) | Obstacle::Other => {
            return None;
        }
    })
}

/// The same behind a proxy, which is what is wrong in most of these cases, or what only can tell.
fn through(endpoint: &Endpoint, way: &Through, obstacle: Obstacle) -> Option<Cause> {
    let (proxy, host) = (way.shown(), host_of(&endpoint.url));
    Some(match obstacle {
        Obstacle::Refused => Cause::ProxyRefused { proxy },
        Obstacle::UnknownHost => Cause::ProxyUnknownHost { proxy, host },
        Obstacle::NoRoute => Cause::ProxyNoRoute { proxy },
        Obstacle::TimedOut => Cause::ProxyTimedOut { proxy, host, wait_ms: whole_ms(CONNECT_TIMEOUT) },
        Obstacle::Closed => Cause::ProxyClosed { proxy },
        Obstacle::ProxyPass => wants_pass(way),
        Obstacle::ProxyRefused => Cause::ProxyForbids { proxy, host },
        Obstacle::Certificate(_) if way.is_encrypted() => Cause::ProxyCertificate { proxy, host },
        Obstacle::NotTls if way.is_encrypted() => Cause::ProxyNotTls { proxy },
        Obstacle::Certificate(_) | Obstacle::NotTls => return straight(endpoint, obstacle),
        Obstacle::NotHttp => Cause::ProxyNotHttp { proxy },
        Obstacle::OutOfBounds(_) | Obstacle::Other => Cause::ProxyFailed { proxy },
    })
}

/// A proxy that wants to know who asks, or was told and does not believe it.
pub(super) fn wants_pass(way: &Through) -> Cause {
    let proxy = way.shown();
    if way.has_pass() { Cause::ProxyRejectedPassword { proxy } } else { Cause::ProxyWantsPassword { proxy } }
}

#[derive(Debug, Clone, Copy)]
enum Obstacle {
    Refused,
    UnknownHost,
    Certificate(Distrust),
    NotTls,
    NoRoute,
    TimedOut,
    Closed,
    NotHttp,
    OutOfBounds(OutOfBounds),
    ProxyPass,
    ProxyRefused,
    Other,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy)]
enum Distrust {
    Expired,
    NotYet,
    Issuer,
    Name,
    Revoked,
    Other,
}

impl Distrust {
    fn cause(self, endpoint: &Endpoint) -> Cause {
        let host = host_of(&endpoint.url);
        match self {
            Self::Expired => Cause::CertificateExpired { host },
            Self::NotYet => Cause::CertificateNotYetValid { host },
            Self::Issuer if endpoint.network.authorities.is_some() => Cause::CertificateNotAdded { host },
            Self::Issuer => Cause::CertificateUnknownIssuer { host },
            Self::Name => Cause::CertificateWrongName { host },
            Self::Revoked => Cause::CertificateRevoked { host },
            Self::Other => Cause::CertificateInvalid { host },
        }
    }
}

fn obstacle_of(error: &reqwest::Error) -> Obstacle {
    let mut found = None;
    let mut link = error.source();
    while let Some(current) = link {
        if let Some(how) = current.downcast_ref::<OutOfBounds>() {
            return Obstacle::OutOfBounds(*how);
        }
        found = found.or_else(|| told_by(current));
        link = current.source();
    }
    if error.is_dns() {
        return Obstacle::UnknownHost;
    }
    if let Some(obstacle) = found {
        return obstacle;
    }
    let words = root_cause(error);
    let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if error.is_timeout() {
        Obstacle::TimedOut
    } else if says(&["connection closed before message completed"]) {
        Obstacle::Closed
    } else if says(&["invalid HTTP", "not HTTP"]) {
        Obstacle::NotHttp
    // What hyper-util says of a tunnel and of SOCKS has no types of its own to tell it by.
    } else if says(&["proxy authorization required", "credentials not accepted", "user/pass authentication"])
    {
        Obstacle::ProxyPass
    } else if says(&["tunnel error: unsuccessful", "tunnel error: unexpected end"]) {
        Obstacle::ProxyRefused
    } else if says(&["SOCKS error: failed to create underlying connection"]) {
        Obstacle::Refused
    } else {
        Obstacle::Other
    }
}

/// What one link of an error's chain tells.
fn told_by(link: &(dyn std::error::Error + 'static)) -> Option<Obstacle> {
    if let Some(error) = link.downcast_ref::<rustls::Error>() {
        return Some(tls_obstacle(error));
    }
    let error = link.downcast_ref::<io::Error>()?;
    // An `io::Error` hides what it wraps, which may be another one: its source is the source of that.
    let mut wrapped = error.get_ref();
    while let Some(inner) = wrapped {
        if let Some(error) = inner.downcast_ref::<rustls::Error>() {
            return Some(tls_obstacle(error));
        }
        wrapped = inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    }
    io_obstacle(error.kind())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "ErrorKind is non-exhaustive and most kinds are not about networks"
)]
fn io_obstacle(kind: io::ErrorKind) -> Option<Obstacle> {
    match kind {
        io::ErrorKind::ConnectionRefused => Some(Obstacle::Refused),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
            Some(Obstacle::NoRoute)
        }
        io::ErrorKind::TimedOut => Some(Obstacle::TimedOut),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Some(Obstacle::Closed),
        _ => None,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "rustls's errors are non-exhaustive; the rest reads alike"
)]
fn tls_obstacle(error: &rustls::Error) -> Obstacle {
    use rustls::CertificateError as Certificate;
    match error {
        _ if is_authority_itself(error) => Obstacle::Certificate(Distrust::Issuer),
        rustls::Error::InvalidCertificate(error) => Obstacle::Certificate(match error {
            Certificate::Expired | Certificate::ExpiredContext { .. } => Distrust::Expired,
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => Distrust::NotYet,
            // An authority that was made anew under its old name is another one.
            Certificate::UnknownIssuer | Certificate::BadSignature => Distrust::Issuer,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => Distrust::Name,
            Certificate::Revoked => Distrust::Revoked,
            _ => Distrust::Other,
        }),
        rustls::Error::InvalidMessage(_) => Obstacle::NotTls,
        _ => Obstacle::Other,
    }
}

/// The innermost reason of an error, on one line and without secrets.
fn reason(endpoint: &Endpoint, error: &reqwest::Error) -> String {
    without_key(&root_cause(error), endpoint)
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut reason = "unknown reason".to_owned();
    let mut link = error.source();
    while let Some(current) = link {
        reason = current.to_string();
        link = current.source();
    }
    shorten(clean(&reason).trim_end_matches('.'), 300)
}

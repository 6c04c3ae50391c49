//! Why a connection did not come about or did not last, in plain words.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use super::Passage;
use super::bounds::{OutOfBounds, out_of_bounds};
use super::clients::CONNECT_TIMEOUT;
use super::proxies::{Through, Way};
use super::trust::is_authority_itself;
use crate::domain::{Code, Failure};
use crate::provider::Endpoint;
use crate::provider::refusal::failure;
use crate::provider::words::{clean, shorten, shown, without_key};

/// Nothing came for as long as was waited.
pub(super) fn silent(endpoint: &Endpoint, patience: Duration) -> Failure {
    let seconds = patience.as_secs_f32();
    let message = format!("Nothing arrived from {} for {seconds} s.", endpoint.name);
    failure(endpoint, Code::Timeout, message)
}

/// The connection ended inside the answer.
pub(super) fn broke(endpoint: &Endpoint, error: &reqwest::Error) -> Failure {
    let message = format!("The connection to {} broke before the reply was whole.", endpoint.name);
    Failure { detail: Some(reason(endpoint, error)), ..failure(endpoint, Code::CutOff, message) }
}

/// What stood in the way of a connection.
pub(super) fn unreachable(endpoint: &Endpoint, passage: &Passage, error: &reqwest::Error) -> Failure {
    let cause = cause_of(error);
    if let Cause::OutOfBounds(how) = cause {
        return out_of_bounds(endpoint, &passage.locks, &passage.url, how);
    }
    let (code, message) = match &passage.way {
        Way::Straight => straight(endpoint, &cause, error),
        Way::Through(proxy) => through(endpoint, proxy, &cause, error),
    };
    Failure { detail: Some(reason(endpoint, error)), ..failure(endpoint, code, message) }
}

fn straight(endpoint: &Endpoint, cause: &Cause, error: &reqwest::Error) -> (Code, String) {
    let (name, url) = (&endpoint.name, shown(&endpoint.url));
    let host = endpoint.url.host_str().unwrap_or(&url);
    let message = match cause {
        Cause::Refused => format!("Nothing answers at {url} ({name}). Is the server running?"),
        Cause::UnknownHost => {
            format!("No computer is called {host} ({name}). Check the address and the connection.")
        }
        Cause::Certificate(why) => {
            format!("{name} cannot be trusted: {} ({host}).{}", why.words(), why.advice(endpoint))
        }
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
            return (Code::Malformed, format!("What answers at {url} ({name}) does not speak HTTP."));
        }
        Cause::ProxyPass | Cause::ProxyRefused | Cause::OutOfBounds(_) | Cause::Other => {
            format!("{name} cannot be reached at {url}: {}.", reason(endpoint, error))
        }
    };
    (Code::Unreachable, message)
}

/// The same behind a proxy, which is what is wrong in most of these cases, or what only can tell.
fn through(endpoint: &Endpoint, proxy: &Through, cause: &Cause, error: &reqwest::Error) -> (Code, String) {
    let (name, at) = (&endpoint.name, proxy.shown());
    let host = endpoint.url.host_str().unwrap_or_default();
    let message = match cause {
        Cause::Refused => format!(
            "The proxy {at} on the way to {name} does not answer. Check it in Settings › Models & keys or in the \
             system's settings."
        ),
        Cause::UnknownHost => format!(
            "The proxy {at} on the way to {name}, or {host} behind it, has a name that no computer is known by. \
             Check both addresses."
        ),
        Cause::NoRoute => {
            format!("There is no way to the proxy {at} ({name}). Check the network connection.")
        }
        Cause::TimedOut => {
            let seconds = CONNECT_TIMEOUT.as_secs();
            format!("The proxy {at} did not make a connection to {host} ({name}) within {seconds} s.")
        }
        Cause::Closed => {
            format!("The proxy {at} on the way to {name} closed the connection without an answer.")
        }
        Cause::ProxyPass => return (Code::InvalidRequest, wants_pass(name, Some(proxy))),
        Cause::ProxyRefused => format!("The proxy {at} does not connect to {host} ({name})."),
        Cause::Certificate(why) if proxy.is_encrypted() => {
            let advice = why.advice(endpoint);
            format!("{name} or the proxy {at} on the way cannot be trusted: {}.{advice}", why.words())
        }
        Cause::NotTls if proxy.is_encrypted() => {
            format!("The proxy {at} does not speak HTTPS, or {name} behind it does not.")
        }
        Cause::Certificate(_) | Cause::NotTls => return straight(endpoint, cause, error),
        Cause::NotHttp => {
            return (Code::Malformed, format!("The proxy {at} on the way to {name} does not speak HTTP."));
        }
        Cause::OutOfBounds(_) | Cause::Other => {
            format!("{name} cannot be reached through the proxy {at}: {}.", reason(endpoint, error))
        }
    };
    (Code::Unreachable, message)
}

/// A proxy that wants to know who asks, or was told and does not believe it. The request is not sent again by
/// itself: many directories lock an account after a few wrong passwords.
pub(super) fn wants_pass(name: &str, proxy: Option<&Through>) -> String {
    let at = proxy.map(|proxy| format!(" {}", proxy.shown())).unwrap_or_default();
    if proxy.is_some_and(Through::has_pass) {
        format!(
            "The proxy{at} on the way to {name} does not accept the name and password for it (407). Check them in \
             Settings › Models & keys or in the system's settings."
        )
    } else {
        format!(
            "The proxy{at} on the way to {name} wants a name and a password (407). Give them in Settings › Models & \
             keys."
        )
    }
}

#[derive(Debug, Clone, Copy)]
enum Cause {
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
    const fn words(self) -> &'static str {
        match self {
            Self::Expired => "its certificate has expired",
            Self::NotYet => "its certificate is not valid yet; is the clock of this computer right?",
            Self::Issuer => "nobody this computer trusts has signed its certificate",
            Self::Name => "its certificate is for another name",
            Self::Revoked => "its certificate was revoked",
            Self::Other => "its certificate is not valid",
        }
    }

    fn advice(self, endpoint: &Endpoint) -> &'static str {
        match (self, &endpoint.network.authorities) {
            (Self::Issuer, None) => {
                " If it is a server of your own, add its certificate in Settings › Models & keys."
            }
            (Self::Issuer, Some(_)) => {
                " The certificates added for it in Settings › Models & keys are others."
            }
            (Self::Expired | Self::NotYet | Self::Name | Self::Revoked | Self::Other, _) => "",
        }
    }
}

fn cause_of(error: &reqwest::Error) -> Cause {
    let mut found = None;
    let mut link = error.source();
    while let Some(current) = link {
        if let Some(how) = current.downcast_ref::<OutOfBounds>() {
            return Cause::OutOfBounds(*how);
        }
        found = found.or_else(|| told_by(current));
        link = current.source();
    }
    if error.is_dns() {
        return Cause::UnknownHost;
    }
    if let Some(cause) = found {
        return cause;
    }
    let words = root_cause(error);
    let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if error.is_timeout() {
        Cause::TimedOut
    } else if says(&["connection closed before message completed"]) {
        Cause::Closed
    } else if says(&["invalid HTTP", "not HTTP"]) {
        Cause::NotHttp
    // What hyper-util says of a tunnel and of SOCKS has no types of its own to tell it by.
    } else if says(&["proxy authorization required", "credentials not accepted", "user/pass authentication"])
    {
        Cause::ProxyPass
    } else if says(&["tunnel error: unsuccessful", "tunnel error: unexpected end"]) {
        Cause::ProxyRefused
    } else if says(&["SOCKS error: failed to create underlying connection"]) {
        Cause::Refused
    } else {
        Cause::Other
    }
}

/// What one link of an error's chain tells.
fn told_by(link: &(dyn std::error::Error + 'static)) -> Option<Cause> {
    if let Some(error) = link.downcast_ref::<rustls::Error>() {
        return Some(tls_cause(error));
    }
    let error = link.downcast_ref::<io::Error>()?;
    // An `io::Error` hides what it wraps, which may be another one: its source is the source of that.
    let mut wrapped = error.get_ref();
    while let Some(inner) = wrapped {
        if let Some(error) = inner.downcast_ref::<rustls::Error>() {
            return Some(tls_cause(error));
        }
        wrapped = inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    }
    io_cause(error.kind())
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
        _ if is_authority_itself(error) => Cause::Certificate(Distrust::Issuer),
        rustls::Error::InvalidCertificate(error) => Cause::Certificate(match error {
            Certificate::Expired | Certificate::ExpiredContext { .. } => Distrust::Expired,
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => Distrust::NotYet,
            // An authority that was made anew under its old name is another one.
            Certificate::UnknownIssuer | Certificate::BadSignature => Distrust::Issuer,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => Distrust::Name,
            Certificate::Revoked => Distrust::Revoked,
            _ => Distrust::Other,
        }),
        rustls::Error::InvalidMessage(_) => Cause::NotTls,
        _ => Cause::Other,
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

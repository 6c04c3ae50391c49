//! What stands at the head of a request: the key and the headers that a person adds.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use crate::domain::{Cause, Code, Failure, Flaw};
use crate::provider::Endpoint;
use crate::provider::refusal::failure;
use crate::provider::words::{clean, shorten};

/// What Porthole or the connection itself sets. A second one would be ignored at best; at worst two readers on
/// the way see two different requests.
const TAKEN: [&str; 14] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The headers of every request to `endpoint`: its key as a bearer token, and its own. All are marked sensitive,
/// so that no layer below prints them.
///
/// # Errors
/// `unauthorized` for a key that cannot be one, `invalid_request` for a header that cannot be sent; without values.
pub(super) fn of(endpoint: &Endpoint) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for (name, value) in &endpoint.network.headers {
        let shown = shorten(&clean(name), 100);
        let unusable = |why| {
            let cause = Cause::UnusableHeader { header: shown.clone(), why };
            failure(endpoint, Code::InvalidRequest, cause)
        };
        let name = HeaderName::try_from(name.trim()).map_err(|_| unusable(Flaw::NotAHeaderName))?;
        if TAKEN.contains(&name.as_str()) {
            return Err(unusable(match name.as_str() {
                "authorization" => Flaw::KeyHasItsOwnField,
                "proxy-authorization" => Flaw::ProxyHasItsOwnField,
                _ => Flaw::SetByPorthole,
            }));
        }
        let mut value =
            HeaderValue::try_from(value.expose().trim()).map_err(|_| unusable(Flaw::UnsendableValue))?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    if let Some(key) = endpoint.key.as_ref().map(|key| key.expose().trim()).filter(|key| !key.is_empty()) {
        let mut value = HeaderValue::try_from(format!("Bearer {key}"))
            .map_err(|_| failure(endpoint, Code::Unauthorized, Cause::UnusableKey))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::domain::ServerKind;
    use crate::secrets::Secret;

    fn url() -> Url {
        Url::parse("https://api.example.com/v1").unwrap()
    }

    fn with(headers: &[(&str, &str)]) -> Result<HeaderMap, Failure> {
        let url = url();
        let mut endpoint = Endpoint::new("Work", ServerKind::OpenAi, url);
        endpoint.key = Some(Secret::new("sk-canary-0123456789".to_owned()));
        endpoint.network.headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Secret::new((*value).to_owned())))
            .collect();
        of(&endpoint)
    }

    #[test]
    fn headers_of_ones_own_are_sent_and_not_printed() {
        let headers = with(&[("X-Team", " blue-canary "), ("x-team", "red"), ("User-Agent", "me")]).unwrap();
        assert_eq!(headers.get_all("x-team").iter().collect::<Vec<_>>(), ["blue-canary", "red"]);
        assert_eq!(headers["authorization"], "Bearer sk-canary-0123456789");
        assert!(!format!("{headers:?}").contains("canary"));
    }

    #[test]
    fn headers_that_cannot_be_set_are_refused_with_the_reason() {
        for (name, value, part) in [
            ("Authorization", "canary", "header Authorization for Work cannot be sent: the key has a field"),
            ("Proxy-Authorization", "canary", "the proxy’s name and password"),
            ("Host", "canary", "Porthole sets it"),
            ("content-length", "1", "Porthole sets it"),
            ("Transfer-Encoding", "chunked", "Porthole sets it"),
            ("connection", "close", "Porthole sets it"),
            ("Content-Type", "text/plain", "Porthole sets it"),
            ("Accept-Encoding", "gzip", "Porthole sets it"),
            ("a b", "canary", "not the name of a header"),
            ("", "canary", "not the name of a header"),
            ("x\r\ny", "canary", "not the name of a header"),
            ("x-a", "canary\r\nx-b: c", "characters that a header cannot have"),
        ] {
            let failure = with(&[(name, value)]).unwrap_err();
            assert_eq!(failure.code, Code::InvalidRequest);
            assert!(failure.to_string().contains(part), "{failure}");
            assert!(!failure.to_string().contains("canary"), "{failure}");
        }
    }
}

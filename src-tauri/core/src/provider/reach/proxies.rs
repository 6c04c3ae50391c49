//! Which proxy a request goes through, if any.

use std::sync::Arc;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::header::HeaderValue;
use url::Url;

use crate::domain::{Cause, Code, Failure, Flaw};
use crate::provider::refusal::failure;
use crate::provider::words::shown;
use crate::provider::{Endpoint, Proxy};
use crate::secrets::Secret;

/// How a request gets to its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// By a connection to the server itself.
    Straight,
    /// Through a proxy.
    Through(Through),
}

/// A proxy, as a client is set up with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Through {
    /// Its address, without name and password.
    pub(super) url: Url,
    /// What it is told of who asks.
    pub(super) pass: Pass,
}

/// Who asks a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pass {
    /// Nobody says.
    None,
    /// The value of `Proxy-Authorization`.
    Basic(Secret<Vec<u8>>),
    /// Name and password of SOCKS.
    Socks(String, Secret<String>),
}

impl Through {
    /// The proxy as people may see it.
    pub(super) fn shown(&self) -> String {
        shown(&self.url)
    }

    /// Whether the connection to the proxy is encrypted itself.
    pub(super) fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether it was told who asks.
    pub(super) fn has_pass(&self) -> bool {
        self.pass != Pass::None
    }

    /// The same as a client takes it.
    pub(super) fn proxy(&self) -> reqwest::Result<reqwest::Proxy> {
        match &self.pass {
            Pass::None => reqwest::Proxy::all(self.url.clone()),
            Pass::Basic(value) => {
                let proxy = reqwest::Proxy::all(self.url.clone())?;
                // It was one before, so it is one again.
                let Ok(mut value) = HeaderValue::from_bytes(value.expose()) else { return Ok(proxy) };
                value.set_sensitive(true);
                Ok(proxy.custom_http_auth(value))
            }
            Pass::Socks(user, password) => {
                let mut url = self.url.clone();
                name_in(&mut url, user, Some(password.expose()));
                reqwest::Proxy::all(url)
            }
        }
    }
}

/// What the system and the environment say of proxies, read for each request: a laptop changes its network, and
/// with it the proxy, while the program runs.
#[derive(Clone)]
pub(super) struct Proxies {
    system: Arc<dyn Fn() -> Matcher + Send + Sync>,
    exceptions: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Proxies {
    /// `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` in capitals or small letters, then the system's
    /// settings on macOS and Windows.
    pub(super) fn of_system() -> Self {
        let exceptions =
            || std::env::var("NO_PROXY").or_else(|_| std::env::var("no_proxy")).unwrap_or_default();
        Self { system: Arc::new(Matcher::from_system), exceptions: Arc::new(exceptions) }
    }

    /// As a test wants them: one proxy for everything, and what is excepted.
    #[cfg(test)]
    pub(super) fn fixed(proxy: &str, exceptions: &str) -> Self {
        let (proxy, exceptions) = (proxy.to_owned(), exceptions.to_owned());
        let excepted = exceptions.clone();
        Self {
            system: Arc::new(move || Matcher::builder().all(&proxy).no(&excepted).build()),
            exceptions: Arc::new(move || exceptions.clone()),
        }
    }

    /// The way to `url` for `endpoint`.
    ///
    /// # Errors
    /// `invalid_request`, when the proxy of its own cannot be one. It is never left out in silence.
    pub(super) fn way(&self, endpoint: &Endpoint, url: &Url) -> Result<Way, Failure> {
        let intercept = match &endpoint.network.proxy {
            Proxy::None => None,
            Proxy::System => intercepted(&(self.system)(), url),
            Proxy::Own { .. } => {
                let address = own_address(endpoint)?;
                let whole = Matcher::builder().all(&address).no((self.exceptions)()).build();
                intercepted(&whole, url)
            }
        };
        Ok(intercept.and_then(|intercept| through(&intercept)).map_or(Way::Straight, Way::Through))
    }
}

/// Checks the proxy of its own that an endpoint may have.
///
/// # Errors
/// `invalid_request`, with what an address of a proxy looks like.
pub(super) fn check(endpoint: &Endpoint) -> Result<(), Failure> {
    match endpoint.network.proxy {
        Proxy::System | Proxy::None => Ok(()),
        Proxy::Own { .. } => own_address(endpoint).map(drop),
    }
}

/// The whole address of a proxy of one's own, name and password included; it goes nowhere but into a matcher.
fn own_address(endpoint: &Endpoint) -> Result<String, Failure> {
    let Proxy::Own { url, user, password } = &endpoint.network.proxy else { return Ok(String::new()) };
    let unusable = |why| {
        let cause = Cause::UnusableProxy { address: shown(url), why };
        Err(failure(endpoint, Code::InvalidRequest, cause))
    };
    if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") || !url.has_host() {
        return unusable(Flaw::WrongProxyScheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return unusable(Flaw::PasswordInside);
    }
    let mut whole = url.clone();
    let user = user.as_deref().unwrap_or_default();
    if user.contains(':') {
        return unusable(Flaw::ColonInName);
    }
    if !user.is_empty() || password.is_some() {
        name_in(&mut whole, user, password.as_ref().map(|password| password.expose().as_str()));
    }
    let whole = String::from(whole);
    // What the matcher does not understand it would leave out, and the request would go straight.
    match Url::parse("https://example.com/")
        .map(|any| intercepted(&Matcher::builder().all(&whole).build(), &any))
    {
        Ok(Some(_)) => Ok(whole),
        Ok(None) | Err(_) => unusable(Flaw::Unreadable),
    }
}

/// Writes name and password into an address. A percent sign is escaped first, because the setters leave it as it
/// is and the reader takes it for an escape.
fn name_in(url: &mut Url, user: &str, password: Option<&str>) {
    // Both refuse only addresses without a host.
    let _ = url.set_username(&user.replace('%', "%25"));
    let _ = url.set_password(password.map(|password| password.replace('%', "%25")).as_deref());
}

fn intercepted(matcher: &Matcher, url: &Url) -> Option<Intercept> {
    let mut bare = url.clone();
    // The matcher wants scheme and host; what else stands in an address is no concern of a proxy's choice.
    bare.set_path("/");
    bare.set_query(None);
    matcher.intercept(&bare.as_str().parse().ok()?)
}

fn through(intercept: &Intercept) -> Option<Through> {
    let url = Url::parse(&intercept.uri().to_string()).ok()?;
    let pass = match (intercept.basic_auth(), intercept.raw_auth()) {
        (Some(value), _) => Pass::Basic(Secret::new(value.as_bytes().to_vec())),
        (None, Some((user, password))) => Pass::Socks(user.to_owned(), Secret::new(password.to_owned())),
        (None, None) => Pass::None,
    };
    Some(Through { url, pass })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ServerKind;
    use crate::provider::Network;

    fn own(url: &str, user: Option<&str>, password: Option<&str>) -> Endpoint {
        let proxy = Proxy::Own {
            url: Url::parse(url).unwrap(),
            user: user.map(str::to_owned),
            password: password.map(|password| Secret::new(password.to_owned())),
        };
        let at = Url::parse("https://api.example.com/v1").unwrap();
        Endpoint {
            network: Network { proxy, ..Network::default() },
            ..Endpoint::new("Work", ServerKind::OpenAi, at)
        }
    }

    fn way(endpoint: &Endpoint, exceptions: &str, to: &str) -> Way {
        Proxies::fixed("http://system.example:1", exceptions).way(endpoint, &Url::parse(to).unwrap()).unwrap()
    }

    #[test]
    fn names_and_passwords_arrive_as_they_were_given() {
        let endpoint = own("http://proxy.example:3128", Some("ö u%41"), Some("p@ss:%2Fword/€"));
        let Way::Through(through) = way(&endpoint, "", "https://api.example.com/v1/x") else {
            panic!("straight")
        };
        assert_eq!(through.shown(), "http://proxy.example:3128");
        // printf 'ö u%%41:p@ss:%%2Fword/€' | base64
        let expected = b"Basic w7YgdSU0MTpwQHNzOiUyRndvcmQv4oKs".to_vec();
        assert_eq!(through.pass, Pass::Basic(Secret::new(expected)));
        let endpoint = own("socks5h://proxy.example", Some("me"), Some("100%41"));
        let Way::Through(through) = way(&endpoint, "", "http://x.example/") else { panic!("straight") };
        assert_eq!(through.pass, Pass::Socks("me".to_owned(), Secret::new("100%41".to_owned())));
        assert!(!format!("{endpoint:?}{through:?}").contains("100%"), "what is secret is not printed");
    }

    #[test]
    fn what_is_excepted_goes_straight() {
        let mine = own("http://proxy.example:3128", None, None);
        let system = Endpoint { network: Network::default(), ..mine.clone() };
        let list = "example.com, 10.0.0.0/8,fd00::/8";
        for endpoint in [&mine, &system] {
            for straight in [
                "https://api.example.com/v1?a=b",
                "http://EXAMPLE.com/",
                "http://10.1.2.3/",
                "http://[fd00::1]:8/",
            ] {
                assert_eq!(way(endpoint, list, straight), Way::Straight, "{straight}");
            }
            assert_ne!(way(endpoint, list, "https://example.org/"), Way::Straight);
            assert_eq!(way(endpoint, "*", "https://example.org/"), Way::Straight);
        }
        let none = Endpoint { network: Network { proxy: Proxy::None, ..Network::default() }, ..mine };
        assert_eq!(way(&none, "", "https://example.org/"), Way::Straight);
    }

    #[test]
    fn a_proxy_that_cannot_be_one_is_told() {
        for (url, part) in [
            ("ftp://proxy.example", "must begin with"),
            ("socks5:proxy", "and name a host"),
            ("http://me:secret@proxy.example", "does not belong in it"),
        ] {
            let failure = check(&own(url, None, None)).unwrap_err();
            assert_eq!(failure.code, Code::InvalidRequest);
            assert!(failure.to_string().contains(part), "{failure}");
            assert!(!failure.to_string().contains("secret"), "{failure}");
        }
        assert!(check(&own("http://proxy.example", Some("a:b"), None)).is_err());
        assert!(check(&own("socks5://[::1]:1080", Some("a"), Some("b"))).is_ok());
    }
}

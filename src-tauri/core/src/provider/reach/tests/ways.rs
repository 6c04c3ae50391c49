//! By which way a request goes, and what it may be without encryption.

use std::net::SocketAddr;

use super::super::proxies::Proxies;
use super::super::resolver::Lookup;
use super::*;
use crate::provider::{Network, Proxy};

/// A reach for which every name is at `address` and every request goes through `proxy`.
fn reach(address: &str, proxy: &str) -> Reach {
    let found = SocketAddr::new(address.parse().unwrap(), 0);
    Reach::with(gate(), Lookup::from_fn(move |_| Ok(vec![found])), Proxies::fixed(proxy, "")).unwrap()
}

fn gate() -> Arc<dyn LockGate> {
    Arc::new(OpenGate::default())
}

fn at(url: &str) -> Endpoint {
    let key = Some(Secret::new("sk-canary-0123456789".to_owned()));
    Endpoint { key, ..Endpoint::new("Here", ServerKind::OpenAi, Url::parse(url).unwrap()) }
}

async fn list(reach: &Reach, endpoint: &Endpoint) -> Result<Value, Failure> {
    reach.get_json(endpoint, "models", PATIENCE).await
}

fn json() -> Canned {
    Canned::ok("/v1/models", "application/json", "[]")
}

#[tokio::test]
async fn a_proxy_is_never_asked_about_this_computer() {
    let mut server = Server::start(vec![json()]).await;
    let port = server.url("/").port().unwrap();
    // Nothing answers at the proxy, so whatever is asked of it fails.
    let reach = reach("127.0.0.1", "http://127.0.0.1:1");
    let proxy = Proxy::Own { url: Url::parse("socks5h://127.0.0.1:1").unwrap(), user: None, password: None };
    let own = Network { proxy, ..Network::default() };
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "a.localhost", "my-own-name"] {
        for network in [Network::default(), own.clone()] {
            let endpoint = Endpoint { network, ..at(&format!("http://{host}:{port}/v1")) };
            list(&reach, &endpoint).await.unwrap_or_else(|failure| panic!("{host}: {failure:?}"));
            assert!(server.request().await.starts_with("GET /v1/models "));
        }
    }
    let failure = list(&reach, &at("https://example.invalid/v1")).await.unwrap_err();
    assert_eq!(failure.code, Code::Unreachable);
    assert_eq!(
        failure.to_string(),
        "The proxy http://127.0.0.1:1 on the way to Here does not answer. Check it in Settings › Models & keys or in \
         the system’s settings."
    );
}

#[tokio::test]
async fn unencrypted_requests_stay_off_the_internet() {
    let refused = async |reach: &Reach, endpoint: &Endpoint| {
        let failure = list(reach, endpoint).await.unwrap_err();
        assert_eq!(failure.code, Code::InvalidRequest, "{failure:?}");
        assert!(
            failure.to_string().contains("Use https://, or allow unencrypted HTTP for Here"),
            "{failure:?}"
        );
    };
    let server = Server::start(vec![json()]).await;
    let port = server.url("/").port().unwrap();
    let far = reach("93.184.216.34", "");
    refused(&far, &at("http://93.184.216.34:1/v1")).await;
    refused(&far, &at("http://[2606:4700::1]:1/v1")).await;
    refused(&far, &at("http://example.com:1/v1")).await;
    refused(&far, &at("http://mac.local:1/v1")).await;
    let proxied = reach("93.184.216.34", "http://127.0.0.1:1");
    refused(&proxied, &at("http://example.com/v1")).await;
    let nowhere = Reach::with(
        gate(),
        Lookup::from_fn(|_| Err(std::io::Error::from(std::io::ErrorKind::NotFound))),
        Proxies::fixed("", ""),
    )
    .unwrap();
    let unknown = list(&nowhere, &at("http://gpu-bxo/v1")).await.unwrap_err();
    assert!(unknown.to_string().contains("There is no host named gpu-bxo"), "a slip of the pen: {unknown:?}");

    let near = reach("127.0.0.1", "");
    list(&near, &at(&format!("http://gpu-box:{port}/v1"))).await.expect("a private name over http works");
    let open = Network { plain_http: true, ..Network::default() };
    let mut allowed = Server::start(vec![Canned::ok("/v1/models", "application/json", "[]")]).await;
    let url = format!("http://{}", allowed.url("").authority());
    let through = reach("93.184.216.34", &url);
    list(&through, &Endpoint { network: open, ..at("http://example.com/v1") }).await.unwrap_err();
    let request = allowed.request().await;
    assert!(request.starts_with("GET http://example.com/v1/models "), "the proxy was asked: {request}");
}

#[tokio::test]
async fn a_proxy_that_wants_to_know_who_asks_is_told_apart_from_the_server() {
    let refusal = "HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n";
    for (url, user, part) in [
        ("https://example.com/v1", None, "asks for a user name and password (407)"),
        ("https://example.com/v1", Some("me"), "does not accept its user name and password"),
        ("http://10.1.2.3/v1", None, "asks for a user name and password (407)"),
        ("http://10.1.2.3/v1", Some("me"), "does not accept its user name and password"),
    ] {
        let path = if url.starts_with("https") { "example.com:443" } else { "http://10.1.2.3/v1/models" };
        let mut server = Server::start(vec![Canned::raw(path, refusal)]).await;
        let proxy = Proxy::Own {
            url: server.url("/"),
            user: user.map(str::to_owned),
            password: user.map(|_| Secret::new("open-sesame-canary".to_owned())),
        };
        let endpoint = Endpoint { network: Network { proxy, ..Network::default() }, ..at(url) };
        let failure = list(&reach("10.1.2.3", ""), &endpoint).await.unwrap_err();
        assert_eq!(failure.code, Code::InvalidRequest, "it would lock accounts to try again: {failure:?}");
        assert!(failure.to_string().starts_with("The proxy http://127.0.0.1:"), "{failure}");
        assert!(failure.to_string().contains(part), "{failure}");
        assert!(!format!("{failure:?}").contains("canary"));
        let request = server.request().await.to_lowercase();
        assert_eq!(request.contains("proxy-authorization: basic "), user.is_some(), "{request}");
        assert_eq!(
            request.starts_with("connect"),
            !request.contains("sk-canary"),
            "no key for a proxy: {request}"
        );
    }
}

#[tokio::test]
async fn headers_of_ones_own_are_on_every_request_and_in_no_failure() {
    let body = r#"{"error":{"message":"x-team: blue-canary-7 is unknown, Token abcdefgh-canary"}}"#;
    let mut server = Server::start(vec![Canned::new("/v1/models", 403, "application/json", body)]).await;
    let mut endpoint = server.endpoint(ServerKind::OpenAi);
    endpoint.network.headers = vec![
        ("X-Team".to_owned(), Secret::new("blue-canary-7".to_owned())),
        ("api-key".to_owned(), Secret::new("Token abcdefgh-canary".to_owned())),
        ("User-Agent".to_owned(), Secret::new("Mine".to_owned())),
    ];
    let reach = reach("127.0.0.1", "");
    let failure = list(&reach, &endpoint).await.unwrap_err();
    assert_eq!(failure.detail.as_deref(), Some("x-team: [key] is unknown, [key]"));
    let request = server.request().await.to_lowercase();
    for line in ["x-team: blue-canary-7\r\n", "api-key: token abcdefgh-canary\r\n", "user-agent: mine\r\n"] {
        assert!(request.contains(line), "{line} in {request}");
    }
    assert!(!request.contains("user-agent: porthole"));
}

#[tokio::test]
async fn what_is_wrong_with_an_endpoint_is_told_before_anything_is_asked() {
    let reach = reach("127.0.0.1", "");
    assert!(reach.check(&at("https://api.example.com/v1")).await.is_ok());
    assert!(reach.check(&at("https://me:secret@api.example.com/v1")).await.is_err());
    let mut endpoint = at("https://api.example.com/v1");
    for pem in ["", "not a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        endpoint.network.authorities = Some(pem.as_bytes().into());
        let failure = reach.check(&endpoint).await.unwrap_err();
        assert_eq!(failure.code, Code::InvalidRequest);
        assert!(failure.to_string().contains("A PEM file is expected"), "{failure}");
    }
}

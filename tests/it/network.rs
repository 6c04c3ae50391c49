//! Certificates, proxies, HTTP/2 and IPv6, with real sockets.

mod proxy;
mod tls_server;

use std::process::Stdio;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, ready};
use porthole_core::domain::{Cause, Code, ConversationId, Failure, HeldLock, Lock, Model, ServerKind};
use porthole_core::provider::{
    ChatCompletions, Delta, Endpoint, LockGate, Locks, ModelServer as _, Network, PromptMessage, Proxy,
    Reach, Request,
};
use porthole_core::secrets::Secret;
use porthole_tests::fake_v4::FakeV4;
use porthole_tests::harness::Home;
use tokio::sync::watch;
use url::Url;

use proxy::{Speaks, TestProxy};
use tls_server::{Authority, Identity, TlsServer, signed_by_itself};

const KEY: &str = "sk-canary-0123456789";
/// A name that no resolver knows.
const NAME: &str = "models.example.invalid";

/// A gate whose app is locked.
struct ThisComputerAlone(watch::Sender<u64>);

impl LockGate for ThisComputerAlone {
    fn locks(&self, _: Option<ConversationId>) -> BoxFuture<'static, Locks> {
        ready(Locks { app: HeldLock::Known(Lock::ThisComputer), ..Locks::default() }).boxed()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

fn endpoint(url: &str, network: Network) -> Endpoint {
    let key = Some(Secret::new(KEY.to_owned()));
    Endpoint { key, network, ..Endpoint::new("Work", ServerKind::OpenAi, Url::parse(url).unwrap()) }
}

fn trusting(pem: &str) -> Network {
    Network { authorities: Some(Arc::from(pem.as_bytes())), ..Network::default() }
}

async fn models(endpoint: Endpoint) -> Result<Vec<Model>, Failure> {
    ChatCompletions::new(endpoint, Reach::unlocked().unwrap()).models().await
}

async fn served(identity: Identity) -> (TlsServer, String) {
    let server = TlsServer::start("127.0.0.1", identity).await;
    let url = format!("https://{}/v1", server.address());
    (server, url)
}

#[tokio::test]
async fn a_server_is_trusted_by_an_authority_that_was_added() {
    let (own, other) = (Authority::new(), Authority::new());
    let (server, url) = served(own.sign(&["127.0.0.1"])).await;
    let refused = models(endpoint(&url, Network::default())).await.unwrap_err();
    assert_eq!(refused.code, Code::Unreachable);
    assert_eq!(
        refused.cause.as_deref(),
        Some(&Cause::CertificateUnknownIssuer { host: "127.0.0.1".to_owned() })
    );
    let wrong = models(endpoint(&url, trusting(&other.pem()))).await.unwrap_err();
    assert_eq!(wrong.cause.as_deref(), Some(&Cause::CertificateNotAdded { host: "127.0.0.1".to_owned() }));
    assert_eq!(server.seen().len(), 0, "no request, and no key, before it is trusted");
    let listed = models(endpoint(&url, trusting(&own.pem()))).await.unwrap();
    assert_eq!(listed[0].id, "m");
    let both = format!("Work's authorities\n\n{}{}", other.pem(), own.pem());
    assert!(models(endpoint(&url, trusting(&both))).await.is_ok(), "a file may hold several");
    let misnamed = models(endpoint(&url.replace("127.0.0.1", "localhost"), trusting(&own.pem()))).await;
    assert!(misnamed.unwrap_err().to_string().contains("is for another name"));
    let nonsense = models(endpoint(&url, trusting("not a certificate"))).await.unwrap_err();
    assert_eq!(nonsense.code, Code::InvalidRequest);
    assert!(nonsense.to_string().contains("A PEM file is expected"), "{nonsense}");
}

#[tokio::test]
async fn a_server_that_signed_for_itself_is_trusted_when_its_certificate_was_added() {
    let (identity, pem) = signed_by_itself(&["127.0.0.1"], true);
    let (_server, url) = served(identity).await;
    let refused = models(endpoint(&url, Network::default())).await.unwrap_err();
    assert!(refused.to_string().contains("If it is a server of your own"), "{refused}");
    assert_eq!(models(endpoint(&url, trusting(&pem))).await.unwrap().len(), 1);
    let misnamed = models(endpoint(&url.replace("127.0.0.1", "localhost"), trusting(&pem))).await;
    assert!(misnamed.unwrap_err().to_string().contains("is for another name"));
    let (impostor, _) = signed_by_itself(&["127.0.0.1"], true);
    let (_impostor, url) = served(impostor).await;
    let refused = models(endpoint(&url, trusting(&pem))).await.unwrap_err();
    assert!(refused.to_string().contains("not among those added for it"), "{refused}");
    let (expired, pem) = signed_by_itself(&["127.0.0.1"], false);
    let (_expired, url) = served(expired).await;
    let refused = models(endpoint(&url, trusting(&pem))).await.unwrap_err();
    assert!(refused.to_string().contains("has expired"), "{refused}");
}

/// What the child below receives: the address whose certificate the system's store covers, and the other's file.
const CHILD: &str = "PORTHOLE_TEST_TRUST";

/// On Linux the system's store can be replaced for one process. The test runs itself again with a store of one
/// authority, adds another, and talks to both.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_authority_that_was_added_does_not_replace_the_systems() {
    if let Ok(told) = std::env::var(CHILD) {
        let [of_system, of_own, pem]: [&str; 3] = told.split('\n').collect::<Vec<_>>().try_into().unwrap();
        let pem = std::fs::read_to_string(pem).unwrap();
        models(endpoint(of_system, Network::default())).await.unwrap();
        models(endpoint(of_own, Network::default())).await.unwrap_err();
        models(endpoint(of_own, trusting(&pem))).await.unwrap();
        models(endpoint(of_system, trusting(&pem))).await.unwrap();
        // The same under a lock, where the certificates are checked in this process.
        for url in [of_system, of_own] {
            let reach = Reach::new(Arc::new(ThisComputerAlone(watch::Sender::new(0)))).unwrap();
            ChatCompletions::new(endpoint(url, trusting(&pem)), reach).models().await.unwrap();
        }
        return;
    }
    let (system, own) = (Authority::new(), Authority::new());
    let (one, of_system) = served(system.sign(&["127.0.0.1"])).await;
    let (two, of_own) = served(own.sign(&["127.0.0.1"])).await;
    let home = Home::new();
    let file = |name: &str, pem: String| {
        let path = home.path().join(name);
        std::fs::write(&path, pem).unwrap();
        path.display().to_string()
    };
    let (store, added) = (file("store.pem", system.pem()), file("own.pem", own.pem()));
    let child = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "network::an_authority_that_was_added_does_not_replace_the_systems"])
        .env(CHILD, [of_system, of_own, added].join("\n"))
        .env("SSL_CERT_FILE", store)
        .env_remove("SSL_CERT_DIR")
        .stdin(Stdio::null())
        .output();
    let output = child.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!((one.seen().len(), two.seen().len()), (3, 2), "the child has really asked");
}

#[tokio::test]
async fn http_2_is_spoken_where_the_server_does() {
    let authority = Authority::new();
    let (server, url) = served(authority.sign(&["127.0.0.1"])).await;
    let provider =
        ChatCompletions::new(endpoint(&url, trusting(&authority.pem())), Reach::unlocked().unwrap());
    provider.models().await.unwrap();
    let hello = PromptMessage {
        role: porthole_core::domain::Role::User,
        content: "hi".to_owned(),
        thinking: None,
        tool_calls: Vec::new(),
        tool_call_id: None,
    };
    let request = Request {
        model: "m".to_owned(),
        messages: vec![hello],
        temperature: None,
        top_p: None,
        max_tokens: None,
        effort: None,
        continues: false,
        conversation: None,
    };
    let deltas: Vec<Delta> =
        provider.open(request).await.unwrap().map(Result::unwrap).collect::<Vec<_>>().await;
    assert!(deltas.contains(&Delta::Text("Hello.".to_owned())), "{deltas:?}");
    let seen = server.seen();
    assert_eq!(
        seen.iter().map(|seen| seen.path.as_str()).collect::<Vec<_>>(),
        ["/v1/models", "/v1/chat/completions"]
    );
    assert!(seen.iter().all(|seen| seen.version == hyper::Version::HTTP_2), "{seen:?}");
    assert!(seen.iter().all(|seen| seen.key.as_deref() == Some("Bearer sk-canary-0123456789")));
}

#[tokio::test]
async fn ipv6_works() {
    let authority = Authority::new();
    let server = TlsServer::start("::1", authority.sign(&["::1", "localhost"])).await;
    let port = server.address().port();
    for host in ["[::1]", "localhost"] {
        models(endpoint(&format!("https://{host}:{port}/v1"), trusting(&authority.pem()))).await.unwrap();
    }
    assert_eq!(server.seen().len(), 2, "localhost leads to both loopback addresses");
}

fn own(proxy: &TestProxy, scheme: &str, pass: Option<(&str, &str)>, pem: &str) -> Network {
    let proxy = Proxy::Own {
        url: Url::parse(&format!("{scheme}://{}", proxy.address())).unwrap(),
        user: pass.map(|(user, _)| user.to_owned()),
        password: pass.map(|(_, password)| Secret::new(password.to_owned())),
    };
    Network { proxy, ..trusting(pem) }
}

#[tokio::test]
async fn a_proxy_of_ones_own_is_used_with_its_name_and_password() {
    let authority = Authority::new();
    let (server, _) = served(authority.sign(&[NAME])).await;
    let url = format!("https://{NAME}/v1");
    // base64 of "me:open sesame%21"
    let pass = "Basic bWU6b3BlbiBzZXNhbWUlMjE=";
    let proxy = TestProxy::start(Speaks::Http(Some(pass)), server.address()).await;
    let right = own(&proxy, "http", Some(("me", "open sesame%21")), &authority.pem());
    models(endpoint(&url, right)).await.unwrap();
    let asked = proxy.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].starts_with(&format!("CONNECT {NAME}:443 ")), "{}", asked[0]);
    assert!(!asked[0].contains("canary"), "the key is for the server: {}", asked[0]);
    assert_eq!(server.seen()[0].version, hyper::Version::HTTP_2, "inside the tunnel too");

    let wrong = own(&proxy, "http", Some(("me", "canary-password")), &authority.pem());
    let refused = models(endpoint(&url, wrong)).await.unwrap_err();
    assert_eq!(refused.code, Code::InvalidRequest);
    assert!(refused.to_string().contains("does not accept its user name and password (407)"), "{}", refused);
    assert!(!format!("{refused:?}").contains("canary"), "{refused:?}");
    let none = models(endpoint(&url, own(&proxy, "http", None, &authority.pem()))).await.unwrap_err();
    assert!(none.to_string().contains("asks for a user name and password (407)"), "{none}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_socks_proxy_finds_the_name_by_itself() {
    let authority = Authority::new();
    let (server, _) = served(authority.sign(&[NAME])).await;
    let url = format!("https://{NAME}/v1");
    let proxy = TestProxy::start(Speaks::Socks(Some(("me", "50%25 sesame"))), server.address()).await;
    let right = own(&proxy, "socks5h", Some(("me", "50%25 sesame")), &authority.pem());
    models(endpoint(&url, right)).await.unwrap();
    assert_eq!(proxy.asked(), [format!("{NAME}:443")]);
    let wrong = own(&proxy, "socks5h", Some(("me", "canary-password")), &authority.pem());
    let refused = models(endpoint(&url, wrong)).await.unwrap_err();
    assert_eq!(refused.code, Code::InvalidRequest, "{refused:?}");
    assert!(refused.to_string().starts_with("The proxy socks5h://127.0.0.1:"), "{refused}");
    let here = models(endpoint(&url, own(&proxy, "socks5", None, &authority.pem()))).await.unwrap_err();
    assert!(here.to_string().contains(NAME), "with socks5 the name is looked up here: {here}");
}

#[tokio::test]
async fn a_private_address_over_plain_http_goes_through_a_proxy() {
    let server = FakeV4::start_as(porthole_tests::fake_v4::Dialect::LlamaCpp).await;
    let proxy = TestProxy::start(Speaks::Http(None), server.address()).await;
    let network = Network { authorities: None, ..own(&proxy, "http", None, "") };
    models(endpoint("http://10.9.8.7/v1", network.clone())).await.unwrap();
    assert!(proxy.asked()[0].starts_with("GET http://10.9.8.7/v1/models "), "{:?}", proxy.asked());
    let refused = models(endpoint(&format!("http://{NAME}/v1"), network)).await.unwrap_err();
    assert_eq!(refused.code, Code::InvalidRequest);
    assert!(refused.to_string().contains("Use https://"), "{refused}");
}

#[tokio::test]
async fn the_environment_names_a_proxy_and_what_goes_without_it() {
    let local = FakeV4::start().await;
    let proxy = TestProxy::start(Speaks::Http(Some("never")), local.address()).await;
    let proxy_url = format!("http://me:canary-password@{}", proxy.address());
    let list = async |home: &Home, exceptions: &str| {
        let output = home
            .cli()
            .args(["--json", "models"])
            .env("HTTPS_PROXY", &proxy_url)
            .env("HTTP_PROXY", &proxy_url)
            .env("NO_PROXY", exceptions)
            .output();
        let output = output.await.unwrap();
        let told =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!told.contains("canary"), "{told}");
        told
    };
    let home = Home::new();
    for (name, url) in [("fake", local.url()), ("Work", format!("https://{NAME}/v1"))] {
        let added =
            home.cli().args(["servers", "add", "--name", name, "--url", &url]).output().await.unwrap();
        assert!(added.status.success(), "{added:?}");
    }
    let told = list(&home, "").await;
    let asked = proxy.asked();
    assert!(
        !asked.is_empty() && asked.iter().all(|head| head.starts_with(&format!("CONNECT {NAME}:443 "))),
        "{asked:?}"
    );
    assert!(told.contains("deepseek-v4-pro"), "this computer is asked without it: {told}");
    list(&home, "example.org, .invalid").await;
    assert_eq!(proxy.asked().len(), asked.len(), "and what is excepted too");
}

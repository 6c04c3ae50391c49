//! What a lock holds back, and that it does so before anything leaves.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::proxies::Proxies;
use super::super::resolver::Lookup;
use super::*;
use crate::domain::Lock;
use crate::provider::testing::TestGate;

/// A resolver that counts its questions and answers them in turn, the last answer for ever.
#[derive(Clone)]
struct Script {
    asked: Arc<AtomicUsize>,
    answers: Arc<Mutex<Vec<&'static str>>>,
}

impl Script {
    fn new(answers: &[&'static str]) -> Self {
        let answers = answers.iter().rev().copied().collect();
        Self { asked: Arc::new(AtomicUsize::new(0)), answers: Arc::new(Mutex::new(answers)) }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn reach(&self) -> Locked {
        let script = self.clone();
        let lookup = Lookup::from_fn(move |_| {
            script.asked.fetch_add(1, Ordering::SeqCst);
            let mut answers = script.answers.lock().unwrap();
            let answer = if answers.len() > 1 { answers.pop() } else { answers.last().copied() };
            match answer {
                Some(addresses) => Ok(addresses
                    .split(' ')
                    .map(|address| SocketAddr::new(address.parse::<IpAddr>().unwrap(), 0))
                    .collect()),
                None => Err(io::Error::from(io::ErrorKind::NotFound)),
            }
        });
        Locked::with(lookup, "")
    }
}

/// A reach and the gate it asks.
#[derive(Clone)]
struct Locked {
    reach: Reach,
    gate: Arc<TestGate>,
}

impl Locked {
    fn with(lookup: Lookup, proxy: &str) -> Self {
        let gate = Arc::new(TestGate::default());
        let reach = Reach::with(Arc::clone(&gate) as _, lookup, Proxies::fixed(proxy, "")).unwrap();
        Self { reach, gate }
    }

    fn set_lock(&self, lock: Lock) {
        self.gate.set_lock(lock);
    }

    /// `endpoint` for the text of a conversation with that lock.
    fn under(&self, lock: Lock, endpoint: Endpoint) -> Endpoint {
        Endpoint { conversation: Some(self.gate.conversation(lock)), ..endpoint }
    }
}

impl std::ops::Deref for Locked {
    type Target = Reach;

    fn deref(&self) -> &Reach {
        &self.reach
    }
}

fn hosts(list: &[&str]) -> Lock {
    Lock::Hosts { hosts: list.iter().map(|host| (*host).to_owned()).collect() }
}

fn json() -> Canned {
    Canned::ok("/v1/models", "application/json", "[]")
}

/// `endpoint`'s port under another host.
fn at(server: &Server, host: &str) -> Endpoint {
    let port = server.url("/").port().unwrap();
    let url = Url::parse(&format!("http://{host}:{port}/v1")).unwrap();
    Endpoint { url, ..server.endpoint(ServerKind::OpenAi) }
}

async fn list(reach: &Reach, endpoint: &Endpoint) -> Result<(), Failure> {
    reach.get_json(endpoint, "models", PATIENCE).await.map(drop)
}

#[tokio::test]
async fn a_lock_to_this_computer_asks_no_name_and_lets_this_computer_through() {
    let mut server = Server::start(vec![json()]).await;
    let script = Script::new(&["127.0.0.1"]);
    let reach = script.reach();
    reach.set_lock(Lock::ThisComputer);
    for host in ["gpu-box", "mac.local", "192.168.7.7", "[fd00::1]", "api.deepseek.com", "93.184.216.34"] {
        let failure = list(&reach, &at(&server, host)).await.unwrap_err();
        assert_eq!(failure.code, Code::Locked, "{host}");
        assert!(failure.to_string().contains(host), "{failure}");
        let place = reach.place(&at(&server, host).url, None).await;
        assert_eq!(place, place_of(&at(&server, host).url), "judged by how it is written");
    }
    for host in ["127.0.0.1", "localhost", "LocalHost.", "a.localhost", "[::ffff:127.0.0.1]"] {
        list(&reach, &at(&server, host)).await.unwrap();
        server.request().await;
    }
    assert_eq!(script.asked(), 0, "the question itself would leave");
}

#[tokio::test]
async fn a_conversations_lock_and_the_apps_lock_both_hold() {
    let server = Server::start(vec![json()]).await;
    let reach = Script::new(&["127.0.0.1"]).reach();
    let endpoint = |host: &str, lock: Lock| reach.under(lock, at(&server, host));
    assert!(list(&reach, &endpoint("gpu-box", Lock::Off)).await.is_ok());
    assert!(list(&reach, &endpoint("gpu-box", hosts(&["gpu-box"]))).await.is_ok());
    let own = list(&reach, &endpoint("gpu-box", hosts(&["other"]))).await.unwrap_err();
    assert!(own.to_string().starts_with("This chat is locked"), "{own}");
    reach.set_lock(hosts(&["other"]));
    let apps = list(&reach, &endpoint("gpu-box", hosts(&["gpu-box"]))).await.unwrap_err();
    assert!(apps.to_string().starts_with("Porthole is locked"), "{apps}");
    reach.set_lock(hosts(&["other", "gpu-box"]));
    assert!(list(&reach, &endpoint("gpu-box", hosts(&["gpu-box"]))).await.is_ok());
    assert!(list(&reach, &endpoint("gpu-box", Lock::ThisComputer)).await.is_err());
}

#[tokio::test]
async fn an_answer_that_changes_is_caught_when_it_connects() {
    // Each answer closes its connection, so each request opens one.
    let close = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]";
    let server = Server::start(vec![Canned::raw("/v1/models", close)]).await;
    let script = Script::new(&["127.0.0.1", "93.184.216.34", "93.184.216.34 ::ffff:127.0.0.1"]);
    let reach = script.reach();
    let endpoint = reach.under(hosts(&["gpu-box"]), at(&server, "gpu-box"));
    list(&reach, &endpoint).await.unwrap();
    let failure = list(&reach, &endpoint).await.unwrap_err();
    assert_eq!(failure.code, Code::Locked);
    assert!(failure.to_string().contains("gpu-box leads to 93.184.216.34 on the internet"), "{failure}");
    list(&reach, &endpoint).await.expect("of several addresses the allowed one is taken");
    assert_eq!(script.asked(), 3);
    let bounds = Bounds::of(&hosts(&["gpu-box", "93.184.216.34"]), false);
    assert!(bounds.allow_answer("93.184.216.34".parse().unwrap()), "it stands in the list as an address");
}

#[tokio::test]
async fn a_connection_that_was_open_before_is_not_used_under_a_lock() {
    let server = Server::start(vec![json()]).await;
    let script = Script::new(&["127.0.0.1", "93.184.216.34"]);
    let reach = script.reach();
    let endpoint = Endpoint { network: open_network(), ..at(&server, "gpu-box") };
    list(&reach, &endpoint).await.unwrap();
    reach.set_lock(hosts(&["gpu-box"]));
    let failure = list(&reach, &endpoint).await.unwrap_err();
    assert_eq!(failure.code, Code::Locked, "it was looked up again, and leads away");
    reach.set_lock(Lock::ThisComputer);
    assert_eq!(list(&reach, &endpoint).await.unwrap_err().code, Code::Locked);
    assert_eq!(script.asked(), 2);
}

fn open_network() -> crate::provider::Network {
    crate::provider::Network { plain_http: true, ..crate::provider::Network::default() }
}

#[tokio::test]
async fn a_lock_set_while_a_reply_arrives_hangs_up() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: x\n\n";
    let server = Server::start(vec![Canned::raw("/v1/chat/completions", head).and_hangs()]).await;
    let reach = Script::new(&["127.0.0.1"]).reach();
    let post = |host| {
        let (reach, endpoint) = (reach.clone(), at(&server, host));
        async move { reach.post_stream(&endpoint, "chat/completions", b"{}".to_vec()).await.unwrap() }
    };
    let (mut away, mut here) = (post("gpu-box").await, post("127.0.0.1").await);
    assert!(away.next().await.unwrap().is_ok() && here.next().await.unwrap().is_ok());
    reach.set_lock(Lock::ThisComputer);
    let failure = away.next().await.unwrap().unwrap_err();
    assert_eq!(failure.code, Code::Locked);
    server.hung_up().await;
    let waiting = tokio::time::timeout(Duration::from_millis(100), here.next()).await;
    assert!(waiting.is_err(), "what the lock allows goes on");
}

#[tokio::test]
async fn a_lock_set_while_a_server_is_waited_for_hangs_up() {
    let server = Server::start(vec![Canned::raw("/v1/models", "").and_hangs()]).await;
    let reach = Script::new(&["127.0.0.1"]).reach();
    let (asking, endpoint) = (reach.clone(), at(&server, "gpu-box"));
    let request = tokio::spawn(async move { list(&asking, &endpoint).await });
    let mut server = server;
    server.request().await;
    reach.set_lock(Lock::ThisComputer);
    assert_eq!(request.await.unwrap().unwrap_err().code, Code::Locked);
    server.hung_up().await;
}

#[tokio::test]
async fn no_proxy_is_used_under_a_lock() {
    let mut server = Server::start(vec![json()]).await;
    let lookup = Lookup::from_fn(|_| Ok(vec![SocketAddr::new("127.0.0.1".parse().unwrap(), 0)]));
    let reach = Locked::with(lookup, "http://127.0.0.1:1");
    let endpoint = Endpoint { network: open_network(), ..at(&server, "gpu-box") };
    let failure = list(&reach, &endpoint).await.unwrap_err();
    assert!(failure.to_string().contains("The proxy http://127.0.0.1:1"), "{failure}");
    list(&reach, &reach.under(hosts(&["gpu-box"]), endpoint)).await.unwrap();
    assert!(server.request().await.starts_with("GET /v1/models "), "and not the form that proxies take");
}

#[tokio::test]
async fn a_place_is_told_by_the_farthest_address() {
    let place = async |answers: &[&'static str], url: &str| {
        Script::new(answers).reach().place(&Url::parse(url).unwrap(), None).await
    };
    let near = |host: &str| Place::PrivateNetwork { host: host.to_owned() };
    let far = |host: &str| Place::Internet { host: host.to_owned() };
    assert_eq!(place(&["127.0.0.1 ::1"], "http://x/").await, Place::ThisComputer);
    assert_eq!(place(&["127.0.0.1 10.0.0.1"], "http://x/").await, near("x"));
    assert_eq!(place(&["fe80::1 fd00::1 ::ffff:10.0.0.1"], "http://x/").await, near("x"));
    assert_eq!(place(&["10.0.0.1 ::ffff:8.8.8.8"], "http://x/").await, far("x"));
    assert_eq!(place(&["8.8.8.8"], "http://mac.local/").await, far("mac.local"));
    assert_eq!(place(&["8.8.8.8"], "http://a.localhost/").await, Place::ThisComputer);
    assert_eq!(place(&["127.0.0.1"], "http://8.8.8.8/").await, far("8.8.8.8"));
    assert_eq!(place(&[], "http://mac.local/").await, near("mac.local"), "nobody knows, so by the name");
    assert_eq!(place(&[], "http://x/").await, far("x"));
}

#[tokio::test(start_paused = true)]
async fn a_resolver_that_does_not_answer_is_not_waited_for() {
    let lookup = Lookup::from_fn(|_| {
        std::thread::sleep(Duration::from_secs(1));
        Ok(Vec::new())
    });
    let reach = Locked::with(lookup, "");
    let place = reach.place(&Url::parse("http://x/").unwrap(), None).await;
    assert_eq!(place, Place::Internet { host: "x".to_owned() });
}

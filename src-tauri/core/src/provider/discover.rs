//! Which model servers are running here, and what answers at an address (docs/conformance.md, Sources).

use std::time::Duration;

use futures_util::future::{join, join_all};
use url::Url;

use super::fingerprint::{Asking, Greeting, by_owner, is_loading};
use super::model_facts::{Known, learn};
use super::model_list::{self, Listed, root_of};
use super::place::place_of;
use super::reach::Reach;
use super::refusal::no_answer;
use super::{Endpoint, ServerKind};
use crate::domain::{Code, Failure, Model, Place};

/// How long one question to a port may take.
const PROBE_TIMEOUT: Duration = Duration::from_millis(800);
/// How long one question to an address that somebody typed may take.
const IDENTIFY_TIMEOUT: Duration = Duration::from_secs(10);

/// A server that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovered {
    /// What it is.
    pub kind: ServerKind,
    /// The address that `/chat/completions` is appended to.
    pub url: Url,
    /// What it offers, with the windows it really grants where it says so.
    pub models: Vec<Model>,
    /// Whether it can be talked to.
    pub state: Readiness,
}

/// Whether a server can be talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// It is still loading its model, and may not say which.
    Loading,
    /// It wants a key before it says more, or before it answers.
    NeedsKey,
}

/// Looks for servers on this computer's default ports and at the addresses of `extra`. A server that listens
/// on both loopback addresses is found once.
pub async fn discover(reach: &Reach, extra: &[Url]) -> Vec<Discovered> {
    let mut ports: Vec<u16> = Vec::new();
    for port in ServerKind::ALL.iter().flat_map(|kind| kind.dialect().ports) {
        if !ports.contains(port) {
            ports.push(*port);
        }
    }
    look_at(reach, candidates(&ports, extra)).await
}

async fn look_at(reach: &Reach, candidates: Vec<Url>) -> Vec<Discovered> {
    let probes = candidates.into_iter().map(|url| async move {
        let root = probe_endpoint(url);
        look(reach, &root).await
    });
    let mut found: Vec<Discovered> = Vec::new();
    for server in join_all(probes).await.into_iter().flatten() {
        let is_known = found.iter().any(|known| {
            let is_same_door = known.url == server.url || is_same_port_here(&known.url, &server.url);
            is_same_door
                && (known.kind, &known.models, known.state) == (server.kind, &server.models, server.state)
        });
        if !is_known {
            found.push(server);
        }
    }
    found
}

async fn look(reach: &Reach, root: &Endpoint) -> Option<Discovered> {
    let patience = PROBE_TIMEOUT;
    let asking = Asking { reach, root, patience };
    let (list, greeting) = join(reach.get(root, "v1/models", patience), reach.get(root, "", patience)).await;
    let greeting = Greeting::of(&greeting);
    let is_docker = greeting == Greeting::DockerModelRunner;
    let door = below(root, if is_docker { &DOCKER_DOOR } else { &["v1"] })?;
    let list = if is_docker { reach.get(&door, "models", patience).await } else { list };
    let answer = match list {
        Ok(answer) => answer,
        Err(failure) if is_loading(&failure) => {
            return Some(unlisted(&door, ServerKind::LlamaCpp, Readiness::Loading));
        }
        Err(failure) if failure.code == Code::Unauthorized => {
            return Some(unlisted(&door, asking.behind_a_key(&failure).await?, Readiness::NeedsKey));
        }
        Err(_) => return None,
    };
    let listed = model_list::listed(&answer.json()?)?;
    recognise(reach, &door, listed, true, greeting, patience).await.ok()
}

/// What a failure behind a list that was given means.
fn stands_in_the_way(failure: &Failure) -> Option<Readiness> {
    if failure.code == Code::Unauthorized {
        return Some(Readiness::NeedsKey);
    }
    is_loading(failure).then_some(Readiness::Loading)
}

/// Asks an address that somebody typed what it is. The address may lack `/v1` and may end in a slash; what
/// comes back holds the one that works. A kind other than [`ServerKind::OpenAi`] is believed.
///
/// # Errors
/// Why there is no list of models, in the words of the first address that answered at all; and a key that was
/// refused, or is wanted by something that is no known product.
pub async fn identify(reach: &Reach, endpoint: &Endpoint) -> Result<Discovered, Failure> {
    // Boxed, because it holds the futures of a dozen questions.
    Box::pin(ask_what_it_is(reach, endpoint)).await
}

async fn ask_what_it_is(reach: &Reach, endpoint: &Endpoint) -> Result<Discovered, Failure> {
    let mut typed = endpoint.clone();
    let path = typed.url.path().trim_end_matches('/').to_owned();
    typed.url.set_path(&path);
    let root = root_of(&typed);
    // A stranger on the internet is not asked for the paths of products that people run at home.
    let is_near = !matches!(reach.place(&typed.url, typed.conversation).await, Place::Internet { .. });
    let greeting = if is_near && endpoint.kind == ServerKind::OpenAi {
        Greeting::of(&reach.get(&root, "", IDENTIFY_TIMEOUT).await)
    } else {
        Greeting::Other
    };
    let is_docker = greeting == Greeting::DockerModelRunner || endpoint.kind == ServerKind::DockerModelRunner;
    let doors = if is_docker {
        [below(&root, &DOCKER_DOOR), None]
    } else {
        let lacks_version = !typed.url.path().ends_with("/v1");
        let with_version = if lacks_version { below(&typed, &["v1"]) } else { None };
        [Some(typed.clone()), with_version]
    };
    let mut first_failure = None;
    for door in doors.into_iter().flatten() {
        let failure = match reach.get(&door, "models", IDENTIFY_TIMEOUT).await {
            Ok(answer) => match answer.json().as_ref().and_then(model_list::listed) {
                Some(listed) => {
                    return recognise(reach, &door, listed, is_near, greeting, IDENTIFY_TIMEOUT).await;
                }
                None => no_answer(&door),
            },
            Err(failure) if is_loading(&failure) => {
                return Ok(unlisted(&door, ServerKind::LlamaCpp, Readiness::Loading));
            }
            Err(failure) if failure.code == Code::Unauthorized && door.key.is_none() && is_near => {
                let asking = Asking { reach, root: &root, patience: IDENTIFY_TIMEOUT };
                let kind = if door.kind == ServerKind::OpenAi {
                    asking.behind_a_key(&failure).await.ok_or(failure)?
                } else {
                    door.kind
                };
                let door = if door.url == root.url { below(&door, &["v1"]).unwrap_or(door) } else { door };
                return Ok(unlisted(&door, kind, Readiness::NeedsKey));
            }
            Err(failure) => failure,
        };
        // Another path cannot help where nobody answers or the key is wrong.
        if !matches!(
            failure.code,
            Code::NotFound | Code::Malformed | Code::InvalidRequest | Code::ServerError
        ) {
            return Err(failure);
        }
        first_failure.get_or_insert(failure);
    }
    Err(first_failure.unwrap_or_else(|| no_answer(endpoint)))
}

async fn recognise(
    reach: &Reach,
    endpoint: &Endpoint,
    listed: Vec<Listed>,
    is_near: bool,
    greeting: Greeting,
    patience: Duration,
) -> Result<Discovered, Failure> {
    let root = root_of(endpoint);
    let kind = match by_owner(&listed, &endpoint.url) {
        _ if endpoint.kind != ServerKind::OpenAi => endpoint.kind,
        _ if greeting == Greeting::DockerModelRunner => ServerKind::DockerModelRunner,
        Some(kind) => kind,
        None if is_near => {
            let asking = Asking { reach, root: &root, patience };
            asking.by_questions(&listed, greeting).await
        }
        None => ServerKind::OpenAi,
    };
    let endpoint = Endpoint { kind, ..endpoint.clone() };
    let Known { models, obstacle } = learn(reach, &endpoint, listed, patience).await;
    let state = match obstacle {
        // A key that is refused is the reader's to correct; one that was never given is asked for.
        Some(failure) if failure.code == Code::Unauthorized && endpoint.key.is_some() => return Err(failure),
        Some(failure) => stands_in_the_way(&failure).unwrap_or(Readiness::Ready),
        None => Readiness::Ready,
    };
    Ok(Discovered { kind, url: endpoint.url, models, state })
}

fn unlisted(door: &Endpoint, kind: ServerKind, state: Readiness) -> Discovered {
    Discovered { kind, url: door.url.clone(), models: Vec::new(), state }
}

/// Where Docker Model Runner speaks as everyone does.
const DOCKER_DOOR: [&str; 2] = ["engines", "v1"];

fn below(endpoint: &Endpoint, path: &[&str]) -> Option<Endpoint> {
    let mut endpoint = endpoint.clone();
    endpoint.url.path_segments_mut().ok()?.pop_if_empty().extend(path);
    Some(endpoint)
}

fn probe_endpoint(url: Url) -> Endpoint {
    let name = url.host_str().unwrap_or_default().to_owned();
    root_of(&Endpoint { idle_timeout: PROBE_TIMEOUT, ..Endpoint::new(name, ServerKind::OpenAi, url) })
}

/// Every port on both loopback addresses, then what of `extra` is not among them.
fn candidates(ports: &[u16], extra: &[Url]) -> Vec<Url> {
    let default = |port: &u16| {
        let addresses = [format!("http://127.0.0.1:{port}/"), format!("http://[::1]:{port}/")];
        addresses.into_iter().filter_map(|address| Url::parse(&address).ok())
    };
    let mut candidates: Vec<Url> = ports.iter().flat_map(default).collect();
    for url in extra {
        let url = probe_endpoint(url.clone()).url;
        let is_probed = candidates.iter().any(|known| *known == url || is_same_port_here(known, &url));
        if !is_probed {
            candidates.push(url);
        }
    }
    candidates
}

/// Whether two addresses are the same port and path of this computer under different names.
fn is_same_port_here(one: &Url, other: &Url) -> bool {
    let key = |url: &Url| (url.scheme().to_owned(), url.port_or_known_default(), url.path().to_owned());
    place_of(one) == Place::ThisComputer && place_of(other) == Place::ThisComputer && key(one) == key(other)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Canned, Server};
    use super::*;

    const MLX: &str = r#"{"object":"list","data":[{"id":"mlx-community/a","object":"model","created":1}]}"#;

    fn json(path: &'static str, body: &str) -> Canned {
        Canned::ok(path, "application/json", body)
    }

    fn list(owner: &str, rest: &str) -> Canned {
        let body = format!(
            r#"{{"object":"list","data":[{{"id":"m","object":"model","owned_by":"{owner}"{rest}}}]}}"#
        );
        json("/v1/models", &body)
    }

    async fn found(canned: Vec<Canned>) -> Option<(ServerKind, Readiness, Option<u32>)> {
        let server = Server::start(canned).await;
        let reach = Reach::unlocked().unwrap();
        let mut found = look_at(&reach, vec![server.url("/")]).await;
        assert!(found.len() <= 1);
        let found = found.pop()?;
        assert_eq!(found.url, server.url("/v1"));
        Some((found.kind, found.state, found.models.first().and_then(|model| model.context_tokens)))
    }

    #[test]
    fn r7_a_gateway_is_none_of_those_whose_models_it_lists() {
        let listed = |owners: &[&str]| {
            let entries: Vec<_> = owners
                .iter()
                .enumerate()
                .map(|(number, owner)| serde_json::json!({"id": format!("m{number}"), "owned_by": owner}))
                .collect();
            model_list::listed(&serde_json::json!({"data": entries})).unwrap()
        };
        let (deepseek, gateway) = ("https://api.deepseek.com", "https://gateway.example/v1");
        for (owners, url, expected) in [
            (&["deepseek", "deepseek"][..], deepseek, Some(ServerKind::DeepSeek)),
            (&["deepseek"], gateway, None),
            (&["openai", "anthropic", "deepseek"], gateway, None),
            (&["deepseek", "openai"], gateway, None),
            (&["vllm", "vllm"], gateway, Some(ServerKind::Vllm)),
            (&["vllm", "openai"], gateway, None),
            (&["llama.cpp", "mlx", "remote"], gateway, Some(ServerKind::Jan)),
            (&["someone"], gateway, None),
        ] {
            assert_eq!(by_owner(&listed(owners), &Url::parse(url).unwrap()), expected, "{owners:?} at {url}");
        }
    }

    #[tokio::test]
    async fn products_are_told_by_their_answers() {
        use ServerKind as Kind;
        let ready = |kind, window| Some((kind, Readiness::Ready, window));
        let greeting = || Canned::ok("/", "text/plain", "Ollama is running");
        let check = async |canned, expected| assert_eq!(found(canned).await, expected);

        check(vec![list("vllm", r#","max_model_len":4096"#)], ready(Kind::Vllm, Some(4096))).await;
        check(vec![greeting(), list("sglang", r#","max_model_len":8192"#)], ready(Kind::Sglang, Some(8192)))
            .await;
        check(vec![list("ds4.c", r#","context_length":100000"#)], ready(Kind::Ds4, Some(100_000))).await;
        check(vec![list("llama.cpp", "")], ready(Kind::Jan, None)).await;
        check(vec![list("someone", "")], ready(Kind::OpenAi, None)).await;
        let props = json("/props", r#"{"default_generation_settings":{"n_ctx":2048},"total_slots":1}"#);
        check(
            vec![list("llamacpp", r#","meta":{"n_ctx_train":32768}"#), props],
            ready(Kind::LlamaCpp, Some(2048)),
        )
        .await;
        let running = json("/api/ps", r#"{"models":[{"name":"m","context_length":4096}]}"#);
        check(vec![greeting(), list("library", ""), running], ready(Kind::Ollama, Some(4096))).await;
        let empty = json("/v1/models", r#"{"object":"list","data":null}"#);
        check(vec![greeting(), empty], ready(Kind::Ollama, None)).await;
        let version = json("/api/version", r#"{"version":"0.9"}"#);
        check(vec![version, list("library", "")], ready(Kind::OpenAi, None)).await;
        check(vec![json("/v1/models", MLX), json("/health", r#"{"status":"ok"}"#)], ready(Kind::MlxLm, None))
            .await;
        let local_ai = vec![
            greeting(),
            json("/v1/models", MLX),
            json("/health", r#"{"status":"ok"}"#),
            json("/system", r#"{"backends":[]}"#),
        ];
        check(local_ai, ready(Kind::LocalAi, None)).await;
        let borrowed = vec![
            greeting(),
            json("/v1/models", r#"{"object":"list","data":[]}"#),
            json("/.well-known/localai.json", r#"{"version":"v4.9.0","endpoints":{}}"#),
        ];
        check(borrowed, ready(Kind::LocalAi, None)).await;
        let tabby = vec![list("tabbyAPI", ""), json("/api/extra/version", r#"{"result":"KoboldCpp"}"#)];
        check(tabby, ready(Kind::OpenAi, None)).await;
    }

    #[tokio::test]
    async fn lm_studio_tells_what_is_loaded() {
        let older = r#"{"data":[{"id":"m","type":"llm","state":"loaded","loaded_context_length":4096}]}"#;
        let newer = r#"{"models":[{"type":"llm","key":"m","max_context_length":99999,
            "loaded_instances":[{"id":"m","config":{"context_length":8192}}]}]}"#;
        let owner = || list("organization_owner", "");
        let ready = |window| Some((ServerKind::LmStudio, Readiness::Ready, Some(window)));
        assert_eq!(found(vec![owner(), json("/api/v0/models", older)]).await, ready(4096));
        let both = vec![owner(), json("/api/v0/models", older), json("/api/v1/models", newer)];
        assert_eq!(found(both).await, ready(8192));
    }

    #[tokio::test]
    async fn a_server_may_be_loading_or_want_a_key() {
        let loading = Canned::new(
            "/v1/models",
            503,
            "application/json",
            r#"{"error":{"code":503,"message":"Loading model"}}"#,
        );
        assert_eq!(found(vec![loading]).await, Some((ServerKind::LlamaCpp, Readiness::Loading, None)));
        let refused = || Canned::new("/v1/models", 401, "application/json", r#"{"error":"Unauthorized"}"#);
        let version = json("/version", r#"{"version":"0.11"}"#);
        assert_eq!(
            found(vec![refused(), version]).await,
            Some((ServerKind::Vllm, Readiness::NeedsKey, None))
        );
        assert_eq!(found(vec![refused()]).await, None, "any web application may refuse a stranger");
    }

    #[tokio::test]
    async fn what_is_no_model_server_is_not_found() {
        let page = Canned::ok("/v1/models", "text/html", "<html><title>Jenkins</title></html>");
        assert_eq!(found(vec![page]).await, None);
        assert_eq!(found(vec![]).await, None);
        assert_eq!(found(vec![json("/v1/models", r#"{"models":3}"#)]).await, None);
    }

    #[tokio::test]
    async fn one_server_under_two_names_is_found_once() {
        let server = Server::start(vec![list("vllm", "")]).await;
        let reach = Reach::unlocked().unwrap();
        let localhost =
            Url::parse(&format!("http://localhost:{}/", server.url("/").port().unwrap())).unwrap();
        let found = look_at(&reach, vec![server.url("/"), localhost.clone()]).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].url, server.url("/v1"));
    }

    #[test]
    fn typed_addresses_are_not_probed_twice() {
        let extra: Vec<Url> =
            ["http://localhost:8080/v1", "http://127.0.0.1:8080", "http://10.0.0.5:8080/v1/"]
                .iter()
                .map(|url| Url::parse(url).unwrap())
                .collect();
        let urls: Vec<String> = candidates(&[8080], &extra).iter().map(Url::to_string).collect();
        assert_eq!(urls, ["http://127.0.0.1:8080/", "http://[::1]:8080/", "http://10.0.0.5:8080/"]);
    }

    #[tokio::test]
    async fn a_typed_address_works_with_and_without_v1() {
        let props = || json("/props", r#"{"default_generation_settings":{"n_ctx":512}}"#);
        for path in ["", "/", "/v1", "/v1/"] {
            let server = Server::start(vec![list("llamacpp", ""), props()]).await;
            let endpoint = Endpoint { url: server.url(path), ..probe_endpoint(server.url("/")) };
            let found = identify(&Reach::unlocked().unwrap(), &endpoint).await.unwrap();
            assert_eq!(found.url, server.url("/v1"), "{path:?}");
            assert_eq!((found.kind, found.models[0].context_tokens), (ServerKind::LlamaCpp, Some(512)));
        }
    }

    #[tokio::test]
    async fn a_typed_address_that_is_wrong_says_why() {
        let reach = Reach::unlocked().unwrap();
        let check = async |canned, code| {
            let server = Server::start(canned).await;
            let failure = identify(&reach, &probe_endpoint(server.url("/"))).await.unwrap_err();
            assert_eq!(failure.code, code, "{failure:?}");
        };
        check(vec![], Code::NotFound).await;
        check(vec![Canned::ok("/models", "text/html", "<html>"), json("/v1/models", "{}")], Code::Malformed)
            .await;
        check(vec![Canned::new("/models", 401, "application/json", "{}")], Code::Unauthorized).await;
        let closed = Url::parse("http://127.0.0.1:1/").unwrap();
        let failure = identify(&reach, &probe_endpoint(closed)).await.unwrap_err();
        assert_eq!(failure.code, Code::Unreachable);
        assert!(failure.to_string().contains("Is it running?"), "{failure}");
    }
}

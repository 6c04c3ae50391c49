//! The OpenAI-shaped wire, `POST …/chat/completions` with `stream: true`, in every dialect seen in the wild
//! (`facts/deepseek-v4.md` 1.7, `facts/local-servers.md` 3.2 and 3.4).

mod content;
mod decode;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod reply;
mod request;
mod tool_calls;

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};

use self::decode::Decoder;
use super::model_list;
use super::reach::ByteStream;
use super::{Delta, Deltas, Endpoint, Provider, Reach, Request};
use crate::domain::{Failure, Model, ServerKind};

/// How long the list of models may take.
const LIST_TIMEOUT: Duration = Duration::from_secs(15);
/// How long the line may stay open and silent behind a finish reason; then the reply is taken for complete.
const GRACE: Duration = Duration::from_secs(5);

/// A server that speaks chat completions.
#[derive(Debug, Clone)]
pub struct ChatCompletions {
    endpoint: Endpoint,
    reach: Reach,
}

impl ChatCompletions {
    /// The server at `endpoint`. Opens nothing.
    pub const fn new(endpoint: Endpoint, reach: Reach) -> Self {
        Self { endpoint, reach }
    }
}

impl Provider for ChatCompletions {
    fn open(&self, request: Request) -> BoxFuture<'static, Result<Deltas, Failure>> {
        let Self { endpoint, reach } = self.clone();
        let endpoint = Endpoint { conversation: request.conversation, ..endpoint };
        async move {
            let door = if request.continues { with_beta(&endpoint) } else { endpoint.clone() };
            let asks_usage = !lock(&REFUSING_OPTIONS).contains(door.url.as_str());
            let body = request::body(&endpoint, &request, asks_usage)?;
            let answer = match reach.post_stream(&door, "chat/completions", body).await {
                Err(failure) if asks_usage && refuses_options(&failure) => {
                    lock(&REFUSING_OPTIONS).insert(door.url.to_string());
                    let body = request::body(&endpoint, &request, false)?;
                    reach.post_stream(&door, "chat/completions", body).await
                }
                answer => answer,
            };
            Ok(deltas(&endpoint, answer?))
        }
        .boxed()
    }

    fn models(&self) -> BoxFuture<'static, Result<Vec<Model>, Failure>> {
        let Self { endpoint, reach } = self.clone();
        async move { model_list::fetch(&reach, &endpoint, LIST_TIMEOUT).await }.boxed()
    }
}

/// The addresses that refused `stream_options` in this run. They are few, and each was told by its own refusal.
static REFUSING_OPTIONS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn lock(addresses: &Mutex<BTreeSet<String>>) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
    addresses.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a server refused a request for the sake of `stream_options`: gateways that take no field they do not know,
/// and servers from before the field was made up.
fn refuses_options(failure: &Failure) -> bool {
    let names_it = |detail: &String| detail.contains("stream_options");
    matches!(failure.status, Some(400 | 422)) && failure.detail.as_ref().is_some_and(names_it)
}

/// DeepSeek takes prefixes only under `/beta` (`facts/deepseek-v4.md` 1.1).
fn with_beta(endpoint: &Endpoint) -> Endpoint {
    let mut beta = endpoint.clone();
    if endpoint.kind == ServerKind::DeepSeek {
        let path = beta.url.path().trim_end_matches('/');
        let path = path.strip_suffix("/v1").or_else(|| path.strip_suffix("/beta")).unwrap_or(path);
        let path = format!("{path}/beta");
        beta.url.set_path(&path);
    }
    beta
}

struct Arriving {
    decoder: Decoder,
    /// `None` once nothing more is to be read; dropping it closes the connection.
    bytes: Option<ByteStream>,
    ready: VecDeque<Result<Delta, Failure>>,
}

fn deltas(endpoint: &Endpoint, bytes: ByteStream) -> Deltas {
    let arriving = Arriving { decoder: Decoder::new(endpoint), bytes: Some(bytes), ready: VecDeque::new() };
    stream::unfold(arriving, |mut arriving| async move {
        loop {
            if let Some(delta) = arriving.ready.pop_front() {
                return Some((delta, arriving));
            }
            let bytes = arriving.bytes.as_mut()?;
            let piece = if arriving.decoder.is_finished() {
                tokio::time::timeout(GRACE, bytes.next()).await.unwrap_or(None)
            } else {
                bytes.next().await
            };
            let ready = match piece {
                Some(Ok(piece)) => arriving.decoder.push(&piece),
                Some(Err(failure)) => arriving.decoder.finish(Some(failure)),
                None => arriving.decoder.finish(None),
            };
            if arriving.decoder.is_over() {
                arriving.bytes = None;
            }
            arriving.ready.extend(ready);
        }
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Canned, Server};
    use super::*;
    use crate::domain::{Code, FinishReason};

    fn request() -> Request {
        Request {
            model: "m".to_owned(),
            messages: Vec::new(),
            temperature: None,
            top_p: None,
            max_tokens: None,
            effort: None,
            continues: false,
            conversation: None,
        }
    }

    async fn ask(server: &Server) -> Result<Vec<Result<Delta, Failure>>, Failure> {
        let provider = ChatCompletions::new(server.endpoint(ServerKind::LlamaCpp), Reach::unlocked()?);
        Ok(provider.open(request()).await?.collect().await)
    }

    const TEXT: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    const STOP: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

    #[tokio::test]
    async fn a_reply_arrives() {
        let mut server = Server::start(vec![Canned::events(&format!("{TEXT}{STOP}data: [DONE]\n\n"))]).await;
        let expected = vec![Ok(Delta::Text("a".to_owned())), Ok(Delta::Finish(FinishReason::Stop))];
        assert_eq!(ask(&server).await.unwrap(), expected);
        assert!(server.request().await.contains(r#"{"model":"m","messages":[],"stream":true"#));
    }

    #[test]
    fn only_a_refusal_of_the_field_itself_is_worked_around() {
        let failure = |status, detail: &str| Failure {
            status: Some(status),
            detail: Some(detail.to_owned()),
            ..Failure::new(Code::InvalidRequest, "no")
        };
        assert!(refuses_options(&failure(400, "Unrecognized request argument supplied: stream_options")));
        assert!(refuses_options(&failure(422, "body.stream_options: Extra inputs are not permitted")));
        assert!(!refuses_options(&failure(400, "Empty input messages")));
        assert!(!refuses_options(&failure(500, "stream_options")));
    }

    #[tokio::test]
    async fn a_reply_that_breaks_off_keeps_its_text() {
        let server = Server::start(vec![Canned::events(TEXT)]).await;
        let deltas = ask(&server).await.unwrap();
        assert_eq!(deltas[0], Ok(Delta::Text("a".to_owned())));
        assert_eq!(deltas[1].as_ref().unwrap_err().code, Code::CutOff);
        assert_eq!(deltas.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_left_open_behind_the_end_is_let_go() {
        for end in ["data: [DONE]\n\n", ""] {
            let piece = bytes::Bytes::from(format!("{TEXT}{STOP}{end}"));
            let left_open = stream::iter([Ok(piece)]).chain(stream::pending()).boxed();
            let endpoint = Server::start(vec![]).await.endpoint(ServerKind::LlamaCpp);
            let deltas: Vec<_> = deltas(&endpoint, left_open).collect().await;
            assert_eq!(deltas.last(), Some(&Ok(Delta::Finish(FinishReason::Stop))), "{end:?}");
        }
    }

    #[tokio::test]
    async fn dropping_a_reply_closes_the_connection() {
        let server = Server::start(vec![Canned::events(TEXT).and_hangs()]).await;
        let provider =
            ChatCompletions::new(server.endpoint(ServerKind::LlamaCpp), Reach::unlocked().unwrap());
        let mut reply = provider.open(request()).await.unwrap();
        assert_eq!(reply.next().await, Some(Ok(Delta::Text("a".to_owned()))));
        drop(reply);
        server.hung_up().await;
    }

    #[tokio::test]
    async fn the_models_are_listed() {
        let list = r#"{"data":[{"id":"/m/a.Q4.gguf","owned_by":"llamacpp"},{"id":""},{"id":"b","type":"embeddings"}]}"#;
        let props = r#"{"default_generation_settings":{"n_ctx":4096}}"#;
        let server = Server::start(vec![
            Canned::ok("/v1/models", "application/json", list),
            Canned::ok("/props", "application/json", props),
        ])
        .await;
        let provider =
            ChatCompletions::new(server.endpoint(ServerKind::LlamaCpp), Reach::unlocked().unwrap());
        let models = provider.models().await.unwrap();
        let model = Model { context_tokens: Some(4096), ..Model::named_by_id("/m/a.Q4.gguf") };
        assert_eq!(model.name, "a.Q4");
        assert_eq!(models, [model]);
        let provider = ChatCompletions::new(
            Server::start(vec![]).await.endpoint(ServerKind::OpenAi),
            Reach::unlocked().unwrap(),
        );
        assert!(provider.models().await.is_err());
    }
}

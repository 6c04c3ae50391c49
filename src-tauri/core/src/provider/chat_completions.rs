//! The OpenAI-shaped wire, `POST …/chat/completions` with `stream: true`, in every dialect seen in the wild
//! (docs/conformance.md lists them with their sources).

mod content;
mod decode;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod reply;
mod request;
mod tool_calls;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::time::Instant;

use self::decode::Decoder;
use super::model_facts;
use super::reach::ByteStream;
use super::{Delta, Deltas, Endpoint, ModelServer, Reach, Request};
use crate::domain::{Failure, Model};

const LIST_TIMEOUT: Duration = Duration::from_secs(15);
/// How long nothing may come behind a finish reason until the reply is shown as complete.
const SETTLING: Duration = Duration::from_millis(300);
/// How long nothing of the reply may come behind that until the connection is closed: servers that give a reason on
/// every chunk have been seen to pause for many seconds.
const GRACE: Duration = Duration::from_mins(1);

/// A server that speaks chat completions.
#[derive(Clone)]
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

impl ModelServer for ChatCompletions {
    fn open(&self, request: Request) -> BoxFuture<'static, Result<Deltas, Failure>> {
        let Self { endpoint, reach } = self.clone();
        let endpoint = Endpoint { conversation: request.conversation, ..endpoint };
        async move {
            let door = if request.continues { with_beta(&endpoint) } else { endpoint.clone() };
            loop {
                let known = refused().get(door.url.as_str()).cloned().unwrap_or_default();
                let body = request::body(&endpoint, &request, &known)?;
                match reach.post_stream(&door, "chat/completions", body).await {
                    Ok(bytes) => return Ok(deltas(&endpoint, bytes)),
                    Err(failure) => {
                        let field = refused_field(&failure).filter(|field| !known.contains(field));
                        // There are two fields, so this ends.
                        let Some(field) = field else { return Err(failure) };
                        refused().entry(door.url.to_string()).or_default().insert(field);
                    }
                }
            }
        }
        .boxed()
    }

    fn models(&self) -> BoxFuture<'static, Result<Vec<Model>, Failure>> {
        let Self { endpoint, reach } = self.clone();
        async move { model_facts::fetch(&reach, &endpoint, LIST_TIMEOUT).await }.boxed()
    }
}

/// A field that most servers know and some refuse the whole request for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    /// Gateways that take no field they do not know, and servers from before it was made up.
    StreamOptions,
    /// The older name of the limit. Gateways in front of OpenAI's reasoning models pass their refusal on, which names
    /// `max_completion_tokens` (OpenAI API reference, chat completions, `max_tokens`: deprecated).
    MaxTokens,
}

/// What addresses refused in this run. They are few, and each was told by its own refusal.
static REFUSED: Mutex<BTreeMap<String, BTreeSet<Field>>> = Mutex::new(BTreeMap::new());

fn refused() -> MutexGuard<'static, BTreeMap<String, BTreeSet<Field>>> {
    REFUSED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The field for the sake of which a server refused a request.
fn refused_field(failure: &Failure) -> Option<Field> {
    if !matches!(failure.status, Some(400 | 422)) {
        return None;
    }
    let says = |name: &str| failure.detail.as_ref().is_some_and(|detail| detail.contains(name));
    if says("stream_options") {
        Some(Field::StreamOptions)
    } else {
        says("max_completion_tokens").then_some(Field::MaxTokens)
    }
}

/// DeepSeek takes prefixes only under `/beta` (DeepSeek API docs, Chat Prefix Completion).
fn with_beta(endpoint: &Endpoint) -> Endpoint {
    let mut beta = endpoint.clone();
    if endpoint.kind.dialect().is_deepseek {
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
    /// When something of the reply came last.
    heard: Instant,
    settled: bool,
}

fn deltas(endpoint: &Endpoint, bytes: ByteStream) -> Deltas {
    let arriving = Arriving {
        decoder: Decoder::new(endpoint),
        bytes: Some(bytes),
        ready: VecDeque::new(),
        heard: Instant::now(),
        settled: false,
    };
    stream::unfold(arriving, |mut arriving| async move {
        loop {
            if let Some(delta) = arriving.ready.pop_front() {
                return Some((delta, arriving));
            }
            let bytes = arriving.bytes.as_mut()?;
            let piece = match arriving.decoder.finish_reason() {
                None => bytes.next().await,
                Some(reason) if !arriving.settled => {
                    let waited = tokio::time::timeout_at(arriving.heard + SETTLING, bytes.next()).await;
                    let Ok(piece) = waited else {
                        let settled = Delta::Settled(reason.clone());
                        arriving.settled = true;
                        return Some((Ok(settled), arriving));
                    };
                    piece
                }
                Some(_) => {
                    tokio::time::timeout_at(arriving.heard + GRACE, bytes.next()).await.unwrap_or(None)
                }
            };
            let was_finished = arriving.decoder.finish_reason().is_some();
            let ready = match piece {
                Some(Ok(piece)) => arriving.decoder.push(&piece),
                Some(Err(failure)) => arriving.decoder.finish(Some(failure)),
                None => arriving.decoder.finish(None),
            };
            if arriving.decoder.is_over() {
                arriving.bytes = None;
            }
            if !ready.is_empty() || !was_finished {
                arriving.heard = Instant::now();
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
    use crate::domain::{Code, FinishReason, ServerKind};

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
    fn r3_only_a_refusal_of_the_field_itself_is_worked_around() {
        let options = |failure: &Failure| refused_field(failure) == Some(Field::StreamOptions);
        let failure = |status, detail: &str| Failure {
            status: Some(status),
            detail: Some(detail.to_owned()),
            ..Failure::new(Code::InvalidRequest)
        };
        assert!(options(&failure(400, "Unrecognized request argument supplied: stream_options")));
        assert!(options(&failure(422, "body.stream_options: Extra inputs are not permitted")));
        assert!(!options(&failure(400, "Empty input messages")));
        assert!(!options(&failure(500, "stream_options")));
        let limit = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
        assert_eq!(refused_field(&failure(400, limit)), Some(Field::MaxTokens));
        assert_eq!(refused_field(&failure(400, "max_tokens is too large")), None);
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

    /// What comes out of pieces that arrive after so many seconds each.
    async fn timed(pieces: &[(u64, &str)]) -> Vec<Result<Delta, Failure>> {
        let pieces: Vec<(u64, String)> =
            pieces.iter().map(|(after, piece)| (*after, (*piece).to_owned())).collect();
        let bytes = stream::iter(pieces)
            .then(|(after, piece)| async move {
                tokio::time::sleep(Duration::from_secs(after)).await;
                Ok(bytes::Bytes::from(piece))
            })
            .chain(stream::pending())
            .boxed();
        let endpoint = Server::start(vec![]).await.endpoint(ServerKind::OpenAi);
        deltas(&endpoint, bytes).collect().await
    }

    fn said(content: &str, reason: &str) -> String {
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{content}\"}},\"finish_reason\":{reason}}}]}}\n\n"
        )
    }

    #[tokio::test(start_paused = true)]
    async fn s1_what_comes_behind_a_finish_reason_is_part_of_the_reply() {
        for (early, settles) in [("\"stop\"", 1), ("\"null\"", 0), ("\"length\"", 1)] {
            let (one, two) = (said("One", early), said(" two", early));
            let out = timed(&[(0, &one), (7, &two), (0, STOP), (7, "data: [DONE]\n\n")]).await;
            let text: String = out
                .iter()
                .filter_map(|delta| match delta {
                    Ok(Delta::Text(text)) => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            assert_eq!(text, "One two", "{early}");
            assert_eq!(out.last(), Some(&Ok(Delta::Finish(FinishReason::Stop))));
            let settled = out.iter().filter(|delta| matches!(delta, Ok(Delta::Settled(_)))).count();
            assert!(settled >= settles && settled <= 1, "{early}: {out:?}");
        }
        let thinking = said("", "\"stop\"").replace("\"content\":\"\"", "\"reasoning_content\":\"Hm.\"");
        let out = timed(&[(0, &thinking), (7, &said("Answer", "\"stop\"")), (0, "data: [DONE]\n\n")]).await;
        assert!(out.contains(&Ok(Delta::Thinking("Hm.".to_owned()))));
        assert!(out.contains(&Ok(Delta::Text("Answer".to_owned()))), "{out:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn s1_a_line_is_read_for_a_minute_of_silence_and_no_longer() {
        let begun = Instant::now();
        let out =
            timed(&[(0, &said("One", "\"stop\"")), (59, ": keep-alive\n\n"), (30, &said("late", "null"))])
                .await;
        assert!(!out.contains(&Ok(Delta::Text("late".to_owned()))), "a comment is no part of a reply");
        assert_eq!(begun.elapsed().as_secs(), 60);
        let out = timed(&[
            (0, &said("One", "\"stop\"")),
            (59, &said(" two", "null")),
            (59, &said(" three", "null")),
        ])
        .await;
        assert!(out.contains(&Ok(Delta::Text(" three".to_owned()))), "{out:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn s16_a_reason_on_the_opening_chunk_ends_nothing() {
        let opening = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"},\"finish_reason\":\"stop\"}]}\n\n";
        let out =
            timed(&[(0, opening), (7, &said("Here.", "null")), (0, STOP), (0, "data: [DONE]\n\n")]).await;
        assert!(out.iter().all(Result::is_ok), "{out:?}");
        assert!(out.contains(&Ok(Delta::Text("Here.".to_owned()))));
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

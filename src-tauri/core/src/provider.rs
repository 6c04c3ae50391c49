//! Everything that talks to a model server: the wire, its dialects, which servers are running, and the one
//! door to the network. Knows nothing of conversations, storage or windows.

mod chat_completions;
mod cluster;
mod deepseek;
mod discover;
mod fingerprint;
mod gate;
mod inline_thinking;
mod loose_json;
mod model_facts;
mod model_list;
mod out;
mod place;
mod reach;
mod refusal;
mod said;
mod sse;
#[cfg(test)]
mod testing;
mod words;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use url::Url;

use crate::domain::{
    ConversationId, Effort, Failure, FinishReason, Model, Role, ServerKind, ToolCall, Usage,
};
use crate::secrets::Secret;

pub use chat_completions::ChatCompletions;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use chat_completions::fuzzing;
pub use cluster::{Cluster, ClusterState, Condition, Standing};
pub use deepseek::balance;
pub use discover::{Discovered, Readiness, discover, identify};
pub use gate::{LockGate, Locks};
pub use place::place_of;
pub use reach::Reach;

/// One address to talk to and how.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The name people know it by; stands in every failure.
    pub name: String,
    /// Which dialect it speaks.
    pub kind: ServerKind,
    /// The address that `/chat/completions` is appended to, such as `http://127.0.0.1:8080/v1`.
    pub url: Url,
    /// Sent as a bearer token.
    pub key: Option<Secret<String>>,
    /// How long the line may be silent; comments and any byte count as life. There is no total time-out.
    pub idle_timeout: Duration,
    /// How it is reached.
    pub network: Network,
    /// Whose text goes there: that conversation's lock holds besides the app's. `None` for what is nobody's text, such as a
    /// question for a list of models.
    pub conversation: Option<ConversationId>,
}

impl Endpoint {
    /// The address as everything begins: no key, the system's network, nobody's text, a minute of silence.
    pub fn new(name: impl Into<String>, kind: ServerKind, url: Url) -> Self {
        Self {
            name: name.into(),
            kind,
            url,
            key: None,
            idle_timeout: Duration::from_mins(1),
            network: Network::default(),
            conversation: None,
        }
    }
}

/// How an address is reached.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// By which proxy. An address on this computer is always reached straight.
    pub proxy: Proxy,
    /// Certificates to trust besides the system's, PEM.
    pub authorities: Option<Arc<[u8]>>,
    /// Whether `http://` to the internet is allowed.
    pub plain_http: bool,
    /// Headers of every request: name and value.
    pub headers: Vec<(String, Secret<String>)>,
}

/// A way through a proxy.
#[derive(Debug, Clone, Default)]
pub enum Proxy {
    /// As the system or the environment says, `NO_PROXY` included.
    #[default]
    System,
    /// None.
    None,
    /// One of its own; `NO_PROXY` of the environment holds for it too.
    Own {
        /// `http`, `https`, `socks5` or `socks5h`, without name and password.
        url: Url,
        /// Who asks, where the proxy wants to know.
        user: Option<String>,
        /// The password that goes with the name.
        password: Option<Secret<String>>,
    },
}

/// One message of a request, as the wire needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptMessage {
    /// Who speaks.
    pub role: Role,
    /// What is said; may be empty, is never null, which DeepSeek refuses (deepseek-recipe 0.2.0, `validation.rs`).
    pub content: String,
    /// The thinking of an earlier reply, sent back on every hosted turn that had it.
    pub thinking: Option<String>,
    /// Calls an earlier reply asked for.
    pub tool_calls: Vec<ToolCall>,
    /// Which of them this is the result of, if it is one (deepseek-recipe 0.2.0, `convert.rs`).
    pub tool_call_id: Option<String>,
}

impl PromptMessage {
    /// Words alone.
    pub const fn new(role: Role, content: String) -> Self {
        Self { role, content, thinking: None, tool_calls: Vec::new(), tool_call_id: None }
    }
}

/// One request for a reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The model's id.
    pub model: String,
    /// The conversation so far, oldest first; append-only from turn to turn so that the prefix cache hits.
    pub messages: Vec<PromptMessage>,
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// Above 0, at most 1.
    pub top_p: Option<f64>,
    /// Longest reply in tokens.
    pub max_tokens: Option<u32>,
    /// How long to think; `None` leaves it to the server.
    pub effort: Option<Effort>,
    /// The last message is the beginning of the reply, which is to be continued from there.
    pub continues: bool,
    /// Which conversation this is: its lock holds, and the address that has its prefix cached is asked again. Never sent.
    pub conversation: Option<ConversationId>,
}

/// One thing that arrived.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// The model that answers, by its own account. Comes at most once, and before [`Delta::Finish`].
    Model(String),
    /// More thinking. Never empty.
    Thinking(String),
    /// More text. Never empty.
    Text(String),
    /// All text so far in this reply was thinking: the server's template had opened it without saying so, and
    /// only its end was sent. Comes at most once, and never after [`Delta::Thinking`].
    TextWasThinking,
    /// A whole tool call, once its arguments are complete.
    ToolCall(ToolCall),
    /// Tokens so far; a later one replaces an earlier one field by field where it says more.
    Usage(Usage),
    /// The reason has come why the model ended, and nothing since, while the connection stays open. The reply may be shown
    /// as complete; more of it may still come, since some servers give a reason early. Comes at most once.
    Settled(FinishReason),
    /// Why the model ended. After it only usage may follow.
    Finish(FinishReason),
    /// A hosted stream ended after its finish reason without `[DONE]`. Comes last.
    Unterminated,
}

/// The arriving reply. It ends after the stream's regular end; an item `Err` ends it too. When the
/// connection breaks before a finish reason, the last item is an `Err` of code `cut_off`.
/// Dropping it closes the connection.
pub type Deltas = BoxStream<'static, Result<Delta, Failure>>;

/// A server that answers conversations. `Failure::message` names the server and says what to do.
pub trait ModelServer: Send + Sync + 'static {
    /// Sends the request; resolves once the server has answered with a success status and a stream begins.
    ///
    /// # Errors
    /// Everything up to the first byte of the stream: no connection, refusals by status, nonsense.
    fn open(&self, request: Request) -> BoxFuture<'static, Result<Deltas, Failure>>;

    /// The models the server lists.
    ///
    /// # Errors
    /// As [`ModelServer::open`].
    fn models(&self) -> BoxFuture<'static, Result<Vec<Model>, Failure>>;
}

//! What the window draws. Markdown becomes HTML here for history and in the feed for streams, by one crate.

use porthole_markdown::Block;
use serde::{Deserialize, Serialize};

use super::keys::{KeepKey, KeyStatus};
use crate::catalogue;
use crate::domain::{
    ChatSettings, Code, Conversation, ConversationId, Failure, FolderId, Lock, Message, MessageId,
    MessageMeta, Model, ModelChoice, Money, Place, ServerId, ServerKind, ServerNetwork, Words, plain_text,
    thinking_text,
};
use crate::secrets::Secret;
use crate::settings::Appearance;
use crate::store::Branch;
use crate::turn::newest_line;

/// A message with its text as HTML blocks.
#[derive(Debug, Clone, Serialize, specta::Type)]
pub struct MessageView {
    /// All but its text.
    pub meta: MessageMeta,
    /// Its text, as far as it is in the history. While it arrives the turn's patches bring the rest.
    pub blocks: Vec<Block>,
    /// The newest line of its thinking, for the folded row.
    pub thinking_line: Option<String>,
}

impl MessageView {
    pub(super) fn of(message: &Message, versions: Vec<MessageId>) -> Self {
        Self {
            meta: MessageMeta::of(message, versions),
            blocks: porthole_markdown::render(&plain_text(&message.parts)),
            thinking_line: newest_line(&thinking_text(&message.parts)),
        }
    }
}

/// A conversation and its shown branch.
#[derive(Debug, Clone, Serialize, specta::Type)]
pub struct Transcript {
    /// The conversation.
    pub conversation: Conversation,
    /// Messages of the branch, first to last: those at its end, or those around the one that was asked for.
    pub messages: Vec<MessageView>,
    /// Whether the branch has messages before these.
    pub earlier: bool,
    /// Whether it has messages after these.
    pub later: bool,
}

impl Transcript {
    pub(super) fn of(branch: &Branch) -> Self {
        Self {
            conversation: branch.conversation.clone(),
            messages: views(branch),
            earlier: branch.earlier,
            later: branch.later,
        }
    }
}

/// What `draw` makes, on a thread where a long text holds up nobody.
pub(super) async fn drawn<T: Send + 'static>(
    draw: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let drawing = tokio::task::spawn_blocking(draw).await;
    drawing.map_err(|_| Failure::told(Code::Internal, "The text could not be drawn."))
}

pub(super) fn views(branch: &Branch) -> Vec<MessageView> {
    let view = |message: &Message| {
        let versions = branch.versions.get(&message.id).cloned().unwrap_or_else(|| vec![message.id]);
        MessageView::of(message, versions)
    };
    branch.messages.iter().map(view).collect()
}

/// What [`super::App::send`] and [`super::App::regenerate`] added.
#[derive(Debug, Clone, Serialize, specta::Type)]
pub struct Sent {
    /// The conversation as it is now.
    pub conversation: Conversation,
    /// The new messages: question and reply, or only a reply.
    pub messages: Vec<MessageView>,
}

/// A question on its way out.
#[derive(Debug, Clone, Deserialize, specta::Type)]
pub struct SendRequest {
    /// Where to; `None` begins a conversation.
    pub conversation: Option<ConversationId>,
    /// Who is asked.
    pub model: ModelChoice,
    /// With what settings.
    pub settings: ChatSettings,
    /// The question, Markdown.
    pub text: String,
    /// With what lock a new conversation begins.
    #[serde(default)]
    pub lock: Lock,
    /// In which folder a new conversation begins. Its settings and lock are the window's to offer; they come in
    /// `settings` and `lock`.
    #[serde(default)]
    pub folder: Option<FolderId>,
}

/// Whether a server answers.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ServerState {
    /// Not asked yet.
    Checking,
    /// It listed its models.
    Ready,
    /// It did not.
    Unreachable {
        /// Why.
        failure: Failure,
    },
}

/// A server as the model picker shows it.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
pub struct Server {
    /// Its id.
    pub id: ServerId,
    /// Its name, unique without regard to case.
    pub name: String,
    /// Which dialect it speaks.
    pub kind: ServerKind,
    /// Its address.
    pub url: String,
    /// Whether it was found by itself.
    pub found: bool,
    /// Where text goes that is sent to it.
    pub place: Place,
    /// Whether it answers.
    pub state: ServerState,
    /// Its models when it last answered.
    pub models: Vec<Model>,
    /// How long it may be silent, in seconds, where that was set.
    pub idle_timeout_s: Option<u32>,
    /// Further addresses of the same models.
    pub more_urls: Vec<String>,
    /// Its key, as far as that may be shown.
    pub key: KeyStatus,
    /// How it is reached.
    pub network: ServerNetwork,
    /// What the catalogue knows of the provider; `None` for one it does not know.
    pub account: Option<Account>,
    /// Whether it was there from the start.
    pub built_in: bool,
}

/// What the catalogue knows of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct Account {
    /// Where text goes that is sent there.
    pub region: Option<Words>,
    /// The page where money is paid in.
    pub top_up_url: Option<String>,
    /// The page where keys are made.
    pub keys_url: Option<String>,
    /// Whether it tells what is left.
    pub has_balance: bool,
}

impl Account {
    pub(super) fn of(vendor: &catalogue::Vendor) -> Self {
        Self {
            region: vendor.region.clone(),
            top_up_url: vendor.top_up_url.clone(),
            keys_url: vendor.keys_url.clone(),
            has_balance: vendor.has_balance,
        }
    }
}

/// A provider that can be added by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct Preset {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// What it speaks.
    pub kind: ServerKind,
    /// The page where keys are made.
    pub keys_url: Option<String>,
    /// Where text goes that is sent there.
    pub region: Option<Words>,
}

impl Preset {
    pub(super) fn of(vendor: &catalogue::Vendor) -> Self {
        Self {
            name: vendor.name.clone(),
            url: vendor.url.clone(),
            kind: vendor.kind,
            keys_url: vendor.keys_url.clone(),
            region: vendor.region.clone(),
        }
    }
}

/// What a person changes about a server; all of it is as it will be.
#[derive(Debug, Clone, Deserialize, specta::Type)]
pub struct ServerEdit {
    /// Its name.
    pub name: String,
    /// Its address, with or without `/v1`.
    pub url: String,
    /// Further addresses of the same models.
    pub more_urls: Vec<String>,
    /// How long it may be silent, in seconds; `None` for its kind's default.
    pub idle_timeout_s: Option<u32>,
    /// By which proxy it is reached.
    pub proxy: ProxyEdit,
    /// The path of a PEM file to trust besides the system.
    pub ca_file: Option<String>,
    /// Whether `http://` to the internet is allowed.
    pub plain_http: bool,
    /// The headers of every request.
    pub headers: Vec<HeaderEdit>,
}

/// By which proxy a server will be reached.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(tag = "proxy", rename_all = "snake_case")]
pub enum ProxyEdit {
    /// As the system or the environment says.
    System,
    /// By none.
    None,
    /// By one of its own.
    Own {
        /// Its address, without name and password.
        url: String,
        /// Who asks.
        user: Option<String>,
        /// The password; `None` leaves it as it is, an empty one is none.
        #[specta(type = Option<String>)]
        password: Option<Secret<String>>,
    },
}

/// A header as it will be.
#[derive(Debug, Clone, Deserialize, specta::Type)]
pub struct HeaderEdit {
    /// Its name.
    pub name: String,
    /// Its value; `None` leaves it as it is.
    #[specta(type = Option<String>)]
    pub value: Option<Secret<String>>,
}

/// What the replies of a conversation cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct Spent {
    /// One sum per currency.
    pub money: Vec<Money>,
    /// How many replies from the internet have no known cost.
    pub unknown: u32,
}

/// A server to add by hand.
#[derive(Debug, Clone, Deserialize, specta::Type)]
pub struct ServerToAdd {
    /// The name people will know it by.
    pub name: String,
    /// Its address, with or without `/v1`.
    pub url: String,
    /// `openai` or `deepseek`, or a local product's.
    pub kind: ServerKind,
    /// How long it may be silent, in seconds; `None` for its kind's default.
    #[serde(default)]
    pub idle_timeout_s: Option<u32>,
    /// Further addresses of the same models.
    #[serde(default)]
    pub more_urls: Vec<String>,
    /// Its key.
    #[serde(default)]
    #[specta(type = Option<String>)]
    pub key: Option<Secret<String>>,
    /// Where the key is kept.
    #[serde(default)]
    pub keep_key: KeepKey,
}

impl ServerToAdd {
    /// A server with nothing but a name, an address and a kind.
    pub fn new(name: impl Into<String>, url: impl Into<String>, kind: ServerKind) -> Self {
        Self {
            name: name.into(),
            url: url.into(),
            kind,
            idle_timeout_s: None,
            more_urls: Vec::new(),
            key: None,
            keep_key: KeepKey::default(),
        }
    }
}

/// Where the list goes on.
#[derive(Debug, Clone, Copy)]
pub struct ListPosition {
    /// Time of the last row that is there already.
    pub updated_at_ms: i64,
    /// Its id.
    pub id: ConversationId,
}

/// What a window needs to draw its first frame.
#[derive(Debug, Clone, Serialize, specta::Type)]
pub struct Begin {
    /// Porthole's version.
    pub version: String,
    /// Where the history is.
    pub data_dir: String,
    /// How the window looks.
    pub appearance: Appearance,
    /// The conversation that was open last.
    pub open: Option<ConversationId>,
    /// What was typed for a new conversation and not sent.
    pub draft: String,
    /// Replies that were found abandoned at this start and marked as cut off.
    pub recovered: u32,
    /// The model that was asked last.
    pub model: Option<ModelChoice>,
    /// The lock of the whole app.
    pub lock: Lock,
    /// Whether that could not be read. Then text stays on this computer until the lock is set again.
    pub lock_unreadable: bool,
    /// What is wrong with the person's own catalogue file, if it cannot be used.
    pub catalogue_problem: Option<String>,
    /// Whether models are asked for titles.
    pub titles: bool,
    /// Whether the program died twice in a row, so that the last conversation was left closed.
    pub crashed: bool,
    /// The folder that was left for this one, until a person confirmed that it may go.
    pub moved_from: Option<String>,
    /// By how many milliseconds the computer's clock is behind the newest message; 0: it is not.
    #[specta(type = u32)]
    pub clock_behind_ms: i64,
}

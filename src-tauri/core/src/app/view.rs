//! What the window draws. Markdown becomes HTML here for history and in the feed for streams, by one crate.

use std::collections::HashMap;

use porthole_markdown::Block;
use serde::{Deserialize, Serialize};

use crate::domain::{
    ChatSettings, Code, Conversation, ConversationId, Failure, Message, MessageId, MessageMeta, Model,
    ModelChoice, Place, ServerId, ServerKind, plain_text, thinking_text,
};
use crate::settings::Appearance;
use crate::store::Branch;
use crate::turn::newest_line;

/// A message with its text as HTML blocks.
#[derive(Debug, Clone, Serialize, specta::Type)]
pub struct MessageView {
    /// All but its text.
    pub meta: MessageMeta,
    /// Its text. Empty while it arrives: the turn's patches bring it.
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
    /// The branch, first message first.
    pub messages: Vec<MessageView>,
}

impl Transcript {
    pub(super) fn of(branch: &Branch) -> Self {
        Self {
            conversation: branch.conversation.clone(),
            messages: views(&branch.messages, &branch.versions),
        }
    }
}

/// What `draw` makes, on a thread where a long text holds up nobody.
pub(super) async fn drawn<T: Send + 'static>(
    draw: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AppError> {
    let drawing = tokio::task::spawn_blocking(draw).await;
    drawing.map_err(|_| AppError::new(Code::Internal, "The text could not be drawn."))
}

pub(super) fn views(messages: &[Message], versions: &HashMap<MessageId, Vec<MessageId>>) -> Vec<MessageView> {
    messages
        .iter()
        .map(|message| {
            let versions = versions.get(&message.id).cloned().unwrap_or_else(|| vec![message.id]);
            MessageView::of(message, versions)
        })
        .collect()
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
}

/// Where the list goes on.
#[derive(Debug, Clone, Copy, Deserialize, specta::Type)]
pub struct ListPosition {
    /// Time of the last row that is there already.
    #[specta(type = u32)]
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
}

/// Something changed that windows show outside of a running turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Changed {
    /// The conversation, where it is about one.
    pub conversation: Option<ConversationId>,
}

/// An error as the page gets it: it switches on `code` and never on the words.
#[derive(Debug, Clone, Serialize, specta::Type, thiserror::Error)]
#[error("{message}")]
#[serde(rename = "IpcError")]
pub struct AppError {
    /// What went wrong.
    pub code: Code,
    /// The same in plain English.
    pub message: String,
    /// How long the server asked to wait, in milliseconds.
    pub retry_after_ms: Option<u32>,
}

impl AppError {
    /// An error with nothing but a code and a sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after_ms: None }
    }

    /// A fault of this machine or of Porthole, in its own words.
    pub fn internal(error: &impl std::error::Error) -> Self {
        Self::new(Code::Internal, error.to_string())
    }
}

impl From<crate::store::StoreError> for AppError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<Failure> for AppError {
    fn from(failure: Failure) -> Self {
        Self { code: failure.code, message: failure.message, retry_after_ms: failure.retry_after_ms }
    }
}

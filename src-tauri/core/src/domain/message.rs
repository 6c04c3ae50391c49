use serde::{Deserialize, Serialize};

use super::named::named;
use super::{
    Attempt, ConversationId, Failure, MessageId, ModelChoice, Money, Rates, ServerId, Timing, Total, Usage,
};

named! {
    /// Who speaks.
    pub enum Role {
        /// The one who sets the scene.
        System = "system",
        /// The person.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// A tool's result.
        Tool = "tool",
        /// Someone of whom only a newer version knows.
        Other = "other",
    }
}

named! {
    /// How far a message has come.
    pub enum MessageState {
        /// Some program is receiving it now.
        Arriving = "arriving",
        /// All of it is here.
        Complete = "complete",
        /// The user stopped it; what had arrived is kept.
        Stopped = "stopped",
        /// The stream broke, or the program that received it died; what had arrived is kept.
        CutOff = "cut_off",
        /// It failed before anything arrived.
        Failed = "failed",
    }
}

/// Why the model ended its reply, as the server said. Words nobody knows are kept as they came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// The longest reply or the context window was reached.
    Length,
    /// It wants tools called.
    ToolCalls,
    /// The provider withheld the rest.
    ContentFilter,
    /// The provider ran out of machines (DeepSeek API docs, Create Chat Completion).
    InsufficientSystemResource,
    /// Anything else.
    Other(String),
}

impl FinishReason {
    /// The reason as the wire names it.
    pub fn name(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::InsufficientSystemResource => "insufficient_system_resource",
            Self::Other(raw) => raw,
        }
    }
}

impl From<String> for FinishReason {
    fn from(raw: String) -> Self {
        match raw.as_str() {
            "stop" => Self::Stop,
            "length" => Self::Length,
            "tool_calls" | "function_call" => Self::ToolCalls,
            "content_filter" => Self::ContentFilter,
            "insufficient_system_resource" => Self::InsufficientSystemResource,
            _ => Self::Other(raw),
        }
    }
}

impl From<FinishReason> for String {
    fn from(reason: FinishReason) -> Self {
        reason.name().to_owned()
    }
}

/// Something about how a reply came that a person may want to know and that is no failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The hosted stream gave its finish reason and ended without `[DONE]`.
    Unterminated,
    /// It was continued after it had been cut off, stopped or had hit the length limit.
    Continued,
}

/// A call the model asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The server's id for the call, or one made here where it gave none.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments as the model wrote them: JSON, usually.
    pub arguments: String,
}

/// A piece of a message, in the order it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Part {
    /// Markdown.
    Text(String),
    /// What the model thought before it answered. Markdown.
    Thinking(String),
    /// A call the model asks for.
    ToolCall(ToolCall),
    /// A part this version does not know, kept as it was found.
    Unknown {
        /// Its kind as stored.
        kind: String,
        /// Its text as stored.
        text: Option<String>,
        /// Its content as stored.
        data: Option<String>,
    },
}

/// The model that wrote a reply, as it was when it wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The server, if it is still known.
    pub server: Option<ServerId>,
    /// The server's name at the time.
    pub server_name: String,
    /// The model that answered by its own account (the response's `model`), else the one that was asked.
    pub model: String,
    /// The model that was asked.
    pub asked: String,
    /// Whether it came from the internet, where replies have a price.
    pub hosted: bool,
}

impl Author {
    /// Whom to ask for a reply as the one that was asked for this, if the server is still known.
    pub fn choice(&self) -> Option<ModelChoice> {
        Some(ModelChoice { server: self.server?, model: self.asked.clone() })
    }
}

/// What a reply cost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// An estimate from the tokens and the prices of the hour; `None` is unknown.
    pub cost: Option<Money>,
    /// The prices it was estimated by.
    pub rates: Option<Rates>,
}

/// One message: one version of one turn, hung below the message it follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// The message it follows; `None` for a first message.
    pub parent: Option<MessageId>,
    /// Who speaks.
    pub role: Role,
    /// How far it has come.
    pub state: MessageState,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_at_ms: i64,
    /// What it says.
    pub parts: Vec<Part>,
    /// The requests that were sent for a reply, oldest first. All that follows is what they come to.
    pub attempts: Vec<Attempt>,
    /// The model that wrote it, for replies.
    pub author: Option<Author>,
    /// Why the model ended.
    pub finish_reason: Option<FinishReason>,
    /// Tokens as the server counted them.
    pub usage: Usage,
    /// How long it took.
    pub timing: Timing,
    /// What it cost.
    pub bill: Bill,
    /// What else is to be said of it.
    pub notes: Vec<Note>,
    /// Why it failed or was cut off.
    pub failure: Option<Failure>,
}

impl Message {
    /// Makes it the reply to these requests, oldest first.
    pub fn answer(&mut self, attempts: Vec<Attempt>) {
        let Total { usage, timing, bill, notes } = Total::of(&attempts);
        (self.usage, self.timing, self.bill, self.notes) = (usage, timing, bill, notes);
        let last = attempts.last();
        self.author = last.map(|last| last.author.clone());
        self.finish_reason = last.and_then(|last| last.finish_reason.clone());
        self.failure = last.and_then(|last| last.failure.clone());
        self.attempts = attempts;
    }

    /// Whether a model can be asked for the rest of it: it broke off, was stopped, or hit the length limit, and
    /// something of it is there. One that asks for tools waits for their results instead.
    pub fn can_continue(&self) -> bool {
        self.can_continue_as(MadeOf::parts(&self.parts))
    }

    /// As [`Message::can_continue`], for one whose parts were not read.
    pub(super) fn can_continue_as(&self, made_of: MadeOf) -> bool {
        let has_more = match self.state {
            MessageState::CutOff | MessageState::Stopped => true,
            MessageState::Complete => self.finish_reason == Some(FinishReason::Length),
            MessageState::Arriving | MessageState::Failed => false,
        };
        has_more && self.role == Role::Assistant && made_of.is_words()
    }
}

/// Which kinds of parts a message has: what is shown of them where nobody reads what they say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MadeOf {
    /// Markdown.
    pub text: bool,
    /// Thinking.
    pub thinking: bool,
    /// Calls of tools, and what this version does not know.
    pub more: bool,
}

impl MadeOf {
    /// The kinds of `parts`.
    pub fn parts(parts: &[Part]) -> Self {
        let mut made_of = Self::default();
        for part in parts {
            match part {
                Part::Text(_) => made_of.text = true,
                Part::Thinking(_) => made_of.thinking = true,
                Part::ToolCall(_) | Part::Unknown { .. } => made_of.more = true,
            }
        }
        made_of
    }

    /// Whether there is something, and nothing but words.
    const fn is_words(self) -> bool {
        (self.text || self.thinking) && !self.more
    }
}

/// All Markdown text of `parts`, joined without separators, because a part ends where another kind begins
/// and not where a paragraph does.
pub fn plain_text(parts: &[Part]) -> String {
    parts
        .iter()
        .filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None })
        .collect()
}

/// All thinking in `parts`, joined likewise.
pub fn thinking_text(parts: &[Part]) -> String {
    parts
        .iter()
        .filter_map(|part| if let Part::Thinking(text) = part { Some(text.as_str()) } else { None })
        .collect()
}

use serde::{Deserialize, Serialize};

use super::{
    Effort, Failure, FinishReason, MadeOf, Message, MessageId, MessageState, Money, Note, Rates, Role,
    Timing, Usage,
};

/// All that a window shows of a message besides its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct MessageMeta {
    /// Its id.
    pub id: MessageId,
    /// The message it follows.
    pub parent: Option<MessageId>,
    /// Who speaks.
    pub role: Role,
    /// How far it has come.
    pub state: MessageState,
    /// When it was made, in milliseconds since 1970 UTC.
    #[specta(type = u32)]
    pub created_at_ms: i64,
    /// The model that wrote it.
    pub model: Option<String>,
    /// The thinking effort that was asked for; `None`: none was.
    pub effort: Option<Effort>,
    /// The name of the server it came from.
    pub server: Option<String>,
    /// Why the model ended, in the wire's word.
    pub finish_reason: Option<String>,
    /// Tokens, where the server said anything about them.
    pub usage: Option<Usage>,
    /// How long it took, once it is over.
    pub timing: Option<Timing>,
    /// What it cost, by estimate; `None` is unknown, not nothing.
    pub cost: Option<Money>,
    /// The prices it was estimated by.
    pub rates: Option<Rates>,
    /// What else is to be said of it.
    pub notes: Vec<Note>,
    /// Whether a model can be asked for the rest of it.
    pub can_continue: bool,
    /// The model that was asked, where another one answered.
    pub asked_model: Option<String>,
    /// Why it failed or was cut off.
    pub failure: Option<Failure>,
    /// All versions of this turn in order of age, this one included.
    pub versions: Vec<MessageId>,
    /// Whether there is thinking to open.
    pub has_thinking: bool,
}

impl MessageMeta {
    /// Describes `message`, which is one of `versions`.
    pub fn of(message: &Message, versions: Vec<MessageId>) -> Self {
        Self::without_parts(message, MadeOf::parts(&message.parts), versions)
    }

    /// Describes `message`, which consists of parts of these kinds and is one of `versions`. Its parts need not be there.
    pub fn without_parts(message: &Message, made_of: MadeOf, versions: Vec<MessageId>) -> Self {
        let author = message.author.as_ref();
        Self {
            id: message.id,
            parent: message.parent,
            role: message.role,
            state: message.state,
            created_at_ms: message.created_at_ms,
            model: author.map(|author| author.model.clone()),
            effort: message.attempts.last().and_then(|attempt| attempt.effort),
            server: author.map(|author| author.server_name.clone()),
            finish_reason: message.finish_reason.as_ref().map(FinishReason::name).map(str::to_owned),
            usage: message.usage.is_known().then_some(message.usage),
            timing: (message.timing != Timing::default()).then_some(message.timing),
            cost: message.bill.cost,
            rates: message.bill.rates,
            notes: message.notes.clone(),
            can_continue: message.can_continue_as(made_of),
            asked_model: author
                .filter(|author| author.asked != author.model)
                .map(|author| author.asked.clone()),
            failure: message.failure.clone(),
            versions,
            has_thinking: made_of.thinking,
        }
    }
}

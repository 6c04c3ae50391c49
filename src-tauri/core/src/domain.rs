//! Plain data that every room speaks: conversations, messages, models, what went wrong. No rule that needs
//! a clock, a disk or a network lives here.

mod code;
mod conversation;
mod id;
mod message;
mod meta;
mod model;
mod money;
mod parts;
mod usage;
mod words;

pub use code::{Code, Failure};
pub use conversation::{ChatSettings, Conversation, ConversationRow, Effort};
pub use id::{ConversationId, MessageId, ServerId};
pub use message::{
    Author, FinishReason, Message, MessageState, Part, Role, ToolCall, plain_text, thinking_text,
};
pub use meta::MessageMeta;
pub use model::{Ignored, Model, ModelChoice, Place, Sampling, ServerKind};
pub use money::{Amount, Currency, InvalidAmount, Money, Rates};
pub use parts::Parts;
pub use usage::{Timing, Usage};
pub use words::Words;

//! Plain data that every room speaks: conversations, messages, models, what went wrong. No rule that needs
//! a clock, a disk or a network lives here.

mod attempt;
mod balance;
mod cause;
mod change;
mod code;
mod conversation;
mod dialect;
mod failure;
mod failure_words;
mod folder;
mod id;
mod lock;
mod message;
mod meta;
mod model;
mod money;
mod named;
mod parts;
pub mod record;
mod server;
mod usage;
mod words;

pub use attempt::{Attempt, AttemptEnd, Retried, Total};
pub use balance::{Balance, BalanceAmount};
pub use cause::{Cause, Flaw, LockOwner, Thing};
pub use change::Change;
pub use code::Code;
pub use conversation::{ChatSettings, Conversation, ConversationRow, Effort, TitledBy};
pub use dialect::{Dialect, ThinkingSwitch};
pub use failure::Failure;
pub use failure_words::{FailureWords, Language, retry_words};
pub use folder::{Beginning, Folder};
pub(crate) use id::seed_ids;
pub use id::{ConversationId, FolderId, MessageId, ServerId};
pub use lock::{HeldLock, Lock, normal_host};
pub use message::{
    Author, Bill, FinishReason, MadeOf, Message, MessageState, Note, Part, Role, ToolCall, plain_text,
    thinking_text,
};
pub use meta::MessageMeta;
pub use model::{Ignored, Model, ModelChoice, Place, Sampling, ServerKind};
pub use money::{Amount, Currency, InvalidAmount, Money, Rates};
pub use parts::Parts;
pub use server::{HeaderShown, ServerNetwork, ServerProxy};
pub use usage::{Timing, Usage};
pub use words::Words;

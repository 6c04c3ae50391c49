//! One exchange with a model: from a question that is safe on disk to a reply that is.
//!
//! `machine` decides and is pure; `driver` does what it decides; `feed` is what windows see of it.

mod driver;
mod feed;
mod machine;
mod newest_line;
mod news;
mod patch;
mod prompt;

pub use driver::{Assignment, RatesOf, Turn, start};
pub use feed::Feed;
pub(crate) use newest_line::newest_line;
pub use news::{News, NewsCursor, Retry};
pub use patch::{Phase, TurnPatch};
pub use prompt::{message_of, messages_of};

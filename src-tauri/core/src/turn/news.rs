//! A turn as a program without a window reads it.

use crate::domain::{Code, Message, Part};

/// A request that is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Which retry this is, counted from 1.
    pub attempt: u32,
    /// How long the wait is, in milliseconds.
    pub after_ms: u32,
    /// What went wrong.
    pub code: Code,
}

/// Something new in a turn, as a program without a window reads it.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// More thinking.
    Thinking(String),
    /// More text.
    Text(String),
    /// A whole part of another kind.
    Part(Part),
    /// The request is sent again after a wait.
    Retry(Retry),
    /// The reply as it is in the history.
    Ended(Box<Message>),
}

/// How far a reader of `Feed::news` has come.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewsCursor {
    retries: usize,
    part: usize,
    byte: usize,
}

/// What is newer than `cursor`; moves the cursor.
pub(super) fn news(
    parts: &[Part],
    retries: &[Retry],
    ended: Option<&Message>,
    cursor: &mut NewsCursor,
) -> Vec<News> {
    let mut news: Vec<News> = retries[cursor.retries..].iter().copied().map(News::Retry).collect();
    cursor.retries = retries.len();
    while let Some(part) = parts.get(cursor.part) {
        let (length, piece) = match part {
            Part::Text(text) => (text.len(), text.get(cursor.byte..).map(|new| News::Text(new.to_owned()))),
            Part::Thinking(text) => {
                (text.len(), text.get(cursor.byte..).map(|new| News::Thinking(new.to_owned())))
            }
            Part::ToolCall(_) | Part::Unknown { .. } => {
                (1, (cursor.byte == 0).then(|| News::Part(part.clone())))
            }
        };
        if cursor.byte < length {
            news.extend(piece);
            cursor.byte = length;
        }
        if cursor.part + 1 == parts.len() {
            break;
        }
        *cursor = NewsCursor { part: cursor.part + 1, byte: 0, ..*cursor };
    }
    if let Some(message) = ended {
        news.push(News::Ended(Box::new(message.clone())));
    }
    news
}

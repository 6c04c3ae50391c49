use serde::{Deserialize, Serialize};

/// Tokens as the server counted them. What it did not say is `None`, never 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Usage {
    /// Tokens of the request, cached ones included.
    pub prompt_tokens: Option<u32>,
    /// Of those, tokens served from the provider's prefix cache.
    pub cached_tokens: Option<u32>,
    /// Tokens of the reply, thinking included.
    pub completion_tokens: Option<u32>,
    /// Of those, tokens of thinking.
    pub reasoning_tokens: Option<u32>,
}

impl Usage {
    /// What this says, and where it says nothing, what `earlier` said.
    pub fn or(self, earlier: Self) -> Self {
        self.with(earlier, Option::or)
    }

    /// The tokens of two requests for one reply. What is unknown of either is unknown of both.
    pub fn and(self, later: Self) -> Self {
        self.with(later, |one, other| Some(one?.saturating_add(other?)))
    }

    /// The tokens of an attempt that failed and of the one after it: what either told.
    pub fn plus(self, later: Self) -> Self {
        self.with(later, sum)
    }

    fn with(self, other: Self, merge: impl Fn(Option<u32>, Option<u32>) -> Option<u32>) -> Self {
        Self {
            prompt_tokens: merge(self.prompt_tokens, other.prompt_tokens),
            cached_tokens: merge(self.cached_tokens, other.cached_tokens),
            completion_tokens: merge(self.completion_tokens, other.completion_tokens),
            reasoning_tokens: merge(self.reasoning_tokens, other.reasoning_tokens),
        }
    }

    /// Whether the server said anything at all.
    pub fn is_known(&self) -> bool {
        *self != Self::default()
    }
}

/// What either says, added up where both do.
fn sum(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    one.zip(other).map(|(one, other)| one.saturating_add(other)).or(one).or(other)
}

/// How long the parts of a reply took, in milliseconds from the moment the request left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Timing {
    /// Until the first character of thinking or text.
    pub first_token_ms: Option<u32>,
    /// From the first character of thinking to the last.
    pub thinking_ms: Option<u32>,
    /// Until the end.
    pub total_ms: Option<u32>,
}

impl Timing {
    /// The times of two requests for one reply: the first word is the first one's.
    pub fn and(self, later: Self) -> Self {
        Self {
            first_token_ms: self.first_token_ms.or(later.first_token_ms),
            thinking_ms: sum(self.thinking_ms, later.thinking_ms),
            total_ms: sum(self.total_ms, later.total_ms),
        }
    }
}

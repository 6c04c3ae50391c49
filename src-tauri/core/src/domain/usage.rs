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
        Self {
            prompt_tokens: self.prompt_tokens.or(earlier.prompt_tokens),
            cached_tokens: self.cached_tokens.or(earlier.cached_tokens),
            completion_tokens: self.completion_tokens.or(earlier.completion_tokens),
            reasoning_tokens: self.reasoning_tokens.or(earlier.reasoning_tokens),
        }
    }

    /// Whether the server said anything at all.
    pub fn is_known(&self) -> bool {
        *self != Self::default()
    }
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

//! What comes out for a few bytes of a reply.

use super::Delta;
use crate::domain::Failure;

/// Deltas in order; neighbouring pieces of one kind are joined, and empty ones are nothing.
#[derive(Debug, Default)]
pub(super) struct Out(Vec<Result<Delta, Failure>>);

impl Out {
    pub(super) fn into_vec(self) -> Vec<Result<Delta, Failure>> {
        self.0
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.0.push(Err(failure));
    }

    pub(super) fn text(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(Ok(Delta::Text(last))) => last.push_str(text),
            _ => self.push(Delta::Text(text.to_owned())),
        }
    }

    pub(super) fn thinking(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(Ok(Delta::Thinking(last))) => last.push_str(text),
            _ => self.push(Delta::Thinking(text.to_owned())),
        }
    }

    pub(super) fn push(&mut self, delta: Delta) {
        self.0.push(Ok(delta));
    }
}

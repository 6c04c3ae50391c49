//! The replies that this program receives.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::{ConversationId, MessageId};
use crate::turn::Turn;

/// A turn that runs, and whose it is.
pub(super) struct Arriving {
    pub(super) conversation: ConversationId,
    pub(super) turn: Turn,
}

/// The turns that run, by their reply.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<MessageId, Arriving>>);

impl Turns {
    pub(super) fn held(&self) -> MutexGuard<'_, HashMap<MessageId, Arriving>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held().is_empty()
    }

    /// Stops a turn; returns whether it runs here.
    pub(super) fn stop(&self, reply: MessageId) -> bool {
        self.held().get(&reply).inspect(|arriving| arriving.turn.stop()).is_some()
    }
}

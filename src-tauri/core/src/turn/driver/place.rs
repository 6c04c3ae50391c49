//! The reply in the history that a turn fills, and how its ending gets there.

use std::pin::pin;
use std::time::Duration;

use tokio::time::sleep;

use super::super::feed::Feed;
use super::KEEP_EVERY;
use crate::domain::{Attempt, Cause, Code, Message, MessageId, MessageState, Retried};
use crate::store::{Ending, Store, StoreError};

/// The longest wait before the ending is tried to be committed again.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How long the ending may take to be committed before it is told that it is not saved yet.
const SAVING: Duration = Duration::from_secs(1);
/// The reply in the history that is filled.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) reply: Message,
    pub(super) versions: Vec<MessageId>,
    pub(super) store: Store,
}

impl Place {
    /// Puts the ending into the history, and then into the feed. What cannot be written is put aside, told by the feed
    /// as not saved, and tried again for as long as the program lives.
    pub(super) async fn end(self, feed: &Feed, ending: Ending) -> Result<Message, StoreError> {
        let mut wait = KEEP_EVERY;
        let mut told = None;
        loop {
            let mut attempt = pin!(self.store.end_reply(self.reply.id, ending.clone()));
            let result = tokio::select! {
                result = &mut attempt => result,
                // Another program has the history for so long that a person wonders.
                () = sleep(SAVING), if told.is_none() => {
                    self.tell_unsaved(feed, &ending, &StoreError::Busy).await;
                    told = Some(Code::Busy);
                    attempt.await
                }
            };
            let Err(error) = result else { break };
            // Its conversation was deleted for good, and the reply with it.
            if matches!(error, StoreError::Missing(_)) {
                break;
            }
            if told != Some(error.code()) {
                self.tell_unsaved(feed, &ending, &error).await;
                told = Some(error.code());
            }
            if matches!(error, StoreError::Closed) {
                return Err(error);
            }
            sleep(wait).await;
            wait = LONGEST_WAIT.min(wait * 2);
        }
        self.store.forget_aside(self.reply.id).await;
        let reply = self.filled(&ending);
        feed.end(reply.clone(), self.versions);
        Ok(reply)
    }

    async fn tell_unsaved(&self, feed: &Feed, ending: &Ending, error: &StoreError) {
        let aside = self.store.put_aside(self.reply.id, ending).await.is_ok();
        let cause = if aside { Cause::KeptAside } else { Cause::KeptInMemory };
        let failure = error.failure().with(cause);
        let reply = Message { failure: Some(failure), ..self.filled(ending) };
        feed.end_unsaved(reply, self.versions.clone());
    }

    /// Ends the attempt that failed, and begins the next one.
    pub(super) fn try_again(&mut self, retried: &Retried) {
        let mut attempts = std::mem::take(&mut self.reply.attempts);
        if let Some(last) = attempts.last_mut() {
            let next = Attempt::leaving(last.author.clone(), None, retried.next_at_ms);
            last.end(retried.end.clone());
            attempts.push(next);
        }
        self.reply.answer(attempts);
    }

    /// The reply as `ending` leaves it.
    pub(super) fn filled(&self, ending: &Ending) -> Message {
        let mut reply = self.reply.clone();
        let mut attempts = std::mem::take(&mut reply.attempts);
        if let Some(last) = attempts.last_mut() {
            last.end(ending.last.clone());
        }
        reply.parts.clone_from(&ending.parts);
        // Asking for the rest in vain leaves what there was.
        let in_vain = ending.last.state == MessageState::Failed
            && attempts.iter().any(|attempt| !attempt.brought_nothing());
        reply.state = if in_vain { MessageState::CutOff } else { ending.last.state };
        reply.answer(attempts);
        reply
    }
}

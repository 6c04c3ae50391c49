//! Where text may go.

use std::collections::BTreeSet;

use url::Url;

use super::App;
use crate::domain::{Change, ConversationId, Failure, HeldLock, Lock, ServerId};
use crate::provider::place_of;
use crate::store::ConversationChange;

impl App {
    /// Locks a conversation, or without one the whole app. Replies that arrive from a place the new lock forbids end;
    /// what had arrived of them is kept.
    ///
    /// # Errors
    /// When the lock cannot be kept. Then it holds for this run all the same, because a lock that only seems to be
    /// open harms nobody.
    pub async fn set_lock(&self, conversation: Option<ConversationId>, lock: Lock) -> Result<(), Failure> {
        let lock = lock.normal();
        if lock.is_on() {
            self.0.gate.hold(conversation, Some(lock.clone()));
        }
        match conversation {
            Some(id) => {
                self.change(id, ConversationChange::Lock(lock)).await?;
            }
            None => self.0.store.set_app_lock(&lock).await?,
        }
        self.0.gate.hold(conversation, None);
        self.tell(conversation.map_or(Change::Settings, Change::chat));
        Ok(())
    }

    /// The lock of the whole app, as it is kept now.
    ///
    /// # Errors
    /// When the history cannot be read; then nothing may be sent.
    pub async fn lock(&self) -> Result<HeldLock, Failure> {
        Ok(self.0.store.locks(None).await?.0)
    }

    /// The servers that text may go to: of a conversation, or of a new one that begins with `lock`. Of several addresses
    /// one that is permitted is enough. It decides what is offered; `Reach` asks again, with what names resolve to.
    pub async fn permitted(
        &self,
        conversation: Option<ConversationId>,
        lock: &Lock,
    ) -> Result<BTreeSet<ServerId>, Failure> {
        let (app, own) = self.0.store.locks(conversation).await?;
        let own = if conversation.is_some() { own.lock() } else { lock };
        let both = app.lock().and(own).normal();
        let permits = |url: &String| Url::parse(url).is_ok_and(|url| both.permits(&place_of(&url)));
        let records = self.records().await?.into_iter();
        let permitted = records.filter(|record| {
            both.permits(&self.place_of(record)) || record.spec.more_urls.iter().any(permits)
        });
        Ok(permitted.map(|record| record.id).collect())
    }
}

//! Where text may go.

use super::{App, AppError};
use crate::domain::{ConversationId, Lock, Place, normal_host};
use crate::store::ConversationChange;

const LOCK: &str = "lock";

impl App {
    /// Locks a conversation, or without one the whole app. Replies that arrive from a place the new lock forbids are
    /// stopped; what had arrived of them is kept.
    ///
    /// # Errors
    /// When the lock cannot be kept. Then it holds for this run all the same, because a lock that only seems to be
    /// open harms nobody.
    pub async fn set_lock(&self, conversation: Option<ConversationId>, lock: Lock) -> Result<(), AppError> {
        let lock = lock.normal();
        self.stop_outside(conversation, &lock);
        if let Some(id) = conversation {
            self.change(id, ConversationChange::Lock(lock)).await?;
            return Ok(());
        }
        if lock.is_on() {
            self.0.reach.set_lock(lock.clone());
        }
        self.0.store.set_setting(LOCK, &lock).await?;
        self.0.reach.set_lock(lock);
        self.changed(None);
        Ok(())
    }

    /// The lock of the whole app. Read from the history each time, because another program may have changed it.
    ///
    /// # Errors
    /// When it cannot be read; then nothing may be sent.
    pub async fn lock(&self) -> Result<Lock, AppError> {
        let lock = self.0.store.setting::<Lock>(LOCK).await?.unwrap_or_default();
        if lock != self.0.reach.lock() {
            self.0.reach.set_lock(lock.clone());
        }
        Ok(lock)
    }
}

/// The lock that is kept in `store`, before anything can be sent.
pub(super) fn kept_lock(store: &crate::store::Store) -> Result<Lock, crate::store::StoreError> {
    Ok(store.setting_now(LOCK)?.unwrap_or_default())
}

/// Whether text may go to `place` under `lock`, as far as the address alone tells. `Reach` asks again with what the
/// name resolves to.
pub(super) fn permits(lock: &Lock, place: &Place) -> bool {
    match (lock, place) {
        (Lock::Off, _) | (_, Place::ThisComputer) => true,
        (Lock::ThisComputer, _) => false,
        (Lock::Hosts { hosts }, Place::PrivateNetwork { host } | Place::Internet { host }) => {
            hosts.contains(&normal_host(host))
        }
    }
}

//! The locks as they are kept, for whoever is about to open a connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::domain::{ConversationId, HeldLock, Lock};
use crate::provider::{LockGate, Locks};
use crate::store::Store;

/// The one holder of locks. They are read from the history for each connection, because any program may have changed
/// them a moment ago.
pub(super) struct Gate {
    store: Store,
    changes: watch::Sender<u64>,
    /// Locks that could not be written. They hold for this run all the same.
    unkept: Mutex<HashMap<Option<ConversationId>, Lock>>,
}

impl Gate {
    pub(super) fn of(store: Store) -> Arc<Self> {
        Arc::new(Self { store, changes: watch::Sender::new(0), unkept: Mutex::default() })
    }

    /// Has every connection under way ask again.
    pub(super) fn changed(&self) {
        self.changes.send_modify(|number| *number += 1);
    }

    /// Whether a connection is under way.
    pub(super) fn is_watched(&self) -> bool {
        self.changes.receiver_count() > 0
    }

    /// Holds a lock from now on, before it is written; `None` once it is.
    pub(super) fn hold(&self, conversation: Option<ConversationId>, lock: Option<Lock>) {
        let mut unkept = self.unkept.lock().unwrap_or_else(PoisonError::into_inner);
        match lock {
            Some(lock) => unkept.insert(conversation, lock),
            None => unkept.remove(&conversation),
        };
        drop(unkept);
        self.changed();
    }

    fn with_unkept(&self, conversation: Option<ConversationId>, kept: HeldLock) -> HeldLock {
        let unkept = self.unkept.lock().unwrap_or_else(PoisonError::into_inner);
        match (unkept.get(&conversation), kept) {
            (Some(unkept), HeldLock::Known(kept)) => HeldLock::Known(unkept.and(&kept)),
            (_, kept) => kept,
        }
    }

    async fn read(&self, conversation: Option<ConversationId>) -> Locks {
        let kept = self.store.locks(conversation).await;
        // What cannot be read forbids.
        let (app, own) = kept.unwrap_or((HeldLock::Unreadable, HeldLock::Unreadable));
        Locks {
            app: self.with_unkept(None, app),
            conversation: match conversation {
                Some(_) => self.with_unkept(conversation, own),
                None => HeldLock::default(),
            },
        }
    }
}

/// What `Reach` is given of it.
pub(super) struct Door(pub(super) Arc<Gate>);

impl LockGate for Door {
    fn locks(&self, conversation: Option<ConversationId>) -> BoxFuture<'static, Locks> {
        let gate = Arc::clone(&self.0);
        async move { gate.read(conversation).await }.boxed()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        let changes = self.0.changes.subscribe();
        self.0.store.watch_again();
        changes
    }
}

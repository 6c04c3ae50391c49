//! Who says where text may go. [`super::Reach`] asks before each connection, and nobody else holds a lock.

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use tokio::sync::watch;

use crate::domain::{ConversationId, HeldLock, Lock};

/// Knows the locks that hold now, those that another program set a moment ago among them.
pub trait LockGate: Send + Sync + 'static {
    /// The app's lock and, for text of a conversation, that conversation's. What cannot be read is
    /// [`HeldLock::Unreadable`].
    fn locks(&self, conversation: Option<ConversationId>) -> BoxFuture<'static, Locks>;

    /// A number that changes when [`LockGate::locks`] may answer differently. As long as somebody holds a receiver,
    /// other programs' changes are looked for.
    fn changes(&self) -> watch::Receiver<u64>;
}

/// The locks that one request is under. Both hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locks {
    /// The lock of the whole app.
    pub app: HeldLock,
    /// The lock of the conversation whose text it is.
    pub conversation: HeldLock,
}

impl Locks {
    /// What both allow.
    pub fn together(&self) -> Lock {
        self.app.lock().and(self.conversation.lock()).normal()
    }
}

/// A gate that is open always: for programs that keep no conversations, such as tests of a single server.
#[derive(Debug)]
pub(super) struct OpenGate(watch::Sender<u64>);

impl Default for OpenGate {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl LockGate for OpenGate {
    fn locks(&self, _: Option<ConversationId>) -> BoxFuture<'static, Locks> {
        ready(Locks::default()).boxed()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

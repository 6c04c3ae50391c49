//! A message that waits for the reply before it.

use super::chat::{Running, check_words, no_such_server};
use super::view::SendRequest;
use super::{App, LAST_MODEL};
use crate::domain::{Change, Code, Conversation, ConversationId, Failure};
use crate::store::Source;
use crate::turn::Turn;

impl App {
    /// Keeps a message that is sent when the reply that arrives in its conversation is complete, with the model and the
    /// settings that the conversation has then. A second one is added to it. When that reply fails or is stopped, or
    /// the message cannot be sent, it becomes the draft again; [`Change::Chat`] then says why.
    ///
    /// # Errors
    /// `invalid_request` for a blank one; `busy` where no reply arrives in this program. Then nothing was changed.
    pub async fn queue_message(&self, id: ConversationId, text: String) -> Result<Conversation, Failure> {
        check_words(&text)?;
        let Some(turn) = self.turn_in(id) else {
            return Err(Failure::told(Code::Busy, "No reply arrives here that the message could wait for."));
        };
        let conversation = self.0.store.queue(id, text).await?;
        let app = self.clone();
        tokio::spawn(async move { app.send_after(id, turn).await });
        self.tell(Change::chat(id));
        Ok(conversation)
    }

    /// Makes the message that waits in a conversation its draft again.
    pub async fn take_back(&self, id: ConversationId) -> Result<Conversation, Failure> {
        let conversation = self.0.store.take_back(id).await?;
        self.tell(Change::chat(id));
        Ok(conversation)
    }

    /// Each message that is added has one of these waiting; the first that finds the reply finished takes them all.
    async fn send_after(&self, id: ConversationId, turn: Turn) {
        let complete = turn.feed().finished().await;
        let Ok(conversation) = self.0.store.conversation(id).await else { return };
        if conversation.queued.is_empty() {
            return;
        }
        let unsent = if complete { self.send_queued(conversation).await.err() } else { None };
        match unsent {
            None if complete => {}
            // Another one of these was quicker, and the next reply arrives.
            Some(refused) if refused.code == Code::Busy => {}
            unsent => {
                // Where even that fails, the next start does it.
                let _ = self.0.store.take_back(id).await;
                let unsent = unsent.map(|refused| refused.code);
                self.tell(Change::Chat { id, unsent });
            }
        }
    }

    /// The turn whose reply arrives in a conversation.
    fn turn_in(&self, id: ConversationId) -> Option<Turn> {
        self.turns()
            .values()
            .find(|arriving| arriving.conversation == id)
            .map(|arriving| arriving.turn.clone())
    }

    async fn send_queued(&self, conversation: Conversation) -> Result<Running, Failure> {
        let last = self.0.store.setting(LAST_MODEL).await?;
        let model = conversation.model.or(last).ok_or_else(no_such_server)?;
        let request = SendRequest {
            conversation: Some(conversation.id),
            model,
            settings: conversation.settings,
            text: conversation.queued,
            lock: conversation.lock,
            folder: None,
        };
        self.ask_from(request, Source::Queue).await
    }
}

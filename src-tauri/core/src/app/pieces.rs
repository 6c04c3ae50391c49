//! A chat in pieces: what a window asks for of a conversation that it shows already.

use super::view::{MessageView, drawn, views};
use super::{AROUND, AT_END, App};
use crate::domain::{Code, ConversationId, Failure, MessageId};
pub use crate::store::Outline;
use crate::store::{BranchPart, StoreError};

/// The most messages that are drawn at once.
const MOST: u32 = 200;

impl App {
    /// The end of the shown branch, or the part of it around `at` while that is on it. A window compares it with what it
    /// shows and asks with [`App::messages`] only for what has changed.
    pub async fn outline(&self, id: ConversationId, at: Option<MessageId>) -> Result<Outline, Failure> {
        let store = &self.0.store;
        if let Some(message) = at {
            match store.outline(id, BranchPart::Around(message, AROUND)).await {
                // Another program shows another branch.
                Err(StoreError::Missing(_)) => {}
                found => return Ok(found?),
            }
        }
        Ok(store.outline(id, BranchPart::End(AT_END)).await?)
    }

    /// Messages with their texts, in the order of `ids`. Those that are gone are left out.
    ///
    /// # Errors
    /// `invalid_request` for more than 200.
    pub async fn messages(&self, ids: Vec<MessageId>) -> Result<Vec<MessageView>, Failure> {
        if ids.len() > MOST as usize {
            return Err(Failure::told(Code::InvalidRequest, "These are too many messages at once."));
        }
        let found = self.0.store.messages(ids).await?;
        drawn(move || {
            found.iter().map(|(message, versions)| MessageView::of(message, versions.clone())).collect()
        })
        .await
    }

    /// Up to `limit` messages of the branch before `message`, which is on it; first message first.
    pub async fn messages_before(&self, message: MessageId, limit: u32) -> Result<Vec<MessageView>, Failure> {
        self.beside(message, |limit| BranchPart::Before(message, limit), limit).await
    }

    /// Up to `limit` messages of the shown branch after `message`, which is on it.
    pub async fn messages_after(&self, message: MessageId, limit: u32) -> Result<Vec<MessageView>, Failure> {
        self.beside(message, |limit| BranchPart::After(message, limit), limit).await
    }

    async fn beside(
        &self,
        message: MessageId,
        part: impl FnOnce(usize) -> BranchPart,
        limit: u32,
    ) -> Result<Vec<MessageView>, Failure> {
        let conversation = self.0.store.message(message).await?.conversation;
        let limit = usize::try_from(limit.min(MOST)).unwrap_or_default();
        let branch = self.0.store.branch(conversation, part(limit)).await?;
        drawn(move || views(&branch)).await
    }
}

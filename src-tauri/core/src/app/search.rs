//! Finding what was said.

use super::App;
use crate::domain::{ConversationId, Failure};
use crate::store::{Found, SearchPosition, SearchResults};

impl App {
    /// Finds messages and titles. No query is an error: what means nothing finds nothing.
    pub async fn search(
        &self,
        query: &str,
        from: Option<SearchPosition>,
        limit: u32,
    ) -> Result<SearchResults, Failure> {
        Ok(self.0.store.search(query, from, limit).await?)
    }

    /// Finds messages in the shown branch of a conversation.
    pub async fn find(&self, conversation: ConversationId, query: &str) -> Result<Found, Failure> {
        Ok(self.0.store.find(conversation, query).await?)
    }

    /// Waits until everything can be found.
    pub async fn search_is_ready(&self) -> Result<(), Failure> {
        const AGAIN: std::time::Duration = std::time::Duration::from_millis(50);
        while self.0.store.search("", None, 0).await?.preparing.is_some() {
            tokio::time::sleep(AGAIN).await;
        }
        Ok(())
    }

    /// Builds the index anew, in the background.
    pub async fn rebuild_search(&self) -> Result<(), Failure> {
        Ok(self.0.store.rebuild_search().await?)
    }
}

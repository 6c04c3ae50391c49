//! What is done by itself while a program stays: the daily back-up, and the trash after its thirty days.

use std::sync::Arc;
use std::time::Duration;

use super::App;
use super::disk::at_length;
use crate::domain::{Change, Failure};
use crate::store::{BackUpReason, StoreError, is_back_up_due};

/// What a person sees of a start comes first.
const AFTER_START: Duration = Duration::from_secs(5);
const EVERY: Duration = Duration::from_hours(1);

impl App {
    /// Looks every hour whether there is something to do, for as long as any other clone of the app is held. It is not
    /// done before the first seconds are over: a command that asks one question and ends has nothing to wait for.
    pub async fn keep_up(self) {
        let app = Arc::downgrade(&self.0);
        drop(self);
        tokio::time::sleep(AFTER_START).await;
        if let Some(inner) = app.upgrade()
            && let Err(error) = App(inner).forget_long_removed().await
        {
            tracing::warn!(code = error.code.name(), "keys of removed servers stay until the next start");
        }
        while let Some(inner) = app.upgrade() {
            if let Err(error) = App(inner).keep_up_once().await {
                tracing::warn!(code = error.code.name(), "upkeep failed; it is tried again");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Makes the daily back-up and empties the trash, each if it is due.
    ///
    /// # Errors
    /// The first thing that went wrong; the other was done all the same.
    pub async fn keep_up_once(&self) -> Result<(), Failure> {
        let backed_up = self.back_up_if_due().await;
        let purged = self.0.store.purge_trash(self.0.clock.now_ms()).await?;
        if purged.conversations > 0 || purged.messages > 0 {
            self.tell(Change::Everything);
        }
        backed_up
    }

    async fn back_up_if_due(&self) -> Result<(), Failure> {
        let (store, now_ms) = (self.0.store.clone(), self.0.clock.now_ms());
        at_length(move |interrupt| {
            if store.is_moved() {
                return Err(StoreError::Moved);
            }
            if is_back_up_due(store.folder(), now_ms)? {
                store.back_up_now(BackUpReason::Daily, now_ms, interrupt)?;
            }
            Ok(())
        })
        .await
    }
}

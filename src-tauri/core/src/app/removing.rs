//! Servers that are removed, and come back while there is a way back.

use super::keys::secrets_of;
use super::{App, Server};
use crate::domain::{Change, Failure, ServerId};
use crate::store::ServerRecord;

/// Far longer than a way back is offered for.
const OFFERED_MS: i64 = 60_000;

impl App {
    /// Removes a server from all lists. Its secrets stay in the keychain until [`App::forget_removed`].
    pub async fn remove_server(&self, id: ServerId) -> Result<(), Failure> {
        self.0.store.remove_server(id, self.0.clock.now_ms()).await?;
        self.tell(Change::Servers);
        Ok(())
    }

    /// Takes the removal of a server back. Conversations that name it can go on, with the secrets that were not
    /// forgotten; where its name was taken meanwhile, it gets a number.
    ///
    /// # Errors
    /// `not_found` for one that was not removed.
    pub async fn restore_server(&self, id: ServerId) -> Result<Server, Failure> {
        self.0.store.restore_server(id).await?;
        self.tell(Change::Servers);
        self.server(id).await
    }

    /// Deletes the secrets of a removed server from the keychain. There is nothing to do for one that came back.
    ///
    /// # Errors
    /// `no_keychain` when the keychain may still have them; then the next start tries again.
    pub async fn forget_removed(&self, id: ServerId) -> Result<(), Failure> {
        let removed = self.0.store.servers_removed_before(i64::MAX).await?;
        match removed.into_iter().find(|record| record.id == id) {
            Some(record) => self.forget_secrets_of(&record).await,
            None => Ok(()),
        }
    }

    /// Deletes the secrets of servers that were removed by a program which ended before it could.
    ///
    /// # Errors
    /// As [`App::forget_removed`], for the first.
    pub async fn forget_long_removed(&self) -> Result<(), Failure> {
        let removed_before_ms = self.0.clock.now_ms().saturating_sub(OFFERED_MS);
        for record in self.0.store.servers_removed_before(removed_before_ms).await? {
            self.forget_secrets_of(&record).await?;
        }
        Ok(())
    }

    async fn forget_secrets_of(&self, record: &ServerRecord) -> Result<(), Failure> {
        for secret in secrets_of(record) {
            let name = self.secret_name(record, secret).await?;
            self.0.keys.delete(&name).await?;
        }
        Ok(self.0.store.forget_server_secrets(record.id).await?)
    }
}

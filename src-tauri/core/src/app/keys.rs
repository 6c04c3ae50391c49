//! Keys: given once, checked at once, kept in the system's keychain.

use serde::{Deserialize, Serialize};

use super::{App, Server, ServerState};
use crate::domain::{Balance, Cause, Change, Code, ConversationId, Failure, ServerId, ServerProxy};
use crate::provider::{self, Endpoint};
use crate::secrets::{Key, KeySource, KeychainError, Secret, SecretName, clean, key_variable, shown};
use crate::store::ServerRecord;

/// The setting under which the part of the keychain's names stands that tells this history's keys from another's.
const KEYCHAIN: &str = "keychain";

/// Where a key that is given is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum KeepKey {
    /// In the system's keychain.
    #[default]
    Keychain,
    /// In memory, until Porthole ends.
    ThisRun,
}

/// Where a server's key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Nowhere.
    Missing,
    /// In the environment, for this run.
    Environment,
    /// In the system's keychain.
    Keychain,
    /// In memory, for this run.
    ThisRun,
}

/// What a server said to the key it has, when it was asked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum KeyCheck {
    /// It answered.
    Accepted,
    /// It refused the key.
    Refused,
    /// It could not be asked, so that nobody knows.
    Unchecked,
}

/// What may be shown of a server's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct KeyStatus {
    /// Where it is.
    pub state: KeyState,
    /// Its beginning and end, such as `sk-…a1b2`.
    pub shown: Option<String>,
    /// What the server said to it; `None` where there is no key, or the server was not asked in this run.
    pub check: Option<KeyCheck>,
    /// Whether the server cannot be used without one.
    pub needed: bool,
}

pub(super) enum SecretOf {
    Key,
    ProxyPassword,
    Header(String),
}

impl App {
    /// Takes a key for a server, asks the server whether it is right, and keeps it.
    ///
    /// # Errors
    /// `unauthorized` or `forbidden` when the server refuses it, and `no_keychain` when there is none: then it is not
    /// kept. A server that cannot be asked now does not keep a key from being kept.
    pub async fn set_key(&self, id: ServerId, key: Secret<String>, keep: KeepKey) -> Result<Server, Failure> {
        let record = self.record(id).await?;
        let key = clean(key).map_err(|error| Failure::told(Code::InvalidRequest, error.to_string()))?;
        let mut endpoint = self.endpoint(&record).await?;
        endpoint.key = Some(key.clone());
        let found = Box::pin(provider::identify(&self.0.reach, &endpoint)).await;
        if let Err(failure) = &found
            && is_refusal(failure)
        {
            return Err(failure.clone());
        }
        let name = self.secret_name(&record, SecretOf::Key).await?;
        match keep {
            KeepKey::Keychain => {
                self.0.keys.keep(&name, key).await?;
                self.0.store.set_server_key(id, true).await?;
            }
            KeepKey::ThisRun => self
                .0
                .keys
                .keep_for_this_run(&name, key)
                .map_err(|error| Failure::told(Code::InvalidRequest, error.to_string()))?,
        }
        self.answered(&record, found).await;
        if self.account_of(&record).is_some_and(|vendor| vendor.has_balance) {
            // The key is right; what the account says of itself besides can be asked for again.
            let _ = self.balance(id).await;
        }
        self.tell(Change::Servers);
        self.server(id).await
    }

    /// Forgets a server's key, in the keychain and in this run.
    pub async fn delete_key(&self, id: ServerId) -> Result<Server, Failure> {
        let record = self.record(id).await?;
        let name = self.secret_name(&record, SecretOf::Key).await?;
        let deleted = self.0.keys.delete(&name).await;
        if record.has_key {
            deleted?;
            self.0.store.set_server_key(id, false).await?;
        }
        let record = self.record(id).await?;
        self.ask_for_models(record).await;
        self.tell(Change::Servers);
        self.server(id).await
    }

    pub(super) async fn key_status(&self, record: &ServerRecord) -> KeyStatus {
        let needed = self.account_of(record).is_some() || self.0.answers.refused(record.id);
        let key = match self.keychain_was_open_for(record).await {
            Ok(()) => self.key_of(record).await.ok().flatten(),
            Err(_) => None,
        };
        let state = match key.as_ref().map(|key| &key.source) {
            // A keychain that is locked now still has it.
            None if record.has_key => KeyState::Keychain,
            None => KeyState::Missing,
            Some(KeySource::Environment { .. }) => KeyState::Environment,
            Some(KeySource::Keychain) => KeyState::Keychain,
            Some(KeySource::ThisRun) => KeyState::ThisRun,
        };
        let check = self.0.answers.get(record.id).filter(|_| state != KeyState::Missing);
        KeyStatus {
            state,
            shown: key.map(|key| shown(&key.secret)),
            check: check.and_then(|answer| check_of(&answer.state)),
            needed,
        }
    }

    /// Whoever asks by itself asks a keychain once in a run that would not tell: some ask a person each time.
    ///
    /// # Errors
    /// Why the keychain did not tell a secret of the server.
    pub(super) async fn keychain_was_open_for(&self, record: &ServerRecord) -> Result<(), Failure> {
        for secret in secrets_of(record) {
            let variables = match secret {
                SecretOf::Key => self.key_variables_of(record),
                SecretOf::ProxyPassword | SecretOf::Header(_) => Vec::new(),
            };
            let name = self.secret_name(record, secret).await?;
            if self.0.keys.given(&name, &variables).is_none()
                && let Some(error) = self.0.keys.refused(&name)
            {
                return Err(Failure::from(error).at(&record.spec.name));
            }
        }
        Ok(())
    }

    fn key_variables_of(&self, record: &ServerRecord) -> Vec<String> {
        let mut variables = vec![key_variable(&record.spec.name)];
        if let Some(vendor) = self.own_account_of(record) {
            variables.extend(vendor.key_variable.clone());
        }
        variables
    }

    /// A server's key. The keychain is asked only when it was given one, because on some systems it asks the person.
    pub(super) async fn key_of(&self, record: &ServerRecord) -> Result<Option<Key>, Failure> {
        let variables = self.key_variables_of(record);
        let name = self.secret_name(record, SecretOf::Key).await?;
        if !record.has_key {
            return Ok(self.0.keys.given(&name, &variables));
        }
        let found = self.0.keys.find(&name, &variables).await;
        found.map_err(|error| Failure::from(error).at(&record.spec.name))
    }

    /// What is left on the account of a server.
    ///
    /// # Errors
    /// As every request; `not_found` for a server whose account cannot be asked.
    pub async fn balance(&self, id: ServerId) -> Result<Balance, Failure> {
        let record = self.record(id).await?;
        self.balance_of(&record, None).await
    }

    /// The same under the lock of a conversation besides the app's.
    pub(super) async fn balance_of(
        &self,
        record: &ServerRecord,
        conversation: Option<ConversationId>,
    ) -> Result<Balance, Failure> {
        if !self.account_of(record).is_some_and(|vendor| vendor.has_balance) {
            return Err(Failure::because(Code::NotFound, Cause::NoBalanceTold).at(&record.spec.name));
        }
        let endpoint = Endpoint { conversation, ..self.endpoint(record).await? };
        let balance = provider::balance(&self.0.reach, &endpoint).await?;
        if let Some(currency) = balance.currency().filter(|one| record.currency != Some(*one)) {
            self.0.store.set_server_currency(record.id, currency).await?;
            // Prices of its models are in another currency now.
            self.tell(Change::Servers);
        }
        Ok(balance)
    }

    /// The keychain's name for a secret of a server. Two histories on one machine have different ones.
    pub(super) async fn secret_name(
        &self,
        record: &ServerRecord,
        of: SecretOf,
    ) -> Result<SecretName, Failure> {
        let history = if let Some(history) = self.0.store.setting::<String>(KEYCHAIN).await? {
            history
        } else {
            self.0.store.setting_or(KEYCHAIN, format!("{:08x}", rand::random::<u32>())).await?
        };
        let id = record.id;
        Ok(SecretName::new(match of {
            SecretOf::Key => format!("{history}/{id}"),
            SecretOf::ProxyPassword => format!("{history}/{id}/proxy"),
            SecretOf::Header(name) => format!("{history}/{id}/header/{}", name.to_ascii_lowercase()),
        }))
    }
}

/// What the keychain holds of a server.
pub(super) fn secrets_of(record: &ServerRecord) -> impl Iterator<Item = SecretOf> {
    let headers = record.spec.network.headers.iter().map(|header| SecretOf::Header(header.name.clone()));
    let key = record.has_key.then_some(SecretOf::Key);
    let password = has_password(record).then_some(SecretOf::ProxyPassword);
    key.into_iter().chain(password).chain(headers)
}

pub(super) fn has_password(record: &ServerRecord) -> bool {
    matches!(&record.spec.network.proxy, ServerProxy::Own { has_password: true, .. })
}

fn check_of(state: &ServerState) -> Option<KeyCheck> {
    match state {
        ServerState::Checking => None,
        ServerState::Ready => Some(KeyCheck::Accepted),
        ServerState::Unreachable { failure } if is_refusal(failure) => Some(KeyCheck::Refused),
        ServerState::Unreachable { .. } => Some(KeyCheck::Unchecked),
    }
}

fn is_refusal(failure: &Failure) -> bool {
    matches!(failure.code, Code::Unauthorized | Code::Forbidden)
}

impl From<KeychainError> for Failure {
    fn from(error: KeychainError) -> Self {
        let (cause, detail) = match error {
            KeychainError::Unavailable { reason } => (None, Some(reason)),
            KeychainError::Locked => (Some(Cause::KeychainLocked), None),
            KeychainError::Refused { reason } => (Some(Cause::KeychainRefused), Some(reason)),
            KeychainError::Unfit(why) => (Some(Cause::Told { sentence: why.to_string() }), None),
        };
        Self { detail, ..Self::new(Code::NoKeychain) }.with(cause)
    }
}

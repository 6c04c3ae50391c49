//! The keychain itself. Every call may block for as long as it takes the user to type a password.

use std::collections::HashMap;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};
use zeroize::Zeroize;

use super::error::NO_KEY;
use super::{KeychainError, Secret, SecretName};

/// The service name that keychains list Porthole's keys under. Changing it loses every stored key.
const SERVICE: &str = "Porthole";

/// Only on Linux is the keychain another program, reached through a session that ends when that program does.
const IS_A_PROGRAM: bool = cfg!(target_os = "linux");

/// Which keychain there is.
#[derive(Clone)]
pub(super) enum Door {
    /// The machine's own, not opened before it is needed: some ask for a password.
    Machine,
    /// This one, for tests.
    Given(Arc<CredentialStore>),
    /// None, and why.
    Walled(&'static str),
}

impl Door {
    fn open(&self) -> Result<Arc<CredentialStore>, KeychainError> {
        match self {
            Self::Machine => of_machine().map_err(|error| KeychainError::of_opening(&error)),
            Self::Given(store) => Ok(Arc::clone(store)),
            Self::Walled(reason) => Err(KeychainError::unavailable(reason)),
        }
    }

    fn entry(&self, store: &CredentialStore, name: &SecretName) -> Result<Entry, Error> {
        let label = format!("{SERVICE} ({name})");
        let labels = HashMap::from([("label", label.as_str())]);
        // The other two show service and name, and have no label.
        let labels = (cfg!(target_os = "linux") && matches!(self, Self::Machine)).then_some(&labels);
        store.build(SERVICE, name.as_str(), labels)
    }
}

#[cfg(target_os = "linux")]
fn of_machine() -> Result<Arc<CredentialStore>, Error> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn of_machine() -> Result<Arc<CredentialStore>, Error> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn of_machine() -> Result<Arc<CredentialStore>, Error> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn of_machine() -> Result<Arc<CredentialStore>, Error> {
    Err(Error::NotSupportedByStore("Porthole knows no keychain on this system".to_owned()))
}

/// A keychain behind its door.
pub(super) struct Keychain {
    door: Door,
    store: Option<Arc<CredentialStore>>,
}

impl Keychain {
    pub(super) fn behind(door: Door) -> Self {
        Self { door, store: None }
    }

    /// The key of that name, if there is one.
    pub(super) fn read(&mut self, name: &SecretName) -> Result<Option<Secret<String>>, KeychainError> {
        let Some(found) = self.ask(name, Entry::get_secret)? else { return Ok(None) };
        let text = String::from_utf8(found).map_err(|error| {
            error.into_bytes().zeroize();
            KeychainError::refused(NO_KEY)
        })?;
        Ok(Some(Secret::new(text)))
    }

    /// Keeps a key in place of the existing one, which it returns. A keychain without a keyring to keep it in can be
    /// opened and read like one with a keyring, so the key is read back before the caller learns that it was kept.
    pub(super) fn write(
        &mut self,
        name: &SecretName,
        secret: &Secret<String>,
    ) -> Result<Option<Secret<String>>, KeychainError> {
        let before = self.read(name)?;
        self.set(name, secret)?;
        if self.read(name)?.as_ref() == Some(secret) {
            return Ok(before);
        }
        self.put_back(name, before.as_ref());
        Err(KeychainError::refused("it does not give back what it was given"))
    }

    /// Writes a key, or without one deletes what is there. Returns what was there.
    pub(super) fn change(
        &mut self,
        name: &SecretName,
        secret: Option<&Secret<String>>,
    ) -> Result<Option<Secret<String>>, KeychainError> {
        if let Some(secret) = secret {
            return self.write(name, secret);
        }
        let before = match self.read(name) {
            Ok(before) => before,
            // What cannot be read can still be deleted.
            Err(KeychainError::Refused { .. }) => None,
            Err(error) => return Err(error),
        };
        self.delete(name)?;
        Ok(before)
    }

    /// Restores what a name held, as far as the keychain allows.
    pub(super) fn put_back(&mut self, name: &SecretName, before: Option<&Secret<String>>) {
        let _ = match before {
            Some(secret) => self.set(name, secret),
            None => self.delete(name),
        };
    }

    /// Deletes what is stored under a name, even if there are several keys.
    pub(super) fn delete(&mut self, name: &SecretName) -> Result<(), KeychainError> {
        self.ask(name, |entry| match entry.delete_credential() {
            Err(Error::Ambiguous(entries)) => entries.iter().try_for_each(Entry::delete_credential),
            other => other,
        })?;
        Ok(())
    }

    fn set(&mut self, name: &SecretName, secret: &Secret<String>) -> Result<(), KeychainError> {
        self.ask(name, |entry| entry.set_secret(secret.expose().as_bytes()))?;
        Ok(())
    }

    /// Asks the keychain for one thing, opening it first if necessary. `None`: there is no such key.
    fn ask<T>(
        &mut self,
        name: &SecretName,
        wish: impl Fn(&Entry) -> Result<T, Error>,
    ) -> Result<Option<T>, KeychainError> {
        loop {
            let (store, was_open) = match self.store.take() {
                Some(store) => (store, true),
                None => (self.door.open()?, false),
            };
            match self.door.entry(&*store, name).and_then(|entry| wish(&entry)) {
                // It may have been restarted since it was opened, and know nothing of this session.
                Err(Error::PlatformFailure(_)) if was_open && IS_A_PROGRAM => {}
                answer => {
                    self.store = Some(store);
                    return match answer {
                        Ok(value) => Ok(Some(value)),
                        Err(Error::NoEntry) => Ok(None),
                        Err(error) => Err(KeychainError::of_asking(error)),
                    };
                }
            }
        }
    }
}

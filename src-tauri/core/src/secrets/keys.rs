use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::environment::{self, Variables};
use super::keychain::{Door, Keychain};
use super::line::Line;
use super::{KeychainError, Secret, UnfitKey, clean};

/// What a key is called in the keychain, where every data folder's keys lie side by side: the app makes names that
/// no two keys share. It is no secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SecretName(String);

impl SecretName {
    /// A name. It is not empty, since macOS takes an empty one for any.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        debug_assert!(!name.is_empty(), "an empty name means every key on macOS");
        Self(name)
    }

    /// The name as the keychain has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Where a key came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// This environment variable.
    Environment {
        /// Its name.
        variable: String,
    },
    /// The keychain, which keeps it.
    Keychain,
    /// A person, for this run; it is written nowhere.
    ThisRun,
}

/// A key and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub secret: Secret<String>,
    /// Where it came from.
    pub source: KeySource,
}

/// Where keys come from and where they are kept. Cheap to clone; all clones are one. Its `async` methods need a
/// tokio runtime.
#[derive(Clone)]
pub struct Keys {
    variables: Arc<Variables>,
    memory: Arc<Mutex<Memory>>,
    keychain: Arc<Line>,
}

impl Keys {
    /// The machine's: the environment as it is now, read once and never again, and the keychain, which is opened
    /// when it is first needed. With `PORTHOLE_KEYCHAIN=off` there is none in this run.
    pub fn of_machine() -> Self {
        let door = if environment::keychain_is_off() {
            Door::Walled("PORTHOLE_KEYCHAIN=off tells Porthole not to")
        } else {
            Door::Machine
        };
        Self::of(Variables::of_process(), door)
    }

    /// For tests: no environment, and a keychain in memory that goes with the last clone.
    pub fn in_memory() -> Self {
        let door = keyring_core::mock::Store::new()
            .map_or(Door::Walled("there is no memory for it"), |store| Door::Given(store));
        Self::of(Variables::default(), door)
    }

    /// For tests: no environment, and no keychain either.
    pub fn without_keychain() -> Self {
        Self::of(Variables::default(), Door::Walled("there is none"))
    }

    fn of(variables: Variables, door: Door) -> Self {
        Self {
            variables: Arc::new(variables),
            memory: Arc::default(),
            keychain: Arc::new(Line::before(door)),
        }
    }

    /// For tests: as if the environment had held this.
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        Arc::make_mut(&mut self.variables).insert(name, Secret::new(value.to_owned()));
        self
    }

    /// The environment variables that keys were read from. A program that starts others removes them from its own
    /// environment, or each child is handed every key; [`Keys::find`] finds them all the same.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.names()
    }

    /// As [`Keys::find`], without asking the keychain for what it has not told yet.
    pub fn given(&self, name: &SecretName, variables: &[String]) -> Option<Key> {
        let of_environment = variables.iter().find_map(|variable| {
            let secret = self.variables.get(variable)?.clone();
            Some(Key { secret, source: KeySource::Environment { variable: variable.clone() } })
        });
        of_environment.or_else(|| remembered(&self.memory).find(name))
    }

    /// The key called `name`, or the one in the first of `variables` that is set; what the environment says for a
    /// run goes before what was given for this run, and that before what is kept. What the keychain answered is
    /// remembered until the program ends, because some keychains ask a person each time.
    ///
    /// Of the environment only `PORTHOLE_KEY_…`, `DEEPSEEK_API_KEY`, `OPENAI_API_KEY` and `ANTHROPIC_API_KEY` are
    /// known.
    ///
    /// # Errors
    /// When only the keychain could know, and did not say.
    pub async fn find(&self, name: &SecretName, variables: &[String]) -> Result<Option<Key>, KeychainError> {
        if let Some(key) = self.given(name, variables) {
            return Ok(Some(key));
        }
        let refusals = remembered(&self.memory).refusals;
        let (memory, name) = (Arc::clone(&self.memory), name.clone());
        let wish = move |keychain: &mut Keychain| {
            {
                let memory = remembered(&memory);
                if let Some(key) = memory.find(&name) {
                    return Ok(Some(key));
                }
                // Somebody closed its question while this one waited: asking again at once would be a second one.
                if memory.refusals != refusals {
                    return Err(KeychainError::Locked);
                }
            }
            let found = keychain.read(&name);
            let mut memory = remembered(&memory);
            match found {
                Ok(Some(secret)) => {
                    memory.read.insert(name, secret.clone());
                    Ok(Some(Key { secret, source: KeySource::Keychain }))
                }
                Ok(None) => Ok(None),
                Err(error) => {
                    memory.refusals += u64::from(error == KeychainError::Locked);
                    Err(error)
                }
            }
        };
        self.keychain.ask(wish, |_, _| ()).await
    }

    /// Keeps a key in the keychain, in place of the one of that name, and reads it back before saying so. A key that
    /// was given for this run goes. If the caller stops waiting, what was there before is put back.
    ///
    /// # Errors
    /// When it is no key or is not in the keychain now.
    pub async fn keep(&self, name: &SecretName, secret: Secret<String>) -> Result<(), KeychainError> {
        let secret = clean(secret)?;
        let (memory, name) = (Arc::clone(&self.memory), name.clone());
        let (memory_before, name_before) = (Arc::clone(&memory), name.clone());
        let wish = move |keychain: &mut Keychain| {
            let before = keychain.write(&name, &secret)?;
            let mut memory = remembered(&memory);
            let this_run = memory.this_run.remove(&name);
            memory.read.insert(name, secret);
            Ok((before, this_run))
        };
        let unheard = move |keychain: &mut Keychain, (before, this_run)| {
            keychain.put_back(&name_before, Option::as_ref(&before));
            let mut memory = remembered(&memory_before);
            memory.read.remove(&name_before);
            if let Some(this_run) = this_run {
                memory.this_run.insert(name_before, this_run);
            }
        };
        self.keychain.ask(wish, unheard).await.map(|_| ())
    }

    /// Holds a key for this run. It is written nowhere; what the keychain has under that name stays there and waits
    /// for the next run.
    ///
    /// # Errors
    /// When it is no key.
    pub fn keep_for_this_run(&self, name: &SecretName, secret: Secret<String>) -> Result<(), UnfitKey> {
        let secret = clean(secret)?;
        remembered(&self.memory).this_run.insert(name.clone(), secret);
        Ok(())
    }

    /// Forgets a key and deletes it from the keychain. One that is not there is as good as deleted.
    ///
    /// # Errors
    /// When the keychain may still have it. Porthole has forgotten it in this run all the same.
    pub async fn delete(&self, name: &SecretName) -> Result<(), KeychainError> {
        remembered(&self.memory).forget(name);
        let (memory, name) = (Arc::clone(&self.memory), name.clone());
        let wish = move |keychain: &mut Keychain| {
            // One that was being read meanwhile has been remembered since.
            remembered(&memory).read.remove(&name);
            keychain.delete(&name)
        };
        self.keychain.ask(wish, |_, ()| ()).await
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keys")
    }
}

/// The keys of this run.
#[derive(Default)]
struct Memory {
    this_run: HashMap<SecretName, Secret<String>>,
    /// What the keychain holds, as far as it was asked.
    read: HashMap<SecretName, Secret<String>>,
    /// How often the keychain said that it is locked.
    refusals: u64,
}

impl Memory {
    fn find(&self, name: &SecretName) -> Option<Key> {
        let key = |held: &HashMap<SecretName, Secret<String>>, source| {
            held.get(name).map(|secret| Key { secret: secret.clone(), source })
        };
        key(&self.this_run, KeySource::ThisRun).or_else(|| key(&self.read, KeySource::Keychain))
    }

    fn forget(&mut self, name: &SecretName) {
        self.this_run.remove(name);
        self.read.remove(name);
    }
}

fn remembered(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::environment::{self, Variables};
use super::keychain::{Door, Keychain};
use super::line::Line;
use super::{KeychainError, Secret, UnfitKey, clean};

/// What a key is called in the keychain, which holds the keys of all data folders side by side: the app makes each
/// name unique. It is not a secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SecretName(String);

impl SecretName {
    /// A name. It is not empty, since for macOS an empty name matches any.
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
    /// The user, for this run; it is not stored anywhere.
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
    /// The machine's: the environment as it is now, read only once, and the keychain, which is opened when it is
    /// first needed. With `PORTHOLE_KEYCHAIN=off` there is none in this run.
    pub fn of_machine() -> Self {
        let door = if environment::keychain_is_off() {
            Door::Walled("PORTHOLE_KEYCHAIN=off tells Porthole not to")
        } else {
            Door::Machine
        };
        Self::of(Variables::of_process(), door)
    }

    /// For tests: no environment, and a keychain in memory that is dropped with the last clone.
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

    /// For tests: how often the keychain was asked for a key.
    pub fn times_asked(&self) -> u64 {
        remembered(&self.memory).asked
    }

    /// The environment variables that keys were read from. A program that starts others must remove them from its own
    /// environment, or each child inherits every key; [`Keys::find`] finds them all the same.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.names()
    }

    /// As [`Keys::find`], without asking the keychain for what it has not returned yet.
    pub fn given(&self, name: &SecretName, variables: &[String]) -> Option<Key> {
        let of_environment = variables.iter().find_map(|variable| {
            let secret = self.variables.get(variable)?.clone();
            Some(Key { secret, source: KeySource::Environment { variable: variable.clone() } })
        });
        of_environment.or_else(|| remembered(&self.memory).find(name))
    }

    /// The key called `name`, or the one in the first of `variables` that is set; the environment takes
    /// precedence over what was given for this run, and that over what is kept. The keychain's answers are remembered
    /// until the program ends, because some keychains ask the user each time.
    ///
    /// Of the environment only `PORTHOLE_KEY_…`, `DEEPSEEK_API_KEY`, `OPENAI_API_KEY` and `ANTHROPIC_API_KEY` are
    /// known.
    ///
    /// # Errors
    /// When only the keychain could know, and did not answer.
    pub async fn find(&self, name: &SecretName, variables: &[String]) -> Result<Option<Key>, KeychainError> {
        if let Some(key) = self.given(name, variables) {
            return Ok(Some(key));
        }
        let refusals = remembered(&self.memory).refusals;
        let (memory, name) = (Arc::clone(&self.memory), name.clone());
        let asked = name.clone();
        let wish = move |keychain: &mut Keychain| {
            {
                let memory = remembered(&memory);
                if let Some(key) = memory.find(&name) {
                    return Ok(Some(key));
                }
                // The user dismissed its prompt while this call waited: asking again at once would bring up another.
                if memory.refusals != refusals {
                    return Err(KeychainError::Locked);
                }
            }
            let found = keychain.read(&name);
            let mut memory = remembered(&memory);
            memory.asked += 1;
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
        let answer = self.keychain.ask(wish, |_, _| ()).await;
        let mut memory = remembered(&self.memory);
        match &answer {
            Ok(_) => memory.answered(&asked),
            Err(error) => _ = memory.refused.insert(asked, error.clone()),
        }
        answer
    }

    /// Why the keychain did not return this key in this run. Code that asks on its own, and not because the user wants
    /// something, must not ask again: a keychain may ask for a password each time.
    pub fn refused(&self, name: &SecretName) -> Option<KeychainError> {
        let memory = remembered(&self.memory);
        let of_all = || memory.refused.values().find(|error| is_of_all(error));
        memory.refused.get(name).or_else(of_all).cloned()
    }

    /// The user wants the keychain to be asked again.
    pub fn ask_again(&self) {
        remembered(&self.memory).refused.clear();
    }

    /// Keeps a key in the keychain, in place of the one of that name, and reads it back before returning. A key that
    /// was given for this run is dropped. If the caller stops waiting, what was there before is restored.
    ///
    /// # Errors
    /// When it is not a key, or did not end up in the keychain.
    pub async fn keep(&self, name: &SecretName, secret: Secret<String>) -> Result<(), KeychainError> {
        self.change(vec![(name.clone(), Some(secret))]).await.map(|_| ())
    }

    /// As [`Keys::keep`] for several, all or none; without a secret the one of that name is deleted. Returns what to
    /// pass to [`Keys::put_back`] if the change that these belong to fails.
    ///
    /// # Errors
    /// As [`Keys::keep`]; then the keychain holds what it held before, as far as it allows that to be restored.
    pub async fn change(
        &self,
        changes: Vec<(SecretName, Option<Secret<String>>)>,
    ) -> Result<Before, KeychainError> {
        if changes.is_empty() {
            return Ok(Before(Vec::new()));
        }
        let changes = changes
            .into_iter()
            .map(|(name, secret)| Ok((name, secret.map(clean).transpose()?)))
            .collect::<Result<Vec<_>, KeychainError>>()?;
        let (memory, memory_before) = (Arc::clone(&self.memory), Arc::clone(&self.memory));
        let wish = move |keychain: &mut Keychain| {
            let mut before = Vec::with_capacity(changes.len());
            for (name, secret) in changes {
                match keychain.change(&name, secret.as_ref()) {
                    Ok(kept) => {
                        let this_run = remembered(&memory).now_holds(&name, secret);
                        before.push(Held { name, kept, this_run });
                    }
                    Err(error) => {
                        put_back(keychain, &memory, before);
                        return Err(error);
                    }
                }
            }
            Ok(Before(before))
        };
        let unheard =
            move |keychain: &mut Keychain, Before(before)| put_back(keychain, &memory_before, before);
        self.keychain.ask(wish, unheard).await
    }

    /// Restores what was in place before a change.
    pub async fn put_back(&self, Before(before): Before) {
        if before.is_empty() {
            return;
        }
        let memory = Arc::clone(&self.memory);
        let wish = move |keychain: &mut Keychain| {
            put_back(keychain, &memory, before);
            Ok(())
        };
        // This is done as far as the keychain allows; there is nothing the user could do about the rest.
        let _ = self.keychain.ask(wish, |_, ()| ()).await;
    }

    /// Holds a key for this run. It is not stored anywhere; what the keychain has under that name remains there for
    /// the next run.
    ///
    /// # Errors
    /// When it is not a key.
    pub fn keep_for_this_run(&self, name: &SecretName, secret: Secret<String>) -> Result<(), UnfitKey> {
        let secret = clean(secret)?;
        remembered(&self.memory).this_run.insert(name.clone(), secret);
        Ok(())
    }

    /// Forgets a key and deletes it from the keychain. One that does not exist counts as deleted.
    ///
    /// # Errors
    /// When the keychain may still have it. Porthole has forgotten it for this run all the same.
    pub async fn delete(&self, name: &SecretName) -> Result<(), KeychainError> {
        remembered(&self.memory).forget(name);
        let (memory, name) = (Arc::clone(&self.memory), name.clone());
        let wish = move |keychain: &mut Keychain| {
            // If it was being read in the meantime, it has been remembered since.
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

/// What a change replaced.
pub struct Before(Vec<Held>);

struct Held {
    name: SecretName,
    kept: Option<Secret<String>>,
    this_run: Option<Secret<String>>,
}

/// The last change first: a name may occur twice.
fn put_back(keychain: &mut Keychain, memory: &Mutex<Memory>, before: Vec<Held>) {
    for Held { name, kept, this_run } in before.into_iter().rev() {
        keychain.put_back(&name, kept.as_ref());
        let mut memory = remembered(memory);
        memory.read.remove(&name);
        if let Some(this_run) = this_run {
            memory.this_run.insert(name, this_run);
        }
    }
}

/// Whether the obstacle to reading one key applies to all.
fn is_of_all(error: &KeychainError) -> bool {
    matches!(error, KeychainError::Locked | KeychainError::Unavailable { .. })
}

/// The keys of this run.
#[derive(Default)]
struct Memory {
    this_run: HashMap<SecretName, Secret<String>>,
    /// What the keychain holds, as far as it was asked.
    read: HashMap<SecretName, Secret<String>>,
    /// How often the keychain said that it is locked.
    refusals: u64,
    asked: u64,
    /// What the keychain did not return when it was last asked, and why.
    refused: HashMap<SecretName, KeychainError>,
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

    /// The keychain holds this, and answers. Returns what was held for this run in its place.
    fn now_holds(&mut self, name: &SecretName, secret: Option<Secret<String>>) -> Option<Secret<String>> {
        self.answered(name);
        self.read.remove(name);
        self.read.extend(secret.map(|secret| (name.clone(), secret)));
        self.this_run.remove(name)
    }

    fn answered(&mut self, name: &SecretName) {
        self.refused.remove(name);
        self.refused.retain(|_, error| !is_of_all(error));
    }
}

fn remembered(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

use std::any::Any;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};

use keyring_core::api::{Credential, CredentialApi, CredentialStoreApi};
use keyring_core::{Entry, Error, Result as Answer};

use super::*;

const FIRST: &str = "sk-canary-first";
const SECOND: &str = "sk-canary-second";

/// What the keychain does when it is asked next, in place of what it should.
enum Next {
    Fail(Error),
    /// Answers once this end is dropped.
    Wait(Receiver<()>),
    Break,
    /// Says yes and does nothing.
    Pretend,
}

#[derive(Default)]
struct Inside {
    held: Mutex<HashMap<String, Vec<u8>>>,
    next: Mutex<VecDeque<Next>>,
    asked: Mutex<Vec<String>>,
}

/// A keychain that can be told to misbehave. Clones are one.
#[derive(Clone, Default)]
struct Fake(Arc<Inside>);

impl Fake {
    /// Porthole with this keychain, as it is after a start.
    fn keys(&self) -> Keys {
        Keys::of(Variables::default(), Door::Given(Arc::new(self.clone())))
    }

    fn next(&self, next: Next) {
        self.0.next.lock().unwrap().push_back(next);
    }

    /// Lets it hang before its next answer until what is returned is dropped.
    fn hang(&self) -> Sender<()> {
        let (release, held) = channel();
        self.next(Next::Wait(held));
        release
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked_so_far())
    }

    fn asked_so_far(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.asked.lock().unwrap()
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Vec<u8>>> {
        self.0.held.lock().unwrap()
    }

    fn told_to(&self) -> Option<Next> {
        self.0.next.lock().unwrap().pop_front()
    }

    /// Whether it goes on as asked; else it pretends.
    fn is_asked(&self, what: &str) -> Answer<bool> {
        self.asked_so_far().push(what.to_owned());
        let next = self.told_to();
        match next {
            None => Ok(true),
            Some(Next::Fail(error)) => Err(error),
            Some(Next::Wait(release)) => {
                let _ = release.recv();
                Ok(true)
            }
            Some(Next::Break) => panic!("as it was told to"),
            Some(Next::Pretend) => Ok(false),
        }
    }
}

impl CredentialStoreApi for Fake {
    fn vendor(&self) -> String {
        String::new()
    }

    fn id(&self) -> String {
        String::new()
    }

    fn build(&self, service: &str, user: &str, modifiers: Option<&HashMap<&str, &str>>) -> Answer<Entry> {
        assert_eq!((service, modifiers), ("Porthole", None));
        Ok(Entry::new_with_credential(Arc::new(FakeEntry { keychain: self.clone(), name: user.to_owned() })))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct FakeEntry {
    keychain: Fake,
    name: String,
}

impl CredentialApi for FakeEntry {
    fn set_secret(&self, secret: &[u8]) -> Answer<()> {
        if self.keychain.is_asked("set")? {
            self.keychain.held().insert(self.name.clone(), secret.to_vec());
        }
        Ok(())
    }

    fn get_secret(&self) -> Answer<Vec<u8>> {
        self.keychain.is_asked("get")?;
        self.keychain.held().get(&self.name).cloned().ok_or(Error::NoEntry)
    }

    fn delete_credential(&self) -> Answer<()> {
        self.keychain.is_asked("delete")?;
        self.keychain.held().remove(&self.name).map(|_| ()).ok_or(Error::NoEntry)
    }

    fn get_credential(&self) -> Answer<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        None
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

fn name() -> SecretName {
    SecretName::new("1f3a9c2e/1")
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn platform() -> Box<dyn std::error::Error + Send + Sync> {
    "The session is gone.".into()
}

/// The key and its source, as far as there is one.
async fn found(keys: &Keys) -> Option<(String, KeySource)> {
    let key = keys.find(&name(), &["PORTHOLE_KEY_LAB".into(), "DEEPSEEK_API_KEY".into()]).await.unwrap();
    key.map(|key| (key.secret.expose().clone(), key.source))
}

fn kept(text: &str) -> (String, KeySource) {
    (text.to_owned(), KeySource::Keychain)
}

#[tokio::test]
async fn the_environment_goes_before_this_run_and_this_run_before_the_keychain() {
    let keys = Keys::in_memory();
    assert_eq!(found(&keys).await, None);
    keys.keep(&name(), secret("kept")).await.unwrap();
    assert_eq!(found(&keys).await, Some(kept("kept")));
    keys.keep_for_this_run(&name(), secret(" run\n")).unwrap();
    assert_eq!(found(&keys).await, Some(("run".into(), KeySource::ThisRun)));
    let variable = |name: &str| KeySource::Environment { variable: name.to_owned() };
    let keys = keys.with_variable("DEEPSEEK_API_KEY", "second");
    assert_eq!(found(&keys).await, Some(("second".into(), variable("DEEPSEEK_API_KEY"))));
    let keys = keys.with_variable("PORTHOLE_KEY_LAB", " first ");
    assert_eq!(found(&keys).await, Some(("first".into(), variable("PORTHOLE_KEY_LAB"))));
    assert_eq!(keys.variables().collect::<Vec<_>>(), ["DEEPSEEK_API_KEY", "PORTHOLE_KEY_LAB"]);
    let unnamed = keys.find(&name(), &[]).await.unwrap().unwrap();
    assert_eq!(unnamed.source, KeySource::ThisRun, "a variable counts for those who name it");
}

#[tokio::test]
async fn what_is_kept_outlives_the_program_and_what_is_deleted_does_not() {
    let keychain = Fake::default();
    keychain.keys().keep(&name(), secret("  sk-canary-first\r\n")).await.unwrap();
    assert_eq!(found(&keychain.keys()).await, Some(kept(FIRST)));
    keychain.keys().keep(&name(), secret(SECOND)).await.unwrap();
    assert_eq!(found(&keychain.keys()).await, Some(kept(SECOND)));
    let keys = keychain.keys();
    keys.keep_for_this_run(&name(), secret("run")).unwrap();
    keys.delete(&name()).await.unwrap();
    assert_eq!(found(&keys).await, None);
    assert_eq!(found(&keychain.keys()).await, None);
    keys.delete(&name()).await.unwrap();
    assert!(keychain.held().is_empty());
}

#[tokio::test]
async fn the_keychain_is_asked_once_for_a_key() {
    let keychain = Fake::default();
    keychain.keys().keep(&name(), secret(FIRST)).await.unwrap();
    assert_eq!(keychain.asked(), ["get", "set", "get"]);
    let keys = keychain.keys();
    let hang = keychain.hang();
    let release = async {
        tokio::task::yield_now().await;
        drop(hang);
    };
    let (one, other, ()) = tokio::join!(found(&keys), found(&keys), release);
    assert_eq!((one, other), (Some(kept(FIRST)), Some(kept(FIRST))));
    assert_eq!(found(&keys.clone()).await, Some(kept(FIRST)));
    assert_eq!(keychain.asked(), ["get"]);
}

#[tokio::test]
async fn keeping_a_key_replaces_the_one_of_this_run_and_failing_to_does_not() {
    let keychain = Fake::default();
    let keys = keychain.keys();
    keys.keep_for_this_run(&name(), secret(FIRST)).unwrap();
    for unfit in ["", " \n", "a\nb"] {
        assert!(matches!(keys.keep(&name(), secret(unfit)).await, Err(KeychainError::Unfit(_))), "{unfit:?}");
        assert!(keys.keep_for_this_run(&name(), secret(unfit)).is_err(), "{unfit:?}");
    }
    assert!(keychain.asked().is_empty());
    keychain.next(Next::Fail(Error::NotSupportedByStore("no".into())));
    assert!(matches!(keys.keep(&name(), secret(SECOND)).await, Err(KeychainError::Refused { .. })));
    assert_eq!(found(&keys).await, Some((FIRST.into(), KeySource::ThisRun)));
    keys.keep(&name(), secret(SECOND)).await.unwrap();
    assert_eq!(found(&keys).await, Some(kept(SECOND)));
}

#[tokio::test]
async fn without_a_keychain_keys_last_for_this_run() {
    let keys = Keys::without_keychain();
    let unavailable = |error: KeychainError| matches!(error, KeychainError::Unavailable { .. });
    assert!(unavailable(keys.find(&name(), &[]).await.unwrap_err()));
    assert!(unavailable(keys.keep(&name(), secret(FIRST)).await.unwrap_err()));
    keys.keep_for_this_run(&name(), secret(FIRST)).unwrap();
    assert_eq!(found(&keys).await, Some((FIRST.into(), KeySource::ThisRun)));
    assert!(unavailable(keys.delete(&name()).await.unwrap_err()), "an earlier run may have kept one");
    assert!(unavailable(keys.find(&name(), &[]).await.unwrap_err()), "forgotten all the same");
}

#[tokio::test]
async fn a_keychain_that_does_not_keep_is_found_out() {
    let keychain = Fake::default();
    for before in [None, Some(FIRST)] {
        if let Some(before) = before {
            keychain.keys().keep(&name(), secret(before)).await.unwrap();
        }
        let release = keychain.hang();
        keychain.next(Next::Pretend);
        drop(release);
        let error = keychain.keys().keep(&name(), secret(SECOND)).await.unwrap_err();
        assert_eq!(error.to_string(), "The keychain refused: it does not give back what it was given.");
        assert_eq!(found(&keychain.keys()).await.map(|(key, _)| key).as_deref(), before);
    }
    keychain.held().insert(name().to_string(), vec![b's', 0xff]);
    let error = keychain.keys().find(&name(), &[]).await.unwrap_err();
    assert!(error.to_string().contains("is no key"), "{error}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_keychain_that_was_started_anew_is_opened_anew() {
    let keychain = Fake::default();
    let keys = keychain.keys();
    keys.keep(&SecretName::new("other"), secret(FIRST)).await.unwrap();
    keychain.asked();
    keychain.next(Next::Fail(Error::PlatformFailure(platform())));
    assert_eq!(found(&keys).await, None);
    assert_eq!(keychain.asked(), ["get", "get"]);
    for _ in 0..2 {
        keychain.next(Next::Fail(Error::PlatformFailure(platform())));
    }
    let error = keys.find(&name(), &[]).await.unwrap_err();
    assert_eq!(error.to_string(), "The keychain refused: The session is gone.");
}

#[tokio::test]
async fn a_keychain_that_breaks_is_followed_by_another() {
    let keychain = Fake::default();
    let keys = keychain.keys();
    keychain.next(Next::Break);
    assert!(matches!(keys.find(&name(), &[]).await, Err(KeychainError::Unavailable { .. })));
    // The thread may need a moment to end.
    while keys.keep(&name(), secret(FIRST)).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(found(&keys).await, Some(kept(FIRST)));
}

/// With the clock paused, two minutes pass as soon as nothing else happens.
#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever_for_a_password() {
    let keychain = Fake::default();
    keychain.held().insert(name().to_string(), FIRST.into());
    let keys = keychain.keys();
    let hang = keychain.hang();
    let lab = name();
    let asked = || keychain.asked_so_far().len() == 1;
    let (answer, ()) = tokio::join!(keys.find(&lab, &[]), until(asked));
    let error = answer.unwrap_err();
    assert!(error.to_string().contains("two minutes"), "{error}");
    let began = tokio::time::Instant::now();
    keys.find(&name(), &[]).await.unwrap_err();
    assert_eq!(began.elapsed().as_secs(), 120);
    drop(hang);
    until(|| keys.memory.lock().unwrap().read.contains_key(&name())).await;
    assert_eq!(found(&keys).await, Some(kept(FIRST)), "what came too late is known the next time");
    assert!(asked(), "who had gone before its turn is not asked for");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_nobody_waits_for_any_more_is_not_kept() {
    let keychain = Fake::default();
    for before in [None, Some(FIRST)] {
        let keys = keychain.keys();
        if let Some(before) = before {
            keychain.held().insert(name().to_string(), before.into());
        }
        keys.keep_for_this_run(&name(), secret("run")).unwrap();
        let hang = keychain.hang();
        let name = name();
        let is_asked = || !keychain.asked_so_far().is_empty();
        tokio::join!(keys.keep(&name, secret(SECOND)), until(is_asked)).0.unwrap_err();
        keychain.asked();
        drop(hang);
        let asked = || keychain.asked_so_far().len() == 3;
        until(|| asked() && keys.memory.lock().unwrap().this_run.contains_key(&name)).await;
        assert_eq!(keychain.asked(), ["set", "get", if before.is_some() { "set" } else { "delete" }]);
        assert_eq!(found(&keys).await, Some(("run".into(), KeySource::ThisRun)));
        let held = keychain.held().get(name.as_str()).cloned();
        assert_eq!(held.as_deref(), before.map(str::as_bytes));
    }
}

/// Waits for what another thread does, whose time is not the paused one.
async fn until(done: impl Fn() -> bool) {
    while !done() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nothing_prints_a_key() {
    let keys = Keys::in_memory().with_variable("PORTHOLE_KEY_LAB", FIRST);
    keys.keep(&name(), secret(SECOND)).await.unwrap();
    let key = keys.find(&name(), &[]).await.unwrap();
    let unfit = keys.keep(&name(), secret("sk-canary\n1")).await.unwrap_err();
    let printed = format!("{keys:?} {key:?} {unfit:?} {unfit}");
    assert!(!printed.contains("canary"), "{printed}");
}

mod refusals;

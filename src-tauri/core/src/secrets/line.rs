//! The line in front of the keychain.

use std::sync::mpsc::{self, SendError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::KeychainError;
use super::keychain::{Door, Keychain};

/// How long the keychain may take. It may be asking a person for a password who has to look it up first.
const PATIENCE: Duration = Duration::from_mins(2);

type Job = Box<dyn FnOnce(&mut Keychain) + Send>;

/// Asks the keychain one thing after the other, on a thread that starts when the first is asked: a keychain that
/// asks for a password asks once, not once for each request. The thread belongs to no runtime, because a runtime
/// that ends waits for its blocking threads, and this one may be waiting for a password nobody is going to type.
pub(super) struct Line {
    door: Door,
    jobs: Mutex<Option<Sender<Job>>>,
}

impl Line {
    pub(super) fn before(door: Door) -> Self {
        Self { door, jobs: Mutex::new(None) }
    }

    /// Asks `wish` and waits its turn and for the answer, with patience that ends. A wish whose asker has gone
    /// before its turn is not asked; one whose asker goes while it is asked gives its answer to `unheard`.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        wish: impl FnOnce(&mut Keychain) -> Result<T, KeychainError> + Send + 'static,
        unheard: impl FnOnce(&mut Keychain, T) + Send + 'static,
    ) -> Result<T, KeychainError> {
        let (answer, answered) = oneshot::channel();
        self.enter(Box::new(move |keychain| {
            if !answer.is_closed()
                && let Err(Ok(value)) = answer.send(wish(keychain))
            {
                unheard(keychain, value);
            }
        }))?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(KeychainError::unavailable("it failed without an answer")),
            Err(_) => Err(KeychainError::unavailable(
                "it has not answered for two minutes, and may be waiting for its password",
            )),
        }
    }

    fn enter(&self, job: Job) -> Result<(), KeychainError> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        // A thread whose keychain failed so badly that it ended is followed by a new one.
        let job = match jobs.as_ref() {
            Some(line) => match line.send(job) {
                Ok(()) => return Ok(()),
                Err(SendError(job)) => job,
            },
            None => job,
        };
        let line = self.start()?;
        let entered = line.send(job);
        *jobs = Some(line);
        entered.map_err(|_| KeychainError::unavailable("the thread that asks it ended"))
    }

    fn start(&self) -> Result<Sender<Job>, KeychainError> {
        let (sender, jobs) = mpsc::channel::<Job>();
        let door = self.door.clone();
        thread::Builder::new()
            .name("keychain".to_owned())
            .spawn(move || {
                let mut keychain = Keychain::behind(door);
                for job in jobs {
                    job(&mut keychain);
                }
            })
            .map_err(|_| KeychainError::unavailable("no thread could be started to ask it"))?;
        Ok(sender)
    }
}

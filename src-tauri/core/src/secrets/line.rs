//! The queue in front of the keychain.

use std::sync::mpsc::{self, SendError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::KeychainError;
use super::keychain::{Door, Keychain};

/// How long the keychain may take. It may be asking for a password that the user has to look up first.
const PATIENCE: Duration = Duration::from_mins(2);

type Job = Box<dyn FnOnce(&mut Keychain) + Send>;

/// Asks the keychain one thing after the other, on a thread that starts with the first request: a keychain that
/// asks for a password asks once, not once per request. The thread belongs to no runtime, because a runtime that
/// shuts down waits for its blocking threads, and this one may be waiting for a password that nobody will type.
pub(super) struct Line {
    door: Door,
    jobs: Mutex<Option<Sender<Job>>>,
}

impl Line {
    pub(super) fn before(door: Door) -> Self {
        Self { door, jobs: Mutex::new(None) }
    }

    /// Queues `wish` and waits for its turn and its answer, up to a time limit. A wish whose caller has gone before
    /// its turn is not asked; if the caller goes while it is being asked, the answer goes to `unheard`.
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
        // If the keychain failed so badly that the thread ended, a new one takes over.
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

//! Work on the disk, which no async worker does.

use crate::domain::Failure;
use crate::store::{Interrupt, StoreError};

/// What `work` gives, on a thread where it may take its time.
pub(super) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Failure> {
    let working = tokio::task::spawn_blocking(work).await;
    Ok(working.unwrap_or(Err(StoreError::Fault))?)
}

/// As [`on_disk`], for copies and checks of a whole history. They are interrupted when nobody waits for them any more:
/// somebody has cancelled them, or the program ends, which would otherwise wait for them.
pub(super) async fn at_length<T: Send + 'static>(
    work: impl FnOnce(&Interrupt) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Failure> {
    let waiting = Waiting::default();
    let interrupt = waiting.interrupt();
    on_disk(move || work(&interrupt)).await
}

/// Somebody who waits for work. It is asked to stop when they no longer do.
#[derive(Default)]
pub(super) struct Waiting(Interrupt);

impl Waiting {
    /// What the work looks at.
    pub(super) fn interrupt(&self) -> Interrupt {
        self.0.clone()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.ask();
    }
}

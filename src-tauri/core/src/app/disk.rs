//! Work on the disk, which no async worker does.

use crate::domain::Failure;
use crate::store::StoreError;

/// What `work` gives, on a thread where it may take its time.
pub(super) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Failure> {
    let working = tokio::task::spawn_blocking(work).await;
    Ok(working.unwrap_or(Err(StoreError::Fault))?)
}

//! What can be done about a history that cannot be opened. None of it needs an [`App`](super::App).

use std::path::Path;

use super::disk::{at_length, on_disk};
use super::{BackUp, Inside};
use crate::clock::Clock;
use crate::domain::Failure;
use crate::store;

/// All back-ups of a data folder, newest first.
pub async fn backups(folder: &Path) -> Result<Vec<BackUp>, Failure> {
    let folder = folder.to_owned();
    on_disk(move || store::back_ups(&folder)).await
}

/// Looks into a back-up without changing anything. One of any schema can be asked.
pub async fn look_into_backup(folder: &Path, name: &str) -> Result<Inside, Failure> {
    let (folder, name) = (folder.to_owned(), name.to_owned());
    at_length(move |interrupt| store::look_into_back_up(&folder, &name, interrupt)).await
}

/// Puts a back-up in the place of a history that cannot be opened. The damaged file and its journal are moved aside as
/// `porthole.db.damaged-…` and stay there.
///
/// # Errors
/// `busy` while a program has the history open, `damaged` and `newer_version` for a back-up that is not to be restored.
pub async fn restore_backup(folder: &Path, name: &str, clock: &Clock) -> Result<(), Failure> {
    let (folder, name, now_ms) = (folder.to_owned(), name.to_owned(), clock.now_ms());
    at_length(move |interrupt| store::replace_damaged(&folder, &name, now_ms, interrupt)).await
}

/// Checks a history that may be too damaged to be opened, and changes nothing.
pub async fn check_history(folder: &Path) -> Result<Inside, Failure> {
    let folder = folder.to_owned();
    at_length(move |interrupt| store::look_into_history(&folder, interrupt)).await
}

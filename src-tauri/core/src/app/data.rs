//! The data folder: back-ups, checks, another place.

use std::path::Path;

use serde::Serialize;

use super::disk::{at_length, on_disk};
use super::{App, rescue};
use crate::domain::{Change, Code, Failure};
use crate::store::Store;
pub use crate::store::{BackUp, BackUpReason, Inside};

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct DataPlace {
    /// The folder.
    pub folder: String,
    /// How large the history is, in bytes.
    #[specta(type = u32)]
    pub bytes: u64,
    /// How much space is left on that disk, in bytes, where the system says.
    #[specta(type = Option<u32>)]
    pub free_bytes: Option<u64>,
    /// The folder that was left, until a person confirmed that it may go.
    pub moved_from: Option<String>,
}

impl App {
    /// Where the data is.
    pub async fn data_place(&self) -> Result<DataPlace, Failure> {
        let folder = self.0.folder.clone();
        on_disk(move || {
            let size = |name: &str| std::fs::metadata(folder.join(name)).map_or(0, |found| found.len());
            Ok(DataPlace {
                bytes: size(Store::FILE_NAME) + size("porthole.db-wal"),
                free_bytes: crate::store::free_bytes(&folder),
                moved_from: moved_from(&folder),
                folder: folder.display().to_string(),
            })
        })
        .await
    }

    /// Copies the data folder to `to`, checks the copy, and has every later start use it. Until the program is started
    /// again nothing can be written. The old folder stays until [`App::confirm_move`].
    ///
    /// # Errors
    /// `invalid_request` for a place that cannot be one, `busy` while another program has the history open or a reply
    /// arrives, `disk_full`, `read_only`; then all is as it was.
    pub async fn move_data(&self, to: &str) -> Result<(), Failure> {
        if self.has_turns() {
            return Err(Failure::told(
                Code::Busy,
                "A reply is arriving. Wait for it or stop it, and then move the data.",
            ));
        }
        let (store, to) = (self.0.store.clone(), to.trim().to_owned());
        at_length(move |interrupt| store.move_to(Path::new(&to), interrupt)).await
    }

    /// Removes the history from the folder that was left.
    pub async fn confirm_move(&self) -> Result<(), Failure> {
        let folder = self.0.folder.clone();
        on_disk(move || crate::store::confirm_move(&folder)).await
    }

    /// All back-ups, newest first.
    pub async fn backups(&self) -> Result<Vec<BackUp>, Failure> {
        rescue::backups(&self.0.folder).await
    }

    /// Makes a back-up now.
    pub async fn back_up(&self) -> Result<BackUp, Failure> {
        let (store, now_ms) = (self.0.store.clone(), self.0.clock.now_ms());
        at_length(move |interrupt| store.back_up_now(BackUpReason::Asked, now_ms, interrupt)).await
    }

    /// Looks into a back-up without changing anything.
    pub async fn look_into_backup(&self, name: &str) -> Result<Inside, Failure> {
        rescue::look_into_backup(&self.0.folder, name).await
    }

    /// Puts a back-up in the place of the history, after a back-up of what is there now. Replies that arrive are stopped
    /// first.
    pub async fn restore_backup(&self, name: &str) -> Result<(), Failure> {
        self.stop_all().await;
        let (store, name, now_ms) = (self.0.store.clone(), name.to_owned(), self.0.clock.now_ms());
        at_length(move |interrupt| store.restore(&name, now_ms, interrupt)).await?;
        self.0.undos.forget_all();
        self.0.gate.changed();
        self.tell(Change::Everything);
        Ok(())
    }

    /// Checks the whole history.
    pub async fn check_history(&self) -> Result<Inside, Failure> {
        let store = self.0.store.clone();
        at_length(move |interrupt| store.check(interrupt)).await
    }
}

/// The folder that was left for this one.
pub(super) fn moved_from(folder: &Path) -> Option<String> {
    crate::store::origin_of(folder).map(|from| from.display().to_string())
}

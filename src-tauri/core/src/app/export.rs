//! Conversations as files, out and in.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

pub use porthole_print::Picture;
use porthole_print::{Pdf, PdfError};
use tokio::sync::mpsc;

use super::App;
use super::disk::Waiting;
use crate::domain::{Cause, Change, Code, Failure};
pub use crate::store::Selection;
use crate::store::{StoreError, TakenIn};
pub use crate::transfer::{Branches, ExportLanguage, Format, Place, Preview, Wanted, rich as rich_text};
use crate::transfer::{Documents, Export, FirstScreen, Output, Unreadable, Why};

/// What an import brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many conversations were added.
    pub added: u32,
    /// How many were there already and are as they were.
    pub there: u32,
}

/// How far an export has come, for whoever waits for it. Clones tell of the same one.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    done: AtomicU32,
    of: AtomicU32,
}

impl Progress {
    /// How many conversations are written, and how many will have been; 0 of 0 before they are counted.
    pub fn counts(&self) -> (u32, u32) {
        (self.0.done.load(Ordering::Relaxed), self.0.of.load(Ordering::Relaxed))
    }
}

impl App {
    /// Writes conversations to `place`, the oldest first, and says how far it has come. Returns how many. Where something
    /// goes wrong, and where the caller stops waiting, nothing stands under the final name of what was being written.
    ///
    /// # Errors
    /// `not_found` for a conversation that is not there, `disk_full`, `read_only`, `invalid_request` for a place that
    /// cannot be one.
    pub async fn export(
        &self,
        selection: Selection,
        format: Format,
        wanted: Wanted,
        place: Place,
        progress: &Progress,
    ) -> Result<u32, Failure> {
        let ids = self.0.store.selected(selection).await?;
        let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        progress.0.of.store(count, Ordering::Relaxed);
        let waiting = Waiting::default();
        let file = match &place {
            Place::Stream(_) => PathBuf::new(),
            Place::File(path) | Place::Folder(path) | Place::Zip(path) => path.clone(),
        };
        let refused = |error| unwritten(&file, &error);
        if format.is_one_each() && count > 1 && matches!(place, Place::Stream(_) | Place::File(_)) {
            let cause = Cause::OneChatEach { file: name_of(&file) };
            return Err(Failure::because(Code::InvalidRequest, cause));
        }
        let output = tokio::task::spawn_blocking(move || Output::to(place)).await;
        let output = output.map_err(|_| StoreError::Fault)?.map_err(refused)?;
        let mut export = Export::new(format, wanted, output, waiting.interrupt());
        for id in &ids {
            export = self.0.store.tell(*id, format.extent(wanted), export).await?.map_err(refused)?;
            progress.0.done.fetch_add(1, Ordering::Relaxed);
        }
        let finished = tokio::task::spawn_blocking(move || export.finish()).await;
        finished.map_err(|_| StoreError::Fault)?.map_err(refused)?;
        Ok(count)
    }

    /// What an export will look like: the beginning of the newest of the conversations.
    ///
    /// # Errors
    /// `not_found` for a conversation that is not there, or where none is meant.
    pub async fn preview(
        &self,
        selection: Selection,
        format: Format,
        wanted: Wanted,
    ) -> Result<Preview, Failure> {
        let ids = self.0.store.selected(selection).await?;
        let newest = *ids.last().ok_or(Failure::new(Code::NotFound))?;
        let (screen, heard) = FirstScreen::of(format, wanted);
        // It ends the telling when it is full.
        let _ended = self.0.store.tell(newest, format.extent(wanted), screen).await?;
        Ok(heard.preview(format))
    }

    /// Adds the conversations of an export: of a file of `porthole.conversation/1`, of those in a folder, or of those in
    /// a zip archive. What is there already stays as it is. Each is added as a whole; those before one that cannot be
    /// read are there.
    ///
    /// # Errors
    /// `invalid_request` for a file that is something else, `not_found` or `read_only` for one that cannot be read.
    pub async fn import(&self, path: &Path) -> Result<Imported, Failure> {
        // One waits while one is written.
        let (sender, mut conversations) = mpsc::channel(1);
        let from = path.to_owned();
        let reading = tokio::task::spawn_blocking(move || {
            Documents::at(&from)?.each(|conversation| sender.blocking_send(conversation).is_ok())
        });
        let mut imported = Imported::default();
        let mut added = Vec::new();
        let mut failed = None;
        while let Some(conversation) = conversations.recv().await {
            let (id, title) = (conversation.id, conversation.title.clone());
            match self.0.store.take_in(conversation, self.0.clock.now_ms()).await {
                Ok(TakenIn::Added) => added.push(id),
                Ok(TakenIn::There) => imported.there += 1,
                Err(StoreError::Refused(why)) => {
                    failed = Some(Failure {
                        detail: Some(format!("{title}: {why}")),
                        ..Failure::because(Code::InvalidRequest, Cause::NotAnExport { file: name_of(path) })
                    });
                    break;
                }
                Err(error) => {
                    failed = Some(error.into());
                    break;
                }
            }
        }
        drop(conversations);
        imported.added = u32::try_from(added.len()).unwrap_or(u32::MAX);
        for id in added {
            self.tell(Change::chat(id));
        }
        if imported.added > 0 {
            self.tell(Change::Folders);
        }
        if let Some(failed) = failed {
            return Err(failed);
        }
        reading.await.map_err(|_| StoreError::Fault)?.map_err(|unreadable| unread(&unreadable))?;
        Ok(imported)
    }
}

/// A message as a picture, in the light theme.
///
/// # Errors
/// `invalid_request` for one that is too long, `internal` where the fonts of the system cannot be used.
pub async fn picture(markdown: String) -> Result<Picture, Failure> {
    let drawing =
        tokio::task::spawn_blocking(move || Pdf::new().picture(&porthole_markdown::tree(&markdown)));
    drawing.await.map_err(|_| StoreError::Fault)?.map_err(|error| {
        if matches!(error, PdfError::TooLarge) {
            Failure::because(Code::InvalidRequest, Cause::TooLongForPicture)
        } else {
            Failure::internal(&error)
        }
    })
}

fn name_of(path: &Path) -> String {
    path.display().to_string()
}

/// Why something cannot be written there.
pub(super) fn unwritten(file: &Path, error: &io::Error) -> Failure {
    let file = name_of(file);
    #[expect(clippy::wildcard_enum_match_arm, reason = "any other fault is told in the system's own words")]
    let failure = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Failure::because(Code::DiskFull, Cause::NoRoomFor { file })
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Failure::because(Code::ReadOnly, Cause::CannotWrite { file })
        }
        _ => Failure::because(Code::InvalidRequest, Cause::CannotWrite { file }),
    };
    Failure { detail: Some(error.to_string()), ..failure }
}

fn unread(Unreadable { file, why }: &Unreadable) -> Failure {
    let file = name_of(file);
    let (failure, said) = match why {
        Why::Disk(error) => {
            let code =
                if error.kind() == io::ErrorKind::NotFound { Code::NotFound } else { Code::InvalidRequest };
            (Failure::because(code, Cause::CannotRead { file }), Some(error.to_string()))
        }
        Why::SomethingElse(said) => {
            (Failure::because(Code::InvalidRequest, Cause::NotAnExport { file }), Some(said.clone()))
        }
        Why::Newer(format) => {
            let cause = Cause::NewerExport { file, format: format.clone() };
            (Failure::because(Code::NewerVersion, cause), None)
        }
    };
    Failure { detail: said, ..failure }
}

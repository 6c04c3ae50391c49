//! What the page may ask about files and the clipboard. It names no place: a person chooses it in the system's own dialog.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use porthole_core::domain::{Code, Failure};
use porthole_core::{Format, KeptFolder, KeptFormat, KeptState, Place, Preview, Progress, Selection, Wanted};
use serde::{Deserialize, Serialize};
use tauri::State;
use tokio::sync::Notify;

use super::data::Desktop;
use super::{Answer, Opened};

commands! {
    /// The beginning of what an export will write.
    preview_export(what: Selection, format: Format, wanted: Wanted) -> Preview = preview(what, format, wanted);
    /// The folder of files that is kept as the history is.
    kept_folder() -> Option<KeptState> = kept_folder();
}

/// What is to be exported.
#[derive(Deserialize, specta::Type)]
pub(super) struct ExportRequest {
    /// Which chats.
    what: Selection,
    /// The title of the one chat that is exported; several have none.
    title: Option<String>,
    format: Format,
    wanted: Wanted,
}

/// What was exported.
#[derive(Serialize, specta::Type)]
pub(super) struct Exported {
    /// How many chats.
    conversations: u32,
    /// The name of the file.
    name: String,
}

/// How far an export is.
#[derive(Serialize, specta::Type)]
pub(super) struct ExportProgress {
    /// How many chats are written.
    done: u32,
    /// How many will have been; 0 before they are counted.
    of: u32,
}

/// What was imported.
#[derive(Serialize, specta::Type)]
pub(super) struct ImportedChats {
    /// How many chats were added.
    added: u32,
    /// How many were there already and are as they were.
    there: u32,
}

/// The export that is being written, and where the last one went.
#[derive(Default)]
pub(crate) struct Exports {
    running: Mutex<Option<Running>>,
    last: Mutex<Option<PathBuf>>,
}

#[derive(Clone, Default)]
struct Running {
    progress: Progress,
    cancelled: Arc<Notify>,
}

impl Exports {
    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last(&self) -> MutexGuard<'_, Option<PathBuf>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks where to, and writes chats there. None: the person thought better of it, before or while it was written.
#[tauri::command]
#[specta::specta]
pub(super) async fn export_chats(
    opened: State<'_, Opened>,
    desktop: State<'_, Desktop>,
    exports: State<'_, Exports>,
    request: ExportRequest,
) -> Answer<Option<Exported>> {
    let app = opened.app()?;
    let ExportRequest { what, title, format, wanted } = request;
    let chosen = (desktop.choose_file)(format.file_name(title.as_deref())).await;
    let Some(path) = chosen.map_err(|_| Failure::new(Code::Internal))? else { return Ok(None) };
    let running = Running::default();
    *exports.running() = Some(running.clone());
    let written = tokio::select! {
        written = app.export(what, format, wanted, Place::at(path.clone()), &running.progress) => Some(written),
        () = running.cancelled.notified() => None,
    };
    *exports.running() = None;
    let Some(written) = written else { return Ok(None) };
    let conversations = written?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    *exports.last() = Some(path);
    Ok(Some(Exported { conversations, name }))
}

/// How far the export is that is being written; none when none is.
#[tauri::command]
#[specta::specta]
pub(super) async fn export_progress(exports: State<'_, Exports>) -> Answer<Option<ExportProgress>> {
    let counts = exports.running().as_ref().map(|running| running.progress.counts());
    Ok(counts.map(|(done, of)| ExportProgress { done, of }))
}

/// Gives up the export that is being written. Nothing of it stays.
#[tauri::command]
#[specta::specta]
pub(super) async fn cancel_export(exports: State<'_, Exports>) -> Answer<()> {
    if let Some(running) = exports.running().as_ref() {
        running.cancelled.notify_one();
    }
    Ok(())
}

/// Shows the folder of the last export in the system's file browser.
#[tauri::command]
#[specta::specta]
pub(super) async fn show_export(exports: State<'_, Exports>) -> Answer<()> {
    let path = exports.last().clone();
    match path.as_deref().and_then(std::path::Path::parent) {
        Some(folder) => open::that_detached(folder).map_err(|error| Failure::internal(&error)),
        None => Err(Failure::new(Code::NotFound)),
    }
}

/// Asks for a file that was exported as JSON, or an archive of them, and adds its chats. None: none was chosen.
#[tauri::command]
#[specta::specta]
pub(super) async fn import_chats(
    opened: State<'_, Opened>,
    desktop: State<'_, Desktop>,
) -> Answer<Option<ImportedChats>> {
    let app = opened.app()?;
    let chosen = (desktop.choose_import)().await;
    let Some(path) = chosen.map_err(|_| Failure::new(Code::Internal))? else { return Ok(None) };
    let imported = app.import(&path).await?;
    Ok(Some(ImportedChats { added: imported.added, there: imported.there }))
}

/// Asks for a folder, and keeps files of all chats in it from now on. None: none was chosen.
#[tauri::command]
#[specta::specta]
pub(super) async fn choose_kept_folder(
    opened: State<'_, Opened>,
    desktop: State<'_, Desktop>,
) -> Answer<Option<KeptState>> {
    let app = opened.app()?;
    let chosen = (desktop.choose_folder)().await;
    let Some(folder) = chosen.map_err(|_| Failure::new(Code::Internal))? else { return Ok(None) };
    app.keep_folder(Some(KeptFolder { folder, format: KeptFormat::Markdown, locked: false })).await
}

/// Changes what is kept in the folder.
#[tauri::command]
#[specta::specta]
pub(super) async fn set_kept_folder(
    opened: State<'_, Opened>,
    format: KeptFormat,
    locked: bool,
) -> Answer<Option<KeptState>> {
    let app = opened.app()?;
    let Some(KeptState { kept, .. }) = app.kept_folder().await? else { return Ok(None) };
    app.keep_folder(Some(KeptFolder { format, locked, ..kept })).await
}

/// Keeps the folder no longer. Its files stay.
#[tauri::command]
#[specta::specta]
pub(super) async fn stop_kept_folder(opened: State<'_, Opened>) -> Answer<()> {
    opened.app()?.keep_folder(None).await.map(drop)
}

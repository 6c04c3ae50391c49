//! What the page may ask about files. It names no place: a person chooses it in the system's own dialog.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use porthole_core::domain::{Code, Failure};
use porthole_core::{Format, Place, Selection, Wanted};
use serde::{Deserialize, Serialize};
use tauri::State;

use super::data::Desktop;
use super::{Answer, Opened};

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

/// Where the last export went.
#[derive(Default)]
pub(crate) struct LastExport(Mutex<Option<PathBuf>>);

/// Asks where to, and writes chats there. None: the person thought better of it.
#[tauri::command]
#[specta::specta]
pub(super) async fn export_chats(
    opened: State<'_, Opened>,
    desktop: State<'_, Desktop>,
    last: State<'_, LastExport>,
    request: ExportRequest,
) -> Answer<Option<Exported>> {
    let app = opened.app()?;
    let ExportRequest { what, title, format, wanted } = request;
    let chosen = (desktop.choose_file)(format.file_name(title.as_deref())).await;
    let Some(path) = chosen.map_err(|_| Failure::new(Code::Internal))? else { return Ok(None) };
    let conversations = app.export(what, format, wanted, Place::at(path.clone())).await?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    *last.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(path);
    Ok(Some(Exported { conversations, name }))
}

/// Shows the folder of the last export in the system's file browser.
#[tauri::command]
#[specta::specta]
pub(super) async fn show_export(last: State<'_, LastExport>) -> Answer<()> {
    let path = last.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match path.as_deref().and_then(std::path::Path::parent) {
        Some(folder) => open::that_detached(folder).map_err(|error| Failure::internal(&error)),
        None => Err(Failure::new(Code::NotFound)),
    }
}

//! Asking the person for a file, in the system's own dialogs.

use std::path::PathBuf;

use tauri::{AppHandle, Manager as _, Wry};
use tauri_plugin_dialog::{DialogExt as _, FileDialogBuilder, FilePath};
use tokio::sync::oneshot;

/// What will have been chosen: a path, or nothing.
type Chosen = oneshot::Receiver<Option<PathBuf>>;

/// Asks where to write a file that is to have this name unless the person chooses another.
pub(crate) fn where_to(app: &AppHandle, name: String) -> Chosen {
    // Tests, which cannot press a button of the system's dialog, say where to by this variable.
    if let Some(folder) = std::env::var_os("PORTHOLE_EXPORT_TO") {
        return answered(PathBuf::from(folder).join(name));
    }
    let (answer, answered) = oneshot::channel();
    dialog(app).set_file_name(name).save_file(tell(answer));
    answered
}

/// Asks for a file with exported chats.
pub(crate) fn what_to_import(app: &AppHandle) -> Chosen {
    // As above.
    if let Some(file) = std::env::var_os("PORTHOLE_IMPORT_FROM") {
        return answered(file.into());
    }
    let (answer, answered) = oneshot::channel();
    dialog(app).add_filter("JSON, ZIP", &["json", "zip"]).pick_file(tell(answer));
    answered
}

/// Asks for a folder.
pub(crate) fn which_folder(app: &AppHandle) -> Chosen {
    // As above.
    if let Some(folder) = std::env::var_os("PORTHOLE_FOLDER") {
        return answered(folder.into());
    }
    let (answer, answered) = oneshot::channel();
    dialog(app).pick_folder(tell(answer));
    answered
}

fn answered(path: PathBuf) -> Chosen {
    let (answer, answered) = oneshot::channel();
    // It is received below.
    let _ = answer.send(Some(path));
    answered
}

/// Over the window that has the focus, and in the person's documents.
fn dialog(app: &AppHandle) -> FileDialogBuilder<Wry> {
    let mut dialog = app.dialog().file();
    let has_focus = |window: &tauri::WebviewWindow| window.is_focused().unwrap_or(false);
    if let Some(window) = app.webview_windows().into_values().find(has_focus) {
        dialog = dialog.set_parent(&window);
    }
    match dirs::document_dir() {
        Some(documents) => dialog.set_directory(documents),
        None => dialog,
    }
}

fn tell(answer: oneshot::Sender<Option<PathBuf>>) -> impl FnOnce(Option<FilePath>) {
    move |chosen| {
        // Whoever asked has gone with its window.
        let _ = answer.send(chosen.and_then(|chosen| chosen.into_path().ok()));
    }
}

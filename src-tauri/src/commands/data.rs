//! What the page may ask about the data folder.

use porthole_core::clock::Clock;
use porthole_core::domain::{Code, ConversationId, Failure};
use porthole_core::{BackUp, DataPlace, Inside, rescue};
use tauri::State;

use super::{Answer, Opened};

#[tauri::command]
#[specta::specta]
pub(super) async fn data_place(opened: State<'_, Opened>) -> Answer<DataPlace> {
    opened.app()?.data_place().await
}

/// Shows the data folder in the system's file browser.
#[tauri::command]
#[specta::specta]
pub(super) async fn open_data_folder(opened: State<'_, Opened>) -> Answer<()> {
    open::that_detached(opened.folder()).map_err(|error| Failure::internal(&error))
}

#[tauri::command]
#[specta::specta]
pub(super) async fn diagnosis(opened: State<'_, Opened>) -> Answer<String> {
    opened.app()?.diagnosis().await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn move_data(opened: State<'_, Opened>, to: String) -> Answer<()> {
    opened.app()?.move_data(&to).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn confirm_move(opened: State<'_, Opened>) -> Answer<()> {
    opened.app()?.confirm_move().await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn list_backups(opened: State<'_, Opened>) -> Answer<Vec<BackUp>> {
    rescue::backups(opened.folder()).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn back_up(opened: State<'_, Opened>) -> Answer<BackUp> {
    opened.app()?.back_up().await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn look_into_backup(opened: State<'_, Opened>, name: String) -> Answer<Inside> {
    rescue::look_into_backup(opened.folder(), &name).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn restore_backup(opened: State<'_, Opened>, name: String) -> Answer<()> {
    match opened.app() {
        Ok(app) => app.restore_backup(&name).await,
        Err(error) if error.code == Code::Damaged => {
            rescue::restore_backup(opened.folder(), &name, &Clock::system()).await
        }
        Err(error) => Err(error),
    }
}

#[tauri::command]
#[specta::specta]
pub(super) async fn check_history(opened: State<'_, Opened>) -> Answer<Inside> {
    match opened.app() {
        Ok(app) => app.check_history().await,
        Err(_) => rescue::check_history(opened.folder()).await,
    }
}

#[tauri::command]
#[specta::specta]
pub(super) async fn rebuild_search(opened: State<'_, Opened>) -> Answer<()> {
    opened.app()?.rebuild_search().await
}

/// Ends the program and starts it again, after a move or a restored back-up.
#[tauri::command]
#[specta::specta]
pub(super) async fn restart(desktop: State<'_, Desktop>) -> Answer<()> {
    (desktop.restart)();
    Ok(())
}

/// Opens another window, on a conversation or on a new one.
#[tauri::command]
#[specta::specta]
pub(super) async fn new_window(
    desktop: State<'_, Desktop>,
    conversation: Option<ConversationId>,
) -> Answer<()> {
    (desktop.new_window)(conversation)
}

/// What commands may ask of the desktop itself.
pub(crate) struct Desktop {
    /// Ends the program and starts it again.
    pub(crate) restart: Box<dyn Fn() + Send + Sync>,
    /// Opens another window.
    pub(crate) new_window: Box<dyn Fn(Option<ConversationId>) -> Answer<()> + Send + Sync>,
}

//! What the page may ask about the data folder.

use std::path::PathBuf;

use porthole_core::clock::Clock;
use porthole_core::domain::{Code, ConversationId, Failure};
use porthole_core::{BackUp, DataPlace, Inside, rescue};
use tauri::State;
use tokio::sync::oneshot;

use super::{Answer, Opened};

commands! {
    data_place() -> DataPlace = data_place();
    diagnosis() -> String = diagnosis();
    move_data(to: String) -> () = move_data(&to);
    confirm_move() -> () = confirm_move();
    back_up() -> BackUp = back_up();
    rebuild_search() -> () = rebuild_search();
}

/// Shows the data folder in the system's file browser.
#[tauri::command]
#[specta::specta]
pub(super) async fn open_data_folder(opened: State<'_, Opened>) -> Answer<()> {
    open::that_detached(opened.folder()).map_err(|error| Failure::internal(&error))
}

#[tauri::command]
#[specta::specta]
pub(super) async fn list_backups(opened: State<'_, Opened>) -> Answer<Vec<BackUp>> {
    rescue::backups(opened.folder()).await
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
    /// Asks the person where to write a file, which is to have this name unless they choose another. None: nowhere.
    pub(crate) choose_file: Box<dyn Fn(String) -> oneshot::Receiver<Option<PathBuf>> + Send + Sync>,
    /// Asks the person for a file to import. None: none.
    pub(crate) choose_import: Box<dyn Fn() -> oneshot::Receiver<Option<PathBuf>> + Send + Sync>,
    /// Asks the person for a folder. None: none.
    pub(crate) choose_folder: Box<dyn Fn() -> oneshot::Receiver<Option<PathBuf>> + Send + Sync>,
    /// Opens another window.
    pub(crate) new_window: Box<dyn Fn(Option<ConversationId>) -> Answer<()> + Send + Sync>,
}

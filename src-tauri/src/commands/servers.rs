//! Servers and their keys.

use porthole_core::domain::{Balance, ServerId};
use porthole_core::secrets::Secret;
use porthole_core::{KeepKey, Preset, Server, ServerEdit, ServerToAdd};
use serde::Deserialize;
use tauri::State;

use super::{Answer, Opened};

#[tauri::command]
#[specta::specta]
pub(super) async fn list_servers(opened: State<'_, Opened>) -> Answer<Vec<Server>> {
    opened.app()?.servers().await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn find_servers(opened: State<'_, Opened>) -> Answer<Vec<Server>> {
    opened.app()?.find_servers().await
}

/// Looks without a person having asked for it.
#[tauri::command]
#[specta::specta]
pub(super) async fn look_for_servers(opened: State<'_, Opened>) -> Answer<Vec<Server>> {
    opened.app()?.look_for_servers().await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn add_server(opened: State<'_, Opened>, server: ServerToAdd) -> Answer<Server> {
    opened.app()?.add_server(server).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn remove_server(opened: State<'_, Opened>, id: ServerId) -> Answer<()> {
    opened.app()?.remove_server(id).await
}

/// Takes a removal back.
#[tauri::command]
#[specta::specta]
pub(super) async fn restore_server(opened: State<'_, Opened>, id: ServerId) -> Answer<Server> {
    opened.app()?.restore_server(id).await
}

/// The way back from a removal is over.
#[tauri::command]
#[specta::specta]
pub(super) async fn forget_removed(opened: State<'_, Opened>, id: ServerId) -> Answer<()> {
    opened.app()?.forget_removed(id).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn edit_server(opened: State<'_, Opened>, id: ServerId, edit: ServerEdit) -> Answer<Server> {
    opened.app()?.edit_server(id, edit).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn presets(opened: State<'_, Opened>) -> Answer<Vec<Preset>> {
    Ok(opened.app()?.presets())
}

#[tauri::command]
#[specta::specta]
pub(super) async fn set_key(
    opened: State<'_, Opened>,
    server: ServerId,
    key: GivenKey,
    keep: KeepKey,
) -> Answer<Server> {
    opened.app()?.set_key(server, key.0, keep).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn delete_key(opened: State<'_, Opened>, server: ServerId) -> Answer<Server> {
    opened.app()?.delete_key(server).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn balance(opened: State<'_, Opened>, server: ServerId) -> Answer<Balance> {
    opened.app()?.balance(server).await
}

/// A key on its way in. There is no way out: it cannot be serialised.
#[derive(Debug, Deserialize, specta::Type)]
#[serde(transparent)]
pub(crate) struct GivenKey(#[specta(type = String)] Secret<String>);

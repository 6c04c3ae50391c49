//! Servers and their keys.

use porthole_core::domain::{Balance, ServerId};
use porthole_core::secrets::Secret;
use porthole_core::{KeepKey, Preset, Server, ServerEdit, ServerToAdd};
use serde::Deserialize;
use tauri::State;

use super::{Answer, Opened};

commands! {
    list_servers() -> Vec<Server> = servers();
    find_servers() -> Vec<Server> = find_servers();
    /// Looks without a person having asked for it.
    look_for_servers() -> Vec<Server> = look_for_servers();
    add_server(server: ServerToAdd) -> Server = add_server(server);
    remove_server(id: ServerId) -> () = remove_server(id);
    /// Takes a removal back.
    restore_server(id: ServerId) -> Server = restore_server(id);
    /// The way back from a removal is over.
    forget_removed(id: ServerId) -> () = forget_removed(id);
    edit_server(id: ServerId, edit: ServerEdit) -> Server = edit_server(id, edit);
    set_key(server: ServerId, key: GivenKey, keep: KeepKey) -> Server = set_key(server, key.0, keep);
    delete_key(server: ServerId) -> Server = delete_key(server);
    balance(server: ServerId) -> Balance = balance(server);
}

#[tauri::command]
#[specta::specta]
pub(super) async fn presets(opened: State<'_, Opened>) -> Answer<Vec<Preset>> {
    Ok(opened.app()?.presets())
}

/// A key on its way in. There is no way out: it cannot be serialised.
#[derive(Debug, Deserialize, specta::Type)]
#[serde(transparent)]
pub(crate) struct GivenKey(#[specta(type = String)] Secret<String>);

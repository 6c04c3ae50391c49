//! What the page may ask about the history: its tree, its order, what was said in it.

use porthole_core::domain::{Conversation, ConversationId, Folder, FolderId, MessageId, ModelChoice};
use porthole_core::{
    Arrangement, BranchStretch, FolderEdit, Found, MessageView, SearchPosition, SearchResults, Sent, TagUse,
    UndoId, VersionDeleted,
};
use tauri::State;

use super::{Answer, Opened};

#[tauri::command]
#[specta::specta]
pub(super) async fn arrange(
    opened: State<'_, Opened>,
    conversations: Vec<ConversationId>,
    change: Arrangement,
) -> Answer<UndoId> {
    opened.app()?.arrange(conversations, change).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn undo(opened: State<'_, Opened>, undo: UndoId) -> Answer<()> {
    opened.app()?.undo(undo).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn delete_forever(
    opened: State<'_, Opened>,
    conversations: Vec<ConversationId>,
) -> Answer<()> {
    opened.app()?.delete_forever(conversations).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn empty_trash(opened: State<'_, Opened>) -> Answer<u32> {
    opened.app()?.empty_trash().await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn list_folders(opened: State<'_, Opened>) -> Answer<Vec<Folder>> {
    opened.app()?.folders().await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn make_folder(opened: State<'_, Opened>, name: String) -> Answer<Folder> {
    opened.app()?.make_folder(&name).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn edit_folder(opened: State<'_, Opened>, id: FolderId, edit: FolderEdit) -> Answer<Folder> {
    opened.app()?.edit_folder(id, edit).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn delete_folder(opened: State<'_, Opened>, id: FolderId) -> Answer<UndoId> {
    opened.app()?.delete_folder(id).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn list_tags(opened: State<'_, Opened>) -> Answer<Vec<TagUse>> {
    opened.app()?.tags().await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn edit_message(
    opened: State<'_, Opened>,
    message: MessageId,
    text: String,
    model: ModelChoice,
) -> Answer<Sent> {
    opened.app()?.edit_message(message, &text, model).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn fork_conversation(opened: State<'_, Opened>, message: MessageId) -> Answer<Conversation> {
    opened.app()?.fork_conversation(message).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn delete_version(opened: State<'_, Opened>, message: MessageId) -> Answer<VersionDeleted> {
    opened.app()?.delete_version(message).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn branches(
    opened: State<'_, Opened>,
    conversation: ConversationId,
) -> Answer<Vec<BranchStretch>> {
    opened.app()?.branches(conversation).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn messages_before(
    opened: State<'_, Opened>,
    message: MessageId,
    limit: u32,
) -> Answer<Vec<MessageView>> {
    opened.app()?.messages_before(message, limit).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn messages_after(
    opened: State<'_, Opened>,
    message: MessageId,
    limit: u32,
) -> Answer<Vec<MessageView>> {
    opened.app()?.messages_after(message, limit).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn search(
    opened: State<'_, Opened>,
    query: String,
    from: Option<SearchPosition>,
    limit: u32,
) -> Answer<SearchResults> {
    opened.app()?.search(&query, from, limit).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn find_in_conversation(
    opened: State<'_, Opened>,
    conversation: ConversationId,
    query: String,
) -> Answer<Found> {
    opened.app()?.find(conversation, &query).await
}

#[tauri::command]
#[specta::specta]
pub(super) async fn set_titles(opened: State<'_, Opened>, on: bool) -> Answer<()> {
    opened.app()?.set_titles(on).await
}

//! What the page may ask about the history: its tree, its order, what was said in it.

use porthole_core::domain::{Conversation, ConversationId, Folder, FolderId, MessageId, ModelChoice};
use porthole_core::{
    Arrangement, BranchMoved, BranchStretch, ConversationList, FolderEdit, Found, ListStretch, MessageView,
    Moment, Outline, SearchPosition, SearchResults, Sent, TagUse, UndoId, VersionDeleted,
};
use tauri::State;

use super::{Answer, Opened};

commands! {
    list_stretch(list: ConversationList, from: u32, limit: u32, moments: Vec<Moment>) -> ListStretch
        = list_stretch(list, from, limit, moments);
    place_in_list(list: ConversationList, id: ConversationId) -> Option<u32> = place_in_list(list, id);
    arrange(conversations: Vec<ConversationId>, change: Arrangement) -> UndoId
        = arrange(conversations, change);
    undo(undo: UndoId) -> () = undo(undo);
    delete_forever(conversations: Vec<ConversationId>) -> () = delete_forever(conversations);
    empty_trash() -> u32 = empty_trash();
    list_folders() -> Vec<Folder> = folders();
    make_folder(name: String, parent: Option<FolderId>) -> Folder = make_folder(&name, parent);
    move_folder(id: FolderId, parent: Option<FolderId>) -> UndoId = move_folder(id, parent);
    edit_folder(id: FolderId, edit: FolderEdit) -> Folder = edit_folder(id, edit);
    delete_folder(id: FolderId) -> UndoId = delete_folder(id);
    list_tags() -> Vec<TagUse> = tags();
    edit_message(message: MessageId, text: String, model: ModelChoice) -> Sent
        = edit_message(message, &text, model);
    fork_conversation(message: MessageId) -> Conversation = fork_conversation(message);
    copy_branch(message: MessageId) -> Conversation = copy_branch(message);
    move_branch(message: MessageId) -> BranchMoved = move_branch(message);
    delete_below(message: MessageId) -> VersionDeleted = delete_below(message);
    delete_version(message: MessageId) -> VersionDeleted = delete_version(message);
    branches(conversation: ConversationId) -> Vec<BranchStretch> = branches(conversation);
    outline(id: ConversationId, at: Option<MessageId>) -> Outline = outline(id, at);
    messages(ids: Vec<MessageId>) -> Vec<MessageView> = messages(ids);
    messages_before(message: MessageId, limit: u32) -> Vec<MessageView> = messages_before(message, limit);
    messages_after(message: MessageId, limit: u32) -> Vec<MessageView> = messages_after(message, limit);
    search(query: String, from: Option<SearchPosition>, limit: u32) -> SearchResults
        = search(&query, from, limit);
    find_in_conversation(conversation: ConversationId, query: String) -> Found = find(conversation, &query);
    set_titles(on: bool) -> () = set_titles(on);
}

//! Everything the page may ask for. A command parses, calls core, and maps the error.

/// Commands that only call core: each is `name(arguments) -> answer`, and the call to the app that gives the answer.
macro_rules! commands {
    ($(
        $(#[$doc:meta])*
        $name:ident($($argument:ident: $type:ty),*) -> $answer:ty = $method:ident($($given:expr),*);
    )+) => {$(
        $(#[$doc])*
        #[tauri::command]
        #[specta::specta]
        pub(super) async fn $name(opened: State<'_, Opened>, $($argument: $type),*) -> Answer<$answer> {
            opened.app()?.$method($($given),*).await
        }
    )+};
}

mod data;
mod files;
pub(crate) mod first_question;
mod history;
mod servers;

use std::collections::BTreeSet;

use porthole_core::domain::{
    Change, ChatSettings, Conversation, ConversationId, Effort, Failure, Lock, MessageId, ModelChoice,
    ServerId,
};
use porthole_core::settings::Appearance;
use porthole_core::turn::TurnPatch;
use porthole_core::{Begin, SendRequest, Sent, Spent, Transcript, UndoId};
use porthole_markdown::Block;
use serde::{Deserialize, Serialize};
use tauri::{Runtime, State};
use tauri_specta::{Builder, collect_commands, collect_events};

pub(crate) use data::Desktop;
pub(crate) use files::Exports;

use crate::closing::{Closing, Farewells};
use crate::opened::Opened;

pub(crate) type Answer<T> = Result<T, Failure>;

/// Tells every window what has changed.
#[derive(Debug, Clone, Serialize, Deserialize, specta::Type, tauri_specta::Event)]
pub struct Changed(pub Change);

/// The commands and events, from which the page's bindings are generated.
pub fn specification<R: Runtime>() -> Builder<R> {
    Builder::<R>::new()
        .commands(collect_commands![
            begin,
            ready,
            draft_kept,
            first_question::first_question,
            first_question::first_question_model,
            first_question::first_question_ended,
            history::list_stretch,
            history::place_in_list,
            open_conversation,
            close_conversation,
            rename_conversation,
            history::arrange,
            history::undo,
            history::delete_forever,
            history::empty_trash,
            history::list_folders,
            history::make_folder,
            history::move_folder,
            history::edit_folder,
            history::delete_folder,
            history::list_tags,
            history::edit_message,
            history::fork_conversation,
            history::copy_branch,
            history::move_branch,
            history::delete_below,
            history::delete_version,
            history::branches,
            history::outline,
            history::messages,
            history::messages_before,
            history::messages_after,
            history::search,
            history::find_in_conversation,
            data::rebuild_search,
            data::data_place,
            data::open_data_folder,
            data::diagnosis,
            data::move_data,
            data::confirm_move,
            data::restart,
            data::list_backups,
            data::back_up,
            data::look_into_backup,
            data::restore_backup,
            data::check_history,
            history::set_titles,
            data::new_window,
            files::export_chats,
            files::show_export,
            files::preview_export,
            files::export_progress,
            files::cancel_export,
            files::import_chats,
            files::kept_folder,
            files::choose_kept_folder,
            files::set_kept_folder,
            files::stop_kept_folder,
            configure_conversation,
            send,
            queue_message,
            take_back,
            regenerate,
            choose_version,
            stop_turn,
            next_patch,
            message_thinking,
            message_source,
            servers::list_servers,
            servers::find_servers,
            servers::add_server,
            servers::look_for_servers,
            servers::remove_server,
            servers::restore_server,
            servers::forget_removed,
            servers::edit_server,
            servers::presets,
            servers::set_key,
            servers::delete_key,
            servers::balance,
            set_lock,
            permitted,
            continue_reply,
            conversation_cost,
            save_draft,
            set_appearance,
            open_link,
            copy_text,
            copy_rich,
            copy_picture,
        ])
        .events(collect_events![Changed, Closing])
        .disable_serde_phases()
}

commands! {
    begin() -> Begin = begin();
    open_conversation(id: ConversationId, at: Option<MessageId>) -> Transcript = open_conversation(id, at);
    close_conversation() -> () = close_conversation();
    rename_conversation(id: ConversationId, title: String) -> UndoId = rename_conversation(id, &title);
    configure_conversation(id: ConversationId, settings: ChatSettings, model: Option<ModelChoice>) -> Conversation
        = configure_conversation(id, settings, model);
    send(request: SendRequest) -> Sent = send(request);
    regenerate(message: MessageId, model: Option<ModelChoice>, effort: Option<Effort>) -> Sent
        = regenerate(message, model, effort);
    choose_version(message: MessageId) -> Transcript = choose_version(message);
    next_patch(message: MessageId, seen: u32, thinking_seen: Option<u32>) -> TurnPatch
        = next_patch(message, seen.into(), thinking_seen.map(u64::from));
    message_thinking(message: MessageId) -> Vec<Block> = message_thinking(message);
    message_source(message: MessageId) -> String = message_source(message);
    /// Locks a conversation, or without one the whole app.
    set_lock(conversation: Option<ConversationId>, lock: Lock) -> () = set_lock(conversation, lock);
    permitted(conversation: Option<ConversationId>, lock: Lock) -> BTreeSet<ServerId>
        = permitted(conversation, &lock);
    continue_reply(message: MessageId) -> Sent = continue_reply(message);
    conversation_cost(id: ConversationId) -> Spent = conversation_cost(id);
    save_draft(conversation: Option<ConversationId>, text: String) -> () = save_draft(conversation, text);
    queue_message(id: ConversationId, text: String) -> Conversation = queue_message(id, text);
    take_back(id: ConversationId) -> Conversation = take_back(id);
}

/// The page is painted and can be typed into. Whoever set `PORTHOLE_READY_FILE` is told by that file.
#[tauri::command]
#[specta::specta]
async fn ready(opened: State<'_, Opened>) -> Answer<()> {
    opened.app()?;
    tell_by_file("PORTHOLE_READY_FILE", "ready".to_owned()).await;
    Ok(())
}

/// Writes to the file that an environment variable names, if the program that waits for it has set one.
async fn tell_by_file(variable: &str, words: String) {
    if let Some(file) = std::env::var_os(variable) {
        // The file belongs to the waiting program; if it cannot be written, that program times out and says so.
        let _ = tokio::task::spawn_blocking(move || std::fs::write(file, words)).await;
    }
}

/// What was typed in a window is kept, so it may close: the answer to [`Closing`].
#[tauri::command]
#[specta::specta]
async fn draft_kept(farewells: State<'_, Farewells>, farewell: u32) -> Answer<()> {
    farewells.answered(farewell);
    Ok(())
}

#[tauri::command]
#[specta::specta]
async fn stop_turn(opened: State<'_, Opened>, message: MessageId) -> Answer<()> {
    opened.app()?.stop(message).await
}

#[tauri::command]
#[specta::specta]
async fn set_appearance(opened: State<'_, Opened>, appearance: Appearance) -> Answer<()> {
    opened.app()?.set_appearance(appearance).await?;
    opened.enlarge(appearance);
    Ok(())
}

/// Opens a link of a message in the system's browser, if it is one that may be opened.
#[tauri::command]
#[specta::specta]
async fn open_link(url: String) -> Answer<()> {
    let link = porthole_core::checked_link(&url)?;
    open::that_detached(link.as_str()).map_err(|error| Failure::internal(&error))
}

#[tauri::command]
#[specta::specta]
async fn copy_text(clipboard: State<'_, Clipboard>, text: String) -> Answer<()> {
    clipboard.with(|held| held.set_text(text))
}

/// Copies a message as programs that write letters and mails take it, and as Markdown for all others.
#[tauri::command]
#[specta::specta]
async fn copy_rich(clipboard: State<'_, Clipboard>, markdown: String) -> Answer<()> {
    let html = porthole_core::rich_text(&markdown);
    clipboard.with(|held| held.set().html(html, Some(markdown)))
}

/// Copies a message as a picture.
#[tauri::command]
#[specta::specta]
async fn copy_picture(clipboard: State<'_, Clipboard>, markdown: String) -> Answer<()> {
    let porthole_core::Picture { width, height, rgba } = porthole_core::picture(markdown).await?;
    let image = arboard::ImageData { width: width as usize, height: height as usize, bytes: rgba.into() };
    clipboard.with(|held| held.set_image(image))
}

/// The system's clipboard, held for as long as the app runs: on X11 the text disappears with its owner.
#[derive(Default)]
pub(crate) struct Clipboard(std::sync::Mutex<Option<arboard::Clipboard>>);

impl Clipboard {
    fn with(&self, act: impl FnOnce(&mut arboard::Clipboard) -> Result<(), arboard::Error>) -> Answer<()> {
        let mut held = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if held.is_none() {
            *held = Some(arboard::Clipboard::new().map_err(|error| Failure::internal(&error))?);
        }
        held.as_mut().map_or(Ok(()), act).map_err(|error| Failure::internal(&error))
    }
}

//! Every scene, and the states it shows.

use std::pin::Pin;

use crate::stage::Stage;
use crate::{enlarged, errors, panels, replies, starts, trees};

/// Something that is played in a window and passes through states.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) states: &'static [&'static str],
    pub(crate) play: fn(&Stage) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>,
}

macro_rules! scene {
    ($play:path, $name:literal: $($state:literal),+ $(,)?) => {
        Scene { name: $name, states: &[$($state),+], play: |stage| Box::pin($play(stage)) }
    };
}

/// All of them, in the order in which a person would come upon them.
pub(crate) fn all() -> Vec<Scene> {
    vec![
        scene!(starts::nothing, "first-run": "first-run"),
        scene!(starts::found, "first-run-server": "first-run-server", "first-run-needs-key"),
        scene!(starts::keys, "keys": "key-refused", "key-unchecked", "key-accepted"),
        scene!(starts::unopened, "cannot-start": "cannot-start", "cannot-start-damaged", "cannot-start-busy",
            "cannot-start-read-only"),
        scene!(starts::blank, "blank": "blank", "blank-no-model"),
        scene!(replies::live, "live": "waiting", "thinking-live", "thinking-live-open", "streaming", "silent", "queued",
            "stopped-early", "retrying"),
        scene!(replies::kept, "kept": "mixed", "code", "table", "list", "cjk", "rtl", "formulas", "images",
            "long-question", "thinking", "thinking-open", "link", "length", "stopped", "receipt", "regenerate-menu",
            "edit", "find"),
        scene!(replies::handed_on, "handed-on": "export-page", "export-formulas", "message-menu"),
        scene!(errors::all, "errors": "error-unauthorized", "error-payment_required", "error-forbidden",
            "error-not_found", "error-too_large", "error-invalid_request", "error-context_overflow",
            "error-rate_limited", "error-server_error", "error-overloaded", "error-unreachable", "error-timeout",
            "error-cut_off", "error-malformed", "error-empty_reply", "error-length_limit", "error-locked"),
        scene!(errors::unsaved, "unsaved": "unsaved"),
        scene!(panels::chats, "chats": "chats", "chat-menu", "rename", "undo", "archive", "trash", "search", "picked",
            "folder-dialog", "export", "export-progress", "sidebar-narrow"),
        scene!(trees::branches, "branches": "regenerate-choices", "branch-map", "branch-map-narrow"),
        scene!(trees::folders, "folders": "folders", "folder-menu", "folder-settings", "folders-narrow"),
        scene!(panels::around, "around": "picker", "picker-filtered", "lock-menu", "locked", "inspector",
            "inspector-narrow"),
        scene!(panels::locks, "locks": "lock-unreadable"),
        scene!(panels::settings, "settings": "settings-models", "settings-appearance", "settings-shortcuts",
            "settings-data", "settings-privacy", "settings-about", "settings-search", "settings-add", "settings-edit"),
        scene!(panels::kept_folder, "kept-folder": "settings-kept-folder", "settings-kept-folder-gone"),
        scene!(enlarged::all, "zoom": "zoom-blank", "zoom-mixed", "zoom-table", "zoom-code", "zoom-code-end", "zoom-menu",
            "zoom-picker", "zoom-find", "zoom-inspector", "zoom-small", "zoom-small-picker", "zoom-small-settings",
            "zoom-sidebar", "zoom-settings", "zoom-appearance", "zoom-edit"),
        scene!(enlarged::nothing, "zoom-nothing": "zoom-first-run"),
    ]
}

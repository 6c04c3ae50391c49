//! How a window closes: only after its page has had time to save what was typed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Manager, Window, WindowEvent, Wry};
use tauri_specta::Event;
use tokio::sync::oneshot;

use crate::opened::Opened;

/// How long a page may take. A hanging page must not keep its window open.
const PATIENCE: Duration = Duration::from_secs(2);

/// A window is about to close. Its page has core save the draft and answers with the number.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, specta::Type, tauri_specta::Event)]
pub struct Closing(u32);

/// The windows that wait for their page's answer.
#[derive(Default)]
pub(crate) struct Farewells(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    last: u32,
    by_number: HashMap<u32, (String, oneshot::Sender<()>)>,
}

impl Farewells {
    /// The page has answered.
    pub(crate) fn answered(&self, farewell: u32) {
        let waiting = self.waiting().by_number.remove(&farewell);
        if let Some((_, answered)) = waiting {
            // The one who waited may have given up.
            let _ = answered.send(());
        }
    }

    /// Registers that a window is closing; `None` if it already is.
    fn begin(&self, window: &str) -> Option<(u32, oneshot::Receiver<()>)> {
        let mut waiting = self.waiting();
        if waiting.by_number.values().any(|(label, _)| label == window) {
            return None;
        }
        let (answered, answer) = oneshot::channel();
        waiting.last += 1;
        let number = waiting.last;
        waiting.by_number.insert(number, (window.to_owned(), answered));
        Some((number, answer))
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a window that is asked to close wait for its page.
pub(crate) fn after_the_draft(window: &Window, event: &WindowEvent) {
    let WindowEvent::CloseRequested { api, .. } = event else { return };
    // Without a history nothing can be typed.
    if window.state::<Opened>().app().is_err() {
        return;
    }
    api.prevent_close();
    let window = window.clone();
    tauri::async_runtime::spawn(async move {
        if keep_draft(window.app_handle(), window.label()).await {
            // Only a window that is already gone refuses.
            let _ = window.destroy();
        }
    });
}

/// Makes the pages of all windows save what was typed.
pub(crate) async fn keep_all_drafts(app: &AppHandle) {
    let windows = app.webview_windows().into_keys().map(|label| {
        let app = app.clone();
        tauri::async_runtime::spawn(async move { keep_draft(&app, &label).await })
    });
    for kept in windows.collect::<Vec<_>>() {
        let _ = kept.await;
    }
}

/// Waits until a page has saved its draft, or until the time limit. False: somebody is already waiting for it.
async fn keep_draft(app: &AppHandle<Wry>, label: &str) -> bool {
    let farewells = app.state::<Farewells>();
    let Some((number, answer)) = farewells.begin(label) else { return false };
    if Closing(number).emit_to(app, label).is_ok() {
        let _ = tokio::time::timeout(PATIENCE, answer).await;
    }
    farewells.answered(number);
    true
}

#[cfg(test)]
mod tests {
    use super::Farewells;

    #[test]
    fn a_window_waits_for_its_own_page_and_only_once() {
        let farewells = Farewells::default();
        let (first, mut of_first) = farewells.begin("main").expect("nobody waits for it");
        let (_second, mut of_second) = farewells.begin("chat-0").expect("another window");
        assert!(farewells.begin("main").is_none(), "a second press of the close button changes nothing");
        farewells.answered(first);
        assert!(of_first.try_recv().is_ok());
        assert!(of_second.try_recv().is_err(), "its page has not answered");
        farewells.answered(first);
        assert!(farewells.begin("main").is_some(), "a farewell that is over can be said again");
    }
}

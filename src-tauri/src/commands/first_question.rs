//! The question that the program was started with.

use std::sync::{Mutex, PoisonError};

use porthole_core::domain::ModelChoice;
use tauri::State;

use super::{Answer, Opened, tell_by_file};

/// A question to ask in the window at once, and which model to ask.
#[derive(Debug, Clone)]
pub struct FirstQuestion {
    /// The question.
    pub text: String,
    /// The server's name; without it, the first that offers the model.
    pub server: Option<String>,
    /// The model's id; without it, the server's first.
    pub model: Option<String>,
}

/// The question until a window has taken it, then which model to ask.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<(Option<FirstQuestion>, bool)>);

impl Waiting {
    pub(crate) fn put(&self, question: FirstQuestion) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (Some(question), false);
    }

    fn get(&self) -> Option<FirstQuestion> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// The text, once: a reloaded page must not ask again.
    fn take_text(&self) -> Option<String> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = !std::mem::replace(&mut held.1, true);
        held.0.as_ref().filter(|_| first).map(|question| question.text.clone())
    }
}

/// The question that the program was started with, for the first page that asks.
#[tauri::command]
#[specta::specta]
pub(super) async fn first_question(waiting: State<'_, Waiting>) -> Answer<Option<String>> {
    Ok(waiting.take_text())
}

/// Whom to ask it: the server and model that were named, and no other.
#[tauri::command]
#[specta::specta]
pub(super) async fn first_question_model(
    opened: State<'_, Opened>,
    waiting: State<'_, Waiting>,
) -> Answer<ModelChoice> {
    let (server, model) = waiting.get().map(|question| (question.server, question.model)).unwrap_or_default();
    opened.app()?.resolve(server.as_deref(), model.as_deref()).await
}

/// Its reply has ended and is painted, or the question could not be sent: `how` is the reply's state or the error's
/// code. This is reported through the file that `PORTHOLE_ANSWERED_FILE` names.
#[tauri::command]
#[specta::specta]
pub(super) async fn first_question_ended(how: String) -> Answer<()> {
    tell_by_file("PORTHOLE_ANSWERED_FILE", how).await;
    Ok(())
}

//! Asking, stopping, watching.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use super::view::{AppError, MessageView, SendRequest, Sent, Transcript, drawn};
use super::{App, LAST_MODEL, OPEN_CONVERSATION};
use crate::domain::{
    Code, ConversationId, Message, MessageId, MessageMeta, MessageState, ModelChoice, plain_text,
    thinking_text,
};
use crate::provider::{Provider, Request};
use crate::store::{NewReply, Started, StoreError};
use crate::turn::{self, Assignment, Phase, Turn, TurnPatch};

/// A turn that has begun, for programs without a window.
pub struct Running {
    /// Its conversation and messages.
    pub started: Started,
    /// What arrives.
    pub turn: Turn,
}

/// A turn that runs, and whose it is.
pub(super) struct Arriving {
    conversation: ConversationId,
    turn: Turn,
}

impl App {
    /// Puts the question and an empty reply in the history, then sends it.
    ///
    /// # Errors
    /// Anything that keeps the question from being safe; then nothing was sent and the words are still the
    /// caller's. What goes wrong later is told on the reply.
    pub async fn send(&self, request: SendRequest) -> Result<Sent, AppError> {
        let running = self.ask(request).await?;
        // A window shows this conversation from here on; forgetting that must not keep the reply away.
        let _ = self.0.store.set_setting(OPEN_CONVERSATION, &Some(running.started.conversation.id)).await;
        Ok(sent(running.started))
    }

    /// As [`App::send`], for a caller that reads the turn itself.
    pub async fn ask(&self, request: SendRequest) -> Result<Running, AppError> {
        let text = request.text.trim();
        if text.is_empty() {
            return Err(AppError::new(Code::InvalidRequest, "There is nothing to send."));
        }
        let (provider, reply) = self.asked(&request.model).await?;
        let started =
            self.0.store.ask(request.conversation, request.settings, text.to_owned(), reply).await?;
        Ok(self.begin_turn(started, provider, request.model).await)
    }

    /// Asks for another version of a reply, of the same model or another.
    pub async fn regenerate(&self, message: MessageId, model: Option<ModelChoice>) -> Result<Sent, AppError> {
        let before = self.0.store.message(message).await?;
        let conversation = self.0.store.conversation(before.conversation).await?;
        let asked_before = before
            .author
            .and_then(|author| Some(ModelChoice { server: author.server?, model: author.model }));
        let model = model.or(conversation.model).or(asked_before).ok_or_else(no_such_server)?;
        let (provider, reply) = self.asked(&model).await?;
        let started = self.0.store.ask_again(message, reply).await?;
        Ok(sent(self.begin_turn(started, provider, model).await.started))
    }

    /// Who answers for `model`, and the reply to be filled. Whatever can keep a request from leaving is found here,
    /// because a reply that is in the history must get its ending.
    async fn asked(&self, model: &ModelChoice) -> Result<(Arc<dyn Provider>, NewReply), AppError> {
        let record = self.0.store.server(model.server).await.map_err(|error| {
            if matches!(error, StoreError::Missing(_)) { no_such_server() } else { error.into() }
        })?;
        let now_ms = self.0.clock.now_ms();
        let provider = self.provider(&record).await?;
        Ok((provider, NewReply { model: model.clone(), server_name: record.name, now_ms }))
    }

    async fn begin_turn(&self, started: Started, provider: Arc<dyn Provider>, model: ModelChoice) -> Running {
        let settings = &started.conversation.settings;
        let request = Request {
            model: model.model.clone(),
            messages: turn::messages_of(settings.system.as_deref(), &started.before),
            temperature: settings.temperature,
            top_p: settings.top_p,
            max_tokens: settings.max_tokens,
            effort: settings.effort,
        };
        let (turn, ending) = turn::start(Assignment {
            reply: started.reply.clone(),
            versions: started.versions.clone(),
            request,
            provider,
            store: self.0.store.clone(),
        });
        let id = started.reply.id;
        let conversation = started.conversation.id;
        self.turns().insert(id, Arriving { conversation, turn: turn.clone() });
        self.changed(Some(conversation));
        let app = self.clone();
        tokio::spawn(async move {
            // A reply that is not in the history stays with its turn, so that its text is still shown.
            if matches!(ending.await, Ok(Ok(_))) {
                app.turns().remove(&id);
            }
            app.changed(Some(conversation));
        });
        // Forgetting which model was asked last must not keep a question from being answered.
        let _ = self.0.store.set_setting(LAST_MODEL, &model).await;
        Running { started, turn }
    }

    fn turns(&self) -> MutexGuard<'_, HashMap<MessageId, Arriving>> {
        self.0.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, reply: MessageId) -> Option<Turn> {
        self.turns().get(&reply).map(|arriving| arriving.turn.clone())
    }

    /// Stops the turn that fills `reply`, if one does.
    pub fn stop(&self, reply: MessageId) {
        if let Some(turn) = self.turn(reply) {
            turn.stop();
        }
    }

    /// Stops every turn of a conversation, those on branches that are not shown too.
    pub(super) fn stop_in(&self, conversation: ConversationId) {
        for arriving in self.turns().values().filter(|arriving| arriving.conversation == conversation) {
            arriving.turn.stop();
        }
    }

    /// Stops every turn and waits until each reply is in the history.
    pub async fn stop_all(&self) {
        let turns: Vec<Turn> = self.turns().values().map(|arriving| arriving.turn.clone()).collect();
        for turn in &turns {
            turn.stop();
        }
        for turn in &turns {
            turn.feed().ended().await;
        }
    }

    /// What is newer in a reply than `seen`; answers when there is something. A reply that no turn of this
    /// program fills is answered from the history, whole.
    pub async fn next_patch(
        &self,
        reply: MessageId,
        seen: u64,
        thinking_seen: Option<u64>,
    ) -> Result<TurnPatch, AppError> {
        if let Some(turn) = self.turn(reply) {
            return Ok(turn.feed().next(seen, thinking_seen).await);
        }
        let message = self.0.store.message(reply).await?;
        let branch = self.0.store.branch(message.conversation).await?;
        let versions = branch.versions.get(&reply).cloned().unwrap_or_else(|| vec![reply]);
        drawn(move || patch_from_history(&message, versions, thinking_seen.is_some())).await
    }

    /// The thinking of a reply as HTML blocks.
    pub async fn message_thinking(&self, id: MessageId) -> Result<Vec<porthole_markdown::Block>, AppError> {
        let message = self.0.store.message(id).await?;
        drawn(move || porthole_markdown::render(&thinking_text(&message.parts))).await
    }

    /// The text of a message as it was written.
    pub async fn message_source(&self, id: MessageId) -> Result<String, AppError> {
        Ok(plain_text(&self.0.store.message(id).await?.parts))
    }

    /// Shows the branch that goes through `message`.
    pub async fn choose_version(&self, message: MessageId) -> Result<Transcript, AppError> {
        let conversation = self.0.store.show_branch_of(message).await?;
        self.open_conversation(conversation).await
    }
}

fn sent(started: Started) -> Sent {
    let Started { conversation, question, reply, versions, before: _ } = started;
    let question = question.map(|question| MessageView::of(&question, vec![question.id]));
    let reply = MessageView::of(&reply, versions);
    Sent { conversation, messages: question.into_iter().chain([reply]).collect() }
}

fn patch_from_history(message: &Message, versions: Vec<MessageId>, with_thinking: bool) -> TurnPatch {
    let whole = |text: &str| {
        let mut document = porthole_markdown::Document::new();
        document.push(text);
        document.finish();
        document.patch_since(0)
    };
    let thinking = thinking_text(&message.parts);
    let mut meta = MessageMeta::of(message, versions);
    if meta.state == MessageState::Arriving {
        // Another program receives it; here it is shown as it is now.
        meta.state = MessageState::CutOff;
    }
    TurnPatch {
        revision: u64::from(u32::MAX),
        phase: Phase::Ended { meta: Box::new(meta) },
        text: whole(&plain_text(&message.parts)),
        thinking: with_thinking.then(|| whole(&thinking)),
        thinking_line: turn::newest_line(&thinking),
        thinking_ms: message.timing.thinking_ms,
    }
}

fn no_such_server() -> AppError {
    AppError::new(Code::NoModel, "The model's server is not known any more. Pick a model and send again.")
}

//! Asking, stopping, watching.

use std::sync::PoisonError;

use super::view::{AppError, MessageView, SendRequest, Sent, Transcript};
use super::{App, LAST_MODEL};
use crate::domain::{
    ChatSettings, Code, Message, MessageId, MessageMeta, MessageState, ModelChoice, plain_text, thinking_text,
};
use crate::provider::Request;
use crate::store::{NewReply, ServerRecord, Started};
use crate::turn::{self, Assignment, Phase, Turn, TurnPatch};

/// A turn that has begun, for programs without a window.
pub struct Running {
    /// Its conversation and messages.
    pub started: Started,
    /// What arrives.
    pub turn: Turn,
}

impl App {
    /// Puts the question and an empty reply in the history, then sends it.
    ///
    /// # Errors
    /// Anything that keeps the question from being safe; then nothing was sent and the words are still the
    /// caller's. What goes wrong later is told on the reply.
    pub async fn send(&self, request: SendRequest) -> Result<Sent, AppError> {
        let running = self.ask(request).await?;
        Ok(sent(running.started))
    }

    /// As [`App::send`], for a caller that reads the turn itself.
    pub async fn ask(&self, request: SendRequest) -> Result<Running, AppError> {
        let text = request.text.trim();
        if text.is_empty() {
            return Err(AppError::new(Code::InvalidRequest, "There is nothing to send."));
        }
        let record = self.0.store.server(request.model.server).await.map_err(|_| no_such_server())?;
        let reply = self.new_reply(&record, &request.model);
        let started =
            self.0.store.ask(request.conversation, request.settings, text.to_owned(), reply).await?;
        self.begin_turn(started, &record, request.model).await
    }

    /// Asks for another version of a reply, of the same model or another.
    pub async fn regenerate(&self, message: MessageId, model: Option<ModelChoice>) -> Result<Sent, AppError> {
        let before = self.0.store.message(message).await?;
        let conversation = self.0.store.conversation(before.conversation).await?;
        let asked_before = before
            .author
            .and_then(|author| Some(ModelChoice { server: author.server?, model: author.model }));
        let model = model.or(conversation.model).or(asked_before).ok_or_else(no_such_server)?;
        let record = self.0.store.server(model.server).await.map_err(|_| no_such_server())?;
        let started = self.0.store.ask_again(message, self.new_reply(&record, &model)).await?;
        let running = self.begin_turn(started, &record, model).await?;
        Ok(sent(running.started))
    }

    fn new_reply(&self, record: &ServerRecord, model: &ModelChoice) -> NewReply {
        NewReply { model: model.clone(), server_name: record.name.clone(), now_ms: self.0.clock.now_ms() }
    }

    async fn begin_turn(
        &self,
        started: Started,
        record: &ServerRecord,
        model: ModelChoice,
    ) -> Result<Running, AppError> {
        let mut branch = self.0.store.path(started.reply.id).await?;
        branch.pop();
        let settings = &started.conversation.settings;
        let request = Request {
            model: model.model.clone(),
            messages: turn::messages_of(settings.system.as_deref(), &branch),
            temperature: settings.temperature,
            top_p: settings.top_p,
            max_tokens: settings.max_tokens,
            effort: settings.effort,
        };
        let (turn, ending) = turn::start(Assignment {
            reply: started.reply.clone(),
            versions: started.versions.clone(),
            request,
            provider: self.provider(record)?,
            store: self.0.store.clone(),
        });
        let id = started.reply.id;
        self.0.turns.lock().unwrap_or_else(PoisonError::into_inner).insert(id, turn.clone());
        let conversation = started.conversation.id;
        self.changed(Some(conversation));
        let app = self.clone();
        tokio::spawn(async move {
            // A reply that could not be committed stays with its turn, so that its text is still shown.
            if matches!(ending.await, Ok(Ok(_))) {
                app.0.turns.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            }
            app.changed(Some(conversation));
        });
        // Forgetting which model was asked last must not keep a question from being answered.
        let _ = self.0.store.set_setting(LAST_MODEL, &model).await;
        Ok(Running { started, turn })
    }

    fn turn(&self, reply: MessageId) -> Option<Turn> {
        self.0.turns.lock().unwrap_or_else(PoisonError::into_inner).get(&reply).cloned()
    }

    /// Stops the turn that fills `reply`, if one does.
    pub fn stop(&self, reply: MessageId) {
        if let Some(turn) = self.turn(reply) {
            turn.stop();
        }
    }

    /// Stops every turn and waits until each reply is in the history.
    pub async fn stop_all(&self) {
        let turns: Vec<Turn> =
            self.0.turns.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
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
        Ok(patch_from_history(&message, versions, thinking_seen.is_some()))
    }

    /// The thinking of a reply as HTML blocks.
    pub async fn message_thinking(&self, id: MessageId) -> Result<Vec<porthole_markdown::Block>, AppError> {
        let message = self.0.store.message(id).await?;
        Ok(porthole_markdown::render(&thinking_text(&message.parts)))
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

    /// The settings a new question in this conversation starts from.
    pub async fn settings_of(
        &self,
        conversation: crate::domain::ConversationId,
    ) -> Result<ChatSettings, AppError> {
        Ok(self.0.store.conversation(conversation).await?.settings)
    }
}

fn sent(started: Started) -> Sent {
    let Started { conversation, question, reply, versions } = started;
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

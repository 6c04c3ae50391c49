//! Asking, stopping, watching.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, OnceLock};
use std::time::Duration;

use super::turns::Arriving;
use super::view::{MessageView, SendRequest, Sent, Spent, Transcript, drawn};
use super::{App, LAST_MODEL, NEW_DRAFT, OPEN_CONVERSATION};
use crate::domain::{
    Cause, Change, Code, ConversationId, Effort, Failure, MessageId, Model, ModelChoice, Money, Place,
    Sampling, plain_text, thinking_text,
};
use crate::provider::{ModelServer, Request};
use crate::store::{NewReply, ServerRecord, Source, Started, StoreError, Target};
use crate::turn::{self, Assignment, RatesOf, Turn, TurnPatch};

/// How long a list of models is waited for before the first question to a server.
const ALIAS_TIMEOUT: Duration = Duration::from_secs(5);

/// A turn that has begun, for programs without a window.
pub struct Running {
    /// Its conversation and messages.
    pub started: Started,
    /// What arrives.
    pub turn: Turn,
}

/// A model that is asked.
pub(super) struct Asked {
    choice: ModelChoice,
    pub(super) record: ServerRecord,
    pub(super) server: Arc<dyn ModelServer>,
}

/// A model as a request names it.
pub(super) struct Spoken {
    /// Its id here.
    pub(super) model: String,
    /// The effort that its name stands for.
    effort: Option<Effort>,
    /// What is known of it.
    pub(super) known: Option<Model>,
}

impl App {
    /// Puts the question and an empty reply in the history, then sends it.
    ///
    /// # Errors
    /// Anything that keeps the question from being safe; then nothing was sent and the words are still the
    /// caller's. What goes wrong later is told on the reply.
    pub async fn send(&self, request: SendRequest) -> Result<Sent, Failure> {
        let running = self.ask_from(request, Source::Draft(NEW_DRAFT)).await?;
        // A window shows this conversation from here on; forgetting that must not keep the reply away.
        let _ = self.0.store.set_setting(OPEN_CONVERSATION, &Some(running.started.conversation.id)).await;
        Ok(self.show_turn(running))
    }

    /// What a window gets of a turn that has begun. A conversation that a window shows is given a title.
    pub(super) fn show_turn(&self, running: Running) -> Sent {
        self.title_after(&running);
        sent(running.started)
    }

    /// As [`App::send`], for a caller that reads the turn itself. What a window has typed for a new conversation stays.
    pub async fn ask(&self, request: SendRequest) -> Result<Running, Failure> {
        self.ask_from(request, Source::Caller).await
    }

    pub(super) async fn ask_from(&self, request: SendRequest, source: Source) -> Result<Running, Failure> {
        let text = request.text;
        check_words(&text)?;
        self.end_settled().await;
        let lock = match request.conversation {
            Some(id) => self.0.store.conversation(id).await?.lock,
            None => request.lock.normal(),
        };
        let (asked, reply) = self.asked(&request.model).await?;
        let place = Target { conversation: request.conversation, lock, folder: request.folder, source };
        let store = self.0.store.clone();
        let commit = async move { store.ask(place, request.settings, text, reply).await };
        self.commit_and_begin(commit, asked, None).await
    }

    /// As [`App::regenerate`], for a caller that reads the turn itself.
    pub async fn ask_again(
        &self,
        message: MessageId,
        model: Option<ModelChoice>,
        effort: Option<Effort>,
    ) -> Result<Running, Failure> {
        let before = self.0.store.message_in_use(message).await?;
        let conversation = self.0.store.conversation(before.conversation).await?;
        let asked_before = before.author.and_then(|author| author.choice());
        let model = model.or(conversation.model).or(asked_before).ok_or_else(no_such_server)?;
        let (asked, reply) = self.asked(&model).await?;
        self.end_settled().await;
        let store = self.0.store.clone();
        let commit = async move { store.ask_again(message, reply).await };
        self.commit_and_begin(commit, asked, effort).await
    }

    /// Asks for the rest of a reply that broke off, was stopped or hit the length limit. It stays one message.
    ///
    /// # Errors
    /// `invalid_request` when there is nothing to continue, or something follows the reply.
    pub async fn continue_reply(&self, reply: MessageId) -> Result<Sent, Failure> {
        Ok(self.show_turn(self.go_on(reply).await?))
    }

    /// As [`App::continue_reply`], for a caller that reads the turn itself.
    pub async fn go_on(&self, reply: MessageId) -> Result<Running, Failure> {
        let before = self.0.store.message_in_use(reply).await?;
        let conversation = self.0.store.conversation(before.conversation).await?;
        // The one who began it knows best how it goes on, and has it in its cache.
        let began = before.author.and_then(|author| author.choice());
        let model = began.or(conversation.model).ok_or_else(no_such_server)?;
        let (asked, more) = self.asked(&model).await?;
        self.end_settled().await;
        let store = self.0.store.clone();
        self.commit_and_begin(async move { store.resume(reply, more).await }, asked, None).await
    }

    /// What the replies of a conversation cost.
    pub async fn conversation_cost(&self, id: ConversationId) -> Result<Spent, Failure> {
        let (costs, unknown) = self.0.store.costs(id).await?;
        Ok(Spent { money: Money::sums(costs), unknown })
    }

    /// Who answers for `model`, and the reply to be filled. Whatever can keep a request from leaving is found here,
    /// because a reply that is in the history must get its ending.
    pub(super) async fn asked(&self, choice: &ModelChoice) -> Result<(Asked, NewReply), Failure> {
        let record = self
            .record(choice.server)
            .await
            .map_err(|error| if error.code == Code::NotFound { no_such_server() } else { error })?;
        self.learn_alias(&record, &choice.model).await;
        let server = self.model_server(&record).await?;
        let now_ms = self.0.clock.now_ms();
        let place = self.place_of(&record);
        let account = self.account_of(&record);
        let hosted = account.is_some() || matches!(place, Place::Internet { .. });
        let asked = Asked { choice: choice.clone(), record: record.clone(), server };
        Ok((asked, NewReply { model: choice.clone(), server_name: record.spec.name, hosted, now_ms }))
    }

    /// A name of the catalogue that stands for another id is asked for as it is where the server lists it, so the list is
    /// asked for before the first question. A server that does not tell is asked by the catalogue's id.
    async fn learn_alias(&self, record: &ServerRecord, model: &str) {
        let is_alias =
            self.account_of(record).is_some() && self.0.catalogue.resolve(model, &[]).model != model;
        if is_alias && self.0.answers.get(record.id).is_none() {
            let _ = tokio::time::timeout(ALIAS_TIMEOUT, self.ask_for_models(record.clone())).await;
        }
    }

    /// What the models of a server cost at the moment a request leaves. Whether that moment counts or the one when the
    /// reply is whole is not published (DeepSeek API docs, Models & Pricing).
    pub(super) fn rates_of(&self, record: &ServerRecord, conversation: ConversationId) -> RatesOf {
        let Some(account) = self.account_of(record).cloned() else { return Arc::new(|_| None) };
        let billed = Arc::new(OnceLock::new());
        if let Some(currency) = record.currency {
            let _ = billed.set(currency);
        } else if account.has_balance {
            // The account's currency is learned while the first reply arrives, so that this one is told in it too.
            let (app, record, billed) = (self.clone(), record.clone(), Arc::clone(&billed));
            tokio::spawn(async move {
                let balance = app.balance_of(&record, Some(conversation)).await;
                if let Ok(Some(currency)) = balance.map(|balance| balance.currency()) {
                    let _ = billed.set(currency);
                }
            });
        }
        let (app, at_ms) = (self.clone(), self.0.clock.now_ms());
        Arc::new(move |model| {
            let currency = billed.get().copied().unwrap_or(account.currency);
            app.0.catalogue.rates(&account, model, currency, at_ms)
        })
    }

    /// What the request says: the model by the id that serves it here, its effort, and of the sampling fields those
    /// that have an effect.
    fn request(&self, started: &Started, asked: &Asked, effort: Option<Effort>) -> Request {
        let settings = &started.conversation.settings;
        let wished = effort.or(settings.effort);
        let spoken = self.spoken_to(asked);
        let (model, effort, known_here) = (spoken.model, spoken.effort.or(wished), spoken.known);
        let has = |effort: &Effort| {
            let efforts = known_here.as_ref().and_then(|model| model.efforts.as_ref());
            efforts.is_none_or(|efforts| efforts.contains(effort))
        };
        let effort = effort.filter(has);
        let ignored = known_here.as_ref().map(|model| {
            let thinks = effort.or(model.default_effort).is_some_and(|effort| effort != Effort::Off);
            if thinks { model.ignored.thinking.clone() } else { model.ignored.plain.clone() }
        });
        let counts = |field: Sampling| !ignored.as_ref().is_some_and(|ignored| ignored.contains(&field));
        let mut messages = turn::messages_of(settings.system.as_deref(), &started.before);
        let continues = !started.reply.parts.is_empty();
        if continues {
            messages.extend(turn::message_of(&started.reply));
        }
        Request {
            model,
            messages,
            temperature: settings.temperature.filter(|_| counts(Sampling::Temperature)),
            top_p: settings.top_p.filter(|_| counts(Sampling::TopP)),
            max_tokens: settings.max_tokens,
            effort,
            continues,
            conversation: Some(started.conversation.id),
        }
    }

    /// By which id the asked model is called here, and what is known of it.
    pub(super) fn spoken_to(&self, asked: &Asked) -> Spoken {
        let known = self.models_of(&asked.record).into_iter().find(|model| model.id == asked.choice.model);
        let Some(account) = self.account_of(&asked.record) else {
            return Spoken { model: asked.choice.model.clone(), effort: None, known };
        };
        let answer = self.0.answers.get(asked.record.id);
        let listed: Vec<String> = answer
            .map(|answer| answer.listed.into_iter().map(|model| model.id).collect())
            .unwrap_or_default();
        let resolved = self.0.catalogue.resolve(&asked.choice.model, &listed);
        let known = known.or_else(|| {
            let offered = self.0.catalogue.offered(Some(account), Vec::new());
            offered.into_iter().find(|offered| offered.id == resolved.model)
        });
        Spoken { model: resolved.model, effort: resolved.effort, known }
    }

    /// Commits a question and starts its turn. Both are one task, which a caller that goes away cannot cut in two.
    pub(super) async fn commit_and_begin(
        &self,
        commit: impl Future<Output = Result<Started, StoreError>> + Send + 'static,
        asked: Asked,
        effort: Option<Effort>,
    ) -> Result<Running, Failure> {
        let app = self.clone();
        let begun = tokio::spawn(async move {
            let started = commit.await?;
            // The question comes first: on a disk with little room it is worth more than the place for its reply.
            app.0.store.reserve_aside().await;
            Ok(app.begin_turn(started, asked, effort).await)
        });
        begun.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// Ends the turns of replies that are complete and only read on in case more comes: something else begins.
    async fn end_settled(&self) {
        let settled: Vec<Turn> = {
            let turns = self.turns();
            turns
                .values()
                .map(|arriving| arriving.turn.clone())
                .filter(|turn| turn.feed().is_settled())
                .collect()
        };
        for turn in settled {
            turn.stop();
            turn.feed().ended().await;
        }
    }

    async fn begin_turn(&self, started: Started, asked: Asked, effort: Option<Effort>) -> Running {
        let request = self.request(&started, &asked, effort);
        let rates = self.rates_of(&asked.record, started.conversation.id);
        let Asked { choice, record: _, server } = asked;
        let (turn, ending) = turn::start(Assignment {
            reply: started.reply.clone(),
            versions: started.versions.clone(),
            request,
            server,
            store: self.0.store.clone(),
            rates,
        });
        let id = started.reply.id;
        let conversation = started.conversation.id;
        self.turns().insert(id, Arriving { conversation, turn: turn.clone() });
        self.tell(Change::chat(conversation));
        let app = self.clone();
        tokio::spawn(async move {
            // A reply that is not in the history stays with its turn, so that its text is still shown.
            if matches!(ending.await, Ok(Ok(_))) {
                app.turns().remove(&id);
            }
            app.tell(Change::chat(conversation));
        });
        // Forgetting which model was asked last must not keep a question from being answered.
        let _ = self.0.store.set_setting(LAST_MODEL, &choice).await;
        Running { started, turn }
    }

    pub(super) fn turns(&self) -> MutexGuard<'_, HashMap<MessageId, Arriving>> {
        self.0.turns.held()
    }

    /// Whether any reply is arriving here, or waits for its ending to be kept.
    pub(super) fn has_turns(&self) -> bool {
        !self.turns().is_empty()
    }

    fn turn(&self, reply: MessageId) -> Option<Turn> {
        self.turns().get(&reply).map(|arriving| arriving.turn.clone())
    }

    /// Stops a reply that arrives. If another program receives it, that program is asked to, and does so within a quarter
    /// of a second. A reply that has ended stays as it is.
    pub async fn stop(&self, reply: MessageId) -> Result<(), Failure> {
        if !self.0.turns.stop(reply) {
            self.0.store.ask_to_stop(reply).await?;
        }
        Ok(())
    }

    /// As [`App::stop`]; waits until what this program receives is in the history.
    pub(super) async fn stop_and_wait(&self, reply: MessageId) -> Result<(), Failure> {
        let turn = self.turn(reply);
        self.stop(reply).await?;
        if let Some(turn) = turn {
            turn.feed().ended().await;
        }
        Ok(())
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
    ) -> Result<TurnPatch, Failure> {
        if let Some(turn) = self.turn(reply) {
            return Ok(turn.feed().next(seen, thinking_seen).await);
        }
        self.patch_from_history(reply, seen, thinking_seen).await
    }

    /// The thinking of a reply as HTML blocks.
    pub async fn message_thinking(&self, id: MessageId) -> Result<Vec<porthole_markdown::Block>, Failure> {
        let message = self.0.store.message(id).await?;
        drawn(move || porthole_markdown::render(&thinking_text(&message.parts))).await
    }

    /// The text of a message as it was written.
    pub async fn message_source(&self, id: MessageId) -> Result<String, Failure> {
        Ok(plain_text(&self.0.store.message(id).await?.parts))
    }

    /// Shows the branch that goes through `message`.
    pub async fn choose_version(&self, message: MessageId) -> Result<Transcript, Failure> {
        let conversation = self.0.store.show_branch_of(message).await?;
        self.tell(Change::chat(conversation));
        self.open_conversation(conversation, Some(message)).await
    }
}

fn sent(started: Started) -> Sent {
    let Started { conversation, question, question_versions, reply, versions, before: _ } = started;
    let question = question.map(|question| MessageView::of(&question, question_versions));
    let reply = MessageView::of(&reply, versions);
    Sent { conversation, messages: question.into_iter().chain([reply]).collect() }
}

pub(super) fn check_words(text: &str) -> Result<(), Failure> {
    let nothing = || Failure::told(Code::InvalidRequest, "There is nothing to send.");
    if text.trim().is_empty() { Err(nothing()) } else { Ok(()) }
}

pub(super) fn no_such_server() -> Failure {
    Failure::because(Code::NoModel, Cause::ServerGone)
}

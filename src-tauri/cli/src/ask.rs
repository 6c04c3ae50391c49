use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use porthole_core::domain::{
    Cause, ChatSettings, Code, ConversationId, Effort, Failure, FinishReason, Lock, Message, MessageId,
    MessageState, ModelChoice, Part, plain_text, thinking_text,
};
use porthole_core::turn::{News, NewsCursor};
use porthole_core::{App, Running, SendRequest};

use crate::interrupt::Interrupt;
use crate::lines::{Line, Output};
use crate::names::one_of;

/// The exit code of a program ended by an interrupt.
const INTERRUPTED: u8 = 130;

/// Who is asked, and how long they think.
#[derive(Args)]
pub(crate) struct Whom {
    /// The server to ask, by name
    #[arg(long, value_name = "NAME")]
    server: Option<String>,
    /// The model's id
    #[arg(long, short, value_name = "M")]
    model: Option<String>,
    /// How long to think before answering
    #[arg(long, value_parser = one_of::<Effort>(&["off", "low", "high", "max"]))]
    pub(crate) effort: Option<Effort>,
}

impl Whom {
    /// The model that is meant, where `used` has been asked so far.
    pub(crate) async fn choice(&self, app: &App, used: Option<ModelChoice>) -> Result<ModelChoice, Failure> {
        match used.filter(|_| self.server.is_none()) {
            Some(used) => Ok(ModelChoice { model: self.model.clone().unwrap_or(used.model), ..used }),
            None => app.resolve(self.server.as_deref(), self.model.as_deref()).await,
        }
    }
}

#[derive(Args)]
pub(crate) struct Ask {
    #[command(flatten)]
    whom: Whom,
    /// Go on with this conversation
    #[arg(long, short, value_name = "ID")]
    conversation: Option<ConversationId>,
    /// The system message
    #[arg(long, value_name = "S")]
    system: Option<String>,
    /// 0 to 2
    #[arg(long, value_name = "T")]
    temperature: Option<f64>,
    /// Above 0, at most 1
    #[arg(long, value_name = "P")]
    top_p: Option<f64>,
    /// Reply limit in tokens
    #[arg(long, value_name = "N")]
    max_tokens: Option<u32>,
    /// Send text to this computer alone, now and in the rest of the conversation
    #[arg(long)]
    this_computer: bool,
    /// The question
    question: String,
}

#[derive(Args)]
pub(crate) struct Continue {
    /// The reply's id
    message: MessageId,
}

impl Continue {
    pub(crate) async fn run(
        self,
        app: &App,
        output: &Output,
        interrupt: Option<Interrupt>,
    ) -> Result<ExitCode, Failure> {
        answer(app, app.go_on(self.message), output, interrupt).await
    }
}

impl Ask {
    pub(crate) async fn run(
        self,
        app: &App,
        output: &Output,
        interrupt: Option<Interrupt>,
    ) -> Result<ExitCode, Failure> {
        answer(app, self.begin(app), output, interrupt).await
    }

    async fn begin(self, app: &App) -> Result<Running, Failure> {
        let lock = if self.this_computer { Lock::ThisComputer } else { Lock::Off };
        if let Some(id) = self.conversation.filter(|_| lock.is_on()) {
            app.set_lock(Some(id), lock.clone()).await?;
        }
        let (settings, model) = self.settings_and_model(app).await?;
        let Self { conversation, question: text, .. } = self;
        app.ask(SendRequest { conversation, model, settings, text, lock, folder: None }).await
    }

    async fn settings_and_model(&self, app: &App) -> Result<(ChatSettings, ModelChoice), Failure> {
        let (before, used) = match self.conversation {
            Some(id) => {
                let conversation = app.branch(id).await?.conversation;
                (conversation.settings, conversation.model)
            }
            None => (ChatSettings::default(), None),
        };
        let settings = ChatSettings {
            system: self.system.clone().or(before.system),
            temperature: self.temperature.or(before.temperature),
            top_p: self.top_p.or(before.top_p),
            max_tokens: self.max_tokens.or(before.max_tokens),
            effort: self.whom.effort.or(before.effort),
        };
        Ok((settings, self.whom.choice(app, used).await?))
    }
}

/// Prints the turn that `begin` brings and its ending, unless the person interrupts before anything could arrive. When
/// nobody reads any more, the turn is stopped.
pub(crate) async fn answer(
    app: &App,
    begin: impl Future<Output = Result<Running, Failure>>,
    output: &Output,
    mut interrupt: Option<Interrupt>,
) -> Result<ExitCode, Failure> {
    let running = tokio::select! {
        biased;
        () = came(&mut interrupt) => {
            app.stop_all().await;
            let _ = output.failed(&Failure::new(Code::Cancelled));
            return Ok(ExitCode::from(INTERRUPTED));
        }
        begun = begin => begun?,
    };
    match print(&running, output, interrupt.clone()).await {
        Ok(reply) => Ok(ending(&saved(&running, reply, output, interrupt).await, output)),
        Err(error) => {
            app.stop_all().await;
            Err(error)
        }
    }
}

async fn came(interrupt: &mut Option<Interrupt>) {
    match interrupt {
        Some(interrupt) => interrupt.came().await,
        None => std::future::pending().await,
    }
}

/// How long a reply that cannot be saved is held before the program ends and leaves it aside.
const HELD: Duration = Duration::from_secs(30);

/// The reply once it is saved, or as it is when nobody wants to wait for that any longer.
async fn saved(
    running: &Running,
    reply: Message,
    output: &Output,
    mut interrupt: Option<Interrupt>,
) -> Message {
    let feed = running.turn.feed();
    if !feed.is_unsaved() {
        return reply;
    }
    if let Some(failure) = &reply.failure {
        output.warn_unsaved(failure);
    }
    tokio::select! {
        reply = feed.saved() => reply,
        () = came(&mut interrupt) => reply,
        () = tokio::time::sleep(HELD) => reply,
    }
}

/// Prints what arrives until the reply is over; an interrupt stops it.
async fn print(
    running: &Running,
    output: &Output,
    mut interrupt: Option<Interrupt>,
) -> Result<Message, Failure> {
    let conversation = running.started.conversation.id.to_string();
    let message = running.started.reply.id.to_string();
    let author = running.started.reply.author.as_ref();
    let server = author.map(|author| author.server_name.clone()).unwrap_or_default();
    output.line(&Line::Start { conversation, message })?;
    let mut cursor = NewsCursor::default();
    let mut interrupted = false;
    loop {
        let news = tokio::select! {
            news = running.turn.feed().news(&mut cursor) => news,
            () = came(&mut interrupt), if !interrupted => {
                interrupted = true;
                running.turn.stop();
                continue;
            }
        };
        for item in news {
            match item {
                News::Thinking(text) => output.line(&Line::Thinking { text: &text })?,
                News::Text(text) => {
                    output.tell(&Line::Text { text: &text }, &text)?;
                }
                News::Part(Part::ToolCall(call)) => {
                    let line = Line::ToolCall { id: &call.id, name: &call.name, arguments: &call.arguments };
                    output.line(&line)?;
                }
                News::Part(Part::Text(_) | Part::Thinking(_) | Part::Unknown { .. }) => {}
                News::Retry(retry) => {
                    let line =
                        Line::Retry { attempt: retry.attempt, after_ms: retry.after_ms, code: retry.code };
                    output.line(&line)?;
                    output.note_retry(retry.code, &server, retry.after_ms);
                }
                News::Ended(reply) => return Ok(*reply),
            }
        }
    }
}

fn ending(reply: &Message, output: &Output) -> ExitCode {
    let text = plain_text(&reply.parts);
    let failure = match (&reply.failure, reply.state) {
        (Some(failure), _) => failure.clone(),
        (None, MessageState::Stopped) => Failure::because(Code::Cancelled, Cause::StoppedPartWay),
        (None, MessageState::Complete) => return done(reply, text, output),
        (None, MessageState::Arriving | MessageState::CutOff | MessageState::Failed) => {
            Failure::new(Code::CutOff)
        }
    };
    if !text.is_empty() {
        // The reply's last line gets its end; a closed output is told by the exit code.
        let _ = output.words("\n");
    }
    let cancelled = failure.code == Code::Cancelled;
    let code = output.failed_with(&failure, &text);
    if cancelled { ExitCode::from(INTERRUPTED) } else { code }
}

fn done(reply: &Message, text: String, output: &Output) -> ExitCode {
    let line = Line::Done {
        conversation: reply.conversation.to_string(),
        message: reply.id.to_string(),
        model: reply.author.as_ref().map(|author| author.model.as_str()),
        text,
        thinking: thinking_text(&reply.parts),
        finish_reason: reply.finish_reason.as_ref().map(FinishReason::name),
        usage: reply.usage,
        cost: reply.bill.cost.as_ref(),
    };
    let printed = output.tell(&line, "\n");
    if reply.finish_reason == Some(FinishReason::Length) {
        output.note("The reply hit the length limit.");
    }
    if printed.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

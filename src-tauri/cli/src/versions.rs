//! Versions of messages, and the branches through them.

use std::process::ExitCode;

use clap::Args;
use porthole_core::App;
use porthole_core::domain::{Failure, MessageId, ModelChoice, Role, plain_text};

use crate::ask::{Whom, answer};
use crate::interrupt::Interrupt;
use crate::lines::Output;
use crate::listing::{message_line, tell};

/// How many characters of a message tell it from the others.
const LABEL: usize = 80;

#[derive(Args)]
pub(crate) struct Edit {
    #[command(flatten)]
    whom: Whom,
    /// Keep the new version and ask nobody
    #[arg(long, conflicts_with_all = ["server", "model", "effort"])]
    no_ask: bool,
    /// The message's id
    message: MessageId,
    /// What it says from now on
    text: String,
}

impl Edit {
    /// Whether there will be a reply that an interrupt may stop.
    pub(crate) const fn asks(&self) -> bool {
        !self.no_ask
    }

    pub(crate) async fn run(
        self,
        app: &App,
        output: &Output,
        interrupt: Option<Interrupt>,
    ) -> Result<ExitCode, Failure> {
        if self.no_ask {
            let message = app.put_instead(self.message, &self.text).await?;
            output.tell(&message_line(&message, true), &format!("{}\n", message.id))?;
            return Ok(ExitCode::SUCCESS);
        }
        let begin = async {
            let model = self.whom.choice(app, used(app, self.message).await?).await?;
            app.ask_instead(self.message, &self.text, model, self.whom.effort).await
        };
        answer(app, begin, output, interrupt).await
    }
}

#[derive(Args)]
pub(crate) struct Regenerate {
    #[command(flatten)]
    whom: Whom,
    /// The reply's id, or that of a question
    message: MessageId,
}

impl Regenerate {
    pub(crate) async fn run(
        self,
        app: &App,
        output: &Output,
        interrupt: Option<Interrupt>,
    ) -> Result<ExitCode, Failure> {
        let begin = async {
            let model = self.whom.choice(app, used(app, self.message).await?).await?;
            app.ask_again(self.message, Some(model), self.whom.effort).await
        };
        answer(app, begin, output, interrupt).await
    }
}

/// The model that the conversation of a message talks to, or else the one that wrote the message.
async fn used(app: &App, message: MessageId) -> Result<Option<ModelChoice>, Failure> {
    let turn = app.versions(message).await?;
    let author = turn.messages.into_iter().find(|version| version.id == message).and_then(|own| own.author);
    Ok(turn.conversation.model.or(author.and_then(|author| author.choice())))
}

#[derive(Args)]
pub(crate) struct Versions {
    /// The message's id
    message: MessageId,
}

impl Versions {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        let turn = app.versions(self.message).await?;
        for version in &turn.messages {
            let shown = turn.shown == Some(version.id);
            let mark = if shown { '*' } else { ' ' };
            let author = version.author.as_ref().filter(|_| version.role == Role::Assistant);
            let model = author.map(|author| format!("{}  ", author.model)).unwrap_or_default();
            let text = plain_text(&version.parts);
            let mut label = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if let Some((end, _)) = label.char_indices().nth(LABEL) {
                label.truncate(end);
                label.push('…');
            }
            let words = format!("{mark} {}  {model}{label}\n", version.id);
            output.tell(&message_line(version, shown), &words)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args)]
pub(crate) struct Choose {
    /// The message's id
    message: MessageId,
}

impl Choose {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        let conversation = app.show_version(self.message).await?;
        tell(app, conversation, "", output).await?;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args)]
pub(crate) struct Fork {
    /// The title of the new conversation; without it, that of the old one
    #[arg(long, value_name = "T")]
    title: Option<String>,
    /// The id of the last message to take along
    message: MessageId,
}

impl Fork {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        let fork = match &self.title {
            Some(title) => app.fork_titled(self.message, title).await?,
            None => app.fork_conversation(self.message).await?,
        };
        let words = format!("{}  {}\n", fork.id, fork.title);
        tell(app, fork, &words, output).await?;
        Ok(ExitCode::SUCCESS)
    }
}

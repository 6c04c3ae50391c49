use std::process::ExitCode;

use clap::Args;
use porthole_core::domain::{
    ConversationId, Failure, FinishReason, Message, MessageId, Role, plain_text, thinking_text,
};
use porthole_core::{App, ConversationList};

use crate::lines::{Line, Output};

#[derive(Args)]
pub(crate) struct List {
    /// How many at most
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
}

impl List {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        for row in app.conversations(ConversationList::Everything, None, self.limit).await? {
            let line = Line::Conversation {
                id: row.id.to_string(),
                title: &row.title,
                updated_at_ms: row.updated_at_ms,
            };
            output.tell(&line, &format!("{}  {}\n", row.id, row.title))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args)]
pub(crate) struct Show {
    /// The conversation's id, as `list` prints it
    id: ConversationId,
}

impl Show {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        let branch = app.branch(self.id).await?;
        let conversation = &branch.conversation;
        let line = Line::Conversation {
            id: conversation.id.to_string(),
            title: &conversation.title,
            updated_at_ms: conversation.updated_at_ms,
        };
        output.tell(&line, &format!("# {}\n", conversation.title))?;
        for message in &branch.messages {
            output.tell(&message_line(message), &message_words(message))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn message_line(message: &Message) -> Line<'_> {
    Line::Message {
        id: message.id.to_string(),
        parent: message.parent.as_ref().map(MessageId::to_string),
        role: message.role.name(),
        state: message.state.name(),
        created_at_ms: message.created_at_ms,
        model: message.author.as_ref().map(|author| author.model.as_str()),
        server: message.author.as_ref().map(|author| author.server_name.as_str()),
        text: plain_text(&message.parts),
        thinking: thinking_text(&message.parts),
        finish_reason: message.finish_reason.as_ref().map(FinishReason::name),
        usage: message.usage,
        cost: message.bill.cost.as_ref(),
        error: message.failure.as_ref().map(|failure| failure.code),
    }
}

fn message_words(message: &Message) -> String {
    let speaker = match (message.role, &message.author) {
        (Role::User, _) => "You",
        (_, Some(author)) => &author.model,
        (role, None) => role.name(),
    };
    let failure = message.failure.as_ref().map(|failure| format!("\n({failure})\n")).unwrap_or_default();
    format!("\n## {speaker}\n\n{}\n{failure}", plain_text(&message.parts))
}

use std::process::ExitCode;

use clap::Args;
use porthole_core::domain::{
    Conversation, ConversationId, ConversationRow, Failure, FinishReason, Folder, FolderId, Message,
    MessageId, Role, plain_text, thinking_text,
};
use porthole_core::{App, ConversationList, ListPosition};

use crate::lines::{FolderLine, Line, Output};

/// How many rows are read at once.
const PAGE: u32 = 200;

#[derive(Args)]
pub(crate) struct List {
    /// Only those in this folder, by name or id
    #[arg(long, value_name = "F")]
    folder: Option<String>,
    /// Only those with this tag
    #[arg(long, value_name = "T")]
    tag: Option<String>,
    /// Those in the archive
    #[arg(long, conflicts_with = "trash")]
    archived: bool,
    /// Those in the trash
    #[arg(long)]
    trash: bool,
    /// How many at most
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
}

impl List {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        let folder = match &self.folder {
            Some(wanted) => Some(app.folder_named(wanted).await?.id),
            None => None,
        };
        let folders = app.folders().await?;
        let list = self.list(folder);
        let mut left = self.limit;
        let mut before = None;
        while left > 0 {
            let rows = app.conversations(list.clone(), before, PAGE).await?;
            let Some(last) = rows.last() else { break };
            before = Some(ListPosition { updated_at_ms: last.updated_at_ms, id: last.id });
            for row in rows.into_iter().filter(|row| self.is_meant(row, folder)) {
                if left == 0 {
                    break;
                }
                left -= 1;
                let words = format!("{}  {}\n", row.id, row.title);
                output.tell(&Listed::from(row).line(&folders), &words)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The narrowest list that has all that are meant.
    fn list(&self, folder: Option<FolderId>) -> ConversationList {
        if self.trash {
            return ConversationList::Trash;
        }
        if self.archived {
            return ConversationList::Archive;
        }
        match (folder, &self.tag) {
            (Some(folder), _) => ConversationList::Folder { folder },
            (None, Some(name)) => ConversationList::Tag { name: name.trim().to_owned() },
            (None, None) => ConversationList::Everything,
        }
    }

    fn is_meant(&self, row: &ConversationRow, folder: Option<FolderId>) -> bool {
        // The history tells the case of ASCII letters alone apart from none.
        let has = |tag: &String| row.tags.iter().any(|had| had.eq_ignore_ascii_case(tag.trim()));
        folder.is_none_or(|folder| row.folder == Some(folder)) && self.tag.as_ref().is_none_or(has)
    }
}

/// A conversation as a line tells it.
pub(crate) struct Listed {
    id: ConversationId,
    title: String,
    updated_at_ms: i64,
    folder: Option<FolderId>,
    tags: Vec<String>,
    pinned: bool,
    archived: bool,
    deleted_at_ms: Option<i64>,
}

impl From<ConversationRow> for Listed {
    fn from(row: ConversationRow) -> Self {
        let ConversationRow {
            id,
            title,
            updated_at_ms,
            arriving: _,
            folder,
            pinned,
            archived,
            deleted_at_ms,
            tags,
        } = row;
        Self { id, title, updated_at_ms, folder, tags, pinned, archived, deleted_at_ms }
    }
}

impl From<Conversation> for Listed {
    fn from(conversation: Conversation) -> Self {
        let Conversation { id, title, updated_at_ms, folder, pinned, archived, deleted_at_ms, tags, .. } =
            conversation;
        Self { id, title, updated_at_ms, folder, tags, pinned, archived, deleted_at_ms }
    }
}

impl Listed {
    fn line<'a>(&'a self, folders: &'a [Folder]) -> Line<'a> {
        let folder = folders.iter().find(|folder| Some(folder.id) == self.folder);
        Line::Conversation {
            id: self.id.to_string(),
            title: &self.title,
            updated_at_ms: self.updated_at_ms,
            folder: folder.map(|folder| FolderLine { id: folder.id.to_string(), name: &folder.name }),
            tags: &self.tags,
            pinned: self.pinned,
            archived: self.archived,
            deleted_at_ms: self.deleted_at_ms,
        }
    }
}

/// Prints the line of a conversation, or `words` for people.
pub(crate) async fn tell(
    app: &App,
    conversation: Conversation,
    words: &str,
    output: &Output,
) -> Result<(), Failure> {
    let folders = app.folders().await?;
    output.tell(&Listed::from(conversation).line(&folders), words)
}

#[derive(Args)]
pub(crate) struct Show {
    /// The conversation's id, as `list` prints it
    id: ConversationId,
}

impl Show {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        let branch = app.branch(self.id).await?;
        let heading = format!("# {}\n", branch.conversation.title);
        tell(app, branch.conversation, &heading, output).await?;
        for message in &branch.messages {
            output.tell(&message_line(message, true), &message_words(message))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The line of a message; `shown` says whether the branch that is shown goes through it.
pub(crate) fn message_line(message: &Message, shown: bool) -> Line<'_> {
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
        shown,
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

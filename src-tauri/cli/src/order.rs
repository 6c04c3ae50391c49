//! Where conversations stand: folders, tags, pins, archive, trash.

use std::process::ExitCode;

use clap::Args;
use porthole_core::domain::{Code, ConversationId, Failure};
use porthole_core::{App, Arrangement, Meant};

use crate::lines::Output;
use crate::listing::tell;

#[derive(Args)]
pub(crate) struct Delete {
    /// Remove a conversation that is in the trash for good
    #[arg(long)]
    forever: bool,
    /// The id of a conversation or a message
    id: ConversationId,
}

impl Delete {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        match app.meant_by(self.id.rowid()).await? {
            Meant::Message(_) if self.forever => {
                let message = "Only conversations can be deleted for good at once. A deleted message is removed after \
                               30 days.";
                return Err(Failure::told(Code::InvalidRequest, message));
            }
            Meant::Message(message) => {
                let conversation = app.delete_message(message).await?;
                output.note(&format!("Deleted. `restore {message}` brings it back within 30 days."));
                tell(app, conversation, "", output).await?;
            }
            Meant::Conversation(id) if self.forever => {
                app.delete_trashed(id).await?;
                output.note("It is removed for good.");
            }
            Meant::Conversation(id) => {
                let conversation = app.arrange_one(id, vec![Arrangement::Trash { on: true }]).await?;
                output.note(&format!("In the trash. `restore {id}` brings it back within 30 days."));
                tell(app, conversation, "", output).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args)]
pub(crate) struct Restore {
    /// The id of a conversation or a message
    id: ConversationId,
}

impl Restore {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        let conversation = match app.meant_by(self.id.rowid()).await? {
            Meant::Conversation(id) => app.arrange_one(id, vec![Arrangement::Trash { on: false }]).await?,
            Meant::Message(message) => app.restore_message(message).await?,
        };
        tell(app, conversation, "", output).await?;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args)]
pub(crate) struct Move {
    /// The conversation's id
    id: ConversationId,
    /// Into this folder, by name or id
    #[arg(long, value_name = "F", required_unless_present = "none", conflicts_with = "none")]
    folder: Option<String>,
    /// Out of any folder
    #[arg(long)]
    none: bool,
}

impl Move {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        let folder = match &self.folder {
            Some(wanted) => Some(app.folder_named(wanted).await?.id),
            None => None,
        };
        change(app, self.id, Arrangement::Folder { folder }, output).await
    }
}

#[derive(Args)]
pub(crate) struct Tag {
    /// The conversation's id
    id: ConversationId,
    /// A tag to give it; may be given again
    #[arg(long, value_name = "T")]
    add: Vec<String>,
    /// A tag to remove from it; may be given again
    #[arg(long, value_name = "T")]
    remove: Vec<String>,
}

impl Tag {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        let add = self.add.into_iter().map(|name| Arrangement::Tag { name, on: true });
        let remove = self.remove.into_iter().map(|name| Arrangement::Tag { name, on: false });
        let changes: Vec<Arrangement> = add.chain(remove).collect();
        let conversation = if changes.is_empty() {
            app.conversation(self.id).await?
        } else {
            app.arrange_one(self.id, changes).await?
        };
        let words: String = conversation.tags.iter().flat_map(|tag| [tag, "\n"]).collect();
        tell(app, conversation, &words, output).await?;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args)]
pub(crate) struct Pin {
    /// Unpin it
    #[arg(long)]
    undo: bool,
    /// The conversation's id
    id: ConversationId,
}

impl Pin {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        change(app, self.id, Arrangement::Pin { on: !self.undo }, output).await
    }
}

#[derive(Args)]
pub(crate) struct Archive {
    /// Take it out of the archive
    #[arg(long)]
    undo: bool,
    /// The conversation's id
    id: ConversationId,
}

impl Archive {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        change(app, self.id, Arrangement::Archive { on: !self.undo }, output).await
    }
}

async fn change(
    app: &App,
    id: ConversationId,
    change: Arrangement,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let conversation = app.arrange_one(id, vec![change]).await?;
    tell(app, conversation, "", output).await?;
    Ok(ExitCode::SUCCESS)
}

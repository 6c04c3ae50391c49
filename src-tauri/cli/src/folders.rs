//! Folders themselves.

use std::process::ExitCode;

use clap::Subcommand;
use porthole_core::domain::{Failure, Folder, FolderId};
use porthole_core::{App, FolderEdit};

use crate::lines::{Line, Output};

#[derive(Subcommand)]
pub(crate) enum Folders {
    /// List them, each before those in it
    List,
    /// Make one
    Make {
        /// What it is called
        name: String,
        /// The folder it lies in, by name or id [default: none]
        #[arg(long = "in", value_name = "F")]
        parent: Option<String>,
    },
    /// Give one another name
    Rename {
        /// The folder, by name or id
        folder: String,
        /// What it is called from now on
        name: String,
    },
    /// Move one into another, or out of any, with all that is in it
    Move {
        /// The folder, by name or id
        folder: String,
        /// Into this folder, by name or id
        #[arg(long = "in", value_name = "F", required_unless_present = "none", conflicts_with = "none")]
        parent: Option<String>,
        /// Out of any folder
        #[arg(long)]
        none: bool,
    },
    /// Remove one; what is in it goes to the folder around it, or into none
    Delete {
        /// The folder, by name or id
        folder: String,
    },
}

impl Folders {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        match self {
            Self::List => {
                let folders = app.folders().await?;
                for folder in &folders {
                    tell(folder, &folders, output)?;
                }
            }
            Self::Make { name, parent } => {
                let made = app.make_folder(&name, named(app, parent).await?).await?.id;
                tell_now(app, made, output).await?;
            }
            Self::Rename { folder, name } => {
                let Folder { id, settings, model, lock, .. } = app.folder_named(&folder).await?;
                app.edit_folder(id, FolderEdit { name, settings, model, lock }).await?;
                tell_now(app, id, output).await?;
            }
            Self::Move { folder, parent, none: _ } => {
                let id = app.folder_named(&folder).await?.id;
                app.move_folder(id, named(app, parent).await?).await?;
                tell_now(app, id, output).await?;
            }
            Self::Delete { folder } => {
                app.delete_folder(app.folder_named(&folder).await?.id).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn named(app: &App, wanted: Option<String>) -> Result<Option<FolderId>, Failure> {
    match wanted {
        Some(wanted) => Ok(Some(app.folder_named(&wanted).await?.id)),
        None => Ok(None),
    }
}

async fn tell_now(app: &App, id: FolderId, output: &Output) -> Result<(), Failure> {
    let folders = app.folders().await?;
    folders.iter().filter(|folder| folder.id == id).try_for_each(|folder| tell(folder, &folders, output))
}

fn tell(folder: &Folder, all: &[Folder], output: &Output) -> Result<(), Failure> {
    let path = folder.path(all);
    let words = format!("{}  {path}\n", folder.id);
    let line = Line::Folder {
        id: folder.id.to_string(),
        name: &folder.name,
        path,
        parent: folder.parent.map(|parent| parent.to_string()),
        conversations: folder.conversations,
    };
    output.tell(&line, &words)
}

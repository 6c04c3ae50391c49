//! The data folder: back-ups, checks, another place.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use porthole_core::clock::Clock;
use porthole_core::domain::{Code, Failure};
use porthole_core::{App, BackUp, Inside, rescue};

use crate::lines::{Line, Output};

/// The app, or why it could not be opened, and the folder: some of this works on a history that cannot be opened.
pub(crate) struct Place<'a> {
    pub(crate) opened: &'a Result<App, Failure>,
    pub(crate) folder: &'a Path,
}

#[derive(Subcommand)]
pub(crate) enum Backup {
    /// Make one
    #[command(visible_alias = "now")]
    Make,
    /// List them, newest first
    List,
    /// Look into one without changing anything
    Look {
        /// Its name, as `list` prints it
        name: String,
    },
    /// Put one in the place of the history, which is backed up first
    Restore {
        /// Its name, as `list` prints it
        name: String,
    },
}

impl Backup {
    pub(crate) async fn run(self, place: Place<'_>, output: &Output) -> Result<ExitCode, Failure> {
        match self {
            Self::Make => print_back_up(&place.app()?.back_up().await?, output)?,
            Self::List => {
                for back_up in rescue::backups(place.folder).await? {
                    print_back_up(&back_up, output)?;
                }
            }
            Self::Look { name } => {
                let inside = rescue::look_into_backup(place.folder, &name).await?;
                return print_inside(&inside, output);
            }
            Self::Restore { name } => match place.opened {
                Ok(app) => app.restore_backup(&name).await?,
                Err(error) if error.code == Code::Damaged => {
                    rescue::restore_backup(place.folder, &name, &Clock::system()).await?;
                }
                Err(error) => return Err(error.clone()),
            },
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Checks the history, one that cannot be opened too.
pub(crate) async fn check(place: Place<'_>, output: &Output) -> Result<ExitCode, Failure> {
    let inside = match place.opened {
        Ok(app) => app.check_history().await?,
        Err(error) if matches!(error.code, Code::Damaged | Code::ReadOnly | Code::DiskFull) => {
            rescue::check_history(place.folder).await?
        }
        Err(error) => return Err(error.clone()),
    };
    print_inside(&inside, output)
}

impl Place<'_> {
    fn app(&self) -> Result<&App, Failure> {
        self.opened.as_ref().map_err(Clone::clone)
    }
}

#[derive(Subcommand)]
pub(crate) enum Data {
    /// Tell where the data is
    Where,
    /// Move the data to another folder; the old one stays until it is confirmed
    Move {
        /// An empty folder, or a new one
        #[arg(value_name = "DIR")]
        to: PathBuf,
    },
    /// Remove the history from the folder that was left
    ConfirmMove,
}

impl Data {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        match self {
            Self::Where => {
                let place = app.data_place().await?;
                output.tell(&Line::DataPlace { place: &place }, &format!("{}\n", place.folder))?;
                if let Some(from) = place.moved_from {
                    output.note(&format!(
                        "It was moved from {from}, where it still is; `data confirm-move` removes it there."
                    ));
                }
            }
            Self::Move { to } => {
                let to = std::path::absolute(&to).unwrap_or(to);
                app.move_data(&to.to_string_lossy()).await?;
                output.note("Moved. The old folder stays until `data confirm-move`.");
            }
            Self::ConfirmMove => app.confirm_move().await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn print_back_up(back_up: &BackUp, output: &Output) -> Result<(), Failure> {
    output.tell(&Line::BackUp { back_up }, &format!("{}  {} bytes\n", back_up.name, back_up.bytes))
}

/// Prints what is inside; the exit code says whether it is sound.
fn print_inside(inside: &Inside, output: &Output) -> Result<ExitCode, Failure> {
    let Inside { schema, conversations, messages, newest_at_ms: _, titles, faults } = inside;
    let mut words = format!("Schema {schema}, {conversations} conversations, {messages} messages\n");
    for title in titles {
        words.extend(["  ", title, "\n"]);
    }
    output.tell(&Line::Inside { inside }, &words)?;
    for fault in faults {
        output.note(fault);
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

//! Porthole without a window, on the same data folder as the app.
//!
//! `docs/cli.md` describes the commands and the lines of `--json`.

mod ask;
mod data;
mod folders;
mod interrupt;
mod keys;
mod lines;
mod listing;
mod lock;
mod names;
mod order;
mod search;
mod servers;
mod transfer;
mod versions;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use porthole_core::secrets::Keys;
use porthole_core::{App, Options};

use lines::Output;

/// Chat with DeepSeek V4 and local models; everything is kept in Porthole's history.
#[derive(Parser)]
#[command(name = "porthole-cli", version, arg_required_else_help = true)]
struct Arguments {
    /// The data folder [default: Porthole's own place on this machine]
    #[arg(long, global = true, env = "PORTHOLE_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print one JSON object per line
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Ask a model and print its reply as it arrives
    Ask(ask::Ask),
    /// List the models of all reachable servers
    Models,
    /// List conversations, newest first
    List(listing::List),
    /// Print a conversation
    Show(listing::Show),
    /// Find messages, newest first
    Search(search::Search),
    /// Go on with a reply that was cut off, was stopped or hit the length limit
    Continue(ask::Continue),
    /// Put another version of a message of your own beside it, and ask for its reply
    Edit(versions::Edit),
    /// Ask for another version of a reply
    Regenerate(versions::Regenerate),
    /// List all versions of a message, and tell which one is shown
    Versions(versions::Versions),
    /// Show the branch through a message
    Choose(versions::Choose),
    /// Begin a conversation with everything up to a message
    Fork(versions::Fork),
    /// Move a conversation to the trash, or take away a message with all that follows it
    Delete(order::Delete),
    /// Bring a deleted conversation or message back
    Restore(order::Restore),
    /// Move a conversation into a folder, or out of any
    Move(order::Move),
    /// List, make, rename, move and remove folders
    Folders {
        #[command(subcommand)]
        command: Option<folders::Folders>,
    },
    /// Give a conversation tags, remove them, or list them
    Tag(order::Tag),
    /// Pin a conversation above the others
    Pin(order::Pin),
    /// Put a conversation away
    Archive(order::Archive),
    /// Write conversations to files
    Export(transfer::Export),
    /// Add the conversations of exported files
    Import(transfer::Import),
    /// Add, change, list and remove servers
    #[command(subcommand)]
    Servers(servers::Servers),
    /// Give, forget and look at keys
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Tell what is left on an account
    Balance(keys::Account),
    /// Say where text may go
    #[command(subcommand)]
    Lock(lock::Locking),
    /// Make back-ups, list them, look into them and put one back
    Backup {
        #[command(subcommand)]
        command: Option<data::Backup>,
    },
    /// Check the whole history
    Check,
    /// Tell where the data is, or move it
    Data {
        #[command(subcommand)]
        command: Option<data::Data>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json, Options::language());
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.note(&format!("No thread could be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    // Only what asks a model has something to keep when it is interrupted; everything else may just end.
    let asks = matches!(&arguments.command, Command::Ask(_) | Command::Continue(_) | Command::Regenerate(_))
        || matches!(&arguments.command, Command::Edit(edit) if edit.asks());
    let interrupt = asks.then(|| runtime.block_on(async { interrupt::Interrupt::listen() }));
    let keys = Keys::of_machine();
    let options = match Options::of_this_machine(arguments.data_dir, keys) {
        Ok(options) => options,
        Err(error) => return output.failed(&error),
    };
    let folder = options.folder.clone();
    let opened = App::open(options);
    if let Some(problem) = opened.as_ref().ok().and_then(App::catalogue_problem) {
        output.warn(problem);
    }
    let result = runtime.block_on(async {
        if let Ok(app) = &opened {
            tokio::spawn(app.clone().keep_up());
        }
        let app = || opened.as_ref().map_err(Clone::clone);
        let place = || data::Place { opened: &opened, folder: &folder };
        match arguments.command {
            Command::Ask(ask) => ask.run(app()?, &output, interrupt).await,
            Command::Models => servers::models(app()?, &output).await,
            Command::List(list) => list.run(app()?, &output).await,
            Command::Show(show) => show.run(app()?, &output).await,
            Command::Search(search) => search.run(app()?, &output).await,
            Command::Continue(reply) => reply.run(app()?, &output, interrupt).await,
            Command::Edit(edit) => edit.run(app()?, &output, interrupt).await,
            Command::Regenerate(reply) => reply.run(app()?, &output, interrupt).await,
            Command::Versions(versions) => versions.run(app()?, &output).await,
            Command::Choose(choose) => choose.run(app()?, &output).await,
            Command::Fork(fork) => fork.run(app()?, &output).await,
            Command::Delete(delete) => delete.run(app()?, &output).await,
            Command::Restore(restore) => restore.run(app()?, &output).await,
            Command::Move(to) => to.run(app()?, &output).await,
            Command::Folders { command } => {
                command.unwrap_or(folders::Folders::List).run(app()?, &output).await
            }
            Command::Tag(tag) => tag.run(app()?, &output).await,
            Command::Pin(pin) => pin.run(app()?, &output).await,
            Command::Archive(archive) => archive.run(app()?, &output).await,
            Command::Export(export) => export.run(app()?, &output).await,
            Command::Import(import) => import.run(app()?, &output).await,
            Command::Servers(command) => command.run(app()?, &output).await,
            Command::Keys(command) => command.run(app()?, &output).await,
            Command::Balance(account) => account.run(app()?, &output).await,
            Command::Lock(command) => command.run(app()?, &output).await,
            Command::Backup { command } => command.unwrap_or(data::Backup::Make).run(place(), &output).await,
            Command::Check => data::check(place(), &output).await,
            Command::Data { command } => command.unwrap_or(data::Data::Where).run(app()?, &output).await,
        }
    });
    result.unwrap_or_else(|error| output.failed(&error))
}

use std::io::Read as _;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use porthole_core::domain::{Code, Failure};
use porthole_core::secrets::Secret;
use porthole_core::{App, KeepKey, KeyCheck, KeyState, Server, ServerState};

use crate::lines::{Line, Output};

/// The most that is read of standard input: far more than any key.
const LONGEST_INPUT: u64 = 64 * 1024;

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Give a server's key, which is read from standard input, checked, and kept in the system's keychain
    Set {
        /// The server's name, such as DeepSeek
        server: String,
    },
    /// Forget a server's key
    Delete {
        /// The server's name
        server: String,
    },
    /// Tell where keys are, of one server or of all
    Status {
        /// The server's name
        server: Option<String>,
    },
}

impl Keys {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        match self {
            Self::Set { server } => {
                let key = read_secret()?;
                let server = app.server_to_key(&server).await?;
                let server = app.set_key(server.id, key, KeepKey::Keychain).await?;
                print(&server, output)?;
                if let ServerState::Unreachable { failure } = &server.state {
                    output.note_failure(failure);
                }
            }
            Self::Delete { server } => {
                let server = app.server_named(&server).await?;
                print(&app.delete_key(server.id).await?, output)?;
            }
            Self::Status { server: Some(server) } => print(&app.server_named(&server).await?, output)?,
            Self::Status { server: None } => {
                for server in app.servers().await? {
                    print(&server, output)?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args)]
pub(crate) struct Account {
    /// The server's name
    #[arg(default_value = "DeepSeek")]
    server: String,
}

impl Account {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        let server = app.server_named(&self.server).await?;
        let balance = app.balance(server.id).await?;
        output.line(&Line::Balance { server: &server.name, balance: &balance })?;
        for amount in &balance.amounts {
            let words = format!("{}  {} {}\n", server.name, amount.total, amount.currency.name());
            output.words(&words)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads a secret from standard input, without the line's end.
///
/// # Errors
/// `invalid_request` when standard input cannot be read or is no text.
pub(crate) fn read_secret() -> Result<Secret<String>, Failure> {
    let mut typed = Secret::new(String::with_capacity(8 * 1024));
    std::io::stdin().take(LONGEST_INPUT).read_to_string(typed.expose_mut()).map_err(|error| {
        Failure::told(Code::InvalidRequest, format!("Standard input could not be read: {error}."))
    })?;
    let length = typed.expose().trim_end_matches(['\r', '\n']).len();
    typed.expose_mut().truncate(length);
    Ok(typed)
}

fn print(server: &Server, output: &Output) -> Result<(), Failure> {
    let key = &server.key;
    let line =
        Line::Key { server: &server.name, state: key.state, shown: key.shown.as_deref(), check: key.check };
    let state = match key.state {
        KeyState::Missing => "no key",
        KeyState::Environment => "from the environment",
        KeyState::Keychain => "in the keychain",
        KeyState::ThisRun => "for this run",
    };
    let check = match key.check {
        Some(KeyCheck::Unchecked) => ", kept, not checked yet",
        Some(KeyCheck::Refused) => ", refused",
        Some(KeyCheck::Accepted) | None => "",
    };
    let words = match &key.shown {
        Some(shown) => format!("{}  {shown}  {state}{check}\n", server.name),
        None => format!("{}  {state}{check}\n", server.name),
    };
    output.tell(&line, &words)
}

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use porthole_core::domain::{Code, ServerKind};
use porthole_core::{App, AppError, Server, ServerState, ServerToAdd};

use crate::lines::{Line, Output, closed};

#[derive(Subcommand)]
pub(crate) enum Servers {
    /// Add an address to talk to
    Add(Add),
    /// List servers: those added by hand and those running on this computer
    List,
    /// Remove a server from the lists
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Args)]
pub(crate) struct Add {
    /// The name to know it by
    #[arg(long)]
    name: String,
    #[arg(long, help = "Its address, such as http://127.0.0.1:8080/v1")]
    url: String,
    /// What it speaks
    #[arg(long, default_value = "openai")]
    kind: Kind,
    /// How long it may be silent
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    idle_timeout: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Openai,
    Deepseek,
}

impl Servers {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, AppError> {
        match self {
            Self::Add(add) => {
                let kind = match add.kind {
                    Kind::Openai => ServerKind::OpenAi,
                    Kind::Deepseek => ServerKind::DeepSeek,
                };
                let server =
                    ServerToAdd { name: add.name, url: add.url, kind, idle_timeout_s: add.idle_timeout };
                print(&app.add_server(server).await?, output)?;
            }
            Self::List => {
                for server in app.find_servers().await? {
                    print(&server, output)?;
                }
            }
            Self::Remove { name } => {
                let servers = app.find_servers().await?;
                let server = servers.iter().find(|server| server.name.to_lowercase() == name.to_lowercase());
                let server = server.ok_or_else(|| AppError {
                    code: Code::NotFound,
                    message: format!("There is no server called {name}."),
                    retry_after_ms: None,
                })?;
                app.remove_server(server.id).await?;
                output.note(&format!("{} is removed. Conversations with it are kept.", server.name));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

pub(crate) async fn models(app: &App, output: &Output) -> Result<ExitCode, AppError> {
    for server in app.find_servers().await? {
        for model in &server.models {
            let line = Line::Model {
                server: &server.name,
                id: &model.id,
                name: &model.name,
                context_tokens: model.context_tokens,
            };
            output.line(&line).map_err(closed)?;
            output.words(&format!("{}  {}\n", server.name, model.id)).map_err(closed)?;
        }
        if let ServerState::Unreachable { failure } = &server.state {
            output.note(&failure.message);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(server: &Server, output: &Output) -> Result<(), AppError> {
    let line = Line::Server {
        id: server.id.to_string(),
        name: &server.name,
        kind: server.kind.name(),
        url: &server.url,
        found: server.found,
        idle_timeout_s: server.idle_timeout_s,
    };
    output.line(&line).map_err(closed)?;
    output.words(&format!("{}  {}  {}\n", server.name, server.kind.name(), server.url)).map_err(closed)?;
    if let ServerState::Unreachable { failure } = &server.state {
        output.note(&failure.message);
    }
    Ok(())
}

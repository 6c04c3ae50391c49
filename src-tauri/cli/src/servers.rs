use std::process::ExitCode;

use clap::{Args, Subcommand};
use porthole_core::domain::{Code, Failure, ServerKind, ServerProxy};
use porthole_core::{App, HeaderEdit, ProxyEdit, Server, ServerEdit, ServerState, ServerToAdd};

use crate::keys::read_secret;
use crate::lines::{Line, Output};
use crate::names::one_of;

#[derive(Subcommand)]
pub(crate) enum Servers {
    /// Add an address to talk to
    Add(Add),
    /// Change how a server is reached; what is not named stays as it is
    Edit(Edit),
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
    #[arg(long, default_value = "openai", value_parser = one_of::<ServerKind>(&["openai", "deepseek"]))]
    kind: ServerKind,
    /// How long it may be silent
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    idle_timeout: Option<u32>,
    /// A further address of the same models; may be given again
    #[arg(long = "address", value_name = "URL")]
    addresses: Vec<String>,
}

#[derive(Args)]
pub(crate) struct Edit {
    /// Its name
    name: String,
    /// The name to know it by from now on
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
    /// Its address
    #[arg(long)]
    url: Option<String>,
    /// All further addresses of the same models; may be given again
    #[arg(long = "address", value_name = "URL")]
    addresses: Option<Vec<String>>,
    /// How long it may be silent; 0 for the default
    #[arg(long, value_name = "SECONDS")]
    idle_timeout: Option<u32>,
    /// `system`, `none`, or the address of a proxy
    #[arg(long)]
    proxy: Option<String>,
    /// Who asks the proxy; the password is read from standard input
    #[arg(long, requires = "proxy")]
    proxy_user: Option<String>,
    /// A PEM file whose certificates to trust besides the system's; empty for none
    #[arg(long, value_name = "FILE")]
    ca_file: Option<String>,
    /// Whether http:// to the internet is allowed
    #[arg(long, value_name = "BOOL")]
    plain_http: Option<bool>,
    /// A header of every request, NAME; its value is read from standard input. An empty value removes it
    #[arg(long, value_name = "NAME", conflicts_with = "proxy_user")]
    header: Option<String>,
}

impl Edit {
    async fn run(self, app: &App) -> Result<Server, Failure> {
        let server = app.server_named(&self.name).await?;
        let proxy = match (self.proxy.as_deref(), server.network.proxy) {
            (Some("system"), _) | (None, ServerProxy::System) => ProxyEdit::System,
            (Some("none"), _) | (None, ServerProxy::None) => ProxyEdit::None,
            (Some(url), _) => {
                let password = self.proxy_user.as_ref().map(|_| read_secret()).transpose()?;
                ProxyEdit::Own { url: url.to_owned(), user: self.proxy_user, password }
            }
            (None, ServerProxy::Own { url, user, has_password: _ }) => {
                ProxyEdit::Own { url, user, password: None }
            }
        };
        let mut headers: Vec<HeaderEdit> = server
            .network
            .headers
            .into_iter()
            .filter(|header| self.header.as_ref().is_none_or(|name| !name.eq_ignore_ascii_case(&header.name)))
            .map(|header| HeaderEdit { name: header.name, value: None })
            .collect();
        if let Some(name) = self.header {
            let value = read_secret()?;
            if !value.expose().is_empty() {
                headers.push(HeaderEdit { name, value: Some(value) });
            }
        }
        let edit = ServerEdit {
            name: self.rename.unwrap_or(server.name),
            url: self.url.unwrap_or(server.url),
            more_urls: self.addresses.unwrap_or(server.more_urls),
            idle_timeout_s: self.idle_timeout.or(server.idle_timeout_s),
            proxy,
            ca_file: self.ca_file.or(server.network.ca_file),
            plain_http: self.plain_http.unwrap_or(server.network.plain_http),
            headers,
        };
        app.edit_server(server.id, edit).await
    }
}

impl Servers {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        match self {
            Self::Add(add) => {
                let server = ServerToAdd {
                    idle_timeout_s: add.idle_timeout,
                    more_urls: add.addresses,
                    ..ServerToAdd::new(add.name, add.url, add.kind)
                };
                print(&app.add_server(server).await?, output)?;
            }
            Self::Edit(edit) => print(&edit.run(app).await?, output)?,
            Self::List => {
                for server in app.find_servers().await? {
                    print(&server, output)?;
                }
            }
            Self::Remove { name } => {
                let servers = app.find_servers().await?;
                let server = servers.iter().find(|server| server.name.to_lowercase() == name.to_lowercase());
                let missing = || Failure::told(Code::NotFound, format!("There is no server named {name}."));
                let server = server.ok_or_else(missing)?;
                app.remove_server(server.id).await?;
                app.forget_removed(server.id).await?;
                output.note(&format!("{} is removed. Conversations with it are kept.", server.name));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

pub(crate) async fn models(app: &App, output: &Output) -> Result<ExitCode, Failure> {
    for server in app.find_servers().await? {
        for model in &server.models {
            let line = Line::Model {
                server: &server.name,
                id: &model.id,
                name: &model.name,
                context_tokens: model.context_tokens,
                output_tokens: model.output_tokens,
                rates: model.rates.as_ref(),
            };
            output.tell(&line, &format!("{}  {}\n", server.name, model.id))?;
        }
        if let ServerState::Unreachable { failure } = &server.state {
            output.note_failure(failure);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(server: &Server, output: &Output) -> Result<(), Failure> {
    let line = Line::Server {
        id: server.id.to_string(),
        name: &server.name,
        kind: server.kind.name(),
        url: &server.url,
        found: server.found,
        idle_timeout_s: server.idle_timeout_s,
        state: match &server.state {
            ServerState::Checking => "checking",
            ServerState::Ready => "ready",
            ServerState::Unreachable { .. } => "unreachable",
        },
        key: server.key.state,
    };
    output.tell(&line, &format!("{}  {}  {}\n", server.name, server.kind.name(), server.url))?;
    if let ServerState::Unreachable { failure } = &server.state {
        output.note_failure(failure);
    }
    Ok(())
}

use std::process::ExitCode;

use clap::{Args, Subcommand};
use porthole_core::App;
use porthole_core::domain::{Code, ConversationId, Failure, HeldLock, Lock};

use crate::lines::{Line, Output};

#[derive(Subcommand)]
pub(crate) enum Locking {
    /// Tell where text may go
    Status(Of),
    /// To this computer alone
    ThisComputer(Of),
    /// To this computer and chosen hosts
    Hosts {
        /// Names or addresses
        #[arg(required = true)]
        hosts: Vec<String>,
        #[command(flatten)]
        of: Of,
    },
    /// Anywhere
    Off(Of),
}

#[derive(Args)]
pub(crate) struct Of {
    /// A conversation instead of the whole app
    #[arg(long, short, value_name = "ID")]
    conversation: Option<ConversationId>,
}

impl Locking {
    pub(crate) async fn run(self, app: &App, output: &Output) -> Result<ExitCode, Failure> {
        let (lock, of) = match self {
            Self::Status(of) => (None, of),
            Self::ThisComputer(of) => (Some(Lock::ThisComputer), of),
            Self::Hosts { hosts, of } => (Some(Lock::Hosts { hosts: hosts.into_iter().collect() }), of),
            Self::Off(of) => (Some(Lock::Off), of),
        };
        if let Some(lock) = lock {
            app.set_lock(of.conversation, lock).await?;
        }
        let lock = match of.conversation {
            Some(id) => app.branch(id).await?.conversation.lock,
            None => match app.lock().await? {
                HeldLock::Known(lock) => lock,
                HeldLock::Unreadable => {
                    let message = "The lock cannot be read, so text stays on this computer. Set it again with `lock \
                                   this-computer`, `lock hosts` or `lock off`.";
                    return Err(Failure::told(Code::Damaged, message));
                }
            },
        };
        let conversation = of.conversation.map(|id| id.to_string());
        let words = match &lock {
            Lock::Off => "off: text may go anywhere\n".to_owned(),
            Lock::ThisComputer => "this computer\n".to_owned(),
            Lock::Hosts { hosts } => {
                let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
                format!("this computer and {}\n", hosts.join(", "))
            }
        };
        output.tell(&Line::Lock { conversation, lock: &lock }, &words)?;
        Ok(ExitCode::SUCCESS)
    }
}

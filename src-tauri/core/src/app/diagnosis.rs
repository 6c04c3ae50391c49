//! What somebody who helps needs to know, without anything that is a person's own.

use std::fmt::Write;

use super::App;
use super::view::{Server, ServerState};
use crate::domain::{Code, Failure, Lock, Place};

impl App {
    /// A few lines of plain English to paste into a report: version, system, size of the history in bytes, the lock's
    /// kind, and of each server its kind, how far away it is and whether it answers. No name, address, path, key or
    /// text is in it.
    ///
    /// # Errors
    /// As [`App::servers`] and [`App::data_place`].
    pub async fn diagnosis(&self) -> Result<String, Failure> {
        let place = self.data_place().await?;
        let lock = match self.lock().await?.lock() {
            Lock::Off => "off",
            Lock::ThisComputer => "this computer",
            Lock::Hosts { .. } => "chosen hosts",
        };
        let mut told = format!(
            "Porthole {} on {} {}\nHistory: {} bytes\nLock: {lock}\n",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH,
            place.bytes,
        );
        for server in self.servers().await? {
            // Writing to a string cannot fail.
            let _ = writeln!(told, "{}", line(&server));
        }
        Ok(told)
    }
}

fn line(server: &Server) -> String {
    let place = match server.place {
        Place::ThisComputer => "on this computer",
        Place::PrivateNetwork { .. } => "on the local network",
        Place::Internet { .. } => "on the internet",
    };
    let state = match &server.state {
        ServerState::Checking => "not asked yet".to_owned(),
        ServerState::Ready => format!("{} models", server.models.len()),
        ServerState::Unreachable { failure } => failed(failure.code, failure.status),
    };
    format!("{} {place}: {state}", server.kind.name())
}

fn failed(code: Code, status: Option<u16>) -> String {
    status.map_or_else(|| code.name().to_owned(), |status| format!("{} ({status})", code.name()))
}

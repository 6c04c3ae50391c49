//! The `porthole` program.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use porthole_core::secrets::Keys;

/// The desktop client for DeepSeek V4 and models on your own machine.
#[derive(Parser)]
#[command(name = "porthole", version)]
struct CommandLine {
    /// The data folder [default: Porthole's own place on this machine]
    #[arg(long, env = "PORTHOLE_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Begin a new chat with this question and send it
    #[arg(long, value_name = "TEXT")]
    ask: Option<String>,
    /// The server to ask, by its name [default: the first that offers the model]
    #[arg(long, value_name = "NAME", requires = "ask")]
    server: Option<String>,
    /// The model to ask, by its id [default: the server's first]
    #[arg(long, value_name = "ID", requires = "ask")]
    model: Option<String>,
}

fn main() -> ExitCode {
    let keys = take_keys();
    let CommandLine { data_dir, ask, server, model } = CommandLine::parse();
    let question = ask.map(|text| porthole::FirstQuestion { text, server, model });
    porthole::run(porthole::Arguments { data_dir, keys, question })
}

/// Removes the keys from the environment, which every web process inherits. It has to come before everything else: once
/// there is a second thread, nobody can know who reads the environment.
#[expect(unsafe_code, reason = "the standard library has no other way to take a variable away")]
fn take_keys() -> Keys {
    let keys = Keys::of_machine();
    for name in keys.variables() {
        // SAFETY: this is the only thread. `Keys` has started none, and nothing else has run yet.
        unsafe { std::env::remove_var(name) };
    }
    keys
}

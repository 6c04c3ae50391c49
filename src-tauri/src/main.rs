//! The `porthole` program.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// The desktop client for DeepSeek V4 and models on your own machine.
#[derive(Parser)]
#[command(name = "porthole", version)]
struct CommandLine {
    /// The data folder [default: Porthole's own place on this machine]
    #[arg(long, env = "PORTHOLE_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

fn main() -> ExitCode {
    let CommandLine { data_dir } = CommandLine::parse();
    porthole::run(porthole::Arguments { data_dir })
}

//! `cargo xtask`: everything that people and machines do with Porthole's source except editing it.
//!
//! Two commands matter: `run` gets a fresh machine to a working chat, `test` to a verdict.
//! Nothing here is part of the app; nothing in the app may depend on it.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this program talks to a terminal")]

mod ask;
mod bench;
mod build;
mod bundle;
mod counts;
mod deny;
mod display;
mod framebuffer;
mod fuzz;
mod gallery;
mod icons;
mod llama;
mod model;
mod node;
mod packages;
mod pieces;
mod places;
mod platform;
mod process;
mod run;
mod rust;
mod soak;
mod step;
mod summary;
mod test;
mod trouble;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::places::Places;
use crate::trouble::Outcome;

/// Sets Porthole up on this machine and runs, tests or packages it.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct CommandLine {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Set up, build and open the app; brings a small real model when none is reachable.
    Run(run::RunOptions),
    /// Set up and run every check there is; ends with one summary.
    Test {
        /// Leave out the end-to-end journeys in the real window.
        #[arg(long)]
        fast: bool,
    },
    /// Feed everything that reads a server's answer with inputs nobody thought of.
    Fuzz {
        /// What to fuzz: sse, or a dialect such as deepseek or ollama; all in turn without it.
        target: Option<String>,
        /// How long each target runs; until Ctrl-C without it.
        #[arg(long, value_name = "N")]
        seconds: Option<u64>,
        /// Only look at this input again.
        #[arg(long, value_name = "FILE", requires = "target", conflicts_with = "seconds")]
        input: Option<PathBuf>,
    },
    /// Run the benchmarks of the window, or one of those on a large history.
    Bench {
        /// A history of 100,000 conversations and 1,000,000 messages instead; takes a quarter of an hour.
        #[arg(long)]
        history: bool,
        /// The list of chats in the window on such a history instead; takes as long.
        #[arg(long, conflicts_with = "history")]
        list: bool,
        /// The export of 10,000 conversations with a gigabyte of text instead; takes five minutes and 3 GB of disk.
        #[arg(long, conflicts_with_all = ["history", "list"])]
        export: bool,
    },
    /// Kill a program in the middle of replies, hundreds of times, and look whether anything is lost: on a sound disk, on
    /// one that becomes full, and on one that fails.
    Soak {
        /// How many times on each.
        #[arg(long, default_value_t = 200)]
        kills: u32,
    },
    /// Take pictures of every screen and state of the real window, and check each with axe.
    Gallery {
        /// Only the states and scenes whose name holds this word.
        #[arg(long, value_name = "WORD")]
        only: Option<String>,
    },
    /// Make this platform's installers.
    Bundle {
        /// Kinds of installer, comma-separated (for example deb,rpm); this platform's own without it.
        #[arg(long, value_delimiter = ',')]
        kinds: Vec<String>,
    },
    /// Serve the small real model on loopback until stopped.
    Model {
        /// Port to listen on; 0 takes any free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Only fetch and check the files.
        #[arg(long)]
        fetch_only: bool,
    },
    /// Draw the icon files from icons/porthole.svg.
    Icons {
        /// Also write the small sizes to this folder, to look at them.
        #[arg(long, value_name = "DIR")]
        preview: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let chore = CommandLine::parse().chore;
    match Places::find().and_then(|places| carry_out(chore, &places)) {
        Ok(code) => code,
        Err(trouble) => {
            eprintln!("\n{trouble}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(chore: Chore, places: &Places) -> Outcome<ExitCode> {
    match chore {
        Chore::Run(options) => run::run(places, &options),
        Chore::Test { fast } => test::test(places, fast),
        Chore::Fuzz { target, seconds, input } => {
            let time = seconds.map(Duration::from_secs);
            fuzz::fuzz(places, target.as_deref(), time, input.as_deref()).map(|()| ExitCode::SUCCESS)
        }
        Chore::Bench { history: true, .. } => bench::history(places).map(|()| ExitCode::SUCCESS),
        Chore::Bench { list: true, .. } => bench::list(places).map(|()| ExitCode::SUCCESS),
        Chore::Bench { export: true, .. } => bench::export(places).map(|()| ExitCode::SUCCESS),
        Chore::Bench { .. } => bench::bench(places).map(|()| ExitCode::SUCCESS),
        Chore::Soak { kills } => soak::soak(places, kills).map(|()| ExitCode::SUCCESS),
        Chore::Gallery { only } => gallery::gallery(places, only.as_deref()).map(|()| ExitCode::SUCCESS),
        Chore::Bundle { kinds } => bundle::bundle(places, &kinds).map(|()| ExitCode::SUCCESS),
        Chore::Model { port, fetch_only } => {
            llama::serve_in_foreground(places, port, fetch_only).map(|()| ExitCode::SUCCESS)
        }
        Chore::Icons { preview } => icons::draw(places, preview.as_deref()).map(|()| ExitCode::SUCCESS),
    }
}

//! `cargo xtask run`: from a fresh machine to a chat that is ready to type in.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;

use crate::ask;
use crate::build;
use crate::display::{self, VirtualDisplay};
use crate::llama::{self, Server};
use crate::model;
use crate::node;
use crate::packages;
use crate::pieces::Purpose;
use crate::places::Places;
use crate::platform::Platform;
use crate::process::{self, Running};
use crate::trouble::{Outcome, Trouble};

/// What the app calls the server that is started here.
const SERVER: &str = "SmolLM2";

/// What is asked if nobody is there to ask: the small model knows the answer, which takes one line.
const QUESTION: &str = "What is the capital of France?";

/// How long the app may take to open, even on a machine that has never run it.
const OPENING: Duration = Duration::from_secs(90);

/// How long a reply may take, even from a model that is still being read from disk.
const ANSWERING: Duration = Duration::from_mins(2);

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is one switch of the command line")]
pub(crate) struct RunOptions {
    /// Bring up a small real model (`SmolLM2` 135M on llama.cpp) and open the app on it.
    #[arg(long)]
    with_model: bool,
    /// Do not offer the small model when none is reachable.
    #[arg(long, conflicts_with = "with_model")]
    no_model: bool,
    /// Build and run the optimised app.
    #[arg(long)]
    release: bool,
    /// Keep the app's data in this folder instead of the user's own.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// On a virtual display, do not ask the small model a question in the window.
    #[arg(long)]
    no_ask: bool,
    /// Use a virtual display, save a screenshot once the app is usable, and stop.
    #[arg(long)]
    screenshot_and_exit: bool,
    /// Passed on to the app.
    #[arg(last = true)]
    app_arguments: Vec<OsString>,
}

/// Sets up, builds, starts a model if one is wanted, and stays until the app closes.
pub(crate) fn run(places: &Places, options: &RunOptions) -> Outcome<ExitCode> {
    let platform = Platform::detect();
    if options.screenshot_and_exit && !platform.is_linux() {
        return Err(Trouble::new("--screenshot-and-exit needs a virtual display, which only Linux has"));
    }
    let is_virtual = platform.is_linux() && (options.screenshot_and_exit || !display::exists());
    let mut purposes = vec![Purpose::Build];
    if is_virtual {
        purposes.push(Purpose::Display);
    }
    packages::ensure(platform, &purposes)?;
    node::ensure(places, platform)?;
    build::page(places)?;
    build::app(places, options.release)?;

    let profile = if options.release { "release" } else { "debug" };
    let server = if wants_model(places, options, profile) { Some(bring_model(places)?) } else { None };

    // Nobody sits in front of a virtual display: its screenshot shows a chat that is started here.
    let asks = is_virtual && options.with_model && !options.no_ask;
    let mut app = process::tied(places.binary(profile, "porthole"));
    if let Some(folder) = &options.data_dir {
        app.arg("--data-dir").arg(folder);
    } else if asks {
        app.arg("--data-dir").arg(places.corner("data")?);
    }
    if asks {
        // By name: no other model is asked, whatever else runs on this computer.
        app.args(["--ask", QUESTION, "--server", SERVER, "--model", model::NAME]);
    }
    app.args(&options.app_arguments);
    if let Some(server) = &server {
        app.env("PORTHOLE_SERVERS", format!("{SERVER}={}", server.address()));
    }

    if !is_virtual {
        eprintln!("Opening Porthole. Close its window or press Ctrl-C here to stop.");
        let status = Running::start(&mut app, "Porthole")?.wait()?;
        return Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }

    let display = VirtualDisplay::start(places)?;
    eprintln!("No screen is used here: Porthole opens on a virtual display ({}).", display.name());
    display.apply(&mut app);
    let (ready, answered) = (places.own.join("ready"), places.own.join("answered"));
    for (variable, file) in [("PORTHOLE_READY_FILE", &ready), ("PORTHOLE_ANSWERED_FILE", &answered)] {
        let _ = fs::remove_file(file);
        app.env(variable, file);
    }
    let mut app = Running::start(&mut app, "Porthole")?;
    let picture = places.own.join("screenshot.png");
    let shown = watch(&mut app, &ready, asks.then_some(&answered)).and_then(|()| display.picture_at_rest());
    // If something went wrong, what the screen shows is the best clue.
    let saved = display.screenshot(&picture);
    shown.and(saved).map_err(|trouble| trouble.advise(format!("look at {}", picture.display())))?;
    eprintln!("Screenshot:");
    println!("{}", picture.display());
    if options.screenshot_and_exit {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("Porthole goes on running. Press Ctrl-C to stop.");
    let status = app.wait()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn wants_model(places: &Places, options: &RunOptions, profile: &str) -> bool {
    if options.with_model || options.no_model {
        return options.with_model;
    }
    let mut models = process::command(places.binary(profile, "porthole-cli"));
    if let Some(folder) = &options.data_dir {
        models.env("PORTHOLE_DATA_DIR", folder);
    }
    let listed = process::answer(models.args(["models", "--json"])).unwrap_or_default();
    let count = count_models(&listed);
    if count > 0 {
        eprintln!("{count} model{} reachable.", if count == 1 { " is" } else { "s are" });
        return false;
    }
    eprintln!(
        "No model is reachable. A small real one ({}, 135 million parameters, about 130 MB to fetch once) can be \
         served on this computer; --no-model skips it.",
        model::NAME
    );
    ask::go_ahead("Bring it up?")
}

fn bring_model(places: &Places) -> Outcome<Server> {
    let model = model::fetch(places)?;
    let server = Server::start(places, &model, llama::discoverable_port()?)?;
    eprintln!("{} answers at {}", model::NAME, server.address());
    Ok(server)
}

/// Counts the models in what `porthole-cli models --json` prints: one object per line.
fn count_models(listed: &str) -> usize {
    listed.lines().filter(|line| line.replace(' ', "").contains(r#""type":"model""#)).count()
}

/// Waits until the app reports that it can be used, and that the question it was opened with is answered.
fn watch(app: &mut Running, ready: &Path, answered: Option<&PathBuf>) -> Outcome<()> {
    let started = Instant::now();
    wait_for_file(app, ready, "usable", OPENING)?;
    eprintln!("Usable after {:.1} s.", started.elapsed().as_secs_f32());
    let Some(answered) = answered else { return Ok(()) };
    match wait_for_file(app, answered, "through with its first question", ANSWERING)?.as_str() {
        "complete" => Ok(()),
        how => Err(Trouble::new(format!("{} did not answer in the window: {how}", model::NAME))),
    }
}

/// Waits for a file in which the app reports something, and reads it.
fn wait_for_file(app: &mut Running, file: &Path, what: &str, limit: Duration) -> Outcome<String> {
    let started = Instant::now();
    while started.elapsed() < limit {
        // It appears before its content is written.
        if let Ok(words) = fs::read_to_string(file)
            && !words.is_empty()
        {
            return Ok(words);
        }
        if let Some(status) = app.ended()? {
            return Err(Trouble::new(format!("Porthole ended before it was {what} ({status})")));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(Trouble::new(format!("Porthole was not {what} after {} s", limit.as_secs())))
}

#[cfg(test)]
mod tests {
    use super::count_models;

    #[test]
    fn only_lines_about_models_count() {
        let listed = "{\"type\":\"server\",\"name\":\"Ollama\"}\n{ \"type\": \"model\", \"id\": \"a\" }\n{\"type\":\"model\"}\n";
        assert_eq!(count_models(listed), 2);
        assert_eq!(count_models(""), 0);
    }
}

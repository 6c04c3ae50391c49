//! The parts of the Rust toolchain that a bare installation may lack.

use std::io;

use crate::ask;
use crate::process;
use crate::trouble::{Outcome, Trouble};

/// Makes sure that `cargo fmt` and `cargo clippy` work.
pub(crate) fn ensure_components() -> Outcome<()> {
    let missing: Vec<&str> = [("rustfmt", "fmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(_, subcommand)| process::answer(process::cargo().args([subcommand, "--version"])).is_none())
        .map(|(component, _)| component)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    let shown = format!("rustup component add {names}");
    if process::on_path("rustup").is_none() {
        return Err(Trouble::new(format!(
            "the Rust toolchain lacks {names}, and rustup is not there to add it"
        ))
        .advise(format!("install {names} the way Rust was installed, or Rust by https://rustup.rs")));
    }
    eprintln!("The Rust toolchain lacks {names}.\nWill run: {shown}");
    if !ask::go_ahead("Install now?") {
        return Err(Trouble::new(format!("missing: {names}")).advise(shown));
    }
    let mut command = process::command("rustup");
    process::run_visibly(command.args(["component", "add"]).args(&missing).stdout(io::stderr()), "rustup")
}

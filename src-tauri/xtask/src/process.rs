//! Starting other programs, and making sure that they end.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::trouble::{Doing, Outcome, Trouble};

/// Variables that `cargo run` adds for xtask itself. If passed on, they would differ from a plain `cargo build`,
/// and crates whose build scripts watch them would be recompiled each time the caller changes.
const OURS: [&str; 5] =
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"];

/// A command without xtask's own cargo variables.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| OURS.iter().any(|prefix| name.starts_with(prefix))) {
            command.env_remove(name);
        }
    }
    command
}

/// The cargo that started xtask.
pub(crate) fn cargo() -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A command that the system ends when xtask ends, for whatever reason. Only Linux has an easy way to do so (`setpriv`,
/// part of util-linux); elsewhere a terminal's Ctrl-C still reaches the whole group.
pub(crate) fn tied(program: impl AsRef<OsStr>) -> Command {
    if cfg!(target_os = "linux") && on_path("setpriv").is_some() {
        let mut tied = command("setpriv");
        tied.args(["--pdeathsig", "TERM", "--"]).arg(program);
        tied
    } else {
        command(program)
    }
}

/// Finds a program the way a shell would.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd", ".bat"] } else { &[""] };
    env::split_paths(&env::var_os("PATH")?)
        .flat_map(|folder| endings.iter().map(move |ending| folder.join(format!("{name}{ending}"))))
        .find(|candidate| candidate.is_file())
}

/// Runs a command whose output the user sees, and fails if it does.
pub(crate) fn run_visibly(command: &mut Command, what: &str) -> Outcome<()> {
    let status = command.status().doing(format_args!("{what} could not start"))?;
    if status.success() { Ok(()) } else { Err(Trouble::new(format!("{what} failed ({status})"))) }
}

/// Runs a command for its answer: whether it succeeded, and what it printed.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What a program has printed into its log.
pub(crate) fn printed(log: &Path) -> String {
    fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// A program that must not outlive this value.
pub(crate) struct Running {
    child: Child,
    name: &'static str,
}

impl Running {
    pub(crate) fn start(command: &mut Command, name: &'static str) -> Outcome<Self> {
        let child = command.spawn().doing(format_args!("{name} could not start"))?;
        Ok(Self { child, name })
    }

    /// The same with what it prints in `log`.
    pub(crate) fn start_into(log: &Path, command: &mut Command, name: &'static str) -> Outcome<Self> {
        let files = fs::File::create(log).and_then(|output| Ok((output.try_clone()?, output)));
        let (errors, output) = files.doing(format_args!("opening {}", log.display()))?;
        Self::start(command.stdout(output).stderr(errors), name)
    }

    /// The process, for its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Outcome<Option<ExitStatus>> {
        self.child.try_wait().doing(format_args!("waiting for {}", self.name))
    }

    pub(crate) fn wait(&mut self) -> Outcome<ExitStatus> {
        self.child.wait().doing(format_args!("waiting for {}", self.name))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // Politely first: a killed Xvfb leaves its lock file, a killed app its database open.
        if cfg!(unix) {
            let _ = answer(command("kill").arg(self.child.id().to_string()));
            let patience = Instant::now() + Duration::from_secs(3);
            while Instant::now() < patience {
                if matches!(self.child.try_wait(), Ok(Some(_))) {
                    return;
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::{command, on_path, tied};

    #[test]
    fn a_program_that_does_not_exist_is_not_found() {
        assert!(on_path("no-such-program-as-this").is_none());
    }

    #[test]
    fn own_cargo_variables_are_not_passed_on() {
        let command = command("env");
        let removed = |wanted: &str| {
            command.get_envs().any(|(name, value)| name.to_str() == Some(wanted) && value.is_none())
        };
        assert!(removed("CARGO_PKG_NAME"), "cargo test sets it, so it must be taken out");
    }

    #[cfg(unix)]
    #[test]
    fn a_tied_command_runs_its_program() {
        let output = tied("echo").arg("here").output().expect("echo exists");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "here");
    }
}

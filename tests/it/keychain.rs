//! Keys in a real keychain: gnome-keyring on a message bus of its own, with nothing of the machine's. Each start of
//! Porthole is a process of its own, this program again with what to do in [`STEPS`].

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use porthole_core::secrets::{KeySource, KeychainError, Keys, Secret, SecretName};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

/// The steps of one start, one a line.
const STEPS: &str = "PORTHOLE_KEYCHAIN_STEPS";
/// What a step prints begins so; the test runner prints other lines.
const SAID: &str = "=> ";
/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A bus without service files: what is not started here is not there, whatever is installed.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=FOLDER/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// Somebody's session: a home, a runtime folder, and a bus once it is started.
struct Session {
    folder: TempDir,
    bus: Option<Child>,
}

impl Session {
    fn without_bus() -> Self {
        Self { folder: tempfile::Builder::new().prefix("porthole-").tempdir().unwrap(), bus: None }
    }

    /// `None` where the programs are missing, which it says.
    async fn start() -> Option<Self> {
        for program in ["dbus-daemon", "gnome-keyring-daemon"] {
            if Command::new(program).arg("--version").stdout(Stdio::null()).status().await.is_err() {
                println!("not tested: {program} is not installed; `cargo xtask test` does that");
                return None;
            }
        }
        let mut session = Self::without_bus();
        let configuration = session.path().join("bus.conf");
        std::fs::write(&configuration, BUS.replace("FOLDER", session.path().to_str().unwrap())).unwrap();
        let mut bus = session.command("dbus-daemon");
        bus.args(["--nofork", "--nopidfile", "--config-file"]).arg(configuration).stderr(Stdio::null());
        session.bus = Some(bus.spawn().unwrap());
        session.wait_until("the bus listens", async || session.path().join("bus").exists()).await;
        Some(session)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A program that lives in this session and ends with its handle.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("XDG_RUNTIME_DIR", self.path())
            .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}/bus", self.path().display()))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Starts gnome-keyring and waits until it answers. An unlocked one has a keyring, made if there was none.
    async fn keyring(&self, unlocked: bool) -> Child {
        let mut keyring = self.command("gnome-keyring-daemon");
        keyring.args(["--foreground", "--components=secrets"]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = if unlocked {
            let mut child = keyring.arg("--unlock").stdin(Stdio::piped()).spawn().unwrap();
            // An empty line is a password; no line would make it ask for one.
            child.stdin.take().unwrap().write_all(b"\n").await.unwrap();
            child
        } else {
            keyring.spawn().unwrap()
        };
        self.wait_until("gnome-keyring answers", async || {
            self.run(&["find nothing"]).await != ["Unavailable"]
        })
        .await;
        assert!(child.try_wait().unwrap().is_none(), "gnome-keyring runs");
        child
    }

    async fn wait_until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let until = tokio::time::Instant::now() + PATIENCE;
        while !is_so().await {
            assert!(tokio::time::Instant::now() < until, "it never came to this: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn porthole(&self, steps: &[&str]) -> Child {
        let mut program = self.command(std::env::current_exe().unwrap());
        program
            .args(["--exact", "keychain::one_start", "--nocapture"])
            .env(STEPS, steps.join("\n"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        program.spawn().unwrap()
    }

    /// Starts Porthole, lets it do these steps, and tells what each came to.
    async fn run(&self, steps: &[&str]) -> Vec<String> {
        let output = tokio::time::timeout(PATIENCE, self.porthole(steps).wait_with_output()).await;
        let output = output.expect("a start ends").unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{printed}");
        printed.lines().filter_map(said).map(str::to_owned).collect()
    }
}

/// The test runner's own words may stand before a step's on one line.
fn said(line: &str) -> Option<&str> {
    line.split_once(SAID).map(|(_, said)| said)
}

/// One start of Porthole inside a session; without [`STEPS`] it has nothing to do.
#[tokio::test]
async fn one_start() {
    let Ok(steps) = std::env::var(STEPS) else { return };
    let keys = Keys::of_machine();
    for step in steps.lines() {
        let words: Vec<_> = step.split(' ').collect();
        let told = match words[..] {
            ["keep", name, key] => {
                let kept = keys.keep(&SecretName::new(name), Secret::new(key.to_owned())).await;
                kept.map(|()| "kept".to_owned())
            }
            ["find", name] => keys.find(&SecretName::new(name), &[]).await.map(|found| {
                found.map_or("nothing".to_owned(), |key| {
                    assert_eq!(key.source, KeySource::Keychain);
                    key.secret.expose().clone()
                })
            }),
            ["delete", name] => keys.delete(&SecretName::new(name)).await.map(|()| "deleted".to_owned()),
            ["pause"] => {
                println!("{SAID}paused");
                std::io::stdin().read_line(&mut String::new()).unwrap();
                Ok("resumed".to_owned())
            }
            _ => panic!("no step: {step}"),
        };
        let told = told.unwrap_or_else(|error| {
            std::io::stderr().write_all(format!("{step}: {error}\n").as_bytes()).unwrap();
            match error {
                KeychainError::Unavailable { .. } => "Unavailable",
                KeychainError::Locked => "Locked",
                KeychainError::Refused { .. } => "Refused",
                KeychainError::Unfit(_) => "Unfit",
            }
            .to_owned()
        });
        println!("{SAID}{told}");
    }
}

#[tokio::test]
async fn a_key_is_there_at_the_next_start_until_it_is_deleted() {
    let Some(session) = Session::start().await else { return };
    let _keyring = session.keyring(true).await;
    let long = "k".repeat(4096);
    let keep_long = format!("keep long {long}");
    for (steps, expected) in [
        (["find 1f/1", "keep 1f/1 sk-first", "find 1f/1"], ["nothing", "kept", "sk-first"]),
        (["find 1f/1", "find 1f/2", "keep 1f/2 sk-密"], ["sk-first", "nothing", "kept"]),
        (["keep 1f/1 sk-second", "find 1f/1", "find 1f/2"], ["kept", "sk-second", "sk-密"]),
        (["find 1f/1", "delete 1f/1", "find 1f/1"], ["sk-second", "deleted", "nothing"]),
        (["find 1f/1", "delete 1f/1", "find 1f/2"], ["nothing", "deleted", "sk-密"]),
        ([&keep_long, "find long", "delete long"], ["kept", &long, "deleted"]),
    ] {
        assert_eq!(session.run(&steps).await, expected, "{steps:?}");
    }
}

#[tokio::test]
async fn without_a_bus_or_a_provider_the_keychain_is_unavailable() {
    let steps = ["find 1f/1", "keep 1f/1 sk-first", "delete 1f/1"];
    assert_eq!(Session::without_bus().run(&steps).await, ["Unavailable"; 3]);
    let Some(session) = Session::start().await else { return };
    assert_eq!(session.run(&steps).await, ["Unavailable"; 3]);
}

#[tokio::test]
async fn a_keychain_that_nobody_has_unlocked_keeps_nothing() {
    let Some(session) = Session::start().await else { return };
    let keyring = session.keyring(false).await;
    let steps = ["find 1f/1", "keep 1f/1 sk-first", "find 1f/1", "delete 1f/1"];
    assert_eq!(session.run(&steps).await, ["nothing", "Locked", "nothing", "deleted"], "no keyring in it");
    end(keyring).await;
    let keyring = session.keyring(true).await;
    assert_eq!(session.run(&["keep 1f/1 sk-first"]).await, ["kept"]);
    end(keyring).await;
    let keyring = session.keyring(false).await;
    let steps = ["find 1f/1", "keep 1f/1 sk-second", "keep 1f/2 sk-new", "delete 1f/1"];
    assert_eq!(session.run(&steps).await, ["Locked"; 4], "a keyring that stays locked");
    end(keyring).await;
    let _keyring = session.keyring(true).await;
    assert_eq!(session.run(&["find 1f/1", "find 1f/2"]).await, ["sk-first", "nothing"]);
}

#[tokio::test]
async fn a_keychain_that_is_started_anew_goes_on_being_used() {
    let Some(session) = Session::start().await else { return };
    let keyring = session.keyring(true).await;
    assert_eq!(session.run(&["keep 1f/1 sk-first"]).await, ["kept"]);
    let steps = ["keep 1f/2 sk-second", "pause", "find 1f/1", "keep 1f/2 sk-third", "find 1f/2"];
    let mut porthole = session.porthole(&steps);
    let (mut stdin, stdout) = (porthole.stdin.take().unwrap(), porthole.stdout.take().unwrap());
    let mut lines = BufReader::new(stdout).lines();
    let mut told = Vec::new();
    while let Some(line) = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap() {
        told.extend(said(&line).map(str::to_owned));
        if line.ends_with("paused") {
            break;
        }
    }
    end(keyring).await;
    let _keyring = session.keyring(true).await;
    stdin.write_all(b"\n").await.unwrap();
    while let Some(line) = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap() {
        told.extend(said(&line).map(str::to_owned));
    }
    assert_eq!(told, ["kept", "paused", "resumed", "sk-first", "kept", "sk-third"]);
}

async fn end(mut program: Child) {
    program.kill().await.unwrap();
}

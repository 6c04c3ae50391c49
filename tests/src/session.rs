//! A user's session with a keychain of its own: a message bus and gnome-keyring, with nothing of the machine's.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a session that cannot be set up fails its test"
)]
#![expect(clippy::print_stdout, reason = "a test that has nothing to show says so")]

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A bus without service files: only what is started here is there, whatever is installed.
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

/// A user's session: a home, a runtime folder, and a bus once it is started.
#[derive(Debug)]
pub struct Session {
    folder: TempDir,
    bus: Option<Child>,
}

impl Session {
    /// A session in which nothing has been started.
    pub fn without_bus() -> Self {
        Self { folder: tempfile::Builder::new().prefix("porthole-").tempdir().unwrap(), bus: None }
    }

    /// A session with a bus; `None` if the programs are missing, which it reports.
    pub async fn start() -> Option<Self> {
        for program in ["dbus-daemon", "dbus-send", "gnome-keyring-daemon"] {
            if Command::new(program)
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .await
                .is_err()
            {
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

    /// Its home and runtime folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A program that lives in this session and ends with its handle.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
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

    /// Starts gnome-keyring and waits until it answers. An unlocked one has a keyring, created if there was none.
    pub async fn keyring(&self, unlocked: bool) -> Child {
        let mut keyring = self.command("gnome-keyring-daemon");
        keyring.args(["--foreground", "--components=secrets"]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = if unlocked {
            let mut child = keyring.arg("--unlock").stdin(Stdio::piped()).spawn().unwrap();
            // An empty line is a password; without a line it would ask for one.
            child.stdin.take().unwrap().write_all(b"\n").await.unwrap();
            child
        } else {
            keyring.spawn().unwrap()
        };
        self.wait_until("gnome-keyring answers", async || {
            let mut question = self.command("dbus-send");
            question.args(["--session", "--print-reply"]);
            if unlocked {
                question.args(["--dest=org.freedesktop.secrets", "/org/freedesktop/secrets/aliases/default"]);
                question.args([
                    "org.freedesktop.DBus.Properties.Get",
                    "string:org.freedesktop.Secret.Collection",
                ]);
                question.arg("string:Locked");
            } else {
                question.args(["--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner"]);
                question.arg("string:org.freedesktop.secrets");
            }
            let answer = question.stderr(Stdio::null()).output().await.expect("dbus-send comes with the bus");
            let expected = if unlocked { "boolean false" } else { "boolean true" };
            String::from_utf8_lossy(&answer.stdout).contains(expected)
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
}

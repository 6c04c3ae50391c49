//! Porthole on a data folder of its own: for tests, with nothing of the machine's.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use porthole_core::clock::Clock;
use porthole_core::domain::{
    ChatSettings, ConversationId, Failure, Lock, Message, MessageId, ModelChoice, ServerKind, plain_text,
    thinking_text,
};
use porthole_core::secrets::Keys;
use porthole_core::turn::{News, NewsCursor, Phase};
use porthole_core::{App, Options, Running, SendRequest, ServerToAdd};
use tempfile::TempDir;

use crate::fake_v4::FakeV4;

/// A data folder and a keychain that last as long as the test.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    keys: Keys,
    now_ms: Arc<AtomicI64>,
}

impl Home {
    /// An empty folder; the clock starts on 2026-11-23.
    #[expect(clippy::new_without_default, reason = "it makes a folder, which a default should not")]
    pub fn new() -> Self {
        Self::within(&std::env::temp_dir())
    }

    /// The same in `place`.
    #[expect(clippy::expect_used, reason = "without a folder no test can say anything")]
    pub fn within(place: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("porthole-").tempdir_in(place);
        let folder = folder.expect("a temporary folder");
        let keys = Keys::in_memory().with_variable("PORTHOLE_KEY_FAKE", "sk-test");
        Self { folder, keys, now_ms: Arc::new(AtomicI64::new(1_795_420_800_000)) }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Moves the clock by this many milliseconds, backwards if negative.
    pub fn pass(&self, milliseconds: i64) {
        self.now_ms.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// Opens the app on the folder.
    ///
    /// # Errors
    /// As [`App::open`].
    pub fn open(&self) -> Result<App, Failure> {
        let now_ms = Arc::clone(&self.now_ms);
        App::open(Options {
            folder: self.path().to_owned(),
            clock: Clock::from_fn(move || now_ms.fetch_add(1, Ordering::Relaxed)),
            keys: self.keys.clone(),
            named_servers: Vec::new(),
        })
    }

    /// The command line program on the folder, with no server and no keychain of the machine's and a key for "fake".
    #[expect(clippy::expect_used, reason = "a program that was not built is told, not worked around")]
    pub fn cli(&self) -> tokio::process::Command {
        let program = program("porthole-cli");
        assert!(program.is_file(), "{} is not there; `cargo build --workspace` makes it", program.display());
        let mut command = tokio::process::Command::new(program);
        command
            .env_clear()
            .env("HOME", self.path())
            .env("PORTHOLE_DATA_DIR", self.path().to_str().expect("a temporary folder's name is text"))
            .env("PORTHOLE_KEY_FAKE", "sk-test")
            .env("PORTHOLE_KEYCHAIN", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

/// A program of this workspace, built with the tests: in `PORTHOLE_BIN_DIR`, or the folder above the test program's.
pub fn program(name: &str) -> PathBuf {
    let folder = std::env::var_os("PORTHOLE_BIN_DIR").map_or_else(
        || {
            let test = std::env::current_exe().unwrap_or_default();
            test.parent().and_then(Path::parent).unwrap_or(&test).to_owned()
        },
        PathBuf::from,
    );
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// An app with `server` added as "fake", and the model to ask there.
#[expect(clippy::expect_used, reason = "a test whose app does not open has nothing to say")]
pub async fn app_with(home: &Home, server: &FakeV4, kind: ServerKind) -> (App, ModelChoice) {
    let app = home.open().expect("the app opens");
    let model = model_on(&app, "fake", &server.url(), kind).await;
    (app, model)
}

/// Adds an address to the app and names a model there.
#[expect(clippy::expect_used, reason = "a test whose server is refused has nothing to say")]
pub async fn model_on(app: &App, name: &str, url: &str, kind: ServerKind) -> ModelChoice {
    let server = ServerToAdd::new(name, url, kind);
    let added = app.add_server(server).await.expect("the server is added");
    ModelChoice { server: added.id, model: "deepseek-v4-pro".to_owned() }
}

/// A question with no settings.
pub fn question(conversation: Option<ConversationId>, model: &ModelChoice, text: &str) -> SendRequest {
    SendRequest {
        conversation,
        model: model.clone(),
        settings: ChatSettings::default(),
        text: text.to_owned(),
        lock: Lock::Off,
        folder: None,
    }
}

/// Asks and waits for the reply's end.
#[expect(clippy::expect_used, reason = "a question that cannot be kept fails its test")]
pub async fn ask(app: &App, request: SendRequest) -> Message {
    let running = app.ask(request).await.expect("the question is kept");
    finish(&running).await
}

/// Waits for the reply's end.
pub async fn finish(running: &Running) -> Message {
    let mut cursor = NewsCursor::default();
    loop {
        for news in running.turn.feed().news(&mut cursor).await {
            if let News::Ended(reply) = news {
                return *reply;
            }
        }
    }
}

/// Waits for the end of a reply as a window does.
#[expect(clippy::expect_used, reason = "a reply that is not there fails its test")]
pub async fn ended(app: &App, reply: MessageId) {
    let mut seen = 0;
    loop {
        let patch = app.next_patch(reply, seen, None).await.expect("the reply is there");
        if matches!(patch.phase, Phase::Ended { .. }) {
            return;
        }
        seen = patch.revision;
    }
}

/// Thinking and text of a message.
pub fn words_of(message: &Message) -> (String, String) {
    (thinking_text(&message.parts), plain_text(&message.parts))
}

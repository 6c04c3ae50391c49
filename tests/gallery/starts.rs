//! How Porthole is met: first runs, keys, and what cannot be opened.

use porthole_core::ServerToAdd;
use porthole_core::domain::ServerKind;
use porthole_tests::fake_v4::{Balance, Dialect, FakeV4, Settings};
use porthole_tests::harness::Home;

use crate::seed::{self, Seed, deepseek};
use crate::stage::{Shown, Stage};

const KEY: &str = "main input[type=password]";
/// An address where nothing answers.
const NOBODY: &str = "DeepSeek=http://127.0.0.1:9";

pub(crate) async fn nothing(stage: &Stage) {
    let home = stage.home().await;
    let shown = stage.open(&home, NOBODY).await;
    shown.see(KEY).await;
    shown.take("first-run").await;
    shown.close().await;
}

pub(crate) async fn found(stage: &Stage) {
    let server = FakeV4::start_as(Dialect::Ollama).await;
    let home = stage.home().await;
    let shown = stage.open(&home, &format!("{NOBODY},Ollama={}", server.url())).await;
    shown.see("main .picker-trigger").await;
    shown.window.wait_for_text(".picker-trigger", "qwen3").await;
    shown.take("first-run-server").await;
    shown.close().await;

    let guarded = FakeV4::start_with(Settings {
        dialect: Dialect::Openai,
        key: Some("sk-else".to_owned()),
        ..Settings::default()
    });
    let guarded = guarded.await.unwrap();
    let home = stage.home().await;
    let added = ServerToAdd::new("Lab", guarded.url(), ServerKind::OpenAi);
    home.open().unwrap().add_server(added).await.unwrap();
    let shown = stage.open(&home, NOBODY).await;
    shown.see(KEY).await;
    shown.take("first-run-needs-key").await;
    shown.close().await;
}

pub(crate) async fn keys(stage: &Stage) {
    let settings = Settings { key: Some("sk-right".to_owned()), ..Settings::default() };
    let server = FakeV4::start_with(settings).await.unwrap();
    server.set_balances(&[Balance::new("CNY", "10.00", "100.00")], Some(true));
    let home = stage.home().await;
    let shown = stage.open(&home, &deepseek(&server)).await;
    shown.see(KEY).await;
    shown.key("Ctrl+,").await;
    let sheet = "[role=dialog] input[type=password]";
    give(&shown, sheet, "sk-wrong").await;
    shown.see("[role=dialog] form [role=alert]").await;
    // There is no keychain here, so the second time it is kept for this run.
    give(&shown, sheet, "sk-wrong").await;
    shown.pass(0.5).await;
    shown.take("key-refused").await;
    give(&shown, sheet, "sk-right").await;
    shown.see("[role=dialog] form [role=alert]").await;
    shown.write(sheet, "\u{E007}").await;
    shown.see(".toast").await;
    shown.take("key-accepted").await;
    shown.close().await;

    let home = stage.home().await;
    let shown = stage.open(&home, "DeepSeek=https://api.deepseek.invalid").await;
    give(&shown, KEY, "sk-right").await;
    shown.see("main form [role=alert]").await;
    shown.write(KEY, "\u{E007}").await;
    shown.see("main .done").await;
    shown.take("key-unchecked").await;
    shown.close().await;
}

/// Types a key and presses Enter.
async fn give(shown: &Shown, field: &str, key: &str) {
    shown.see(field).await;
    shown.write(field, &format!("{key}\u{E007}")).await;
}

/// A history that cannot be opened, in every way there is. The language is in it, so the system's is spoken.
pub(crate) async fn unopened(stage: &Stage) {
    let newer = stage.home().await;
    history_of(&newer).pragma_update(None, "user_version", 99).unwrap();
    refuse(stage, &newer, "cannot-start").await;

    let damaged = stage.home().await;
    damaged.open().unwrap().back_up().await.unwrap();
    std::fs::write(damaged.path().join("porthole.db"), "No history. ".repeat(4096)).unwrap();
    refuse(stage, &damaged, "cannot-start-damaged").await;

    let busy = stage.home().await;
    let holder = history_of(&busy);
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    refuse(stage, &busy, "cannot-start-busy").await;

    // Nobody may make a folder there, root included.
    let read_only = Home::new();
    std::fs::remove_dir(read_only.path()).unwrap();
    std::os::unix::fs::symlink("/sys/porthole", read_only.path()).unwrap();
    refuse(stage, &read_only, "cannot-start-read-only").await;
    std::fs::remove_file(read_only.path()).unwrap();
}

fn history_of(home: &Home) -> rusqlite::Connection {
    rusqlite::Connection::open(home.path().join("porthole.db")).unwrap()
}

async fn refuse(stage: &Stage, home: &Home, state: &'static str) {
    let shown = stage.open(home, NOBODY).await;
    shown.see("main h1").await;
    shown.take(state).await;
    shown.close().await;
}

pub(crate) async fn blank(stage: &Stage) {
    let server = FakeV4::start().await;
    let home = Seed::new(&server, stage.appearance()).await.done(|_| ()).await;
    let shown = stage.open_history(&home, &server).await;
    shown.take("blank").await;
    shown.close().await;

    let home = seed::hello(&server, stage.appearance()).await;
    let shown = stage.open(&home, NOBODY).await;
    shown.see("main textarea").await;
    shown.key("Ctrl+n").await;
    shown.take("blank-no-model").await;
    shown.close().await;
}

//! How Porthole is met: first runs, keys, and what cannot be opened.

use porthole_core::ServerToAdd;
use porthole_core::domain::ServerKind;
use porthole_tests::fake_v4::{Balance, Dialect, FakeV4, Settings};

use crate::seed::{Seed, deepseek};
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
    shown.see("main textarea").await;
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
    shown.see(".toast").await;
    shown.take("key-unchecked").await;
    shown.close().await;
}

/// Types a key and presses Enter.
async fn give(shown: &Shown, field: &str, key: &str) {
    shown.see(field).await;
    shown.write(field, &format!("{key}\u{E007}")).await;
}

pub(crate) async fn newer(stage: &Stage) {
    let home = stage.home().await;
    let file = rusqlite::Connection::open(home.path().join("porthole.db")).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    drop(file);
    let shown = stage.open(&home, NOBODY).await;
    shown.see("main h1").await;
    shown.take("cannot-start").await;
    shown.close().await;
}

pub(crate) async fn blank(stage: &Stage) {
    let server = FakeV4::start().await;
    let home = Seed::new(&server, stage.appearance()).await.done(|_| ()).await;
    let shown = stage.open_history(&home, &server).await;
    shown.take("blank").await;
    shown.close().await;

    let seed = Seed::new(&server, stage.appearance()).await;
    seed.chat(&server, "Hello", "Hello.").await;
    let home = seed.done(|_| ()).await;
    let shown = stage.open(&home, NOBODY).await;
    shown.see("main textarea").await;
    shown.key("Ctrl+n").await;
    shown.take("blank-no-model").await;
    shown.close().await;
}

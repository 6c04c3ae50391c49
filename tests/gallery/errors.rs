//! What goes wrong.

use porthole_tests::fake_v4::{FakeV4, Script};

use crate::seed::{self, Seed};
use crate::stage::Stage;

pub(crate) async fn all(stage: &Stage) {
    let server = FakeV4::start().await;
    let (home, chats) = seed::failures(&server, stage.appearance()).await;
    let shown = stage.open_history(&home, &server).await;
    for (code, chat) in chats {
        shown.chat(chat).await;
        shown.take(&format!("error-{}", code.name())).await;
    }
    shown.close().await;
}

/// Another program holds the history past the end of a reply.
pub(crate) async fn unsaved(stage: &Stage) {
    let server = FakeV4::start().await;
    let home = Seed::new(&server, stage.appearance()).await.done(|_| ()).await;
    let shown = stage.open_history(&home, &server).await;
    server.reply(Script::answer("It is forty-two.").thinking("").pause_after(2));
    shown.ask("What is six times seven?").await;
    let request = server.wait_for_chat(0).await.index;
    server.wait_for_events(request, 2).await;
    let file = rusqlite::Connection::open(home.path().join("porthole.db")).unwrap();
    file.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    file.execute_batch("BEGIN IMMEDIATE").unwrap();
    server.resume(request);
    shown.see("[role=log] [role=alert]").await;
    shown.take("unsaved").await;
    drop(file);
    shown.window.wait_until_gone("[role=log] [role=alert]").await;
    shown.close().await;
}

//! Windows that crash, one after the other.

use porthole_core::domain::ServerKind;
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, question};

#[tokio::test]
async fn after_two_crashes_in_a_row_the_last_conversation_stays_closed() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("yes"));
    let id = ask(&app, question(None, &model, "hello")).await.conversation;
    app.open_conversation(id, None).await.unwrap();
    drop(app);
    // Each round is a start; what is expected of it, and whether it comes to its end.
    for (crashed, ends) in [
        (false, false),
        (false, false),
        (true, false),
        (true, true),
        (false, false),
        (false, true),
        (false, true),
    ] {
        let app = home.open().unwrap();
        app.window_begins();
        let begin = app.begin().await.unwrap();
        assert_eq!((begin.crashed, begin.open), (crashed, (!crashed).then_some(id)));
        // A command line that comes and goes in the meantime does not count.
        assert!(home.cli().arg("list").output().await.unwrap().status.success());
        if ends {
            app.window_ended();
        }
    }
    std::fs::write(home.path().join("run.json"), "{ broken").unwrap();
    let app = home.open().unwrap();
    app.window_begins();
    assert!(!app.begin().await.unwrap().crashed);
}

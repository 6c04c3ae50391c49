//! Clocks that go back or jump, and what depends on them.

use porthole_core::domain::ServerKind;
use porthole_core::{App, ConversationList};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, question};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

async fn titles(app: &App) -> Vec<String> {
    let rows = app.conversations(ConversationList::Everything, None, 100).await.unwrap();
    rows.into_iter().map(|row| row.title).collect()
}

#[tokio::test]
async fn what_is_new_comes_to_the_top_under_a_clock_that_went_back() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    assert_eq!(app.begin().await.unwrap().clock_behind_ms, 0);
    let mut last = None;
    for text in ["first", "second"] {
        server.reply(Script::answer("yes"));
        last = Some(ask(&app, question(None, &model, text)).await);
    }
    home.pass(-400 * DAY_MS);
    let behind = app.begin().await.unwrap().clock_behind_ms;
    assert!((399 * DAY_MS..=400 * DAY_MS).contains(&behind), "{behind}");
    drop(app);
    let app = home.open().unwrap();
    server.reply(Script::answer("yes"));
    let third = ask(&app, question(None, &model, "third")).await;
    assert!(third.id > last.unwrap().id, "ids grow all the same");
    assert_eq!(titles(&app).await, ["third", "second", "first"]);
    let first = app.conversations(ConversationList::Everything, None, 100).await.unwrap()[2].id;
    server.reply(Script::answer("yes"));
    ask(&app, question(Some(first), &model, "more")).await;
    assert_eq!(titles(&app).await, ["first", "third", "second"]);
    let fork = app.fork_conversation(third.id).await.unwrap();
    let newest = app.conversations(ConversationList::Everything, None, 1).await.unwrap();
    assert_eq!(newest[0].id, fork.id, "so does a fork");
}

fn history(home: &Home) -> rusqlite::Connection {
    let file = rusqlite::Connection::open(home.path().join("porthole.db")).unwrap();
    file.pragma_update(None, "foreign_keys", true).unwrap();
    file
}

fn count(home: &Home, table: &str) -> i64 {
    history(home).query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

/// Three conversations: one in the trash, one with a deleted version, one that is neither.
async fn with_trash(home: &Home) -> App {
    let server = FakeV4::start().await;
    let (app, model) = app_with(home, &server, ServerKind::DeepSeek).await;
    let mut replies = Vec::new();
    for text in ["trashed", "thinned", "kept"] {
        server.reply(Script::answer("yes"));
        replies.push(ask(&app, question(None, &model, text)).await);
    }
    server.reply(Script::answer("again"));
    let again = app.regenerate(replies[1].id, None, None).await.unwrap();
    app.stop_all().await;
    let follows =
        "INSERT INTO message (id, conversation_id, parent_id, depth, role, state, created_at_ms, deleted_at_ms)
                   VALUES (?1 + 1, ?2, ?1, 2, 'user', 'complete', 1, ?3)";
    let file = history(home);
    let now_ms = 1_795_420_800_000_i64;
    file.execute(
        "UPDATE conversation SET deleted_at_ms = ?2 WHERE id = ?1",
        [replies[0].conversation.rowid(), now_ms],
    )
    .unwrap();
    file.execute("UPDATE message SET deleted_at_ms = ?2 WHERE id = ?1", [replies[1].id.rowid(), now_ms])
        .unwrap();
    file.execute(follows, [replies[1].id.rowid(), replies[1].conversation.rowid(), now_ms]).unwrap();
    drop(again);
    app
}

#[tokio::test]
async fn the_trash_is_emptied_after_thirty_days() {
    let home = Home::new();
    let app = with_trash(&home).await;
    let all = count(&home, "message");
    for _ in 0..30 {
        app.keep_up_once().await.unwrap();
        assert_eq!(count(&home, "message"), all, "thirty days are thirty days");
        home.pass(DAY_MS);
    }
    home.pass(DAY_MS);
    app.keep_up_once().await.unwrap();
    assert_eq!(titles(&app).await, ["thinned", "kept"].map(str::to_owned).into_iter().collect::<Vec<_>>());
    assert_eq!(count(&home, "conversation"), 2);
    assert_eq!(count(&home, "message"), all - 4, "two of the conversation, one version and what followed it");
    assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new());
}

#[tokio::test]
async fn a_clock_that_jumps_empties_nothing_before_a_day_has_passed() {
    let home = Home::new();
    let app = with_trash(&home).await;
    app.keep_up_once().await.unwrap();
    home.pass(400 * DAY_MS);
    for _ in 0..3 {
        app.keep_up_once().await.unwrap();
    }
    assert_eq!(count(&home, "conversation"), 3, "a jump is not believed");
    home.pass(-400 * DAY_MS);
    app.keep_up_once().await.unwrap();
    home.pass(DAY_MS);
    app.keep_up_once().await.unwrap();
    assert_eq!(count(&home, "conversation"), 3, "it was a jump");
    home.pass(40 * DAY_MS);
    app.keep_up_once().await.unwrap();
    assert_eq!(count(&home, "conversation"), 3, "it may be another");
    drop(app);
    let app = home.open().unwrap();
    home.pass(DAY_MS);
    app.keep_up_once().await.unwrap();
    assert_eq!(count(&home, "conversation"), 2, "the clock goes on as clocks do");
}

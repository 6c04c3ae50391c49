//! Back-ups: made while the history is written to, inspected, restored; of a damaged history too.

use std::fs;
use std::path::Path;

use porthole_core::domain::{Change, Code, MessageState, ServerKind};
use porthole_core::{App, BackUpReason, rescue};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, question, words_of};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn titles(app: &App) -> Vec<String> {
    let rows = app.conversations(porthole_core::ConversationList::Everything, None, 100).await.unwrap();
    rows.into_iter().map(|row| row.title).collect()
}

/// Overwrites the middle of a file, as a failing disk does.
fn damage(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let from = bytes.len() / 8;
    for byte in &mut bytes[from..] {
        *byte ^= 0x5a;
    }
    fs::write(file, bytes).unwrap();
}

#[tokio::test]
async fn a_daily_back_up_is_made_once_a_day_and_seven_are_kept() {
    let home = Home::new();
    let app = home.open().unwrap();
    for _ in 0..10 {
        app.keep_up_once().await.unwrap();
        app.keep_up_once().await.unwrap();
        home.pass(DAY_MS);
    }
    app.back_up().await.unwrap();
    let kept = app.backups().await.unwrap();
    assert_eq!(kept.iter().filter(|kept| kept.reason == BackUpReason::Daily).count(), 7);
    assert_eq!(kept[0].reason, BackUpReason::Asked, "the newest stands first");
    assert!(kept.is_sorted_by_key(|kept| -kept.made_at_ms));
    let names = names_in(&home.path().join("backups"));
    assert_eq!(names[0], "2026-11-26T080000Z-daily.db", "{names:?}");
    assert_eq!(names.len(), 8, "nothing else lies there: {names:?}");

    // A clock that went far back: there is still a back-up, and one per day.
    home.pass(-300 * DAY_MS);
    app.keep_up_once().await.unwrap();
    app.keep_up_once().await.unwrap();
    let after = names_in(&home.path().join("backups"));
    assert_eq!(after.len(), 8);
    assert!(after[0].starts_with("2026-02-"), "{after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_up_is_whole_while_text_arrives() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    for turn in 0..8 {
        server.reply(Script::answer("long ".repeat(20_000)).thinking(""));
        ask(&app, question(None, &model, &format!("question {turn}"))).await;
    }
    server.reply(Script::answer("word ".repeat(2_000)).chunk_characters(5).thinking("").pause_after(1_900));
    let running = app.ask(question(None, &model, "while it arrives")).await.unwrap();
    let request = server.wait_for_chat(8).await.index;
    for step in 1..5 {
        server.wait_for_events(request, step * 300).await;
        let made = app.back_up().await.unwrap();
        let inside = app.look_into_backup(&made.name).await.unwrap();
        assert_eq!(inside.faults, Vec::<String>::new());
        assert_eq!((inside.conversations, inside.messages), (9, 18));
        assert_eq!(inside.titles[0], "while it arrives");
        assert_eq!(made.bytes, fs::metadata(home.path().join("backups").join(&made.name)).unwrap().len());
    }
    let names = names_in(&home.path().join("backups"));
    let is_whole = |name: &String| Path::new(name).extension().is_some_and(|ending| ending == "db");
    assert!(names.iter().all(is_whole), "each stands for itself: {names:?}");
    app.stop(running.started.reply.id).await.unwrap();
    app.stop_all().await;
}

#[tokio::test]
async fn the_state_before_each_restore_is_kept_seven_times() {
    let home = Home::new();
    let app = home.open().unwrap();
    let made = app.back_up().await.unwrap();
    for _ in 0..9 {
        home.pass(DAY_MS);
        app.restore_backup(&made.name).await.unwrap();
    }
    let kept = app.backups().await.unwrap();
    let of = |reason| kept.iter().filter(|kept| kept.reason == reason).collect::<Vec<_>>();
    assert_eq!(of(BackUpReason::Restore).len(), 7);
    assert_eq!(of(BackUpReason::Restore)[0].made_at_ms, kept[0].made_at_ms, "the newest among them");
    assert_eq!(of(BackUpReason::Asked).len(), 1, "what a person asked for goes only by a person's hand");
}

/// Faults that only a check of every entry of every index finds.
fn unsettle(home: &Home) {
    let file = rusqlite::Connection::open(home.path().join("porthole.db")).unwrap();
    file.execute_batch(
        "CREATE TABLE odd (a);
         CREATE INDEX odd_a ON odd (a) WHERE a > 5;
         INSERT INTO odd VALUES (1);
         PRAGMA writable_schema = on;
         UPDATE sqlite_schema SET sql = 'CREATE INDEX odd_a ON odd (a)' WHERE name = 'odd_a'",
    )
    .unwrap();
}

#[tokio::test]
async fn only_a_copy_whose_every_page_and_index_is_sound_counts() {
    let home = Home::new();
    let app = home.open().unwrap();
    let sound = app.back_up().await.unwrap();
    let restores = async || {
        let kept = app.backups().await.unwrap();
        kept.iter().filter(|kept| kept.reason == BackUpReason::Restore).count()
    };
    for _ in 0..7 {
        app.restore_backup(&sound.name).await.unwrap();
    }
    unsettle(&home);
    assert_eq!(app.back_up().await.unwrap_err().code, Code::Damaged);
    assert_eq!(app.keep_up_once().await.unwrap_err().code, Code::Damaged);
    let names = names_in(&home.path().join("backups"));
    assert_eq!(names.len(), 8, "nothing of them is left: {names:?}");
    app.restore_backup(&sound.name).await.unwrap();
    assert_eq!(restores().await, 8, "a damaged state is kept too, and takes no sound one's place");
    assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new());
    app.restore_backup(&sound.name).await.unwrap();
    assert_eq!(restores().await, 7);
}

#[tokio::test]
async fn a_back_up_of_an_earlier_version_is_put_back_as_this_version_makes_it() {
    let home = Home::new();
    let app = home.open().unwrap();
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/histories/schema_1.db");
    fs::create_dir(home.path().join("backups")).unwrap();
    fs::copy(&old, home.path().join("backups/old.db")).unwrap();
    let inside = app.look_into_backup("old.db").await.unwrap();
    assert_eq!((inside.schema, inside.faults.len()), (1, 0));
    app.restore_backup("old.db").await.unwrap();
    let mut shown = titles(&app).await;
    shown.truncate(10);
    assert_eq!(shown, inside.titles);
    assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new());
    assert_eq!(
        fs::read(&old).unwrap(),
        fs::read(home.path().join("backups/old.db")).unwrap(),
        "looked into, no more"
    );
    let names = names_in(&home.path().join("backups"));
    assert_eq!(names.len(), 2, "the state before, and nothing half done: {names:?}");
}

#[tokio::test]
async fn the_command_line_looks_into_a_back_up_and_restores_it_and_what_was_there_is_kept() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("One."));
    ask(&app, question(None, &model, "kept")).await;
    let cli = async |arguments: &[&str]| {
        let output = home.cli().arg("--json").args(arguments).output().await.unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        let lines = String::from_utf8(output.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<serde_json::Value>>()
    };
    let made = cli(&["backup", "make"]).await;
    let name = made[0]["name"].as_str().unwrap();
    server.reply(Script::answer("Two."));
    ask(&app, question(None, &model, "later")).await;
    let before = fs::read(home.path().join("backups").join(name)).unwrap();
    let inside = cli(&["backup", "look", name]).await;
    assert_eq!(inside[0]["titles"], serde_json::json!(["kept"]));
    assert_eq!(fs::read(home.path().join("backups").join(name)).unwrap(), before);
    assert_eq!(names_in(&home.path().join("backups")), [name], "looking leaves no trace");

    // Under a window that is open.
    cli(&["backup", "restore", name]).await;
    assert_eq!(titles(&app).await, ["kept"]);
    let listed = cli(&["backup", "list"]).await;
    assert_eq!(listed[0]["reason"], "restore");
    let was = cli(&["backup", "look", listed[0]["name"].as_str().unwrap()]).await;
    assert_eq!(was[0]["titles"], serde_json::json!(["later", "kept"]));
}

#[tokio::test]
async fn what_cannot_be_a_back_up_is_not_looked_into() {
    let home = Home::new();
    let app = home.open().unwrap();
    app.back_up().await.unwrap();
    for name in ["../porthole.db", "/etc/passwd", "", "none.db"] {
        assert_eq!(app.look_into_backup(name).await.unwrap_err().code, Code::NotFound, "{name:?}");
        assert_eq!(app.restore_backup(name).await.unwrap_err().code, Code::NotFound, "{name:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_up_is_put_back_while_the_history_is_in_use() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("One."));
    ask(&app, question(None, &model, "kept")).await;
    let made = app.back_up().await.unwrap();
    server.reply(Script::answer("Two."));
    ask(&app, question(None, &model, "later")).await;
    server.reply(Script::answer("word ".repeat(200)).chunk_characters(5).thinking("").pause_after(100));
    let running = app.ask(question(None, &model, "arriving")).await.unwrap();
    // A reply that is stopped before its request was sent would leave what is scripted for it to the next one.
    server.wait_for_chat(2).await;
    let other = home.open().unwrap();
    let mut changes = other.changes();
    assert_eq!(other.restore_backup(&made.name).await.unwrap_err().code, Code::Busy, "a reply would be lost");

    app.restore_backup(&made.name).await.unwrap();
    assert_eq!(titles(&app).await, ["kept"]);
    assert_eq!(titles(&other).await, ["kept"], "every program sees it");
    while changes.recv().await.unwrap() != Change::Everything {}
    assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new());
    let before = app.backups().await.unwrap();
    let before = before.iter().find(|made| made.reason == BackUpReason::Restore).unwrap();
    let inside = app.look_into_backup(&before.name).await.unwrap();
    assert_eq!(inside.titles, ["arriving", "later", "kept"], "what was there can be had again");
    drop(running);

    server.reply(Script::answer("Three."));
    ask(&app, question(None, &model, "after")).await;
    assert_eq!(titles(&app).await, ["after", "kept"], "it goes on from there");
    // What is told between the two is of a history that is there no more.
    while changes.try_recv().is_ok() {}
    app.restore_backup(&before.name).await.unwrap();
    while changes.recv().await.unwrap() != Change::Everything {}
    assert_eq!(titles(&app).await, ["arriving", "later", "kept"]);
    let branch = app.branch(running_conversation(&app, "arriving").await).await.unwrap();
    assert_eq!(branch.messages[1].state, MessageState::Stopped, "it was stopped before it was backed up");
}

async fn running_conversation(app: &App, title: &str) -> porthole_core::domain::ConversationId {
    let rows = app.conversations(porthole_core::ConversationList::Everything, None, 100).await.unwrap();
    rows.into_iter().find(|row| row.title == title).unwrap().id
}

#[tokio::test]
async fn a_back_up_that_is_not_fit_changes_nothing() {
    let home = Home::new();
    let app = home.open().unwrap();
    let made = app.back_up().await.unwrap();
    let folder = home.path().join("backups");
    let newer = folder.join("newer.db");
    fs::copy(folder.join(&made.name), &newer).unwrap();
    rusqlite::Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    fs::copy(folder.join(&made.name), folder.join("bad.db")).unwrap();
    damage(&folder.join("bad.db"));
    fs::write(folder.join("taxes.db"), "no history at all").unwrap();
    assert_eq!(app.restore_backup("newer.db").await.unwrap_err().code, Code::NewerVersion);
    assert_eq!(app.restore_backup("bad.db").await.unwrap_err().code, Code::Damaged);
    assert_eq!(app.restore_backup("taxes.db").await.unwrap_err().code, Code::Damaged);
    assert_eq!(app.look_into_backup("newer.db").await.unwrap().schema, 99);
    assert!(!app.look_into_backup("bad.db").await.unwrap().faults.is_empty());
    assert!(app.backups().await.unwrap().iter().all(|made| made.reason == BackUpReason::Asked));
    assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new());
}

#[tokio::test]
async fn a_damaged_history_is_put_aside_and_a_back_up_takes_its_place() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("One."));
    let reply = ask(&app, question(None, &model, "kept")).await;
    let made = app.back_up().await.unwrap();
    assert_eq!(
        rescue::restore_backup(home.path(), &made.name, &porthole_core::clock::Clock::system())
            .await
            .unwrap_err()
            .code,
        Code::Busy,
        "what is open is not put aside"
    );
    drop(app);
    let history = home.path().join("porthole.db");
    fs::write(&history, "nothing of it is left ".repeat(1000)).unwrap();
    fs::write(home.path().join("porthole.db-wal"), "of another one").unwrap();
    assert_eq!(home.open().err().unwrap().code, Code::Damaged);

    let cli = |arguments: &'static [&'static str]| home.cli().arg("--json").args(arguments).output();
    let checked = cli(&["check"]).await.unwrap();
    assert_eq!(checked.status.code(), Some(1));
    let line: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(line["type"], "inside");
    assert!(!line["faults"].as_array().unwrap().is_empty(), "{line}");
    let listed = cli(&["backup", "list"]).await.unwrap();
    let line: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!((&line["type"], &line["name"]), (&"back_up".into(), &made.name.clone().into()));
    let restored = home.cli().args(["backup", "restore", &made.name]).output().await.unwrap();
    assert!(restored.status.success(), "{restored:?}");

    let app = home.open().unwrap();
    assert_eq!(words_of(&app.branch(reply.conversation).await.unwrap().messages[1]).1, "One.");
    assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new());
    let aside: Vec<_> = names_in(home.path())
        .into_iter()
        .filter(|name| name.contains("damaged") && !name.ends_with("-shm"))
        .collect();
    assert_eq!(aside.len(), 2, "file and journal: {aside:?}");
    let put_aside = fs::read_to_string(home.path().join(&aside[0])).unwrap();
    assert!(put_aside.starts_with("nothing of it"), "not a byte of it is lost");
}

#[tokio::test]
async fn a_damaged_history_that_opens_is_told_and_not_backed_up_as_sound() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("word ".repeat(30_000)).thinking(""));
    ask(&app, question(None, &model, "long")).await;
    app.keep_up_once().await.unwrap();
    drop(app);
    damage(&home.path().join("porthole.db"));
    home.pass(DAY_MS);
    if let Ok(app) = home.open() {
        assert_eq!(app.keep_up_once().await.unwrap_err().code, Code::Damaged);
        assert!(!app.check_history().await.unwrap().faults.is_empty());
    }
    assert_eq!(names_in(&home.path().join("backups")).len(), 1, "the sound one is the only one");
}

#[tokio::test]
async fn what_tables_owe_each_other_is_checked() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    for text in ["one", "two"] {
        server.reply(Script::answer("yes"));
        ask(&app, question(None, &model, text)).await;
    }
    let file = rusqlite::Connection::open(home.path().join("porthole.db")).unwrap();
    file.execute_batch(
        "PRAGMA foreign_keys = off;
         DROP TRIGGER conversation_ends_in_itself;
         UPDATE conversation SET leaf_id = (SELECT max(id) FROM message);
         UPDATE message SET deleted_at_ms = 5 WHERE id = (SELECT max(id) FROM message);
         INSERT INTO arriving (message_id, kind, text) SELECT max(id), 'text', 'late' FROM message;
         INSERT INTO arriving (message_id, kind, text) VALUES (77, 'text', 'of nobody');
         UPDATE message SET parent_id = (SELECT min(id) FROM message) WHERE role = 'assistant';",
    )
    .unwrap();
    let faults = app.check_history().await.unwrap().faults;
    for fault in [
        "arriving 2 names a message",
        "1 messages follow",
        "1 conversations show a branch",
        "2 conversations show a version",
        "1 replies are over",
        "1 pieces arrive",
    ] {
        assert!(faults.iter().any(|found| found.contains(fault)), "{fault}: {faults:?}");
    }
}

#[tokio::test]
async fn what_a_program_left_half_done_is_swept() {
    let home = Home::new();
    let app = home.open().unwrap();
    let backups = home.path().join("backups");
    fs::create_dir(&backups).unwrap();
    fs::write(backups.join("4711-0badcafe.part"), "half").unwrap();
    fs::write(backups.join("4711-0badcafe.part-journal"), "of it").unwrap();
    let made = app.back_up().await.unwrap();
    assert_eq!(names_in(&backups), [made.name]);
}

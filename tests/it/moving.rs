//! The data folder, moved to another place: all of it or nothing.

use std::fs;
use std::path::Path;

use porthole_core::domain::{Code, ConversationId, ServerKind};
use porthole_core::{App, ConversationList};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, finish, question};

const HISTORY: &str = "porthole.db";
const POINTER: &str = "moved.json";

fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

async fn titles(app: &App) -> Vec<String> {
    let rows = app.conversations(ConversationList::Everything, None, 100).await.unwrap();
    rows.into_iter().map(|row| row.title).collect()
}

/// A home with one conversation, a back-up and a catalogue of its own, and the place beside it to move to.
struct Two {
    home: Home,
    beside: Home,
    app: App,
    conversation: ConversationId,
}

async fn two() -> Two {
    let (server, home, beside) = (FakeV4::start().await, Home::new(), Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("yes"));
    let conversation = ask(&app, question(None, &model, "moved with all")).await.conversation;
    app.back_up().await.unwrap();
    fs::write(home.path().join("catalogue.json"), "{}").unwrap();
    Two { home, beside, app, conversation }
}

#[tokio::test]
async fn everything_moves_is_found_from_the_old_place_and_goes_there_only_when_confirmed() {
    let Two { home, beside, app, conversation } = two().await;
    let to = beside.path().join("new/place");
    app.move_data(&text(&to)).await.unwrap();
    let refused = app.rename_conversation(conversation, "too late").await.unwrap_err();
    assert_eq!(refused.code, Code::ReadOnly, "what would be written here would be lost");
    assert_eq!(app.keep_up_once().await.unwrap_err().code, Code::ReadOnly);
    assert!(home.path().join(HISTORY).is_file(), "the old one stays");
    drop(app);

    let app = home.open().unwrap();
    assert_eq!(app.folder(), to);
    assert_eq!(titles(&app).await, ["moved with all"]);
    assert_eq!(app.backups().await.unwrap().len(), 1);
    assert_eq!(fs::read_to_string(to.join("catalogue.json")).unwrap(), "{}");
    assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new());
    let left = Some(home.path().display().to_string());
    assert_eq!(app.data_place().await.unwrap().moved_from, left);
    assert_eq!(app.begin().await.unwrap().moved_from, left, "a window says so from its start");
    app.rename_conversation(conversation, "here").await.unwrap();

    app.confirm_move().await.unwrap();
    assert_eq!(app.data_place().await.unwrap().moved_from, None);
    let mut rest = names_in(home.path());
    rest.retain(|name| name != "writers" && name != "unsaved");
    assert_eq!(rest, [POINTER], "only the pointer is left");
    assert_eq!(app.confirm_move().await.unwrap_err().code, Code::NotFound);
    drop(app);
    assert_eq!(titles(&home.open().unwrap()).await, ["here"]);
}

#[tokio::test]
async fn it_moves_on_and_back_again() {
    let Two { home, beside, app, .. } = two().await;
    let next = beside.path().join("next");
    app.move_data(&text(&next)).await.unwrap();
    drop(app);
    let app = home.open().unwrap();
    app.confirm_move().await.unwrap();
    app.move_data(&text(home.path())).await.unwrap();
    drop(app);
    let app = home.open().unwrap();
    assert_eq!(app.folder(), home.path(), "no pointer leads in a circle");
    assert_eq!(titles(&app).await, ["moved with all"]);
}

#[tokio::test]
async fn it_moves_back_to_where_it_was_once_that_holds_only_what_it_left() {
    let Two { home, beside, app, .. } = two().await;
    let (second, third) = (beside.path().join("second"), beside.path().join("third"));
    app.move_data(&text(&second)).await.unwrap();
    drop(app);
    let app = home.open().unwrap();
    // The first folder is not confirmed, so the second still says where it came from.
    app.move_data(&text(&third)).await.unwrap();
    drop(app);
    let app = home.open().unwrap();
    let refused = app.move_data(&text(&second)).await.unwrap_err();
    assert_eq!(refused.code, Code::InvalidRequest, "its history is there until it is confirmed");
    let from = fs::read(second.join("moved-from.json")).unwrap();
    app.confirm_move().await.unwrap();
    // As folders that were left before are.
    fs::write(second.join("moved-from.json"), &from).unwrap();
    let aside = second.join("porthole.db.damaged-2026-11-23T080000Z");
    fs::write(&aside, "put aside").unwrap();

    fs::write(second.join("taxes.txt"), "mine").unwrap();
    assert_eq!(app.move_data(&text(&second)).await.unwrap_err().code, Code::InvalidRequest);
    assert_eq!(fs::read(second.join("moved-from.json")).unwrap(), from, "nothing was touched");
    fs::remove_file(second.join("taxes.txt")).unwrap();
    let strange = beside.path().join("strange");
    fs::create_dir(&strange).unwrap();
    fs::write(strange.join("moved-from.json"), &from).unwrap();
    let refused = app.move_data(&text(&strange)).await.unwrap_err();
    assert_eq!(refused.code, Code::InvalidRequest, "no history was ever there");

    app.move_data(&text(&second)).await.unwrap();
    drop(app);
    let app = home.open().unwrap();
    assert_eq!(app.folder(), second);
    assert_eq!(titles(&app).await, ["moved with all"]);
    assert_eq!(app.backups().await.unwrap().len(), 1);
    assert_eq!(app.data_place().await.unwrap().moved_from, Some(text(&third)));
    assert_eq!(fs::read_to_string(&aside).unwrap(), "put aside");
    app.confirm_move().await.unwrap();
    let mut rest = names_in(&third);
    rest.retain(|name| name != "writers" && name != "unsaved");
    assert_eq!(rest, [POINTER]);
}

#[tokio::test]
async fn a_place_that_cannot_be_one_is_refused_and_nothing_is_touched() {
    let Two { home, beside, app, conversation } = two().await;
    let full = beside.path().join("full");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("taxes.txt"), "mine").unwrap();
    let file = beside.path().join("file");
    fs::write(&file, "no folder").unwrap();
    let link = beside.path().join("link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(home.path(), &link).unwrap();
    let mut places = vec![
        text(home.path()),
        text(&home.path().join("inside")),
        text(&full),
        text(&file),
        "relative/place".to_owned(),
        text(&beside.path().join("up/../again")),
    ];
    if cfg!(unix) {
        places.extend([text(&link), text(&link.join("inside"))]);
    }
    let before = names_in(home.path());
    for place in places {
        assert_eq!(app.move_data(&place).await.unwrap_err().code, Code::InvalidRequest, "{place}");
    }
    assert_eq!(names_in(home.path()), before);
    assert_eq!(fs::read_to_string(full.join("taxes.txt")).unwrap(), "mine");
    assert_eq!(fs::read_to_string(&file).unwrap(), "no folder");
    app.rename_conversation(conversation, "it goes on").await.unwrap();
}

#[tokio::test]
async fn nothing_moves_under_a_program_that_has_it_open_or_a_reply_that_arrives() {
    let (server, home, beside) = (FakeV4::start().await, Home::new(), Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let to = text(&beside.path().join("new"));
    let other = home.open().unwrap();
    assert_eq!(app.move_data(&to).await.unwrap_err().code, Code::Busy);
    drop(other);
    server.reply(Script::answer("one two three").chunk_characters(4).thinking("").stall_after(2));
    let running = app.ask(question(None, &model, "count")).await.unwrap();
    assert_eq!(app.move_data(&to).await.unwrap_err().code, Code::Busy);
    app.stop(running.started.reply.id).await.unwrap();
    finish(&running).await;
    assert_eq!(names_in(beside.path()), Vec::<String>::new(), "not even the folder was made");
}

#[tokio::test]
async fn a_damaged_history_is_not_moved() {
    let Two { home, beside, app, .. } = two().await;
    let file = rusqlite::Connection::open(home.path().join(HISTORY)).unwrap();
    file.execute_batch(
        "PRAGMA foreign_keys = off; INSERT INTO arriving (message_id, kind, text) VALUES (77, 'text', 'of nobody')",
    )
    .unwrap();
    let to = beside.path().join("new");
    assert_eq!(app.move_data(&text(&to)).await.unwrap_err().code, Code::Damaged);
    assert!(!to.exists(), "what was begun is taken away");
    assert!(!home.path().join(POINTER).exists());
    assert_eq!(titles(&app).await, ["moved with all"]);
}

#[tokio::test]
async fn a_history_that_is_not_where_it_went_is_told_and_not_begun_anew() {
    let Two { home, beside, app, .. } = two().await;
    let to = beside.path().join("new");
    app.move_data(&text(&to)).await.unwrap();
    drop(app);
    fs::rename(&to, beside.path().join("unplugged")).unwrap();
    let lost = home.open().err().unwrap();
    assert_eq!(lost.code, Code::NotFound);
    assert!(lost.to_string().contains(&text(&to)), "{lost}");
    assert!(!to.exists());
    fs::rename(beside.path().join("unplugged"), &to).unwrap();
    assert_eq!(titles(&home.open().unwrap()).await, ["moved with all"]);
}

/// Makes the history so large that a program can be killed while it copies it.
fn add_ballast(home: &Home) {
    let file = rusqlite::Connection::open(home.path().join(HISTORY)).unwrap();
    file.execute_batch(
        "CREATE TABLE ballast (bytes BLOB);
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400)
         INSERT INTO ballast SELECT randomblob(20000) FROM n",
    )
    .unwrap();
}

/// Each of these is there after more of the work; the last may never be seen.
const SIGNS: [&str; 5] = [
    "",
    "unfinished-move/porthole.db",
    "unfinished-move/backups",
    "unfinished-move/moved-from.json",
    HISTORY,
];

/// Begins a move and kills it as soon as `sign` is there; returns whether it was over before.
async fn move_until(home: &Home, to: &Path, sign: &str) -> bool {
    let mut moving = home.cli().args(["data", "move", &text(to)]).spawn().unwrap();
    loop {
        if let Some(status) = moving.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return true;
        }
        if to.join(sign).exists() {
            moving.start_kill().unwrap();
            return moving.wait().await.unwrap().code().is_some();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_program_that_dies_on_the_way_leaves_the_history_whole_in_one_place() {
    let Two { home, beside, app, conversation } = two().await;
    drop(app);
    add_ballast(&home);
    let mut at = home.path().to_owned();
    let (mut killed, mut moved) = (0, 0);
    for round in 0..15 {
        let to = beside.path().join(round.to_string());
        let is_over = move_until(&home, &to, SIGNS[round % SIGNS.len()]).await;
        let app = home.open().unwrap();
        if app.folder() == to {
            moved += 1;
            at = to;
        } else {
            assert!(!is_over, "what was done stays done");
            killed += 1;
        }
        assert_eq!(app.folder(), at, "it is where it was, or where it should go");
        assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new());
        assert_eq!(app.branch(conversation).await.unwrap().messages.len(), 2);
        app.rename_conversation(conversation, &format!("round {round}")).await.unwrap();
        assert_eq!(app.backups().await.unwrap().len(), 1);
    }
    assert!(killed > 0, "{killed} killed, {moved} moved");
}

#[tokio::test]
async fn a_move_that_died_on_the_way_can_be_made_again_to_the_same_place() {
    let Two { home, beside, app, conversation } = two().await;
    drop(app);
    add_ballast(&home);
    let mut again = 0;
    for (round, sign) in SIGNS.into_iter().enumerate() {
        let to = beside.path().join(round.to_string());
        move_until(&home, &to, sign).await;
        let app = home.open().unwrap();
        app.rename_conversation(conversation, &format!("round {round}")).await.unwrap();
        if app.folder() != to {
            again += 1;
            app.move_data(&text(&to)).await.unwrap();
        }
        drop(app);
        let app = home.open().unwrap();
        assert_eq!(app.folder(), to);
        assert_eq!(titles(&app).await, [format!("round {round}")]);
        assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new());
        assert_eq!(app.backups().await.unwrap().len(), 1);
        let mut names = names_in(&to);
        names.retain(|name| name != "writers" && name != "unsaved" && !name.starts_with(HISTORY));
        assert_eq!(names, ["backups", "catalogue.json", "moved-from.json"], "nothing else is left of it");
    }
    assert!(again > 0, "at least one was killed before it was over");
}

/// A place with too little room, on a disk of its own.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_place_with_too_little_room_is_refused_before_it_is_full() {
    let Two { home, beside, app, conversation } = two().await;
    drop(app);
    let steps = r#"mount -t tmpfs -o size=100k tmpfs "$1" || exit 77
        "$0" --json data move "$1/new" && exit 1
        ls "$1" "$1/new"; exit 0"#;
    let output = tokio::process::Command::new("unshare")
        .args(["-rm", "sh", "-c", steps])
        .arg(porthole_tests::harness::program("porthole-cli"))
        .arg(beside.path())
        .env("HOME", home.path())
        .env("PORTHOLE_DATA_DIR", home.path())
        .env("PORTHOLE_KEYCHAIN", "off")
        .output()
        .await;
    let Ok(output) = output else { return };
    let lines = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() && output.status.code() != Some(1) {
        println!("no mount namespace to be had here");
        return;
    }
    assert!(lines.contains(r#""code":"disk_full""#), "{lines}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!lines.contains(HISTORY), "nothing is left there: {lines}");
    let app = home.open().unwrap();
    assert_eq!(app.folder(), home.path());
    assert_eq!(app.branch(conversation).await.unwrap().messages.len(), 2);
}

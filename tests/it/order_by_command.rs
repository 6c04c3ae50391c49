//! Folders, tags, pins, archive and trash on the command line.

use porthole_core::domain::{ConversationId, ServerKind};
use porthole_core::{App, Arrangement};
use porthole_tests::fake_v4::FakeV4;
use porthole_tests::harness::{Home, app_with, ask, question};
use serde_json::{Value, json};

/// The lines of a command that ends with this exit code.
async fn check(home: &Home, arguments: &[&str], exit: i32) -> Vec<Value> {
    let output = home.cli().arg("--json").args(arguments).output().await.unwrap();
    assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The code and the message that a command is refused with.
async fn refused(home: &Home, arguments: &[&str]) -> (String, String) {
    let lines = check(home, arguments, 1).await;
    let error = lines.last().unwrap();
    assert_eq!((lines.len(), &error["type"]), (1, &json!("error")), "{arguments:?}");
    let text = |field: &str| error[field].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

async fn titles(home: &Home, of: &[&str]) -> Vec<String> {
    let lines = check(home, &[&["list"], of].concat(), 0).await;
    lines.iter().map(|line| line["title"].as_str().unwrap().to_owned()).collect()
}

async fn three(home: &Home, server: &FakeV4) -> (App, [ConversationId; 3]) {
    let (app, model) = app_with(home, server, ServerKind::DeepSeek).await;
    let mut made = Vec::new();
    for title in ["one", "two", "three"] {
        made.push(ask(&app, question(None, &model, title)).await.conversation);
    }
    (app, made.try_into().unwrap())
}

#[tokio::test]
async fn each_change_moves_a_conversation_to_its_list_and_back() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, [one, ..]) = three(&home, &server).await;
    let folder = app.make_folder("Work", None).await.unwrap().id.to_string();
    let id = one.to_string();
    let id = id.as_str();
    let all = ["three", "two", "one"];
    let rest = ["three", "two"];
    let work = json!({"id": folder, "name": "Work"});
    for (there, back, list, left, field, value) in [
        (
            vec!["move", id, "--folder", "work"],
            vec!["move", id, "--none"],
            vec!["--folder", &folder],
            &all[..],
            "folder",
            work,
        ),
        (
            vec!["tag", id, "--add", "a"],
            vec!["tag", id, "--remove", "A"],
            vec!["--tag", "A"],
            &all[..],
            "tags",
            json!(["a"]),
        ),
        (
            vec!["archive", id],
            vec!["archive", id, "--undo"],
            vec!["--archived"],
            &rest[..],
            "archived",
            json!(true),
        ),
        (vec!["delete", id], vec!["restore", id], vec!["--trash"], &rest[..], "deleted_at_ms", Value::Null),
    ] {
        let before = check(&home, &["show", id], 0).await.swap_remove(0);
        for _ in 0..2 {
            let line = check(&home, &there, 0).await.pop().unwrap();
            assert_ne!(line[field], before[field], "{there:?}");
            assert!(value.is_null() || line[field] == value, "{there:?}: {line}");
            assert_eq!(check(&home, &[&["list"], list.as_slice()].concat(), 0).await, [line], "{there:?}");
        }
        assert_eq!(titles(&home, &[]).await, left, "{there:?}");
        let line = check(&home, &back, 0).await;
        assert_eq!(line, [before], "{back:?}");
        assert!(titles(&home, &list).await.is_empty(), "{back:?}");
        assert_eq!(titles(&home, &[]).await, all, "{back:?}");
    }
    for (arguments, pinned) in [(vec!["pin", id], true), (vec!["pin", id, "--undo"], false)] {
        assert_eq!(check(&home, &arguments, 0).await[0]["pinned"], json!(pinned));
    }
}

#[tokio::test]
async fn a_list_is_narrowed_by_folder_tag_place_and_length() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, [one, two, three]) = three(&home, &server).await;
    let folder = app.make_folder("Work", None).await.unwrap().id;
    app.arrange(vec![one, three], Arrangement::Folder { folder: Some(folder) }).await.unwrap();
    app.arrange(vec![one, two], Arrangement::Tag { name: "a".to_owned(), on: true }).await.unwrap();
    for (of, expected) in [
        (vec!["--limit", "2"], vec!["three", "two"]),
        (vec!["--limit", "0"], vec![]),
        (vec!["--folder", "Work"], vec!["three", "one"]),
        (vec!["--folder", "Work", "--limit", "1"], vec!["three"]),
        (vec!["--folder", "Work", "--tag", "A"], vec!["one"]),
        (vec!["--tag", "a"], vec!["two", "one"]),
        (vec!["--tag", "b"], vec![]),
        (vec!["--archived", "--tag", "a"], vec![]),
    ] {
        assert_eq!(titles(&home, &of).await, expected, "{of:?}");
    }
    app.arrange(vec![one, three], Arrangement::Archive { on: true }).await.unwrap();
    assert_eq!(titles(&home, &["--archived", "--tag", "a"]).await, ["one"]);
    assert_eq!(titles(&home, &["--folder", "Work"]).await, [""; 0], "the archive has a list of its own");
    app.arrange(vec![three], Arrangement::Trash { on: true }).await.unwrap();
    assert_eq!(titles(&home, &["--trash", "--folder", "work"]).await, ["three"]);
}

#[tokio::test]
async fn a_folder_that_is_unknown_or_not_the_only_one_is_refused_with_what_to_do() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, [one, ..]) = three(&home, &server).await;
    let id = one.to_string();
    let (code, message) = refused(&home, &["move", &id, "--folder", "Work"]).await;
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("not_found", "There are no folders. `folders make NAME` makes one.")
    );
    let mut ids = Vec::new();
    for name in ["Work", "Work", "Home", "home"] {
        ids.push(app.make_folder(name, None).await.unwrap().id.to_string());
    }
    let (code, message) = refused(&home, &["move", &id, "--folder", "Wrok"]).await;
    assert_eq!(code, "not_found");
    assert!(message.starts_with("There is no folder called Wrok. There are: "), "{message}");
    for wanted in ["Work", "HOME"] {
        let (code, message) = refused(&home, &["move", &id, "--folder", wanted]).await;
        assert_eq!(code, "invalid_request");
        let listed = ids.iter().filter(|id| message.contains(*id)).count();
        assert_eq!(listed, 2, "{message}");
    }
    assert_eq!(check(&home, &["show", &id], 0).await[0]["folder"], Value::Null, "nothing was moved");
    for (wanted, at) in [(ids[1].as_str(), 1), ("home", 3)] {
        let line = check(&home, &["move", &id, "--folder", wanted], 0).await.pop().unwrap();
        assert_eq!(line["folder"]["id"], json!(ids[at]));
    }
    check(&home, &["move", &id], 2).await;
    check(&home, &["move", &id, "--none", "--folder", "home"], 2).await;
}

#[tokio::test]
async fn tags_are_listed_and_changed_together_or_not_at_all() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (_app, [one, ..]) = three(&home, &server).await;
    let id = one.to_string();
    check(&home, &["tag", &id, "--add", "b", "--add", "a"], 0).await;
    let output = home.cli().args(["tag", &id]).output().await.unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "a\nb\n");
    let (code, message) = refused(&home, &["tag", &id, "--remove", "a", "--add", "c", "--add", " "]).await;
    assert_eq!((code.as_str(), message.as_str()), ("invalid_request", "A tag has 1 to 60 characters."));
    assert_eq!(check(&home, &["tag", &id], 0).await[0]["tags"], json!(["a", "b"]), "nothing is half done");
    let line = check(&home, &["tag", &id, "--remove", "a", "--remove", "x", "--add", "c"], 0).await;
    assert_eq!(line[0]["tags"], json!(["b", "c"]));
}

#[tokio::test]
async fn only_what_is_in_the_trash_is_deleted_for_good() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, [one, ..]) = three(&home, &server).await;
    let id = one.to_string();
    let message = app.branch(one).await.unwrap().messages[0].id.to_string();
    for id in [&id, &message] {
        assert_eq!(refused(&home, &["delete", "--forever", id]).await.0, "invalid_request");
    }
    assert_eq!(titles(&home, &[]).await.len(), 3);
    let since = check(&home, &["delete", &id], 0).await[0]["deleted_at_ms"].clone();
    let again = check(&home, &["delete", &id], 0).await[0]["deleted_at_ms"].clone();
    assert_eq!(since, again, "its thirty days do not begin anew");
    for arguments in [
        vec!["pin", &id],
        vec!["archive", &id],
        vec!["move", &id, "--none"],
        vec!["tag", &id, "--add", "a"],
        vec!["ask", "-c", &id, "still there?"],
    ] {
        let (code, message) = refused(&home, &arguments).await;
        assert_eq!(code, "not_found", "{arguments:?}");
        assert_eq!(message, "This chat is in the trash. Restore it to go on.");
    }
    assert!(check(&home, &["delete", "--forever", &id], 0).await.is_empty());
    for arguments in
        [vec!["delete", &id], vec!["restore", &id], vec!["delete", "--forever", &id], vec!["show", &id]]
    {
        assert_eq!(refused(&home, &arguments).await.0, "not_found", "{arguments:?}");
    }
    assert_eq!(refused(&home, &["restore", &message]).await.0, "not_found", "its messages went with it");
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_no_id_is_no_command() {
    let home = Home::new();
    for arguments in [
        vec!["delete"],
        vec!["restore"],
        vec!["pin"],
        vec!["archive"],
        vec!["tag"],
        vec!["tag", "--add", "a"],
        vec!["move", "--none"],
        vec!["versions"],
        vec!["choose"],
        vec!["fork"],
        vec!["regenerate"],
    ] {
        let arguments = [arguments.as_slice(), &["77"]].concat();
        assert_eq!(refused(&home, &arguments).await.0, "not_found", "{arguments:?}");
        let arguments = [&arguments[..arguments.len() - 1], &["x"]].concat();
        check(&home, &arguments, 2).await;
    }
    for arguments in [vec!["edit", "77", "text"], vec!["edit", "77", "--no-ask", "text"]] {
        assert_eq!(refused(&home, &arguments).await.0, "not_found", "{arguments:?}");
    }
    check(&home, &["list", "--trash", "--archived"], 2).await;
}

#[tokio::test]
async fn a_back_up_is_made_by_either_name_and_put_back() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, _) = three(&home, &server).await;
    drop(app);
    let made = check(&home, &["backup", "make"], 0).await;
    assert_eq!((&made[0]["type"], &made[0]["reason"]), (&json!("back_up"), &json!("asked")));
    check(&home, &["backup", "now"], 0).await;
    let listed = check(&home, &["backup", "list"], 0).await;
    assert!(listed.contains(&made[0]), "{listed:?}");
    let id = check(&home, &["list"], 0).await[0]["id"].as_str().unwrap().to_owned();
    check(&home, &["delete", &id], 0).await;
    check(&home, &["delete", "--forever", &id], 0).await;
    check(&home, &["backup", "restore", made[0]["name"].as_str().unwrap()], 0).await;
    assert_eq!(titles(&home, &[]).await, ["three", "two", "one"]);
}

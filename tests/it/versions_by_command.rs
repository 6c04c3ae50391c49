//! Editing, versions, forks and deleted messages on the command line.

use porthole_core::App;
use porthole_core::domain::{ConversationId, ServerKind};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, question, words_of};
use serde_json::{Value, json};

/// The lines of a command that ends with this exit code.
async fn check(home: &Home, arguments: &[&str], exit: i32) -> Vec<Value> {
    let output = home.cli().arg("--json").args(arguments).output().await.unwrap();
    assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The code that a command is refused with, before it printed anything else.
async fn refused(home: &Home, arguments: &[&str]) -> String {
    let lines = check(home, arguments, 1).await;
    assert_eq!((lines.len(), &lines[0]["type"]), (1, &json!("error")), "{arguments:?}: {lines:?}");
    lines[0]["code"].as_str().unwrap().to_owned()
}

/// What the window shows of the conversation.
async fn shown(app: &App, conversation: ConversationId) -> Vec<String> {
    let branch = app.branch(conversation).await.unwrap();
    branch.messages.iter().map(|message| words_of(message).1).collect()
}

/// Each version's text, and whether it is shown.
async fn versions(home: &Home, message: &str) -> Vec<(String, bool)> {
    let lines = check(home, &["versions", message], 0).await;
    let version =
        |line: &Value| (line["text"].as_str().unwrap().to_owned(), line["shown"].as_bool().unwrap());
    lines.iter().map(version).collect()
}

fn version(text: &str, shown: bool) -> (String, bool) {
    (text.to_owned(), shown)
}

/// A conversation of "Sky?", "Blue.", "Grass?", "Green.", and the ids of its messages.
async fn talk(home: &Home, server: &FakeV4) -> (App, ConversationId, Vec<String>) {
    let (app, model) = app_with(home, server, ServerKind::DeepSeek).await;
    let mut conversation = None;
    for (text, answer) in [("Sky?", "Blue."), ("Grass?", "Green.")] {
        server.reply(Script::answer(answer).thinking(""));
        conversation = Some(ask(&app, question(conversation, &model, text)).await.conversation);
    }
    let conversation = conversation.unwrap();
    let messages = app.branch(conversation).await.unwrap().messages;
    (app, conversation, messages.iter().map(|message| message.id.to_string()).collect())
}

#[tokio::test]
async fn an_edited_message_is_asked_and_the_old_version_can_be_chosen() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, conversation, ids) = talk(&home, &server).await;
    let open = app.begin().await.unwrap().open;
    server.reply(Script::answer("Red.").thinking(""));
    let lines =
        check(&home, &["edit", &ids[2], "Roses?", "-m", "deepseek-v4-flash", "--effort", "off"], 0).await;
    assert_eq!((&lines[0]["type"], &lines[0]["conversation"]), (&json!("start"), &json!(conversation)));
    let done = lines.last().unwrap();
    assert_eq!((&done["type"], &done["text"]), (&json!("done"), &json!("Red.")));
    assert_eq!(shown(&app, conversation).await, ["Sky?", "Blue.", "Roses?", "Red."]);
    let asked = server.chats()[2].json.clone().unwrap();
    assert_eq!(asked["model"], "deepseek-v4-flash");
    assert_eq!(asked["messages"].as_array().unwrap().len(), 3, "the other version is no part of it: {asked}");
    assert_eq!(versions(&home, &ids[2]).await, [version("Grass?", false), version("Roses?", true)]);

    let line = check(&home, &["choose", &ids[2]], 0).await;
    assert_eq!((&line[0]["type"], &line[0]["id"]), (&json!("conversation"), &json!(conversation)));
    assert_eq!(shown(&app, conversation).await, ["Sky?", "Blue.", "Grass?", "Green."]);
    assert_eq!(versions(&home, &ids[2]).await, [version("Grass?", true), version("Roses?", false)]);
    assert_eq!(app.begin().await.unwrap().open, open, "what the window opens is the window's");
    assert!(server.titles().is_empty(), "titles are asked for by windows");

    let output = home.cli().args(["versions", &ids[2]]).output().await.unwrap();
    let words = String::from_utf8(output.stdout).unwrap();
    assert!(words.starts_with(&format!("* {}  Grass?\n  ", ids[2])), "{words}");
}

#[tokio::test]
async fn a_version_that_nobody_is_asked_about_is_shown_and_gets_its_reply_later() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, conversation, ids) = talk(&home, &server).await;
    let line = check(&home, &["edit", "--no-ask", &ids[0], "Sea?"], 0).await;
    let put = &line[0];
    assert_eq!((line.len(), &put["type"], &put["role"]), (1, &json!("message"), &json!("user")));
    assert_eq!((&put["text"], &put["parent"], &put["shown"]), (&json!("Sea?"), &Value::Null, &json!(true)));
    assert_eq!(server.chats().len(), 2, "nobody was asked");
    assert_eq!(shown(&app, conversation).await, ["Sea?"]);
    server.reply(Script::answer("Deep.").thinking(""));
    check(&home, &["regenerate", put["id"].as_str().unwrap()], 0).await;
    assert_eq!(shown(&app, conversation).await, ["Sea?", "Deep."]);
    check(&home, &["choose", &ids[0]], 0).await;
    assert_eq!(
        shown(&app, conversation).await,
        ["Sky?", "Blue.", "Grass?", "Green."],
        "the old one is whole"
    );
    let output = home.cli().args(["edit", "--no-ask", &ids[2], "Moss?"]).output().await.unwrap();
    let id = String::from_utf8(output.stdout).unwrap();
    assert_eq!(shown(&app, conversation).await, ["Sky?", "Blue.", "Moss?"]);
    assert_eq!(versions(&home, id.trim()).await, [version("Grass?", false), version("Moss?", true)]);
}

#[tokio::test]
async fn a_reply_is_made_again_by_the_model_that_is_named() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, conversation, ids) = talk(&home, &server).await;
    let (flash, pro) = ("deepseek-v4-flash", "deepseek-v4-pro");
    for (text, arguments, model, thinks) in [
        ("Lush.", vec!["--model", flash], flash, true),
        ("Dry.", vec!["--server", "fake", "-m", flash, "--effort", "off"], flash, false),
        ("Wet.", vec!["--effort", "high"], pro, true),
    ] {
        server.reply(Script::answer(text).thinking(""));
        let lines = check(&home, &[&["regenerate", &ids[3]], arguments.as_slice()].concat(), 0).await;
        assert_eq!(lines.last().unwrap()["text"], text);
        let asked = server.chats().last().unwrap().json.clone().unwrap();
        assert_eq!((&asked["model"], asked["messages"].as_array().unwrap().len()), (&json!(model), 3));
        assert_eq!(asked["thinking"]["type"] != "disabled", thinks, "{arguments:?}: {asked}");
    }
    assert_eq!(shown(&app, conversation).await, ["Sky?", "Blue.", "Grass?", "Wet."]);
    assert_eq!(versions(&home, &ids[3]).await.len(), 4);
    server.reply(Script::unauthorized());
    let lines = check(&home, &["regenerate", &ids[3]], 1).await;
    assert_eq!(lines.last().unwrap()["code"], "unauthorized");
}

#[tokio::test]
async fn a_fork_takes_all_up_to_a_message_and_may_have_a_title() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, _, ids) = talk(&home, &server).await;
    assert_eq!(refused(&home, &["fork", &ids[1], "--title", "  "]).await, "invalid_request");
    assert_eq!(check(&home, &["list"], 0).await.len(), 1, "a refused fork leaves nothing");
    // Forks that are given no title are told from each other.
    for (arguments, title) in [
        (vec!["fork", &ids[1]], "Sky? (2)"),
        (vec!["fork", &ids[1], "--title", "Air"], "Air"),
        (vec!["fork", &ids[1], "--title", "Sky? (7)"], "Sky? (7)"),
        (vec!["fork", &ids[1]], "Sky? (8)"),
    ] {
        let line = check(&home, &arguments, 0).await;
        assert_eq!((&line[0]["type"], &line[0]["title"]), (&json!("conversation"), &json!(title)));
        let fork = line[0]["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(shown(&app, fork).await, ["Sky?", "Blue."]);
    }
    assert_eq!(check(&home, &["list"], 0).await.len(), 5);
}

#[tokio::test]
async fn a_deleted_message_comes_back_with_what_was_deleted_with_it() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, conversation, ids) = talk(&home, &server).await;
    let whole = ["Sky?", "Blue.", "Grass?", "Green."];
    for back in [&ids[2], &ids[3]] {
        let line = check(&home, &["delete", &ids[2]], 0).await;
        assert_eq!((&line[0]["type"], &line[0]["id"]), (&json!("conversation"), &json!(conversation)));
        assert_eq!(shown(&app, conversation).await, ["Sky?", "Blue."]);
        check(&home, &["restore", back], 0).await;
        assert_eq!(shown(&app, conversation).await, whole, "{back}");
        check(&home, &["restore", back], 0).await;
        assert_eq!(shown(&app, conversation).await, whole, "what is there stays as it is");
    }
    check(&home, &["delete", &ids[3]], 0).await;
    check(&home, &["delete", &ids[1]], 0).await;
    assert_eq!(shown(&app, conversation).await, ["Sky?"]);
    let lines = check(&home, &["restore", &ids[3]], 1).await;
    let said = lines[0]["message"].as_str().unwrap();
    assert!(said.ends_with(&format!("Restore that one first: {}.", ids[2])), "{said}");
    assert_eq!(shown(&app, conversation).await, ["Sky?"], "nothing is half done");
    check(&home, &["restore", &ids[2]], 0).await;
    assert_eq!(shown(&app, conversation).await, ["Sky?", "Blue.", "Grass?"], "the reply was deleted before");
    check(&home, &["restore", &ids[3]], 0).await;
    assert_eq!(shown(&app, conversation).await, whole);
    assert_eq!(refused(&home, &["delete", &ids[0]]).await, "invalid_request", "it is all there is");
}

#[tokio::test]
async fn what_cannot_be_done_with_a_message_changes_nothing() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, conversation, ids) = talk(&home, &server).await;
    for arguments in [
        vec!["edit", &ids[1], "a reply"],
        vec!["edit", "--no-ask", &ids[1], "a reply"],
        vec!["edit", &ids[0], "  "],
        vec!["edit", "--no-ask", &ids[0], "  "],
    ] {
        assert_eq!(refused(&home, &arguments).await, "invalid_request", "{arguments:?}");
    }
    for arguments in [
        vec!["edit", "--no-ask", "--model", "x", &ids[0], "text"],
        vec!["edit", &ids[0]],
        vec!["regenerate", &ids[1], "--effort", "some"],
    ] {
        check(&home, &arguments, 2).await;
    }
    for arguments in
        [vec!["edit", &ids[0], "x", "--server", "nobody"], vec!["regenerate", &ids[1], "--server", "nobody"]]
    {
        assert_eq!(refused(&home, &arguments).await, "not_found", "{arguments:?}");
    }
    check(&home, &["delete", &ids[2]], 0).await;
    for command in ["continue", "regenerate", "versions", "choose", "fork", "delete"] {
        assert_eq!(refused(&home, &[command, &ids[2]]).await, "not_found", "{command} of a deleted version");
    }
    let id = conversation.to_string();
    check(&home, &["delete", &id], 0).await;
    for arguments in [
        vec!["edit", &ids[0], "in the trash"],
        vec!["edit", "--no-ask", &ids[0], "in the trash"],
        vec!["regenerate", &ids[1]],
    ] {
        assert_eq!(refused(&home, &arguments).await, "not_found", "{arguments:?}");
    }
    check(&home, &["restore", &id], 0).await;
    assert_eq!(shown(&app, conversation).await, ["Sky?", "Blue."]);
    assert_eq!(server.chats().len(), 2, "nothing was sent");
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupt_stops_what_was_asked_again_and_keeps_it() {
    use tokio::io::{AsyncBufReadExt, BufReader};
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, conversation, ids) = talk(&home, &server).await;
    for arguments in [vec!["regenerate", &ids[3]], vec!["edit", &ids[2], "Grass?"]] {
        server.reply(Script::answer("One two three").chunk_characters(4).thinking("").pause_after(3));
        let mut running = home.cli().arg("--json").args(&arguments).spawn().unwrap();
        let mut output = BufReader::new(running.stdout.take().unwrap()).lines();
        let mut seen = String::new();
        while !seen.contains("two") {
            seen = output.next_line().await.unwrap().unwrap();
        }
        let id = running.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        while let Some(line) = output.next_line().await.unwrap() {
            seen = line;
        }
        assert_eq!(running.wait().await.unwrap().code(), Some(130), "{arguments:?}");
        assert!(seen.contains(r#""code":"cancelled""#), "{seen}");
        assert_eq!(shown(&app, conversation).await, ["Sky?", "Blue.", "Grass?", "One two "], "{arguments:?}");
    }
}

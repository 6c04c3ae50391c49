//! Programs that crash in the middle of a reply, and programs that share a folder.

use porthole_core::domain::{Code, ConversationId, MessageState, ServerKind};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, finish, question, words_of};
use tokio::io::{AsyncBufReadExt, BufReader};

/// Reads lines of `--json` until one contains `word`.
async fn read_until(
    lines: &mut tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
    word: &str,
) -> String {
    loop {
        let line = lines.next_line().await.unwrap().unwrap_or_else(|| panic!("ended before {word:?}"));
        if line.contains(word) {
            return line;
        }
    }
}

#[tokio::test]
async fn a_killed_program_leaves_the_question_and_what_had_arrived() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, _) = app_with(&home, &server, ServerKind::DeepSeek).await;
    drop(app);
    let text = "abcdefgh".repeat(40);
    server.reply(Script::answer(text.as_str()).chunk_characters(8).thinking("").pause_after(21));
    let mut killed = home
        .cli()
        .args(["ask", "--json", "--server", "fake", "--model", "deepseek-v4-pro", "tell me"])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(killed.stdout.take().unwrap()).lines();
    let start: serde_json::Value = serde_json::from_str(&read_until(&mut lines, "start").await).unwrap();
    let conversation: ConversationId = start["conversation"].as_str().unwrap().parse().unwrap();

    // While it runs, another program leaves its reply alone and sees all of it with at most 200 ms of delay.
    let other = home.open().unwrap();
    loop {
        let branch = other.branch(conversation).await.unwrap();
        assert_eq!(branch.messages[1].state, MessageState::Arriving, "somebody still receives it");
        if words_of(&branch.messages[1]).1 == text[..160] {
            break;
        }
        tokio::task::yield_now().await;
    }
    drop(other);

    killed.kill().await.unwrap();
    let app = home.open().unwrap();
    let branch = app.branch(conversation).await.unwrap();
    assert_eq!(words_of(&branch.messages[0]).1, "tell me");
    let reply = &branch.messages[1];
    assert_eq!(words_of(reply).1, text[..160]);
    assert_eq!(reply.state, MessageState::CutOff);
    assert_eq!(reply.failure.as_ref().map(|failure| failure.code), Some(Code::CutOff));
    assert_eq!(app.begin().await.unwrap().recovered, 1);
    drop(app);
    assert_eq!(home.open().unwrap().begin().await.unwrap().recovered, 0, "it is mended once");
}

#[tokio::test]
async fn a_question_is_safe_before_the_server_hears_of_it() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("late").headers_after(600_000));
    let running = app.ask(question(None, &model, "am I safe?")).await.unwrap();
    server.wait_for_chat(0).await;
    let file = rusqlite::Connection::open(home.path().join("porthole.db")).unwrap();
    let text: String = file.query_row("SELECT text FROM part", [], |row| row.get(0)).unwrap();
    assert_eq!(text, "am I safe?");
    app.stop(running.started.reply.id).await.unwrap();
    finish(&running).await;
}

#[tokio::test]
async fn closing_the_app_stops_and_keeps_every_reply() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("One two three").chunk_characters(4).thinking("").pause_after(3));
    let running = app.ask(question(None, &model, "count")).await.unwrap();
    let request = server.wait_for_chat(0).await.index;
    server.wait_for_events(request, 3).await;
    let mut cursor = porthole_core::turn::NewsCursor::default();
    let mut text = String::new();
    while text != "One two " {
        for news in running.turn.feed().news(&mut cursor).await {
            if let porthole_core::turn::News::Text(piece) = news {
                text.push_str(&piece);
            }
        }
    }
    app.stop_all().await;
    drop(app);
    let branch = home.open().unwrap().branch(running.started.conversation.id).await.unwrap();
    assert_eq!(branch.messages[1].state, MessageState::Stopped);
    assert_eq!(words_of(&branch.messages[1]).1, "One two ");
}

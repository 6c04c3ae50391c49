//! The one gate of the lock: whatever changes a lock, and whenever, the next connection respects it.

use porthole_core::domain::{Code, Lock, Message, MessageState, ModelChoice, ServerKind};
use porthole_core::secrets::Secret;
use porthole_core::{App, KeepKey, SendRequest, ServerEdit, ServerToAdd};
use porthole_tests::fake_v4::{FakeV4, Script, Settings};
use porthole_tests::harness::{Home, app_with, ask, finish, model_on, program, question, words_of};

use crate::lock::{is_inside, run_inside};

/// An address of the namespace's own that is not loopback: to the lock, text that goes there leaves this computer.
const NEAR: &str = "10.77.0.2";

async fn server_near() -> FakeV4 {
    let settings = Settings { host: NEAR.parse().unwrap(), ..Settings::default() };
    FakeV4::start_with(settings).await.unwrap()
}

async fn with_server_near(home: &Home) -> (App, FakeV4, ModelChoice) {
    let server = server_near().await;
    let (app, model) = app_with(home, &server, ServerKind::OpenAi).await;
    (app, server, model)
}

fn set_by_another_program(home: &Home, lock: &str) {
    set_app_lock(&history(home), lock);
}

fn history(home: &Home) -> rusqlite::Connection {
    rusqlite::Connection::open(home.path().join("porthole.db")).unwrap()
}

fn set_app_lock(file: &rusqlite::Connection, lock: &str) {
    file.execute(
        "INSERT INTO setting (name, value) VALUES ('lock', ?1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [lock],
    )
    .unwrap();
}

fn code_of(reply: &Message) -> Option<Code> {
    reply.failure.as_ref().map(|failure| failure.code)
}

#[tokio::test]
async fn the_gate_has_no_hole() {
    run_inside("gate::inside").await;
}

#[tokio::test]
async fn inside() {
    if !is_inside("gate::inside") {
        return;
    }
    what_cannot_be_read_forbids().await;
    a_lock_of_another_program_counts_while_a_retry_waits().await;
    a_lock_set_between_asking_and_sending_holds().await;
    a_lock_set_while_the_question_is_kept_holds().await;
    a_lock_hangs_up_on_a_reply_that_arrives().await;
    no_address_of_a_cluster_is_beyond_the_lock().await;
    a_key_is_not_checked_beyond_the_lock().await;
    a_lock_holds_for_one_conversation_alone().await;
}

async fn what_cannot_be_read_forbids() {
    for damaged in ["{\"lock\":", "{\"lock\":\"moon\"}", "7", "null"] {
        let home = Home::new();
        let (app, server, model) = with_server_near(&home).await;
        set_by_another_program(&home, damaged);
        for app in [app, home.open().unwrap()] {
            let reply = ask(&app, question(None, &model, "Hello?")).await;
            let failure = reply.failure.unwrap();
            assert_eq!(failure.code, Code::Locked, "{damaged}");
            assert!(failure.to_string().contains("cannot be read"), "{failure}");
            let begin = app.begin().await.unwrap();
            assert!(begin.lock_unreadable && begin.lock == Lock::ThisComputer);
        }
        assert!(server.chats().is_empty());
        let app = home.open().unwrap();
        app.set_lock(None, Lock::Off).await.unwrap();
        assert!(!app.begin().await.unwrap().lock_unreadable);
        server.reply(Script::answer("Here."));
        assert_eq!(code_of(&ask(&app, question(None, &model, "Hello?")).await), None, "set anew, it is open");
    }
}

async fn a_lock_of_another_program_counts_while_a_retry_waits() {
    let home = Home::new();
    let (app, server, model) = with_server_near(&home).await;
    server.reply(Script::http(503, "text/plain", "busy").header("retry-after", "1"));
    let running = app.ask(question(None, &model, "Hello?")).await.unwrap();
    server.wait_for_chat(0).await;
    set_by_another_program(&home, r#"{"lock":"this_computer"}"#);
    assert_eq!(code_of(&finish(&running).await), Some(Code::Locked));
    assert_eq!(server.chats().len(), 1, "the retry stayed here");
}

async fn a_lock_set_between_asking_and_sending_holds() {
    for whose in ["app", "conversation"] {
        let home = Home::new();
        let (app, server, model) = with_server_near(&home).await;
        server.reply(Script::answer("One."));
        let conversation = ask(&app, question(None, &model, "Hello?")).await.conversation;
        let (asking, locked) = (app.clone(), (whose == "conversation").then_some(conversation));
        let asked = server.chats().len();
        // The two race: either the request arrives before the lock or it is never sent.
        let running = tokio::spawn(async move {
            asking.ask(question(Some(conversation), &model, "And now?")).await.unwrap()
        });
        app.set_lock(locked, Lock::ThisComputer).await.unwrap();
        let known = server.chats().len();
        let reply = finish(&running.await.unwrap()).await;
        assert_eq!(server.chats().len().max(known), known, "nothing arrives behind the lock");
        assert!(known == asked + 1 || code_of(&reply) == Some(Code::Locked), "{reply:?}");
    }
}

async fn a_lock_set_while_the_question_is_kept_holds() {
    for whose in ["app", "conversation"] {
        let home = Home::new();
        let server = server_near().await;
        let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
        server.reply(Script::answer("One."));
        let conversation = ask(&app, question(None, &model, "Hello?")).await.conversation;
        // A fresh start asks for the list before it stores a question to an alias, which shows that it was asked.
        let app = home.open().unwrap();
        let model = ModelChoice { model: "deepseek-v4-pro-max".to_owned(), ..model };
        let (before, chats) = (server.requests().len(), server.chats().len());
        let file = history(&home);
        file.execute_batch("BEGIN IMMEDIATE").unwrap();
        let asking =
            tokio::spawn(async move { app.ask(question(Some(conversation), &model, "And now?")).await });
        server.wait_for_request(before).await;
        let lock = r#"{"lock":"this_computer"}"#;
        if whose == "app" {
            set_app_lock(&file, lock);
        } else {
            file.execute("UPDATE conversation SET lock = ?1", [lock]).unwrap();
        }
        file.execute_batch("COMMIT").unwrap();
        let reply = finish(&asking.await.unwrap().unwrap()).await;
        assert_eq!(code_of(&reply), Some(Code::Locked), "{whose}");
        assert_eq!(server.chats().len(), chats, "{whose}");
    }
}

async fn a_lock_hangs_up_on_a_reply_that_arrives() {
    for by_another_program in [false, true] {
        let home = Home::new();
        let (app, server, model) = with_server_near(&home).await;
        server.reply(Script::answer("One. ").stall_after(1));
        let running = app.ask(question(None, &model, "Hello?")).await.unwrap();
        server.wait_for_chat(0).await;
        if by_another_program {
            set_by_another_program(&home, r#"{"lock":"this_computer"}"#);
        } else {
            app.set_lock(None, Lock::ThisComputer).await.unwrap();
        }
        let reply = finish(&running).await;
        assert_eq!(code_of(&reply), Some(Code::Locked));
        assert!(matches!(reply.state, MessageState::CutOff | MessageState::Failed));
    }
}

async fn no_address_of_a_cluster_is_beyond_the_lock() {
    let (here, near) = (FakeV4::start().await, server_near().await);
    let home = Home::new();
    let app = home.open().unwrap();
    let more_urls = vec![near.url()];
    let added = ServerToAdd { more_urls, ..ServerToAdd::new("fake", here.url(), ServerKind::OpenAi) };
    let server = app.add_server(added).await.unwrap();
    let model = ModelChoice { server: server.id, model: "deepseek-v4-pro".to_owned() };
    app.set_lock(None, Lock::ThisComputer).await.unwrap();
    assert!(app.permitted(None, &Lock::Off).await.unwrap().contains(&server.id), "one address is enough");
    let before = near.requests().len();
    here.reply(Script::http(503, "text/plain", "busy").header("retry-after", "0"));
    here.reply(Script::answer("Here."));
    let reply = ask(&app, question(None, &model, "Hello?")).await;
    assert_eq!(words_of(&reply).1, "Here.");
    assert_eq!(near.requests().len(), before, "the other address is never asked");
}

async fn a_key_is_not_checked_beyond_the_lock() {
    let home = Home::new();
    let (app, server, model) = with_server_near(&home).await;
    app.set_lock(None, Lock::ThisComputer).await.unwrap();
    let before = server.requests().len();
    let key = Secret::new("sk-0123456789abcdef".to_owned());
    app.set_key(model.server, key, KeepKey::ThisRun).await.unwrap();
    assert_eq!(server.requests().len(), before);
    let known = app.servers().await.unwrap().into_iter().find(|known| known.id == model.server).unwrap();
    let edit = ServerEdit {
        name: "renamed".to_owned(),
        url: known.url,
        more_urls: Vec::new(),
        idle_timeout_s: None,
        proxy: porthole_core::ProxyEdit::System,
        ca_file: None,
        plain_http: true,
        headers: Vec::new(),
    };
    app.edit_server(model.server, edit).await.unwrap();
    assert_eq!(server.requests().len(), before);
    assert!(program("porthole-cli").is_file());
    let output = home.cli().args(["models"]).output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(server.requests().len(), before, "nor by another program");
}

async fn a_lock_holds_for_one_conversation_alone() {
    let home = Home::new();
    let (app, server, model) = with_server_near(&home).await;
    let request = SendRequest { lock: Lock::ThisComputer, ..question(None, &model, "Stay here.") };
    let locked = ask(&app, request).await;
    assert_eq!(code_of(&locked), Some(Code::Locked));
    server.reply(Script::answer("One."));
    assert_eq!(code_of(&ask(&app, question(None, &model, "Go out.")).await), None);
    let permitted = app.permitted(Some(locked.conversation), &Lock::Off).await.unwrap();
    assert!(!permitted.contains(&model.server));
    // One address may be written in many ways.
    for same in ["10.77.0.2", "::ffff:10.77.0.2", "[::FFFF:a4d:2]:80"] {
        let hosts = Lock::Hosts { hosts: [same.to_owned()].into() };
        app.set_lock(Some(locked.conversation), hosts).await.unwrap();
        assert!(
            app.permitted(Some(locked.conversation), &Lock::Off).await.unwrap().contains(&model.server),
            "{same}"
        );
        server.reply(Script::answer("Two."));
        let reply = ask(&app, question(Some(locked.conversation), &model, "And now?")).await;
        assert_eq!(code_of(&reply), None, "{same}");
    }
    let six = model_on(&app, "six", "http://[2001:db8::7]/v1", ServerKind::OpenAi).await;
    let lock = Lock::Hosts { hosts: ["2001:0DB8:0::7".to_owned()].into() };
    assert!(app.permitted(None, &lock).await.unwrap().contains(&six.server));
}

//! A message that waits for the reply before it.

use porthole_core::App;
use porthole_core::domain::{Change, Code, ConversationId, MessageState, ServerKind};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, ended, question, words_of};

async fn texts(app: &App, id: ConversationId) -> Vec<String> {
    app.branch(id).await.unwrap().messages.iter().map(|message| words_of(message).1).collect()
}

async fn told(app: &App, id: ConversationId) -> (String, String) {
    let conversation = app.branch(id).await.unwrap().conversation;
    (conversation.queued, conversation.draft)
}

/// A chat whose reply has begun to arrive and stalls, with one message waiting after it.
async fn waiting(server: &FakeV4, home: &Home) -> (App, ConversationId, porthole_core::Running, usize) {
    let (app, model) = app_with(home, server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("One two three").chunk_characters(4).thinking("").pause_after(1));
    let running = app.ask(question(None, &model, "count")).await.unwrap();
    let request = server.wait_for_chat(0).await.index;
    server.wait_for_events(request, 1).await;
    let id = running.started.conversation.id;
    app.save_draft(Some(id), "and on".to_owned()).await.unwrap();
    app.queue_message(id, "and on".to_owned()).await.unwrap();
    assert_eq!(told(&app, id).await, ("and on".to_owned(), String::new()), "it waits, and is no draft");
    (app, id, running, request)
}

#[tokio::test]
async fn it_is_sent_when_the_reply_is_complete() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, id, _running, request) = waiting(&server, &home).await;
    app.queue_message(id, "to five".to_owned()).await.unwrap();
    app.save_draft(Some(id), "typed meanwhile".to_owned()).await.unwrap();
    server.reply(Script::answer("Four, five.").thinking(""));
    server.resume(request);
    let next = server.wait_for_chat(1).await;
    assert!(
        String::from_utf8_lossy(&next.body).contains("and on\\n\\nto five"),
        "one message, in the order of the keys"
    );
    let branch = app.branch(id).await.unwrap();
    ended(&app, branch.messages[3].id).await;
    assert_eq!(texts(&app, id).await, ["count", "One two three", "and on\n\nto five", "Four, five."]);
    assert_eq!(told(&app, id).await, (String::new(), "typed meanwhile".to_owned()));
    assert_eq!(server.chats().len(), 2, "once");
}

#[tokio::test]
async fn it_is_the_draft_again_when_the_reply_is_stopped() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, id, running, _) = waiting(&server, &home).await;
    app.save_draft(Some(id), "typed meanwhile".to_owned()).await.unwrap();
    let mut changes = app.changes();
    app.stop(running.started.reply.id).await.unwrap();
    until(&mut changes, id, &app, "and on\n\ntyped meanwhile").await;
    assert_eq!(server.chats().len(), 1);
    assert_eq!(app.branch(id).await.unwrap().messages[1].state, MessageState::Stopped);
}

#[tokio::test]
async fn it_is_the_draft_again_when_it_cannot_be_sent() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, id, _running, request) = waiting(&server, &home).await;
    let mut changes = app.changes();
    // The server is taken away while its reply arrives.
    let model = app.branch(id).await.unwrap().conversation.model.unwrap();
    app.remove_server(model.server).await.unwrap();
    server.resume(request);
    let unsent = loop {
        let change = changes.recv().await.unwrap();
        if matches!(change, Change::Chat { unsent: Some(_), .. }) {
            break change;
        }
    };
    assert_eq!(unsent, Change::Chat { id, unsent: Some(Code::NoModel) });
    assert_eq!(told(&app, id).await, (String::new(), "and on".to_owned()));
}

#[tokio::test]
async fn it_is_taken_back_by_hand() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, id, _running, request) = waiting(&server, &home).await;
    let back = app.take_back(id).await.unwrap();
    assert_eq!((back.queued.as_str(), back.draft.as_str()), ("", "and on"));
    server.resume(request);
    app.stop_all().await;
    assert_eq!(server.chats().len(), 1);
}

#[tokio::test]
async fn it_is_the_draft_after_the_program_died() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, id, running, _) = waiting(&server, &home).await;
    let other = home.open().unwrap();
    assert_eq!(told(&other, id).await.0, "and on", "it waits while its reply arrives elsewhere");
    drop((app, running, other));
    let file = rusqlite::Connection::open(home.path().join("porthole.db")).unwrap();
    // What a program leaves if it had no time to end its replies.
    file.execute("UPDATE conversation SET queued = 'and on', draft = ''", []).unwrap();
    file.execute("UPDATE message SET state = 'arriving', writer = 'dead' WHERE role = 'assistant'", [])
        .unwrap();
    drop(file);
    let app = home.open().unwrap();
    assert_eq!(told(&app, id).await, (String::new(), "and on".to_owned()));
}

#[tokio::test]
async fn nothing_waits_where_no_reply_arrives() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("One."));
    let reply = ask(&app, question(None, &model, "count")).await;
    let refused = app.queue_message(reply.conversation, "and on".to_owned()).await.unwrap_err();
    assert_eq!(refused.code, Code::Busy);
    assert_eq!(told(&app, reply.conversation).await.0, "");
}

/// What a window has typed for a chat stays when a command line asks in it.
#[tokio::test]
async fn a_draft_stays_when_another_asks() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("One."));
    server.reply(Script::answer("Two."));
    let reply = ask(&app, question(None, &model, "count")).await;
    app.save_draft(Some(reply.conversation), "half a thought".to_owned()).await.unwrap();
    ask(&app, question(Some(reply.conversation), &model, "on")).await;
    assert_eq!(told(&app, reply.conversation).await.1, "half a thought");
}

async fn until(
    changes: &mut tokio::sync::broadcast::Receiver<Change>,
    id: ConversationId,
    app: &App,
    draft: &str,
) {
    while told(app, id).await.1 != draft {
        changes.recv().await.unwrap();
    }
}

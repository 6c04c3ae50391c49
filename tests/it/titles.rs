//! Titles that the model makes after the first exchange.

use porthole_core::App;
use porthole_core::domain::{Change, ConversationId, ServerKind, TitledBy};
use porthole_tests::fake_v4::{Dialect, FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, ended, question};
use serde_json::Value;
use tokio::sync::broadcast::Receiver;

/// Waits until the conversation is called `title`.
async fn called(app: &App, changes: &mut Receiver<Change>, id: ConversationId, title: &str) {
    while app.branch(id).await.unwrap().conversation.title != title {
        changes.recv().await.unwrap();
    }
}

fn messages(body: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let messages = body["messages"].as_array().unwrap();
    messages.iter().map(|message| (text(&message["role"]), text(&message["content"]))).collect()
}

#[tokio::test]
async fn a_hosted_model_is_sent_the_beginnings_and_told_not_to_think() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let mut changes = app.changes();
    server.title(Script::answer("\"Light in the air.\"").thinking(""));
    let sent = app.send(question(None, &model, &format!("Why? {}", "x".repeat(5_000)))).await.unwrap();
    let id = sent.conversation.id;
    called(&app, &mut changes, id, "Light in the air").await;
    let asked = server.titles();
    assert_eq!(asked.len(), 1);
    let body = asked[0].json.as_ref().unwrap();
    assert_eq!(body["thinking"]["type"], "disabled", "{body}");
    assert!(body["max_tokens"].as_u64().unwrap() <= 40, "{body}");
    let said = messages(body);
    assert_eq!(said.len(), 1);
    assert!(said[0].1.chars().count() < 2_500, "only the beginnings are sent");
    let branch = app.branch(id).await.unwrap();
    assert_eq!(branch.conversation.titled_by, TitledBy::Model);
    assert_eq!(branch.messages.len(), 2, "what is asked for a title is no part of the conversation");
}

#[tokio::test]
async fn a_local_model_is_asked_behind_the_conversation_it_has_in_its_cache() {
    let server = FakeV4::start_as(Dialect::LlamaCpp).await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::LlamaCpp).await;
    let mut changes = app.changes();
    server.title(Script::answer("Tides").thinking(""));
    let sent = app.send(question(None, &model, "Tell me of tides.")).await.unwrap();
    called(&app, &mut changes, sent.conversation.id, "Tides").await;
    let (chat, title) = (server.chats()[0].clone(), server.titles()[0].clone());
    let (chat, title) = (messages(chat.json.as_ref().unwrap()), messages(title.json.as_ref().unwrap()));
    assert_eq!(title[..chat.len()], chat[..], "the cache is good for the title and the next question");
    assert_eq!(server.requests().iter().filter(|request| request.is_title()).count(), 1);
}

#[tokio::test]
async fn a_title_that_a_person_chose_stays() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.title(Script::answer("The model's").thinking("").pause_after(0));
    let sent = app.send(question(None, &model, "hello")).await.unwrap();
    let id = sent.conversation.id;
    let asked = loop {
        if let Some(asked) = server.titles().first() {
            break asked.index;
        }
        tokio::task::yield_now().await;
    };
    ended(&app, sent.messages[1].meta.id).await;
    app.rename_conversation(id, "Mine").await.unwrap();
    server.resume(asked);
    server.wait_for_answer(asked).await;
    ask(&app, question(Some(id), &model, "and on")).await;
    let kept = app.branch(id).await.unwrap().conversation;
    assert_eq!((kept.title.as_str(), kept.titled_by), ("Mine", TitledBy::Person));
}

#[tokio::test]
async fn nobody_is_asked_for_a_title_who_need_not_be() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    ask(&app, question(None, &model, "from the command line")).await;
    app.set_titles(false).await.unwrap();
    let sent = app.send(question(None, &model, "switched off")).await.unwrap();
    let id = sent.conversation.id;
    ended(&app, sent.messages[1].meta.id).await;
    ask(&app, question(Some(id), &model, "a second question")).await;
    app.set_titles(true).await.unwrap();
    app.send(question(Some(id), &model, "a third question")).await.unwrap();
    app.stop_all().await;
    assert!(server.titles().is_empty());
}

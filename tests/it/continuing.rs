//! A reply that broke off, was stopped or reached its length limit continues as the same message.

use porthole_core::App;
use porthole_core::domain::{Code, FinishReason, Message, MessageState, Note, ServerKind};
use porthole_tests::fake_v4::{Cut, Dialect, FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, finish, question, words_of};
use serde_json::json;

async fn go_on(app: &App, reply: &Message) -> Message {
    let running = app.go_on(reply.id).await.expect("it can be continued");
    assert_eq!(running.started.reply.id, reply.id, "it stays one message");
    finish(&running).await
}

#[tokio::test]
async fn deepseek_continues_a_cut_reply_from_its_last_word() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("One, two, three.").thinking("Count.").cut_after(4, Cut::Close));
    let cut = ask(&app, question(None, &model, "Count to three.")).await;
    assert_eq!(cut.state, MessageState::CutOff);
    let (thinking, begun) = words_of(&cut);

    server.reply(Script::answer(" and the rest."));
    let whole = go_on(&app, &cut).await;
    assert_eq!(whole.state, MessageState::Complete, "{:?}", whole.failure);
    assert_eq!(words_of(&whole), (thinking, format!("{begun} and the rest.")));
    assert!(whole.notes.contains(&Note::Continued));
    assert!(!whole.can_continue());

    let chats = server.chats();
    let asked = &chats[1];
    assert_eq!(asked.path, "/beta/chat/completions");
    let messages = asked.json.as_ref().unwrap()["messages"].as_array().unwrap().clone();
    let last = messages.last().unwrap();
    assert_eq!((&last["role"], &last["prefix"]), (&json!("assistant"), &json!(true)));
    assert_eq!(last["content"], json!(begun));
    assert_eq!(messages.len(), 2, "nothing else is added");

    let branch = app.branch(whole.conversation).await.unwrap();
    assert_eq!(branch.messages.len(), 2);
    assert_eq!(branch.messages[1], whole);
}

#[tokio::test]
async fn a_server_without_prefix_completion_is_asked_in_words() {
    let server = FakeV4::start_as(Dialect::LlamaCpp).await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::LlamaCpp).await;
    server.reply(Script::answer("One, two").finish("length"));
    let short = ask(&app, question(None, &model, "Count to three.")).await;
    assert_eq!(short.finish_reason, Some(FinishReason::Length));
    server.reply(Script::answer(", three."));
    let whole = go_on(&app, &short).await;
    assert_eq!(words_of(&whole).1, "One, two, three.");
    assert_eq!(whole.finish_reason, Some(FinishReason::Stop));
    let messages = server.chats()[1].json.as_ref().unwrap()["messages"].clone();
    assert_eq!(messages[1]["content"], json!("One, two"));
    assert_eq!(messages[2]["role"], json!("user"));
    // The words that ask for more are not part of the conversation.
    ask(&app, question(Some(whole.conversation), &model, "Thanks.")).await;
    let messages = server.chats()[2].json.as_ref().unwrap()["messages"].clone();
    assert_eq!(messages.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_cannot_go_on_says_why_and_keeps_all() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("Whole."));
    let whole = ask(&app, question(None, &model, "one")).await;
    assert_eq!(app.go_on(whole.id).await.err().unwrap().code, Code::InvalidRequest);

    server.reply(Script::answer("Half of it").cut_after(3, Cut::Reset));
    let cut = ask(&app, question(Some(whole.conversation), &model, "two")).await;
    let begun = words_of(&cut).1;
    server.reply(Script::insufficient_balance());
    let still = go_on(&app, &cut).await;
    assert_eq!(still.state, MessageState::CutOff);
    assert_eq!(still.failure.as_ref().unwrap().code, Code::PaymentRequired);
    assert_eq!(words_of(&still).1, begun, "nothing is lost by asking for more");
    assert!(still.can_continue());

    ask(&app, question(Some(whole.conversation), &model, "three")).await;
    assert_eq!(app.go_on(cut.id).await.err().unwrap().code, Code::InvalidRequest, "something follows it");
    assert_eq!(words_of(&app.branch(whole.conversation).await.unwrap().messages[3]).1, begun);
}

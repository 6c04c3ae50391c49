//! A branch that becomes a conversation of its own, and what follows a message.

use porthole_core::App;
use porthole_core::domain::{Code, ConversationId, MessageId, ModelChoice, ServerKind};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, ended, question, words_of};

/// A conversation of two exchanges; the second question has two versions, and the first of them two replies.
struct Stage {
    server: FakeV4,
    app: App,
    chat: ConversationId,
    /// The versions of the second question.
    seconds: [MessageId; 2],
    _home: Home,
}

async fn stage() -> Stage {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let answer = |text: &str| server.reply(Script::answer(text).thinking(""));
    answer("one");
    let chat = ask(&app, question(None, &model, "first")).await.conversation;
    answer("two");
    let reply = ask(&app, question(Some(chat), &model, "second")).await;
    answer("two again");
    again(&app, reply.id, &model).await;
    let second = app.branch(chat).await.unwrap().messages[2].id;
    answer("other");
    let sent = app.edit_message(second, "another second", model.clone()).await.unwrap();
    ended(&app, sent.messages[1].meta.id).await;
    let other = sent.messages[0].meta.id;
    Stage { server, app, chat, seconds: [second, other], _home: home }
}

async fn again(app: &App, reply: MessageId, model: &ModelChoice) {
    let sent = app.regenerate(reply, Some(model.clone()), None).await.unwrap();
    ended(app, sent.messages[0].meta.id).await;
}

/// What the shown branch says, and how many versions the last message has.
async fn said(app: &App, chat: ConversationId) -> (String, usize) {
    let branch = app.branch(chat).await.unwrap();
    let words: Vec<String> = branch.messages.iter().map(|message| words_of(message).1).collect();
    let last = branch.messages.last().map_or(0, |last| branch.versions[&last.id].len());
    (words.join(", "), last)
}

#[tokio::test]
async fn a_branch_is_copied_with_what_follows_in_all_versions() {
    let stage = stage().await;
    let copied = stage.app.copy_branch(stage.seconds[0]).await.unwrap();
    assert_eq!(said(&stage.app, copied.id).await, ("first, one, second, two again".to_owned(), 2));
    assert_eq!(copied.forked_from, Some(stage.seconds[0]));
    assert_eq!(said(&stage.app, stage.chat).await.0, "first, one, another second, other", "nothing is gone");
    let spent = stage.app.conversation_cost(copied.id).await.unwrap();
    assert!(spent.money.is_empty(), "what is copied was paid for once: {spent:?}");
    assert_eq!(stage.app.check_history().await.unwrap().faults, Vec::<String>::new());
}

#[tokio::test]
async fn a_branch_is_moved_and_moved_back() {
    let stage = stage().await;
    let moved = stage.app.move_branch(stage.seconds[1]).await.unwrap();
    let made = moved.conversation.id;
    assert_eq!(said(&stage.app, made).await.0, "first, one, another second, other");
    assert_eq!(said(&stage.app, stage.chat).await, ("first, one, second, two again".to_owned(), 2));
    assert_eq!(stage.app.branches(stage.chat).await.unwrap().len(), 3);

    stage.app.undo(moved.undo).await.unwrap();
    assert_eq!(said(&stage.app, stage.chat).await.0, "first, one, another second, other");
    assert!(stage.app.conversation(made).await.unwrap().deleted_at_ms.is_some(), "it is in the trash");
    assert_eq!(stage.app.check_history().await.unwrap().faults, Vec::<String>::new());
}

#[tokio::test]
async fn the_only_first_message_cannot_be_moved_away_and_nothing_is_made_of_it() {
    let stage = stage().await;
    let first = stage.app.branch(stage.chat).await.unwrap().messages[0].id;
    let before =
        stage.app.list_stretch(porthole_core::ConversationList::Everything, 0, 10, Vec::new()).await.unwrap();
    assert_eq!(stage.app.move_branch(first).await.unwrap_err().code, Code::InvalidRequest);
    let after =
        stage.app.list_stretch(porthole_core::ConversationList::Everything, 0, 10, Vec::new()).await.unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn what_follows_a_message_is_deleted_and_comes_back() {
    let stage = stage().await;
    let reply = stage.app.branch(stage.chat).await.unwrap().messages[1].id;
    let deleted = stage.app.delete_below(reply).await.unwrap();
    assert_eq!(deleted.transcript.messages.len(), 2);
    assert_eq!(said(&stage.app, stage.chat).await.0, "first, one");
    assert_eq!(
        stage.app.delete_below(reply).await.unwrap_err().code,
        Code::InvalidRequest,
        "nothing follows"
    );
    stage.app.undo(deleted.undo).await.unwrap();
    assert_eq!(said(&stage.app, stage.chat).await.0, "first, one, another second, other");

    // It does not come back below a message that was deleted since.
    let below = stage.app.delete_below(stage.seconds[1]).await.unwrap();
    stage.app.delete_version(stage.seconds[1]).await.unwrap();
    assert_eq!(stage.app.undo(below.undo).await.unwrap_err().code, Code::InvalidRequest);
    assert_eq!(stage.app.check_history().await.unwrap().faults, Vec::<String>::new());
}

#[tokio::test]
async fn a_branch_in_which_a_reply_arrives_stays_where_it_is() {
    let stage = stage().await;
    stage.server.reply(Script::answer("one two three").chunk_characters(4).thinking("").pause_after(1));
    let model = stage.app.begin().await.unwrap().model.unwrap();
    let running = stage.app.ask(question(Some(stage.chat), &model, "third")).await.unwrap();
    for refused in [
        stage.app.copy_branch(stage.seconds[1]).await.err(),
        stage.app.move_branch(stage.seconds[1]).await.err(),
    ] {
        assert_eq!(refused.unwrap().code, Code::InvalidRequest);
    }
    stage.app.stop(running.started.reply.id).await.unwrap();
    stage.app.stop_all().await;
}

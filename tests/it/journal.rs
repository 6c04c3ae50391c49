//! What one program changes, as another that has the history open is told of it.

use std::future::Future;
use std::time::Duration;

use porthole_core::domain::{
    Change, ChatSettings, Code, Conversation, Failure, Lock, MessageId, MessageState, ModelChoice, ServerKind,
};
use porthole_core::store::{Arrived, ArrivingPiece, Ending, NewReply, PieceKind, ServerSpec, Store};
use porthole_core::{App, Arrangement};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, finish, question};
use tokio::sync::broadcast::Receiver;

/// Two programs with one folder, a conversation whose reply is arriving in the first, and what the second is told.
struct Two {
    home: Home,
    store: Store,
    chat: Conversation,
    reply: MessageId,
    second: App,
    told: Receiver<Change>,
}

async fn two() -> Two {
    let home = Home::new();
    let (store, _) = Store::open(home.path(), 1).unwrap();
    let spec = ServerSpec::new("here", ServerKind::OpenAi, "http://127.0.0.1:1/v1".to_owned());
    let model = ModelChoice { server: store.add_server(spec, 1).await.unwrap().id, model: "m".to_owned() };
    let new = NewReply { model, server_name: "here".to_owned(), hosted: false, now_ms: 2 };
    let started = store.ask(None, ChatSettings::default(), "why?".to_owned(), new).await.unwrap();
    let second = home.open().unwrap();
    let told = second.changes();
    Two { home, store, chat: started.conversation, reply: started.reply.id, second, told }
}

async fn in_time<T>(waited_for: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), waited_for).await.expect("it is told")
}

async fn text(store: &Store, reply: MessageId, text: &str) {
    let piece = ArrivingPiece { kind: PieceKind::Text, text: text.to_owned() };
    store.keep_arriving(reply, Arrived { pieces: vec![piece], ..Arrived::default() }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_told_with_its_subject() {
    let mut two = two().await;
    let chat = Change::chat(two.chat.id);
    let first = two.home.open().unwrap();
    let by_hand = rusqlite::Connection::open(two.home.path().join(Store::FILE_NAME)).unwrap();

    text(&two.store, two.reply, "Be").await;
    assert_eq!(in_time(two.told.recv()).await.unwrap(), Change::Arriving { id: two.reply });

    first.rename_conversation(two.chat.id, "Reasons").await.unwrap();
    assert_eq!(in_time(two.told.recv()).await.unwrap(), chat);

    let tag = Arrangement::Tag { name: "work".to_owned(), on: true };
    first.arrange(vec![two.chat.id], tag).await.unwrap();
    assert_eq!(in_time(two.told.recv()).await.unwrap(), chat);

    first.set_lock(None, Lock::ThisComputer).await.unwrap();
    assert_eq!(in_time(two.told.recv()).await.unwrap(), Change::Settings);

    // What somebody types elsewhere, and which chat is open there, concerns nobody here.
    first.save_draft(Some(two.chat.id), "half a thou".to_owned()).await.unwrap();
    first.save_draft(None, "another".to_owned()).await.unwrap();
    first.close_conversation().await.unwrap();
    by_hand.execute("UPDATE server SET idle_timeout_s = 5", []).unwrap();
    assert_eq!(in_time(two.told.recv()).await.unwrap(), Change::Servers);

    by_hand.execute("INSERT INTO folder (name, created_at_ms) VALUES ('Work', 1)", []).unwrap();
    assert_eq!(in_time(two.told.recv()).await.unwrap(), Change::Folders);

    let failure = Failure::new(Code::CutOff);
    two.store.end_reply(two.reply, Ending::cut_off(Vec::new(), failure)).await.unwrap();
    assert_eq!(in_time(two.told.recv()).await.unwrap(), chat);
    assert_eq!(two.second.branch(two.chat.id).await.unwrap().messages[1].state, MessageState::CutOff);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_another_program_receives_is_shown_as_it_arrives() {
    let two = two().await;
    let shown = |patch: &porthole_core::turn::TurnPatch| {
        patch.text.changed.iter().map(|block| block.html.clone()).collect::<String>()
    };
    text(&two.store, two.reply, "Because").await;
    let patch = in_time(two.second.next_patch(two.reply, 0, None)).await.unwrap();
    assert_eq!(shown(&patch), "<p>Because</p>");
    let next = two.second.next_patch(two.reply, patch.revision, None);
    text(&two.store, two.reply, " of it.").await;
    assert_eq!(shown(&in_time(next).await.unwrap()), "<p>Because of it.</p>");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_too_far_behind_is_told_that_anything_may_have_changed() {
    let mut two = two().await;
    let by_hand = rusqlite::Connection::open(two.home.path().join(Store::FILE_NAME)).unwrap();
    by_hand
        .execute_batch(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1100)
             INSERT INTO conversation (id, title, created_at_ms, updated_at_ms) SELECT n, 'chat', 1, 1 FROM n",
        )
        .unwrap();
    assert_eq!(in_time(two.told.recv()).await.unwrap(), Change::Everything);
    let lines: i64 = by_hand.query_row("SELECT count(*) FROM change", [], |row| row.get(0)).unwrap();
    assert_eq!(lines, 1_000, "and the journal does not grow for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_another_program_receives_can_be_stopped() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (first, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let second = home.open().unwrap();
    let slow = Script::answer("one two three").chunk_characters(4).thinking("").pause_after(2);
    // In its stream, and while the first program waits for its turn to ask again.
    for script in [slow, Script::overloaded().header("retry-after", "30")] {
        server.reply(script);
        let running = first.ask(question(None, &model, "count")).await.unwrap();
        let reply = running.started.reply.id;
        second.stop(reply).await.unwrap();
        let ended = in_time(finish(&running)).await;
        assert_eq!(ended.state, MessageState::Stopped);
        assert_eq!(second.branch(ended.conversation).await.unwrap().messages[1].state, MessageState::Stopped);
        // One that has ended stays as it is.
        second.stop(reply).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_thrown_away_stops_wherever_it_arrives() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (first, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let second = home.open().unwrap();
    for whole in [true, false] {
        server.reply(Script::answer("one two three").chunk_characters(4).thinking("").pause_after(2));
        let running = first.ask(question(None, &model, "count")).await.unwrap();
        let chat = running.started.conversation.id;
        if whole {
            second.arrange(vec![chat], Arrangement::Trash { on: true }).await.unwrap();
        } else {
            second.delete_version(running.started.reply.id).await.unwrap();
        }
        assert_eq!(in_time(finish(&running)).await.state, MessageState::Stopped);
    }
}

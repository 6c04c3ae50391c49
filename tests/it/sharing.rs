//! Programs and readers that use one folder at the same time.

use std::sync::Arc;

use porthole_core::domain::{
    ChatSettings, Code, Failure, MessageState, ModelChoice, Part, ServerKind, ToolCall,
};
use porthole_core::store::{Arrived, ArrivingPiece, Ending, NewReply, PieceKind, ServerSpec, Store};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, finish, question, words_of};

#[tokio::test(flavor = "multi_thread")]
async fn many_programs_can_open_one_folder_at_once() {
    for _ in 0..8 {
        let home = Arc::new(Home::new());
        let opened: Vec<_> = (0..8)
            .map(|_| {
                let home = home.clone();
                tokio::task::spawn_blocking(move || home.open().map(drop).map_err(|error| error.to_string()))
            })
            .collect();
        for opened in opened {
            assert_eq!(opened.await.unwrap(), Ok(()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_read_whole_while_it_ends() {
    let home = Home::new();
    let (store, _) = Store::open(home.path(), 1).unwrap();
    let url = "http://127.0.0.1:1/v1".to_owned();
    let server = ServerSpec::new("here", ServerKind::OpenAi, url);
    let model = ModelChoice { server: store.add_server(server, 1).await.unwrap().id, model: "m".to_owned() };
    for now_ms in 2..100 {
        let new = NewReply { model: model.clone(), server_name: "here".to_owned(), hosted: false, now_ms };
        let started = store.ask(None, ChatSettings::default(), "why?".to_owned(), new).await.unwrap();
        let reply = started.reply.id;
        let piece = ArrivingPiece { kind: PieceKind::Text, text: "so".to_owned() };
        store.keep_arriving(reply, Arrived { pieces: vec![piece], ..Arrived::default() }).await.unwrap();
        let reader = {
            let store = store.clone();
            tokio::spawn(async move {
                loop {
                    let message = store.message(reply).await.unwrap();
                    assert_eq!(words_of(&message).1, "so", "{:?}", message.state);
                    if message.state != MessageState::Arriving {
                        break;
                    }
                }
            })
        };
        let failure = Failure::new(Code::CutOff);
        store.end_reply(reply, Ending::cut_off(vec![Part::Text("so".to_owned())], failure)).await.unwrap();
        reader.await.unwrap();
    }
}

#[tokio::test]
async fn a_tool_call_is_kept_while_its_reply_arrives() {
    let home = Home::new();
    let (store, _) = Store::open(home.path(), 0).unwrap();
    let model = ModelChoice { server: "1".parse().unwrap(), model: "m".to_owned() };
    let new = NewReply { model, server_name: "here".to_owned(), hosted: false, now_ms: 2 };
    let reply = store.ask(None, ChatSettings::default(), "why?".to_owned(), new).await.unwrap().reply.id;
    let call = ToolCall { id: "1".to_owned(), name: "look".to_owned(), arguments: "{}".to_owned() };
    let piece = |kind, text: &str| ArrivingPiece { kind, text: text.to_owned() };
    let pieces = vec![
        piece(PieceKind::Text, "Let me "),
        piece(PieceKind::Text, "see."),
        piece(PieceKind::ToolCall, &serde_json::to_string(&call).unwrap()),
    ];
    store.keep_arriving(reply, Arrived { pieces, ..Arrived::default() }).await.unwrap();
    drop(store);
    let (store, recovered) = Store::open(home.path(), 0).unwrap();
    assert_eq!(recovered.cut_off, 1);
    let parts = store.message(reply).await.unwrap().parts;
    assert_eq!(parts, [Part::Text("Let me see.".to_owned()), Part::ToolCall(call)]);
}

#[tokio::test]
async fn a_reply_whose_conversation_another_program_deleted_for_good_ends_with_it() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("One two three").thinking("").chunk_characters(4).pause_after(2));
    let running = app.ask(question(None, &model, "count")).await.unwrap();
    let request = server.wait_for_chat(0).await.index;
    let other = rusqlite::Connection::open(home.path().join(Store::FILE_NAME)).unwrap();
    other.execute_batch("PRAGMA foreign_keys = on; DELETE FROM conversation").unwrap();
    server.resume(request);
    assert_eq!(words_of(&finish(&running).await).1, "One two three");
    app.stop_all().await;
    for file in std::fs::read_dir(home.path().join("unsaved")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(bytes.first().is_none_or(|byte| *byte == 0), "nothing waits to be saved");
    }
}

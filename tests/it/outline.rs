//! What a window asks for of a chat that it shows already: everything but the texts.

use porthole_core::App;
use porthole_core::domain::{ChatSettings, ConversationId, MessageMeta, ModelChoice, ServerKind};
use porthole_core::store::{Arrived, ArrivingPiece, NewReply, PieceKind, Store};
use porthole_tests::fake_v4::{Cut, FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, question};

/// What is said of a chat's messages where they are asked for with their texts.
async fn with_texts(app: &App, chat: ConversationId) -> Vec<MessageMeta> {
    let branch = app.branch(chat).await.unwrap();
    let ids = branch.messages.iter().map(|message| message.id).collect();
    app.messages(ids).await.unwrap().into_iter().map(|view| view.meta).collect()
}

#[tokio::test]
async fn it_says_the_same_of_each_message_as_its_texts_do() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let scripts = [
        Script::answer("Yes.").thinking(""),
        Script::answer("Yes.").thinking("Hm."),
        Script::answer("One two").thinking("Count.").finish("length"),
        Script::answer("One two three four.").thinking("").cut_after(3, Cut::EndOfBody),
        Script::tools().thinking("").tool_call("clock", "{}").finish("length"),
        Script::http(401, "text/plain", "who?"),
    ];
    let mut chat = None;
    for script in scripts {
        server.reply(script);
        chat = Some(ask(&app, question(chat, &model, "And now?")).await.conversation);
    }
    let chat = chat.unwrap();
    let outline = app.outline(chat, None).await.unwrap().messages;
    assert_eq!(outline, with_texts(&app, chat).await);
    let of_replies =
        |say: fn(&MessageMeta) -> bool| outline.iter().skip(1).step_by(2).map(say).collect::<Vec<_>>();
    assert_eq!(of_replies(|reply| reply.has_thinking), [false, true, true, false, false, false]);
    assert_eq!(of_replies(|reply| reply.can_continue), [false, false, true, true, false, false]);
}

#[tokio::test]
async fn it_says_the_same_of_a_reply_that_arrives() {
    use PieceKind::{Text, TextWasThinking, Thinking, ToolCall};
    let call = r#"{"id":"1","name":"clock","arguments":"{}"}"#;
    let arriving: [(&[(PieceKind, &str)], bool); 6] = [
        (&[], false),
        (&[(Text, "a")], false),
        (&[(Thinking, ""), (Text, "a")], false),
        (&[(Thinking, "h"), (Text, "a"), (ToolCall, call)], true),
        (&[(Text, "h"), (TextWasThinking, ""), (Text, "a")], true),
        (&[(Text, ""), (TextWasThinking, ""), (Text, "a")], false),
    ];
    for (pieces, has_thinking) in arriving {
        let home = Home::new();
        let app = home.open().unwrap();
        let (store, _) = Store::open(home.path(), 1).unwrap();
        let model = ModelChoice { server: "1".parse().unwrap(), model: "deepseek-v4-pro".to_owned() };
        let new = NewReply { model, server_name: "DeepSeek".to_owned(), hosted: true, now_ms: 2 };
        let started = store.ask(None, ChatSettings::default(), "why?".to_owned(), new).await.unwrap();
        let piece = |&(kind, text): &(PieceKind, &str)| ArrivingPiece { kind, text: text.to_owned() };
        let arrived = Arrived { pieces: pieces.iter().map(piece).collect(), ..Arrived::default() };
        store.keep_arriving(started.reply.id, arrived).await.unwrap();
        let chat = started.conversation.id;
        let outline = app.outline(chat, None).await.unwrap().messages;
        assert_eq!(outline, with_texts(&app, chat).await, "{pieces:?}");
        assert_eq!(outline[1].has_thinking, has_thinking, "{pieces:?}");
    }
}

#[tokio::test]
async fn it_reads_no_texts() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("Yes.").thinking("Hm."));
    let chat = ask(&app, question(None, &model, "Is it?")).await.conversation;
    let before = app.outline(chat, None).await.unwrap().messages;
    let at = before[0].id;
    // Whoever reads one of these fails.
    let file = rusqlite::Connection::open(home.path().join(Store::FILE_NAME)).unwrap();
    assert_eq!(file.execute("UPDATE part SET text = CAST(x'ff' AS TEXT)", []).unwrap(), 3);
    assert!(app.branch(chat).await.is_err(), "the texts are not to be had");
    assert_eq!(app.outline(chat, None).await.unwrap().messages, before);
    assert_eq!(app.outline(chat, Some(at)).await.unwrap().messages, before);
}

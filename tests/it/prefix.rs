//! Requests keep the same beginning, so that the provider's prefix cache hits (DeepSeek API docs, Context Caching).

use porthole_core::domain::{ChatSettings, Effort, ServerKind};
use porthole_core::{App, SendRequest};
use porthole_tests::fake_v4::{Dialect, FakeV4, Script};
use porthole_tests::harness::{Home, ask, model_on, question};

/// The bytes of a request up to the end of its last message, without what closes the list.
fn up_to_the_new_turn(body: &[u8]) -> &[u8] {
    let end = br#"],"stream":true"#;
    let at = body.windows(end.len()).rposition(|window| window == end).expect("the list of messages ends");
    &body[..at]
}

/// Thirty turns with everything in between that must not matter.
async fn check(dialect: Dialect, kind: ServerKind) {
    let server = FakeV4::start_as(dialect).await;
    let home = Home::new();
    let mut app = home.open().unwrap();
    let mut model = model_on(&app, "fake", &server.url(), kind).await;
    model.model = dialect.models()[0].to_owned();
    let mut conversation = None;
    for turn in 0..30_i64 {
        // Thinking, quotes, lines and scripts of many kinds must be sent back byte by byte.
        let words = format!(
            "\u{1F3D4} reply {turn}: \"a\\b\"\n\n```rust\nfn f() {{}}\n```\n\t模型 </think> \u{2028}"
        );
        server.reply(Script::answer(words).thinking(format!("thought {turn}\n模")));
        let settings = ChatSettings {
            system: Some("You are exact.".to_owned()),
            temperature: Some(0.1 * f64::from(u8::try_from(turn % 10).unwrap())),
            top_p: (turn % 2 == 0).then_some(0.5),
            max_tokens: (turn % 3 == 0).then_some(1_000),
            effort: Some(Effort::High),
        };
        let request =
            SendRequest { settings, ..question(conversation, &model, &format!("question {turn} \"?\"")) };
        let reply = ask(&app, request).await;
        assert!(reply.failure.is_none(), "turn {turn}: {:?}", reply.failure);
        conversation = Some(reply.conversation);
        app = between(app, &home, turn, reply.conversation).await;
    }
    let bodies: Vec<_> = server.chats().into_iter().map(|chat| chat.body).collect();
    assert_eq!(bodies.len(), 30);
    for (turn, pair) in bodies.windows(2).enumerate() {
        let before = up_to_the_new_turn(&pair[0]);
        assert!(pair[1].starts_with(before), "turn {} of {kind:?} loses the prefix cache", turn + 1);
        assert!(pair[1].len() > before.len() + 20);
    }
}

async fn between(app: App, home: &Home, turn: i64, id: porthole_core::domain::ConversationId) -> App {
    match turn % 4 {
        0 => {
            app.rename_conversation(id, &format!("Title {turn}")).await.unwrap();
            app
        }
        1 => {
            app.save_draft(Some(id), "half a thought".to_owned()).await.unwrap();
            home.pass(7 * 24 * 3_600_000);
            app
        }
        2 => {
            drop(app);
            home.open().unwrap()
        }
        _ => {
            home.pass(-3_600_000);
            app.find_servers().await.unwrap();
            app
        }
    }
}

#[tokio::test]
async fn thirty_turns_to_deepseek_keep_their_beginning() {
    check(Dialect::Deepseek, ServerKind::DeepSeek).await;
}

#[tokio::test]
async fn thirty_turns_to_llama_cpp_keep_their_beginning() {
    check(Dialect::LlamaCpp, ServerKind::LlamaCpp).await;
}

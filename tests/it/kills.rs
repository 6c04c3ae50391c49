//! A program that is killed at any moment of a reply, while another one writes.
//!
//! `cargo xtask soak` kills ten times as often and holds it to the 250 ms that are promised; a machine that is busy with
//! other tests keeps some of them waiting longer.

use std::time::{Duration, Instant};

use porthole_core::domain::{ConversationId, MessageState, ServerKind};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, question, words_of};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// What arrived this long before the kill must be in the history, in milliseconds.
fn promised() -> Duration {
    let set = std::env::var("PORTHOLE_SOAK_LOSS_MS").ok().and_then(|ms| ms.parse().ok());
    Duration::from_millis(set.unwrap_or(1_000))
}

fn kills() -> u64 {
    std::env::var("PORTHOLE_SOAK_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(20)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_kill_loses_what_was_committed() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let other = ask(&app, question(None, &model, "Anybody there?")).await.conversation;
    let whole = (0..1_200).map(|word| format!("word{word}")).collect::<Vec<_>>().join(" ");
    let mut dice = 88_172_645_463_325_252_u64;
    for kill in 0..kills() {
        // xorshift64: each run kills at the same places.
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        server.reply(Script::answer(whole.as_str()).thinking("").chunk_characters(9).per_second(400.0));
        let words = format!("question {kill}");
        let mut killed = home
            .cli()
            .args(["ask", "--json", "--server", "fake", "--model", "deepseek-v4-pro", &words])
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(killed.stdout.take().unwrap()).lines();
        let mut conversation: Option<ConversationId> = None;
        let mut printed: Vec<(Instant, String)> = Vec::new();
        for _ in 0..=dice % 600 {
            let line: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
            match line["type"].as_str() {
                Some("start") => conversation = Some(line["conversation"].as_str().unwrap().parse().unwrap()),
                Some("text") => printed.push((Instant::now(), line["text"].as_str().unwrap().to_owned())),
                _ => {}
            }
            app.rename_conversation(other, &format!("Chat {}", printed.len())).await.unwrap();
        }
        let at = Instant::now();
        killed.kill().await.unwrap();
        let old: String = printed
            .iter()
            .filter(|(when, _)| at - *when > promised())
            .map(|(_, text)| text.as_str())
            .collect();

        let again = home.open().unwrap();
        let branch = again.branch(conversation.unwrap()).await.unwrap();
        assert_eq!(words_of(&branch.messages[0]).1, words, "the question");
        let kept = words_of(&branch.messages[1]).1;
        assert!(whole.starts_with(&kept), "no gap and nothing twice: {kept:?}");
        assert!(kept.starts_with(&old), "{} of {} characters are kept", kept.len(), old.len());
        assert_eq!(branch.messages[1].state, MessageState::CutOff);
        assert_eq!(branch.messages[1].attempts[0].state, MessageState::CutOff);
    }
    assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new());
}

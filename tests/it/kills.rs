//! A program that is killed at any moment of a reply, while another one writes.
//!
//! `cargo xtask soak` kills ten times as often and holds it to the 250 ms that are promised; a machine that is busy with
//! other tests keeps some of them waiting longer.

mod asked;
#[cfg(target_os = "linux")]
mod failing_sync;
#[cfg(target_os = "linux")]
mod full_disk;
#[cfg(target_os = "linux")]
mod kept;

use std::time::Duration;

use porthole_core::domain::{MessageState, ServerKind};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, question, words_of};
use tokio::sync::Mutex;

use self::asked::Asked;

/// One form at a time: each of them keeps the disk busy enough.
static TURN: Mutex<()> = Mutex::const_new(());

/// What arrived this long before the kill must be in the history, in milliseconds.
fn promised() -> Duration {
    let set = std::env::var("PORTHOLE_SOAK_LOSS_MS").ok().and_then(|ms| ms.parse().ok());
    Duration::from_millis(set.unwrap_or(1_000))
}

/// How often to kill, where `cargo xtask soak` asks for it.
fn soak() -> Option<u64> {
    std::env::var("PORTHOLE_SOAK_KILLS").ok().and_then(|kills| kills.parse().ok())
}

fn kills() -> u64 {
    soak().unwrap_or(20)
}

/// xorshift64: each run throws the same.
struct Dice(u64);

impl Dice {
    const fn new() -> Self {
        Self(88_172_645_463_325_252)
    }

    const fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// How much a server says at a time.
const CHARACTERS_A_PIECE: usize = 9;

/// A reply of that many words, and a server's way to say it piece by piece.
fn reply_of(words: u64, per_second: f64) -> (String, Script) {
    let whole = (0..words).map(|word| format!("word{word}")).collect::<Vec<_>>().join(" ");
    let script = Script::answer(whole.as_str())
        .thinking("")
        .chunk_characters(CHARACTERS_A_PIECE)
        .per_second(per_second);
    (whole, script)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_kill_loses_what_was_committed() {
    let _turn = TURN.lock().await;
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let other = ask(&app, question(None, &model, "Anybody there?")).await.conversation;
    let mut dice = Dice::new();
    for kill in 0..kills() {
        // Its end never comes, however long this takes to read what came before it.
        let (whole, script) = reply_of(1_200, 400.0);
        server.reply(script.stall_after(1_000));
        let words = format!("question {kill}");
        let mut killed = Asked::start(home.cli(), &words);
        // A busy machine gets the same text in fewer and longer lines.
        let enough = usize::try_from(dice.below(600)).unwrap() * CHARACTERS_A_PIECE;
        while killed.characters() <= enough {
            let told = killed.next().await;
            assert!(!told.is_last(), "it ended by itself: {told:?}, {}", killed.said);
            app.rename_conversation(other, &format!("Chat {}", killed.pieces())).await.unwrap();
        }
        let at = killed.kill().await;
        let old = killed.printed_before(at, promised());

        let again = home.open().unwrap();
        let branch = again.branch(killed.conversation.unwrap()).await.unwrap();
        assert_eq!(words_of(&branch.messages[0]).1, words, "the question");
        let kept = words_of(&branch.messages[1]).1;
        assert!(whole.starts_with(&kept), "no gap and nothing twice: {kept:?}");
        assert!(kept.starts_with(&old), "{} of {} characters are kept", kept.len(), old.len());
        assert_eq!(branch.messages[1].state, MessageState::CutOff);
        assert_eq!(branch.messages[1].attempts[0].state, MessageState::CutOff);
    }
    assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new());
}

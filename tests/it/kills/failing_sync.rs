//! The same on a disk that fails at fsync.

use std::fs;
use std::path::Path;

use porthole_core::domain::ServerKind;
use porthole_tests::fake_v4::FakeV4;
use porthole_tests::harness::{Home, app_with, ask, program, question, words_of};

use super::asked::{Asked, Told};
use super::kept::Kept;
use super::{Dice, TURN, kills, promised, reply_of};

/// When the disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fails {
    /// Now and then from the beginning.
    NowAndThen,
    /// From a moment in the reply on, always.
    FromAMoment,
    /// From a moment in the reply on, always, until it tells that it cannot save the reply.
    UntilTold,
    /// Always.
    Always,
}

const FAILS: [Fails; 4] = [Fails::NowAndThen, Fails::FromAMoment, Fails::UntilTold, Fails::Always];

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_loses_nothing_that_was_committed() {
    let _turn = TURN.lock().await;
    let (server, home) = (FakeV4::start().await, Home::new());
    let outside = tempfile::Builder::new().prefix("porthole-").tempdir().unwrap();
    let fault = outside.path().join("fails");
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let mut kept = Kept::with(ask(&app, question(None, &model, "Anybody there?")).await.conversation);
    drop(app);
    let mut dice = Dice::new();
    for round in 0..kills() {
        one_round(&server, &home, &fault, &mut dice, &mut kept, round).await;
    }
    kept.tell(kills());
    server.reply_always(reply_of(3, 1_000.0).1);
    let app = home.open().unwrap();
    let reply = ask(&app, question(None, &model, "And now?")).await;
    assert_eq!(words_of(&reply).1, "word0 word1 word2", "it works on");
}

async fn one_round(server: &FakeV4, home: &Home, fault: &Path, dice: &mut Dice, kept: &mut Kept, round: u64) {
    let fails = FAILS[usize::try_from(round % 4).unwrap()];
    let (before, after) = (dice.below(150), dice.below(150));
    // Half of the replies end before the kill.
    let is_short = fails == Fails::UntilTold || dice.below(2) == 0;
    let (whole, script) = reply_of(if is_short { 100 + dice.below(200) } else { 1_200 }, 800.0);
    server.reply_always(script);
    let heard = server.chats().len();
    let other = (dice.below(2) == 0).then(|| home.open().unwrap());
    match fails {
        Fails::NowAndThen => fs::write(fault, format!("{round} {}", 2 + dice.below(4))).unwrap(),
        Fails::Always => fs::write(fault, "0 1").unwrap(),
        Fails::FromAMoment | Fails::UntilTold => {}
    }
    let words = format!("question {round}");
    let mut asked = Asked::start(cli_on_failing_disk(home, fault), &words);
    let (mut last, mut step, mut unsaved) = (Told::Text, 0, false);
    while !last.is_last() {
        if step == before && matches!(fails, Fails::FromAMoment | Fails::UntilTold) {
            fs::write(fault, "0 1").unwrap();
        }
        if unsaved && fails == Fails::UntilTold {
            // It is there no more once it was removed.
            let _ = fs::remove_file(fault);
        } else if unsaved || (step > before + after && !is_short) {
            break;
        }
        last = asked.next().await;
        unsaved |= last == Told::Unsaved;
        step += 1;
        if let Some(app) = &other {
            // Its own disk is sound.
            assert_eq!(kept.rename(app, format!("Chat {round}.{step}")).await, None);
        }
    }
    let at = asked.end(&last).await;
    let _ = fs::remove_file(fault);
    drop(other);
    kept.count(&last, unsaved);

    let app = home.open().unwrap();
    if let Told::Failed(code) = &last {
        assert_eq!(code, "internal", "{}", asked.said);
        assert!(asked.said.contains("disk"), "{}", asked.said);
        assert_eq!(asked.conversation, None, "a reply that cannot be saved is waited for");
        assert_eq!(server.chats().len(), heard, "what is not in the history is not sent");
    }
    if asked.conversation.is_some() {
        let ended = unsaved || last == Told::Done;
        let old = if ended { whole.clone() } else { asked.printed_before(at, promised()) };
        kept.take(&app, &asked, &words, &old, &whole).await;
        if ended {
            kept.latest_is_complete();
        }
    }
    assert_eq!(kept.rename(&app, format!("Chat {round}, after it")).await, None);
    kept.look(&app).await;
}

fn cli_on_failing_disk(home: &Home, fault: &Path) -> tokio::process::Command {
    let library = program("libfailing_sync.so");
    assert!(library.is_file(), "{} is not there; `cargo build --workspace` makes it", library.display());
    let mut cli = home.cli();
    cli.env("LD_PRELOAD", library).env("FAILING_SYNC", fault);
    cli
}

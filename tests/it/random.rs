//! Whatever two programs do to one history, one after the other or at once, it stays sound.
//!
//! `PORTHOLE_CASES` sets how many histories are tried; a failure prints the steps that led to it.

mod invariants;
mod program;
mod view;

use std::time::Duration;

use porthole_core::domain::{Code, Failure, ServerKind};
use porthole_core::{App, UndoId};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, ask, model_on, question};
use proptest::prelude::*;

use self::program::{Program, Step, step};
use self::view::{TOLD, View, follow};

/// How long all of one history may take. One that takes longer waits for what will not come.
const PATIENCE: Duration = Duration::from_mins(2);

/// Who does something.
#[derive(Debug, Clone)]
enum Round {
    First(Step),
    Second(Step),
    AtOnce(Step, Step),
}

fn round() -> impl Strategy<Value = Round> {
    prop_oneof![
        step().prop_map(Round::First),
        step().prop_map(Round::Second),
        (step(), step()).prop_map(|(first, second)| Round::AtOnce(first, second)),
    ]
}

/// What is impossible is refused; anything else that goes wrong is a fault.
fn refused(done: Result<Option<UndoId>, Failure>) -> Result<Option<UndoId>, Code> {
    done.map_err(|failure| {
        let expected = [Code::InvalidRequest, Code::NotFound, Code::Busy];
        assert!(expected.contains(&failure.code), "{failure:?}");
        failure.code
    })
}

/// Lets a program do something while the other waits: refused, it changes nothing; taken back at once, it is as if it
/// had not been.
async fn alone(program: &mut Program<'_>, other: &Program<'_>, step: &Step) {
    // A reply that is stopped on the way would make a difference of its own.
    let undone = step.is_undone && {
        program.app.stop_all().await;
        other.app.stop_all().await;
        program.queues_are_over().await;
        true
    };
    let (kept, shown) = (program.file.content(), View::of(&program.app).await);
    match refused(program.take(step).await) {
        Err(code) => {
            assert_eq!(program.file.content(), kept, "what is refused ({}) changes nothing", code.name());
        }
        Ok(Some(undo)) if undone => {
            program.app.undo(undo).await.expect("what was done just now can be taken back");
            assert_eq!(View::of(&program.app).await, shown, "what is taken back at once was never there");
            let again = program.app.undo(undo).await.expect_err("once is enough");
            assert_eq!(again.code, Code::NotFound);
        }
        Ok(Some(undo)) => program.undos.push(undo),
        Ok(None) => {}
    }
}

async fn check(rounds: &[Round]) {
    let (server, slow) = (FakeV4::start().await, FakeV4::start().await);
    slow.reply_always(Script::answer("One two three four.").chunk_characters(4).thinking("").pause_after(3));
    let home = Home::new();
    let watching = home.open().unwrap();
    let quick_model = model_on(&watching, "fake", &server.url(), ServerKind::DeepSeek).await;
    let slow_model = model_on(&watching, "slow", &slow.url(), ServerKind::DeepSeek).await;
    let last = ask(&watching, question(None, &quick_model, "spared")).await;
    let changes = watching.changes();
    let watcher = tokio::spawn(follow(watching.clone(), changes));
    let models = [quick_model, slow_model];
    let mut first = Program::open(&home, &slow, models.clone(), last.conversation);
    let mut second = Program::open(&home, &slow, models, last.conversation);
    for round in rounds {
        match round {
            Round::First(step) => alone(&mut first, &second, step).await,
            Round::Second(step) => alone(&mut second, &first, step).await,
            Round::AtOnce(one, other) => {
                let (one, other) = tokio::join!(first.take(one), second.take(other));
                first.undos.extend(refused(one).ok().flatten());
                second.undos.extend(refused(other).ok().flatten());
            }
        }
    }
    for program in [&first, &second] {
        program.app.stop_all().await;
    }
    first.queues_are_over().await;
    first.file.check_tree();
    let inside = first.app.check_history().await.unwrap();
    assert_eq!(inside.faults, Vec::<String>::new());
    invariants::check_order(&first.app).await;
    invariants::check_sums(&first.app, &first.file, home.path()).await;

    first.app.set_titles(false).await.unwrap();
    first.app.rename_conversation(last.conversation, TOLD).await.unwrap();
    let shown = View::of(&second.app).await;
    assert_eq!(watcher.await.unwrap(), shown, "whoever follows what is told sees what is there");
    drop((first, second, watching));
    let again: App = home.open().unwrap();
    assert_eq!(View::of(&again).await, shown, "it opens as it was");
    assert_eq!(again.begin().await.unwrap().recovered, 0, "nothing was left half done");
    super::export::comes_back(&again).await;
}

fn cases() -> u32 {
    std::env::var("PORTHOLE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(8)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        max_shrink_time: 60_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_two_programs_do_the_history_is_sound(rounds in proptest::collection::vec(round(), 1..40)) {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            tokio::time::timeout(PATIENCE, check(&rounds)).await.expect("something never ended");
        });
    }
}

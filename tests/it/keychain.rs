//! Keys in a real keychain: gnome-keyring on a message bus of its own, with nothing of the machine's. Each start of
//! Porthole is a process of its own, this program again with what to do in [`STEPS`].

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use porthole_core::secrets::{KeySource, KeychainError, Keys, Secret, SecretName};
use porthole_tests::session::Session;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Child;

/// The steps of one start, one per line.
const STEPS: &str = "PORTHOLE_KEYCHAIN_STEPS";
/// The prefix of what a step prints; the test runner prints other lines.
const SAID: &str = "=> ";
/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

fn porthole(session: &Session, steps: &[&str]) -> Child {
    let mut program = session.command(std::env::current_exe().unwrap());
    program
        .args(["--exact", "keychain::one_start", "--nocapture"])
        .env(STEPS, steps.join("\n"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    program.spawn().unwrap()
}

/// Starts Porthole, lets it do these steps, and returns the outcome of each.
async fn run(session: &Session, steps: &[&str]) -> Vec<String> {
    let output = tokio::time::timeout(PATIENCE, porthole(session, steps).wait_with_output()).await;
    let output = output.expect("a start ends").unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    printed.lines().filter_map(said).map(str::to_owned).collect()
}

/// The test runner's own output may precede a step's on the same line.
fn said(line: &str) -> Option<&str> {
    line.split_once(SAID).map(|(_, said)| said)
}

/// One start of Porthole inside a session; without [`STEPS`] it has nothing to do.
#[tokio::test]
async fn one_start() {
    let Ok(steps) = std::env::var(STEPS) else { return };
    let keys = Keys::of_machine();
    for step in steps.lines() {
        let words: Vec<_> = step.split(' ').collect();
        let told = match words[..] {
            ["keep", name, key] => {
                let kept = keys.keep(&SecretName::new(name), Secret::new(key.to_owned())).await;
                kept.map(|()| "kept".to_owned())
            }
            ["find", name] => keys.find(&SecretName::new(name), &[]).await.map(|found| {
                found.map_or("nothing".to_owned(), |key| {
                    assert_eq!(key.source, KeySource::Keychain);
                    key.secret.expose().clone()
                })
            }),
            ["delete", name] => keys.delete(&SecretName::new(name)).await.map(|()| "deleted".to_owned()),
            ["pause"] => {
                println!("{SAID}paused");
                std::io::stdin().read_line(&mut String::new()).unwrap();
                Ok("resumed".to_owned())
            }
            _ => panic!("no step: {step}"),
        };
        let told = told.unwrap_or_else(|error| {
            std::io::stderr().write_all(format!("{step}: {error}\n").as_bytes()).unwrap();
            match error {
                KeychainError::Unavailable { .. } => "Unavailable",
                KeychainError::Locked => "Locked",
                KeychainError::Refused { .. } => "Refused",
                KeychainError::Unfit(_) => "Unfit",
            }
            .to_owned()
        });
        println!("{SAID}{told}");
    }
}

#[tokio::test]
async fn a_key_is_there_at_the_next_start_until_it_is_deleted() {
    let Some(session) = Session::start().await else { return };
    let _keyring = session.keyring(true).await;
    let long = "k".repeat(4096);
    let keep_long = format!("keep long {long}");
    for (steps, expected) in [
        (["find 1f/1", "keep 1f/1 sk-first", "find 1f/1"], ["nothing", "kept", "sk-first"]),
        (["find 1f/1", "find 1f/2", "keep 1f/2 sk-~2"], ["sk-first", "nothing", "kept"]),
        (["keep 1f/1 sk-second", "find 1f/1", "find 1f/2"], ["kept", "sk-second", "sk-~2"]),
        (["find 1f/1", "delete 1f/1", "find 1f/1"], ["sk-second", "deleted", "nothing"]),
        (["find 1f/1", "delete 1f/1", "find 1f/2"], ["nothing", "deleted", "sk-~2"]),
        ([&keep_long, "find long", "delete long"], ["kept", &long, "deleted"]),
    ] {
        assert_eq!(run(&session, &steps).await, expected, "{steps:?}");
    }
}

#[tokio::test]
async fn without_a_bus_or_a_provider_the_keychain_is_unavailable() {
    let steps = ["find 1f/1", "keep 1f/1 sk-first", "delete 1f/1"];
    assert_eq!(run(&Session::without_bus(), &steps).await, ["Unavailable"; 3]);
    let Some(session) = Session::start().await else { return };
    assert_eq!(run(&session, &steps).await, ["Unavailable"; 3]);
}

#[tokio::test]
async fn a_keychain_that_nobody_has_unlocked_keeps_nothing() {
    let Some(session) = Session::start().await else { return };
    let keyring = session.keyring(false).await;
    let steps = ["find 1f/1", "keep 1f/1 sk-first", "find 1f/1", "delete 1f/1"];
    assert_eq!(run(&session, &steps).await, ["nothing", "Locked", "nothing", "deleted"], "no keyring in it");
    end(keyring).await;
    let keyring = session.keyring(true).await;
    assert_eq!(run(&session, &["keep 1f/1 sk-first"]).await, ["kept"]);
    end(keyring).await;
    let keyring = session.keyring(false).await;
    let steps = ["find 1f/1", "keep 1f/1 sk-second", "keep 1f/2 sk-new", "delete 1f/1"];
    assert_eq!(run(&session, &steps).await, ["Locked"; 4], "a keyring that stays locked");
    end(keyring).await;
    let _keyring = session.keyring(true).await;
    assert_eq!(run(&session, &["find 1f/1", "find 1f/2"]).await, ["sk-first", "nothing"]);
}

#[tokio::test]
async fn a_keychain_that_is_started_anew_goes_on_being_used() {
    let Some(session) = Session::start().await else { return };
    let keyring = session.keyring(true).await;
    assert_eq!(run(&session, &["keep 1f/1 sk-first"]).await, ["kept"]);
    let steps = ["keep 1f/2 sk-second", "pause", "find 1f/1", "keep 1f/2 sk-third", "find 1f/2"];
    let mut porthole = porthole(&session, &steps);
    let (mut stdin, stdout) = (porthole.stdin.take().unwrap(), porthole.stdout.take().unwrap());
    let mut lines = BufReader::new(stdout).lines();
    let mut told = Vec::new();
    while let Some(line) = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap() {
        told.extend(said(&line).map(str::to_owned));
        if line.ends_with("paused") {
            break;
        }
    }
    end(keyring).await;
    let _keyring = session.keyring(true).await;
    stdin.write_all(b"\n").await.unwrap();
    while let Some(line) = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap() {
        told.extend(said(&line).map(str::to_owned));
    }
    assert_eq!(told, ["kept", "paused", "resumed", "sk-first", "kept", "sk-third"]);
}

async fn end(mut program: Child) {
    program.kill().await.unwrap();
}

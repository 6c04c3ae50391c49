//! Data folders that cannot be used: reported clearly and left as they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use porthole_core::domain::{Code, ServerKind};
use porthole_tests::fake_v4::FakeV4;
use porthole_tests::harness::{Home, app_with, ask, question};

fn content_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let bytes = if entry.path().is_file() { fs::read(entry.path()).unwrap() } else { Vec::new() };
            (entry.file_name().into_string().unwrap(), bytes)
        })
        .collect()
}

#[tokio::test]
async fn a_folder_of_a_newer_version_is_left_untouched() {
    let home = Home::new();
    drop(home.open().unwrap());
    let file = home.path().join("porthole.db");
    rusqlite::Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = content_of(home.path());
    let error = home.open().err().unwrap();
    assert_eq!(error.code, Code::NewerVersion);
    assert!(error.detail.unwrap().contains("schema 99"));
    assert_eq!(content_of(home.path()), before);
}

#[tokio::test]
async fn a_file_that_is_no_history_is_left_untouched() {
    let home = Home::new();
    fs::write(home.path().join("porthole.db"), "these are my tax records".repeat(100)).unwrap();
    let before = content_of(home.path());
    let error = home.open().err().unwrap();
    assert_eq!(error.code, Code::Damaged);
    assert_eq!(content_of(home.path()), before);
}

#[tokio::test]
async fn a_history_that_another_program_holds_is_told_after_a_while_and_opens_when_it_is_let_go() {
    let home = Home::new();
    drop(home.open().unwrap());
    let mut holder = rusqlite::Connection::open(home.path().join("porthole.db")).unwrap();
    let held = holder.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let before = content_of(home.path());
    assert_eq!(home.open().err().unwrap().code, Code::Busy);
    assert_eq!(content_of(home.path()), before);
    held.rollback().unwrap();
    home.open().unwrap();
}

/// `/sys` refuses new folders to everyone, root included, which tests may run as.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    use porthole_core::clock::Clock;
    use porthole_core::{App, Options};
    let options = Options {
        folder: "/sys/porthole".into(),
        clock: Clock::system(),
        keys: porthole_core::secrets::Keys::without_keychain(),
        named_servers: Vec::new(),
    };
    let error = App::open(options).err().unwrap();
    assert_eq!(error.code, Code::ReadOnly);
    assert!(error.to_string().contains("--data-dir"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_folder_is_private_to_its_user() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let folder = home.path().join("deep/data");
    let options = porthole_core::Options {
        folder: folder.clone(),
        clock: porthole_core::clock::Clock::system(),
        keys: porthole_core::secrets::Keys::without_keychain(),
        named_servers: Vec::new(),
    };
    drop(porthole_core::App::open(options).unwrap());
    assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn what_is_in_the_history_can_be_read_when_nothing_can_be_written() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let reply = ask(&app, question(None, &model, "one")).await;
    let file = rusqlite::Connection::open(home.path().join("porthole.db")).unwrap();
    file.execute_batch("CREATE TRIGGER full BEFORE INSERT ON setting BEGIN SELECT RAISE(ABORT, 'full'); END")
        .unwrap();
    assert_eq!(app.open_conversation(reply.conversation, None).await.unwrap().messages.len(), 2);
}

/// A shell that runs `steps` in `namespaces` of its own, where the data folder is a disk of `size`; `$0` is the command
/// line program. `None` if the system does not allow such namespaces: then nothing can be tested.
#[cfg(target_os = "linux")]
fn on_a_small_disk(
    home: &Home,
    size: &str,
    namespaces: &str,
    steps: &str,
) -> Option<tokio::process::Command> {
    let shell = |steps: &str| {
        let mut shell = tokio::process::Command::new("unshare");
        shell
            .args([namespaces, "sh", "-c", steps])
            .arg(porthole_tests::harness::program("porthole-cli"))
            .env("HOME", home.path())
            .env("PORTHOLE_DATA_DIR", home.path())
            .env("PORTHOLE_KEYCHAIN", "off")
            .env("PORTHOLE_KEY_FAKE", "sk-test")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .kill_on_drop(true);
        shell
    };
    let mount = format!("mount -t tmpfs -o size={size} tmpfs \"$HOME\"");
    let tried = shell(&mount).as_std_mut().status();
    if !tried.is_ok_and(|status| status.success()) {
        println!("no mount namespace to be had here");
        return None;
    }
    Some(shell(&format!("{mount} || exit 77\n{steps}")))
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_named_and_nothing_is_lost() {
    let home = Home::new();
    let steps = r#"add() { "$0" --json servers add --name "$1" --url http://127.0.0.1:9; }
        add before || exit 1
        dd if=/dev/zero of="$HOME/fill" bs=1k 2>/dev/null
        add during && exit 1
        rm "$HOME/fill"
        "$0" --json servers list"#;
    // Without a network no other test's server is found here and recorded.
    let Some(mut shell) = on_a_small_disk(&home, "400k", "-rmn", steps) else { return };
    let output = shell.output().await.unwrap();
    let (lines, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{lines}{told}");
    assert!(lines.contains(r#""code":"disk_full""#), "{lines}");
    assert!(told.contains("Free some space"), "{told}");
    let listed = lines.split("disk_full").nth(1).unwrap_or_default();
    assert!(listed.contains("before"), "what was there is there: {lines}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn d1_a_reply_that_a_full_disk_refused_is_taken_in_by_the_next_start() {
    use porthole_tests::fake_v4::Script;
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    let server = FakeV4::start().await;
    let home = Home::new();
    let steps = format!(
        r#"exec 2>&1
        "$0" --json servers add --name fake --url {}/v1 || exit 1
        "$0" --json ask --server fake -m deepseek-v4-pro Hello? &
        read -r step; dd if=/dev/zero of="$HOME/fill" bs=1k 2>/dev/null; echo "disk is full"
        read -r step; kill -9 $!; rm "$HOME/fill"; echo "program is dead"
        "$0" show "$("$0" --json list | sed 's/.*"id":"\([0-9]*\)".*/\1/')""#,
        server.url()
    );
    let Some(mut shell) = on_a_small_disk(&home, "4m", "-rm", &steps) else { return };
    // More than the journal of the history holds, and less than is reserved.
    let text = "word ".repeat(100_000);
    server.reply(Script::answer(text.clone()).thinking("").chunk_characters(500).pause_after(3));
    let mut shell = shell.spawn().unwrap();
    let mut stdin = shell.stdin.take().unwrap();
    let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines();
    let mut told = String::new();
    let mut wait_for = async |words: &str| {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains(words) {
                return line;
            }
            assert!(!line.contains(r#""type":"done""#), "a reply that is not kept is not done: {line:.40}");
            told = line;
        }
        panic!("it was not said: {words:.40}; last was {told:.400}");
    };
    let request = server.wait_for_chat(0).await.index;
    server.wait_for_events(request, 3).await;
    stdin.write_all(b"fill\n").await.unwrap();
    wait_for("disk is full").await;
    server.resume(request);
    let said = wait_for("not saved yet").await;
    // Why is not asserted: on a busy machine it is told that the history is slow before it is told that the disk is full.
    assert!(said.contains("A copy is in the data folder"), "{said}");
    stdin.write_all(b"kill\n").await.unwrap();
    wait_for("program is dead").await;
    wait_for(text.trim_end()).await;
}

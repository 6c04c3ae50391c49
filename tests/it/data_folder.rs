//! Data folders that cannot be used: told clearly and left as they are.

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
    assert!(error.message.contains("99") && error.message.contains("newer version"), "{}", error.message);
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
    assert!(error.message.contains("--data-dir"), "{}", error.message);
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

/// A disk of 400 KB in a mount namespace of its own, filled to the last byte. Where the system lets nobody have
/// such a namespace there is nothing to be shown.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_named_and_nothing_is_lost() {
    let home = Home::new();
    let steps = r#"mount -t tmpfs -o size=400k tmpfs "$HOME" || exit 77
        add() { "$0" --json servers add --name "$1" --url http://127.0.0.1:9; }
        add before || exit 1
        dd if=/dev/zero of="$HOME/fill" bs=1k 2>/dev/null
        add during && exit 1
        rm "$HOME/fill"
        "$0" --json servers list"#;
    let cli = porthole_tests::harness::program("porthole-cli");
    let mut shell = tokio::process::Command::new("unshare");
    shell
        .args(["-rm", "sh", "-c", steps])
        .arg(cli)
        .env("HOME", home.path())
        .env("PORTHOLE_DATA_DIR", home.path())
        .env("PORTHOLE_KEYCHAIN", "off");
    let output = shell.output().await.unwrap();
    let (lines, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.code() == Some(77) || told.contains("unshare failed") {
        println!("no mount namespace to be had here: {told}");
        return;
    }
    assert!(output.status.success(), "{lines}{told}");
    assert!(lines.contains(r#""code":"disk_full""#), "{lines}");
    assert!(told.contains("Free some space"), "{told}");
    let listed = lines.split("disk_full").nth(1).unwrap_or_default();
    assert!(listed.contains("before"), "what was there is there: {lines}");
}

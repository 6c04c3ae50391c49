//! A folder of files that is kept as the history is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use porthole_core::domain::{Cause, ConversationId, Lock, ModelChoice, ServerKind};
use porthole_core::{App, Arrangement, KeptFolder, KeptFormat};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, question};

/// The names in a folder and the folders in it, the index left out.
fn names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            names.extend(self::names(&path).into_iter().map(|inner| format!("{name}/{inner}")));
        } else if !name.starts_with(".porthole") {
            names.push(name);
        }
    }
    names.sort();
    names
}

/// What each of them says.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let read = |name: String| (name.clone(), std::fs::read_to_string(folder.join(name)).unwrap());
    names(folder).into_iter().map(read).collect()
}

struct Kept {
    app: App,
    model: ModelChoice,
    server: FakeV4,
    folder: PathBuf,
    _home: (Home, tempfile::TempDir),
}

impl Kept {
    async fn new() -> Self {
        let (server, home, around) = (FakeV4::start().await, Home::new(), tempfile::tempdir().unwrap());
        let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
        let folder = around.path().join("Chats");
        let kept = Self { app, model, server, folder, _home: (home, around) };
        kept.keep(KeptFormat::Markdown, false).await;
        kept
    }

    async fn keep(&self, format: KeptFormat, locked: bool) {
        let folder = self.folder.clone();
        self.app.keep_folder(Some(KeptFolder { folder, format, locked })).await.unwrap();
    }

    async fn ask(&self, chat: Option<ConversationId>, text: &str) -> ConversationId {
        self.server.reply(Script::answer("Twice a day."));
        ask(&self.app, question(chat, &self.model, text)).await.conversation
    }

    /// Brings the folder up to date and names its files.
    async fn names(&self) -> Vec<String> {
        self.app.keep_folder_now().await.unwrap();
        names(&self.folder)
    }

    async fn arrange(&self, chat: ConversationId, change: Arrangement) {
        self.app.arrange(vec![chat], change).await.unwrap();
    }

    async fn left_alone(&self) -> Vec<String> {
        self.app.kept_folder().await.unwrap().unwrap().left_alone
    }
}

#[tokio::test]
async fn each_chat_is_a_file_that_follows_it() {
    let kept = Kept::new().await;
    let chat = kept.ask(None, "Tides").await;
    let other = kept.ask(None, "Tides").await;
    assert_eq!(kept.names().await, ["Tides (2).md", "Tides.md"]);
    assert!(files(&kept.folder)["Tides.md"].contains("Twice a day."));

    kept.ask(Some(chat), "And the moon?").await;
    kept.names().await;
    assert!(files(&kept.folder)["Tides.md"].contains("And the moon?"));

    kept.app.rename_conversation(chat, "Moon: why?").await.unwrap();
    assert_eq!(kept.names().await, ["Moon why.md", "Tides (2).md"]);

    kept.arrange(chat, Arrangement::Trash { on: true }).await;
    assert_eq!(kept.names().await, ["Tides (2).md", "Trash/Moon why.md"]);
    kept.arrange(chat, Arrangement::Trash { on: false }).await;
    assert_eq!(kept.names().await, ["Moon why.md", "Tides (2).md"]);

    kept.arrange(other, Arrangement::Trash { on: true }).await;
    kept.app.delete_forever(vec![other]).await.unwrap();
    assert_eq!(kept.names().await, ["Moon why.md"]);

    kept.keep(KeptFormat::Json, false).await;
    assert_eq!(kept.names().await, ["Moon why.json"]);
}

#[tokio::test]
async fn what_somebody_wrote_or_changed_is_never_touched() {
    let kept = Kept::new().await;
    std::fs::write(kept.folder.join("Tides.md"), "mine").unwrap();
    let chat = kept.ask(None, "Tides").await;
    assert_eq!(kept.names().await, ["Tides (2).md", "Tides.md"]);
    assert_eq!(files(&kept.folder)["Tides.md"], "mine");

    let changed = kept.folder.join("Tides (2).md");
    let written = std::fs::read_to_string(&changed).unwrap();
    std::fs::write(&changed, "changed").unwrap();
    kept.ask(Some(chat), "And the moon?").await;
    kept.app.rename_conversation(chat, "Moon").await.unwrap();
    assert_eq!(kept.names().await, ["Tides (2).md", "Tides.md"]);
    assert_eq!(files(&kept.folder)["Tides (2).md"], "changed");
    assert_eq!(kept.left_alone().await, ["Tides (2).md"]);

    // As it was, it is ours again.
    std::fs::write(&changed, written).unwrap();
    assert_eq!(kept.names().await, ["Moon.md", "Tides.md"]);

    // A file that was taken away comes back with the next change.
    std::fs::remove_file(kept.folder.join("Moon.md")).unwrap();
    kept.ask(Some(chat), "Once more?").await;
    assert_eq!(kept.names().await, ["Moon.md", "Tides.md"]);

    // What was changed stays even when its chat is gone.
    std::fs::write(kept.folder.join("Moon.md"), "changed").unwrap();
    kept.arrange(chat, Arrangement::Trash { on: true }).await;
    kept.app.delete_forever(vec![chat]).await.unwrap();
    assert_eq!(kept.names().await, ["Moon.md", "Tides.md"]);
}

#[tokio::test]
async fn a_locked_chat_has_a_file_only_when_that_is_asked_for() {
    let kept = Kept::new().await;
    let chat = kept.ask(None, "Tides").await;
    assert_eq!(kept.names().await, ["Tides.md"]);
    kept.app.set_lock(Some(chat), Lock::ThisComputer).await.unwrap();
    assert_eq!(kept.names().await, Vec::<String>::new());
    kept.keep(KeptFormat::Markdown, true).await;
    assert_eq!(kept.names().await, ["Tides.md"]);
}

#[tokio::test]
async fn a_drive_that_is_away_is_told_and_not_replaced() {
    let kept = Kept::new().await;
    let chat = kept.ask(None, "Tides").await;
    kept.names().await;
    let away = kept.folder.with_extension("away");
    std::fs::rename(&kept.folder, &away).unwrap();
    // Where a drive was, an empty folder may be left.
    std::fs::create_dir(&kept.folder).unwrap();
    kept.ask(Some(chat), "And the moon?").await;
    let refused = kept.app.keep_folder_now().await.unwrap_err();
    assert!(matches!(refused.cause.as_deref(), Some(Cause::FolderAway { .. })), "{refused:?}");
    assert_eq!(kept.app.kept_folder().await.unwrap().unwrap().problem, Some(refused));
    assert_eq!(names(&kept.folder), Vec::<String>::new());

    std::fs::remove_dir(&kept.folder).unwrap();
    std::fs::rename(&away, &kept.folder).unwrap();
    assert_eq!(kept.names().await, ["Tides.md"]);
    assert!(files(&kept.folder)["Tides.md"].contains("And the moon?"));
    assert_eq!(kept.app.kept_folder().await.unwrap().unwrap().problem, None);
}

/// A program that died after it had written files and before it had written which.
#[tokio::test]
async fn files_that_say_the_same_are_known_again() {
    let kept = Kept::new().await;
    kept.ask(None, "Tides").await;
    let index = kept.folder.join(".porthole.json");
    let before = std::fs::read(&index).unwrap();
    kept.names().await;
    std::fs::write(&index, before).unwrap();
    assert_eq!(kept.names().await, ["Tides.md"]);
}

#[tokio::test]
async fn the_window_keeps_it_without_being_asked() {
    let kept = Kept::new().await;
    let keeping = tokio::spawn(kept.app.clone().keep_folder_true());
    let chat = kept.ask(None, "Tides").await;
    while !names(&kept.folder).contains(&"Tides.md".to_owned()) {
        tokio::task::yield_now().await;
    }
    kept.app.rename_conversation(chat, "Moon").await.unwrap();
    while names(&kept.folder) != ["Moon.md"] {
        tokio::task::yield_now().await;
    }
    keeping.abort();
}

#[tokio::test]
async fn the_data_folder_is_no_such_folder() {
    let kept = Kept::new().await;
    for folder in [kept.app.folder().to_owned(), kept.app.folder().join("chats")] {
        let kept_there = KeptFolder { folder, format: KeptFormat::Markdown, locked: false };
        kept.app.keep_folder(Some(kept_there)).await.unwrap_err();
    }
}

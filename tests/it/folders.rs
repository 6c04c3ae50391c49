//! Folders in folders.

use porthole_core::domain::{
    Beginning, ChatSettings, Code, Effort, Folder, FolderId, Lock, ModelChoice, ServerKind,
};
use porthole_core::store::Store;
use porthole_core::{App, Arrangement, ConversationList, FolderEdit};
use porthole_tests::fake_v4::FakeV4;
use porthole_tests::harness::{Home, app_with, ask, question};

/// The folders as they are listed, each below those around it by two spaces.
async fn tree(app: &App) -> String {
    let line = |folder: &Folder| {
        let indent = "  ".repeat(usize::try_from(folder.depth).unwrap());
        format!("{indent}{} {}\n", folder.name, folder.conversations)
    };
    app.folders().await.unwrap().iter().map(line).collect()
}

async fn make(app: &App, name: &str, parent: Option<FolderId>) -> FolderId {
    app.make_folder(name, parent).await.unwrap().id
}

async fn put(app: &App, conversation: porthole_core::domain::ConversationId, folder: FolderId) {
    app.arrange(vec![conversation], Arrangement::Folder { folder: Some(folder) }).await.unwrap();
}

#[tokio::test]
async fn folders_lie_in_folders_and_move_with_all_that_is_in_them() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let work = make(&app, "Work", None).await;
    let home_folder = make(&app, "home", None).await;
    let client = make(&app, "Client", Some(work)).await;
    let notes = make(&app, "Notes", Some(client)).await;
    make(&app, "Archive", Some(work)).await;
    let in_notes = ask(&app, question(None, &model, "in the notes")).await.conversation;
    put(&app, in_notes, notes).await;
    assert_eq!(tree(&app).await, "home 0\nWork 1\n  Archive 0\n  Client 1\n    Notes 1\n");

    let undo = app.move_folder(client, Some(home_folder)).await.unwrap();
    assert_eq!(tree(&app).await, "home 1\n  Client 1\n    Notes 1\nWork 0\n  Archive 0\n");
    app.undo(undo).await.unwrap();
    assert_eq!(tree(&app).await, "home 0\nWork 1\n  Archive 0\n  Client 1\n    Notes 1\n");

    for (id, parent, code) in [
        (work, work, Code::InvalidRequest),
        (work, notes, Code::InvalidRequest),
        (work, "77".parse().unwrap(), Code::NotFound),
        ("77".parse().unwrap(), work, Code::NotFound),
    ] {
        assert_eq!(app.move_folder(id, Some(parent)).await.unwrap_err().code, code);
    }
    let found = app.search("folder:client notes", None, 10).await.unwrap();
    assert!(found.hits.iter().any(|hit| hit.conversation == in_notes), "a folder stands for those in it too");
}

#[tokio::test]
async fn what_lay_in_a_removed_folder_lies_in_the_one_around_it_until_it_comes_back() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let work = make(&app, "Work", None).await;
    let client = make(&app, "Client", Some(work)).await;
    let notes = make(&app, "Notes", Some(client)).await;
    let chat = ask(&app, question(None, &model, "a chat")).await.conversation;
    put(&app, chat, client).await;

    let undo = app.delete_folder(client).await.unwrap();
    assert_eq!(tree(&app).await, "Work 1\n  Notes 0\n");
    let rows = app.conversations(ConversationList::Folder { folder: work }, None, 10).await.unwrap();
    assert_eq!(rows[0].id, chat);
    app.undo(undo).await.unwrap();
    assert_eq!(tree(&app).await, "Work 1\n  Client 1\n    Notes 0\n");

    // What was moved meanwhile stays where it was moved to, and a folder whose place is gone lies in none.
    let undo = app.delete_folder(client).await.unwrap();
    app.move_folder(notes, None).await.unwrap();
    app.delete_folder(work).await.unwrap();
    app.undo(undo).await.unwrap();
    assert_eq!(tree(&app).await, "Client 0\nNotes 0\n");
}

#[tokio::test]
async fn a_chat_begins_as_its_folder_says_and_else_as_those_around_it() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let work = make(&app, "Work", None).await;
    let client = make(&app, "Client", Some(work)).await;
    let other = ModelChoice { model: "deepseek-v4-flash".to_owned(), ..model.clone() };
    let settings = |system: Option<&str>, temperature, effort| ChatSettings {
        system: system.map(str::to_owned),
        temperature,
        effort,
        ..ChatSettings::default()
    };
    let edit =
        |name: &str, settings, model, lock| FolderEdit { name: name.to_owned(), settings, model, lock };
    let outer = settings(Some("Cite."), Some(0.5), Some(Effort::High));
    app.edit_folder(work, edit("Work", outer, Some(other.clone()), Lock::ThisComputer)).await.unwrap();
    let inner = settings(None, Some(1.0), None);
    let client = app.edit_folder(client, edit("Client", inner, None, Lock::Off)).await.unwrap();
    let begins = Beginning {
        settings: settings(Some("Cite."), Some(1.0), Some(Effort::High)),
        model: Some(other),
        lock: Lock::ThisComputer,
    };
    assert_eq!(client.begins, begins, "the lock around it holds");
    assert_eq!(client.lock, Lock::Off, "and its own is as it was set");
}

#[tokio::test]
async fn folders_lie_in_at_most_eight_others() {
    let home = Home::new();
    let app = home.open().unwrap();
    let mut around = None;
    for depth in 0..=8 {
        around = Some(make(&app, &format!("level {depth}"), around).await);
    }
    assert_eq!(app.make_folder("too deep", around).await.unwrap_err().code, Code::InvalidRequest);
    assert_eq!(app.folders().await.unwrap().len(), 9, "and nothing is left of it");
    let tall = make(&app, "tall", None).await;
    make(&app, "below", Some(tall)).await;
    let eighth = app.folders().await.unwrap()[7].id;
    assert_eq!(app.move_folder(tall, Some(eighth)).await.unwrap_err().code, Code::InvalidRequest);
}

#[tokio::test]
async fn a_folder_that_comes_back_presses_nothing_too_deep() {
    let home = Home::new();
    let app = home.open().unwrap();
    let top = make(&app, "top", None).await;
    let mut around = make(&app, "0", Some(top)).await;
    let between = app.delete_folder(top).await.unwrap();
    for depth in 1..=8 {
        around = make(&app, &depth.to_string(), Some(around)).await;
    }
    // What lay in it has become too tall for it, and stays outside.
    app.undo(between).await.unwrap();
    let folders = app.folders().await.unwrap();
    assert_eq!(folders.iter().map(|folder| folder.depth).max(), Some(8), "{}", tree(&app).await);
    assert!(folders.iter().any(|folder| folder.id == top), "the folder itself is back");
}

#[tokio::test]
async fn a_circle_that_another_program_closed_hides_nothing() {
    let home = Home::new();
    let app = home.open().unwrap();
    let one = make(&app, "One", None).await;
    let two = make(&app, "Two", Some(one)).await;
    make(&app, "Three", Some(two)).await;
    let by_hand = rusqlite::Connection::open(home.path().join(Store::FILE_NAME)).unwrap();
    by_hand
        .execute(
            "UPDATE folder SET parent_id = (SELECT id FROM folder WHERE name = 'Two') WHERE name = 'One'",
            [],
        )
        .unwrap();
    assert_eq!(tree(&app).await, "One 0\n  Two 0\n    Three 0\n");
    app.move_folder(one, None).await.unwrap();
    assert_eq!(tree(&app).await, "One 0\n  Two 0\n    Three 0\n");
}

#[tokio::test]
async fn the_command_line_makes_renames_moves_and_removes_them() {
    let home = Home::new();
    let app = home.open().unwrap();
    // Words, and the paths that are printed; none: it is refused.
    for (words, paths) in [
        ("", Some("")),
        ("make Work", Some("Work")),
        ("make Client --in work", Some("Work/Client")),
        ("make Notes --in work/CLIENT", Some("Work/Client/Notes")),
        ("make Notes", Some("Notes")),
        ("rename Notes Other", None),
        ("rename Work/Client/Notes Minutes", Some("Work/Client/Minutes")),
        ("move Client --in Minutes", None),
        ("move Client --in nowhere", None),
        ("move Client", None),
        ("move Client --none", Some("Client")),
        ("list", Some("Client Client/Minutes Notes Work")),
        ("delete Client", Some("")),
        ("list", Some("Minutes Notes Work")),
    ] {
        let output =
            home.cli().args(["--json", "folders"]).args(words.split_whitespace()).output().await.unwrap();
        assert_eq!(output.status.success(), paths.is_some(), "{words}");
        let Some(paths) = paths else { continue };
        let lines = String::from_utf8(output.stdout).unwrap();
        let printed: Vec<String> = lines
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|line| line["path"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(printed.join(" "), paths, "{words}");
    }
    assert_eq!(tree(&app).await, "Minutes 0\nNotes 0\nWork 0\n");
}

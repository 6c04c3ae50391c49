//! Conversations as files: what leaves comes back as it was.

use std::collections::BTreeMap;
use std::path::Path;

use porthole_core::domain::{Code, ConversationId, Lock, ServerKind};
use porthole_core::{App, Arrangement, FolderEdit, Format, Imported, Place, Progress, Selection, Wanted};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, question};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The names and contents of the files of a folder.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), text)
        })
        .collect()
}

/// Everything but the trash, as files of a folder.
pub(crate) async fn exported(app: &App) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::Folder(folder.path().to_owned());
    let written = app
        .export(Selection::All, Format::Json, Wanted::default(), place, &Progress::default())
        .await
        .unwrap();
    let files = files(folder.path());
    assert_eq!(files.len(), usize::try_from(written).unwrap());
    files
}

/// Exports everything, imports it into an empty folder, and exports that: the same bytes. Importing it again adds nothing.
pub(crate) async fn comes_back(app: &App) {
    let there = exported(app).await;
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in &there {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let home = Home::new();
    let other = home.open().unwrap();
    let count = u32::try_from(there.len()).unwrap();
    assert_eq!(other.import(folder.path()).await.unwrap(), Imported { added: count, there: 0 });
    let here = exported(&other).await;
    for (name, text) in &there {
        similar_asserts(name, text, here.get(name));
    }
    assert_eq!(here.len(), there.len());
    assert_eq!(other.import(folder.path()).await.unwrap(), Imported { added: 0, there: count });
    assert_eq!(exported(&other).await, here, "a second import adds nothing");
    assert_eq!(other.check_history().await.unwrap().faults, Vec::<String>::new());
}

fn similar_asserts(name: &str, there: &str, here: Option<&String>) {
    let here = here.unwrap_or_else(|| panic!("{name} did not come back"));
    for (one, other) in there.lines().zip(here.lines()) {
        assert_eq!(one, other, "{name}");
    }
    assert_eq!(there, here, "{name}");
}

/// A history with everything that a conversation can have.
async fn rich(home: &Home, server: &FakeV4) -> (App, ConversationId) {
    let (app, model) = app_with(home, server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("Twice a day.").thinking("The moon, then."));
    let first = ask(&app, question(None, &model, "What is a tide?")).await;
    let chat = first.conversation;
    server.reply(Script::answer("Mostly."));
    let again = app.ask_again(first.id, Some(model.clone()), None).await.unwrap();
    porthole_tests::harness::finish(&again).await;
    server.reply(Script::answer("字 \u{202E}abc \u{0} 🌊\n\n```\ncode\n```"));
    ask(&app, question(Some(chat), &model, "And in the Baltic?\r\n\ttab")).await;
    let outer = app.make_folder("Work", None).await.unwrap().id;
    let inner = app.make_folder("Sea", Some(outer)).await.unwrap().id;
    let edit = FolderEdit {
        name: "Sea".to_owned(),
        settings: porthole_core::domain::ChatSettings {
            temperature: Some(0.7),
            system: Some("Be brief.".to_owned()),
            ..Default::default()
        },
        model: Some(model.clone()),
        lock: Lock::ThisComputer,
    };
    app.edit_folder(inner, edit).await.unwrap();
    app.arrange(vec![chat], Arrangement::Folder { folder: Some(inner) }).await.unwrap();
    app.arrange(vec![chat], Arrangement::Pin { on: true }).await.unwrap();
    app.arrange(vec![chat], Arrangement::Tag { name: "moon".to_owned(), on: true }).await.unwrap();
    app.arrange(vec![chat], Arrangement::Tag { name: "Ärger".to_owned(), on: true }).await.unwrap();
    app.set_lock(Some(chat), Lock::ThisComputer).await.unwrap();
    app.save_draft(Some(chat), "half a question".to_owned()).await.unwrap();
    let fork = app.fork_conversation(first.id).await.unwrap();
    app.arrange(vec![fork.id], Arrangement::Archive { on: true }).await.unwrap();
    (app, chat)
}

#[tokio::test]
async fn everything_comes_back_as_it_was() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, chat) = rich(&home, &server).await;
    comes_back(&app).await;
    follows_the_schema(&app).await;
    // So does what this version does not know, and what cannot be read.
    let file = rusqlite::Connection::open(home.path().join("porthole.db")).unwrap();
    let odd = format!(
        "UPDATE message SET role = 'narrator', state = 'dreamt' WHERE id = (SELECT max(id) FROM message);
         INSERT INTO part (message_id, position, kind, text, data)
         SELECT max(id), 7, 'hologram', NULL, '{{\"b\": 1,  \"a\":[ ]}}' FROM message;
         INSERT INTO part (message_id, position, kind, text, data)
         SELECT max(id), 8, 'smell', 'of salt', 'no JSON' FROM message;
         UPDATE attempt SET effort = 'ludicrous', notes = 'none of these', failure = '\"told\"', cost = '0.10';
         UPDATE conversation SET lock = 'half a lo', titled_by = 'a bird' WHERE id = {};",
        chat.rowid()
    );
    file.execute_batch(&odd).unwrap();
    comes_back(&app).await;
    follows_the_schema(&app).await;
}

/// Checks what is exported against the schema that is published.
async fn follows_the_schema(app: &App) {
    let schema: Value = serde_json::from_str(include_str!("../../docs/conversation.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for (name, text) in exported(app).await {
        let document: Value = serde_json::from_str(&text).unwrap();
        let faults: Vec<_> = schema
            .iter_errors(&document)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert_eq!(faults, Vec::<String>::new(), "{name}");
    }
}

#[tokio::test]
async fn a_locked_conversation_comes_back_locked() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, chat) = rich(&home, &server).await;
    let file = home.path().join("chat.json");
    app.export(
        Selection::Conversations(vec![chat]),
        Format::Json,
        Wanted::default(),
        Place::File(file.clone()),
        &Progress::default(),
    )
    .await
    .unwrap();
    let other = Home::new();
    let there = other.open().unwrap();
    there.import(&file).await.unwrap();
    assert_eq!(there.conversation(chat).await.unwrap().lock, Lock::ThisComputer);
    // One that is there keeps its lock, whatever a file says.
    there.set_lock(Some(chat), Lock::Off).await.unwrap();
    app.set_lock(Some(chat), Lock::Off).await.unwrap();
    app.import(&file).await.unwrap();
    assert_eq!(app.conversation(chat).await.unwrap().lock, Lock::Off, "nothing is changed");
    // A server that nobody set up here is named and cannot be asked.
    assert!(there.servers().await.unwrap().iter().all(|server| server.name != "fake"));
}

#[tokio::test]
async fn files_folders_archives_and_streams_say_the_same() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, chat) = rich(&home, &server).await;
    let there = exported(&app).await;
    let folder = tempfile::tempdir().unwrap();
    let check = async |place: Place, path: &Path| {
        app.export(Selection::All, Format::Json, Wanted::default(), place, &Progress::default())
            .await
            .unwrap();
        let other = Home::new();
        let copy = other.open().unwrap();
        assert_eq!(copy.import(path).await.unwrap().added, 2, "{}", path.display());
        assert_eq!(exported(&copy).await, there, "{}", path.display());
    };
    let (one, archive) = (folder.path().join("all.json"), folder.path().join("all.zip"));
    check(Place::File(one.clone()), &one).await;
    check(Place::Zip(archive.clone()), &archive).await;
    let mut listed: Vec<_> = files_named(folder.path());
    listed.sort();
    assert_eq!(listed, ["all.json", "all.zip"], "nothing else is left");

    let output =
        home.cli().args(["export", "--all", "--format", "json", "--out", "-"]).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), std::fs::read_to_string(&one).unwrap());

    // By folder, with those in it, by tag and by id.
    for (meant, count) in [
        (vec!["--folder", "Work"], 2),
        (vec!["--folder", "Work/Sea"], 2),
        (vec!["--tag", "MOON"], 2),
        (vec!["--conversation", &chat.to_string()], 1),
    ] {
        let to = tempfile::tempdir().unwrap();
        let mut export = home.cli();
        export
            .arg("export")
            .args(&meant)
            .args(["--format", "json", "--no-attachments", "--out"])
            .arg(to.path());
        let output = export.output().await.unwrap();
        assert!(output.status.success(), "{meant:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(files(to.path()).len(), count, "{meant:?}");
    }
}

fn files_named(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn what_is_no_export_is_refused_and_adds_nothing() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, chat) = rich(&home, &server).await;
    let file = home.path().join("chat.json");
    app.export(
        Selection::Conversations(vec![chat]),
        Format::Json,
        Wanted::default(),
        Place::File(file.clone()),
        &Progress::default(),
    )
    .await
    .unwrap();
    let good: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let other = Home::new();
    let there = other.open().unwrap();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut value = good.clone();
        change(&mut value);
        value.to_string()
    };
    for (what, text, code) in [
        ("empty", String::new(), Code::InvalidRequest),
        ("text", "What is a tide?".to_owned(), Code::InvalidRequest),
        ("cut", good.to_string()[..200].to_owned(), Code::InvalidRequest),
        ("something else", "[1]".to_owned(), Code::InvalidRequest),
        ("another format", json!({"format": "elsewhere/1"}).to_string(), Code::InvalidRequest),
        ("newer", changed(&|v| v["format"] = json!("porthole.conversation/2")), Code::NewerVersion),
        ("a field nobody knows", changed(&|v| v["colour"] = json!("red")), Code::InvalidRequest),
        ("no lock", changed(&|v| drop(v.as_object_mut().unwrap().remove("lock"))), Code::InvalidRequest),
        ("an id of nothing", changed(&|v| v["id"] = json!("0")), Code::InvalidRequest),
        ("no parent", changed(&|v| v["messages"][1]["parent"] = json!("77")), Code::InvalidRequest),
        (
            "twice",
            changed(&|v| v["messages"][1]["id"] = v["messages"][0]["id"].clone()),
            Code::InvalidRequest,
        ),
        (
            "a circle",
            changed(&|v| v["messages"][0]["parent"] = v["messages"][1]["id"].clone()),
            Code::InvalidRequest,
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        let refused = there.import(&file).await.unwrap_err();
        assert_eq!(refused.code, code, "{what}: {refused:?}");
        assert!(refused.to_string().contains("chat.json"), "{what}: {refused}");
        assert!(exported(&there).await.is_empty(), "{what}");
        assert!(there.folders().await.unwrap().is_empty(), "{what}");
    }
    let missing = there.import(&home.path().join("nowhere.json")).await.unwrap_err();
    assert_eq!(missing.code, Code::NotFound);
}

#[tokio::test]
async fn what_cannot_be_written_leaves_nothing_behind() {
    let (server, home) = (FakeV4::start().await, Home::new());
    let (app, chat) = rich(&home, &server).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chat.json");
    std::fs::write(&file, "mine").unwrap();
    let both = Selection::Conversations(vec![chat, "77".parse().unwrap()]);
    let refused = app
        .export(both, Format::Json, Wanted::default(), Place::File(file.clone()), &Progress::default())
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
    let nowhere = Place::File(folder.path().join("no/such/folder.json"));
    let refused = app
        .export(Selection::All, Format::Json, Wanted::default(), nowhere, &Progress::default())
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::InvalidRequest);
    assert!(refused.to_string().contains("folder.json"), "{refused}");
    let full = Place::File("/dev/full".into());
    if cfg!(target_os = "linux") {
        assert!(
            app.export(Selection::All, Format::Json, Wanted::default(), full, &Progress::default())
                .await
                .is_err()
        );
        assert!(Path::new("/dev/full").exists(), "a device is not replaced");
    }
    assert_eq!(files(folder.path()), BTreeMap::from([("chat.json".to_owned(), "mine".to_owned())]));
}

/// The last of them is none.
const ROLES: [&str; 4] = ["system", "user", "assistant", "choir"];

/// A document with a random tree.
fn document() -> impl Strategy<Value = Value> {
    let text = proptest::option::of(any::<String>());
    let part =
        (prop_oneof![Just("text"), Just("thinking"), Just("tool_call"), Just("odd")], text, any::<bool>());
    let message =
        (any::<prop::sample::Index>(), proptest::collection::vec(part, 0..4), 0_usize..4, any::<bool>());
    let messages = proptest::collection::vec(message, 0..30);
    let tags = proptest::collection::btree_set("[a-z]{1,6}", 0..4);
    (any::<String>(), messages, tags, proptest::option::of(0.0..2.0_f64)).prop_map(|(title, messages, tags, temperature)| {
        let id = |at: usize| (1_000 + at).to_string();
        let mut all: Vec<Value> = Vec::new();
        for (at, (parent, parts, role, deleted)) in messages.iter().enumerate() {
            let mut message = json!({
                "id": id(at), "role": ROLES[*role], "state": "complete",
                "created_at_ms": at,
            });
            let place = parent.index(at + 1);
            if place > 0 {
                message["parent"] = json!(id(place - 1));
            }
            if *deleted {
                message["deleted_at_ms"] = json!(5);
            }
            let parts: Vec<Value> = parts
                .iter()
                .map(|(kind, text, has_data)| {
                    let mut part = json!({"kind": kind});
                    if let Some(text) = text {
                        part["text"] = json!(text);
                    }
                    if *has_data {
                        part["data"] = json!({"name": text, "n": [1, 2.5, null]});
                    }
                    part
                })
                .collect();
            if !parts.is_empty() {
                message["parts"] = json!(parts);
            }
            all.push(message);
        }
        let mut document = json!({
            "format": "porthole.conversation/1", "id": "500", "title": title, "titled_by": "person",
            "created_at_ms": 1, "updated_at_ms": 2, "lock": {"lock": "off"}, "settings": {}, "messages": all,
        });
        if !tags.is_empty() {
            document["tags"] = json!(tags);
        }
        if let Some(temperature) = temperature {
            document["settings"]["temperature"] = json!(temperature);
        }
        document
    })
}

/// A document regardless of the order of its messages and of what is chosen where it chooses nothing.
fn compared(mut document: Value) -> Value {
    document.as_object_mut().unwrap().remove("shown");
    let messages = document["messages"].as_array_mut().unwrap();
    for message in messages.iter_mut() {
        message.as_object_mut().unwrap().remove("chosen");
    }
    messages.sort_by_key(|message| message["id"].as_str().unwrap().to_owned());
    document
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_comes_back(document in document()) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let home = Home::new();
            let app = home.open().unwrap();
            let file = home.path().join("one.json");
            std::fs::write(&file, document.to_string()).unwrap();
            app.import(&file).await.unwrap();
            let written = exported(&app).await.into_values().next().unwrap();
            assert_eq!(compared(serde_json::from_str(&written).unwrap()), compared(document));
            comes_back(&app).await;
        });
    }
}

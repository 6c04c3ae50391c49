//! Histories that earlier versions wrote (`tests/fixtures/histories`): all that was in them is there after the
//! migration, and a migration that fails changes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use porthole_core::clock::Clock;
use porthole_core::domain::{Cause, Code, ConversationId, MessageState};
use porthole_core::{App, BackUpReason, Hit, rescue};
use porthole_tests::harness::Home;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

/// The schemas there is a history of.
const SCHEMAS: [i64; 3] = [1, 2, 5];

type Rows = Vec<Vec<Value>>;

fn made_by(schema: i64) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/histories/schema_{schema}.db"))
}

fn history_in(home: &Home) -> PathBuf {
    home.path().join("porthole.db")
}

/// Opens a database that only the test reads.
fn read(file: &Path) -> Connection {
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

fn rows(database: &Connection, question: &str) -> Rows {
    let mut statement = database.prepare(question).unwrap_or_else(|error| panic!("{question}: {error}"));
    let width = statement.column_count();
    let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect()).unwrap();
    rows.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{question}: {error}"))
}

fn numbers(database: &Connection, question: &str) -> Vec<Vec<Option<i64>>> {
    let number = |value| match value {
        Value::Integer(number) => Some(number),
        Value::Null | Value::Real(_) | Value::Text(_) | Value::Blob(_) => None,
    };
    rows(database, question).into_iter().map(|row| row.into_iter().map(number).collect()).collect()
}

fn schema_of(database: &Connection) -> i64 {
    database.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

fn columns(database: &Connection, table: &str) -> Vec<String> {
    let names = format!("SELECT name FROM pragma_table_info('{table}')");
    database.prepare(&names).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// All rows of all tables.
fn everything(database: &Connection) -> BTreeMap<String, Rows> {
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'";
    let mut statement = database.prepare(tables).unwrap();
    let names: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    names
        .into_iter()
        .map(|name| (name.clone(), rows(database, &format!("SELECT * FROM \"{name}\""))))
        .collect()
}

/// A history as an earlier version left it, and as it is after this one has opened it.
struct Migrated {
    home: Home,
    app: App,
    schema: i64,
    old: Connection,
    new: Connection,
}

impl Migrated {
    fn from(schema: i64) -> Self {
        let home = Home::new();
        fs::copy(made_by(schema), history_in(&home)).unwrap();
        let app = home.open().unwrap_or_else(|failure| panic!("schema {schema}: {failure:?}"));
        let new = read(&history_in(&home));
        Self { home, app, schema, old: read(&made_by(schema)), new }
    }

    /// Compares what the old file answers to one question with what the new one answers to another.
    fn check(&self, about: &str, before: &str, after: &str) {
        let (expected, found) = (rows(&self.old, before), rows(&self.new, after));
        assert!(!expected.is_empty(), "schema {}: no {about} in the old file", self.schema);
        assert_eq!(found.len(), expected.len(), "schema {}: number of {about}", self.schema);
        for (found, expected) in found.into_iter().zip(expected) {
            assert_eq!(found, expected, "schema {}: {about}", self.schema);
        }
    }

    /// A column of the old `message` table, or what it counts as where the table does not have it.
    fn of_message<'a>(&self, column: &'a str, absent: &'a str) -> &'a str {
        if columns(&self.old, "message").iter().any(|known| known == column) { column } else { absent }
    }
}

fn migrated() -> impl Iterator<Item = Migrated> {
    SCHEMAS.into_iter().map(Migrated::from)
}

#[tokio::test]
async fn a_history_of_any_version_becomes_one_as_this_version_makes_it() {
    let home = Home::new();
    drop(home.open().unwrap());
    let fresh = read(&history_in(&home));
    let objects = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name";
    for history in migrated() {
        let Migrated { app, schema, old, new, .. } = &history;
        assert_eq!(schema_of(old), *schema);
        assert_eq!(schema_of(new), schema_of(&fresh));
        assert_eq!(rows(new, objects), rows(&fresh, objects), "from schema {schema}");
        // A table that is replaced takes its triggers with it.
        let triggers = "SELECT name FROM sqlite_schema WHERE type = 'trigger'";
        for trigger in rows(old, triggers) {
            assert!(rows(new, triggers).contains(&trigger), "from schema {schema}: {trigger:?}");
        }
        assert_eq!(rows(new, "PRAGMA integrity_check"), [[Value::Text("ok".to_owned())]]);
        assert_eq!(rows(new, "PRAGMA foreign_key_check"), Rows::new(), "from schema {schema}");
        assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new(), "from schema {schema}");
    }
}

#[tokio::test]
async fn it_is_copied_before_it_is_changed_and_only_then() {
    for Migrated { home, app, schema, old, .. } in migrated() {
        drop(app);
        let app = home.open().unwrap();
        let copies = app.backups().await.unwrap();
        assert_eq!(copies.len(), 1, "schema {schema}: {copies:?}");
        assert_eq!(copies[0].reason, BackUpReason::Migration);
        assert!(copies[0].name.starts_with("2026-11-23T"), "{}", copies[0].name);
        let copy = read(&home.path().join("backups").join(&copies[0].name));
        assert_eq!(schema_of(&copy), schema);
        assert_eq!(everything(&copy), everything(&old), "schema {schema}");
    }
}

#[tokio::test]
async fn every_message_is_where_it_was_and_says_what_it_said() {
    for history in migrated() {
        let (deleted, copied) =
            (history.of_message("deleted_at_ms", "NULL"), history.of_message("copied_from", "NULL"));
        history.check(
            "messages",
            &format!(
                "SELECT id, conversation_id, parent_id, role, created_at_ms, {deleted}, {copied},
                        replace(state, 'arriving', 'cut_off') FROM message ORDER BY id"
            ),
            "SELECT id, conversation_id, parent_id, role, created_at_ms, deleted_at_ms, copied_from, state
             FROM message ORDER BY id",
        );
        // What arrives in pieces of one kind becomes one part of that kind.
        history.check(
            "parts",
            "SELECT message_id, position, kind, text, data FROM part UNION ALL
             SELECT message_id, row_number() OVER (PARTITION BY message_id ORDER BY first) - 1, kind, text, NULL
             FROM (SELECT message_id, kind, min(id) AS first, group_concat(text, '') AS text
                   FROM arriving GROUP BY message_id, kind)
             ORDER BY 1, 2",
            "SELECT message_id, position, kind, text, data FROM part ORDER BY 1, 2",
        );
        assert_eq!(rows(&history.new, "SELECT * FROM arriving"), Rows::new());
    }
}

#[tokio::test]
async fn each_reply_has_one_attempt_with_all_that_was_known_of_it() {
    for history in migrated() {
        let [asked, hosted, cost, rates, notes] = [
            ("asked_model", "model"),
            ("hosted", "0"),
            ("cost", "NULL"),
            ("rates", "NULL"),
            ("notes", "'[]'"),
        ]
        .map(|(column, absent)| history.of_message(column, absent));
        history.check(
            "replies",
            &format!(
                "SELECT id, created_at_ms, server_name, {asked}, model, {hosted}, {cost}, {rates},
                        server_id, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens
                 FROM message WHERE role = 'assistant' ORDER BY id"
            ),
            "SELECT message_id, started_at_ms, server_name, asked_model, model, hosted, cost, rates,
                    server_id, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens
             FROM attempt WHERE id IN (SELECT min(id) FROM attempt GROUP BY message_id) ORDER BY message_id",
        );
        history.check(
            "replies that were over",
            &format!(
                "SELECT id, state, finish_reason, first_token_ms, thinking_ms, total_ms, {notes}, failure
                 FROM message WHERE role = 'assistant' AND state <> 'arriving' ORDER BY id"
            ),
            "SELECT message_id, state, finish_reason, first_token_ms, thinking_ms, total_ms, notes, failure
             FROM attempt WHERE message_id NOT IN
                 (SELECT message_id FROM attempt WHERE coalesce(failure, '') LIKE '%closed_by_porthole%')
             ORDER BY message_id",
        );
    }
}

#[tokio::test]
async fn a_reply_that_was_arriving_is_cut_off_with_what_had_arrived() {
    for history in migrated() {
        let Migrated { home, app, schema, old, new } = history;
        let arriving = numbers(&old, "SELECT conversation_id, id FROM message WHERE state = 'arriving'");
        assert_eq!(app.begin().await.unwrap().recovered as usize, arriving.len(), "schema {schema}");
        for reply in arriving {
            let [Some(conversation), Some(id)] = reply[..] else { panic!("{reply:?}") };
            let branch = app.branch(ConversationId::from_rowid(conversation)).await.unwrap();
            let reply = branch.messages.last().unwrap();
            assert_eq!((reply.id.rowid(), reply.state), (id, MessageState::CutOff), "schema {schema}");
            assert_eq!(reply.failure.as_ref().map(|failure| failure.code), Some(Code::CutOff));
            // Of one that was being continued, the beginning was counted and the rest never will be.
            let begun = format!("SELECT finish_reason FROM message WHERE id = {id} AND total_ms IS NOT NULL");
            let mut expected = rows(&old, &begun);
            expected.push(vec![Value::Null]);
            let attempts = format!("SELECT finish_reason FROM attempt WHERE message_id = {id} ORDER BY id");
            assert_eq!(rows(&new, &attempts), expected, "schema {schema}");
            assert_eq!(reply.attempts.last().unwrap().state, MessageState::CutOff, "schema {schema}");
            assert!(!reply.usage.is_known(), "schema {schema}: nobody counted all of it");
        }
        drop(app);
        assert_eq!(home.open().unwrap().begin().await.unwrap().recovered, 0, "it is ended once");
    }
}

#[tokio::test]
async fn each_message_knows_its_depth_its_jump_and_the_branch_that_was_shown() {
    for history in migrated() {
        let tree = numbers(&history.new, "SELECT id, parent_id, depth, jump_id FROM message");
        let parents: BTreeMap<i64, Option<i64>> =
            tree.iter().map(|message| (message[0].unwrap(), message[1])).collect();
        for message in &tree {
            let [Some(id), _, Some(depth), jump] = message[..] else { panic!("{message:?}") };
            let mut above = Vec::new();
            let mut at = id;
            while let Some(parent) = parents[&at] {
                above.push(parent);
                at = parent;
            }
            above.reverse();
            let depth = usize::try_from(depth).unwrap();
            assert_eq!(depth, above.len(), "schema {}: depth of {id}", history.schema);
            let expected = (depth > 0).then(|| above[depth & (depth - 1)]);
            assert_eq!(jump, expected, "schema {}: jump of {id} at depth {depth}", history.schema);
        }
        history.check(
            "shown branches",
            "WITH RECURSIVE shown (id, parent_id) AS (
                 SELECT message.id, parent_id FROM conversation JOIN message ON message.id = leaf_id
                 UNION ALL
                 SELECT message.id, message.parent_id FROM shown JOIN message ON message.id = shown.parent_id
             )
             SELECT parent_id, id FROM shown WHERE parent_id IS NOT NULL ORDER BY parent_id",
            "SELECT id, chosen_child_id FROM message WHERE chosen_child_id IS NOT NULL ORDER BY id",
        );
    }
}

#[tokio::test]
async fn conversations_settings_servers_folders_and_tags_stay_as_they_were() {
    for history in migrated() {
        let tables = ["conversation", "setting", "server", "folder", "tag"];
        for table in tables.into_iter().filter(|table| !columns(&history.old, table).is_empty()) {
            let kept = columns(&history.new, table);
            let names: Vec<String> =
                columns(&history.old, table).into_iter().filter(|name| kept.contains(name)).collect();
            // A message that waited for a reply that will not come is a draft.
            let waiting = names.iter().any(|name| name == "queued");
            let before = names.iter().map(|name| match name.as_str() {
                "draft" if waiting => "queued || draft",
                "queued" => "''",
                name => name,
            });
            let before = before.collect::<Vec<_>>().join(", ");
            // This version may have added rows of its own, such as the server that is built in.
            let key = &names[0];
            let keys = format!("SELECT group_concat(quote({key}), ', ') FROM {table}");
            let keys: String = history.old.query_row(&keys, [], |row| row.get(0)).unwrap();
            history.check(
                table,
                &format!("SELECT {before} FROM {table} ORDER BY 1, 2"),
                &format!("SELECT {} FROM {table} WHERE {key} IN ({keys}) ORDER BY 1, 2", names.join(", ")),
            );
        }
        let named = if history.schema < 3 { "iif(renamed, 'person', 'question')" } else { "titled_by" };
        history.check(
            "titles",
            &format!("SELECT title, {named} FROM conversation ORDER BY id"),
            "SELECT title, titled_by FROM conversation ORDER BY id",
        );
    }
}

#[tokio::test]
async fn what_was_said_before_is_found_and_shown() {
    for Migrated { app, schema, new, .. } in migrated() {
        app.search_is_ready().await.unwrap();
        for (typed, title) in [
            ("upon", "Tell me a long story."),
            ("written", "What arrives when the program is killed?"),
            ("Japanese", "Tides in Japanese"),
            ("引力", "Tides in Japanese"),
        ] {
            let hits = app.search(typed, None, 20).await.unwrap().hits;
            let titles: Vec<&String> = hits.iter().map(|Hit { title, .. }| title).collect();
            assert!(titles.contains(&&title.to_owned()), "schema {schema}: {typed}: {titles:?}");
        }
        for conversation in numbers(&new, "SELECT id FROM conversation") {
            let id = ConversationId::from_rowid(conversation[0].unwrap());
            let branch = app.branch(id).await.unwrap();
            let depth = format!(
                "SELECT depth FROM message JOIN conversation ON leaf_id = message.id WHERE conversation.id = {}",
                id.rowid()
            );
            let shown = usize::try_from(numbers(&new, &depth)[0][0].unwrap()).unwrap() + 1;
            assert_eq!(branch.messages.len(), shown, "schema {schema}: {}", branch.conversation.title);
            if branch.conversation.title == "Is there money left?" {
                let failure = branch.messages[1].failure.as_ref().unwrap();
                assert_eq!((failure.code, failure.status), (Code::PaymentRequired, Some(402)));
            }
        }
    }
}

#[tokio::test]
async fn a_migration_that_fails_changes_nothing() {
    for schema in SCHEMAS {
        let home = Home::new();
        fs::copy(made_by(schema), history_in(&home)).unwrap();
        // In the way of the newest migration, when all before it have been made.
        Connection::open(history_in(&home)).unwrap().execute_batch("CREATE TABLE attempt (other)").unwrap();
        let before = everything(&read(&history_in(&home)));
        assert!(home.open().is_err(), "schema {schema}");
        let history = read(&history_in(&home));
        assert_eq!(schema_of(&history), schema);
        assert_eq!(everything(&history), before, "schema {schema}");
        drop(history);

        Connection::open(history_in(&home)).unwrap().execute_batch("DROP TABLE attempt").unwrap();
        let app = home.open().unwrap();
        assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new(), "schema {schema}");
    }
}

#[tokio::test]
async fn a_damaged_history_is_not_migrated_and_a_back_up_of_its_version_takes_its_place() {
    for schema in SCHEMAS {
        let home = Home::new();
        fs::copy(made_by(schema), history_in(&home)).unwrap();
        // It can be read, and is wrong where only a whole check looks.
        Connection::open(history_in(&home))
            .unwrap()
            .execute_batch(
                "CREATE TABLE odd (a);
                 CREATE INDEX odd_a ON odd (a) WHERE a > 5;
                 INSERT INTO odd VALUES (1);
                 PRAGMA writable_schema = on;
                 UPDATE sqlite_schema SET sql = 'CREATE INDEX odd_a ON odd (a)' WHERE name = 'odd_a'",
            )
            .unwrap();
        let before = everything(&read(&history_in(&home)));
        for start in 1..=2 {
            let failure = home.open().err().unwrap();
            assert_eq!(failure.code, Code::Damaged, "schema {schema}, start {start}");
            assert_eq!(failure.cause.as_deref(), Some(&Cause::NotMigrated));
            let history = read(&history_in(&home));
            assert_eq!((schema_of(&history), everything(&history)), (schema, before.clone()));
            let copies = rescue::backups(home.path()).await.unwrap();
            assert!(copies.is_empty(), "each start would make another: {copies:?}");
        }
        let told = home.cli().arg("list").output().await.unwrap();
        let told = String::from_utf8(told.stderr).unwrap();
        assert!(told.contains("did not bring it up to this version"), "{told}");

        fs::create_dir_all(home.path().join("backups")).unwrap();
        fs::copy(made_by(schema), home.path().join("backups/sound.db")).unwrap();
        rescue::restore_backup(home.path(), "sound.db", &Clock::system()).await.unwrap();
        let app = home.open().unwrap();
        assert_eq!(app.check_history().await.unwrap().faults, Vec::<String>::new(), "schema {schema}");
        let names = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path());
        let is_aside = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with("porthole.db.damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm")
        };
        let aside: Vec<PathBuf> = names.filter(is_aside).collect();
        assert_eq!(aside.len(), 1, "{aside:?}");
        assert_eq!(everything(&read(&aside[0])), before, "schema {schema}: it is put aside");
    }
}

#[tokio::test]
async fn the_questions_in_docs_data_md_can_be_asked() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/data.md");
    let page = fs::read_to_string(page).unwrap();
    let questions: Vec<&str> = page
        .split("```sql\n")
        .skip(1)
        .map(|rest| rest.split_once("```").map_or(rest, |(question, _)| question))
        .collect();
    assert!(questions.len() >= 5, "{questions:?}");
    for history in migrated() {
        assert!(page.contains(&format!("Schema {} (", schema_of(&history.new))), "the page tells the schema");
        for question in &questions {
            rows(&history.new, question);
        }
    }
}

//! Search: words, phrases, any part of a text in Chinese, Japanese or Korean, filters, and an index that
//! stays correct whatever happens.

use porthole_core::domain::{AttemptEnd, ChatSettings, MessageId, MessageState, ModelChoice, Part};
use porthole_core::store::{Ending, NewReply, Store};
use porthole_core::{Arrangement, Hit, HitIn, SearchPosition};
use porthole_tests::harness::Home;
use serde_json::{Value, json};

/// The texts in the history that the table searches, each a reply of its own.
const SAID: &[(&str, &str)] = &[
    ("café", "We met in the Café Müller near the Straße."),
    ("cafe", "A cafe without accents, naïve as it is."),
    ("zh", "数据库的索引需要重建，否则查询很慢。"),
    ("zh2", "我们用数据来说话。"),
    ("trad", "臺灣的資料庫設計"),
    ("mixed", "用Rust写的数据库叫sled，很快。"),
    ("ja", "東京タワーへ行きました。データベースを作る。"),
    ("ja-half", "ﾃﾞｰﾀﾍﾞｰｽ の話"),
    ("ko", "한국어 모델을 비교합니다. 데이터베이스"),
    ("code", "Call `getUserName()` from user_store.rs, not HTTPServer."),
    ("cpp", "I prefer C++ to C# and F# for this, and plain C least."),
    ("node", "Upgrade node.js to 20.11.1 and set NODE_ENV=production."),
    ("path", "See /usr/local/bin and C:\\Windows\\System32."),
    ("email", "Write to mira.s@example.com about the e-mail."),
    ("emoji", "Ship it 🚀🚀 and celebrate 👍🏽 today"),
    ("money", "It costs €50, or $55, or £45."),
    ("apostrophe", "Don’t panic, it's mostly harmless."),
    ("greek", "Ο Σίσυφος έσπρωχνε."),
    ("russian", "Ёлка и ель — не одно и то же."),
    ("polish", "Zażółć gęślą jaźń w Łodzi."),
    ("turkish", "İstanbul'da ışık."),
    ("german", "Die Größe der Datei"),
    ("thai", "ฉันรักภาษาไทย"),
    ("arabic", "اللغة العَرَبِيّة جميلة"),
    ("hebrew", "שָׁלוֹם עולם"),
    ("hindi", "हिन्दी में लिखा"),
    ("wide", "ＦＵＬＬ　ＷＩＤＴＨ　１２３"),
    ("lig", "The ﬁnal oﬃce"),
    ("operators", "NOT this AND that OR (these) NEAR those*"),
    ("fence", "Use this:\n```rust\nfn main() {}\n```\n"),
    ("long", "needle in a very long haystack"),
];

/// What is searched for, and what is to be found.
const TABLE: &[(&str, &[&str])] = &[
    // Accents, case, ligatures, width.
    ("cafe", &["café", "cafe"]),
    ("CAFÉ", &["café", "cafe"]),
    ("naive", &["cafe"]),
    ("muller", &["café"]),
    ("strasse", &["café"]),
    ("Straße", &["café"]),
    ("lodzi", &["polish"]),
    ("zazolc gesla", &["polish"]),
    ("istanbul", &["turkish"]),
    ("isik", &["turkish"]),
    ("grosse", &["german"]),
    ("ΣΙΣΥΦΟΣ", &["greek"]),
    ("елка", &["russian"]),
    ("full width", &["wide"]),
    ("１２３", &["wide"]),
    ("final office", &["lig"]),
    ("العربية", &["arabic"]),
    ("שלום", &["hebrew"]),
    ("हिन्दी", &["hindi"]),
    // Chinese: one character, two, three, across words, mixed.
    ("数", &["zh", "zh2", "mixed"]),
    ("据", &["zh", "zh2", "mixed"]),
    ("数据", &["zh", "zh2", "mixed"]),
    ("据库", &["zh", "mixed"]),
    ("数据库", &["zh", "mixed"]),
    ("库的索引", &["zh"]),
    ("查询很慢", &["zh"]),
    ("据来", &["zh2"]),
    ("库数", &[]),
    ("資料庫", &["trad"]),
    ("用Rust写", &["mixed"]),
    ("rust 数据库", &["mixed"]),
    ("数据 -rust", &["zh", "zh2"]),
    ("\"数据库叫\"", &["mixed"]),
    ("重建，否则", &["zh"]),
    // Japanese and Korean.
    ("東京", &["ja"]),
    ("京タ", &["ja"]),
    ("タワー", &["ja"]),
    ("データベース", &["ja", "ja-half"]),
    ("ﾃﾞｰﾀ", &["ja", "ja-half"]),
    ("行き", &["ja"]),
    ("한국", &["ko"]),
    ("국어", &["ko"]),
    ("모", &["ko"]),
    ("데이터", &["ko"]),
    ("비교합니다", &["ko"]),
    ("ภาษา", &["thai"]),
    ("ไทย", &["thai"]),
    // Words, beginnings, phrases.
    ("needle", &["long"]),
    ("need", &["long"]),
    ("nee", &["long"]),
    ("hay", &["long"]),
    ("\"very long\"", &["long"]),
    ("\"long very\"", &[]),
    ("\"hay\"", &[]),
    ("haystack needle", &["long"]),
    ("needle -haystack", &[]),
    // Code and punctuation.
    ("getUserName", &["code"]),
    ("getuser", &["code"]),
    ("userName", &["code"]),
    ("username", &["code"]),
    ("user_store", &["code"]),
    ("user_store.rs", &["code"]),
    ("server", &["code"]),
    ("c++", &["cpp"]),
    ("C#", &["cpp"]),
    ("f#", &["cpp"]),
    ("node.js", &["node"]),
    ("20.11", &["node"]),
    ("NODE_ENV=production", &["node"]),
    ("/usr/local", &["path"]),
    ("system32", &["path"]),
    ("mira.s@example.com", &["email"]),
    ("e-mail", &["email"]),
    ("don't", &["apostrophe"]),
    ("don’t panic", &["apostrophe"]),
    ("harmless.", &["apostrophe"]),
    // Emoji and symbols.
    ("🚀", &["emoji"]),
    ("🚀🚀", &["emoji"]),
    ("👍", &["emoji"]),
    ("€50", &["money"]),
    ("£", &["money"]),
    // What FTS5 would take for operators.
    ("NOT this", &["operators"]),
    ("AND", &["operators", "cpp", "node", "path", "emoji"]),
    ("(these)", &["operators"]),
    ("those*", &["operators"]),
    ("NEAR(", &["operators", "café"]),
    ("\"unclosed", &[]),
    ("\"very long", &["long"]),
    ("col:needle", &[]),
    ("^needle", &["long"]),
    // Filters.
    ("has:code", &["fence"]),
    ("has:code needle", &[]),
    ("in:thinking pondering long", &["long"]),
    ("in:thinking needle", &[]),
    ("in:text needle", &["long"]),
    ("model:v4-pro needle", &["long"]),
    ("model:llama needle", &[]),
    ("before:2026-01 needle", &[]),
    ("after:2026-11 needle", &["long"]),
    ("before:2027 after:2026 needle", &["long"]),
    ("from:me needle", &[]),
    ("is:pinned", &["zh"]),
    ("is:pinned 数据", &["zh"]),
    ("is:archived 数据", &["zh2"]),
    ("is:trash", &["polish"]),
    ("folder:work", &["ko"]),
    ("folder:\"Work and\" 모", &["ko"]),
    ("tag:später", &["ja"]),
    ("tag:SPÄTER 東京", &["ja"]),
    ("tag:none", &[]),
    ("", &[]),
    ("   ", &[]),
    ("-", &[]),
    ("\"\"", &[]),
];

const BEGUN_MS: i64 = 1_795_420_800_000;

fn reply(model: &str, now_ms: i64) -> NewReply {
    NewReply {
        model: ModelChoice { server: "1".parse().unwrap(), model: model.to_owned() },
        server_name: "fake".to_owned(),
        hosted: false,
        now_ms,
    }
}

fn ending(parts: Vec<Part>) -> Ending {
    Ending { parts, last: AttemptEnd::new(MessageState::Complete), retried: Vec::new() }
}

/// Adds everything in [`SAID`], each in a conversation with its name as title, and puts some into folders and the like.
async fn say_everything(store: &Store) {
    for (number, (name, text)) in (0..).zip(SAID) {
        let new = reply("deepseek-v4-pro", BEGUN_MS + number);
        let started = store.ask(None, ChatSettings::default(), "?".to_owned(), new).await.unwrap();
        let thinking = Part::Thinking(format!("pondering {name}"));
        store
            .end_reply(started.reply.id, ending(vec![thinking, Part::Text((*text).to_owned())]))
            .await
            .unwrap();
        let id = vec![started.conversation.id];
        let arrange = async |change| drop(store.arrange(id.clone(), change, BEGUN_MS).await.unwrap());
        arrange(Arrangement::Title { title: (*name).to_owned() }).await;
        match *name {
            "zh" => arrange(Arrangement::Pin { on: true }).await,
            "zh2" => arrange(Arrangement::Archive { on: true }).await,
            "polish" => arrange(Arrangement::Trash { on: true }).await,
            "ja" => arrange(Arrangement::Tag { name: "Später".to_owned(), on: true }).await,
            "ko" => {
                let record = porthole_core::store::FolderRecord {
                    name: "Work and play".to_owned(),
                    settings: ChatSettings::default(),
                    model: None,
                    lock: porthole_core::domain::Lock::Off,
                };
                let folder = store.make_folder(record, None, BEGUN_MS).await.unwrap().id;
                arrange(Arrangement::Folder { folder: Some(folder) }).await;
            }
            _ => {}
        }
    }
}

/// The titles of the conversations whose replies were found.
async fn found(store: &Store, query: &str) -> Vec<String> {
    let hits = store.search(query, None, 100).await.unwrap().hits;
    let said =
        |hit: &&Hit| hit.found_in != HitIn::Title && hit.role == porthole_core::domain::Role::Assistant;
    let mut titles: Vec<String> = hits.iter().filter(said).map(|hit| hit.title.clone()).collect();
    titles.sort();
    titles
}

#[tokio::test]
async fn everything_in_the_table_is_found_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), 0).unwrap();
    say_everything(&store).await;
    let mut wrong = Vec::new();
    for (query, expected) in TABLE {
        // Polish is in the trash, where only a search of the trash looks.
        let mut expected: Vec<String> = expected
            .iter()
            .filter(|name| **name != "polish" || query.contains("is:trash"))
            .map(|name| (*name).to_owned())
            .collect();
        expected.sort();
        let seen = found(&store, query).await;
        if seen != expected {
            wrong.push(format!("{query}: {seen:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(TABLE.len() >= 60);
}

#[tokio::test]
async fn a_hit_shows_its_passage_and_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), 0).unwrap();
    say_everything(&store).await;
    let check = async |query: &str, place: HitIn, marked: &str| {
        let hits = store.search(query, None, 10).await.unwrap().hits;
        let hit =
            hits.iter().find(|hit| hit.found_in == place).unwrap_or_else(|| panic!("{query}: {hits:?}"));
        let seen: Vec<&str> =
            hit.snippet.iter().filter(|piece| piece.hit).map(|piece| piece.text.as_str()).collect();
        assert_eq!(seen.first(), Some(&marked), "{query}: {:?}", hit.snippet);
    };
    check("cafe", HitIn::Title, "cafe").await;
    check("muller", HitIn::Text, "Müller").await;
    check("据库", HitIn::Text, "据库").await;
    check("in:thinking pond", HitIn::Thinking, "pondering").await;
    let only = store.search("in:title zh", None, 10).await.unwrap().hits;
    assert!(only.iter().all(|hit| hit.found_in == HitIn::Title) && only.len() == 2, "{only:?}");
    assert!(
        store.search("zażółć", None, 10).await.unwrap().hits.is_empty(),
        "what is in the trash is not looked at"
    );
}

#[tokio::test]
async fn results_come_newest_first_in_pages_that_join() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), 0).unwrap();
    for number in 0..25 {
        let started = store
            .ask(None, ChatSettings::default(), format!("common {number}"), reply("m", BEGUN_MS + number))
            .await
            .unwrap();
        store.end_reply(started.reply.id, ending(Vec::new())).await.unwrap();
    }
    let mut seen: Vec<MessageId> = Vec::new();
    let mut from: Option<SearchPosition> = None;
    loop {
        let page = store.search("common", from, 10).await.unwrap();
        seen.extend(page.hits.iter().map(|hit| hit.message));
        from = page.more;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 25, "a title that is only the question's first line is no hit of its own");
    assert!(seen.is_sorted_by(|one, next| one > next));
}

#[tokio::test]
async fn names_of_attachments_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), 0).unwrap();
    let started =
        store.ask(None, ChatSettings::default(), "see this".to_owned(), reply("m", BEGUN_MS)).await.unwrap();
    let attached = Part::Unknown {
        kind: "attachment".to_owned(),
        text: None,
        data: Some(json!({"name": "Quartalsbericht.pdf"}).to_string()),
    };
    store.end_reply(started.reply.id, ending(vec![attached])).await.unwrap();
    let hits = store.search("quartal", None, 10).await.unwrap().hits;
    assert_eq!((hits.len(), hits[0].found_in), (1, HitIn::Name));
}

#[tokio::test]
async fn find_counts_every_place_in_the_shown_branch() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), 0).unwrap();
    let started = store
        .ask(None, ChatSettings::default(), "Database, DATABASE?".to_owned(), reply("m", BEGUN_MS))
        .await
        .unwrap();
    let answer = vec![Part::Thinking("database".to_owned()), Part::Text("A data base; 数据库.".to_owned())];
    store.end_reply(started.reply.id, ending(answer)).await.unwrap();
    let hidden = store.ask_again(started.reply.id, reply("m", BEGUN_MS + 9)).await.unwrap();
    store.end_reply(hidden.reply.id, ending(vec![Part::Text("database database".to_owned())])).await.unwrap();
    store.show_branch_of(started.reply.id).await.unwrap();
    let id = started.conversation.id;
    let found = store.find(id, "ATABA").await.unwrap();
    assert_eq!(found.messages.iter().map(|message| message.times).collect::<Vec<_>>(), [2]);
    assert_eq!(found.spellings, ["ATABA", "ataba"]);
    assert_eq!(store.find(id, "据").await.unwrap().messages.len(), 1);
    assert!(store.find(id, " ").await.unwrap().messages.is_empty());
}

#[tokio::test]
async fn an_index_that_is_wrong_is_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path(), 0).unwrap();
    say_everything(&store).await;
    drop(store);
    let file = rusqlite::Connection::open(folder.path().join(Store::FILE_NAME)).unwrap();
    file.execute("INSERT INTO search (search) VALUES ('delete-all')", []).unwrap();
    drop(file);
    let (store, _) = Store::open(folder.path(), 0).unwrap();
    assert_eq!(found(&store, "needle").await, ["long"]);
    assert_eq!(store.search("needle", None, 10).await.unwrap().preparing, None);
}

#[tokio::test]
async fn the_command_line_finds_and_rebuilds() {
    let home = Home::new();
    let (store, _) = Store::open(home.path(), 0).unwrap();
    say_everything(&store).await;
    drop(store);
    let run = async |arguments: &[&str]| {
        let output = home.cli().arg("--json").args(arguments).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    let hits = run(&["search", "据库"]).await;
    assert_eq!(hits.len(), 2);
    assert_eq!(hits[0]["type"], "hit");
    assert!(hits[0]["conversation"].is_string() && hits[0]["message"].is_string());
    let snippet = hits[1]["snippet"].as_str().unwrap();
    assert_eq!(snippet, "数据库的索引需要重建，否则查询很慢。");
    assert_eq!(hits[1]["hits"], json!([[1, 3]]));
    assert_eq!(run(&["search", "数据", "--limit", "1"]).await.len(), 1);
    assert_eq!(run(&["search", "-nothing", "--limit", "500"]).await.len(), 2 * (SAID.len() - 1));
    assert!(run(&["search", "--rebuild"]).await.is_empty());
    assert_eq!(run(&["search", "\"NOT (\" needle"]).await.len(), 0, "operators are text");
    assert_eq!(run(&["search", "needle"]).await.len(), 1);
}

//! A history of a hundred thousand conversations and a million messages: how long it takes to open, to search, to list,
//! and to read the longest conversation.
//!
//! `cargo xtask bench --history` runs it; `PORTHOLE_HISTORY=CONVERSATIONS,MESSAGES` sets another size. Prints one row per
//! measurement and fails if one exceeds its bound.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot be taken is a failure")]
#![expect(clippy::print_stdout, reason = "the rows are the result")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use porthole_core::clock::Clock;
use porthole_core::domain::{ConversationId, MessageId};
use porthole_core::secrets::Keys;
use porthole_core::store::Store;
use porthole_core::{App, Arrangement, ConversationList, Options};
use porthole_tests::history::{LONG, Size, Texts, fill, wait_for_index};
use porthole_tests::measuring::{heading, median, ms_since, row};

/// How many different queries of a kind are asked.
const QUERIES: usize = 60;

#[tokio::main]
async fn main() -> ExitCode {
    let size = Size::asked();
    let folder = tempfile::Builder::new().prefix("porthole-history-").tempdir().unwrap();
    let empty = tempfile::tempdir().unwrap();
    drop(Store::open(empty.path(), 0).unwrap());
    let made = Instant::now();
    fill(folder.path(), size).unwrap();
    println!(
        "{} conversations, {} messages, made in {:.0} s",
        size.conversations,
        size.messages,
        made.elapsed().as_secs_f64()
    );
    let plain = length_of(folder.path());
    let built = Instant::now();
    let app = open(folder.path());
    wait_for_index(&app).await.unwrap();
    let seconds = built.elapsed().as_secs_f64();
    let folder_id = app.make_folder("Work", None).await.unwrap().id;
    let some: Vec<ConversationId> = app
        .conversations(ConversationList::Everything, None, 200)
        .await
        .unwrap()
        .iter()
        .map(|row| row.id)
        .collect();
    app.arrange(some, Arrangement::Folder { folder: Some(folder_id) }).await.unwrap();
    drop(app);
    let whole = length_of(folder.path());
    println!(
        "index built in {seconds:.0} s ({:.0} messages/s); file {} MB, {} MB of it index",
        f64::from(size.messages) / seconds,
        whole / 1_000_000,
        whole.saturating_sub(plain) / 1_000_000
    );

    heading();
    let (mut opened, mut opened_empty) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        opened_empty.push(opening(empty.path()).await);
        opened.push(opening(folder.path()).await);
    }
    let mut good = true;
    good &= row("open, begin and list: empty history", &opened_empty, f64::INFINITY);
    good &= row("open, begin and list: this history", &opened, median(&opened_empty) * 1.15 + 0.5);

    let app = open(folder.path());
    for (name, queries) in queries() {
        let mut measured = Vec::new();
        for query in queries {
            let begun = Instant::now();
            app.search(&query, None, 50).await.unwrap();
            measured.push(ms_since(begun));
        }
        good &= row(&format!("first 50 results: {name}"), &measured, 50.0);
    }
    good &= row("a page of 100 of the list", &pages(&app).await, 10.0);
    good &= long_one(&app).await;
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn open(folder: &Path) -> App {
    App::open(Options {
        folder: folder.to_owned(),
        clock: Clock::system(),
        keys: Keys::in_memory(),
        named_servers: Vec::new(),
    })
    .unwrap()
}

/// What happens between the start of the program and the first frame with chats in it.
async fn opening(folder: &Path) -> f64 {
    let begun = Instant::now();
    let app = open(folder);
    app.begin().await.unwrap();
    app.conversations(ConversationList::Pinned, None, 100).await.unwrap();
    app.conversations(ConversationList::Loose, None, 100).await.unwrap();
    app.folders().await.unwrap();
    ms_since(begun)
}

fn queries() -> Vec<(&'static str, Vec<String>)> {
    let mut texts = Texts::new(4);
    let mut many = |mut make: Box<dyn FnMut(&mut Texts) -> String>| -> Vec<String> {
        (0..QUERIES).map(|_| make(&mut texts)).collect()
    };
    vec![
        ("Latin word", many(Box::new(Texts::latin))),
        ("first letters", many(Box::new(|texts| texts.latin().chars().take(3).collect()))),
        ("two Latin words", many(Box::new(|texts| format!("{} {}", texts.latin(), texts.latin())))),
        (
            "rare phrase",
            many(Box::new(|texts| format!("\"{} {} {}\"", texts.latin(), texts.latin(), texts.latin()))),
        ),
        ("one Chinese character", many(Box::new(|texts| texts.chinese(1)))),
        ("two Chinese characters", many(Box::new(|texts| texts.chinese(2)))),
        ("three Chinese characters", many(Box::new(|texts| texts.chinese(3)))),
        ("folder and word", many(Box::new(|texts| format!("folder:work {}", texts.latin())))),
        ("time and word", many(Box::new(|texts| format!("before:2022-03 {}", texts.latin())))),
        ("code and word", many(Box::new(|texts| format!("has:code {}", texts.latin())))),
        ("word without word", many(Box::new(|texts| format!("{} -{}", texts.latin(), texts.latin())))),
    ]
}

async fn pages(app: &App) -> Vec<f64> {
    let mut measured = Vec::new();
    let mut before = None;
    for _ in 0..100 {
        let begun = Instant::now();
        let rows = app.conversations(ConversationList::Loose, before, 100).await.unwrap();
        measured.push(ms_since(begun));
        let Some(last) = rows.last() else { break };
        before = Some(porthole_core::ListPosition { updated_at_ms: last.updated_at_ms, id: last.id });
    }
    measured
}

/// What a person waits for in the longest conversation, at its end, at its beginning, and at messages in between.
async fn long_one(app: &App) -> bool {
    let hits = app.search(&format!("in:title \"{LONG}\""), None, 1).await.unwrap().hits;
    let long = hits.first().unwrap().conversation;
    let ids: Vec<MessageId> =
        app.branch(long).await.unwrap().messages.iter().map(|message| message.id).collect();
    let (mut end, mut within, mut find) = (Vec::new(), Vec::new(), Vec::new());
    for nth in 0..QUERIES {
        let begun = Instant::now();
        app.open_conversation(long, None).await.unwrap();
        end.push(ms_since(begun));
        let begun = Instant::now();
        app.open_conversation(long, Some(ids[nth * (ids.len() - 1) / (QUERIES - 1)])).await.unwrap();
        within.push(ms_since(begun));
    }
    for _ in 0..5 {
        let begun = Instant::now();
        app.find(long, "con").await.unwrap();
        find.push(ms_since(begun));
    }
    let mut good = row("open 100,000 messages at the end", &end, 20.0);
    good &= row("open 100,000 messages at any of them", &within, 20.0);
    good & row("find in 100,000 messages", &find, 1500.0)
}

fn length_of(folder: &Path) -> u64 {
    std::fs::metadata(folder.join(Store::FILE_NAME)).map_or(0, |data| data.len())
}

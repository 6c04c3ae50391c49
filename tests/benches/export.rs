//! Ten thousand conversations with a gigabyte of text, exported into one archive: how long it takes beside reading the same
//! rows and writing as many bytes with SQLite and the zip library alone, how much memory, and how soon it can be given up.
//!
//! `cargo xtask bench --export` runs it; `PORTHOLE_HISTORY=CONVERSATIONS,MESSAGES` sets another size. Every run is a process
//! of its own, whose memory the system counts. Fails if a bound is exceeded.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot be taken is a failure")]
#![expect(clippy::print_stdout, reason = "the rows are the result")]

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use porthole_core::clock::Clock;
use porthole_core::secrets::Keys;
use porthole_core::store::Store;
use porthole_core::{App, Format, Options, Place, Progress, Selection, Wanted};
use porthole_tests::history::{Size, fill_without_index};
use porthole_tests::measuring::{heading, median, ms_since, row};
use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// How often each is measured, in turn.
const ROUNDS: usize = 3;
/// An export may take twice as long as the floor.
const SPEED_BOUND: f64 = 0.5;
const MEMORY_BOUND_MB: f64 = 200.0;
const CANCEL_BOUND_MS: f64 = 1000.0;
/// Bytes of a reply; with its question a tenth more.
const REPLY: usize = 3_900;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["run", "floor", folder, file, bytes] => {
            said(|| floor(Path::new(folder), Path::new(file), bytes.parse().unwrap()));
            ExitCode::SUCCESS
        }
        ["run", "cancel", folder, file] => {
            println!("{}", json!({"ms": cancelled(Path::new(folder), Path::new(file)).await}));
            ExitCode::SUCCESS
        }
        ["run", what, folder, file] => {
            let format = if *what == "json" { Format::Json } else { Format::Markdown };
            let app = open(Path::new(folder));
            let begun = Instant::now();
            let place = Place::Zip(PathBuf::from(file));
            app.export(Selection::All, format, Wanted::default(), place, &Progress::default()).await.unwrap();
            tell(begun);
            ExitCode::SUCCESS
        }
        _ => measure(),
    }
}

fn measure() -> ExitCode {
    let size = if std::env::var_os("PORTHOLE_HISTORY").is_some() {
        Size { long: 0, reply: REPLY, ..Size::asked() }
    } else {
        Size { conversations: 10_000, messages: 500_000, long: 0, reply: REPLY }
    };
    let folder = tempfile::Builder::new().prefix("porthole-export-").tempdir().unwrap();
    let made = Instant::now();
    fill_without_index(folder.path(), size).unwrap();
    println!(
        "{} conversations, {} messages, {} MB of text, made in {:.0} s",
        size.conversations,
        size.messages,
        text_of(folder.path()) / 1_000_000,
        made.elapsed().as_secs_f64()
    );

    let place = tempfile::tempdir_in(folder.path()).unwrap();
    let file = place.path().join("chats.zip");
    // Nothing is measured while the system reads the history for the first time.
    run(&["json"], folder.path(), &file);
    let bytes = unpacked(&file);
    std::fs::remove_file(&file).unwrap();
    println!("{:<44} {:>9} {:>9} {:>9} {:>9}", "", "seconds", "MB/s", "of floor", "peak MB");
    let mut speeds: [Vec<f64>; 3] = Default::default();
    let mut peaks = Vec::new();
    for _ in 0..ROUNDS {
        for (number, what) in ["floor", "json", "markdown"].into_iter().enumerate() {
            let told = match what {
                "floor" => run(&[what, &bytes.to_string()], folder.path(), &file),
                _ => run(&[what], folder.path(), &file),
            };
            let (seconds, peak) = (told["s"].as_f64().unwrap(), told["peak_mb"].as_f64().unwrap());
            let speed = megabytes(unpacked(&file)) / seconds;
            speeds[number].push(speed);
            let share = speed / speeds[0].last().unwrap();
            println!("{what:<44} {seconds:>9.1} {speed:>9.1} {share:>9.2} {peak:>9.0}");
            if number > 0 {
                peaks.push(peak);
            }
            std::fs::remove_file(&file).unwrap();
        }
    }
    let cancelled: Vec<f64> =
        (0..5).map(|_| run(&["cancel"], folder.path(), &file)["ms"].as_f64().unwrap()).collect();

    let mut good = true;
    for (name, of) in [("JSON", &speeds[1]), ("Markdown", &speeds[2])] {
        let share = median(of) / median(&speeds[0]);
        good &= within(
            &format!("{name}: share of the floor's speed, at least {SPEED_BOUND}"),
            share >= SPEED_BOUND,
            share,
        );
    }
    let peak = peaks.into_iter().fold(0.0, f64::max);
    good &= within(&format!("most memory in MB, below {MEMORY_BOUND_MB}"), peak < MEMORY_BOUND_MB, peak);
    heading();
    good &= row("from cancel to nothing left", &cancelled, CANCEL_BOUND_MS);
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn within(name: &str, good: bool, measured: f64) -> bool {
    println!("{name:<64} {measured:>9.2}{}", if good { "" } else { "  beyond" });
    good
}

/// One run in a process of its own: what it says.
fn run(what: &[&str], folder: &Path, file: &Path) -> Value {
    let program = std::env::current_exe().unwrap();
    let output =
        Command::new(program).args(["run", what[0]]).arg(folder).arg(file).args(&what[1..]).output().unwrap();
    assert!(output.status.success(), "{what:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn said(work: impl FnOnce()) {
    let begun = Instant::now();
    work();
    tell(begun);
}

/// Says how long this run took, and the most memory that it ever had.
fn tell(begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    println!("{}", json!({"s": seconds, "peak_mb": kilobytes * 1024.0 / 1e6}));
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

/// Gives an export up when a tenth of it is written: the milliseconds until nothing of it is left.
async fn cancelled(folder: &Path, file: &Path) -> f64 {
    let app = open(folder);
    let progress = Progress::default();
    let place = Place::Zip(file.to_owned());
    let export = app.export(Selection::All, Format::Json, Wanted::default(), place, &progress);
    let a_tenth = async {
        while progress.counts().1 == 0 || progress.counts().0 < progress.counts().1 / 10 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = export => panic!("it ended before it was given up"),
        () = a_tenth => {}
    }
    let begun = Instant::now();
    while std::fs::read_dir(file.parent().unwrap()).unwrap().next().is_some() {
        tokio::task::yield_now().await;
    }
    ms_since(begun)
}

/// Reads every row of the conversations and writes what they say, and as much besides as an export has, with nothing but
/// SQLite and the zip library, as quickly as that goes.
fn floor(folder: &Path, file: &Path, bytes: u64) {
    const AROUND: &str =
        r#"{"id":"01K7Z3M5W8Q2","role":"assistant","state":"complete","created_at_ms":1793491200000},"#;
    let connection = Connection::open(folder.join(Store::FILE_NAME)).unwrap();
    let mut conversations = connection.prepare("SELECT * FROM conversation ORDER BY id").unwrap();
    let [mut messages, mut parts, mut attempts] = [
        "SELECT * FROM message WHERE conversation_id = ?1 ORDER BY depth, id",
        "SELECT part.* FROM message JOIN part ON message_id = message.id
         WHERE conversation_id = ?1 ORDER BY depth, message.id, position",
        "SELECT attempt.* FROM message JOIN attempt ON message_id = message.id
         WHERE conversation_id = ?1 ORDER BY depth, message.id, attempt.id",
    ]
    .map(|sql| connection.prepare(sql).unwrap());
    let count: u32 = connection.query_row("SELECT count(*) FROM conversation", [], |row| row.get(0)).unwrap();
    let each = usize::try_from(bytes / u64::from(count.max(1))).unwrap();
    let mut archive = ZipWriter::new(BufWriter::with_capacity(1 << 16, File::create(file).unwrap()));
    let mut found = conversations.query([]).unwrap();
    let mut number = 0;
    while let Some(conversation) = found.next().unwrap() {
        number += 1;
        let id: i64 = conversation.get("id").unwrap();
        archive.start_file(format!("{number}.json"), SimpleFileOptions::default()).unwrap();
        let mut written = 0;
        each_column(conversation, |_| {});
        for statement in [&mut messages, &mut parts, &mut attempts] {
            let mut rows = statement.query(params![id]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                each_column(row, |text| {
                    archive.write_all(text).unwrap();
                    written += text.len();
                });
            }
        }
        while written < each {
            let length = AROUND.len().min(each - written);
            archive.write_all(&AROUND.as_bytes()[..length]).unwrap();
            written += length;
        }
    }
    let mut file = archive.finish().unwrap();
    file.flush().unwrap();
    file.get_ref().sync_all().unwrap();
}

fn each_column(row: &Row<'_>, mut text: impl FnMut(&[u8])) {
    for column in 0..row.as_ref().column_count() {
        if let rusqlite::types::ValueRef::Text(said) = row.get_ref(column).unwrap() {
            text(said);
        }
    }
}

fn text_of(folder: &Path) -> i64 {
    let connection = Connection::open(folder.join(Store::FILE_NAME)).unwrap();
    connection.query_row("SELECT sum(octet_length(text)) FROM part", [], |row| row.get(0)).unwrap()
}

/// How many bytes the entries of an archive have.
fn unpacked(file: &Path) -> u64 {
    let mut archive = ZipArchive::new(File::open(file).unwrap()).unwrap();
    (0..archive.len()).map(|number| archive.by_index_raw(number).unwrap().size()).sum()
}

#[expect(clippy::cast_precision_loss, reason = "a speed needs no precision")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

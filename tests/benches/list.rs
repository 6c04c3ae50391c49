//! The window on a history of a hundred thousand conversations and a million messages: how long it takes to start, and
//! whether its list of chats scrolls in every frame.
//!
//! `cargo xtask bench --list` provides the display, the driver, and the build that people get;
//! `PORTHOLE_HISTORY=CONVERSATIONS,MESSAGES` sets another size. Prints one row per measurement and fails if one exceeds
//! its bound.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement that cannot be taken is a failure"
)]
#![expect(clippy::print_stdout, reason = "the rows are the result")]

#[path = "../e2e/window.rs"]
#[expect(dead_code, reason = "the journeys use more of it")]
mod window;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fantoccini::wd::TimeoutConfiguration;
use porthole_core::domain::ConversationId;
use porthole_core::{App, ConversationList, ListPosition};
use porthole_tests::fake_v4::{Dialect, FakeV4};
use porthole_tests::harness::{Home, program};
use porthole_tests::history::{Size, fill, wait_for_index};
use porthole_tests::measuring::{Started, heading, median, row};
use serde_json::{Value, json};

use window::{Window, named};

/// How often the app is started on each folder.
const STARTS: usize = 10;
/// Of an empty folder's start.
const START_BOUND: f64 = 1.15;
/// A frame of 60 Hz is 16.7 ms, and the page's clock is read to the millisecond.
const FRAME_BOUND_MS: f64 = 20.0;
/// Four rows in each frame: what a hard push on a touchpad does.
const STEP_PX: i32 = 120;
const FRAMES: u32 = 1000;
const JUMPS: u32 = 100;
/// How often another program changes the list.
const BETWEEN_CHANGES: Duration = Duration::from_millis(300);

/// The row at the very end of the list, and one at its beginning.
struct Ends {
    oldest: ConversationId,
    newest: ConversationId,
}

#[tokio::main]
async fn main() -> ExitCode {
    let (home, empty) = (Home::new(), Home::new());
    let ends = prepare(&home).await;
    drop(empty.open().unwrap());
    heading();
    let started = start(empty.path(), home.path());
    let scrolled = scroll(&home, &ends).await;
    if started && scrolled { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Fills the folder and lets the search index be built, which would disturb the rest.
async fn prepare(home: &Home) -> Ends {
    let size = Size::asked();
    let made = Instant::now();
    fill(home.path(), size).unwrap();
    let app = home.open().unwrap();
    wait_for_index(&app).await.unwrap();
    println!(
        "{} conversations, {} messages and one of {}; made and indexed in {:.0} s",
        size.conversations,
        size.messages,
        size.long,
        made.elapsed().as_secs_f64()
    );
    ends(&app).await
}

async fn ends(app: &App) -> Ends {
    let (mut newest, mut oldest, mut before) = (None, None, None);
    loop {
        let rows = app.conversations(ConversationList::Loose, before, 1000).await.unwrap();
        let Some(last) = rows.last() else { break };
        before = Some(ListPosition { updated_at_ms: last.updated_at_ms, id: last.id });
        oldest = Some(last.id);
        newest = newest.or_else(|| rows.first().map(|first| first.id));
    }
    Ends { oldest: oldest.unwrap(), newest: newest.unwrap() }
}

/// From `exec` to the page that takes keys, on both folders in turn.
fn start(empty: &Path, full: &Path) -> bool {
    let app = program("porthole");
    let (mut on_empty, mut on_full) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        for (folder, measured) in [(empty, &mut on_empty), (full, &mut on_full)] {
            let started = Started::on(&app, folder);
            measured.push(started.ms);
            started.end();
        }
    }
    row("start, empty folder", &on_empty, f64::INFINITY);
    row("start, this history", &on_full, median(&on_empty) * START_BOUND)
}

async fn scroll(home: &Home, ends: &Ends) -> bool {
    let server = FakeV4::start_as(Dialect::LlamaCpp).await;
    let window = Window::open(home, &named(&server)).await;
    let patience = Some(Duration::from_mins(10));
    window.client.update_timeouts(TimeoutConfiguration::new(patience, None, None)).await.unwrap();
    window.find(".list.scrolls [data-row]").await;
    window.script(include_str!("scrolling.js"), Vec::new()).await;

    let plain = "const plain = scrolling.plain(arguments[1] * arguments[2] / 30 + 100);
        const result = await scrolling.steadily(plain, arguments[1], arguments[2]);
        plain.remove();
        return result";
    let list = "return scrolling.steadily(scrolling.list(), arguments[1], arguments[2])";
    let steadily = |script: &'static str, step: i32| run(&window, script, vec![json!(step), json!(FRAMES)]);

    // What the engine can do on this machine, which is no merit of the page's.
    frames("engine: nothing moves", &steadily(list, 0).await, f64::INFINITY);
    frames("engine: a plain list", &steadily(plain, STEP_PX).await, f64::INFINITY);

    let down = steadily(list, STEP_PX).await;
    let mut good = frames("scroll down", &down, FRAME_BOUND_MS) & filled(&down);
    good &= jump(&window, ends).await;
    let up = steadily(list, -STEP_PX).await;
    good &= frames("scroll up from there", &up, FRAME_BOUND_MS) & filled(&up);
    let changing = change_until(home, ends.newest, steadily(list, -STEP_PX)).await;
    good &= frames("scroll up, list changing", &changing, FRAME_BOUND_MS) & filled(&changing);
    window.close().await;
    good
}

/// Runs a script of the page that takes its time.
async fn run(window: &Window, script: &str, mut arguments: Vec<Value>) -> Value {
    arguments.insert(0, Value::Null);
    let script = format!(
        "const done = arguments[arguments.length - 1];
        const act = async function () {{ {script} }};
        act.apply(null, arguments).then(done, error => done({{ failed: String(error) }}))"
    );
    let result = window.script_async(&script, arguments).await;
    assert!(result.get("failed").is_none(), "the page's script failed: {result}");
    result
}

/// Jumps to the end of the list until the oldest chat is there.
async fn jump(window: &Window, ends: &Ends) -> bool {
    let script = "return scrolling.toTheEnd(scrolling.list(), arguments[1], arguments[2])";
    let result = run(window, script, vec![json!(ends.oldest), json!(JUMPS)]).await;
    let mut good = frames("jumps to the end", &result, FRAME_BOUND_MS);
    let jumps = numbers(&result, "jumps");
    row("  from a jump to what is there", &jumps, f64::INFINITY);
    let reached = result["reached"] == true;
    println!(
        "  the oldest chat {} after {} jumps, {:.1} s; the list is {} px high",
        if reached { "is reached" } else { "is not reached  beyond" },
        jumps.len(),
        result["took"].as_f64().unwrap() / 1000.0,
        result["height"]
    );
    good &= reached;
    good
}

/// Pins and unpins a chat from another program until the scrolling has ended.
async fn change_until(home: &Home, chat: ConversationId, scrolling: impl Future<Output = Value>) -> Value {
    let mut changes = 0_u32;
    let changing = async {
        loop {
            let mut pin = home.cli();
            pin.arg("pin").arg(chat.to_string());
            if changes % 2 == 1 {
                pin.arg("--undo");
            }
            let output = pin.output().await.unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            changes += 1;
            tokio::time::sleep(BETWEEN_CHANGES).await;
        }
    };
    let result = tokio::select! {
        result = scrolling => result,
        () = changing => Value::Null,
    };
    println!("  {changes} changes by another program while it scrolls:");
    result
}

/// Prints the rows of one scrolling; false if its frames exceed the bound.
fn frames(name: &str, result: &Value, bound: f64) -> bool {
    let good = row(&format!("{name}: between frames"), &numbers(result, "frames"), bound);
    row(&format!("{name}: between ticks"), &numbers(result, "ticks"), f64::INFINITY);
    good
}

/// Says how much of the list was drawn while it was scrolled; false if rows were missing.
fn filled(result: &Value) -> bool {
    let [bare, stood, elements] = ["bare", "stood", "elements"].map(|name| result[name].as_u64().unwrap());
    let verdict = if bare == 0 { "" } else { "  beyond" };
    println!(
        "  {elements} elements drawn; {stood} frames at a standstill, {bare} with rows missing{verdict}"
    );
    bare == 0
}

fn numbers(result: &Value, name: &str) -> Vec<f64> {
    result[name].as_array().expect("a list of numbers").iter().filter_map(Value::as_f64).collect()
}

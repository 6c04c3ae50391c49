//! What users notice of the first journeys, in the real window: how long text takes to reach the screen, alone and
//! compared with a bare curl, how long Stop takes to reach the server, and how much of a reply a killed program loses.
//!
//! `cargo xtask bench` provides the display and the driver. Prints one row per measurement and fails if one exceeds its
//! bound.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement that cannot be taken is a failure"
)]
#![expect(clippy::print_stdout, reason = "the rows are the result")]

#[path = "../e2e/window.rs"]
#[expect(dead_code, reason = "the journeys use more of it")]
mod window;

use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use porthole_tests::fake_v4::{Dialect, FakeV4, Script};
use porthole_tests::harness::{Home, app_with, words_of};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use window::{LAST_REPLY, Window, named};

#[tokio::main]
async fn main() -> ExitCode {
    println!("{:<44} {:>9} {:>9} {:>9} {:>9}", "milliseconds", "median", "p95", "worst", "bound");
    let [curl, page, behind] = beside_curl().await;
    let lag = text_to_screen().await;
    let streaming = stop_to_server(false).await;
    let silent = stop_to_server(true).await;
    let lost = lost_to_a_kill().await;
    // A frame is 16.7 ms; the clocks of server and page are read to the millisecond.
    let good = [
        row("first word sent -> printed by curl", &curl, 50, f64::INFINITY),
        row("first word sent -> in the page", &page, 50, f64::INFINITY),
        row("the page behind curl (median)", &behind, 50, 10.0),
        row("text sent -> text in the page (p95)", &lag, 95, 18.0),
        row("Stop clicked -> closed, streaming (worst)", &streaming, 100, 100.0),
        row("Stop clicked -> closed, silent (worst)", &silent, 100, 100.0),
        row("reply lost to kill -9 (worst)", &lost, 100, 250.0),
    ];
    if good.iter().all(|good| *good) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn row(name: &str, measured: &[f64], percentile: usize, bound: f64) -> bool {
    let mut sorted = measured.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |percent: usize| sorted[(sorted.len() - 1) * percent / 100];
    let good = at(percentile) <= bound;
    let verdict = if good { "" } else { "  beyond" };
    let bound = if bound.is_finite() { format!("{bound:.1}") } else { String::new() };
    println!("{name:<44} {:>9.1} {:>9.1} {:>9.1} {bound:>9}{verdict}", at(50), at(95), at(100));
    good
}

/// This many words of five bytes.
fn numbered(words: usize) -> String {
    let words: Vec<String> = (0..words).map(|word| format!("w{word:03} ")).collect();
    words.concat()
}

fn epoch_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64() * 1000.0
}

/// From the moment the server has sent the first word of a reply until a bare curl has printed it, until it is in the
/// page, and by how much the page is later. The window asks, then curl sends the same body, 20 times in turn, so that
/// both meet the machine in the same state.
async fn beside_curl() -> [Vec<f64>; 3] {
    let server = FakeV4::start_as(Dialect::LlamaCpp).await;
    let home = Home::new();
    let window = Window::open(&home, &named(&server)).await;
    window.find("textarea[aria-label=Message]").await;
    let origin = (Instant::now(), epoch_ms());
    let sent = |request: usize| {
        // The first event carries the role, the second is the word.
        let sent = server.requests()[request].sent[1];
        origin.1 + sent.saturating_duration_since(origin.0).as_secs_f64() * 1000.0
    };
    let [mut printed, mut shown, mut behind] = [const { Vec::new() }; 3];
    for turn in 0..20 {
        let word = format!("w{turn:03}");
        // Long enough that the window has drawn the question and curl has sent its body.
        let text = format!("{word} and so on");
        let script = Script::answer(text).chunk_characters(5).thinking("").first_event_after(200);
        server.reply(script.clone());
        let watch = "window.seen = null;
            const word = arguments[0];
            const watcher = new MutationObserver(() => {
                const text = document.querySelector('[role=log] article:last-of-type')?.textContent ?? '';
                if (!text.includes(word)) return;
                window.seen = performance.timeOrigin + performance.now();
                watcher.disconnect();
            });
            watcher.observe(document.body, { childList: true, subtree: true, characterData: true })";
        window.script(watch, vec![word.as_str().into()]).await;
        window.ask("Go on").await;
        let request = server.wait_for_chat(2 * turn).await;
        window.wait_for_text("[role=log] article:last-of-type", &word).await;
        window.wait_for_end().await;
        let seen = window.script("return window.seen", vec![]).await.as_f64().unwrap();
        shown.push((seen - sent(request.index)).max(0.0));

        server.reply(script);
        let read = curl(&format!("{}{}", server.url(), request.path), &request.body, &word).await;
        let read = origin.1 + read.saturating_duration_since(origin.0).as_secs_f64() * 1000.0;
        let request = server.wait_for_chat(2 * turn + 1).await.index;
        printed.push((read - sent(request)).max(0.0));
        behind.push(shown[turn] - printed[turn]);
    }
    window.close().await;
    [printed, shown, behind]
}

/// Sends `body` with curl and returns when it had printed `word`.
async fn curl(url: &str, body: &[u8], word: &str) -> Instant {
    let mut curl = tokio::process::Command::new("curl")
        .args(["--silent", "--show-error", "--no-buffer", "--noproxy", "*", "--data-binary", "@-"])
        .args(["--header", "Content-Type: application/json", "--header", "Authorization: Bearer sk-any", url])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("curl is installed");
    let mut input = curl.stdin.take().unwrap();
    input.write_all(body).await.unwrap();
    drop(input);
    let mut output = curl.stdout.take().unwrap();
    let mut printed = Vec::new();
    while !String::from_utf8_lossy(&printed).contains(word) {
        assert!(output.read_buf(&mut printed).await.unwrap() > 0, "curl ended before the word came");
    }
    let now = Instant::now();
    output.read_to_end(&mut printed).await.unwrap();
    assert!(curl.wait().await.unwrap().success(), "curl was answered");
    now
}

/// From the moment the server has sent a word to the moment it is in the page, for 200 words at 25 a second.
async fn text_to_screen() -> Vec<f64> {
    const WORDS: usize = 200;
    let server = FakeV4::start_as(Dialect::LlamaCpp).await;
    let home = Home::new();
    let window = Window::open(&home, &named(&server)).await;
    window.find("textarea[aria-label=Message]").await;
    let text = numbered(WORDS);
    server.reply(Script::answer(text.as_str()).chunk_characters(5).thinking("").per_second(25.0));
    // Each frame that has more words notes when, in the page's own clock.
    let watch = "window.seen = [];
        new MutationObserver(() => {
            const text = document.querySelector('[role=log] article:last-of-type')?.textContent ?? '';
            const words = (text.match(/w\\d{3}/g) ?? []).length;
            const now = performance.timeOrigin + performance.now();
            for (let word = window.seen.length; word < words; word += 1) window.seen.push(now);
        }).observe(document.body, { childList: true, subtree: true, characterData: true })";
    window.script(watch, vec![]).await;
    window.ask("Count").await;
    let request = server.wait_for_chat(0).await.index;
    let mut sent = Vec::new();
    // The first event carries the role; each further one is a word.
    for word in 0..WORDS {
        server.wait_for_events(request, word + 2).await;
        sent.push(epoch_ms());
    }
    window.wait_for_end().await;
    let seen = window.script("return window.seen", vec![]).await;
    let seen: Vec<f64> = seen.as_array().unwrap().iter().filter_map(Value::as_f64).collect();
    assert_eq!(seen.len(), WORDS, "every word reached the page");
    window.close().await;
    sent.iter().zip(seen).map(|(sent, seen)| (seen - sent).max(0.0)).collect()
}

/// From the click on Stop to the moment the server sees the connection closed.
async fn stop_to_server(silent: bool) -> Vec<f64> {
    let server = FakeV4::start_as(Dialect::LlamaCpp).await;
    let home = Home::new();
    let window = Window::open(&home, &named(&server)).await;
    let mut measured = Vec::new();
    for turn in 0..10 {
        let script = Script::answer("A long story. ".repeat(500)).thinking("");
        server.reply(if silent { script.stall_after(5) } else { script.per_second(100.0) });
        window.ask("Tell me").await;
        let request = server.wait_for_chat(turn).await.index;
        server.wait_for_events(request, 5).await;
        window.wait_for_text(LAST_REPLY, "A long").await;
        window.button("Stop").await;
        let origin = (Instant::now(), epoch_ms());
        let click = "const at = performance.timeOrigin + performance.now();
            document.querySelector('button[aria-label=Stop]').click(); return at";
        let clicked = window.script(click, vec![]).await.as_f64().unwrap();
        let closed = server.wait_for_close(request).await;
        let closed = origin.1 + closed.saturating_duration_since(origin.0).as_secs_f64() * 1000.0;
        measured.push((closed - clicked).max(0.0));
        window.wait_for_end().await;
    }
    window.close().await;
    measured
}

/// How long before the kill the first word that is missing from the history afterwards was sent.
async fn lost_to_a_kill() -> Vec<f64> {
    let mut measured = Vec::new();
    for run in 0..20_u64 {
        let server = FakeV4::start().await;
        let home = Home::new();
        drop(app_with(&home, &server, porthole_core::domain::ServerKind::DeepSeek).await);
        let text = numbered(400);
        server.reply(Script::answer(text.as_str()).chunk_characters(5).thinking("").per_second(200.0));
        let mut program = home.cli();
        program.args(["--json", "ask", "--server", "fake", "--model", "deepseek-v4-pro", "count"]);
        let mut running = program.spawn().unwrap();
        let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
        let start: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        let request = server.wait_for_chat(0).await.index;
        let mut sent = Vec::new();
        let until = Duration::from_millis(250 + 67 * run);
        let begun = Instant::now();
        while begun.elapsed() < until {
            server.wait_for_events(request, sent.len() + 2).await;
            sent.push(Instant::now());
        }
        running.start_kill().unwrap();
        let killed = Instant::now();
        running.wait().await.unwrap();
        let app = home.open().unwrap();
        let conversation = start["conversation"].as_str().unwrap().parse().unwrap();
        let branch = app.branch(conversation).await.unwrap();
        let kept = words_of(&branch.messages[1]).1.split_whitespace().count();
        let lost = sent.get(kept).map_or(0.0, |sent| killed.duration_since(*sent).as_secs_f64() * 1000.0);
        measured.push(lost);
    }
    measured
}

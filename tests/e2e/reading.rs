//! What must stay put for the reader: the scroll position, the focus, the row of the list.

use porthole_tests::fake_v4::{Dialect, FakeV4, Script};
use porthole_tests::harness::Home;
use serde_json::json;

use crate::window::{LAST_REPLY, Window, journey, named};

const FOCUSED: &str = "const { activeElement: on } = document;
    return on === document.body ? 'nothing' : on.getAttribute('aria-label') ?? on.className";

/// Opens the window and waits until it takes input.
async fn open(server: &FakeV4, home: &Home) -> Window {
    let window = Window::open(home, &named(server)).await;
    window.find("textarea[aria-label=Message]:focus").await;
    window
}

async fn number(window: &Window, script: &str) -> f64 {
    window.script(script, Vec::new()).await.as_f64().unwrap()
}

#[tokio::test]
async fn another_version_moves_nothing_but_the_reply() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = open(&server, &home).await;
        window.resize(900, 600).await;
        for (question, words) in [("First?", 300), ("Second?", 300)] {
            server.reply(Script::answer("word ".repeat(words)));
            window.ask(question).await;
            window.wait_for_end().await;
        }
        server.reply(Script::answer("other ".repeat(280)));
        let again = "[role=log] article:last-of-type button[aria-label=Regenerate]:enabled";
        window.find(again).await;
        window.script("document.querySelector(arguments[0]).click()", vec![json!(again)]).await;
        window.wait_for_text(LAST_REPLY, "2/2").await;
        window.wait_for_end().await;
        // The line below it appears when it ends, which may be later than its last word.
        window.wait_for_text(LAST_REPLY, " out").await;
        let frames =
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))";
        window.script_async(frames, Vec::new()).await;

        let top = "return document.querySelector('[role=log] article:last-of-type .versions')
            .getBoundingClientRect().top";
        for (button, shown) in [("Previous version", "1/2"), ("Next version", "2/2")] {
            let script = "document.querySelector(arguments[0]).focus()";
            let css = format!("[role=log] article:last-of-type button[aria-label='{button}']");
            window.script(script, vec![json!(css)]).await;
            let before = number(&window, top).await;
            window.find(&css).await.send_keys("\u{E007}").await.unwrap();
            window.wait_for_text(LAST_REPLY, shown).await;
            let after = number(&window, top).await;
            assert!((after - before).abs() < 1.5, "{button}: its place went from {before} to {after}");
            let within = "return document.activeElement.closest('[role=log]') !== null";
            assert_eq!(
                window.script(within, Vec::new()).await,
                true,
                "{button}: the focus stays with the reply"
            );
        }
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn older_receipts_hide_and_escape_gives_the_focus_back() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = open(&server, &home).await;
        for question in ["First?", "Second?"] {
            server.reply(Script::answer("It depends."));
            window.ask(question).await;
            window.wait_for_text(LAST_REPLY, "It depends.").await;
            window.wait_for_end().await;
        }
        let script = "const footers = [...document.querySelectorAll('[role=log] article footer')];
            return footers.filter(f => f.children.length === 2)
                .map(f => [...f.children].map(c => getComputedStyle(c).opacity))";
        let until = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        loop {
            let shown = window.script(script, Vec::new()).await;
            if shown == json!([["0", "0"], ["1", "1"]]) {
                break;
            }
            assert!(
                tokio::time::Instant::now() < until,
                "an older reply keeps its receipt for the pointer: {shown}"
            );
        }

        for key in ["click", "Enter"] {
            let trigger = window.find("button.picker-trigger").await;
            if key == "click" {
                trigger.click().await.unwrap();
            } else {
                trigger.send_keys("\u{E007}").await.unwrap();
            }
            window.find("[role=option]").await;
            window.find(".picker input").await.send_keys("\u{E00C}").await.unwrap();
            window.wait_until_gone(".picker").await;
            let focused = window.script(FOCUSED, Vec::new()).await;
            assert!(focused.as_str().unwrap().starts_with("Model:"), "after {key}: {focused}");
        }
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_list_shows_the_open_chat() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = open(&server, &home).await;
        window.resize(900, 480).await;
        for number in 0..14 {
            server.reply(Script::answer("Yes."));
            window.ask(&format!("Question {number}?")).await;
            window.wait_for_end().await;
            window.find("body").await.send_keys("\u{E009}n\u{E000}").await.unwrap();
            window.wait_until_gone("[role=log] article").await;
        }
        let seen = "const row = document.querySelector('nav [aria-current=page]');
            if (row === null) return false;
            const list = row.closest('.list').getBoundingClientRect(), at = row.getBoundingClientRect();
            return at.top >= list.top - 1 && at.bottom <= list.bottom + 1";
        for _ in 0..14 {
            window.find("body").await.send_keys("\u{E009}\u{E015}\u{E000}").await.unwrap();
            window.find("nav [aria-current=page]").await;
        }
        let until = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        while window.script(seen, Vec::new()).await != true {
            assert!(tokio::time::Instant::now() < until, "the open chat is out of sight in the list");
        }
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_narrow_window_hides_no_way_back_and_a_long_title_no_model() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = open(&server, &home).await;
        server.reply(Script::answer("Yes."));
        server.title(Script::answer(
            "A title that goes on and on and names everything that was ever asked in it",
        ));
        window.ask("Question?").await;
        window.wait_for_end().await;
        window.wait_for_text("header h1", "goes on and on").await;
        window.resize(1000, 700).await;
        let fits = "const place = document.querySelector('header .chip span');
            return place.scrollWidth <= place.clientWidth";
        assert_eq!(window.script(fits, Vec::new()).await, true, "the place is whole");

        window.resize(480, 700).await;
        for (open, close, panel) in
            [("Show chats", "Hide chats", "nav"), ("Show chat settings", "Hide chat settings", "aside")]
        {
            let at = |within: &str, name: &str| {
                format!(
                    "const {{ left, top }} = document.querySelector(\"{within} button[aria-label='{name}']\")
                        .getBoundingClientRect(); return [Math.round(left), Math.round(top)]"
                )
            };
            let opens = window.button(open).await;
            let before = window.script(&at("header", open), Vec::new()).await;
            opens.click().await.unwrap();
            let inside = format!("{panel} .toggle button[aria-label='{close}']");
            let button = window.find(&inside).await;
            let moving = "const done = arguments[0];
                Promise.allSettled(document.getAnimations().map(one => one.finished)).then(() => done())";
            window.script_async(moving, Vec::new()).await;
            let there = window.script(&at(&format!("{panel} .toggle"), close), Vec::new()).await;
            assert_eq!(before, there, "{close} is where {open} was");
            button.click().await.unwrap();
            window.wait_until_gone(panel).await;
        }
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_whole_window_is_enlarged_and_stays_so() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = open(&server, &home).await;
        window.resize(1000, 700).await;
        for keys in ["\u{E009}=\u{E000}", "\u{E009}=\u{E000}", "\u{E009}=\u{E000}"] {
            window.find("body").await.send_keys(keys).await.unwrap();
        }
        let until = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        // 110, 125, 150 per cent; media queries see it too.
        let enlarged = "return innerWidth < 680 && matchMedia('(max-width: 679px)').matches";
        while window.script(enlarged, Vec::new()).await != true {
            assert!(tokio::time::Instant::now() < until, "the window is not enlarged");
        }
        window.close().await;
        let window = open(&server, &home).await;
        window.resize(1000, 700).await;
        while window.script(enlarged, Vec::new()).await != true {
            assert!(tokio::time::Instant::now() < until, "the zoom was forgotten");
        }
        window.find("body").await.send_keys("\u{E009}0\u{E000}").await.unwrap();
        while window.script("return innerWidth", Vec::new()).await != 1000 {
            assert!(tokio::time::Instant::now() < until, "the zoom cannot be reset");
        }
        window.close().await;
    })
    .await;
}

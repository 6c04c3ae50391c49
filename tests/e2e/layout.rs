//! Nothing moves unless the user moves it.

use porthole_tests::fake_v4::{Dialect, FakeV4, Script};
use porthole_tests::harness::Home;
use serde_json::json;

use crate::window::{LAST_REPLY, Window, journey, named};

/// Sums up layout shifts as the Layout Instability specification defines them (section 2: impact times distance, and
/// what follows input within half a second does not count), from what is drawn in each frame: the engine has no entry
/// for it. What scrolls is measured in what it scrolls in. `shifts` names the elements that moved.
const WATCH: &str = "
    const watched = 'header, header *, nav .top *, nav li, nav li *, nav .bottom *, article, article .block, article footer, .composer, .composer *';
    const cell = 20;
    let before = new Map(), input = -1000;
    window.shift = { total: 0, moved: [] };
    for (const name of ['keydown', 'pointerdown', 'click']) {
        addEventListener(name, () => (input = performance.now()), true);
    }
    const place = element => {
        const { left, top, width, height } = element.getBoundingClientRect();
        const scroller = element.closest('.scroller, .list');
        return { left, top, width, height, scrolled: scroller?.scrollTop ?? 0, opacity: getComputedStyle(element).opacity };
    };
    const look = () => {
        const now = new Map(), wide = innerWidth, high = innerHeight, hit = new Set();
        let furthest = 0;
        for (const element of document.querySelectorAll(watched)) {
            const at = place(element);
            if (at.width === 0 || at.height === 0) continue;
            now.set(element, at);
            const was = before.get(element);
            if (was === undefined) continue;
            const seen = one => one.top < high && one.top + one.height > 0 && one.left < wide && one.left + one.width > 0;
            if (!seen(was) || !seen(at)) continue;
            const far = Math.max(Math.abs(at.left - was.left), Math.abs(at.top + at.scrolled - was.top - was.scrolled));
            if (far <= 3) continue;
            furthest = Math.max(furthest, far);
            for (const one of [was, at]) {
                const until = (from, size, end) => Math.min(end, from + size);
                for (let x = Math.max(0, one.left); x < until(one.left, one.width, wide); x += cell) {
                    for (let y = Math.max(0, one.top); y < until(one.top, one.height, high); y += cell) {
                        hit.add(Math.floor(x / cell) * 10000 + Math.floor(y / cell));
                    }
                }
            }
            window.shift.moved.push(`${element.tagName}.${element.className} ${Math.round(far)}px`);
        }
        before = now;
        if (performance.now() - input < 500) window.shift.moved.length = 0;
        else window.shift.total += (hit.size * cell * cell) / (wide * high) * furthest / Math.max(wide, high);
        if (window.shift.moved.length > 40) window.shift.moved.length = 40;
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);";

async fn shifted(window: &Window) -> f64 {
    window.script("return window.shift.total", Vec::new()).await.as_f64().unwrap()
}

#[tokio::test]
async fn nothing_shifts_while_replies_arrive_and_panels_are_used() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = Window::open(&home, &named(&server)).await;
        window.find("textarea[aria-label=Message]:focus").await;
        window.resize(1180, 780).await;
        window.script(WATCH, Vec::new()).await;

        let code = "line of code\n".repeat(60);
        let long = format!("# Title\n\nWords. **Bold** words.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```rust\n{code}```\n\nEnd.");
        for (question, thinking) in [("First?", "Let me think. ".repeat(60)), ("Second?", String::new())] {
            server.reply(Script::answer(long.as_str()).thinking(thinking).chunk_characters(4));
            window.ask(question).await;
            window.wait_for_end().await;
            window.wait_for_text(LAST_REPLY, "End.").await;
        }
        window.pass_frames(40).await;
        for key in ["\u{E009}i\u{E000}", "\u{E009}i\u{E000}", "\u{E009},\u{E000}", "\u{E00C}"] {
            window.keys(key).await;
            window.pass_frames(40).await;
        }
        window.press("New chat").await;
        server.reply(Script::answer("Short."));
        window.ask("Third?").await;
        window.wait_for_end().await;
        window.pass_frames(60).await;
        let moved = window.script("return window.shift.moved", Vec::new()).await;
        let total = shifted(&window).await;
        assert!(total < 0.02, "{total}: {moved}");
        // The instrument itself: what is pushed down counts.
        let push = "document.querySelector('.column').prepend(Object.assign(document.createElement('div'), { style: 'height: 200px' }))";
        window.script(push, vec![json!(null)]).await;
        window.pass_frames(5).await;
        assert!(shifted(&window).await > total + 0.02, "a push is seen");
        window.close().await;
    })
    .await;
}

use porthole_tests::fake_v4::{Dialect, FakeV4, Script};
use porthole_tests::harness::Home;
use serde_json::json;

use crate::window::{Window, journey, named};

/// Whatever runs in the page cannot escape it: no socket, no file, no other page, no code from text.
#[tokio::test]
async fn the_page_has_no_way_out() {
    journey(async {
        let server = FakeV4::start_as(Dialect::Openai).await;
        let home = Home::new();
        let window = Window::open(&home, &named(&server)).await;
        // Once it has a model, the app itself asks the server for nothing else.
        window.find("button[aria-label^='Model:']").await;
        let asked_before = server.requests().len();
        let target = server.url();
        for (name, attempt) in [
            ("fetch", "fetch(target + '/stolen').then(() => done('out'), () => done('held'))"),
            (
                "image",
                "const i = new Image(); i.onload = () => done('out'); i.onerror = () => done('held'); i.src = target + '/stolen.png'",
            ),
            (
                "socket",
                "try { const s = new WebSocket(target.replace('http', 'ws')); s.onopen = () => done('out'); s.onerror = () => done('held') } catch { done('held') }",
            ),
            (
                "events",
                "try { const s = new EventSource(target); s.onopen = () => done('out'); s.onerror = () => done('held') } catch { done('held') }",
            ),
            (
                "frame",
                "const f = document.createElement('iframe'); f.src = target; document.body.append(f); setTimeout(() => { let held = 'held'; try { if (f.contentDocument === null) held = 'held' } catch {} done(held) }, 300)",
            ),
            (
                "script",
                "const s = document.createElement('script'); s.src = target + '/x.js'; s.onload = () => done('out'); s.onerror = () => done('held'); document.body.append(s)",
            ),
            (
                "inline",
                "const s = document.createElement('script'); s.textContent = 'window.escaped = 1'; document.body.append(s); done(window.escaped ? 'out' : 'held')",
            ),
            ("file", "fetch('file:///etc/passwd').then(() => done('out'), () => done('held'))"),
            (
                "commands",
                "window.__TAURI_INTERNALS__.invoke('plugin:fs|read_text_file', { path: '/etc/passwd' }).then(() => done('out'), () => done('held'))",
            ),
            (
                "window",
                "window.__TAURI_INTERNALS__.invoke('plugin:window|create', {}).then(() => done('out'), () => done('held'))",
            ),
            ("popup", "done(window.open(target) === null ? 'held' : 'held')"),
            (
                "form",
                "const f = document.createElement('form'); f.action = target; f.method = 'post'; document.body.append(f); f.submit(); setTimeout(() => done('held'), 300)",
            ),
            ("navigation", "location.href = target + '/away'; setTimeout(() => done('held'), 500)"),
            (
                "link",
                "window.__TAURI_INTERNALS__.invoke('open_link', { url: 'file:///etc/passwd' }).then(() => done('out'), () => done('held'))",
            ),
        ] {
            let script = format!("const [target, done] = arguments; {attempt}");
            let outcome = window.script_async(&script, vec![json!(target)]).await;
            assert_eq!(outcome, "held", "{name}");
        }
        let address = window.client.current_url().await.unwrap();
        assert_eq!(address.scheme(), "tauri", "the window shows its own page: {address}");
        assert_eq!(server.requests().len(), asked_before, "nothing reached the server");
        window.close().await;
    })
    .await;
}

/// Hostile text stays text, while it arrives and from the history.
#[tokio::test]
async fn a_hostile_reply_does_nothing() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let servers = named(&server);
        let window = Window::open(&home, &servers).await;
        let target = server.url();
        let hostile = format!(
            "<script>window.escaped=1</script>\n\n<img src=x onerror=\"window.escaped=1\">\n\n\
             [click](javascript:window.escaped=1) [data](data:text/html,x) ![i]({target}/pixel.png)\n\n\
             <svg onload=\"window.escaped=1\">\n\n```html\n<img src=x onerror=window.escaped=1>\n```\n\nThe end."
        );
        server.reply(Script::answer(hostile.as_str()).thinking(hostile.as_str()).chunk_characters(1));
        window.ask("Be nasty").await;
        window.wait_for_text("[role=log]", "The end.").await;
        window.wait_for_end().await;
        let held = |window: &Window| {
            let client = window.client.clone();
            async move {
                let script = "return [window.escaped === undefined,
                    document.querySelectorAll('[role=log] :is(script, img, svg[onload], iframe, object)').length,
                    [...document.querySelectorAll('[role=log] a')].every(a => /^(https?|mailto):/.test(a.href))]";
                client.execute(script, vec![]).await.unwrap()
            }
        };
        assert_eq!(held(&window).await, json!([true, 0, true]));
        window.shot("hostile").await;
        window.close().await;
        let window = Window::open(&home, &servers).await;
        window.wait_for_text("[role=log]", "The end.").await;
        assert_eq!(held(&window).await, json!([true, 0, true]));
        let stolen = server.requests().iter().any(|request| request.path.contains("pixel"));
        assert!(!stolen, "a remote image was loaded");
        window.close().await;
    })
    .await;
}

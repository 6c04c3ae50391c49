use porthole_tests::fake_v4::{Dialect, FakeV4, Script};
use porthole_tests::harness::Home;
use serde_json::json;

use crate::window::{LAST_REPLY, Window, journey, named};

#[tokio::test]
async fn first_start() {
    journey(async {
        let server = FakeV4::start_as(Dialect::Openai).await;
        let home = Home::new();
        let window = Window::open(&home, "").await;
        window.wait_for_text("main", "Connect a model").await;
        window.shot("first-start").await;

        // One address, typed by hand, makes it a working chat.
        for (label, text) in [("Name", "Workshop"), ("Address", &server.url())] {
            let id = window
                .script(
                    "return [...document.querySelectorAll('main label')].find(l => l.innerText === arguments[0]).htmlFor",
                    vec![json!(label)],
                )
                .await;
            window.find(&format!("[id='{}']", id.as_str().unwrap())).await.send_keys(text).await.unwrap();
        }
        window.press("Add server").await;
        window.ask("Is anybody there?").await;
        window.wait_for_text(LAST_REPLY, "That is all").await;
        window.shot("first-answer").await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_chat_with_the_stand_in_server() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = Window::open(&home, &named(&server)).await;
        let answer = "# Tides\n\nThe **Moon** pulls the sea.[^1] 中文也**可以（真的）**。\n\n| Place | Range |\n|---|--:|\n\
                      | Fundy | 16 m |\n| Kiel | 0.3 m |\n\n```rust\nfn tide(hours: f64) -> f64 {\n    (hours / 12.42).sin()\n}\n```\n\n\
                      1. one\n2. two\n   - [x] done\n\n> [!NOTE]\n> Look it up.\n\n[^1]: And the Sun.";
        server.reply(Script::answer(answer).thinking("The person asks about tides.\nMoon first, then places."));
        window.ask("Why are there tides?").await;
        window.wait_for_end().await;
        window.wait_for_text(LAST_REPLY, "And the Sun").await;

        assert_eq!(window.text("[role=log] article[aria-label=You]").await.trim(), "Why are there tides?");
        let count = |css: &'static str| {
            let window = &window;
            async move {
                let found = window
                    .script("return document.querySelectorAll(arguments[0]).length", vec![json!(css)])
                    .await;
                found.as_u64().unwrap()
            }
        };
        for css in
            ["[role=log] h1", "[role=log] table", "[role=log] pre .hl-keyword", "button[aria-label='Copy code']"]
        {
            assert!(count(css).await > 0, "{css} is not there");
        }
        // Titled by the model, once the reply has ended.
        window.wait_for_text("nav[aria-label=Chats]", "A short title").await;
        window.wait_for_text(LAST_REPLY, "Thought").await;
        for (name, width, height) in [("chat", 1180, 780), ("chat-narrow", 480, 700)] {
            window.resize(width, height).await;
            window.shot(name).await;
        }
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_chat_with_a_real_model() {
    journey(async {
        let url =
            std::env::var("PORTHOLE_MODEL_URL").expect("`cargo xtask model --port 0` runs a real model");
        let home = Home::new();
        let window = Window::open(&home, &format!("SmolLM2={url}")).await;
        window.ask("What is the capital of France? Answer in one sentence.").await;
        window.wait_for_end().await;
        let reply = window.text(LAST_REPLY).await;
        // What such a small model says about Paris varies, and so does its length: a reply of a few tokens is over
        // before its speed can be measured.
        for told in ["SmolLM2", "to first token", " in ", " out"] {
            assert!(reply.contains(told), "{told} is shown: {reply}");
        }
        let said = reply.split("SmolLM2").next().unwrap_or_default().trim();
        assert!(!said.is_empty(), "a real model answers: {reply}");
        assert!(window.text("header").await.contains("This computer"), "where text goes is said");
        // The window that llama.cpp grants, not the one that the model could take.
        window.find("button.picker-trigger").await.click().await.unwrap();
        window.wait_for_text("[role=listbox]", "4K context").await;
        window.find("body").await.send_keys("\u{E00C}").await.unwrap();
        window.wait_until_gone("[role=listbox]").await;
        window.wait_until_gone("nav .dot").await;
        window.shot("real-model").await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn stop() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = Window::open(&home, &named(&server)).await;
        server.reply(Script::answer("It was a dark and stormy night. ".repeat(20)).stall_after(30));
        window.ask("Tell me a story").await;
        window.wait_for_text(LAST_REPLY, "stormy").await;
        let request = server.wait_for_chat(0).await.index;
        window.shot("streaming").await;
        window.button("Stop").await.click().await.unwrap();
        server.wait_for_close(request).await;
        window.wait_for_end().await;
        assert!(window.text(LAST_REPLY).await.contains("It was a dark"), "what had arrived stays");
        window.shot("stopped").await;

        server.reply(Script::answer("The end."));
        window.ask("Just the end, then").await;
        window.wait_for_text(LAST_REPLY, "The end.").await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn restart_and_find_the_conversation_again() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = Window::open(&home, &named(&server)).await;
        server.reply(Script::answer("Forty-**two**."));
        window.ask("What is six times seven?").await;
        window.wait_for_text(LAST_REPLY, "Forty-two.").await;
        window.wait_for_end().await;
        window.ask("And then?").await;
        window.wait_for_end().await;
        let field = window.find("textarea[aria-label=Message]").await;
        field.click().await.unwrap();
        field.send_keys("half a thought").await.unwrap();
        // No pause for the draft: closing the window waits until it is saved.
        window.close().await;

        let window = Window::open(&home, &named(&server)).await;
        window.wait_for_text("[role=log]", "Forty-two.").await;
        window.wait_for_text("nav[aria-label=Chats]", "A short title").await;
        let draft = window
            .script("return document.querySelector('textarea[aria-label=Message]').value", vec![])
            .await;
        assert_eq!(draft, "half a thought", "a draft is kept across restarts");
        window.shot("restarted").await;
        window.close().await;
    })
    .await;
}

#[tokio::test]
async fn dark_and_chinese() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = Window::open(&home, &named(&server)).await;
        server.reply(Script::answer("当然可以。\n\n```python\nprint('你好')\n```\n").thinking("用户说中文。"));
        window.ask("你好，能用中文回答吗？").await;
        window.wait_for_end().await;
        window.find("nav[aria-label=Chats] button:last-of-type").await;
        let appearance =
            json!({"theme": "dark", "language": "zh-Hans", "text_px": 15, "sidebar": true, "inspector": true});
        let set = "const [appearance, done] = arguments;
                   window.__TAURI_INTERNALS__.invoke('set_appearance', { appearance }).then(() => done('ok'), done)";
        assert_eq!(window.script_async(set, vec![appearance]).await, "ok");
        window.close().await;
        let window = Window::open(&home, &named(&server)).await;
        window.wait_for_text("[role=log]", "当然可以").await;
        window.wait_for_text("nav", "新").await;
        window.shot("dark-chinese").await;
        window.close().await;
    })
    .await;
}

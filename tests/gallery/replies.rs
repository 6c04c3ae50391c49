//! Replies, as they arrive and as they are kept.

use porthole_tests::fake_v4::{FakeV4, Script};

use crate::seed::{self, Seed};
use crate::stage::{SIZES, Shown, Stage};
use crate::texts;

const LAST: &str = "[role=log] article:last-of-type";
const THINKING: &str = "[role=log] article:last-of-type .thinking button";

pub(crate) async fn live(stage: &Stage) {
    let server = FakeV4::start().await;
    let home = Seed::new(&server, stage.appearance()).await.done(|_| ()).await;
    let shown = stage.open_history(&home, &server).await;
    let stop = async || {
        shown.click("button.stop").await;
        shown.see("button.send").await;
        shown.key("Ctrl+n").await;
        shown.window.wait_until_gone("[role=log] article").await;
    };
    server.reply(Script::answer("Late.").headers_after(120_000));
    shown.ask("Are you there?").await;
    shown.see(LAST).await;
    shown.take("waiting").await;
    shown.click("button.stop").await;
    shown.see("button.send").await;
    shown.window.wait_until_gone("nav .dot").await;
    shown.take("stopped-early").await;
    shown.key("Ctrl+n").await;

    server.reply(Script::answer("Yes.").thinking(texts::THINKING).pause_after(60));
    shown.ask("Which form is right?").await;
    shown.see(THINKING).await;
    shown.pass(1.5).await;
    shown.take("thinking-live").await;
    shown.click(THINKING).await;
    shown.take("thinking-live-open").await;
    stop().await;

    server.reply(Script::answer(texts::replies()[0].2.clone()).thinking("").pause_after(90));
    shown.ask("How does a B-tree grow?").await;
    shown.see("[role=log] article:last-of-type h2").await;
    shown.pass(0.5).await;
    shown.take("streaming").await;
    shown.pass(9.0).await;
    shown.take("silent").await;
    shown
        .ask("And how does it shrink? I should like to know what happens to a page that is half empty.")
        .await;
    shown.see(".queued").await;
    shown.take("queued").await;
    shown.click(".queued button").await;
    shown.window.wait_until_gone(".queued").await;
    shown.click("button.stop").await;
    shown.see("button.send").await;
    shown.key("Ctrl+n").await;
    shown.window.wait_until_gone("[role=log] article").await;

    server.reply(Script::rate_limited(30));
    shown.ask("And now?").await;
    shown.see(".retrying").await;
    shown.take("retrying").await;
    stop().await;
    shown.close().await;
}

pub(crate) async fn kept(stage: &Stage) {
    let server = FakeV4::start().await;
    let (home, chats) = seed::replies(&server, stage.appearance()).await;
    let shown = stage.open_history(&home, &server).await;
    let names =
        ["code", "table", "list", "cjk", "rtl", "formulas", "images", "long-question", "length", "stopped"];
    for name in names {
        shown.chat(chats[name]).await;
        shown.take(name).await;
    }
    shown.chat(chats["thinking"]).await;
    shown.take("thinking").await;
    shown.click(THINKING).await;
    shown.see(&format!("{LAST} .thinking [role=region]")).await;
    shown.take("thinking-open").await;

    shown.chat(chats["mixed"]).await;
    shown.take("mixed").await;
    let over = "document.querySelector('[role=log] a')
        .dispatchEvent(new PointerEvent('pointerover', { bubbles: true }))";
    for &size in &SIZES {
        shown.resize(size).await;
        shown.window.script(over, Vec::new()).await;
        shown.take_at("link", &[size]).await;
    }
    shown.click(&format!("{LAST} .receipt button, {LAST} button.receipt")).await;
    shown.take("receipt").await;
    shown.key("Escape").await;
    shown.press(&format!("{LAST} button[aria-haspopup=menu]")).await;
    shown.take("regenerate-menu").await;
    shown.key("Escape").await;
    shown.key("Ctrl+f").await;
    shown.write("main input[type=search], main input", "page").await;
    shown.take("find").await;
    shown.key("Escape").await;
    shown.key("Ctrl+l").await;
    shown.key("ArrowUp").await;
    shown.see("[role=log] textarea").await;
    shown.take("edit").await;
    shown.close().await;
}

/// What leaves the window: a chat as pages, and a message by its menu.
pub(crate) async fn handed_on(stage: &Stage) {
    let server = FakeV4::start().await;
    let (home, chats) = seed::replies(&server, stage.appearance()).await;
    let shown = stage.open_history(&home, &server).await;
    shown.chat(chats["formulas"]).await;
    export_page(&shown, "export-formulas").await;
    shown.chat(chats["mixed"]).await;
    export_page(&shown, "export-page").await;
    shown.click(&format!("{LAST} .actions > button[aria-haspopup=menu]:last-of-type")).await;
    shown.see("[role=menu]").await;
    shown.take("message-menu").await;
    shown.close().await;
}

/// The open chat as it would be printed.
async fn export_page(shown: &Shown, state: &str) {
    shown.key("Ctrl+e").await;
    shown.see("[role=dialog] select").await;
    let pdf = "const formats = document.querySelector('[role=dialog] select');
        formats.value = 'pdf';
        formats.dispatchEvent(new Event('change', { bubbles: true }))";
    shown.window.script(pdf, Vec::new()).await;
    shown.see("[role=dialog] section .blocks").await;
    shown.take(state).await;
    shown.key("Escape").await;
    shown.window.wait_until_gone("[role=dialog]").await;
}

//! What stands around a chat: the list, the picker, the inspector, the lock and the settings.

use porthole_tests::fake_v4::{Balance, FakeV4};

use crate::seed;
use crate::stage::{SIZES, Shown, Stage};

/// Where the list stands beside the chat.
const WIDE: &[(u32, u32)] = &[SIZES[0], SIZES[1]];
const NARROW: &[(u32, u32)] = &[SIZES[2]];
const FIRST_ROW: &str = "nav [data-row] button.row";

pub(crate) async fn chats(stage: &Stage) {
    let server = FakeV4::start().await;
    let home = seed::month(&server, stage.appearance()).await;
    let shown = stage.open_history(&home, &server).await;
    shown.click(FIRST_ROW).await;
    shown.see("[role=log] article:last-of-type[aria-busy=false]").await;
    shown.take("chats").await;
    shown.key("Ctrl+e").await;
    shown.see("[role=dialog]").await;
    shown.take("export").await;
    export_slowly(&shown).await;
    shown.see("[role=dialog] progress").await;
    shown.take("export-progress").await;
    shown.key("Escape").await;
    shown.window.wait_until_gone("[role=dialog]").await;
    shown.press("nav [data-row] .dots").await;
    shown.see("[role=menu]").await;
    shown.take_at("chat-menu", WIDE).await;
    shown.key("Escape").await;
    shown.window.script("document.querySelector('nav [data-row] button.row').focus()", Vec::new()).await;
    shown.key("F2").await;
    shown.see("nav [data-row] input").await;
    shown.take_at("rename", WIDE).await;
    shown.key("Escape").await;
    shown.window.script("document.querySelector('nav [data-row] button.row').focus()", Vec::new()).await;
    shown.key("Delete").await;
    shown.see(".toast").await;
    shown.take_at("undo", WIDE).await;
    pick_two(&shown).await;
    shown.take_at("picked", WIDE).await;
    shown.key("Escape").await;
    shown.click("nav .bottom button:nth-of-type(2)").await;
    shown.take_at("archive", WIDE).await;
    shown.click("nav .bottom button:nth-of-type(3)").await;
    shown.take_at("trash", WIDE).await;
    shown.write("nav [data-search]", "tree").await;
    shown.pass(0.6).await;
    shown.take_at("search", WIDE).await;
    shown.write("nav [data-search]", "\u{E00C}").await;
    shown.click("nav .row button:nth-of-type(2)").await;
    shown.see("[role=dialog]").await;
    shown.take("folder-dialog").await;
    shown.key("Escape").await;
    shown.window.wait_until_gone("[role=dialog]").await;
    shown.resize(SIZES[2]).await;
    shown.window.wait_until_gone("nav").await;
    shown.key("Ctrl+b").await;
    shown.take_at("sidebar-narrow", NARROW).await;
    shown.close().await;
}

/// Begins an export that does not end, which takes more chats than are here.
async fn export_slowly(shown: &Shown) {
    let script = "const real = window.fetch;
        const answer = () => new Response(JSON.stringify({ done: 1280, of: 4310 }),
            { headers: { 'content-type': 'application/json', 'Tauri-Response': 'ok' } });
        window.fetch = (to, ...more) =>
            String(to).endsWith('export_chats') ? new Promise(() => {})
            : String(to).endsWith('export_progress') ? Promise.resolve(answer())
            : real(to, ...more);
        document.querySelector('[role=dialog] form').requestSubmit()";
    shown.window.script(script, Vec::new()).await;
}

async fn pick_two(shown: &Shown) {
    let script = "[...document.querySelectorAll('nav [data-row] button.row')].slice(0, 2).forEach(row =>
        row.dispatchEvent(new MouseEvent('click', { bubbles: true, ctrlKey: true })))";
    shown.see(FIRST_ROW).await;
    shown.window.script(script, Vec::new()).await;
}

pub(crate) async fn around(stage: &Stage) {
    let server = FakeV4::start().await;
    let (home, locked) = seed::locked(&server, stage.appearance()).await;
    let shown = stage.open_history(&home, &server).await;
    shown.press("button.picker-trigger").await;
    shown.see("[role=option]").await;
    shown.take("picker").await;
    shown.write(".picker input", "flash").await;
    shown.take("picker-filtered").await;
    shown.key("Escape").await;
    shown.window.wait_until_gone(".picker").await;
    shown.press("header .chip button").await;
    shown.see("[role=menu]").await;
    shown.take("lock-menu").await;
    shown.key("Escape").await;
    shown.chat(locked).await;
    shown.take("locked").await;
    shown.key("Ctrl+i").await;
    shown.see("aside").await;
    shown.take("inspector").await;
    shown.resize(SIZES[2]).await;
    shown.window.wait_until_gone("aside").await;
    shown.key("Ctrl+i").await;
    shown.take_at("inspector-narrow", NARROW).await;
    shown.close().await;
}

pub(crate) async fn locks(stage: &Stage) {
    let server = FakeV4::start().await;
    let home = seed::unreadable_lock(&server, stage.appearance()).await;
    let shown = stage.open_history(&home, &server).await;
    shown.take("lock-unreadable").await;
    shown.close().await;
}

pub(crate) async fn settings(stage: &Stage) {
    let server = FakeV4::start().await;
    server.set_balances(&[Balance::new("CNY", "10.00", "100.00")], Some(true));
    let home = seed::hello(&server, stage.appearance()).await;
    let shown = stage.open_history(&home, &server).await;
    shown.key("Ctrl+,").await;
    let pages = ["models", "appearance", "shortcuts", "data", "privacy", "about"];
    for (at, state) in pages.into_iter().enumerate() {
        shown.click(&format!("[role=dialog] [role=tab]:nth-of-type({})", at + 1)).await;
        shown.pass(0.3).await;
        shown.take(&format!("settings-{state}")).await;
    }
    shown.write("[role=dialog] .search input", "e").await;
    shown.take("settings-search").await;
    shown.click("[role=dialog] [role=tab]:nth-of-type(1)").await;
    shown.pass(0.3).await;
    shown.click("[role=tabpanel] [data-setting] button").await;
    shown.pass(0.3).await;
    shown.take("settings-add").await;
    shown.click("[role=tabpanel] .cards header button").await;
    shown.click("[role=tabpanel] section[data-setting] header button").await;
    shown.pass(0.3).await;
    shown.take("settings-edit").await;
    shown.close().await;
}

pub(crate) async fn kept_folder(stage: &Stage) {
    let server = FakeV4::start().await;
    let around = tempfile::tempdir().unwrap();
    let notes = around.path().join("Notes");
    let home = seed::kept_folder(&server, stage.appearance(), &notes).await;
    for state in ["settings-kept-folder", "settings-kept-folder-gone"] {
        let shown = stage.open_history(&home, &server).await;
        shown.key("Ctrl+,").await;
        shown.click("[role=dialog] [role=tab]:nth-of-type(4)").await;
        let told = if state.ends_with("gone") { ".kept .wrong" } else { ".kept .lead" };
        shown.see(told).await;
        for &size in &SIZES {
            shown.resize(size).await;
            let script = "document.querySelector('.kept').scrollIntoView({ block: 'center' })";
            shown.window.script(script, Vec::new()).await;
            shown.take_at(state, &[size]).await;
        }
        shown.close().await;
        // A file stands where the folder was.
        let _ = std::fs::remove_dir_all(&notes);
        std::fs::write(&notes, "").unwrap();
    }
}

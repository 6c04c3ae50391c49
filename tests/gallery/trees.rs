//! What branches: the versions of a chat, and folders in folders.

use porthole_tests::fake_v4::FakeV4;

use crate::seed;
use crate::stage::{SIZES, Stage};

const WIDE: &[(u32, u32)] = &[SIZES[0], SIZES[1]];
const NARROW: &[(u32, u32)] = &[SIZES[2]];

pub(crate) async fn branches(stage: &Stage) {
    let server = FakeV4::start().await;
    let (home, chat) = seed::branches(&server, stage.appearance()).await;
    let shown = stage.open_history(&home, &server).await;
    shown.chat(chat).await;
    shown.press("[role=log] article:last-of-type footer button[aria-haspopup=menu]:enabled").await;
    shown.see("[role=menu]").await;
    shown.take("regenerate-choices").await;
    shown.key("Escape").await;
    shown.window.wait_until_gone("[role=menu]").await;
    shown.key("Ctrl+i").await;
    shown.see("aside .map button").await;
    let to_map = "document.querySelector('aside .map').scrollIntoView({ block: 'center' })";
    shown.window.script(to_map, Vec::new()).await;
    shown.take_at("branch-map", WIDE).await;
    shown.resize(SIZES[2]).await;
    shown.window.wait_until_gone("aside").await;
    shown.key("Ctrl+i").await;
    shown.see("aside .map button").await;
    shown.window.script(to_map, Vec::new()).await;
    shown.take_at("branch-map-narrow", NARROW).await;
    shown.close().await;
}

pub(crate) async fn folders(stage: &Stage) {
    let server = FakeV4::start().await;
    let seed::Folders { home, nested, chat } = seed::folders(&server, stage.appearance()).await;
    let shown = stage.open_history(&home, &server).await;
    for folder in nested {
        let head = format!("nav [data-head='{folder}'] .head");
        shown.click(&head).await;
        shown.see(&format!("{head}[aria-expanded=true]")).await;
    }
    shown.chat(chat).await;
    shown.take_at("folders", WIDE).await;
    shown.click(&format!("nav [data-head='{}'] .more button", nested[1])).await;
    shown.see("[role=menu]").await;
    shown.take_at("folder-menu", WIDE).await;
    shown.click("[role=menuitem]:nth-of-type(4)").await;
    shown.see("[role=dialog]").await;
    shown.take("folder-settings").await;
    shown.key("Escape").await;
    shown.window.wait_until_gone("[role=dialog]").await;
    shown.resize(SIZES[2]).await;
    shown.window.wait_until_gone("nav").await;
    shown.key("Ctrl+b").await;
    shown.see("nav [data-head]").await;
    shown.take_at("folders-narrow", NARROW).await;
    shown.close().await;
}

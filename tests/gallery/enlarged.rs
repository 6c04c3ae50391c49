//! The window at 200 %, where half as much fits.

use porthole_tests::fake_v4::FakeV4;

use crate::seed;
use crate::stage::{SIZES, Shown, Stage};

const ZOOM_PERCENT: u16 = 200;
/// Where the panels lie over the text.
const OVER: &[(u32, u32)] = &[SIZES[1], SIZES[2]];
/// As small as the window can be made.
const SMALLEST: &[(u32, u32)] = &[(480, 480)];
const LAST: &str = "[role=log] article:last-of-type";

pub(crate) async fn nothing(stage: &Stage) {
    let stage = stage.enlarged(ZOOM_PERCENT);
    let home = stage.home().await;
    let shown = stage.open(&home, "DeepSeek=http://127.0.0.1:9").await;
    shown.see("main input[type=password]").await;
    shown.take("zoom-first-run").await;
    shown.close().await;
}

pub(crate) async fn all(stage: &Stage) {
    let stage = stage.enlarged(ZOOM_PERCENT);
    let server = FakeV4::start().await;
    let (home, chats) = seed::replies(&server, stage.appearance()).await;
    let shown = stage.open_history(&home, &server).await;
    shown.key("Ctrl+n").await;
    shown.window.wait_until_gone("[role=log] article").await;
    shown.take("zoom-blank").await;
    for name in ["mixed", "table", "code"] {
        shown.chat(chats[name]).await;
        shown.take(&format!("zoom-{name}")).await;
    }
    shown.resize(SMALLEST[0]).await;
    shown.window.script("document.querySelector('.code-fold').scrollIntoView()", Vec::new()).await;
    shown.take_at("zoom-code-end", SMALLEST).await;
    // Not with the driver's pointer, which does not know that the window is enlarged.
    shown.click(&format!("{LAST} button[aria-haspopup=menu]")).await;
    shown.see("[role=menu]").await;
    shown.take("zoom-menu").await;
    shown.key("Escape").await;
    shown.click("button.picker-trigger").await;
    shown.see("[role=option]").await;
    shown.take("zoom-picker").await;
    shown.take_at("zoom-small-picker", SMALLEST).await;
    shown.key("Escape").await;
    shown.window.wait_until_gone(".picker").await;
    shown.key("Ctrl+f").await;
    shown.write("main input[type=search], main input", "page").await;
    shown.take("zoom-find").await;
    shown.key("Escape").await;
    shown.key("Ctrl+i").await;
    shown.see("aside").await;
    shown.take("zoom-inspector").await;
    shown.key("Ctrl+i").await;
    shown.window.wait_until_gone("aside").await;
    shown.resize(SIZES[2]).await;
    shown.take_at("zoom-small", SMALLEST).await;
    shown.resize(SIZES[2]).await;
    shown.window.wait_until_gone("nav").await;
    shown.key("Ctrl+b").await;
    shown.see("nav").await;
    shown.take_at("zoom-sidebar", OVER).await;
    shown.resize(SIZES[2]).await;
    shown.key("Escape").await;
    sheet(&shown).await;
    shown.close().await;
}

async fn sheet(shown: &Shown) {
    shown.key("Ctrl+,").await;
    shown.click("[role=dialog] [role=tab]:nth-of-type(1)").await;
    shown.pass(0.3).await;
    shown.take("zoom-settings").await;
    shown.take_at("zoom-small-settings", SMALLEST).await;
    shown.click("[role=tabpanel] section[data-setting] header button").await;
    shown.pass(0.3).await;
    shown.take("zoom-edit").await;
    shown.click("[role=dialog] [role=tab]:nth-of-type(2)").await;
    shown.pass(0.3).await;
    shown.take("zoom-appearance").await;
}

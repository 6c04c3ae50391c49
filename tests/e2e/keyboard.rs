//! The whole app operated by the keyboard alone. After each key something has the focus: a user who cannot see where it
//! went has lost their place.

use std::sync::Mutex;

use porthole_tests::fake_v4::{Dialect, FakeV4, Script};
use porthole_tests::harness::Home;

use crate::window::{LAST_REPLY, Window, journey, named};

const ENTER: &str = "\u{E007}";
const ESCAPE: &str = "\u{E00C}";
const TAB: &str = "\u{E004}";
const DOWN: &str = "\u{E015}";
const UP: &str = "\u{E013}";
const END: &str = "\u{E010}";

/// What has the focus: its name, or its role, or what kind of element it is.
const FOCUSED: &str = "const on = document.activeElement;
    if (on === null || on === document.body) return '';
    const label = on.getAttribute('aria-label') ?? on.labels?.[0]?.textContent ?? on.textContent;
    return label.trim() || on.tagName";

/// The window, and what had the focus so far.
struct Hands<'a>(&'a Window, Mutex<Vec<String>>);

impl Hands<'_> {
    /// Presses keys where the focus is; something must have it afterwards. `\u{E000}` releases Ctrl, Alt and Shift.
    async fn press(&self, keys: &str) {
        self.0.keys(keys).await;
        self.settled(keys).await;
    }

    async fn ctrl(&self, key: &str) {
        self.press(&format!("\u{E009}{key}\u{E000}")).await;
    }

    async fn focused(&self) -> String {
        self.0.script(FOCUSED, Vec::new()).await.as_str().unwrap().to_owned()
    }

    /// Lets the page draw, and checks that something has the focus.
    async fn settled(&self, after: &str) {
        let frames = "const done = arguments[0];
            requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(() => done())))";
        self.0.script_async(frames, Vec::new()).await;
        let until = tokio::time::Instant::now() + std::time::Duration::from_secs(5);
        loop {
            let focused = self.focused().await;
            if !focused.is_empty() {
                return self.1.lock().unwrap().push(focused);
            }
            let trail = || self.1.lock().unwrap().join(", ");
            assert!(tokio::time::Instant::now() < until, "the focus is lost after {after:?}; {}", trail());
        }
    }

    /// Waits until the element whose name begins with these words has the focus.
    async fn on(&self, name: &str) {
        let until = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        loop {
            let focused = self.focused().await;
            if focused.starts_with(name) {
                return;
            }
            assert!(tokio::time::Instant::now() < until, "{name:?} has no focus, but {focused:?}");
        }
    }

    /// Presses Tab until the element whose name begins with these words has the focus.
    async fn tab_to(&self, name: &str) {
        let mut seen = Vec::new();
        for _ in 0..60 {
            let focused = self.focused().await;
            if focused.starts_with(name) {
                return;
            }
            seen.push(focused);
            self.press(TAB).await;
        }
        panic!("Tab never comes to {name:?}: {seen:?}");
    }

    async fn write(&self, text: &str) {
        self.on("Message").await;
        self.press(text).await;
        self.press(ENTER).await;
    }
}

#[tokio::test]
async fn everything_is_reached_by_keys_alone() {
    journey(async {
        let server = FakeV4::start_as(Dialect::LlamaCpp).await;
        let home = Home::new();
        let window = Window::open(&home, &named(&server)).await;
        window.resize(1180, 780).await;
        let hands = Hands(&window, Mutex::default());
        hands.on("Message").await;

        // Ask, choose a model, ask for another version, and go back to the first.
        for answer in ["Blue.", "Green."] {
            server.reply(Script::answer(answer));
        }
        server.title(Script::answer("The sky"));
        hands.write("What colour is the sky?").await;
        window.wait_for_end().await;
        window.wait_for_text("nav", "The sky").await;
        window.wait_for_text(LAST_REPLY, "Blue.").await;
        hands.on("Message").await;
        hands.tab_to("Model:").await;
        hands.press(ENTER).await;
        hands.on("Search models").await;
        hands.press(DOWN).await;
        hands.press(ENTER).await;
        hands.on("Message").await;
        hands.ctrl("r").await;
        window.wait_for_text(LAST_REPLY, "2/2").await;
        window.wait_for_end().await;
        hands.press("\u{E00A}\u{E012}\u{E000}").await;
        window.wait_for_text(LAST_REPLY, "Blue.").await;

        // Edit the question, and leave it as it was.
        hands.ctrl("l").await;
        hands.press(UP).await;
        hands.on("Edit").await;
        hands.press(ESCAPE).await;

        // Find in the chat, and search in all.
        hands.ctrl("f").await;
        hands.press("blue").await;
        hands.press(ESCAPE).await;
        hands.on("Message").await;
        hands.press("\u{E009}\u{E008}f\u{E000}").await;
        hands.on("Search").await;
        hands.press("sky").await;
        window.find("nav mark").await;
        hands.press(ESCAPE).await;
        hands.press(ESCAPE).await;

        // The panels beside the chat, each element of them.
        hands.ctrl("i").await;
        hands.tab_to("System message").await;
        hands.tab_to("Temperature").await;
        hands.ctrl("i").await;
        hands.ctrl("b").await;
        hands.ctrl("b").await;

        // The settings: a page by arrows, one by search, a server, and out again.
        hands.ctrl("l").await;
        hands.ctrl(",").await;
        hands.on("Models & keys").await;
        for page in ["Appearance", "Keyboard", "Data", "Privacy", "About"] {
            hands.press(DOWN).await;
            hands.on(page).await;
        }
        hands.press("\u{E008}\u{E004}\u{E000}").await;
        hands.on("Search settings").await;
        hands.press("zoom").await;
        hands.press(ENTER).await;
        hands.on("Zoom out").await;
        hands.tab_to("Zoom in").await;
        hands.press("\u{E008}\u{E004}\u{E000}").await;
        hands.press(ESCAPE).await;
        hands.on("Message").await;
        hands.ctrl("/").await;
        hands.on("Keyboard").await;
        hands.press(ESCAPE).await;
        hands.on("Message").await;

        // The lock, from the header.
        hands.tab_to("Lock: Off").await;
        hands.press(ENTER).await;
        hands.on("Lock to this computer").await;
        hands.press(ENTER).await;
        hands.on("Lock: This computer").await;

        // The list: another chat, its name, its menu, and the way back.
        hands.ctrl("n").await;
        server.reply(Script::answer("Yes."));
        server.title(Script::answer("Its size"));
        hands.write("Is it big?").await;
        window.wait_for_end().await;
        window.wait_for_text("nav", "Its size").await;
        hands.tab_to("Its size").await;
        hands.press(DOWN).await;
        hands.on("The sky").await;
        hands.press("\u{E032}").await;
        hands.on("Chat title").await;
        hands.press(END).await;
        hands.press(" at noon").await;
        hands.press(ENTER).await;
        window.wait_for_text("nav", "The sky at noon").await;
        hands.on("The sky at noon").await;
        hands.press(TAB).await;
        hands.on("More for").await;
        hands.press(ENTER).await;
        for _ in 0..12 {
            if hands.focused().await == "Delete" {
                break;
            }
            hands.press(DOWN).await;
        }
        hands.on("Delete").await;
        hands.press(ENTER).await;
        hands.on("Its size").await;
        // The one with the new name may still come before it.
        hands.tab_to("Undo").await;
        hands.press(TAB).await;
        hands.tab_to("Undo").await;
        hands.press(ENTER).await;
        window.wait_for_text("nav", "The sky at noon").await;
        window.close().await;
    })
    .await;
}

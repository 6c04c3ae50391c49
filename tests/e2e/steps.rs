//! Steps that several journeys take.

use fantoccini::actions::{
    InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
};
use fantoccini::elements::Element;
use porthole_core::clock::Clock;
use porthole_core::domain::ServerKind;
use porthole_core::secrets::Keys;
use porthole_core::{App, Options};
use porthole_tests::fake_v4::{Dialect, FakeV4, Script, Settings};
use porthole_tests::harness::{self, Home};
use serde_json::{Value, json};

use crate::window::Window;

pub(crate) const ENTER: &str = "\u{E007}";
pub(crate) const ESCAPE: &str = "\u{E00C}";
pub(crate) const UP: &str = "\u{E013}";
pub(crate) const CTRL: char = '\u{E009}';
pub(crate) const SHIFT: char = '\u{E008}';
pub(crate) const MESSAGE: &str = "textarea[aria-label=Message]";

/// The two models of [`two_models`].
pub(crate) const MODELS: [&str; 2] = ["ada-small", "ada-large"];

/// A server on which there is a choice: two models, and how long they think.
pub(crate) async fn two_models() -> FakeV4 {
    let models = Some(MODELS.map(str::to_owned).to_vec());
    let settings = Settings { dialect: Dialect::Openai, models, ..Settings::default() };
    FakeV4::start_with(settings).await.unwrap()
}

/// A history of one chat for each question, the last one newest, each called what was asked in it.
pub(crate) async fn seeded(server: &FakeV4, questions: &[&str]) -> Home {
    let home = Home::new();
    let app = App::open(Options {
        folder: home.path().to_owned(),
        clock: Clock::system(),
        keys: Keys::in_memory(),
        named_servers: Vec::new(),
    })
    .unwrap();
    app.set_titles(false).await.unwrap();
    let mut model = harness::model_on(&app, "Fake", &server.url(), ServerKind::OpenAi).await;
    MODELS[0].clone_into(&mut model.model);
    for text in questions {
        server.reply(Script::answer("It depends."));
        harness::ask(&app, harness::question(None, &model, text)).await;
    }
    app.stop_all().await;
    home
}

impl Window {
    /// Asks, and waits for the whole of this answer.
    pub(crate) async fn converse(&self, server: &FakeV4, question: &str, answer: &str) {
        server.reply(Script::answer(answer));
        self.ask(question).await;
        self.wait_for_text(crate::window::LAST_REPLY, answer).await;
        self.wait_for_end().await;
    }

    /// Opens the menu of the button with that name, and chooses from it.
    pub(crate) async fn choose(&self, menu: &str, item: &str) {
        self.press(menu).await;
        self.press_in("[role=menuitem]", item).await;
    }

    /// Presses the first "Edit message" that a CSS selector reaches, and waits until the field has the focus.
    pub(crate) async fn edit(&self, css: &str) -> Element {
        self.press_in(css, "Edit message").await;
        self.find("textarea[aria-label='Edit your message']:focus").await
    }

    /// The open chat, a line for each turn: what it says, without what stands below it.
    pub(crate) async fn said(&self) -> Value {
        let script = "return [...document.querySelectorAll('[role=log] article')].map(turn =>
            [...turn.querySelectorAll('.block')].map(block => block.innerText.trim()).join(' '))";
        self.script(script, Vec::new()).await
    }

    /// Waits until the open chat says this and nothing else.
    pub(crate) async fn wait_until_said(&self, turns: &[&str]) {
        self.wait_for("the turns of the chat", &json!(turns), async || self.said().await).await;
    }

    /// Waits until the rows of the list in reach of a CSS selector have these names.
    pub(crate) async fn wait_for_rows(&self, within: &str, names: &[&str]) {
        let script = "return [...document.querySelectorAll(arguments[0])].map(row => row.innerText.trim())";
        let css = format!("{within} [data-row] .row");
        let rows = async || self.script(script, vec![json!(css)]).await;
        self.wait_for(&css, &json!(names), rows).await;
    }

    /// Waits until what `look` returns is as expected.
    pub(crate) async fn wait_for(&self, what: &str, expected: &Value, look: impl AsyncFn() -> Value) {
        let until = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        loop {
            let seen = look().await;
            if seen == *expected {
                return;
            }
            if tokio::time::Instant::now() > until {
                self.shot("missing").await;
                panic!("{what}: expected {expected}, seen {seen}");
            }
        }
    }

    /// Presses Undo where the notice says `words`.
    pub(crate) async fn undo(&self, words: &str) {
        self.wait_for_text("[role=status]:has([role=group])", words).await;
        let script = "const said = [...document.querySelectorAll('[role=status] [role=group]')]
                .find(notice => notice.innerText.includes(arguments[0]));
            const undo = [...(said?.querySelectorAll('button') ?? [])].find(one => one.innerText.trim() === 'Undo');
            undo?.click();
            return undo !== undefined";
        assert_eq!(self.script(script, vec![json!(words)]).await, true, "{words:?} can be undone");
    }

    /// Writes into the empty field with that name.
    pub(crate) async fn fill(&self, name: &str, text: &str) {
        let field = self.named("input, textarea", name).await;
        field.click().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Chooses from the list with that name, as a person does with the arrow keys.
    pub(crate) async fn select(&self, name: &str, option: &str) {
        self.named("select", name).await.select_by_label(option).await.unwrap();
    }

    /// Clicks the row of the list with that name while `held` is held down.
    pub(crate) async fn click_holding(&self, held: char, name: &str) {
        let row = self.named("nav [data-row] .row", name).await;
        let (down, up) = (KeyAction::Down { value: held }, KeyAction::Up { value: held });
        let keys = KeyActions::new("keys".to_owned()).then(down);
        self.client.perform_actions(keys).await.unwrap();
        let mouse = MouseActions::new("mouse".to_owned())
            .then(PointerAction::MoveToElement { element: row, duration: None, x: 0.0, y: 0.0 })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.client.perform_actions(mouse).await.unwrap();
        self.client.perform_actions(KeyActions::new("keys".to_owned()).then(up)).await.unwrap();
    }

    /// Drags the row of the list with that name onto what a CSS selector finds.
    ///
    /// The driver's pointer only begins a drag: from there on the toolkit follows the screen's own pointer, which the
    /// driver does not move. So the page is told what it would hear, and is dropped on only where it takes the drag.
    pub(crate) async fn drag(&self, name: &str, onto: &str) {
        let row = self.named("nav [data-row] .row", name).await;
        let place = self.find(onto).await;
        let script = "const [row, place] = arguments;
            const dataTransfer = new DataTransfer();
            const tell = (kind, one) => {
                const { left, top, width, height } = one.getBoundingClientRect();
                const [clientX, clientY] = [left + width / 2, top + height / 2];
                const at = kind === 'dragstart' || kind === 'dragend'
                    ? one.closest('[draggable=true]') : document.elementFromPoint(clientX, clientY);
                return !at.dispatchEvent(new DragEvent(kind,
                    { bubbles: true, cancelable: true, composed: true, clientX, clientY, dataTransfer }));
            };
            tell('dragstart', row);
            const taken = ['dragenter', 'dragover', 'dragover'].map(kind => tell(kind, place)).at(-1);
            if (taken) tell('drop', place);
            tell('dragend', row);
            return taken";
        let elements = [row, place].map(|element| json!(element));
        assert_eq!(self.script(script, elements.into()).await, true, "{onto} takes what is dragged");
    }
}

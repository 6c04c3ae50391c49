//! Where a scene is played: a window, and the camera before it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use porthole_core::domain::ConversationId;
use porthole_core::settings::{Appearance, Language, Theme};
use porthole_tests::fake_v4::FakeV4;
use porthole_tests::harness::Home;
use serde_json::{Value, json};

use crate::seed;
use crate::window::Window;

/// Width and height of the window in each row of pictures, in pixels of a screen that does not scale.
pub(crate) const SIZES: [(u32, u32); 3] = [(1440, 900), (900, 780), (480, 780)];
const THEMES: [&str; 2] = ["light", "dark"];

/// The pictures of one state in one language, and what is wrong with it.
#[derive(Clone)]
pub(crate) struct Taken {
    pub(crate) state: String,
    /// File names, one for each size and theme.
    pub(crate) pictures: Vec<String>,
    pub(crate) faults: Vec<String>,
}

/// A language, and the states that are wanted in it.
#[derive(Clone)]
pub(crate) struct Stage {
    folder: PathBuf,
    language: Language,
    zoom_percent: u16,
    wanted: Vec<&'static str>,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl Stage {
    pub(crate) fn new(folder: &Path, language: Language, wanted: Vec<&'static str>) -> Self {
        Self { folder: folder.to_owned(), language, zoom_percent: 100, wanted, taken: Arc::default() }
    }

    /// The same stage for a person who has enlarged the whole window.
    pub(crate) fn enlarged(&self, zoom_percent: u16) -> Self {
        Self { zoom_percent, ..self.clone() }
    }

    /// The language as `lang` has it.
    pub(crate) fn language(&self) -> &'static str {
        if self.language == Language::SimplifiedChinese { "zh-Hans" } else { "en" }
    }

    /// The system's language, which is spoken where the history does not tell the person's.
    fn system_language(&self) -> (&'static str, &'static str) {
        ("LANG", if self.language == Language::SimplifiedChinese { "zh_CN.UTF-8" } else { "C.UTF-8" })
    }

    /// How the window looks when it opens.
    pub(crate) fn appearance(&self) -> Appearance {
        Appearance {
            theme: Theme::Light,
            language: self.language,
            zoom_percent: self.zoom_percent,
            ..Appearance::default()
        }
    }

    /// What was taken; a wanted state that was not is a fault, and so is `trouble`.
    pub(crate) fn taken(&self, trouble: Option<&str>) -> Vec<Taken> {
        let mut taken = self.taken.lock().unwrap().clone();
        for state in &self.wanted {
            if !taken.iter().any(|one| one.state == *state) {
                let fault =
                    format!("{} {state}: not taken; {}", self.language(), trouble.unwrap_or_default());
                taken.push(Taken { state: (*state).to_owned(), pictures: Vec::new(), faults: vec![fault] });
            }
        }
        taken
    }

    /// A data folder in which only the looks are set.
    pub(crate) async fn home(&self) -> Home {
        let home = Home::new();
        home.open().unwrap().set_appearance(self.appearance()).await.unwrap();
        home
    }

    /// Opens the window on a folder; `servers` is what `PORTHOLE_SERVERS` says.
    pub(crate) async fn open(&self, home: &Home, servers: &str) -> Shown {
        let environment = [("PORTHOLE_KEYCHAIN", "off"), self.system_language()];
        let window = Window::open_in(home, servers, &environment).await;
        let shown = Shown { stage: self.clone(), window };
        shown.resize(SIZES[0]).await;
        shown
    }

    /// Opens the window on a history, with a key for DeepSeek, which `server` plays.
    pub(crate) async fn open_history(&self, home: &Home, server: &FakeV4) -> Shown {
        let environment =
            [("PORTHOLE_KEYCHAIN", "off"), ("PORTHOLE_KEY_DEEPSEEK", "sk-gallery"), self.system_language()];
        let window = Window::open_in(home, &seed::deepseek(server), &environment).await;
        let shown = Shown { stage: self.clone(), window };
        shown.resize(SIZES[0]).await;
        shown.window.find("textarea").await;
        shown
    }
}

/// An open window.
pub(crate) struct Shown {
    stage: Stage,
    pub(crate) window: Window,
}

impl Shown {
    /// Takes the pictures of a state, if it is wanted, and checks it.
    pub(crate) async fn take(&self, state: &str) {
        self.take_at(state, &SIZES).await;
    }

    /// The same at these sizes only.
    pub(crate) async fn take_at(&self, state: &str, sizes: &[(u32, u32)]) {
        if !self.stage.wanted.contains(&state) {
            return;
        }
        let language = self.stage.language();
        let mut taken = Taken { state: state.to_owned(), pictures: Vec::new(), faults: Vec::new() };
        for (at, size) in sizes.iter().enumerate() {
            self.resize(*size).await;
            for theme in THEMES {
                self.rest(theme).await;
                let name = format!("{state}-{}-{theme}-{language}.png", size.0);
                let picture = self.window.client.screenshot().await.unwrap();
                std::fs::write(self.stage.folder.join(&name), picture).unwrap();
                taken.pictures.push(name);
                // What axe sees differs between the themes and between the widest and the narrowest, if at all.
                if at == 0 || at + 1 == sizes.len() {
                    let found = self.axe().await;
                    let told = |one: String| format!("{language} {state} {theme} {}: {one}", size.0);
                    taken.faults.extend(found.into_iter().map(told));
                }
            }
        }
        self.resize(SIZES[0]).await;
        self.rest("light").await;
        self.stage.taken.lock().unwrap().push(taken);
    }

    pub(crate) async fn resize(&self, (width, height): (u32, u32)) {
        self.window.resize(width, height).await;
        let seen = width * 100 / u32::from(self.stage.zoom_percent);
        for _ in 0..200 {
            if self.window.script("return innerWidth", Vec::new()).await == seen {
                return;
            }
        }
        panic!("the window does not become {width} px wide");
    }

    /// Puts a theme on, and waits until nothing moves any more.
    async fn rest(&self, theme: &str) {
        let script = "const [theme, done] = arguments;
            document.documentElement.dataset.theme = theme;
            const frames = () => requestAnimationFrame(() => requestAnimationFrame(() => done()));
            const passing = one => one.effect?.getComputedTiming().iterations !== Infinity;
            Promise.allSettled(document.getAnimations().filter(passing).map(one => one.finished))
                .then(() => document.fonts.ready).then(frames)";
        self.window.script_async(script, vec![json!(theme)]).await;
    }

    /// What axe finds wrong.
    async fn axe(&self) -> Vec<String> {
        if self.window.script("return typeof axe", Vec::new()).await != "object" {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/axe-core/axe.min.js");
            let source = std::fs::read_to_string(file).expect("the page's packages are installed");
            self.window.script(&format!("{source}; window.axe = axe"), Vec::new()).await;
        }
        // A floating layer is drawn outside the landmarks; it holds the focus while it is there.
        let script = "const done = arguments[0];
            const floats = one => one.id === 'region' && one.nodes.every(n => n.html.includes('data-bits-floating'));
            axe.run(document, { resultTypes: ['violations'] }).then(
                ({ violations }) => done(violations.filter(one => !floats(one)).map(one =>
                    one.id + ': ' + one.nodes.map(n => n.target.join(' ') + ' ' + n.html.slice(0, 120)
                        + ' ' + (n.any[0]?.message ?? '')).slice(0, 3).join(' | '))),
                error => done(['axe failed: ' + error]))";
        let found = self.window.script_async(script, Vec::new()).await;
        found.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Presses a key, such as `Ctrl+i` or `Escape`, where the focus is.
    pub(crate) async fn key(&self, chord: &str) {
        let script = "const parts = arguments[0].split('+');
            const key = parts.pop();
            const held = name => parts.includes(name);
            (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key,
                ctrlKey: held('Ctrl'), shiftKey: held('Shift'), altKey: held('Alt'), bubbles: true, cancelable: true }))";
        self.window.script(script, vec![json!(chord)]).await;
    }

    /// Clicks the first thing that a CSS selector finds, also where it only shows itself to a pointer.
    pub(crate) async fn click(&self, css: &str) {
        self.window.find(css).await;
        self.window.script("document.querySelector(arguments[0]).click()", vec![json!(css)]).await;
    }

    /// Presses the first thing that a CSS selector finds, as a pointer does.
    pub(crate) async fn press(&self, css: &str) {
        self.window.find(css).await.click().await.unwrap();
    }

    /// Types into a field.
    pub(crate) async fn write(&self, css: &str, text: &str) {
        self.window.find(css).await.send_keys(text).await.unwrap();
    }

    /// Waits for what a CSS selector finds.
    pub(crate) async fn see(&self, css: &str) {
        self.window.find(css).await;
    }

    /// Sends a question.
    pub(crate) async fn ask(&self, question: &str) {
        self.write("main textarea", &format!("{question}\u{E007}")).await;
    }

    /// Opens a chat of the list and waits for its last turn.
    pub(crate) async fn chat(&self, id: ConversationId) {
        self.click(&format!("[data-row='{id}'] button.row")).await;
        self.see(&format!("[data-row='{id}'] button[aria-current=page]")).await;
        self.see("[role=log] article:last-of-type[aria-busy=false]").await;
    }

    /// Lets time pass, for states that are made of it.
    pub(crate) async fn pass(&self, seconds: f32) {
        tokio::time::sleep(Duration::from_secs_f32(seconds)).await;
    }

    /// Closes the window.
    pub(crate) async fn close(self) {
        self.window.close().await;
    }
}

//! The real app under a driver of its own.

use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use porthole_tests::fake_v4::FakeV4;
use porthole_tests::harness::{Home, program};
use porthole_tests::session::Session;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

/// How long a journey waits for something that must happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where an answer of the driver holds a reference to an element (`WebDriver`, "Elements").
const WEB_ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The newest reply.
pub(crate) const LAST_REPLY: &str = "[role=log] article:last-of-type";

/// The stand-in as `PORTHOLE_SERVERS` names it.
pub(crate) fn named(server: &FakeV4) -> String {
    format!("Fake={}/v1", server.url())
}

/// Runs a journey; one that hangs, because a driver's command never answers, ends as a failure.
pub(crate) async fn journey(steps: impl Future<Output = ()>) {
    let limit = PATIENCE * 4;
    assert!(tokio::time::timeout(limit, steps).await.is_ok(), "the journey took longer than {limit:?}");
}

/// An open window. Dropping it ends the app as a crash would; [`Window::close`] ends it as a user does.
pub(crate) struct Window {
    pub(crate) client: Client,
    folder: PathBuf,
    _driver: Child,
}

impl Window {
    /// Opens the app on the home's data folder; `servers` is what `PORTHOLE_SERVERS` says.
    pub(crate) async fn open(home: &Home, servers: &str) -> Self {
        Self::open_in(home, servers, &[("PORTHOLE_KEYCHAIN", "off")]).await
    }

    /// Opens the app with the keychain of `session`.
    pub(crate) async fn open_with_keychain(home: &Home, servers: &str, session: &Session) -> Self {
        let folder = session.path().display();
        let (own, bus) = (folder.to_string(), format!("unix:path={folder}/bus"));
        let environment = [
            ("HOME", own.as_str()),
            ("XDG_DATA_HOME", own.as_str()),
            ("XDG_CACHE_HOME", own.as_str()),
            ("XDG_CONFIG_HOME", own.as_str()),
            ("XDG_RUNTIME_DIR", own.as_str()),
            ("DBUS_SESSION_BUS_ADDRESS", bus.as_str()),
        ];
        Self::open_in(home, servers, &environment).await
    }

    /// Opens the app with more in its environment.
    pub(crate) async fn open_in(home: &Home, servers: &str, environment: &[(&str, &str)]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("WebKitWebDriver")
            .args([format!("--port={port}"), "--host=127.0.0.1".to_owned()])
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1")
            .env("PORTHOLE_DATA_DIR", home.path())
            .env("PORTHOLE_SERVERS", servers)
            .env_remove("PORTHOLE_KEYCHAIN")
            .env("LANG", "C.UTF-8")
            .env("LANGUAGE", "en")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("WebKitWebDriver is installed");
        let wanted = json!({ "webkitgtk:browserOptions": { "binary": binary(), "args": [] } });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(wanted.as_object().unwrap().clone());
        let address = format!("http://127.0.0.1:{port}");
        let until = tokio::time::Instant::now() + PATIENCE;
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(tokio::time::Instant::now() < until, "WebKitWebDriver never listened");
            tokio::task::yield_now().await;
        }
        let client = builder.connect(&address).await.unwrap_or_else(|error| panic!("no session: {error}"));
        Self { client, folder: home.path().to_owned(), _driver: driver }
    }

    /// Waits for the first element that a CSS selector finds.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let found = self
            .client
            .wait()
            .at_most(PATIENCE)
            .every(Duration::from_millis(20))
            .for_element(Locator::Css(css));
        match found.await {
            Ok(element) => element,
            Err(error) => {
                self.shot("missing").await;
                panic!("no {css}: {error}; the page says: {}", self.text("body").await)
            }
        }
    }

    /// The button of that name.
    pub(crate) async fn button(&self, name: &str) -> Element {
        self.find(&format!("button[aria-label='{name}']")).await
    }

    /// The text a user sees in the first element that a CSS selector finds; empty if there is none.
    pub(crate) async fn text(&self, css: &str) -> String {
        let script =
            "const found = document.querySelector(arguments[0]); return found ? found.innerText : ''";
        self.script(script, vec![json!(css)]).await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the text of the element contains `words`.
    pub(crate) async fn wait_for_text(&self, css: &str, words: &str) {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let text = self.text(css).await;
            if text.contains(words) {
                return;
            }
            if tokio::time::Instant::now() > until {
                self.shot("missing").await;
                panic!("{css} never said {words:?}; it says {text:?}");
            }
        }
    }

    /// Waits until a CSS selector finds nothing.
    pub(crate) async fn wait_until_gone(&self, css: &str) {
        let until = tokio::time::Instant::now() + PATIENCE;
        let script = "return document.querySelector(arguments[0]) === null";
        while self.script(script, vec![json!(css)]).await != true {
            assert!(tokio::time::Instant::now() < until, "{css} stays");
        }
    }

    /// Runs a script in the page.
    pub(crate) async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap()
    }

    /// Runs a script whose last argument is called with the result.
    pub(crate) async fn script_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute_async(script, arguments).await.unwrap()
    }

    /// The first element that a CSS selector finds whose accessible name is `name`, from its label or its text, and
    /// that nothing covers.
    pub(crate) async fn named(&self, css: &str, name: &str) -> Element {
        let script = "const called = e => (e.getAttribute('aria-label') ?? e.labels?.[0]?.innerText ?? e.innerText).trim();
            const reached = e => {
                e.scrollIntoView({ block: 'center' });
                const { left, top, width, height } = e.getBoundingClientRect();
                const at = document.elementFromPoint(left + width / 2, top + height / 2);
                return at !== null && (e.contains(at) || at.contains(e));
            };
            const all = [...document.querySelectorAll(arguments[0])].filter(e => called(e) === arguments[1]);
            return all.find(reached) ?? null";
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let found = self.script(script, vec![json!(css), json!(name)]).await;
            if let Some(id) = found[WEB_ELEMENT].as_str() {
                return Element::from_element_id(self.client.clone(), id.to_owned().into());
            }
            if tokio::time::Instant::now() > until {
                self.shot("missing").await;
                panic!("no {css} named {name:?}; the page says: {}", self.text("body").await);
            }
        }
    }

    /// Clicks the element with that name.
    pub(crate) async fn press(&self, name: &str) {
        let pressable = "button, [role=menuitem], [role=tab], [role=radio], [role=option]";
        self.press_in(pressable, name).await;
    }

    /// Clicks the element with that name among those that a CSS selector finds.
    ///
    /// One that left the page, or the view, between being found and being clicked was not clicked: what is there now is.
    pub(crate) async fn press_in(&self, css: &str, name: &str) {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let clicked = self.named(css, name).await.click().await;
            let missed = clicked.as_ref().is_err_and(|error| {
                error.is_stale_element_reference() || error.is_element_not_interactable()
            });
            if !missed || tokio::time::Instant::now() > until {
                return clicked.unwrap();
            }
        }
    }

    /// Presses keys where the focus is. `\u{E000}` releases Ctrl, Alt and Shift.
    ///
    /// An element that left the page between being found and being written to has got none of them.
    pub(crate) async fn keys(&self, keys: &str) {
        loop {
            match self.client.active_element().await.unwrap().send_keys(keys).await {
                Err(error) if error.is_stale_element_reference() => {}
                sent => return sent.unwrap(),
            }
        }
    }

    /// Types a question and presses Enter, once there is a model to ask.
    pub(crate) async fn ask(&self, question: &str) {
        self.find(".picker-trigger:not([aria-label='Choose a model'])").await;
        // Writing into it gives it the focus; a press could meet something that still moves over it.
        let field = self.find("textarea[aria-label=Message]").await;
        field.send_keys(question).await.unwrap();
        field.send_keys("\u{E007}").await.unwrap();
    }

    /// Waits until the newest reply has ended.
    pub(crate) async fn wait_for_end(&self) {
        self.find("button[aria-label=Send]").await;
        self.find("[role=log] article:last-of-type[aria-busy=false]").await;
    }

    /// Lets the page draw that many frames.
    pub(crate) async fn pass_frames(&self, frames: u32) {
        let script = "let [left, done] = arguments;
            const next = () => (left-- > 0 ? requestAnimationFrame(next) : done()); next()";
        self.script_async(script, vec![json!(frames)]).await;
    }

    pub(crate) async fn resize(&self, width: u32, height: u32) {
        self.client.set_window_size(width, height).await.unwrap();
    }

    /// Saves a picture of the window under a name, in the folder that `PORTHOLE_E2E_SHOTS` names.
    pub(crate) async fn shot(&self, name: &str) {
        let Some(folder) = std::env::var_os("PORTHOLE_E2E_SHOTS").map(PathBuf::from) else { return };
        if let Ok(picture) = self.client.screenshot().await {
            std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
        }
    }

    /// Asks the app to quit, as the end of a desktop session does, and waits until it is gone: a start while the
    /// window still exists would hand over to it. Ending `WebDriver`'s session instead would kill it.
    pub(crate) async fn close(self) {
        for process in app_processes(&self.folder) {
            let asked = Command::new("kill").arg(process.to_string()).status().await.unwrap();
            assert!(
                asked.success() || app_processes(&self.folder).is_empty(),
                "the app can be asked to quit"
            );
        }
        while !app_processes(&self.folder).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // The driver has lost its browser; whatever it reports, its session is over.
        let _ = self.client.close().await;
    }
}

/// The app's program.
pub(crate) fn binary() -> String {
    let named = std::env::var("PORTHOLE_BIN");
    named.unwrap_or_else(|_| program("porthole").to_string_lossy().into_owned())
}

/// The processes whose environment names the data folder and whose program is the app.
pub(crate) fn app_processes(folder: &Path) -> Vec<u32> {
    let wanted = format!("PORTHOLE_DATA_DIR={}\0", folder.display());
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|process: &u32| {
            let mut environment = Vec::new();
            let opened = std::fs::File::open(format!("/proc/{process}/environ"));
            let read = opened.and_then(|mut file| file.read_to_end(&mut environment)).is_ok();
            let name = std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            read && name.trim() == "porthole" && String::from_utf8_lossy(&environment).contains(&wanted)
        })
        .collect()
}

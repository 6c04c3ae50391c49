//! The window: how it is made, where it was, how it comes to the front.

use std::path::Path;
#[cfg(target_os = "linux")]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use porthole_core::Options;
use porthole_core::domain::{Change, ConversationId, Language};
use porthole_core::settings::{self, Appearance};
use tauri::plugin::TauriPlugin;
use tauri::webview::{Color, NewWindowResponse};
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindowBuilder, Wry};
use tauri_plugin_window_state::StateFlags;
use tauri_specta::Event;

use crate::commands::Changed;
use crate::opened::Opened;

const MAIN: &str = "main";

/// A display must exist before GTK is used: without one GTK ends the program with a stack trace.
pub(crate) fn check_display() -> Result<(), String> {
    let has = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(target_os = "linux") && !has("DISPLAY") && !has("WAYLAND_DISPLAY") {
        return Err("Porthole needs a display, and neither DISPLAY nor WAYLAND_DISPLAY is set. \
                    Without a screen, use porthole-cli."
            .to_owned());
    }
    Ok(())
}

/// What a window shows at first.
#[derive(Debug, Clone, Copy)]
pub(crate) enum First {
    /// What was open last.
    Last,
    /// A conversation; without one, the beginning of a new one.
    Chosen(Option<ConversationId>),
}

/// Opens a window. Its page may show only itself: no other address, no windows of its own, and the web view keeps
/// nothing of it on disk.
pub(crate) fn open(app: &AppHandle, folder: &Path, first: First) -> tauri::Result<()> {
    static OPENED: AtomicU32 = AtomicU32::new(0);
    let label = match first {
        First::Last => MAIN.to_owned(),
        First::Chosen(_) => format!("chat-{}", OPENED.fetch_add(1, Ordering::Relaxed)),
    };
    // WebDriver can only drive a web view that may store data; it then stores it in the data folder.
    let driven = std::env::var("TAURI_WEBVIEW_AUTOMATION").as_deref() == Ok("true");
    let appearance = appearance(app);
    let window = WebviewWindowBuilder::new(app, label, WebviewUrl::default())
        .title("Porthole")
        .inner_size(1180.0, 780.0)
        .min_inner_size(480.0, 480.0)
        .incognito(!driven)
        .data_directory(folder.join("webview"))
        .on_navigation(|url| {
            url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost") || is_page_server(url)
        })
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .disable_drag_drop_handler()
        .initialization_script(first_paint(appearance, first))
        .build()?;
    // The first frame has the page's own background, so that nothing flashes white.
    let dark = match appearance.theme {
        settings::Theme::Dark => true,
        settings::Theme::Light => false,
        settings::Theme::System => window.theme()? == tauri::Theme::Dark,
    };
    let background = if dark { Color(22, 24, 28, 255) } else { Color(252, 252, 252, 255) };
    window.set_background_color(Some(background))?;
    window.set_zoom(zoom(appearance))
}

/// Zooms every window as `appearance` says. One that refuses stays as it is.
pub(crate) fn enlarge(app: &AppHandle, appearance: Appearance) {
    for window in app.webview_windows().into_values() {
        let _ = window.set_zoom(zoom(appearance));
    }
}

fn zoom(appearance: Appearance) -> f64 {
    f64::from(appearance.within_bounds().zoom_percent) / 100.0
}

fn appearance(app: &AppHandle) -> Appearance {
    let opened = app.state::<Opened>();
    let begin = opened.app().and_then(|core| tauri::async_runtime::block_on(core.begin()));
    begin.map_or_else(|_| Appearance::default(), |begin| begin.appearance)
}

/// Runs before the page: what its first frame must know, so that nothing flashes in other colours.
fn first_paint(appearance: Appearance, first: First) -> String {
    let theme = match appearance.theme {
        settings::Theme::System => "",
        settings::Theme::Light => "light",
        settings::Theme::Dark => "dark",
    };
    let sidebar = if appearance.sidebar { "" } else { "off" };
    // WebKitGTK only knows of a locale that has been generated.
    let chinese = cfg!(target_os = "linux") && Options::language() == Language::SimplifiedChinese;
    let language = if chinese { "zh-Hans" } else { "" };
    let open = match first {
        First::Last => String::new(),
        First::Chosen(None) => "new".to_owned(),
        First::Chosen(Some(conversation)) => conversation.to_string(),
    };
    format!(
        "(() => {{
            const {{ dataset }} = document.documentElement
            if ('{theme}') dataset.theme = '{theme}'
            if ('{sidebar}') dataset.sidebar = '{sidebar}'
            if ('{language}') dataset.language = '{language}'
            if ('{open}') dataset.open = '{open}'
            {fonts}
        }})()",
        fonts = name_fonts()
    )
}

/// Names the desktop's own fonts for the page, as a script. WebKitGTK takes `system-ui` for a family that it may not have,
/// and a family that it does not have costs a search of all fonts for each size and weight.
#[cfg(target_os = "linux")]
fn name_fonts() -> &'static str {
    use gtk::prelude::GtkSettingsExt;

    // The first window is opened on the main thread, where alone GTK may be asked.
    static SCRIPT: OnceLock<String> = OnceLock::new();
    SCRIPT.get_or_init(|| {
        let set = gtk::Settings::default().and_then(|settings| settings.gtk_font_name());
        let family = set.and_then(|name| gtk::pango::FontDescription::from_string(&name).family());
        let family: String = family.unwrap_or_else(|| "Sans".into()).replace(['"', '\'', '\\', '\n'], "");
        format!(
            "const {{ style }} = document.documentElement
            style.setProperty('--font-interface', '\"{family}\"')
            style.setProperty('--font-fixed', 'monospace')"
        )
    })
}

#[cfg(not(target_os = "linux"))]
fn name_fonts() -> &'static str {
    ""
}

/// The development server, in builds that do not embed the page.
fn is_page_server(url: &tauri::Url) -> bool {
    tauri::is_dev() && url.host_str() == Some("localhost")
}

/// Saves the window's place and size in the data folder.
pub(crate) fn remember_place(folder: &Path) -> TauriPlugin<Wry> {
    tauri_plugin_window_state::Builder::new()
        .with_filename(folder.join("window.json").to_string_lossy())
        .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
        .with_filter(|label| label == MAIN)
        .build()
}

/// Brings a window to the front, the main one if it is open; false if all are closed.
pub(crate) fn bring_to_front(app: &AppHandle) -> bool {
    let window = app.get_webview_window(MAIN).or_else(|| app.webview_windows().into_values().next());
    let Some(window) = window else { return false };
    // Each step may be refused by the window manager; the next still helps.
    let _ = window.unminimize();
    let _ = window.show();
    let _ = window.set_focus();
    true
}

/// Tells the page what changes in core.
pub(crate) fn forward_changes(app: &AppHandle) {
    let opened = app.state::<Opened>();
    let Ok(core) = opened.app() else { return };
    let mut changes = core.changes();
    let handle = app.clone();
    tauri::async_runtime::spawn(async move {
        use tokio::sync::broadcast::error::RecvError;
        loop {
            let change = match changes.recv().await {
                // The page waits for more of a reply by asking for it.
                Ok(Change::Arriving { .. } | Change::Stop { .. }) => continue,
                Ok(change) => Changed(change),
                Err(RecvError::Lagged(_)) => Changed(Change::Everything),
                Err(RecvError::Closed) => return,
            };
            if change.emit(&handle).is_err() {
                return;
            }
        }
    });
}

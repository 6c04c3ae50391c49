//! A window of the same engine with nothing in it but a field: what the app's own start is measured against by
//! `cargo xtask bench`. Writes to the file that `PORTHOLE_READY_FILE` names at the same moment as the app: when the
//! field has the focus and the frame that shows it has been drawn.
#![expect(clippy::exit, reason = "what Tauri generates names it")]
#![expect(clippy::expect_used, reason = "a window that cannot be opened is no measure")]

use tauri::http::Response;
use tauri::{WebviewUrl, WebviewWindowBuilder};

/// The callback of a frame runs before it is drawn, so the second one says that the first was.
const PAGE: &str = "<!doctype html><title>Blank</title><textarea autofocus></textarea><script>
    document.querySelector('textarea').focus()
    const frame = () => new Promise(requestAnimationFrame)
    document.fonts.ready.then(frame).then(frame).then(() => fetch('/ready'))
</script>";

fn main() {
    let context = tauri::generate_context!();
    tauri::Builder::default()
        .register_uri_scheme_protocol("blank", |_, request| {
            if request.uri().path() == "/ready" {
                let ready = std::env::var_os("PORTHOLE_READY_FILE").expect("a file is named");
                std::fs::write(ready, "ready").expect("the file can be written");
            }
            Response::builder()
                .header("content-type", "text/html")
                .body(PAGE.as_bytes())
                .expect("a plain answer can be made")
        })
        .setup(|app| {
            let address = WebviewUrl::CustomProtocol("blank://localhost/".parse()?);
            WebviewWindowBuilder::new(app, "blank", address).inner_size(1180.0, 780.0).build()?;
            Ok(())
        })
        .run(context)
        .expect("the window opens");
}

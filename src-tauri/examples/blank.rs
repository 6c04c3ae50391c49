//! A window of the same engine with nothing in it but a field: what the app's own start is measured against by
//! `cargo xtask bench`. Writes to the file that `PORTHOLE_READY_FILE` names when its page is there.
#![expect(clippy::exit, reason = "what Tauri generates names it")]
#![expect(clippy::expect_used, reason = "a window that cannot be opened is no measure")]

use tauri::webview::PageLoadEvent;
use tauri::{WebviewUrl, WebviewWindowBuilder};

fn main() {
    let context = tauri::generate_context!();
    tauri::Builder::default()
        .register_uri_scheme_protocol("blank", |_, _| {
            tauri::http::Response::builder()
                .header("content-type", "text/html")
                .body(b"<!doctype html><title>Blank</title><textarea autofocus></textarea>".to_vec())
                .expect("a plain answer can be made")
        })
        .setup(|app| {
            let address = WebviewUrl::CustomProtocol("blank://localhost/".parse()?);
            WebviewWindowBuilder::new(app, "blank", address)
                .inner_size(1180.0, 780.0)
                .on_page_load(|_, load| {
                    if load.event() == PageLoadEvent::Finished {
                        let ready = std::env::var_os("PORTHOLE_READY_FILE").expect("a file is named");
                        std::fs::write(ready, "ready").expect("the file can be written");
                    }
                })
                .build()?;
            Ok(())
        })
        .run(context)
        .expect("the window opens");
}

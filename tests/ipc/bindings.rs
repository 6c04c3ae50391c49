//! The page's bindings are generated from the commands. `PORTHOLE_BLESS=1` rewrites them.

use std::path::Path;

use specta_typescript::Typescript;

#[test]
fn the_pages_bindings_are_those_of_the_commands() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/ipc/bindings.gen.ts");
    let folder = tempfile::tempdir().unwrap();
    let fresh = folder.path().join("bindings.gen.ts");
    let header = "// Generated from src-tauri/src/commands.rs. `PORTHOLE_BLESS=1 cargo test -p porthole-tests --test ipc` writes it.\n/* eslint-disable */\n";
    porthole::specification::<tauri::Wry>().export(Typescript::default().header(header), &fresh).unwrap();
    let fresh = std::fs::read_to_string(fresh).unwrap();
    if std::env::var_os("PORTHOLE_BLESS").is_some() {
        std::fs::write(&committed, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(committed).unwrap_or_default();
    assert!(
        committed == fresh,
        "the bindings are stale; PORTHOLE_BLESS=1 cargo test -p porthole-tests --test ipc"
    );
}

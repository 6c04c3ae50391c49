use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::{assert_none, is_tests, root, sources, without_tests};

const CORE: &str = "src-tauri/core/src";

/// The table below the line `Rooms of core may use:` in ARCHITECTURE.md: `room -> other other`.
fn allowed() -> BTreeMap<String, Vec<String>> {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let table = page.split_once("Rooms of core may use:").unwrap().1.split("```").nth(1).unwrap();
    let rows = table.lines().filter_map(|line| line.split_once("->"));
    rows.map(|(room, others)| {
        (room.trim().to_owned(), others.split_whitespace().map(str::to_owned).collect())
    })
    .collect()
}

fn room_of(path: &Path) -> String {
    let inside = path.strip_prefix(CORE).unwrap();
    inside.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// The rooms that code names by `crate::room`, lists in braces included.
fn rooms_named(code: &str) -> Vec<String> {
    let mut named = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let word =
            |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        if let Some(list) = rest.strip_prefix('{') {
            named.extend(list.split('}').next().unwrap().split(',').map(|item| word(item.trim())));
        } else {
            named.push(word(rest));
        }
    }
    named
}

#[test]
fn rooms_of_core_touch_only_what_they_may() {
    let allowed = allowed();
    let mut faults = Vec::new();
    for (path, text) in sources(CORE, &[".rs"]) {
        let room = room_of(&path);
        if room == "lib" || is_tests(&path) {
            continue;
        }
        let Some(may) = allowed.get(&room) else {
            faults.push(format!("{}: the room {room} is not in ARCHITECTURE.md", path.display()));
            continue;
        };
        for other in rooms_named(without_tests(&text)) {
            if other != room && allowed.contains_key(&other) && !may.contains(&other) {
                faults.push(format!("{}: {room} may not use {other}", path.display()));
            }
        }
    }
    assert_none(&faults, "edges that ARCHITECTURE.md does not have");
}

#[test]
fn each_outside_thing_has_one_owner() {
    let owners: [(&str, &[&str]); 8] = [
        ("rusqlite", &["src-tauri/core/src/store"]),
        ("reqwest", &["src-tauri/core/src/provider/reach"]),
        ("SystemTime", &["src-tauri/core/src/clock.rs"]),
        ("std::time::Instant", &["src-tauri/core/src/clock.rs"]),
        ("keyring_core", &["src-tauri/core/src/secrets"]),
        ("keyring_store", &["src-tauri/core/src/secrets"]),
        ("pulldown_cmark", &["src-tauri/markdown"]),
        (
            "std::env::var",
            &[
                "src-tauri/core/src/app/options.rs",
                "src-tauri/core/src/provider/reach/proxies.rs",
                "src-tauri/core/src/secrets",
                "src-tauri/src",
                "src-tauri/examples",
            ],
        ),
    ];
    let mut faults = Vec::new();
    for (path, text) in sources("src-tauri", &[".rs"]) {
        let place = path.to_string_lossy().replace('\\', "/");
        if place.starts_with("src-tauri/xtask") || is_tests(&path) {
            continue;
        }
        for (thing, owners) in owners {
            let owned = owners.iter().any(|owner| place.starts_with(owner));
            if !owned && without_tests(&text).contains(thing) {
                faults.push(format!("{place}: only {} may name {thing}", owners.join(", ")));
            }
        }
    }
    assert_none(&faults, "things with one owner");
}

#[test]
fn the_page_reaches_core_through_one_door_and_html_through_another() {
    let mut faults = Vec::new();
    for (path, text) in sources("ui/src", &[".ts", ".svelte"]) {
        let place = path.to_string_lossy().replace('\\', "/");
        if !place.starts_with("ui/src/ipc/") && text.contains("@tauri-apps/") {
            faults.push(format!("{place}: only ui/src/ipc imports @tauri-apps"));
        }
        let html = ["{@html", ".innerHTML", "insertAdjacentHTML", ".outerHTML"];
        let is_the_door = ["ui/src/chat/Blocks.svelte", "ui/src/chat/morph.ts"].contains(&place.as_str());
        if !is_the_door && html.iter().any(|way| text.contains(way)) {
            faults.push(format!("{place}: HTML enters the page in chat/Blocks.svelte only"));
        }
        for door in ["fetch(", "XMLHttpRequest", "WebSocket", "EventSource", "localStorage", "indexedDB"] {
            if !place.starts_with("ui/src/ipc/fake") && text.contains(door) {
                faults.push(format!("{place}: the page has no {door}"));
            }
        }
    }
    assert_none(&faults, "the page holds no truth and opens no socket");
}

use crate::{assert_none, sources};

#[test]
fn files_are_named_by_what_they_hold() {
    let empty = ["manager", "helper", "util", "utils", "service", "common", "misc", "mod"];
    let mut faults = Vec::new();
    for folder in ["src-tauri", "tests", "ui/src"] {
        for (path, _) in sources(folder, &[".rs", ".ts", ".svelte"]) {
            let stem = path.file_name().unwrap().to_string_lossy().to_lowercase();
            let words = stem.split(['.', '-', '_']).collect::<Vec<_>>();
            if empty.iter().any(|word| words.contains(word)) {
                faults.push(path.display().to_string());
            }
        }
    }
    assert_none(&faults, "names that say nothing");
}

#[test]
fn nothing_waits_for_later_in_the_code() {
    let mut faults = Vec::new();
    for folder in ["src-tauri", "tests", "ui/src"] {
        for (path, text) in sources(folder, &[".rs", ".ts", ".svelte", ".css"]) {
            if path.ends_with("tidy/names.rs") {
                continue;
            }
            for word in
                ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!(", "#[ignore", ".only(", "console.log("]
            {
                if text.contains(word) {
                    faults.push(format!("{}: {word}", path.display()));
                }
            }
        }
    }
    assert_none(&faults, "left-overs");
}

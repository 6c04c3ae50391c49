use crate::{assert_none, sources, without_tests};

#[test]
fn a_file_is_one_subject() {
    let mut faults = Vec::new();
    for (folder, ending, most) in
        [("src-tauri", ".rs", 400), ("tests", ".rs", 450), ("ui/src", ".svelte", 250), ("ui/src", ".ts", 300)]
    {
        for (path, text) in sources(folder, &[ending]) {
            let place = path.to_string_lossy().replace('\\', "/");
            let lines = without_tests(&text).lines().count();
            let is_data = place.ends_with(".gen.ts") || place.contains("/words/");
            if lines > most && !is_data {
                faults.push(format!("{place}: {lines} lines, {most} is the most"));
            }
        }
    }
    assert_none(&faults, "files that may be two subjects");
}

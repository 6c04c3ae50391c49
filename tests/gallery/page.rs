//! The page that shows the pictures side by side.

use std::fmt::Write as _;
use std::path::Path;

use crate::stage::Taken;

const HEAD: &str = r#"<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title>
<style>
  body { margin: 24px; font: 14px/1.5 system-ui, sans-serif; background: #ccc; color: #111 }
  nav { columns: 5 } h2 { margin: 40px 0 8px; font-size: 18px }
  .row { display: flex; align-items: flex-start; gap: 12px; margin-bottom: 12px; overflow-x: auto }
  img { height: 320px; border: 1px solid #888; background: #fff } .fault { color: #a00 }
</style>
<h1>Gallery</h1>
"#;

/// Writes `index.html`: one section for each state, one row for each language.
pub(crate) fn write(folder: &Path, taken: &[Taken]) {
    let mut states: Vec<&str> = Vec::new();
    for one in taken {
        if !states.contains(&one.state.as_str()) {
            states.push(&one.state);
        }
    }
    let mut page = String::from(HEAD);
    page.push_str("<nav>");
    for state in &states {
        let _ = writeln!(page, r##"<a href="#{state}">{state}</a><br>"##);
    }
    page.push_str("</nav>");
    for state in &states {
        let _ = writeln!(page, r#"<h2 id="{state}">{state}</h2>"#);
        for one in taken.iter().filter(|one| one.state == *state) {
            for fault in &one.faults {
                let fault = fault.replace('&', "&amp;").replace('<', "&lt;");
                let _ = writeln!(page, r#"<p class="fault">{fault}</p>"#);
            }
            page.push_str(r#"<div class="row">"#);
            for name in &one.pictures {
                let _ = writeln!(
                    page,
                    r#"<a href="{name}"><img loading="lazy" src="{name}" alt="{name}" title="{name}"></a>"#
                );
            }
            page.push_str("</div>");
        }
    }
    std::fs::write(folder.join("index.html"), page).unwrap();
}

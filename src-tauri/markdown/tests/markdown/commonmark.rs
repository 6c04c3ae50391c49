//! The examples of the `CommonMark` specification, read with this crate's differences in mind.
//!
//! Both sides are brought to one form: a link is a link whether or not it may be followed, an image is its description,
//! colours in code are left out. Examples of raw HTML are not for this crate, in which it is text.

use std::fs;
use std::path::Path;

/// The text of version 0.31.2. It is not a part of this repository, because its licence (CC BY-SA 4.0) is another one
/// than ours.
const SPECIFICATION: &str = "../../ui/node_modules/commonmark-spec/spec.txt";

/// Examples that come out differently, and why.
const DIFFERENT: &[(usize, &str)] = &[
    (21, RAW_HTML),
    (31, RAW_HTML),
    (201, RAW_HTML),
    (308, RAW_HTML),
    (309, RAW_HTML),
    (344, RAW_HTML),
    (475, RAW_HTML),
    (476, RAW_HTML),
    (477, RAW_HTML),
    (491, RAW_HTML),
    (494, RAW_HTML),
    (524, RAW_HTML),
    (536, RAW_HTML),
    (602, BARE_ADDRESS),
    (608, BARE_ADDRESS),
    (611, BARE_ADDRESS),
    (642, RAW_HTML),
    (643, RAW_HTML),
];

const RAW_HTML: &str = "raw HTML is text";
const BARE_ADDRESS: &str = "a bare address is a link, as on GitHub";

struct Example {
    number: usize,
    section: String,
    markdown: String,
    html: String,
}

fn examples() -> Vec<Example> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(SPECIFICATION);
    let specification = fs::read_to_string(&file).unwrap_or_else(|error| {
        panic!("the specification is not at {} ({error}): `npm ci` in ui/ brings it", file.display())
    });
    let fence = "`".repeat(32);
    let mut examples = Vec::new();
    let mut section = String::new();
    let mut lines = specification.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix('#') {
            title.trim_start_matches('#').trim().clone_into(&mut section);
        } else if line.strip_prefix(&fence).is_some_and(|rest| rest.trim() == "example") {
            let part = |lines: &mut std::str::Lines<'_>, end: &str| -> String {
                lines
                    .by_ref()
                    .take_while(|line| *line != end)
                    .map(|line| line.replace('→', "\t") + "\n")
                    .collect()
            };
            let markdown = part(&mut lines, ".");
            let html = part(&mut lines, &fence);
            examples.push(Example { number: examples.len() + 1, section: section.clone(), markdown, html });
        }
    }
    examples
}

/// The form in which both sides are compared.
fn common(html: &str) -> String {
    let mut out = String::new();
    let mut closing: Vec<(&str, &str)> = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let Some(length) = rest[start..].find('>') else { break };
        let tag = &rest[start + 1..start + length];
        let block = is_block(tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or(""));
        let text = &rest[..start];
        out.push_str(if block { text.strip_suffix('\n').unwrap_or(text) } else { text });
        rest = &rest[start + length + 1..];
        if block {
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        }
        let name = tag.split([' ', '/']).next().unwrap_or("");
        if name == "br" {
            // The page shows line breaks of the text as such, so there is none behind the element.
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        }
        if let Some(name) = tag.strip_prefix('/') {
            let known = closing.iter().rposition(|(opened, _)| *opened == name);
            out.push_str(
                &known.map_or_else(|| format!("</{name}>"), |known| closing.remove(known).1.to_owned()),
            );
        } else if let Some(address) = attribute(tag, "href")
            .or_else(|| tag.contains("link-refused").then(|| attribute(tag, "title")).flatten())
        {
            out.extend(["<a href=", &percent_decoded(address), ">"]);
            closing.push((name, "</a>"));
        } else if name == "img" {
            out.push_str(attribute(tag, "alt").unwrap_or(""));
        } else if name == "span" || name == "figure" {
            closing.push((name, ""));
        } else if name == "ol" {
            out.extend(["<", tag, ">"]);
        } else {
            out.extend(["<", name, ">"]);
        }
    }
    out.push_str(rest);
    out.replace("&#39;", "'").trim_end().to_owned()
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "ul"
            | "ol"
            | "li"
            | "blockquote"
            | "hr"
            | "pre"
            | "figure"
    )
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let value = &tag[tag.find(&format!(" {name}=\""))? + name.len() + 3..];
    value.find('"').map(|end| &value[..end])
}

fn percent_decoded(address: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = address.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *byte == b'%');
        bytes.push(decoded.unwrap_or(*byte));
        rest = if decoded.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).replace("&quot;", "\"")
}

#[test]
fn specification() {
    let examples = examples();
    assert_eq!(examples.len(), 652, "the specification was read whole");
    let mut wrong = Vec::new();
    for example in
        examples.iter().filter(|example| !matches!(example.section.as_str(), "Raw HTML" | "HTML blocks"))
    {
        let rendered: String =
            porthole_markdown::render(&example.markdown).into_iter().map(|block| block.html).collect();
        let (ours, expected) = (common(&rendered), common(&example.html));
        if ours != expected {
            wrong.push(example.number);
            if !DIFFERENT.iter().any(|(number, _)| *number == example.number) {
                println!(
                    "{} {}\n{:?}\n  expected {expected:?}\n  rendered {ours:?}",
                    example.number, example.section, example.markdown
                );
            }
        }
    }
    let known: Vec<_> = DIFFERENT.iter().map(|(number, _)| *number).collect();
    assert_eq!(wrong, known, "examples that come out differently");
}

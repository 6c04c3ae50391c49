//! Messages as trees.

use std::fmt::Write as _;

use porthole_markdown::{Element, Node, escaped, render, tree};
use proptest::prelude::*;

/// The HTML of a tree.
fn written(nodes: &[Node]) -> String {
    let mut html = String::new();
    for node in nodes {
        match node {
            Node::Text(text) => html.push_str(&escaped(text)),
            Node::Element(element) => push(&mut html, element),
        }
    }
    html
}

fn push_display(html: &mut String, display: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = html.write_fmt(display);
}

fn push(html: &mut String, element: &Element) {
    push_display(html, format_args!("<{}", element.name));
    for (name, value) in &element.attributes {
        match (name.as_str(), value.as_str()) {
            ("disabled" | "checked", "") => push_display(html, format_args!(" {name}")),
            _ => push_display(html, format_args!(" {name}=\"{}\"", escaped(value))),
        }
    }
    html.push('>');
    if !matches!(element.name.as_str(), "br" | "hr" | "input") {
        html.push_str(&written(&element.children));
        push_display(html, format_args!("</{}>", element.name));
    }
}

#[track_caller]
fn check(markdown: &str) {
    let html: String = render(markdown).into_iter().map(|block| block.html).collect();
    assert_eq!(written(&tree(markdown)), html, "{markdown:?}");
}

#[test]
fn are_what_the_window_shows() {
    check(
        "# One\n\n> a `b<c>` & \"d\" [e](https://example.com/?f=1&g='h')\n\n- [x] i\n- [ ] j\n\n***\nk  \nl[^1]\n\n[^1]: m",
    );
    check("```rust\nfn main() {}\n```\n\n| a | b |\n|--:|---|\n| $x<y$ | ![c](https://example.com/d.png) |");
}

#[test]
fn say_what_they_hold() {
    let nodes = tree("a *b* [c](https://example.com)");
    let [Node::Element(paragraph)] = nodes.as_slice() else { panic!("one paragraph in {nodes:?}") };
    assert_eq!(paragraph.text(), "a b c");
    assert_eq!(paragraph.elements().map(|element| element.name.as_str()).collect::<Vec<_>>(), ["em", "a"]);
    let link = paragraph.find("a").expect("the link");
    assert_eq!(link.attribute("href"), Some("https://example.com"));
    let nodes = tree("$x$");
    let [Node::Element(paragraph)] = nodes.as_slice() else { panic!("one paragraph in {nodes:?}") };
    assert!(paragraph.find("span").expect("the formula").is("math"));
}

proptest! {
    #[test]
    fn any_text_is_what_the_window_shows(text in "[a-z<>&\"'`*_~$|\\[\\]()\\\\!#:\\-\n ]{0,60}") {
        check(&text);
    }
}

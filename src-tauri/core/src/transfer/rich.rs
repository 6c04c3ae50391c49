//! A message as rich text, for programs that write letters and mails.
//!
//! They know no style sheet, so what the window's own says stands at each element, in the colours of the light theme. A
//! formula is its LaTeX: they drop the elements of `MathML` and keep the letters.

use std::fmt::Write as _;

use porthole_markdown::{Element, Node, escaped, tree};

const MONO: &str = "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:0.9em";

/// A message as HTML with its styles in it, which loads nothing.
pub fn rich(markdown: &str) -> String {
    let mut out = String::from("<meta charset=\"utf-8\">");
    push_all(&mut out, &tree(markdown));
    out
}

fn push_all(out: &mut String, nodes: &[Node]) {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(&escaped(text)),
            Node::Element(element) => push(out, element),
        }
    }
}

fn push(out: &mut String, element: &Element) {
    let name = element.name.as_str();
    if element.is("math") {
        let latex = element.find("annotation").unwrap_or(element).text();
        let dollars = if name == "div" { "$$" } else { "$" };
        wrap(out, if name == "div" { "p" } else { "span" }, "", |out| {
            out.push_str(&escaped(&format!("{dollars}{latex}{dollars}")));
        });
        return;
    }
    if let Some(address) = element.attribute("data-src") {
        // A picture that was not loaded stays a link to it.
        let words = element.text();
        let words = if words.is_empty() { address } else { &words };
        let _ = write!(out, "<a href=\"{}\">{}</a>", escaped(address), escaped(words));
        return;
    }
    let children = |out: &mut String| push_all(out, &element.children);
    match name {
        "br" => out.push_str("<br>"),
        "hr" => out.push_str("<hr>"),
        "input" => out.push_str(if element.attribute("checked").is_some() { "☑" } else { "☐" }),
        "a" => {
            let address = escaped(element.attribute("href").unwrap_or_default());
            let _ = write!(out, "<a href=\"{address}\">");
            children(out);
            out.push_str("</a>");
        }
        "pre" => {
            let style = format!("{MONO};background:#f5f6f8;padding:8px 10px;white-space:pre-wrap");
            let code = element.find("code").unwrap_or(element);
            wrap(out, "pre", &style, |out| push_all(out, &code.children));
        }
        "code" => wrap(out, "code", MONO, children),
        "blockquote" => {
            wrap(out, "blockquote", "border-left:3px solid #c9ced4;margin:0;padding-left:12px", children);
        }
        "table" => wrap(out, "table", "border-collapse:collapse", children),
        "th" | "td" => {
            let align = element.attribute("align").unwrap_or("left");
            wrap(
                out,
                name,
                &format!("border:1px solid #c9ced4;padding:3px 8px;text-align:{align}"),
                children,
            );
        }
        "ol" => match element.attribute("start").and_then(|start| start.parse::<u64>().ok()) {
            Some(start) => {
                let _ = write!(out, "<ol start=\"{start}\">");
                children(out);
                out.push_str("</ol>");
            }
            None => wrap(out, "ol", "", children),
        },
        "span" => match colour(element) {
            Some(colour) => wrap(out, "span", &format!("color:{colour}"), children),
            None => children(out),
        },
        "figure" | "div" | "section" => children(out),
        _ => wrap(out, name, "", children),
    }
}

fn wrap(out: &mut String, name: &str, style: &str, content: impl FnOnce(&mut String)) {
    if style.is_empty() {
        let _ = write!(out, "<{name}>");
    } else {
        let _ = write!(out, "<{name} style=\"{style}\">");
    }
    content(out);
    let _ = write!(out, "</{name}>");
}

/// The colour of a piece of code in the light theme (`ui/src/styles/tokens.css`).
fn colour(element: &Element) -> Option<&'static str> {
    const COLOURS: [(&str, &str); 15] = [
        ("attribute", "#71510a"),
        ("comment", "#616a72"),
        ("constant", "#814606"),
        ("deleted", "#a1262c"),
        ("escape", "#814606"),
        ("function", "#0b559b"),
        ("heading", "#0b559b"),
        ("inserted", "#1d7044"),
        ("keyword", "#6a3a93"),
        ("number", "#814606"),
        ("operator", "#43505f"),
        ("string", "#206340"),
        ("tag", "#91303f"),
        ("type", "#03626d"),
        ("variable", "#242e3a"),
    ];
    let class = element.attribute("class")?.strip_prefix("hl-")?;
    COLOURS.binary_search_by_key(&class, |(known, _)| known).ok().map(|at| COLOURS[at].1)
}

#[cfg(test)]
mod tests {
    use super::rich;

    fn check(markdown: &str, expected: &str) {
        let html = rich(markdown);
        assert_eq!(html.strip_prefix("<meta charset=\"utf-8\">"), Some(expected), "{markdown}");
    }

    #[test]
    fn what_the_window_shows_without_its_style_sheet() {
        check("a **b** <c>", "<p>a <strong>b</strong> &lt;c&gt;</p>");
        check("- [x] a", "<ul><li>☑ a</li></ul>");
        check("3. a", "<ol start=\"3\"><li>a</li></ol>");
        check("$x^2$", "<p><span>$x^2$</span></p>");
        check("![a](https://example.com/b.png)", "<p><a href=\"https://example.com/b.png\">a</a></p>");
        let code = rich("```rust\nfn main() {}\n```");
        assert!(code.contains("<span style=\"color:#6a3a93\">fn"), "{code}");
        assert!(rich("| a |\n|--:|\n| 1 |").contains("text-align:right"));
    }
}

//! What stands within a line, from a tree.

use std::rc::Rc;

use porthole_markdown::{Element, Node};

use super::colour::{FAINT, highlight};
use super::fonts::Fonts;
use super::formula;
use super::text::{Look, Rich, Style};

/// Elements deeper than this are text, so that no tree exhausts the stack.
const DEEPEST: usize = 150;

/// Gathers the text of nodes with its styles.
pub(super) fn rich(fonts: &mut Fonts, nodes: &[Node], look: Look) -> Rich {
    let mut rich = Rich::default();
    for node in nodes {
        let before = rich.is_empty();
        push(fonts, &mut rich, node, (look, Style::default()), 0);
        // Space at the beginning, such as behind the box of a task, would set the first line back.
        if before && rich.drawn.is_empty() {
            rich.trim_start();
        }
    }
    while rich.text.ends_with(['\n', ' ']) && rich.drawn.last().is_none_or(|(at, _)| *at < rich.text.len()) {
        rich.text.pop();
    }
    let end = rich.text.len();
    rich.styles.retain_mut(|(range, _)| {
        range.end = range.end.min(end);
        range.start < range.end
    });
    rich
}

/// Appends a node.
pub(super) fn push(
    fonts: &mut Fonts,
    rich: &mut Rich,
    node: &Node,
    (look, style): (Look, Style),
    depth: usize,
) {
    let element = match node {
        Node::Text(text) => return rich.push(text, style),
        Node::Element(element) => element,
    };
    if depth > DEEPEST {
        return;
    }
    let mut style = style;
    match element.name.as_str() {
        "br" => return rich.push("\n", style),
        "input" => return,
        "strong" | "b" => style.bold = true,
        "em" | "i" => style.italic = true,
        "del" => style.struck = true,
        "code" => style.code = true,
        "sup" => style.raised = true,
        "a" => {
            if let Some(address) = element.attribute("href") {
                style.link = Some(rich.links.len());
                rich.links.push(Rc::from(address));
            }
        }
        "span" if element.is("math") => return formula(fonts, rich, element, look, Lines::Shared),
        "span" if element.is("image-blocked") => return image(rich, element, style),
        "span" => style.colour = class_colour(element).or(style.colour),
        _ => {}
    }
    for child in &element.children {
        push(fonts, rich, child, (look, style), depth + 1);
    }
}

/// The colour of highlighted code.
fn class_colour(element: &Element) -> Option<super::colour::Rgb> {
    element.attribute("class")?.split(' ').find_map(highlight)
}

/// An image is not fetched: what it shows, as a link to where it is.
fn image(rich: &mut Rich, element: &Element, mut style: Style) {
    if let Some(address) = element.attribute("data-src") {
        style.link = Some(rich.links.len());
        rich.links.push(Rc::from(address));
    }
    let shows = element.text();
    let host = element.attribute("data-host").unwrap_or_default();
    let text = if shows.trim().is_empty() { host } else { shows.as_str() };
    rich.push(&format!("[{text}]"), style);
}

/// Whether a formula stands on lines of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    Own,
    Shared,
}

/// Appends a formula; as it was written, where it cannot be set.
pub(super) fn formula(fonts: &mut Fonts, rich: &mut Rich, element: &Element, look: Look, lines: Lines) {
    let math = element.find("math");
    if let Some(drawn) = math.and_then(|math| formula::formula(fonts, math, look, lines == Lines::Own)) {
        rich.drawn.push((rich.text.len(), drawn));
        return;
    }
    let style = Style { code: true, colour: Some(FAINT), ..Style::default() };
    rich.push(&source(element), style);
}

/// The LaTeX of a formula.
fn source(element: &Element) -> String {
    element.find("annotation").unwrap_or(element).text()
}

//! Code: a shaded box of which each line is a paragraph.
//!
//! Paragraphs of one style with the same borders share one box (ECMA-376 part 1, 17.3.1.24). One paragraph with a break
//! for each line would look the same, but word processors lay a paragraph out as a whole: thousands of lines in one cost
//! minutes, and their keys and screen readers walk by paragraphs.

use porthole_markdown::{Element, Node};

use super::direction::Direction;
use super::draft::Draft;
use super::place::Place;
use super::run::{Look, push_text};

/// The colour of a class of code, as the light theme of the window has it.
fn colour(element: &Element) -> Option<&'static str> {
    let class = element.attribute("class")?.strip_prefix("hl-")?;
    Some(match class {
        "comment" => "60676E",
        "string" => "266741",
        "number" | "constant" => "864900",
        "keyword" => "6D398E",
        "type" => "00636D",
        "function" => "0E5794",
        "variable" => "262F38",
        "operator" => "404F5D",
        "punctuation" => "515961",
        "tag" => "9A3039",
        "attribute" => "6F530A",
        _ => return None,
    })
}

/// Appends code with its colours.
pub(super) fn push_code(draft: &mut Draft, nodes: &[Node], place: Place) {
    let mut pieces = Vec::new();
    for node in nodes {
        match node {
            Node::Text(text) => pieces.push((text.clone(), None)),
            Node::Element(element) => pieces.push((element.text(), colour(element))),
        }
    }
    let mut lines = vec![Vec::new()];
    for (text, colour) in &pieces {
        for (at, part) in text.split('\n').enumerate() {
            if at > 0 {
                lines.push(Vec::new());
            }
            if let Some(line) = lines.last_mut().filter(|_| !part.is_empty()) {
                line.push((part, *colour));
            }
        }
    }
    // The last line ends too, and nothing begins behind it.
    if lines.len() > 1 && lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    for line in lines {
        draft.xml.raw("<w:p>");
        place.push_properties(&mut draft.xml, "CodeBlock", None, Direction::LeftToRight);
        for (text, colour) in line {
            push_text(&mut draft.xml, text, Look { colour, ..Look::default() }, Direction::LeftToRight);
        }
        draft.xml.raw("</w:p>");
    }
}

//! What stands between signs that grow with it (ECMA-376 part 1, 22.1.2.24).

use porthole_markdown::{Element, Node};

use super::Formula;

/// A row between such signs.
pub(super) struct Fence<'a> {
    opening: String,
    closing: String,
    separator: String,
    parts: Vec<&'a [Node]>,
}

/// The text of a sign that grows; those of a fixed size stand for themselves.
fn growing(node: &Node) -> Option<&Element> {
    match node {
        Node::Element(element) if element.name == "mo" && element.attribute("stretchy") == Some("true") => {
            Some(element)
        }
        Node::Element(_) | Node::Text(_) => None,
    }
}

fn edge(node: &Node) -> Option<String> {
    growing(node).filter(|sign| sign.attribute("minsize").is_none()).map(Element::text)
}

/// A row that begins or ends with such a sign. `\left.` and `\right.` write none.
pub(super) fn of(nodes: &[Node]) -> Option<Fence<'_>> {
    let (first, rest) = nodes.split_first()?;
    let opening = edge(first);
    let mut inside = if opening.is_some() { rest } else { nodes };
    let mut closing = None;
    if let Some((last, before)) = inside.split_last() {
        closing = edge(last);
        inside = if closing.is_some() { before } else { inside };
    }
    if opening.is_none() && closing.is_none() {
        return None;
    }
    let separator = inside.iter().find_map(growing).map(Element::text);
    let parts = match separator {
        Some(_) => inside.split(|node| growing(node).is_some()).collect(),
        None => vec![inside],
    };
    Some(Fence {
        opening: opening.unwrap_or_default(),
        closing: closing.unwrap_or_default(),
        separator: separator.unwrap_or_else(|| "|".to_owned()),
        parts,
    })
}

impl Formula<'_> {
    pub(super) fn fence(&mut self, fence: &Fence<'_>) {
        self.xml.raw("<m:d><m:dPr>");
        self.xml.empty("m:begChr", &[("m:val", &fence.opening)]);
        self.xml.empty("m:sepChr", &[("m:val", &fence.separator)]);
        self.xml.empty("m:endChr", &[("m:val", &fence.closing)]);
        self.xml.raw("<m:grow m:val=\"1\"/></m:dPr>");
        for part in &fence.parts {
            self.inside("m:e", part);
        }
        self.xml.raw("</m:d>");
    }
}

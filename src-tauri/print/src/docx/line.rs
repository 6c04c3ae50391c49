//! What stands within a line: emphasis, links, code, formulas.

use porthole_markdown::{Element, Node};

use super::direction::Direction;
use super::draft::Draft;
use super::formula;
use super::run::{Look, push_text};

/// Elements that lie deeper are nothing that the writer of messages makes; their text is kept.
const DEEPEST: usize = 120;

/// Whether an element begins a block of its own.
pub(super) fn is_block(element: &Element) -> bool {
    let name = element.name.as_str();
    matches!(
        name,
        "p" | "ul" | "ol" | "li" | "figure" | "pre" | "blockquote" | "hr" | "div" | "table" | "section"
    ) || heading(name).is_some()
}

/// The level of a heading.
pub(super) fn heading(name: &str) -> Option<usize> {
    let level = name.strip_prefix('h')?.parse().ok()?;
    (1..=6).contains(&level).then_some(level)
}

/// A line of a paragraph while it is written.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) draft: &'a mut Draft,
    pub(super) direction: Direction,
    /// The style of code in it.
    code: &'static str,
    depth: usize,
    /// A link holds no other.
    linked: bool,
}

impl<'a> Line<'a> {
    pub(super) fn new(draft: &'a mut Draft, direction: Direction) -> Self {
        Self { draft, direction, code: "Code", depth: 0, linked: false }
    }

    /// A line of a heading, in which code is as large as the heading.
    pub(super) fn of_heading(draft: &'a mut Draft, direction: Direction) -> Self {
        Self { code: "HeadingCode", ..Self::new(draft, direction) }
    }

    pub(super) fn nodes<'n>(&mut self, nodes: impl IntoIterator<Item = &'n Node>, look: Look) {
        for node in nodes {
            match node {
                Node::Text(text) => push_text(&mut self.draft.xml, text, look, self.direction),
                Node::Element(element) if self.depth < DEEPEST => {
                    self.depth += 1;
                    self.element(element, look);
                    self.depth -= 1;
                }
                Node::Element(element) => {
                    push_text(&mut self.draft.xml, &element.text(), look, self.direction);
                }
            }
        }
    }

    fn element(&mut self, element: &Element, look: Look) {
        let inner = match element.name.as_str() {
            "em" => Look { italic: true, ..look },
            "strong" => Look { bold: true, ..look },
            "del" => Look { struck: true, ..look },
            // A run has one style, and that of code would hide that it is a link.
            "code" => Look { style: Some(if self.linked { "CodeLink" } else { self.code }), ..look },
            "sup" => Look { raised: true, ..look },
            "br" => {
                self.draft.xml.raw("<w:r><w:br/></w:r>");
                return;
            }
            // The item shows it in the place of its bullet.
            "input" => return,
            "a" => {
                self.link(element.attribute("href").unwrap_or_default(), &element.children, look);
                return;
            }
            "span" | "div" if element.is("math") => {
                self.formula(element, look);
                return;
            }
            "span" if element.is("image-blocked") => {
                let address = element.attribute("data-src").unwrap_or_default();
                let shown = Node::Text(address.to_owned());
                let described = element.children.iter().any(|child| matches!(child, Node::Text(_)));
                self.link(
                    address,
                    if described { &element.children } else { std::slice::from_ref(&shown) },
                    look,
                );
                return;
            }
            _ => look,
        };
        self.nodes(&element.children, inner);
    }

    fn link(&mut self, address: &str, shown: &[Node], look: Look) {
        let relationship = if self.linked { None } else { self.draft.link(address) };
        let Some(relationship) = relationship else {
            self.nodes(shown, look);
            return;
        };
        self.draft.xml.open("w:hyperlink", &[("r:id", &relationship), ("w:history", "1")]);
        self.linked = true;
        self.nodes(shown, Look { style: Some("Hyperlink"), ..look });
        self.linked = false;
        self.draft.xml.raw("</w:hyperlink>");
    }

    fn formula(&mut self, element: &Element, look: Look) {
        let Some(math) = element.find("math") else {
            let look = Look { style: Some(self.code), ..look };
            push_text(&mut self.draft.xml, &element.text(), look, self.direction);
            return;
        };
        self.draft.xml.raw("<m:oMath>");
        formula::push(&mut self.draft.xml, math);
        self.draft.xml.raw("</m:oMath>");
    }
}

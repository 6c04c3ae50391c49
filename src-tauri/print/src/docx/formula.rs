//! Formulas: `MathML` as the format's own (ECMA-376 part 1, 22.1).
//!
//! `MathML` says what stands over and beside what; this format also says what it means: a sum has an operand, an accent is
//! none of the limits. What is not known becomes text in its place.

mod fence;
mod grid;
mod letters;
mod script;

use porthole_markdown::{Element, Node};

use super::xml::Xml;
use letters::push_letters;

/// Elements that lie deeper are no formula that the writer of messages makes; their text is kept.
const DEEPEST: usize = 100;

/// Signs with an operand behind them.
const LARGE: &str = "∑∏∐∫∬∭∮∯∰⋀⋁⋂⋃⨀⨁⨂⨄⨆";
/// Signs at which an operand ends.
const RELATIONS: &str = "=≠<>≤≥≈≡∼≃≅∝∈∉⊂⊆⊃⊇→⇒⇔↦,;";

/// Appends what stands in a `math` element.
pub(super) fn push(xml: &mut Xml, math: &Element) {
    Formula { xml, depth: 0 }.row(&math.children);
}

/// A formula while it is written.
struct Formula<'a> {
    xml: &'a mut Xml,
    depth: usize,
}

impl Formula<'_> {
    /// Nodes one after another. A large sign takes what follows it, up to the next relation, as its operand: without one,
    /// Word draws an empty box.
    fn row(&mut self, nodes: &[Node]) {
        let mut at = 0;
        while let Some(node) = nodes.get(at) {
            at += 1;
            let Node::Element(element) = node else {
                if let Node::Text(text) = node
                    && !text.trim().is_empty()
                {
                    push_letters(self.xml, text, "mtext", None, None);
                }
                continue;
            };
            let operand = nodes[at..].iter().position(is_relation).map_or(nodes.len(), |end| at + end);
            if let Some(large) = script::large(element) {
                self.large(&large, &nodes[at..operand]);
                at = operand;
            } else if let Some((name, limit)) = script::named(element) {
                self.named(name, limit, &nodes[at..operand]);
                at = operand;
            } else {
                self.element(element);
            }
        }
    }

    fn element(&mut self, element: &Element) {
        if self.depth >= DEEPEST {
            push_letters(self.xml, &element.text(), "mtext", None, None);
            return;
        }
        self.depth += 1;
        let parts: Vec<&Element> = element.elements().collect();
        match (element.name.as_str(), parts.as_slice()) {
            ("mi" | "mn" | "mo" | "mtext", _) => {
                let variant = element.attribute("mathvariant");
                let colour = element.attribute("mathcolor").and_then(|colour| colour.strip_prefix('#'));
                push_letters(self.xml, &element.text(), &element.name, variant, colour);
            }
            ("mspace", _) => letters::push_space(self.xml, element.attribute("width").unwrap_or_default()),
            ("mfrac", [above, below]) => {
                let bare = element.attribute("linethickness").is_some_and(|line| line.starts_with('0'));
                self.xml.raw("<m:f>");
                if bare {
                    self.xml.raw("<m:fPr><m:type m:val=\"noBar\"/></m:fPr>");
                }
                self.part("m:num", above);
                self.part("m:den", below);
                self.xml.raw("</m:f>");
            }
            ("mroot", [inside, degree]) => {
                self.xml.raw("<m:rad>");
                self.part("m:deg", degree);
                self.part("m:e", inside);
                self.xml.raw("</m:rad>");
            }
            ("msqrt", _) => {
                self.xml.raw("<m:rad><m:radPr><m:degHide m:val=\"1\"/></m:radPr><m:deg/>");
                self.inside("m:e", &element.children);
                self.xml.raw("</m:rad>");
            }
            ("msub" | "msup" | "msubsup" | "munder" | "mover" | "munderover" | "mmultiscripts", _) => {
                self.script(element, &parts);
            }
            ("mtable", _) => self.grid(element),
            ("annotation", _) => {}
            _ => match fence::of(&element.children) {
                Some(fence) => self.fence(&fence),
                None => self.row(&element.children),
            },
        }
        self.depth -= 1;
    }

    /// An element as a part of another.
    fn part(&mut self, name: &str, element: &Element) {
        self.xml.open(name, &[]);
        let before = self.xml.length();
        self.element(element);
        self.fill(before);
        self.xml.close(name);
    }

    /// Nodes as a part of an element.
    fn inside(&mut self, name: &str, nodes: &[Node]) {
        self.xml.open(name, &[]);
        let before = self.xml.length();
        // LibreOffice takes a sign between two things for a mistake where it stands first.
        if nodes.first().is_some_and(is_relation) {
            self.blank();
        }
        self.row(nodes);
        self.fill(before);
        self.xml.close(name);
    }

    /// Puts a blank without width where nothing was written, for which Word would draw an empty box.
    fn fill(&mut self, before: usize) {
        if self.xml.length() == before {
            self.blank();
        }
    }

    /// A text without width.
    fn blank(&mut self) {
        self.xml.raw("<m:r><m:rPr><m:nor/></m:rPr><m:t>\u{200b}</m:t></m:r>");
    }
}

fn is_relation(node: &Node) -> bool {
    match node {
        Node::Element(element) => element.name == "mo" && letters::is_one_of(&element.text(), RELATIONS),
        Node::Text(_) => false,
    }
}

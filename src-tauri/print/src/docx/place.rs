//! Where a paragraph stands: how far in, beside which line, as an item of which list.

use super::direction::Direction;
use super::draft::Numbering;
use super::xml::Xml;

/// How far a level of a list goes in, in twentieths of a point.
pub(super) const STEP: usize = 400;
/// How far a quote does.
const QUOTE: usize = 260;
/// Further in there is no room for text.
const FURTHEST: usize = 5_200;
/// Word has nine levels of lists (ECMA-376 part 1, 17.9.3).
const LEVELS: usize = 9;
/// How far the text in a box of code is from where text would begin without the box.
const BOX: usize = 120;
/// A line further from its text than this, in points, is damage to Word (17.18.68).
const FURTHEST_LINE: usize = 31;

/// The line beside a quote.
#[derive(Clone, Copy, Debug)]
struct Beside {
    colour: &'static str,
    /// Where the text beside it begins.
    at: usize,
}

/// Where a paragraph stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The style of paragraphs that are nothing more.
    pub(super) body: &'static str,
    indent: usize,
    beside: Option<Beside>,
    /// How many lists are around it.
    pub(super) lists: usize,
    /// How many blocks are.
    pub(super) depth: usize,
}

/// What stands before the first line of an item.
#[derive(Clone, Copy, Debug)]
pub(super) enum Marker {
    /// A bullet or a number.
    Listed(Numbering),
    /// A box to tick.
    Task {
        /// Whether it is ticked.
        done: bool,
    },
}

impl Place {
    pub(super) fn new(body: &'static str) -> Self {
        // The style of an aside sets its paragraphs back by as much.
        let indent = if body == "Thought" { QUOTE } else { 0 };
        Self { body, indent, beside: None, lists: 0, depth: 0 }
    }

    /// In a block that changes nothing.
    pub(super) fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    pub(super) fn in_notes(self) -> Self {
        Self { body: "FootnoteText", ..self.deeper() }
    }

    pub(super) fn in_list(self) -> Self {
        Self {
            indent: (self.indent + STEP).min(FURTHEST),
            lists: self.lists + 1,
            depth: self.depth + 1,
            ..self
        }
    }

    pub(super) fn in_quote(self, colour: &'static str) -> Self {
        let indent = (self.indent + QUOTE).min(FURTHEST);
        let body = if self.body == "Body" { "Quote" } else { self.body };
        Self { body, indent, beside: Some(Beside { colour, at: indent }), depth: self.depth + 1, ..self }
    }

    /// The level of a list that begins here, from 0.
    pub(super) fn level(&self) -> usize {
        self.lists.min(LEVELS - 1)
    }

    pub(super) fn indent(&self) -> usize {
        self.indent
    }

    /// Writes the properties of a paragraph, in the order that the schema demands (17.3.1.26).
    pub(super) fn push_properties(
        &self,
        xml: &mut Xml,
        style: &str,
        marker: Option<Marker>,
        direction: Direction,
    ) {
        xml.raw("<w:pPr>");
        xml.value("w:pStyle", style);
        if let Some(Marker::Listed(Numbering { instance, level })) = marker {
            xml.raw("<w:numPr>");
            xml.value("w:ilvl", &level.to_string());
            xml.value("w:numId", &instance.to_string());
            xml.raw("</w:numPr>");
        }
        let hanging = if marker.is_some() { STEP } else { 0 };
        // The box around code has a border already.
        let boxed = style == "CodeBlock";
        if let Some(beside) = self.beside.filter(|_| !boxed) {
            let right = direction == Direction::RightToLeft;
            let inside = self.indent.saturating_sub(hanging).saturating_sub(beside.at);
            let space = (10 + inside / 20).min(FURTHEST_LINE).to_string();
            xml.raw("<w:pBdr>");
            xml.empty(
                if right { "w:right" } else { "w:left" },
                &[("w:val", "single"), ("w:sz", "12"), ("w:space", &space), ("w:color", beside.colour)],
            );
            xml.raw("</w:pBdr>");
        }
        if matches!(marker, Some(Marker::Task { .. })) {
            xml.raw("<w:tabs>");
            xml.empty("w:tab", &[("w:val", "left"), ("w:pos", &self.indent.to_string())]);
            xml.raw("</w:tabs>");
        }
        if direction == Direction::RightToLeft {
            xml.raw("<w:bidi/>");
        }
        if self.indent > 0 {
            let left = if boxed { self.indent + BOX } else { self.indent };
            xml.empty("w:ind", &[("w:left", &left.to_string()), ("w:hanging", &hanging.to_string())]);
        }
        xml.raw("</w:pPr>");
    }
}

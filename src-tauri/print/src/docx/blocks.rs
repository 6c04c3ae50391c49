//! The blocks of a message: paragraphs, headings, lists, quotes.

use porthole_markdown::{Element, Node};

use super::code::push_code;
use super::direction::{Direction, of_paragraph};
use super::draft::Draft;
use super::formula;
use super::line::{Line, heading, is_block};
use super::place::{Marker, Place};
use super::run::{Look, push_text};
use super::table::push_table;

/// Blocks that lie deeper are nothing that the writer of messages makes; their text is kept.
const DEEPEST: usize = 210;

const HEADINGS: [&str; 6] = ["Heading2", "Heading3", "Heading4", "Heading5", "Heading6", "Heading6"];
const QUIET: &str = "DCE0E3";
/// Word's own boxes; others have pictures of emoji, which many programs cannot draw.
const TICKED: &str = "\u{2612}\t";
const UNTICKED: &str = "\u{2610}\t";

/// Appends the blocks of a message, and what stands between them.
pub(super) fn push_blocks(draft: &mut Draft, nodes: &[Node], place: Place) {
    Blocks { draft, marker: None, after_code: false }.flow(nodes, place);
}

struct Blocks<'a> {
    draft: &'a mut Draft,
    /// What the next paragraph has before it.
    marker: Option<Marker>,
    /// Whether code came last: the box of what follows would be one with its box.
    after_code: bool,
}

impl Blocks<'_> {
    fn flow(&mut self, nodes: &[Node], place: Place) {
        let mut rest = nodes;
        while let Some(node) = rest.first() {
            if let Node::Element(element) = node
                && is_block(element)
            {
                self.block(element, place);
                rest = &rest[1..];
                continue;
            }
            let end =
                rest.iter().position(|node| matches!(node, Node::Element(element) if is_block(element)));
            let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
            rest = after;
            // Blanks between blocks are none of the text.
            if line.iter().any(|node| !matches!(node, Node::Text(text) if text.trim().is_empty())) {
                self.paragraph(place.body, line, place);
            }
        }
    }

    fn block(&mut self, element: &Element, place: Place) {
        if place.depth > DEEPEST {
            self.paragraph(place.body, &[Node::Text(element.text())], place);
            return;
        }
        match element.name.as_str() {
            "p" => self.paragraph(place.body, &element.children, place),
            "ul" | "ol" => self.list(element, place),
            "figure" | "pre" => self.code(element, place),
            "blockquote" => self.quote(element, place),
            "hr" => self.rule("Rule", place),
            "div" if element.is("math") => self.display(element, place),
            "div" | "table" if element.is("table") || element.name == "table" => self.table(element, place),
            "section" => {
                self.rule("NotesRule", place);
                self.flow(&element.children, place.in_notes());
            }
            name => match heading(name) {
                Some(level) => self.paragraph(HEADINGS[level - 1], &element.children, place),
                None => self.flow(&element.children, place.deeper()),
            },
        }
    }

    fn paragraph(&mut self, style: &str, nodes: &[Node], place: Place) {
        let text: String = nodes
            .iter()
            .map(|node| match node {
                Node::Text(text) => text.clone(),
                Node::Element(element) if element.is("math") => String::new(),
                Node::Element(element) => element.text(),
            })
            .collect();
        let direction = of_paragraph(&text);
        let marker = self.begin(style, place, direction);
        if let Some(Marker::Task { done }) = marker {
            let box_to_tick = if done { TICKED } else { UNTICKED };
            let look = Look { style: Some("Tick"), ..Look::default() };
            push_text(&mut self.draft.xml, box_to_tick, look, direction);
        }
        // The blank between a box and its text is the tab above.
        let after_box =
            usize::from(matches!(nodes.first(), Some(Node::Element(first)) if first.name == "input"));
        let mut rest = nodes.get(after_box..).unwrap_or_default();
        let mut line = if HEADINGS.contains(&style) {
            Line::of_heading(self.draft, direction)
        } else {
            Line::new(self.draft, direction)
        };
        if after_box > 0
            && let Some((Node::Text(text), after)) = rest.split_first()
        {
            line.nodes(&[Node::Text(text.trim_start().to_owned())], Look::default());
            rest = after;
        }
        line.nodes(rest, Look::default());
        self.draft.xml.raw("</w:p>");
    }

    /// Begins a paragraph with what waits to stand before it.
    fn begin(&mut self, style: &str, place: Place, direction: Direction) -> Option<Marker> {
        self.after_code = false;
        let marker = self.marker.take();
        // Items of the text of a document lie closer to each other than its paragraphs.
        let style = if style == "Body" && place.lists > 0 { "ListParagraph" } else { style };
        self.draft.xml.raw("<w:p>");
        place.push_properties(&mut self.draft.xml, style, marker, direction);
        marker
    }

    /// Writes what waits to stand before a paragraph where something else comes.
    fn flush_marker(&mut self, place: Place) {
        if self.marker.is_some() {
            self.paragraph(place.body, &[], place);
        }
    }

    fn list(&mut self, list: &Element, place: Place) {
        self.flush_marker(place);
        let level = place.level();
        let ordered = list.name == "ol";
        let numbering = if ordered {
            let start = list.attribute("start").and_then(|start| start.parse().ok()).unwrap_or(1);
            self.draft.ordered(level, start)
        } else {
            Draft::unordered(level)
        };
        let inside = place.in_list();
        for item in list.elements().filter(|item| item.name == "li") {
            let ticked = item.is("task").then(|| item.find("input")).flatten();
            self.marker = Some(match ticked {
                Some(input) => Marker::Task { done: input.attribute("checked").is_some() },
                None => Marker::Listed(numbering),
            });
            self.flow(&item.children, inside);
            self.flush_marker(inside);
        }
    }

    fn quote(&mut self, quote: &Element, place: Place) {
        self.flush_marker(place);
        let colour = if quote.is("alert-warning") || quote.is("alert-important") {
            "875814"
        } else if quote.is("alert-caution") {
            "AC312C"
        } else if quote.is("alert") {
            "005D8A"
        } else {
            QUIET
        };
        self.flow(&quote.children, place.in_quote(colour));
    }

    fn code(&mut self, element: &Element, place: Place) {
        self.flush_marker(place);
        let code = element.find("code").unwrap_or(element);
        self.lines(&code.children, place);
    }

    fn table(&mut self, element: &Element, place: Place) {
        self.flush_marker(place);
        let table = if element.name == "table" { Some(element) } else { element.find("table") };
        if let Some(table) = table {
            push_table(self.draft, table, place);
            // What follows a table keeps no distance from it by itself.
            self.gap();
        }
    }

    fn lines(&mut self, nodes: &[Node], place: Place) {
        if self.after_code {
            self.draft.xml.raw("<w:p><w:pPr><w:pStyle w:val=\"Break\"/></w:pPr></w:p>");
        }
        push_code(self.draft, nodes, place);
        self.after_code = true;
    }

    fn gap(&mut self) {
        self.after_code = false;
        self.draft.xml.raw("<w:p><w:pPr><w:pStyle w:val=\"Gap\"/></w:pPr></w:p>");
    }

    fn rule(&mut self, style: &str, place: Place) {
        self.flush_marker(place);
        self.after_code = false;
        self.draft.xml.raw("<w:p>");
        place.push_properties(&mut self.draft.xml, style, None, Direction::LeftToRight);
        self.draft.xml.raw("</w:p>");
    }

    fn display(&mut self, element: &Element, place: Place) {
        let Some(math) = element.find("math") else {
            self.flush_marker(place);
            self.lines(&element.children, place);
            return;
        };
        self.begin("Formula", place, Direction::LeftToRight);
        self.draft.xml.raw("<m:oMathPara><m:oMath>");
        formula::push(&mut self.draft.xml, math);
        self.draft.xml.raw("</m:oMath></m:oMathPara></w:p>");
    }
}

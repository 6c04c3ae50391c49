//! Blocks of a message into strips.

use porthole_markdown::{Element, Node};

use super::code;
use super::colour::{EDGE, HAIRLINE, QUIET, alert};
use super::compose::{Composer, GAP, Marker, Place};
use super::inline;
use super::mark::{Ground, Mark, Strip};
use super::table;
use super::text::{Align, Look, Rich, Shaped, from_right};

/// Blocks deeper than this are text, so that no tree exhausts the stack.
const DEEPEST: usize = 120;
/// Between a marker and its item.
const APART: f32 = 6.0;
const INDENT: f32 = 17.0;

impl Composer<'_> {
    /// Blocks, and text that is in none.
    pub(super) fn nodes(&mut self, nodes: &[Node], place: &Place) {
        let mut from = 0;
        while from < nodes.len() {
            if let Some(element) = block(&nodes[from]).filter(|_| place.depth < DEEPEST) {
                self.element(element, place);
                from += 1;
                continue;
            }
            let rest = &nodes[from..];
            let count = rest.iter().skip(1).take_while(|node| block(node).is_none()).count() + 1;
            self.words(&rest[..count], place);
            from += count;
        }
    }

    fn words(&mut self, nodes: &[Node], place: &Place) {
        let rich = inline::rich(self.fonts, nodes, place.look);
        if rich.is_empty() {
            return;
        }
        self.gap(place.gap);
        self.paragraph(&rich, place, Align::Start, false);
        self.gap(place.gap);
    }

    fn element(&mut self, element: &Element, place: &Place) {
        match element.name.as_str() {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading(element, place),
            "ul" | "ol" => list(self, element, place),
            "blockquote" => self.quote(element, place),
            "figure" | "pre" => code::figure(self, element, place),
            "table" => table::table(self, element, place),
            "hr" => self.rule(place),
            "section" => self.notes(element, place),
            "div" if element.is("math") => self.formula(element, place),
            "p" => self.words(&element.children, place),
            // A table's frame, and whatever else may come.
            _ => {
                let place = Place { depth: place.depth + 1, ..place.clone() };
                self.nodes(&element.children, &place);
            }
        }
    }

    fn heading(&mut self, element: &Element, place: &Place) {
        let (scale, above) = match element.name.as_str() {
            "h1" => (1.5, 20.0),
            "h2" => (1.3, 18.0),
            "h3" => (1.14, 15.0),
            _ => (1.0, 12.0),
        };
        let mut look = place.look.bold();
        look.size *= scale;
        look.leading = 1.3;
        if element.name == "h6" {
            look.colour = QUIET;
        }
        let rich = inline::rich(self.fonts, &element.children, look);
        if rich.is_empty() {
            return;
        }
        self.gap(above);
        self.paragraph(&rich, &Place { look, ..place.clone() }, Align::Start, true);
        self.gap(5.0);
    }

    fn quote(&mut self, element: &Element, place: &Place) {
        let from_right = from_right(&element.text());
        let (mut inner, set_back) = place.inset(14.0, from_right);
        let classes = element.attribute("class").unwrap_or_default();
        let colour = classes.split(' ').find_map(alert);
        inner.look.colour = if colour.is_some() { place.look.colour } else { QUIET };
        inner.gap = GAP;
        if set_back {
            inner.grounds.push(Ground {
                block: self.next_block(),
                x: if from_right { place.x + place.width - 2.0 } else { place.x },
                width: 2.0,
                colour: colour.unwrap_or(HAIRLINE),
            });
        }
        self.gap(GAP + 1.0);
        if let Some(colour) = colour {
            let name = classes.split("alert-").last().unwrap_or_default();
            let mut letters = name.chars();
            let name: String =
                letters.next().iter().flat_map(|first| first.to_uppercase()).chain(letters).collect();
            let place = Place { look: Look { colour, ..inner.look.bold() }, ..inner.clone() };
            self.paragraph(&Rich::plain(&name), &place, Align::Start, true);
            self.gap_of(2.0);
            inner.gap = 2.0;
        }
        self.nodes(&element.children, &inner);
        self.gap(GAP + 1.0);
    }

    fn notes(&mut self, element: &Element, place: &Place) {
        self.gap(14.0);
        let marks = vec![Mark::Box { x: place.x, y: 0.0, width: 60.0, height: 0.7, colour: HAIRLINE }];
        self.push_all(vec![Strip { height: 4.0, marks, keep: true, ..Strip::default() }], place, None);
        let mut place = Place { depth: place.depth + 1, ..place.clone() };
        place.look.size *= 0.86;
        place.look.colour = QUIET;
        self.nodes(&element.children, &place);
    }

    fn formula(&mut self, element: &Element, place: &Place) {
        let mut rich = Rich::default();
        inline::formula(self.fonts, &mut rich, element, place.look, inline::Lines::Own);
        self.gap(GAP + 3.0);
        self.paragraph(&rich, place, Align::Centre, false);
        self.gap(GAP + 3.0);
    }
}

/// A list of any kind.
fn list(composer: &mut Composer<'_>, element: &Element, place: &Place) {
    let first: u64 = element.attribute("start").and_then(|start| start.parse().ok()).unwrap_or(1);
    let numbered = element.name == "ol";
    let items: Vec<_> = element.elements().collect();
    let last = first.saturating_add(items.len() as u64);
    let loose = items.iter().any(|item| item.elements().any(|child| child.name == "p"));
    let right = from_right(&element.text());
    // Room for the digits of the largest number.
    let digits = f32::from(u8::try_from(last.to_string().len()).unwrap_or(20));
    let indent = if numbered { INDENT.max(digits * place.look.size * 0.62 + APART + 3.0) } else { INDENT };
    composer.gap(place.gap);
    for (number, item) in (first..).zip(items) {
        let (mut inner, set_back) = place.inset(indent, right);
        inner.gap = if loose { GAP - 2.0 } else { 2.5 };
        composer.gap(inner.gap);
        let task = item.elements().find(|child| child.name == "input").filter(|_| item.is("task"));
        let task = task.or_else(|| item.find("input").filter(|_| item.is("task")));
        let marks = match task {
            Some(input) => check(inner.look, input.attribute("checked").is_some()),
            None if numbered => marker(composer, &format!("{number}."), inner.look),
            None => marker(composer, "•", inner.look),
        };
        let (width, mut marks) = marks;
        // Where there is no room to set it back, the marker stands in the margin of what is around it.
        let x = if set_back && right { inner.x + inner.width + APART } else { inner.x - APART - width };
        for mark in &mut marks {
            mark.shift(x, 0.0);
        }
        composer.marker = Some(Marker { marks });
        composer.nodes(&item.children, &inner);
        if composer.marker.is_some() {
            // An item without text is its marker.
            composer.paragraph(&Rich::plain("\u{a0}"), &inner, Align::Start, false);
        }
    }
    composer.gap(place.gap);
}

fn marker(composer: &mut Composer<'_>, text: &str, look: Look) -> (f32, Vec<Mark>) {
    let rich = Rich::plain(text);
    let look = Look { colour: QUIET, ..look };
    let lines = Shaped::new(composer.fonts, &rich, look).lines(composer.fonts, 200.0, Align::Left);
    let Some(mut line) = lines.into_iter().next() else { return (0.0, Vec::new()) };
    for mark in &mut line.marks {
        mark.shift(0.0, -line.baseline);
    }
    (line.width, line.marks)
}

/// The box of a task.
fn check(look: Look, done: bool) -> (f32, Vec<Mark>) {
    let side = look.size * 0.74;
    let frame = vec![(0.0, 0.0), (side, 0.0), (side, -side), (0.0, -side), (0.0, 0.0)];
    let mut marks = vec![Mark::Stroke { points: frame, width: 0.7, colour: EDGE }];
    if done {
        let points =
            vec![(side * 0.2, -side * 0.52), (side * 0.42, -side * 0.26), (side * 0.82, -side * 0.8)];
        marks.push(Mark::Stroke { points, width: 1.1, colour: look.colour });
    }
    (side, marks)
}

/// An element that stands on lines of its own.
fn block(node: &Node) -> Option<&Element> {
    const BLOCKS: [&str; 17] = [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "blockquote",
        "figure",
        "pre",
        "div",
        "hr",
        "section",
        "table",
        "li",
    ];
    match node {
        Node::Element(element) if BLOCKS.contains(&element.name.as_str()) => Some(element),
        Node::Element(_) | Node::Text(_) => None,
    }
}

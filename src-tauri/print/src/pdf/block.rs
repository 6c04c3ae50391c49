//! Blocks of a message into strips.

use porthole_markdown::{Element, Node};

use super::code;
use super::colour::{HAIRLINE, QUIET, alert};
use super::fonts::Fonts;
use super::inline;
use super::list;
use super::mark::{Ground, Mark, Strip};
use super::table;
use super::text::{Align, Line, Look, Rich, Shaped, from_right};

/// What is inset stops here, so that deep lists and quotes keep room for words.
const NARROWEST: f32 = 200.0;
/// Blocks deeper than this are text, so that no tree exhausts the stack.
const DEEPEST: usize = 120;
/// Between blocks.
pub(super) const GAP: f32 = 7.0;

/// Where a block stands, and how its text is set.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) x: f32,
    pub(super) width: f32,
    pub(super) look: Look,
    /// What is behind it.
    pub(super) grounds: Vec<Ground>,
    pub(super) depth: usize,
    /// Between the items of a list, and what is in them.
    pub(super) gap: f32,
}

impl Place {
    /// A place of the same height that is set back by a distance, at the side where writing begins; whether it is.
    pub(super) fn inset(&self, by: f32, from_right: bool) -> (Self, bool) {
        let mut place = self.clone();
        place.depth += 1;
        let fits = self.width - by >= NARROWEST;
        if fits {
            place.width -= by;
            place.look.room = place.width;
            place.x += if from_right { 0.0 } else { by };
        }
        (place, fits)
    }
}

/// What is waiting to stand beside the first line of an item, with its baseline at 0.
#[derive(Debug)]
pub(super) struct Marker {
    pub(super) marks: Vec<Mark>,
}

/// Makes strips of blocks.
pub(super) struct Composer<'f> {
    pub(super) fonts: &'f mut Fonts,
    pub(super) strips: Vec<Strip>,
    pub(super) marker: Option<Marker>,
    gap: f32,
    blocks: usize,
}

impl<'f> Composer<'f> {
    pub(super) fn new(fonts: &'f mut Fonts) -> Self {
        Self { fonts, strips: Vec::new(), marker: None, gap: 0.0, blocks: 0 }
    }

    /// Asks for space above what comes next. The largest that is asked for counts.
    pub(super) fn gap(&mut self, gap: f32) {
        self.gap = self.gap.max(gap);
    }

    /// A number for a block with a ground.
    pub(super) fn next_block(&mut self) -> usize {
        self.blocks += 1;
        self.blocks
    }

    /// Takes in the strips of a block. Neither its first line nor its last stands alone on a page.
    pub(super) fn push_all(&mut self, mut strips: Vec<Strip>, place: &Place, ground: Option<&Ground>) {
        let count = strips.len();
        for (at, strip) in strips.iter_mut().enumerate() {
            strip.keep |= count > 1 && (at == 0 || at + 2 == count);
            strip.grounds = place.grounds.iter().chain(ground).cloned().collect();
        }
        if let Some(first) = strips.first_mut() {
            first.gap = std::mem::take(&mut self.gap);
            if let Some(marker) = self.marker.take() {
                first.marks.extend(at(marker.marks, place.look.size * 1.12));
            }
        }
        self.strips.append(&mut strips);
    }

    /// Lines as strips.
    pub(super) fn push_lines(&mut self, lines: Vec<Line>, place: &Place, keep: bool) {
        let mut beside = lines.first().and_then(|first| Some((self.marker.take()?, first.baseline)));
        let strips = lines.into_iter().map(|line| {
            let mut marks = line.marks;
            for mark in &mut marks {
                mark.shift(place.x, 0.0);
            }
            if let Some((marker, baseline)) = beside.take() {
                marks.extend(at(marker.marks, baseline));
            }
            Strip { height: line.height, marks, keep, ..Strip::default() }
        });
        let strips = strips.collect();
        self.push_all(strips, place, None);
    }

    /// A paragraph.
    pub(super) fn paragraph(&mut self, rich: &Rich, place: &Place, align: Align, keep: bool) {
        let lines = Shaped::new(self.fonts, rich, place.look).lines(self.fonts, place.width, align);
        self.push_lines(lines, place, keep);
    }

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
            "ul" | "ol" => list::list(self, element, place),
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
            self.gap = 2.0;
            inner.gap = 2.0;
        }
        self.nodes(&element.children, &inner);
        self.gap(GAP + 1.0);
    }

    /// A rule across.
    pub(super) fn rule(&mut self, place: &Place) {
        self.gap(12.0);
        let (x, width) = (place.x, place.width);
        let marks = vec![Mark::Box { x, y: 0.0, width, height: 0.7, colour: HAIRLINE }];
        self.push_all(vec![Strip { height: 0.7, marks, ..Strip::default() }], place, None);
        self.gap(12.0);
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

fn at(mut marks: Vec<Mark>, baseline: f32) -> Vec<Mark> {
    for mark in &mut marks {
        mark.shift(0.0, baseline);
    }
    marks
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

//! Formulas: the few rules of setting mathematics that what people write to a model needs.
//!
//! A formula arrives as `MathML`. Each element becomes a [`Drawn`] around its own baseline, and what contains it puts it
//! in its place. Fonts of mathematics say in a table how far apart things stand; here it is the same for every font, in
//! parts of the size, so that a system without such a font has formulas too.

mod fence;
mod fraction;
mod grid;
mod operator;
mod scripts;
mod token;

use porthole_markdown::{Element, Node};

use super::colour::Rgb;
use super::fonts::Fonts;
use super::text::{Drawn, Look};
use operator::{Kind, core, kind};

/// Deeper elements are not drawn, so that no tree exhausts the stack. The tree of a message has no deeper ones.
const DEEPEST: usize = 90;
/// A formula that has to be set smaller than this to fit is better read as it was written.
const SMALLEST: f32 = 0.5;
/// How far above the baseline signs and fractions have their middle.
const AXIS: f32 = 0.25;
/// How thick a rule is.
const RULE: f32 = 0.05;

/// How a part of a formula is set.
#[derive(Debug, Clone, Copy)]
struct Manner {
    size: f32,
    /// Whether there is room for tall fractions, and for limits above and below.
    display: bool,
    /// How often it is a script of a script.
    level: u8,
    colour: Rgb,
    depth: usize,
}

impl Manner {
    /// A script of what is set like this.
    fn script(self) -> Self {
        let scale = match self.level {
            0 => 0.72,
            1 => 0.78,
            _ => 1.0,
        };
        Self { size: self.size * scale, display: false, level: self.level.saturating_add(1), ..self }
    }

    fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

/// Sets a formula no wider than there is room; nothing where it cannot be set so that one can read it.
pub(super) fn formula(fonts: &mut Fonts, math: &Element, look: Look, display: bool) -> Option<Drawn> {
    let size = if display { look.size * 1.06 } else { look.size };
    let manner = Manner { size, display, level: 0, colour: look.colour, depth: 0 };
    let mut setter = Setter { fonts };
    let drawn = setter.row(&math.children, manner);
    if drawn.width <= look.room {
        return (drawn.width > 0.0).then_some(drawn);
    }
    let scale = look.room / drawn.width * 0.99;
    (scale >= SMALLEST).then(|| setter.row(&math.children, Manner { size: size * scale, ..manner }))
}

impl Drawn {
    /// Takes in something whose baseline begins that far to the right and below its own.
    fn put(&mut self, mut other: Drawn, right: f32, down: f32) {
        for mark in &mut other.marks {
            mark.shift(right, down);
        }
        self.marks.append(&mut other.marks);
        self.ascent = self.ascent.max(other.ascent - down);
        self.descent = self.descent.max(other.descent + down);
        self.width = self.width.max(right + other.width);
    }

    /// Something without marks.
    fn space(width: f32) -> Self {
        Self { width, ..Self::default() }
    }
}

struct Setter<'f> {
    fonts: &'f mut Fonts,
}

impl Setter<'_> {
    fn element(&mut self, element: &Element, manner: Manner) -> Drawn {
        let mut manner = manner.deeper();
        if manner.depth > DEEPEST {
            return Drawn::default();
        }
        if let Some(colour) = element.attribute("mathcolor").and_then(colour) {
            manner.colour = colour;
        }
        match element.attribute("displaystyle") {
            Some("true") => manner.display = true,
            Some("false") => manner.display = false,
            _ => {}
        }
        let parts: Vec<_> = element.elements().collect();
        match (element.name.as_str(), parts.as_slice()) {
            ("mi" | "mn" | "mo" | "mtext", _) => self.token(element, manner),
            ("mspace", _) => Drawn::space(length(element.attribute("width"), manner.size).unwrap_or(0.0)),
            ("mfrac", [above, below]) => self.fraction(element, above, below, manner),
            ("msqrt", _) => self.root(&element.children, None, manner),
            ("mroot", [under, index]) => self.root(&[Node::Element((*under).clone())], Some(index), manner),
            ("msub", [base, below]) => self.scripts(base, Some(below), None, manner),
            ("msup", [base, above]) => self.scripts(base, None, Some(above), manner),
            ("msubsup", [base, below, above]) => self.scripts(base, Some(below), Some(above), manner),
            ("munder" | "mover" | "munderover", _) => self.limits(element, manner),
            ("mmultiscripts", [base, around @ ..]) => self.around(base, around, manner),
            ("mtable", _) => self.grid(element, manner),
            ("annotation", _) => Drawn::default(),
            _ => self.row(&element.children, manner),
        }
    }

    /// Elements beside one another, with space around signs, and fences as tall as what stands between.
    fn row(&mut self, nodes: &[Node], manner: Manner) -> Drawn {
        let mut row = Drawn::default();
        let mut parts = Vec::new();
        for node in nodes {
            match node {
                Node::Element(element) => {
                    let tall = fence::stretches(element);
                    let drawn = if tall { Drawn::default() } else { self.element(element, manner) };
                    row.ascent = row.ascent.max(drawn.ascent);
                    row.descent = row.descent.max(drawn.descent);
                    parts.push((element, drawn));
                }
                // Text stands in tokens; what is between elements is nothing.
                Node::Text(_) => {}
            }
        }
        let inside = (row.ascent, row.descent);
        let mut before = Kind::Nothing;
        for (element, drawn) in parts {
            let drawn = if fence::stretches(element) { self.fence(element, inside, manner) } else { drawn };
            let sign = core(element).map_or(Kind::Plain, |sign| kind(sign, before));
            let (left, right) = operator::spaces(element, sign, manner.size, manner.level > 0);
            let x = if matches!(before, Kind::Nothing) { row.width } else { row.width + left };
            let width = drawn.width;
            row.put(drawn, x, 0.0);
            row.width = x + width + right;
            if element.name != "mspace" {
                before = sign;
            }
        }
        row
    }
}

/// A length such as `0.5em`.
fn length(written: Option<&str>, size: f32) -> Option<f32> {
    let written = written?.trim();
    let (number, unit) = match written.find(|char: char| char.is_ascii_alphabetic() || char == '%') {
        Some(at) => written.split_at(at),
        None => (written, ""),
    };
    let number: f32 = number.trim().parse().ok()?;
    let unit = match unit {
        "ex" => size * 0.45,
        "px" => 0.75,
        "pt" | "" => 1.0,
        "mu" => size / 18.0,
        "cm" => 28.35,
        "mm" => 2.835,
        "in" => 72.0,
        _ => size,
    };
    Some((number * unit).clamp(-200.0, 400.0))
}

fn colour(written: &str) -> Option<Rgb> {
    let digits = written.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let channel = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    Some([channel(0)?, channel(2)?, channel(4)?])
}

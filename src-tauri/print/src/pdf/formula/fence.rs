//! Fences as tall as what stands between them.

use porthole_markdown::Element;

use super::super::families::Face;
use super::super::mark::Mark;
use super::super::text::Drawn;
use super::{AXIS, Manner, RULE, Setter, length};

/// Whether an element is a sign that grows with its row.
pub(super) fn stretches(element: &Element) -> bool {
    element.name == "mo"
        && (element.attribute("stretchy") == Some("true") || element.attribute("minsize").is_some())
}

impl Setter<'_> {
    /// A fence around something of that height and depth.
    pub(super) fn fence(
        &mut self,
        element: &Element,
        (ascent, descent): (f32, f32),
        manner: Manner,
    ) -> Drawn {
        let (size, axis) = (manner.size, AXIS * manner.size);
        let text = element.text();
        // Fences have their middle where signs have theirs, so that the taller side says how tall they are.
        let half = match length(element.attribute("minsize"), size) {
            Some(least)
                if element.attribute("stretchy") != Some("true")
                    || element.attribute("maxsize").is_some() =>
            {
                least / 2.0
            }
            _ => (ascent - axis).max(descent + axis) + size * 0.06,
        };
        let half = half.max(size * 0.48);
        if matches!(text.trim(), "|" | "∣" | "‖" | "∥" | "‖‖") {
            return bars(if text.trim() == "|" || text.trim() == "∣" { 1 } else { 2 }, half, manner);
        }
        let natural = self.glyphs(&text, None, manner, Face::Math);
        let height = natural.ascent + natural.descent;
        let tall = 2.0 * half / height.max(size * 0.1);
        if tall <= 1.08 || height <= 0.0 {
            return natural;
        }
        // A little larger, and from there on only taller: otherwise its strokes would grow thick.
        let larger = tall.min(1.25);
        let mut drawn = self.glyphs(&text, None, Manner { size: size * larger, ..manner }, Face::Math);
        let stretch = 2.0 * half / (drawn.ascent + drawn.descent).max(f32::MIN_POSITIVE);
        let top = drawn.ascent * stretch;
        let down = top - half - axis;
        for mark in &mut drawn.marks {
            if let Mark::Run(run) = mark {
                run.stretch = stretch;
            }
            mark.shift(0.0, down);
        }
        drawn.ascent = axis + half;
        drawn.descent = half - axis;
        drawn
    }
}

fn bars(count: u8, half: f32, manner: Manner) -> Drawn {
    let (size, axis) = (manner.size, AXIS * manner.size);
    let mut drawn = Drawn { ascent: axis + half, descent: half - axis, ..Drawn::default() };
    let mut x = size * 0.14;
    for _ in 0..count {
        drawn.marks.push(Mark::Box {
            x,
            y: -axis - half,
            width: RULE * size,
            height: 2.0 * half,
            colour: manner.colour,
        });
        x += size * 0.18;
    }
    drawn.width = x + size * 0.01;
    drawn
}

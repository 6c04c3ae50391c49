//! Fractions and roots.

use porthole_markdown::{Element, Node};

use super::super::mark::Mark;
use super::super::text::Drawn;
use super::{AXIS, Manner, RULE, Setter, length};

impl Setter<'_> {
    /// One part over another, with a rule between unless it is said to have no thickness.
    pub(super) fn fraction(
        &mut self,
        element: &Element,
        above: &Element,
        below: &Element,
        manner: Manner,
    ) -> Drawn {
        let size = manner.size;
        let rule = length(element.attribute("linethickness"), size).unwrap_or(RULE * size).clamp(0.0, size);
        // In a line of text its parts are small, so that the line keeps its height.
        let inner = if manner.display { Manner { display: false, ..manner } } else { manner.script() };
        let (above, below) = (self.element(above, inner), self.element(below, inner));
        let gap = size * if manner.display { 0.2 } else { 0.13 };
        let side = size * 0.1;
        let width = above.width.max(below.width) + 2.0 * side;
        let axis = AXIS * size;
        let up = axis + rule / 2.0 + gap + above.descent;
        let down = -axis + rule / 2.0 + gap + below.ascent;
        let mut drawn = Drawn::space(0.0);
        let (x_above, x_below) = (side + (width - above.width) / 2.0, side + (width - below.width) / 2.0);
        drawn.put(above, x_above, -up);
        drawn.put(below, x_below, down);
        if rule > 0.0 {
            drawn.marks.push(Mark::Box {
                x: side,
                y: -axis - rule / 2.0,
                width,
                height: rule,
                colour: manner.colour,
            });
        }
        drawn.width = width + 2.0 * side;
        drawn
    }

    /// A root over a row.
    pub(super) fn root(&mut self, under: &[Node], index: Option<&Element>, manner: Manner) -> Drawn {
        let size = manner.size;
        let under = self.row(under, manner);
        let index = index.map(|index| self.element(index, manner.script().script())).unwrap_or_default();
        let (rule, gap) = (RULE * size, size * 0.12);
        // Not lower than a letter is tall, so that roots beside one another look alike.
        let top = under.ascent.max(size * 0.5) + gap + rule;
        let bottom = under.descent.max(size * 0.04) + size * 0.04;
        let (height, sign) = (top + bottom, size * 0.62);
        let hook = bottom - height.min(size * 1.1) * 0.46;
        let left = (index.width - sign * 0.42).max(0.0);
        let mut drawn = Drawn { ascent: top + rule, descent: bottom, ..Drawn::default() };
        let stroke = |points: Vec<(f32, f32)>, width| Mark::Stroke { points, width, colour: manner.colour };
        let foot = (left + sign * 0.52, bottom - rule);
        drawn.marks.push(stroke(vec![(left + sign * 0.28, hook), foot], rule * 1.9));
        let end = left + sign + under.width + size * 0.1;
        let line = vec![foot, (left + sign * 0.95, -top), (end, -top)];
        drawn
            .marks
            .push(stroke(vec![(left + sign * 0.1, hook + size * 0.06), (left + sign * 0.28, hook)], rule));
        drawn.marks.push(stroke(line, rule));
        drawn.put(under, left + sign, 0.0);
        let (x, y) = ((left + sign * 0.42 - index.width).max(0.0), hook - size * 0.12 - index.descent);
        drawn.put(index, x, y);
        drawn.width = end + size * 0.06;
        drawn
    }
}

//! What stands beside, above and below something.

use porthole_markdown::Element;

use super::super::mark::Mark;
use super::super::text::Drawn;
use super::operator::{core, large};
use super::{Manner, RULE, Setter};

/// Signs over a letter that belong to it, such as a hat.
const ACCENTS: &str = "^ˆ~˜¯ˉ‾˙¨ˇ˘´`¸→←↔⃗^_";

impl Setter<'_> {
    /// Scripts at the right of a base.
    pub(super) fn scripts(
        &mut self,
        base: &Element,
        below: Option<&Element>,
        above: Option<&Element>,
        manner: Manner,
    ) -> Drawn {
        let tall = core(base).and_then(|sign| sign.text().chars().next()).is_some_and(large);
        let mut drawn = self.element(base, manner);
        let size = manner.size;
        let below = below.map(|below| self.element(below, manner.script()));
        let above = above.map(|above| self.element(above, manner.script()));
        // An upper script is higher at a tall base, and a lower one lower at a deep one.
        let mut up = (drawn.ascent - size * if tall { 0.3 } else { 0.34 }).max(size * 0.38);
        let mut down = (drawn.descent + size * if tall { 0.02 } else { 0.1 }).max(size * 0.2);
        if let (Some(below), Some(above)) = (&below, &above) {
            let between = (up - above.descent) - (below.ascent - down);
            let lacks = (size * 0.16 - between).max(0.0);
            up += lacks / 2.0;
            down += lacks / 2.0;
        }
        let x = drawn.width + size * 0.04;
        // A lower script of an integral stands at its foot, which is further left than its head.
        let lean = if tall && manner.display { size * 0.3 } else { 0.0 };
        if let Some(above) = above {
            let up = up.max(above.descent + size * 0.2);
            drawn.put(above, x, -up);
        }
        if let Some(below) = below {
            let down = down.max(below.ascent - size * 0.42);
            drawn.put(below, x - lean, down);
        }
        drawn.width += size * 0.04;
        drawn
    }

    /// Scripts before and behind a base.
    pub(super) fn around(&mut self, base: &Element, around: &[&Element], manner: Manner) -> Drawn {
        let middle = around.iter().position(|part| part.name == "mprescripts").unwrap_or(around.len());
        let (behind, before) = (&around[..middle], around.get(middle + 1..).unwrap_or_default());
        let mut drawn = Drawn::default();
        let empty = Element::default();
        for (base, pairs) in [(&empty, before), (base, behind)] {
            let (below, above) = (pairs.first().copied(), pairs.get(1).copied());
            let part = self.scripts(base, below, above, manner);
            let x = drawn.width;
            drawn.put(part, x, 0.0);
        }
        drawn
    }

    /// Something under and over a base, in its middle.
    pub(super) fn limits(&mut self, element: &Element, manner: Manner) -> Drawn {
        let mut parts: Vec<_> = element.elements().collect();
        // A space before the name of a function, which the reader of LaTeX puts inside.
        let space = parts.len() > 2 && element.name != "munderover" || parts.len() > 3;
        let before = if space { self.element(parts.remove(0), manner) } else { Drawn::default() };
        let (base, below, above) = match (element.name.as_str(), parts.as_slice()) {
            ("munder", [base, below, ..]) => (*base, Some(*below), None),
            ("mover", [base, above, ..]) => (*base, None, Some(*above)),
            (_, [base, below, above, ..]) => (*base, Some(*below), Some(*above)),
            _ => return self.row(&element.children, manner),
        };
        let movable = core(base).and_then(|sign| sign.attribute("movablelimits"));
        let beside = movable == Some("true") && !manner.display;
        let mut drawn = if beside {
            self.scripts(base, below, above, manner)
        } else {
            let base = self.element(base, manner);
            self.stacked(base, below, above, manner)
        };
        if before.width > 0.0 {
            let mut both = before;
            let x = both.width;
            both.put(drawn, x, 0.0);
            drawn = both;
        }
        drawn
    }

    fn stacked(
        &mut self,
        base: Drawn,
        below: Option<&Element>,
        above: Option<&Element>,
        manner: Manner,
    ) -> Drawn {
        let size = manner.size;
        let (ascent, descent) = (base.ascent, base.descent);
        let part = |setter: &mut Self, part: Option<&Element>| {
            let part = part?;
            let text = part.text();
            let sign = matches!(part.name.as_str(), "mi" | "mo").then_some(text.as_str());
            if let Some(drawn) = sign.and_then(|sign| drawn_sign(sign, base.width, manner)) {
                return Some((drawn, size * 0.08));
            }
            let accent = sign.is_some_and(|sign| sign.chars().count() == 1 && ACCENTS.contains(sign));
            if accent {
                let mut drawn = setter.element(part, manner);
                // Accents of fonts float where a letter would be: only their ink counts.
                let floats = (drawn.ascent - size * 0.22).max(0.0);
                for mark in &mut drawn.marks {
                    mark.shift(0.0, floats);
                }
                drawn.ascent -= floats;
                drawn.descent = 0.0;
                return Some((drawn, size * 0.04));
            }
            Some((setter.element(part, manner.script()), size * 0.18))
        };
        let below = part(self, below);
        let above = part(self, above);
        let widths = [&below, &above].map(|part| part.as_ref().map_or(0.0, |(drawn, _)| drawn.width));
        let width = base.width.max(widths[0]).max(widths[1]);
        let mut drawn = Drawn::default();
        let middle = |part: &Drawn| (width - part.width) / 2.0;
        let x = middle(&base);
        drawn.put(base, x, 0.0);
        if let Some((above, gap)) = above {
            let (x, up) = (middle(&above), ascent + gap + above.descent);
            drawn.put(above, x, -up);
        }
        if let Some((below, gap)) = below {
            let (x, down) = (middle(&below), descent + gap + below.ascent);
            drawn.put(below, x, down);
        }
        drawn.width = width;
        drawn
    }
}

/// Signs as wide as what is under or over them: lines, arrows and braces.
fn drawn_sign(sign: &str, width: f32, manner: Manner) -> Option<Drawn> {
    let size = manner.size;
    let rule = RULE * size;
    let stroke = |points: Vec<(f32, f32)>| Mark::Stroke { points, width: rule, colour: manner.colour };
    let width = width.max(size * 0.35);
    let (ascent, marks) = match sign {
        "‾" | "¯" | "_" | "̲" | "ˉ" => {
            (rule, vec![stroke(vec![(0.0, -rule / 2.0), (width, -rule / 2.0)])])
        }
        "→" | "←" | "↔" | "⃗" => {
            let (middle, head) = (-size * 0.12, size * 0.12);
            let mut marks = vec![stroke(vec![(0.0, middle), (width, middle)])];
            if sign != "←" {
                marks.push(stroke(vec![
                    (width - head, middle - head * 0.8),
                    (width, middle),
                    (width - head, middle + head * 0.8),
                ]));
            }
            if sign == "←" || sign == "↔" {
                marks.push(stroke(vec![
                    (head, middle - head * 0.8),
                    (0.0, middle),
                    (head, middle + head * 0.8),
                ]));
            }
            (size * 0.22, marks)
        }
        "⏟" | "⏞" | "⎵" | "⎴" => {
            let height = size * 0.3;
            let (bend, half) = (height.min(width / 4.0), width / 2.0);
            let shape: [(f32, f32); 9] = [
                (0.0, 0.0),
                (bend * 0.2, 0.35),
                (bend * 0.7, 0.5),
                (half - bend * 0.6, 0.5),
                (half, 1.0),
                (half + bend * 0.6, 0.5),
                (width - bend * 0.7, 0.5),
                (width - bend * 0.2, 0.35),
                (width, 0.0),
            ];
            let under = sign == "⏟" || sign == "⎵";
            let y = |part: f32| if under { (part - 1.0) * height } else { -part * height };
            (height, vec![stroke(shape.iter().map(|(x, part)| (*x, y(*part))).collect())])
        }
        _ => return None,
    };
    Some(Drawn { width, ascent, descent: 0.0, marks })
}

//! Rows and columns: matrices, cases, and equations under one another.

use porthole_markdown::Element;

use super::super::text::Drawn;
use super::{AXIS, Manner, Setter};

/// More columns are no formula, and the room for them would be counted for every row.
const MOST: usize = 200;

impl Setter<'_> {
    /// A table, with its middle where signs have theirs.
    pub(super) fn grid(&mut self, table: &Element, manner: Manner) -> Drawn {
        let size = manner.size;
        let aligned = table.is("menv-alignlike") || table.is("menv-align");
        let to_left = table.is("menv-cells-left") || table.is("menv-cases");
        let inner = Manner { display: aligned && manner.display, ..manner };
        let mut rows: Vec<(Vec<Drawn>, f32, f32)> = Vec::new();
        let mut widths: Vec<f32> = Vec::new();
        for row in table.elements() {
            // A line of letters is the least, so that lines stand evenly.
            let (mut ascent, mut descent) = (size * 0.7, size * 0.22);
            let mut cells = Vec::new();
            for (column, cell) in row.elements().take(MOST).enumerate() {
                let drawn = self.element(cell, inner);
                ascent = ascent.max(drawn.ascent);
                descent = descent.max(drawn.descent);
                if column == widths.len() {
                    widths.push(0.0);
                }
                widths[column] = widths[column].max(drawn.width);
                cells.push(drawn);
            }
            rows.push((cells, ascent, descent));
        }
        let between = size * if aligned { 0.45 } else { 0.38 };
        let total: f32 = rows.iter().map(|(_, ascent, descent)| ascent + descent).sum();
        let lines = rows.len().saturating_sub(1);
        let height = total + between * f32::from(u16::try_from(lines).unwrap_or(u16::MAX));
        let mut top = -AXIS * size - height / 2.0;
        let mut drawn = Drawn { ascent: -top, descent: height + top, ..Drawn::default() };
        for (cells, ascent, descent) in rows {
            let mut x = if aligned { 0.0 } else { size * 0.1 };
            for (column, (cell, width)) in cells.into_iter().zip(&widths).enumerate() {
                let right = aligned && column % 2 == 0;
                let aside = match (right, aligned || to_left) {
                    (true, _) => width - cell.width,
                    (false, true) => 0.0,
                    (false, false) => (width - cell.width) / 2.0,
                };
                // What an equation is compared to follows its sign, with the sign's own space.
                let space = if aligned { if column % 2 == 0 { 0.28 } else { 1.6 } } else { 0.9 };
                drawn.put(cell, x + aside, top + ascent);
                x += width + space * size;
            }
            top += ascent + descent + between;
        }
        drawn.width += if aligned { 0.0 } else { size * 0.1 };
        drawn
    }
}

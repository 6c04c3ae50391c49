//! Matrices, cases and equations under one another (ECMA-376 part 1, 22.1.2.68).

use porthole_markdown::Element;

use super::Formula;

/// Word takes no more columns.
const MOST: usize = 64;

impl Formula<'_> {
    pub(super) fn grid(&mut self, table: &Element) {
        let rows: Vec<Vec<&Element>> = table
            .elements()
            .filter(|row| row.name == "mtr")
            .map(|row| row.elements().filter(|cell| cell.name == "mtd").take(MOST).collect())
            .collect();
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        if columns == 0 {
            return;
        }
        // Equations meet at their signs, which begin every second column.
        let meets = table.is("menv-alignlike") || table.is("menv-align") || table.is("menv-split");
        let left = table.is("menv-cells-left") || table.is("menv-cases");
        self.xml.raw("<m:m><m:mPr><m:baseJc m:val=\"center\"/><m:plcHide m:val=\"1\"/>");
        if meets {
            // As far apart as the signs of a line are: a fixed distance (22.1.2.15 and 22.1.3.17).
            self.xml.raw("<m:rSpRule m:val=\"1\"/><m:cGpRule m:val=\"3\"/><m:cGp m:val=\"60\"/>");
        }
        self.xml.raw("<m:mcs>");
        for column in 0..columns {
            let side = match (meets, left, column % 2) {
                (true, _, 0) => "right",
                (true, _, _) | (false, true, _) => "left",
                (false, false, _) => "center",
            };
            self.xml.raw("<m:mc><m:mcPr><m:count m:val=\"1\"/>");
            self.xml.empty("m:mcJc", &[("m:val", side)]);
            self.xml.raw("</m:mcPr></m:mc>");
        }
        self.xml.raw("</m:mcs></m:mPr>");
        for row in &rows {
            self.xml.raw("<m:mr>");
            for column in 0..columns {
                self.inside("m:e", row.get(column).map_or(&[], |cell| &cell.children));
            }
            self.xml.raw("</m:mr>");
        }
        self.xml.raw("</m:m>");
    }
}

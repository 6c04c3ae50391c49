//! Tables (ECMA-376 part 1, 17.4).

use porthole_markdown::{Element, Node};

use super::direction::{Direction, of_paragraph};
use super::draft::Draft;
use super::line::Line;
use super::place::Place;
use super::run::{Look, is_wide};

/// The width of the text of a page, in twentieths of a point: A4 less two margins of 22 mm.
const PAGE: usize = 11_906 - 2 * 1_247;
/// The most columns that Word takes; what stands in others goes into the last one.
const MOST: usize = 63;

/// How large the text of a table is.
#[derive(Clone, Copy, Debug)]
struct Setting {
    style: &'static str,
    /// About as wide as a letter is.
    letter: usize,
    /// What a cell is wider than its text.
    padding: usize,
    /// Nothing where the margins of cells are those of the style of tables.
    margins: &'static str,
}

const PLAIN: Setting = Setting { style: "TableText", letter: 122, padding: 250, margins: "" };
/// For a table whose words are wider than a page.
const TIGHT: Setting = Setting {
    style: "TableTextSmall",
    letter: 88,
    padding: 100,
    margins: "<w:tblCellMar><w:left w:w=\"40\" w:type=\"dxa\"/><w:right w:w=\"40\" w:type=\"dxa\"/></w:tblCellMar>",
};
/// A longer word may be broken.
const LONGEST_WORD: usize = 22;

/// Rows of cells.
type Rows<'a> = Vec<Vec<&'a Element>>;

/// Appends a table, with its head on each page that it reaches.
pub(super) fn push_table(draft: &mut Draft, table: &Element, place: Place) {
    let head = rows(table, true);
    let body = rows(table, false);
    let columns = columns(head.iter().chain(&body));
    let available = PAGE.saturating_sub(place.indent());
    // Letters are taken for wider than most are, so that a little more than the page holds fits as well.
    let setting =
        if least(&columns, PLAIN).iter().sum::<usize>() > available * 5 / 4 { TIGHT } else { PLAIN };
    let widths = widths(&columns, setting, available);
    if widths.is_empty() {
        return;
    }
    let first = head.iter().chain(&body).flatten().map(|cell| cell.text()).collect::<String>();
    let direction = of_paragraph(&first);
    let xml = &mut draft.xml;
    xml.raw("<w:tbl><w:tblPr><w:tblStyle w:val=\"TableGrid\"/>");
    if direction == Direction::RightToLeft {
        xml.raw("<w:bidiVisual/>");
    }
    xml.empty("w:tblW", &[("w:w", &widths.iter().sum::<usize>().to_string()), ("w:type", "dxa")]);
    if place.indent() > 0 {
        xml.empty("w:tblInd", &[("w:w", &place.indent().to_string()), ("w:type", "dxa")]);
    }
    xml.raw("<w:tblLayout w:type=\"autofit\"/>");
    xml.raw(setting.margins);
    xml.raw("<w:tblLook w:val=\"0020\" w:firstRow=\"1\" w:lastRow=\"0\"");
    xml.raw(" w:firstColumn=\"0\" w:lastColumn=\"0\" w:noHBand=\"1\" w:noVBand=\"1\"/></w:tblPr><w:tblGrid>");
    for width in &widths {
        xml.empty("w:gridCol", &[("w:w", &width.to_string())]);
    }
    xml.raw("</w:tblGrid>");
    for row in &head {
        push_row(draft, row, &widths, Part { head: true, setting });
    }
    for row in &body {
        push_row(draft, row, &widths, Part { head: false, setting });
    }
    draft.xml.raw("</w:tbl>");
}

fn rows(table: &Element, head: bool) -> Rows<'_> {
    let part = table.elements().filter(|part| (part.name == "thead") == head);
    let rows = part.flat_map(|part| part.elements().filter(|row| row.name == "tr"));
    rows.map(|row| row.elements().collect()).collect()
}

/// The widest text of each column, and its longest word, in letters.
fn columns<'a, 'e: 'a>(rows: impl Iterator<Item = &'a Vec<&'e Element>>) -> Vec<(usize, usize)> {
    let mut columns: Vec<(usize, usize)> = Vec::new();
    for row in rows {
        for (at, cell) in row.iter().take(MOST).enumerate() {
            if columns.len() <= at {
                columns.push((0, 0));
            }
            let text = shown(cell);
            let word = text.split_whitespace().map(width).max().unwrap_or_default().min(LONGEST_WORD);
            let column = &mut columns[at];
            *column = (column.0.max(width(&text)), column.1.max(word));
        }
    }
    columns
}

/// How wide each column is if only its words must fit.
fn least(columns: &[(usize, usize)], setting: Setting) -> Vec<usize> {
    columns.iter().map(|(_, word)| (*word).max(2) * setting.letter + setting.padding).collect()
}

/// How wide each column is: as its longest line if all lines fit, else a part of what there is, no less than its words
/// take. Word fits columns anew, but other programs trust what is written.
fn widths(columns: &[(usize, usize)], setting: Setting, available: usize) -> Vec<usize> {
    let natural: Vec<usize> =
        columns.iter().map(|(text, _)| (*text).max(2) * setting.letter + setting.padding).collect();
    if natural.iter().sum::<usize>() <= available {
        return natural;
    }
    let least = least(columns, setting);
    let taken: usize = least.iter().sum();
    if taken >= available {
        return least.iter().map(|width| width * available / taken).collect();
    }
    let wanted: usize =
        natural.iter().zip(&least).map(|(natural, least)| natural.saturating_sub(*least)).sum();
    let share = |(natural, least): (&usize, &usize)| {
        least + natural.saturating_sub(*least) * (available - taken) / wanted.max(1)
    };
    natural.iter().zip(&least).map(share).collect()
}

/// The text of a cell, with a formula as about as much as it takes.
fn shown(cell: &Element) -> String {
    let mut shown = String::new();
    for child in &cell.children {
        match child {
            Node::Text(text) => shown.push_str(text),
            Node::Element(element) if element.is("math") => {
                shown.push_str(&element.find("mrow").map_or_else(|| element.text(), Element::text));
            }
            Node::Element(element) => shown.push_str(&element.text()),
        }
    }
    shown
}

/// How many letters wide a text is.
fn width(text: &str) -> usize {
    text.chars().map(|character| if is_wide(character) { 2 } else { 1 }).sum()
}

/// A part of a table.
#[derive(Clone, Copy, Debug)]
struct Part {
    head: bool,
    setting: Setting,
}

fn push_row(draft: &mut Draft, row: &[&Element], widths: &[usize], part: Part) {
    draft.xml.raw(if part.head {
        "<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>"
    } else {
        "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
    });
    for (at, width) in widths.iter().enumerate() {
        draft.xml.raw("<w:tc><w:tcPr>");
        draft.xml.empty("w:tcW", &[("w:w", &width.to_string()), ("w:type", "dxa")]);
        draft.xml.raw("</w:tcPr>");
        // The columns that there is no room for are lines of the last one.
        let last = if at + 1 == widths.len() { row.len() } else { at + 1 };
        let cells = row.get(at.min(row.len())..last.max(at).min(row.len())).unwrap_or_default();
        for cell in cells {
            push_cell(draft, cell, part);
        }
        if cells.is_empty() {
            draft.xml.raw("<w:p><w:pPr>");
            draft.xml.value("w:pStyle", part.setting.style);
            draft.xml.raw("</w:pPr></w:p>");
        }
        draft.xml.raw("</w:tc>");
    }
    draft.xml.raw("</w:tr>");
}

fn push_cell(draft: &mut Draft, cell: &Element, part: Part) {
    let direction = of_paragraph(&cell.text());
    let reversed = direction == Direction::RightToLeft;
    let xml = &mut draft.xml;
    xml.raw("<w:p><w:pPr>");
    xml.value("w:pStyle", part.setting.style);
    if reversed {
        xml.raw("<w:bidi/>");
    }
    // In a paragraph that runs to the left, the two mean its beginning and its end (17.18.44).
    match cell.attribute("align") {
        Some("center") => xml.raw("<w:jc w:val=\"center\"/>"),
        Some("right") if !reversed => xml.raw("<w:jc w:val=\"right\"/>"),
        Some("left") if reversed => xml.raw("<w:jc w:val=\"right\"/>"),
        Some(_) | None => {}
    }
    xml.raw("</w:pPr>");
    Line::new(draft, direction).nodes(&cell.children, Look { bold: part.head, ..Look::default() });
    draft.xml.raw("</w:p>");
}

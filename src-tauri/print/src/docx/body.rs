//! `word/document.xml`: the pieces of a paper in order (ECMA-376 part 1, 17.2).

use porthole_markdown::Node;

use super::blocks::push_blocks;
use super::code::push_code;
use super::direction::{Direction, of_paragraph};
use super::draft::Draft;
use super::place::Place;
use super::run::{Look, push_text};
use crate::{Paper, Piece, Tone};

const OPENING: &str = concat!(
    "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"",
    " xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"",
    " xmlns:m=\"http://schemas.openxmlformats.org/officeDocument/2006/math\"><w:body>",
);
/// A4 with margins of 22 mm (17.6.13 and 17.6.11).
const CLOSING: &str = concat!(
    "<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId4\"/>",
    "<w:pgSz w:w=\"11906\" w:h=\"16838\"/>",
    "<w:pgMar w:top=\"1247\" w:right=\"1247\" w:bottom=\"1247\" w:left=\"1247\"",
    " w:header=\"624\" w:footer=\"624\" w:gutter=\"0\"/>",
    "</w:sectPr></w:body></w:document>",
);

/// Appends the whole part.
pub(super) fn push_body(draft: &mut Draft, paper: &Paper) {
    draft.xml.raw(OPENING);
    push_line(draft, "Title", &paper.title);
    push_line(draft, "Subtitle", &paper.facts);
    let mut said = false;
    for piece in &paper.pieces {
        // The boxes of code that two pieces end and begin with would be one.
        if said && begins_with_code(piece) {
            draft.xml.raw("<w:p><w:pPr><w:pStyle w:val=\"Break\"/></w:pPr></w:p>");
        }
        push_piece(draft, piece);
        said = matches!(piece, Piece::Blocks { .. } | Piece::Verbatim { .. });
    }
    draft.xml.raw(CLOSING);
}

fn begins_with_code(piece: &Piece) -> bool {
    match piece {
        Piece::Blocks { nodes, .. } => {
            matches!(nodes.first(), Some(Node::Element(first)) if first.name == "figure")
        }
        Piece::Verbatim { caption, .. } => caption.trim().is_empty(),
        Piece::Speaker { .. } | Piece::Note(_) => false,
    }
}

fn push_piece(draft: &mut Draft, piece: &Piece) {
    match piece {
        // Its beginning follows right below, and a heading with it would say everything twice.
        Piece::Speaker { name, beginning: _ } => push_line(draft, "Heading1", name),
        Piece::Blocks { tone, nodes } => {
            let body = match tone {
                Tone::Said => "Body",
                Tone::Thought => "Thought",
            };
            push_blocks(draft, nodes, Place::new(body));
        }
        Piece::Verbatim { caption, text } => {
            push_line(draft, "Caption", caption);
            push_code(draft, &[Node::Text(text.clone())], Place::new("Body"));
        }
        Piece::Note(note) => push_line(draft, "Note", note),
    }
}

/// A paragraph of plain text; none for no text.
fn push_line(draft: &mut Draft, style: &'static str, text: &str) {
    if text.trim().is_empty() {
        return;
    }
    let direction = of_paragraph(text);
    draft.xml.raw("<w:p><w:pPr>");
    draft.xml.value("w:pStyle", style);
    if direction == Direction::RightToLeft {
        draft.xml.raw("<w:bidi/>");
    }
    draft.xml.raw("</w:pPr>");
    push_text(&mut draft.xml, text, Look::default(), direction);
    draft.xml.raw("</w:p>");
}

//! Runs: text of one look and one direction (ECMA-376 part 1, 17.3.2).

use super::direction::{Direction, pieces};
use super::xml::Xml;

/// How text within a line is set.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is on or off whatever the others are, as in the format"
)]
pub(super) struct Look {
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) struck: bool,
    pub(super) raised: bool,
    pub(super) colour: Option<&'static str>,
    /// A style of characters, such as `Code`.
    pub(super) style: Option<&'static str>,
}

/// Appends text. Its line breaks and tabs are elements of their own in this format.
pub(super) fn push_text(xml: &mut Xml, text: &str, look: Look, paragraph: Direction) {
    for (piece, direction) in pieces(text, paragraph) {
        xml.raw("<w:r>");
        push_look(xml, piece, look, direction);
        for (at, line) in piece.split('\n').enumerate() {
            if at > 0 {
                xml.raw("<w:br/>");
            }
            for (at, text) in line.split('\t').enumerate() {
                if at > 0 {
                    xml.raw("<w:tab/>");
                }
                if !text.is_empty() {
                    xml.raw("<w:t xml:space=\"preserve\">");
                    xml.text(text);
                    xml.raw("</w:t>");
                }
            }
        }
        xml.raw("</w:r>");
    }
}

/// What holds for a run, in the order that the schema demands.
fn push_look(xml: &mut Xml, text: &str, look: Look, direction: Direction) {
    let mut properties = Xml::default();
    if let Some(style) = look.style {
        properties.value("w:rStyle", style);
    }
    // Quotation marks and dashes have no script: beside Chinese they are as wide as its characters (17.3.2.26).
    if text.chars().any(is_wide) {
        properties.raw("<w:rFonts w:hint=\"eastAsia\"/>");
    }
    // Word asks for each twice: for Latin, and for scripts such as Arabic.
    if look.bold {
        properties.raw("<w:b/><w:bCs/>");
    }
    if look.italic {
        properties.raw("<w:i/><w:iCs/>");
    }
    if look.struck {
        properties.raw("<w:strike/>");
    }
    if let Some(colour) = look.colour {
        properties.value("w:color", colour);
    }
    if look.raised {
        properties.raw("<w:vertAlign w:val=\"superscript\"/>");
    }
    if direction == Direction::RightToLeft {
        properties.raw("<w:rtl/>");
    }
    if !properties.is_empty() {
        xml.raw("<w:rPr>");
        xml.append(&properties);
        xml.raw("</w:rPr>");
    }
}

/// Whether a character is of Chinese, Japanese or Korean, and so twice as wide as a letter.
pub(super) fn is_wide(character: char) -> bool {
    matches!(
        character,
        '\u{1100}'..='\u{115f}'
            | '\u{2e80}'..='\u{a4cf}'
            | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}'
            | '\u{fe30}'..='\u{fe4f}'
            | '\u{ff00}'..='\u{ff60}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

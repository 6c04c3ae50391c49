//! The characters of a formula (ECMA-376 part 1, 22.1.2.87).

use crate::docx::xml::Xml;

/// Whether a text is one character, and that one of these.
pub(super) fn is_one_of(text: &str, characters: &str) -> bool {
    let mut text = text.chars();
    matches!((text.next(), text.next()), (Some(one), None) if characters.contains(one))
}

/// Appends characters as the kind of element says: one letter of a name is slanted, a function's name, a number and a
/// sign are not.
pub(super) fn push_letters(
    xml: &mut Xml,
    text: &str,
    kind: &str,
    variant: Option<&str>,
    colour: Option<&str>,
) {
    // The sign of application cannot be seen, and some fonts show that they do not have it.
    let text: String =
        text.chars().filter(|character| !matches!(character, '\u{2061}'..='\u{2064}')).collect();
    if text.is_empty() {
        return;
    }
    let slanted = kind == "mi" && variant != Some("normal") && text.chars().nth(1).is_none();
    xml.raw("<m:r>");
    if kind == "mtext" {
        xml.raw("<m:rPr><m:nor/></m:rPr>");
    } else if !slanted {
        xml.raw("<m:rPr><m:sty m:val=\"p\"/></m:rPr>");
    }
    xml.raw("<w:rPr><w:rFonts w:ascii=\"Cambria Math\" w:hAnsi=\"Cambria Math\"/>");
    if let Some(colour) = colour {
        xml.value("w:color", colour);
    }
    xml.raw("</w:rPr><m:t xml:space=\"preserve\">");
    xml.text(&text);
    xml.raw("</m:t></m:r>");
}

/// Appends the blank that is about as wide; there are none that take room away.
pub(super) fn push_space(xml: &mut Xml, width: &str) {
    let em: f32 = width.strip_suffix("em").and_then(|number| number.parse().ok()).unwrap_or_default();
    let blank = if em >= 1.9 {
        "\u{2003}\u{2003}"
    } else if em >= 0.9 {
        "\u{2003}"
    } else if em >= 0.26 {
        "\u{2005}"
    } else if em > 0.1 {
        "\u{2009}"
    } else {
        return;
    };
    // Outside of texts, blanks are left out by some programs.
    push_letters(xml, blank, "mtext", None, None);
}

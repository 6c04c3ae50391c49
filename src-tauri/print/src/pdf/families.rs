//! Which fonts a text is looked for in.

use std::ops::Range;

use fontique::Collection;
use parley::{FontFamilyName, GenericFamily};

/// A kind of font.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Text,
    Code,
    Math,
    /// Pictures in colour.
    Emoji,
}

/// The characters that the writings of East Asia share look different in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum East {
    Chinese,
    Japanese,
    Korean,
}

/// Lists of families, in the order in which they are asked for a glyph.
pub(super) struct Families {
    /// What the system shows text and code in, by name.
    text: String,
    code: String,
}

type Names = Vec<FontFamilyName<'static>>;

impl Families {
    /// Asks the system for its fonts of each kind. The rest of its answer comes last, for on many systems that is every font
    /// it has in any order, such as black pictures before coloured ones. Nothing
    /// if it has no fonts at all.
    pub(super) fn new(collection: &mut Collection) -> Option<Self> {
        let mut first = |generic| {
            let family = collection.generic_families(generic).next()?;
            collection.family_name(family).map(str::to_owned)
        };
        let (text, code) = (first(GenericFamily::SansSerif), first(GenericFamily::Monospace));
        // A system without families of a kind may still have fonts.
        let text = text.or_else(|| collection.family_names().min().map(str::to_owned))?;
        Some(Self { code: code.unwrap_or_else(|| text.clone()), text })
    }

    pub(super) fn list(&self, face: Face, east: East) -> Names {
        let (first, system, generic): (&[&'static str], _, _) = match face {
            Face::Text => (&["Segoe UI"], Some(&self.text), GenericFamily::SansSerif),
            Face::Code => {
                (&["Cascadia Mono", "Consolas", "Menlo"], Some(&self.code), GenericFamily::Monospace)
            }
            Face::Math => {
                (&["Cambria Math", "STIX Two Math", "Latin Modern Math"], None, GenericFamily::Math)
            }
            Face::Emoji => (&[], None, GenericFamily::Emoji),
        };
        let mut names: Names = first.iter().copied().map(FontFamilyName::named).collect();
        match face {
            Face::Text | Face::Code => {
                names.extend(system.map(|name| FontFamilyName::Named(name.clone().into())));
                names.extend(eastern(east).into_iter().map(FontFamilyName::named));
                names.push(generic.into());
            }
            Face::Math => {
                names.push(generic.into());
                names.push(FontFamilyName::named("DejaVu Math TeX Gyre"));
                names.push(GenericFamily::Serif.into());
            }
            Face::Emoji => names.push(generic.into()),
        }
        names.push(GenericFamily::SansSerif.into());
        names
    }
}

fn eastern(east: East) -> [&'static str; 9] {
    let mut names = [
        "Noto Sans CJK SC",
        "PingFang SC",
        "Microsoft YaHei",
        "Noto Sans CJK JP",
        "Hiragino Sans",
        "Yu Gothic",
        "Noto Sans CJK KR",
        "Apple SD Gothic Neo",
        "Malgun Gothic",
    ];
    match east {
        East::Chinese => {}
        East::Japanese => names.rotate_left(3),
        East::Korean => names.rotate_left(6),
    }
    names
}

/// Whose characters a text is written in.
pub(super) fn east(text: &str) -> East {
    let says = text.chars().find_map(|char| match char {
        '\u{3040}'..='\u{30ff}' => Some(East::Japanese),
        '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7af}' => Some(East::Korean),
        _ => None,
    });
    says.unwrap_or(East::Chinese)
}

/// Where a text has pictures, which fonts for text often have too, but in black.
pub(super) fn pictures(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let coloured = chars.peek().is_some_and(|(_, next)| *next == '\u{fe0f}');
        let end = at + char.len_utf8();
        let joined = found.last().is_some_and(|last| last.end == at);
        let joins =
            joined && matches!(char, '\u{fe0f}' | '\u{200d}' | '\u{e0020}'..='\u{e007f}' | '\u{20e3}');
        if !(joins || picture(char) || coloured && !char.is_alphanumeric()) {
            continue;
        }
        match found.last_mut().filter(|_| joined) {
            Some(last) => last.end = end,
            None => found.push(at..end),
        }
    }
    found
}

/// Characters that are pictures unless something else is said.
fn picture(char: char) -> bool {
    matches!(char, '\u{1f000}'..='\u{1faff}' | '⌚' | '⌛' | '⏩'..='⏬' | '⏰' | '⏳' | '☔' | '☕' | '♈'..='♓' | '♿' | '⚓'
        | '⚡' | '⚪' | '⚫' | '⚽' | '⚾' | '⛄' | '⛅' | '⛎' | '⛔' | '⛪' | '⛲' | '⛳' | '⛵' | '⛺' | '⛽' | '✅' | '✊' | '✋' | '✨'
        | '❌' | '❎' | '❓'..='❕' | '❗' | '➕'..='➗' | '➰' | '➿' | '⬛' | '⬜' | '⭐' | '⭕')
}

#[cfg(test)]
mod tests {
    use super::pictures;

    #[test]
    fn pictures_are_found_whole() {
        let texts = |text: &'static str| {
            pictures(text).into_iter().map(move |range| &text[range]).collect::<Vec<_>>()
        };
        assert_eq!(
            texts("a 👨\u{200d}👩\u{200d}👧 b 🇩🇪 1 # ❤\u{fe0f}."),
            ["👨\u{200d}👩\u{200d}👧", "🇩🇪", "❤\u{fe0f}"]
        );
        assert_eq!(texts("✓ → ☐ 12 ☀"), [""; 0]);
    }
}

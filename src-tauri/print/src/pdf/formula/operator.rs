//! Signs, and the space around them.

use porthole_markdown::Element;

use super::length;

/// What a part of a row is to what stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// There is nothing before it.
    Nothing,
    /// A letter, a number, a fraction.
    Plain,
    /// Joins two parts: plus, times.
    Joins,
    /// Compares two parts: equals, is in.
    Compares,
    /// Ends a part: a comma.
    Ends,
    /// Begins what it works on: a sum, an integral.
    Large,
    /// An opening fence, and any other sign after which none joins.
    Opens,
}

/// The sign that an element is, with whatever scripts; nothing for what is no sign.
pub(super) fn core(element: &Element) -> Option<&Element> {
    match element.name.as_str() {
        "mo" => Some(element),
        "msub" | "msup" | "msubsup" | "munder" | "mover" | "munderover" => core(element.elements().next()?),
        "mrow" => {
            let mut parts = element.elements();
            let only = parts.next()?;
            if parts.next().is_none() { core(only) } else { None }
        }
        _ => None,
    }
}

/// What a sign is behind something else.
pub(super) fn kind(sign: &Element, before: Kind) -> Kind {
    let text = sign.text();
    let Some(char) = text.chars().next() else { return Kind::Plain };
    let joined = matches!(before, Kind::Plain);
    match char {
        '+' | '-' | '−' | '±' | '∓' | '×' | '·' | '⋅' | '÷' | '∗' | '∪' | '∩' | '∧' | '∨' | '⊕' | '⊖'
        | '⊗' | '⊙' | '∘' | '∖' | '⊎' | '⊓' | '⊔' | '*' | '⋆' | '•' => {
            if joined {
                Kind::Joins
            } else {
                Kind::Opens
            }
        }
        '='
        | '<'
        | '>'
        | ':'
        | '∝'
        | '∣'
        | '∥'
        | '≔'
        | '⩽'
        | '⩾'
        | '⪯'
        | '⪰'
        | '∈'..='∍'
        | '∼'..='⊋'
        | '⊏'..='⊒'
        | '⊢'..='⊯'
        | '⋈'..='⋭'
        | '←'..='⇿'
        | '⟵'..='⟿' => Kind::Compares,
        ',' | ';' => Kind::Ends,
        _ if large(char) => Kind::Large,
        '(' | '[' | '{' | '⟨' | '⌊' | '⌈' => Kind::Opens,
        _ => Kind::Plain,
    }
}

/// Signs that are larger in a formula on lines of its own.
pub(super) fn large(char: char) -> bool {
    matches!(char, '∏'..='∑' | '∫'..='∳' | '⋀'..='⋃' | '⨀'..='⨆' | '⨌')
}

/// The space before and after, as parts of the size. Signs in scripts have none.
pub(super) fn spaces(element: &Element, kind: Kind, size: f32, script: bool) -> (f32, f32) {
    let (left, right) = match kind {
        Kind::Nothing | Kind::Plain | Kind::Opens => (0.0, 0.0),
        _ if script => (0.0, 0.0),
        Kind::Joins => (0.22, 0.22),
        Kind::Compares => (0.28, 0.28),
        Kind::Ends => (0.0, 0.17),
        Kind::Large => (0.1, 0.17),
    };
    let said = |name| length(element.attribute(name), size);
    (said("lspace").unwrap_or(left * size), said("rspace").unwrap_or(right * size))
}

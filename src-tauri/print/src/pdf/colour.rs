//! The colours of a page: those of the app's light theme.

/// Red, green and blue.
pub(super) type Rgb = [u8; 3];

pub(super) const TEXT: Rgb = [0x1d, 0x24, 0x2a];
pub(super) const QUIET: Rgb = [0x4f, 0x56, 0x5e];
pub(super) const FAINT: Rgb = [0x61, 0x68, 0x6f];
pub(super) const HAIRLINE: Rgb = [0xdc, 0xe0, 0xe3];
pub(super) const EDGE: Rgb = [0x87, 0x8f, 0x96];
pub(super) const CODE: Rgb = [0xf4, 0xf7, 0xf9];
pub(super) const CODE_IN_LINE: Rgb = [0xee, 0xf1, 0xf4];
pub(super) const ACCENT: Rgb = [0x00, 0x5d, 0x8a];

const GOOD: Rgb = [0x26, 0x7b, 0x4c];
const WARN: Rgb = [0x87, 0x58, 0x14];
const BAD: Rgb = [0xac, 0x31, 0x2c];

/// The colour of a piece of highlighted code; nothing for a class that has none of its own.
pub(super) fn highlight(class: &str) -> Option<Rgb> {
    Some(match class {
        "hl-comment" => [0x60, 0x67, 0x6e],
        "hl-string" => [0x26, 0x67, 0x41],
        "hl-number" | "hl-escape" | "hl-constant" => [0x86, 0x49, 0x00],
        "hl-keyword" => [0x6d, 0x39, 0x8e],
        "hl-type" => [0x00, 0x63, 0x6d],
        "hl-function" | "hl-heading" => [0x0e, 0x57, 0x94],
        "hl-variable" => [0x26, 0x2f, 0x38],
        "hl-operator" => [0x40, 0x4f, 0x5d],
        "hl-punctuation" => [0x51, 0x59, 0x61],
        "hl-tag" => [0x9a, 0x30, 0x39],
        "hl-attribute" => [0x6f, 0x53, 0x0a],
        "hl-inserted" => GOOD,
        "hl-deleted" => BAD,
        _ => return None,
    })
}

/// The colour of the bar beside a quote.
pub(super) fn alert(class: &str) -> Option<Rgb> {
    Some(match class {
        "alert-note" => ACCENT,
        "alert-tip" => GOOD,
        "alert-important" => [0x6d, 0x39, 0x8e],
        "alert-warning" => WARN,
        "alert-caution" => BAD,
        _ => return None,
    })
}

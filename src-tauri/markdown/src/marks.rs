//! Characters that stand in for others on their way through the parser.
//!
//! All are noncharacters of Unicode, which no text may contain, and all are letters to the parser: no markup begins or
//! ends with one. [`crate::examples::joined`] takes any that a message brings along out of it, so that what comes back
//! from the parser is a mark of ours.

/// Makes a delimiter run flank, or a line no beginning of anything; stands for nothing at all.
pub(crate) const JOINER: char = '\u{FDD0}';
/// Inside a dollar that was `\(` or `\)`.
pub(crate) const ROUND: char = '\u{FDD1}';
/// Inside two dollars that were `\[` or `\]`.
pub(crate) const SQUARE: char = '\u{FDD2}';
/// A dollar that is no markup.
pub(crate) const DOLLAR: &str = "\u{FDD3}";
/// Three backticks that end no code block. As long as what they stand for, so that no place in the text moves.
pub(crate) const BACKTICKS: char = '\u{FDD7}';
/// Three tildes that end no code block.
pub(crate) const TILDES: char = '\u{FDD8}';

/// At the end of a formula that has not all arrived; stands for nothing.
pub(crate) const HALF: char = '\u{FDDA}';
/// A bar that parts no cells.
const BAR: &str = "\u{FDD9}";

/// The first and the last of all marks.
const FIRST: char = JOINER;
const LAST: char = HALF;

pub(crate) fn is_mark(character: char) -> bool {
    (FIRST..=LAST).contains(&character)
}

/// What is put in place of a character that shall be no markup.
pub(crate) fn stand_in(byte: u8) -> Option<&'static str> {
    match byte {
        b'$' => Some(DOLLAR),
        b'_' => Some("\u{FDD4}"),
        b'*' => Some("\u{FDD5}"),
        b'~' => Some("\u{FDD6}"),
        b'|' => Some(BAR),
        _ => None,
    }
}

/// What a mark stands for by itself; nothing for those that mean something only beside dollars.
pub(crate) fn stands_for(mark: char) -> &'static str {
    match mark {
        '\u{FDD3}' => "$",
        '\u{FDD4}' => "_",
        '\u{FDD5}' => "*",
        '\u{FDD6}' => "~",
        BACKTICKS => "```",
        TILDES => "~~~",
        '\u{FDD9}' => "|",
        _ => "",
    }
}

//! Which dollars enclose a formula, and which are money.

use crate::marks::{DOLLAR as PLAIN, stand_in};

/// Whether a formula may begin behind the dollar that ends at `after`.
pub(crate) fn opens(text: &str, after: usize) -> bool {
    text[after..].starts_with(|next: char| !next.is_whitespace())
}

/// Whether a formula may end with the single dollar at `at`.
pub(crate) fn closes(text: &str, at: usize) -> bool {
    !text[..at].ends_with(char::is_whitespace) && !is_amount(&text[at + 1..])
}

/// Whether dollars before this are those of an amount, as in `$5-$10`: nobody writes a digit directly behind a formula.
pub(crate) fn is_amount(after: &str) -> bool {
    let digits = after.strip_prefix(['.', ',']).unwrap_or(after);
    digits.starts_with(|next: char| next.is_ascii_digit())
}

/// Whether two dollars on each side make a formula of this: `$$ - $$` are prices of meals.
pub(crate) fn is_display(content: &str) -> bool {
    content.contains(char::is_alphanumeric)
}

/// Some text is put in place of other.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) at: usize,
    pub(crate) replaced: usize,
    pub(crate) new: &'static str,
}

impl Edit {
    /// Makes the single character at `at` one that is no markup.
    pub(crate) fn plain(text: &str, at: usize) -> Option<Self> {
        let new = stand_in(text.as_bytes()[at])?;
        Some(Self { at, replaced: 1, new })
    }
}

/// Dollars of one block that wait for another. Braces inside a formula keep dollars apart, as in `$\text{$5}$`.
#[derive(Debug, Default)]
pub(crate) struct Dollars {
    depth: i32,
    /// For each depth of braces, the last dollars and their place among the edits.
    waiting: Vec<(i32, Run)>,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    at: usize,
    length: usize,
    edit: usize,
}

const DELIMITERS: [char; 3] = ['*', '_', '~'];
/// Deeper braces than this are no formula that anybody wrote.
const DEEPEST: usize = 25;

impl Dollars {
    pub(crate) fn brace(&mut self, opening: bool) {
        self.depth += if opening { 1 } else { -1 };
    }

    /// Takes a run of dollars. They are made plain, and are dollars again if they turn out to enclose a formula.
    ///
    /// What is made plain is a letter to the parser, so beside a delimiter run that is done only if it has to be.
    pub(crate) fn push(&mut self, edits: &mut Vec<Edit>, text: &str, at: usize, length: usize) {
        let run = Run { at, length, edit: edits.len() };
        edits.extend((at..at + length).filter_map(|at| Edit::plain(text, at)));
        if text[..at].ends_with(DELIMITERS) || text[at + length..].starts_with(DELIMITERS) {
            run.write(edits, "$");
        }
        let place = self.waiting.iter().rposition(|(depth, _)| *depth == self.depth);
        // No formula holds a dollar at its own depth, so whatever waited waits for nothing else.
        let before = place.map(|place| self.waiting.swap_remove(place).1);
        if let Some(before) = before {
            if run.ends(before, text) {
                before.write(edits, "$");
                run.write(edits, "$");
                return;
            }
            before.write(edits, PLAIN);
        }
        if length > 2 {
            run.write(edits, PLAIN);
        } else if (length == 2 || opens(text, at + length)) && self.waiting.len() < DEEPEST {
            self.waiting.push((self.depth, run));
        }
    }
}

impl Run {
    fn write(self, edits: &mut [Edit], dollar: &'static str) {
        for edit in &mut edits[self.edit..self.edit + self.length] {
            edit.new = dollar;
        }
    }

    fn ends(self, before: Self, text: &str) -> bool {
        let content = &text[before.at + before.length..self.at];
        match (before.length, self.length) {
            (1, 1) => !content.is_empty() && closes(text, self.at),
            (2, 2) => is_display(content) && !is_amount(&text[self.at + 2..]),
            _ => false,
        }
    }
}

//! What the parser does not read by itself, put into words that it does.
//!
//! Habits of the texts that models write are not `CommonMark`. Emphasis next to Chinese, Japanese or Korean text fails
//! where punctuation touches it (`**中文（注）**后`), because the flanking rules were made for languages with spaces.
//! Formulas come as `\(..\)` and `\[..\]`, which `CommonMark` takes for escaped brackets. And what means nothing to the
//! writer means something to the parser: the dollar of a price, one tilde, whatever an address or a code with a bar holds.
//!
//! All are solved before parsing by marks: noncharacters of Unicode, which no text may contain. A letter-like mark
//! beside a delimiter run makes it flank as the writer meant it, one in place of a delimiter makes it text, and a
//! formula's brackets become dollars with a mark inside. Whatever comes out of the parser goes through
//! [`Prepared::text`], [`Prepared::code`] or [`Prepared::formula`], which take the marks out again, so that code and
//! addresses show what was written.

use std::borrow::Cow;

use crate::edits::edits;
use crate::marks::{ROUND, SQUARE, is_mark, stands_for};

/// A text with marks in it.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    source: Cow<'a, str>,
    /// For each edit, where it ends in the prepared text and how many bytes longer the text has become by then.
    shifts: Vec<(usize, usize)>,
    marked: bool,
}

impl<'a> Prepared<'a> {
    /// Puts marks into a text where it needs any.
    pub(crate) fn new(text: &'a str) -> Self {
        let edits = edits(text);
        if edits.is_empty() {
            return Self { source: Cow::Borrowed(text), shifts: Vec::new(), marked: text.contains(is_mark) };
        }
        let mut source = String::with_capacity(text.len() + 4 * edits.len());
        let mut shifts = Vec::with_capacity(edits.len());
        let mut taken = 0;
        for edit in edits {
            source.push_str(&text[taken..edit.at]);
            source.push_str(edit.new);
            taken = edit.at + edit.replaced;
            shifts.push((source.len(), source.len() - taken));
        }
        source.push_str(&text[taken..]);
        Self { source: Cow::Owned(source), shifts, marked: true }
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Where a place in the prepared text is in the original.
    pub(crate) fn original(&self, offset: usize) -> usize {
        let before = self.shifts.partition_point(|(end, _)| *end <= offset);
        offset - before.checked_sub(1).map_or(0, |last| self.shifts[last].1).min(offset)
    }

    /// Prose, a title or an address from the parser, without marks.
    pub(crate) fn text<'t>(&self, parsed: &'t str) -> Cow<'t, str> {
        self.restored(parsed, ["(", ")", "[", "]"])
    }

    /// Code or raw HTML from the parser, without marks and with its backslashes.
    pub(crate) fn code<'t>(&self, parsed: &'t str) -> Cow<'t, str> {
        self.restored(parsed, ["\\(", "\\)", "\\[", "\\]"])
    }

    /// A formula from the parser, without its inner marks.
    pub(crate) fn formula<'t>(&self, parsed: &'t str) -> Cow<'t, str> {
        self.restored(parsed, [""; 4])
    }

    fn restored<'t>(&self, parsed: &'t str, brackets: [&str; 4]) -> Cow<'t, str> {
        if !self.marked || !parsed.contains(is_mark) {
            return Cow::Borrowed(parsed);
        }
        let mut restored = String::with_capacity(parsed.len());
        let mut rest = parsed;
        while let Some(at) = rest.find(is_mark) {
            let (before, marked) = rest.split_at(at);
            let mark = marked.chars().next().unwrap_or_default();
            rest = &marked[mark.len_utf8()..];
            let (dollars, pair) = match mark {
                ROUND => ("$", &brackets[..2]),
                SQUARE => ("$$", &brackets[2..]),
                _ => {
                    restored.push_str(before);
                    restored.push_str(stands_for(mark));
                    continue;
                }
            };
            // An opening bracket has its dollars before the mark, a closing one after it.
            if let Some(before) = before.strip_suffix(dollars) {
                restored.push_str(before);
                restored.push_str(pair[0]);
            } else {
                restored.push_str(before);
                if let Some(after) = rest.strip_prefix(dollars) {
                    restored.push_str(pair[1]);
                    rest = after;
                }
            }
        }
        restored.push_str(rest);
        Cow::Owned(restored)
    }
}

#[cfg(test)]
mod tests {
    use super::Prepared;

    fn check(text: &str, expected: &str) {
        let prepared = Prepared::new(text);
        let visible =
            prepared.source().replace('\u{FDD0}', "^").replace('\u{FDD1}', "r").replace('\u{FDD2}', "s");
        assert_eq!(visible, expected);
        assert_eq!(prepared.code(prepared.source()), text, "code shows what was written");
        assert_eq!(prepared.original(prepared.source().len()), text.len(), "the end is the end");
    }

    #[test]
    fn emphasis_beside_east_asian_text() {
        check("**中文（注）**后", "**中文（注）^**后");
        check("前**“强”**后", "前**^“强”^**后");
        check("**中文**。", "**中文**^。");
        check("**Note:**中", "**Note:^**中");
        check("a * b ** c", "a * b ** c");
        check("**bold**, (*x*)", "**bold**, (*x*)");
        check("中 ** 文", "中 ** 文");
        check("~~（删）~~后", "~~（删）^~~后");
        check("）\\*后", "）\\*后");
    }

    /// Nothing in one block ends what began in another.
    #[test]
    fn an_indented_line_is_code_where_there_is_no_list() {
        check("    - ```\n**中（）**文```", "    - ```\n**中（）^**文```");
        check("- a\n    - `x\n    **中（）**文`", "- a\n    - `x\n    **中（）**文`");
    }

    #[test]
    fn formulas() {
        check(r"\(x\) and \[y\]", "$rxr$ and $$sys$$");
        check(r"\(a*（b*c\)", "$ra*（b*cr$");
        check(r"\(x", r"\(x");
        check("\\(x\n\ny\\)", "\\(x\n\ny\\)");
        check(r"\\(x\\)", r"\\(x\\)");
        check(r"\(x\]", r"\(x\]");
    }

    #[test]
    fn places_lead_back() {
        let prepared = Prepared::new("中**（）**文\n\nx");
        let at = prepared.source().find('x').unwrap();
        assert_eq!(prepared.original(at), "中**（）**文\n\n".len());
    }
}

//! What the parser does not read by itself, put into words that it does.
//!
//! Two habits of the texts that models write are not `CommonMark`. Emphasis next to Chinese, Japanese or Korean text fails
//! where punctuation touches it (`**中文（注）**后`), because the flanking rules were made for languages with spaces. And
//! formulas come as `\(..\)` and `\[..\]`, which `CommonMark` takes for escaped brackets.
//!
//! Both are solved before parsing by marks: noncharacters of Unicode, which no text may contain. A letter-like mark
//! beside a delimiter run makes it flank as the writer meant it; a formula's brackets become dollars with a mark inside.
//! Whatever comes out of the parser goes through [`Prepared::text`] or [`Prepared::code`], which take the marks out
//! again, so that code and addresses show what was written.

use std::borrow::Cow;

/// Makes a delimiter run flank; also stands in for nothing at all.
const JOINER: char = '\u{FDD0}';
/// Inside a dollar that was `\(` or `\)`.
const ROUND: char = '\u{FDD1}';
/// Inside two dollars that were `\[` or `\]`.
const SQUARE: char = '\u{FDD2}';

/// A text with marks in it.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    source: Cow<'a, str>,
    /// For each edit, where it ends in the prepared text and how many bytes longer the text has become by then.
    shifts: Vec<(usize, usize)>,
}

impl<'a> Prepared<'a> {
    /// Puts marks into a text where it needs any.
    pub(crate) fn new(text: &'a str) -> Self {
        let edits = edits(text);
        if edits.is_empty() {
            return Self { source: Cow::Borrowed(text), shifts: Vec::new() };
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
        Self { source: Cow::Owned(source), shifts }
    }

    /// The text for the parser.
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
        if self.shifts.is_empty() || !parsed.contains([JOINER, ROUND, SQUARE]) {
            return Cow::Borrowed(parsed);
        }
        let mut restored = String::with_capacity(parsed.len());
        let mut rest = parsed;
        while let Some(at) = rest.find([JOINER, ROUND, SQUARE]) {
            let (before, marked) = rest.split_at(at);
            let mark = marked.chars().next().unwrap_or(JOINER);
            rest = &marked[mark.len_utf8()..];
            let (dollars, pair) = match mark {
                ROUND => ("$", &brackets[..2]),
                SQUARE => ("$$", &brackets[2..]),
                _ => {
                    restored.push_str(before);
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

struct Edit {
    at: usize,
    replaced: usize,
    new: &'static str,
}

fn edits(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let bytes = text.as_bytes();
    let mut opening: Option<(usize, u8, usize)> = None;
    let mut blank = true;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => {
                if blank {
                    opening = None;
                }
                blank = true;
                at += 1;
                continue;
            }
            b' ' | b'\t' | b'\r' | b'>' => {
                at += 1;
                continue;
            }
            b'\\' => {
                match (bytes.get(at + 1), opening) {
                    (Some(&bracket @ (b'(' | b'[')), None) => opening = Some((at, bracket, edits.len())),
                    (Some(b')'), Some((start, b'(', place))) | (Some(b']'), Some((start, b'[', place))) => {
                        // Without a letter or a digit these are brackets that somebody escaped.
                        if text[start + 2..at].contains(char::is_alphanumeric) {
                            push_formula(&mut edits, place, start, at, bytes[at + 1] == b')');
                        }
                        opening = None;
                    }
                    (Some(_) | None, _) => {}
                }
                // Whatever stands after a backslash is no delimiter.
                at += if bytes.get(at + 1) == Some(&b'\n') { 1 } else { 2 };
            }
            byte @ (b'*' | b'~') => {
                let run = bytes[at..].iter().take_while(|next| **next == byte).count();
                push_joiners(&mut edits, text, at, at + run);
                at += run;
            }
            _ => at += 1,
        }
        blank = false;
    }
    edits
}

fn push_formula(edits: &mut Vec<Edit>, place: usize, start: usize, end: usize, inline: bool) {
    // Inside a formula a star is a star.
    edits.truncate(place);
    let (opening, closing) = if inline { ("$\u{FDD1}", "\u{FDD1}$") } else { ("$$\u{FDD2}", "\u{FDD2}$$") };
    edits.push(Edit { at: start, replaced: 2, new: opening });
    edits.push(Edit { at: end, replaced: 2, new: closing });
}

fn push_joiners(edits: &mut Vec<Edit>, text: &str, start: usize, end: usize) {
    let (Some(before), Some(after)) = (text[..start].chars().next_back(), text[end..].chars().next()) else {
        return;
    };
    let east_asian = is_east_asian(before) || is_east_asian(after);
    if !east_asian || before.is_whitespace() || after.is_whitespace() {
        return;
    }
    if !before.is_alphanumeric() {
        edits.push(Edit { at: start, replaced: 0, new: "\u{FDD0}" });
    }
    if !after.is_alphanumeric() {
        edits.push(Edit { at: end, replaced: 0, new: "\u{FDD0}" });
    }
}

/// Whether a character belongs to a script written without spaces between words, its punctuation included.
pub(crate) fn is_east_asian(character: char) -> bool {
    matches!(character, '\u{1100}'..='\u{11FF}' | '\u{2018}'..='\u{201F}' | '\u{2026}' | '\u{2E80}'..='\u{303F}'
        | '\u{3040}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{A960}'..='\u{A97F}' | '\u{AC00}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE6F}' | '\u{FF00}'..='\u{FFEF}' | '\u{1B000}'..='\u{1B16F}'
        | '\u{20000}'..='\u{3FFFF}')
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

//! Web addresses written without any markup, as GitHub finds them.
//!
//! Two rules are added for text without spaces between words: an address may follow any character that is not an ASCII
//! letter or digit, and it ends where Chinese or Japanese punctuation begins.

use std::ops::Range;

/// Names of hosts have 253 characters at most. Without a limit a text of nothing but
/// beginnings of addresses would be read once for each.
const LONGEST_HOST: usize = 256;

/// A bare address in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bare {
    pub(crate) range: Range<usize>,
    /// Whether `https://` has to be put before it to make it an address.
    pub(crate) needs_scheme: bool,
}

/// The first bare address at or after `from`.
pub(crate) fn find(text: &str, from: usize) -> Option<Bare> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        let skip = bytes[at..].iter().position(|byte| matches!(byte, b'h' | b'H' | b'w' | b'W'))?;
        at += skip;
        let begins = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        if let Some(bare) = begins.then(|| starting_at(text, at)).flatten() {
            return Some(bare);
        }
        at += 1;
    }
    None
}

/// Where an address ends that begins at `start`, in a text whose markup has not been read.
///
/// What encloses the address is no part of it: the bar of a table, a bracket or a quotation mark of HTML that was opened
/// before, or one of `runs`, the delimiter runs that are open.
pub(crate) fn end_in_markup(text: &str, start: usize, runs: &[&str]) -> Option<usize> {
    if start.checked_sub(1).is_some_and(|before| text.as_bytes()[before].is_ascii_alphanumeric()) {
        return None;
    }
    let host = host(text, start)?;
    let rest = &text[host.end..];
    let mut open = [0_usize; 2];
    let length = path_length(rest, |at, character| match character {
        '|' | '`' | '>' => true,
        '(' | '[' => {
            open[usize::from(character == '[')] += 1;
            false
        }
        ')' | ']' => {
            let open = &mut open[usize::from(character == ']')];
            let enclosing = *open == 0;
            *open = open.saturating_sub(1);
            enclosing
        }
        '*' | '~' => {
            let run =
                &rest[at..at + rest[at..].bytes().take_while(|byte| *byte == rest.as_bytes()[at]).count()];
            !rest[..at].ends_with(character) && runs.contains(&run) && ends_emphasis(&rest[at + run.len()..])
        }
        _ => false,
    });
    Some(trimmed_end(text, start, host.end + length)).filter(|end| *end > host.start)
}

/// Whether a delimiter run before this can be meant to close, though it stands in an address: a path goes on in ASCII.
fn ends_emphasis(after: &str) -> bool {
    after.starts_with(|next: char| {
        !next.is_ascii() || matches!(next, '(' | ')' | '[' | ']' | '"' | '\'' | ',' | ';' | ':' | '!')
    })
}

fn starting_at(text: &str, start: usize) -> Option<Bare> {
    let host = host(text, start)?;
    let length = path_length(&text[host.end..], |_, _| false);
    let end = trimmed_end(text, start, host.end + length);
    (end > host.start).then_some(Bare { range: start..end, needs_scheme: host.start == start })
}

/// The host of an address that begins at `start`.
fn host(text: &str, start: usize) -> Option<Range<usize>> {
    let (host_start, needs_scheme) = if has_prefix(text, start, "https://") {
        (start + 8, false)
    } else if has_prefix(text, start, "http://") {
        (start + 7, false)
    } else if has_prefix(text, start, "www.") {
        (start, true)
    } else {
        return None;
    };
    let host_end = host_start + host_length(&text[host_start..]);
    is_host(&text[host_start..host_end], needs_scheme).then_some(host_start..host_end)
}

/// How much of what stands behind a host belongs to the address, if nothing `encloses` it.
fn path_length(rest: &str, mut encloses: impl FnMut(usize, char) -> bool) -> usize {
    if !rest.starts_with(['/', '?', '#', ':']) {
        return 0;
    }
    let end = rest.char_indices().find(|(at, character)| {
        character.is_whitespace()
            || *character == '<'
            || ends_address(*character)
            || encloses(*at, *character)
    });
    end.map_or(rest.len(), |(at, _)| at)
}

fn has_prefix(text: &str, start: usize, prefix: &str) -> bool {
    text.as_bytes()
        .get(start..start + prefix.len())
        .is_some_and(|bytes| bytes.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// The host ends at the first character of another kind than it started with: `example.com查看` is a host and a word.
fn host_length(text: &str) -> usize {
    let ascii = text.starts_with(|character: char| character.is_ascii());
    let end = text.char_indices().find(|(at, character)| {
        *at > LONGEST_HOST
            || !(matches!(character, '.' | '-' | '_')
                || character.is_alphanumeric() && (!ascii || character.is_ascii()))
    });
    end.map_or(text.len(), |(at, _)| at)
}

fn is_host(host: &str, needs_dot: bool) -> bool {
    if host.len() > LONGEST_HOST {
        return false;
    }
    let host = host.trim_end_matches('.');
    let mut labels = host.rsplit('.');
    let plain = labels.by_ref().take(2).all(|label| !label.is_empty() && !label.contains('_'));
    plain
        && labels.all(|label| !label.is_empty())
        && (!needs_dot || host.matches('.').count() >= 2 || host.len() > 4)
}

fn ends_address(character: char) -> bool {
    matches!(character, '\u{2018}'..='\u{201F}' | '\u{2026}' | '\u{3000}'..='\u{303F}' | '\u{FF01}'..='\u{FF0F}'
        | '\u{FF1A}'..='\u{FF20}' | '\u{FF3B}'..='\u{FF40}' | '\u{FF5B}'..='\u{FF65}')
}

/// Leaves out punctuation that belongs to the sentence around the address.
fn trimmed_end(text: &str, start: usize, mut end: usize) -> usize {
    let closing = text[start..end].matches(')').count();
    let mut unmatched = closing.saturating_sub(text[start..end].matches('(').count());
    while let Some(last) = text[start..end].chars().next_back() {
        match last {
            '?' | '!' | '.' | ',' | ':' | '*' | '_' | '~' | '\'' | '"' => {}
            ')' if unmatched > 0 => unmatched -= 1,
            ';' => {
                let name = text[start..end - 1]
                    .trim_end_matches(|character: char| character.is_ascii_alphanumeric());
                if name.ends_with('&') && name.len() < end - 1 - start {
                    end = start + name.len();
                }
            }
            _ => break,
        }
        end -= last.len_utf8();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::find;

    fn check(text: &str, expected: &[&str]) {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(bare) = find(text, from) {
            found.push(&text[bare.range.clone()]);
            from = bare.range.end;
        }
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn addresses() {
        check("www.commonmark.org", &["www.commonmark.org"]);
        check("Visit www.commonmark.org/help for more", &["www.commonmark.org/help"]);
        check(
            "Visit www.commonmark.org. And www.commonmark.org/a.b.",
            &["www.commonmark.org", "www.commonmark.org/a.b"],
        );
        check("www.google.com/search?q=Markup+(business)", &["www.google.com/search?q=Markup+(business)"]);
        check("(www.google.com/search?q=Markup+(business))", &["www.google.com/search?q=Markup+(business)"]);
        check("www.google.com/search?q=(business))+ok", &["www.google.com/search?q=(business))+ok"]);
        check("www.google.com/search?q=commonmark&hl=en", &["www.google.com/search?q=commonmark&hl=en"]);
        check("www.google.com/search?q=commonmark&hl;", &["www.google.com/search?q=commonmark"]);
        check("www.commonmark.org/he<lp", &["www.commonmark.org/he"]);
        check(
            "http://commonmark.org and (https://a.b/c?d=e!)",
            &["http://commonmark.org", "https://a.b/c?d=e"],
        );
        check("http://localhost:8080/x, HTTPS://A.B", &["http://localhost:8080/x", "HTTPS://A.B"]);
        check("请看https://example.com/a。后面", &["https://example.com/a"]);
        check("访问https://example.com查看", &["https://example.com"]);
        check("（https://zh.wikipedia.org/wiki/中国）", &["https://zh.wikipedia.org/wiki/中国"]);
    }

    #[test]
    fn not_addresses() {
        for text in [
            "",
            "h",
            "www.",
            "www",
            "http://",
            "https://.",
            "xhttp://a.b",
            "awww.a.b",
            "http://_._",
            "ftp://a.b",
            "http:/a",
            "www..a",
        ] {
            check(text, &[]);
        }
    }
}

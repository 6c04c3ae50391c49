//! What strangers wrote, made fit to show: no control characters, no keys, not too long.

use url::Url;

use super::Endpoint;

/// `text` on one line, without control characters and without characters that reorder what is read.
pub(super) fn clean(text: &str) -> String {
    let reorders =
        |c: char| matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_whitespace() {
            if !cleaned.ends_with(' ') {
                cleaned.push(' ');
            }
        } else if !character.is_control() && !reorders(character) {
            cleaned.push(character);
        }
    }
    cleaned.trim().to_owned()
}

/// At most `longest` characters of `text`, the last of them `…` if something was left out.
pub(super) fn shorten(text: &str, longest: usize) -> String {
    if text.chars().nth(longest).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(longest.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// `text` with every trace of a key replaced by `[key]`: the endpoint's own, whole or in part, and anything
/// that looks like one. Servers echo keys ("Incorrect API key provided: sk-ab***yz").
pub(super) fn without_key(text: &str, endpoint: &Endpoint) -> String {
    let key = endpoint.key.as_ref().map(|key| key.expose().trim()).unwrap_or_default();
    let text = if key.len() >= SHORTEST_SECRET { text.replace(key, MARK) } else { text.to_owned() };
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| is_key_character(c) != is_key_character(first)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        if is_key_character(first) && is_key_like(word, key) {
            redacted.push_str(MARK);
        } else {
            redacted.push_str(word);
        }
        rest = behind;
    }
    redacted
}

const MARK: &str = "[key]";
/// Keys below this length are replaced only where they stand as a word of their own: dummies such as `none`.
const SHORTEST_SECRET: usize = 8;

fn is_key_character(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '_' | '*' | '.' | '…')
}

fn is_key_like(word: &str, key: &str) -> bool {
    let looks_like_one = word.len() >= 6 && word.starts_with("sk-");
    let is_masked = word.contains("***") && word.chars().any(char::is_alphanumeric);
    let is_part = match (key.get(..SHORTEST_SECRET), key.len().checked_sub(SHORTEST_SECRET)) {
        (Some(begin), Some(end)) => {
            word.contains(begin) || key.get(end..).is_some_and(|end| word.contains(end))
        }
        _ => !key.is_empty() && word.trim_end_matches('.') == key,
    };
    looks_like_one || is_masked || is_part
}

/// The title of an HTML page.
pub(super) fn html_title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let begin = lower.find("<title")?;
    let begin = begin + lower[begin..].find('>')? + 1;
    let end = begin + lower[begin..].find("</title")?;
    let title = clean(&page[begin..end]);
    (!title.is_empty()).then_some(title)
}

/// An address as people may see it: no name, no password, no query, no slash at the end.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Both refuse only addresses that cannot hold them, and then there is nothing to hide.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

/// A number in groups of three.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ServerKind;
    use crate::secrets::Secret;

    #[test]
    fn every_trace_of_a_key_goes() {
        let check = |key: &str, text: &str, expected: &str| {
            let url = Url::parse("http://127.0.0.1/").unwrap();
            let key = Some(Secret::new(key.to_owned()));
            let endpoint = Endpoint { key, ..Endpoint::new("Here", ServerKind::OpenAi, url) };
            assert_eq!(without_key(text, &endpoint), expected);
        };
        check("abcdefghijkl", "key=abcdefghijkl&x", "key=[key]&x");
        check("abcdefghijkl", "begins abcdefgh…, ends …efghijkl", "begins [key], ends [key]");
        check("a+b/c==d+e", "not a+b/c==d+e!", "not [key]!");
        check("none", "none is set, nonetheless", "[key] is set, nonetheless");
        check("", "sk-other-key-of-someone and **bold**", "[key] and **bold**");
        check("模型模型模型", "模型模型模型 模型", "[key] 模型");
    }

    #[test]
    fn text_is_cut_and_cleaned() {
        assert_eq!(shorten("模型模型", 4), "模型模型");
        assert_eq!(shorten("模型模型", 3), "模型…");
        assert_eq!(shorten("ab", 0), "…");
        assert_eq!(clean(" a\u{202E}b\t\n c\u{1b}[1m "), "ab c[1m");
        assert_eq!(html_title("<title lang=en> A  b </title>").as_deref(), Some("A b"));
        assert_eq!(html_title("<title>"), None);
        assert_eq!(thousands(1_048_576), "1,048,576");
        assert_eq!(thousands(100), "100");
        let url = Url::parse("https://me:pass@host/v1/?key=x#y").unwrap();
        assert_eq!(shown(&url), "https://host/v1");
    }
}

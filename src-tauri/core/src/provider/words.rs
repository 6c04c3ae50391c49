//! What strangers wrote, made fit to show: no control characters, no keys, not too long.

use url::Url;

use super::{Endpoint, Proxy};

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

/// `text` with every trace of a secret replaced by `[key]`: the endpoint's key, the values of its headers and
/// what its proxy is told, whole or in part, and anything that looks like a key. Servers echo keys ("Incorrect API
/// key provided: sk-ab***yz"), and gateways echo headers.
pub(super) fn without_key(text: &str, endpoint: &Endpoint) -> String {
    let secrets = secrets_of(endpoint);
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST_SECRET) {
        text = text.replace(secret, MARK);
    }
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| is_key_character(c) != is_key_character(first)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        if is_key_character(first) && is_key_like(word, &secrets) {
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

/// All that must not be shown, longest first, because one may hold another. A header such as `Token abc…` is
/// secret as a whole and in its words.
fn secrets_of(endpoint: &Endpoint) -> Vec<&str> {
    let network = &endpoint.network;
    let proxy = match &network.proxy {
        Proxy::Own { password: Some(password), .. } => Some(password.expose().as_str()),
        Proxy::Own { password: None, .. } | Proxy::System | Proxy::None => None,
    };
    let headers = network.headers.iter().map(|(_, value)| value.expose().as_str());
    let whole = endpoint.key.as_ref().map(|key| key.expose().as_str()).into_iter().chain(proxy);
    let mut secrets: Vec<&str> = whole.map(str::trim).chain(headers.flat_map(header_secrets)).collect();
    secrets.retain(|secret| !secret.is_empty());
    secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

fn header_secrets(value: &str) -> impl Iterator<Item = &str> {
    let words = value.split_whitespace().filter(|word| word.len() >= SHORTEST_SECRET);
    std::iter::once(value.trim()).chain(words)
}

fn is_key_character(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '_' | '*' | '.' | '…')
}

fn is_key_like(word: &str, secrets: &[&str]) -> bool {
    let looks_like_one = word.len() >= 6 && word.starts_with("sk-");
    let is_masked = word.contains("***") && word.chars().any(char::is_alphanumeric);
    looks_like_one || is_masked || secrets.iter().any(|secret| is_part(word, secret))
}

fn is_part(word: &str, secret: &str) -> bool {
    match (secret.get(..SHORTEST_SECRET), secret.len().checked_sub(SHORTEST_SECRET)) {
        (Some(begin), Some(end)) => {
            word.contains(begin) || secret.get(end..).is_some_and(|end| word.contains(end))
        }
        _ => word.trim_end_matches('.') == secret,
    }
}

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
    fn every_trace_of_a_header_and_of_a_proxys_password_goes() {
        let url = Url::parse("http://127.0.0.1/").unwrap();
        let mut endpoint = Endpoint::new("Here", ServerKind::OpenAi, url.clone());
        let secret = |text: &str| Secret::new(text.to_owned());
        endpoint.network.headers = vec![
            ("x-team".to_owned(), secret("Token canary-header-1")),
            ("x-short".to_owned(), secret("blue")),
        ];
        endpoint.network.proxy = Proxy::Own { url, user: None, password: Some(secret("open sesame!")) };
        assert_eq!(
            without_key(
                "Token canary-header-1, canary-header-1 and canary-h… of blue; open sesame!",
                &endpoint
            ),
            "[key], [key] and [key] of [key]; [key]"
        );
        assert_eq!(without_key("blueberries", &endpoint), "blueberries");
    }

    #[test]
    fn text_is_cut_and_cleaned() {
        assert_eq!(shorten("模型模型", 4), "模型模型");
        assert_eq!(shorten("模型模型", 3), "模型…");
        assert_eq!(shorten("ab", 0), "…");
        assert_eq!(clean(" a\u{202E}b\t\n c\u{1b}[1m "), "ab c[1m");
        assert_eq!(html_title("<title lang=en> A  b </title>").as_deref(), Some("A b"));
        assert_eq!(html_title("<title>"), None);
        let url = Url::parse("https://me:pass@host/v1/?key=x#y").unwrap();
        assert_eq!(shown(&url), "https://host/v1");
    }
}

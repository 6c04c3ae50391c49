//! Where a link or an image may lead.

use std::fmt::Write;

/// What a link destination turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// A web address, cleaned of what a browser would skip, and its host for showing.
    Web { address: String, host: String },
    /// A mail address.
    Mail { address: String },
    /// Anything else: other schemes, relative addresses, fragments.
    Refused,
}

/// Reads a destination as a browser would and allows `http`, `https` and `mailto`.
pub(crate) fn destination(written: &str) -> Destination {
    let address = clean(written);
    let Some((scheme, rest)) = address.split_once(':') else {
        return Destination::Refused;
    };
    if scheme.eq_ignore_ascii_case("mailto") {
        return if rest.is_empty() { Destination::Refused } else { Destination::Mail { address } };
    }
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Destination::Refused;
    }
    match rest.strip_prefix("//").map(host_of) {
        Some(host) if !host.is_empty() => Destination::Web { host: host.to_lowercase(), address },
        Some(_) | None => Destination::Refused,
    }
}

/// Browsers drop control characters, so a check that keeps them would see another scheme than the browser does.
fn clean(written: &str) -> String {
    let mut address = String::with_capacity(written.len());
    for character in written.trim().chars().filter(|character| !character.is_control()) {
        if character.is_whitespace() || matches!(character, '"' | '<' | '>' | '`' | '\\') {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a String cannot fail.
                let _ = write!(address, "%{byte:02X}");
            }
        } else {
            address.push(character);
        }
    }
    address
}

fn host_of(after_slashes: &str) -> &str {
    let end = after_slashes.find(['/', '?', '#']).unwrap_or(after_slashes.len());
    let authority = &after_slashes[..end];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.rfind(':') {
        Some(colon) if host[colon + 1..].bytes().all(|byte| byte.is_ascii_digit()) => &host[..colon],
        Some(_) | None => host,
    }
}

#[cfg(test)]
mod tests {
    use super::{Destination, destination};

    fn web(address: &str, host: &str) -> Destination {
        Destination::Web { address: address.into(), host: host.into() }
    }

    #[test]
    fn allowed() {
        assert_eq!(destination("https://example.com"), web("https://example.com", "example.com"));
        assert_eq!(
            destination("HTTP://Example.com:80/a?b#c"),
            web("HTTP://Example.com:80/a?b#c", "example.com")
        );
        assert_eq!(destination(" ht\ntp://a.b/ c"), web("http://a.b/%20c", "a.b"));
        assert_eq!(destination("https://good.com@evil.com/"), web("https://good.com@evil.com/", "evil.com"));
        assert_eq!(destination("http://[::1]:8080/x"), web("http://[::1]:8080/x", "[::1]"));
        assert_eq!(destination("https://中文.cn/路"), web("https://中文.cn/路", "中文.cn"));
        assert_eq!(destination("mailto:a@b.c"), Destination::Mail { address: "mailto:a@b.c".into() });
    }

    #[test]
    fn refused() {
        for written in [
            "",
            "#a",
            "/a",
            "a/b.md",
            "//evil.com",
            "javascript:alert(1)",
            "JaVaScRiPt:x",
            "java\nscript:x",
            "\u{1}javascript:x",
            "data:text/html,x",
            "file:///etc/passwd",
            "vbscript:x",
            "tauri://localhost",
            "ipc://x",
            "http:x",
            "https:",
            "https://",
            "http:///x",
            "https://:80",
            "mailto:",
            "smb://x",
            "ms-msdt:/id",
            "blob:https://a",
            "view-source:https://a",
            "\u{202e}http://a",
            "asset://localhost/x",
        ] {
            assert_eq!(destination(written), Destination::Refused, "{written:?} must not become a link");
        }
    }
}

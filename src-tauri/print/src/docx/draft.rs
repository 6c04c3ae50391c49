//! The document while it is written, and what other parts have to know of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::xml::Xml;

/// Relationships of the document that are not links: styles, numbering, settings, footer.
pub(super) const FIXED: usize = 4;
/// Definitions of lists that every document has: the one of bullets.
const BULLETS: usize = 1;
/// Word takes larger numbers for damage.
const LAST_NUMBER: u32 = 32_767;
/// Word refuses files with longer addresses.
const LONGEST_ADDRESS: usize = 2_000;

/// The number of a list instance and its level, from 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbering {
    pub(super) instance: usize,
    pub(super) level: usize,
}

/// An ordered list: at which level it stands and where it begins to count.
#[derive(Debug)]
pub(super) struct Ordered {
    pub(super) level: usize,
    pub(super) start: u32,
}

/// The document while it is written.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) xml: Xml,
    /// Addresses that links lead to, with their places among the relationships.
    links: BTreeMap<String, usize>,
    ordered: Vec<Ordered>,
}

impl Draft {
    pub(super) fn new() -> Self {
        Self { xml: Xml::part(), ..Self::default() }
    }

    /// The identifier of the relationship for an address; none for one that Word would refuse.
    pub(super) fn link(&mut self, address: &str) -> Option<String> {
        let address = checked(address);
        if address.len() > LONGEST_ADDRESS {
            return None;
        }
        let next = self.links.len() + FIXED + 1;
        Some(format!("rId{}", self.links.entry(address).or_insert(next)))
    }

    /// Addresses and the identifiers of their relationships.
    pub(super) fn links(&self) -> impl Iterator<Item = (String, &str)> {
        self.links.iter().map(|(address, at)| (format!("rId{at}"), address.as_str()))
    }

    /// What the items of an unordered list say. One instance does for all of them.
    pub(super) fn unordered(level: usize) -> Numbering {
        Numbering { instance: BULLETS, level }
    }

    /// Begins an ordered list. Each has an instance of its own, or it would go on counting where another one ended
    /// (ECMA-376 part 1, 17.9.15 and 17.9.26).
    pub(super) fn ordered(&mut self, level: usize, start: u32) -> Numbering {
        self.ordered.push(Ordered { level, start: start.min(LAST_NUMBER) });
        Numbering { instance: BULLETS + self.ordered.len(), level }
    }

    /// The ordered lists and the numbers of their instances.
    pub(super) fn ordered_lists(&self) -> impl Iterator<Item = (usize, &Ordered)> {
        (BULLETS + 1..).zip(&self.ordered)
    }
}

/// An address in which every character may stand in a URI, or in an IRI (RFC 3986 and 3987): what reads a package
/// refuses all of it for one target that it cannot parse (ECMA-376 part 2, 9.3).
fn checked(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    // Brackets are for addresses of hosts by number.
    let host = address.find("//").map_or(0, |at| at + 2);
    let host_end = address[host..].find(['/', '?', '#']).map_or(address.len(), |end| host + end);
    for (at, character) in address.char_indices() {
        let escapes = || {
            let digits = address.as_bytes().get(at + 1..at + 3);
            digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        };
        let stands = match character {
            '%' => escapes(),
            '[' | ']' => at >= host && at < host_end,
            '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' | ' ' => false,
            _ => !character.is_control(),
        };
        if stands {
            out.push(character);
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a String cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Draft, checked};

    #[test]
    fn addresses_are_what_a_package_may_name() {
        let cases = [
            ("https://a.b/c?d=e#f", "https://a.b/c?d=e#f"),
            ("https://a.b/%20%zz%", "https://a.b/%20%25zz%25"),
            ("http://[::1]:80/[x]", "http://[::1]:80/%5Bx%5D"),
            ("https://中文.cn/路|", "https://中文.cn/路%7C"),
            ("mailto:a@b.c", "mailto:a@b.c"),
        ];
        for (written, expected) in cases {
            assert_eq!(checked(written), expected);
        }
    }

    #[test]
    fn an_address_has_one_relationship() {
        let mut draft = Draft::default();
        assert_eq!(draft.link("https://b.c").as_deref(), Some("rId5"));
        assert_eq!(draft.link("https://a.c").as_deref(), Some("rId6"));
        assert_eq!(draft.link("https://b.c").as_deref(), Some("rId5"));
        assert_eq!(draft.link(&"x".repeat(3_000)), None, "Word refuses it");
    }
}

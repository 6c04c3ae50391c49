//! A message as Markdown that is harmless where raw HTML means something and links lead anywhere, as they do in most
//! programs that show Markdown.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag};

use crate::linebreak::break_tag;
use crate::parse::options;

/// What is escaped may have hidden something behind it, such as a tag in an attribute of another.
const ROUNDS: usize = 8;

/// The text with raw HTML, and links that lead to anything but pages and mail, as text. The tag of a line break stays.
/// Images, which most programs load without asking, are links to them.
pub(crate) fn tamed(text: &str) -> Cow<'_, str> {
    let mut tame = Cow::Borrowed(text);
    for _ in 0..ROUNDS {
        let found = wild(&tame);
        if found.is_empty() {
            return tame;
        }
        tame = Cow::Owned(escaped(&tame, found));
    }
    // Nobody wrote that to be read: code in it may be changed.
    Cow::Owned(tame.replace('<', "&lt;").replace('[', "&#91;"))
}

/// What a piece of a text is that must not be obeyed.
#[derive(Clone, Copy)]
enum Wild {
    /// Within a line.
    Tag,
    /// One line of a block.
    Line,
    Link,
    /// Of something that may be looked at, but not loaded.
    Image,
}

/// By where it starts: where it ends and what it is.
fn wild(text: &str) -> BTreeMap<usize, (usize, Wild)> {
    let mut found = BTreeMap::new();
    if !text.contains(['<', '[']) {
        return found;
    }
    // Programs differ in their extensions: what is a formula or a table to one is plain text to another.
    for dialect in [Options::empty(), options() - Options::ENABLE_MATH, options()] {
        let parser = Parser::new_ext(text, dialect);
        // In one file with others, what is defined here is meant there too.
        for (_, definition) in parser.reference_definitions().iter() {
            if !leads_to_a_page(&definition.dest) {
                found.insert(definition.span.start, (definition.span.end, Wild::Link));
            }
        }
        for (event, range) in parser.into_offset_iter() {
            #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else there is does nothing")]
            let kind = match &event {
                Event::InlineHtml(html) if break_tag(html) == Some(html.len()) => continue,
                Event::InlineHtml(_) => Wild::Tag,
                Event::Html(_) => Wild::Line,
                Event::Start(Tag::Link { link_type: LinkType::Email, .. }) => continue,
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. })
                    if !leads_to_a_page(dest_url) =>
                {
                    Wild::Link
                }
                Event::Start(Tag::Image { .. }) => Wild::Image,
                _ => continue,
            };
            if !range.is_empty() {
                found.entry(range.start).or_insert((range.end, kind));
            }
        }
    }
    found
}

/// An address of a page, of mail, or within what is read.
fn leads_to_a_page(destination: &str) -> bool {
    // Browsers ignore these in addresses (WHATWG, URL, section 4.4).
    let clean: String = destination.chars().filter(|c| !c.is_control() && *c != ' ').collect();
    let before = clean.split(['/', '?', '#']).next().unwrap_or_default();
    match before.split_once(':') {
        Some((scheme, _)) => ["http", "https", "mailto"].iter().any(|good| scheme.eq_ignore_ascii_case(good)),
        None => !clean.starts_with("//") && !clean.contains('\\'),
    }
}

fn escaped(text: &str, wild: BTreeMap<usize, (usize, Wild)>) -> String {
    let mut out = String::with_capacity(text.len() + 16 * wild.len());
    let mut taken = 0;
    for (start, (end, kind)) in wild {
        if start < taken {
            continue;
        }
        out.push_str(&text[taken..start]);
        taken = match kind {
            Wild::Tag => {
                for c in text[start..end].chars() {
                    push(&mut out, c);
                }
                end
            }
            Wild::Line => {
                line(&mut out, &text[start..end]);
                end
            }
            Wild::Image => {
                let marked = text[start..end].starts_with('!');
                // A link without words could not be pressed.
                if text[start..end].starts_with("![](") {
                    out.push_str("[image");
                    start + "![".len()
                } else {
                    start + usize::from(marked)
                }
            }
            Wild::Link => {
                let opened = text[start..end].find(['[', '<']).map_or(start, |at| start + at);
                out.push_str(&text[start..opened]);
                let rest = text[opened..end].chars().next();
                if let Some(c) = rest {
                    push(&mut out, c);
                }
                opened + rest.map_or(0, char::len_utf8)
            }
        };
    }
    out.push_str(&text[taken..]);
    out
}

/// A line of a block, which is a line of a paragraph now.
fn line(out: &mut String, whole: &str) {
    let content = whole.trim_end_matches(['\n', '\r']);
    let end = &whole[content.len()..];
    let mut begun = false;
    for c in content.chars() {
        // At the beginning of a line every mark and every number may begin a block.
        if begun || c.is_alphabetic() {
            push(out, c);
        } else {
            push_number(out, c);
        }
        begun |= !matches!(c, ' ' | '\t');
    }
    out.push_str(end);
}

fn push(out: &mut String, c: char) {
    match c {
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '&' => out.push_str("&amp;"),
        '*' | '_' | '`' | '[' | ']' | '\\' | '~' | '$' | '|' => push_number(out, c),
        _ => out.push(c),
    }
}

fn push_number(out: &mut String, c: char) {
    match c {
        '<' | '>' | '&' => push(out, c),
        // Writing to a String cannot fail.
        _ => drop(write!(out, "&#{};", u32::from(c))),
    }
}

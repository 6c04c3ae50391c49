//! What of a written formula reaches the page.

use std::fmt::Write as _;

use crate::escape::push_escaped;

/// Elements of `MathML` Core that draw and do nothing else.
const ELEMENTS: [&str; 22] = [
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mprescripts",
    "mroot",
    "mrow",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
    "munderover",
];

/// Attributes whose values are numbers, lengths, words or names of classes.
const ATTRIBUTES: [&str; 21] = [
    "accent",
    "accentunder",
    "class",
    "columnspan",
    "depth",
    "displaystyle",
    "form",
    "height",
    "largeop",
    "linethickness",
    "lspace",
    "mathvariant",
    "maxsize",
    "minsize",
    "movablelimits",
    "rspace",
    "scriptlevel",
    "separator",
    "stretchy",
    "symmetric",
    "width",
];

/// Deeper elements are no formula that anybody wrote, and engines lay them out recursively.
const DEEPEST: usize = 80;

/// The elements again if each is one of ours, colours as attributes instead of styles; nothing if one is not.
pub(super) fn checked(written: &str) -> Option<String> {
    let mut out = String::with_capacity(written.len());
    let mut open: Vec<&str> = Vec::new();
    let mut rest = written;
    while let Some(at) = rest.find('<') {
        push_text(&mut out, &rest[..at]);
        let tag = &rest[at + 1..];
        if !tag.starts_with(|first: char| first == '/' || first.is_ascii_alphabetic()) {
            // A sign of relation, which the library does not escape.
            out.push_str("&lt;");
            rest = tag;
            continue;
        }
        let (tag, after) = tag.split_once('>')?;
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            (open.pop()? == name).then_some(())?;
            write!(out, "</{name}>").ok()?;
            continue;
        }
        let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        ELEMENTS.contains(&name).then_some(())?;
        out.push('<');
        out.push_str(name);
        push_attributes(&mut out, attributes)?;
        out.push('>');
        if closed {
            write!(out, "</{name}>").ok()?;
        } else {
            open.push(name);
            (open.len() <= DEEPEST).then_some(())?;
        }
    }
    push_text(&mut out, rest);
    open.is_empty().then_some(out)
}

/// Text between tags. The library knows these entities, and not in all places.
fn push_text(out: &mut String, text: &str) {
    let text =
        text.replace("&nbsp;", "\u{a0}").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    push_escaped(out, &text);
}

fn push_attributes(out: &mut String, attributes: &str) -> Option<()> {
    let mut rest = attributes.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        rest = after.trim_start();
        if name == "style" {
            push_colours(out, value);
            continue;
        }
        let harmless = value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b' ' | b'%'));
        (harmless && ATTRIBUTES.contains(&name)).then_some(())?;
        write!(out, " {name}=\"{value}\"").ok()?;
    }
    Some(())
}

/// The colours of a style as attributes; frames are not drawn.
fn push_colours(out: &mut String, style: &str) {
    for rule in style.split(';') {
        let Some((property, value)) = rule.split_once(": rgb(") else { continue };
        let name = match property.trim() {
            "color" => "mathcolor",
            "background-color" => "mathbackground",
            _ => continue,
        };
        let channels: Vec<u8> =
            value.trim_end_matches(')').split(' ').filter_map(|channel| channel.parse().ok()).collect();
        if let [red, green, blue] = channels[..] {
            // Writing to a String cannot fail.
            let _ = write!(out, " {name}=\"#{red:02x}{green:02x}{blue:02x}\"");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn nothing_else_passes() {
        let cases = [
            ("<mi>x</mi>", Some("<mi>x</mi>")),
            ("<mo><</mo><mo>></mo>", Some("<mo>&lt;</mo><mo>&gt;</mo>")),
            ("<mtext>a&nbsp;&amp;</mtext>", Some("<mtext>a\u{a0}&amp;</mtext>")),
            ("<mspace width=\"1em\" />", Some("<mspace width=\"1em\"></mspace>")),
            (
                "<mo stretchy=\"true\"minsize=\"1em\">(</mo>",
                Some("<mo stretchy=\"true\" minsize=\"1em\">(</mo>"),
            ),
            (
                "<mi style=\"color: rgb(255 0 9); border: 0.06em solid rgb(1 2 3)\">x</mi>",
                Some("<mi mathcolor=\"#ff0009\">x</mi>"),
            ),
            ("<script>x</script>", None),
            ("<mi onclick=\"x\">x</mi>", None),
            ("<mi class=\"a&quot;\">x</mi>", None),
            ("<mi href=\"x\">x</mi>", None),
            ("<mi>x</mo>", None),
            ("<mi>", None),
            ("</mi>", None),
        ];
        for (written, expected) in cases {
            assert_eq!(checked(written).as_deref(), expected, "{written}");
        }
    }
}

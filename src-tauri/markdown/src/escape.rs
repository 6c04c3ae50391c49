//! Text and attribute values on their way into HTML.

/// Appends `text` so that HTML reads it back as the same characters, inside an element and inside a quoted attribute.
pub(crate) fn push_escaped(out: &mut String, text: &str) {
    let mut rest = 0;
    for (at, byte) in text.bytes().enumerate() {
        let replacement = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            // A NUL is not a character that HTML can hold.
            0 => "\u{FFFD}",
            _ => continue,
        };
        out.push_str(&text[rest..at]);
        out.push_str(replacement);
        rest = at + 1;
    }
    out.push_str(&text[rest..]);
}

#[cfg(test)]
mod tests {
    use super::push_escaped;

    fn check(text: &str, expected: &str) {
        let mut out = String::new();
        push_escaped(&mut out, text);
        assert_eq!(out, expected);
    }

    #[test]
    fn every_special_character() {
        check("", "");
        check("plain 中文", "plain 中文");
        check("<a href=\"x\" b='y'>&amp;", "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
        check("\0", "\u{FFFD}");
    }
}

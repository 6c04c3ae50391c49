//! XML as text. All that came from outside passes through [`push_escaped`].

/// A part of the package while it is written.
#[derive(Debug, Default)]
pub(super) struct Xml(String);

impl Xml {
    /// A part that begins as every part does.
    pub(super) fn part() -> Self {
        Self(String::from("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"))
    }

    /// What the program itself says, tags and all.
    pub(super) fn raw(&mut self, written: &'static str) {
        self.0.push_str(written);
    }

    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, ">");
    }

    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, "/>");
    }

    /// An element whose only attribute is `w:val`, as most properties are.
    pub(super) fn value(&mut self, name: &str, value: &str) {
        self.empty(name, &[("w:val", value)]);
    }

    pub(super) fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    pub(super) fn text(&mut self, text: &str) {
        push_escaped(&mut self.0, text);
    }

    /// What another part of the program wrote.
    pub(super) fn append(&mut self, written: &Self) {
        self.0.push_str(&written.0);
    }

    pub(super) fn length(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)], end: &str) {
        self.0.push('<');
        self.0.push_str(name);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            push_escaped(&mut self.0, value);
            self.0.push('"');
        }
        self.0.push_str(end);
    }
}

/// Text as it stands between tags and in attributes. Characters that XML 1.0 cannot hold (its production 2) are left
/// out, escaped or not: a single one of them and Word calls the file damaged.
fn push_escaped(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\u{20}'..='\u{fffd}' | '\u{10000}'.. => out.push(character),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Xml;

    #[test]
    fn what_xml_cannot_hold_is_left_out() {
        let mut xml = Xml::default();
        xml.text("a\0\u{b}\u{1b}\r\u{fffe}\u{ffff}<&>\"\t\n\u{fffd}\u{1f600}");
        assert_eq!(xml.into_string(), "a&lt;&amp;&gt;&quot;\t\n\u{fffd}\u{1f600}");
    }
}

//! Footnotes: numbered by first reference, shown together at the end.

use std::fmt::Write;

/// The footnotes of one message.
///
/// Nothing in the HTML has an id: two messages on one page may both have a footnote 1.
#[derive(Clone, Debug, Default)]
pub(crate) struct Footnotes {
    /// Folded labels; the place in the list is the number less one.
    referenced: Vec<String>,
    /// Folded labels and what the notes say, as HTML.
    defined: Vec<(String, String)>,
}

impl Footnotes {
    /// The number of a footnote, given at its first reference.
    pub(crate) fn number(&mut self, label: &str) -> usize {
        let label = folded(label);
        let known = self.referenced.iter().position(|referenced| *referenced == label);
        known.unwrap_or_else(|| {
            self.referenced.push(label);
            self.referenced.len() - 1
        }) + 1
    }

    /// Keeps a definition unless there was one with this label before.
    pub(crate) fn define(&mut self, label: &str, html: String) {
        let label = folded(label);
        if !self.defined.iter().any(|(defined, _)| *defined == label) {
            self.defined.push((label, html));
        }
    }

    /// Whether a label has a definition.
    pub(crate) fn defines(&self, label: &str) -> bool {
        let label = folded(label);
        self.defined.iter().any(|(defined, _)| *defined == label)
    }

    /// Labels that have a definition.
    pub(crate) fn labels(&self) -> impl Iterator<Item = &str> {
        self.defined.iter().map(|(label, _)| label.as_str())
    }

    /// The block at the end of the message, if anything refers to a footnote.
    pub(crate) fn section(&self) -> Option<String> {
        if self.referenced.is_empty() {
            return None;
        }
        let mut html = String::from("<section class=\"footnotes\"><ol>");
        for label in &self.referenced {
            let note = self.defined.iter().find(|(defined, _)| defined == label);
            // Writing to a String cannot fail.
            let _ = write!(html, "<li>{}</li>", note.map_or("", |(_, html)| html));
        }
        html.push_str("</ol></section>");
        Some(html)
    }
}

/// Labels match without regard to case.
fn folded(label: &str) -> String {
    label.to_lowercase()
}

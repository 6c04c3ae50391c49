//! Footnotes: numbered by first reference, shown together at the end, those without a reference too.

use std::collections::{HashMap, HashSet};

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

    /// Keeps a definition. Where several have one label, references mean the first.
    pub(crate) fn define(&mut self, label: &str, html: String) {
        self.defined.push((folded(label), html));
    }

    pub(crate) fn defines(&self, label: &str) -> bool {
        let label = folded(label);
        self.defined.iter().any(|(defined, _)| *defined == label)
    }

    pub(crate) fn labels(&self) -> impl Iterator<Item = &str> {
        self.defined.iter().map(|(label, _)| label.as_str())
    }

    /// The block at the end of the message: the notes by their numbers, then those that nothing refers to. A model often
    /// lists its sources as notes without a reference, and no text may vanish.
    pub(crate) fn section(&self) -> Option<String> {
        if self.referenced.is_empty() && self.defined.is_empty() {
            return None;
        }
        let mut first = HashMap::new();
        for (at, (label, _)) in self.defined.iter().enumerate() {
            first.entry(label.as_str()).or_insert(at);
        }
        let numbered: Vec<_> =
            self.referenced.iter().map(|label| first.get(label.as_str()).copied()).collect();
        let known: HashSet<_> = numbered.iter().flatten().copied().collect();
        let others = (0..self.defined.len()).filter(|at| !known.contains(at)).map(Some);
        let mut html = String::from("<section class=\"footnotes\"><ol>");
        for note in numbered.iter().copied().chain(others) {
            html.push_str("<li>");
            html.push_str(note.map_or("", |at| &self.defined[at].1));
            html.push_str("</li>");
        }
        html.push_str("</ol></section>");
        Some(html)
    }
}

/// Labels match without regard to case.
fn folded(label: &str) -> String {
    label.to_lowercase()
}

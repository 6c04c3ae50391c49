//! The HTML of a message as a tree, for formats that are not HTML.
//!
//! It is read back from what [`crate::write`] wrote, so that every format shows the same blocks, the same links and the
//! same colours, and there is one place that knows what Markdown means.

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Characters, as they are read.
    Text(String),
    /// One of the elements of HTML or `MathML` that the crate writes.
    Element(Element),
}

/// An element, such as a paragraph, a link or a fraction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// The name of its tag, in small letters.
    pub name: String,
    /// Names and values in the order in which they are written.
    pub attributes: Vec<(String, String)>,
    /// What is in it.
    pub children: Vec<Node>,
}

impl Element {
    /// The value of an attribute; empty for one that has none.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is of a class, such as `math` or `hl-keyword`.
    pub fn is(&self, class: &str) -> bool {
        self.attribute("class").is_some_and(|classes| classes.split(' ').any(|known| known == class))
    }

    /// The elements in it, without the text between them.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first element of that name, however deep in it.
    pub fn find(&self, name: &str) -> Option<&Element> {
        self.elements().find_map(|child| if child.name == name { Some(child) } else { child.find(name) })
    }

    /// All its characters.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.push_text(&mut text);
        text
    }

    fn push_text(&self, out: &mut String) {
        for child in &self.children {
            match child {
                Node::Text(text) => out.push_str(text),
                Node::Element(element) => element.push_text(out),
            }
        }
    }
}

/// Elements without content.
const VOID: [&str; 3] = ["br", "hr", "input"];

/// Reads what the crate's own writer wrote.
pub(crate) fn read(html: &str) -> Vec<Node> {
    let mut open = vec![Element::default()];
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        push_text(&mut open, &rest[..at]);
        let (tag, after) = rest[at + 1..].split_once('>').unwrap_or((&rest[at + 1..], ""));
        rest = after;
        if tag.starts_with('/') {
            close(&mut open);
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        open.push(Element {
            name: name.to_owned(),
            attributes: read_attributes(attributes),
            children: Vec::new(),
        });
        if VOID.contains(&name) {
            close(&mut open);
        }
    }
    push_text(&mut open, rest);
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().map(|root| root.children).unwrap_or_default()
}

fn push_text(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut().filter(|_| !text.is_empty()) {
        element.children.push(Node::Text(unescaped(text)));
    }
}

fn close(open: &mut Vec<Element>) {
    // The root stays, so that there is always one to put things into.
    if open.len() > 1
        && let Some(element) = open.pop()
        && let Some(around) = open.last_mut()
    {
        around.children.push(Node::Element(element));
    }
}

fn read_attributes(written: &str) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    let mut rest = written.trim_start();
    while !rest.is_empty() {
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix("=\"") {
            Some(value) => value.split_once('"').unwrap_or((value, "")),
            None => ("", after.strip_prefix('=').unwrap_or(after)),
        };
        attributes.push((name.to_owned(), unescaped(value)));
        rest = after.trim_start();
    }
    attributes
}

/// The entities that [`crate::escape`] writes, as characters.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

//! Markdown that is still arriving, turned into safe HTML blocks.
//!
//! A reply reaches the app in pieces of a few characters. [`Document`] takes them as they come and answers with the
//! top-level blocks that changed since the last question, so that a window draws a few bytes per frame however long the
//! reply has grown. Text that has not all arrived is shown as if its author had just closed whatever is open: half a
//! `**bold` is bold, half a link is its text. [`Document::finish`] ends that, and from then on the blocks are exactly
//! those of [`render`].
//!
//! What comes out is safe to insert as HTML because nothing else can be written: the crate has its own writer with a
//! fixed set of elements and classes, every piece of message text passes through one escaping function, raw HTML in a
//! message is text, links lead to `http`, `https` or `mailto` and nowhere else, and no image is ever fetched.
//!
//! Pure: no input or output, no clock, no threads. Total: every text has a result.

mod autolink;
mod closed;
mod destination;
mod document;
mod dollars;
mod edits;
mod elements;
mod escape;
mod examples;
mod footnotes;
mod formula;
mod highlight;
mod languages;
mod linebreak;
mod linked;
mod marks;
mod nesting;
mod parse;
mod plain;
mod powershell;
mod prepare;
mod scopes;
mod tables;
mod tamed;
mod tree;
mod unfinished;
mod unfinished_inline;
mod write;

pub use document::Document;
pub use tree::{Element, Node};

use serde::Serialize;
use specta::Type;

/// One top-level block of a message, such as a paragraph, a list or a code block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct Block {
    /// The block's place in the message, counted from 0.
    pub key: u32,
    /// Safe HTML, ready to be inserted as it is.
    pub html: String,
}

/// What a reader has to do to catch up: put each changed block at its key, then keep the first `length` blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct Patch {
    /// Blocks that are new or different, in order of their keys.
    pub changed: Vec<Block>,
    /// How many blocks the message has.
    pub length: u32,
}

/// A text that is complete, as it can stand in one file with others: what its author left open, such as a code fence, is
/// closed, so that what follows is not swallowed. Its blocks are the same.
pub fn closed(text: &str) -> std::borrow::Cow<'_, str> {
    closed::closed(text)
}

/// A text that is complete, as other programs may show it that obey raw HTML and follow every link: both are text in it,
/// as they are in its blocks here. Code stays as it is.
pub fn tamed(text: &str) -> std::borrow::Cow<'_, str> {
    tamed::tamed(text)
}

/// A text that is complete as plain text: without marks for emphasis, links followed by their addresses, code indented.
pub fn plain(text: &str) -> String {
    plain::plain(text)
}

/// Text as it stands in HTML, between tags or in an attribute.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape::push_escaped(&mut out, text);
    out
}

/// A text that is complete as a tree of its blocks, with the same elements and classes as its HTML.
pub fn tree(text: &str) -> Vec<Node> {
    render(text).iter().flat_map(|block| tree::read(&block.html)).collect()
}

/// Renders a text that is complete.
pub fn render(text: &str) -> Vec<Block> {
    let mut document = Document::complete(text);
    document.finish();
    document.patch_since(0).changed
}

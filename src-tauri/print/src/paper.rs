//! What stands in a document, before any format.

use porthole_markdown::Node;

/// One conversation as a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// The title of the conversation: the first line, and the title in the file's properties.
    pub title: String,
    /// One line under the title: when it began, its folder, its tags.
    pub facts: String,
    /// When the conversation began, in milliseconds since 1970, for the file's properties.
    pub created_at_ms: i64,
    /// What follows, in order.
    pub pieces: Vec<Piece>,
}

/// A stretch of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Who speaks from here on: a heading, and a line of the contents.
    Speaker {
        /// Such as "You", or the name of a model.
        name: String,
        /// The first words of what is said, to tell the lines of the contents apart.
        beginning: String,
    },
    /// What is said, as `porthole_markdown::tree` makes it.
    Blocks {
        /// How it is set.
        tone: Tone,
        /// Its blocks.
        nodes: Vec<Node>,
    },
    /// Text in which every character counts, with a caption: a system message, the data of a tool.
    Verbatim {
        /// What it is.
        caption: String,
        /// The text.
        text: String,
    },
    /// One line in small letters: which version begins, what a reply took.
    Note(String),
}

/// How a stretch of text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As the text of the document.
    Said,
    /// As an aside, set back from the text: what a model thought.
    Thought,
}

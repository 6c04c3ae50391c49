//! A paper as DOCX: `WordprocessingML` in a package (ECMA-376 parts 1 and 2, the transitional schema of part 4, which is
//! what every word processor reads).
//!
//! The parts are written here and not by a crate: what they need of the format is small, and formulas, footers and
//! lists that begin anew are what crates for it leave out. What a message says passes through one escaping function,
//! as it does in HTML; nothing refers to anything outside but links that a reader follows.

mod asian;
mod blocks;
mod body;
mod code;
mod direction;
mod draft;
mod formula;
mod line;
mod package;
mod place;
mod run;
mod table;
mod xml;

use crate::Paper;

/// Why a document could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the document could not be packed: {0}")]
pub struct DocxError(#[from] zip::result::ZipError);

/// A paper as the bytes of a `.docx` file: A4, page numbers below, a heading for each speaker.
///
/// Headings, lists, links, tables and formulas (ECMA-376 part 1, 22.1) are those of the format and can be edited. Code
/// keeps its colours. Paragraphs that begin in Arabic or Hebrew run to the left. Images of messages are links to them:
/// a document loads nothing. Headings of messages are one level lower than they were written, below those of speakers.
///
/// The same paper gives the same bytes: the only time in the file is the paper's.
///
/// # Errors
///
/// Only if the package cannot be written, which for one in memory means that it is larger than 4 GB.
pub fn docx(paper: &Paper) -> Result<Vec<u8>, DocxError> {
    let mut draft = draft::Draft::new();
    body::push_body(&mut draft, paper);
    Ok(package::packed(paper, draft)?)
}

//! Conversations as documents that offices work with.
//!
//! A [`Paper`] says what is on it; each format is one function from that to the bytes of a file.

mod docx;
mod paper;
mod pdf;

pub use docx::{DocxError, docx};
pub use paper::{Paper, Piece, Tone};
pub use pdf::{Pdf, PdfError, Picture, pdf};

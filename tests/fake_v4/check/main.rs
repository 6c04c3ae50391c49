//! Whether the stand-in does what it claims, checked byte by byte over a bare TCP connection.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "that is how a test fails")]
#![allow(clippy::doc_markdown, reason = "DeepSeek and SGLang are names, not code")]

mod client;
/// The connection: keep-alive, closing, pausing, the program.
mod connection;
/// Each dialect answers its own fingerprints and nobody else's.
mod dialects;
/// Every way an answer can end.
mod endings;
/// How the same events look under different framing.
mod framing;
/// The hosted API beyond the chat: balance, prefix completion, names that moved, redirects.
mod hosted;
/// The recordings that the property tests and fuzz targets begin with.
mod recordings;
/// What DeepSeek refuses.
mod refusals;
/// The JSON of the chunks.
mod shapes;

//! What Porthole's tests are built on.
//!
//! Nothing here ships. The one part that is useful on its own is [`fake_v4`], a stand-in for the DeepSeek API and for
//! the local servers people point Porthole at.

#![allow(clippy::doc_markdown, reason = "DeepSeek and SGLang are names, not code")]
#![allow(
    clippy::format_push_string,
    reason = "tests can afford the allocation, and it reads better than `write!`"
)]

#[path = "../fake_v4/lib.rs"]
pub mod fake_v4;

pub mod harness;
pub mod history;
pub mod measuring;
pub mod recordings;
pub mod session;
pub mod streams;

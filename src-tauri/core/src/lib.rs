//! Porthole itself: conversations, models, streaming, storage, keys. It knows no window and no Tauri; the
//! desktop shell and the command line hold an [`App`].

mod app;
pub mod catalogue;
pub mod clock;
pub mod domain;
pub mod provider;
pub mod secrets;
pub mod settings;
pub mod store;
pub mod transfer;
pub mod turn;

pub use app::*;

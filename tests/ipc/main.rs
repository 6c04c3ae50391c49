//! The command surface on Tauri's mock runtime: no display, no web view.

#![cfg(test)]

mod bindings;
mod surface;

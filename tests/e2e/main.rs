//! Journeys through the real window, as a user takes them: WebKitWebDriver types, clicks and reads.
//!
//! `cargo xtask test` provides the display, the driver, the built programs and the real model
//! (`PORTHOLE_BIN`, `PORTHOLE_MODEL_URL`, `PORTHOLE_E2E_SHOTS`).

#![cfg(test)]

mod exports;
mod journeys;
mod keyboard;
mod keys;
mod layout;
mod order;
mod reading;
mod shelves;
mod steps;
mod sturdiness;
mod tree;
mod walls;
mod window;

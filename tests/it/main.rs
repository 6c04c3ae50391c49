//! Porthole against stand-in servers, without a window.

#![cfg(test)]

mod chat;
mod command_line;
mod continuing;
mod data_folder;
mod models;
mod money;
mod prefix;
mod recovery;
mod servers;
mod sharing;
mod trouble;

//! Porthole against stand-in servers, without a window.

#![cfg(test)]

mod chat;
mod cluster;
mod command_line;
mod data_folder;
mod recovery;
mod servers;
mod sharing;
mod trouble;

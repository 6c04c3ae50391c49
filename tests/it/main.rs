//! Porthole against stand-in servers, without a window.

#![cfg(test)]

mod chat;
mod cluster;
mod command_line;
mod continuing;
mod data_folder;
#[cfg(target_os = "linux")]
mod deepseek;
mod discovery;
mod keychain;
mod local_servers;
mod lock;
mod models;
mod money;
mod prefix;
mod recovery;
mod servers;
mod sharing;
mod splits;
mod trouble;

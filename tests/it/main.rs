//! Porthole against stand-in servers, without a window.

#![cfg(test)]

mod attempts;
mod backups;
mod branches;
mod chat;
mod clocks;
mod cluster;
mod command_line;
mod continuing;
mod data_folder;
mod deepseek;
mod discovery;
mod export;
mod exporting;
mod field_reports;
mod field_streams;
#[cfg(target_os = "linux")]
mod folders;
mod formats;
mod gallery;
mod gate;
mod hostile_exports;
mod interrupting;
mod journal;
mod kept;
mod keychain;
mod kills;
mod local_servers;
#[cfg(target_os = "linux")]
mod lock;
mod migrations;
mod models;
mod money;
mod moving;
mod network;
mod order;
mod order_by_command;
mod outline;
mod prefix;
mod queue;
mod random;
mod recovery;
mod search;
mod servers;
mod sharing;
mod splits;
mod starts;
mod titles;
mod tree;
mod trouble;
mod versions_by_command;

//! What the crate promises to those who use it.

mod arriving;
mod commonmark;
mod half_tables;
mod hostile;
mod rendering;
mod reported;
mod safety;

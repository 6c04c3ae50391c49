//! What the crate promises to those who use it.

mod arriving;
mod attacks;
mod closing;
mod commonmark;
mod formulas;
mod half_tables;
mod hostile;
mod plainly;
mod rendering;
mod reported;
mod safety;
mod taming;
mod trees;

//! How deep elements may lie in one another.

/// More levels than this show nothing to anybody, and are work without end for what draws them.
const DEEPEST: usize = 100;

/// A count of elements of one kind that are open.
#[derive(Debug, Default)]
pub(crate) struct Nesting {
    open: usize,
}

impl Nesting {
    /// Opens one and tells whether it is to be written.
    pub(crate) fn enter(&mut self) -> bool {
        self.open += 1;
        self.shows()
    }

    /// Closes one and tells whether it was written.
    pub(crate) fn leave(&mut self) -> bool {
        let shown = self.shows();
        self.open = self.open.saturating_sub(1);
        shown
    }

    /// Whether the innermost one that is open was written.
    pub(crate) fn shows(&self) -> bool {
        self.open <= DEEPEST
    }
}

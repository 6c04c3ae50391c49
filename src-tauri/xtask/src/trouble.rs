//! What went wrong, in words for the user at the terminal, with what to do about it.

use std::fmt;
use std::io;

/// The result of a chore.
pub(crate) type Outcome<T> = Result<T, Trouble>;

/// A failure that ends a chore. It is shown once, by `main`, and never matched on.
#[derive(Debug)]
pub(crate) struct Trouble {
    what: String,
    remedy: Option<String>,
}

impl Trouble {
    /// A failure without advice.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: None }
    }

    /// Adds what the reader can do: usually the command that installs a missing piece.
    pub(crate) fn advise(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// Names what was being done when a file operation failed.
pub(crate) trait Doing<T> {
    fn doing(self, what: impl fmt::Display) -> Outcome<T>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: impl fmt::Display) -> Outcome<T> {
        self.map_err(|error| Trouble::new(format!("{what}: {error}")))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}", self.what)?;
        if let Some(remedy) = &self.remedy {
            write!(formatter, "\n  to do: {remedy}")?;
        }
        Ok(())
    }
}

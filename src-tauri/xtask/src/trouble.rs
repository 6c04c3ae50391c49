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

    /// A failed file operation, named by what was being done.
    pub(crate) fn io(doing: impl fmt::Display, error: &io::Error) -> Self {
        Self::new(format!("{doing}: {error}"))
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

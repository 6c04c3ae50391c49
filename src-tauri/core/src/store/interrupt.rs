//! How long work is asked to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::StoreError;

/// How many steps of SQLite's machine, or pages of a check, lie between two looks at whether to stop: thousands of looks
/// in a second.
const STEPS: i32 = 1000;

/// A request to stop, shared by all clones: one is held by whoever waits for a copy, a check or a move, the other by the
/// thread that works at it. Once asked it stays asked. Work that was stopped fails with [`StoreError::Closed`] and leaves
/// what it found.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Asks whatever works under this to stop as soon as it can.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the work should stop.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Ends the work here if it was asked to.
    ///
    /// # Errors
    /// [`StoreError::Closed`]
    pub(super) fn heed(&self) -> Result<(), StoreError> {
        if self.is_asked() { Err(StoreError::Closed) } else { Ok(()) }
    }

    /// Has every statement of `connection` fail from the moment that this is asked.
    pub(super) fn watch(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let asked = self.clone();
        Ok(connection.progress_handler(STEPS, Some(move || asked.is_asked()))?)
    }
}

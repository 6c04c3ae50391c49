//! The marks of the programs that have a data folder open, which tell whether they still run.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::StoreError;
use super::data_folder::{self, WRITERS};

/// A file that this program keeps locked while it runs. Each reply that is arriving here carries its name, so that
/// another program can tell from the lock whether somebody is still receiving the reply.
pub(super) struct WriterMark {
    name: String,
    path: PathBuf,
    _lock: File,
}

impl WriterMark {
    pub(super) fn take(folder: &Path) -> Result<Self, StoreError> {
        let marks = folder.join(WRITERS);
        data_folder::make(&marks)?;
        loop {
            let name = format!("{}-{:08x}", std::process::id(), rand::random::<u32>());
            let path = marks.join(&name);
            let lock = File::create(&path)?;
            match lock.try_lock() {
                // Before it was locked, another program may have mistaken it for a crashed one's and swept it.
                Ok(()) if path.exists() => return Ok(Self { name, path, _lock: lock }),
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for WriterMark {
    fn drop(&mut self) {
        // A mark left behind is harmless: nobody holds its lock.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether the program that owns the mark called `writer` is running.
pub(super) fn is_alive(folder: &Path, writer: &str) -> bool {
    if writer.is_empty() {
        return false;
    }
    let Ok(mark) = File::open(folder.join(WRITERS).join(writer)) else { return false };
    matches!(mark.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Whether any program but the one with the mark `own` has the folder open.
pub(super) fn anybody_alive(folder: &Path, own: Option<&WriterMark>) -> bool {
    let Ok(marks) = fs::read_dir(folder.join(WRITERS)) else { return false };
    marks.flatten().any(|mark| {
        let name = mark.file_name();
        let is_own = own.is_some_and(|own| name.to_str() == Some(own.name()));
        !is_own && name.to_str().is_some_and(|name| is_alive(folder, name))
    })
}

/// Who receives the arriving replies; an empty name if unknown.
pub(super) fn writers_of_arriving(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT coalesce(writer, '') FROM message WHERE state = 'arriving'")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Removes the marks of crashed programs. The lock of each is held while doing so, so that a program that is just taking
/// it either has it or sees that it is gone.
pub(super) fn sweep_dead(folder: &Path, own: &WriterMark) {
    let Ok(marks) = fs::read_dir(folder.join(WRITERS)) else { return };
    for mark in marks.flatten() {
        let name = mark.file_name();
        let Some(name) = name.to_str() else { continue };
        if name != own.name()
            && let Ok(lock) = File::open(mark.path())
            && lock.try_lock().is_ok()
        {
            // Left for the next start if it cannot be removed.
            let _ = fs::remove_file(mark.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_program_that_sweeps_never_takes_the_mark_of_one_that_begins() {
        let folder = tempfile::tempdir().unwrap();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let own = WriterMark::take(folder.path()).unwrap();
                    while !over.load(Ordering::Relaxed) {
                        sweep_dead(folder.path(), &own);
                    }
                });
            }
            let marks: Vec<_> = (0..500).map(|_| WriterMark::take(folder.path())).collect();
            over.store(true, Ordering::Relaxed);
            for mark in marks {
                assert!(is_alive(folder.path(), mark.unwrap().name()));
            }
        });
    }
}

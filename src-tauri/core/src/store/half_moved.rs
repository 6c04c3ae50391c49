//! The copy of a data folder in its new place, for as long as it is not whole.
//!
//! It grows in a folder of its own, next to a label that tells whose copy it is. When all of it is there, the label lists
//! the files that are about to be put into their place. So whatever moment a program dies at, a later move can tell what
//! the copy brought from what a person put there.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::data_folder::{self, BACKUPS, COMPANIONS, ORIGIN, POINTER, UNFINISHED};
use super::{Store, StoreError, disk};

/// Whose copy it is. It is there before anything else is, and goes last.
const LABEL: &str = "unfinished-move.json";
/// The label itself, unfinished.
pub(super) const LABEL_PART: &str = "unfinished-move.json.part";

#[derive(Serialize, Deserialize)]
struct Label {
    from: PathBuf,
    /// What is put into its place, as paths below it; empty until all of it has been copied.
    placed: Vec<PathBuf>,
}

/// A copy that is not whole.
pub(super) struct HalfMoved {
    place: PathBuf,
    label: Label,
}

impl HalfMoved {
    /// Begins a copy of `from` in the folder `place`.
    pub(super) fn begin(place: &Path, from: &Path) -> Result<Self, StoreError> {
        let label = Label { from: from.to_owned(), placed: Vec::new() };
        let begun = Self { place: place.to_owned(), label };
        let made = begun.write_label().and_then(|()| data_folder::make(&begun.growing()));
        if let Err(error) = made.and_then(|()| Ok(disk::sync_folder(place)?)) {
            // The first error is the one to report; the next move takes away what stays.
            let _ = begun.finish();
            return Err(error);
        }
        Ok(begun)
    }

    /// The copy that an earlier move has left in `place`.
    pub(super) fn left_in(place: &Path) -> Result<Option<Self>, StoreError> {
        match fs::read(place.join(LABEL)) {
            // What cannot be read was not written by a move.
            Ok(text) => {
                Ok(serde_json::from_slice(&text).ok().map(|label| Self { place: place.to_owned(), label }))
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The folder it is a copy of.
    pub(super) fn from(&self) -> &Path {
        &self.label.from
    }

    /// The folder to copy into.
    pub(super) fn growing(&self) -> PathBuf {
        self.place.join(UNFINISHED)
    }

    /// Whether the entry `name` of the place is the copy's, with all that is in it.
    pub(super) fn owns(&self, name: &OsStr) -> Result<bool, StoreError> {
        if name == LABEL {
            return Ok(true);
        }
        if name == UNFINISHED {
            return Ok(files_below(&self.growing())?.iter().all(|file| is_copied(file)));
        }
        let is_placed = |file: &Path| {
            self.label.placed.iter().any(|placed| placed == file) && !self.growing().join(file).exists()
        };
        if !self.place.join(name).is_dir() {
            return Ok(is_placed(Path::new(name)));
        }
        let inside = files_below(&self.place.join(name))?;
        Ok(name == BACKUPS && inside.iter().all(|file| is_placed(&Path::new(name).join(file))))
    }

    /// Puts all that was copied into its place, and `last` after everything else.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if something came to be there meanwhile.
    pub(super) fn put_in_place(&mut self, last: &str) -> Result<(), StoreError> {
        self.list(last)?;
        while self.place_next()? {}
        for folder in [self.place.join(BACKUPS), self.place.clone()] {
            if folder.is_dir() {
                disk::sync_folder(&folder)?;
            }
        }
        Ok(())
    }

    /// Lists on the label what is about to be put into its place.
    pub(super) fn list(&mut self, last: &str) -> Result<(), StoreError> {
        self.label.placed = files_below(&self.growing())?;
        self.label.placed.sort_by_key(|file| file == Path::new(last));
        self.write_label()
    }

    /// Puts the next of the listed files into its place; returns whether there was one.
    pub(super) fn place_next(&self) -> Result<bool, StoreError> {
        let growing = self.growing();
        let Some(file) = self.label.placed.iter().find(|file| growing.join(file).exists()) else {
            return Ok(false);
        };
        let to = self.place.join(file);
        if to.exists() {
            return Err(StoreError::Refused(format!("{} came to be there meanwhile.", to.display())));
        }
        if let Some(folder) = to.parent() {
            data_folder::make(folder)?;
        }
        fs::rename(growing.join(file), to)?;
        Ok(true)
    }

    /// Sets aside what says that the history of the place is somewhere else.
    pub(super) fn set_pointer_aside(&self) -> Result<(), StoreError> {
        match fs::rename(self.place.join(POINTER), self.growing().join(POINTER)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(disk::sync_folder(&self.place)?),
        }
    }

    /// Leaves the place as it was before the copy was begun.
    pub(super) fn take_away(&mut self) -> Result<(), StoreError> {
        let growing = self.growing();
        if growing.join(POINTER).exists() {
            // Before the history goes: without either, the place would be taken for a new one.
            fs::rename(growing.join(POINTER), self.place.join(POINTER))?;
            disk::sync_folder(&self.place)?;
        }
        for file in &self.label.placed {
            if !growing.join(file).exists() {
                disk::remove(&self.place.join(file))?;
            }
        }
        if !self.label.placed.is_empty() {
            // There may be files of other programs in it.
            let _ = fs::remove_dir(self.place.join(BACKUPS));
            self.label.placed.clear();
            self.write_label()?;
        }
        self.finish()
    }

    /// Forgets that the copy was not whole.
    pub(super) fn finish(&self) -> Result<(), StoreError> {
        match fs::remove_dir_all(self.growing()) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        disk::remove(&self.place.join(LABEL))?;
        Ok(disk::sync_folder(&self.place)?)
    }

    fn write_label(&self) -> Result<(), StoreError> {
        Ok(disk::write_whole(&self.place.join(LABEL), &serde_json::to_vec(&self.label)?)?)
    }
}

/// Whether a file in the growing copy can have been copied there; `file` is its path in the copy.
fn is_copied(file: &Path) -> bool {
    if file.starts_with(BACKUPS) {
        return file.extension().is_some_and(|ending| ending == "db");
    }
    let Some(name) = file.to_str() else { return false };
    // SQLite's journals and unfinished small files have longer names.
    COMPANIONS.contains(&name) || [Store::FILE_NAME, ORIGIN, POINTER].iter().any(|own| name.starts_with(own))
}

/// All files below a folder, as paths below it.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = PathBuf::from(entry.file_name());
        if entry.file_type()?.is_dir() {
            found.extend(files_below(&entry.path())?.iter().map(|file| name.join(file)));
        } else {
            found.push(name);
        }
    }
    Ok(found)
}

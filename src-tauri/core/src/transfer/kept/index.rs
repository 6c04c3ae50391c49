//! Which files of a folder are ours, and what is in them.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{KeptFormat, TRASH};
use crate::domain::ConversationId;

/// The file in the folder that says so.
const FILE: &str = ".porthole.json";

/// What a chat was when its file was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    /// When it last changed, in milliseconds since 1970.
    pub(crate) updated_at_ms: i64,
    /// Its title.
    pub(crate) title: String,
    /// Whether it is in the trash.
    pub(crate) trashed: bool,
    /// What its file is.
    pub(crate) format: KeptFormat,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Its name, with a slash behind the folder it is in.
    pub(super) name: String,
    /// The SHA-256 of what was written, in hexadecimal digits.
    pub(super) digest: String,
    stamp: Stamp,
}

/// The files that were written to a folder, by their chats.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Index {
    files: BTreeMap<ConversationId, Entry>,
    /// Their names in small letters, as some file systems see them.
    #[serde(skip)]
    names: HashSet<String>,
}

impl Index {
    /// Makes a folder one that is kept, if it is none yet.
    ///
    /// # Errors
    /// What the disk says; one of `AlreadyExists` if something else stands under the name of the index.
    pub(crate) fn begin(folder: &Path) -> io::Result<()> {
        match Self::read(folder) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::default().write(folder),
            Err(error) => Err(error),
        }
    }

    /// Reads the index of a folder.
    ///
    /// # Errors
    /// What the disk says; `NotFound` for a folder that is not there, or that was never begun: the drive that it is on
    /// may be away, and what is then in its place is not to be filled.
    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        let bytes = std::fs::read(folder.join(FILE))?;
        let mut index: Self = serde_json::from_slice(&bytes)?;
        index.names = index.files.values().map(|entry| entry.name.to_lowercase()).collect();
        Ok(index)
    }

    /// Writes it, in one step.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let part = folder.join(format!("{FILE}.part"));
        std::fs::write(&part, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(&part, folder.join(FILE))
    }

    /// Whether the file of a chat was written since the chat last changed.
    pub(crate) fn is_current(&self, id: ConversationId, stamp: &Stamp) -> bool {
        self.files.get(&id).is_some_and(|entry| entry.stamp == *stamp)
    }

    /// The chats that have files.
    pub(crate) fn chats(&self) -> impl Iterator<Item = ConversationId> {
        self.files.keys().copied()
    }

    pub(super) fn file(&self, id: ConversationId) -> Option<&Entry> {
        self.files.get(&id)
    }

    pub(super) fn has_name(&self, name: &str) -> bool {
        self.names.contains(&name.to_lowercase())
    }

    pub(super) fn put(&mut self, id: ConversationId, name: String, digest: String, stamp: Stamp) {
        self.forget(id);
        self.names.insert(name.to_lowercase());
        self.files.insert(id, Entry { name, digest, stamp });
    }

    pub(super) fn forget(&mut self, id: ConversationId) {
        if let Some(entry) = self.files.remove(&id) {
            self.names.remove(&entry.name.to_lowercase());
        }
    }
}

/// Whether a name is one that a chat of that title would be given, with or without a number.
pub(super) fn fits(name: &str, stem: &str, trashed: bool, extension: &str) -> bool {
    let (within, own) = name.rsplit_once('/').unwrap_or(("", name));
    let rest = own.strip_prefix(stem).and_then(|rest| rest.strip_suffix(extension)?.strip_suffix('.'));
    let is_number = |rest: &str| {
        let digits = rest.strip_prefix(" (").and_then(|rest| rest.strip_suffix(')'));
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    (within == TRASH) == trashed && rest.is_some_and(|rest| rest.is_empty() || is_number(rest))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_name_stays_while_its_title_does() {
        for (name, trashed, expected) in [
            ("Tides.md", false, true),
            ("Tides (2).md", false, true),
            ("Trash/Tides (12).md", true, true),
            ("Tides.md", true, false),
            ("Tides and moons.md", false, false),
            ("Tides ().md", false, false),
            ("Tides.json", false, false),
        ] {
            assert_eq!(fits(name, "Tides", trashed, "md"), expected, "{name}");
        }
    }
}

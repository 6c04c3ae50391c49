//! A folder of files that is kept as the history is: one file for each chat.
//!
//! Only files that stand in the folder's own [`Index`] with the digest they have on the disk are ever changed or taken
//! away. What somebody wrote or changed there is theirs, and is left alone until it is as it was.

mod index;

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::output::file_stem;
use super::paper::Fonts;
use super::{Format, Page, Wanted};
use crate::domain::ConversationId;
use crate::domain::record::{ConversationRecord, MessageRecord};
use crate::store::{Extent, Listener, Version};
pub(crate) use index::{Index, Stamp};

/// Where the files of chats in the trash are, in the folder.
const TRASH: &str = "Trash";

/// What the files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum KeptFormat {
    /// To read: the branch that is shown.
    Markdown,
    /// Everything, to read back.
    Json,
}

impl KeptFormat {
    const fn format(self) -> Format {
        match self {
            Self::Markdown => Format::Markdown,
            Self::Json => Format::Json,
        }
    }

    /// Which messages of a chat are in its file.
    pub(crate) const fn extent(self) -> Extent {
        self.format().extent(Wanted::WHOLE)
    }
}

/// The file of one chat while it is written, under another name.
pub(crate) struct Draft {
    page: Box<dyn Page>,
    file: BufWriter<File>,
    digest: Sha256,
    path: PathBuf,
}

impl Draft {
    /// Begins the file of a chat in a folder.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn new(folder: &Path, id: ConversationId, format: KeptFormat) -> io::Result<Self> {
        let path = folder.join(format!(".{id}.part"));
        let file = BufWriter::with_capacity(1 << 16, File::create(&path)?);
        Ok(Self {
            page: format.format().page(Wanted::WHOLE, &Fonts::default()),
            file,
            digest: Sha256::new(),
            path,
        })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After a rename there is nothing of that name.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Writes to a file and adds to its digest.
struct Digesting<'a>(&'a mut BufWriter<File>, &'a mut Sha256);

impl Write for Digesting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.0.write(bytes)?;
        self.1.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Listener for Draft {
    fn begin(&mut self, conversation: &ConversationRecord) -> io::Result<()> {
        self.page.begin(conversation, true, &mut Digesting(&mut self.file, &mut self.digest))
    }

    fn message(&mut self, message: &MessageRecord, version: Version) -> io::Result<()> {
        self.page.message(message, version, &mut Digesting(&mut self.file, &mut self.digest))
    }

    fn end(&mut self) -> io::Result<()> {
        self.page.end(&mut Digesting(&mut self.file, &mut self.digest))
    }
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Settled {
    /// It is as the chat is.
    Kept,
    /// Somebody changed it, so it was left as it is. Its name in the folder.
    LeftAlone(String),
}

/// Puts the written file of a chat in its place, under the name that its title gives, in the place of its file so far.
///
/// # Errors
/// What the disk says. The file so far is then as it was.
pub(crate) fn settle(
    folder: &Path,
    index: &mut Index,
    id: ConversationId,
    stamp: Stamp,
    mut draft: Draft,
) -> io::Result<Settled> {
    draft.file.flush()?;
    let digest = hex(&draft.digest.finalize_reset());
    let known = index.file(id).cloned();
    if let Some(known) = &known {
        match digest_of(&folder.join(&known.name))? {
            Some(found) if found != known.digest => return Ok(Settled::LeftAlone(known.name.clone())),
            _ => {}
        }
    }
    let (stem, extension) = (file_stem(&stamp.title), stamp.format.format().extension());
    let name = match &known {
        Some(known) if index::fits(&known.name, &stem, stamp.trashed, extension) => known.name.clone(),
        _ => free_name(folder, index, &stem, stamp.trashed, extension, &digest)?,
    };
    let path = folder.join(&name);
    if let Some(around) = path.parent() {
        std::fs::create_dir_all(around)?;
    }
    draft.file.get_ref().sync_all()?;
    std::fs::rename(&draft.path, &path)?;
    if let Some(known) = known.filter(|known| known.name != name) {
        remove(&folder.join(known.name))?;
    }
    index.put(id, name, digest, stamp);
    Ok(Settled::Kept)
}

/// Takes the file of a chat away that is gone for good, or may not be there.
///
/// # Errors
/// What the disk says. The file is then as it was.
pub(crate) fn take_away(folder: &Path, index: &mut Index, id: ConversationId) -> io::Result<Settled> {
    let Some(known) = index.file(id).cloned() else { return Ok(Settled::Kept) };
    let path = folder.join(&known.name);
    let settled = match digest_of(&path)? {
        Some(found) if found != known.digest => Settled::LeftAlone(known.name),
        Some(_) => {
            remove(&path)?;
            Settled::Kept
        }
        None => Settled::Kept,
    };
    index.forget(id);
    Ok(settled)
}

/// A name that no file has, or one whose file says the same already: it was written before the index was.
fn free_name(
    folder: &Path,
    index: &Index,
    stem: &str,
    trashed: bool,
    extension: &str,
    digest: &str,
) -> io::Result<String> {
    let within = if trashed { format!("{TRASH}/") } else { String::new() };
    let mut number = 1_u64;
    loop {
        let name = match number {
            1 => format!("{within}{stem}.{extension}"),
            _ => format!("{within}{stem} ({number}).{extension}"),
        };
        let is_ours = index.has_name(&name);
        match digest_of(&folder.join(&name))? {
            None if !is_ours => return Ok(name),
            Some(found) if found == digest && !is_ours => return Ok(name),
            _ => number += 1,
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The digest of a file; none where there is no such file.
fn digest_of(path: &Path) -> io::Result<Option<String>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut digest = Sha256::new();
    let mut piece = [0; 1 << 14];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            length => digest.update(&piece[..length]),
        }
    }
    Ok(Some(hex(&digest.finalize())))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

//! Files of `porthole.conversation/1`, as they are read: one conversation after another, from a file, from all files of a
//! folder, or from a zip archive.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::record::{CONVERSATION_FORMAT, ConversationRecord};

/// More than a conversation is long. What an archive claims to hold is not believed.
const LONGEST: u64 = 4 << 30;

/// Why something could not be read, and what.
#[derive(Debug)]
pub struct Unreadable {
    /// The file.
    pub file: PathBuf,
    /// Why.
    pub why: Why,
}

/// Why something could not be read.
#[derive(Debug)]
pub enum Why {
    /// The disk says so.
    Disk(io::Error),
    /// It is something else; what the parser says.
    SomethingElse(String),
    /// It is of a newer version: what it says it is.
    Newer(String),
}

/// The conversations in files.
pub struct Documents {
    waiting: Vec<PathBuf>,
}

impl Documents {
    /// Those in `path`: a file, an archive, or all files of a folder that end as exports do.
    pub fn at(path: &Path) -> Result<Self, Unreadable> {
        let unreadable = |error| Unreadable { file: path.to_owned(), why: Why::Disk(error) };
        if !path.is_dir() {
            return Ok(Self { waiting: vec![path.to_owned()] });
        }
        let mut waiting = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            let meant = file.extension().is_some_and(|extension| {
                ["json", "zip"].iter().any(|known| extension.eq_ignore_ascii_case(known))
            });
            if meant && file.is_file() {
                waiting.push(file);
            }
        }
        waiting.sort();
        Ok(Self { waiting })
    }

    /// Calls `take` with each conversation, until it says false.
    pub fn each(self, mut take: impl FnMut(ConversationRecord) -> bool) -> Result<(), Unreadable> {
        for file in self.waiting {
            let of_disk = |error| Unreadable { file: file.clone(), why: Why::Disk(error) };
            let opened = File::open(&file).map_err(of_disk)?;
            let is_archive = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
            if !is_archive {
                if !read(BufReader::new(opened), &file, &mut take)? {
                    return Ok(());
                }
                continue;
            }
            let broken = |error: zip::result::ZipError| Unreadable {
                file: file.clone(),
                why: Why::SomethingElse(error.to_string()),
            };
            let mut archive = zip::ZipArchive::new(BufReader::new(opened)).map_err(broken)?;
            for at in 0..archive.len() {
                let entry = archive.by_index(at).map_err(broken)?;
                let name = entry.name().map_err(broken)?.into_owned();
                if !entry.is_file() || !name.to_ascii_lowercase().ends_with(".json") {
                    continue;
                }
                if !read(BufReader::new(entry.take(LONGEST)), &file.join(name), &mut take)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// What tells what a file is.
#[derive(Deserialize)]
struct Label {
    format: Option<String>,
}

fn read(
    reader: impl Read,
    file: &Path,
    take: &mut impl FnMut(ConversationRecord) -> bool,
) -> Result<bool, Unreadable> {
    let unreadable = |why| Unreadable { file: file.to_owned(), why };
    let told = |error: serde_json::Error| {
        if error.is_io() {
            return unreadable(Why::Disk(error.into()));
        }
        unreadable(Why::SomethingElse(error.to_string()))
    };
    let mut found = false;
    for document in serde_json::Deserializer::from_reader(reader).into_iter::<Box<RawValue>>() {
        let document = document.map_err(told)?;
        found = true;
        let label = serde_json::from_str::<Label>(document.get()).ok().and_then(|label| label.format);
        match label {
            Some(format) if format == CONVERSATION_FORMAT => {}
            Some(format) if format.starts_with("porthole.") => return Err(unreadable(Why::Newer(format))),
            _ => {
                return Err(unreadable(Why::SomethingElse(
                    "It has no field format that says so.".to_owned(),
                )));
            }
        }
        if !take(serde_json::from_str(document.get()).map_err(told)?) {
            return Ok(false);
        }
    }
    if found { Ok(true) } else { Err(unreadable(Why::SomethingElse("It is empty.".to_owned()))) }
}

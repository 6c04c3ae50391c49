//! Where exported conversations go. Nothing half written ever stands under its final name.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Where they are to go.
pub enum Place {
    /// One after another to a program or a screen.
    Stream(Box<dyn Write + Send>),
    /// One after another into one file, in the place of what stood there.
    File(PathBuf),
    /// Each into a file of its own, named by its title, beside what is there.
    Folder(PathBuf),
    /// Each into a file of its own in one archive.
    Zip(PathBuf),
}

impl Place {
    /// A path as a person names it: an archive if its name ends with `.zip`, a folder if there is one or it ends as one
    /// does, else a file.
    pub fn at(path: PathBuf) -> Self {
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip")) {
            Self::Zip(path)
        } else if path.is_dir() || path.to_string_lossy().ends_with(std::path::is_separator) {
            Self::Folder(path)
        } else {
            Self::File(path)
        }
    }
}

/// What is being written.
pub struct Output {
    open: Open,
    /// Whether something was written to what holds all conversations.
    begun: bool,
}

enum Open {
    Stream(Box<dyn Write + Send>),
    File(Unfinished),
    Folder { folder: PathBuf, names: Names, file: Option<Unfinished> },
    Zip { archive: Box<ZipWriter<Unfinished>>, names: Names },
}

impl Output {
    /// Begins to write.
    pub fn to(place: Place) -> io::Result<Self> {
        let open = match place {
            Place::Stream(stream) => Open::Stream(stream),
            Place::File(path) if is_no_file(&path) => {
                Open::Stream(Box::new(OpenOptions::new().write(true).open(&path)?))
            }
            Place::File(path) => Open::File(Unfinished::new(&path)?),
            Place::Folder(folder) => {
                std::fs::create_dir_all(&folder)?;
                Open::Folder { folder, names: Names::default(), file: None }
            }
            Place::Zip(path) => {
                let archive = Box::new(ZipWriter::new(Unfinished::new(&path)?));
                Open::Zip { archive, names: Names::default() }
            }
        };
        Ok(Self { open, begun: false })
    }

    /// Begins the next conversation. Returns whether it is the first in its file.
    pub(super) fn next(&mut self, title: &str, extension: &str) -> io::Result<bool> {
        match &mut self.open {
            Open::Stream(_) | Open::File(_) => Ok(!std::mem::replace(&mut self.begun, true)),
            Open::Folder { folder, names, file } => {
                if let Some(finished) = file.take() {
                    finished.finish()?;
                }
                let name = names.next(title, extension, |name| folder.join(name).exists());
                *file = Some(Unfinished::new(&folder.join(name))?);
                Ok(true)
            }
            Open::Zip { archive, names } => {
                let name = names.next(title, extension, |_| false);
                archive.start_file(name, SimpleFileOptions::default())?;
                Ok(true)
            }
        }
    }

    /// Everything was written: it gets its name.
    pub(super) fn finish(self) -> io::Result<()> {
        match self.open {
            Open::Stream(mut stream) => stream.flush(),
            Open::File(file) | Open::Folder { file: Some(file), .. } => file.finish(),
            Open::Folder { file: None, .. } => Ok(()),
            Open::Zip { archive, .. } => archive.finish()?.finish(),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.open {
            Open::Stream(stream) => stream.write(bytes),
            Open::File(file) | Open::Folder { file: Some(file), .. } => file.write(bytes),
            Open::Folder { file: None, .. } => Err(io::Error::other("no file was begun")),
            Open::Zip { archive, .. } => archive.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.open {
            Open::Stream(stream) => stream.flush(),
            Open::File(file) | Open::Folder { file: Some(file), .. } => file.flush(),
            Open::Folder { file: None, .. } => Ok(()),
            Open::Zip { archive, .. } => archive.flush(),
        }
    }
}

/// Whether a device or a pipe stands there, which is written to and not replaced.
fn is_no_file(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// A file that has another name until it is whole, and goes away if it never is.
struct Unfinished {
    file: BufWriter<File>,
    temporary: PathBuf,
    path: PathBuf,
}

impl Unfinished {
    fn new(path: &Path) -> io::Result<Self> {
        // A link stays, and what it leads to is replaced.
        let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
        let name: String = name.chars().take(40).collect();
        let temporary = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&temporary)?;
        Ok(Self { file: BufWriter::with_capacity(1 << 16, file), temporary, path: path.to_owned() })
    }

    /// Waits until it is on the disk, because what is called an export must not be lost with the power.
    fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        std::fs::rename(&self.temporary, &self.path)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After a rename there is nothing of that name.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

impl Write for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Unfinished {
    fn seek(&mut self, position: io::SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

/// The names that were given, without regard to case, as some file systems see them.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    fn next(&mut self, title: &str, extension: &str, is_there: impl Fn(&str) -> bool) -> String {
        let stem = file_stem(title);
        let mut number = 1_u64;
        loop {
            let name = match number {
                1 => format!("{stem}.{extension}"),
                _ => format!("{stem} ({number}).{extension}"),
            };
            if !is_there(&name) && self.0.insert(name.to_lowercase()) {
                return name;
            }
            number += 1;
        }
    }
}

/// A title as the name of a file on every system: without what Windows forbids and what a shell would trip over (Microsoft,
/// "Naming Files, Paths, and Namespaces"), and at most 120 bytes long.
pub(super) fn file_stem(title: &str) -> String {
    const LONGEST: usize = 120;
    let is_forbidden = |c: char| c.is_control() || "<>:\"/\\|?*\u{2028}\u{2029}\u{FEFF}".contains(c);
    // Marks that turn the direction of what follows would make the ending look like another.
    let is_unseen =
        |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let clean: String =
        title.chars().filter(|&c| !is_unseen(c)).map(|c| if is_forbidden(c) { ' ' } else { c }).collect();
    let mut stem = String::new();
    for word in clean.split_whitespace() {
        let space = usize::from(!stem.is_empty());
        if stem.is_empty() {
            let end =
                (0..=word.len().min(LONGEST)).rev().find(|&end| word.is_char_boundary(end)).unwrap_or(0);
            stem.push_str(&word[..end]);
        } else if stem.len() + space + word.len() <= LONGEST {
            stem.extend([" ", word]);
        } else {
            break;
        }
    }
    let stem = stem.trim_matches(|c: char| c == '.' || c == ' ' || c == '-');
    let device = stem.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let is_device = matches!(device.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || (device.len() == 4
            && (device.starts_with("COM") || device.starts_with("LPT"))
            && device.ends_with(|c: char| c.is_ascii_digit()));
    match stem {
        "" => "Chat".to_owned(),
        _ if is_device => format!("{stem}_"),
        _ => stem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_a_name_on_every_file_system() {
        for (title, name) in [
            ("What is a tide?", "What is a tide"),
            ("src/main.rs: why?", "src main.rs why"),
            ("a\nb\tc", "a b c"),
            ("..", "Chat"),
            ("", "Chat"),
            ("...hidden", "hidden"),
            ("ends with a dot.", "ends with a dot"),
            ("con", "con_"),
            ("Aux.txt", "Aux.txt_"),
            ("COM1", "COM1_"),
            ("common", "common"),
            ("--rf", "rf"),
            ("什么是前缀缓存？", "什么是前缀缓存？"),
            ("\u{202E}gpj.exe", "gpj.exe"),
        ] {
            assert_eq!(file_stem(title), name, "{title:?}");
        }
        let long = file_stem(&"字".repeat(200));
        assert!(long.len() <= 120 && long.chars().all(|c| c == '字'), "{long}");
        assert!(file_stem(&"word ".repeat(100)).len() <= 120);
    }

    #[test]
    fn names_differ_by_more_than_case() {
        let mut names = Names::default();
        let given: Vec<_> =
            ["Tides", "tides", "TIDES"].iter().map(|title| names.next(title, "json", |_| false)).collect();
        assert_eq!(given, ["Tides.json", "tides (2).json", "TIDES (3).json"]);
    }
}

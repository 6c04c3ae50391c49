use std::path::PathBuf;

use super::NamedServer;
use crate::clock::Clock;
use crate::domain::{Code, Failure, Language};
use crate::secrets::Keys;

/// How an [`super::App`] is opened.
#[derive(Clone)]
pub struct Options {
    /// The data folder.
    pub folder: PathBuf,
    /// What tells the time.
    pub clock: Clock,
    /// Where keys come from.
    pub keys: Keys,
    /// Servers that the environment names for this run.
    pub named_servers: Vec<NamedServer>,
}

impl Options {
    /// As a person's machine has it, with `keys`, which the shell has to make first: `folder`, else `PORTHOLE_DATA_DIR`, else the place where the platform keeps
    /// an app's data (`~/.local/share/porthole`, `~/Library/Application Support/Porthole`, `%APPDATA%\Porthole`);
    /// servers from `PORTHOLE_SERVERS` (`NAME=URL,NAME=URL`). Where the folder says that its history was moved, it is the
    /// folder that it was moved to.
    ///
    /// # Errors
    /// `not_found` when the platform names no such place, or the history was moved to where it is not.
    pub fn of_this_machine(folder: Option<PathBuf>, keys: Keys) -> Result<Self, Failure> {
        let folder = folder
            .or_else(|| {
                std::env::var_os("PORTHOLE_DATA_DIR").filter(|value| !value.is_empty()).map(PathBuf::from)
            })
            .or_else(default_folder)
            .ok_or_else(|| {
                Failure::told(
                    Code::NotFound,
                    "There is no home folder to keep data in. Name a folder with --data-dir.",
                )
            })?;
        let named_servers =
            std::env::var("PORTHOLE_SERVERS").map(|text| NamedServer::list_from(&text)).unwrap_or_default();
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        Ok(Self { folder: crate::store::follow(&folder)?, clock: Clock::system(), keys, named_servers })
    }

    /// The language that failures are told in outside of the window: the locale's for messages (POSIX.1-2024, base
    /// definitions, section 8.2: `LC_ALL`, else `LC_MESSAGES`, else `LANG`).
    pub fn language() -> Language {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(std::env::var_os);
        let locale = locale.map(|value| value.to_string_lossy().into_owned()).find(|value| !value.is_empty());
        Language::of_locale(&locale.unwrap_or_default())
    }
}

/// Whether `folder` is Porthole's own place on this machine.
pub(super) fn is_default(folder: &std::path::Path) -> bool {
    default_folder().is_some_and(|own| own == folder)
}

fn default_folder() -> Option<PathBuf> {
    let name = if cfg!(any(target_os = "macos", windows)) { "Porthole" } else { "porthole" };
    Some(dirs::data_dir()?.join(name))
}

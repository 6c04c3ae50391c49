//! What is in a data folder besides the history, and who may look into it.

use std::fs;
use std::path::Path;

use super::{Store, StoreError};

/// The back-ups.
pub(super) const BACKUPS: &str = "backups";
/// What could not be written into the history yet.
pub(super) const UNSAVED: &str = "unsaved";
/// The marks of the programs that have the folder open.
pub(super) const WRITERS: &str = "writers";
/// What moves with the history and its back-ups.
pub(super) const COMPANIONS: [&str; 2] = ["catalogue.json", "window.json"];
/// In a folder that was left: where its history is.
pub(super) const POINTER: &str = "moved.json";
/// In the new one, until the user confirms: where it came from.
pub(super) const ORIGIN: &str = "moved-from.json";
/// In the new one, until all is there: what has been copied so far.
pub(super) const UNFINISHED: &str = "unfinished-move";

/// Creates the data folder or one in it, private to its user.
pub(super) fn make(folder: &Path) -> Result<(), StoreError> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(folder)?)
}

/// Hides the folder's content from other users, if nothing in it could be meant for them.
pub(super) fn make_private(folder: &Path, is_own: bool) -> Result<(), StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder)?.permissions().mode();
        if mode & 0o077 != 0 && (is_own || holds_nothing_else(folder)) {
            // If this is not permitted, somebody else owns the folder, and its owner decides.
            let _ = fs::set_permissions(folder, fs::Permissions::from_mode(mode & !0o077));
        }
    }
    #[cfg(not(unix))]
    let _ = (folder, is_own);
    Ok(())
}

#[cfg(unix)]
fn holds_nothing_else(folder: &Path) -> bool {
    let own = [BACKUPS, UNSAVED, "catalogue.json", "run.json", "webview", "window.json", WRITERS];
    let own_beginnings = [Store::FILE_NAME, POINTER, ORIGIN, UNFINISHED];
    fs::read_dir(folder).is_ok_and(|mut entries| {
        entries.all(|entry| {
            let Some(name) = entry.ok().and_then(|entry| entry.file_name().into_string().ok()) else {
                return false;
            };
            own.contains(&name.as_str()) || own_beginnings.iter().any(|own| name.starts_with(own))
        })
    })
}

//! What the program opened when it started.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use porthole_core::App;
use porthole_core::domain::Failure;
use porthole_core::settings::Appearance;

/// The app, or why it could not be opened; then every command answers with that, except those that repair the folder.
pub struct Opened {
    app: Result<App, Failure>,
    folder: PathBuf,
    enlarge: OnceLock<Box<dyn Fn(Appearance) + Send + Sync>>,
}

impl Opened {
    pub(crate) const fn new(app: Result<App, Failure>, folder: PathBuf) -> Self {
        Self { app, folder, enlarge: OnceLock::new() }
    }

    /// Sets how windows are zoomed as an appearance says. Only the first call counts.
    pub(crate) fn enlarge_by(&self, enlarge: impl Fn(Appearance) + Send + Sync + 'static) {
        let _ = self.enlarge.set(Box::new(enlarge));
    }

    pub(crate) fn enlarge(&self, appearance: Appearance) {
        if let Some(enlarge) = self.enlarge.get() {
            enlarge(appearance);
        }
    }

    pub(crate) fn app(&self) -> Result<&App, Failure> {
        self.app.as_ref().map_err(Clone::clone)
    }

    /// The data folder, whether or not it could be opened.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

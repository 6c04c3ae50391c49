//! Where things are: the source tree, the build folder, and xtask's own corner of it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::trouble::{Doing, Outcome, Trouble};

/// Makes a folder, or takes everything out of it.
pub(crate) fn empty(folder: &Path) -> Outcome<()> {
    let removed = if folder.exists() { fs::remove_dir_all(folder) } else { Ok(()) };
    removed.and_then(|()| fs::create_dir_all(folder)).doing(format_args!("emptying {}", folder.display()))
}

/// The folders every chore works in.
pub(crate) struct Places {
    pub(crate) root: PathBuf,
    /// Cargo's build folder; honours `CARGO_TARGET_DIR`.
    pub(crate) target: PathBuf,
    /// What xtask itself keeps: model, logs, screenshots. Inside `target`, so `cargo clean` removes it.
    pub(crate) own: PathBuf,
}

impl Places {
    /// Finds the repository above this crate and creates xtask's own folder.
    pub(crate) fn find() -> Outcome<Self> {
        let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = crate_folder
            .ancestors()
            .nth(2)
            .map(Path::to_path_buf)
            .ok_or_else(|| Trouble::new("xtask is not inside the repository it was built from"))?;
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(
            || root.join("target"),
            |chosen| env::current_dir().map_or_else(|_| root.join(&chosen), |here| here.join(&chosen)),
        );
        let own = target.join("porthole");
        fs::create_dir_all(&own).doing(format_args!("creating {}", own.display()))?;
        Ok(Self { root, target, own })
    }

    pub(crate) fn page(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// A folder of xtask's own, created if it is missing.
    pub(crate) fn corner(&self, name: &str) -> Outcome<PathBuf> {
        let folder = self.own.join(name);
        fs::create_dir_all(&folder).doing(format_args!("creating {}", folder.display()))?;
        Ok(folder)
    }

    pub(crate) fn binary(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }
}

//! A folder of files that is kept as the history is, if a person wants one.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::App;
use super::disk::on_disk;
use super::export::unwritten;
use crate::domain::{Cause, Change, Code, ConversationId, Failure};
use crate::store::{Head, StoreError};
pub use crate::transfer::kept::KeptFormat;
use crate::transfer::kept::{Draft, Index, Settled, Stamp, settle, take_away};

const SETTING: &str = "kept_folder";

/// How long changes are gathered: a reply that ends changes its chat several times.
const GATHERED: Duration = Duration::from_millis(500);
/// How long until it is tried again where it failed: a drive may come back, a disk be emptied.
const AGAIN: Duration = Duration::from_mins(1);
/// After how many files the index is written. What was written since is known again by what is in it.
const INDEX_EVERY: usize = 50;

/// Which folder is kept, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct KeptFolder {
    /// Where it is.
    pub folder: PathBuf,
    /// What the files are.
    pub format: KeptFormat,
    /// Whether chats with a lock have files too.
    pub locked: bool,
}

/// A kept folder as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct KeptState {
    /// Which, and how.
    #[serde(flatten)]
    pub kept: KeptFolder,
    /// Why the files are not what they should be; it is tried again by itself.
    pub problem: Option<Failure>,
    /// The names of files that somebody changed, and that stay as they are.
    pub left_alone: Vec<String>,
}

/// What the last look found, and who waits for a look.
#[derive(Default)]
pub(super) struct Keeping {
    found: Mutex<Found>,
    settings: Notify,
}

#[derive(Debug, Clone, Default)]
struct Found {
    problem: Option<Failure>,
    left_alone: BTreeSet<String>,
}

/// Which chats may differ from their files.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Changed {
    Some(BTreeSet<ConversationId>),
    Any,
}

impl App {
    /// The folder that is kept, if one is.
    pub async fn kept_folder(&self) -> Result<Option<KeptState>, Failure> {
        let kept: Option<KeptFolder> = self.0.store.setting(SETTING).await?.flatten();
        let found = self.0.keeping.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(kept.map(|kept| KeptState {
            kept,
            problem: found.problem,
            left_alone: found.left_alone.into_iter().collect(),
        }))
    }

    /// Keeps a folder from now on, or none. The files of one that is no longer kept stay.
    ///
    /// # Errors
    /// `invalid_request` or `read_only` for a folder that cannot be one, `disk_full`.
    pub async fn keep_folder(&self, kept: Option<KeptFolder>) -> Result<Option<KeptState>, Failure> {
        if let Some(kept) = &kept {
            let folder = kept.folder.clone();
            if folder.starts_with(&self.0.folder) || self.0.folder.starts_with(&folder) {
                return Err(refused(&folder, &io::Error::other("The data folder is Porthole's own.")));
            }
            let begun = {
                let folder = folder.clone();
                on_disk(move || Ok(std::fs::create_dir_all(&folder).and_then(|()| Index::begin(&folder))))
                    .await?
            };
            begun.map_err(|error| refused(&folder, &error))?;
        }
        self.0.store.set_setting(SETTING, &kept).await?;
        *self.0.keeping.found.lock().unwrap_or_else(PoisonError::into_inner) = Found::default();
        self.0.keeping.settings.notify_one();
        self.kept_folder().await
    }

    /// Keeps the folder for as long as any other clone of the app is held.
    pub async fn keep_folder_true(self) {
        let app = Arc::downgrade(&self.0);
        let mut changes = self.changes();
        drop(self);
        let mut changed = Changed::Any;
        while let Some(app) = app.upgrade().map(App) {
            let failed = app.keep_folder_once(&changed).await.is_err();
            let keeping = Arc::clone(&app.0.keeping);
            drop(app);
            changed = tokio::select! {
                () = keeping.settings.notified() => Changed::Any,
                () = tokio::time::sleep(AGAIN), if failed => Changed::Any,
                next = next(&mut changes) => match next {
                    // What failed before is still to be done.
                    Some(next) => if failed { Changed::Any } else { next },
                    None => return,
                },
            };
        }
    }

    /// Makes the folder what it should be, once.
    ///
    /// # Errors
    /// Why it is not what it should be. What was written until then is as it should be.
    pub async fn keep_folder_now(&self) -> Result<(), Failure> {
        self.keep_folder_once(&Changed::Any).await
    }

    async fn keep_folder_once(&self, changed: &Changed) -> Result<(), Failure> {
        let kept: Option<KeptFolder> = self.0.store.setting(SETTING).await?.flatten();
        let Some(kept) = kept else { return Ok(()) };
        let kept_until = self.bring_up_to_date(&kept, changed).await;
        let mut found = self.0.keeping.found.lock().unwrap_or_else(PoisonError::into_inner);
        let before = (found.problem.clone(), found.left_alone.len());
        found.problem = kept_until.as_ref().err().cloned();
        let after = (found.problem.clone(), found.left_alone.len());
        drop(found);
        if before != after {
            self.tell(Change::Settings);
        }
        kept_until
    }

    async fn bring_up_to_date(&self, kept: &KeptFolder, changed: &Changed) -> Result<(), Failure> {
        let failed = |error: io::Error| refused(&kept.folder, &error);
        let folder = kept.folder.clone();
        let mut index = on_disk(move || Ok(Index::read(&folder))).await?.map_err(failed)?;
        let heads = match changed {
            Changed::Any => self.0.store.heads(None).await?,
            Changed::Some(ids) => {
                let mut heads = Vec::new();
                for id in ids {
                    heads.extend(self.0.store.heads(Some(*id)).await?);
                }
                heads
            }
        };
        let may_be = |head: &Head| kept.locked || !head.locked;
        let there: BTreeSet<_> = heads.iter().filter(|head| may_be(head)).map(|head| head.id).collect();
        let gone: Vec<_> = match changed {
            Changed::Any => index.chats().filter(|id| !there.contains(id)).collect(),
            Changed::Some(ids) => ids.iter().copied().filter(|id| !there.contains(id)).collect(),
        };
        let mut result = Ok(());
        for (done, head) in heads.into_iter().filter(may_be).enumerate() {
            let Head { id, title, updated_at_ms, trashed, .. } = head;
            let stamp = Stamp { updated_at_ms, title, trashed, format: kept.format };
            if *changed == Changed::Any && index.is_current(id, &stamp) {
                continue;
            }
            (index, result) = self.keep_file(kept, index, id, stamp).await?;
            if result.is_err() {
                break;
            }
            if (done + 1) % INDEX_EVERY == 0 {
                index = written(&kept.folder, index).await?.map_err(failed)?;
            }
        }
        for id in gone {
            if result.is_err() {
                break;
            }
            let folder = kept.folder.clone();
            let taken = on_disk(move || Ok((take_away(&folder, &mut index, id), index))).await?;
            index = taken.1;
            result = taken.0.map(|settled| self.note(settled));
        }
        written(&kept.folder, index).await?.map_err(failed)?;
        result.map_err(failed)
    }

    /// Writes the file of a chat.
    async fn keep_file(
        &self,
        kept: &KeptFolder,
        mut index: Index,
        id: ConversationId,
        stamp: Stamp,
    ) -> Result<(Index, io::Result<()>), Failure> {
        let (folder, format) = (kept.folder.clone(), stamp.format);
        let draft = {
            let folder = folder.clone();
            on_disk(move || Ok(Draft::new(&folder, id, format))).await?
        };
        let draft = match draft {
            Ok(draft) => self.0.store.tell(id, format.extent(), draft).await,
            Err(error) => return Ok((index, Err(error))),
        };
        let draft = match draft {
            Ok(Ok(draft)) => draft,
            Ok(Err(error)) => return Ok((index, Err(error))),
            // It was deleted for good a moment ago, and that is told too.
            Err(StoreError::Missing(_)) => return Ok((index, Ok(()))),
            Err(error) => return Err(error.into()),
        };
        let (settled, index) =
            on_disk(move || Ok((settle(&folder, &mut index, id, stamp, draft), index))).await?;
        Ok((index, settled.map(|settled| self.note(settled))))
    }

    fn note(&self, settled: Settled) {
        if let Settled::LeftAlone(name) = settled {
            self.0.keeping.found.lock().unwrap_or_else(PoisonError::into_inner).left_alone.insert(name);
        }
    }
}

async fn written(folder: &Path, index: Index) -> Result<io::Result<Index>, Failure> {
    let folder = folder.to_owned();
    on_disk(move || Ok(index.write(&folder).map(|()| index))).await
}

/// What changed next, and all that changes shortly after; none when nothing can change any more.
async fn next(changes: &mut Receiver<Change>) -> Option<Changed> {
    let mut changed = Changed::Some(BTreeSet::new());
    loop {
        let is_empty = matches!(&changed, Changed::Some(ids) if ids.is_empty());
        let change = if is_empty {
            changes.recv().await
        } else {
            match tokio::time::timeout(GATHERED, changes.recv()).await {
                Ok(change) => change,
                Err(_) => return Some(changed),
            }
        };
        match change {
            Ok(Change::Chat { id, .. }) => {
                if let Changed::Some(ids) = &mut changed {
                    ids.insert(id);
                }
            }
            Ok(Change::Everything | Change::Folders) | Err(RecvError::Lagged(_)) => changed = Changed::Any,
            Ok(Change::Arriving { .. } | Change::Stop { .. } | Change::Servers | Change::Settings) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

/// Why files cannot be kept there.
fn refused(folder: &Path, error: &io::Error) -> Failure {
    if error.kind() != io::ErrorKind::NotFound {
        return unwritten(folder, error);
    }
    let cause = Cause::FolderAway { file: folder.display().to_string() };
    Failure { detail: Some(error.to_string()), ..Failure::because(Code::NotFound, cause) }
}

//! The app without a window: what the desktop shell and the command line hold.

mod address;
mod chat;
mod data;
mod diagnosis;
mod disk;
mod editing;
mod elsewhere;
mod endpoint;
mod export;
mod gate;
mod kept;
mod keys;
mod link;
mod lock;
mod options;
mod order;
mod pieces;
mod queue;
mod removing;
pub mod rescue;
mod resolve;
mod search;
mod servers;
mod starts;
mod titles;
mod tree;
mod turns;
mod upkeep;
mod view;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use tokio::sync::broadcast;

pub use address::NamedServer;
pub use chat::Running;
pub use data::{BackUp, BackUpReason, DataPlace, Inside};
pub use export::{
    Branches, ExportLanguage, Format, Imported, Picture, Place, Preview, Progress, Selection, Wanted,
    picture, rich_text,
};
pub use kept::{KeptFolder, KeptFormat, KeptState};
pub use keys::{KeepKey, KeyCheck, KeyState, KeyStatus};
pub use link::checked_link;
pub use options::Options;
pub use order::{FolderEdit, Moment, TagUse, UndoId};
pub use pieces::Outline;
pub use resolve::Meant;
pub use tree::{BranchMoved, BranchStretch, VersionDeleted, Versions};
pub use view::{
    Account, Begin, HeaderEdit, ListPosition, MessageView, Preset, ProxyEdit, SendRequest, Sent, Server,
    ServerEdit, ServerState, ServerToAdd, Spent, Transcript,
};

use crate::catalogue::Catalogue;
use crate::clock::Clock;
use crate::domain::{
    Change, ChatSettings, Conversation, ConversationId, Failure, HeldLock, MessageId, ModelChoice, ServerId,
};
use crate::provider::{ClusterState, Reach};
use crate::secrets::Keys;
use crate::settings::Appearance;
pub use crate::store::{
    Arrangement, ConversationList, Found, FoundMessage, Hit, HitIn, IndexState, ListStretch, SearchPosition,
    SearchResults, SnippetPiece,
};
use crate::store::{Branch, BranchPart, ConversationChange, Recovered, Store, StoreError, follow};

const APPEARANCE: &str = "appearance";
const OPEN_CONVERSATION: &str = "open_conversation";
const NEW_DRAFT: &str = "new_draft";
const LAST_MODEL: &str = "last_model";
const TITLES: &str = "titles";
/// The person's own models and prices, in the data folder.
const CATALOGUE: &str = "catalogue.json";

/// How many messages of a branch are shown when it is opened at its end.
const AT_END: usize = 40;
/// How many messages are shown on each side of the one that a conversation is opened at.
const AROUND: usize = 20;

/// How many changes a window may be behind before it is told to ask for everything.
const CHANGES: usize = 64;

/// Porthole. Cheap to clone; all clones are one app. Its methods need a tokio runtime.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    store: Store,
    clock: Clock,
    reach: Reach,
    gate: Arc<gate::Gate>,
    keys: Keys,
    named_servers: Vec<NamedServer>,
    answers: servers::Answers,
    catalogue: Catalogue,
    catalogue_problem: Option<String>,
    clusters: Mutex<HashMap<ServerId, ClusterState>>,
    turns: Arc<turns::Turns>,
    changes: broadcast::Sender<Change>,
    undos: order::Undos,
    recovered: Recovered,
    keeping: Arc<kept::Keeping>,
    crashed: AtomicBool,
}

impl App {
    /// Opens the data folder, or the one its history was moved to. Blocking.
    ///
    /// # Errors
    /// As [`Store::open`]; the folder is then as it was. `not_found` when the history was moved to where it is not.
    pub fn open(options: Options) -> Result<Self, Failure> {
        let options = Options { folder: follow(&options.folder)?, ..options };
        Store::keep_private(&options.folder, options::is_default(&options.folder))?;
        let (store, recovered) = match Store::open(&options.folder, options.clock.now_ms()) {
            // It was moved while this program waited for it.
            Err(StoreError::Moved) => return Self::open(options),
            opened => opened?,
        };
        let gate = gate::Gate::of(store.clone());
        let reach = Reach::new(Arc::new(gate::Door(Arc::clone(&gate))))?;
        let (catalogue, catalogue_problem) = catalogue_of(&options.folder);
        let changes = broadcast::channel(CHANGES).0;
        let (listened_to, told) = (changes.clone(), changes.clone());
        let turns: Arc<turns::Turns> = Arc::default();
        let (asked, of_locks) = (Arc::downgrade(&gate), Arc::downgrade(&gate));
        let (filled, to_stop) = (Arc::downgrade(&turns), Arc::downgrade(&turns));
        store.watch(
            move || {
                listened_to.receiver_count() > 0
                    || asked.upgrade().is_some_and(|gate| gate.is_watched())
                    || filled.upgrade().is_some_and(|turns| !turns.is_empty())
            },
            move |change| {
                match change {
                    Change::Arriving { .. } => {}
                    Change::Stop { id } => {
                        if let Some(turns) = to_stop.upgrade() {
                            turns.stop(id);
                        }
                    }
                    Change::Chat { .. }
                    | Change::Folders
                    | Change::Servers
                    | Change::Settings
                    | Change::Everything => {
                        if let Some(gate) = of_locks.upgrade() {
                            gate.changed();
                        }
                    }
                }
                // The last one may just have gone.
                let _ = told.send(change);
            },
        );
        Ok(Self(Arc::new(Inner {
            folder: options.folder,
            store,
            clock: options.clock,
            reach,
            gate,
            keys: options.keys,
            named_servers: options.named_servers,
            answers: servers::Answers::default(),
            catalogue,
            catalogue_problem,
            clusters: Mutex::new(HashMap::new()),
            turns,
            changes,
            undos: order::Undos::default(),
            recovered,
            keeping: Arc::default(),
            crashed: AtomicBool::new(false),
        })))
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// What is wrong with the person's own catalogue file, if it cannot be used.
    pub fn catalogue_problem(&self) -> Option<&str> {
        self.0.catalogue_problem.as_deref()
    }

    /// What changes from now on. What other programs write is looked for only while somebody holds one of these.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        let changes = self.0.changes.subscribe();
        self.0.store.watch_again();
        changes
    }

    fn tell(&self, change: Change) {
        // Nobody may be listening, as in the command line.
        let _ = self.0.changes.send(change);
    }

    /// What a window needs to draw its first frame.
    pub async fn begin(&self) -> Result<Begin, Failure> {
        let store = &self.0.store;
        let open: Option<ConversationId> = store.setting(OPEN_CONVERSATION).await?.flatten();
        let open = match open.filter(|_| !self.crashed()) {
            Some(id) if store.is_listed(id).await? => Some(id),
            Some(_) | None => None,
        };
        let lock = self.lock().await?;
        let newest_ms = store.newest_ms().await?.unwrap_or(i64::MIN);
        Ok(Begin {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data_dir: self.0.folder.display().to_string(),
            appearance: store.setting::<Appearance>(APPEARANCE).await?.unwrap_or_default().within_bounds(),
            open,
            draft: store.setting(NEW_DRAFT).await?.unwrap_or_default(),
            recovered: self.0.recovered.cut_off,
            model: store.setting::<ModelChoice>(LAST_MODEL).await?,
            lock: lock.lock().clone(),
            lock_unreadable: lock == HeldLock::Unreadable,
            catalogue_problem: self.0.catalogue_problem.clone(),
            titles: store.setting(TITLES).await?.unwrap_or(true),
            crashed: self.crashed(),
            moved_from: data::moved_from(&self.0.folder),
            clock_behind_ms: newest_ms.saturating_sub(self.0.clock.now_ms()).max(0),
        })
    }

    /// The shown branch of a conversation as it is kept.
    pub async fn branch(&self, id: ConversationId) -> Result<Branch, Failure> {
        Ok(self.0.store.branch(id, BranchPart::Whole).await?)
    }

    /// A conversation as a window shows it: at its end, or where `at` stands, on a branch through that. It is opened
    /// again at the next start.
    ///
    /// # Errors
    /// `not_found` for a conversation or message that is not there, or a version that was taken away.
    pub async fn open_conversation(
        &self,
        id: ConversationId,
        at: Option<MessageId>,
    ) -> Result<Transcript, Failure> {
        let store = &self.0.store;
        let part = match at {
            None => BranchPart::End(AT_END),
            Some(message) => {
                store.show_branch_of(message).await?;
                BranchPart::Around(message, AROUND)
            }
        };
        let branch = store.branch(id, part).await?;
        // What is in the history can be read when nothing can be written, such as on a full disk.
        let _ = store.set_setting(OPEN_CONVERSATION, &Some(id)).await;
        view::drawn(move || Transcript::of(&branch)).await
    }

    /// No conversation is open; the next start begins with an empty one.
    pub async fn close_conversation(&self) -> Result<(), Failure> {
        Ok(self.0.store.set_setting(OPEN_CONVERSATION, &None::<ConversationId>).await?)
    }

    /// Gives a conversation the title that a person chose.
    ///
    /// # Errors
    /// `invalid_request` for a blank one.
    pub async fn rename_conversation(&self, id: ConversationId, title: &str) -> Result<UndoId, Failure> {
        self.arrange(vec![id], Arrangement::Title { title: title.to_owned() }).await
    }

    /// Sets what a conversation asks of its model, and which.
    pub async fn configure_conversation(
        &self,
        id: ConversationId,
        settings: ChatSettings,
        model: Option<ModelChoice>,
    ) -> Result<Conversation, Failure> {
        self.change(id, ConversationChange::Configuration { settings, model }).await
    }

    /// Keeps what was typed and not sent, for a conversation or for the next new one.
    pub async fn save_draft(
        &self,
        conversation: Option<ConversationId>,
        text: String,
    ) -> Result<(), Failure> {
        match conversation {
            Some(id) => {
                self.0.store.change_conversation(id, ConversationChange::Draft(text)).await?;
            }
            None => self.0.store.set_setting(NEW_DRAFT, &text).await?,
        }
        Ok(())
    }

    /// Whether models are asked for titles.
    pub async fn set_titles(&self, on: bool) -> Result<(), Failure> {
        Ok(self.0.store.set_setting(TITLES, &on).await?)
    }

    /// Keeps how the window looks.
    pub async fn set_appearance(&self, appearance: Appearance) -> Result<(), Failure> {
        Ok(self.0.store.set_setting(APPEARANCE, &appearance.within_bounds()).await?)
    }

    async fn change(&self, id: ConversationId, change: ConversationChange) -> Result<Conversation, Failure> {
        let conversation = self.0.store.change_conversation(id, change).await?;
        self.tell(Change::chat(id));
        Ok(conversation)
    }
}

/// The catalogue with the person's own file over it, and what is wrong with that file.
fn catalogue_of(folder: &Path) -> (Catalogue, Option<String>) {
    let file = folder.join(CATALOGUE);
    let own = match std::fs::read_to_string(&file) {
        Ok(own) => own,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return (Catalogue::built_in(), None),
        Err(error) => {
            return (Catalogue::built_in(), Some(format!("{} cannot be read: {error}.", file.display())));
        }
    };
    match Catalogue::with_own(&own) {
        Ok(catalogue) => (catalogue, None),
        Err(error) => (Catalogue::built_in(), Some(error.to_string())),
    }
}

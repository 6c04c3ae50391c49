//! The app without a window: what the desktop shell and the command line hold.

mod address;
mod chat;
mod endpoint;
mod keys;
mod link;
mod lock;
mod options;
mod resolve;
mod servers;
mod view;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::sync::broadcast;

pub use address::NamedServer;
pub use chat::Running;
pub use keys::{KeepKey, KeyState, KeyStatus};
pub use link::checked_link;
pub use options::Options;
pub use view::{
    Account, AppError, Begin, Changed, HeaderEdit, ListPosition, MessageView, Preset, ProxyEdit, SendRequest,
    Sent, Server, ServerEdit, ServerState, ServerToAdd, Spent, Transcript,
};

use crate::catalogue::Catalogue;
use crate::clock::Clock;
use crate::domain::{
    ChatSettings, Code, Conversation, ConversationId, ConversationRow, MessageId, ModelChoice, ServerId,
};
use crate::provider::{ClusterState, Reach};
use crate::secrets::Keys;
use crate::settings::Appearance;
use crate::store::{Branch, ConversationChange, Recovered, Store};

const APPEARANCE: &str = "appearance";
const OPEN_CONVERSATION: &str = "open_conversation";
const NEW_DRAFT: &str = "new_draft";
const LAST_MODEL: &str = "last_model";
/// The person's own models and prices, in the data folder.
const CATALOGUE: &str = "catalogue.json";

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
    keys: Keys,
    named_servers: Vec<NamedServer>,
    answers: servers::Answers,
    catalogue: Catalogue,
    catalogue_problem: Option<String>,
    clusters: Mutex<HashMap<ServerId, ClusterState>>,
    turns: Mutex<HashMap<MessageId, chat::Arriving>>,
    changes: broadcast::Sender<Changed>,
    recovered: Recovered,
}

impl App {
    /// Opens the data folder. Blocking.
    ///
    /// # Errors
    /// As [`Store::open`]; the folder is then as it was.
    pub fn open(options: Options) -> Result<Self, AppError> {
        let (store, recovered) = Store::open(&options.folder)?;
        let reach = Reach::new()?;
        reach.set_lock(lock::kept_lock(&store)?);
        let (catalogue, catalogue_problem) = catalogue_of(&options.folder);
        Ok(Self(Arc::new(Inner {
            folder: options.folder,
            store,
            clock: options.clock,
            reach,
            keys: options.keys,
            named_servers: options.named_servers,
            answers: servers::Answers::default(),
            catalogue,
            catalogue_problem,
            clusters: Mutex::new(HashMap::new()),
            turns: Mutex::new(HashMap::new()),
            changes: broadcast::channel(CHANGES).0,
            recovered,
        })))
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// What changes from now on.
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.0.changes.subscribe()
    }

    fn changed(&self, conversation: Option<ConversationId>) {
        // Nobody may be listening, as in the command line.
        let _ = self.0.changes.send(Changed { conversation });
    }

    /// What a window needs to draw its first frame.
    pub async fn begin(&self) -> Result<Begin, AppError> {
        let store = &self.0.store;
        let open: Option<ConversationId> = store.setting(OPEN_CONVERSATION).await?.flatten();
        let open = match open {
            Some(id) if store.is_listed(id).await? => Some(id),
            Some(_) | None => None,
        };
        Ok(Begin {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data_dir: self.0.folder.display().to_string(),
            appearance: store.setting::<Appearance>(APPEARANCE).await?.unwrap_or_default().within_bounds(),
            open,
            draft: store.setting(NEW_DRAFT).await?.unwrap_or_default(),
            recovered: self.0.recovered.cut_off,
            model: store.setting::<ModelChoice>(LAST_MODEL).await?,
            lock: self.lock().await?,
            catalogue_problem: self.0.catalogue_problem.clone(),
        })
    }

    /// Up to `limit` rows of the sidebar, newest first, from the one after `before`.
    pub async fn conversations(
        &self,
        before: Option<ListPosition>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>, AppError> {
        let before = before.map(|position| (position.updated_at_ms, position.id));
        Ok(self.0.store.conversations(before, limit).await?)
    }

    /// The shown branch of a conversation as it is kept.
    pub async fn branch(&self, id: ConversationId) -> Result<Branch, AppError> {
        Ok(self.0.store.branch(id).await?)
    }

    /// A conversation as a window shows it. It is opened again at the next start.
    pub async fn open_conversation(&self, id: ConversationId) -> Result<Transcript, AppError> {
        let branch = self.0.store.branch(id).await?;
        // What is in the history can be read when nothing can be written, such as on a full disk.
        let _ = self.0.store.set_setting(OPEN_CONVERSATION, &Some(id)).await;
        view::drawn(move || Transcript::of(&branch)).await
    }

    /// No conversation is open; the next start begins with an empty one.
    pub async fn close_conversation(&self) -> Result<(), AppError> {
        Ok(self.0.store.set_setting(OPEN_CONVERSATION, &None::<ConversationId>).await?)
    }

    /// Gives a conversation the title that a person chose.
    pub async fn rename_conversation(
        &self,
        id: ConversationId,
        title: &str,
    ) -> Result<Conversation, AppError> {
        let title = title.trim();
        if title.is_empty() {
            return Err(AppError::new(Code::InvalidRequest, "A conversation needs a title."));
        }
        self.change(id, ConversationChange::Title(title.to_owned())).await
    }

    /// Takes a conversation out of the lists, after stopping what arrives in it. It can be brought back.
    pub async fn delete_conversation(&self, id: ConversationId) -> Result<(), AppError> {
        self.stop_in(id);
        self.change(id, ConversationChange::Deleted(self.0.clock.now_ms())).await?;
        Ok(())
    }

    /// Brings a deleted conversation back.
    pub async fn restore_conversation(&self, id: ConversationId) -> Result<(), AppError> {
        self.change(id, ConversationChange::Restored).await?;
        Ok(())
    }

    /// Sets what a conversation asks of its model, and which.
    pub async fn configure_conversation(
        &self,
        id: ConversationId,
        settings: ChatSettings,
        model: Option<ModelChoice>,
    ) -> Result<Conversation, AppError> {
        self.change(id, ConversationChange::Configuration { settings, model }).await
    }

    /// Keeps what was typed and not sent, for a conversation or for the next new one.
    pub async fn save_draft(
        &self,
        conversation: Option<ConversationId>,
        text: String,
    ) -> Result<(), AppError> {
        match conversation {
            Some(id) => {
                self.0.store.change_conversation(id, ConversationChange::Draft(text)).await?;
            }
            None => self.0.store.set_setting(NEW_DRAFT, &text).await?,
        }
        Ok(())
    }

    /// Keeps how the window looks.
    pub async fn set_appearance(&self, appearance: Appearance) -> Result<(), AppError> {
        Ok(self.0.store.set_setting(APPEARANCE, &appearance.within_bounds()).await?)
    }

    async fn change(&self, id: ConversationId, change: ConversationChange) -> Result<Conversation, AppError> {
        let conversation = self.0.store.change_conversation(id, change).await?;
        self.changed(Some(id));
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

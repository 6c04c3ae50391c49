//! What a window shows of a history.

use std::collections::{BTreeMap, HashMap};

use porthole_core::App;
use porthole_core::ConversationList;
use porthole_core::domain::{Change, Conversation, ConversationId, Folder, HeldLock, Message, MessageId};
use porthole_core::settings::Appearance;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// A conversation with its shown branch and the versions beside it.
#[derive(Debug, Clone, PartialEq)]
struct Chat {
    conversation: Conversation,
    messages: Vec<Message>,
    versions: HashMap<MessageId, Vec<MessageId>>,
}

/// All of it, but what somebody types.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct View {
    chats: BTreeMap<ConversationId, Chat>,
    /// How many conversations lie in each is told by their own changes.
    folders: Vec<Folder>,
    settings: (HeldLock, Appearance, bool),
}

impl View {
    pub(super) async fn of(app: &App) -> Self {
        let mut view =
            Self { chats: BTreeMap::new(), folders: folders(app).await, settings: settings(app).await };
        for list in [ConversationList::Everything, ConversationList::Archive, ConversationList::Trash] {
            for row in app.conversations(list, None, u32::MAX).await.unwrap() {
                view.look_again(app, row.id).await;
            }
        }
        view
    }

    async fn look_again(&mut self, app: &App, id: ConversationId) {
        match app.branch(id).await {
            Ok(branch) => {
                let conversation = Conversation { draft: String::new(), ..branch.conversation };
                let (messages, versions) = (branch.messages, branch.versions);
                self.chats.insert(id, Chat { conversation, messages, versions });
            }
            Err(_) => {
                self.chats.remove(&id);
            }
        }
    }
}

async fn folders(app: &App) -> Vec<Folder> {
    app.folders().await.unwrap().into_iter().map(|folder| Folder { conversations: 0, ..folder }).collect()
}

async fn settings(app: &App) -> (HeldLock, Appearance, bool) {
    let begin = app.begin().await.unwrap();
    (app.lock().await.unwrap(), begin.appearance, begin.titles)
}

/// What the conversation is called that is renamed when all is done.
pub(super) const TOLD: &str = "told";

/// Looks again at what is told to have changed, and at nothing else, until a conversation is called [`TOLD`].
pub(super) async fn follow(app: App, mut changes: Receiver<Change>) -> View {
    let mut view = View::of(&app).await;
    loop {
        match changes.recv().await {
            Ok(Change::Chat { id, .. }) => {
                view.look_again(&app, id).await;
                if view.chats.get(&id).is_some_and(|chat| chat.conversation.title == TOLD) {
                    return view;
                }
            }
            Ok(Change::Folders) => view.folders = folders(&app).await,
            Ok(Change::Settings) => view.settings = settings(&app).await,
            Ok(Change::Everything) | Err(RecvError::Lagged(_)) => view = View::of(&app).await,
            Ok(Change::Arriving { .. } | Change::Stop { .. } | Change::Servers) => {}
            Err(RecvError::Closed) => panic!("the app is held here"),
        }
    }
}

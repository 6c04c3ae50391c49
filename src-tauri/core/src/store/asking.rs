//! A question and its empty reply, which are in the history before anything is sent.

use rusqlite::{Connection, Transaction, params};

use super::messages::NewMessage;
use super::settings::keep_value;
use super::{
    Durability, Store, StoreError, ancestors, attempts, branch, conversations, messages, parts, queue,
};
use crate::domain::{
    Author, ChatSettings, Conversation, ConversationId, FolderId, Lock, Message, MessageId, ModelChoice,
    Part, Role,
};

/// A reply that is about to be requested.
#[derive(Debug, Clone)]
pub struct NewReply {
    /// The model that is asked.
    pub model: ModelChoice,
    /// The server's name now.
    pub server_name: String,
    /// Whether the reply comes from the internet.
    pub hosted: bool,
    /// Milliseconds since 1970 UTC.
    pub now_ms: i64,
}

impl NewReply {
    fn author(&self) -> Author {
        Author {
            server: Some(self.model.server),
            server_name: self.server_name.clone(),
            model: self.model.model.clone(),
            asked: self.model.model.clone(),
            hosted: self.hosted,
        }
    }
}

/// Where a question goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The conversation; `None` creates one.
    pub conversation: Option<ConversationId>,
    /// The lock that a new one starts with.
    pub lock: Lock,
    /// The folder that a new one is put in; in none if that was deleted meanwhile.
    pub folder: Option<FolderId>,
    /// Where the question is kept before it is sent. It is removed from there in the same commit, so that no crash
    /// leaves it both sent and waiting to be sent.
    pub source: Source,
}

/// Where the text of a question was kept before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Nowhere in the history, as on a command line. A draft that a window keeps there is left alone.
    Caller,
    /// In the conversation's draft, or in the setting of this name for a new conversation.
    Draft(&'static str),
    /// It waits in the conversation's queue.
    Queue,
}

impl From<Option<ConversationId>> for Target {
    fn from(conversation: Option<ConversationId>) -> Self {
        Self { conversation, lock: Lock::Off, folder: None, source: Source::Caller }
    }
}

/// What is in the history before a request is sent.
#[derive(Debug, Clone)]
pub struct Started {
    /// The conversation.
    pub conversation: Conversation,
    /// The user's message, if it was created in this step.
    pub question: Option<Message>,
    /// All versions of its turn, itself included.
    pub question_versions: Vec<MessageId>,
    /// The empty reply.
    pub reply: Message,
    /// All versions of the reply's turn, itself included.
    pub versions: Vec<MessageId>,
    /// The messages before the reply, first to last: what the request says.
    pub before: Vec<Message>,
}

impl Store {
    /// Adds a question at the end of the shown branch and an empty reply below it, in one commit that survives
    /// a power failure. Without a conversation it creates one, titled by the question's first line.
    pub async fn ask(
        &self,
        target: impl Into<Target>,
        settings: ChatSettings,
        question: String,
        reply: NewReply,
    ) -> Result<Started, StoreError> {
        let writer = self.0.mark.name().to_owned();
        let target = target.into();
        self.write(Durability::Full, move |transaction| {
            let id = match target.conversation {
                Some(id) => id,
                None => create_conversation(transaction, &question, &target, reply.now_ms)?,
            };
            let Conversation { leaf, deleted_at_ms, .. } = conversations::by_id(transaction, id)?;
            if deleted_at_ms.is_some() {
                return Err(StoreError::Trashed);
            }
            let arriving = "SELECT 1 FROM message WHERE id = ?1 AND state = 'arriving'";
            if transaction.prepare_cached(arriving)?.exists([leaf.map(MessageId::rowid)])? {
                return Err(StoreError::Arriving);
            }
            conversations::configure(transaction, id, &settings, Some(&reply.model))?;
            match target.source {
                Source::Caller => {}
                Source::Draft(_) => {
                    transaction.execute("UPDATE conversation SET draft = '' WHERE id = ?1", [id.rowid()])?;
                }
                Source::Queue => queue::leave_queue(transaction, id, &question)?,
            }
            add_exchange(transaction, id, leaf, question, &reply, &writer)
        })
        .await
    }

    /// Adds an empty reply next to `beside`, as another version of that turn, or below it if that is a question.
    pub async fn ask_again(&self, beside: MessageId, reply: NewReply) -> Result<Started, StoreError> {
        let writer = self.0.mark.name().to_owned();
        self.write(Durability::Full, move |transaction| {
            let before = messages::by_id(transaction, beside)?;
            // A question whose replies were all deleted gets a new one.
            let parent = match before.role {
                Role::Assistant => before.parent,
                Role::User => Some(beside),
                Role::System | Role::Tool | Role::Other => {
                    return Err(StoreError::Refused("Only a reply can be asked for again.".to_owned()));
                }
            };
            let id = before.conversation;
            let reply_id = insert_reply(transaction, id, parent, &reply, &writer)?;
            started(transaction, id, None, reply_id)
        })
        .await
    }

    /// Makes a reply arrive again, with what there is of it as its beginning. Only the last message of a branch can be
    /// continued: what follows a message answers it as it is.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if there is nothing to continue or something follows.
    pub async fn resume(&self, reply: MessageId, asked: NewReply) -> Result<Started, StoreError> {
        let writer = self.0.mark.name().to_owned();
        self.write(Durability::Full, move |transaction| {
            messages::expect_kept(transaction, reply)?;
            let message = messages::by_id(transaction, reply)?;
            let refused = |why: &str| Err(StoreError::Refused(why.to_owned()));
            if !message.can_continue() {
                return refused("This reply cannot be continued: it is whole, or nothing of it is there.");
            }
            let followed = "SELECT 1 FROM message WHERE parent_id = ?1 AND deleted_at_ms IS NULL";
            if transaction.prepare_cached(followed)?.exists([reply.rowid()])? {
                return refused(
                    "Something follows this reply, so it cannot be continued. Ask for it again instead.",
                );
            }
            parts::arrive_again(transaction, reply, &message.parts)?;
            transaction.execute(
                "UPDATE message SET state = 'arriving', writer = ?2 WHERE id = ?1",
                params![reply.rowid(), writer],
            )?;
            attempts::begin(transaction, reply, &asked.author(), asked.now_ms)?;
            show_newest(transaction, message.conversation, Some(reply), reply, asked.now_ms)?;
            started(transaction, message.conversation, None, reply)
        })
        .await
    }
}

fn create_conversation(
    transaction: &Transaction<'_>,
    question: &str,
    target: &Target,
    now_ms: i64,
) -> Result<ConversationId, StoreError> {
    if let Source::Draft(draft) = target.source {
        keep_value(transaction, draft, "\"\"")?;
    }
    let id = ConversationId::new(now_ms);
    transaction.execute(
        "INSERT INTO conversation (id, title, created_at_ms, updated_at_ms, lock, folder_id)
         VALUES (?1, ?2, ?3, ?4, ?5, (SELECT id FROM folder WHERE id = ?6))",
        params![
            id.rowid(),
            first_line(question),
            now_ms,
            conversations::time_at_top(transaction, now_ms)?,
            serde_json::to_string(&target.lock)?,
            target.folder.map(FolderId::rowid)
        ],
    )?;
    Ok(id)
}

/// Adds a question below `parent` and an empty reply below that, and shows the branch that ends there.
pub(super) fn add_exchange(
    transaction: &Transaction<'_>,
    conversation: ConversationId,
    parent: Option<MessageId>,
    question: String,
    reply: &NewReply,
    writer: &str,
) -> Result<Started, StoreError> {
    let id = messages::insert(
        transaction,
        &NewMessage {
            conversation,
            parent,
            role: "user",
            state: "complete",
            created_at_ms: reply.now_ms,
            writer: None,
            copied_from: None,
        },
    )?;
    parts::insert_parts(transaction, id, &[Part::Text(question)])?;
    let reply = insert_reply(transaction, conversation, Some(id), reply, writer)?;
    started(transaction, conversation, Some(id), reply)
}

/// The first line that is not empty, at most 80 characters, without Markdown's leading marks.
fn first_line(text: &str) -> String {
    let line = text
        .lines()
        .map(|line| line.trim().trim_start_matches(['#', '>', '*', '-', '`']).trim())
        .find(|line| !line.is_empty())
        .unwrap_or_else(|| text.trim());
    let mut title: String = line.chars().take(80).collect();
    if title.len() < line.len() {
        title.push('…');
    }
    title
}

fn insert_reply(
    transaction: &Transaction<'_>,
    conversation: ConversationId,
    parent: Option<MessageId>,
    reply: &NewReply,
    writer: &str,
) -> Result<MessageId, StoreError> {
    let id = messages::insert(
        transaction,
        &NewMessage {
            conversation,
            parent,
            role: "assistant",
            state: "arriving",
            created_at_ms: reply.now_ms,
            writer: Some(writer.to_owned()),
            copied_from: None,
        },
    )?;
    attempts::begin(transaction, id, &reply.author(), reply.now_ms)?;
    show_newest(transaction, conversation, parent, id, reply.now_ms)?;
    Ok(id)
}

/// Shows the branch that ends in `reply`, and moves its conversation to the top of the list. Where `above`, from which
/// the reply is reached already, is on the branch that is shown, every fork on the way leads there.
fn show_newest(
    transaction: &Transaction<'_>,
    conversation: ConversationId,
    above: Option<MessageId>,
    reply: MessageId,
    now_ms: i64,
) -> Result<(), StoreError> {
    let is_shown = match (above, conversations::by_id(transaction, conversation)?.leaf) {
        (Some(above), Some(shown)) => ancestors::is_above(transaction, above, shown)?,
        (None, _) | (_, None) => false,
    };
    let time = conversations::time_at_top(transaction, now_ms)?;
    transaction.execute(
        "UPDATE conversation SET leaf_id = ?2, updated_at_ms = max(updated_at_ms, ?3) WHERE id = ?1",
        params![conversation.rowid(), reply.rowid(), time],
    )?;
    if is_shown { Ok(()) } else { branch::show(transaction, conversation, Some(reply)) }
}

fn started(
    connection: &Connection,
    conversation: ConversationId,
    question: Option<MessageId>,
    reply: MessageId,
) -> Result<Started, StoreError> {
    let mut before = branch::path_to(connection, reply)?;
    before.pop();
    Ok(Started {
        conversation: conversations::by_id(connection, conversation)?,
        question_versions: match question {
            Some(id) => branch::versions_of(connection, id)?,
            None => Vec::new(),
        },
        question: question.map(|id| messages::by_id(connection, id)).transpose()?,
        reply: messages::by_id(connection, reply)?,
        versions: branch::versions_of(connection, reply)?,
        before,
    })
}

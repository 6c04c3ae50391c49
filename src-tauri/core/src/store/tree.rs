//! Changes to the tree of a conversation: another version of a question, a fork, a deleted version.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::asking::{self, NewReply, Started};
use super::messages::NewMessage;
use super::{
    Durability, Store, StoreError, ancestors, arrange, attempts, branch, conversations, messages, parts,
};
use crate::domain::{Conversation, ConversationId, Message, MessageId, MessageState, Part, Role, Thing};

/// A deleted version, with what is needed to restore it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The conversation it belonged to.
    pub conversation: ConversationId,
    /// The version; everything after it was deleted with it.
    root: MessageId,
    /// The time of deletion that each of these messages carries.
    at_ms: i64,
    /// The end of the branch that was shown.
    leaf: Option<MessageId>,
}

impl Store {
    /// Adds another version of a question and an empty reply below it, in one commit.
    ///
    /// # Errors
    /// As [`Store::put_instead`].
    pub async fn ask_instead(
        &self,
        of: MessageId,
        question: String,
        reply: NewReply,
    ) -> Result<Started, StoreError> {
        let writer = self.0.mark.name().to_owned();
        self.write(Durability::Full, move |transaction| {
            let Message { conversation, parent, .. } = own_message(transaction, of)?;
            asking::add_exchange(transaction, conversation, parent, question, &reply, &writer)
        })
        .await
    }

    /// Adds another version of a question without asking anybody, and shows the branch that ends in it.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a message that the user did not write; as [`Store::message_in_use`].
    pub async fn put_instead(
        &self,
        of: MessageId,
        question: String,
        now_ms: i64,
    ) -> Result<Message, StoreError> {
        self.write(Durability::Full, move |transaction| {
            let Message { conversation, parent, .. } = own_message(transaction, of)?;
            let id = messages::insert(
                transaction,
                &NewMessage {
                    conversation,
                    parent,
                    role: Role::User.name(),
                    state: MessageState::Complete.name(),
                    created_at_ms: now_ms,
                    writer: None,
                    copied_from: None,
                },
            )?;
            parts::insert_parts(transaction, id, &[Part::Text(question)])?;
            branch::show(transaction, conversation, Some(id))?;
            let time = conversations::time_at_top(transaction, now_ms)?;
            transaction.execute(
                "UPDATE conversation SET updated_at_ms = max(updated_at_ms, ?2) WHERE id = ?1",
                params![conversation.rowid(), time],
            )?;
            messages::by_id(transaction, id)
        })
        .await
    }

    /// A message that something can be done with.
    ///
    /// # Errors
    /// [`StoreError::Missing`] for a deleted version, [`StoreError::Trashed`] if its conversation is in the trash.
    pub async fn message_in_use(&self, id: MessageId) -> Result<Message, StoreError> {
        self.read(move |connection| in_use(connection, id)).await
    }

    /// Creates a conversation from everything up to and including `message`, with the settings, the lock, the folder
    /// and the tags of the original.
    ///
    /// # Errors
    /// [`StoreError::Refused`] while the message is arriving.
    pub async fn fork(&self, message: MessageId, now_ms: i64) -> Result<Conversation, StoreError> {
        self.write(Durability::Full, move |transaction| fork(transaction, message, now_ms)).await
    }

    /// As [`Store::fork`], with a title that the user chose.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a blank title too; then there is no fork.
    pub async fn fork_titled(
        &self,
        message: MessageId,
        title: String,
        now_ms: i64,
    ) -> Result<Conversation, StoreError> {
        self.write(Durability::Full, move |transaction| {
            let id = fork(transaction, message, now_ms)?.id;
            arrange::call(transaction, id, &title)?;
            conversations::by_id(transaction, id)
        })
        .await
    }

    /// The replies that are arriving in `message` or below it.
    pub async fn arriving_below(&self, message: MessageId) -> Result<Vec<MessageId>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{BELOW} SELECT id FROM message WHERE state = 'arriving' AND id IN (SELECT id FROM below)"
            ))?;
            let rows = statement.query_map([message.rowid()], |row| row.get(0).map(MessageId::from_rowid))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Deletes one version of a turn, with everything after it. If it was shown, a neighbouring version is shown, or
    /// the message before it.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for the only first message of a conversation.
    pub async fn take_version(&self, message: MessageId, now_ms: i64) -> Result<Taken, StoreError> {
        self.write(Durability::Full, move |transaction| {
            let taken = messages::by_id(transaction, message)?;
            let versions = branch::versions_of(transaction, message)?;
            let at = versions
                .iter()
                .position(|version| *version == message)
                .ok_or(StoreError::Missing(Thing::Message))?;
            let beside = versions.get(at + 1).or_else(|| at.checked_sub(1).and_then(|at| versions.get(at)));
            let shown_instead = match (beside, taken.parent) {
                (Some(beside), _) => branch::end_below(transaction, *beside)?,
                (None, Some(parent)) => parent,
                (None, None) => {
                    return Err(StoreError::Refused(
                        "This is all there is of the conversation. Delete the conversation instead."
                            .to_owned(),
                    ));
                }
            };
            let leaf = conversations::by_id(transaction, taken.conversation)?.leaf;
            let is_shown = match leaf {
                Some(leaf) => ancestors::is_above(transaction, message, leaf)?,
                None => false,
            };
            transaction
                .prepare_cached(&format!(
                    "{BELOW} UPDATE message SET deleted_at_ms = ?2
                     WHERE id IN (SELECT id FROM below) AND deleted_at_ms IS NULL"
                ))?
                .execute(params![message.rowid(), now_ms])?;
            if is_shown {
                branch::show(transaction, taken.conversation, Some(shown_instead))?;
            }
            Ok(Taken { conversation: taken.conversation, root: message, at_ms: now_ms, leaf })
        })
        .await
    }

    /// Restores what was deleted.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if it follows a message that has been deleted since.
    pub async fn give_back(&self, taken: Taken) -> Result<(), StoreError> {
        self.write(Durability::Full, move |transaction| {
            root_of_deletion(transaction, taken.root, taken.at_ms)?;
            undelete(transaction, taken.root, taken.at_ms)?;
            if let Some(leaf) = taken.leaf
                && messages::is_kept(transaction, leaf)?
            {
                branch::show(transaction, taken.conversation, Some(leaf))?;
            }
            Ok(())
        })
        .await
    }

    /// Restores a deleted message with everything that was deleted together with it, and shows the branch through it.
    /// A message that was not deleted stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::Refused`] if it follows a message that was deleted at another time.
    pub async fn restore_message(&self, message: MessageId) -> Result<Conversation, StoreError> {
        self.write(Durability::Full, move |transaction| {
            let id = messages::by_id(transaction, message)?.conversation;
            if let Some(at_ms) = deleted_at(transaction, message)? {
                let root = root_of_deletion(transaction, message, at_ms)?;
                undelete(transaction, root, at_ms)?;
                let leaf = branch::end_below(transaction, message)?;
                branch::show(transaction, id, Some(leaf))?;
            }
            conversations::by_id(transaction, id)
        })
        .await
    }

    /// All messages of a conversation that were not deleted, oldest first: id, parent, role and model of each, and the
    /// beginning of its text; and the end of the branch that is shown.
    pub async fn tree(
        &self,
        conversation: ConversationId,
    ) -> Result<(Vec<TreeNode>, Option<MessageId>), StoreError> {
        self.read(move |connection| {
            let leaf = conversations::by_id(connection, conversation)?.leaf;
            let mut statement = connection.prepare_cached(
                "SELECT id, parent_id, (SELECT model FROM attempt WHERE message_id = message.id ORDER BY id DESC LIMIT 1)
                 FROM message WHERE conversation_id = ?1 AND deleted_at_ms IS NULL ORDER BY id",
            )?;
            let rows = statement.query_map([conversation.rowid()], |row| {
                Ok(TreeNode {
                    id: MessageId::from_rowid(row.get(0)?),
                    parent: row.get::<_, Option<i64>>(1)?.map(MessageId::from_rowid),
                    model: row.get(2)?,
                })
            })?;
            Ok((rows.collect::<Result<_, _>>()?, leaf))
        })
        .await
    }

    /// The beginnings of messages, at most `characters` of each.
    pub async fn beginnings(
        &self,
        messages: Vec<MessageId>,
        characters: u32,
    ) -> Result<Vec<String>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT substr(text, 1, ?2) FROM part
                 WHERE message_id = ?1 AND kind = 'text' ORDER BY position LIMIT 1",
            )?;
            messages
                .into_iter()
                .map(|message| {
                    let text: Option<Option<String>> = statement
                        .query_row(params![message.rowid(), characters], |row| row.get(0))
                        .optional()?;
                    Ok(text.flatten().unwrap_or_default())
                })
                .collect()
        })
        .await
    }
}

/// A message as the map of branches needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeNode {
    /// Its id.
    pub id: MessageId,
    /// The message it follows.
    pub parent: Option<MessageId>,
    /// The model that wrote it.
    pub model: Option<String>,
}

/// A message and all that follows it.
const BELOW: &str = "WITH RECURSIVE below (id) AS (
        SELECT ?1
        UNION ALL
        SELECT message.id FROM below JOIN message ON message.parent_id = below.id
    )";

/// A message that was not deleted.
fn kept(connection: &Connection, id: MessageId) -> Result<Message, StoreError> {
    messages::expect_kept(connection, id)?;
    messages::by_id(connection, id)
}

/// A message that was not deleted, of a conversation that is not in the trash.
fn in_use(connection: &Connection, id: MessageId) -> Result<Message, StoreError> {
    let message = kept(connection, id)?;
    match conversations::by_id(connection, message.conversation)?.deleted_at_ms {
        Some(_) => Err(StoreError::Trashed),
        None => Ok(message),
    }
}

/// A message in use that the user wrote.
fn own_message(connection: &Connection, id: MessageId) -> Result<Message, StoreError> {
    let message = in_use(connection, id)?;
    if message.role != Role::User {
        return Err(StoreError::Refused("Only your own messages can be edited.".to_owned()));
    }
    Ok(message)
}

fn deleted_at(connection: &Connection, id: MessageId) -> Result<Option<i64>, StoreError> {
    connection
        .prepare_cached("SELECT deleted_at_ms FROM message WHERE id = ?1")?
        .query_row([id.rowid()], |row| row.get(0))
        .optional()?
        .ok_or(StoreError::Missing(Thing::Message))
}

/// The topmost of the messages above `message` that were deleted with it at `at_ms`, or itself.
///
/// # Errors
/// [`StoreError::Refused`] if that follows a message that was deleted at another time: below it nothing can be shown.
fn root_of_deletion(
    connection: &Connection,
    message: MessageId,
    at_ms: i64,
) -> Result<MessageId, StoreError> {
    let mut above = connection.prepare_cached(
        "SELECT above.id, above.deleted_at_ms FROM message JOIN message AS above ON above.id = message.parent_id
         WHERE message.id = ?1 AND above.deleted_at_ms IS NOT NULL",
    )?;
    let mut root = message.rowid();
    while let Some((id, deleted_at_ms)) =
        above.query_row([root], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?))).optional()?
    {
        if deleted_at_ms != at_ms {
            return Err(StoreError::Refused(format!(
                "This message follows another that was deleted too. Restore that one first: {id}."
            )));
        }
        root = id;
    }
    Ok(MessageId::from_rowid(root))
}

/// Restores what was deleted at `at_ms` of a message and all that follows it.
fn undelete(connection: &Connection, root: MessageId, at_ms: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(&format!(
            "{BELOW} UPDATE message SET deleted_at_ms = NULL
             WHERE id IN (SELECT id FROM below) AND deleted_at_ms = ?2"
        ))?
        .execute(params![root.rowid(), at_ms])?;
    Ok(())
}

/// Copies everything up to and including `message` into a conversation of its own.
fn fork(transaction: &Transaction<'_>, message: MessageId, now_ms: i64) -> Result<Conversation, StoreError> {
    let path = branch::ids_to(transaction, message)?;
    let Message { conversation: origin, state, .. } = kept(transaction, message)?;
    if state == MessageState::Arriving {
        return Err(StoreError::Refused(
            "This reply is still arriving. Fork from it when it has ended.".to_owned(),
        ));
    }
    let id = ConversationId::new(now_ms);
    let time = conversations::time_at_top(transaction, now_ms)?;
    transaction.execute(
        "INSERT INTO conversation (id, title, titled_by, created_at_ms, updated_at_ms, system, temperature,
                                   top_p, max_tokens, effort, server_id, model, lock, folder_id, forked_from)
         SELECT ?1, title, titled_by, ?3, ?5, system, temperature, top_p, max_tokens, effort, server_id,
                model, lock, folder_id, ?4
         FROM conversation WHERE id = ?2",
        params![id.rowid(), origin.rowid(), now_ms, message.rowid(), time],
    )?;
    transaction.execute(
        "INSERT INTO tag (name, conversation_id) SELECT name, ?1 FROM tag WHERE conversation_id = ?2",
        [id.rowid(), origin.rowid()],
    )?;
    let mut parent = None;
    for copied in path {
        parent = Some(copy(transaction, id, copied, parent)?);
    }
    branch::show(transaction, id, parent)?;
    conversations::by_id(transaction, id)
}

/// Copies a message into a conversation. What it cost was paid in the other one.
fn copy(
    transaction: &Transaction<'_>,
    conversation: ConversationId,
    message: MessageId,
    parent: Option<MessageId>,
) -> Result<MessageId, StoreError> {
    let Message { role, state, created_at_ms, parts, .. } = messages::by_id(transaction, message)?;
    let id = messages::insert(
        transaction,
        &NewMessage {
            conversation,
            parent,
            role: role.name(),
            state: if state == MessageState::Arriving { MessageState::CutOff } else { state }.name(),
            created_at_ms,
            writer: None,
            copied_from: Some(message),
        },
    )?;
    attempts::copy(transaction, message, id)?;
    parts::insert_parts(transaction, id, &parts)?;
    Ok(id)
}

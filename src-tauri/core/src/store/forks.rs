//! Copies of a branch, or of its beginning, in conversations of their own.

use rusqlite::{Transaction, params};

use super::messages::NewMessage;
use super::tree::{self, Taken};
use super::{
    Arrangement, Durability, Store, StoreError, arrange, attempts, branch, conversations, messages, parts,
};
use crate::domain::{Conversation, ConversationId, Message, MessageId, MessageState};

impl Store {
    /// Creates a conversation from everything up to and including `message`, with the settings, the lock, the folder
    /// and the tags of the original.
    ///
    /// # Errors
    /// [`StoreError::Refused`] while the message is arriving.
    pub async fn fork(&self, message: MessageId, now_ms: i64) -> Result<Conversation, StoreError> {
        self.write(Durability::Full, move |transaction| fork(transaction, message, Until::Message, now_ms))
            .await
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
            let id = fork(transaction, message, Until::Message, now_ms)?.id;
            arrange::call(transaction, id, &title)?;
            conversations::by_id(transaction, id)
        })
        .await
    }

    /// As [`Store::fork`], with all that follows `message`, in all its versions.
    ///
    /// # Errors
    /// [`StoreError::Refused`] while some of it is arriving.
    pub async fn copy_branch(&self, message: MessageId, now_ms: i64) -> Result<Conversation, StoreError> {
        self.write(Durability::Full, move |transaction| fork(transaction, message, Until::End, now_ms)).await
    }

    /// As [`Store::copy_branch`], and deletes `message` with all that follows it where it was.
    ///
    /// # Errors
    /// [`StoreError::Refused`] while some of it is arriving, and where nothing would be left.
    pub async fn move_branch(
        &self,
        message: MessageId,
        now_ms: i64,
    ) -> Result<(Conversation, Taken), StoreError> {
        self.write(Durability::Full, move |transaction| {
            let made = fork(transaction, message, Until::End, now_ms)?;
            Ok((made, tree::take(transaction, message, now_ms)?))
        })
        .await
    }

    /// Restores a branch that was moved, and moves the conversation that was made of it to the trash.
    ///
    /// # Errors
    /// As [`Store::give_back`].
    pub async fn move_branch_back(
        &self,
        taken: Taken,
        made: ConversationId,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        self.write(Durability::Full, move |transaction| {
            tree::give_back(transaction, taken)?;
            arrange::arrange_one(transaction, made, &Arrangement::Trash { on: true }, now_ms)?;
            Ok(())
        })
        .await
    }
}

/// How much of a branch is copied.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// Up to and including the message.
    Message,
    /// All that follows it too.
    End,
}

fn fork(
    transaction: &Transaction<'_>,
    message: MessageId,
    until: Until,
    now_ms: i64,
) -> Result<Conversation, StoreError> {
    let path = branch::ids_to(transaction, message)?;
    let Message { conversation: origin, state, .. } = tree::kept(transaction, message)?;
    if state == MessageState::Arriving || (until == Until::End && is_arriving_below(transaction, message)?) {
        return Err(StoreError::Refused(
            "This reply is still arriving. Fork from it when it has ended.".to_owned(),
        ));
    }
    let id = ConversationId::new(now_ms);
    let time = conversations::time_at_top(transaction, now_ms)?;
    let title = numbered(transaction, &conversations::by_id(transaction, origin)?.title)?;
    transaction.execute(
        "INSERT INTO conversation (id, title, titled_by, created_at_ms, updated_at_ms, system, temperature,
                                   top_p, max_tokens, effort, server_id, model, lock, folder_id, forked_from)
         SELECT ?1, ?6, titled_by, ?3, ?5, system, temperature, top_p, max_tokens, effort, server_id,
                model, lock, folder_id, ?4
         FROM conversation WHERE id = ?2",
        params![id.rowid(), origin.rowid(), now_ms, message.rowid(), time, title],
    )?;
    transaction.execute(
        "INSERT INTO tag (name, conversation_id) SELECT name, ?1 FROM tag WHERE conversation_id = ?2",
        [id.rowid(), origin.rowid()],
    )?;
    let mut parent = None;
    for copied in path {
        parent = Some(copy(transaction, id, copied, parent)?);
    }
    let shown = match until {
        Until::Message => parent,
        Until::End => copy_below(transaction, id, message, parent)?,
    };
    branch::show(transaction, id, shown)?;
    conversations::by_id(transaction, id)
}

/// The title with the next number that no conversation of that title has: `Tides`, `Tides (2)`, `Tides (3)`.
fn numbered(transaction: &Transaction<'_>, title: &str) -> Result<String, StoreError> {
    if title.is_empty() {
        return Ok(String::new());
    }
    let (plain, _) = parted(title);
    let mut last = 1;
    let mut alike = transaction
        .prepare_cached("SELECT title FROM conversation WHERE substr(title, 1, length(?1)) = ?1")?;
    let mut rows = alike.query([plain])?;
    while let Some(row) = rows.next()? {
        match parted(row.get_ref(0)?.as_str().unwrap_or_default()) {
            (other, Some(number)) if other == plain => last = last.max(number),
            _ => {}
        }
    }
    Ok(format!("{plain} ({})", last.saturating_add(1)))
}

/// A title without the number at its end, and the number.
fn parted(title: &str) -> (&str, Option<u32>) {
    let number = || {
        let (plain, end) = title.strip_suffix(')')?.rsplit_once(" (")?;
        Some((plain, end.parse().ok()?))
    };
    number().map_or((title, None), |(plain, number)| (plain, Some(number)))
}

/// Copies what follows `message` below its copy. Returns the copy of the end of the branch that was last looked at.
fn copy_below(
    transaction: &Transaction<'_>,
    conversation: ConversationId,
    message: MessageId,
    its_copy: Option<MessageId>,
) -> Result<Option<MessageId>, StoreError> {
    let leaf = branch::end_below(transaction, message)?;
    let mut shown = its_copy;
    let mut children = transaction.prepare_cached(
        "SELECT id FROM message WHERE parent_id = ?1 AND deleted_at_ms IS NULL ORDER BY id",
    )?;
    let mut open = vec![(message, its_copy)];
    while let Some((parent, copied_parent)) = open.pop() {
        let below: Vec<MessageId> = children
            .query_map([parent.rowid()], |row| row.get(0).map(MessageId::from_rowid))?
            .collect::<Result<_, _>>()?;
        // Copies have the order of age that the versions have.
        for child in below {
            let made = copy(transaction, conversation, child, copied_parent)?;
            if child == leaf {
                shown = Some(made);
            }
            open.push((child, Some(made)));
        }
    }
    Ok(shown)
}

fn is_arriving_below(transaction: &Transaction<'_>, message: MessageId) -> Result<bool, StoreError> {
    let arriving = format!(
        "{} SELECT 1 FROM message WHERE state = 'arriving' AND deleted_at_ms IS NULL AND id IN (SELECT id FROM below)",
        tree::BELOW
    );
    Ok(transaction.prepare_cached(&arriving)?.exists([message.rowid()])?)
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

//! Conversations field by field, as they come into the history.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{Durability, Store, StoreError, ancestors, branch, folders};
use crate::domain::record::{
    AttemptRecord, ConversationRecord, FolderRecord, MessageRecord, RawJson, ServerRecord, SettingsRecord,
};
use crate::domain::{ConversationId, FolderId, MessageId, ServerId, seed_ids};

/// What became of a conversation that was to be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenIn {
    /// It is there now.
    Added,
    /// It was there, in the trash perhaps, and is as it was.
    There,
}

impl Store {
    /// Takes a conversation in as it is, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where its messages are no tree; then nothing was added.
    pub async fn take_in(&self, record: ConversationRecord, now_ms: i64) -> Result<TakenIn, StoreError> {
        self.write(Durability::Full, move |transaction| take_in(transaction, &record, now_ms)).await
    }
}

fn take_in(
    transaction: &Transaction<'_>,
    record: &ConversationRecord,
    now_ms: i64,
) -> Result<TakenIn, StoreError> {
    let id = record.id;
    let mut there = transaction.prepare_cached("SELECT 1 FROM conversation WHERE id = ?1")?;
    if there.exists([id.rowid()])? {
        return Ok(TakenIn::There);
    }
    if id.rowid() <= 0 {
        return Err(StoreError::Refused(format!("No conversation can have the id {id}.")));
    }
    let placed = placed(&record.messages)?;
    let servers = record
        .servers
        .iter()
        .map(|server| server_row(transaction, server, now_ms))
        .collect::<Result<Vec<_>, _>>()?;
    let folder = folder_row(transaction, &record.folder, &servers, now_ms)?;
    let names = names(transaction, &record.messages, now_ms)?;
    insert_conversation(transaction, record, &servers, folder)?;
    for at in placed {
        insert_message(transaction, id, &record.messages[at], &names, &servers)?;
    }
    let shown = record.shown.and_then(|shown| names.get(&shown).copied());
    match shown {
        Some(shown) => {
            transaction
                .prepare_cached("UPDATE conversation SET leaf_id = ?2 WHERE id = ?1")?
                .execute(params![id.rowid(), shown.rowid()])?;
        }
        // A file made by hand may leave it out: the newest branch is shown.
        None => branch::show(transaction, id, newest_end(transaction, id)?)?,
    }
    Ok(TakenIn::Added)
}

/// The order in which messages can be added: each after the one it follows.
fn placed(messages: &[MessageRecord]) -> Result<Vec<usize>, StoreError> {
    let refused = |id: MessageId, what: &str| Err(StoreError::Refused(format!("Message {id} {what}.")));
    let mut by_id = HashMap::with_capacity(messages.len());
    for (at, message) in messages.iter().enumerate() {
        if message.id.rowid() <= 0 {
            return refused(message.id, "has an id that no message can have");
        }
        if by_id.insert(message.id, at).is_some() {
            return refused(message.id, "is there twice");
        }
    }
    let mut following: Vec<Vec<usize>> = vec![Vec::new(); messages.len()];
    let mut order = Vec::with_capacity(messages.len());
    for (at, message) in messages.iter().enumerate() {
        match message.parent {
            None => order.push(at),
            Some(parent) => match by_id.get(&parent) {
                Some(&parent) => following[parent].push(at),
                None => return refused(message.id, &format!("follows {parent}, which is not in the file")),
            },
        }
    }
    let mut reached = vec![false; messages.len()];
    let mut next = 0;
    while let Some(&at) = order.get(next) {
        reached[at] = true;
        order.extend_from_slice(&following[at]);
        next += 1;
    }
    match messages.iter().zip(reached).find(|(_, reached)| !reached) {
        Some((message, _)) => refused(message.id, "follows itself"),
        None => Ok(order),
    }
}

/// The ids that the messages get: their own, unless another conversation has one of them.
fn names(
    transaction: &Transaction<'_>,
    messages: &[MessageRecord],
    now_ms: i64,
) -> Result<HashMap<MessageId, MessageId>, StoreError> {
    let mut taken = transaction.prepare_cached("SELECT 1 FROM message WHERE id = ?1")?;
    let mut anew = false;
    for message in messages {
        anew = anew || taken.exists([message.id.rowid()])?;
    }
    let name = |id| if anew { MessageId::new(now_ms) } else { id };
    Ok(messages.iter().map(|message| (message.id, name(message.id))).collect())
}

/// The row of a server. One that is not set up here is kept for the replies that name it and cannot be asked, as one
/// that was removed.
fn server_row(transaction: &Transaction<'_>, server: &ServerRecord, now_ms: i64) -> Result<i64, StoreError> {
    let ServerRecord { name, kind, url } = server;
    let known = transaction
        .prepare_cached(
            "SELECT id FROM server WHERE url = ?1 AND kind = ?2 AND (name = ?3 COLLATE BINARY OR removed_at_ms IS NULL)
             ORDER BY name = ?3 COLLATE BINARY DESC, removed_at_ms IS NULL DESC, id LIMIT 1",
        )?
        .query_row(params![url, kind, name], |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    let id = ServerId::new(now_ms).rowid();
    transaction
        .prepare_cached(
            "INSERT INTO server (id, name, kind, url, removed_at_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![id, name, kind, url, now_ms])?;
    Ok(id)
}

/// The row of the innermost folder. One of the same name in the same place is the same folder, and stays as it is.
fn folder_row(
    transaction: &Transaction<'_>,
    around: &[FolderRecord],
    servers: &[i64],
    now_ms: i64,
) -> Result<Option<i64>, StoreError> {
    folders::check_depth(around.len())?;
    let mut within: Option<i64> = None;
    for folder in around {
        let known = transaction
            .prepare_cached("SELECT id FROM folder WHERE name = ?1 AND parent_id IS ?2 ORDER BY id LIMIT 1")?
            .query_row(params![folder.name, within], |row| row.get(0))
            .optional()?;
        within = match known {
            Some(known) => known,
            None => Some(insert_folder(transaction, folder, within, servers, now_ms)?),
        };
    }
    Ok(within)
}

fn insert_folder(
    transaction: &Transaction<'_>,
    folder: &FolderRecord,
    within: Option<i64>,
    servers: &[i64],
    now_ms: i64,
) -> Result<i64, StoreError> {
    let FolderRecord { name, created_at_ms, settings, lock } = folder;
    let SettingsRecord { system, temperature, top_p, max_tokens, effort, server, model } = settings;
    let id = FolderId::new(now_ms).rowid();
    transaction.execute(
        "INSERT INTO folder (id, name, created_at_ms, parent_id, system, temperature, top_p, max_tokens, effort,
                             server_id, model, lock)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            id,
            name,
            created_at_ms,
            within,
            system,
            temperature,
            top_p,
            max_tokens,
            effort,
            row_of(servers, *server),
            model,
            lock.clone().into_stored(),
        ],
    )?;
    Ok(id)
}

fn row_of(servers: &[i64], place: Option<usize>) -> Option<i64> {
    servers.get(place?).copied()
}

fn insert_conversation(
    transaction: &Transaction<'_>,
    record: &ConversationRecord,
    servers: &[i64],
    folder: Option<i64>,
) -> Result<(), StoreError> {
    let settings = &record.settings;
    transaction.execute(
        "INSERT INTO conversation (id, title, titled_by, title_cost, title_rates, created_at_ms, updated_at_ms,
                                   pinned_at_ms, archived_at_ms, deleted_at_ms, forked_from, folder_id, lock, system,
                                   temperature, top_p, max_tokens, effort, server_id, model, draft, queued)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)",
        params![
            record.id.rowid(),
            record.title,
            record.titled_by,
            record.title_cost,
            record.title_rates.clone().map(RawJson::into_stored),
            record.created_at_ms,
            record.updated_at_ms,
            record.pinned_at_ms,
            record.archived_at_ms,
            record.deleted_at_ms,
            record.forked_from.map(MessageId::rowid),
            folder,
            record.lock.clone().into_stored(),
            settings.system,
            settings.temperature,
            settings.top_p,
            settings.max_tokens,
            settings.effort,
            row_of(servers, settings.server),
            settings.model,
            record.draft,
            record.queued,
        ],
    )?;
    let mut tag =
        transaction.prepare_cached("INSERT OR IGNORE INTO tag (name, conversation_id) VALUES (?1, ?2)")?;
    for name in &record.tags {
        tag.execute(params![name, record.id.rowid()])?;
    }
    Ok(())
}

fn insert_message(
    transaction: &Transaction<'_>,
    conversation: ConversationId,
    record: &MessageRecord,
    names: &HashMap<MessageId, MessageId>,
    servers: &[i64],
) -> Result<(), StoreError> {
    let named = |id: Option<MessageId>| id.and_then(|id| names.get(&id).copied());
    let (Some(id), parent) = (named(Some(record.id)), named(record.parent)) else { return Ok(()) };
    seed_ids(id.rowid());
    let (depth, jump) = ancestors::below(transaction, parent)?;
    // Nobody receives it here.
    let state = |state: &str| if state == "arriving" { "cut_off".to_owned() } else { state.to_owned() };
    transaction
        .prepare_cached(
            "INSERT INTO message (id, conversation_id, parent_id, depth, jump_id, chosen_child_id, role, state,
                                  created_at_ms, deleted_at_ms, copied_from)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            id.rowid(),
            conversation.rowid(),
            parent.map(MessageId::rowid),
            depth,
            jump.map(MessageId::rowid),
            named(record.chosen).map(MessageId::rowid),
            record.role,
            state(&record.state),
            record.created_at_ms,
            record.deleted_at_ms,
            record.copied_from.map(MessageId::rowid),
        ])?;
    let mut part = transaction.prepare_cached(
        "INSERT INTO part (message_id, position, kind, text, data) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (position, said) in (0_i64..).zip(&record.parts) {
        let data = said.data.clone().map(RawJson::into_stored);
        part.execute(params![id.rowid(), position, said.kind, said.text, data])?;
    }
    for attempt in &record.attempts {
        insert_attempt(transaction, id, attempt, &state(&attempt.state), servers)?;
    }
    Ok(())
}

fn insert_attempt(
    transaction: &Transaction<'_>,
    message: MessageId,
    attempt: &AttemptRecord,
    state: &str,
    servers: &[i64],
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO attempt (message_id, state, started_at_ms, server_id, server_name, asked_model, model, effort,
                                  hosted, finish_reason, prompt_tokens, cached_tokens, completion_tokens,
                                  reasoning_tokens, first_token_ms, thinking_ms, total_ms, cost, rates, notes, failure)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
        )?
        .execute(params![
            message.rowid(),
            state,
            attempt.started_at_ms,
            row_of(servers, attempt.server),
            attempt.server_name,
            attempt.asked_model,
            attempt.model,
            attempt.effort,
            attempt.hosted,
            attempt.finish_reason,
            attempt.prompt_tokens,
            attempt.cached_tokens,
            attempt.completion_tokens,
            attempt.reasoning_tokens,
            attempt.first_token_ms,
            attempt.thinking_ms,
            attempt.total_ms,
            attempt.cost,
            attempt.rates.clone().map(RawJson::into_stored),
            attempt.notes.clone().into_stored(),
            attempt.failure.clone().map(RawJson::into_stored),
        ])?;
    Ok(())
}

/// The newest message that nothing follows.
fn newest_end(
    transaction: &Transaction<'_>,
    conversation: ConversationId,
) -> Result<Option<MessageId>, StoreError> {
    let newest = transaction
        .prepare_cached(
            "SELECT id FROM message AS leaf WHERE conversation_id = ?1 AND deleted_at_ms IS NULL
               AND NOT EXISTS (SELECT 1 FROM message WHERE parent_id = leaf.id AND deleted_at_ms IS NULL)
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row([conversation.rowid()], |row| row.get(0))
        .optional()?;
    Ok(newest.map(MessageId::from_rowid))
}

//! The index: triggers note what has changed, the writer takes it in with each transaction, and what is not as it
//! should be at the start is built anew.

use std::sync::{Arc, Weak};
use std::thread;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use super::words::{index_chars, index_parts, index_starts, index_words};
use crate::domain::MessageId;
use crate::store::{Durability, Inner, Store, StoreError};

/// Counts changes to how text is cut; an index of another number is built anew.
const WORDS: u32 = 1;
/// The setting that says what the index is.
const SETTING: &str = "search_index";
/// How many messages are put into the index at once, so that others can write in between.
const CHUNK: u32 = 250;
/// A history of so many messages is put into the index before anything else happens.
const SMALL: u32 = 2_000;
/// How many of the newest messages are looked for at the start.
const SAMPLE: u32 = 8;

/// What the index is.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Kept {
    words: u32,
    /// The next to be put in; `None`: all are.
    next: Option<i64>,
}

/// How far the index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
pub struct IndexState {
    /// Messages that can be found.
    pub done: u32,
    /// Messages there are.
    pub total: u32,
}

/// A function that SQL can call, by its name.
type Function = (&'static str, fn(&str) -> String);

/// Gives a connection the functions that cut text for the index.
pub(in crate::store) fn add_functions(connection: &Connection) -> Result<(), StoreError> {
    let functions: [Function; 4] = [
        ("search_words", index_words),
        ("search_parts", index_parts),
        ("search_chars", index_chars),
        ("search_starts", index_starts),
    ];
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    for (name, function) in functions {
        connection.create_scalar_function(name, 1, flags, move |context| {
            Ok(context.get_raw(0).as_str_or_null()?.map(function).unwrap_or_default())
        })?;
    }
    Ok(())
}

impl Store {
    /// Builds the index anew, in the background.
    pub async fn rebuild_search(&self) -> Result<(), StoreError> {
        self.write(Durability::Full, |transaction| keep(transaction, Kept::default())).await?;
        Builder::start(&self.0);
        Ok(())
    }
}

/// How far the index is; `None`: all the way.
pub(super) fn state(connection: &Connection) -> Result<Option<IndexState>, StoreError> {
    let kept = kept(connection)?;
    if kept.words == WORDS && kept.next.is_none() {
        return Ok(None);
    }
    let total: Option<i64> = connection.query_row("SELECT max(doc) FROM search_doc", [], |row| row.get(0))?;
    let small = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    let done = if kept.words == WORDS { kept.next.unwrap_or(1) - 1 } else { 0 };
    Ok(Some(IndexState { done: small(done), total: small(total.unwrap_or(0)) }))
}

/// The number by which the index knows a message.
pub(super) fn doc_of(connection: &Connection, message: MessageId) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT doc FROM search_doc WHERE message_id = ?1")?
        .query_row([message.rowid()], |row| row.get(0))
        .optional()?)
}

fn kept(connection: &Connection) -> Result<Kept, StoreError> {
    let value: Option<String> = connection
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([SETTING], |row| row.get(0))
        .optional()?;
    Ok(value.and_then(|value| serde_json::from_str(&value).ok()).unwrap_or_default())
}

fn keep(transaction: &Transaction<'_>, kept: Kept) -> Result<(), StoreError> {
    transaction.execute(
        "INSERT INTO setting (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![SETTING, serde_json::to_string(&kept)?],
    )?;
    Ok(())
}

/// Takes what has changed into the index, so much at once that a transaction stays short; tells whether more is left.
pub(in crate::store) fn take_in(transaction: &Connection) -> Result<bool, StoreError> {
    let pending: Vec<(String, i64)> = transaction
        .prepare_cached("SELECT kind, id FROM search_pending LIMIT ?1")?
        .query_map([CHUNK], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (kind, id) in &pending {
        if kind == "title" { take_in_title(transaction, *id) } else { take_in_message(transaction, *id) }?;
        transaction
            .prepare_cached("DELETE FROM search_pending WHERE kind = ?1 AND id = ?2")?
            .execute(params![kind, id])?;
    }
    Ok(pending.len() == CHUNK as usize)
}

/// As [`take_in`], in a transaction of its own if there is anything to do.
pub(in crate::store) fn catch_up(connection: &mut Connection) -> Result<bool, StoreError> {
    if !connection.prepare_cached("SELECT 1 FROM search_pending LIMIT 1")?.exists([])? {
        return Ok(false);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let more = take_in(&transaction)?;
    transaction.commit()?;
    Ok(more)
}

fn take_in_message(transaction: &Connection, id: i64) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "DELETE FROM search WHERE rowid = (SELECT doc FROM search_doc WHERE message_id = ?1)",
        )?
        .execute([id])?;
    if !transaction.prepare_cached("SELECT 1 FROM message WHERE id = ?1")?.exists([id])? {
        transaction.prepare_cached("DELETE FROM search_doc WHERE message_id = ?1")?.execute([id])?;
        return Ok(());
    }
    transaction.prepare_cached("INSERT OR IGNORE INTO search_doc (message_id) VALUES (?1)")?.execute([id])?;
    transaction.prepare_cached(&format!("{INSERT} WHERE message_id = ?1"))?.execute([id])?;
    Ok(())
}

fn take_in_title(transaction: &Connection, id: i64) -> Result<(), StoreError> {
    transaction.prepare_cached("DELETE FROM search_title WHERE rowid = ?1")?.execute([id])?;
    transaction.prepare_cached(&format!("{INSERT_TITLE} WHERE id = ?1"))?.execute([id])?;
    Ok(())
}

/// Puts messages into the index; what follows says which.
const INSERT: &str = "
    INSERT INTO search (rowid, text, thinking, names, parts, model, chars, starts, marks)
    SELECT doc, search_words(text), search_words(thinking), search_words(names),
           search_parts(text || ' ' || thinking || ' ' || names), search_words(model),
           search_chars(text || ' ' || thinking || ' ' || names),
           search_starts(text || ' ' || thinking || ' ' || names), marks
    FROM search_doc JOIN search_source USING (message_id)";

/// The same of titles.
const INSERT_TITLE: &str = "
    INSERT INTO search_title (rowid, text, parts, chars, starts)
    SELECT id, search_words(title), search_parts(title), search_chars(title), search_starts(title)
    FROM conversation";

/// Builds the index where it has to be.
pub(in crate::store) struct Builder;

impl Builder {
    /// Looks at a few messages, in a time that does not grow with the history. If the index is not what it should be it
    /// is marked so, and the answer is true.
    pub(in crate::store) fn is_needed(connection: &mut Connection) -> Result<bool, StoreError> {
        let kept = kept(connection)?;
        if kept.words != WORDS || kept.next.is_some() {
            return Ok(true);
        }
        let missing = connection
            .prepare_cached(
                "SELECT 1 FROM (SELECT id FROM message WHERE state <> 'arriving' AND deleted_at_ms IS NULL
                                ORDER BY id DESC LIMIT ?1) AS sample
                 WHERE EXISTS (SELECT 1 FROM part WHERE message_id = sample.id)
                   AND NOT EXISTS (SELECT 1 FROM search_doc JOIN search ON search.rowid = doc
                                   WHERE message_id = sample.id)",
            )?
            .exists([SAMPLE])?;
        if missing {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            keep(&transaction, Kept::default())?;
            transaction.commit()?;
        }
        Ok(missing)
    }

    /// Builds what is missing here and now, if the history is small; tells whether it did.
    pub(in crate::store) fn build_if_small(connection: &mut Connection) -> Result<bool, StoreError> {
        let large = connection.prepare("SELECT 1 FROM message LIMIT 1 OFFSET ?1")?.exists([SMALL])?;
        if large {
            return Ok(false);
        }
        loop {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let more = step(&transaction)?;
            transaction.commit()?;
            if !more {
                return Ok(true);
            }
        }
    }

    /// Builds what is missing on a thread of its own, a little at a time, until it is done or the store closes.
    pub(in crate::store) fn start(store: &Arc<Inner>) {
        let store = Arc::downgrade(store);
        let building = thread::Builder::new().name("search".to_owned()).spawn(move || build(&store));
        if building.is_err() {
            // The next start tries again.
            tracing::warn!("the search index could not be built: no thread");
        }
    }
}

fn build(store: &Weak<Inner>) {
    while let Some(open) = store.upgrade() {
        match open.writer.run_here(Durability::Process, step) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                // The next start goes on from here.
                tracing::warn!(code = error.code().name(), "the search index could not be built");
                return;
            }
        }
    }
}

/// One step of the building; tells whether there is more to do.
fn step(transaction: &Transaction<'_>) -> Result<bool, StoreError> {
    let kept = kept(transaction)?;
    let next = match kept.next {
        _ if kept.words != WORDS => {
            begin(transaction)?;
            keep(transaction, Kept { words: WORDS, next: Some(1) })?;
            return Ok(true);
        }
        None => return Ok(false),
        Some(next) => next,
    };
    let last: Option<i64> = transaction
        .prepare_cached(
            "SELECT max(doc) FROM (SELECT doc FROM search_doc WHERE doc >= ?1 ORDER BY doc LIMIT ?2)",
        )?
        .query_row(params![next, CHUNK], |row| row.get(0))?;
    let Some(last) = last else {
        keep(transaction, Kept { words: WORDS, next: None })?;
        return Ok(false);
    };
    transaction.prepare_cached("DELETE FROM search WHERE rowid BETWEEN ?1 AND ?2")?.execute([next, last])?;
    transaction.prepare_cached(&format!("{INSERT} WHERE doc BETWEEN ?1 AND ?2"))?.execute([next, last])?;
    keep(transaction, Kept { words: WORDS, next: Some(last + 1) })?;
    Ok(true)
}

/// Empties the index, numbers all messages in the order they were made, and puts the titles in.
fn begin(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute_batch(&format!(
        "INSERT INTO search (search) VALUES ('delete-all');
         INSERT INTO search_title (search_title) VALUES ('delete-all');
         DELETE FROM search_pending;
         DELETE FROM search_doc;
         INSERT INTO search_doc (message_id) SELECT id FROM message ORDER BY id;
         {INSERT_TITLE};",
    ))?;
    Ok(())
}

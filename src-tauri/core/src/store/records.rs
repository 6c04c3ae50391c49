//! Conversations field by field, as they stand in the history.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use super::{StoreError, parts};
use crate::domain::record::{
    AttemptRecord, CONVERSATION_FORMAT, ConversationRecord, FolderRecord, MessageRecord, PartRecord, RawJson,
    ServerRecord, SettingsRecord,
};
use crate::domain::{ConversationId, MessageId, Part, Thing};

/// The servers that a conversation names, and their places in its record.
pub(super) struct Servers {
    listed: Vec<ServerRecord>,
    places: HashMap<i64, usize>,
}

impl Servers {
    pub(super) fn named_in(connection: &Connection, id: ConversationId) -> Result<Self, StoreError> {
        let mut statement = connection.prepare_cached(
            "WITH RECURSIVE around (id, parent_id, server_id, depth) AS (
                 SELECT folder.id, parent_id, folder.server_id, 0
                 FROM folder JOIN conversation ON folder.id = folder_id WHERE conversation.id = :id
                 UNION ALL
                 SELECT folder.id, folder.parent_id, folder.server_id, depth + 1
                 FROM around JOIN folder ON folder.id = around.parent_id WHERE depth < 100
             )
             SELECT id, name, kind, url FROM server WHERE id IN (
                 SELECT server_id FROM conversation WHERE id = :id
                 UNION SELECT server_id FROM around
                 UNION SELECT attempt.server_id FROM attempt JOIN message ON message.id = message_id
                       WHERE conversation_id = :id
             )",
        )?;
        let found: Vec<(i64, ServerRecord)> = statement
            .query_map(named_params! {":id": id.rowid()}, |row| {
                Ok((row.get(0)?, ServerRecord { name: row.get(1)?, kind: row.get(2)?, url: row.get(3)? }))
            })?
            .collect::<Result<_, _>>()?;
        // By what they are and not by their numbers, which differ from one history to another.
        let mut listed: Vec<ServerRecord> = found.iter().map(|(_, server)| server.clone()).collect();
        listed.sort();
        listed.dedup();
        let places = found
            .into_iter()
            .filter_map(|(row, server)| Some((row, listed.binary_search(&server).ok()?)))
            .collect();
        Ok(Self { listed, places })
    }

    fn place(&self, row: Option<i64>) -> Option<usize> {
        self.places.get(&row?).copied()
    }
}

fn settings(row: &Row<'_>, servers: &Servers) -> rusqlite::Result<SettingsRecord> {
    Ok(SettingsRecord {
        system: row.get("system")?,
        temperature: row.get("temperature")?,
        top_p: row.get("top_p")?,
        max_tokens: row.get("max_tokens")?,
        effort: row.get("effort")?,
        server: servers.place(row.get("server_id")?),
        model: row.get("model")?,
    })
}

fn json(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<RawJson>> {
    Ok(row.get::<_, Option<String>>(column)?.map(|text| RawJson::of_stored(&text)))
}

/// A conversation without its messages.
pub(super) fn head(
    connection: &Connection,
    id: ConversationId,
    servers: &Servers,
) -> Result<ConversationRecord, StoreError> {
    let mut statement = connection.prepare_cached("SELECT * FROM conversation WHERE id = ?1")?;
    let found = statement.query_row([id.rowid()], |row| {
        let record = ConversationRecord {
            format: CONVERSATION_FORMAT.to_owned(),
            id,
            title: row.get("title")?,
            titled_by: row.get("titled_by")?,
            title_cost: row.get("title_cost")?,
            title_rates: json(row, "title_rates")?,
            created_at_ms: row.get("created_at_ms")?,
            updated_at_ms: row.get("updated_at_ms")?,
            pinned_at_ms: row.get("pinned_at_ms")?,
            archived_at_ms: row.get("archived_at_ms")?,
            deleted_at_ms: row.get("deleted_at_ms")?,
            forked_from: row.get::<_, Option<i64>>("forked_from")?.map(MessageId::from_rowid),
            folder: Vec::new(),
            tags: Vec::new(),
            lock: RawJson::of_stored(&row.get::<_, String>("lock")?),
            settings: settings(row, servers)?,
            draft: row.get("draft")?,
            queued: row.get("queued")?,
            shown: row.get::<_, Option<i64>>("leaf_id")?.map(MessageId::from_rowid),
            servers: servers.listed.clone(),
            messages: Vec::new(),
        };
        Ok((record, row.get("folder_id")?))
    });
    let (record, folder) = found.optional()?.ok_or(StoreError::Missing(Thing::Conversation))?;
    let mut tags = connection.prepare_cached(
        "SELECT name FROM tag WHERE conversation_id = ?1 ORDER BY name, name COLLATE BINARY",
    )?;
    let tags = tags.query_map([id.rowid()], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(ConversationRecord { tags, folder: folders(connection, folder, servers)?, ..record })
}

/// The folders around a conversation, the outermost first.
fn folders(
    connection: &Connection,
    innermost: Option<i64>,
    servers: &Servers,
) -> Result<Vec<FolderRecord>, StoreError> {
    /// More than folders can lie in each other, should they lie in a circle.
    const MOST: usize = 100;
    let mut statement = connection.prepare_cached("SELECT * FROM folder WHERE id = ?1")?;
    let (mut around, mut at) = (Vec::new(), innermost);
    while let Some(folder) = at.filter(|_| around.len() < MOST) {
        let found = statement.query_row([folder], |row| {
            let record = FolderRecord {
                name: row.get("name")?,
                created_at_ms: row.get("created_at_ms")?,
                settings: settings(row, servers)?,
                lock: RawJson::of_stored(&row.get::<_, String>("lock")?),
            };
            Ok((record, row.get("parent_id")?))
        });
        let Some((record, parent)) = found.optional()? else { break };
        around.push(record);
        at = parent;
    }
    around.reverse();
    Ok(around)
}

/// A message with all it says.
pub(super) fn message_record(
    connection: &Connection,
    id: MessageId,
    servers: &Servers,
) -> Result<MessageRecord, StoreError> {
    let mut statement = connection.prepare_cached("SELECT * FROM message WHERE id = ?1")?;
    let mut record = statement.query_row([id.rowid()], |row| {
        let message =
            |column: &str| row.get::<_, Option<i64>>(column).map(|id| id.map(MessageId::from_rowid));
        Ok(MessageRecord {
            id,
            parent: message("parent_id")?,
            chosen: message("chosen_child_id")?,
            role: row.get("role")?,
            state: row.get("state")?,
            created_at_ms: row.get("created_at_ms")?,
            deleted_at_ms: row.get("deleted_at_ms")?,
            copied_from: message("copied_from")?,
            parts: Vec::new(),
            attempts: attempts(connection, id, servers)?,
        })
    })?;
    // A reply that arrives is told as far as it is kept, and as one that broke off there.
    record.parts = if record.state == "arriving" {
        "cut_off".clone_into(&mut record.state);
        parts::arrived_parts(connection, id)?
            .into_vec()
            .into_iter()
            .map(part_record)
            .collect::<Result<_, _>>()?
    } else {
        let mut statement = connection
            .prepare_cached("SELECT kind, text, data FROM part WHERE message_id = ?1 ORDER BY position")?;
        let found = statement.query_map([id.rowid()], |row| {
            Ok(PartRecord { kind: row.get("kind")?, text: row.get("text")?, data: json(row, "data")? })
        })?;
        found.collect::<Result<_, _>>()?
    };
    Ok(record)
}

fn part_record(part: Part) -> Result<PartRecord, StoreError> {
    let text = |kind: &str, text| PartRecord { kind: kind.to_owned(), text: Some(text), data: None };
    Ok(match part {
        Part::Text(said) => text("text", said),
        Part::Thinking(thought) => text("thinking", thought),
        Part::ToolCall(call) => PartRecord {
            kind: "tool_call".to_owned(),
            text: None,
            data: Some(RawJson::of_stored(&serde_json::to_string(&call)?)),
        },
        Part::Unknown { kind, text, data } => {
            PartRecord { kind, text, data: data.as_deref().map(RawJson::of_stored) }
        }
    })
}

fn attempts(
    connection: &Connection,
    message: MessageId,
    servers: &Servers,
) -> rusqlite::Result<Vec<AttemptRecord>> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM attempt WHERE message_id = ?1 ORDER BY id")?;
    let found = statement.query_map([message.rowid()], |row| {
        let state: String = row.get("state")?;
        Ok(AttemptRecord {
            state: if state == "arriving" { "cut_off".to_owned() } else { state },
            started_at_ms: row.get("started_at_ms")?,
            server: servers.place(row.get("server_id")?),
            server_name: row.get("server_name")?,
            asked_model: row.get("asked_model")?,
            model: row.get("model")?,
            effort: row.get("effort")?,
            hosted: row.get("hosted")?,
            finish_reason: row.get("finish_reason")?,
            prompt_tokens: row.get("prompt_tokens")?,
            cached_tokens: row.get("cached_tokens")?,
            completion_tokens: row.get("completion_tokens")?,
            reasoning_tokens: row.get("reasoning_tokens")?,
            first_token_ms: row.get("first_token_ms")?,
            thinking_ms: row.get("thinking_ms")?,
            total_ms: row.get("total_ms")?,
            cost: row.get("cost")?,
            rates: json(row, "rates")?,
            notes: RawJson::of_stored(&row.get::<_, String>("notes")?),
            failure: json(row, "failure")?,
        })
    })?;
    found.collect()
}

//! Titles in which something was found.

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::passage::{beginning, passage};
use super::query::{Field, Query};
use super::{Hit, HitIn, Scope};
use crate::domain::{ConversationId, MessageId, Role, TitledBy};
use crate::store::StoreError;
use crate::store::row::word;

/// How many titles stand above the messages.
const ABOVE: u32 = 5;

/// The newest titles. One that is the first line of a question which was found itself is left out.
pub(super) fn hits(
    connection: &Connection,
    query: &Query,
    scope: &Scope,
    limit: u32,
) -> Result<Vec<Hit>, StoreError> {
    let Some(expression) = query.title_match() else { return Ok(Vec::new()) };
    let limit = if query.filters.field == Field::Title { limit } else { limit.min(ABOVE) };
    let arguments = [Value::Text(expression)]
        .into_iter()
        .chain(scope.arguments.iter().cloned())
        .chain([Value::Integer(limit.into())]);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT conversation.id, conversation.title, conversation.titled_by, message.id, message.role,
                message.created_at_ms, conversation.archived_at_ms IS NOT NULL,
                conversation.deleted_at_ms IS NOT NULL
         FROM search_title CROSS JOIN conversation ON conversation.id = search_title.rowid
              JOIN message ON message.id = (SELECT min(id) FROM message WHERE conversation_id = conversation.id
                                                AND parent_id IS NULL AND deleted_at_ms IS NULL)
         WHERE search_title MATCH ? AND {}
         ORDER BY search_title.rowid DESC LIMIT ?",
        scope.condition
    ))?;
    let mut rows = statement.query(params_from_iter(arguments))?;
    let mut hits = Vec::new();
    while let Some(row) = rows.next()? {
        let message = MessageId::from_rowid(row.get(3)?);
        let own = word(row.get(2)?).unwrap_or(TitledBy::Person) != TitledBy::Question;
        if !own && query.filters.field == Field::Any && is_hit(connection, query, message)? {
            continue;
        }
        let title: String = row.get(1)?;
        hits.push(Hit {
            conversation: ConversationId::from_rowid(row.get(0)?),
            snippet: passage(&title, query.phrases()).unwrap_or_else(|| beginning(&title)),
            title,
            message,
            role: word(row.get(4)?).unwrap_or(Role::Other),
            found_in: HitIn::Title,
            created_at_ms: row.get(5)?,
            archived: row.get(6)?,
            deleted: row.get(7)?,
        });
    }
    Ok(hits)
}

fn is_hit(connection: &Connection, query: &Query, message: MessageId) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM search WHERE search MATCH ?1 AND rowid = (SELECT doc FROM search_doc WHERE message_id = ?2)",
    )?;
    Ok(statement.exists(params![query.message_match(None), message.rowid()])?)
}

//! Searching messages and titles with FTS5.

mod find;
mod fold;
mod index;
mod passage;
mod query;
mod titles;
mod words;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use serde::{Deserialize, Serialize};

pub use find::{Found, FoundMessage};
pub use index::IndexState;
pub(super) use index::{Builder, add_functions, catch_up, take_in};
pub use passage::SnippetPiece;

use super::row::word;
use super::{Store, StoreError, parts};
use crate::domain::{ConversationId, MessageId, Part, Role, plain_text, thinking_text};
use query::{Day, Field, Filters, Query};

/// Up to how many conversations a filter may choose for the index itself to be asked about them. Beyond that, so many
/// hits are theirs that checking each hit is quick.
const FEW: usize = 400;
/// How many months a query may list; a longer time is queried by years.
const MONTHS: i32 = 36;
/// The most hits that one search returns.
const MOST: u32 = 500;

/// Where a hit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum HitIn {
    /// In the conversation's title.
    Title,
    /// In what a message says.
    Text,
    /// In a model's thinking.
    Thinking,
    /// In the name of an attachment.
    Name,
}

/// A message, or a title, in which something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct Hit {
    /// Whose it is.
    pub conversation: ConversationId,
    /// What the conversation is called.
    pub title: String,
    /// The message; for a title the first message of the conversation.
    pub message: MessageId,
    /// Who speaks.
    pub role: Role,
    /// Where in it.
    pub found_in: HitIn,
    /// When the message was made, in milliseconds since 1970 UTC.
    #[specta(type = u32)]
    pub created_at_ms: i64,
    /// The passage around the first hit, one line, at most about 200 characters.
    pub snippet: Vec<SnippetPiece>,
    /// Whether the conversation is archived.
    pub archived: bool,
    /// Whether it is in the trash.
    pub deleted: bool,
}

/// Where a search continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct SearchPosition {
    /// The last message that was found.
    pub message: MessageId,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct SearchResults {
    /// Titles first, then messages, newest first.
    pub hits: Vec<Hit>,
    /// Where to continue; `None`: that was all.
    pub more: Option<SearchPosition>,
    /// While the index is being built, how far it is; `None`: everything can be found.
    pub preparing: Option<IndexState>,
}

impl Store {
    /// Finds up to `limit` messages, newest first, from the one after `from`; at the start also titles. No input is an
    /// error.
    pub async fn search(
        &self,
        typed: &str,
        from: Option<SearchPosition>,
        limit: u32,
    ) -> Result<SearchResults, StoreError> {
        let query = Query::parse(typed);
        let limit = limit.min(MOST);
        self.read(move |connection| {
            let preparing = index::state(connection)?;
            let nothing = SearchResults { hits: Vec::new(), more: None, preparing };
            if query.is_empty() || limit == 0 {
                return Ok(nothing);
            }
            let Some(scope) = Scope::of(connection, &query.filters)? else { return Ok(nothing) };
            let mut hits = match from {
                None => titles::hits(connection, &query, &scope, limit)?,
                Some(_) => Vec::new(),
            };
            let mut more = None;
            if query.filters.field != Field::Title {
                let mut found = message_hits(connection, &query, &scope, from, limit + 1)?;
                if found.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
                    found.pop();
                    more = found.last().map(|hit| SearchPosition { message: hit.message });
                }
                hits.append(&mut found);
            }
            Ok(SearchResults { hits, more, ..nothing })
        })
        .await
    }
}

/// Which conversations and which period are searched.
struct Scope {
    /// A condition on `conversation`, and the values for its question marks.
    condition: String,
    arguments: Vec<Value>,
    /// The conversations themselves, if they are few.
    few: Option<Vec<i64>>,
    /// Start (included) and end (excluded), in milliseconds since 1970 UTC.
    time: (i64, i64),
}

impl Scope {
    /// `None` if nothing can be found.
    fn of(connection: &Connection, filters: &Filters) -> Result<Option<Self>, StoreError> {
        let not = if filters.trash { "NOT" } else { "" };
        let mut conditions = vec![format!("conversation.deleted_at_ms IS {not} NULL")];
        let mut arguments = Vec::new();
        if filters.archived {
            conditions.push("conversation.archived_at_ms IS NOT NULL".to_owned());
        }
        if filters.pinned {
            conditions.push("conversation.pinned_at_ms IS NOT NULL".to_owned());
        }
        for folder in &filters.folders {
            conditions.push(
                "conversation.folder_id IN
                    (WITH RECURSIVE meant (id) AS (
                         SELECT id FROM folder WHERE instr(search_words(name), search_words(?)) = 1
                         UNION SELECT folder.id FROM meant JOIN folder ON folder.parent_id = meant.id)
                     SELECT id FROM meant)"
                    .to_owned(),
            );
            arguments.push(Value::Text(folder.clone()));
        }
        for tag in &filters.tags {
            conditions.push(
                "conversation.id IN (SELECT conversation_id FROM tag WHERE name IN
                    (SELECT DISTINCT name FROM tag WHERE search_words(name) = search_words(?)))"
                    .to_owned(),
            );
            arguments.push(Value::Text(tag.clone()));
        }
        let condition = conditions.join(" AND ");
        let few = if conditions.len() > 1 || filters.trash {
            let chosen: Vec<i64> = connection
                .prepare_cached(&format!("SELECT id FROM conversation WHERE {condition} LIMIT {}", FEW + 1))?
                .query_map(params_from_iter(&arguments), |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            if chosen.is_empty() {
                return Ok(None);
            }
            (chosen.len() <= FEW).then_some(chosen)
        } else {
            None
        };
        let time = (
            filters.after.and_then(Day::begins_ms).unwrap_or(i64::MIN),
            filters.before.and_then(Day::begins_ms).unwrap_or(i64::MAX),
        );
        Ok(Some(Self { condition, arguments, few, time }))
    }

    /// The marks of the months or years that are searched; `None` for all.
    fn time_marks(&self, connection: &Connection) -> Result<Option<String>, StoreError> {
        if self.time == (i64::MIN, i64::MAX) {
            return Ok(None);
        }
        let bounds: (Option<i64>, Option<i64>) = connection
            .prepare_cached(
                "SELECT min(created_at_ms), max(created_at_ms) FROM message WHERE id IN
                                (SELECT min(id) FROM message UNION SELECT max(id) FROM message)",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (Some(oldest), Some(newest)) = bounds else { return Ok(None) };
        // One more day on each side: marks are in UTC, days in the user's time zone.
        let day_ms = 86_400_000;
        let month =
            |ms: i64| query::month_of(ms).map(|(year, month)| i32::from(year) * 12 + i32::from(month) - 1);
        let from = month(self.time.0.saturating_sub(day_ms).max(oldest.min(newest)));
        let until = month(self.time.1.saturating_add(day_ms).min(newest.max(oldest)));
        let (Some(from), Some(until)) = (from, until) else { return Ok(None) };
        let marks: Vec<String> = if until - from < MONTHS {
            (from..=until).map(|at| format!("\"m{:04}{:02}\"", at / 12, at % 12 + 1)).collect()
        } else {
            (from / 12..=until / 12).map(|year| format!("\"y{year:04}\"")).collect()
        };
        Ok((!marks.is_empty()).then(|| format!("{{marks}} : ({})", marks.join(" OR "))))
    }
}

fn message_hits(
    connection: &Connection,
    query: &Query,
    scope: &Scope,
    from: Option<SearchPosition>,
    limit: u32,
) -> Result<Vec<Hit>, StoreError> {
    let mut expression = query.message_match(scope.few.as_deref());
    if let Some(marks) = scope.time_marks(connection)? {
        expression = format!("({expression}) AND {marks}");
    }
    let before = match from {
        Some(SearchPosition { message }) => index::doc_of(connection, message)?.unwrap_or(0),
        None => i64::MAX,
    };
    let arguments = [Value::Text(expression), Value::Integer(before)]
        .into_iter()
        .chain([Value::Integer(scope.time.0), Value::Integer(scope.time.1)])
        .chain(scope.arguments.iter().cloned())
        .chain([Value::Integer(limit.into())]);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT message.id, message.conversation_id, message.role, message.created_at_ms, conversation.title,
                conversation.archived_at_ms IS NOT NULL, conversation.deleted_at_ms IS NOT NULL
         FROM search CROSS JOIN search_doc ON search_doc.doc = search.rowid
                     CROSS JOIN message ON message.id = search_doc.message_id
                     CROSS JOIN conversation ON conversation.id = message.conversation_id
         WHERE search MATCH ? AND search.rowid < ? AND message.created_at_ms >= ? AND message.created_at_ms < ?
           AND {}
         ORDER BY search.rowid DESC LIMIT ?",
        scope.condition
    ))?;
    let mut rows = statement.query(params_from_iter(arguments))?;
    let mut hits = Vec::new();
    while let Some(row) = rows.next()? {
        let message = MessageId::from_rowid(row.get(0)?);
        let (found_in, snippet) = passage_of(&parts::parts_of(connection, message)?, query);
        hits.push(Hit {
            conversation: ConversationId::from_rowid(row.get(1)?),
            title: row.get(4)?,
            message,
            role: word(row.get(2)?).unwrap_or(Role::Other),
            found_in,
            created_at_ms: row.get(3)?,
            snippet,
            archived: row.get(5)?,
            deleted: row.get(6)?,
        });
    }
    Ok(hits)
}

/// The name of an attachment.
fn name_of(part: &Part) -> Option<String> {
    let Part::Unknown { data: Some(data), .. } = part else { return None };
    let data: serde_json::Value = serde_json::from_str(data).ok()?;
    data["name"].as_str().map(str::to_owned)
}

/// What is shown of a hit.
fn passage_of(parts: &[Part], query: &Query) -> (HitIn, Vec<SnippetPiece>) {
    let (text, thinking) = (plain_text(parts), thinking_text(parts));
    let names: Vec<String> = parts.iter().filter_map(name_of).collect();
    let names = names.join(" ");
    let field = query.filters.field;
    let places = [
        (HitIn::Text, text.as_str(), field != Field::Thinking),
        (HitIn::Thinking, thinking.as_str(), field != Field::Text),
        (HitIn::Name, names.as_str(), field == Field::Any),
    ];
    places
        .into_iter()
        .filter(|(_, _, looked_at)| *looked_at)
        .find_map(|(place, text, _)| Some((place, passage::passage(text, query.phrases())?)))
        .unwrap_or_else(|| {
            if text.is_empty() {
                (HitIn::Thinking, passage::beginning(&thinking))
            } else {
                (HitIn::Text, passage::beginning(&text))
            }
        })
}

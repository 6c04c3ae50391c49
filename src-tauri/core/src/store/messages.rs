//! The `message`, `part` and `arriving` tables: the tree of turns.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::row::word;
use super::{Durability, Store, StoreError, conversations};
use crate::domain::{
    Author, ChatSettings, Conversation, ConversationId, Failure, FinishReason, Message, MessageId,
    MessageState, ModelChoice, Part, Parts, Role, ServerId, Timing, Usage,
};

/// A reply that is about to be asked for.
#[derive(Debug, Clone)]
pub struct NewReply {
    /// The model that is asked.
    pub model: ModelChoice,
    /// The server's name now.
    pub server_name: String,
    /// Milliseconds since 1970 UTC.
    pub now_ms: i64,
}

/// What stands in the history before a request leaves.
#[derive(Debug, Clone)]
pub struct Started {
    /// The conversation.
    pub conversation: Conversation,
    /// The user's message, when it was made with this step.
    pub question: Option<Message>,
    /// The empty reply.
    pub reply: Message,
    /// All versions of the reply's turn, itself included.
    pub versions: Vec<MessageId>,
}

/// The shown branch of a conversation.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The conversation.
    pub conversation: Conversation,
    /// Its messages, first to last.
    pub messages: Vec<Message>,
    /// For each message, all versions of its turn in order of age, itself included.
    pub versions: HashMap<MessageId, Vec<MessageId>>,
}

/// What a piece of an arriving reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// Markdown.
    Text,
    /// Thinking.
    Thinking,
    /// No text of its own: all text before it was thinking.
    TextWasThinking,
}

impl PieceKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Thinking => "thinking",
            Self::TextWasThinking => "text_was_thinking",
        }
    }
}

/// A piece of an arriving reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivingPiece {
    /// What it is.
    pub kind: PieceKind,
    /// Its text.
    pub text: String,
}

/// How a reply ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// What became of it.
    pub state: MessageState,
    /// All that arrived.
    pub parts: Vec<Part>,
    /// The model that answered, by its own account.
    pub model: Option<String>,
    /// Why the model ended.
    pub finish_reason: Option<FinishReason>,
    /// Tokens as the server counted them.
    pub usage: Usage,
    /// How long it took.
    pub timing: Timing,
    /// Why it failed or was cut off.
    pub failure: Option<Failure>,
}

impl Ending {
    /// A reply that broke off with what had arrived.
    pub fn cut_off(parts: Vec<Part>, failure: Failure) -> Self {
        Self {
            state: MessageState::CutOff,
            parts,
            model: None,
            finish_reason: None,
            usage: Usage::default(),
            timing: Timing::default(),
            failure: Some(failure),
        }
    }
}

impl Store {
    /// Adds a question at the end of the shown branch and an empty reply below it, in one commit that survives
    /// loss of power. Without a conversation it makes one, titled by the question's first line.
    pub async fn ask(
        &self,
        conversation: Option<ConversationId>,
        settings: ChatSettings,
        question: String,
        reply: NewReply,
    ) -> Result<Started, StoreError> {
        let writer = self.0.mark.name().to_owned();
        self.write(Durability::Full, move |transaction| {
            let id = match conversation {
                Some(id) => id,
                None => create_conversation(transaction, &question, reply.now_ms)?,
            };
            let before = conversations::by_id(transaction, id)?;
            let question_id = MessageId::new(reply.now_ms);
            transaction.execute(
                "INSERT INTO message (id, conversation_id, parent_id, role, state, created_at_ms)
                 VALUES (?1, ?2, ?3, 'user', 'complete', ?4)",
                params![question_id.rowid(), id.rowid(), before.leaf.map(MessageId::rowid), reply.now_ms],
            )?;
            insert_parts(transaction, question_id, &[Part::Text(question)])?;
            conversations::configure(transaction, id, &settings, Some(&reply.model))?;
            let reply_id = insert_reply(transaction, id, Some(question_id), &reply, &writer)?;
            started(transaction, id, Some(question_id), reply_id)
        })
        .await
    }

    /// Adds an empty reply beside `beside`, as another version of that turn.
    pub async fn ask_again(&self, beside: MessageId, reply: NewReply) -> Result<Started, StoreError> {
        let writer = self.0.mark.name().to_owned();
        self.write(Durability::Full, move |transaction| {
            let (conversation, parent, role): (i64, Option<i64>, String) = transaction
                .query_row(
                    "SELECT conversation_id, parent_id, role FROM message WHERE id = ?1",
                    [beside.rowid()],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
                )
                .optional()?
                .ok_or(StoreError::Missing("message"))?;
            if role != Role::Assistant.name() {
                return Err(StoreError::Refused("Only a reply can be asked for again.".to_owned()));
            }
            let id = ConversationId::from_rowid(conversation);
            let reply_id = insert_reply(transaction, id, parent.map(MessageId::from_rowid), &reply, &writer)?;
            started(transaction, id, None, reply_id)
        })
        .await
    }

    /// Keeps pieces of an arriving reply.
    pub async fn keep_arriving(
        &self,
        message: MessageId,
        pieces: Vec<ArrivingPiece>,
    ) -> Result<(), StoreError> {
        self.write(Durability::Process, move |transaction| {
            let mut insert = transaction
                .prepare_cached("INSERT INTO arriving (message_id, kind, text) VALUES (?1, ?2, ?3)")?;
            for piece in &pieces {
                insert.execute(params![message.rowid(), piece.kind.name(), piece.text])?;
            }
            Ok(())
        })
        .await
    }

    /// Ends a reply: parts, usage, timing and state in one commit.
    pub async fn end_reply(&self, message: MessageId, ending: Ending) -> Result<(), StoreError> {
        self.write(Durability::Full, move |transaction| end_reply(transaction, message, &ending)).await
    }

    /// The shown branch of a conversation.
    pub async fn branch(&self, id: ConversationId) -> Result<Branch, StoreError> {
        self.read(move |connection| {
            let conversation = conversations::by_id(connection, id)?;
            let (messages, versions) = match conversation.leaf {
                Some(leaf) => (path_to(connection, leaf)?, versions_along(connection, leaf)?),
                None => (Vec::new(), HashMap::new()),
            };
            Ok(Branch { conversation, messages, versions })
        })
        .await
    }

    /// One message.
    pub async fn message(&self, id: MessageId) -> Result<Message, StoreError> {
        self.read(move |connection| by_id(connection, id)).await
    }

    /// The messages from the first to `id`.
    pub async fn path(&self, id: MessageId) -> Result<Vec<Message>, StoreError> {
        self.read(move |connection| path_to(connection, id)).await
    }

    /// Shows the branch that goes through `message`, down to its newest end.
    pub async fn show_branch_of(&self, message: MessageId) -> Result<ConversationId, StoreError> {
        self.write(Durability::Full, move |transaction| {
            let conversation = by_id(transaction, message)?.conversation;
            let mut leaf = message.rowid();
            let mut newest_child =
                transaction.prepare_cached("SELECT max(id) FROM message WHERE parent_id = ?1")?;
            while let Some(child) = newest_child.query_row([leaf], |row| row.get::<_, Option<i64>>(0))? {
                leaf = child;
            }
            transaction.execute(
                "UPDATE conversation SET leaf_id = ?2 WHERE id = ?1",
                params![conversation.rowid(), leaf],
            )?;
            Ok(conversation)
        })
        .await
    }
}

fn create_conversation(
    transaction: &Transaction<'_>,
    question: &str,
    now_ms: i64,
) -> Result<ConversationId, StoreError> {
    let id = ConversationId::new(now_ms);
    transaction.execute(
        "INSERT INTO conversation (id, title, created_at_ms, updated_at_ms) VALUES (?1, ?2, ?3, ?3)",
        params![id.rowid(), first_line(question), now_ms],
    )?;
    Ok(id)
}

/// The first line that says something, at most 80 characters, without Markdown's leading marks.
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
    let id = MessageId::new(reply.now_ms);
    transaction.execute(
        "INSERT INTO message (id, conversation_id, parent_id, role, state, created_at_ms, writer, server_id,
                              server_name, model)
         VALUES (?1, ?2, ?3, 'assistant', 'arriving', ?4, ?5, ?6, ?7, ?8)",
        params![
            id.rowid(),
            conversation.rowid(),
            parent.map(MessageId::rowid),
            reply.now_ms,
            writer,
            reply.model.server.rowid(),
            reply.server_name,
            reply.model.model,
        ],
    )?;
    // The list is ordered by this time, so it must not go backwards when the clock does.
    transaction.execute(
        "UPDATE conversation SET leaf_id = ?2, updated_at_ms = max(updated_at_ms, ?3), draft = '' WHERE id = ?1",
        params![conversation.rowid(), id.rowid(), reply.now_ms],
    )?;
    Ok(id)
}

fn started(
    connection: &Connection,
    conversation: ConversationId,
    question: Option<MessageId>,
    reply: MessageId,
) -> Result<Started, StoreError> {
    Ok(Started {
        conversation: conversations::by_id(connection, conversation)?,
        question: question.map(|id| by_id(connection, id)).transpose()?,
        reply: by_id(connection, reply)?,
        versions: versions_along(connection, reply)?.remove(&reply).unwrap_or_default(),
    })
}

fn insert_parts(transaction: &Transaction<'_>, message: MessageId, parts: &[Part]) -> Result<(), StoreError> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO part (message_id, position, kind, text, data) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (position, part) in (0_i64..).zip(parts) {
        let (kind, text, data) = match part {
            Part::Text(text) => ("text", Some(text.as_str()), None),
            Part::Thinking(text) => ("thinking", Some(text.as_str()), None),
            Part::ToolCall(call) => ("tool_call", None, Some(serde_json::to_string(call)?)),
            Part::Unknown { kind, data } => (kind.as_str(), None, Some(serde_json::to_string(data)?)),
        };
        insert.execute(params![message.rowid(), position, kind, text, data])?;
    }
    Ok(())
}

pub(super) fn end_reply(
    transaction: &Transaction<'_>,
    message: MessageId,
    ending: &Ending,
) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM arriving WHERE message_id = ?1", [message.rowid()])?;
    transaction.execute("DELETE FROM part WHERE message_id = ?1", [message.rowid()])?;
    insert_parts(transaction, message, &ending.parts)?;
    let failure = ending.failure.as_ref().map(serde_json::to_string).transpose()?;
    transaction.execute(
        "UPDATE message SET state = ?2, writer = NULL, model = coalesce(?3, model), finish_reason = ?4,
                prompt_tokens = ?5, cached_tokens = ?6, completion_tokens = ?7, reasoning_tokens = ?8,
                first_token_ms = ?9, thinking_ms = ?10, total_ms = ?11, failure = ?12
         WHERE id = ?1",
        params![
            message.rowid(),
            ending.state.name(),
            ending.model,
            ending.finish_reason.as_ref().map(FinishReason::name),
            ending.usage.prompt_tokens,
            ending.usage.cached_tokens,
            ending.usage.completion_tokens,
            ending.usage.reasoning_tokens,
            ending.timing.first_token_ms,
            ending.timing.thinking_ms,
            ending.timing.total_ms,
            failure,
        ],
    )?;
    Ok(())
}

const COLUMNS: &str = "message.id, conversation_id, parent_id, role, state, created_at_ms, server_id, server_name, \
     model, finish_reason, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, first_token_ms, \
     thinking_ms, total_ms, failure";

fn message_without_parts(row: &Row<'_>) -> Result<Message, StoreError> {
    let server_name: Option<String> = row.get("server_name")?;
    let model: Option<String> = row.get("model")?;
    let server = row.get::<_, Option<i64>>("server_id")?.map(ServerId::from_rowid);
    let failure: Option<String> = row.get("failure")?;
    Ok(Message {
        id: MessageId::from_rowid(row.get("id")?),
        conversation: ConversationId::from_rowid(row.get("conversation_id")?),
        parent: row.get::<_, Option<i64>>("parent_id")?.map(MessageId::from_rowid),
        role: word(row.get("role")?)?,
        state: word(row.get("state")?)?,
        created_at_ms: row.get("created_at_ms")?,
        parts: Vec::new(),
        author: server_name.zip(model).map(|(server_name, model)| Author { server, server_name, model }),
        finish_reason: row.get::<_, Option<String>>("finish_reason")?.map(FinishReason::from),
        usage: Usage {
            prompt_tokens: row.get("prompt_tokens")?,
            cached_tokens: row.get("cached_tokens")?,
            completion_tokens: row.get("completion_tokens")?,
            reasoning_tokens: row.get("reasoning_tokens")?,
        },
        timing: Timing {
            first_token_ms: row.get("first_token_ms")?,
            thinking_ms: row.get("thinking_ms")?,
            total_ms: row.get("total_ms")?,
        },
        failure: failure.map(|failure| serde_json::from_str(&failure)).transpose()?,
    })
}

fn with_parts(connection: &Connection, mut message: Message) -> Result<Message, StoreError> {
    message.parts = if message.state == MessageState::Arriving {
        arrived_parts(connection, message.id)?.into_vec()
    } else {
        connection
            .prepare_cached("SELECT kind, text, data FROM part WHERE message_id = ?1 ORDER BY position")?
            .query_and_then([message.id.rowid()], part)?
            .collect::<Result<_, _>>()?
    };
    Ok(message)
}

fn part(row: &Row<'_>) -> Result<Part, StoreError> {
    let kind: String = row.get(0)?;
    let text = || -> Result<String, StoreError> { Ok(row.get::<_, Option<String>>(1)?.unwrap_or_default()) };
    let data = || -> Result<String, StoreError> {
        Ok(row.get::<_, Option<String>>(2)?.unwrap_or_else(|| "null".to_owned()))
    };
    Ok(match kind.as_str() {
        "text" => Part::Text(text()?),
        "thinking" => Part::Thinking(text()?),
        "tool_call" => Part::ToolCall(serde_json::from_str(&data()?)?),
        _ => Part::Unknown { data: serde_json::from_str(&data()?)?, kind },
    })
}

/// What has arrived of a reply so far.
pub(super) fn arrived_parts(connection: &Connection, message: MessageId) -> Result<Parts, StoreError> {
    let mut parts = Parts::default();
    let mut statement =
        connection.prepare_cached("SELECT kind, text FROM arriving WHERE message_id = ?1 ORDER BY id")?;
    let mut rows = statement.query([message.rowid()])?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(1)?;
        match row.get::<_, String>(0)?.as_str() {
            "thinking" => parts.push_thinking(&text),
            "text_was_thinking" => parts.text_was_thinking(),
            _ => parts.push_text(&text),
        }
    }
    Ok(parts)
}

fn by_id(connection: &Connection, id: MessageId) -> Result<Message, StoreError> {
    let message = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM message WHERE id = ?1"))?
        .query_and_then([id.rowid()], message_without_parts)?
        .next()
        .unwrap_or(Err(StoreError::Missing("message")))?;
    with_parts(connection, message)
}

/// The path from the first message to `leaf`.
const PATH: &str = "WITH RECURSIVE path (id, depth) AS (
        SELECT ?1, 0
        UNION ALL
        SELECT message.parent_id, depth + 1 FROM path JOIN message ON message.id = path.id
        WHERE message.parent_id IS NOT NULL
    )";

fn path_to(connection: &Connection, leaf: MessageId) -> Result<Vec<Message>, StoreError> {
    connection
        .prepare_cached(&format!(
            "{PATH} SELECT {COLUMNS} FROM path JOIN message ON message.id = path.id ORDER BY depth DESC"
        ))?
        .query_and_then([leaf.rowid()], message_without_parts)?
        .map(|message| with_parts(connection, message?))
        .collect()
}

fn versions_along(
    connection: &Connection,
    leaf: MessageId,
) -> Result<HashMap<MessageId, Vec<MessageId>>, StoreError> {
    let mut versions: HashMap<MessageId, Vec<MessageId>> = HashMap::new();
    let mut statement = connection.prepare_cached(&format!(
        "{PATH} SELECT message.id, sibling.id FROM path JOIN message ON message.id = path.id
         JOIN message AS sibling ON sibling.conversation_id = message.conversation_id
                                AND sibling.parent_id IS message.parent_id AND sibling.role = message.role
         ORDER BY sibling.id"
    ))?;
    let mut rows = statement.query([leaf.rowid()])?;
    while let Some(row) = rows.next()? {
        let message = MessageId::from_rowid(row.get(0)?);
        versions.entry(message).or_default().push(MessageId::from_rowid(row.get(1)?));
    }
    Ok(versions)
}

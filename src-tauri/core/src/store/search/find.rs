//! Finding in one conversation.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::passage::Folded;
use crate::domain::{ConversationId, MessageId};
use crate::store::{Store, StoreError, branch, conversations};

/// How many spellings are told at most.
const SPELLINGS: usize = 50;

/// A message of the shown branch in which something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct FoundMessage {
    /// Which.
    pub message: MessageId,
    /// How often, in its text; thinking is not counted.
    pub times: u32,
}

/// What was found in one conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, specta::Type)]
pub struct Found {
    /// The messages, first to last.
    pub messages: Vec<FoundMessage>,
    /// What is to be marked, as it is written in these messages.
    pub spellings: Vec<String>,
}

impl Store {
    /// Finds what was typed, letter by letter but for accents and case, in the shown branch of a conversation.
    pub async fn find(&self, conversation: ConversationId, typed: &str) -> Result<Found, StoreError> {
        let needle = Folded::of(typed);
        self.read(move |connection| {
            let Some(leaf) = conversations::by_id(connection, conversation)?.leaf else {
                return Ok(Found::default());
            };
            let mut statement = connection.prepare_cached(
                "SELECT message_id, text FROM part JOIN message ON message.id = message_id
                 WHERE conversation_id = ?1 AND kind = 'text' AND text IS NOT NULL",
            )?;
            let mut rows = statement.query([conversation.rowid()])?;
            let mut times: HashMap<MessageId, u32> = HashMap::new();
            let mut spellings = BTreeSet::new();
            let path = branch::ids_to(connection, leaf)?;
            let shown: std::collections::HashSet<MessageId> = path.iter().copied().collect();
            while let Some(row) = rows.next()? {
                let message = MessageId::from_rowid(row.get(0)?);
                if !shown.contains(&message) {
                    continue;
                }
                let text: String = row.get(1)?;
                for place in Folded::of(&text).places(&text, &needle) {
                    *times.entry(message).or_default() += 1;
                    if let Some(spelling) = text.get(place).filter(|_| spellings.len() < SPELLINGS) {
                        spellings.insert(spelling.to_owned());
                    }
                }
            }
            let messages = path
                .into_iter()
                .filter_map(|message| Some(FoundMessage { message, times: *times.get(&message)? }))
                .collect();
            Ok(Found { messages, spellings: spellings.into_iter().collect() })
        })
        .await
    }
}

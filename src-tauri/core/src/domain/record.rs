//! A conversation field by field, as a file of `porthole.conversation/1` has it (docs/conversation.md). What this version
//! does not know stands in it as it is kept: words of a newer version, parts of another kind, JSON that cannot be read.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{ConversationId, MessageId};

/// What the field `format` says.
pub const CONVERSATION_FORMAT: &str = "porthole.conversation/1";

/// JSON that is neither read nor changed. Text that is no JSON is a JSON string.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// What stands in the history.
    pub fn of_stored(text: &str) -> Self {
        let quoted = |text: &str| serde_json::value::to_raw_value(text);
        // A string in the history is told from text that is no JSON by being quoted once more.
        let raw = match RawValue::from_string(text.to_owned()) {
            Ok(raw) if !raw.get().starts_with('"') => Ok(raw),
            _ => quoted(text),
        };
        Self(raw.unwrap_or_default())
    }

    /// What is to stand in the history.
    pub fn into_stored(self) -> String {
        serde_json::from_str::<String>(self.0.get()).unwrap_or_else(|_| self.0.get().to_owned())
    }
}

/// A server that replies came from, without anything that would let somebody use it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerRecord {
    /// What it is called.
    pub name: String,
    /// Its kind, such as `deepseek`.
    pub kind: String,
    /// Its address.
    pub url: String,
}

/// What a conversation asks of its model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SettingsRecord {
    /// The system message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The temperature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// The share of likely words to choose from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// The longest reply, in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<i64>,
    /// `off`, `low`, `high`, `max`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<String>,
    /// The server: its place in `servers`, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<usize>,
    /// The model's id there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// A folder that a conversation lies in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderRecord {
    /// What it is called.
    pub name: String,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_at_ms: i64,
    /// With what a conversation in it begins.
    pub settings: SettingsRecord,
    /// The lock a conversation in it begins with.
    pub lock: RawJson,
}

/// A conversation, with or without its messages.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConversationRecord {
    /// [`CONVERSATION_FORMAT`].
    pub format: String,
    /// Its id.
    pub id: ConversationId,
    /// What it is called.
    pub title: String,
    /// `question`, `model`, `person`.
    pub titled_by: String,
    /// What a title that a model made cost: an estimate, decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_cost: Option<String>,
    /// The prices of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_rates: Option<RawJson>,
    /// When it was made, in milliseconds since 1970 UTC, as every time here.
    pub created_at_ms: i64,
    /// When a message was last added.
    pub updated_at_ms: i64,
    /// Since when it is pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned_at_ms: Option<i64>,
    /// Since when it is archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at_ms: Option<i64>,
    /// Since when it is in the trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at_ms: Option<i64>,
    /// The message of another conversation that it was forked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<MessageId>,
    /// The folders it lies in, the outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folder: Vec<FolderRecord>,
    /// Its tags, by the alphabet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Where its text may go. It must be said: a file that leaves it out would unlock.
    pub lock: RawJson,
    /// What it asks of its model.
    pub settings: SettingsRecord,
    /// What was typed and not sent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub draft: String,
    /// What is sent when the reply that arrives is complete.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub queued: String,
    /// The last message of the branch that is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<MessageId>,
    /// The servers that it and its messages name, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<ServerRecord>,
    /// Its messages, each after the one it follows. They are written one by one.
    #[serde(default, skip_serializing)]
    pub messages: Vec<MessageRecord>,
}

/// A message.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageRecord {
    /// Its id.
    pub id: MessageId,
    /// The message it follows; none: it begins the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<MessageId>,
    /// Of the messages that follow it, the one that was last looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<MessageId>,
    /// `system`, `user`, `assistant`, `tool`, or another.
    pub role: String,
    /// `complete`, `stopped`, `cut_off`, `failed`, or another.
    pub state: String,
    /// When it was made.
    pub created_at_ms: i64,
    /// Since when it is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at_ms: Option<i64>,
    /// In a fork, the message it is a copy of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copied_from: Option<MessageId>,
    /// What it says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartRecord>,
    /// The requests that were sent for it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<AttemptRecord>,
}

/// A piece of a message.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartRecord {
    /// `text`, `thinking`, `tool_call`, or another.
    pub kind: String,
    /// Markdown, of text and thinking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What every other kind says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<RawJson>,
}

/// A request that was sent for a reply.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttemptRecord {
    /// `complete`, `stopped`, `cut_off`, `failed`, or another.
    pub state: String,
    /// When it left.
    pub started_at_ms: i64,
    /// The server: its place in `servers`, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<usize>,
    /// What the server was called then.
    pub server_name: String,
    /// The model that was asked.
    pub asked_model: String,
    /// The model that answered, by its own account.
    pub model: String,
    /// The effort that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<String>,
    /// Whether it came from the internet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hosted: bool,
    /// Why it ended, in the server's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// Tokens as the server counted them; none: it did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<i64>,
    /// Of these, from its cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<i64>,
    /// Tokens of the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<i64>,
    /// Of these, thinking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<i64>,
    /// Milliseconds until the first character.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<i64>,
    /// Milliseconds spent thinking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_ms: Option<i64>,
    /// Milliseconds until the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_ms: Option<i64>,
    /// An estimate, decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
    /// The prices it is based on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rates: Option<RawJson>,
    /// What was unusual about it.
    pub notes: RawJson,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<RawJson>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_comes_back_word_for_word() {
        for stored in ["{}", r#"{"b": 1,  "a":[ ]}"#, "[]", "no JSON", "", "\"a string\"", "null", "\"half"] {
            let raw = RawJson::of_stored(stored);
            let told = serde_json::to_string(&raw).unwrap();
            let read: RawJson = serde_json::from_str(&told).unwrap();
            assert_eq!(read.into_stored(), stored, "{told}");
        }
    }
}

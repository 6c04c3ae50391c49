use serde::{Deserialize, Serialize};

use super::named::named;
use super::{ConversationId, FolderId, Lock, MessageId, ModelChoice};

named! {
    /// How long a model may think before it answers.
    pub enum Effort {
        /// No thinking.
        Off = "off",
        /// A little.
        Low = "low",
        /// What the model does by itself.
        High = "high",
        /// As long as it takes.
        Max = "max",
    }
}

/// What one conversation asks of its model. `None` leaves a choice to the server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct ChatSettings {
    /// The system message; blank is the same as none.
    pub system: Option<String>,
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// Above 0, at most 1.
    pub top_p: Option<f64>,
    /// Longest reply, in tokens, at least 1.
    pub max_tokens: Option<u32>,
    /// How long to think.
    pub effort: Option<Effort>,
}

impl ChatSettings {
    /// These, and `others` where these leave something open.
    #[must_use]
    pub fn or(self, others: &Self) -> Self {
        Self {
            system: self.system.or_else(|| others.system.clone()),
            temperature: self.temperature.or(others.temperature),
            top_p: self.top_p.or(others.top_p),
            max_tokens: self.max_tokens.or(others.max_tokens),
            effort: self.effort.or(others.effort),
        }
    }

    /// Checks the ranges that every server shares (DeepSeek API docs, Create Chat Completion).
    ///
    /// # Errors
    /// A sentence that names the field, its value and its range.
    pub fn check(&self) -> Result<(), String> {
        if let Some(value) = self.temperature.filter(|value| !(0.0..=2.0).contains(value)) {
            return Err(format!("Temperature is between 0 and 2, not {value}."));
        }
        if let Some(value) = self.top_p.filter(|value| !(*value > 0.0 && *value <= 1.0)) {
            return Err(format!("Top p is above 0 and at most 1, not {value}."));
        }
        if self.max_tokens == Some(0) {
            return Err("The longest reply is at least 1 token.".to_owned());
        }
        Ok(())
    }
}

/// Who gave a conversation its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum TitledBy {
    /// It is the first line of the first question.
    Question,
    /// A model that was asked for one.
    Model,
    /// A person; nobody else changes it from then on.
    Person,
}

/// A conversation as the window's header and inspector show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// What it is called.
    pub title: String,
    /// Who called it so.
    pub titled_by: TitledBy,
    /// When it was made, in milliseconds since 1970 UTC.
    #[specta(type = u32)]
    pub created_at_ms: i64,
    /// When a message was last added, in milliseconds since 1970 UTC.
    #[specta(type = u32)]
    pub updated_at_ms: i64,
    /// What it asks of its model.
    pub settings: ChatSettings,
    /// The model it talks to.
    pub model: Option<ModelChoice>,
    /// Where its text may go; the app's own lock holds besides.
    pub lock: Lock,
    /// What was typed and not sent.
    pub draft: String,
    /// The message that is sent when the reply that arrives is complete; empty: none waits.
    pub queued: String,
    /// The last message of the branch that is shown.
    pub leaf: Option<MessageId>,
    /// The folder it lies in.
    pub folder: Option<FolderId>,
    /// Whether it stands above the others.
    pub pinned: bool,
    /// Whether it was put away.
    pub archived: bool,
    /// Since when it is in the trash, in milliseconds since 1970 UTC; `None`: it is not.
    #[specta(type = Option<u32>)]
    pub deleted_at_ms: Option<i64>,
    /// Its tags, by the alphabet.
    pub tags: Vec<String>,
    /// The message of another conversation that it was forked from, while that is there.
    pub forked_from: Option<MessageId>,
}

/// One row of the sidebar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ConversationRow {
    /// Its id.
    pub id: ConversationId,
    /// What it is called.
    pub title: String,
    /// When a message was last added, in milliseconds since 1970 UTC.
    #[specta(type = u32)]
    pub updated_at_ms: i64,
    /// Whether a reply is arriving in it now.
    pub arriving: bool,
    /// The folder it lies in.
    pub folder: Option<FolderId>,
    /// Whether it stands above the others.
    pub pinned: bool,
    /// Whether it was put away.
    pub archived: bool,
    /// Since when it is in the trash, in milliseconds since 1970 UTC; `None`: it is not.
    #[specta(type = Option<u32>)]
    pub deleted_at_ms: Option<i64>,
    /// Its tags, by the alphabet.
    pub tags: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_named() {
        let check = |settings: ChatSettings| settings.check().err().unwrap_or_default();
        assert_eq!(check(ChatSettings::default()), "");
        let settings = ChatSettings { temperature: Some(2.5), ..Default::default() };
        assert!(check(settings).contains("2.5"));
        let settings = ChatSettings { temperature: Some(f64::NAN), ..Default::default() };
        assert!(check(settings).contains("Temperature"));
        let settings = ChatSettings { top_p: Some(0.0), ..Default::default() };
        assert!(check(settings).contains("Top p"));
        let settings = ChatSettings { max_tokens: Some(0), ..Default::default() };
        assert!(check(settings).contains("1 token"));
    }
}

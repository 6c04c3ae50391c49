//! What several formats say of a message or a request.

use std::collections::HashMap;

use jiff::Timestamp;

use super::words::Words;
use crate::domain::record::{AttemptRecord, ConversationRecord, MessageRecord, RawJson};
use crate::domain::{Amount, MessageId, Rates};
use crate::store::Version;

/// A moment as ISO 8601 has it, in UTC, to the millisecond; empty for one that no calendar has.
pub(super) fn moment(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| String::new(), |moment| format!("{moment:.3}"))
}

/// The pieces of one kind, as one text.
pub(super) fn text_of(message: &MessageRecord, kind: &str) -> String {
    message.parts.iter().filter(|part| part.kind == kind).filter_map(|part| part.text.as_deref()).collect()
}

/// What a message has besides what was said and thought, such as the call of a tool: its kind, and its data or its text.
pub(super) fn others(message: &MessageRecord) -> impl Iterator<Item = (&str, String)> {
    let others = message.parts.iter().filter(|part| !matches!(part.kind.as_str(), "text" | "thinking"));
    others.map(|part| {
        let said = part.data.clone().map(RawJson::into_stored).or_else(|| part.text.clone());
        (part.kind.as_str(), said.unwrap_or_default())
    })
}

/// A moment as a person reads it, in UTC, to the minute; empty for one that no calendar has.
fn day_and_time(ms: i64) -> String {
    let moment = Timestamp::from_millisecond(ms);
    moment.map_or_else(|_| String::new(), |moment| moment.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// One line about a conversation: when it began, its folder, its tags.
pub(super) fn facts(conversation: &ConversationRecord) -> String {
    let mut facts = vec![day_and_time(conversation.created_at_ms)];
    if !conversation.folder.is_empty() {
        let path: Vec<&str> = conversation.folder.iter().map(|folder| folder.name.as_str()).collect();
        facts.push(path.join("/"));
    }
    facts.extend(conversation.tags.iter().cloned());
    facts.join(" · ")
}

/// The prices of a request, if this version can read them.
pub(super) fn rates(attempt: &AttemptRecord) -> Option<Rates> {
    serde_json::from_str(&attempt.rates.clone()?.into_stored()).ok()
}

/// Whether a request was refused before anything came or was counted, and so cost nothing.
fn was_refused(attempt: &AttemptRecord) -> bool {
    attempt.state == "failed" && attempt.prompt_tokens.is_none() && attempt.cost.is_none()
}

/// What a reply took: a sum is unknown where one of its requests was not counted.
pub(super) struct Sums {
    pub(super) prompt_tokens: Option<i64>,
    pub(super) completion_tokens: Option<i64>,
    /// The amount, and the word of its currency.
    pub(super) cost: Option<(Amount, &'static str)>,
}

impl Sums {
    pub(super) fn of(message: &MessageRecord) -> Self {
        let counted = || message.attempts.iter().filter(|attempt| !was_refused(attempt));
        let sum = |of: fn(&AttemptRecord) -> Option<i64>| {
            let all: Option<Vec<i64>> = counted().map(of).collect();
            all.filter(|all| !all.is_empty()).map(|all| all.iter().sum())
        };
        let amounts = counted().map(|attempt| {
            let amount: Amount = attempt.cost.as_deref()?.parse().ok()?;
            Some((amount, rates(attempt)?.currency.name()))
        });
        let amounts: Option<Vec<_>> = amounts.collect();
        let cost = amounts.and_then(|amounts| {
            let (_, currency) = *amounts.first()?;
            let same = amounts.iter().all(|(_, other)| *other == currency);
            same.then(|| (Amount(amounts.iter().map(|(amount, _)| amount.0).sum()), currency))
        });
        Self {
            prompt_tokens: sum(|attempt| attempt.prompt_tokens),
            completion_tokens: sum(|attempt| attempt.completion_tokens),
            cost,
        }
    }
}

impl Sums {
    /// In words; none where nothing is known.
    pub(super) fn words(&self, words: &Words) -> Option<String> {
        let mut facts = Vec::new();
        if let (Some(prompt), Some(completion)) = (self.prompt_tokens, self.completion_tokens) {
            facts.push(words.tokens(prompt, completion));
        }
        if let Some((amount, currency)) = self.cost {
            facts.push(words.cost(&amount.to_string(), currency));
        }
        if facts.is_empty() { None } else { Some(facts.join(" · ")) }
    }
}

/// Who says it, and how it ended where that is unusual.
pub(super) fn speaker(message: &MessageRecord, words: &Words) -> String {
    let who = match message.role.as_str() {
        "user" => words.you,
        "assistant" => model_of(message).unwrap_or(words.assistant),
        role => role,
    };
    words.ended(who, &message.state)
}

/// The first words of a text, on one line.
pub(super) fn beginning(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if words.chars().count() > LONGEST {
            let cut: String = words.chars().take(LONGEST).collect();
            return format!("{cut}…");
        }
    }
    words
}

/// Says which version begins, and after what; none where there is one alone.
pub(super) fn version_words(version: Version, after: Option<&str>, words: &Words) -> Option<String> {
    let Version { number, of } = version;
    (of > 1).then(|| words.version(number, of, after))
}

/// The beginnings of the messages of a tree, by which those that follow one of several are told apart.
#[derive(Default)]
pub(super) struct Beginnings(HashMap<MessageId, String>);

impl Beginnings {
    pub(super) fn note(&mut self, message: &MessageRecord, text: &str) {
        self.0.insert(message.id, beginning(text));
    }

    pub(super) fn before(&self, message: &MessageRecord) -> Option<&str> {
        self.0.get(&message.parent?).map(String::as_str)
    }
}

/// What answered, by its own account.
fn model_of(message: &MessageRecord) -> Option<&str> {
    message.attempts.last().map(|attempt| attempt.model.as_str()).filter(|model| !model.is_empty())
}

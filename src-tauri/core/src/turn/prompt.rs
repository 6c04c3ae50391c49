//! A conversation's branch as request messages.
//!
//! What stands here for a message depends on that message alone, never on what follows it or on the time, so
//! that each request begins with the bytes of the one before it and the provider's prefix cache hits
//! (`facts/deepseek-v4.md` 1.10).

use crate::domain::{Message, Role, plain_text, thinking_text};
use crate::provider::PromptMessage;

/// The request messages for a branch whose last message is the question. Replies of which nothing arrived are
/// left out. Tool calls are too, since without their results a server refuses them (1.5).
pub fn messages_of(system: Option<&str>, branch: &[Message]) -> Vec<PromptMessage> {
    let system = system.filter(|system| !system.trim().is_empty()).map(|system| PromptMessage {
        role: Role::System,
        content: system.to_owned(),
        thinking: None,
        tool_calls: Vec::new(),
        tool_call_id: None,
    });
    system.into_iter().chain(branch.iter().filter_map(message_of)).collect()
}

/// One message of a branch as a request says it; `None` for a reply of which nothing arrived.
pub fn message_of(message: &Message) -> Option<PromptMessage> {
    let content = plain_text(&message.parts);
    let thinking = thinking_text(&message.parts);
    if content.is_empty() && thinking.is_empty() && message.role == Role::Assistant {
        return None;
    }
    Some(PromptMessage {
        role: message.role,
        content,
        thinking: (!thinking.is_empty()).then_some(thinking),
        tool_calls: Vec::new(),
        tool_call_id: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Bill, ConversationId, MessageId, MessageState, Part, Timing, Usage};

    fn message(role: Role, parts: Vec<Part>) -> Message {
        Message {
            id: MessageId::from_rowid(1),
            conversation: ConversationId::from_rowid(1),
            parent: None,
            role,
            state: MessageState::Complete,
            created_at_ms: 0,
            parts,
            author: None,
            finish_reason: None,
            usage: Usage::default(),
            timing: Timing::default(),
            bill: Bill::default(),
            notes: Vec::new(),
            failure: None,
        }
    }

    fn check(system: Option<&str>, branch: &[Message], expected: &[(Role, &str, Option<&str>)]) {
        let messages = messages_of(system, branch);
        let seen: Vec<_> =
            messages.iter().map(|m| (m.role, m.content.as_str(), m.thinking.as_deref())).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_branch_becomes_messages() {
        let question = message(Role::User, vec![Part::Text("why?".into())]);
        let reply = message(Role::Assistant, vec![Part::Thinking("hm".into()), Part::Text("so".into())]);
        let nothing = message(Role::Assistant, vec![]);
        let only_thought = message(Role::Assistant, vec![Part::Thinking("hm".into())]);
        check(Some("  "), std::slice::from_ref(&question), &[(Role::User, "why?", None)]);
        check(
            Some("Be brief."),
            &[question.clone(), reply, question.clone()],
            &[
                (Role::System, "Be brief.", None),
                (Role::User, "why?", None),
                (Role::Assistant, "so", Some("hm")),
                (Role::User, "why?", None),
            ],
        );
        check(
            None,
            &[question.clone(), nothing, question.clone()],
            &[(Role::User, "why?", None), (Role::User, "why?", None)],
        );
        check(
            None,
            &[question, only_thought],
            &[(Role::User, "why?", None), (Role::Assistant, "", Some("hm"))],
        );
    }
}

//! A conversation's branch as request messages.
//!
//! What is sent for a message depends on that message and those before it, never on what follows or on the time, so
//! that each request begins with the bytes of the previous one and the provider's prefix cache hits (DeepSeek API
//! docs, Context Caching).

use crate::domain::{Message, Part, Role, ToolCall, plain_text, thinking_text};
use crate::provider::PromptMessage;

/// What a tool message says for a call that was not run.
const NOT_RUN: &str = "not run";

/// The request messages for a branch whose last message is the question. Empty replies are left out, and a question
/// that follows another is joined to it, because the templates of many models want alternating roles. Each tool call is
/// followed by its result, or servers refuse the request (DeepSeek API docs, Tool Calls).
pub fn messages_of(system: Option<&str>, branch: &[Message]) -> Vec<PromptMessage> {
    let mut messages = Vec::with_capacity(branch.len() + 1);
    if let Some(system) = system.filter(|system| !system.trim().is_empty()) {
        messages.push(PromptMessage::new(Role::System, system.to_owned()));
    }
    for message in branch {
        add(&mut messages, message);
    }
    messages
}

fn add(messages: &mut Vec<PromptMessage>, message: &Message) {
    let Some(prompt) = message_of(message) else { return };
    let is_silent = prompt.content.is_empty() && prompt.tool_calls.is_empty();
    if message.role == Role::Assistant && is_silent {
        return;
    }
    match messages.last_mut() {
        Some(last) if last.role == Role::User && prompt.role == Role::User => {
            last.content.push_str("\n\n");
            last.content.push_str(&prompt.content);
        }
        _ => {
            let calls = prompt.tool_calls.clone();
            messages.push(prompt);
            messages.extend(calls.into_iter().map(|call| PromptMessage {
                tool_call_id: Some(call.id),
                ..PromptMessage::new(Role::Tool, NOT_RUN.to_owned())
            }));
        }
    }
}

/// One message of a branch as it appears in a request; `None` for a reply of which nothing arrived, and for what only
/// a newer version understands.
pub fn message_of(message: &Message) -> Option<PromptMessage> {
    if message.role == Role::Other {
        return None;
    }
    let content = plain_text(&message.parts);
    let thinking = thinking_text(&message.parts);
    let tool_calls: Vec<ToolCall> = message.parts.iter().filter_map(call_of).collect();
    let is_nothing = content.is_empty() && thinking.is_empty() && tool_calls.is_empty();
    if is_nothing && message.role == Role::Assistant {
        return None;
    }
    let thinking = (!thinking.is_empty()).then_some(thinking);
    Some(PromptMessage { thinking, tool_calls, ..PromptMessage::new(message.role, content) })
}

fn call_of(part: &Part) -> Option<ToolCall> {
    match part {
        Part::ToolCall(call) => Some(call.clone()),
        Part::Text(_) | Part::Thinking(_) | Part::Unknown { .. } => None,
    }
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
            attempts: Vec::new(),
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
    fn r1_r2_roles_take_turns_whatever_became_of_the_replies() {
        let ask = |text: &str| message(Role::User, vec![Part::Text(text.into())]);
        let nothing = message(Role::Assistant, vec![]);
        let thought = message(Role::Assistant, vec![Part::Thinking("hm".into())]);
        let reply = message(Role::Assistant, vec![Part::Text("so".into())]);
        let branch = [ask("a"), nothing, ask("b"), thought, ask("c"), reply, ask("d")];
        let expected =
            [(Role::User, "a\n\nb\n\nc", None), (Role::Assistant, "so", None), (Role::User, "d", None)];
        check(None, &branch, &expected);
        for length in 1..branch.len() {
            let (shorter, longer) =
                (messages_of(None, &branch[..length]), messages_of(None, &branch[..=length]));
            let same = shorter.len().saturating_sub(1);
            assert_eq!(shorter[..same], longer[..same], "what stands before the last message never changes");
        }
    }

    #[test]
    fn r8_a_call_goes_out_with_a_result() {
        let call = ToolCall { id: "call_1".into(), name: "look".into(), arguments: "{}".into() };
        let asked = message(Role::User, vec![Part::Text("why?".into())]);
        let calls = message(Role::Assistant, vec![Part::ToolCall(call.clone())]);
        let messages = messages_of(None, &[asked.clone(), calls, asked]);
        let roles: Vec<Role> = messages.iter().map(|message| message.role).collect();
        assert_eq!(roles, [Role::User, Role::Assistant, Role::Tool, Role::User]);
        assert_eq!(messages[1].tool_calls, [call]);
        assert_eq!(
            (messages[2].tool_call_id.as_deref(), messages[2].content.as_str()),
            (Some("call_1"), NOT_RUN)
        );
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
        check(None, &[question.clone(), nothing, question.clone()], &[(Role::User, "why?\n\nwhy?", None)]);
        check(None, &[question, only_thought], &[(Role::User, "why?", None)]);
    }
}

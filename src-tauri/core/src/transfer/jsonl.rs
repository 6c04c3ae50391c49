//! One conversation on each line as the OpenAI API has its messages, which is also what fine-tuning reads (OpenAI API
//! reference, Fine-tuning, "Training format for chat models using the supervised method"). What a model thought is
//! `reasoning_content`, as in DeepSeek's API (DeepSeek API docs, Thinking Mode).

use std::io::{self, Write};

use serde::Serialize;

use super::told::text_of;
use super::{Page, Wanted};
use crate::domain::record::{ConversationRecord, MessageRecord, PartRecord};
use crate::domain::{MessageId, ToolCall};
use crate::store::Version;

pub(super) struct Jsonl {
    wanted: Wanted,
    /// The branch so far.
    branch: Vec<Told>,
    /// Whether the branch has more than what was written of it.
    unwritten: bool,
}

/// A message of the history, or the system message, which is none.
struct Told {
    id: Option<MessageId>,
    /// None where it says nothing.
    message: Option<Message>,
}

#[derive(Serialize)]
struct Line<'a> {
    messages: Vec<&'a Message>,
}

#[derive(Serialize)]
struct Message {
    role: String,
    content: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    reasoning_content: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<String>,
}

#[derive(Serialize)]
struct Call {
    id: String,
    r#type: &'static str,
    function: Function,
}

#[derive(Serialize)]
struct Function {
    name: String,
    arguments: String,
}

impl Jsonl {
    pub(super) const fn new(wanted: Wanted) -> Self {
        Self { wanted, branch: Vec::new(), unwritten: false }
    }

    fn messages(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.branch.iter().filter_map(|told| told.message.as_ref())
    }

    fn write(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if !std::mem::take(&mut self.unwritten) {
            return Ok(());
        }
        serde_json::to_writer(&mut *out, &Line { messages: self.messages().collect() })?;
        out.write_all(b"\n")
    }

    fn message_of(&self, record: &MessageRecord) -> Option<Message> {
        let tool_calls: Vec<Call> = record.parts.iter().filter_map(call).collect();
        let content = text_of(record, "text");
        if content.is_empty() && tool_calls.is_empty() {
            return None;
        }
        let reasoning_content =
            if self.wanted.thinking { text_of(record, "thinking") } else { String::new() };
        let tool_call_id = if record.role == "tool" { self.answered() } else { None };
        Some(Message { role: record.role.clone(), content, reasoning_content, tool_calls, tool_call_id })
    }

    /// The call that the next message of a tool answers: they come in the order of the calls.
    fn answered(&self) -> Option<String> {
        let answers = self.messages().rev().take_while(|message| message.role == "tool").count();
        let asking = self.messages().rev().nth(answers)?;
        Some(asking.tool_calls.get(answers)?.id.clone())
    }
}

fn call(part: &PartRecord) -> Option<Call> {
    if part.kind != "tool_call" {
        return None;
    }
    let ToolCall { id, name, arguments } = serde_json::from_str(&part.data.clone()?.into_stored()).ok()?;
    Some(Call { id, r#type: "function", function: Function { name, arguments } })
}

impl Page for Jsonl {
    fn begin(
        &mut self,
        conversation: &ConversationRecord,
        _first: bool,
        _out: &mut dyn Write,
    ) -> io::Result<()> {
        let system = conversation.settings.system.clone().unwrap_or_default();
        if self.wanted.system && !system.is_empty() {
            let message = Message {
                role: "system".to_owned(),
                content: system,
                reasoning_content: String::new(),
                tool_calls: Vec::new(),
                tool_call_id: None,
            };
            self.branch.push(Told { id: None, message: Some(message) });
        }
        Ok(())
    }

    fn message(&mut self, record: &MessageRecord, version: Version, out: &mut dyn Write) -> io::Result<()> {
        // Another version begins where the first one did, below the message that both follow.
        if version.number > 1 {
            self.write(out)?;
            while self.branch.last().is_some_and(|told| told.id.is_some() && told.id != record.parent) {
                self.branch.pop();
            }
        }
        let message = self.message_of(record);
        self.unwritten |= message.is_some();
        self.branch.push(Told { id: Some(record.id), message });
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.write(out)
    }
}

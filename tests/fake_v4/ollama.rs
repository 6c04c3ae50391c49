//! Ollama's own `POST /api/chat`: one JSON document per line.
//!
//! Shapes: `ChatResponse` in Ollama `api/types.go`; windows: Ollama `docs/context-length.mdx`.

use serde_json::{Map, Value, json};

use super::completion::{Completion, Event};

const CREATED_AT: &str = "2026-11-23T12:00:00.000000Z";

/// Ollama has no opening line, and its last line carries both finish reason and usage.
pub(super) fn has_a_line(event: &Event) -> bool {
    match event {
        Event::Thinking(_)
        | Event::Answer(_)
        | Event::ToolCall(_)
        | Event::ToolCallName(_)
        | Event::Finish => true,
        Event::Open | Event::ToolCallArguments(..) | Event::Usage => false,
    }
}

pub(super) fn line_json(completion: &Completion, event: &Event) -> String {
    let message = match event {
        Event::Thinking(text) => json!({"role": "assistant", "content": "", "thinking": text}),
        Event::Answer(text) => json!({"role": "assistant", "content": text}),
        // A tool call always comes whole here.
        Event::ToolCall(index) | Event::ToolCallName(index) => {
            json!({"role": "assistant", "content": "", "tool_calls": [tool_call(completion, *index)]})
        }
        Event::Open | Event::ToolCallArguments(..) | Event::Finish | Event::Usage => {
            json!({"role": "assistant", "content": ""})
        }
    };
    let mut line = opening(completion, &message);
    if *event == Event::Finish {
        ending(completion, &mut line);
    } else {
        line.insert("done".to_owned(), json!(false));
    }
    Value::Object(line).to_string()
}

pub(super) fn whole_json(completion: &Completion) -> String {
    let mut message = json!({"role": "assistant", "content": completion.answer});
    if !completion.thinking.is_empty() {
        message["thinking"] = json!(completion.thinking);
    }
    if !completion.tool_calls.is_empty() {
        let calls: Vec<Value> =
            (0..completion.tool_calls.len()).map(|index| tool_call(completion, index)).collect();
        message["tool_calls"] = json!(calls);
    }
    let mut line = opening(completion, &message);
    ending(completion, &mut line);
    Value::Object(line).to_string()
}

fn opening(completion: &Completion, message: &Value) -> Map<String, Value> {
    let mut line = Map::new();
    line.insert("model".to_owned(), json!(completion.model));
    line.insert("created_at".to_owned(), json!(CREATED_AT));
    line.insert("message".to_owned(), message.clone());
    line
}

fn ending(completion: &Completion, line: &mut Map<String, Value>) {
    // Tool calls end with "stop" here.
    let reason =
        completion.finish.as_deref().map(|reason| if reason == "tool_calls" { "stop" } else { reason });
    let fields = json!({
        "done": true,
        "done_reason": reason,
        "total_duration": 4_883_583_458_u64,
        "load_duration": 1_334_875,
        "prompt_eval_count": completion.usage.prompt,
        "prompt_eval_duration": 342_546_000,
        "eval_count": completion.usage.completion,
        "eval_duration": 4_535_599_000_u64,
    });
    if let Value::Object(fields) = fields {
        line.extend(fields);
    }
}

fn tool_call(completion: &Completion, index: usize) -> Value {
    let call = &completion.tool_calls[index];
    // Arguments are an object here, not text; text that is no JSON stays text.
    let arguments = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!(call.arguments));
    json!({"id": call.id, "function": {"index": index, "name": call.name, "arguments": arguments}})
}

//! What a chat completion request asks for, read as leniently as a server reads it.

use serde_json::Value;

/// The parts of a request that shape the answer.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are the switches of the request")]
pub(super) struct Asked {
    pub model: String,
    pub stream: bool,
    pub include_usage: bool,
    pub thinking: bool,
    pub effort: Effort,
    pub tools: bool,
    pub json_mode: bool,
    pub max_tokens: Option<u64>,
    pub last_user_text: String,
    /// Prefix completion: the answer begins in the middle of this.
    pub prefix: Option<Prefix>,
    /// What the continued message already says: its thinking and its text.
    pub given: (String, String),
}

/// How hard to think (DeepSeek API docs, Thinking Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    Low,
    High,
    Max,
}

/// Where a prefix completion continues (`thinking_initial_stage` in deepseek-recipe).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    InThinking,
    InAnswer,
}

impl Asked {
    /// Read a request. `thinks_by_default` is DeepSeek's habit (API docs, Thinking Mode).
    pub(super) fn read(body: &Value, thinks_by_default: bool) -> Self {
        let effort = body["reasoning_effort"].as_str().or_else(|| body["reasoning"]["effort"].as_str());
        let thinking = match body["thinking"]["type"].as_str() {
            Some("enabled" | "adaptive") => true,
            Some(_) => false,
            None => template_switch(body)
                .unwrap_or_else(|| effort.map_or(thinks_by_default, |effort| effort != "none")),
        };
        let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
        let continued = messages.last().filter(|message| message["prefix"] == true);
        let given = |field: &str| continued.map(|message| content_text(&message[field])).unwrap_or_default();
        let last_user = messages.iter().rev().find(|message| message["role"] == "user");
        Self {
            model: body["model"].as_str().unwrap_or_default().to_owned(),
            stream: body["stream"].as_bool().unwrap_or(false),
            include_usage: body["stream_options"]["include_usage"].as_bool().unwrap_or(false),
            thinking,
            effort: match effort {
                Some("minimal" | "low") => Effort::Low,
                Some("ultra" | "max") => Effort::Max,
                _ => Effort::High,
            },
            tools: body["tools"].as_array().is_some_and(|tools| !tools.is_empty()),
            json_mode: body["response_format"]["type"] == "json_object",
            max_tokens: body["max_tokens"].as_u64().or_else(|| body["max_completion_tokens"].as_u64()),
            last_user_text: last_user.map(|message| content_text(&message["content"])).unwrap_or_default(),
            prefix: continued.and_then(prefix_of),
            given: (given("reasoning_content"), given("content")),
        }
    }

    /// How long the answer may get, by `resolve_max_tokens` of deepseek-recipe.
    pub(super) fn output_limit(&self, context: u64, prompt_tokens: u64) -> u64 {
        let default = match (self.thinking, self.effort) {
            (false, _) => 8192,
            (true, Effort::Max) => 131_072,
            (true, Effort::Low | Effort::High) => 65_536,
        };
        self.max_tokens.unwrap_or(default).min(context.saturating_sub(prompt_tokens)).max(1)
    }
}

/// How llama.cpp, vLLM, `SGLang` and mlx-lm are told to think (docs/conformance.md, Sources).
fn template_switch(body: &Value) -> Option<bool> {
    let arguments = &body["chat_template_kwargs"];
    arguments["enable_thinking"]
        .as_bool()
        .or_else(|| arguments["thinking"].as_bool())
        // text-generation-webui has it next to the messages.
        .or_else(|| body["enable_thinking"].as_bool())
}

fn prefix_of(message: &Value) -> Option<Prefix> {
    let filled = |field: &str| message[field].as_str().is_some_and(|text| !text.is_empty());
    if filled("content") {
        Some(Prefix::InAnswer)
    } else {
        filled("reasoning_content").then_some(Prefix::InThinking)
    }
}

/// The text of a message's content: a string, or blocks joined by blank lines as DeepSeek joins them.
pub(super) fn content_text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts: Vec<&str> = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
            texts.join("\n\n")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => String::new(),
    }
}

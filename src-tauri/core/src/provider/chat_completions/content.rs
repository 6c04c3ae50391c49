//! Reading one JSON chunk, whatever its dialect. Every field may be missing, null or of another type.

use serde_json::{Map, Value};

use crate::domain::Usage;

/// What kind of content a string is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Thinking,
}

/// Gives every string of `delta` to `take`, thinking before text. Empty strings say nothing: DeepSeek begins
/// with an empty `reasoning_content` even when it will think (deepseek-recipe 0.2.0, `chunk_generator.rs`).
pub(super) fn read(delta: &Map<String, Value>, take: &mut impl FnMut(Kind, &str)) {
    // Gateways send the same thinking under two names, so the first that says something is the one.
    let thinking = ["reasoning_content", "reasoning", "thinking"]
        .iter()
        .find_map(|key| delta.get(*key)?.as_str().filter(|text| !text.is_empty()));
    if let Some(thinking) = thinking {
        take(Kind::Thinking, thinking);
    }
    if let Some(content) = delta.get("content") {
        read_content(content, Kind::Text, take);
    }
    if let Some(refusal) = delta.get("refusal").and_then(Value::as_str).filter(|text| !text.is_empty()) {
        take(Kind::Text, refusal);
    }
}

/// Content is a string or a list of parts, `{"type":"text","text":"…"}`; some parts hold parts again.
fn read_content(content: &Value, kind: Kind, take: &mut impl FnMut(Kind, &str)) {
    match content {
        Value::String(text) if !text.is_empty() => take(kind, text),
        Value::Array(parts) => {
            for part in parts {
                read_part(part, kind, take);
            }
        }
        Value::Object(_) => read_part(content, kind, take),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn read_part(part: &Value, kind: Kind, take: &mut impl FnMut(Kind, &str)) {
    if let Value::String(text) = part {
        if !text.is_empty() {
            take(kind, text);
        }
        return;
    }
    let is_thinking = part.get("type").is_some_and(|kind| kind == "thinking" || kind == "reasoning");
    let kind = if is_thinking { Kind::Thinking } else { kind };
    if let Some(inner) = ["text", "thinking", "reasoning"].iter().find_map(|key| part.get(*key)) {
        // Not a recursion without end: serde_json reads no deeper than 128 levels.
        read_content(inner, kind, take);
    }
}

/// The tokens that `chunk` counts, under every name they go by.
pub(super) fn usage(chunk: &Map<String, Value>) -> Usage {
    let mut usage = chunk.get("usage").and_then(Value::as_object).map(usage_object).unwrap_or_default();
    // llama.cpp: `prompt_n` are the tokens it had to read, `cache_n` those it had read before.
    if let Some(timings) = chunk.get("timings").and_then(Value::as_object) {
        let read = number(timings, &["prompt_n"]);
        let cached = number(timings, &["cache_n"]);
        usage.cached_tokens = usage.cached_tokens.or(cached);
        usage.prompt_tokens =
            usage.prompt_tokens.or_else(|| Some(read?.saturating_add(cached.unwrap_or_default())));
        usage.completion_tokens = usage.completion_tokens.or_else(|| number(timings, &["predicted_n"]));
    }
    usage
}

fn usage_object(usage: &Map<String, Value>) -> Usage {
    let detail = |names: [&str; 2], keys: &[&str]| {
        names.iter().find_map(|name| number(usage.get(*name)?.as_object()?, keys))
    };
    Usage {
        prompt_tokens: number(usage, &["prompt_tokens", "input_tokens"]),
        cached_tokens: detail(["prompt_tokens_details", "input_tokens_details"], &["cached_tokens"])
            .or_else(|| number(usage, &["prompt_cache_hit_tokens", "cached_tokens"])),
        completion_tokens: number(usage, &["completion_tokens", "output_tokens"]),
        reasoning_tokens: detail(
            ["completion_tokens_details", "output_tokens_details"],
            &["reasoning_tokens"],
        )
        .or_else(|| number(usage, &["reasoning_tokens"])),
    }
}

fn number(object: &Map<String, Value>, keys: &[&str]) -> Option<u32> {
    keys.iter().find_map(|key| {
        let value = object.get(*key)?;
        value.as_u64().map(|number| u32::try_from(number).unwrap_or(u32::MAX))
    })
}

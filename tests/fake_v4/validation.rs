//! What the hosted API refuses with 400, in its words and in its order.
//!
//! Source: `chat_completion/request/convert.rs` and `protocol/validation.rs` of deepseek-recipe 0.2.0, which is DeepSeek's
//! own request validation. Where the documentation is stricter than that crate, the documentation wins, because a
//! client has to satisfy both: thinking must be sent back on *every* earlier turn when tools are declared (API docs,
//! Thinking Mode).

use std::collections::HashSet;

use serde_json::Value;

use super::asked::Asked;
use super::settings::Settings;

const TOOLS_UNANSWERED: &str = "An assistant message with 'tool_calls' must be followed by tool messages responding to \
                                each 'tool_call_id'";
const OUTPUT_LIMIT: u64 = 393_216;
/// Bytes of an image's address (API docs, Vision).
const LONGEST_LINK: usize = 8192;

/// What stands in for the real thing where a rule depends on the server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    pub settings: &'a Settings,
    /// Whether the request came to `/beta`.
    pub beta: bool,
}

/// Why the API would refuse this request, if it would.
pub(super) fn refusal(body: &Value, asked: &Asked, prompt_tokens: u64, rules: Rules<'_>) -> Option<String> {
    let checks = || -> Result<(), String> {
        readable(body)?;
        model(&asked.model, rules.settings)?;
        tool_names(body)?;
        let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
        message_sequence(messages)?;
        thinking_comes_back(messages, asked)?;
        prefix(messages, rules.beta)?;
        json_word(messages, asked)?;
        tool_choice(body, asked)?;
        prefix_stands_alone(body, messages, asked)?;
        stop(&body["stop"])?;
        if !asked.stream && !body["stream_options"].is_null() {
            return Err("stream_options should be set along with stream = true".to_owned());
        }
        numbers(body)?;
        let requested = asked.max_tokens.unwrap_or(0);
        let context = rules.settings.context();
        if prompt_tokens + requested > context {
            return Err(overflow_text(context, prompt_tokens, requested));
        }
        Ok(())
    };
    checks().err()
}

/// The text of a context overflow (`resolve_max_tokens` in deepseek-recipe).
pub(super) fn overflow_text(context: u64, prompt: u64, requested: u64) -> String {
    format!(
        "This model's maximum context length is {context} tokens. However, you requested {} tokens ({prompt} in the \
         messages, {requested} in the completion). Please reduce the length of the messages or completion.",
        prompt + requested
    )
}

/// The types of the fields every request must have. The real text goes on with `at line 1 column N`; it is quoted
/// in many public issues, such as farion1231/cc-switch#3330.
fn readable(body: &Value) -> Result<(), String> {
    let unreadable =
        |what: String| Err(format!("Failed to deserialize the JSON body into the target type: {what}"));
    let Some(messages) = body["messages"].as_array() else {
        return unreadable("missing field `messages`".to_owned());
    };
    if !body["model"].is_string() {
        return unreadable("missing field `model`".to_owned());
    }
    for (index, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if !["system", "user", "assistant", "tool", "latest_reminder"].contains(&role) {
            return unreadable(format!(
                "messages[{index}].role: unknown variant `{role}`, expected one of `system`, `user`, `assistant`, `tool`, \
                 `latest_reminder`"
            ));
        }
        let content = &message["content"];
        if role != "assistant" && content.is_null() {
            return unreadable(format!("messages[{index}]: missing field `content`"));
        }
        if !content.is_null() && !content.is_string() && !content.is_array() {
            return unreadable(format!("messages[{index}]: content should be a string or a list"));
        }
        if role == "tool" && !message["tool_call_id"].is_string() {
            return unreadable(format!("messages[{index}]: missing field `tool_call_id`"));
        }
        for block in content.as_array().into_iter().flatten() {
            let kind = block["type"].as_str().unwrap_or_default();
            if !["text", "image_url", "file"].contains(&kind) {
                return unreadable(format!(
                    "messages[{index}]: unknown variant `{kind}`, expected one of `text`, `image_url`, `file`"
                ));
            }
            image(index, block)?;
        }
    }
    let effort = &body["reasoning_effort"];
    let efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "ultra", "max"];
    if !effort.is_null() && !effort.as_str().is_some_and(|effort| efforts.contains(&effort)) {
        return unreadable(format!("reasoning_effort: unknown variant `{effort}`"));
    }
    let thinking = &body["thinking"];
    let thinkings = ["enabled", "disabled", "adaptive"];
    if !thinking.is_null() && !thinking["type"].as_str().is_some_and(|kind| thinkings.contains(&kind)) {
        return unreadable(format!("thinking.type: unknown variant `{}`", thinking["type"]));
    }
    Ok(())
}

/// The forms an image may have (API docs, Vision; `protocol/image.rs`). Its content is not checked.
fn image(index: usize, block: &Value) -> Result<(), String> {
    let refused = |what: &str| Err(format!("messages[{index}]: {what}"));
    if block["type"] == "file" {
        let (id, data, name) = (&block["file_id"], &block["file_data"], &block["filename"]);
        return match (id.is_null(), data.is_null()) {
            (true, true) => refused("file must have a file_id or file_data"),
            (false, false) => refused("file cannot have both file_id and file_data"),
            (false, true) if !name.is_null() => refused("file cannot have filename when file_id is present"),
            (true, false) if !data.as_str().is_some_and(|data| data.starts_with("data:")) => {
                refused("file_data is not a valid base64 data url")
            }
            _ => Ok(()),
        };
    }
    if block["type"] == "image_url" {
        let url = block["image_url"]["url"].as_str().unwrap_or_default();
        let is_link = url.starts_with("http://") || url.starts_with("https://");
        if is_link && url.len() > LONGEST_LINK {
            let length = url.len();
            return refused(&format!(
                "image_url.url external link length {length} too long, max link length {LONGEST_LINK}. Consider \
                 passing file data directly with base64 data url instead."
            ));
        }
        let is_image = url.starts_with("data:") && url.contains("base64,");
        if !is_link && !is_image {
            return refused("Unsupported image_url format");
        }
    }
    Ok(())
}

fn model(name: &str, settings: &Settings) -> Result<(), String> {
    if settings.knows(name) {
        return Ok(());
    }
    let names = settings.models().join(", ");
    Err(format!("The supported API model names are {names}, but you passed {name}."))
}

fn tool_names(body: &Value) -> Result<(), String> {
    for (index, tool) in body["tools"].as_array().into_iter().flatten().enumerate() {
        let name = tool["function"]["name"].as_str().unwrap_or_default();
        let wrong = |what: String| Err(format!("Invalid 'tools[{index}].function.name': {what}"));
        if name.is_empty() {
            return wrong(
                "empty string. Expected a string with minimum length 1, but got an empty string instead."
                    .to_owned(),
            );
        }
        if name.len() > 128 {
            return wrong(format!(
                "string too long. Expected a string with maximum length 128, but got a string with length {} instead.",
                name.len()
            ));
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
            return wrong(
                "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
                    .to_owned(),
            );
        }
    }
    Ok(())
}

fn message_sequence(messages: &[Value]) -> Result<(), String> {
    if messages.is_empty() {
        return Err("Empty input messages".to_owned());
    }
    let mut following = messages.iter().enumerate();
    while let Some((index, message)) = following.next() {
        if message["role"] == "tool" {
            return Err(
                "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'"
                    .into(),
            );
        }
        if message["role"] != "assistant" {
            continue;
        }
        if message["content"].is_null() && message["tool_calls"].is_null() {
            return Err("Invalid assistant message: content or tool_calls must be set".to_owned());
        }
        if message["content"]
            .as_array()
            .is_some_and(|blocks| blocks.iter().any(|block| block["type"] != "text"))
        {
            return Err("Image in assistant message is not supported".to_owned());
        }
        let Some(calls) = message["tool_calls"].as_array() else { continue };
        if calls.is_empty() {
            return Err(format!(
                "Invalid 'messages[{index}].tool_calls': empty array. Expected an array with minimum length 1, but got \
                 an empty array instead."
            ));
        }
        let mut unanswered = HashSet::new();
        for call in calls {
            let id = call["id"].as_str().unwrap_or_default();
            if !unanswered.insert(id) {
                return Err(format!("Duplicate value for 'tool_call_id' of {id} in message[{index}]"));
            }
        }
        let asked = unanswered.clone();
        for _ in calls {
            let Some((answer_index, answer)) =
                following.next().filter(|(_, answer)| answer["role"] == "tool")
            else {
                return Err(format!(
                    "{TOOLS_UNANSWERED}. (insufficient tool messages following tool_calls message)"
                ));
            };
            let id = answer["tool_call_id"].as_str().unwrap_or_default();
            if !asked.contains(id) {
                return Err(format!(
                    "{TOOLS_UNANSWERED}, The following tool_call_ids did not have response messages: {id}"
                ));
            }
            if !unanswered.remove(id) {
                return Err(format!("Duplicate value for 'tool_call_id' of {id} in message[{answer_index}]"));
            }
        }
    }
    Ok(())
}

fn thinking_comes_back(messages: &[Value], asked: &Asked) -> Result<(), String> {
    let last_user = messages.iter().rposition(|message| message["role"] == "user");
    for (index, message) in messages.iter().enumerate() {
        if !asked.thinking || message["role"] != "assistant" || message["reasoning_content"].is_string() {
            continue;
        }
        let calls = message["tool_calls"].as_array().map_or(&[][..], Vec::as_slice);
        // An id with this mark says that the turn had no thinking to pass back (`tool_call_id.rs`).
        let thought_nothing =
            |call: &Value| call["id"].as_str().is_some_and(|id| id.get(8..11) == Some("ET_"));
        if calls.iter().any(thought_nothing) {
            continue;
        }
        let in_this_turn = last_user.is_none_or(|last_user| index > last_user);
        if asked.tools || in_this_turn && !calls.is_empty() {
            return Err(
                "The `reasoning_content` in the thinking mode must be passed back to the API.".to_owned()
            );
        }
    }
    Ok(())
}

fn prefix(messages: &[Value], beta: bool) -> Result<(), String> {
    let Some(index) = messages.iter().position(|message| message["prefix"] == true) else { return Ok(()) };
    if index + 1 != messages.len() || messages[index]["role"] != "assistant" {
        return Err(
            "Invalid completion message: prefix set true with message which is not final message or message role is \
             not assistant"
                .to_owned(),
        );
    }
    if !beta {
        // As a user of the API quotes it in QuantumNous/new-api#999.
        return Err(
            "prefix is only available when using beta api (set base_url=\"https://api.deepseek.com/beta\")"
                .to_owned(),
        );
    }
    Ok(())
}

fn json_word(messages: &[Value], asked: &Asked) -> Result<(), String> {
    let said = |message: &Value| {
        super::asked::content_text(&message["content"]).to_ascii_lowercase().contains("json")
    };
    if asked.json_mode && !messages.iter().any(said) {
        return Err(
            "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'."
                .to_owned(),
        );
    }
    Ok(())
}

fn tool_choice(body: &Value, asked: &Asked) -> Result<(), String> {
    let choice = &body["tool_choice"];
    if choice == "none" || !asked.tools {
        return Ok(());
    }
    let mut names = HashSet::new();
    for tool in body["tools"].as_array().into_iter().flatten() {
        let name = tool["function"]["name"].as_str().unwrap_or_default();
        if !names.insert(name) {
            return Err("Tool names must be unique.".to_owned());
        }
        let schema = &tool["function"]["parameters"];
        if !schema.is_null() && tool["function"]["strict"] != true && schema["type"] != "object" {
            return Err(format!(
                "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got 'type: {}'.",
                schema["type"]
            ));
        }
    }
    let named = choice["function"]["name"].as_str();
    if let Some(name) = named.filter(|name| !names.contains(name)) {
        return Err(format!(
            "Invalid value for 'tool_call': no function named '{name}' was specified in the 'tools' parameter."
        ));
    }
    if asked.thinking && (choice == "required" || named.is_some()) {
        return Err("Thinking mode does not support this tool_choice".to_owned());
    }
    Ok(())
}

fn prefix_stands_alone(body: &Value, messages: &[Value], asked: &Asked) -> Result<(), String> {
    if messages.last().is_none_or(|message| message["prefix"] != true) {
        return Ok(());
    }
    if asked.json_mode {
        return Err("response_format json_object should not be used with prefix".to_owned());
    }
    let involved = |message: &Value| message["role"] == "tool" || !message["tool_calls"].is_null();
    if body["tools"].as_array().is_some_and(|tools| !tools.is_empty()) || messages.iter().any(involved) {
        return Err("Function call should not be used with prefix".to_owned());
    }
    Ok(())
}

fn stop(stop: &Value) -> Result<(), String> {
    let empty = |what: &str| {
        Err(format!(
            "Invalid '{what}': empty string. Expected a string with minimum length 1, but got an empty string instead."
        ))
    };
    if stop == "" {
        return empty("stop");
    }
    let list = stop.as_array().map_or(&[][..], Vec::as_slice);
    if list.len() > 16 {
        return Err(format!("Stop string array too long: {}", list.len()));
    }
    match list.iter().position(|stop| stop == "") {
        Some(index) => empty(&format!("stop[{index}]")),
        None => Ok(()),
    }
}

fn numbers(body: &Value) -> Result<(), String> {
    if body["n"].as_u64().is_some_and(|n| n != 1) {
        return Err("Invalid n value (currently only n = 1 is supported)".to_owned());
    }
    for name in ["presence_penalty", "frequency_penalty"] {
        if body[name].as_f64().is_some_and(|value| !(-2.0..=2.0).contains(&value)) {
            return Err(format!("Invalid {name} value, the valid range of {name} is [-2, 2]"));
        }
    }
    if body["temperature"].as_f64().is_some_and(|value| !(0.0..=2.0).contains(&value)) {
        return Err("Invalid temperature value, the valid range of temperature is [0, 2]".to_owned());
    }
    if body["top_p"].as_f64().is_some_and(|value| value <= 0.0 || value > 1.0) {
        return Err("Invalid top_p value, the valid range of top_p is (0, 1.0]".to_owned());
    }
    if let Some(top) = body["top_logprobs"].as_u64() {
        if body["logprobs"] != true {
            return Err("Invalid top_logprobs and logprobs value, logprobs must be set to true if top_logprobs is used."
                .to_owned());
        }
        if top > 20 {
            return Err("Invalid top_logprobs value, the valid range of top_logprobs is [0, 20].".to_owned());
        }
    }
    if body["max_tokens"].as_i64().is_some_and(|count| !(1..=OUTPUT_LIMIT.cast_signed()).contains(&count)) {
        return Err(format!(
            "Invalid max_tokens value, the valid range of max_tokens is [1, {OUTPUT_LIMIT}]"
        ));
    }
    if !body["seed"].is_null() && body["seed"].as_i64().is_none_or(|seed| seed < 0) {
        return Err("Invalid seed value, the valid range of seed is [0, 2^63)".to_owned());
    }
    // The rule is documented (API docs, Rate Limit & Isolation), its text was not found.
    let is_id = |id: &str| {
        id.len() <= 512 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    };
    if body["user_id"].as_str().is_some_and(|id| !is_id(id)) {
        return Err("Invalid user_id value, it may have 512 letters, digits, '_' and '-'".to_owned());
    }
    Ok(())
}

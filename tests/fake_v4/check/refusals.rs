use porthole_tests::fake_v4::{FakeV4, Script};
use serde_json::{Value, json};

use crate::client::{Client, exchange, plain};

fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

fn calls(ids: &[&str]) -> Value {
    let calls: Vec<Value> = ids
        .iter()
        .map(|id| json!({"id": id, "type": "function", "function": {"name": "look", "arguments": "{}"}}))
        .collect();
    json!({"role": "assistant", "content": "", "reasoning_content": "", "tool_calls": calls})
}

fn result(id: &str) -> Value {
    json!({"role": "tool", "tool_call_id": id, "content": "ok"})
}

fn image(block: &Value) -> Value {
    json!({"messages": [{"role": "user", "content": [block]}]})
}

fn tool(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "parameters": {"type": "object"}}})
}

#[tokio::test]
async fn deepseek_refuses_in_its_own_words() {
    let on = json!({"type": "enabled"});
    let insufficient = "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. (insufficient tool messages following tool_calls message)";
    let unasked = "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id', The following tool_call_ids did not have response messages: z";
    let thinking_missing = "The `reasoning_content` in the thinking mode must be passed back to the API.";
    let answer = json!({"role": "assistant", "content": "b"});
    let thought = json!({"role": "assistant", "content": "b", "reasoning_content": ""});
    let cases: Vec<(Value, &str)> = vec![
        (
            json!({"model": "gpt-9"}),
            "The supported API model names are deepseek-flash, deepseek-v4-pro, but you passed gpt-9.",
        ),
        (json!({"messages": []}), "Empty input messages"),
        (
            json!({"messages": [{"role": "developer", "content": "x"}]}),
            "Failed to deserialize the JSON body into the target type: messages[0].role: unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool`, `latest_reminder`",
        ),
        (
            json!({"messages": [user("a"), {"role": "assistant", "content": null}]}),
            "Invalid assistant message: content or tool_calls must be set",
        ),
        (json!({"messages": [user("a"), calls(&["x"])]}), insufficient),
        (json!({"messages": [user("a"), calls(&["x", "y"]), result("x"), user("b")]}), insufficient),
        (json!({"messages": [user("a"), calls(&["x"]), result("z")]}), unasked),
        (
            json!({"messages": [user("a"), calls(&["x", "y"]), result("x"), result("x")]}),
            "Duplicate value for 'tool_call_id' of x in message[3]",
        ),
        (
            json!({"messages": [user("a"), result("x")]}),
            "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
        ),
        (
            json!({"thinking": on, "tools": [tool("look")], "messages": [user("a"), answer, user("c")]}),
            thinking_missing,
        ),
        (
            json!({"thinking": on, "tools": [tool("look")], "tool_choice": "required"}),
            "Thinking mode does not support this tool_choice",
        ),
        (
            json!({"tools": [tool("look")], "tool_choice": {"type": "function", "function": {"name": "hear"}}}),
            "Invalid value for 'tool_call': no function named 'hear' was specified in the 'tools' parameter.",
        ),
        (
            json!({"tools": [tool("look at")]}),
            "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
        ),
        (json!({"tools": [tool("look"), tool("look")]}), "Tool names must be unique."),
        (
            json!({"response_format": {"type": "json_object"}}),
            "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.",
        ),
        (
            json!({"messages": [user("a"), {"role": "assistant", "content": "b", "prefix": true}, user("c")]}),
            "Invalid completion message: prefix set true with message which is not final message or message role is not assistant",
        ),
        (
            json!({"stream": false, "stream_options": {"include_usage": true}}),
            "stream_options should be set along with stream = true",
        ),
        (
            json!({"max_tokens": 400_000}),
            "Invalid max_tokens value, the valid range of max_tokens is [1, 393216]",
        ),
        (json!({"max_tokens": 0}), "Invalid max_tokens value, the valid range of max_tokens is [1, 393216]"),
        (
            json!({"messages": [user(&"x".repeat(2_800_000))], "max_tokens": 393_216}),
            "This model's maximum context length is 1048576 tokens. However, you requested 1093220 tokens (700004 in the messages, 393216 in the completion). Please reduce the length of the messages or completion.",
        ),
        (json!({"temperature": 3}), "Invalid temperature value, the valid range of temperature is [0, 2]"),
        (json!({"top_p": 0}), "Invalid top_p value, the valid range of top_p is (0, 1.0]"),
        (json!({"n": 2}), "Invalid n value (currently only n = 1 is supported)"),
        (
            json!({"stop": ["a", ""]}),
            "Invalid 'stop[1]': empty string. Expected a string with minimum length 1, but got an empty string instead.",
        ),
        (json!({"seed": -1}), "Invalid seed value, the valid range of seed is [0, 2^63)"),
        (
            json!({"top_logprobs": 3}),
            "Invalid top_logprobs and logprobs value, logprobs must be set to true if top_logprobs is used.",
        ),
        (
            json!({"presence_penalty": 2.5}),
            "Invalid presence_penalty value, the valid range of presence_penalty is [-2, 2]",
        ),
        (json!({"stop": vec!["x"; 17]}), "Stop string array too long: 17"),
        (
            image(&json!({"type": "image_url", "image_url": {"url": "file:///a.png"}})),
            "messages[0]: Unsupported image_url format",
        ),
        (image(&json!({"type": "file"})), "messages[0]: file must have a file_id or file_data"),
        (
            image(
                &json!({"type": "file", "file_id": "file-api-a", "file_data": "data:image/png;base64,AA=="}),
            ),
            "messages[0]: file cannot have both file_id and file_data",
        ),
        (
            json!({"messages": [user("a"), {"role": "assistant", "content": [{"type": "file", "file_id": "file-api-a"}]}]}),
            "Image in assistant message is not supported",
        ),
        // What is in order.
        (image(&json!({"type": "image_url", "image_url": {"url": "https://example.org/a.png"}})), ""),
        (image(&json!({"type": "file", "file_id": "file-api-a"})), ""),
        (json!({"messages": [user("a"), calls(&["x", "y"]), result("y"), result("x")]}), ""),
        (json!({"thinking": on, "messages": [user("a"), answer, user("c")]}), ""),
        (json!({"thinking": on, "tools": [tool("look")], "messages": [user("a"), thought, user("c")]}), ""),
        (json!({"response_format": {"type": "json_object"}, "messages": [user("as JSON")]}), ""),
        (json!({"model": "deepseek-v4-flash"}), ""),
        (json!({"tools": [tool("look")], "tool_choice": "required"}), ""),
    ];
    let server = FakeV4::start().await;
    server.reply_always(Script::answer("fine"));
    for (more, expected) in cases {
        let response = exchange(&server, &plain(&more)).await;
        let shown = more.to_string().chars().take(200).collect::<String>();
        if expected.is_empty() {
            assert_eq!(response.status, 200, "{shown}: {}", response.text());
            continue;
        }
        let error = json!({
            "message": expected, "type": "invalid_request_error", "param": null, "code": "invalid_request_error",
        });
        assert_eq!(response.status, 400, "{shown}");
        assert_eq!(response.json()["error"], error, "{shown}");
    }
}

#[tokio::test]
async fn a_refused_request_takes_no_script() {
    let server = FakeV4::start().await;
    server.reply(Script::answer("mine"));
    assert_eq!(exchange(&server, &plain(&json!({"model": "gpt-9"}))).await.status, 400);
    assert_eq!(server.replies_left(), 1);
    assert!(exchange(&server, &plain(&json!({}))).await.text().contains("\"mine\""));
    assert_eq!(server.replies_left(), 0);
}

#[tokio::test]
async fn keys_are_wanted_and_checked() {
    let server = FakeV4::start().await;
    for (accepted, given, expected) in [
        (None, None, 401),
        (None, Some("anything"), 200),
        (Some("sk-right"), Some("sk-wrong"), 401),
        (Some("sk-right"), Some("sk-right"), 200),
    ] {
        server.set_key(accepted);
        for path in ["/models", "/v1/models", "/user/balance"] {
            let mut client = Client::connect(&server).await;
            client.send("GET", path, given, "").await;
            let response = client.response().await.unwrap();
            assert_eq!(response.status, expected, "{path} with {given:?}");
            assert!(
                expected == 200 || response.text().contains("Authentication Fails"),
                "{}",
                response.text()
            );
        }
    }
}

#[tokio::test]
async fn errors_can_be_ordered() {
    let date = "Wed, 25 Nov 2026 07:28:00 GMT";
    let cases = [
        (Script::rate_limited(7), 429, Some("7"), "Rate limit reached"),
        (Script::rate_limited_until(date), 429, Some(date), "Rate limit reached"),
        (Script::unauthorized(), 401, None, "authentication_error"),
        (
            Script::insufficient_balance(),
            402,
            None,
            "\"message\":\"Insufficient Balance\",\"type\":\"unknown_error\"",
        ),
        (Script::context_overflow(), 400, None, "maximum context length is 1048576 tokens"),
        (Script::server_error(), 500, None, "Internal Server Error"),
        (Script::overloaded(), 503, None, "Service is too busy"),
        (Script::proxy_error_page(), 502, None, "<h1>502 Bad Gateway</h1>"),
        (Script::web_page(), 200, None, "Please sign in"),
    ];
    let server = FakeV4::start().await;
    for (script, status, retry_after, text) in cases {
        server.reply(script);
        let response = exchange(&server, &plain(&json!({}))).await;
        assert_eq!((response.status, response.header("retry-after")), (status, retry_after), "{text}");
        assert!(response.text().contains(text), "{}", response.text());
    }
}

use porthole_tests::fake_v4::{
    Dialect, FakeV4, Script, ThinkingPlace, ToolCallIds, UsageNumbers, UsagePlacement,
};
use serde_json::{Value, json};

use crate::client::{Client, exchange, plain, streamed};

const USAGE: &str = r#"{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}"#;
const NUMBERS: UsageNumbers = UsageNumbers { prompt: 9, cached: 4, completion: 5, reasoning: 2 };

fn spoken() -> Script {
    Script::answer("Yes.").thinking("Hm.").usage(NUMBERS)
}

fn filled(line: &str) -> String {
    line.replace("USAGE", USAGE)
}

/// One chunk with this delta.
fn delta(delta: &str) -> String {
    format!(r#"[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":null}}]"#)
}

fn finish(delta: &str, reason: &str) -> String {
    format!(r#"[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":"{reason}"}}]"#)
}

#[tokio::test]
async fn chunks_look_as_each_server_writes_them() {
    let cases: Vec<(&str, Dialect, Script, Value, Vec<String>)> = vec![
        (
            "DeepSeek, thinking",
            Dialect::Deepseek,
            spoken(),
            json!({}),
            vec![
                delta(r#"{"role":"assistant","content":null,"reasoning_content":""}"#),
                delta(r#"{"content":null,"reasoning_content":"Hm."}"#),
                delta(r#"{"content":"Yes.","reasoning_content":null}"#),
                finish(r#"{"content":"","reasoning_content":null}"#, "stop")
                    + &filled(r#","usage":USAGE,"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":5}"#),
                "[DONE]".to_owned(),
            ],
        ),
        (
            "DeepSeek, no thinking, include_usage",
            Dialect::Deepseek,
            Script::answer("Yes.").usage(UsageNumbers { reasoning: 0, ..NUMBERS }),
            json!({"thinking": {"type": "disabled"}, "stream_options": {"include_usage": true}}),
            vec![
                delta(r#"{"role":"assistant","content":""}"#) + r#","usage":null"#,
                delta(r#"{"content":"Yes."}"#) + r#","usage":null"#,
                finish(r#"{"content":""}"#, "stop")
                    + r#","usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":4},"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":5}"#,
                "[DONE]".to_owned(),
            ],
        ),
        (
            "DeepSeek, tool call in fragments",
            Dialect::Deepseek,
            Script::tools().tool_call_with_id("call_00_x", "look", "{\"a\":1}").chunk_characters(5),
            json!({"thinking": {"type": "disabled"}}),
            vec![
                delta(r#"{"role":"assistant","content":""}"#),
                delta(
                    r#"{"tool_calls":[{"index":0,"id":"call_00_x","type":"function","function":{"name":"look","arguments":""}}]}"#,
                ),
                delta(r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}"#),
                delta(r#"{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"#),
                finish(r#"{"content":""}"#, "tool_calls")
                    + r#","usage":{"prompt_tokens":6,"completion_tokens":10,"total_tokens":16,"prompt_tokens_details":{"cached_tokens":0},"prompt_cache_hit_tokens":0,"prompt_cache_miss_tokens":6}"#,
                "[DONE]".to_owned(),
            ],
        ),
        (
            "Ollama: reasoning, empty finish delta, trailing usage if asked",
            Dialect::Ollama,
            spoken(),
            json!({"stream_options": {"include_usage": true}}),
            vec![
                delta(r#"{"role":"assistant","content":""}"#) + r#","usage":null"#,
                delta(r#"{"content":"","reasoning":"Hm."}"#) + r#","usage":null"#,
                delta(r#"{"content":"Yes."}"#) + r#","usage":null"#,
                finish("{}", "stop") + r#","usage":null"#,
                filled(r#"[],"usage":USAGE}"#),
                "[DONE]".to_owned(),
            ],
        ),
        (
            "mlx-lm: role on every chunk",
            Dialect::MlxLm,
            Script::answer("Yes.").thinking("Hm."),
            json!({}),
            vec![
                delta(r#"{"role":"assistant","content":""}"#),
                delta(r#"{"role":"assistant","reasoning":"Hm."}"#),
                delta(r#"{"role":"assistant","content":"Yes."}"#),
                finish(r#"{"role":"assistant"}"#, "stop"),
                "[DONE]".to_owned(),
            ],
        ),
        (
            "inline thinking without its opening tag, cut anywhere",
            Dialect::Openai,
            Script::answer("Yes.")
                .thinking("Hm.")
                .thinking_in(ThinkingPlace::InlineWithoutOpening)
                .chunk_characters(8)
                .without_finish()
                .without_done(),
            json!({}),
            vec![
                delta(r#"{"role":"assistant","content":""}"#),
                delta(r#"{"content":"Hm.\n</th"}"#),
                delta(r#"{"content":"ink>\n\nYe"}"#),
                delta(r#"{"content":"s."}"#),
            ],
        ),
        (
            "a whole tool call without id and index",
            Dialect::Ollama,
            {
                let mut script = Script::tools().tool_call("look", "{}").tool_call_ids(ToolCallIds::Missing);
                script.shape.without_tool_call_index = true;
                script.usage_on(UsagePlacement::Never)
            },
            json!({}),
            vec![
                delta(r#"{"role":"assistant","content":""}"#),
                delta(r#"{"tool_calls":[{"type":"function","function":{"name":"look","arguments":"{}"}}]}"#),
                finish("{}", "tool_calls"),
                "[DONE]".to_owned(),
            ],
        ),
        (
            "vLLM: usage on every chunk, stop_reason, an odd finish",
            Dialect::Vllm,
            Script::answer("Yes.")
                .usage(UsageNumbers { prompt: 1, cached: 0, completion: 1, reasoning: 0 })
                .usage_on(UsagePlacement::EveryChunk)
                .finish("abort"),
            json!({}),
            {
                let usage = |count: u64| {
                    format!(
                        r#","usage":{{"prompt_tokens":1,"completion_tokens":{count},"total_tokens":{},"prompt_tokens_details":{{"cached_tokens":0}}}}"#,
                        1 + count
                    )
                };
                vec![
                    delta(r#"{"role":"assistant","content":""}"#) + &usage(0),
                    delta(r#"{"content":"Yes."}"#) + &usage(1),
                    r#"[{"index":0,"delta":{},"logprobs":null,"finish_reason":"abort","stop_reason":null}]"#
                        .to_owned()
                        + &usage(1),
                    "[DONE]".to_owned(),
                ]
            },
        ),
    ];
    for (name, dialect, script, more, expected) in cases {
        let server = FakeV4::start_as(dialect).await;
        server.reply(script);
        let response = exchange(&server, &streamed(dialect.models()[0], &more)).await;
        assert_eq!(response.choices(), expected, "{name}");
    }
}

#[tokio::test]
async fn a_chunk_of_deepseek_opens_with_the_same_fields_every_time() {
    let server = FakeV4::start().await;
    let response = exchange(&server, &streamed("deepseek-flash", &json!({}))).await;
    let opening = r#","object":"chat.completion.chunk","created":1795435200,"model":"deepseek-flash","system_fingerprint":"#;
    let data = response.data();
    let (chunks, done) = data.split_at(data.len() - 1);
    assert_eq!(done, ["[DONE]"]);
    let id = chunks[0].split('"').nth(3).unwrap();
    for chunk in chunks {
        assert!(chunk.starts_with(&format!("{{\"id\":\"{id}\"{opening}")), "{chunk}");
    }
    assert_eq!(response.header("content-type"), Some("text/event-stream; charset=utf-8"));
}

#[tokio::test]
async fn without_a_script_it_thinks_and_quotes_the_last_message() {
    let server = FakeV4::start().await;
    for (more, thinks) in [
        (json!({}), true),
        (json!({"thinking": {"type": "disabled"}}), false),
        (json!({"reasoning_effort": "none"}), false),
        (json!({"reasoning_effort": "none", "thinking": {"type": "enabled"}}), true),
    ] {
        let response = exchange(&server, &streamed("deepseek-flash", &more)).await;
        let field = |name: &str| -> String {
            let chunks = response.data().into_iter().filter(|data| data != "[DONE]");
            let chunks = chunks.map(|data| serde_json::from_str::<Value>(&data).unwrap());
            chunks
                .filter_map(|chunk| chunk["choices"][0]["delta"][name].as_str().map(str::to_owned))
                .collect()
        };
        assert!(field("content").contains("> Hello"), "{more}");
        assert_eq!(!field("reasoning_content").is_empty(), thinks, "{more}");
    }
}

#[tokio::test]
async fn one_document_comes_behind_blank_lines() {
    let server = FakeV4::start().await;
    let mut script = Script::answer("Yes.").thinking("Hm.").tool_call_with_id("c", "look", "{}");
    script.framing.keep_alives_first = 2;
    server.reply(script);
    let response = exchange(&server, &streamed("deepseek-flash", &json!({"stream": false}))).await;
    assert!(response.text().starts_with("\n\n{\"id\":"), "{}", response.text());
    let message = json!({
        "role": "assistant", "content": "Yes.", "reasoning_content": "Hm.",
        "tool_calls": [{"index": 0, "id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
    });
    assert_eq!(response.json()["choices"][0]["message"], message);
    assert_eq!(response.json()["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(response.json()["object"], "chat.completion");
}

#[tokio::test]
async fn an_answer_obeys_max_tokens_and_a_prefix_goes_on() {
    let server = FakeV4::start().await;
    let response = exchange(&server, &plain(&json!({"stream": false, "max_tokens": 3}))).await;
    assert_eq!(response.json()["choices"][0]["finish_reason"], "length");
    assert_eq!(response.json()["choices"][0]["message"]["content"], "You wrote:\n\n");

    let body = json!({"model": "deepseek-flash", "messages": [
        {"role": "user", "content": "Tell me"}, {"role": "assistant", "content": "Once", "prefix": true},
    ]});
    let mut client = Client::connect(&server).await;
    client.send("POST", "/beta/chat/completions", Some("k"), &body.to_string()).await;
    let continued = client.response().await.unwrap().json();
    let text = continued["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(text.starts_with(" and so it goes on"), "{text}");
}

#[tokio::test]
async fn a_conversation_that_grows_hits_the_cache() {
    let server = FakeV4::start().await;
    server.reply(Script::answer("Four."));
    let first = exchange(&server, &plain(&json!({"stream": false}))).await.json();
    assert_eq!(first["usage"]["prompt_cache_hit_tokens"], 0);
    let grown = json!({"stream": false, "messages": [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Four."},
        {"role": "user", "content": "And now?"},
    ]});
    let second = exchange(&server, &plain(&grown)).await.json();
    let cached = second["usage"]["prompt_tokens_details"]["cached_tokens"].as_u64().unwrap();
    assert!(cached > first["usage"]["prompt_tokens"].as_u64().unwrap(), "the answer is cached too: {second}");
    assert_eq!(second["usage"]["prompt_cache_hit_tokens"], cached);
    let mut thinking = plain(&grown);
    thinking["thinking"] = json!({"type": "enabled"});
    let third = exchange(&server, &thinking).await.json();
    assert_eq!(third["usage"]["prompt_cache_hit_tokens"], 0, "thinking changes the start of the prompt");
}

#[tokio::test]
async fn ollamas_own_api_answers_line_by_line() {
    let server = FakeV4::start_as(Dialect::Ollama).await;
    server.reply(Script::answer("Yes.").thinking("Hm.").tool_call_with_id("c", "look", "{\"a\": 1}"));
    let mut client = Client::connect(&server).await;
    let body =
        json!({"model": "qwen3:8b", "think": true, "messages": [{"role": "user", "content": "Hello"}]});
    client.send("POST", "/api/chat", None, &body.to_string()).await;
    let response = client.response().await.unwrap();
    assert_eq!(response.header("content-type"), Some("application/x-ndjson"));
    let lines: Vec<Value> = response.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["message"], json!({"role": "assistant", "content": "", "thinking": "Hm."}));
    assert_eq!(lines[1]["message"], json!({"role": "assistant", "content": "Yes."}));
    assert_eq!(lines[2]["message"]["tool_calls"][0]["function"]["arguments"], json!({"a": 1}));
    assert_eq!((&lines[3]["done"], &lines[3]["done_reason"]), (&json!(true), &json!("stop")));
    assert_eq!(lines.len(), 4);
}

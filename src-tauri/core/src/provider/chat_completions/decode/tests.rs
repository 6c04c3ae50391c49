use proptest::prelude::*;
use url::Url;

use super::*;
use crate::domain::{FinishReason, ServerKind, ToolCall, Usage};

mod failures;
mod reported;

fn endpoint(kind: ServerKind) -> Endpoint {
    Endpoint::new("Here", kind, Url::parse("http://127.0.0.1:8080/v1").unwrap())
}

/// What a reader of the deltas ends up with.
#[derive(Debug, Default, Clone, PartialEq)]
struct Read {
    model: String,
    thinking: String,
    text: String,
    calls: Vec<ToolCall>,
    usage: Usage,
    finish: Option<FinishReason>,
    unterminated: bool,
    failure: Option<Failure>,
}

impl Read {
    fn ended(mut self, reason: FinishReason) -> Self {
        self.finish = Some(reason);
        self
    }

    fn code(&self) -> Option<Code> {
        self.failure.as_ref().map(|failure| failure.code)
    }
}

fn read<'a>(kind: ServerKind, pieces: impl IntoIterator<Item = &'a [u8]>) -> Read {
    let mut decoder = Decoder::new(&endpoint(kind));
    let mut deltas: Vec<Result<Delta, Failure>> =
        pieces.into_iter().flat_map(|piece| decoder.push(piece)).collect();
    deltas.extend(decoder.finish(None));
    assert!(decoder.is_over());
    let mut read = Read::default();
    for delta in deltas {
        assert!(read.failure.is_none(), "nothing follows a failure");
        match delta {
            Ok(Delta::Model(model)) => {
                assert!(read.model.is_empty() && read.finish.is_none(), "the model is named once");
                read.model = model;
            }
            Ok(Delta::Thinking(text)) => {
                assert!(!text.is_empty() && read.finish.is_none());
                read.thinking.push_str(&text);
            }
            Ok(Delta::Text(text)) => {
                assert!(!text.is_empty() && read.finish.is_none());
                read.text.push_str(&text);
            }
            Ok(Delta::TextWasThinking) => {
                assert!(read.thinking.is_empty() && read.finish.is_none());
                read.thinking = std::mem::take(&mut read.text);
            }
            Ok(Delta::ToolCall(call)) => read.calls.push(call),
            Ok(Delta::Settled(_)) => panic!("a decoder knows no time"),
            Ok(Delta::Usage(usage)) => read.usage = usage,
            Ok(Delta::Finish(reason)) => assert!(read.finish.replace(reason).is_none()),
            Ok(Delta::Unterminated) => {
                assert!(read.finish.is_some());
                read.unterminated = true;
            }
            Err(failure) => read.failure = Some(failure),
        }
    }
    assert!(read.finish.is_some() != read.failure.is_some(), "a reply ends in one way: {read:?}");
    read
}

fn events(chunks: &[&str]) -> String {
    chunks.iter().flat_map(|chunk| ["data: ", chunk, "\n\n"]).collect()
}

fn said(text: &str) -> Read {
    Read { text: text.to_owned(), ..Read::default() }
}

fn thought(thinking: &str, text: &str) -> Read {
    Read { thinking: thinking.to_owned(), ..said(text) }
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "every row of a table writes its value in place")]
fn check(kind: ServerKind, stream: &str, expected: Read) {
    assert_eq!(read(kind, [stream.as_bytes()]), expected, "{stream}");
    assert_eq!(read(kind, stream.as_bytes().chunks(1)), expected, "byte by byte: {stream}");
}

#[track_caller]
fn check_failure(kind: ServerKind, stream: &str, code: Code, text: &str, part: &str) {
    for read in [read(kind, [stream.as_bytes()]), read(kind, stream.as_bytes().chunks(1))] {
        assert_eq!((read.code(), read.text.as_str()), (Some(code), text), "{stream}\n{read:?}");
        let failure = read.failure.unwrap();
        let whole = format!("{failure} {}", failure.detail.as_deref().unwrap_or_default());
        assert!(whole.contains(part), "{part:?} in {whole:?}");
    }
}

/// As DeepSeek sends it (deepseek-recipe 0.2.0, `chunk_generator.rs`; API docs, Rate Limit).
const DEEPSEEK: &str = concat!(
    ": keep-alive\n\n",
    r#"data: {"id":"x","model":"deepseek-flash","choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":""},"finish_reason":null}],"usage":null}"#,
    "\n\n: keep-alive\n\n",
    r#"data: {"model":"deepseek-flash","choices":[{"index":0,"delta":{"content":null,"reasoning_content":"Hm 模"},"finish_reason":null}],"usage":null}"#,
    "\n\n",
    r#"data: {"model":"deepseek-flash","choices":[{"index":0,"delta":{"content":"Yes </think> 🦀","reasoning_content":null},"finish_reason":null}],"usage":null}"#,
    "\n\n",
    r#"data: {"model":"deepseek-flash","choices":[{"index":0,"delta":{"content":"","reasoning_content":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":7,"total_tokens":16,"prompt_tokens_details":{"cached_tokens":4},"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":5,"completion_tokens_details":{"reasoning_tokens":3}}}"#,
    "\n\ndata: [DONE]\n\n",
);

fn deepseek() -> Read {
    Read {
        model: "deepseek-flash".to_owned(),
        usage: Usage {
            prompt_tokens: Some(9),
            cached_tokens: Some(4),
            completion_tokens: Some(7),
            reasoning_tokens: Some(3),
        },
        ..thought("Hm 模", "Yes </think> 🦀")
    }
    .ended(FinishReason::Stop)
}

/// Ollama: `reasoning`, an empty last delta, usage in a chunk without choices.
const OLLAMA: &str = concat!(
    r#"data: {"model":"qwen3:8b","choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"Hm"},"finish_reason":null}]}"#,
    "\n\n",
    r#"data: {"model":"qwen3:8b","choices":[{"index":0,"delta":{"content":"Yes"},"finish_reason":null}]}"#,
    "\n\n",
    r#"data: {"model":"qwen3:8b","choices":[{"index":0,"delta":{},"finish_reason":"length"}]}"#,
    "\n\n",
    r#"data: {"model":"qwen3:8b","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6}}"#,
    "\n\ndata: [DONE]\n\n",
);

#[test]
fn every_server_is_understood() {
    check(ServerKind::DeepSeek, DEEPSEEK, deepseek());
    check(ServerKind::DeepSeek, &DEEPSEEK.replace('\n', "\r\n"), deepseek());
    let usage = Usage { prompt_tokens: Some(5), completion_tokens: Some(6), ..Usage::default() };
    let ollama = Read { model: "qwen3:8b".to_owned(), usage, ..thought("Hm", "Yes") };
    check(ServerKind::Ollama, OLLAMA, ollama.ended(FinishReason::Length));
    // mlx-lm: the role on every chunk, progress in comments, usage in a chunk of another object.
    let stream = concat!(
        ": keepalive 512/2048\n\n",
        r#"data: {"object":"chat.completion.chunk","choices":[{"index":0,"finish_reason":null,"delta":{"role":"assistant","content":"","reasoning":"a"}}]}"#,
        "\n\n",
        r#"data: {"object":"chat.completion.chunk","choices":[{"index":0,"finish_reason":"stop","delta":{"role":"assistant","content":"b"}}]}"#,
        "\n\n",
        r#"data: {"object":"chat.completion","choices":[],"usage":{"prompt_tokens":1}}"#,
        "\n\ndata: [DONE]\n\n",
    );
    let usage = Usage { prompt_tokens: Some(1), ..Usage::default() };
    check(ServerKind::MlxLm, stream, Read { usage, ..thought("a", "b") }.ended(FinishReason::Stop));
    // llama.cpp: timings beside an empty list of choices.
    let stream = events(&[
        r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}],"model":"/m/a.gguf"}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":null}]}"#,
        r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1},"timings":{"prompt_n":2,"cache_n":7}}"#,
        "[DONE]",
    ]);
    let usage = Usage {
        prompt_tokens: Some(9),
        cached_tokens: Some(7),
        completion_tokens: Some(1),
        reasoning_tokens: None,
    };
    let llama = Read { model: "/m/a.gguf".to_owned(), usage, ..said("b") };
    check(ServerKind::LlamaCpp, &stream, llama.ended(FinishReason::Stop));
    // vLLM: usage that grows on each chunk, `stop_reason`, an older name for thinking.
    let stream = events(&[
        r#"{"choices":[{"index":0,"delta":{"reasoning_content":"a"}}],"usage":{"prompt_tokens":2,"completion_tokens":1}}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop","stop_reason":null}],"usage":{"prompt_tokens":2,"completion_tokens":2}}"#,
        "[DONE]",
    ]);
    let usage = Usage { prompt_tokens: Some(2), completion_tokens: Some(2), ..Usage::default() };
    check(ServerKind::Vllm, &stream, Read { usage, ..thought("a", "b") }.ended(FinishReason::Stop));
}

#[test]
fn odd_shapes_are_understood() {
    let local = ServerKind::LlamaCpp;
    let stop = FinishReason::Stop;
    let odd = |chunks: &[&str], expected: Read| check(local, &events(chunks), expected);
    let text = r#"{"choices":[{"delta":{"content":"a"}}]}"#;
    let end = r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#;
    odd(&[text, end], said("a").ended(stop.clone()));
    odd(&[text, "[DONE]"], said("a").ended(stop.clone()));
    odd(
        &["", text, " ", "null", "{}", r#"{"choices":null}"#, r#"{"choices":[null]}"#, end],
        said("a").ended(stop.clone()),
    );
    odd(
        &[text, r#"{"choices":[{"delta":null,"finish_reason":"abort"}]}"#],
        said("a").ended(FinishReason::Other("abort".to_owned())),
    );
    odd(
        &[
            r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},"finish_reason":"stop"}]}"#,
        ],
        said("ab").ended(stop.clone()),
    );
    odd(
        &[
            r#"{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"a"}]},"b"]},"finish_reason":"stop"}]}"#,
        ],
        thought("a", "b").ended(stop.clone()),
    );
    odd(
        &[
            r#"{"choices":[{"message":{"content":"a"}}]}"#,
            r#"{"choices":[{"message":{"content":"b"},"finish_reason":"stop"}]}"#,
        ],
        said("ab").ended(stop.clone()),
    );
    odd(
        &[
            r#"{"choices":[{"delta":{"role":"assistant"}}]}"#,
            r#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}"#,
        ],
        said("a").ended(stop.clone()),
    );
    odd(
        &[text, r#"{"choices":[{"delta":{},"message":{"content":"a"},"finish_reason":"stop"}]}"#],
        said("a").ended(stop.clone()),
    );
    odd(
        &[r#"{"choices":[{"delta":{"reasoning":"a","reasoning_content":"a"}}]}"#, text, end],
        thought("a", "a").ended(stop.clone()),
    );
    odd(
        &[r#"{"choices":[{"index":1,"delta":{"content":"x"}},{"index":0,"delta":{"content":"a"}}]}"#, end],
        said("a").ended(stop.clone()),
    );
    odd(&[r#"{"choices":[{"text":"a","finish_reason":"stop"}]}"#], said("a").ended(stop.clone()));
    odd(
        &[r#"{"choices":[{"delta":{"content":null,"refusal":"no"},"finish_reason":"stop"}]}"#],
        said("no").ended(stop.clone()),
    );
    odd(
        &[text, r#"{"error":null,"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}]}"#],
        said("ab").ended(stop.clone()),
    );
    odd(
        &[r#"{"choices":[{"delta":{"reasoning":"a"},"finish_reason":"stop"}]}"#],
        thought("a", "").ended(stop.clone()),
    );
    odd(
        &[r#"{"choices":[{"delta":{},"finish_reason":"content_filter"}]}"#],
        Read::default().ended(FinishReason::ContentFilter),
    );
    let bare = r#"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#;
    let unfinished = [
        format!("data: {bare}\n"),
        format!("data:{bare}"),
        format!("event: ping\ndata: x\n\ndata: {bare}\n\n"),
    ];
    for stream in unfinished {
        check(local, &stream, said("a").ended(stop.clone()));
    }
}

#[test]
fn a_reply_that_was_not_streamed_is_taken() {
    let reply = concat!(
        "\n\n\r\n\u{FEFF} ",
        r#"{"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a","reasoning_content":"t"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}"#,
    );
    let usage = Usage { prompt_tokens: Some(1), ..Usage::default() };
    let expected = Read { model: "m".to_owned(), usage, ..thought("t", "a") }.ended(FinishReason::Stop);
    check(ServerKind::DeepSeek, reply, expected);
    let pretty = "{\n  \"choices\": [\n {\"message\": {\"content\": \"a\"}}\n]\n}";
    check(ServerKind::LlamaCpp, pretty, said("a").ended(FinishReason::Stop));
}

#[test]
fn inline_thinking_is_taken_out() {
    let stop = FinishReason::Stop;
    let text = |content: &str| format!(r#"{{"choices":[{{"delta":{{"content":"{content}"}}}}]}}"#);
    let stream = |contents: &[&str]| {
        let mut chunks: Vec<String> = contents.iter().map(|content| text(content)).collect();
        chunks.push(r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#.to_owned());
        events(&chunks.iter().map(String::as_str).collect::<Vec<_>>())
    };
    check(
        ServerKind::LmStudio,
        &stream(&["<th", "ink>a</thi", "nk>\\n\\nb"]),
        thought("a", "b").ended(stop.clone()),
    );
    check(ServerKind::Vllm, &stream(&["a</th", "ink>", "b"]), thought("a", "b").ended(stop.clone()));
    check(
        ServerKind::DeepSeek,
        &stream(&["<think>a</think>b"]),
        Read { unterminated: true, ..said("<think>a</think>b").ended(stop.clone()) },
    );
    let mut with_field = events(&[r#"{"choices":[{"delta":{"reasoning":"t"}}]}"#]);
    with_field.push_str(&stream(&["<think>a</think>b"]));
    check(ServerKind::Ollama, &with_field, thought("t", "<think>a</think>b").ended(stop.clone()));
    check(ServerKind::Ollama, &stream(&["a </thi"]), said("a </thi").ended(stop));
}

#[test]
fn calls_are_put_together() {
    let call = |id: &str, name: &str, arguments: &str| ToolCall {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    };
    let stream = events(&[
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"call_00_a","type":"function","function":{"name":"f","arguments":""}}]}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\""}}]}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}}]}"#,
        r#"{"choices":[{"delta":{"content":""},"finish_reason":"tool_calls"}]}"#,
        "[DONE]",
    ]);
    let expected = Read { calls: vec![call("call_00_a", "f", "{\"x\":1}")], ..Read::default() };
    check(ServerKind::DeepSeek, &stream, expected.ended(FinishReason::ToolCalls));
    let stream = events(&[
        r#"{"choices":[{"delta":{"tool_calls":[{"function":{"name":"f","arguments":"{}"}},{"function":{"name":"g","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#,
    ]);
    let expected =
        Read { calls: vec![call("call_1", "f", "{}"), call("call_2", "g", "{}")], ..Read::default() };
    check(ServerKind::MlxLm, &stream, expected.ended(FinishReason::ToolCalls));
    let stream = events(&[
        r#"{"choices":[{"delta":{"function_call":{"name":"f","arguments":"{}"}},"finish_reason":"function_call"}]}"#,
    ]);
    let expected = Read { calls: vec![call("call_1", "f", "{}")], ..Read::default() };
    check(ServerKind::OpenAi, &stream, expected.ended(FinishReason::ToolCalls));
}

/// Streams that hit every branch often: pieces of real ones, whole and torn, in any order.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(DEEPSEEK.to_owned()),
        Just(OLLAMA.to_owned()),
        Just(events(&[r#"{"choices":[{"delta":{"content":"<think>a"}}]}"#])),
        Just(events(&[r#"{"choices":[{"delta":{"content":"</think>\n`b"}}]}"#])),
        Just(events(&[r#"{"choices":[{"delta":{"content":"</thi模"}}]}"#])),
        Just(events(&[
            r#"{"choices":[{"delta":{"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}}]}"#
        ])),
        Just(events(&[r#"{"choices":[{"message":{"content":"c"},"finish_reason":"stop"}]}"#])),
        Just(events(&[r#"{"choices":[{"delta":{"content":"`a\ud83d"}}]}"#])),
        Just(events(&[r#"{"choices":[{"delta":{"content":"\ude00`"}}]}"#]).replace("\n\n", "\n")),
        Just(events(&["{\"choices\":[{\"delta\":{\"reasoning\":\"t\t\\ud83d\"}}]}"]).replace("\n\n", "\n")),
        Just(events(&[r#"{"model":"m","choices":[],"code":0,"msg":"ok"}"#])),
        Just(events(&[r#"{"code":401,"msg":"e"}"#])),
        Just("error: {\"message\":\"e\"}\n".to_owned()),
        Just("{\"error\":\"e\"}\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("\u{FEFF}".to_owned()),
        Just("event: error\n".to_owned()),
        Just("data: [DONE]\r\n\r\n".to_owned()),
    ];
    let torn =
        (piece, any::<prop::sample::Index>(), prop::bool::weighted(0.2)).prop_map(|(piece, at, torn)| {
            let mut bytes = piece.into_bytes();
            if torn {
                bytes.truncate(at.index(bytes.len()));
            }
            bytes
        });
    let noise = proptest::collection::vec(any::<u8>(), 0..6);
    let piece = prop_oneof![9 => torn, 1 => noise];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_split_gives_the_same_reply(
        bytes in stream(),
        local: bool,
        cuts in proptest::collection::vec(0usize..3000, 0..12),
    ) {
        let kind = if local { ServerKind::LlamaCpp } else { ServerKind::DeepSeek };
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let whole = read(kind, [&bytes[..]]);
        prop_assert_eq!(&whole, &read(kind, cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]])));
        prop_assert_eq!(&whole, &read(kind, bytes.chunks(1)));
    }
}

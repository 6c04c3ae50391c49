//! Records what the stand-in sends, for those who read streams without a server: `PORTHOLE_BLESS=1 cargo test -p
//! porthole-tests --test fake_v4 recordings` rewrites the files. Without it the files are compared, so that they
//! never show an outdated server.

use std::fs;

use porthole_core::domain::ServerKind;
use porthole_tests::fake_v4::{
    Cut, Dialect, Ending, ErrorForm, FakeV4, Generated, LineEnding, Script, Text, TextKind, ThinkingPlace,
    ToolCallIds, UsageNumbers, UsagePlacement,
};
use porthole_tests::recordings::folder;
use porthole_tests::streams::KINDS;
use serde_json::json;

use crate::client::{exchange, streamed};

const THOUGHT: &str = "先想一想：6 × 7?\n\nThat is <b>42</b> — easy. 🐋";
const ANSWER: &str =
    "It is **42**.\n\n```rust\nlet x = \"</think>\"; // 四十二\n```\n\n| a | b |\n|---|---|\n| 1 | 🦀 |\n";

fn dialect(kind: ServerKind) -> Dialect {
    match kind {
        ServerKind::DeepSeek => Dialect::Deepseek,
        ServerKind::OpenAi => Dialect::Openai,
        ServerKind::Ollama => Dialect::Ollama,
        ServerKind::LmStudio => Dialect::LmStudio,
        // Docker passes on what llama.cpp says, under a path of its own.
        ServerKind::LlamaCpp | ServerKind::DockerModelRunner => Dialect::LlamaCpp,
        ServerKind::Vllm => Dialect::Vllm,
        ServerKind::Sglang => Dialect::Sglang,
        ServerKind::MlxLm => Dialect::MlxLm,
        ServerKind::Ds4 => Dialect::Ds4,
        ServerKind::Jan => Dialect::Jan,
        ServerKind::LocalAi => Dialect::LocalAi,
        ServerKind::KoboldCpp => Dialect::KoboldCpp,
        ServerKind::TextGenerationWebui => Dialect::TextGenerationWebui,
        ServerKind::Gpt4All => Dialect::Gpt4all,
    }
}

fn reply() -> Script {
    Script::answer(ANSWER).thinking(THOUGHT).chunk_characters(20)
}

fn plain() -> Script {
    Script::answer(ANSWER).thinking("").chunk_characters(20)
}

fn changed(mut script: Script, change: impl FnOnce(&mut Script)) -> Script {
    change(&mut script);
    script
}

fn tools() -> Script {
    Script::answer("Let me look.")
        .thinking("Two cities.")
        .tool_call("weather", r#"{"city":"北京","days":[1,2]}"#)
        .tool_call("time", "{}")
        .chunk_characters(6)
}

/// What every server sends in its own way.
fn everywhere() -> Vec<(&'static str, Script)> {
    vec![
        ("text", plain()),
        ("thinking", reply()),
        ("tools", tools()),
        ("length", plain().finish("length")),
        ("error", reply().error_after(4, ErrorForm::Data, "CUDA out of memory")),
        ("cut", reply().cut_after(6, Cut::EndOfBody)),
        ("whole-document", reply().ending(Ending::WholeJson)),
    ]
}

/// What some servers send, or what anyone might.
fn seldom(kind: ServerKind) -> Vec<(&'static str, Script)> {
    let inline = || reply().thinking_in(ThinkingPlace::Inline);
    match kind {
        ServerKind::DeepSeek => vec![
            ("keep-alive", changed(reply(), |script| script.framing.keep_alives_first = 3)),
            ("no-mark", reply().without_done()),
            ("no-reason", reply().without_finish()),
            ("insufficient-system-resource", plain().finish("insufficient_system_resource")),
            ("content-filter", Script::answer("").thinking("").finish("content_filter")),
            ("empty", Script::answer("").thinking("")),
            (
                "usage",
                plain().usage(UsageNumbers {
                    prompt: 4_000_000_000_000,
                    cached: 7,
                    completion: 5,
                    reasoning: 3,
                }),
            ),
            ("mixed", Script::answer(generated(TextKind::Mixed, 900)).thinking("").chunk_characters(40)),
        ],
        ServerKind::OpenAi => vec![
            ("carriage-return-line-feed", reply().crlf()),
            ("carriage-return", changed(reply(), |script| script.framing.line_ending = LineEnding::Cr)),
            ("byte-order-mark", changed(reply(), |script| script.framing.byte_order_mark = true)),
            ("many-data-lines", changed(plain(), |script| script.framing.multi_line_data = true)),
            ("no-space", changed(reply(), |script| script.framing.space_after_colon = false)),
            ("empty-events", changed(reply(), |script| script.framing.empty_events = 3)),
            ("inline-thinking", inline()),
            ("web-page", Script { body: Some(WEB_PAGE.to_owned()), ..Script::default() }),
            ("garbage", reply().garbage_after(4)),
        ],
        ServerKind::Ollama => vec![
            ("error-text", reply().error_after(3, ErrorForm::Text, "model runner has unexpectedly stopped")),
            ("usage-trailing", plain().usage_on(UsagePlacement::TrailingChunk)),
            ("native-thinking", reply().thinking_in(ThinkingPlace::Native)),
            ("no-ids", tools().tool_call_ids(ToolCallIds::Missing)),
            ("inline-thinking", inline()),
        ],
        ServerKind::LmStudio => vec![
            ("inline-thinking", inline().chunk_characters(4)),
            ("inline-thinking-open", reply().thinking_in(ThinkingPlace::InlineWithoutOpening)),
            ("error-with-mark", error_with_mark("Context size exceeds the context length of 4096")),
            ("no-usage", plain().usage_on(UsagePlacement::Never)),
        ],
        ServerKind::LlamaCpp => vec![
            ("error-line", reply().error_after(3, ErrorForm::Line, "slot unavailable")),
            ("error-unframed", reply().error_after(3, ErrorForm::Unframed, "failed to decode")),
            ("inline-thinking", inline().chunk_characters(5)),
            (
                "inline-thinking-open",
                reply().thinking_in(ThinkingPlace::InlineWithoutOpening).chunk_characters(5),
            ),
            ("keep-alive", changed(reply(), |script| script.framing.keep_alives_first = 2)),
        ],
        ServerKind::Vllm => vec![
            ("usage-every", reply().usage_on(UsagePlacement::EveryChunk)),
            ("error-object", reply().error_after(3, ErrorForm::ObjectError, "EngineCore died")),
            ("repeated-ids", tools().tool_call_ids(ToolCallIds::Repeated)),
            ("whole-tools", tools().whole_tool_calls(true)),
        ],
        ServerKind::Sglang => vec![
            ("abort", reply().finish("abort")),
            ("error-with-mark", error_with_mark("The request was aborted")),
            ("byte-order-mark", changed(inline(), |script| script.framing.byte_order_mark = true)),
            ("blank-ids", tools().tool_call_ids(ToolCallIds::Blank)),
        ],
        ServerKind::MlxLm => vec![
            ("keep-alive", changed(reply(), |script| script.framing.keep_alives_first = 2)),
            ("error-text", reply().error_after(2, ErrorForm::Text, "Model type not supported")),
            ("no-indices", changed(tools(), |script| script.shape.without_tool_call_index = true)),
            ("role-once", changed(reply(), |script| script.shape.role_on_every_chunk = Some(false))),
        ],
        ServerKind::Ds4 => vec![
            ("error-named", reply().error_after(3, ErrorForm::NamedEvent, "context is full")),
            ("error-type", reply().error_after(3, ErrorForm::TypeAndMessage, "rate limit reached")),
            ("keep-alive", changed(reply(), |script| script.framing.keep_alives_first = 2)),
        ],
        ServerKind::Jan => vec![
            ("inline-thinking-open", reply().thinking_in(ThinkingPlace::InlineWithoutOpening)),
            ("carriage-return-line-feed", inline().crlf()),
            ("no-mark", reply().without_done()),
            ("cjk", Script::answer(generated(TextKind::Cjk, 300)).thinking("").chunk_bytes(22)),
        ],
        // What they send of their own is not known better than what everywhere says.
        ServerKind::LocalAi
        | ServerKind::KoboldCpp
        | ServerKind::TextGenerationWebui
        | ServerKind::Gpt4All
        | ServerKind::DockerModelRunner => {
            vec![("inline-thinking", inline().chunk_characters(5)), ("no-mark", reply().without_done())]
        }
    }
}

const WEB_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\
    <body><center><h1>502</h1></center><hr>nginx</body></html>\n";

fn generated(kind: TextKind, characters: usize) -> Text {
    Text::Generated(Generated { kind, characters, seed: 5 })
}

fn error_with_mark(message: &str) -> Script {
    let form = ErrorForm::Data;
    reply().ending(Ending::Error { after: 4, form, message: message.to_owned(), done: true })
}

#[tokio::test]
async fn recordings_show_what_is_sent() {
    let anew = std::env::var_os("PORTHOLE_BLESS").is_some();
    let mut stale = Vec::new();
    for kind in KINDS {
        let folder = folder().join(kind.name());
        fs::create_dir_all(&folder).unwrap();
        // GPT4All answers in one document or not at all.
        let streams = kind != ServerKind::Gpt4All;
        let all = everywhere().into_iter().chain(seldom(kind));
        for (name, script) in all.filter(|(name, _)| streams || *name == "whole-document") {
            let server = FakeV4::start_as(dialect(kind)).await;
            server.reply(script);
            let tools = json!([{"type": "function", "function": {"name": "weather"}},
                {"type": "function", "function": {"name": "time"}}]);
            let more = if streams {
                json!({"stream_options": {"include_usage": true}, "tools": tools})
            } else {
                json!({"stream": false})
            };
            let sent = exchange(&server, &streamed(dialect(kind).models()[0], &more)).await.bytes();
            let file = folder.join(format!("{name}.sse"));
            if anew {
                fs::write(file, sent).unwrap();
            } else if fs::read(&file).unwrap_or_default() != sent {
                stale.push(file.display().to_string());
            }
        }
    }
    assert!(stale.is_empty(), "record anew and look at the change of:\n{}", stale.join("\n"));
}

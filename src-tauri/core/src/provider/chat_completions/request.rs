use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};

use super::Field;
use crate::domain::{Code, Effort, Failure, Role, ServerKind, ThinkingSwitch};
use crate::provider::refusal::failure;
use crate::provider::{Endpoint, PromptMessage, Request};

/// The body of a request. The order of fields and messages never changes, so that two requests of one
/// conversation share the longest possible beginning (DeepSeek API docs, Context Caching).
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(flatten)]
    switches: Switches,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Default, Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    prefix: bool,
}

#[derive(Serialize)]
struct Call<'a> {
    id: &'a str,
    r#type: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    arguments: &'a str,
}

/// How a dialect is told how long to think.
#[derive(Debug, Default, Serialize)]
struct Switches {
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_thinking: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_template_kwargs: Option<Value>,
}

/// Writes `request` in the dialect of `endpoint`, without the fields that the address `refused`.
///
/// # Errors
/// `internal`, if the request cannot be written as JSON.
pub(super) fn body(
    endpoint: &Endpoint,
    request: &Request,
    refused: &BTreeSet<Field>,
) -> Result<Vec<u8>, Failure> {
    let mut messages: Vec<_> = request.messages.iter().map(|message| write(endpoint.kind, message)).collect();
    if request.continues {
        continued(endpoint.kind, &mut messages);
    }
    let longest = request.max_tokens.or_else(|| longest_reply(endpoint.kind, request.effort));
    // OpenAI's reasoning models refuse the older name of the limit, which everyone else knows.
    let takes_newer = endpoint.url.host_str() == Some(OPENAI_HOST) || refused.contains(&Field::MaxTokens);
    let (max_tokens, max_completion_tokens) = if takes_newer { (None, longest) } else { (longest, None) };
    let streams = endpoint.kind.dialect().streams;
    let body = Body {
        model: &request.model,
        messages,
        stream: streams,
        stream_options: (streams && !refused.contains(&Field::StreamOptions))
            .then_some(StreamOptions { include_usage: true }),
        temperature: request.temperature.filter(|value| value.is_finite()),
        top_p: request.top_p.filter(|value| value.is_finite()),
        max_tokens,
        max_completion_tokens,
        switches: request.effort.map(|effort| switches(endpoint.kind, effort)).unwrap_or_default(),
    };
    serde_json::to_vec(&body).map_err(|error| Failure {
        detail: Some(error.to_string()),
        ..failure(endpoint, Code::Internal, None)
    })
}

fn write(kind: ServerKind, message: &PromptMessage) -> Message<'_> {
    Message {
        role: message.role.name(),
        content: &message.content,
        // DeepSeek wants it back with tools and ignores it without (API docs, Thinking Mode); the templates
        // of local models drop earlier thinking on their own or choke on a field they do not know.
        reasoning_content: message.thinking.as_deref().filter(|_| kind.dialect().is_deepseek),
        tool_calls: message
            .tool_calls
            .iter()
            .map(|call| Call {
                id: &call.id,
                r#type: "function",
                function: Function { name: &call.name, arguments: &call.arguments },
            })
            .collect(),
        tool_call_id: message.tool_call_id.as_deref(),
        prefix: false,
    }
}

const OPENAI_HOST: &str = "api.openai.com";

/// The limit that is sent where none was chosen. DeepSeek cuts a reply that was not thought about at 8,192 tokens
/// (deepseek-recipe 0.2.0, `resolve_max_tokens`); the limit counts against the context window, so it is not the
/// largest there is.
/// `GPT4All` stops after 16 (`gpt4all-chat/src/server.cpp`).
fn longest_reply(kind: ServerKind, effort: Option<Effort>) -> Option<u32> {
    let dialect = kind.dialect();
    if dialect.is_deepseek {
        (effort == Some(Effort::Off)).then_some(65_536)
    } else {
        (!dialect.streams).then_some(4096)
    }
}

/// What a server without prefix completion is asked to continue with. It is sent and not kept.
const GO_ON: &str = "Continue exactly where your last message stopped. Repeat nothing and explain nothing.";

/// Asks for the rest of the last message: DeepSeek takes it as a prefix (API docs, Chat Prefix Completion);
/// every other server has to be told in words.
fn continued(kind: ServerKind, messages: &mut Vec<Message<'_>>) {
    // Of a reply that was only thought about there is nothing to show, and strict servers refuse an empty message.
    let is_empty = messages.last().is_some_and(|last| last.content.is_empty() && last.tool_calls.is_empty());
    if is_empty && !kind.dialect().is_deepseek {
        messages.pop();
        return;
    }
    match messages.last_mut() {
        Some(last) if kind.dialect().is_deepseek => last.prefix = true,
        _ => messages.push(Message { role: Role::User.name(), content: GO_ON, ..Message::default() }),
    }
}

/// The switches that each server documents (docs/conformance.md, Sources).
fn switches(kind: ServerKind, effort: Effort) -> Switches {
    let dialect = kind.dialect();
    let on = effort != Effort::Off;
    let plain = Switches { reasoning_effort: dialect.reasoning_effort(effort), ..Switches::default() };
    match dialect.thinking {
        ThinkingSwitch::None => plain,
        ThinkingSwitch::Object => {
            let thinking = json!({"type": if on { "enabled" } else { "disabled" }});
            Switches { thinking: Some(thinking), ..plain }
        }
        ThinkingSwitch::Field => Switches { enable_thinking: Some(on), ..plain },
        ThinkingSwitch::Template => {
            Switches { chat_template_kwargs: Some(json!({"enable_thinking": on})), ..plain }
        }
        ThinkingSwitch::TemplateWithEffort => {
            let mut arguments = json!({"enable_thinking": on, "thinking": on});
            if on {
                arguments["reasoning_effort"] = json!(effort.name());
            }
            Switches { chat_template_kwargs: Some(arguments), ..plain }
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::domain::ToolCall;

    fn endpoint(kind: ServerKind) -> Endpoint {
        Endpoint::new("here", kind, Url::parse("http://127.0.0.1:8080/v1").unwrap())
    }

    fn request() -> Request {
        let message = |role, content: &str| PromptMessage {
            role,
            content: content.to_owned(),
            thinking: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
        };
        let reply = PromptMessage { thinking: Some("hm".to_owned()), ..message(Role::Assistant, "") };
        Request {
            model: "m".to_owned(),
            messages: vec![message(Role::System, "s"), message(Role::User, "q"), reply],
            temperature: None,
            top_p: None,
            max_tokens: None,
            effort: None,
            continues: false,
            conversation: None,
        }
    }

    fn written(kind: ServerKind, request: &Request) -> String {
        String::from_utf8(body(&endpoint(kind), request, &BTreeSet::new()).unwrap()).unwrap()
    }

    #[test]
    fn a_request_has_one_fixed_form() {
        assert_eq!(
            written(ServerKind::DeepSeek, &request()),
            concat!(
                r#"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"q"},"#,
                r#"{"role":"assistant","content":"","reasoning_content":"hm"}],"stream":true,"#,
                r#""stream_options":{"include_usage":true}}"#
            )
        );
        let full = Request {
            temperature: Some(0.5),
            top_p: Some(0.9),
            max_tokens: Some(7),
            effort: Some(Effort::Max),
            messages: vec![],
            ..request()
        };
        assert_eq!(
            written(ServerKind::DeepSeek, &full),
            concat!(
                r#"{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true},"#,
                r#""temperature":0.5,"top_p":0.9,"max_tokens":7,"thinking":{"type":"enabled"},"reasoning_effort":"max"}"#
            )
        );
    }

    #[test]
    fn the_next_request_begins_with_this_one() {
        let first = written(ServerKind::LlamaCpp, &request());
        let mut longer = request();
        longer.messages.push(PromptMessage {
            role: Role::User,
            content: "more".to_owned(),
            thinking: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
        });
        let second = written(ServerKind::LlamaCpp, &longer);
        let shared = first.split("],\"stream\"").next().unwrap();
        assert!(second.starts_with(shared), "messages are only ever added at the end");
    }

    #[test]
    fn only_deepseek_gets_its_thinking_back() {
        for kind in [ServerKind::OpenAi, ServerKind::Ollama, ServerKind::LlamaCpp, ServerKind::Vllm] {
            assert!(!written(kind, &request()).contains("reasoning_content"), "{kind:?}");
        }
    }

    #[test]
    fn calls_go_back_as_they_came() {
        let mut request = request();
        request.messages[2].tool_calls =
            vec![ToolCall { id: "call_00_a".to_owned(), name: "f".to_owned(), arguments: "{ }".to_owned() }];
        let calls = r#""tool_calls":[{"id":"call_00_a","type":"function","function":{"name":"f","arguments":"{ }"}}]"#;
        assert!(written(ServerKind::DeepSeek, &request).contains(calls));
    }

    #[test]
    fn a_tools_result_names_its_call() {
        let mut request = request();
        request.messages = vec![PromptMessage {
            role: Role::Tool,
            content: "4".to_owned(),
            thinking: None,
            tool_calls: Vec::new(),
            tool_call_id: Some("call_00_a".to_owned()),
        }];
        let result = r#"{"role":"tool","content":"4","tool_call_id":"call_00_a"}"#;
        assert!(written(ServerKind::DeepSeek, &request).contains(result));
    }

    #[test]
    fn the_limit_has_the_name_that_the_server_knows() {
        let request = Request { max_tokens: Some(7), ..request() };
        let at = |url: &str| {
            let endpoint = Endpoint::new("there", ServerKind::OpenAi, Url::parse(url).unwrap());
            let body: Value =
                serde_json::from_slice(&body(&endpoint, &request, &BTreeSet::new()).unwrap()).unwrap();
            (body["max_tokens"].as_u64(), body["max_completion_tokens"].as_u64())
        };
        assert_eq!(at("https://api.openai.com/v1"), (None, Some(7)));
        assert_eq!(at("https://gateway.example/v1"), (Some(7), None));
    }

    #[test]
    fn gpt4all_is_asked_for_one_piece() {
        let body: Value = serde_json::from_str(&written(ServerKind::Gpt4All, &request())).unwrap();
        assert_eq!((&body["stream"], &body["max_tokens"]), (&json!(false), &json!(4096)));
        assert!(body.get("stream_options").is_none());
    }

    #[test]
    fn each_dialect_is_told_to_think_in_its_own_words() {
        let check = |kind, effort, expected: Value| {
            let request = Request { effort: Some(effort), ..request() };
            let Value::Object(mut body) = serde_json::from_str(&written(kind, &request)).unwrap() else {
                panic!()
            };
            body.retain(|key, _| {
                ["thinking", "reasoning_effort", "enable_thinking", "chat_template_kwargs"]
                    .contains(&key.as_str())
            });
            assert_eq!(Value::Object(body), expected, "{kind:?} {effort:?}");
        };
        check(ServerKind::DeepSeek, Effort::Off, json!({"thinking": {"type": "disabled"}}));
        check(
            ServerKind::DeepSeek,
            Effort::Low,
            json!({"thinking": {"type": "enabled"}, "reasoning_effort": "low"}),
        );
        check(ServerKind::Ollama, Effort::Off, json!({"reasoning_effort": "none"}));
        check(ServerKind::Ollama, Effort::Max, json!({"reasoning_effort": "max"}));
        check(ServerKind::LmStudio, Effort::Max, json!({"reasoning_effort": "high"}));
        let off = json!({"reasoning_effort": "none", "chat_template_kwargs": {"enable_thinking": false}});
        check(ServerKind::LlamaCpp, Effort::Off, off);
        let kwargs = |level: &str| json!({"chat_template_kwargs": {"enable_thinking": true, "thinking": true, "reasoning_effort": level}});
        check(ServerKind::Vllm, Effort::High, kwargs("high"));
        check(ServerKind::Sglang, Effort::Low, kwargs("low"));
        check(ServerKind::MlxLm, Effort::High, kwargs("high"));
        check(ServerKind::DockerModelRunner, Effort::Max, kwargs("max"));
        let off = json!({"chat_template_kwargs": {"enable_thinking": false, "thinking": false}});
        check(ServerKind::Vllm, Effort::Off, off);
        check(ServerKind::Jan, Effort::Max, {
            json!({"reasoning_effort": "max", "chat_template_kwargs": {"enable_thinking": true}})
        });
        check(ServerKind::Ds4, Effort::Off, json!({"thinking": {"type": "disabled"}}));
        check(ServerKind::LocalAi, Effort::Off, json!({"reasoning_effort": "none"}));
        check(ServerKind::LocalAi, Effort::Max, json!({"reasoning_effort": "high"}));
        check(ServerKind::KoboldCpp, Effort::Off, json!({"reasoning_effort": "none"}));
        check(ServerKind::KoboldCpp, Effort::Max, json!({"reasoning_effort": "xhigh"}));
        check(ServerKind::TextGenerationWebui, Effort::Off, json!({"enable_thinking": false}));
        let low = json!({"enable_thinking": true, "reasoning_effort": "low"});
        check(ServerKind::TextGenerationWebui, Effort::Low, low);
        check(ServerKind::Gpt4All, Effort::High, json!({}));
        check(ServerKind::OpenAi, Effort::Off, json!({}));
        check(ServerKind::OpenAi, Effort::Max, json!({"reasoning_effort": "high"}));
    }

    #[test]
    fn what_is_not_chosen_is_not_sent() {
        for kind in [ServerKind::DeepSeek, ServerKind::OpenAi, ServerKind::Ollama, ServerKind::Vllm] {
            let body: Value = serde_json::from_str(&written(kind, &request())).unwrap();
            let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["messages", "model", "stream", "stream_options"], "{kind:?}");
        }
    }
}

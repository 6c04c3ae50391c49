use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::{Code, Effort, Failure, Role, ServerKind};
use crate::provider::refusal::failure;
use crate::provider::{Endpoint, PromptMessage, Request};

/// The body of a request. The order of fields and messages never changes, so that two requests of one
/// conversation share the longest possible beginning (`facts/deepseek-v4.md` 1.10).
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(flatten)]
    switches: Switches,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'a>>,
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
    chat_template_kwargs: Option<Value>,
}

/// Writes `request` in the dialect of `endpoint`.
///
/// # Errors
/// `internal`, if the request cannot be written as JSON.
pub(super) fn body(endpoint: &Endpoint, request: &Request) -> Result<Vec<u8>, Failure> {
    let mut messages: Vec<_> = request.messages.iter().map(|message| write(endpoint.kind, message)).collect();
    if request.continues {
        continued(endpoint.kind, &mut messages);
    }
    let body = Body {
        model: &request.model,
        messages,
        stream: true,
        stream_options: StreamOptions { include_usage: true },
        temperature: request.temperature.filter(|value| value.is_finite()),
        top_p: request.top_p.filter(|value| value.is_finite()),
        max_tokens: request.max_tokens.or_else(|| longest_plain_reply(endpoint.kind, request.effort)),
        switches: request.effort.map(|effort| switches(endpoint.kind, effort)).unwrap_or_default(),
    };
    serde_json::to_vec(&body).map_err(|error| {
        failure(endpoint, Code::Internal, format!("The request cannot be written: {error}."))
    })
}

fn write(kind: ServerKind, message: &PromptMessage) -> Message<'_> {
    Message {
        role: message.role.name(),
        content: &message.content,
        // DeepSeek wants it back with tools and ignores it without (`facts/deepseek-v4.md` 1.4); the templates
        // of local models drop earlier thinking by themselves or choke on a field they do not know.
        reasoning_content: message.thinking.as_deref().filter(|_| kind == ServerKind::DeepSeek),
        tool_calls: message
            .tool_calls
            .iter()
            .map(|call| Call {
                id: &call.id,
                r#type: "function",
                function: Function { name: &call.name, arguments: &call.arguments },
            })
            .collect(),
        prefix: false,
    }
}

/// Without a limit of its own DeepSeek cuts a reply that was not thought about at 8,192 tokens
/// (`facts/deepseek-v4.md` 1.3). The limit counts against the context window, so it is not the largest there is.
fn longest_plain_reply(kind: ServerKind, effort: Option<Effort>) -> Option<u32> {
    (kind == ServerKind::DeepSeek && effort == Some(Effort::Off)).then_some(65_536)
}

/// What a server without prefix completion is asked to continue with. It is sent and not kept.
const GO_ON: &str = "Continue exactly where your last message stopped. Repeat nothing and explain nothing.";

/// Asks for the rest of the last message: DeepSeek takes it as a prefix (`facts/deepseek-v4.md` 1.5), which everyone
/// else has to be told in words.
fn continued(kind: ServerKind, messages: &mut Vec<Message<'_>>) {
    match messages.last_mut() {
        Some(last) if kind == ServerKind::DeepSeek => last.prefix = true,
        _ => messages.push(Message {
            role: Role::User.name(),
            content: GO_ON,
            reasoning_content: None,
            tool_calls: Vec::new(),
            prefix: false,
        }),
    }
}

/// The switches of `facts/local-servers.md` 3.2 and `facts/deepseek-v4.md` 1.4.
fn switches(kind: ServerKind, effort: Effort) -> Switches {
    let on = effort != Effort::Off;
    match kind {
        // ds4 takes DeepSeek's own switches.
        ServerKind::DeepSeek | ServerKind::Ds4 => Switches {
            thinking: Some(json!({"type": if on { "enabled" } else { "disabled" }})),
            reasoning_effort: on.then_some(effort.name()),
            ..Switches::default()
        },
        ServerKind::Ollama => Switches {
            reasoning_effort: Some(if on { effort.name() } else { "none" }),
            ..Switches::default()
        },
        // It knows no level above high, but "none" (lmstudio-bug-tracker 988 and the replies to it).
        ServerKind::LmStudio => {
            Switches { reasoning_effort: Some(three_levels(effort).unwrap_or("none")), ..Switches::default() }
        }
        // `reasoning_effort` counts since build 10434 and "none" since July 2026 (pull request 26045); the
        // template's own switch is what older builds understand. Jan runs llama.cpp.
        ServerKind::LlamaCpp | ServerKind::Jan => Switches {
            reasoning_effort: Some(if on { effort.name() } else { "none" }),
            chat_template_kwargs: Some(json!({"enable_thinking": on})),
            ..Switches::default()
        },
        // Templates read one name or the other: Qwen the first, DeepSeek and Granite the second.
        ServerKind::Vllm | ServerKind::Sglang | ServerKind::MlxLm => Switches {
            chat_template_kwargs: Some(json!({"enable_thinking": on, "thinking": on})),
            ..Switches::default()
        },
        // Only three levels are known everywhere; "none" is refused by many models, so off says nothing.
        ServerKind::OpenAi => Switches { reasoning_effort: three_levels(effort), ..Switches::default() },
    }
}

const fn three_levels(effort: Effort) -> Option<&'static str> {
    match effort {
        Effort::Off => None,
        Effort::Low => Some("low"),
        Effort::High | Effort::Max => Some("high"),
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
            session: None,
        }
    }

    fn written(kind: ServerKind, request: &Request) -> String {
        String::from_utf8(body(&endpoint(kind), request).unwrap()).unwrap()
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
    fn each_dialect_is_told_to_think_in_its_own_words() {
        let check = |kind, effort, expected: Value| {
            let request = Request { effort: Some(effort), ..request() };
            let Value::Object(mut body) = serde_json::from_str(&written(kind, &request)).unwrap() else {
                panic!()
            };
            body.retain(|key, _| {
                matches!(key.as_str(), "thinking" | "reasoning_effort" | "chat_template_kwargs")
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
        let on = json!({"chat_template_kwargs": {"enable_thinking": true, "thinking": true}});
        check(ServerKind::Vllm, Effort::High, on.clone());
        check(ServerKind::Sglang, Effort::Low, on.clone());
        check(ServerKind::MlxLm, Effort::High, on);
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

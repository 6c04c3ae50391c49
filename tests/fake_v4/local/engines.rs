use serde_json::{Value, json};

use super::super::asked::Asked;
use super::super::delivery::Answer;
use super::super::dialect::Dialect;
use super::super::http::Request;
use super::super::settings::Settings;
use super::super::usage::{Prompt, tokens};
use super::{first_model, json_answer, list};

/// What matters in Qwen3's template: thinking can be switched off.
const SWITCHED_TEMPLATE: &str = "{%- if enable_thinking is defined and enable_thinking is false %}\
                                 {{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}";

/// `GET /props` of a server with this model loaded.
fn props(settings: &Settings, model: &str) -> Value {
    let template = settings.chat_template.as_deref().unwrap_or(SWITCHED_TEMPLATE);
    json!({
        "default_generation_settings": {"id": 0, "n_ctx": settings.context(), "params": {"temperature": 0.8}},
        "total_slots": 1,
        "model_path": format!("/models/{model}"),
        "modalities": {"vision": false, "audio": false},
        "chat_template": template,
        "build_info": "b9931-fake",
        "is_sleeping": false,
    })
}

/// A router: it has no model of its own, and a question about one that is not loaded would load it
/// (`tools/server/tests/unit/test_router.py`).
pub(super) fn llama_cpp_router(request: &Request, settings: &Settings) -> Option<Answer> {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/") => {
            Some(Answer::ready(200, "text/html; charset=utf-8", "<!doctype html><title>llama.cpp</title>"))
        }
        ("GET", "/health" | "/v1/health") => Some(json_answer(&json!({"status": "ok"}))),
        ("GET", "/props") => Some(match request.query.as_deref().and_then(model_of) {
            None => json_answer(&json!({
                "role": "router", "max_instances": 4, "models_autoload": true,
                "model_path": "none",
                "default_generation_settings": {"params": {}, "n_ctx": 0},
                "build_info": "b9931-fake",
            })),
            Some(model)
                if settings.models().iter().take(settings.loaded()).any(|loaded| *loaded == model) =>
            {
                json_answer(&props(settings, &model))
            }
            Some(_) => {
                let error =
                    json!({"code": 400, "message": "model is not loaded", "type": "invalid_request_error"});
                Answer::json(400, json!({"error": error}).to_string())
            }
        }),
        ("POST", "/models/load" | "/models/unload") => Some(json_answer(&json!({"success": true}))),
        _ => None,
    }
}

/// The parameter `model` of a query.
fn model_of(query: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix("model="))?;
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

pub(super) fn llama_cpp(request: &Request, settings: &Settings) -> Option<Answer> {
    let loading = settings.dialect == Dialect::LlamaCppLoading;
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let context = settings.context();
    match (request.method.as_str(), request.path.as_str()) {
        // The list answers even while loading, and is known under Ollama's name too.
        ("GET", "/models" | "/v1/models" | "/api/tags") => Some(json_answer(&list::models(settings))),
        ("GET", "/") => {
            let status = if loading { 503 } else { 200 };
            Some(Answer::ready(status, "text/html; charset=utf-8", "<!doctype html><title>llama.cpp</title>"))
        }
        _ if loading => {
            let error = json!({"code": 503, "message": "Loading model", "type": "unavailable_error"});
            Some(Answer::json(503, json!({"error": error}).to_string()))
        }
        ("GET", "/health" | "/v1/health") => Some(json_answer(&json!({"status": "ok"}))),
        ("GET", "/props") => Some(json_answer(&props(settings, &first_model(settings)))),
        ("GET", "/slots") => Some(json_answer(&json!([{"id": 0, "n_ctx": context, "is_processing": false}]))),
        ("POST", "/tokenize") => {
            let ids: Vec<u64> = (0..tokens(body["content"].as_str().unwrap_or_default())).collect();
            Some(json_answer(&json!({"tokens": ids})))
        }
        ("POST", "/v1/chat/completions/input_tokens") => {
            let prompt = Prompt::of(&body, &Asked::read(&body, false));
            Some(json_answer(&json!({"input_tokens": prompt.tokens()})))
        }
        ("POST", "/v1/chat/completions/control") => Some(json_answer(&json!({"success": true}))),
        _ => None,
    }
}

pub(super) fn vllm(route: (&str, &str)) -> Option<Answer> {
    match route {
        ("GET", "/health" | "/ping") => Some(Answer::ready(200, "text/plain", "")),
        ("GET", "/version") => Some(json_answer(&json!({"version": "0.21.0"}))),
        _ => None,
    }
}

pub(super) fn sglang(route: (&str, &str), settings: &Settings) -> Option<Answer> {
    let model = first_model(settings);
    match route {
        ("GET", "/health") => Some(Answer::ready(200, "text/plain", "")),
        ("GET", "/server_info" | "/get_server_info") => Some(json_answer(&json!({
            "model_path": model, "served_model_name": model, "context_length": settings.context(), "version": "0.5.23",
        }))),
        ("GET", "/model_info" | "/get_model_info") => Some(json_answer(&json!({
            "model_path": model, "tokenizer_path": model, "is_generation": true,
        }))),
        // It answers some of Ollama's routes too, greeting included, which is why a route alone proves nothing.
        ("GET" | "HEAD", "/") => Some(Answer::ready(200, "text/plain", "Ollama is running")),
        ("GET", "/api/tags") => Some(json_answer(&json!({"models": [{"name": model, "model": model}]}))),
        _ => None,
    }
}

pub(super) fn ds4(route: (&str, &str), settings: &Settings) -> Option<Answer> {
    match route {
        ("GET", "/v1/models/deepseek-v4-flash" | "/v1/models/deepseek-v4-pro") => {
            list::models(settings)["data"].get(0).map(json_answer)
        }
        _ => None,
    }
}

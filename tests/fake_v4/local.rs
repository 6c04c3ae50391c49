//! The routes by which local servers are told apart (facts/local-servers 3.1), and what they refuse.

use serde_json::{Value, json};

use super::asked::Asked;
use super::chat::{self, Way};
use super::completion::CREATED;
use super::delivery::Answer;
use super::dialect::Dialect;
use super::http::Request;
use super::server::Server;
use super::settings::Settings;
use super::usage::tokens;

const CHAT: Way = Way::ChatCompletions { beta: false };

pub(super) fn answer(server: &Server, request: &Request, index: usize) -> Answer {
    let settings = server.settings();
    let route = (request.method.as_str(), request.path.as_str());
    if let Some(refusal) = unauthorized(request, &settings) {
        return refusal;
    }
    let known = match settings.dialect {
        Dialect::Ollama => ollama(server, request, index, &settings),
        Dialect::LmStudio => lm_studio(route, &settings),
        Dialect::LlamaCpp | Dialect::LlamaCppLoading => llama_cpp(request, &settings),
        Dialect::Vllm => vllm(route),
        Dialect::Sglang => sglang(route, &settings),
        Dialect::MlxLm => (route == ("GET", "/health")).then(|| json_answer(&json!({"status": "ok"}))),
        Dialect::Ds4 => ds4(route, &settings),
        Dialect::Deepseek | Dialect::Jan | Dialect::Openai => None,
    };
    if let Some(answer) = known {
        return answer;
    }
    let without_prefix =
        matches!(settings.dialect, Dialect::LlamaCpp | Dialect::LlamaCppLoading | Dialect::MlxLm);
    match route {
        ("GET", "/v1/models") => json_answer(&models(&settings)),
        ("POST", "/v1/chat/completions") => chat::answer(server, request, index, CHAT),
        ("GET", "/models") if without_prefix => json_answer(&models(&settings)),
        ("POST", "/chat/completions") if without_prefix => chat::answer(server, request, index, CHAT),
        _ => not_found(request, settings.dialect),
    }
}

fn json_answer(body: &Value) -> Answer {
    Answer::json(200, body.to_string())
}

fn unauthorized(request: &Request, settings: &Settings) -> Option<Answer> {
    let key = settings.key.as_deref()?;
    let open = match settings.dialect {
        // Ollama ignores keys; llama.cpp leaves its health open.
        Dialect::Ollama => true,
        Dialect::LlamaCpp | Dialect::LlamaCppLoading => {
            ["/", "/health", "/v1/health", "/models", "/v1/models", "/api/tags"]
                .contains(&request.path.as_str())
        }
        // vLLM guards /v1 only.
        Dialect::Vllm => !request.path.starts_with("/v1"),
        Dialect::Deepseek
        | Dialect::LmStudio
        | Dialect::Sglang
        | Dialect::MlxLm
        | Dialect::Ds4
        | Dialect::Jan
        | Dialect::Openai => false,
    };
    if open || request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")) == Some(key) {
        return None;
    }
    let body = if matches!(settings.dialect, Dialect::Vllm | Dialect::Sglang) {
        json!({"error": "Unauthorized"})
    } else {
        json!({"error": {"message": "Invalid API Key", "type": "authentication_error", "code": 401}})
    };
    Some(Answer::json(401, body.to_string()))
}

/// Each server has its own way of not knowing a path; a client that probes meets all of them.
fn not_found(request: &Request, dialect: Dialect) -> Answer {
    match dialect {
        Dialect::Ollama => Answer::ready(404, "text/plain", "404 page not found"),
        // It logs "Unexpected endpoint or method … Returning 200 anyway" and does as it says.
        Dialect::LmStudio => {
            let error = format!("Unexpected endpoint or method. ({} {})", request.method, request.path);
            json_answer(&json!({"error": error}))
        }
        Dialect::LlamaCpp | Dialect::LlamaCppLoading => {
            let error = json!({"code": 404, "message": "File Not Found", "type": "not_found_error"});
            Answer::json(404, json!({"error": error}).to_string())
        }
        Dialect::Vllm | Dialect::Sglang => Answer::json(404, r#"{"detail":"Not Found"}"#),
        Dialect::MlxLm => Answer::ready(404, "text/plain", "Not Found"),
        Dialect::Deepseek | Dialect::Ds4 | Dialect::Jan | Dialect::Openai => {
            let error =
                json!({"message": "not found", "type": "invalid_request_error", "param": null, "code": null});
            Answer::json(404, json!({"error": error}).to_string())
        }
    }
}

fn models(settings: &Settings) -> Value {
    let context = settings.context();
    let entries: Vec<Value> = settings
        .models()
        .iter()
        .map(|id| {
            let mut entry = json!({"id": id, "object": "model", "created": CREATED});
            let owner = match settings.dialect {
                Dialect::Ollama => Some("library"),
                Dialect::LmStudio => Some("organization_owner"),
                Dialect::LlamaCpp | Dialect::LlamaCppLoading => Some("llamacpp"),
                Dialect::Vllm => Some("vllm"),
                Dialect::Sglang => Some("sglang"),
                Dialect::MlxLm => None,
                Dialect::Ds4 => Some("ds4.c"),
                Dialect::Jan => Some("llama.cpp"),
                Dialect::Deepseek | Dialect::Openai => Some("someone"),
            };
            if let Some(owner) = owner {
                entry["owned_by"] = json!(owner);
            }
            match settings.dialect {
                Dialect::Vllm | Dialect::Sglang => {
                    entry["max_model_len"] = json!(context);
                    entry["root"] = json!(id);
                }
                Dialect::LlamaCpp | Dialect::LlamaCppLoading => {
                    // What the model was trained for, which is more than the window it was loaded with.
                    entry["meta"] = json!({"n_ctx_train": 40_960, "n_params": 8_190_735_360_u64, "size": 5_027_783_488_u64});
                    entry["architecture"] = json!({"input_modalities": ["text"], "output_modalities": ["text"]});
                }
                Dialect::Ds4 => entry["context_length"] = json!(context),
                Dialect::Deepseek
                | Dialect::Ollama
                | Dialect::LmStudio
                | Dialect::MlxLm
                | Dialect::Jan
                | Dialect::Openai => {}
            }
            entry
        })
        .collect();
    json!({"object": "list", "data": entries})
}

fn ollama(server: &Server, request: &Request, index: usize, settings: &Settings) -> Option<Answer> {
    let details = json!({
        "parent_model": "", "format": "gguf", "family": "qwen3", "families": ["qwen3"],
        "parameter_size": "8.2B", "quantization_level": "Q4_K_M",
    });
    let entry = |name: &String| {
        json!({
            "name": name, "model": name, "modified_at": "2026-11-01T08:00:00Z", "size": 5_225_388_164_u64,
            "digest": "500a1f067a9f782620b40bee6f7b0c89e17ae61f686b92c24933e4ca4b2b8b41", "details": details,
        })
    };
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    Some(match (request.method.as_str(), request.path.as_str()) {
        ("GET" | "HEAD", "/") => Answer::ready(200, "text/plain; charset=utf-8", "Ollama is running"),
        ("GET", "/api/version") => json_answer(&json!({"version": "0.14.2"})),
        ("GET", "/api/tags") => {
            let models: Vec<Value> = settings.models().iter().map(entry).collect();
            json_answer(&json!({"models": models}))
        }
        ("GET", "/api/ps") => {
            let loaded = settings.models().first().map(|name| {
                let mut entry = entry(name);
                entry["expires_at"] = json!("2026-11-23T12:05:00Z");
                entry["size_vram"] = json!(5_225_388_164_u64);
                entry["context_length"] = json!(settings.context());
                entry
            });
            json_answer(&json!({"models": loaded.as_slice()}))
        }
        ("POST", "/api/show") => {
            let name = body["model"].as_str().or_else(|| body["name"].as_str()).unwrap_or_default();
            if !settings.models().iter().any(|model| model == name) {
                return Some(Answer::json(
                    404,
                    json!({"error": format!("model '{name}' not found")}).to_string(),
                ));
            }
            json_answer(&json!({
                "template": "{{ .Prompt }}",
                "details": details,
                "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40_960},
                "capabilities": ["completion", "tools", "thinking"],
                "modified_at": "2026-11-01T08:00:00Z",
            }))
        }
        ("POST", "/api/chat") => chat::answer(server, request, index, Way::OllamaChat),
        _ => return None,
    })
}

fn lm_studio(route: (&str, &str), settings: &Settings) -> Option<Answer> {
    let models = settings.models();
    let entries = models.iter().enumerate();
    match route {
        // The older list.
        ("GET", "/api/v0/models") => {
            let entry = |(index, id): (usize, &String)| {
                json!({
                    "id": id, "object": "model", "type": "llm", "publisher": "fake", "arch": "qwen3",
                    "compatibility_type": "gguf", "quantization": "Q4_K_M", "max_context_length": 131_072,
                    "state": if index == 0 { "loaded" } else { "not-loaded" },
                })
            };
            let data: Vec<Value> = entries.map(entry).collect();
            Some(json_answer(&json!({"object": "list", "data": data})))
        }
        ("GET", "/api/v1/models") => {
            let entry = |(index, id): (usize, &String)| {
                let loaded =
                    json!({"id": id, "config": {"context_length": settings.context(), "parallel": 4}});
                json!({
                    "type": "llm", "publisher": "fake", "key": id, "display_name": id, "architecture": "qwen3",
                    "quantization": {"name": "Q4_K_M", "bits_per_weight": 4}, "size_bytes": 5_027_783_488_u64,
                    "params_string": "8B", "max_context_length": 131_072, "format": "gguf",
                    "loaded_instances": if index == 0 { vec![loaded] } else { Vec::new() },
                    "capabilities": {
                        "vision": false, "trained_for_tool_use": true,
                        "reasoning": {"allowed_options": ["off", "on"], "default": "on"},
                    },
                })
            };
            let models: Vec<Value> = entries.map(entry).collect();
            Some(json_answer(&json!({"models": models})))
        }
        _ => None,
    }
}

fn llama_cpp(request: &Request, settings: &Settings) -> Option<Answer> {
    let loading = settings.dialect == Dialect::LlamaCppLoading;
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let context = settings.context();
    match (request.method.as_str(), request.path.as_str()) {
        // The list answers even while loading, and is known under Ollama's name too.
        ("GET", "/models" | "/v1/models" | "/api/tags") => Some(json_answer(&models(settings))),
        ("GET", "/") => {
            let status = if loading { 503 } else { 200 };
            Some(Answer::ready(status, "text/html; charset=utf-8", "<!doctype html><title>llama.cpp</title>"))
        }
        _ if loading => {
            let error = json!({"code": 503, "message": "Loading model", "type": "unavailable_error"});
            Some(Answer::json(503, json!({"error": error}).to_string()))
        }
        ("GET", "/health" | "/v1/health") => Some(json_answer(&json!({"status": "ok"}))),
        ("GET", "/props") => Some(json_answer(&json!({
            "default_generation_settings": {"id": 0, "n_ctx": context, "params": {"temperature": 0.8}},
            "total_slots": 1,
            "model_path": format!("/models/{}", settings.models().first().map_or("", String::as_str)),
            "modalities": {"vision": false, "audio": false},
            "chat_template": "{{ messages }}",
            "build_info": "b9931-fake",
            "is_sleeping": false,
        }))),
        ("GET", "/slots") => Some(json_answer(&json!([{"id": 0, "n_ctx": context, "is_processing": false}]))),
        ("POST", "/tokenize") => {
            let ids: Vec<u64> = (0..tokens(body["content"].as_str().unwrap_or_default())).collect();
            Some(json_answer(&json!({"tokens": ids})))
        }
        ("POST", "/v1/chat/completions/input_tokens") => {
            let prompt = super::usage::Prompt::of(&body, &Asked::read(&body, false));
            Some(json_answer(&json!({"input_tokens": prompt.tokens()})))
        }
        ("POST", "/v1/chat/completions/control") => Some(json_answer(&json!({"success": true}))),
        _ => None,
    }
}

fn vllm(route: (&str, &str)) -> Option<Answer> {
    match route {
        ("GET", "/health" | "/ping") => Some(Answer::ready(200, "text/plain", "")),
        ("GET", "/version") => Some(json_answer(&json!({"version": "0.21.0"}))),
        _ => None,
    }
}

fn sglang(route: (&str, &str), settings: &Settings) -> Option<Answer> {
    let model = settings.models().into_iter().next().unwrap_or_default();
    match route {
        ("GET", "/health") => Some(Answer::ready(200, "text/plain", "")),
        ("GET", "/server_info" | "/get_server_info") => Some(json_answer(&json!({
            "model_path": model, "served_model_name": model, "context_length": settings.context(), "version": "0.5.23",
        }))),
        ("GET", "/model_info" | "/get_model_info") => Some(json_answer(&json!({
            "model_path": model, "tokenizer_path": model, "is_generation": true,
        }))),
        // It answers some of Ollama's routes too, which is why a route alone proves nothing.
        ("GET", "/api/tags") => Some(json_answer(&json!({"models": [{"name": model, "model": model}]}))),
        _ => None,
    }
}

fn ds4(route: (&str, &str), settings: &Settings) -> Option<Answer> {
    match route {
        ("GET", "/v1/models/deepseek-v4-flash" | "/v1/models/deepseek-v4-pro") => {
            models(settings)["data"].get(0).map(json_answer)
        }
        _ => None,
    }
}

/// What a local server refuses, if it would refuse this. They check far less than DeepSeek does.
pub(super) fn refusal(
    body: &Value,
    asked: &Asked,
    prompt_tokens: u64,
    settings: &Settings,
) -> Option<Answer> {
    let known = settings.models().contains(&asked.model);
    let name = &asked.model;
    let error = |status: u16, error: Value| Some(Answer::json(status, json!({"error": error}).to_string()));
    match settings.dialect {
        Dialect::Ollama => {
            if !known {
                let message = format!("model '{name}' not found");
                return error(
                    404,
                    json!({"message": message, "type": "not_found_error", "param": null, "code": null}),
                );
            }
            let effort = body["reasoning_effort"].as_str().or_else(|| body["reasoning"]["effort"].as_str());
            let efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra"];
            if effort.is_some_and(|effort| !efforts.contains(&effort)) {
                let message = format!("invalid reasoning value: '{}'", effort.unwrap_or_default());
                return error(
                    400,
                    json!({"message": message, "type": "invalid_request_error", "param": null, "code": null}),
                );
            }
            // Older turns fall out of the window silently (facts/local-servers 3.3).
            None
        }
        Dialect::Vllm | Dialect::Sglang if !known => error(
            404,
            json!({
                "message": format!("The model `{name}` does not exist."),
                "type": "NotFoundError", "param": "model", "code": 404,
            }),
        ),
        Dialect::MlxLm if !known => error(404, json!(format!("Repository Not Found for url: {name}."))),
        Dialect::LlamaCpp | Dialect::Jan if prompt_tokens > settings.context() => error(
            400,
            json!({
                "code": 400, "message": "the request exceeds the available context size, try increasing it",
                "type": "exceed_context_size_error", "n_prompt_tokens": prompt_tokens, "n_ctx": settings.context(),
            }),
        ),
        Dialect::Ds4 if prompt_tokens > settings.context() => error(
            400,
            json!({
                "message": "prompt exceeds the context", "type": "invalid_request_error", "param": "messages",
                "code": "context_length_exceeded", "n_prompt_tokens": prompt_tokens,
            }),
        ),
        Dialect::Deepseek
        | Dialect::LmStudio
        | Dialect::LlamaCpp
        | Dialect::LlamaCppLoading
        | Dialect::Vllm
        | Dialect::Sglang
        | Dialect::MlxLm
        | Dialect::Ds4
        | Dialect::Jan
        | Dialect::Openai => None,
    }
}

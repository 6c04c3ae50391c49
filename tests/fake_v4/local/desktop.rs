use serde_json::{Value, json};

use super::super::chat::{self, Way};
use super::super::delivery::Answer;
use super::super::http::Request;
use super::super::server::Server;
use super::super::settings::Settings;
use super::{first_model, json_answer};

pub(super) fn ollama(
    server: &Server,
    request: &Request,
    index: usize,
    settings: &Settings,
) -> Option<Answer> {
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
            let models = settings.models();
            let loaded = models.iter().take(settings.loaded()).map(|name| {
                let mut entry = entry(name);
                entry["expires_at"] = json!("2026-11-23T12:05:00Z");
                entry["size_vram"] = json!(5_225_388_164_u64);
                entry["context_length"] = json!(settings.context());
                entry
            });
            json_answer(&json!({"models": loaded.collect::<Vec<_>>()}))
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
                "details": {"family": if name.starts_with("gpt-oss") { "gptoss" } else { "qwen3" }},
                "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40_960},
                "capabilities": capabilities(name),
                "modified_at": "2026-11-01T08:00:00Z",
            }))
        }
        ("POST", "/api/chat") => chat::answer(server, request, index, Way::OllamaChat),
        _ => return None,
    })
}

/// What Ollama's library says about one family of each kind: one that thinks, one that takes levels of thinking, one
/// that sees, and one that does neither.
fn capabilities(name: &str) -> &'static [&'static str] {
    if name.starts_with("llama3.2") {
        &["completion", "tools"]
    } else if name.starts_with("gemma3") {
        &["completion", "vision"]
    } else {
        &["completion", "tools", "thinking"]
    }
}

pub(super) fn lm_studio(route: (&str, &str), settings: &Settings) -> Option<Answer> {
    let models = settings.models();
    let entries = models.iter().enumerate();
    match route {
        // The older list.
        ("GET", "/api/v0/models") => {
            let entry = |(index, id): (usize, &String)| {
                json!({
                    "id": id, "object": "model", "type": "llm", "publisher": "fake", "arch": "qwen3",
                    "compatibility_type": "gguf", "quantization": "Q4_K_M", "max_context_length": 131_072,
                    "state": if index < settings.loaded() { "loaded" } else { "not-loaded" },
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
                    "loaded_instances": if index < settings.loaded() { vec![loaded] } else { Vec::new() },
                    "capabilities": lm_studio_capabilities(id),
                })
            };
            let models: Vec<Value> = entries.map(entry).collect();
            Some(json_answer(&json!({"models": models})))
        }
        _ => None,
    }
}

/// `capabilities` of LM Studio 0.4 and newer, whose `reasoning` is left out where there is none.
fn lm_studio_capabilities(id: &str) -> Value {
    let mut capabilities = json!({"vision": id.contains("gemma"), "trained_for_tool_use": true});
    if id.contains("gpt-oss") {
        capabilities["reasoning"] =
            json!({"allowed_options": ["low", "medium", "high"], "default": "medium"});
    } else if id.contains("qwen3") {
        capabilities["reasoning"] = json!({"allowed_options": ["off", "on"], "default": "on"});
    }
    capabilities
}

/// Jan describes its API to everyone (`src-tauri/static/openapi.json`), with or without a key.
pub(super) fn jan(route: (&str, &str)) -> Option<Answer> {
    match route {
        ("GET", "/") => Some(Answer::ready(200, "text/html", "<!doctype html><title>Jan API Server</title>")),
        ("GET", "/openapi.json") => Some(json_answer(&json!({
            "openapi": "3.0.0",
            "info": {"title": "Jan API Server Endpoints", "version": "1.0"},
            "paths": {"/models": {}, "/chat/completions": {}},
        }))),
        _ => None,
    }
}

/// LocalAI, told to borrow Ollama's greeting too; its Ollama routes call themselves version 0.9.0.
pub(super) fn local_ai(route: (&str, &str), settings: &Settings) -> Option<Answer> {
    Some(match route {
        ("GET" | "HEAD", "/") => Answer::ready(200, "text/plain", "Ollama is running"),
        ("GET", "/api/version") => json_answer(&json!({"version": "0.9.0"})),
        ("GET", "/api/tags" | "/api/ps") => {
            let entry = |name: &String| json!({"name": name, "model": name});
            json_answer(&json!({"models": settings.models().iter().map(entry).collect::<Vec<_>>()}))
        }
        ("GET", "/.well-known/localai.json") => json_answer(&json!({
            "version": "v4.9.0", "endpoints": {"chat_completions": "/v1/chat/completions", "models": "/v1/models"},
        })),
        ("GET", "/healthz" | "/readyz") => Answer::ready(200, "text/plain", "OK"),
        ("GET", "/system") => json_answer(&json!({"backends": ["llama-cpp"], "loaded_models": []})),
        // `list_capabilities.go`; `context_size` is what a request gets.
        ("GET", "/v1/models/capabilities") => {
            let entry = |id: &String| {
                json!({
                    "id": id, "object": "model", "capabilities": ["chat"], "input_modalities": ["text", "image"],
                    "output_modalities": ["text"], "context_size": settings.context(),
                })
            };
            let data: Vec<Value> = settings.models().iter().map(entry).collect();
            json_answer(&json!({"object": "list", "data": data}))
        }
        _ => return None,
    })
}

/// KoboldCpp, which answers as Ollama and as llama.cpp too (`koboldcpp.py`).
pub(super) fn kobold_cpp(route: (&str, &str), settings: &Settings) -> Option<Answer> {
    Some(match route {
        ("GET", "/") => Answer::ready(200, "text/html", "<!doctype html><title>KoboldAI Lite</title>"),
        ("GET", "/api/extra/version") => json_answer(&json!({
            "result": "KoboldCpp", "version": "1.122.1", "protected": settings.key.is_some(), "txt2img": false,
            "vision": false, "audio": false, "transcribe": false, "jinja": true,
        })),
        ("GET", "/api/extra/true_max_context_length") => json_answer(&json!({"value": settings.context()})),
        ("GET", "/api/v1/model") => json_answer(&json!({"result": first_model(settings)})),
        ("GET", "/api/version") => json_answer(&json!({"version": "0.7.0"})),
        ("GET", "/api/tags") => {
            let name = first_model(settings);
            json_answer(&json!({"models": [{"name": name, "model": name}]}))
        }
        ("GET", "/props") => json_answer(&json!({
            "chat_template": "", "total_slots": 1, "default_generation_settings": {"n_ctx": settings.context()},
        })),
        _ => return None,
    })
}

/// text-generation-webui (`modules/api/script.py`); older versions tell `loader`, newer ones the other two.
pub(super) fn text_generation_webui(route: (&str, &str), settings: &Settings) -> Option<Answer> {
    match route {
        ("GET", "/v1/internal/model/info") => Some(json_answer(&json!({
            "model_name": first_model(settings), "lora_names": [], "loader": "llama.cpp",
        }))),
        ("GET", "/v1/internal/health") => Some(json_answer(&json!({"status": "ok"}))),
        ("GET", "/openapi.json") => Some(json_answer(&json!({
            "openapi": "3.1.0", "info": {"title": "FastAPI", "version": "0.1.0"},
            "paths": {"/v1/chat/completions": {}, "/v1/internal/model/info": {}, "/v1/models": {}},
        }))),
        _ => None,
    }
}

/// Docker Model Runner, whose other routes are below `/engines/v1`.
pub(super) fn docker_model_runner(route: (&str, &str)) -> Option<Answer> {
    match route {
        ("GET", "/") => Some(Answer::ready(200, "text/plain", "Docker Model Runner is running")),
        ("GET", "/version") => Some(json_answer(&json!({"version": "v1.0.8"}))),
        _ => None,
    }
}

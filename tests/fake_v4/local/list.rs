use serde_json::{Value, json};

use super::super::completion::CREATED;
use super::super::dialect::Dialect;
use super::super::settings::Settings;

/// `GET /v1/models` as each of them writes it.
pub(super) fn models(settings: &Settings) -> Value {
    let entries: Vec<Value> =
        settings.models().iter().enumerate().map(|(place, id)| entry(settings, place, id)).collect();
    json!({"object": "list", "data": entries})
}

fn entry(settings: &Settings, place: usize, id: &str) -> Value {
    let context = settings.context();
    let owned = |owner: &str| json!({"id": id, "object": "model", "created": CREATED, "owned_by": owner});
    let with = |mut entry: Value, more: Value| {
        if let (Some(entry), Value::Object(more)) = (entry.as_object_mut(), more) {
            entry.extend(more);
        }
        entry
    };
    match settings.dialect {
        Dialect::Ollama => owned("library"),
        Dialect::LmStudio => owned("organization_owner"),
        // `n_ctx_train` is what the model was trained for: more than the window it was loaded with.
        Dialect::LlamaCpp | Dialect::LlamaCppLoading => with(
            owned("llamacpp"),
            json!({
                "meta": {"n_ctx_train": 40_960, "n_params": 8_190_735_360_u64, "size": 5_027_783_488_u64},
                "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
            }),
        ),
        // `server-models.cpp`; `status.value` is one of unloaded, loading, loaded, sleeping, downloading.
        Dialect::LlamaCppRouter => {
            let value = if place < settings.loaded() { "loaded" } else { "unloaded" };
            let path = format!("/models/{id}.gguf");
            with(
                owned("llamacpp"),
                json!({"in_cache": true, "path": path, "status": {"value": value, "args": ["llama-server"]}}),
            )
        }
        Dialect::Vllm => with(owned("vllm"), json!({"max_model_len": context, "root": id, "parent": null})),
        Dialect::Sglang => with(owned("sglang"), json!({"max_model_len": context, "root": id})),
        Dialect::MlxLm => json!({"id": id, "object": "model", "created": CREATED}),
        Dialect::Ds4 => with(owned("ds4.c"), json!({"context_length": context})),
        Dialect::Jan => owned("llama.cpp"),
        // `core/http/endpoints/openai/list.go` fills these two fields only.
        Dialect::LocalAi => json!({"id": id, "object": "model"}),
        Dialect::KoboldCpp => {
            with(owned("koboldcpp"), json!({"created": 1, "permission": [], "root": "koboldcpp"}))
        }
        Dialect::TextGenerationWebui => with(owned("user"), json!({"created": 0})),
        // `gpt4all-chat/src/server.cpp`, `modelToJson`.
        Dialect::Gpt4all => with(
            owned("humanity"),
            json!({
                "created": 0, "root": id, "parent": null,
                "permissions": [{"id": "foobarbaz", "object": "model_permission", "allow_view": true}],
            }),
        ),
        Dialect::DockerModelRunner => with(owned("docker"), json!({"dmr": {"context_window": context}})),
        Dialect::Deepseek | Dialect::Openai => owned("someone"),
    }
}

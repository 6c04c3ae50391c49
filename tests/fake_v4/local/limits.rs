//! What a local server refuses to answer. They check far less than DeepSeek does.

use serde_json::{Value, json};

use super::super::asked::Asked;
use super::super::delivery::Answer;
use super::super::dialect::Dialect;
use super::super::settings::Settings;

/// What a local server refuses, if it would refuse this. They check far less than DeepSeek does.
pub(in super::super) fn refusal(
    body: &Value,
    asked: &Asked,
    prompt_tokens: u64,
    settings: &Settings,
) -> Option<Answer> {
    let known = settings.knows(&asked.model);
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
            // Older turns fall out of the window silently (Ollama `docs/context-length.mdx`).
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
        Dialect::LlamaCppRouter if !known => error(
            400,
            json!({"code": 400, "message": format!("model '{name}' not found"), "type": "invalid_request_error"}),
        ),
        // It answers in one piece and refuses unknown fields (eclipse-theia/theia#14413); its wording was not found.
        Dialect::Gpt4all if asked.stream || !body["stream_options"].is_null() => error(
            400,
            json!({
                "message": "streaming is not supported", "type": "invalid_request_error", "param": null, "code": null,
            }),
        ),
        Dialect::LlamaCpp | Dialect::LlamaCppRouter | Dialect::Jan if prompt_tokens > settings.context() => {
            error(
                400,
                json!({
                    "code": 400, "message": "the request exceeds the available context size, try increasing it",
                    "type": "exceed_context_size_error", "n_prompt_tokens": prompt_tokens, "n_ctx": settings.context(),
                }),
            )
        }
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
        | Dialect::LlamaCppRouter
        | Dialect::Vllm
        | Dialect::Sglang
        | Dialect::MlxLm
        | Dialect::Ds4
        | Dialect::Jan
        | Dialect::LocalAi
        | Dialect::KoboldCpp
        | Dialect::TextGenerationWebui
        | Dialect::Gpt4all
        | Dialect::DockerModelRunner
        | Dialect::Openai => None,
    }
}

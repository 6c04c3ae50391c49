use serde_json::json;

use super::super::delivery::Answer;
use super::super::dialect::Dialect;
use super::super::http::Request;
use super::super::settings::Settings;

/// The refusal of a request without the right key, if the server wants one and this is not among what it shows to
/// everyone.
pub(super) fn refusal(request: &Request, settings: &Settings) -> Option<Answer> {
    let key = settings.key.as_deref()?;
    let given = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    if given == Some(key) || is_open(request, settings.dialect) {
        return None;
    }
    Some(match settings.dialect {
        // `agustif/opencode-lmstudio#41` quotes it. The words for a wrong token were not found.
        Dialect::LmStudio => {
            let message = "An LM Studio API token is required to make requests to this server, but none was provided \
                           using the Authorization header using the 'Bearer' scheme (i.e., 'Authorization: Bearer \
                           $LM_API_TOKEN'). Learn more at: https://lmstudio.ai/docs/developer/core/authentication.";
            refused(
                &json!({"error": {"type": "invalid_request", "code": "invalid_api_key", "message": message}}),
            )
        }
        Dialect::Jan => Answer::ready(401, "text/plain", "Invalid or missing authorization token"),
        Dialect::Vllm | Dialect::Sglang => refused(&json!({"error": "Unauthorized"})),
        // `core/http/auth/middleware.go`.
        Dialect::LocalAi => {
            let message = "An authentication key is required";
            refused(&json!({"error": {"code": 401, "message": message, "type": "invalid_request_error"}}))
        }
        // `koboldcpp.py`, `secure_endpoint`.
        Dialect::KoboldCpp => {
            let message = "Authentication key is missing or invalid.";
            refused(&json!({"detail": {"error": "Unauthorized", "msg": message, "type": "unauthorized"}}))
        }
        // `modules/api/script.py`, `verify_api_key`.
        Dialect::TextGenerationWebui => refused(&json!({"detail": "Unauthorized"})),
        Dialect::Deepseek
        | Dialect::Ollama
        | Dialect::LlamaCpp
        | Dialect::LlamaCppLoading
        | Dialect::LlamaCppRouter
        | Dialect::MlxLm
        | Dialect::Ds4
        | Dialect::Gpt4all
        | Dialect::DockerModelRunner
        | Dialect::Openai => {
            let message = "Invalid API Key";
            refused(&json!({"error": {"message": message, "type": "authentication_error", "code": 401}}))
        }
    })
}

fn refused(body: &serde_json::Value) -> Answer {
    Answer::json(401, body.to_string())
}

/// What each shows without a key.
fn is_open(request: &Request, dialect: Dialect) -> bool {
    let path = request.path.as_str();
    match dialect {
        // These take no keys; Ollama ignores what it gets.
        Dialect::Ollama | Dialect::Gpt4all | Dialect::DockerModelRunner => true,
        // `tools/server/tests/unit/test_security.py`.
        Dialect::LlamaCpp | Dialect::LlamaCppLoading | Dialect::LlamaCppRouter => {
            ["/", "/health", "/v1/health", "/models", "/v1/models", "/api/tags"].contains(&path)
        }
        // vLLM guards /v1 only.
        Dialect::Vllm => !path.starts_with("/v1"),
        Dialect::Sglang => path.starts_with("/health") || path.starts_with("/metrics"),
        // `src-tauri/src/core/server/proxy.rs`.
        Dialect::Jan => ["/", "/openapi.json", "/favicon.ico"].contains(&path),
        // `core/http/routes/…`, the routes that discovery needs before it has a key.
        Dialect::LocalAi => ["/.well-known/localai.json", "/healthz", "/readyz"].contains(&path),
        // The password only guards what makes the model work.
        Dialect::KoboldCpp => request.method != "POST",
        // FastAPI describes itself to everyone.
        Dialect::TextGenerationWebui => ["/openapi.json", "/docs"].contains(&path),
        // mlx-lm and ds4 take no keys either, but may stand behind a proxy that does.
        Dialect::Deepseek | Dialect::LmStudio | Dialect::MlxLm | Dialect::Ds4 | Dialect::Openai => false,
    }
}

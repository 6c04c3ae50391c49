//! The routes by which local servers are told apart (docs/conformance.md, Sources).

/// Programs with a window or a model library: Ollama, LM Studio, Jan, KoboldCpp and the like.
mod desktop;
/// Bare inference servers: llama.cpp, vLLM, SGLang, ds4, mlx-lm.
mod engines;
/// Who wants a key, for what, and in which words.
mod key;
/// What they refuse to answer.
mod limits;
/// The list of models.
mod list;

use serde_json::{Value, json};

use super::chat::{self, Way};
use super::delivery::Answer;
use super::dialect::Dialect;
use super::http::Request;
use super::server::Server;
use super::settings::Settings;

pub(super) use limits::refusal;

const CHAT: Way = Way::ChatCompletions { beta: false };

pub(super) fn answer(server: &Server, request: &Request, index: usize) -> Answer {
    let settings = server.settings();
    let route = (request.method.as_str(), request.path.as_str());
    if let Some(refusal) = key::refusal(request, &settings) {
        return refusal;
    }
    let known = match settings.dialect {
        Dialect::Ollama => desktop::ollama(server, request, index, &settings),
        Dialect::LmStudio => desktop::lm_studio(route, &settings),
        Dialect::Jan => desktop::jan(route),
        Dialect::LocalAi => desktop::local_ai(route, &settings),
        Dialect::KoboldCpp => desktop::kobold_cpp(route, &settings),
        Dialect::TextGenerationWebui => desktop::text_generation_webui(route, &settings),
        Dialect::DockerModelRunner => desktop::docker_model_runner(route),
        Dialect::LlamaCpp | Dialect::LlamaCppLoading => engines::llama_cpp(request, &settings),
        Dialect::LlamaCppRouter => engines::llama_cpp_router(request, &settings),
        Dialect::Vllm => engines::vllm(route),
        Dialect::Sglang => engines::sglang(route, &settings),
        Dialect::MlxLm => (route == ("GET", "/health")).then(|| json_answer(&json!({"status": "ok"}))),
        Dialect::Ds4 => engines::ds4(route, &settings),
        Dialect::Deepseek | Dialect::Gpt4all | Dialect::Openai => None,
    };
    if let Some(answer) = known {
        return answer;
    }
    // Docker's has its routes below another path and nothing at the usual one.
    let base = if settings.dialect == Dialect::DockerModelRunner { "/engines/v1" } else { "/v1" };
    let path = request.path.strip_prefix(base);
    let without_prefix = matches!(
        settings.dialect,
        Dialect::LlamaCpp | Dialect::LlamaCppLoading | Dialect::LlamaCppRouter | Dialect::MlxLm
    );
    match (request.method.as_str(), path.or_else(|| without_prefix.then_some(request.path.as_str()))) {
        ("GET", Some("/models")) => json_answer(&list::models(&settings)),
        ("POST", Some("/chat/completions")) => chat::answer(server, request, index, CHAT),
        _ => not_found(request, settings.dialect),
    }
}

fn json_answer(body: &Value) -> Answer {
    Answer::json(200, body.to_string())
}

fn first_model(settings: &Settings) -> String {
    settings.models().into_iter().next().unwrap_or_default()
}

/// Each server has its own answer to an unknown path; a client that probes meets all of them.
fn not_found(request: &Request, dialect: Dialect) -> Answer {
    match dialect {
        Dialect::Ollama => Answer::ready(404, "text/plain", "404 page not found"),
        // It logs "Unexpected endpoint or method … Returning 200 anyway" and does as it says.
        Dialect::LmStudio => {
            let error = format!("Unexpected endpoint or method. ({} {})", request.method, request.path);
            json_answer(&json!({"error": error}))
        }
        Dialect::LlamaCpp | Dialect::LlamaCppLoading | Dialect::LlamaCppRouter => {
            let error = json!({"code": 404, "message": "File Not Found", "type": "not_found_error"});
            Answer::json(404, json!({"error": error}).to_string())
        }
        Dialect::Vllm | Dialect::Sglang | Dialect::TextGenerationWebui => {
            Answer::json(404, r#"{"detail":"Not Found"}"#)
        }
        Dialect::MlxLm | Dialect::DockerModelRunner => Answer::ready(404, "text/plain", "Not Found"),
        // `koboldcpp.py`, at the end of `do_GET`.
        Dialect::KoboldCpp => Answer::ready(
            404,
            "text/html",
            "Error: KoboldCpp HTTP Server is running, but this endpoint does not exist. Please check the URL.",
        ),
        Dialect::Gpt4all => Answer::ready(404, "text/plain", ""),
        Dialect::Deepseek | Dialect::Ds4 | Dialect::Jan | Dialect::LocalAi | Dialect::Openai => {
            let error =
                json!({"message": "not found", "type": "invalid_request_error", "param": null, "code": null});
            Answer::json(404, json!({"error": error}).to_string())
        }
    }
}

//! The list of models of a server, and the context windows it really grants.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;

use super::reach::Reach;
use super::refusal::failure;
use super::words::shown;
use super::{Endpoint, ServerKind};
use crate::domain::{Code, Failure, Model};

/// How many models of one list are taken.
const MOST_MODELS: usize = 10_000;

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) model: Model,
    /// `owned_by`, which tells local products apart (`facts/local-servers.md` 3.1).
    pub(super) owner: Option<String>,
}

/// The models of `endpoint` and their windows.
///
/// # Errors
/// Those of the list itself. What only refines it may fail in silence.
pub(super) async fn fetch(
    reach: &Reach,
    endpoint: &Endpoint,
    timeout: Duration,
) -> Result<Vec<Model>, Failure> {
    let document = reach.get_json(endpoint, "models", timeout).await?;
    let listed = listed(&document).ok_or_else(|| {
        let message = format!(
            "{} has no list of models at {}. Check the address in Settings › Models & keys.",
            endpoint.name,
            shown(&endpoint.url)
        );
        failure(endpoint, Code::Malformed, message)
    })?;
    Ok(with_windows(reach, endpoint, listed, timeout).await)
}

/// Reads `{"data":[{"id":…}]}`, a bare array of the same, or `{"models":[…]}`; `None` if it is none of them.
/// An empty list may be null (Ollama without models).
pub(super) fn listed(document: &Value) -> Option<Vec<Listed>> {
    let entries = match document {
        Value::Array(entries) => entries.as_slice(),
        Value::Object(fields) => match (fields.get("data"), fields.get("models")) {
            (Some(Value::Array(entries)), _) | (_, Some(Value::Array(entries))) => entries.as_slice(),
            (Some(Value::Null), _) if fields.get("object").is_some_and(|object| object == "list") => &[],
            _ => return None,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    };
    let mut seen = HashSet::new();
    let listed = entries.iter().take(MOST_MODELS).filter_map(|entry| {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        if text("type").is_some_and(|kind| kind.starts_with("embedding")) {
            return None;
        }
        let id = text("id").or_else(|| text("key")).or_else(|| text("name"))?;
        if !seen.insert(id.to_owned()) {
            return None;
        }
        // vLLM and SGLang; ds4 and most gateways; Docker Model Runner; newer llama.cpp. Not `n_ctx_train`:
        // that is what the model could take and not what this server grants.
        let window =
            ["/max_model_len", "/context_length", "/context_window", "/dmr/context_window", "/meta/n_ctx"]
                .iter()
                .find_map(|pointer| tokens(entry.pointer(pointer)?));
        let model = Model { context_tokens: window, ..Model::named_by_id(id) };
        Some(Listed { model, owner: text("owned_by").map(str::to_owned) })
    });
    Some(listed.collect())
}

/// Asks once more where the list does not say how large the window is (`facts/local-servers.md` 3.3).
pub(super) async fn with_windows(
    reach: &Reach,
    endpoint: &Endpoint,
    listed: Vec<Listed>,
    timeout: Duration,
) -> Vec<Model> {
    let mut models: Vec<Model> = listed.into_iter().map(|listed| listed.model).collect();
    let root = root_of(endpoint);
    let ask = |path| {
        let root = root.clone();
        async move { reach.get_json(&root, path, timeout).await.ok() }
    };
    match endpoint.kind {
        ServerKind::LlamaCpp => {
            if let Some(props) = ask("props").await {
                llama_cpp(&mut models, &props);
            }
        }
        ServerKind::Ollama => {
            if let Some(running) = ask("api/ps").await {
                ollama(&mut models, &running);
            }
        }
        ServerKind::LmStudio => {
            let newer = ask("api/v1/models").await.filter(|document| document.get("models").is_some());
            let document = if newer.is_some() { newer } else { ask("api/v0/models").await };
            if let Some(document) = document {
                lm_studio(&mut models, &document);
            }
        }
        ServerKind::DeepSeek
        | ServerKind::OpenAi
        | ServerKind::Vllm
        | ServerKind::Sglang
        | ServerKind::MlxLm
        | ServerKind::Ds4
        | ServerKind::Jan => {}
    }
    models
}

/// The same server without the `/v1` at the end of its address, where products keep their own paths.
pub(super) fn root_of(endpoint: &Endpoint) -> Endpoint {
    let mut root = endpoint.clone();
    let path = root.url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v1").unwrap_or(path).to_owned();
    root.url.set_path(&path);
    root
}

/// llama.cpp: `n_ctx` is the window of one slot. A router has many models and says nothing about them here.
fn llama_cpp(models: &mut [Model], props: &Value) {
    let window = props.pointer("/default_generation_settings/n_ctx").and_then(tokens);
    if let ([model], Some(window)) = (models, window) {
        model.context_tokens = Some(window);
    }
}

/// Ollama: only a model that is loaded has a window; the same model may get another one next time.
fn ollama(models: &mut [Model], running: &Value) {
    let running = running.get("models").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for model in models {
        let loaded = running.iter().find(|loaded| {
            ["name", "model"].iter().any(|key| loaded.get(*key).and_then(Value::as_str) == Some(&model.id))
        });
        if let Some(window) = loaded.and_then(|loaded| tokens(loaded.get("context_length")?)) {
            model.context_tokens = Some(window);
        }
    }
}

/// LM Studio: the window of what is loaded, by the newer list (`loaded_instances[].config.context_length`) or
/// the older one (`loaded_context_length`). Both also tell which models cannot chat.
fn lm_studio(models: &mut Vec<Model>, document: &Value) {
    let entries = document.get("models").or_else(|| document.get("data")).and_then(Value::as_array);
    let entries = entries.map(Vec::as_slice).unwrap_or_default();
    let entry_of = |model: &Model| {
        let names = |entry: &Value| {
            let is_it = |value: Option<&Value>| value.and_then(Value::as_str) == Some(&model.id);
            let instances = entry.get("loaded_instances").and_then(Value::as_array);
            is_it(entry.get("key"))
                || is_it(entry.get("id"))
                || instances
                    .is_some_and(|instances| instances.iter().any(|instance| is_it(instance.get("id"))))
        };
        entries.iter().find(|entry| names(entry))
    };
    models.retain(|model| {
        let kind = entry_of(model).and_then(|entry| entry.get("type")?.as_str());
        !kind.is_some_and(|kind| kind.starts_with("embedding"))
    });
    for model in models {
        let Some(entry) = entry_of(model) else { continue };
        let window = entry
            .pointer("/loaded_instances/0/config/context_length")
            .or_else(|| entry.get("loaded_context_length"))
            .and_then(tokens);
        model.context_tokens = window.or(model.context_tokens);
    }
}

fn tokens(value: &Value) -> Option<u32> {
    value.as_u64().filter(|tokens| *tokens > 0).map(|tokens| u32::try_from(tokens).unwrap_or(u32::MAX))
}

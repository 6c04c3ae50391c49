//! The list of models of a server.

use std::collections::HashSet;

use serde_json::Value;

use super::Endpoint;
use crate::domain::Model;

/// How many models of one list are taken.
const MOST_MODELS: usize = 10_000;

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) model: Model,
    /// `owned_by`, which tells local products apart (docs/conformance.md, Sources).
    pub(super) owner: Option<String>,
    /// `status.value`, which only a llama.cpp router tells: unloaded, loading, loaded, sleeping or downloading.
    pub(super) status: Option<String>,
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
        // llama.cpp, and gateways that copy the form.
        let vision = entry.pointer("/architecture/input_modalities").and_then(sees);
        let status = entry.pointer("/status/value").and_then(Value::as_str).map(str::to_owned);
        let model = Model { context_tokens: window, vision, ..Model::named_by_id(id) };
        Some(Listed { model, owner: text("owned_by").map(str::to_owned), status })
    });
    Some(listed.collect())
}

/// The same server without the `/v1` (Docker: `/engines/v1`) at the end of its address, where products keep their own
/// paths.
pub(super) fn root_of(endpoint: &Endpoint) -> Endpoint {
    let mut root = endpoint.clone();
    let path = root.url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v1").unwrap_or(path);
    let path = path.strip_suffix("/engines").unwrap_or(path).to_owned();
    root.url.set_path(&path);
    root
}

pub(super) fn tokens(value: &Value) -> Option<u32> {
    value.as_u64().filter(|tokens| *tokens > 0).map(|tokens| u32::try_from(tokens).unwrap_or(u32::MAX))
}

/// Whether a list of input modalities has images in it.
pub(super) fn sees(modalities: &Value) -> Option<bool> {
    let modalities = modalities.as_array().filter(|modalities| !modalities.is_empty())?;
    Some(modalities.iter().any(|modality| modality == "image"))
}

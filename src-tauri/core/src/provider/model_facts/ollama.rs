use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::super::model_list::tokens;
use super::{ALL_EFFORTS, MOST_ASKED, Questions};
use crate::domain::{Effort, Model};

/// `/api/ps` tells the windows of what is loaded; `/api/show` what a model can do, one model at a time. The loaded ones
/// are asked about first, then others up to the bound.
pub(super) async fn learn(questions: Questions<'_>, mut models: Vec<Model>) -> Vec<Model> {
    let running = questions.json("api/ps").await.unwrap_or_default();
    let running = running.get("models").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let loaded_as = |model: &Model| {
        running.iter().find(|loaded| {
            ["name", "model"].iter().any(|key| loaded.get(*key).and_then(Value::as_str) == Some(&model.id))
        })
    };
    let (loaded, others): (Vec<&Model>, Vec<&Model>) =
        models.iter().partition(|model| loaded_as(model).is_some());
    let asked: Vec<String> =
        loaded.into_iter().chain(others).take(MOST_ASKED).map(|model| model.id.clone()).collect();
    let shown = join_all(asked.iter().map(|id| async move {
        let body = json!({"model": id});
        questions.post("api/show", &body).await
    }))
    .await;
    for (id, shown) in asked.iter().zip(shown) {
        if let (Some(model), Some(shown)) = (models.iter_mut().find(|model| model.id == *id), shown) {
            show(model, &shown);
        }
    }
    for model in &mut models {
        // The same model may get another window next time.
        let window = loaded_as(model).and_then(|loaded| tokens(loaded.get("context_length")?));
        model.context_tokens = window.or(model.context_tokens);
    }
    models
}

/// What `/api/show` says of a model.
fn show(model: &mut Model, shown: &Value) {
    // Without the word it is an older Ollama, which says nothing about it.
    if let Some(capabilities) = shown.get("capabilities").and_then(Value::as_array) {
        let capabilities: HashSet<&str> = capabilities.iter().filter_map(Value::as_str).collect();
        model.vision = Some(capabilities.contains("vision"));
        model.efforts =
            Some(if capabilities.contains("thinking") { efforts(model, shown) } else { Vec::new() });
    }
    // A window that the model's own file sets is what it gets when it is loaded; else Ollama decides by the memory
    // there is (Ollama `docs/context-length.mdx`).
    let parameters = shown.get("parameters").and_then(Value::as_str).unwrap_or_default();
    let own = parameters.lines().find_map(|line| line.trim().strip_prefix("num_ctx")?.trim().parse().ok());
    model.context_tokens = own.filter(|own| *own > 0).or(model.context_tokens);
}

/// gpt-oss takes levels and cannot be told not to think. Others take on and off, and levels only where their template
/// asks for one; DeepSeek V4 has its own.
fn efforts(model: &Model, shown: &Value) -> Vec<Effort> {
    let family = shown.pointer("/details/family").and_then(Value::as_str).unwrap_or_default();
    let template = shown.get("template").and_then(Value::as_str).unwrap_or_default();
    if family == "gptoss" || model.id.starts_with("gpt-oss") {
        vec![Effort::Low, Effort::High, Effort::Max]
    } else if template.contains(".ThinkLevel") || model.id.contains("deepseek-v4") {
        ALL_EFFORTS.to_vec()
    } else {
        vec![Effort::Off, Effort::High]
    }
}

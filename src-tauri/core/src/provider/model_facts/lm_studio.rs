use serde_json::Value;

use super::super::model_list::tokens;
use super::Questions;
use crate::domain::{Effort, Model};

/// LM Studio lists what is loaded with its window and, since 0.4, what a model can do; the older list knows the window
/// only. Both tell which models cannot chat.
pub(super) async fn learn(questions: Questions<'_>, mut models: Vec<Model>) -> Vec<Model> {
    let newer = questions.json("api/v1/models").await.filter(|document| document.get("models").is_some());
    let document = match newer {
        Some(newer) => newer,
        None => questions.json("api/v0/models").await.unwrap_or_default(),
    };
    let entries = document.get("models").or_else(|| document.get("data")).and_then(Value::as_array);
    let entries = entries.map(Vec::as_slice).unwrap_or_default();
    models.retain(|model| {
        let kind = entry_of(entries, model).and_then(|entry| entry.get("type")?.as_str());
        !kind.is_some_and(|kind| kind.starts_with("embedding"))
    });
    // The field came with 0.4.7 or so; only where some model has it, having none means that a model does not think.
    let tells_reasoning = entries.iter().any(|entry| entry.pointer("/capabilities/reasoning").is_some());
    for model in &mut models {
        let Some(entry) = entry_of(entries, model) else { continue };
        let window = entry
            .pointer("/loaded_instances/0/config/context_length")
            .or_else(|| entry.get("loaded_context_length"))
            .and_then(tokens);
        model.context_tokens = window.or(model.context_tokens);
        let is_vlm = || entry.get("type").and_then(Value::as_str).map(|kind| kind == "vlm");
        let has_capabilities = entry.get("capabilities").is_some_and(Value::is_object);
        let sees = entry.pointer("/capabilities/vision").and_then(Value::as_bool);
        model.vision = if has_capabilities { sees } else { is_vlm() }.or(model.vision);
        let options = entry.pointer("/capabilities/reasoning/allowed_options").and_then(Value::as_array);
        model.efforts = options.map(|options| efforts(options)).or(tells_reasoning.then(Vec::new));
    }
    models
}

fn entry_of<'a>(entries: &'a [Value], model: &Model) -> Option<&'a Value> {
    let is_it = |value: Option<&Value>| value.and_then(Value::as_str) == Some(&model.id);
    entries.iter().find(|entry| {
        let instances = entry.get("loaded_instances").and_then(Value::as_array);
        is_it(entry.get("key"))
            || is_it(entry.get("id"))
            || instances.is_some_and(|instances| instances.iter().any(|instance| is_it(instance.get("id"))))
    })
}

/// Of LM Studio's words (off, on, low, medium, high) the ones that are levels here.
fn efforts(options: &[Value]) -> Vec<Effort> {
    let allows =
        |words: &[&str]| options.iter().filter_map(Value::as_str).any(|option| words.contains(&option));
    let levels: [(Effort, &[&str]); 4] = [
        (Effort::Off, &["off", "none"]),
        (Effort::Low, &["low", "minimal"]),
        (Effort::High, &["on", "medium", "high"]),
        (Effort::Max, &["max"]),
    ];
    levels.into_iter().filter(|(_, words)| allows(words)).map(|(effort, _)| effort).collect()
}

//! What the models of a server can do and which windows they really get, by questions that only their product answers
//! (docs/conformance.md, Sources). Each round of questions is asked at once, and their number has a bound: a
//! library of two hundred models is not two hundred questions.

mod llama_cpp;
mod lm_studio;
mod ollama;

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join;
use serde_json::Value;

use super::model_list::{self, Listed, root_of, sees, tokens};
use super::reach::Reach;
use super::refusal::{failure, no_answer};
use super::{Endpoint, ServerKind};
use crate::domain::{Cause, Code, Effort, Failure, Model};

/// How many models of one server are asked about one by one.
const MOST_ASKED: usize = 8;
/// The longest answer to a question with a body.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;

/// All levels of thinking there are.
const ALL_EFFORTS: [Effort; 4] = [Effort::Off, Effort::Low, Effort::High, Effort::Max];

/// What came of the questions.
#[derive(Debug)]
pub(super) struct Known {
    /// The models that can chat.
    pub(super) models: Vec<Model>,
    /// What will stand in the way of a chat although the list was given: a key that is wanted or refused, or a model
    /// that is being loaded.
    pub(super) obstacle: Option<Failure>,
}

impl Known {
    const fn all(models: Vec<Model>) -> Self {
        Self { models, obstacle: None }
    }
}

/// The models of `endpoint` and what is known of them.
///
/// # Errors
/// Those of the list itself, and a key that is refused where the list needs none. What else refines it may fail in
/// silence.
pub(super) async fn fetch(
    reach: &Reach,
    endpoint: &Endpoint,
    timeout: Duration,
) -> Result<Vec<Model>, Failure> {
    let document = reach.get_json(endpoint, "models", timeout).await?;
    let listed = model_list::listed(&document).ok_or_else(|| no_answer(endpoint))?;
    let Known { models, obstacle } = learn(reach, endpoint, listed, timeout).await;
    match obstacle.filter(|failure| failure.code == Code::Unauthorized) {
        Some(failure) => Err(failure),
        None => Ok(models),
    }
}

/// Asks the server at `endpoint` about the models of its list. `timeout` bounds each round of questions; what is not
/// answered stays unknown.
pub(super) async fn learn(
    reach: &Reach,
    endpoint: &Endpoint,
    listed: Vec<Listed>,
    timeout: Duration,
) -> Known {
    let root = root_of(endpoint);
    let questions = Questions { reach, root: &root, timeout };
    match endpoint.kind {
        ServerKind::LlamaCpp => llama_cpp::learn(questions, listed).await,
        ServerKind::Ollama => Known::all(ollama::learn(questions, models_of(listed)).await),
        ServerKind::LmStudio => Known::all(lm_studio::learn(questions, models_of(listed)).await),
        ServerKind::LocalAi => Known::all(local_ai(questions, models_of(listed)).await),
        ServerKind::KoboldCpp => kobold_cpp(questions, models_of(listed)).await,
        // It takes DeepSeek's own switches.
        ServerKind::Ds4 => Known::all(
            models_of(listed)
                .into_iter()
                .map(|model| Model { efforts: Some(ALL_EFFORTS.to_vec()), ..model })
                .collect(),
        ),
        // They say nothing more, or the list has said it all.
        ServerKind::DeepSeek
        | ServerKind::OpenAi
        | ServerKind::Vllm
        | ServerKind::Sglang
        | ServerKind::MlxLm
        | ServerKind::Jan
        | ServerKind::TextGenerationWebui
        | ServerKind::Gpt4All
        | ServerKind::DockerModelRunner => Known::all(models_of(listed)),
    }
}

fn models_of(listed: Vec<Listed>) -> Vec<Model> {
    listed.into_iter().map(|listed| listed.model).collect()
}

/// Questions below the root of one server.
#[derive(Clone, Copy)]
struct Questions<'a> {
    reach: &'a Reach,
    root: &'a Endpoint,
    timeout: Duration,
}

impl Questions<'_> {
    async fn json(self, path: &str) -> Option<Value> {
        self.try_json(path, None).await.ok()
    }

    /// As [`Questions::json`], with a query and with the reason when there is no answer.
    async fn try_json(self, path: &str, query: Option<(&str, &str)>) -> Result<Value, Failure> {
        let mut root = self.root.clone();
        if let Some((key, value)) = query {
            root.url.query_pairs_mut().append_pair(key, value);
        }
        self.reach.get_json(&root, path, self.timeout).await
    }

    /// A question that is put in a body.
    async fn post(self, path: &str, body: &Value) -> Option<Value> {
        let fetch = async {
            let mut pieces =
                self.reach.post_stream(self.root, path, body.to_string().into_bytes()).await.ok()?;
            let mut answer = Vec::new();
            while let Some(piece) = pieces.next().await {
                answer.extend_from_slice(&piece.ok()?);
                if answer.len() > LONGEST_ANSWER {
                    return None;
                }
            }
            serde_json::from_slice(&answer).ok()
        };
        tokio::time::timeout(self.timeout, fetch).await.ok()?
    }
}

/// `LocalAI` tells everything in one list, `context_size` being what a request gets
/// (`core/http/endpoints/openai/list_capabilities.go`). Older versions have no such list.
async fn local_ai(questions: Questions<'_>, mut models: Vec<Model>) -> Vec<Model> {
    let Some(document) = questions.json("v1/models/capabilities").await else { return models };
    let entries = document.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let entry_of = |model: &Model| {
        entries.iter().find(|entry| entry.get("id").and_then(Value::as_str) == Some(&model.id))
    };
    // Models that draw, speak or embed stand in the same list.
    models.retain(|model| {
        let outputs = entry_of(model).and_then(|entry| entry.get("output_modalities")?.as_array());
        outputs.is_none_or(|outputs| outputs.is_empty() || outputs.iter().any(|output| output == "text"))
    });
    for model in &mut models {
        let Some(entry) = entry_of(model) else { continue };
        model.context_tokens = entry.get("context_size").and_then(tokens).or(model.context_tokens);
        model.vision = entry.get("input_modalities").and_then(sees).or(model.vision);
    }
    models
}

/// `KoboldCpp` has one model at a time, and says of itself whether it sees and whether it wants a password, which its
/// list does not need (`koboldcpp.py`).
async fn kobold_cpp(questions: Questions<'_>, mut models: Vec<Model>) -> Known {
    let (window, version) =
        join(questions.json("api/extra/true_max_context_length"), questions.json("api/extra/version")).await;
    let window = window.and_then(|window| tokens(window.get("value")?));
    let says = |key: &str| version.as_ref().and_then(|version| version.get(key)?.as_bool());
    for model in &mut models {
        model.context_tokens = window.or(model.context_tokens);
        model.vision = says("vision").or(model.vision);
    }
    let wants_key = says("protected") == Some(true) && questions.root.key.is_none();
    let obstacle = wants_key.then(|| failure(questions.root, Code::Unauthorized, Cause::NoKey));
    Known { models, obstacle }
}

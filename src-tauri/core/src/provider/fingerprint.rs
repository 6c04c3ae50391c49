//! Which product answers, told by what it says and never by its port (docs/conformance.md, Sources).
//!
//! What a product says of itself in its list of models (`owned_by`) counts first, because it is the one thing that
//! others do not fake. SGLang, `LocalAI` and `KoboldCpp` answer some of Ollama's questions, `LocalAI` on demand with
//! Ollama's greeting; `KoboldCpp` answers as llama.cpp as well, and `TabbyAPI` as `KoboldCpp`.

use std::time::Duration;

use futures_util::future::{join, join3, join4};
use serde_json::Value;
use url::Url;

use super::model_list::Listed;
use super::reach::{Answer, Reach};
use super::{Endpoint, ServerKind};
use crate::domain::{Code, Failure};

/// What stands at the root of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greeting {
    /// Ollama's words, which others borrow.
    Ollama,
    /// Docker Model Runner's, whose doors are below `/engines/v1`.
    DockerModelRunner,
    /// Anything else, or nothing.
    Other,
}

impl Greeting {
    pub(super) fn of(answer: &Result<Answer, Failure>) -> Self {
        match answer.as_ref().map(Answer::text).unwrap_or_default().trim() {
            "Ollama is running" => Self::Ollama,
            text if text.starts_with("Docker Model Runner is running") => Self::DockerModelRunner,
            _ => Self::Other,
        }
    }
}

/// llama.cpp answers every path with 503 "Loading model" until it can serve.
pub(super) fn is_loading(failure: &Failure) -> bool {
    let says_so = |detail: &String| detail.to_lowercase().contains("loading model");
    failure.code == Code::Overloaded && failure.detail.as_ref().is_some_and(says_so)
}

/// The product that its own list names, if all who own a model name the same. A gateway lists many owners and is none
/// of them; that it lists DeepSeek's models does not make it DeepSeek, which is at its own address alone.
pub(super) fn by_owner(listed: &[Listed], url: &Url) -> Option<ServerKind> {
    let mut owners = listed.iter().filter_map(|listed| listed.owner.as_deref()).map(product_of);
    let first = owners.next()??;
    let is_there = first != ServerKind::DeepSeek || url.host_str() == Some(DEEPSEEK_HOST);
    (is_there && owners.all(|other| other == Some(first))).then_some(first)
}

const DEEPSEEK_HOST: &str = "api.deepseek.com";

fn product_of(owner: &str) -> Option<ServerKind> {
    ServerKind::ALL.into_iter().find(|kind| kind.dialect().owners.contains(&owner))
}

/// Asks questions below one address, each for so long.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) reach: &'a Reach,
    pub(super) root: &'a Endpoint,
    pub(super) patience: Duration,
}

impl Asking<'_> {
    async fn json(self, path: &str) -> Option<Value> {
        self.reach.get(self.root, path, self.patience).await.ok()?.json()
    }

    /// The product, found by questions that only it answers. They are asked at once.
    pub(super) async fn by_questions(self, listed: &[Listed], greeting: Greeting) -> ServerKind {
        let is_owned = |listed: &Listed| listed.owner.is_some();
        // Ollama names an owner for every model; LocalAI, which may borrow its greeting, for none.
        if greeting == Greeting::Ollama && !listed.is_empty() && listed.iter().all(is_owned) {
            return ServerKind::Ollama;
        }
        let may_be_owned = listed.is_empty() || listed.iter().any(is_owned);
        let may_be_unowned = !listed.iter().any(is_owned);
        let owned = async { if may_be_owned { self.by_what_owners_answer(listed).await } else { None } };
        let unowned =
            async { if may_be_unowned { self.by_what_ownerless_answer(listed).await } else { None } };
        let (owned, unowned) = join(owned, unowned).await;
        let fallback = match greeting {
            Greeting::Ollama if listed.is_empty() => ServerKind::Ollama,
            Greeting::Ollama | Greeting::DockerModelRunner | Greeting::Other => ServerKind::OpenAi,
        };
        owned.or(unowned).unwrap_or(fallback)
    }

    /// LM Studio, text-generation-webui and a `KoboldCpp` that lists nothing. LM Studio answers every question with
    /// 200, so only what is in an answer counts.
    async fn by_what_owners_answer(self, listed: &[Listed]) -> Option<ServerKind> {
        let (older, newer, webui, kobold) = join4(
            self.json("api/v0/models"),
            self.json("api/v1/models"),
            self.json("v1/internal/model/info"),
            self.json("api/extra/version"),
        )
        .await;
        let lists = |document: Option<Value>, list: &str, mark: &str| {
            let entries = document.as_ref().and_then(|document| document.get(list)?.as_array());
            entries.is_some_and(|entries| entries.iter().all(|entry| entry.get(mark).is_some()))
        };
        if lists(older, "data", "state") || lists(newer, "models", "key") {
            return Some(ServerKind::LmStudio);
        }
        let says = |document: &Option<Value>, key: &str| {
            document.as_ref().is_some_and(|document| document.get(key).is_some())
        };
        if says(&webui, "model_name") && (says(&webui, "loader") || says(&webui, "lora_names")) {
            return Some(ServerKind::TextGenerationWebui);
        }
        let is_tabby = listed.iter().any(|listed| listed.owner.as_deref() == Some("tabbyAPI"));
        (is_kobold(kobold.as_ref()) && !is_tabby).then_some(ServerKind::KoboldCpp)
    }

    /// `LocalAI` and mlx-lm, whose lists name nobody.
    async fn by_what_ownerless_answer(self, listed: &[Listed]) -> Option<ServerKind> {
        let (local_ai, system, mlx) = join3(
            self.json(".well-known/localai.json"),
            self.json("system"),
            join(self.json("health"), self.json("props")),
        )
        .await;
        let is_local_ai =
            is_local_ai(local_ai.as_ref()) || system.is_some_and(|system| system.get("backends").is_some());
        if is_local_ai {
            return Some(ServerKind::LocalAi);
        }
        let (health, props) = mlx;
        let is_mlx = !listed.is_empty() && is_well(health.as_ref()) && props.is_none();
        is_mlx.then_some(ServerKind::MlxLm)
    }

    /// A product that keeps its list behind a key, by what it tells everyone and by the words of its refusal. Any
    /// other service may refuse a stranger just so, and is none of ours.
    pub(super) async fn behind_a_key(self, refusal: &Failure) -> Option<ServerKind> {
        if refusal.detail.as_ref().is_some_and(|detail| detail.contains("LM Studio")) {
            return Some(ServerKind::LmStudio);
        }
        let (health, version, described, local_ai) = join4(
            self.json("health"),
            self.json("version"),
            self.json("openapi.json"),
            self.json(".well-known/localai.json"),
        )
        .await;
        if is_local_ai(local_ai.as_ref()) {
            return Some(ServerKind::LocalAi);
        }
        if let Some(described) = described {
            // Jan serves `src-tauri/static/openapi.json`; FastAPI lists the paths of what it runs.
            let title = described.pointer("/info/title").and_then(Value::as_str).unwrap_or_default();
            if title.starts_with("Jan ") {
                return Some(ServerKind::Jan);
            }
            if described.get("paths").is_some_and(|paths| paths.get("/v1/internal/model/info").is_some()) {
                return Some(ServerKind::TextGenerationWebui);
            }
        }
        if is_well(health.as_ref()) {
            return Some(ServerKind::LlamaCpp);
        }
        version?.get("version").and_then(Value::as_str).map(|_| ServerKind::Vllm)
    }
}

fn is_kobold(version: Option<&Value>) -> bool {
    version.and_then(|version| version.get("result")).is_some_and(|result| result == "KoboldCpp")
}

fn is_local_ai(described: Option<&Value>) -> bool {
    described
        .is_some_and(|described| described.get("endpoints").is_some() || described.get("version").is_some())
}

fn is_well(health: Option<&Value>) -> bool {
    health.and_then(|health| health.get("status")).is_some_and(|status| status == "ok")
}

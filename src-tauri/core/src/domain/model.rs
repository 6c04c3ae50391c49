use serde::{Deserialize, Serialize};

use super::{Effort, Rates, ServerId, Words};

/// Which family a server belongs to, told from its answers and not from its port
/// (docs/conformance.md, Sources). It decides which dialect is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ServerKind {
    /// The hosted DeepSeek API, or something that speaks all of it.
    #[serde(rename = "deepseek")]
    DeepSeek,
    /// Any other OpenAI-compatible address.
    #[serde(rename = "openai")]
    OpenAi,
    /// Ollama.
    Ollama,
    /// LM Studio.
    LmStudio,
    /// llama.cpp's `llama-server`, with one model or as a router.
    LlamaCpp,
    /// vLLM.
    Vllm,
    /// SGLang.
    Sglang,
    /// `mlx_lm.server`.
    MlxLm,
    /// ds4-server.
    Ds4,
    /// Jan's local server.
    Jan,
    /// `LocalAI`.
    LocalAi,
    /// `KoboldCpp`.
    KoboldCpp,
    /// text-generation-webui.
    TextGenerationWebui,
    /// `GPT4All`, which answers in one piece.
    #[serde(rename = "gpt4all")]
    Gpt4All,
    /// Docker Model Runner.
    DockerModelRunner,
}

impl ServerKind {
    /// The kind as it stands in JSON and in the database.
    pub const fn name(self) -> &'static str {
        self.dialect().name
    }
}

/// Where text goes that is sent to an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Place {
    /// The loopback interface.
    ThisComputer,
    /// A private, link-local or unique-local address.
    PrivateNetwork {
        /// The host as written in the address.
        host: String,
    },
    /// Anything else.
    Internet {
        /// The host as written in the address.
        host: String,
    },
}

/// A request field that steers how the next token is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// `temperature`.
    Temperature,
    /// `top_p`.
    TopP,
}

/// Sampling fields that a model takes and does nothing with, so that the window can say so instead of letting a
/// person turn a knob that is not connected (DeepSeek API docs, Thinking Mode).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct Ignored {
    /// While it thinks.
    pub thinking: Vec<Sampling>,
    /// While it does not.
    pub plain: Vec<Sampling>,
}

/// One model that a server offers. What neither the server nor the catalogue says is unknown, never guessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Model {
    /// The id that requests carry.
    pub id: String,
    /// The id as people read it: without folders and file endings.
    pub name: String,
    /// The window the server really grants, in tokens, where it says so.
    pub context_tokens: Option<u32>,
    /// The longest reply it can give, in tokens.
    pub output_tokens: Option<u32>,
    /// Whether it sees images.
    pub vision: Option<bool>,
    /// How long it can be told to think. `None`: nobody knows; empty: it does not think; only `max`: it always
    /// thinks as long as it takes.
    pub efforts: Option<Vec<Effort>>,
    /// How long it thinks by itself.
    pub default_effort: Option<Effort>,
    /// Sampling fields without effect.
    pub ignored: Ignored,
    /// What it is the best choice for.
    pub best_for: Option<Words>,
    /// What it costs now; `None`: unknown.
    pub rates: Option<Rates>,
}

impl Model {
    /// A model of which only the id is known. A path such as `/models/SmolLM2-135M.Q4_1.gguf`
    /// (llama.cpp lists those) is named by its file.
    pub fn named_by_id(id: impl Into<String>) -> Self {
        let id = id.into();
        let file = if id.to_ascii_lowercase().ends_with(".gguf") {
            id.rsplit(['/', '\\']).next().unwrap_or(&id)
        } else {
            &id
        };
        let name = match file.len().checked_sub(5) {
            Some(stem) if file.is_char_boundary(stem) && file[stem..].eq_ignore_ascii_case(".gguf") => {
                file[..stem].to_owned()
            }
            _ => file.to_owned(),
        };
        Self {
            id,
            name,
            context_tokens: None,
            output_tokens: None,
            vision: None,
            efforts: None,
            default_effort: None,
            ignored: Ignored::default(),
            best_for: None,
            rates: None,
        }
    }
}

/// A model on a server: what a conversation talks to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
pub struct ModelChoice {
    /// The server.
    pub server: ServerId,
    /// The model's id there.
    pub model: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_called_the_same_in_json_and_in_the_database() {
        for kind in [
            ServerKind::DeepSeek,
            ServerKind::OpenAi,
            ServerKind::Ollama,
            ServerKind::LmStudio,
            ServerKind::LlamaCpp,
            ServerKind::Vllm,
            ServerKind::Sglang,
            ServerKind::MlxLm,
            ServerKind::Ds4,
            ServerKind::Jan,
            ServerKind::LocalAi,
            ServerKind::KoboldCpp,
            ServerKind::TextGenerationWebui,
            ServerKind::Gpt4All,
            ServerKind::DockerModelRunner,
        ] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn a_model_file_is_named_without_folder_and_ending() {
        for (id, name) in [
            ("/tmp/models/SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct.Q4_1"),
            ("C:\\models\\a.GGUF", "a"),
            ("qwen3:8b", "qwen3:8b"),
            ("deepseek-ai/DeepSeek-V4-Flash", "deepseek-ai/DeepSeek-V4-Flash"),
            ("模型", "模型"),
        ] {
            assert_eq!(Model::named_by_id(id).name, name);
        }
    }
}

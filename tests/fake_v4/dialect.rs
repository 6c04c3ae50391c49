//! Which server the stand-in is, and how that server writes a chat completion.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::script::{ShapeChanges, ThinkingPlace, UsagePlacement};

/// A server whose routes, refusals and stream the stand-in takes on (docs/conformance.md, Sources).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// The hosted DeepSeek API, the only one that checks requests in full.
    #[default]
    Deepseek,
    /// Ollama: `/v1` and its own `/api`.
    Ollama,
    /// LM Studio 0.4 or newer.
    LmStudio,
    /// llama.cpp's `llama-server` with a model loaded.
    LlamaCpp,
    /// The same while it loads the model: 503 for everything but the page at `/`.
    LlamaCppLoading,
    /// `llama-server` started without a model, which loads what it is asked for.
    LlamaCppRouter,
    /// vLLM.
    Vllm,
    /// `SGLang`.
    Sglang,
    /// `mlx_lm.server`.
    MlxLm,
    /// antirez/ds4's `ds4-server`.
    Ds4,
    /// Jan's local API server.
    Jan,
    /// `LocalAI`.
    LocalAi,
    /// `KoboldCpp`.
    KoboldCpp,
    /// text-generation-webui.
    TextGenerationWebui,
    /// `GPT4All`, which does not stream.
    Gpt4all,
    /// Docker Model Runner, below `/engines/v1`.
    DockerModelRunner,
    /// Any other server with the two routes everyone has.
    Openai,
}

impl Dialect {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Deepseek,
        Self::Ollama,
        Self::LmStudio,
        Self::LlamaCpp,
        Self::LlamaCppLoading,
        Self::LlamaCppRouter,
        Self::Vllm,
        Self::Sglang,
        Self::MlxLm,
        Self::Ds4,
        Self::Jan,
        Self::LocalAi,
        Self::KoboldCpp,
        Self::TextGenerationWebui,
        Self::Gpt4all,
        Self::DockerModelRunner,
        Self::Openai,
    ];

    /// The ids of the models on offer. Made up for the local servers, but spelled as each of them spells ids.
    pub fn models(self) -> &'static [&'static str] {
        match self {
            // What `GET /models` returned on 2026-09-10, as PyPI's unofficial deepseek-harness 0.3.1 found.
            Self::Deepseek => &["deepseek-flash", "deepseek-v4-pro"],
            Self::Ollama => &["qwen3:8b", "llama3.2:latest", "gpt-oss:20b", "gemma3:4b"],
            Self::LmStudio => &["openai/gpt-oss-20b", "qwen/qwen3-8b", "google/gemma-3-4b"],
            Self::LlamaCpp | Self::LlamaCppLoading | Self::TextGenerationWebui => &["Qwen3-8B-Q4_K_M.gguf"],
            Self::LlamaCppRouter => {
                &["ggml-org/Qwen3-8B-GGUF:Q4_K_M", "ggml-org/gpt-oss-20b-GGUF:MXFP4", "my models/a&b"]
            }
            Self::Vllm => &["Qwen/Qwen3-8B"],
            Self::Sglang => &["deepseek-ai/DeepSeek-V4-Flash"],
            Self::MlxLm => &["mlx-community/Qwen3-8B-4bit"],
            Self::Ds4 => &["deepseek-v4-flash"],
            Self::Jan => &["Jan-v1-4B-Q4_K_M"],
            Self::LocalAi => &["qwen3-8b"],
            Self::KoboldCpp => &["koboldcpp/Qwen3-8B-Q4_K_M"],
            Self::Gpt4all => &["Llama 3.2 3B Instruct"],
            Self::DockerModelRunner => &["ai/qwen3:8B-Q4_K_M"],
            Self::Openai => &["some-model"],
        }
    }

    /// The window of those models in tokens.
    pub fn context(self) -> u64 {
        match self {
            Self::Deepseek => 1_048_576,
            // The default below 24 GiB of video memory (Ollama `docs/context-length.mdx`).
            Self::Ollama | Self::LmStudio => 4096,
            Self::LlamaCpp
            | Self::LlamaCppLoading
            | Self::LlamaCppRouter
            | Self::MlxLm
            | Self::Jan
            | Self::LocalAi
            | Self::KoboldCpp
            | Self::TextGenerationWebui
            | Self::Gpt4all
            | Self::DockerModelRunner
            | Self::Openai => 8192,
            Self::Vllm => 40_960,
            Self::Sglang | Self::Ds4 => 131_072,
        }
    }

    pub(super) fn shape(self) -> Shape {
        let shape = Shape::default();
        match self {
            Self::Deepseek => Shape {
                usage_on: UsagePlacement::FinishChunk,
                null_siblings: true,
                finish_with_content: true,
                fingerprint: Some("fp_2026101701_prod0820_fp8_kvcache"),
                keep_alive: "keep-alive",
                cache_fields: true,
                ..shape
            },
            Self::Ollama => Shape {
                thinking_in: ThinkingPlace::Reasoning,
                whole_tool_calls: true,
                content_beside: true,
                fingerprint: Some("fp_ollama"),
                ..shape
            },
            Self::LmStudio | Self::TextGenerationWebui | Self::Openai => shape,
            Self::LocalAi => Shape { thinking_in: ThinkingPlace::Reasoning, ..shape },
            Self::KoboldCpp | Self::Gpt4all => Shape { thinking_in: ThinkingPlace::Inline, ..shape },
            Self::LlamaCpp
            | Self::LlamaCppLoading
            | Self::LlamaCppRouter
            | Self::Jan
            | Self::DockerModelRunner => {
                Shape { open_with_null: true, fingerprint: Some("b9931-fake"), timings: true, ..shape }
            }
            Self::Vllm => Shape { thinking_in: ThinkingPlace::Reasoning, stop_reason: true, ..shape },
            Self::Sglang => Shape { null_siblings: true, ..shape },
            Self::MlxLm => Shape {
                thinking_in: ThinkingPlace::Reasoning,
                role_on_every_chunk: true,
                whole_tool_calls: true,
                fingerprint: Some("0.31.0-fake"),
                usage_object: "chat.completion",
                keep_alive: "keepalive 512/2048",
                ..shape
            },
            Self::Ds4 => Shape { keep_alive: "keepalive", ..shape },
        }
    }
}

/// How a server writes a chat completion.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one habit of one server")]
pub(super) struct Shape {
    pub thinking_in: ThinkingPlace,
    pub role_on_every_chunk: bool,
    pub usage_on: UsagePlacement,
    pub whole_tool_calls: bool,
    /// `content: null` next to thinking and the other way round.
    pub null_siblings: bool,
    /// `content: ""` next to thinking.
    pub content_beside: bool,
    /// The finish chunk has `content: ""` rather than an empty delta.
    pub finish_with_content: bool,
    /// The opening chunk has `content: null` rather than `""`.
    pub open_with_null: bool,
    pub fingerprint: Option<&'static str>,
    /// What `object` says on the trailing usage chunk.
    pub usage_object: &'static str,
    /// llama.cpp's `timings`.
    pub timings: bool,
    /// vLLM's `stop_reason`.
    pub stop_reason: bool,
    /// DeepSeek's own two counts next to `prompt_tokens_details`.
    pub cache_fields: bool,
    pub keep_alive: &'static str,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            thinking_in: ThinkingPlace::ReasoningContent,
            role_on_every_chunk: false,
            usage_on: UsagePlacement::TrailingChunkIfAsked,
            whole_tool_calls: false,
            null_siblings: false,
            content_beside: false,
            finish_with_content: false,
            open_with_null: false,
            fingerprint: None,
            usage_object: "chat.completion.chunk",
            timings: false,
            stop_reason: false,
            cache_fields: false,
            keep_alive: "",
        }
    }
}

impl Shape {
    pub(super) fn changed(self, changes: &ShapeChanges) -> Self {
        Self {
            thinking_in: changes.thinking_in.unwrap_or(self.thinking_in),
            role_on_every_chunk: changes.role_on_every_chunk.unwrap_or(self.role_on_every_chunk),
            usage_on: changes.usage_on.unwrap_or(self.usage_on),
            whole_tool_calls: changes.whole_tool_calls.unwrap_or(self.whole_tool_calls),
            ..self
        }
    }
}

use super::{Effort, ServerKind};

/// What is known of one kind of server: how it is called, where it is found, and where it departs from what all share.
/// The one table of it; the sources of each row stand in docs/conformance.md.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// The kind as it stands in JSON and in the database.
    pub name: &'static str,
    /// The product's own name, used when a found server is listed.
    pub product: &'static str,
    /// Where it listens by default.
    pub ports: &'static [u16],
    /// What its list of models names as `owned_by`.
    pub owners: &'static [&'static str],
    /// Whether it speaks all of DeepSeek's API: takes thinking back, completes a prefix, separates thinking from text,
    /// and ends each reply with a reason and an end mark.
    pub is_deepseek: bool,
    /// Whether it can send a reply as it is written.
    pub streams: bool,
    /// What `reasoning_effort` is for off, low, high and max; `None`: it is left out.
    pub efforts: [Option<&'static str>; 4],
    /// How thinking is switched on and off besides.
    pub thinking: ThinkingSwitch,
}

/// How a server is told whether to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThinkingSwitch {
    /// By `reasoning_effort` alone, or not at all.
    None,
    /// `"thinking": {"type": "enabled"}`.
    Object,
    /// `"enable_thinking": true`.
    Field,
    /// `"chat_template_kwargs": {"enable_thinking": true}`.
    Template,
    /// The same under both names that templates read, with how long: Qwen reads the first, DeepSeek and Granite the
    /// second; V4's also reads how long (vLLM pull request 40982). No template minds a name it does not know.
    TemplateWithEffort,
}

/// Only three levels are known everywhere; "none" is refused by many models, so off says nothing.
const THREE: [Option<&str>; 4] = [None, Some("low"), Some("high"), Some("high")];
/// No level above high, but "none" (lmstudio-bug-tracker 988 and the replies to it; mudler/LocalAI#10072).
const THREE_AND_NONE: [Option<&str>; 4] = [Some("none"), Some("low"), Some("high"), Some("high")];
const ALL: [Option<&str>; 4] = [Some("none"), Some("low"), Some("high"), Some("max")];

/// Any OpenAI-compatible address.
const PLAIN: Dialect = Dialect {
    name: "openai",
    product: "OpenAI-compatible",
    ports: &[],
    owners: &[],
    is_deepseek: false,
    streams: true,
    efforts: THREE,
    thinking: ThinkingSwitch::None,
};
/// What runs chat templates and is switched through them alone.
const TEMPLATED: Dialect =
    Dialect { efforts: [None; 4], thinking: ThinkingSwitch::TemplateWithEffort, ..PLAIN };
/// `reasoning_effort` counts since build 10434 and "none" since July 2026 (pull request 26045); the template's own
/// switch is what older builds understand.
const LLAMA_CPP: Dialect = Dialect {
    name: "llama_cpp",
    product: "llama.cpp",
    ports: &[8080, 9931],
    owners: &["llamacpp"],
    efforts: ALL,
    thinking: ThinkingSwitch::Template,
    ..PLAIN
};
const DEEPSEEK: Dialect = Dialect {
    name: "deepseek",
    product: "DeepSeek",
    owners: &["deepseek"],
    is_deepseek: true,
    efforts: [None, Some("low"), Some("high"), Some("max")],
    thinking: ThinkingSwitch::Object,
    ..PLAIN
};

impl ServerKind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::DeepSeek,
        Self::OpenAi,
        Self::Ollama,
        Self::LmStudio,
        Self::LlamaCpp,
        Self::Vllm,
        Self::Sglang,
        Self::MlxLm,
        Self::Ds4,
        Self::Jan,
        Self::LocalAi,
        Self::KoboldCpp,
        Self::TextGenerationWebui,
        Self::Gpt4All,
        Self::DockerModelRunner,
    ];

    /// What is known of the kind.
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::DeepSeek => DEEPSEEK,
            Self::OpenAi => PLAIN,
            Self::Ollama => {
                Dialect { name: "ollama", product: "Ollama", ports: &[11434], efforts: ALL, ..PLAIN }
            }
            Self::LmStudio => Dialect {
                name: "lm_studio",
                product: "LM Studio",
                ports: &[1234],
                efforts: THREE_AND_NONE,
                ..PLAIN
            },
            Self::LlamaCpp => LLAMA_CPP,
            Self::Vllm => {
                Dialect { name: "vllm", product: "vLLM", ports: &[8000], owners: &["vllm"], ..TEMPLATED }
            }
            Self::Sglang => Dialect {
                name: "sglang",
                product: "SGLang",
                ports: &[30000],
                owners: &["sglang"],
                ..TEMPLATED
            },
            Self::MlxLm => Dialect { name: "mlx_lm", product: "mlx-lm", ports: &[8080], ..TEMPLATED },
            // It takes DeepSeek's own switches, and nothing else of it.
            Self::Ds4 => Dialect {
                name: "ds4",
                product: "ds4",
                ports: &[8000],
                owners: &["ds4.c"],
                is_deepseek: false,
                ..DEEPSEEK
            },
            // It runs llama.cpp.
            Self::Jan => Dialect {
                name: "jan",
                product: "Jan",
                ports: &[1337],
                owners: &["llama.cpp", "mlx", "remote"],
                ..LLAMA_CPP
            },
            Self::LocalAi => Dialect {
                name: "local_ai",
                product: "LocalAI",
                ports: &[8080],
                efforts: THREE_AND_NONE,
                ..PLAIN
            },
            // Since 1.112, with "xhigh" at the top (SillyTavern/SillyTavern#5489).
            Self::KoboldCpp => Dialect {
                name: "kobold_cpp",
                product: "KoboldCpp",
                ports: &[5001],
                owners: &["koboldcpp"],
                efforts: [Some("none"), Some("low"), Some("high"), Some("xhigh")],
                ..PLAIN
            },
            // Both stand beside the messages there (`modules/api/typing.py`).
            Self::TextGenerationWebui => Dialect {
                name: "text_generation_webui",
                product: "text-generation-webui",
                ports: &[5000],
                thinking: ThinkingSwitch::Field,
                ..PLAIN
            },
            Self::Gpt4All => Dialect {
                name: "gpt4all",
                product: "GPT4All",
                ports: &[4891],
                owners: &["humanity"],
                streams: false,
                efforts: [None; 4],
                ..PLAIN
            },
            // It runs llama.cpp or vLLM and does not heed `reasoning_effort` (docker/model-runner#1028).
            Self::DockerModelRunner => Dialect {
                name: "docker_model_runner",
                product: "Docker Model Runner",
                ports: &[12434],
                owners: &["docker"],
                ..TEMPLATED
            },
        }
    }
}

impl Dialect {
    /// What `reasoning_effort` says for `effort`; `None`: it is left out.
    pub const fn reasoning_effort(self, effort: Effort) -> Option<&'static str> {
        let [off, low, high, max] = self.efforts;
        match effort {
            Effort::Off => off,
            Effort::Low => low,
            Effort::High => high,
            Effort::Max => max,
        }
    }
}

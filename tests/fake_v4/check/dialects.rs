use porthole_tests::fake_v4::{Dialect, FakeV4, Script};
use serde_json::json;

use crate::client::{Client, exchange, get, streamed};

/// Which dialects answer a route, and with what in the body.
const FINGERPRINTS: &[(&str, &[(Dialect, &str)])] = &[
    (
        "/",
        &[
            (Dialect::Ollama, "Ollama is running"),
            (Dialect::LlamaCpp, "<title>llama.cpp</title>"),
            (Dialect::LlamaCppRouter, "<title>llama.cpp</title>"),
            // A borrowed greeting.
            (Dialect::Sglang, "Ollama is running"),
            (Dialect::LocalAi, "Ollama is running"),
            (Dialect::Jan, "<title>Jan API Server</title>"),
            (Dialect::KoboldCpp, "<title>KoboldAI Lite</title>"),
            (Dialect::DockerModelRunner, "Docker Model Runner is running"),
        ],
    ),
    (
        "/api/version",
        &[(Dialect::Ollama, "\"version\""), (Dialect::LocalAi, "0.9.0"), (Dialect::KoboldCpp, "0.7.0")],
    ),
    ("/.well-known/localai.json", &[(Dialect::LocalAi, "\"version\"")]),
    ("/system", &[(Dialect::LocalAi, "\"backends\"")]),
    ("/v1/models/capabilities", &[(Dialect::LocalAi, "\"context_size\":8192")]),
    ("/api/extra/version", &[(Dialect::KoboldCpp, "\"KoboldCpp\"")]),
    ("/api/extra/true_max_context_length", &[(Dialect::KoboldCpp, "8192")]),
    ("/v1/internal/model/info", &[(Dialect::TextGenerationWebui, "\"loader\"")]),
    ("/engines/v1/models", &[(Dialect::DockerModelRunner, "\"context_window\":8192")]),
    (
        "/openapi.json",
        &[(Dialect::Jan, "Jan API"), (Dialect::TextGenerationWebui, "/v1/internal/model/info")],
    ),
    (
        "/api/tags",
        &[
            (Dialect::Ollama, "\"quantization_level\""),
            (Dialect::Sglang, "\"models\""),
            (Dialect::LlamaCpp, "llamacpp"),
            (Dialect::LlamaCppLoading, "llamacpp"),
            (Dialect::LocalAi, "\"models\""),
            (Dialect::KoboldCpp, "\"models\""),
        ],
    ),
    ("/api/ps", &[(Dialect::Ollama, "\"context_length\":4096"), (Dialect::LocalAi, "\"models\"")]),
    ("/api/v0/models", &[(Dialect::LmStudio, "\"state\":\"loaded\"")]),
    ("/api/v1/models", &[(Dialect::LmStudio, "\"loaded_instances\"")]),
    (
        "/health",
        &[
            (Dialect::LlamaCpp, "{\"status\":\"ok\"}"),
            (Dialect::LlamaCppRouter, "{\"status\":\"ok\"}"),
            (Dialect::Vllm, ""),
            (Dialect::Sglang, ""),
            (Dialect::MlxLm, "ok"),
        ],
    ),
    (
        "/props",
        &[
            (Dialect::LlamaCpp, "\"n_ctx\":8192"),
            (Dialect::LlamaCppRouter, "\"role\":\"router\""),
            (Dialect::KoboldCpp, "\"n_ctx\":8192"),
        ],
    ),
    ("/version", &[(Dialect::Vllm, "\"version\""), (Dialect::DockerModelRunner, "\"version\"")]),
    ("/server_info", &[(Dialect::Sglang, "\"context_length\"")]),
    ("/get_server_info", &[(Dialect::Sglang, "\"context_length\"")]),
    ("/v1/models/deepseek-v4-flash", &[(Dialect::Ds4, "\"deepseek-v4-flash\"")]),
    ("/user/balance", &[(Dialect::Deepseek, "\"total_balance\":\"10.00\"")]),
    (
        "/v1/models",
        &[
            (Dialect::Deepseek, "\"owned_by\":\"deepseek\""),
            (Dialect::Ollama, "\"library\""),
            (Dialect::LmStudio, "\"data\""),
            (Dialect::LlamaCpp, "\"llamacpp\""),
            (Dialect::LlamaCppLoading, "\"llamacpp\""),
            (Dialect::Vllm, "\"max_model_len\":40960"),
            (Dialect::Sglang, "\"sglang\""),
            (Dialect::MlxLm, "\"mlx-community/Qwen3-8B-4bit\""),
            (Dialect::Ds4, "\"data\""),
            (Dialect::Jan, "\"llama.cpp\""),
            (Dialect::LlamaCppRouter, "\"value\":\"unloaded\""),
            (Dialect::LocalAi, "\"qwen3-8b\""),
            (Dialect::KoboldCpp, "\"koboldcpp\""),
            (Dialect::TextGenerationWebui, "\"user\""),
            (Dialect::Gpt4all, "\"humanity\""),
            (Dialect::Openai, "\"some-model\""),
        ],
    ),
];

#[tokio::test]
async fn each_server_answers_its_fingerprints_and_no_others() {
    for dialect in Dialect::ALL {
        let server = FakeV4::start_as(*dialect).await;
        for (path, answers) in FINGERPRINTS {
            let response = get(&server, path).await;
            let known = answers.iter().find(|(other, _)| other == dialect);
            match known {
                Some((_, text)) => {
                    assert_eq!(response.status, 200, "{dialect:?} {path}");
                    assert!(response.text().contains(text), "{dialect:?} {path}: {}", response.text());
                }
                None if *dialect == Dialect::LmStudio => {
                    assert!(
                        response.text().contains("Unexpected endpoint"),
                        "LM Studio says 200 to everything: {path}"
                    );
                }
                None if *dialect == Dialect::LlamaCppLoading => assert_eq!(response.status, 503, "{path}"),
                None => assert_eq!(response.status, 404, "{dialect:?} {path}: {}", response.text()),
            }
        }
    }
}

#[tokio::test]
async fn mlx_and_local_ai_name_no_owner() {
    for dialect in [Dialect::MlxLm, Dialect::LocalAi] {
        let server = FakeV4::start_as(dialect).await;
        assert!(!get(&server, "/v1/models").await.text().contains("owned_by"), "{dialect:?}");
    }
}

#[tokio::test]
async fn a_router_tells_of_loaded_models_only() {
    let server = FakeV4::start_as(Dialect::LlamaCppRouter).await;
    let props = async |model: &str| get(&server, &format!("/props?model={model}")).await;
    assert_eq!(
        props("ggml-org%2FQwen3-8B-GGUF%3AQ4_K_M").await.json()["default_generation_settings"]["n_ctx"],
        8192
    );
    assert_eq!(props("my+models%2Fa%26b").await.status, 400);
    server.change(|settings| settings.loaded = Some(3));
    assert_eq!(props("my+models%2Fa%26b").await.status, 200);
}

/// What a request with a wrong key is answered, and what everyone is shown all the same.
#[tokio::test]
async fn each_server_asks_for_its_key_in_its_own_words() {
    let cases: &[(Dialect, u16, &str, &[&str])] = &[
        (Dialect::Ollama, 200, "\"choices\"", &["/v1/models"]),
        (Dialect::LmStudio, 401, "An LM Studio API token is required", &[]),
        (Dialect::LlamaCpp, 401, "\"type\":\"authentication_error\"", &["/health", "/v1/models"]),
        (Dialect::LlamaCppRouter, 401, "\"type\":\"authentication_error\"", &["/health", "/v1/models"]),
        (Dialect::Vllm, 401, "{\"error\":\"Unauthorized\"}", &["/health", "/version"]),
        (Dialect::Sglang, 401, "{\"error\":\"Unauthorized\"}", &["/health"]),
        (Dialect::Jan, 401, "Invalid or missing authorization token", &["/openapi.json"]),
        (Dialect::LocalAi, 401, "An authentication key is required", &["/.well-known/localai.json"]),
        (
            Dialect::KoboldCpp,
            401,
            "Authentication key is missing or invalid.",
            &["/v1/models", "/api/extra/version"],
        ),
        (Dialect::TextGenerationWebui, 401, "{\"detail\":\"Unauthorized\"}", &["/openapi.json"]),
        (Dialect::DockerModelRunner, 200, "\"choices\"", &["/engines/v1/models"]),
    ];
    for (dialect, status, words, open) in cases {
        let server = FakeV4::start_as(*dialect).await;
        server.set_key(Some("sk-other"));
        let body = streamed(dialect.models()[0], &json!({})).to_string();
        let base = if *dialect == Dialect::DockerModelRunner { "/engines/v1" } else { "/v1" };
        let mut client = Client::connect(&server).await;
        client.send("POST", &format!("{base}/chat/completions"), Some("sk-test"), &body).await;
        let answer = client.response().await.unwrap();
        assert_eq!(answer.status, *status, "{dialect:?}");
        assert!(answer.text().contains(words), "{dialect:?}: {}", answer.text());
        for path in *open {
            assert_eq!(get(&server, path).await.status, 200, "{dialect:?} {path}");
        }
    }
}

#[tokio::test]
async fn gpt4all_answers_in_one_piece_only() {
    let server = FakeV4::start_as(Dialect::Gpt4all).await;
    let refused = exchange(&server, &streamed(Dialect::Gpt4all.models()[0], &json!({}))).await;
    assert_eq!(refused.status, 400);
    let answer =
        exchange(&server, &streamed(Dialect::Gpt4all.models()[0], &json!({"stream": false}))).await.json();
    assert!(answer["choices"][0]["message"]["content"].is_string());
}

#[tokio::test]
async fn llama_cpp_can_finish_loading() {
    let server = FakeV4::start_as(Dialect::LlamaCppLoading).await;
    let body = streamed("any", &json!({}));
    let loading = exchange(&server, &body).await;
    assert_eq!(loading.status, 503);
    assert_eq!(
        loading.json(),
        json!({"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}})
    );
    server.set_dialect(Dialect::LlamaCpp);
    assert_eq!(exchange(&server, &body).await.status, 200);
}

#[tokio::test]
async fn unknown_models_are_refused_where_they_are() {
    for (dialect, status) in [
        (Dialect::Ollama, 404),
        (Dialect::Vllm, 404),
        (Dialect::Sglang, 404),
        (Dialect::MlxLm, 404),
        (Dialect::LlamaCpp, 200),
        (Dialect::Ds4, 200),
    ] {
        let server = FakeV4::start_as(dialect).await;
        server.reply(Script::answer("Yes."));
        assert_eq!(exchange(&server, &streamed("nobody", &json!({}))).await.status, status, "{dialect:?}");
    }
}

#[tokio::test]
async fn deepseek_answers_with_and_without_v1() {
    let server = FakeV4::start().await;
    for path in ["/models", "/v1/models", "/beta/models"] {
        let expected = "{\"object\":\"list\",\"data\":[\
                        {\"id\":\"deepseek-flash\",\"object\":\"model\",\"owned_by\":\"deepseek\"},\
                        {\"id\":\"deepseek-v4-pro\",\"object\":\"model\",\"owned_by\":\"deepseek\"}]}";
        assert_eq!(get(&server, path).await.text(), expected, "{path}");
    }
}

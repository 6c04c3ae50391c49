use porthole_tests::fake_v4::{Dialect, FakeV4, Script};
use serde_json::json;

use crate::client::{exchange, get, streamed};

/// Which dialects answer a route, and with what in the body.
const FINGERPRINTS: &[(&str, &[(Dialect, &str)])] = &[
    ("/", &[(Dialect::Ollama, "Ollama is running"), (Dialect::LlamaCpp, "<title>llama.cpp</title>")]),
    ("/api/version", &[(Dialect::Ollama, "\"version\"")]),
    (
        "/api/tags",
        &[
            (Dialect::Ollama, "\"quantization_level\""),
            (Dialect::Sglang, "\"models\""),
            (Dialect::LlamaCpp, "llamacpp"),
            (Dialect::LlamaCppLoading, "llamacpp"),
        ],
    ),
    ("/api/ps", &[(Dialect::Ollama, "\"context_length\":4096")]),
    ("/api/v0/models", &[(Dialect::LmStudio, "\"state\":\"loaded\"")]),
    ("/api/v1/models", &[(Dialect::LmStudio, "\"loaded_instances\"")]),
    (
        "/health",
        &[
            (Dialect::LlamaCpp, "{\"status\":\"ok\"}"),
            (Dialect::Vllm, ""),
            (Dialect::Sglang, ""),
            (Dialect::MlxLm, "ok"),
        ],
    ),
    ("/props", &[(Dialect::LlamaCpp, "\"n_ctx\":8192")]),
    ("/version", &[(Dialect::Vllm, "\"version\"")]),
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
async fn mlx_names_no_owner() {
    let server = FakeV4::start_as(Dialect::MlxLm).await;
    assert!(!get(&server, "/v1/models").await.text().contains("owned_by"));
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

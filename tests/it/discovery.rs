//! Which server answers, what its models can do and whether it wants a key: one test per row of the
//! table of local servers in docs/conformance.md. All stand-ins listen on a free port, so nothing here can be
//! told by its port.

use porthole_core::domain::{Code, Effort, Model, ServerKind};
use porthole_core::provider::{Discovered, Endpoint, Reach, Readiness, discover, identify};
use porthole_core::secrets::Secret;
use porthole_tests::fake_v4::{Dialect, FakeV4, Script, Settings};
use porthole_tests::harness::{Home, app_with, ask, question, words_of};
use serde_json::json;
use url::Url;

const OFF_AND_ON: &[Effort] = &[Effort::Off, Effort::High];
const LEVELS: &[Effort] = &[Effort::Low, Effort::High, Effort::Max];
const ALL: &[Effort] = &[Effort::Off, Effort::Low, Effort::High, Effort::Max];
const NEVER: &[Effort] = &[];

/// A model as a row of the table promises it: id, window, whether it sees, how it can be told to think.
type Row = (&'static str, Option<u32>, Option<bool>, Option<&'static [Effort]>);

fn url_of(server: &FakeV4) -> Url {
    Url::parse(&server.url()).unwrap()
}

fn endpoint(server: &FakeV4, path: &str, key: Option<&str>) -> Endpoint {
    let url = Url::parse(&format!("{}{path}", server.url())).unwrap();
    Endpoint {
        key: key.map(|key| Secret::new(key.to_owned())),
        ..Endpoint::new("here", ServerKind::OpenAi, url)
    }
}

/// What is found at the stand-in; other programs on this computer do not concern the test.
async fn found(server: &FakeV4) -> Option<Discovered> {
    let port = url_of(server).port();
    let found = discover(&Reach::unlocked().unwrap(), &[url_of(server)]).await;
    found.into_iter().find(|found| found.url.port() == port)
}

/// A model as a row has it.
type Seen<'a> = (&'a str, Option<u32>, Option<bool>, Option<&'a [Effort]>);

fn rows(models: &[Model]) -> Vec<Seen<'_>> {
    models
        .iter()
        .map(|model| (model.id.as_str(), model.context_tokens, model.vision, model.efforts.as_deref()))
        .collect()
}

/// The server is found automatically, and recognised when its address was typed, with or without the path.
async fn check(settings: Settings, kind: ServerKind, path: &str, expected: &[Row]) {
    let server = FakeV4::start_with(settings).await.unwrap();
    let reach = Reach::unlocked().unwrap();
    let mut seen = vec![Box::pin(found(&server)).await.expect("the server is found")];
    for typed in ["", "/", path] {
        seen.push(Box::pin(identify(&reach, &endpoint(&server, typed, None))).await.unwrap());
    }
    for found in seen {
        assert_eq!((found.kind, found.state), (kind, Readiness::Ready));
        assert_eq!(rows(&found.models), expected);
        if kind == ServerKind::DockerModelRunner {
            assert_eq!(found.url.path(), path);
        }
    }
}

fn standing(dialect: Dialect) -> Settings {
    Settings { dialect, ..Settings::default() }
}

#[tokio::test]
async fn ollama_tells_the_window_of_what_is_loaded_and_what_each_model_can() {
    let expected: &[Row] = &[
        ("qwen3:8b", Some(4096), Some(false), Some(OFF_AND_ON)),
        ("llama3.2:latest", None, Some(false), Some(NEVER)),
        ("gpt-oss:20b", None, Some(false), Some(LEVELS)),
        ("gemma3:4b", None, Some(true), Some(NEVER)),
    ];
    check(standing(Dialect::Ollama), ServerKind::Ollama, "/v1", expected).await;
}

#[tokio::test]
async fn lm_studio_tells_the_window_of_the_loaded_instance() {
    let expected: &[Row] = &[
        ("openai/gpt-oss-20b", Some(4096), Some(false), Some(&[Effort::Low, Effort::High])),
        ("qwen/qwen3-8b", None, Some(false), Some(OFF_AND_ON)),
        ("google/gemma-3-4b", None, Some(true), Some(NEVER)),
    ];
    check(standing(Dialect::LmStudio), ServerKind::LmStudio, "/v1", expected).await;
}

#[tokio::test]
async fn llama_cpp_tells_the_window_of_a_slot_and_its_template() {
    let expected: &[Row] = &[("Qwen3-8B-Q4_K_M.gguf", Some(8192), Some(false), Some(OFF_AND_ON))];
    check(standing(Dialect::LlamaCpp), ServerKind::LlamaCpp, "/v1", expected).await;
    let v4 = Settings {
        chat_template: Some("{% if thinking %}{% if reasoning_effort == 'max' %}".to_owned()),
        ..standing(Dialect::LlamaCpp)
    };
    check(v4, ServerKind::LlamaCpp, "/v1", &[("Qwen3-8B-Q4_K_M.gguf", Some(8192), Some(false), Some(ALL))])
        .await;
    let plain = Settings { chat_template: Some("{{ messages }}".to_owned()), ..standing(Dialect::LlamaCpp) };
    check(
        plain,
        ServerKind::LlamaCpp,
        "/v1",
        &[("Qwen3-8B-Q4_K_M.gguf", Some(8192), Some(false), Some(NEVER))],
    )
    .await;
}

#[tokio::test]
async fn llama_cpp_says_that_it_is_loading() {
    let server = FakeV4::start_as(Dialect::LlamaCppLoading).await;
    let waiting = found(&server).await.unwrap();
    assert_eq!((waiting.kind, waiting.state), (ServerKind::LlamaCpp, Readiness::Loading));
    let typed = identify(&Reach::unlocked().unwrap(), &endpoint(&server, "", None)).await.unwrap();
    assert_eq!((typed.kind, typed.state), (ServerKind::LlamaCpp, Readiness::Loading));
    server.set_dialect(Dialect::LlamaCpp);
    assert_eq!(found(&server).await.unwrap().state, Readiness::Ready);
}

#[tokio::test]
async fn a_llama_cpp_router_tells_of_loaded_models_and_loads_none() {
    let ids = Dialect::LlamaCppRouter.models();
    let expected: &[Row] = &[
        (ids[0], Some(8192), Some(false), Some(OFF_AND_ON)),
        (ids[1], None, None, None),
        (ids[2], None, None, None),
    ];
    check(standing(Dialect::LlamaCppRouter), ServerKind::LlamaCpp, "/v1", expected).await;

    let server =
        FakeV4::start_with(Settings { loaded: Some(3), ..standing(Dialect::LlamaCppRouter) }).await.unwrap();
    let all = found(&server).await.unwrap();
    assert!(all.models.iter().all(|model| model.context_tokens == Some(8192)), "odd names too: {all:?}");
    server.change(|settings| settings.loaded = Some(0));
    let before = server.requests().len();
    found(&server).await.unwrap();
    let asked = server.requests().into_iter().skip(before);
    assert!(asked.into_iter().all(|request| request.query.is_none()), "a question would load a model");
}

#[tokio::test]
async fn vllm_tells_its_longest_model_length() {
    check(standing(Dialect::Vllm), ServerKind::Vllm, "/v1", &[("Qwen/Qwen3-8B", Some(40_960), None, None)])
        .await;
}

#[tokio::test]
async fn sglang_is_not_taken_for_ollama() {
    let expected: &[Row] = &[("deepseek-ai/DeepSeek-V4-Flash", Some(131_072), None, None)];
    check(standing(Dialect::Sglang), ServerKind::Sglang, "/v1", expected).await;
}

#[tokio::test]
async fn ds4_thinks_as_deepseek_does() {
    let expected: &[Row] = &[("deepseek-v4-flash", Some(131_072), None, Some(ALL))];
    check(standing(Dialect::Ds4), ServerKind::Ds4, "/v1", expected).await;
}

#[tokio::test]
async fn jan_is_not_taken_for_the_llama_cpp_it_runs() {
    check(standing(Dialect::Jan), ServerKind::Jan, "/v1", &[("Jan-v1-4B-Q4_K_M", None, None, None)]).await;
}

#[tokio::test]
async fn local_ai_is_not_taken_for_ollama() {
    let expected: &[Row] = &[("qwen3-8b", Some(8192), Some(true), None)];
    check(standing(Dialect::LocalAi), ServerKind::LocalAi, "/v1", expected).await;
}

#[tokio::test]
async fn kobold_cpp_is_not_taken_for_those_it_imitates() {
    let expected: &[Row] = &[("koboldcpp/Qwen3-8B-Q4_K_M", Some(8192), Some(false), None)];
    check(standing(Dialect::KoboldCpp), ServerKind::KoboldCpp, "/v1", expected).await;
}

#[tokio::test]
async fn text_generation_webui_is_told_by_its_own_path() {
    let expected: &[Row] = &[("Qwen3-8B-Q4_K_M.gguf", None, None, None)];
    check(standing(Dialect::TextGenerationWebui), ServerKind::TextGenerationWebui, "/v1", expected).await;
}

#[tokio::test]
async fn mlx_lm_names_no_owner() {
    let expected: &[Row] = &[("mlx-community/Qwen3-8B-4bit", None, None, None)];
    check(standing(Dialect::MlxLm), ServerKind::MlxLm, "/v1", expected).await;
}

#[tokio::test]
async fn gpt4all_is_owned_by_humanity() {
    let expected: &[Row] = &[("Llama 3.2 3B Instruct", None, None, None)];
    check(standing(Dialect::Gpt4all), ServerKind::Gpt4All, "/v1", expected).await;
}

#[tokio::test]
async fn docker_model_runner_has_its_doors_elsewhere() {
    let expected: &[Row] = &[("ai/qwen3:8B-Q4_K_M", Some(8192), None, None)];
    check(standing(Dialect::DockerModelRunner), ServerKind::DockerModelRunner, "/engines/v1", expected).await;
}

#[tokio::test]
async fn anyone_else_is_openai_compatible() {
    check(standing(Dialect::Openai), ServerKind::OpenAi, "/v1", &[("some-model", None, None, None)]).await;
}

/// Which servers are found without their key, and that the key is then checked.
#[tokio::test]
async fn a_server_behind_a_key_is_found_and_says_so() {
    let reach = Reach::unlocked().unwrap();
    for (dialect, kind, refuses_wrong_keys) in [
        (Dialect::LmStudio, ServerKind::LmStudio, true),
        (Dialect::Jan, ServerKind::Jan, true),
        (Dialect::LlamaCpp, ServerKind::LlamaCpp, true),
        (Dialect::LlamaCppRouter, ServerKind::LlamaCpp, true),
        (Dialect::Vllm, ServerKind::Vllm, true),
        (Dialect::LocalAi, ServerKind::LocalAi, true),
        (Dialect::TextGenerationWebui, ServerKind::TextGenerationWebui, true),
        // Nothing that can be asked without making it generate needs the password.
        (Dialect::KoboldCpp, ServerKind::KoboldCpp, false),
    ] {
        let server = FakeV4::start_as(dialect).await;
        server.set_key(Some("sk-right"));
        let closed = found(&server).await.unwrap_or_else(|| panic!("{dialect:?} is not found"));
        assert_eq!((closed.kind, closed.state), (kind, Readiness::NeedsKey), "{dialect:?}");
        let typed = identify(&reach, &endpoint(&server, "", None)).await.unwrap();
        assert_eq!((typed.kind, typed.state), (kind, Readiness::NeedsKey), "{dialect:?}");
        // llama.cpp has its routes at the root as well.
        assert!(kind == ServerKind::LlamaCpp || typed.url.path() == "/v1", "{dialect:?}");
        let open = identify(&reach, &endpoint(&server, "/v1", Some("sk-right"))).await.unwrap();
        assert_eq!((open.kind, open.state), (kind, Readiness::Ready), "{dialect:?}");
        assert!(!open.models.is_empty(), "{dialect:?}");
        let wrong = identify(&reach, &endpoint(&server, "/v1", Some("sk-wrong"))).await;
        match wrong {
            Err(failure) => {
                assert_eq!((failure.code, refuses_wrong_keys), (Code::Unauthorized, true), "{dialect:?}");
            }
            Ok(_) => assert!(!refuses_wrong_keys, "{dialect:?}"),
        }
    }
}

#[tokio::test]
async fn a_library_of_two_hundred_models_is_not_two_hundred_questions() {
    let models = (0..200).map(|number| format!("qwen3:{number}")).collect();
    let settings = Settings { models: Some(models), loaded: Some(3), ..standing(Dialect::Ollama) };
    let server = FakeV4::start_with(settings).await.unwrap();
    let found = found(&server).await.unwrap();
    assert_eq!(found.models.len(), 200);
    let shown: Vec<String> = server
        .requests()
        .iter()
        .filter(|request| request.path == "/api/show")
        .map(|request| request.json.as_ref().unwrap()["model"].as_str().unwrap().to_owned())
        .collect();
    assert!(shown.len() <= 8, "{shown:?}");
    for loaded in ["qwen3:0", "qwen3:1", "qwen3:2"] {
        assert!(shown.iter().any(|asked| asked == loaded), "{loaded} is loaded: {shown:?}");
    }
}

#[tokio::test]
async fn a_server_that_answers_in_one_piece_is_understood() {
    let server = FakeV4::start_as(Dialect::Gpt4all).await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::Gpt4All).await;
    server.reply(Script::answer("All at once."));
    let reply = ask(&app, question(None, &model, "How?")).await;
    assert_eq!(words_of(&reply).1, "All at once.");
}

#[tokio::test]
async fn a_server_that_refuses_stream_options_is_asked_without_and_remembered() {
    let server = FakeV4::start_as(Dialect::Openai).await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::OpenAi).await;
    server.reply(Script::unknown_field("stream_options"));
    server.reply(Script::answer("One."));
    server.reply(Script::answer("Two."));
    let first = ask(&app, question(None, &model, "a")).await;
    assert_eq!(words_of(&first).1, "One.");
    let second = ask(&app, question(Some(first.conversation), &model, "b")).await;
    assert_eq!(words_of(&second).1, "Two.");
    let options: Vec<_> =
        server.chats().into_iter().map(|chat| chat.json.unwrap().get("stream_options").cloned()).collect();
    assert_eq!(options, [Some(json!({"include_usage": true})), None, None]);
}

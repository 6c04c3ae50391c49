//! One test for each row and item under "Local servers" in docs/conformance.md: which server it is, how its thinking
//! is switched, how large its window really is, and what its stream is allowed to be.

use porthole_core::domain::{
    ChatSettings, Code, Effort, FinishReason, Message, MessageState, Part, ServerKind,
};
use porthole_core::{SendRequest, Server, ServerState, ServerToAdd};
use porthole_tests::fake_v4::{
    Cut, Dialect, Ending, ErrorForm, FakeV4, Script, Settings, ThinkingPlace, ToolCallIds, UsageNumbers,
    UsagePlacement,
};
use porthole_tests::harness::{Home, ask, question, words_of};
use serde_json::{Value, json};

/// What the app makes of a server with that dialect, added by its bare address and without a kind.
async fn found(dialect: Dialect) -> (FakeV4, Home, porthole_core::App, Server) {
    let fake = FakeV4::start_as(dialect).await;
    let home = Home::new();
    let app = home.open().unwrap();
    let path = if dialect == Dialect::DockerModelRunner { "/engines/v1" } else { "" };
    let to_add = ServerToAdd::new("fake", format!("{}{path}", fake.url()), ServerKind::OpenAi);
    let server = app.add_server(to_add).await.unwrap();
    (fake, home, app, server)
}

async fn check_row(dialect: Dialect, kind: ServerKind, tells_window: bool) {
    let (fake, _home, app, server) = found(dialect).await;
    assert_eq!(server.kind, kind, "told by its answers");
    assert_eq!(server.state, ServerState::Ready);
    let model = server.models.first().expect("it lists a model");
    let window = tells_window.then(|| u32::try_from(dialect.context()).unwrap());
    assert_eq!(model.context_tokens, window, "{} of {dialect:?}", model.id);
    fake.reply(Script::answer("Here I am."));
    let choice = porthole_core::domain::ModelChoice { server: server.id, model: model.id.clone() };
    let reply = ask(&app, question(None, &choice, "Who is there?")).await;
    assert_eq!(words_of(&reply).1, "Here I am.", "{:?}", reply.failure);
    assert_eq!(reply.state, MessageState::Complete);
}

macro_rules! rows {
    ($($name:ident: $dialect:ident is $kind:ident, $window:literal;)*) => {
        $(#[tokio::test]
        async fn $name() {
            check_row(Dialect::$dialect, ServerKind::$kind, $window).await;
        })*
    };
}

rows! {
    row_3_1_ollama: Ollama is Ollama, true;
    row_3_1_lm_studio: LmStudio is LmStudio, true;
    row_3_1_llama_cpp: LlamaCpp is LlamaCpp, true;
    row_3_1_llama_cpp_router: LlamaCppRouter is LlamaCpp, true;
    row_3_1_vllm: Vllm is Vllm, true;
    row_3_1_sglang: Sglang is Sglang, true;
    row_3_1_ds4: Ds4 is Ds4, true;
    row_3_1_jan: Jan is Jan, false;
    row_3_1_local_ai: LocalAi is LocalAi, true;
    row_3_1_kobold_cpp: KoboldCpp is KoboldCpp, true;
    row_3_1_text_generation_webui: TextGenerationWebui is TextGenerationWebui, false;
    row_3_1_mlx_lm: MlxLm is MlxLm, false;
    row_3_1_gpt4all: Gpt4all is Gpt4All, false;
    row_3_1_docker_model_runner: DockerModelRunner is DockerModelRunner, true;
}

#[tokio::test]
async fn row_3_1_a_server_with_a_key_says_that_it_wants_one() {
    for dialect in [Dialect::LmStudio, Dialect::LlamaCpp, Dialect::Vllm, Dialect::Sglang, Dialect::Jan] {
        let settings =
            Settings { dialect, key: Some("sk-local-0123456789".to_owned()), ..Settings::default() };
        let fake = FakeV4::start_with(settings).await.unwrap();
        let home = Home::new();
        let app = home.open().unwrap();
        let to_add = ServerToAdd::new("rack", fake.url(), ServerKind::OpenAi);
        let server = app.add_server(to_add).await.unwrap();
        let needs = |server: &Server| match &server.state {
            ServerState::Unreachable { failure } => failure.code == Code::Unauthorized,
            ServerState::Checking | ServerState::Ready => false,
        };
        assert!(needs(&server) && server.key.needed, "{dialect:?}: {:?}", server.state);
        let key = porthole_core::secrets::Secret::new("sk-local-0123456789".to_owned());
        let server = app.set_key(server.id, key, porthole_core::KeepKey::Keychain).await.unwrap();
        assert_eq!(server.state, ServerState::Ready, "{dialect:?}");
    }
}

/// The body that reaches a server with that dialect for that effort.
async fn switched(dialect: Dialect, kind: ServerKind, effort: Effort) -> Value {
    let fake = FakeV4::start_as(dialect).await;
    let home = Home::new();
    let app = home.open().unwrap();
    let server = app.add_server(ServerToAdd::new("fake", format!("{}/v1", fake.url()), kind)).await.unwrap();
    let choice =
        porthole_core::domain::ModelChoice { server: server.id, model: dialect.models()[0].to_owned() };
    // A model that cannot think is not told how long to think.
    let settings = ChatSettings { effort: Some(effort), ..ChatSettings::default() };
    ask(&app, SendRequest { settings, ..question(None, &choice, "?") }).await;
    fake.chats()[0].json.clone().unwrap()
}

#[tokio::test]
async fn item_3_2_ollama_takes_levels_and_none() {
    let body = async |effort| switched(Dialect::Ollama, ServerKind::Ollama, effort).await;
    assert_eq!(body(Effort::Off).await["reasoning_effort"], json!("none"));
    assert_eq!(body(Effort::High).await["reasoning_effort"], json!("high"));
}

#[tokio::test]
async fn item_3_2_llama_cpp_takes_a_level_and_its_templates_switch() {
    let body = switched(Dialect::LlamaCpp, ServerKind::LlamaCpp, Effort::Off).await;
    assert_eq!(body["reasoning_effort"], json!("none"));
    assert_eq!(body["chat_template_kwargs"]["enable_thinking"], json!(false));
}

#[tokio::test]
async fn item_3_2_vllm_and_sglang_take_both_names_of_the_templates_switch() {
    for (dialect, kind) in [
        (Dialect::Vllm, ServerKind::Vllm),
        (Dialect::Sglang, ServerKind::Sglang),
        (Dialect::MlxLm, ServerKind::MlxLm),
    ] {
        let body = switched(dialect, kind, Effort::Off).await;
        assert_eq!(
            body["chat_template_kwargs"],
            json!({"enable_thinking": false, "thinking": false}),
            "{dialect:?}"
        );
    }
}

#[tokio::test]
async fn item_3_2_ds4_takes_deepseeks_own_switches() {
    let body = switched(Dialect::Ds4, ServerKind::Ds4, Effort::Max).await;
    assert_eq!((&body["thinking"]["type"], &body["reasoning_effort"]), (&json!("enabled"), &json!("max")));
}

/// The window that is shown is the one granted, not the one the model could take.
#[tokio::test]
async fn item_3_3_the_window_is_the_real_one() {
    for dialect in [Dialect::Ollama, Dialect::LmStudio, Dialect::LlamaCpp] {
        let settings = Settings { dialect, context: Some(6_144), ..Settings::default() };
        let fake = FakeV4::start_with(settings).await.unwrap();
        let home = Home::new();
        let app = home.open().unwrap();
        let server = app.add_server(ServerToAdd::new("fake", fake.url(), ServerKind::OpenAi)).await.unwrap();
        assert_eq!(server.models[0].context_tokens, Some(6_144), "{dialect:?}");
    }
}

/// Asks a server of that dialect that answers with `script`.
async fn reply_of(dialect: Dialect, script: Script) -> Message {
    let (fake, _home, app, server) = found(dialect).await;
    fake.reply_always(script);
    let model =
        server.models.first().map_or_else(|| dialect.models()[0].to_owned(), |model| model.id.clone());
    let choice = porthole_core::domain::ModelChoice { server: server.id, model };
    ask(&app, question(None, &choice, "?")).await
}

async fn check_words(dialect: Dialect, script: Script, thinking: &str, text: &str) {
    let reply = reply_of(dialect, script).await;
    let (thought, said) = words_of(&reply);
    assert_eq!((thought.trim_end(), said.as_str()), (thinking, text), "{dialect:?}: {:?}", reply.failure);
    assert_eq!(reply.state, MessageState::Complete, "{dialect:?}");
}

#[tokio::test]
async fn item_3_4_01_thinking_comes_under_every_name_and_inline() {
    let script = |place| Script::answer("So.").thinking("Hm.").thinking_in(place).chunk_characters(3);
    for (dialect, place) in [
        (Dialect::LlamaCpp, ThinkingPlace::ReasoningContent),
        (Dialect::Vllm, ThinkingPlace::Reasoning),
        (Dialect::LmStudio, ThinkingPlace::Inline),
        (Dialect::Vllm, ThinkingPlace::InlineWithoutOpening),
    ] {
        check_words(dialect, script(place), "Hm.", "So.").await;
    }
}

#[tokio::test]
async fn item_3_4_02_the_role_may_come_once_or_always() {
    let script = Script::answer("So it is.").thinking("").chunk_characters(2);
    check_words(Dialect::Ollama, script.clone(), "", "So it is.").await;
    check_words(Dialect::MlxLm, script.role_on_every_chunk(), "", "So it is.").await;
}

#[tokio::test]
async fn item_3_4_03_usage_may_come_anywhere_or_not_at_all() {
    let numbers = UsageNumbers { prompt: 11, cached: 0, completion: 7, reasoning: 0 };
    for placement in [
        UsagePlacement::FinishChunk,
        UsagePlacement::TrailingChunk,
        UsagePlacement::EveryChunk,
        UsagePlacement::Never,
    ] {
        let script = Script::answer("So.").thinking("").usage(numbers).usage_on(placement);
        let usage = reply_of(Dialect::Vllm, script).await.usage;
        let expected = (placement != UsagePlacement::Never).then_some((11, 7));
        assert_eq!(usage.prompt_tokens.zip(usage.completion_tokens), expected, "{placement:?}");
    }
}

#[tokio::test]
async fn item_3_4_04_llama_cpps_timings_count_its_tokens() {
    let numbers = UsageNumbers { prompt: 11, cached: 4, completion: 7, reasoning: 0 };
    let reply = reply_of(Dialect::LlamaCpp, Script::answer("So.").thinking("").usage(numbers)).await;
    let usage = reply.usage;
    assert_eq!((usage.prompt_tokens, usage.completion_tokens), (Some(11), Some(7)));
    assert!(reply.timing.first_token_ms.is_some() && reply.timing.total_ms.is_some());
}

#[tokio::test]
async fn item_3_4_05_comments_are_life_and_no_text() {
    for dialect in [Dialect::MlxLm, Dialect::Ds4, Dialect::LlamaCpp] {
        check_words(dialect, Script::answer("So.").thinking("").keep_alives_first(3), "", "So.").await;
    }
}

#[tokio::test]
async fn item_3_4_06_an_error_in_the_stream_is_told_in_whatever_form() {
    for (dialect, form) in [
        (Dialect::Sglang, ErrorForm::Data),
        (Dialect::Ds4, ErrorForm::NamedEvent),
        (Dialect::LlamaCpp, ErrorForm::Line),
        (Dialect::Vllm, ErrorForm::Unframed),
        (Dialect::MlxLm, ErrorForm::Text),
        (Dialect::LmStudio, ErrorForm::TypeAndMessage),
        (Dialect::Vllm, ErrorForm::ObjectError),
    ] {
        let script = Script::answer("One two three").thinking("").chunk_characters(4);
        let reply = reply_of(dialect, script.error_after(2, form, "the machine broke")).await;
        let failure = reply.failure.as_ref().unwrap_or_else(|| panic!("{form:?} is told"));
        assert_eq!(failure.code, Code::ServerError, "{form:?}");
        assert!(failure.detail.as_deref().unwrap_or_default().contains("the machine broke"), "{form:?}");
        assert_eq!(words_of(&reply).1, "One ", "{form:?}: the text is kept");
    }
    let page = Script::http(200, "text/html", "<html><title>502 Bad Gateway</title></html>");
    assert_eq!(reply_of(Dialect::Vllm, page).await.failure.unwrap().code, Code::Malformed);
}

#[tokio::test]
async fn item_3_4_07_a_reason_completes_and_its_lack_cuts_off() {
    let script = || Script::answer("So it is.").thinking("").chunk_characters(3);
    let whole = reply_of(Dialect::LlamaCpp, script().without_done()).await;
    assert_eq!((whole.state, whole.finish_reason), (MessageState::Complete, Some(FinishReason::Stop)));
    assert!(whole.notes.is_empty(), "for a local server that is nothing to note");
    let cut = reply_of(Dialect::LlamaCpp, script().cut_after(3, Cut::EndOfBody)).await;
    assert_eq!(cut.state, MessageState::CutOff);
    assert!(words_of(&cut).1.starts_with("So"), "the text is kept");
}

#[tokio::test]
async fn item_3_4_08_tool_calls_come_whole_or_in_pieces_with_any_ids() {
    for (dialect, ids, whole) in [
        (Dialect::Ollama, ToolCallIds::Sent, true),
        (Dialect::MlxLm, ToolCallIds::Missing, true),
        (Dialect::Vllm, ToolCallIds::Repeated, false),
        (Dialect::Sglang, ToolCallIds::Blank, false),
    ] {
        let script = Script::tools()
            .tool_call("weather", r#"{"city":"Kiel"}"#)
            .tool_call("time", "{}")
            .tool_call_ids(ids)
            .whole_tool_calls(whole)
            .chunk_characters(3);
        let reply = reply_of(dialect, script).await;
        let calls: Vec<_> = reply
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::ToolCall(call) => Some(call.clone()),
                Part::Text(_) | Part::Thinking(_) | Part::Unknown { .. } => None,
            })
            .collect();
        let names: Vec<_> = calls.iter().map(|call| (call.name.as_str(), call.arguments.as_str())).collect();
        assert_eq!(names, [("weather", r#"{"city":"Kiel"}"#), ("time", "{}")], "{dialect:?}");
        assert!(!calls[0].id.is_empty() && calls[0].id != calls[1].id, "{dialect:?}: {calls:?}");
    }
}

#[tokio::test]
async fn item_3_4_09_an_unknown_reason_is_kept_as_it_came() {
    let reply = reply_of(Dialect::Sglang, Script::answer("So.").thinking("").finish("abort")).await;
    assert_eq!(reply.finish_reason, Some(FinishReason::Other("abort".to_owned())));
    let reply = reply_of(Dialect::Openai, Script::answer("So.").thinking("").finish("function_call")).await;
    assert_eq!(reply.finish_reason, Some(FinishReason::ToolCalls));
}

#[tokio::test]
async fn item_3_4_10_events_may_be_framed_and_cut_in_any_way() {
    let script = Script::answer("Größe 模型 🐋").thinking("").crlf().chunk_bytes(2);
    check_words(Dialect::Vllm, script, "", "Größe 模型 🐋").await;
}

#[tokio::test]
async fn item_3_4_11_a_document_instead_of_a_stream_is_a_reply() {
    let script = Script::answer("All at once.").thinking("Hm.").ending(Ending::WholeJson);
    check_words(Dialect::LlamaCpp, script, "Hm.", "All at once.").await;
}

#[tokio::test]
async fn item_3_4_12_a_server_that_loads_its_model_is_waited_for() {
    let fake = FakeV4::start_as(Dialect::LlamaCppLoading).await;
    let home = Home::new();
    let app = home.open().unwrap();
    let server = app.add_server(ServerToAdd::new("fake", fake.url(), ServerKind::OpenAi)).await.unwrap();
    assert!(
        matches!(&server.state, ServerState::Unreachable { failure } if failure.code == Code::Overloaded),
        "{:?}",
        server.state
    );
    let choice = porthole_core::domain::ModelChoice { server: server.id, model: "m".to_owned() };
    let running = app.ask(question(None, &choice, "Are you up?")).await.unwrap();
    fake.wait_for_chat(0).await;
    fake.set_dialect(Dialect::LlamaCpp);
    fake.reply(Script::answer("Now I am.").thinking(""));
    let reply = porthole_tests::harness::finish(&running).await;
    assert_eq!(words_of(&reply).1, "Now I am.", "{:?}", reply.failure);
}

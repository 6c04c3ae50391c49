//! One test for each fact 1.1 to 1.11 of docs/conformance.md that a chat client can get right or wrong.

use porthole_core::domain::{
    Cause, ChatSettings, Code, Effort, FinishReason, Message, MessageState, ModelChoice, Note, Part,
    ServerKind,
};
use porthole_core::secrets::Secret;
use porthole_core::{App, KeepKey, SendRequest};
use porthole_tests::fake_v4::{
    Balance, Cut, Ending, FakeV4, RecordedRequest, Script, Settings, UsageNumbers, UsagePlacement,
};
use porthole_tests::harness::{Home, app_with, ask, finish, question, words_of};
use serde_json::{Value, json};

/// The app with a stand-in for the hosted API, which checks requests as the API does.
struct Stage {
    server: FakeV4,
    _home: Home,
    app: App,
    model: ModelChoice,
}

impl Stage {
    async fn set() -> Self {
        Self::serving(FakeV4::start().await).await
    }

    async fn serving(server: FakeV4) -> Self {
        let home = Home::new();
        let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
        Self { server, _home: home, app, model }
    }

    async fn asks(&self, script: Script) -> Message {
        self.server.reply(script);
        ask(&self.app, question(None, &self.model, "?")).await
    }

    async fn asks_with(&self, settings: ChatSettings) -> Message {
        ask(&self.app, SendRequest { settings, ..question(None, &self.model, "?") }).await
    }

    fn last(&self) -> RecordedRequest {
        self.server.chats().pop().expect("it was asked")
    }

    fn body(&self) -> Value {
        self.last().json.expect("JSON")
    }
}

fn effort(effort: Effort) -> ChatSettings {
    ChatSettings { effort: Some(effort), ..ChatSettings::default() }
}

// 1.1 Base URLs and endpoints

#[tokio::test]
async fn fact_1_1_the_chat_stands_below_the_base_with_and_without_v1() {
    for path in ["", "/v1", "/v1/"] {
        let server = FakeV4::start().await;
        let home = Home::new();
        let app = home.open().unwrap();
        let url = format!("{}{path}", server.url());
        let model = porthole_tests::harness::model_on(&app, "fake", &url, ServerKind::DeepSeek).await;
        server.reply(Script::answer("Here."));
        let reply = ask(&app, question(None, &model, "?")).await;
        assert_eq!(words_of(&reply).1, "Here.", "{path:?}: {:?}", reply.failure);
    }
}

#[tokio::test]
async fn fact_1_1_the_key_is_a_bearer_token() {
    let stage = Stage::set().await;
    stage.asks(Script::answer("ok")).await;
    assert_eq!(stage.last().header("authorization"), Some("Bearer sk-test"));
}

#[tokio::test]
async fn fact_1_1_the_balance_is_read_in_every_currency() {
    let stage = Stage::set().await;
    let amounts = [Balance::new("CNY", "10.00", "100.00"), Balance::new("USD", "0.00", "3.07")];
    stage.server.set_balances(&amounts, Some(true));
    let balance = stage.app.balance(stage.model.server).await.unwrap();
    let told: Vec<_> = balance.amounts.iter().map(|amount| amount.total.to_string()).collect();
    assert_eq!((balance.available, told), (true, vec!["110".to_owned(), "3.07".to_owned()]));
}

#[tokio::test]
async fn fact_1_1_a_wrong_key_is_told_at_once_and_not_kept() {
    let settings = Settings { key: Some("sk-right-0123456789".to_owned()), ..Settings::default() };
    let server = FakeV4::start_with(settings).await.unwrap();
    let home = Home::new();
    let app = home.open().unwrap();
    let model = porthole_tests::harness::model_on(&app, "hosted", &server.url(), ServerKind::DeepSeek).await;
    let give =
        async |key: &str| app.set_key(model.server, Secret::new(key.to_owned()), KeepKey::Keychain).await;
    assert_eq!(give("sk-wrong-0123456789").await.unwrap_err().code, Code::Unauthorized);
    assert_eq!(app.servers().await.unwrap().iter().filter(|server| server.key.shown.is_some()).count(), 0);
    let kept = give(" sk-right-0123456789\n").await.unwrap();
    assert_eq!(kept.key.shown.as_deref(), Some("sk-…89"), "the spaces around it are not part of it");
    drop(app);
    let app = home.open().unwrap();
    server.reply(Script::answer("It is kept."));
    assert_eq!(words_of(&ask(&app, question(None, &model, "?")).await).1, "It is kept.");
    let gone = app.delete_key(model.server).await.unwrap();
    assert_eq!(gone.key.shown, None);
}

// 1.2 Model ids: tests/it/models.rs has the three names and what they resolve to

#[tokio::test]
async fn fact_1_2_the_model_that_answered_is_the_one_that_is_named() {
    let stage = Stage::set().await;
    let reply = stage.asks(Script::answer("ok").answered_by("deepseek-flash")).await;
    let author = reply.author.unwrap();
    assert_eq!((author.model.as_str(), author.asked.as_str()), ("deepseek-flash", "deepseek-v4-pro"));
}

#[tokio::test]
async fn fact_1_2_an_id_the_api_does_not_know_is_told_in_its_words() {
    let stage = Stage::set().await;
    let model = ModelChoice { model: "deepseek-v9".to_owned(), ..stage.model.clone() };
    let failure = ask(&stage.app, question(None, &model, "?")).await.failure.unwrap();
    assert_eq!(failure.code, Code::InvalidRequest);
    assert!(failure.detail.unwrap().contains("supported API model names"));
}

// 1.3 Limits

#[tokio::test]
async fn fact_1_3_an_overflow_says_by_how_much() {
    let stage = Stage::set().await;
    let words = "This model's maximum context length is 1048576 tokens. However, you requested 1100000 tokens (1034464 in \
                 the messages, 65536 in the completion). Please reduce the length of the messages or completion.";
    let failure = stage.asks(Script::bad_request(words)).await.failure.unwrap();
    assert_eq!(failure.code, Code::ContextOverflow);
    assert_eq!(failure.cause.as_deref(), Some(&Cause::OverWindow { needed: 1_100_000, window: 1_048_576 }));
}

#[tokio::test]
async fn fact_1_3_the_largest_output_is_never_asked_for_by_itself() {
    let stage = Stage::set().await;
    stage.asks_with(ChatSettings::default()).await;
    assert_eq!(stage.body().get("max_tokens"), None, "while thinking the API's own default is long enough");
    stage.asks_with(ChatSettings { max_tokens: Some(393_216), ..ChatSettings::default() }).await;
    assert_eq!(stage.body()["max_tokens"], json!(393_216));
}

#[tokio::test]
async fn fact_1_3_stream_options_go_with_a_stream() {
    let stage = Stage::set().await;
    stage.asks_with(ChatSettings::default()).await;
    let body = stage.body();
    assert_eq!((&body["stream"], &body["stream_options"]["include_usage"]), (&json!(true), &json!(true)));
}

// 1.4 Thinking

#[tokio::test]
async fn fact_1_4_each_effort_has_its_switches() {
    let stage = Stage::set().await;
    for (asked, thinking, level) in [
        (Effort::Off, "disabled", Value::Null),
        (Effort::Low, "enabled", json!("low")),
        (Effort::High, "enabled", json!("high")),
        (Effort::Max, "enabled", json!("max")),
    ] {
        let reply = stage.asks_with(effort(asked)).await;
        assert!(reply.failure.is_none(), "{asked:?}: {:?}", reply.failure);
        let body = stage.body();
        assert_eq!((&body["thinking"]["type"], &body["reasoning_effort"]), (&json!(thinking), &level));
    }
}

#[tokio::test]
async fn fact_1_4_without_a_choice_nothing_is_switched() {
    let stage = Stage::set().await;
    stage.asks_with(ChatSettings::default()).await;
    let body = stage.body();
    assert_eq!((body.get("thinking"), body.get("reasoning_effort")), (None, None));
}

#[tokio::test]
async fn fact_1_4_reasoning_goes_back_exactly_on_every_turn_that_had_it() {
    let stage = Stage::set().await;
    let thought = "  先想\n\n\"hm\" \u{2028} ";
    let first = stage.asks(Script::answer("One.").thinking(thought)).await;
    stage.server.reply(Script::answer("Two.").thinking(""));
    let second = ask(&stage.app, question(Some(first.conversation), &stage.model, "And?")).await;
    ask(&stage.app, question(Some(second.conversation), &stage.model, "And then?")).await;
    let messages = stage.body()["messages"].clone();
    assert_eq!(messages[1]["reasoning_content"], json!(thought));
    assert_eq!(messages[3].get("reasoning_content"), None, "what was not thought is not sent");
}

#[tokio::test]
async fn fact_1_4_no_message_is_without_content() {
    let stage = Stage::set().await;
    let only_thought = stage.asks(Script::answer("").thinking("Hm.")).await;
    let next = ask(&stage.app, question(Some(only_thought.conversation), &stage.model, "So?")).await;
    assert!(next.failure.is_none(), "{:?}", next.failure);
    let messages = stage.body()["messages"].clone();
    assert_eq!(messages.as_array().unwrap().len(), 1, "thinking alone is no turn: {messages}");
    assert!(messages[0]["content"].as_str().unwrap().ends_with("\n\nSo?"));
}

// 1.5 Messages, tools, prefix

#[tokio::test]
async fn fact_1_5_a_call_has_a_result_behind_it() {
    let stage = Stage::set().await;
    let called = stage.asks(Script::tools().thinking("Look.").tool_call("weather", "{}")).await;
    let id = called.parts.iter().find_map(|part| match part {
        Part::ToolCall(call) => Some(call.id.clone()),
        Part::Text(_) | Part::Thinking(_) | Part::Unknown { .. } => None,
    });
    let id = id.unwrap();
    assert!(id.starts_with("call_"), "its id is kept as it came");
    let next = ask(&stage.app, question(Some(called.conversation), &stage.model, "Never mind.")).await;
    assert!(next.failure.is_none(), "{:?}", next.failure);
    let messages = stage.body()["messages"].clone();
    assert_eq!(messages[1]["tool_calls"][0]["id"], json!(id));
    assert_eq!((&messages[2]["role"], &messages[2]["tool_call_id"]), (&json!("tool"), &json!(id)));
    assert_eq!(messages[3]["content"], json!("Never mind."));
}

#[tokio::test]
async fn fact_1_5_roles_are_those_the_api_knows() {
    let stage = Stage::set().await;
    let settings = ChatSettings { system: Some("Be brief.".to_owned()), ..ChatSettings::default() };
    stage.asks_with(settings).await;
    let roles: Vec<_> =
        stage.body()["messages"].as_array().unwrap().iter().map(|m| m["role"].clone()).collect();
    assert_eq!(roles, [json!("system"), json!("user")], "`developer` would be refused");
}

#[tokio::test]
async fn fact_1_5_thinking_that_broke_off_is_continued_as_thinking() {
    let stage = Stage::set().await;
    let script = Script::answer("So.").thinking("One two three four").chunk_characters(4);
    let cut = stage.asks(script.cut_after(3, Cut::EndOfBody)).await;
    assert_eq!(words_of(&cut).1, "");
    stage.server.reply(Script::answer("So.").thinking(" five"));
    let whole = finish(&stage.app.go_on(cut.id).await.unwrap()).await;
    assert!(whole.failure.is_none(), "{:?}", whole.failure);
    let messages = stage.body()["messages"].clone();
    assert_eq!(messages[1]["prefix"], json!(true));
    assert_eq!(messages[1]["reasoning_content"], json!(words_of(&cut).0));
    assert!(words_of(&whole).0.starts_with(&words_of(&cut).0));
}

// 1.7 The stream

#[tokio::test]
async fn fact_1_7_an_empty_first_delta_opens_no_thinking() {
    let stage = Stage::set().await;
    let reply = stage.asks(Script::answer("ok").thinking("")).await;
    assert_eq!(reply.parts, [Part::Text("ok".to_owned())]);
}

#[tokio::test]
async fn fact_1_7_usage_counts_wherever_it_stands() {
    let numbers = UsageNumbers { prompt: 30, cached: 20, completion: 9, reasoning: 4 };
    for placement in [UsagePlacement::FinishChunk, UsagePlacement::TrailingChunk] {
        let stage = Stage::set().await;
        let usage =
            stage.asks(Script::answer("ok").thinking("hm").usage(numbers).usage_on(placement)).await.usage;
        let told =
            [usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens, usage.reasoning_tokens];
        assert_eq!(told, [Some(30), Some(20), Some(9), Some(4)], "{placement:?}");
    }
}

#[tokio::test]
async fn fact_1_7_a_missing_end_mark_is_complete_and_noted() {
    let stage = Stage::set().await;
    let reply = stage.asks(Script::answer("ok").without_done()).await;
    assert_eq!((reply.state, reply.notes), (MessageState::Complete, vec![Note::Unterminated]));
    let cut = stage.asks(Script::answer("One two").chunk_characters(3).without_finish().without_done()).await;
    assert_eq!(cut.state, MessageState::CutOff, "without a reason either it is cut off");
}

#[tokio::test]
async fn fact_1_7_comments_are_life_and_no_text() {
    let stage = Stage::set().await;
    let reply = stage.asks(Script::answer("ok").thinking("").keep_alives_first(5)).await;
    assert_eq!(words_of(&reply).1, "ok");
}

#[tokio::test]
async fn fact_1_7_every_finish_reason_is_told_apart() {
    let stage = Stage::set().await;
    for (raw, reason) in [
        ("stop", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
        ("insufficient_system_resource", FinishReason::InsufficientSystemResource),
        ("aborted", FinishReason::Other("aborted".to_owned())),
    ] {
        let reply = stage.asks(Script::answer("ok").finish(raw)).await;
        assert_eq!(reply.finish_reason, Some(reason));
        assert_eq!(words_of(&reply).1, "ok", "no text is thrown away");
    }
}

#[tokio::test]
async fn fact_1_7_ten_thousand_tiny_chunks_are_one_reply() {
    let stage = Stage::set().await;
    let text = "x".repeat(10_000);
    let reply = stage.asks(Script::answer(text.as_str()).thinking("").chunk_characters(1)).await;
    assert_eq!(words_of(&reply).1, text);
}

#[tokio::test]
async fn fact_1_7_the_api_closing_before_it_began_is_tried_again() {
    let stage = Stage::set().await;
    stage.server.reply(Script::default().ending(Ending::Hangup { how: Cut::Close }));
    let reply = stage.asks(Script::answer("There.")).await;
    assert_eq!(words_of(&reply).1, "There.", "{:?}", reply.failure);
    assert_eq!(stage.server.chats().len(), 2);
}

// 1.8 Errors

async fn check_error(script: Script, code: Code, requests: usize) {
    let stage = Stage::set().await;
    stage.server.reply_always(script);
    let failure = ask(&stage.app, question(None, &stage.model, "?")).await.failure.unwrap();
    assert_eq!(failure.code, code, "{failure:?}");
    assert_eq!(stage.server.chats().len(), requests, "{code:?}: how often it was sent");
}

#[tokio::test]
async fn fact_1_8_what_cannot_help_is_not_sent_again() {
    check_error(Script::bad_request("nonsense"), Code::InvalidRequest, 1).await;
    check_error(Script::unauthorized(), Code::Unauthorized, 1).await;
    check_error(Script::insufficient_balance(), Code::PaymentRequired, 1).await;
    check_error(Script::refused(413, "too_large", "too large"), Code::TooLarge, 1).await;
    check_error(Script::refused(422, "invalid_request_error", "bad"), Code::InvalidRequest, 1).await;
    for status in [400, 403, 429, 500] {
        let quota = Script::refused(status, "insufficient_quota", "Insufficient Balance");
        check_error(quota, Code::PaymentRequired, 1).await;
    }
}

#[tokio::test]
async fn fact_1_8_what_passes_is_sent_again() {
    let at_once = |script: Script| script.header("retry-after", "0");
    check_error(at_once(Script::rate_limited_without_hint()), Code::RateLimited, 6).await;
    check_error(at_once(Script::server_error()), Code::ServerError, 6).await;
    check_error(at_once(Script::overloaded()), Code::Overloaded, 6).await;
}

#[tokio::test]
async fn fact_1_8_the_wait_is_read_as_seconds_and_as_a_date() {
    // More than two minutes is reported and not waited for.
    let date = Script::rate_limited_until("Fri, 01 Jan 2100 00:00:00 GMT");
    // It is relative to the server's own clock.
    let date = date.header("date", "Thu, 31 Dec 2099 23:45:00 GMT");
    for script in [Script::rate_limited(600), date] {
        let stage = Stage::set().await;
        let failure = stage.asks(script).await.failure.unwrap();
        assert!(failure.retry_after_ms.unwrap() >= 600_000, "{failure:?}");
        assert_eq!(stage.server.chats().len(), 1);
    }
}

// 1.9 Prices: tests/it/money.rs and the catalogue's own tests have every row

#[tokio::test]
async fn fact_1_9_cached_tokens_cost_their_own_price() {
    let stage = Stage::set().await;
    let numbers = UsageNumbers { prompt: 1_000_000, cached: 1_000_000, completion: 0, reasoning: 0 };
    let cost = stage.asks(Script::answer("ok").usage(numbers)).await.bill.cost.unwrap();
    assert_eq!(cost.to_string(), "0.044 USD", "a Monday afternoon in Beijing is a peak hour");
}

// 1.10 The prefix cache: tests/it/prefix.rs sends thirty turns

#[tokio::test]
async fn fact_1_10_a_conversation_that_goes_on_hits_the_cache() {
    let stage = Stage::set().await;
    let first = stage.asks(Script::answer("A long enough answer to be worth keeping.")).await;
    let second = ask(&stage.app, question(Some(first.conversation), &stage.model, "And more?")).await;
    let (prompt, cached) = (second.usage.prompt_tokens.unwrap(), second.usage.cached_tokens.unwrap());
    assert!(cached > 0 && cached < prompt, "{cached} of {prompt}");
}

#[tokio::test]
async fn fact_1_10_nobodys_id_splits_the_cache() {
    let stage = Stage::set().await;
    stage.asks_with(ChatSettings::default()).await;
    assert_eq!(stage.body().get("user_id"), None);
}

// 1.11 Quirks that are not covered above

#[tokio::test]
async fn fact_1_11_01_a_plain_reply_can_be_had() {
    let stage = Stage::set().await;
    let reply = stage.asks_with(effort(Effort::Off)).await;
    assert_eq!(words_of(&reply).0, "", "thinking is on unless it is switched off");
}

#[tokio::test]
async fn fact_1_11_07_a_plain_reply_is_not_cut_at_8192_tokens() {
    let stage = Stage::set().await;
    stage.asks_with(effort(Effort::Off)).await;
    assert_eq!(stage.body()["max_tokens"], json!(65_536));
}

#[tokio::test]
async fn fact_1_11_08_usage_on_the_finish_chunk_is_not_lost() {
    let stage = Stage::set().await;
    assert!(stage.asks(Script::answer("ok").usage_on(UsagePlacement::FinishChunk)).await.usage.is_known());
}

#[tokio::test]
async fn fact_1_11_empty_stops_are_tried_again() {
    let stage = Stage::set().await;
    stage.server.reply(Script::answer("").thinking("").finish("stop").header("retry-after", "0"));
    let reply = stage.asks(Script::answer("Now.")).await;
    assert_eq!(words_of(&reply).1, "Now.", "{:?}", reply.failure);
}

#[tokio::test]
async fn fact_1_11_13_a_name_that_was_repointed_says_so() {
    let stage = Stage::set().await;
    stage.server.repoint("deepseek-v4-pro", "deepseek-flash");
    let reply = stage.asks(Script::answer("ok")).await;
    assert_eq!(reply.author.unwrap().model, "deepseek-flash");
}

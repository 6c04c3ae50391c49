//! Servers that are down, slow, busy, or speak nonsense. The question is kept, the reason is named, the app goes on.

use porthole_core::domain::{Code, MessageState, ServerKind};
use porthole_core::turn::{News, NewsCursor};
use porthole_tests::fake_v4::{Cut, Ending, ErrorForm, FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, finish, model_on, question, words_of};

struct Expected {
    code: Code,
    state: MessageState,
    text: &'static str,
}

async fn check(name: &str, script: Script, expected: Expected) {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply_always(script);
    let reply = ask(&app, question(None, &model, "do not lose me")).await;
    let failure = reply.failure.clone().unwrap_or_else(|| panic!("{name}: no failure"));
    assert_eq!(failure.code, expected.code, "{name}: {failure:?}");
    assert_eq!(failure.server.as_deref(), Some("fake"), "{name}: the server is named");
    assert!(failure.to_string().contains("fake"), "{name}: {failure}");
    assert_eq!(reply.state, expected.state, "{name}");
    assert_eq!(words_of(&reply).1, expected.text, "{name}");
    let branch = app.branch(reply.conversation).await.unwrap();
    assert_eq!(words_of(&branch.messages[0]).1, "do not lose me", "{name}");
    assert_eq!(branch.messages[1], reply, "{name}: what was told is what is kept");
    server.reply_always(Script::answer("Back again."));
    let next = ask(&app, question(Some(reply.conversation), &model, "and now?")).await;
    assert_eq!(words_of(&next).1, "Back again.", "{name}: the app goes on");
}

#[tokio::test]
async fn refusals_are_told_by_what_they_mean() {
    let failed = |code| Expected { code, state: MessageState::Failed, text: "" };
    check("401", Script::unauthorized(), failed(Code::Unauthorized)).await;
    check("402", Script::insufficient_balance(), failed(Code::PaymentRequired)).await;
    check("403", Script::refused(403, "forbidden", "not yours"), failed(Code::Forbidden)).await;
    check("404", Script::refused(404, "not_found", "no such model"), failed(Code::NotFound)).await;
    check("413", Script::refused(413, "too_large", "too large"), failed(Code::TooLarge)).await;
    check("422", Script::refused(422, "invalid_request_error", "bad field"), failed(Code::InvalidRequest))
        .await;
    check("overflow", Script::context_overflow(), failed(Code::ContextOverflow)).await;
    let quota = Script::refused(429, "insufficient_quota", "You exceeded your current quota");
    check("quota at 429", quota, failed(Code::PaymentRequired)).await;
    check("long wait", Script::rate_limited(600), failed(Code::RateLimited)).await;
}

#[tokio::test]
async fn a_broken_stream_keeps_its_text() {
    let cut_off = |code| Expected { code, state: MessageState::CutOff, text: "One two " };
    let answer = || Script::answer("One two three four.").chunk_characters(4).thinking("");
    check("reset", answer().cut_after(3, Cut::Reset), cut_off(Code::CutOff)).await;
    check("end of file", answer().cut_after(3, Cut::Close), cut_off(Code::CutOff)).await;
    check("garbage", answer().garbage_after(3), cut_off(Code::Malformed)).await;
    let error = answer().error_after(3, ErrorForm::Data, "the machine broke");
    check("error in the stream", error, cut_off(Code::ServerError)).await;
}

#[tokio::test]
async fn nonsense_is_named() {
    let failed = |code| Expected { code, state: MessageState::Failed, text: "" };
    check("html", Script::http(200, "text/html", "<html>hello</html>"), failed(Code::Malformed)).await;
    check("bytes", Script::http(200, "text/event-stream", "data: {{{{\n\n"), failed(Code::Malformed)).await;
}

#[tokio::test]
async fn passing_trouble_is_tried_again_and_shown() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::rate_limited(0));
    server.reply(Script::overloaded().header("retry-after", "0"));
    server.reply(Script::answer("At last."));
    let running = app.ask(question(None, &model, "please")).await.unwrap();
    let mut cursor = NewsCursor::default();
    let mut retries = Vec::new();
    let reply = 'reply: loop {
        for news in running.turn.feed().news(&mut cursor).await {
            match news {
                News::Retry(retry) => retries.push((retry.attempt, retry.code)),
                News::Ended(reply) => break 'reply reply,
                News::Thinking(_) | News::Text(_) | News::Part(_) => {}
            }
        }
    };
    assert_eq!(retries, [(1, Code::RateLimited), (2, Code::Overloaded)]);
    assert_eq!(words_of(&reply).1, "At last.");
    assert_eq!(reply.state, MessageState::Complete);
}

#[tokio::test]
async fn a_wait_for_a_retry_can_be_stopped() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::rate_limited(100));
    let running = app.ask(question(None, &model, "please")).await.unwrap();
    let mut cursor = NewsCursor::default();
    while !running.turn.feed().news(&mut cursor).await.iter().any(|news| matches!(news, News::Retry(_))) {}
    app.stop(running.started.reply.id).await.unwrap();
    assert_eq!(finish(&running).await.state, MessageState::Stopped);
}

#[tokio::test]
async fn a_server_that_is_gone_is_named() {
    let server = FakeV4::start().await;
    let url = server.url();
    server.stop().await;
    let home = Home::new();
    let app = home.open().unwrap();
    let model = model_on(&app, "attic", &url, ServerKind::OpenAi).await;
    let running = app.ask(question(None, &model, "anyone?")).await.unwrap();
    let mut cursor = NewsCursor::default();
    let seen = running.turn.feed().news(&mut cursor).await;
    assert!(matches!(&seen[..], [News::Retry(retry)] if retry.code == Code::Unreachable), "{seen:?}");
    app.stop(running.started.reply.id).await.unwrap();
    let servers = app.find_servers().await.unwrap();
    let attic = servers.iter().find(|server| server.name == "attic").unwrap();
    let porthole_core::ServerState::Unreachable { failure } = &attic.state else {
        panic!("{:?}", attic.state)
    };
    assert_eq!(failure.code, Code::Unreachable);
    assert!(failure.to_string().contains("attic"), "{failure}");
}

#[tokio::test]
async fn a_silent_server_times_out_with_what_it_said() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let app = home.open().unwrap();
    let to_add = porthole_core::ServerToAdd {
        idle_timeout_s: Some(1),
        key: Some(porthole_core::secrets::Secret::new("sk-sleepy-0123456789".to_owned())),
        ..porthole_core::ServerToAdd::new("sleepy", server.url(), ServerKind::DeepSeek)
    };
    let added = app.add_server(to_add).await.unwrap();
    let model = porthole_core::domain::ModelChoice { server: added.id, model: "deepseek-v4-pro".to_owned() };
    server.reply(Script::answer("One two three").chunk_characters(4).thinking("").stall_after(3));
    let reply = ask(&app, question(None, &model, "hello")).await;
    assert_eq!(reply.failure.as_ref().map(|failure| failure.code), Some(Code::Timeout));
    assert_eq!((reply.state, words_of(&reply).1.as_str()), (MessageState::CutOff, "One two "));
    server.reply(Script::default().ending(Ending::Mute));
    let reply = ask(&app, question(None, &model, "hello")).await;
    assert_eq!(reply.failure.map(|failure| failure.code), Some(Code::Timeout));
}

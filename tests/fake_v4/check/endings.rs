use porthole_tests::fake_v4::{Cut, Dialect, Ending, ErrorForm, FakeV4, Script};
use serde_json::json;

use crate::client::{Client, End, exchange, plain};

#[tokio::test]
async fn a_cut_looks_like_what_it_is() {
    for (how, end) in [(Cut::Reset, End::Reset), (Cut::Close, End::Closed), (Cut::EndOfBody, End::Complete)] {
        for (after, events) in [(0, 0), (2, 2), (99, 3)] {
            let server = FakeV4::start().await;
            server.reply(Script::answer("Yes.").cut_after(after, how));
            let response = exchange(&server, &plain(&json!({}))).await;
            assert_eq!((response.status, response.end), (200, end), "{how:?} after {after}");
            assert_eq!(response.data().len(), events, "{how:?} after {after}: there are only three events");
        }
    }
}

#[tokio::test]
async fn the_connection_can_go_before_the_headers() {
    for (how, end) in [(Cut::Reset, End::Reset), (Cut::Close, End::Closed)] {
        let server = FakeV4::start().await;
        server.reply(Script::answer("Yes.").ending(Ending::Hangup { how }));
        let mut client = Client::connect(&server).await;
        client.ask(&plain(&json!({}))).await;
        assert_eq!(client.response().await.err(), Some(end));
        assert_eq!(server.requests()[0].closed_by_client, None, "it was the server");
    }
}

#[tokio::test]
async fn errors_in_the_stream_have_the_forms_seen_in_the_wild() {
    let object = r#"{"message":"Too \"hot\"","type":"server_error","param":null,"code":500}"#;
    let data = format!("data: {{\"error\":{object}}}\n\n");
    let cases = [
        (ErrorForm::Data, data.clone()),
        (ErrorForm::NamedEvent, format!("event: error\n{data}")),
        (ErrorForm::Line, format!("error: {object}\n\n")),
        (ErrorForm::Unframed, format!("{{\"error\":{object}}}\n")),
        (ErrorForm::Text, "data: {\"error\":\"Too \\\"hot\\\"\"}\n\n".to_owned()),
        (
            ErrorForm::TypeAndMessage,
            "data: {\"error_type\":\"server_error\",\"error_message\":\"Too \\\"hot\\\"\"}\n\n".to_owned(),
        ),
        (ErrorForm::ObjectError, format!("data: {{\"object\":\"error\",{}\n\n", &object[1..])),
    ];
    for (form, expected) in cases {
        let server = FakeV4::start().await;
        server.reply(Script::answer("Yes.").error_after(1, form, "Too \"hot\""));
        let response = exchange(&server, &plain(&json!({}))).await;
        assert_eq!(response.end, End::Complete);
        assert_eq!(response.chunks.len(), 2, "{form:?} behind the first event and at the end");
        assert_eq!(String::from_utf8_lossy(&response.chunks[1]), expected, "{form:?}");
    }
}

#[tokio::test]
async fn sglang_says_done_even_after_an_error() {
    let server = FakeV4::start_as(Dialect::Sglang).await;
    let message = "Gone".to_owned();
    server.reply(Script::answer("Yes.").ending(Ending::Error {
        after: 0,
        form: ErrorForm::Data,
        message,
        done: true,
    }));
    let body = json!({"model": Dialect::Sglang.models()[0], "stream": true, "messages": [{"role": "user", "content": "x"}]});
    let response = exchange(&server, &body).await;
    assert!(response.text().ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn garbage_stands_between_good_events() {
    let server = FakeV4::start().await;
    server.reply(Script::answer("Yes.").garbage_after(1));
    let data = exchange(&server, &plain(&json!({}))).await.data();
    let good: Vec<bool> =
        data.iter().map(|data| serde_json::from_str::<serde_json::Value>(data).is_ok()).collect();
    assert_eq!(good, [true, false, true, true, false], "the last is [DONE]");
}

#[tokio::test]
async fn a_stream_can_be_answered_with_one_document() {
    let server = FakeV4::start().await;
    server.reply(Script::answer("Yes.").ending(Ending::WholeJson));
    let response = exchange(&server, &plain(&json!({}))).await;
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.json()["choices"][0]["message"]["content"], "Yes.");
}

use porthole_tests::fake_v4::{Balance, FakeV4, Script};
use serde_json::{Value, json};

use crate::client::{Client, Response, exchange, get, plain};

async fn post(server: &FakeV4, path: &str, body: &Value) -> Response {
    let mut client = Client::connect(server).await;
    client.send("POST", path, Some("sk-test"), &body.to_string()).await;
    client.response().await.unwrap()
}

fn continued(text: &str) -> Value {
    plain(&json!({"stream": false, "messages": [
        {"role": "user", "content": "Tell me a story"},
        {"role": "assistant", "content": text, "prefix": true},
    ]}))
}

#[tokio::test]
async fn the_balance_is_what_the_test_says() {
    let server = FakeV4::start().await;
    let one = |currency: &str, total: &str, granted: &str, topped_up: &str| {
        json!({
            "currency": currency, "total_balance": total, "granted_balance": granted, "topped_up_balance": topped_up,
        })
    };
    let cases = [
        (vec![Balance::new("CNY", "10.00", "90.50")], None, true),
        (vec![Balance::new("USD", "0.00", "0.00")], None, false),
        (vec![Balance::new("CNY", "0", "0"), Balance::new("USD", "0", "5.00")], None, true),
        (vec![Balance::new("USD", "0", "5.00")], Some(false), false),
        (vec![], None, false),
    ];
    let expected = [
        json!([one("CNY", "100.50", "10.00", "90.50")]),
        json!([one("USD", "0.00", "0.00", "0.00")]),
        json!([one("CNY", "0.00", "0", "0"), one("USD", "5.00", "0", "5.00")]),
        json!([one("USD", "5.00", "0", "5.00")]),
        json!([]),
    ];
    for ((balances, said, available), infos) in cases.into_iter().zip(expected) {
        server.set_balances(&balances, said);
        let answer = get(&server, "/user/balance").await.json();
        assert_eq!(answer, json!({"is_available": available, "balance_infos": infos}));
    }
}

#[tokio::test]
async fn a_prefix_is_taken_under_beta_only_and_not_repeated() {
    let server = FakeV4::start().await;
    let body = continued("Once upon a time");
    let refused = post(&server, "/chat/completions", &body).await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.json()["error"]["message"],
        "prefix is only available when using beta api (set base_url=\"https://api.deepseek.com/beta\")"
    );
    server.reply(Script::answer(" there was a whale."));
    let answer = post(&server, "/beta/chat/completions", &body).await.json();
    assert_eq!(answer["choices"][0]["message"]["content"], " there was a whale.");

    let whole = plain(&json!({"stream": false, "messages": [
        {"role": "user", "content": "Tell me a story"},
        {"role": "assistant", "content": "Once upon a time there was a whale."},
        {"role": "user", "content": "And then?"},
    ]}));
    let later = post(&server, "/chat/completions", &whole).await.json();
    let asked = answer["usage"]["prompt_tokens"].as_u64().unwrap();
    let hit = later["usage"]["prompt_cache_hit_tokens"].as_u64().unwrap();
    assert!(hit > asked, "the message and its continuation are cached as one: {later}");
}

#[tokio::test]
async fn thinking_can_be_continued_too() {
    let server = FakeV4::start().await;
    let mut body = continued("");
    body["messages"][1]["reasoning_content"] = json!("The user wants");
    body["thinking"] = json!({"type": "enabled"});
    body["stream"] = json!(true);
    server.reply(Script::answer("Once.").thinking(" a story."));
    let answer = post(&server, "/beta/chat/completions", &body).await;
    let choices = answer.choices();
    assert!(choices[1].contains("\"reasoning_content\":\" a s\""), "{choices:?}");
}

#[tokio::test]
async fn a_prefix_stands_alone() {
    let server = FakeV4::start().await;
    let tool = json!({"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}});
    let cases = [
        (json!({"tools": [tool]}), "Function call should not be used with prefix"),
        (
            json!({"response_format": {"type": "json_object"}}),
            "response_format json_object should not be used with prefix",
        ),
    ];
    for (more, expected) in cases {
        let mut body = continued("As json: ");
        for (field, value) in more.as_object().unwrap() {
            body[field] = value.clone();
        }
        let refused = post(&server, "/beta/chat/completions", &body).await.json();
        assert_eq!(refused["error"]["message"], expected);
    }
}

#[tokio::test]
async fn the_answer_names_the_model_that_answers() {
    let server = FakeV4::start().await;
    server.repoint("deepseek-v4-pro", "deepseek-flash");
    server.repoint("deepseek-v5-preview", "deepseek-v4-pro");
    for (asked, answering) in [
        ("deepseek-flash", "deepseek-flash"),
        ("deepseek-chat", "deepseek-flash"),
        ("deepseek-v4-pro", "deepseek-flash"),
        ("deepseek-v5-preview", "deepseek-v4-pro"),
    ] {
        let answer = exchange(&server, &plain(&json!({"stream": false, "model": asked}))).await.json();
        assert_eq!(answer["model"], answering, "{asked}");
    }
    server.reply(Script::answer("Yes.").answered_by("deepseek-v4-pro-0813"));
    let answer = exchange(&server, &plain(&json!({"stream": false}))).await.json();
    assert_eq!(answer["model"], "deepseek-v4-pro-0813");
}

#[tokio::test]
async fn a_redirect_points_where_the_script_says() {
    let server = FakeV4::start().await;
    server
        .reply_at("/v1/chat/completions", Script::redirect(308, "http://elsewhere.test/v1/chat/completions"));
    let answer = exchange(&server, &plain(&json!({}))).await;
    assert_eq!(answer.status, 308);
    assert_eq!(answer.header("location"), Some("http://elsewhere.test/v1/chat/completions"));
    assert_eq!(answer.text(), "");
}

#[tokio::test]
async fn a_request_is_kept_byte_for_byte() {
    let server = FakeV4::start().await;
    let body = plain(&json!({"x": "ä 模"})).to_string();
    let mut client = Client::connect(&server).await;
    client.send("POST", "/v1/chat/completions?a=b%20c", Some("sk-test"), &body).await;
    client.response().await.unwrap();
    let request = &server.requests()[0];
    let head = format!(
        "POST /v1/chat/completions?a=b%20c HTTP/1.1\r\nhost: fake\r\nauthorization: Bearer sk-test\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    assert_eq!(request.head, head.as_bytes());
    assert_eq!(request.body, body.as_bytes());
    assert_eq!(request.bytes(), format!("{head}{body}").into_bytes());
}

#[tokio::test]
async fn a_document_may_begin_with_blank_lines() {
    let server = FakeV4::start().await;
    server.reply(Script::answer("Yes.").keep_alives_first(3));
    let answer = exchange(&server, &plain(&json!({"stream": false}))).await;
    assert!(answer.text().starts_with("\n\n\n{"), "{}", answer.text());
    assert_eq!(answer.json()["choices"][0]["message"]["content"], "Yes.");
}

#[tokio::test]
async fn too_large_a_body_is_413_chunked_or_not() {
    let server = FakeV4::start().await;
    let text = "x".repeat(49 * 1024 * 1024);
    let answer = exchange(&server, &plain(&json!({"user": text}))).await;
    assert_eq!(
        (answer.status, answer.json()["error"]["message"].as_str()),
        (413, Some("Request body too large"))
    );
    let mut client = Client::connect(&server).await;
    client.send_chunked("/chat/completions", text.as_bytes()).await;
    assert_eq!(client.response().await.unwrap().status, 413);
}

#[tokio::test]
async fn pro_reads_a_placeholder_for_an_image() {
    let server = FakeV4::start().await;
    let asked = async |model: &str| {
        let message = json!({"role": "user", "content": [
            {"type": "text", "text": "What is it?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
        ]});
        let body = plain(&json!({"stream": false, "model": model, "messages": [message]}));
        exchange(&server, &body).await.json()["usage"]["prompt_tokens"].as_u64().unwrap()
    };
    assert!(asked("deepseek-flash").await > 600);
    assert!(asked("deepseek-v4-pro").await < 50);
}

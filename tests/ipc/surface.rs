//! Each command as the page calls it: names, arguments, answers, errors.

use porthole_core::domain::ServerKind;
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with};
use serde_json::{Value, json};
use tauri::WebviewWindowBuilder;
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder, mock_context, noop_assets};
use tauri::webview::InvokeRequest;

type Page = tauri::WebviewWindow<MockRuntime>;

fn page(opened: Result<porthole_core::App, porthole_core::domain::Failure>) -> Page {
    let commands = porthole::specification::<MockRuntime>();
    let folder = opened.as_ref().map(|app| app.folder().to_owned()).unwrap_or_default();
    let builder = mock_builder().invoke_handler(commands.invoke_handler());
    let app = builder.build(mock_context(noop_assets())).unwrap();
    porthole::manage(&app, opened, folder);
    WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default()).build().unwrap()
}

fn request(command: &str, arguments: Value) -> InvokeRequest {
    InvokeRequest {
        cmd: command.to_owned(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: "tauri://localhost".parse().unwrap(),
        body: InvokeBody::Json(arguments),
        headers: tauri::http::HeaderMap::default(),
        invoke_key: INVOKE_KEY.to_owned(),
    }
}

fn invoke(page: &Page, command: &str, arguments: Value) -> Result<Value, Value> {
    let answer = get_ipc_response(page, request(command, arguments))?;
    Ok(answer.deserialize().unwrap_or(Value::Null))
}

#[test]
fn a_chat_through_commands() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let home = Home::new();
    let (server, app, model) = runtime.block_on(async {
        let server = FakeV4::start().await;
        let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
        // A title that a model makes may come before the list is asked for.
        app.set_titles(false).await.unwrap();
        (server, app, model)
    });
    server.reply(Script::answer("It is **42**.").thinking("Hm."));
    let page = page(Ok(app));
    assert_eq!(invoke(&page, "begin", json!({})).unwrap()["recovered"], 0);

    let settings =
        json!({"system": null, "temperature": null, "top_p": null, "max_tokens": null, "effort": null});
    let request = json!({"conversation": null, "model": model, "settings": settings, "text": "How much?"});
    let sent = invoke(&page, "send", json!({ "request": request })).unwrap();
    let reply = sent["messages"][1]["meta"]["id"].clone();
    assert!(reply.is_string(), "an id is a string, because JavaScript's numbers are too small: {reply}");
    let mut seen = json!(0);
    let ended = loop {
        let arguments = json!({"message": reply, "seen": seen, "thinkingSeen": seen});
        let patch = invoke(&page, "next_patch", arguments).unwrap();
        if patch["phase"]["phase"] == "ended" {
            break patch["phase"]["meta"].clone();
        }
        seen = patch["revision"].clone();
    };
    assert_eq!((&ended["state"], &ended["finish_reason"]), (&json!("complete"), &json!("stop")));
    let conversation = sent["conversation"]["id"].clone();
    let opened = invoke(&page, "open_conversation", json!({ "id": conversation, "at": null })).unwrap();
    assert_eq!(opened["messages"][1]["blocks"][0]["html"], "<p>It is <strong>42</strong>.</p>");
    assert_eq!(invoke(&page, "message_source", json!({ "message": reply })).unwrap(), "It is **42**.");
    let listed = invoke(
        &page,
        "list_stretch",
        json!({"list": {"list": "everything"}, "from": 0, "limit": 5, "moments": [0]}),
    )
    .unwrap();
    assert_eq!(listed["rows"][0]["title"], "How much?");
    assert_eq!((&listed["count"], &listed["since"]), (&json!(1), &json!([1])));
}

#[test]
fn an_error_is_a_code_and_a_cause() {
    let home = Home::new();
    let page = page(home.open());
    let error = invoke(&page, "open_conversation", json!({"id": "1", "at": null})).unwrap_err();
    assert_eq!(error["code"], "not_found");
    assert_eq!(error["cause"], json!({"kind": "missing", "thing": "conversation"}));
    let error = invoke(&page, "open_link", json!({"url": "javascript:alert(1)"})).unwrap_err();
    assert_eq!(error["code"], "forbidden");
}

#[test]
fn without_a_history_every_command_says_why() {
    let home = Home::new();
    drop(home.open().unwrap());
    let file = rusqlite::Connection::open(home.path().join("porthole.db")).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    drop(file);
    let page = page(home.open());
    for (command, arguments) in [
        ("begin", json!({})),
        ("list_stretch", json!({"list": {"list": "everything"}, "from": 0, "limit": 5, "moments": [0]})),
        ("find_servers", json!({})),
        ("save_draft", json!({"conversation": null, "text": "mine"})),
    ] {
        assert_eq!(invoke(&page, command, arguments).unwrap_err()["code"], "newer_version", "{command}");
    }
}

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use porthole_tests::fake_v4::{
    Cut, Dialect, Ending, ErrorForm, FakeV4, Generated, Pieces, Script, Text, TextKind, ThinkingPlace,
    UsagePlacement,
};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Client, plain};

#[tokio::test]
async fn a_client_that_goes_away_is_noticed_while_the_server_is_silent() {
    let silent = [
        ("before the headers", Script::answer("Yes.").ending(Ending::Mute), 0),
        ("long before the headers", Script::answer("Yes.").headers_after(3_600_000), 0),
        ("before the first event", Script::answer("Yes.").first_event_after(3_600_000), 0),
        ("in the middle", Script::answer("Yes.").stall_after(2), 2),
        ("at a pause", Script::answer("Yes.").pause_after(1), 1),
        ("between slow events", Script::answer("Yes.").per_second(0.001), 1),
    ];
    for (name, script, events) in silent {
        let server = FakeV4::start().await;
        server.reply(script);
        let mut client = Client::connect(&server).await;
        client.ask(&plain(&json!({}))).await;
        let chat = server.wait_for_chat(0).await;
        server.wait_for_events(chat.index, events).await;
        assert_eq!(server.requests()[0].closed_by_client, None, "{name}");
        drop(client);
        let closed = server.wait_for_close(chat.index).await;
        assert!(closed >= chat.arrived, "{name}");
        assert_eq!(server.requests()[0].events_sent(), events, "{name}");
    }
}

#[tokio::test]
async fn a_client_that_stops_reading_and_goes_is_noticed() {
    let server = FakeV4::start().await;
    server.reply(Script::answer(Text::generated(TextKind::Prose, 2_000_000, 1)));
    let mut client = Client::connect(&server).await;
    client.ask(&plain(&json!({}))).await;
    server.wait_for_events(0, 100).await;
    drop(client);
    server.wait_for_close(0).await;
}

#[tokio::test]
async fn a_client_that_goes_after_the_end_has_not_given_up() {
    let server = FakeV4::start().await;
    server.reply(Script::answer("Yes."));
    let mut client = Client::connect(&server).await;
    client.ask(&plain(&json!({}))).await;
    client.response().await.unwrap();
    drop(client);
    server.wait_for_answer(0).await;
    assert_eq!(server.requests()[0].closed_by_client, None);
}

#[tokio::test]
async fn requests_share_a_connection_and_are_recorded_as_sent() {
    let server = FakeV4::start().await;
    let mut client = Client::connect(&server).await;
    for _ in 0..3 {
        client.ask(&plain(&json!({}))).await;
        assert_eq!(client.response().await.unwrap().status, 200);
    }
    let mut other = Client::connect(&server).await;
    other.send("GET", "/models?page=2", Some("sk-other"), "").await;
    other.response().await.unwrap();
    let requests = server.requests();
    let connections: Vec<usize> = requests.iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 0, 0, 1]);
    assert_eq!(server.chats().len(), 3);
    let last = server.wait_for_request(3).await;
    assert_eq!(
        (last.method.as_str(), last.path.as_str(), last.query.as_deref()),
        ("GET", "/models", Some("page=2"))
    );
    assert_eq!(last.header("Authorization"), Some("Bearer sk-other"));
    let first = &requests[0];
    assert_eq!(first.json.as_ref().unwrap()["model"], "deepseek-flash");
    assert_eq!(first.body, plain(&json!({})).to_string());
}

#[tokio::test]
async fn a_request_may_come_in_chunks() {
    let server = FakeV4::start().await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let body = plain(&json!({"stream": false})).to_string();
    let (one, two) = body.split_at(10);
    let request = format!(
        "POST /chat/completions HTTP/1.1\r\nauthorization: Bearer k\r\nconnection: close\r\ntransfer-encoding: chunked\
         \r\n\r\n{:x}\r\n{one}\r\n{:x};x=y\r\n{two}\r\n0\r\n\r\n",
        one.len(),
        two.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(server.requests()[0].body, body);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_too_large() {
    let server = FakeV4::start().await;
    let mut client = Client::connect(&server).await;
    client.send("POST", "/chat/completions", Some("k"), &" ".repeat(48 * 1024 * 1024 + 1)).await;
    assert_eq!(client.response().await.unwrap().status, 413);
    client.ask(&plain(&json!({}))).await;
    assert_eq!(client.response().await.unwrap().status, 200, "the connection is still good");
}

#[tokio::test]
async fn a_paused_answer_waits_for_its_test() {
    let server = FakeV4::start().await;
    server.reply(Script::answer("Yes.").pause_after(2));
    let mut client = Client::connect(&server).await;
    client.ask(&plain(&json!({}))).await;
    server.wait_for_events(0, 2).await;
    client.head().await.unwrap();
    for _ in 0..2 {
        assert!(client.chunk().await.unwrap().starts_with(b"data: {"));
    }
    assert_eq!(server.requests()[0].answered, None);
    server.resume(0);
    assert!(client.chunk().await.unwrap().starts_with(b"data: {"));
    assert_eq!(client.chunk().await.unwrap(), b"data: [DONE]\n\n");
    server.wait_for_answer(0).await;
}

#[tokio::test]
async fn keep_alives_go_on_while_it_waits() {
    let server = FakeV4::start().await;
    server.reply(Script::answer("Yes.").keep_alive_every(1).pause_after(0));
    let mut client = Client::connect(&server).await;
    client.ask(&plain(&json!({}))).await;
    client.head().await.unwrap();
    for _ in 0..3 {
        assert_eq!(client.chunk().await.unwrap(), b": keep-alive\n\n");
    }
}

#[tokio::test]
async fn other_paths_can_be_scripted() {
    let server = FakeV4::start().await;
    server.reply_at("/user/balance", Script::overloaded());
    for expected in [503, 200] {
        assert_eq!(crate::client::get(&server, "/user/balance").await.status, expected);
    }
}

#[tokio::test]
async fn a_stopped_server_is_gone() {
    let server = FakeV4::start().await;
    let address = server.address();
    server.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[test]
fn scripts_survive_json() {
    let script =
        Script::answer(Text::Generated(Generated { kind: TextKind::Mixed, characters: 50, seed: 9 }))
            .thinking("Hm.")
            .tool_call("look", "{")
            .finish("weird")
            .thinking_in(ThinkingPlace::Inline)
            .usage_on(UsagePlacement::EveryChunk)
            .pieces(Pieces::Random { seed: 1, longest: 3 })
            .per_second(12.5)
            .header("x-test", "1");
    for ending in [
        Ending::Normal,
        Ending::Mute,
        Ending::Hangup { how: Cut::Reset },
        Ending::Cut { after: 1, how: Cut::EndOfBody },
        Ending::Stall { after: 2, keep_alive: true },
        Ending::Garbage { after: 3, text: "?".to_owned() },
        Ending::Error { after: 4, form: ErrorForm::Line, message: "no".to_owned(), done: true },
        Ending::WholeJson,
    ] {
        let script = script.clone().ending(ending);
        let text = serde_json::to_string(&script).unwrap();
        assert_eq!(serde_json::from_str::<Script>(&text).unwrap(), script, "{text}");
    }
    assert_eq!(serde_json::from_str::<Script>("{}").unwrap(), Script::default());
    assert!(serde_json::from_str::<Script>("{\"anwser\": \"x\"}").is_err(), "a typing error is an error");
}

#[tokio::test]
async fn the_program_follows_its_script_and_stops_after_one() {
    let file = std::env::temp_dir().join(format!("fake-v4-{}.json", std::process::id()));
    std::fs::write(&file, r#"[{"answer": "From a file."}]"#).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_fake-v4"))
        .args(["--dialect", "llama-cpp", "--once", "--script"])
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("listening http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let body = json!({"model": Dialect::LlamaCpp.models()[0], "messages": []}).to_string();
    let request =
        format!("POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("From a file."), "{answer}");
    assert!(program.wait().unwrap().success());
    std::fs::remove_file(file).unwrap();
}

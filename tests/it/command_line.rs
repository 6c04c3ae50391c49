//! `porthole-cli` as scripts use it: exit codes, lines, and nothing else on standard output.

use std::process::Output;

use porthole_tests::fake_v4::{Cut, FakeV4, Script, UsagePlacement};
use porthole_tests::harness::Home;
use serde_json::{Value, json};

async fn run(home: &Home, arguments: &[&str]) -> Output {
    home.cli().args(arguments).output().await.unwrap()
}

async fn lines(home: &Home, arguments: &[&str]) -> (i32, Vec<Value>) {
    let output = home.cli().arg("--json").args(arguments).output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines =
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")));
    (output.status.code().unwrap(), lines.collect())
}

async fn with_fake(server: &FakeV4) -> Home {
    let home = Home::new();
    let added =
        run(&home, &["servers", "add", "--name", "fake", "--url", &server.url(), "--kind", "deepseek"]).await;
    assert!(added.status.success(), "{added:?}");
    home
}

fn joined(lines: &[Value], kind: &str) -> String {
    lines.iter().filter(|line| line["type"] == kind).filter_map(|line| line["text"].as_str()).collect()
}

const ASK: [&str; 5] = ["ask", "--server", "fake", "--model", "deepseek-v4-pro"];

fn ask(question: &str) -> Vec<&str> {
    ASK.into_iter().chain([question]).collect()
}

#[tokio::test]
async fn a_question_in_lines() {
    let server = FakeV4::start().await;
    let home = with_fake(&server).await;
    server.reply(Script::answer("It is *42*.").thinking("Hm.").usage_on(UsagePlacement::Never));
    let (code, seen) = lines(&home, &ask("how much?")).await;
    assert_eq!(code, 0);
    assert_eq!(seen[0]["type"], "start");
    assert_eq!(joined(&seen, "thinking"), "Hm.");
    assert_eq!(joined(&seen, "text"), "It is *42*.");
    let done = seen.last().unwrap();
    let expected = json!({
        "type": "done",
        "conversation": seen[0]["conversation"],
        "message": seen[0]["message"],
        "model": "deepseek-v4-pro",
        "text": "It is *42*.",
        "thinking": "Hm.",
        "finish_reason": "stop",
        "usage": {
            "prompt_tokens": null, "cached_tokens": null, "completion_tokens": null, "reasoning_tokens": null
        },
        "cost": null,
    });
    assert_eq!(done, &expected);
}

#[tokio::test]
async fn a_conversation_goes_on_and_is_listed_and_shown() {
    let server = FakeV4::start().await;
    let home = with_fake(&server).await;
    server.reply(Script::answer("One."));
    server.reply(Script::answer("Two."));
    let first = run(&home, &ask("count")).await;
    assert_eq!(
        String::from_utf8(first.stdout).unwrap(),
        "One.\n",
        "only the reply stands on standard output"
    );
    let (_, listed) = lines(&home, &["list"]).await;
    let id = listed[0]["id"].as_str().unwrap();
    let (code, _) = lines(&home, &["ask", "--conversation", id, "more"]).await;
    assert_eq!(code, 0, "server and model are the conversation's");
    assert_eq!(server.chats()[1].json.as_ref().unwrap()["messages"].as_array().unwrap().len(), 3);
    let (_, shown) = lines(&home, &["show", id]).await;
    let texts: Vec<_> = shown[1..].iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["count", "One.", "more", "Two."]);
    let words = String::from_utf8(run(&home, &["show", id]).await.stdout).unwrap();
    assert!(words.starts_with("# count\n") && words.contains("## You"), "{words}");
}

#[tokio::test]
async fn failures_have_a_code_a_text_and_exit_1() {
    let server = FakeV4::start().await;
    let home = with_fake(&server).await;
    let answer = || Script::answer("One two three").chunk_characters(4).thinking("");
    for (script, code, text) in [
        (Script::unauthorized(), "unauthorized", ""),
        (Script::rate_limited(600), "rate_limited", ""),
        (answer().cut_after(3, Cut::Reset), "cut_off", "One two "),
        (answer().garbage_after(3), "malformed", "One two "),
    ] {
        server.reply(script);
        let (exit, seen) = lines(&home, &ask("hello")).await;
        assert_eq!(exit, 1);
        let error = seen.last().unwrap();
        assert_eq!(
            (&error["type"], &error["code"], &error["text"]),
            (&json!("error"), &json!(code), &json!(text))
        );
        assert!(error["message"].as_str().unwrap().contains("fake"));
    }
    let retry_after = lines(&home, &["show", "1"]).await.1[0]["retry_after_ms"].clone();
    assert_eq!(retry_after, Value::Null, "what nobody said is null");
}

#[tokio::test]
async fn a_failure_has_a_cause_and_is_told_in_the_language_of_the_locale() {
    let server = FakeV4::start().await;
    let home = with_fake(&server).await;
    server.reply_always(Script::http(404, "application/json", r#"{"error":"model 'v9' not found"}"#));
    let said = "model 'v9' not found";
    for (locale, what) in [
        ("en_GB.UTF-8", "fake does not have this model (404). Choose another one."),
        ("zh_CN.UTF-8", "fake 没有这个模型（404）。请选择其他模型。"),
    ] {
        let output = home.cli().args(ask("hello")).env("LC_ALL", locale).output().await.unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(told.trim(), format!("{what}\n{said}"));
        let arguments = [&["--json"], ask("hello").as_slice()].concat();
        let output = home.cli().args(&arguments).env("LANG", locale).output().await.unwrap();
        let error: Value =
            serde_json::from_str(String::from_utf8(output.stdout).unwrap().lines().last().unwrap()).unwrap();
        assert_eq!((&error["message"], &error["detail"]), (&json!(what), &json!(said)));
        assert_eq!(error["cause"], json!({"kind": "no_such_model"}));
    }
    let refused =
        home.cli().args(["servers", "add", "--name", "x", "--url", "ftp://y"]).output().await.unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.starts_with("ftp://y cannot be used as an address: it must begin with"), "{told}");
}

#[tokio::test]
async fn retries_are_told() {
    let server = FakeV4::start().await;
    let home = with_fake(&server).await;
    server.reply(Script::rate_limited(0));
    server.reply(Script::answer("ok"));
    let (code, seen) = lines(&home, &ask("hello")).await;
    assert_eq!(code, 0);
    assert_eq!(seen[1], json!({"type": "retry", "attempt": 1, "after_ms": 0, "code": "rate_limited"}));
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupt_stops_keeps_and_exits_130() {
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
    let server = FakeV4::start().await;
    let home = with_fake(&server).await;
    server.reply(Script::answer("One two three").chunk_characters(4).thinking("").pause_after(3));
    let mut running = home.cli().arg("--json").args(ask("hello")).spawn().unwrap();
    let mut output = BufReader::new(running.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("two") {
        line.clear();
        output.read_line(&mut line).await.unwrap();
    }
    let id = running.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let mut rest = String::new();
    output.read_to_string(&mut rest).await.unwrap();
    assert_eq!(running.wait().await.unwrap().code(), Some(130));
    let error: Value = serde_json::from_str(rest.lines().last().unwrap()).unwrap();
    assert_eq!((&error["code"], &error["text"]), (&json!("cancelled"), &json!("One two ")));
}

#[tokio::test]
async fn a_key_of_the_environment_is_sent_and_never_kept() {
    let server = FakeV4::start().await;
    server.set_key(Some("sk-canary-7f3a"));
    let home = Home::new();
    let mut add = home.cli();
    add.args(["servers", "add", "--name", "my fake", "--kind", "deepseek", "--url", &server.url()]);
    assert!(add.output().await.unwrap().status.success());
    let mut ask = home.cli();
    ask.env("PORTHOLE_KEY_MY_FAKE", "sk-canary-7f3a");
    let output =
        ask.args(["ask", "--server", "my fake", "--model", "deepseek-v4-pro", "hi"]).output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(server.chats()[0].header("authorization"), Some("Bearer sk-canary-7f3a"));
    for entry in std::fs::read_dir(home.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(9).any(|window| window == b"sk-canary");
            assert!(!found, "the key stands in {}", path.display());
        }
    }
}

#[tokio::test]
async fn servers_are_added_listed_and_removed() {
    let server = FakeV4::start().await;
    let home = with_fake(&server).await;
    let (_, listed) = lines(&home, &["servers", "list"]).await;
    let fake = listed.iter().find(|line| line["name"] == "fake").unwrap();
    assert_eq!((&fake["kind"], &fake["idle_timeout_s"]), (&json!("deepseek"), &Value::Null));
    assert_eq!(lines(&home, &["servers", "remove", "fake"]).await.0, 0);
    let (code, seen) = lines(&home, &["servers", "remove", "fake"]).await;
    assert_eq!((code, &seen[0]["code"]), (1, &json!("not_found")));
}

#[tokio::test]
async fn what_goes_wrong_is_told_without_key_question_or_folder() {
    let server = FakeV4::start().await;
    let home = with_fake(&server).await;
    let echo = r#"{"error":{"message":"Incorrect API key provided: sk-test, in: my secret plan"}}"#;
    server.reply(Script::http(500, "application/json", echo));
    server.reply_always(Script::http(401, "application/json", echo));
    let output =
        run(&home, &["--json", "ask", "--server", "fake", "--model", "deepseek-v4-pro", "my secret plan"])
            .await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("fake refused the key"), "{told}");
    assert!(!told.contains("sk-test") && !said.contains("sk-test"), "{told}{said}");
    let own = told.lines().find(|line| line.contains("fake refused the key")).unwrap();
    assert!(!own.contains("secret plan"), "what the server says stands below: {told}");
    assert!(!told.contains(home.path().to_str().unwrap()), "{told}");
}

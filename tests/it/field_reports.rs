//! What users of comparable programs reported, tried end to end. The streams are in `field_streams`.

use porthole_core::domain::{
    ChatSettings, Code, FinishReason, MessageState, Part, Role, ServerKind, plain_text,
};
use porthole_core::secrets::Secret;
use porthole_core::{KeepKey, SendRequest, turn::Phase};
use porthole_tests::fake_v4::{FakeV4, Script};
use porthole_tests::harness::{Home, app_with, ask, ended, finish, model_on, question, words_of};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};

fn roles(body: &Value) -> Vec<String> {
    let messages = body["messages"].as_array().unwrap();
    messages.iter().map(|message| message["role"].as_str().unwrap().to_owned()).collect()
}

fn start_asking(home: &Home) -> tokio::process::Child {
    let line = ["--json", "ask", "--server", "fake", "-m", "deepseek-v4-pro", "Hello?"];
    home.cli().args(line).spawn().unwrap()
}

fn last_body(server: &FakeV4) -> Value {
    server.chats().pop().unwrap().json.unwrap()
}

/// A reply whose connection stays open after its finish reason.
fn left_open(text: &str) -> Script {
    Script::answer(text).thinking("").without_done().stall_after(3)
}

#[tokio::test]
async fn s1_a_settled_reply_is_kept_as_complete_and_a_new_question_ends_the_reading() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::OpenAi).await;
    server.reply(left_open("One"));
    let running = app.ask(question(None, &model, "first")).await.unwrap();
    let (conversation, reply) = (running.started.conversation.id, running.started.reply.id);
    let mut seen = 0;
    let meta = loop {
        let patch = app.next_patch(reply, seen, None).await.unwrap();
        if let Phase::Settled { meta } = patch.phase {
            break meta;
        }
        seen = patch.revision;
    };
    assert_eq!(meta.state, MessageState::Complete);
    let kept = app.branch(conversation).await.unwrap().messages.pop().unwrap();
    assert_eq!(
        (kept.state, words_of(&kept).1.as_str()),
        (MessageState::Complete, "One"),
        "a crash loses nothing"
    );
    server.reply(Script::answer("Two"));
    let next = ask(&app, question(Some(conversation), &model, "second")).await;
    assert_eq!(words_of(&next).1, "Two");
    let first = finish(&running).await;
    assert_eq!((first.state, first.failure), (MessageState::Complete, None));
}

#[tokio::test]
async fn s12_a_date_to_retry_at_is_measured_against_this_machines_clock() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::OpenAi).await;
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(4);
    let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    server.reply(Script::http(503, "text/plain", "busy").header("retry-after", &date));
    server.reply(Script::answer("Here."));
    let running = app.ask(question(None, &model, "Hello?")).await.unwrap();
    let mut seen = 0;
    let after_ms = loop {
        let patch = app.next_patch(running.started.reply.id, seen, None).await.unwrap();
        if let Phase::Retrying { after_ms, .. } = patch.phase {
            break after_ms;
        }
        seen = patch.revision;
    };
    assert!((2_000..=4_000).contains(&after_ms), "{after_ms}");
    running.turn.stop();
    finish(&running).await;
}

#[tokio::test]
async fn s13_an_id_that_is_listed_goes_out_with_the_very_first_question() {
    let server = FakeV4::start().await;
    let listed = ["deepseek-v4-pro", "deepseek-v4-pro-max"].map(str::to_owned).to_vec();
    server.change(|settings| settings.models = Some(listed));
    let home = Home::new();
    drop(app_with(&home, &server, ServerKind::DeepSeek).await);
    // A fresh start has no list yet.
    let output = home
        .cli()
        .args(["ask", "--server", "fake", "--model", "deepseek-v4-pro-max", "Hello?"])
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(last_body(&server)["model"], json!("deepseek-v4-pro-max"));
}

#[tokio::test]
async fn s15_a_reply_that_the_limit_ate_is_asked_for_once_and_its_cost_counts() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(Script::answer("").thinking("").finish("length"));
    let reply = ask(&app, question(None, &model, "Hello?")).await;
    assert_eq!(reply.failure.as_ref().map(|failure| failure.code), Some(Code::LengthLimit), "{reply:?}");
    assert_eq!(server.chats().len(), 1);
    assert!(reply.usage.prompt_tokens.is_some() && reply.bill.cost.is_some(), "{reply:?}");
    let kept = app.branch(reply.conversation).await.unwrap().messages.pop().unwrap();
    assert_eq!((kept.usage, kept.bill), (reply.usage, reply.bill));
}

#[tokio::test]
async fn s11_the_servers_own_words_stand_in_the_error() {
    let server = FakeV4::start().await;
    let home = Home::new();
    drop(app_with(&home, &server, ServerKind::OpenAi).await);
    let words = "model \"x\" not found, try pulling it first";
    let body = json!({"error": words}).to_string();
    server.reply_always(Script::http(404, "application/json", &body));
    for json_lines in [false, true] {
        let mut command = home.cli();
        if json_lines {
            command.arg("--json");
        }
        let output = command
            .args(["ask", "--server", "fake", "-m", "deepseek-v4-pro", "Hello?"])
            .output()
            .await
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains(words), "{told}");
        if json_lines {
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            let error: Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
            let said = format!("{}{}", error["message"], error["detail"]);
            assert!(said.contains("try pulling it first"), "{error}");
        }
    }
}

#[tokio::test]
async fn r1_roles_alternate_behind_a_question_that_was_refused() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::OpenAi).await;
    server.reply(Script::http(400, "application/json", "{\"error\":\"no\"}"));
    let first = ask(&app, question(None, &model, "first")).await;
    server.reply(Script::answer("Here."));
    ask(&app, question(Some(first.conversation), &model, "second")).await;
    let body = last_body(&server);
    assert_eq!(roles(&body), ["user"]);
    assert_eq!(body["messages"][0]["content"], json!("first\n\nsecond"));
    let kept = app.branch(first.conversation).await.unwrap().messages;
    let questions: Vec<_> = kept
        .iter()
        .filter(|message| message.role == Role::User)
        .map(|message| plain_text(&message.parts))
        .collect();
    assert_eq!(questions, ["first", "second"], "the history keeps both");
}

#[tokio::test]
async fn r2_a_reply_of_thinking_alone_is_no_empty_message() {
    for kind in [ServerKind::OpenAi, ServerKind::LlamaCpp, ServerKind::DeepSeek] {
        let server = FakeV4::start().await;
        let home = Home::new();
        let (app, model) = app_with(&home, &server, kind).await;
        server.reply(Script::answer("").thinking("Hm."));
        let first = ask(&app, question(None, &model, "first")).await;
        server.reply(Script::answer("Here."));
        ask(&app, question(Some(first.conversation), &model, "second")).await;
        let body = last_body(&server);
        let messages = body["messages"].as_array().unwrap();
        assert!(messages.iter().all(|message| message["content"] != json!("")), "{body}");
        assert!(roles(&body).windows(2).all(|pair| pair[0] != pair[1]), "{body}");
    }
}

#[tokio::test]
async fn r3_an_address_that_wants_the_newer_name_of_the_limit_is_asked_once_more_and_remembered() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::OpenAi).await;
    let refusal = r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."}}"#;
    server.reply(Script::http(400, "application/json", refusal));
    server.reply(Script::answer("One."));
    server.reply(Script::answer("Two."));
    let settings = ChatSettings { max_tokens: Some(100), ..ChatSettings::default() };
    let request = SendRequest { settings: settings.clone(), ..question(None, &model, "first") };
    let first = ask(&app, request).await;
    assert_eq!(words_of(&first).1, "One.");
    ask(&app, SendRequest { settings, ..question(Some(first.conversation), &model, "second") }).await;
    let bodies: Vec<Value> = server.chats().iter().map(|chat| chat.json.clone().unwrap()).collect();
    assert_eq!(bodies.len(), 3, "the second question goes out right at once");
    assert_eq!(bodies[0]["max_tokens"], json!(100));
    for body in &bodies[1..] {
        assert_eq!((&body["max_completion_tokens"], body.get("max_tokens")), (&json!(100), None));
    }
}

#[tokio::test]
async fn r4_an_address_with_the_path_of_a_question_is_kept_without_it() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let app = home.open().unwrap();
    for (number, behind) in
        ["/v1/chat/completions", "/v1/models", "/v1/responses", "/v1/embeddings"].iter().enumerate()
    {
        let url = format!("{}{behind}", server.url().trim_end_matches("/v1"));
        let model = model_on(&app, &format!("fake{number}"), &url, ServerKind::OpenAi).await;
        let known = app.servers().await.unwrap().into_iter().find(|known| known.id == model.server).unwrap();
        assert!(known.url.ends_with("/v1"), "{}", known.url);
    }
}

#[tokio::test]
async fn r5_a_key_goes_out_without_what_was_copied_along_with_it() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let app = home.open().unwrap();
    let model = model_on(&app, "keyed", &server.url(), ServerKind::OpenAi).await;
    for typed in ["\u{feff}sk-0123", " \"sk-0123\" ", "Bearer sk-0123", "\u{a0}sk-\u{200b}0123\n"] {
        app.set_key(model.server, Secret::new(typed.to_owned()), KeepKey::ThisRun).await.unwrap();
        server.reply(Script::answer("Yes."));
        ask(&app, question(None, &model, "Hello?")).await;
        let sent = server.chats().pop().unwrap();
        assert_eq!(sent.header("authorization"), Some("Bearer sk-0123"), "{typed:?}");
    }
    let foreign = Secret::new("s\u{43a}-0123".to_owned());
    let refused = app.set_key(model.server, foreign, KeepKey::ThisRun).await.err().unwrap();
    assert_eq!(refused.code, Code::InvalidRequest);
}

#[tokio::test]
async fn r6_a_question_goes_out_and_is_kept_exactly_as_typed() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::OpenAi).await;
    for typed in [
        "    let a = 1;\n    let b = 2;\n",
        "trailing  \n\n",
        "\u{2028}x\u{2028}",
        "\u{feff}x\u{feff}",
        "\tx",
    ] {
        server.reply(Script::answer("Yes."));
        let reply = ask(&app, question(None, &model, typed)).await;
        assert_eq!(last_body(&server)["messages"][0]["content"], json!(typed));
        let kept = app.branch(reply.conversation).await.unwrap().messages;
        assert_eq!(kept[0].parts, [Part::Text(typed.to_owned())]);
        server.reply(Script::answer("Yes."));
        let edited = app.edit_message(kept[0].id, typed, model.clone()).await.unwrap();
        ended(&app, edited.messages.last().unwrap().meta.id).await;
        assert_eq!(last_body(&server)["messages"][0]["content"], json!(typed), "edited");
    }
    for blank in ["", " \n\t ", "\u{2028}"] {
        let refused = app.ask(question(None, &model, blank)).await.err().unwrap();
        assert_eq!(refused.code, Code::InvalidRequest);
    }
}

#[tokio::test]
async fn r8_a_reply_that_is_only_a_call_goes_out_with_a_result() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::OpenAi).await;
    server.reply(Script::tools().thinking("").tool_call("weather", "{\"city\":\"Rome\"}"));
    let first = ask(&app, question(None, &model, "first")).await;
    assert_eq!(first.finish_reason, Some(FinishReason::ToolCalls));
    server.reply(Script::answer("Here."));
    ask(&app, question(Some(first.conversation), &model, "second")).await;
    let body = last_body(&server);
    assert_eq!(roles(&body), ["user", "assistant", "tool", "user"]);
    assert_eq!(body["messages"][1]["tool_calls"][0]["function"]["name"], json!("weather"));
    assert_eq!(body["messages"][2]["tool_call_id"], body["messages"][1]["tool_calls"][0]["id"]);
}

/// What reaches the terminal that the program runs on, or nothing if no terminal can be had.
#[cfg(target_os = "linux")]
async fn on_a_terminal(home: &Home, arguments: &str) -> Option<String> {
    let command = home.cli();
    let line = format!("{} {arguments}", command.as_std().get_program().to_str().unwrap());
    let mut terminal = tokio::process::Command::new("script");
    terminal.args(["-qec", &line, "/dev/null"]).stdin(std::process::Stdio::null());
    for (name, value) in command.as_std().get_envs() {
        if let Some(value) = value {
            terminal.env(name, value);
        }
    }
    let output = terminal.output().await.ok()?;
    Some(String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n"))
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn t1_no_control_character_reaches_a_terminal() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::OpenAi).await;
    let (sent, clean) = ("a\u{1b}]0;title\u{7}b\u{1b}[31mc\rd\u{9b}2Je", "a]0;titleb[31mcd2Je");
    server.reply_always(Script::answer(sent).thinking(""));
    let conversation = ask(&app, question(None, &model, &format!("word {sent}"))).await.conversation;
    for (arguments, words) in [
        ("ask --server fake -m deepseek-v4-pro 'Hello?'", clean),
        ("list", "word a"),
        (&format!("show {conversation}"), clean),
        ("search word", "word"),
        // What goes to standard error: about a failure, and in addition to the result.
        (&format!("ask --server '{sent}' 'Hello?'"), clean),
        (&format!("servers add --name '{sent}' --url http://127.0.0.1:9"), clean),
    ] {
        let Some(shown) = on_a_terminal(&home, arguments).await else {
            println!("not tested: there is no terminal to be had here");
            return;
        };
        assert!(shown.contains(words), "{arguments:?}: {shown:?}");
        let is_fit = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\t');
        assert!(shown.chars().all(is_fit), "{arguments:?}: {shown:?}");
    }
    let piped = home
        .cli()
        .args(["ask", "--server", "fake", "-m", "deepseek-v4-pro", "Hello?"])
        .output()
        .await
        .unwrap();
    assert!(String::from_utf8_lossy(&piped.stdout).contains('\u{1b}'), "pipes get every byte");
}

#[cfg(unix)]
#[tokio::test]
async fn t2_an_interrupt_at_any_moment_is_told_and_keeps_what_had_arrived() {
    let server = FakeV4::start().await;
    let home = Home::new();
    drop(app_with(&home, &server, ServerKind::OpenAi).await);
    server
        .reply_always(Script::answer("word ".repeat(2000)).thinking("").headers_after(100).per_second(50.0));
    // When its question is kept, when the request has arrived, when words have come.
    for moment in ["start", "request", "text"] {
        // An interrupt at the start may come before a request is sent.
        let number = server.chats().len();
        let mut child = start_asking(&home);
        let id = i32::try_from(child.id().unwrap()).unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        match moment {
            "request" => drop(server.wait_for_chat(number).await),
            kind => {
                let wanted = format!("\"type\":\"{kind}\"");
                while lines.next_line().await.unwrap().is_some_and(|line| !line.contains(&wanted)) {}
            }
        }
        let sent = std::process::Command::new("kill").args(["-INT", &id.to_string()]).status().unwrap();
        assert!(sent.success());
        let mut last = Value::Null;
        while let Some(line) = lines.next_line().await.unwrap() {
            last = serde_json::from_str(&line).unwrap();
        }
        let status = child.wait().await.unwrap();
        assert_eq!((status.code(), &last["code"]), (Some(130), &json!("cancelled")), "{moment}: {last}");
        assert!(moment != "text" || last["text"].as_str().unwrap().starts_with("word"), "{last}");
    }
}

/// Another program that holds the history, and releases it when this is dropped.
fn held(home: &Home) -> rusqlite::Connection {
    let file = rusqlite::Connection::open(home.path().join("porthole.db")).unwrap();
    file.execute_batch("BEGIN IMMEDIATE").unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn d1_a_reply_that_cannot_be_saved_says_so_and_is_saved_when_it_can_be() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::OpenAi).await;
    server.reply(Script::answer("word ".repeat(30)).thinking("").headers_after(200));
    let running = app.ask(question(None, &model, "Hello?")).await.unwrap();
    let holder = held(&home);
    let told = finish(&running).await;
    let failure = told.failure.as_ref().unwrap();
    assert_eq!((told.state, failure.code), (MessageState::Complete, Code::Busy));
    assert!(failure.to_string().contains("not saved yet"), "{failure}");
    assert!(running.turn.feed().is_unsaved());
    let phase = running.turn.feed().next(0, None).await.phase;
    assert!(
        matches!(&phase, Phase::Unsaved { meta } if meta.failure.as_ref() == Some(failure)),
        "a window says so: {phase:?}"
    );
    drop(holder);
    let saved = running.turn.feed().saved().await;
    assert_eq!((saved.state, saved.failure), (MessageState::Complete, None));
    let kept = app.branch(saved.conversation).await.unwrap().messages.pop().unwrap();
    assert_eq!(kept.parts, told.parts, "what is shown is what is kept");
    for file in std::fs::read_dir(home.path().join("unsaved")).unwrap() {
        let aside = std::fs::read(file.unwrap().path()).unwrap();
        assert_eq!(aside.first(), Some(&0), "what is in the history is no longer put aside");
    }
}

#[tokio::test]
async fn d1_ask_waits_until_the_reply_is_saved() {
    let server = FakeV4::start().await;
    let home = Home::new();
    drop(app_with(&home, &server, ServerKind::OpenAi).await);
    server.reply(Script::answer("Saved.").thinking("").headers_after(300));
    let mut asking = start_asking(&home);
    server.wait_for_chat(0).await;
    let holder = held(&home);
    let mut told = BufReader::new(asking.stderr.take().unwrap()).lines();
    let said = told.next_line().await.unwrap().unwrap();
    assert!(said.contains("not saved yet"), "{said}");
    drop(holder);
    let output = asking.wait_with_output().await.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let last: Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
    assert!(output.status.success(), "{printed}");
    assert_eq!((&last["type"], &last["text"]), (&json!("done"), &json!("Saved.")));
}

#[tokio::test]
async fn d1_what_a_program_could_not_save_is_taken_in_by_the_next() {
    let server = FakeV4::start().await;
    let home = Home::new();
    drop(app_with(&home, &server, ServerKind::OpenAi).await);
    let text = "word ".repeat(30);
    server.reply(Script::answer(text.clone()).thinking("").headers_after(300));
    let mut asking = start_asking(&home);
    server.wait_for_chat(0).await;
    let holder = held(&home);
    let mut told = BufReader::new(asking.stderr.take().unwrap()).lines();
    while let Some(line) = told.next_line().await.unwrap() {
        if line.contains("not saved yet") {
            assert!(line.contains("A copy is in the data folder"), "{line}");
            break;
        }
    }
    asking.kill().await.unwrap();
    drop(holder);
    let app = home.open().unwrap();
    let rows = app.conversations(porthole_core::ConversationList::Everything, None, 1).await.unwrap();
    let reply = app.branch(rows[0].id).await.unwrap().messages.pop().unwrap();
    assert_eq!((reply.state, words_of(&reply).1), (MessageState::Complete, text));
    let left = std::fs::read_dir(home.path().join("unsaved")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "it is in the history now");
}

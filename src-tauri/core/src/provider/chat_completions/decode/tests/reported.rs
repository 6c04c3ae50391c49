//! What real servers and gateways send otherwise than anybody expects, one test for each kind.

use super::*;

const KINDS: [ServerKind; 5] =
    [ServerKind::OpenAi, ServerKind::DeepSeek, ServerKind::LlamaCpp, ServerKind::Ollama, ServerKind::Vllm];

/// Content as it is written in JSON, escapes and all.
fn content(written: &str) -> String {
    format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{written}"}},"finish_reason":null}}]}}"#)
}

fn reasoning(written: &str) -> String {
    content(written).replace("content", "reasoning_content")
}

fn arguments(written: &str) -> String {
    format!(
        r#"{{"choices":[{{"delta":{{"tool_calls":[{{"index":0,"function":{{"name":"f","arguments":"{written}"}}}}]}}}}]}}"#
    )
}

const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

fn stream(chunks: &[String]) -> String {
    let chunks: Vec<&str> = chunks.iter().map(String::as_str).chain([STOP, "[DONE]"]).collect();
    events(&chunks)
}

#[test]
fn s1_the_word_null_is_no_reason() {
    for word in ["null", "NULL", "Null", "", " "] {
        let early = |text: &str| content(text).replace(":null", &format!(":\"{word}\""));
        for kind in KINDS {
            let mut decoder = Decoder::new(&endpoint(kind));
            decoder.push(events(&[&early("One")]).as_bytes());
            assert!(decoder.finish_reason().is_none(), "{kind:?} {word:?}");
            check(kind, &stream(&[early("One"), early(" two")]), said("One two").ended(FinishReason::Stop));
        }
    }
}

#[test]
fn s2_events_parted_by_one_line_feed_come_as_they_are_sent() {
    for end in ["\n", "\r\n", "\r"] {
        for kind in KINDS {
            let whole = stream(&[reasoning("Hm"), content("One"), content(" two")]);
            let packed = whole.replace("\n\n", "\n").replace('\n', end);
            check(kind, &packed, thought("Hm", "One two").ended(FinishReason::Stop));
        }
    }
    let mut decoder = Decoder::new(&endpoint(ServerKind::LlamaCpp));
    for word in ["One", "two"] {
        let line = format!("data: {}\n", content(word));
        assert_eq!(decoder.push(line.as_bytes()), [Ok(Delta::Text(word.to_owned()))], "nothing is held back");
    }
    let spread =
        "data: {\"choices\":\ndata: [{\"delta\":\ndata: {\"content\":\"One\"}}]\ndata: }\n\ndata: [DONE]\n\n";
    check(ServerKind::LlamaCpp, spread, said("One").ended(FinishReason::Stop));
}

#[test]
fn s3_characters_cut_in_two_are_joined() {
    let check = |chunks: &[String], thinking: &str, text: &str| {
        for kind in KINDS {
            check(kind, &stream(chunks), thought(thinking, text).ended(FinishReason::Stop));
        }
    };
    check(&[content(r"Hi \ud83d"), content(r"\ude00!")], "", "Hi 😀!");
    check(&[content(r"\uD83D"), content(""), content(r"\uDE00")], "", "😀");
    check(&[content(r"Hi \ud83d"), content("!")], "", "Hi \u{FFFD}!");
    check(&[content(r"Hi \ud83d")], "", "Hi \u{FFFD}");
    check(&[content(r"\ude00 Hi")], "", "\u{FFFD} Hi");
    check(&[reasoning(r"a\ud83d"), reasoning(r"\ude00b"), content("c")], "a😀b", "c");
    check(&[reasoning(r"a\ud83d"), content(r"\ude00c")], "a\u{FFFD}", "\u{FFFD}c");
    let document = format!("{}\n", content(r"Hi \ud83d").replace("delta", "message"));
    super::check(ServerKind::Vllm, &document, said("Hi \u{FFFD}").ended(FinishReason::Stop));
    for (pieces, joined) in [
        ([r#"{\"a\":\"\ud83d"#, r#"\ude00\"}"#], "{\"a\":\"😀\"}"),
        ([r#"{\"a\":\"\ud83d"#, r#"\"}"#], "{\"a\":\"\u{FFFD}\"}"),
        ([r#"{\"a\":1}"#, r"\ud83d"], "{\"a\":1}\u{FFFD}"),
    ] {
        let call = ToolCall { id: "call_1".to_owned(), name: "f".to_owned(), arguments: joined.to_owned() };
        let expected = Read { calls: vec![call], ..Read::default() }.ended(FinishReason::Stop);
        let stream = stream(&pieces.map(arguments))
            .replace("\"name\":\"f\",\"arguments\":\"\\ud83d", "\"arguments\":\"\\ud83d");
        super::check(ServerKind::LlamaCpp, &stream, expected);
    }
}

#[test]
fn s4_raw_control_characters_are_kept() {
    let controls = (0..=0x1F_u8).chain([0x7F]).map(char::from);
    for control in controls.filter(|control| !matches!(control, '\n' | '\r')) {
        let written = format!("a{control}b");
        for kind in KINDS {
            let expected = thought(&written, &written).ended(FinishReason::Stop);
            check(kind, &stream(&[reasoning(&written), content(&written)]), expected);
        }
        let call = ToolCall { id: "call_1".to_owned(), name: "f".to_owned(), arguments: written.clone() };
        let expected = Read { calls: vec![call], ..Read::default() }.ended(FinishReason::Stop);
        check(ServerKind::Vllm, &stream(&[arguments(&written)]), expected);
    }
    let document = content("a\tb\r\nc").replace("delta", "message");
    check(ServerKind::Vllm, &document, said("a\tb\r\nc").ended(FinishReason::Stop));
}

#[test]
fn s6_a_closing_tag_behind_thinking_in_its_own_field_is_dropped() {
    for kind in KINDS.into_iter().filter(|kind| *kind != ServerKind::DeepSeek) {
        let check = |chunks: &[String], text: &str| {
            check(kind, &stream(chunks), thought("Let me see.", text).ended(FinishReason::Stop));
        };
        check(&[reasoning("Let me see."), content(r"</think>\n\nAnswer")], "Answer");
        check(
            &[reasoning("Let me"), reasoning(" see."), content(r"\n</th"), content(r"ink>Answer")],
            "Answer",
        );
        check(&[reasoning("Let me see."), content("Write `</think>`.")], "Write `</think>`.");
        check(&[reasoning("Let me see."), content("Write </think>.")], "Write </think>.");
    }
}

#[test]
fn s10_an_error_in_place_of_a_reply_is_told_in_its_words() {
    let minimax = |number: u16| {
        format!(r#"{{"choices":null,"base_resp":{{"status_code":{number},"status_msg":"login fail"}}}}"#)
    };
    let coded = |number: &str| format!(r#"{{"code":{number},"msg":"so it is"}}"#);
    for (error, code, words) in [
        (minimax(1004), Code::Unauthorized, "login fail"),
        (minimax(1002), Code::RateLimited, "login fail"),
        (minimax(1008), Code::PaymentRequired, "login fail"),
        (
            r#"{"success":false,"code":401,"msg":"the token is invalid"}"#.to_owned(),
            Code::Unauthorized,
            "the token",
        ),
        (r#"{"error":{"message":"Incorrect API key provided"}}"#.to_owned(), Code::Unauthorized, "Incorrect"),
        (r#"{"error":"so it is"}"#.to_owned(), Code::InvalidRequest, "so it is"),
        (r#"{"error":{"message":"so it is"}}"#.to_owned(), Code::InvalidRequest, "so it is"),
        (
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"error","error":{"code":502,"message":"so it is"}}]}"#
                .to_owned(),
            Code::ServerError,
            "so it is",
        ),
        (r#"{"detail":"so it is"}"#.to_owned(), Code::InvalidRequest, "so it is"),
        (r#"{"message":"so it is"}"#.to_owned(), Code::InvalidRequest, "so it is"),
        (coded("401"), Code::Unauthorized, "so it is"),
        (coded("\"429\""), Code::RateLimited, "so it is"),
        (coded("503"), Code::Overloaded, "so it is"),
        (coded("40001"), Code::InvalidRequest, "so it is"),
        (coded("\"bad_thing\""), Code::InvalidRequest, "so it is"),
    ] {
        let unframed = format!("id: 1\n{error}\n");
        for stream in [error.clone(), events(&[&error]), events(&[&error, "[DONE]"]), unframed] {
            for kind in KINDS {
                check_failure(kind, &stream, code, "", words);
            }
        }
        let later = format!("{}data: {error}\n\n", events(&[&content("One")]));
        for read in
            [read(ServerKind::OpenAi, [later.as_bytes()]), read(ServerKind::Vllm, later.as_bytes().chunks(1))]
        {
            let expected = if code == Code::InvalidRequest { Code::ServerError } else { code };
            assert_eq!((read.code(), read.text.as_str()), (Some(expected), "One"), "{later}");
        }
    }
    for fine in [
        r#"{"code":0,"msg":"success"}"#,
        r#"{"status":"queued","message":"third in line"}"#,
        r#"{"choices":[],"base_resp":{"status_code":0,"status_msg":"fine"}}"#,
    ] {
        check(
            ServerKind::Vllm,
            &stream(&[fine.to_owned(), content("One")]),
            said("One").ended(FinishReason::Stop),
        );
    }
    let progress =
        format!("event: progress\ndata: {{\"message\":\"a tenth\"}}\n\n{}", stream(&[content("One")]));
    check(ServerKind::Vllm, &progress, said("One").ended(FinishReason::Stop));
}

#[test]
fn s11_whatever_the_server_said_is_told() {
    for said in [
        r#"{"error":"so it is"}"#,
        r#"{"error":{"message":"so it is"}}"#,
        r#"{"error":{"msg":"so it is"}}"#,
        r#"{"detail":"so it is"}"#,
        r#"{"detail":[{"loc":["body"],"msg":"so it is"}]}"#,
        r#"{"message":"so it is"}"#,
        r#"{"code":7,"msg":"so it is"}"#,
        "so it is",
    ] {
        check_failure(ServerKind::Ollama, said, Code::InvalidRequest, "", "so it is");
        for field in ["error", "Error"] {
            let line = format!("{field}: {said}\n\n");
            check_failure(ServerKind::LlamaCpp, &line, Code::InvalidRequest, "", "so it is");
            let later = format!("{}{line}", events(&[&content("One")]));
            check_failure(ServerKind::LlamaCpp, &later, Code::ServerError, "One", "so it is");
        }
    }
    // The beginning of a field says no more than that the connection broke.
    check_failure(ServerKind::Ollama, "dat", Code::CutOff, "", "");
    check_failure(ServerKind::Ollama, ": hello\n\n", Code::CutOff, "", "");
}

#[test]
fn s14_the_model_may_be_named_late() {
    let named = content("two").replacen('{', "{\"model\":\"m\",", 1);
    let other = content(" three").replacen('{', "{\"model\":\"other\",", 1);
    let blank = content("One ").replacen('{', "{\"model\":\"\",", 1);
    for kind in KINDS {
        let expected = Read { model: "m".to_owned(), ..said("One two three") }.ended(FinishReason::Stop);
        check(kind, &stream(&[blank.clone(), named.clone(), other.clone()]), expected);
        let usage = r#"{"model":"m","choices":[],"usage":{"prompt_tokens":1}}"#;
        let usage = events(&[&content("One"), STOP, usage, "[DONE]"]);
        let tokens = Usage { prompt_tokens: Some(1), ..Usage::default() };
        let expected = Read { model: "m".to_owned(), usage: tokens, ..said("One") }.ended(FinishReason::Stop);
        check(kind, &usage, expected);
    }
}

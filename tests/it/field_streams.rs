//! What real servers and gateways send contrary to expectations: read in every dialect and split at every byte, and
//! through the whole app where the outcome is more than text.

use porthole_core::domain::{Code, Failure, FinishReason, MessageState, ServerKind};
use porthole_tests::fake_v4::{FakeV4, Script, Settings};
use porthole_tests::harness::{Home, app_with, ask, question, words_of};
use porthole_tests::streams::{KINDS, Outcome, Said, cut, read};

/// An event with content as it is written in JSON, escapes and all.
fn content(written: &str) -> String {
    format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{written}\"}},\"finish_reason\":null}}]}}\n\n"
    )
}

fn reasoning(written: &str) -> String {
    content(written).replace("content", "reasoning_content")
}

const STOP: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// What the stream says in that dialect, regardless of where it is split.
fn read_everywhere(kind: ServerKind, stream: &str) -> Outcome {
    let whole = read(kind, [stream.as_bytes()]);
    for place in 0..stream.len() {
        assert_eq!(
            read(kind, cut(stream.as_bytes(), &[place])),
            whole,
            "{kind:?} split at {place}: {stream}"
        );
    }
    whole
}

/// The kinds whose servers may leave thinking in the text, or its closing tag. DeepSeek never does.
fn kinds_with_tags() -> impl Iterator<Item = ServerKind> {
    KINDS.into_iter().filter(|kind| *kind != ServerKind::DeepSeek)
}

fn said(thinking: &str, text: &str) -> Vec<Said> {
    let thinking = (!thinking.is_empty()).then(|| Said::Thinking(thinking.to_owned()));
    thinking.into_iter().chain((!text.is_empty()).then(|| Said::Text(text.to_owned()))).collect()
}

fn check(kinds: impl IntoIterator<Item = ServerKind>, stream: &str, thinking: &str, text: &str) {
    for kind in kinds {
        let outcome = read_everywhere(kind, stream);
        assert_eq!(outcome.said, said(thinking, text), "{kind:?}: {stream}");
        assert_eq!(outcome.finish, Some(FinishReason::Stop), "{kind:?}: {:?}", outcome.failure);
    }
}

#[test]
fn s1_the_word_null_is_no_reason_to_end() {
    for word in ["\"null\"", "\"NULL\"", "\"\""] {
        let stream = (content("One") + &content(" two")).replace("null", word) + STOP;
        check(KINDS, &stream, "", "One two");
    }
}

#[test]
fn s2_events_parted_by_one_line_feed_are_read() {
    let stream = reasoning("Hm.") + &content("One") + &content(" two") + STOP;
    for break_of_line in ["\n", "\r\n", "\r"] {
        check(KINDS, &stream.replace("\n\n", break_of_line), "Hm.", "One two");
    }
    check(
        KINDS,
        "data: {\"choices\":[{\"delta\":\ndata: {\"content\":\"One\"},\ndata: \"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
        "",
        "One",
    );
}

#[test]
fn s3_a_character_cut_in_two_is_read_as_one() {
    for (events, thinking, text) in [
        ([content(r"Hi \ud83d"), content(r"\ude00!")], "", "Hi 😀!"),
        ([content(r"Hi \ud83d"), content("!")], "", "Hi \u{FFFD}!"),
        ([reasoning(r"Hi \uD83E"), reasoning(r"\uDD80!")], "Hi 🦀!", ""),
        ([reasoning(r"Hi \uD83E"), content(r"\uDD80!")], "Hi \u{FFFD}", "\u{FFFD}!"),
    ] {
        check(KINDS, &(events.concat() + STOP), thinking, text);
    }
}

#[test]
fn s4_raw_control_characters_are_read() {
    for control in ["\t", "\0", "\u{8}", "\u{b}", "\u{1b}[1m", "\u{1f}"] {
        let words = format!("a{control}b");
        check(KINDS, &(reasoning(&words) + &content(&words) + STOP), &words, &words);
    }
}

#[test]
fn s6_a_closing_tag_behind_thinking_in_its_own_field_is_dropped() {
    for (text, shown) in [
        (r"</think>\n\nAnswer", "Answer"),
        (r"\n</think>Answer", "Answer"),
        ("</mm:think>Answer", "Answer"),
        ("Write </think>.", "Write </think>."),
        ("`</think>` it is.", "`</think>` it is."),
    ] {
        let stream = reasoning("Let me") + &reasoning(" see.") + &content(text) + STOP;
        check(kinds_with_tags(), &stream, "Let me see.", shown);
    }
}

#[test]
fn s7_a_closing_tag_between_backticks_ends_nothing() {
    for thinking in [
        "It uses `</think>` as a mark, so go on.",
        "`` ` </think> ` ``",
        "`split('</think>')` and `</think>` again",
    ] {
        let stream = content(&format!("<think>{thinking}</think>Answer")) + STOP;
        check(kinds_with_tags(), &stream, thinking, "Answer");
    }
    let fence = content(r"<think>a\n```\n</think>\n```\n</think>`b`") + STOP;
    check(kinds_with_tags(), &fence, "a\n```\n</think>\n```\n", "`b`");
    let odd = content(r"<think>it`s</think>\n\nA `b`") + STOP;
    check(kinds_with_tags(), &odd, "it`s", "A `b`");
}

#[test]
fn s8_tags_in_prose_are_text() {
    for text in [
        "Models write <think> before and </think> after.",
        "prefix <think>hidden</think>visible",
        "First: <mm:think>a</mm:think> b",
    ] {
        check(kinds_with_tags(), &(content(text) + STOP), "", text);
    }
    let opened = content("Hm.") + &content(r"</think>\n\nAnswer") + STOP;
    let by_people = kinds_with_tags().filter(|kind| *kind != ServerKind::OpenAi);
    check(by_people, &opened, "Hm.", "Answer");
}

#[test]
fn s9_every_known_pair_of_tags_marks_thinking() {
    for (open, close) in [
        ("<think>", "</think>"),
        ("<mm:think>", "</mm:think>"),
        ("<seed:think>", "</seed:think>"),
        ("<thinking>", "</thinking>"),
        ("[THINK]", "[/THINK]"),
        ("◁think▷", "◁/think▷"),
        ("<|begin_of_thought|>", "<|end_of_thought|>"),
        ("<reasoning>", "</reasoning>"),
        ("<reason>", "</reason>"),
        ("<thought>", "</thought>"),
    ] {
        let stream = content(&format!("{open}plan{close}Final")) + STOP;
        check(kinds_with_tags(), &stream, "plan", "Final");
    }
}

#[test]
fn s10_an_error_after_the_first_words_keeps_them() {
    for error in [
        r#"{"code":1234,"msg":"so it is"}"#,
        r#"{"code":"1234","message":"so it is"}"#,
        r#"{"detail":"so it is"}"#,
        r#"{"error":{"message":"so it is"}}"#,
        r#"{"base_resp":{"status_code":1000,"status_msg":"so it is"},"choices":[]}"#,
    ] {
        for kind in KINDS {
            let outcome = read_everywhere(kind, &format!("{}data: {error}\n\n", content("One")));
            assert_eq!(outcome.said, said("", "One"), "{kind:?}: {error}");
            let failure = outcome.failure.expect("it broke off");
            assert_eq!(failure.detail.as_deref(), Some("so it is"), "{kind:?}: {error}");
        }
    }
}

/// Asks a server that always answers 200 with this body; how it failed, and how often it was asked.
async fn refused(content_type: &str, body: &str) -> (Failure, usize) {
    let server = FakeV4::start_with(Settings { validate: false, ..Settings::default() }).await.unwrap();
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::OpenAi).await;
    server.reply_always(Script::http(200, content_type, body));
    let reply = ask(&app, question(None, &model, "?")).await;
    assert_eq!(reply.state, MessageState::Failed, "{body}");
    (reply.failure.expect("it failed"), server.chats().len())
}

#[tokio::test]
async fn s10_an_error_with_status_200_is_told_once_in_its_words() {
    for (error, code, words) in [
        (
            r#"{"choices":null,"base_resp":{"status_code":1004,"status_msg":"login fail"}}"#,
            Code::Unauthorized,
            "login fail",
        ),
        (
            r#"{"success":false,"code":401,"msg":"the token is invalid"}"#,
            Code::Unauthorized,
            "the token is invalid",
        ),
        (r#"{"error":{"message":"Invalid API key"}}"#, Code::Unauthorized, "Invalid API key"),
        (r#"{"error":{"message":"so it is"}}"#, Code::InvalidRequest, "so it is"),
        (r#"{"error":"so it is"}"#, Code::InvalidRequest, "so it is"),
        (r#"{"detail":"so it is"}"#, Code::InvalidRequest, "so it is"),
        (r#"{"code":1234,"message":"so it is"}"#, Code::InvalidRequest, "so it is"),
    ] {
        for (content_type, body) in
            [("application/json", error.to_owned()), ("text/event-stream", format!("data: {error}\n\n"))]
        {
            let (failure, asked) = refused(content_type, &body).await;
            assert_eq!((failure.code, asked), (code, 1), "{body}: {failure:?}");
            assert_eq!(failure.detail.as_deref(), Some(words), "{body}");
        }
    }
    let (failure, asked) = refused("text/plain", "so it is\n").await;
    assert_eq!((failure.detail.as_deref(), asked), (Some("so it is"), 1));
}

#[tokio::test]
async fn s10_an_error_that_passes_is_asked_again() {
    let server = FakeV4::start_with(Settings { validate: false, ..Settings::default() }).await.unwrap();
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::OpenAi).await;
    server.reply(Script::http(200, "application/json", r#"{"code":429,"msg":"slow down"}"#));
    server.reply(Script::answer("At last."));
    let reply = ask(&app, question(None, &model, "?")).await;
    assert_eq!(words_of(&reply).1, "At last.", "{:?}", reply.failure);
}

#[tokio::test]
async fn s11_an_error_line_in_a_stream_is_told_in_its_words() {
    for line in
        ["error: {\"message\":\"so it is\"}", "error: so it is", "error: {\"code\":7,\"msg\":\"so it is\"}"]
    {
        let (failure, _) = refused("text/event-stream", &format!("{line}\n\n")).await;
        assert_eq!(failure.detail.as_deref(), Some("so it is"), "{line}");
    }
}

#[tokio::test]
async fn s14_the_model_that_answers_may_be_named_late() {
    let late = content(" two").replacen('{', "{\"model\":\"the-real-one\",", 1);
    let stream = content("One") + &late + STOP;
    for kind in KINDS {
        assert_eq!(read_everywhere(kind, &stream).model.as_deref(), Some("the-real-one"), "{kind:?}");
    }
    let server = FakeV4::start_with(Settings { validate: false, ..Settings::default() }).await.unwrap();
    let home = Home::new();
    let (app, model) = app_with(&home, &server, ServerKind::OpenAi).await;
    server.reply(Script::http(200, "text/event-stream", &stream));
    let reply = ask(&app, question(None, &model, "?")).await;
    assert_eq!(reply.author.map(|author| author.model).as_deref(), Some("the-real-one"));
}

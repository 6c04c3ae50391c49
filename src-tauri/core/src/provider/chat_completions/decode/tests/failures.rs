//! Streams that end otherwise than with a whole reply.

use super::*;

#[test]
fn errors_inside_a_reply_are_told() {
    let text = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    let local = ServerKind::LlamaCpp;
    let check = |stream: &str, code: Code, part: &str| {
        check_failure(local, &format!("{text}{stream}"), code, "a", part);
    };
    let server = Code::ServerError;
    check(
        "data: {\"error\":{\"message\":\"boom\",\"type\":\"x\",\"code\":500}}\n\ndata: [DONE]\n\n",
        server,
        "boom",
    );
    check("data: {\"error\":{\"message\":\"boom\",\"code\":null}}\n\n", server, "boom");
    check("data: {\"error\":\"boom\"}\n\n", server, "boom");
    check("data: {\"error\":\"boom\"}", server, "boom");
    check("event: error\ndata: {\"message\":\"boom\"}\n\n", server, "boom");
    check("event: error\ndata: boom\n\n", server, "boom");
    check("event: error\ndata: boom", server, "boom");
    check("error: {\"code\":500,\"message\":\"boom\"}\n\n", server, "boom");
    check("{\"error\":{\"message\":\"boom\"}}\n", server, "boom");
    check("{\n\"error\":\n {\"message\":\"boom\"}\n}\n", server, "boom");
    check("data: {\"error_type\":\"x\",\"error_message\":\"boom\"}\n\n", server, "boom");
    check("data: {\"object\":\"error\",\"message\":\"boom\",\"code\":40303}\n\n", server, "boom");
    check("data: {\"error\":{\"message\":\"slow down\",\"code\":429}}\n\n", Code::RateLimited, "slow down");
    check(
        "data: {\"error\":{\"message\":\"slow down\",\"type\":\"rate_limit_error\"}}\n\n",
        Code::RateLimited,
        "",
    );
    check(
        "data: {\"error\":{\"code\":400,\"message\":\"the request exceeds the available context size\",\"type\":\"exceed_context_size_error\",\"n_prompt_tokens\":5000,\"n_ctx\":4096}}\n\n",
        Code::ContextOverflow,
        "needs 5,000 tokens, and the model on Here can read 4,096",
    );
    check("data: oops\n\n", Code::Malformed, "oops");
    check("data: {\"choices\":[\n\n", Code::Malformed, "choices");
    check("data: {\"choices\":[", Code::CutOff, "ended before the reply did");
    check("", Code::CutOff, "ended before the reply did");
    check(": keep-alive\n\n", Code::CutOff, "ended before the reply did");
}

#[test]
fn an_answer_that_is_no_reply_is_told() {
    let check = |stream: &str, code, part: &str| check_failure(ServerKind::OpenAi, stream, code, "", part);
    // It says nothing of its kind, so that asking again would bring the same.
    check("{\"error\":{\"message\":\"boom\"}}", Code::InvalidRequest, "boom");
    check("{\"error\":{\"message\":\"boom\",\"type\":\"server_error\"}}", Code::ServerError, "boom");
    check("{\"error\":\"insufficient balance\"}", Code::PaymentRequired, "balance is used up");
    check("[{\"error\":{\"code\":429,\"message\":\"boom\"}}]", Code::RateLimited, "boom");
    check("{\"hello\":1}", Code::Malformed, "hello");
    check("{\"choices\":", Code::Malformed, "choices");
    check("<!doctype html><html><head><title>Sign\n in</title>", Code::Malformed, "Sign in");
    check("", Code::CutOff, "");
    check("\n\n\u{FEFF}\n", Code::CutOff, "");
}

#[test]
fn an_empty_reply_is_a_failure() {
    let check = |kind, reason: &str, code| {
        let chunk = format!(r#"{{"choices":[{{"delta":{{"content":""}},"finish_reason":"{reason}"}}]}}"#);
        check_failure(kind, &events(&[&chunk, "[DONE]"]), code, "", "");
    };
    check(ServerKind::DeepSeek, "stop", Code::EmptyReply);
    check(ServerKind::Ollama, "length", Code::LengthLimit);
    check(ServerKind::DeepSeek, "insufficient_system_resource", Code::Overloaded);
    check_failure(ServerKind::Ollama, "data: [DONE]\n\n", Code::EmptyReply, "", "");
}

#[test]
fn only_deepseek_must_give_a_reason() {
    let stream = events(&[r#"{"choices":[{"delta":{"content":"a"}}]}"#, "[DONE]"]);
    check_failure(ServerKind::DeepSeek, &stream, Code::CutOff, "a", "");
}

#[test]
fn a_broken_connection_behind_the_reason_does_no_harm() {
    let mut decoder = Decoder::new(&endpoint(ServerKind::DeepSeek));
    let broken =
        || Some(failure(&endpoint(ServerKind::DeepSeek), Code::Timeout, Cause::Silent { wait_ms: 60_000 }));
    decoder.push(br#"data: {"choices":[{"delta":{"content":"a"}}]}"#);
    let deltas = decoder.finish(broken());
    assert_eq!(deltas.last().unwrap().as_ref().unwrap_err().code, Code::Timeout);
    let mut decoder = Decoder::new(&endpoint(ServerKind::DeepSeek));
    let stream = events(&[r#"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#]);
    decoder.push(stream.as_bytes());
    assert!(decoder.finish_reason().is_some() && !decoder.is_over());
    let ended = vec![Ok(Delta::Finish(FinishReason::Stop)), Ok(Delta::Unterminated)];
    assert_eq!(decoder.finish(broken()), ended);
}

#[test]
fn endless_bytes_are_given_up() {
    for begin in ["{\"a\":\"", "data: ", "<html>"] {
        let mut decoder = Decoder::new(&endpoint(ServerKind::OpenAi));
        decoder.push(begin.as_bytes());
        let piece = vec![b'x'; LONGEST_EVENT / 2];
        let failures: Vec<Code> =
            (0..4).flat_map(|_| decoder.push(&piece)).map(|delta| delta.unwrap_err().code).collect();
        assert_eq!(failures, [Code::Malformed], "{begin}");
    }
}

#[test]
fn deep_nesting_is_only_nonsense() {
    let deep = format!("data: {}\n\n", "[".repeat(100_000));
    check_failure(ServerKind::OpenAi, &deep, Code::Malformed, "", "");
}

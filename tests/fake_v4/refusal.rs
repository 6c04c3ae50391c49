//! The HTTP errors of the hosted API and of proxies in front of it, ready for scripts.
//!
//! Statuses: DeepSeek API docs, Error Codes. The body has the four fields of `error_response.rs` in
//! deepseek-recipe 0.2.0. The texts of 401 and 402 are as users quote them in public issues; those of 429 and 5xx are
//! the words of that page, because no verbatim body was found.

use serde_json::json;

use super::script::Script;

/// An error body in DeepSeek's form.
pub(super) fn deepseek_error(message: &str, kind: &str) -> String {
    // Written by hand to keep the order of the fields, which `json!` would sort.
    format!(
        "{{\"error\":{{\"message\":{},\"type\":{},\"param\":null,\"code\":\"invalid_request_error\"}}}}",
        json!(message),
        json!(kind)
    )
}

impl Script {
    /// Any HTTP answer.
    pub fn http(status: u16, content_type: &str, body: &str) -> Self {
        Self { status, body: Some(body.to_owned()), ..Self::default() }.header("content-type", content_type)
    }

    /// An error with DeepSeek's body.
    pub fn refused(status: u16, kind: &str, message: &str) -> Self {
        Self::http(status, "application/json", &deepseek_error(message, kind))
    }

    /// 400 with this text.
    pub fn bad_request(message: &str) -> Self {
        Self::refused(400, "invalid_request_error", message)
    }

    /// 400: the prompt and the requested output do not fit into the context.
    pub fn context_overflow() -> Self {
        Self::bad_request(&super::validation::overflow_text(1_048_576, 1_040_000, 65_536))
    }

    /// 401: a wrong key.
    pub fn unauthorized() -> Self {
        let message = "Authentication Fails, Your api key: ****fake is invalid";
        Self::refused(401, "authentication_error", message)
    }

    /// 402: the account is empty.
    pub fn insufficient_balance() -> Self {
        Self::refused(402, "unknown_error", "Insufficient Balance")
    }

    /// 429 with a `Retry-After` in seconds.
    pub fn rate_limited(seconds: u64) -> Self {
        Self::rate_limited_without_hint().header("retry-after", &seconds.to_string())
    }

    /// 429 with a `Retry-After` that is an HTTP date, such as `Wed, 21 Oct 2026 07:28:00 GMT`.
    pub fn rate_limited_until(http_date: &str) -> Self {
        Self::rate_limited_without_hint().header("retry-after", http_date)
    }

    /// 429 that does not say when to come back.
    pub fn rate_limited_without_hint() -> Self {
        Self::refused(429, "rate_limit_error", "Rate limit reached")
    }

    /// 500.
    pub fn server_error() -> Self {
        Self::refused(500, "internal_error", "Internal Server Error")
    }

    /// 503: too much traffic.
    pub fn overloaded() -> Self {
        let message = "Service is too busy. We advise users to temporarily switch to alternative LLM API service \
                       providers.";
        Self::refused(503, "service_unavailable_error", message)
    }

    /// A redirect, such as one to another host, which must not get the key.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self { status, body: Some(String::new()), ..Self::default() }.header("location", location)
    }

    /// 400: the server does not know the field (the words of older OpenAI-compatible servers built with pydantic).
    pub fn unknown_field(field: &str) -> Self {
        let message = format!(
            "[{{'type': 'extra_forbidden', 'loc': ('body', '{field}'), 'msg': 'Extra inputs are not permitted'}}]"
        );
        let body = json!({"object": "error", "message": message, "type": "BadRequestError", "param": null, "code": 400});
        Self::http(400, "application/json", &body.to_string())
    }

    /// 502 with the HTML page of a reverse proxy.
    pub fn proxy_error_page() -> Self {
        let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad \
                    Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
        Self::http(502, "text/html", page)
    }

    /// 200 with an HTML page: a captive portal, or a base URL that points at a website.
    pub fn web_page() -> Self {
        Self::http(
            200,
            "text/html; charset=utf-8",
            "<!doctype html><title>Welcome</title><p>Please sign in.</p>",
        )
    }
}

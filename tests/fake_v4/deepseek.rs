//! The routes of the hosted API (DeepSeek API docs).

use serde_json::{Value, json};

use super::chat::{self, Way};
use super::delivery::Answer;
use super::http::Request;
use super::refusal::deepseek_error;
use super::server::Server;
use super::settings::{Balance, Settings};

pub(super) fn answer(server: &Server, request: &Request, index: usize) -> Answer {
    let settings = server.settings();
    if request.too_large {
        return Answer::json(413, deepseek_error("Request body too large", "invalid_request_error"));
    }
    if let Some(refusal) = unauthorized(request, settings.key.as_deref()) {
        return refusal;
    }
    let (path, beta) = match request.path.strip_prefix("/beta") {
        Some(path) => (path, true),
        None => (request.path.as_str(), false),
    };
    let path = path.strip_prefix("/v1").unwrap_or(path);
    match (request.method.as_str(), path) {
        ("POST", "/chat/completions") => chat::answer(server, request, index, Way::ChatCompletions { beta }),
        ("GET", "/models") => Answer::json(200, models(&settings)),
        ("GET", "/user/balance") => Answer::json(200, balance(&settings)),
        ("POST", "/tools/search") => search(&request.body),
        ("POST", "/tools/fetch") => fetch(&request.body),
        // As users report it in public issues; not seen in a document.
        _ => Answer::json(404, r#"{"error_msg":"Not Found. Please check the configuration."}"#),
    }
}

fn unauthorized(request: &Request, key: Option<&str>) -> Option<Answer> {
    let given =
        request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("").trim();
    let message = match key {
        _ if given.is_empty() => {
            "Authentication Fails (auth header format should be Bearer sk-...)".to_owned()
        }
        Some(key) if key != given => {
            let end: String = given.chars().skip(given.chars().count().saturating_sub(4)).collect();
            format!("Authentication Fails, Your api key: ****{end} is invalid")
        }
        Some(_) | None => return None,
    };
    Some(Answer::json(401, deepseek_error(&message, "authentication_error")))
}

fn models(settings: &Settings) -> String {
    let entry =
        |id: &String| format!("{{\"id\":{},\"object\":\"model\",\"owned_by\":\"deepseek\"}}", json!(id));
    let entries: Vec<String> = settings.models().iter().map(entry).collect();
    format!("{{\"object\":\"list\",\"data\":[{}]}}", entries.join(","))
}

fn balance(settings: &Settings) -> String {
    let infos: Vec<Value> = settings
        .balances
        .iter()
        .map(|balance| {
            json!({
                "currency": balance.currency,
                "total_balance": balance.total,
                "granted_balance": balance.granted,
                "topped_up_balance": balance.topped_up,
            })
        })
        .collect();
    let holds_money = |balance: &Balance| balance.total.parse::<f64>().unwrap_or(0.0) > 0.0;
    let available = settings.balance_available.unwrap_or_else(|| settings.balances.iter().any(holds_money));
    json!({"is_available": available, "balance_infos": infos}).to_string()
}

/// Web search with made-up results that name the query.
fn search(body: &[u8]) -> Answer {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let query = body["query"].as_str().unwrap_or_default();
    let refused = |message: &str| Answer::json(400, deepseek_error(message, "invalid_request_error"));
    if query.is_empty() || query.chars().count() > 128 {
        return refused("Invalid query value, the length of query must be in [1, 128]");
    }
    let count = body["count"].as_u64().unwrap_or(10);
    if !(1..=50).contains(&count) {
        return refused("Invalid count value, the valid range of count is [1, 50]");
    }
    let with_content = body["need_content"].as_bool().unwrap_or(false);
    let results: Vec<Value> = (1..=count.min(3))
        .map(|number| {
            json!({
                "title": format!("{query} - result {number}"),
                "url": format!("https://example.org/{number}"),
                "snippet": format!("A page about {query}."),
                "summary": format!("Everything about {query}, part {number}."),
                "content": if with_content { format!("# {query}\n\nPage {number}.") } else { String::new() },
                "site_name": "example.org",
                "site_icon": "https://example.org/icon.png",
                "date": "2026-11-01",
                "rerank_score": 0.9,
                "authority": 0.5,
            })
        })
        .collect();
    Answer::json(200, json!({"results": results}).to_string())
}

fn fetch(body: &[u8]) -> Answer {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    match body["url"].as_str().filter(|url| url.starts_with("http")) {
        Some(url) => {
            let page = json!({"title": "Example", "content": format!("# Example\n\nThe page at {url}.")});
            Answer::json(200, page.to_string())
        }
        None => Answer::json(400, deepseek_error("Invalid url value", "invalid_request_error")),
    }
}

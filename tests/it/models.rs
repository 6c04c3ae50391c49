//! The models of DeepSeek V4 under their names, whatever ids the server has today.

use porthole_core::domain::{ChatSettings, Effort, ServerKind};
use porthole_core::{SendRequest, Server};
use porthole_tests::fake_v4::{FakeV4, Settings};
use porthole_tests::harness::{Home, app_with, ask, question};
use serde_json::{Value, json};

async fn serving(models: &[&str]) -> FakeV4 {
    let models = Some(models.iter().map(|model| (*model).to_owned()).collect());
    FakeV4::start_with(Settings { models, validate: false, ..Settings::default() }).await.unwrap()
}

fn names(server: &Server) -> Vec<&str> {
    server.models.iter().map(|model| model.name.as_str()).collect()
}

/// Asks `asked` of a server that lists `listed`; returns the body that reached it.
async fn asked(listed: &[&str], asked: &str, settings: ChatSettings) -> Value {
    let server = serving(listed).await;
    let home = Home::new();
    let (app, mut choice) = app_with(&home, &server, ServerKind::DeepSeek).await;
    choice.model = asked.to_owned();
    ask(&app, SendRequest { settings, ..question(None, &choice, "?") }).await;
    server.chats()[0].json.clone().unwrap()
}

#[tokio::test]
async fn the_three_are_there_under_their_names() {
    for listed in [
        &["deepseek-flash", "deepseek-v4-pro"][..],
        &["deepseek-v4-flash", "deepseek-v4-pro", "deepseek-v4-pro-max"][..],
    ] {
        let server = serving(listed).await;
        let home = Home::new();
        let (app, choice) = app_with(&home, &server, ServerKind::DeepSeek).await;
        let servers = app.servers().await.unwrap();
        let server = servers.iter().find(|server| server.id == choice.server).unwrap();
        for name in ["V4-Pro", "V4-Pro-Max", "V4-Flash"] {
            assert_eq!(
                names(server).iter().filter(|known| **known == name).count(),
                1,
                "{:?}",
                names(server)
            );
        }
        let pro = server.models.iter().find(|model| model.name == "V4-Pro").unwrap();
        assert_eq!((pro.context_tokens, pro.output_tokens), (Some(1_048_576), Some(393_216)));
        assert!(pro.best_for.is_some() && pro.rates.is_some());
    }
}

#[tokio::test]
async fn a_name_resolves_to_what_serves_it() {
    let check = async |listed: &[&str], name: &str, model: &str, effort: Value| {
        let body = asked(listed, name, ChatSettings::default()).await;
        assert_eq!(
            (&body["model"], &body["reasoning_effort"]),
            (&json!(model), &effort),
            "{name} of {listed:?}"
        );
    };
    let now = &["deepseek-flash", "deepseek-v4-pro"][..];
    check(now, "deepseek-v4-pro", "deepseek-v4-pro", Value::Null).await;
    check(now, "deepseek-v4-pro-max", "deepseek-v4-pro", json!("max")).await;
    check(now, "deepseek-v4-flash", "deepseek-flash", Value::Null).await;
    check(now, "deepseek-chat", "deepseek-flash", Value::Null).await;
    check(now, "deepseek-v9", "deepseek-v9", Value::Null).await;
    let later = &["deepseek-v4-pro-max", "deepseek-v4-flash"][..];
    check(later, "deepseek-v4-pro-max", "deepseek-v4-pro-max", Value::Null).await;
    check(later, "deepseek-v4-flash", "deepseek-v4-flash", Value::Null).await;
}

#[tokio::test]
async fn sampling_that_a_mode_ignores_is_not_sent() {
    let settings = |effort| ChatSettings {
        temperature: Some(0.3),
        top_p: Some(0.7),
        effort: Some(effort),
        ..ChatSettings::default()
    };
    let now = &["deepseek-flash", "deepseek-v4-pro"][..];
    let thinking = asked(now, "deepseek-v4-pro", settings(Effort::High)).await;
    assert_eq!(thinking.get("temperature"), None);
    let plain = asked(now, "deepseek-v4-pro", settings(Effort::Off)).await;
    assert_eq!((&plain["temperature"], &plain["thinking"]), (&json!(0.3), &json!({"type": "disabled"})));
    assert_eq!(plain["max_tokens"], json!(65_536), "without it a plain reply is cut at 8,192 tokens");
}

#[tokio::test]
async fn an_id_nobody_knows_still_works_with_its_limits_unknown() {
    let server = serving(&["deepseek-flash", "deepseek-v9-ultra"]).await;
    let home = Home::new();
    let (app, mut choice) = app_with(&home, &server, ServerKind::DeepSeek).await;
    choice.model = "deepseek-v9-ultra".to_owned();
    let reply = ask(&app, question(None, &choice, "?")).await;
    assert!(reply.failure.is_none());
    assert_eq!(reply.bill.cost, None, "an unknown price is unknown");
    let servers = app.servers().await.unwrap();
    let models = servers.iter().flat_map(|server| &server.models);
    let unknown = models.into_iter().find(|model| model.id == "deepseek-v9-ultra").unwrap();
    assert_eq!((unknown.context_tokens, &unknown.rates, &unknown.efforts), (None, &None, &None));
}

//! What replies cost, and what is left on the account.

use porthole_core::domain::{Currency, ModelChoice, ServerKind};
use porthole_core::{App, SendRequest};
use porthole_tests::fake_v4::{Balance, FakeV4, Script, UsageNumbers, UsagePlacement};
use porthole_tests::harness::{Home, app_with, ask, finish, question};

const HOUR_MS: i64 = 3_600_000;
/// The harness' clock begins on Monday 2026-11-23 at 08:00 UTC, four in the afternoon in Beijing: a peak hour, which
/// ends two hours later.
const OFF_PEAK: i64 = 2 * HOUR_MS;

fn used(prompt: u64, cached: u64, completion: u64) -> Script {
    Script::answer("ok").usage(UsageNumbers { prompt, cached, completion, reasoning: 0 })
}

async fn check(model: &str, after_ms: i64, usage: Script, expected: Option<&str>) {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, mut choice) = app_with(&home, &server, ServerKind::DeepSeek).await;
    choice.model = model.to_owned();
    home.pass(after_ms);
    server.reply(usage);
    let reply = ask(&app, question(None, &choice, "?")).await;
    assert!(reply.failure.is_none(), "{:?}", reply.failure);
    let cost = reply.bill.cost.map(|cost| cost.to_string());
    assert_eq!(cost.as_deref(), expected, "{model} after {after_ms} ms");
}

#[tokio::test]
async fn a_reply_costs_what_held_at_that_hour() {
    let million = || used(1_000_000, 0, 1_000_000);
    check("deepseek-v4-pro", 0, million(), Some("5.28 USD")).await;
    check("deepseek-v4-pro", OFF_PEAK, million(), Some("2.64 USD")).await;
    check("deepseek-v4-pro", 24 * HOUR_MS, million(), Some("5.28 USD")).await;
    check("deepseek-v4-pro", 5 * 24 * HOUR_MS, million(), Some("2.64 USD")).await;
    check("deepseek-flash", 0, million(), Some("1.5 USD")).await;
    // Cached tokens have a price of their own; asking by an old name costs what serves it.
    check("deepseek-flash", OFF_PEAK, used(1_000_000, 900_000, 0), Some("0.0177 USD")).await;
    check("deepseek-v4-flash", OFF_PEAK, used(1_000_000, 1_000_000, 0), Some("0.003 USD")).await;
    check("deepseek-v4-pro-max", OFF_PEAK, used(0, 0, 1_000), Some("0.00198 USD")).await;
}

#[tokio::test]
async fn what_nobody_knows_is_unknown_and_not_nothing() {
    check("deepseek-v4-pro", 0, Script::answer("ok").usage_on(UsagePlacement::Never), None).await;
}

async fn spent(app: &App, choice: &ModelChoice, server: &FakeV4, replies: Vec<Script>) -> (Vec<String>, u32) {
    let mut conversation = None;
    for reply in replies {
        server.reply(reply);
        conversation = Some(ask(app, question(conversation, choice, "?")).await.conversation);
    }
    let spent = app.conversation_cost(conversation.unwrap()).await.unwrap();
    (spent.money.iter().map(|sum| sum.amount.to_string()).collect(), spent.unknown)
}

#[tokio::test]
async fn a_conversation_shows_its_sum() {
    let server = FakeV4::start().await;
    let home = Home::new();
    let (app, choice) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let replies = vec![
        used(1_000, 0, 100),
        used(2_000, 1_000, 100),
        Script::answer("?").usage_on(UsagePlacement::Never),
    ];
    assert_eq!(spent(&app, &choice, &server, replies).await, (vec!["0.003476".to_owned()], 1));
}

#[tokio::test]
async fn the_account_tells_its_currency_and_prices_follow_it() {
    let server = FakeV4::start().await;
    server.set_balances(&[Balance::new("CNY", "10.00", "100.00")], Some(true));
    let home = Home::new();
    let (app, choice) = app_with(&home, &server, ServerKind::DeepSeek).await;
    let balance = app.balance(choice.server).await.unwrap();
    assert!(balance.available);
    assert_eq!(balance.amounts[0].currency, Currency::Cny);
    assert_eq!(balance.amounts[0].total.to_string(), "110");
    server.reply(used(1_000_000, 0, 0));
    let reply = ask(&app, SendRequest { ..question(None, &choice, "?") }).await;
    let cost = reply.bill.cost.unwrap();
    assert_eq!((cost.amount.to_string().as_str(), cost.currency), ("9", Currency::Cny));
    let listed = app.servers().await.unwrap();
    let model = listed.iter().flat_map(|server| &server.models).find(|model| model.name == "V4-Pro").unwrap();
    assert_eq!(model.rates.as_ref().unwrap().currency, Currency::Cny);
}

#[tokio::test]
async fn the_first_receipt_is_in_the_currency_of_the_account() {
    let server = FakeV4::start().await;
    server.set_balances(&[Balance::new("CNY", "0.00", "0.50")], Some(true));
    let home = Home::new();
    let (app, choice) = app_with(&home, &server, ServerKind::DeepSeek).await;
    server.reply(used(1_000_000, 0, 0).pause_after(1));
    let running = app.ask(question(None, &choice, "?")).await.unwrap();
    let chat = server.wait_for_chat(0).await.index;
    let mut changes = app.changes();
    let told = async {
        while app
            .servers()
            .await
            .unwrap()
            .iter()
            .flat_map(|server| &server.models)
            .all(|model| model.rates.as_ref().is_none_or(|rates| rates.currency != Currency::Cny))
        {
            let _ = changes.recv().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), told).await.expect("the list is priced anew");
    server.resume(chat);
    let cost = finish(&running).await.bill.cost.unwrap();
    assert_eq!((cost.amount.to_string().as_str(), cost.currency), ("9", Currency::Cny));
}

//! What only DeepSeek's account has.

use std::time::Duration;

use serde_json::Value;

use super::model_list::root_of;
use super::refusal::failure;
use super::{Endpoint, Reach};
use crate::domain::{Amount, Balance, BalanceAmount, Code, Currency, Failure};

const TIMEOUT: Duration = Duration::from_secs(15);

/// What is left on the account, `GET /user/balance` (DeepSeek API docs, Get User Balance). Amounts in currencies that
/// nobody here knows are left out.
///
/// # Errors
/// As every request; `malformed` when the answer is none.
pub async fn balance(reach: &Reach, endpoint: &Endpoint) -> Result<Balance, Failure> {
    let document = reach.get_json(&root_of(endpoint), "user/balance", TIMEOUT).await?;
    read(&document).ok_or_else(|| failure(endpoint, Code::Malformed, None))
}

fn read(document: &Value) -> Option<Balance> {
    let amounts = document.get("balance_infos")?.as_array()?;
    Some(Balance {
        available: document.get("is_available")?.as_bool()?,
        amounts: amounts.iter().filter_map(amount).collect(),
    })
}

fn amount(entry: &Value) -> Option<BalanceAmount> {
    let decimal = |name: &str| -> Option<Amount> {
        match entry.get(name)? {
            Value::String(text) => text.trim().parse().ok(),
            Value::Number(number) => number.to_string().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    };
    Some(BalanceAmount {
        currency: serde_json::from_value::<Currency>(entry.get("currency")?.clone()).ok()?,
        total: decimal("total_balance")?,
        granted: decimal("granted_balance").unwrap_or(Amount::default()),
        topped_up: decimal("topped_up_balance").unwrap_or(Amount::default()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Canned, Server};
    use super::*;
    use crate::domain::ServerKind;

    async fn check(body: &str, expected: Result<&str, Code>) {
        let mut server = Server::start(vec![Canned::ok("/user/balance", "application/json", body)]).await;
        let told = balance(&Reach::unlocked().unwrap(), &server.endpoint(ServerKind::DeepSeek)).await;
        let told =
            told.map(|balance| serde_json::to_string(&balance).unwrap()).map_err(|failure| failure.code);
        assert_eq!(told.as_deref().map_err(|code| *code), expected, "{body}");
        assert!(server.request().await.starts_with("GET /user/balance "));
    }

    #[tokio::test]
    async fn the_balance_is_read_as_decimals() {
        check(
            r#"{"is_available":true,"balance_infos":[{"currency":"CNY","total_balance":"110.00","granted_balance":"10.00","topped_up_balance":"100.00"}]}"#,
            Ok(r#"{"available":true,"amounts":[{"currency":"CNY","total":"110","granted":"10","topped_up":"100"}]}"#),
        )
        .await;
        check(
            r#"{"is_available":false,"balance_infos":[{"currency":"EUR","total_balance":"1"},{"currency":"USD","total_balance":0.07}]}"#,
            Ok(r#"{"available":false,"amounts":[{"currency":"USD","total":"0.07","granted":"0","topped_up":"0"}]}"#),
        )
        .await;
        check(r#"{"is_available":true}"#, Err(Code::Malformed)).await;
        check("<html>", Err(Code::Malformed)).await;
    }
}

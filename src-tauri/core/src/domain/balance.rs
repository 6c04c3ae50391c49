use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Currency;

/// What is left on a provider's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Balance {
    /// Whether the account may be used.
    pub available: bool,
    /// One amount per currency.
    pub amounts: Vec<BalanceAmount>,
}

/// What is left in one currency, in whole units of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct BalanceAmount {
    /// The currency.
    pub currency: Currency,
    /// All of it.
    #[serde(with = "super::money::text")]
    #[specta(type = String)]
    pub total: Decimal,
    /// Of that, what was given; it is used first (`facts/deepseek-v4.md` 1.9).
    #[serde(with = "super::money::text")]
    #[specta(type = String)]
    pub granted: Decimal,
    /// Of that, what was paid in.
    #[serde(with = "super::money::text")]
    #[specta(type = String)]
    pub topped_up: Decimal,
}

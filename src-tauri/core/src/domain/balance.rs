use serde::{Deserialize, Serialize};

use super::{Amount, Currency};

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
    pub total: Amount,
    /// Of that, what was given; it is used first (DeepSeek API docs, Models & Pricing).
    pub granted: Amount,
    /// Of that, what was paid in.
    pub topped_up: Amount,
}

impl Balance {
    /// What the account is billed in: the currency that has something left, else the first; `None` where none is told.
    pub fn currency(&self) -> Option<Currency> {
        let with_something = self.amounts.iter().find(|amount| !amount.total.0.is_zero());
        with_something.or(self.amounts.first()).map(|amount| amount.currency)
    }
}

//! The settings of a stand-in.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use super::dialect::Dialect;

/// Names that still answer and mean the first model (API docs, Models & Pricing, note 1; the last two still did on
/// 2026-09-10, as PyPI's unofficial deepseek-harness 0.3.1 found).
const ALIASES: &[&str] =
    &["deepseek-v4-flash", "deepseek-v4-flash-vision-exp", "deepseek-chat", "deepseek-reasoner"];

/// What the server is and offers.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which server it is.
    pub dialect: Dialect,
    /// The address it listens at.
    pub host: IpAddr,
    /// The port there; 0 is any free one.
    pub port: u16,
    /// The only key it accepts. With none, DeepSeek requires a key but accepts any, and local servers do not check.
    pub key: Option<String>,
    /// The models on offer instead of [`Dialect::models`].
    pub models: Option<Vec<String>>,
    /// The context window instead of [`Dialect::context`].
    pub context: Option<u64>,
    /// How many of the models are loaded, from the first on; one when absent.
    pub loaded: Option<usize>,
    /// llama.cpp's chat template, by which a client can tell whether the model thinks.
    pub chat_template: Option<String>,
    /// What `/user/balance` reports: one entry per currency, or none.
    pub balances: Vec<Balance>,
    /// `is_available` there. When absent, it is whether any balance is above zero.
    pub balance_available: Option<bool>,
    /// Which model answers to a name in its place, as the hosted API has done to names that were retired or moved
    /// (API docs, Models & Pricing). A name that is not listed is accepted by this, and the answer's `model` says the
    /// other one.
    pub repointed: BTreeMap<String, String>,
    /// Whether requests are checked as the real API checks them.
    pub validate: bool,
    /// The pace of answers that have none of their own.
    pub events_per_second: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dialect: Dialect::default(),
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            key: None,
            models: None,
            context: None,
            loaded: None,
            chat_template: None,
            balances: vec![Balance::new("USD", "1.50", "8.50")],
            balance_available: None,
            repointed: BTreeMap::new(),
            validate: true,
            events_per_second: None,
        }
    }
}

impl Settings {
    pub(super) fn models(&self) -> Vec<String> {
        let own = || self.dialect.models().iter().map(|model| (*model).to_owned()).collect();
        self.models.clone().unwrap_or_else(own)
    }

    pub(super) fn context(&self) -> u64 {
        self.context.unwrap_or_else(|| self.dialect.context())
    }

    pub(super) fn loaded(&self) -> usize {
        self.loaded.unwrap_or(1)
    }

    /// Whether a chat may name this model, listed or not.
    pub(super) fn knows(&self, model: &str) -> bool {
        let is_alias = self.dialect == Dialect::Deepseek && ALIASES.contains(&model);
        is_alias || self.repointed.contains_key(model) || self.models().iter().any(|listed| listed == model)
    }

    /// The model that answers to a name.
    pub(super) fn answering(&self, model: &str) -> String {
        if let Some(other) = self.repointed.get(model) {
            return other.clone();
        }
        if self.dialect == Dialect::Deepseek && ALIASES.contains(&model) {
            return self.models().into_iter().next().unwrap_or_default();
        }
        model.to_owned()
    }
}

/// One entry of `balance_infos` (API docs, Get User Balance). Amounts are text, as they are in the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// `CNY` or `USD`.
    pub currency: String,
    /// `total_balance`.
    pub total: String,
    /// `granted_balance`, which is used up first.
    pub granted: String,
    /// `topped_up_balance`.
    pub topped_up: String,
}

impl Balance {
    /// A balance whose total is the sum of its two parts.
    pub fn new(currency: &str, granted: &str, topped_up: &str) -> Self {
        let cents = |amount: &str| amount.parse::<f64>().unwrap_or(0.0);
        Self {
            currency: currency.to_owned(),
            total: format!("{:.2}", cents(granted) + cents(topped_up)),
            granted: granted.to_owned(),
            topped_up: topped_up.to_owned(),
        }
    }
}

//! Prices over time.

use serde::Deserialize;

use super::peak::Moment;
use crate::domain::{Amount, Currency, Rates};

/// The prices in force from an instant until the next ones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DatedPrice {
    pub(super) from: Moment,
    #[serde(rename = "USD")]
    usd: Option<Amounts>,
    #[serde(rename = "CNY")]
    cny: Option<Amounts>,
    /// For people who read the file.
    #[serde(rename = "note")]
    _note: Option<String>,
}

/// Amounts per 1,000,000 tokens. With `peak` they are those of the off-peak hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Amounts {
    input: Price,
    /// Not every provider has a cache or publishes its price. Without one, cached tokens count like all others, which
    /// can only make an estimate too high.
    cached: Option<Price>,
    output: Price,
    peak: Option<PeakAmounts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct PeakAmounts {
    input: Price,
    cached: Option<Price>,
    output: Price,
}

/// An amount that can be a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Amount")]
struct Price(Amount);

impl TryFrom<Amount> for Price {
    type Error = String;

    fn try_from(amount: Amount) -> Result<Self, String> {
        if Rates::is_price(amount) {
            Ok(Self(amount))
        } else {
            Err(format!(
                "\"{amount}\" is no price: from 0 to 1000000, with at most 12 digits behind the point"
            ))
        }
    }
}

impl DatedPrice {
    /// `None` where there is no price list in this currency.
    pub(super) fn rates(&self, currency: Currency, is_peak: bool) -> Option<Rates> {
        let amounts = match currency {
            Currency::Usd => self.usd,
            Currency::Cny => self.cny,
        }?;
        let (input, cached, output) = match amounts.peak {
            Some(peak) if is_peak => (peak.input, peak.cached, peak.output),
            _ => (amounts.input, amounts.cached, amounts.output),
        };
        Some(Rates {
            currency,
            input: input.0,
            cached: cached.unwrap_or(input).0,
            output: output.0,
            peak: amounts.peak.map(|_| is_peak),
        })
    }
}

/// The prices in force at an instant; `prices` are in order of time. `None` before the first.
pub(super) fn in_force(prices: &[DatedPrice], at_ms: i64) -> Option<&DatedPrice> {
    let begun = prices.partition_point(|price| price.from.ms() <= at_ms);
    prices[..begun].last()
}

/// Lays `own` over `prices`: at the same instant each currency replaces its own amounts, and another instant is added.
pub(super) fn merge(prices: &mut Vec<DatedPrice>, own: Vec<DatedPrice>) {
    for price in own {
        match prices.iter_mut().find(|base| base.from == price.from) {
            Some(base) => {
                base.usd = price.usd.or(base.usd);
                base.cny = price.cny.or(base.cny);
            }
            None => prices.push(price),
        }
    }
    prices.sort_by_key(|price| price.from);
}

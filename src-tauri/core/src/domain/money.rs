use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Usage;

/// What an account is billed in (DeepSeek API docs, Get User Balance: one of these two).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type)]
pub enum Currency {
    /// US dollars.
    #[serde(rename = "USD")]
    Usd,
    /// Chinese yuan.
    #[serde(rename = "CNY")]
    Cny,
}

impl Currency {
    /// The currency as it stands in JSON and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Cny => "CNY",
        }
    }
}

/// An exact decimal number, because prices per token are fractions that binary floating point cannot hold. In JSON
/// it is a string such as `"0.007412"`, without an exponent and without zeros at its end; a JSON number is refused,
/// since everyone who reads one makes it floating point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, specta::Type)]
pub struct Amount(#[specta(type = String)] pub Decimal);

/// Something else than digits and at most one point stood where an amount should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no decimal number such as \"0.15\"")]
pub struct InvalidAmount(String);

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A zero may carry a sign and a scale of its own.
        if self.0.is_zero() { formatter.write_str("0") } else { self.0.normalize().fmt(formatter) }
    }
}

impl FromStr for Amount {
    type Err = InvalidAmount;

    fn from_str(text: &str) -> Result<Self, InvalidAmount> {
        Decimal::from_str_exact(text).map(Self).map_err(|_| InvalidAmount(text.to_owned()))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How much of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Money {
    /// How much.
    pub amount: Amount,
    /// Of what.
    pub currency: Currency,
}

impl Money {
    /// What `all` come to, one sum for each currency, dollars first: what was spent in two currencies has no one
    /// sum that would be true tomorrow.
    pub fn sums(all: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut sums: BTreeMap<Currency, Decimal> = BTreeMap::new();
        for money in all {
            let sum = sums.entry(money.currency).or_default();
            *sum = sum.saturating_add(money.amount.0);
        }
        sums.into_iter().map(|(currency, sum)| Self { amount: Amount(sum), currency }).collect()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.amount, self.currency.name())
    }
}

/// What a model costs at one moment, for 1,000,000 tokens of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Rates {
    /// What it is billed in.
    pub currency: Currency,
    /// Tokens of the request that were not in the provider's prefix cache.
    pub input: Amount,
    /// Tokens of the request that were.
    pub cached: Amount,
    /// Tokens of the reply, thinking included.
    pub output: Amount,
    /// Whether these are the prices of peak hours; `None`: one price all day.
    pub peak: Option<bool>,
}

impl Rates {
    /// Digits behind the point that a price may have.
    const FINEST: u32 = 12;
    /// More than any price; together with `FINEST` it keeps every sum below the 96 bits of a `Decimal`, so that
    /// nothing is ever rounded.
    const HIGHEST: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

    /// Whether `amount` can be a price: not negative, at most a million, at most 12 digits behind the point.
    pub fn is_price(amount: Amount) -> bool {
        let Amount(amount) = amount;
        amount >= Decimal::ZERO && amount <= Self::HIGHEST && amount.normalize().scale() <= Self::FINEST
    }

    /// What a reply of this usage costs: exactly, in fractions of a cent.
    ///
    /// `None` where the server did not count the request or the reply: unknown is not free. Where it says nothing
    /// about its cache, all of the request counts as not cached, which is the higher price; a server that claims
    /// more cached tokens than the request has is believed up to the whole request.
    pub fn cost(&self, usage: &Usage) -> Option<Money> {
        if ![self.input, self.cached, self.output].into_iter().all(Self::is_price) {
            return None;
        }
        let prompt = usage.prompt_tokens?;
        let cached = usage.cached_tokens.unwrap_or(0).min(prompt);
        let completion = usage.completion_tokens?;
        let million = Decimal::from(prompt - cached) * self.input.0.normalize()
            + Decimal::from(cached) * self.cached.0.normalize()
            + Decimal::from(completion) * self.output.0.normalize();
        // Six more digits behind the point divide by 1,000,000 without a division.
        let amount = Amount((million * Decimal::new(1, 6)).normalize());
        Some(Money { amount, currency: self.currency })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Amount {
        text.parse().unwrap()
    }

    fn usage(prompt: u32, cached: u32, completion: u32) -> Usage {
        Usage {
            prompt_tokens: Some(prompt),
            cached_tokens: Some(cached),
            completion_tokens: Some(completion),
            reasoning_tokens: None,
        }
    }

    fn rates(input: &str, cached: &str, output: &str) -> Rates {
        Rates {
            currency: Currency::Usd,
            input: decimal(input),
            cached: decimal(cached),
            output: decimal(output),
            peak: None,
        }
    }

    #[test]
    fn money_is_a_plain_decimal_string() {
        let check = |amount: &str, shown: &str| {
            let money = Money { amount: decimal(amount), currency: Currency::Cny };
            let json = format!(r#"{{"amount":"{shown}","currency":"CNY"}}"#);
            assert_eq!(serde_json::to_string(&money).unwrap(), json);
            assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        };
        check("0.0074120", "0.007412");
        check("100", "100");
        check("1200.50", "1200.5");
        check("0.0000000000000001", "0.0000000000000001");
        check("0.000", "0");
        check("-0", "0");
        check("-1.50", "-1.5");
    }

    #[test]
    fn money_is_never_read_from_a_floating_point_number() {
        for json in [r#"{"amount":0.1,"currency":"USD"}"#, r#"{"amount":"1e3","currency":"USD"}"#] {
            serde_json::from_str::<Money>(json).expect_err(json);
        }
    }

    #[test]
    fn a_reply_costs_its_tokens_by_kind() {
        let check = |usage: Usage, cost: Option<&str>| {
            let rates = rates("0.15", "0.003", "0.60");
            assert_eq!(rates.cost(&usage).map(|money| money.amount), cost.map(decimal), "{usage:?}");
        };
        check(usage(1_000_000, 0, 1_000_000), Some("0.75"));
        check(usage(1_000_000, 1_000_000, 0), Some("0.003"));
        check(usage(1, 0, 0), Some("0.00000015"));
        check(usage(0, 0, 0), Some("0"));
        // A server that counts wrong.
        check(usage(10, 1_000, 0), Some("0.00000003"));
        // Nothing about the cache.
        check(Usage { cached_tokens: None, ..usage(1_000_000, 0, 0) }, Some("0.15"));
        // Unknown is not free.
        check(Usage { prompt_tokens: None, ..usage(0, 0, 5) }, None);
        check(Usage { completion_tokens: None, ..usage(5, 0, 0) }, None);
        check(Usage::default(), None);
    }

    #[test]
    fn what_cannot_be_a_price_makes_no_cost() {
        for price in ["-1", "1000000.1", "0.0000000000001"] {
            assert_eq!(rates(price, "0", "0").cost(&usage(1, 0, 1)), None, "{price}");
        }
        assert!(rates("1000000", "0", "0.000000000001").cost(&usage(1, 0, 1)).is_some());
    }

    #[test]
    fn sums_keep_currencies_apart() {
        let money = |amount, currency| Money { amount: decimal(amount), currency };
        let all = [
            money("0.1", Currency::Cny),
            money("0.1", Currency::Usd),
            money("0.2", Currency::Usd),
            money("2", Currency::Cny),
        ];
        let sums = Money::sums(all);
        assert_eq!(sums, [money("0.3", Currency::Usd), money("2.1", Currency::Cny)]);
        assert_eq!(sums[0].to_string(), "0.3 USD");
        assert_eq!(Money::sums([]), []);
    }

    proptest! {
        /// The same sum in whole numbers of 10^-12 and 10^-18, which cannot round.
        #[test]
        fn a_cost_is_exact_for_every_usage_and_price(
            prompt: u32, cached: u32, completion: u32, scale in 0..=12_u32,
            prices in proptest::array::uniform3(0..=1_000_000_i64),
        ) {
            let [input, hit, output] = prices;
            let rates = Rates {
                currency: Currency::Usd,
                input: Amount(Decimal::new(input, scale)),
                cached: Amount(Decimal::new(hit, scale)),
                output: Amount(Decimal::new(output, scale)),
                peak: None,
            };
            let cached = cached.min(prompt);
            let whole = i128::from(prompt - cached) * i128::from(input)
                + i128::from(cached) * i128::from(hit)
                + i128::from(completion) * i128::from(output);
            let cost = rates.cost(&usage(prompt, cached, completion)).unwrap().amount.0;
            prop_assert_eq!(cost, Decimal::from_i128_with_scale(whole, scale + 6));
            prop_assert!(cost >= Decimal::ZERO);
        }

        #[test]
        fn two_replies_cost_what_both_cost(
            first in proptest::array::uniform3(0..=u32::MAX / 2),
            second in proptest::array::uniform3(0..=u32::MAX / 2),
        ) {
            let rates = rates("0.435", "0.003625", "0.87");
            let reply = |[fresh, cached, completion]: [u32; 3]| {
                let cached = cached.min(fresh);
                usage(fresh, cached, completion)
            };
            let (one, other) = (reply(first), reply(second));
            let both = usage(
                one.prompt_tokens.unwrap() + other.prompt_tokens.unwrap(),
                one.cached_tokens.unwrap() + other.cached_tokens.unwrap(),
                one.completion_tokens.unwrap() + other.completion_tokens.unwrap(),
            );
            let sum = Money::sums([one, other].iter().filter_map(|usage| rates.cost(usage)));
            prop_assert_eq!(sum, vec![rates.cost(&both).unwrap()]);
        }
    }
}

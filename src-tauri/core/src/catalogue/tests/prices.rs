use super::*;

fn check(model: &str, currency: Currency, instant_ms: i64, expected: &str) {
    let catalogue = Catalogue::built_in();
    let of = catalogue.find(model).unwrap().vendor.clone();
    let rates = catalogue.rates(provider(&catalogue, &of), model, currency, instant_ms);
    if let Some(rates) = rates {
        assert_eq!(rates.currency, currency);
    }
    assert_eq!(shown(rates), expected, "{model} in {} at {instant_ms}", currency.name());
}

/// Each price of DeepSeek API docs, Models & Pricing, from the first millisecond it holds, and the one before it up
/// to the last. Beijing's clock at each change is in off-peak hours or before there were any, but for noon on
/// 10 September, which is the first minute after peak hours.
#[test]
fn each_price_holds_from_its_instant_on() {
    let history = |model: &str, rows: &[(&str, &str, &str)]| {
        let mut before = ("unknown", "unknown");
        for (from, usd, cny) in rows {
            check(model, Currency::Usd, at(from) - 1, before.0);
            check(model, Currency::Cny, at(from) - 1, before.1);
            check(model, Currency::Usd, at(from), usd);
            check(model, Currency::Cny, at(from), cny);
            before = (usd, cny);
        }
    };
    history(
        "deepseek-v4-pro",
        &[
            ("2026-04-24T00:00:00Z", "1.74 0.145 3.48", "12 1 24"),
            ("2026-04-25T00:00:00Z", "0.435 0.03625 0.87", "3 0.25 6"),
            ("2026-04-26T12:15:00Z", "0.435 0.003625 0.87", "3 0.025 6"),
            ("2026-05-22T00:00:00Z", "0.435 0.003625 0.87", "3 0.025 6"),
            ("2026-08-16T16:00:00Z", "0.66 0.022 1.98 off", "4.5 0.15 13.5 off"),
        ],
    );
    history(
        "deepseek-flash",
        &[
            ("2026-04-24T00:00:00Z", "0.14 0.028 0.28", "1 0.2 2"),
            ("2026-04-26T12:15:00Z", "0.14 0.0028 0.28", "1 0.02 2"),
            ("2026-08-16T16:00:00Z", "0.22 0.007 0.66 off", "1.5 0.05 4.5 off"),
        ],
    );
    history("gpt-5.5", &[("2026-04-24T00:00:00Z", "5 0.5 30", "unknown")]);
    history(
        "gpt-5.4",
        &[
            ("2026-04-24T00:00:00Z", "2.5 2.5 10", "unknown"),
            ("2026-06-04T00:00:00Z", "2.5 0.25 15", "unknown"),
        ],
    );
    history("claude-opus-4-6", &[("2026-02-05T00:00:00Z", "5 5 25", "unknown")]);
}

/// V4.1-Flash came at noon on a Thursday in Beijing: the last millisecond of the old price is one of peak hours.
#[test]
fn the_price_of_flash_falls_with_its_new_version() {
    let change = at("2026-09-10T04:00:00Z");
    check("deepseek-flash", Currency::Usd, change - 1, "0.44 0.014 1.32 peak");
    check("deepseek-flash", Currency::Cny, change - 1, "3 0.1 9 peak");
    check("deepseek-flash", Currency::Usd, change, "0.15 0.003 0.6 off");
    check("deepseek-flash", Currency::Cny, change, "1 0.02 4 off");
}

/// The table of DeepSeek API docs, Models & Pricing, October 2026.
#[test]
fn today_each_price_is_double_in_peak_hours() {
    let (off, peak) = (at("2026-11-23T12:00:00Z"), at("2026-11-23T02:00:00Z"));
    check("deepseek-flash", Currency::Usd, off, "0.15 0.003 0.6 off");
    check("deepseek-flash", Currency::Usd, peak, "0.3 0.006 1.2 peak");
    check("deepseek-flash", Currency::Cny, off, "1 0.02 4 off");
    check("deepseek-flash", Currency::Cny, peak, "2 0.04 8 peak");
    check("deepseek-v4-pro", Currency::Usd, off, "0.66 0.022 1.98 off");
    check("deepseek-v4-pro", Currency::Usd, peak, "1.32 0.044 3.96 peak");
    check("deepseek-v4-pro", Currency::Cny, off, "4.5 0.15 13.5 off");
    check("deepseek-v4-pro", Currency::Cny, peak, "9 0.3 27 peak");
}

#[test]
fn every_name_of_a_model_costs_the_same() {
    let peak = at("2026-11-23T02:00:00Z");
    for id in ["deepseek-v4-flash", "deepseek-v4-flash-vision-exp", "deepseek-chat", "deepseek-reasoner"] {
        check(id, Currency::Usd, peak, "0.3 0.006 1.2 peak");
    }
    check("deepseek-v4-pro-max", Currency::Usd, peak, "1.32 0.044 3.96 peak");
    check("gpt-5.5-2026-04-23", Currency::Usd, peak, "5 0.5 30");
}

#[test]
fn nobody_is_billed_by_someone_elses_prices() {
    let catalogue = Catalogue::built_in();
    let now = at("2026-11-23T02:00:00Z");
    let rates =
        |of: &str, model: &str| shown(catalogue.rates(provider(&catalogue, of), model, Currency::Usd, now));
    assert_eq!(rates("openai", "deepseek-v4-pro"), "unknown");
    assert_eq!(rates("deepseek", "gpt-5.5"), "unknown");
    assert_eq!(rates("deepseek", "deepseek-v5"), "unknown");
}

/// The calculation of the developer guide of 24 April 2026: "5M tokens in, 2M out a month, launch prices".
#[test]
fn the_guides_calculation_comes_out() {
    let catalogue = Catalogue::built_in();
    let cost = |model: &str| {
        let of = provider(&catalogue, &catalogue.find(model).unwrap().vendor);
        let rates = catalogue.rates(of, model, Currency::Usd, at("2026-04-24T12:00:00Z")).unwrap();
        let usage =
            Usage { prompt_tokens: Some(5_000_000), completion_tokens: Some(2_000_000), ..Usage::default() };
        rates.cost(&usage).unwrap().amount.0
    };
    for (model, expected) in
        [("gpt-5.5", "85"), ("gpt-5.4", "32.5"), ("deepseek-v4-pro", "15.66"), ("deepseek-v4-flash", "1.26")]
    {
        assert_eq!(cost(model).to_string(), expected, "{model}");
    }
    let percent = cost("deepseek-v4-pro") * rust_decimal::Decimal::ONE_HUNDRED / cost("gpt-5.5");
    assert_eq!(percent.round().to_string(), "18");
}

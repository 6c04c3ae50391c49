use super::*;

#[test]
fn an_empty_file_changes_nothing() {
    for own in ["{}", "\u{feff}{}", r#"{"providers": [], "models": []}"#, r#"{"note": "mine"}"#] {
        assert_eq!(Catalogue::with_own(own), Ok(Catalogue::built_in()), "{own}");
    }
}

#[test]
fn own_prices_are_laid_over_those_there_are() {
    let own = r#"{"models": [{"id": "deepseek-v4-pro", "prices": [
        {"from": "2026-12-01T00:00:00+08:00", "CNY": {"input": "3", "cached": "0.1", "output": "9"}},
        {"from": "2026-04-24T00:00:00Z", "USD": {"input": "1.7", "cached": "0.1", "output": "3"}}
    ]}]}"#;
    let catalogue = Catalogue::with_own(own).unwrap();
    let check = |currency, instant: &str, expected: &str| {
        let rates =
            catalogue.rates(provider(&catalogue, "deepseek"), "deepseek-v4-pro", currency, at(instant));
        assert_eq!(shown(rates), expected, "{instant}");
    };
    // The same instant: this currency is replaced, the other one stays.
    check(Currency::Usd, "2026-04-24T00:00:00Z", "1.7 0.1 3");
    check(Currency::Cny, "2026-04-24T00:00:00Z", "12 1 24");
    // Between: as it was.
    check(Currency::Cny, "2026-11-30T15:59:59.999Z", "4.5 0.15 13.5 off");
    // A new instant: only what is said holds from then on.
    check(Currency::Cny, "2026-11-30T16:00:00Z", "3 0.1 9");
    check(Currency::Usd, "2026-11-30T16:00:00Z", "unknown");
}

#[test]
fn own_fields_replace_and_own_entries_are_added() {
    let own = r#"{
        "providers": [
            {"id": "deepseek", "url": "https://deepseek.example.com/"},
            {"id": "mine", "url": "https://llm.example.com/v1", "currency": "CNY"}
        ],
        "models": [
            {"id": "deepseek-v4-pro", "name": "Pro", "output_tokens": 1000},
            {"id": "house", "provider": "mine", "aliases": ["home"]}
        ]
    }"#;
    let catalogue = Catalogue::with_own(own).unwrap();
    let built_in = Catalogue::built_in();
    let pro = catalogue.find("deepseek-v4-pro").unwrap();
    let expected = CatalogueModel {
        name: "Pro".to_owned(),
        output_tokens: Some(1000),
        ..built_in.find("deepseek-v4-pro").unwrap().clone()
    };
    assert_eq!(*pro, expected);
    let deepseek = provider(&catalogue, "deepseek");
    assert_eq!(deepseek.url, "https://deepseek.example.com");
    assert_eq!(deepseek.peak, provider(&built_in, "deepseek").peak);
    assert_eq!(catalogue.find("home").map(|model| model.name.as_str()), Some("house"));
    let mine = catalogue.vendor_of(ServerKind::OpenAi, "llm.example.com").unwrap();
    assert_eq!((mine.name.as_str(), mine.currency), ("mine", Currency::Cny));
}

/// Each mistake is told with its place, and none of the file is used.
#[test]
fn a_mistake_is_told_with_its_line_and_column() {
    let check = |own: &str, line, column, what: &str| {
        let error = Catalogue::with_own(own).unwrap_err();
        assert_eq!((error.line, error.column), (line, column), "{error}");
        assert!(error.what.contains(what), "{error}");
        let told = error.to_string();
        assert!(
            told.contains(&format!("line {line}, column {column}")) && told.contains("Correct"),
            "{told}"
        );
    };
    check("", 1, 1, "EOF");
    check("{\n  \"models\": [\n    {,\n", 3, 6, "key");
    check("{\n  \"model\": []\n}", 2, 9, "unknown field `model`");
    let price = |amounts: &str| {
        format!(
            "{{\"models\": [{{\n\"id\": \"gpt-5.5\",\n\"prices\": [{{\"from\": \"2026-12-01T00:00:00Z\", \"USD\":\n{amounts}\n}}]}}]}}"
        )
    };
    check(&price(r#"{"input": 1.5, "output": "2"}"#), 4, 13, "floating point");
    check(&price(r#"{"input": "1,5", "output": "2"}"#), 4, 15, "no decimal number");
    check(&price(r#"{"input": "-1", "output": "2"}"#), 4, 14, "no price");
    check(&price(r#"{"input": "1"}"#), 4, 14, "missing field `output`");
    check(&price(r#"{"input": "1", "output": "2", "cache": "1"}"#), 4, 37, "unknown field `cache`");
    check("{\"models\": [{\"id\": \"gpt-5.5\", \"prices\": [{\"from\": \"1 May\"}]}]}", 1, 58, "no instant");
    check("{\"models\": [\n {\"id\": \"x\"}]}", 2, 9, "its provider is missing");
    check("{\"models\": [{\"id\": \"x\", \"provider\": \"y\"}]}", 1, 20, "no provider \"y\"");
    check("{\"providers\": [{\"id\": \"y\"}]}", 1, 23, "its url is missing");
    check("{\"providers\": [{\"id\": \"y\", \"url\": \"ftp://a\"}]}", 1, 44, "no address");
    let circle =
        "{\"models\": [{\"id\": \"gpt-5.5\", \"served_by\": {\"model\": \"gpt-5.5\", \"effort\": \"max\"}}]}";
    check(circle, 1, 20, "no model of its own");
}

#[test]
fn mistakes_in_peak_hours_are_found() {
    let check = |peak: &str, what: &str| {
        let own = format!(r#"{{"providers": [{{"id": "deepseek", "peak": {peak}}}]}}"#);
        let error = Catalogue::with_own(&own).unwrap_err();
        assert!(error.what.contains(what), "{error}");
    };
    let rule = |weekdays: &str, from: &str, to: &str| {
        format!(
            r#"{{"rules": [{{"from": "2026-12-01T00:00:00Z", "weekdays": {weekdays}, "hours": [{{"from": "{from}", "to": "{to}"}}]}}]}}"#
        )
    };
    check(&rule("[0]", "09:00", "10:00"), "no day of the week");
    check(&rule("[1]", "9 am", "10:00"), "no time of day");
    check(&rule("[1]", "09:00", "24:01"), "no time of day");
    check(&rule("[1]", "10:00", "09:00"), "end before they begin");
    check(r#"{"utc_offset_minutes": 900}"#, "utc_offset_minutes");
    check(r#"{"holidays": [{"from": "2026-02-30", "to": "2026-03-01"}]}"#, "no date");
    check(r#"{"holidays": [{"from": "2026-03-02", "to": "2026-03-01"}]}"#, "ends before it begins");
    check(r#"{"holidays": [{"from": "2027-01-01", "to": "2027-01-01"}]}"#, "known_until");
}

use super::*;

/// Whether V4-Pro costs double at an instant.
fn is_peak(catalogue: &Catalogue, at_ms: i64) -> bool {
    let rates = catalogue.rates(provider(catalogue, "deepseek"), "deepseek-v4-pro", Currency::Usd, at_ms);
    rates.unwrap().peak.unwrap()
}

/// `date` and `time` in Beijing.
fn in_beijing(date: &str, time: &str) -> i64 {
    at(&format!("{date}T{time}+08:00"))
}

#[test]
fn peak_hours_begin_and_end_on_the_millisecond() {
    let catalogue = Catalogue::built_in();
    let check = |time: &str, expected: bool| {
        // A Monday.
        assert_eq!(is_peak(&catalogue, in_beijing("2026-11-23", time)), expected, "{time}");
    };
    check("00:00:00", false);
    check("08:59:59.999", false);
    check("09:00:00", true);
    check("11:59:59.999", true);
    check("12:00:00", false);
    check("13:59:59.999", false);
    check("14:00:00", true);
    check("17:59:59.999", true);
    check("18:00:00", false);
    check("23:59:59.999", false);
}

/// The English page gives the same hours in UTC.
#[test]
fn peak_hours_are_those_of_the_english_page() {
    let catalogue = Catalogue::built_in();
    for hour in 0..24 {
        let expected = (1..4).contains(&hour) || (6..10).contains(&hour);
        let instant = at(&format!("2026-11-25T{hour:02}:30:00Z"));
        assert_eq!(is_peak(&catalogue, instant), expected, "{hour}:30 UTC");
    }
}

#[test]
fn a_week_has_five_days_with_peak_hours() {
    let catalogue = Catalogue::built_in();
    for (date, expected) in [
        ("2026-11-20", true),
        ("2026-11-21", false),
        ("2026-11-22", false),
        ("2026-11-23", true),
        ("2026-11-24", true),
        ("2026-11-25", true),
        ("2026-11-26", true),
        ("2026-11-27", true),
        ("2026-11-28", false),
    ] {
        assert_eq!(is_peak(&catalogue, in_beijing(date, "10:00:00")), expected, "{date}");
    }
}

/// The hours of today hide whose weekend counts, because none of them lies where Beijing and Greenwich have
/// different dates. A person's own rule with such an hour shows it.
#[test]
fn the_weekend_is_beijings() {
    let own = r#"{"providers": [{"id": "deepseek", "peak": {"rules": [
        {"from": "2026-08-16T16:00:00Z", "weekdays": [1, 2, 3, 4, 5], "hours": [{"from": "00:00", "to": "24:00"}]}
    ]}}]}"#;
    let catalogue = Catalogue::with_own(own).unwrap();
    let check = |instant: &str, expected| assert_eq!(is_peak(&catalogue, at(instant)), expected, "{instant}");
    check("2026-11-20T15:59:59.999Z", true);
    check("2026-11-20T16:00:00Z", false);
    check("2026-11-22T15:59:59.999Z", false);
    check("2026-11-22T16:00:00Z", true);
}

/// Until 23 August 2026, 00:00 in Beijing, weekends had peak hours.
#[test]
fn weekends_are_off_peak_since_they_were_made_so() {
    let catalogue = Catalogue::built_in();
    assert!(is_peak(&catalogue, in_beijing("2026-08-22", "10:00:00")), "the only Saturday of the first rule");
    assert!(!is_peak(&catalogue, in_beijing("2026-08-23", "10:00:00")));
    assert!(is_peak(&catalogue, in_beijing("2026-08-24", "10:00:00")));
}

#[test]
fn holidays_are_off_peak_all_day_and_days_beside_them_are_not() {
    // The rule did not hold yet in spring: laid back to the year's beginning, each holiday can be seen.
    let own = r#"{
        "providers": [{"id": "deepseek", "peak": {"rules": [
            {"from": "2025-12-01T00:00:00Z", "weekdays": [1, 2, 3, 4, 5],
             "hours": [{"from": "09:00", "to": "12:00"}, {"from": "14:00", "to": "18:00"}]}
        ]}}],
        "models": [{"id": "deepseek-v4-pro", "prices": [
            {"from": "2025-12-01T00:00:00Z", "USD": {"input": "1", "output": "1", "peak": {"input": "2", "output": "2"}}},
            {"from": "2026-04-24T00:00:00Z", "USD": {"input": "1", "output": "1", "peak": {"input": "2", "output": "2"}}},
            {"from": "2026-04-25T00:00:00Z", "USD": {"input": "1", "output": "1", "peak": {"input": "2", "output": "2"}}},
            {"from": "2026-04-26T12:15:00Z", "USD": {"input": "1", "output": "1", "peak": {"input": "2", "output": "2"}}},
            {"from": "2026-05-22T00:00:00Z", "USD": {"input": "1", "output": "1", "peak": {"input": "2", "output": "2"}}}
        ]}]
    }"#;
    let catalogue = Catalogue::with_own(own).unwrap();
    let holidays = [
        ("2026-01-01", "2026-01-03"),
        ("2026-02-15", "2026-02-23"),
        ("2026-04-04", "2026-04-06"),
        ("2026-05-01", "2026-05-05"),
        ("2026-06-19", "2026-06-21"),
        ("2026-09-25", "2026-09-27"),
        ("2026-10-01", "2026-10-07"),
    ];
    let mut day: jiff::civil::Date = "2026-01-01".parse().unwrap();
    let mut off_days = 0;
    while day.year() == 2026 {
        let date = day.to_string();
        let is_weekend = day.weekday().to_monday_one_offset() > 5;
        let is_holiday = holidays.iter().any(|(from, to)| (*from..=*to).contains(&date.as_str()));
        for time in ["09:00:00", "10:30:00", "17:59:59.999"] {
            let expected = !is_weekend && !is_holiday;
            assert_eq!(is_peak(&catalogue, in_beijing(&date, time)), expected, "{date} {time}");
        }
        off_days += i32::from(is_holiday);
        day = day.tomorrow().unwrap();
    }
    assert_eq!(off_days, 3 + 9 + 3 + 5 + 3 + 3 + 7);
}

/// 20 September and 10 October 2026 were worked, and were a Sunday and a Saturday all the same.
#[test]
fn a_weekend_that_is_worked_stays_a_weekend() {
    let catalogue = Catalogue::built_in();
    for date in ["2026-09-20", "2026-10-10"] {
        assert!(!is_peak(&catalogue, in_beijing(date, "10:00:00")), "{date}");
    }
}

#[test]
fn in_a_year_without_a_list_weekdays_are_working_days() {
    let catalogue = Catalogue::built_in();
    // New Year's Day 2027 is a Friday.
    assert!(is_peak(&catalogue, in_beijing("2027-01-01", "10:00:00")));
    assert!(!is_peak(&catalogue, in_beijing("2027-01-02", "10:00:00")));
    let own = r#"{"providers": [{"id": "deepseek", "peak": {
        "known_until": 2027, "holidays": [{"from": "2027-01-01", "to": "2027-01-01"}]
    }}]}"#;
    let catalogue = Catalogue::with_own(own).unwrap();
    assert!(!is_peak(&catalogue, in_beijing("2027-01-01", "10:00:00")), "a person's own holiday");
    assert!(!is_peak(&catalogue, in_beijing("2026-10-01", "10:00:00")), "is added to those there are");
}

#[test]
fn no_instant_is_too_far_away() {
    let catalogue = Catalogue::built_in();
    let deepseek = provider(&catalogue, "deepseek");
    for at_ms in [i64::MIN, -1, 0, i64::MAX] {
        let rates = catalogue.rates(deepseek, "deepseek-v4-pro", Currency::Usd, at_ms);
        assert_eq!(rates.is_some(), at_ms == i64::MAX);
    }
}

//! When a provider charges more.
//!
//! DeepSeek's rule (API docs, "Models & Pricing", note 2, October 2026): peak hours are Monday to Friday except
//! Chinese public holidays, 09:00 to 12:00 and 14:00 to 18:00 in Beijing. All other times are off-peak: weekends and
//! holidays all day, including the Saturdays and Sundays that are worked to make up for a holiday.

use serde::Deserialize;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// An instant, such as `"2026-08-16T16:00:00Z"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Moment(i64);

impl Moment {
    /// Milliseconds since 1970 UTC.
    pub(super) const fn ms(self) -> i64 {
        self.0
    }
}

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let instant = text.parse::<jiff::Timestamp>();
        instant
            .map(|instant| Self(instant.as_millisecond()))
            .map_err(|_| format!("\"{text}\" is no instant such as \"2026-08-16T16:00:00Z\""))
    }
}

/// A date without a time zone, as days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct Day {
    since_1970: i64,
    year: i16,
}

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is no date such as \"2026-10-01\"");
        let date = text.parse::<jiff::civil::Date>().map_err(|_| wrong())?;
        let midnight = format!("{date}T00:00:00Z").parse::<jiff::Timestamp>().map_err(|_| wrong())?;
        Ok(Self { since_1970: midnight.as_millisecond().div_euclid(DAY_MS), year: date.year() })
    }
}

/// A time of day, such as `"09:00"`, in minutes since midnight; `"24:00"` is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct TimeOfDay(i64);

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let number = |digits: &str, most: i64| digits.parse::<i64>().ok().filter(|n| (0..=most).contains(n));
        text.split_once(':')
            .and_then(|(hours, minutes)| Some(number(hours, 24)? * 60 + number(minutes, 59)?))
            .filter(|minutes| *minutes <= 24 * 60)
            .map(Self)
            .ok_or_else(|| format!("\"{text}\" is no time of day such as \"09:00\""))
    }
}

/// A day of the week, 1 (Monday) to 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
struct Weekday(i64);

impl TryFrom<i64> for Weekday {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        if (1..=7).contains(&number) {
            Ok(Self(number))
        } else {
            Err(format!("{number} is no day of the week: 1 is Monday, 7 is Sunday"))
        }
    }
}

/// A stretch of a day: from the first minute up to, but not including, the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hours {
    from: TimeOfDay,
    to: TimeOfDay,
}

/// When peak hours are, from an instant until the next rule applies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    from: Moment,
    weekdays: Vec<Weekday>,
    hours: Vec<Hours>,
}

/// A public holiday, first and last day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    from: Day,
    to: Day,
    /// For people who read the file.
    #[serde(rename = "note")]
    _note: Option<String>,
}

/// A provider's peak hours.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Peak {
    /// How far the provider's clock is ahead of UTC. China has had no summer time since 1991, so a fixed number is
    /// enough and no time zone database is needed.
    utc_offset_minutes: Option<i64>,
    rules: Option<Vec<Rule>>,
    /// State Council notice 国办发明电〔2025〕7号 for 2026.
    #[serde(default)]
    holidays: Vec<Holiday>,
    /// The last year whose holidays are listed. Each year's list is published in the preceding November; until
    /// it is added, all its weekdays count as working days, which can only make an estimate too high.
    known_until: Option<i16>,
    #[serde(rename = "note")]
    _note: Option<String>,
}

impl Peak {
    /// Whether an instant is within peak hours.
    pub(super) fn holds_at(&self, at_ms: i64) -> bool {
        let rules = self.rules.as_deref().unwrap_or_default();
        let Some(rule) = rules.iter().rev().find(|rule| rule.from.ms() <= at_ms) else { return false };
        let there = at_ms.saturating_add(self.utc_offset_minutes.unwrap_or(0) * MINUTE_MS);
        let day = there.div_euclid(DAY_MS);
        let minute = there.rem_euclid(DAY_MS).div_euclid(MINUTE_MS);
        // 1970-01-01 was a Thursday.
        let weekday = Weekday((day + 3).rem_euclid(7) + 1);
        let is_holiday = || {
            self.holidays
                .iter()
                .any(|holiday| (holiday.from.since_1970..=holiday.to.since_1970).contains(&day))
        };
        rule.weekdays.contains(&weekday)
            && rule.hours.iter().any(|hours| (hours.from.0..hours.to.0).contains(&minute))
            && !is_holiday()
    }

    /// Lays `own` over this: rules, offset and year replace, holidays are added.
    pub(super) fn merge(&mut self, own: Self) {
        self.utc_offset_minutes = own.utc_offset_minutes.or(self.utc_offset_minutes);
        self.rules = own.rules.or(self.rules.take());
        self.holidays.extend(own.holidays);
        self.known_until = own.known_until.or(self.known_until);
    }

    /// What is wrong with it, if anything; puts the rules in order.
    pub(super) fn check(&mut self) -> Result<(), String> {
        if self.utc_offset_minutes.is_none_or(|minutes| !(-14 * 60..=14 * 60).contains(&minutes)) {
            return Err("peak needs utc_offset_minutes, from -840 to 840".to_owned());
        }
        let rules = self.rules.get_or_insert_default();
        rules.sort_by_key(|rule| rule.from);
        if rules.iter().flat_map(|rule| &rule.hours).any(|hours| hours.from >= hours.to) {
            return Err("peak hours end before they begin".to_owned());
        }
        if self.holidays.iter().any(|holiday| holiday.from > holiday.to) {
            return Err("a holiday ends before it begins".to_owned());
        }
        let last = self.holidays.iter().map(|holiday| holiday.to.year).max();
        if last > self.known_until {
            return Err("known_until is the last year whose holidays are listed".to_owned());
        }
        Ok(())
    }
}

//! A moment as the properties of a file say it.

use krilla::metadata::DateTime;

const DAY: i64 = 24 * 60 * 60;

/// A moment in milliseconds since 1970, in UTC. Years that the format has no digits for become its first or last.
pub(super) fn date(ms: i64) -> DateTime {
    let seconds = ms.div_euclid(1000);
    let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    // Howard Hinnant's days to civil: years begin in March, so that the day that is added is their last.
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    DateTime::new(u16::try_from(year.clamp(0, 9999)).unwrap_or_default())
        .month(small(month))
        .day(small(day))
        .hour(small(second / 3600))
        .minute(small(second / 60 % 60))
        .second(small(second % 60))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

/// Parts of a date are below 60.
fn small(part: i64) -> u8 {
    u8::try_from(part).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::date;
    use krilla::metadata::DateTime;

    #[test]
    fn days_are_those_of_the_calendar() {
        let utc = |year, month, day| {
            DateTime::new(year).month(month).day(day).hour(0).minute(0).second(0).utc_offset_hour(0)
        };
        assert_eq!(date(0), utc(1970, 1, 1));
        assert_eq!(date(951_782_400_000), utc(2000, 2, 29));
        assert_eq!(date(-1), utc(1969, 12, 31).hour(23).minute(59).second(59));
        assert_eq!(date(1_797_772_799_000), utc(2026, 12, 20).hour(13).minute(19).second(59));
        let _ = (date(i64::MAX), date(i64::MIN));
    }
}

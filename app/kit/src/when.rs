//! Points in time as people read them. The server decides what "now" is, so that server and browser draw the same words.

use serde::{Deserialize, Serialize};

/// A point in time with the words for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// Relative to the moment of the answer, such as `3 minutes ago`.
    pub relative: String,
    /// The exact time, ISO 8601 in UTC.
    pub exact: String,
}

impl When {
    /// `at` seen from `now`, both in milliseconds since the Unix epoch.
    pub fn new(at: i64, now: i64) -> Self {
        Self { relative: relative(at - now), exact: exact(at) }
    }
}

/// The start of a day that is written `2026-05-31`, UTC, in milliseconds since the Unix epoch; `None` for any other text.
pub fn day(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let mut part = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits && part.bytes().all(|c| c.is_ascii_digit()))?;
        part.parse::<i64>().ok()
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    // The inverse of `exact`, with years that begin in March.
    let (shifted_year, shifted_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * shifted_month + 2) / 5 + day - 1;
    let at = (era * 146_097 + day_of_era - 719_468) * 86_400_000;
    // A day that the calendar does not have comes out as another.
    (parts.next().is_none() && exact(at).starts_with(text)).then_some(at)
}

/// `at` in ISO 8601, UTC, with its milliseconds: for what computers read.
pub fn to_the_millisecond(at: i64) -> String {
    format!("{}.{:03}Z", exact(at).trim_end_matches('Z'), at.rem_euclid(1000))
}

/// A difference in milliseconds in words: `in 5 minutes`, `2 days ago`, `now`.
fn relative(difference: i64) -> String {
    let seconds = difference.unsigned_abs() / 1000;
    let (of, unit) = match seconds {
        0..5 => return "now".into(),
        5..60 => (1, "second"),
        60..3_600 => (60, "minute"),
        3_600..86_400 => (3_600, "hour"),
        86_400..5_184_000 => (86_400, "day"),
        5_184_000..63_072_000 => (2_592_000, "month"),
        _ => (31_536_000, "year"),
    };
    // What was made a moment ago to last for 30 days ends in 30 days, not in 29.
    let count = if difference > 0 { (seconds + of / 2) / of } else { seconds / of };
    let plural = if count == 1 { "" } else { "s" };
    if difference > 0 { format!("in {count} {unit}{plural}") } else { format!("{count} {unit}{plural} ago") }
}

/// ISO 8601 in UTC, to the second (days from civil: Howard Hinnant's public-domain calendar algorithm).
fn exact(at: i64) -> String {
    let seconds = at.div_euclid(1000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_shifted + 2) / 5 + 1;
    let month = if month_shifted < 10 { month_shifted + 3 } else { month_shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        let now = 1_764_000_000_000;
        let of = |seconds: i64| When::new(now + seconds * 1000, now).relative;
        assert_eq!(of(0), "now");
        assert_eq!(of(86_400 * 30 - 3), "in 30 days");
        assert_eq!(of(-86_400 * 3 + 3), "2 days ago");
        assert_eq!(of(-61), "1 minute ago");
        assert_eq!(of(7_200), "in 2 hours");
        assert_eq!(of(-86_400 * 3), "3 days ago");
        assert_eq!(of(-86_400 * 800), "2 years ago");
    }

    #[test]
    fn exact_times_are_utc() {
        assert_eq!(exact(0), "1970-01-01T00:00:00Z");
        assert_eq!(exact(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(exact(1_764_000_000_999), "2025-11-24T16:00:00Z");
        assert_eq!(to_the_millisecond(1_764_000_000_009), "2025-11-24T16:00:00.009Z");
        assert_eq!(to_the_millisecond(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(exact(-1), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn a_day_is_its_start_and_no_other_text_is_one() {
        assert_eq!(day("1970-01-01"), Some(0));
        assert_eq!(day("2000-02-29"), Some(951_782_400_000));
        assert_eq!(day("2025-11-24").map(exact).as_deref(), Some("2025-11-24T00:00:00Z"));
        for wrong in ["", "2025-02-29", "2025-13-01", "2025-00-10", "2025-1-1", "2025-01-01-01", "+025-01-01", "x"] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }
}

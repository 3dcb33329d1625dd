//! Lengths of time as documents write them.

use serde_json::Value;

/// Milliseconds, or a time as milliseconds since 1970.
pub type Millis = i64;

const SECOND: Millis = 1000;
const MINUTE: Millis = 60 * SECOND;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;
const WEEK: Millis = 7 * DAY;

/// The longest that anything may be told to take: ten years.
const LONGEST: Millis = 3653 * DAY;

/// A length of time: `3d`, `1d 12h`, `P3D`, `PT12H`, or an object such as `{days: 3, hours: 12}`, as Backstage has them.
pub fn millis(value: &Value) -> Option<Millis> {
    let total = match value {
        Value::String(text) => text_millis(text.trim())?,
        Value::Object(parts) if !parts.is_empty() => parts.iter().try_fold(0.0, |sum, (unit, count)| {
            let unit = unit.strip_suffix('s').unwrap_or(unit);
            Some(sum + count.as_f64()? * unit_millis(unit)? as f64)
        })?,
        _ => return None,
    };
    (total >= 0.0 && total <= LONGEST as f64).then_some(total as Millis)
}

fn text_millis(text: &str) -> Option<f64> {
    let iso = text.strip_prefix('P').map(|rest| rest.replacen('T', " T", 1));
    let (text, is_iso) = match &iso {
        Some(rest) => (rest.as_str(), true),
        None => (text, false),
    };
    let (mut total, mut number, mut unit, mut is_time, mut seen) = (0.0, String::new(), String::new(), false, false);
    for c in text.chars().chain([' ']) {
        let ends = !unit.is_empty() && !c.is_alphabetic();
        if ends {
            let count: f64 = number.parse().ok()?;
            let name = match (is_iso, is_time, unit.as_str()) {
                (true, false, "M") => return None,
                (true, true, "M") => "minute",
                _ => &unit,
            };
            total += count * unit_millis(&name.to_lowercase())? as f64;
            (number, unit, seen) = (String::new(), String::new(), true);
        }
        match c {
            'T' if is_iso && number.is_empty() => is_time = true,
            c if c.is_ascii_digit() || c == '.' => number.push(c),
            c if c.is_alphabetic() && !number.is_empty() => unit.push(c),
            ' ' if unit.is_empty() => {}
            _ => return None,
        }
    }
    (seen && number.is_empty()).then_some(total)
}

fn unit_millis(unit: &str) -> Option<Millis> {
    let unit = if unit.len() > 2 { unit.strip_suffix('s').unwrap_or(unit) } else { unit };
    Some(match unit {
        "ms" | "millisecond" => 1,
        "s" | "sec" | "second" => SECOND,
        "m" | "min" | "minute" => MINUTE,
        "h" | "hour" => HOUR,
        "d" | "day" => DAY,
        "w" | "week" => WEEK,
        _ => return None,
    })
}

/// A length of time in words, in its largest two units.
pub fn words(length: Millis) -> String {
    let units = [("week", WEEK), ("day", DAY), ("hour", HOUR), ("minute", MINUTE), ("second", SECOND)];
    let mut rest = length.max(0);
    let mut said = Vec::new();
    for (name, unit) in units {
        let count = rest / unit;
        if count > 0 && said.len() < 2 {
            said.push(format!("{count} {name}{}", if count == 1 { "" } else { "s" }));
            rest %= unit;
        } else if !said.is_empty() {
            break;
        }
    }
    if said.is_empty() { "less than a second".into() } else { said.join(" ") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lengths_are_read_in_every_way_that_documents_write_them() {
        let cases = [
            (json!("3d"), Some(3 * DAY)),
            (json!("1d 12h"), Some(36 * HOUR)),
            (json!("90 minutes"), Some(90 * MINUTE)),
            (json!("1.5h"), Some(90 * MINUTE)),
            (json!("P3D"), Some(3 * DAY)),
            (json!("P2W"), Some(2 * WEEK)),
            (json!("PT1H30M"), Some(90 * MINUTE)),
            (json!("P1DT12H"), Some(36 * HOUR)),
            (json!({"days": 3, "hours": 12}), Some(84 * HOUR)),
            (json!("250ms"), Some(250)),
            (json!("5s"), Some(5000)),
            (json!("P1M"), None),
            (json!("soon"), None),
            (json!("3"), None),
            (json!("3d4"), None),
            (json!(""), None),
            (json!("900000d"), None),
            (json!({"fortnights": 1}), None),
            (json!(3), None),
        ];
        for (value, expected) in cases {
            assert_eq!(millis(&value), expected, "{value}");
        }
    }

    #[test]
    fn lengths_are_said_in_two_units() {
        assert_eq!(words(36 * HOUR), "1 day 12 hours");
        assert_eq!(words(WEEK + SECOND), "1 week");
        assert_eq!(words(90 * SECOND), "1 minute 30 seconds");
        assert_eq!(words(10), "less than a second");
    }
}

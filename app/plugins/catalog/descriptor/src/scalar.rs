//! What a plain scalar means in the YAML 1.2 core schema.

use saphyr_parser::Tag;
use serde_json::{Number, Value};

/// The value of an untagged plain scalar: dates and yes/no/on/off stay strings.
pub(crate) fn plain(text: &str) -> Value {
    null(text)
        .or_else(|| boolean(text))
        .or_else(|| integer(text))
        .or_else(|| float(text))
        .unwrap_or_else(|| text.into())
}

/// The value of a scalar with a tag, or none where the tag means nothing for it.
pub(crate) fn tagged(text: &str, tag: &Tag) -> Option<Value> {
    if is_bare(tag) {
        return Some(text.into());
    }
    match core_tag(tag)? {
        "str" | "binary" | "timestamp" => Some(text.into()),
        "null" => null(text),
        "bool" => boolean(text),
        "int" => integer(text),
        "float" => float(text),
        _ => None,
    }
}

/// The name of a tag of YAML's own repository.
pub(crate) fn core_tag(tag: &Tag) -> Option<&str> {
    const PREFIX: &str = "tag:yaml.org,2002:";
    match tag.handle.as_str() {
        PREFIX => Some(&tag.suffix),
        "" => tag.suffix.strip_prefix(PREFIX),
        _ => None,
    }
}

/// Whether the tag is a lone `!`, which says no more than that a plain scalar is a string.
pub(crate) fn is_bare(tag: &Tag) -> bool {
    tag.handle.is_empty() && tag.suffix == "!"
}

/// `null` in its spellings.
fn null(text: &str) -> Option<Value> {
    matches!(text, "" | "~" | "null" | "Null" | "NULL").then_some(Value::Null)
}

/// `true` and `false` in their spellings.
fn boolean(text: &str) -> Option<Value> {
    match text {
        "true" | "True" | "TRUE" => Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => Some(Value::Bool(false)),
        _ => None,
    }
}

/// A decimal, octal (`0o17`) or hexadecimal (`0x1f`) integer.
fn integer(text: &str) -> Option<Value> {
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let signed = text.strip_prefix('+').unwrap_or(text);
    signed.parse::<i64>().ok().map(Value::from).or_else(|| signed.parse::<f64>().ok().map(number))
}

/// A decimal fraction, with or without exponent, an infinity or not-a-number.
fn float(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Value::Null);
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let well_formed = match mantissa.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part) && !(whole.is_empty() && part.is_empty()),
        None => exponent.is_some() && !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_ok = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['-', '+']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    if !well_formed || !exponent_ok {
        return None;
    }
    text.strip_prefix('+').unwrap_or(text).parse::<f64>().ok().map(number)
}

/// Digits in another base; too many of them become a float, as JavaScript's numbers do.
fn radix(digits: &str, base: u32) -> Option<Value> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return None;
    }
    i64::from_str_radix(digits, base).ok().map(Value::from).or_else(|| {
        let sum =
            digits.chars().filter_map(|c| c.to_digit(base)).fold(0.0, |sum, d| sum * f64::from(base) + f64::from(d));
        Some(number(sum))
    })
}

/// A JSON number; a whole one is written without a fraction, since JSON knows one kind of number.
fn number(value: f64) -> Value {
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < WHOLE {
        return format!("{value:.0}").parse::<i64>().map_or(Value::Null, Value::from);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_core_schema() {
        for (text, value) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("True", json!(true)),
            ("yes", json!("yes")),
            ("off", json!("off")),
            ("2024-01-31", json!("2024-01-31")),
            ("-12", json!(-12)),
            ("+7", json!(7)),
            ("007", json!(7)),
            ("0o17", json!(15)),
            ("0x1F", json!(31)),
            ("-0x1F", json!("-0x1F")),
            ("1.50", json!(1.5)),
            ("1.0", json!(1)),
            ("-0.0", json!(0)),
            ("1.", json!(1)),
            (".5", json!(0.5)),
            (".", json!(".")),
            ("1e3", json!(1000)),
            ("1e", json!("1e")),
            ("1.2.3", json!("1.2.3")),
            ("-.inf", json!(null)),
            (".nan", json!(null)),
            ("+.nan", json!("+.nan")),
            ("1_000", json!("1_000")),
            ("99999999999999999999", json!(1e20)),
        ] {
            assert_eq!(plain(text), value, "{text}");
        }
    }
}

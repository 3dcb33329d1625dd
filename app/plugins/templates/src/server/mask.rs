//! Takes secrets out of what a run tells, in the forms in which programs are likely to print them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use kit::server::secrets::MASK;
use serde_json::{Map, Value};

/// What is shorter would be found in every other word.
const SHORTEST: usize = 3;

/// The lines of a long secret, such as a key, are masked one by one from this length on.
const SHORTEST_LINE: usize = 8;

/// What must not be told.
#[derive(Clone, Default)]
pub struct Mask {
    /// The longest first, so that a secret which holds another is masked as a whole.
    forms: Vec<String>,
}

impl Mask {
    /// For the values of these secrets, and for all texts within them.
    pub fn new(secrets: &Map<String, Value>) -> Self {
        let mut texts = Vec::new();
        secrets.values().for_each(|value| gather(value, &mut texts));
        let mut forms: Vec<String> = texts.iter().flat_map(|text| forms(text)).collect();
        forms.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        forms.dedup();
        Self { forms }
    }

    /// The text without secrets.
    pub fn text(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for form in &self.forms {
            if masked.contains(form.as_str()) {
                masked = masked.replace(form.as_str(), MASK);
            }
        }
        masked
    }

    /// The value without secrets, in its names as well.
    pub fn value(&self, value: Value) -> Value {
        if self.forms.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(values) => values.into_iter().map(|value| self.value(value)).collect(),
            Value::Object(values) => Value::Object(self.object(values)),
            other => other,
        }
    }

    /// The same for an object.
    pub fn object(&self, values: Map<String, Value>) -> Map<String, Value> {
        if self.forms.is_empty() {
            return values;
        }
        values.into_iter().map(|(name, value)| (self.text(&name), self.value(value))).collect()
    }
}

fn gather(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Number(number) => texts.push(number.to_string()),
        Value::Array(values) => values.iter().for_each(|value| gather(value, texts)),
        Value::Object(values) => values.values().for_each(|value| gather(value, texts)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn forms(secret: &str) -> Vec<String> {
    let trimmed = secret.trim();
    if trimmed.len() < SHORTEST {
        return Vec::new();
    }
    let mut plain = vec![secret, trimmed];
    plain.extend(trimmed.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE));
    let mut forms = Vec::new();
    for text in plain {
        forms.push(text.to_owned());
        for engine in [&STANDARD, &URL_SAFE] {
            forms.push(engine.encode(text));
        }
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            forms.push(engine.encode(text));
            // As the last part of a longer text, such as `user:secret`: what stands in front moves the letters, the first and the last are shared with what surrounds it.
            for shift in 1..3 {
                let shifted = engine.encode([&vec![0; shift], text.as_bytes()].concat());
                let inner = &shifted[shift + 1..];
                let whole = inner.len() - usize::from((text.len() + shift) % 3 != 0);
                if whole >= SHORTEST_LINE {
                    forms.push(inner[..whole].to_owned());
                }
            }
        }
        let upper: String = form_urlencoded(text);
        forms.push(upper.replace('+', "%20"));
        forms.push(lower_escapes(&upper));
        forms.push(upper);
        let json = serde_json::to_string(text).unwrap_or_default();
        forms.push(json.trim_matches('"').to_owned());
        forms.push(text.bytes().map(|byte| format!("{byte:02x}")).collect());
    }
    forms
}

fn form_urlencoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// `%2F` as `%2f`.
fn lower_escapes(text: &str) -> String {
    let mut left = 0;
    text.chars()
        .map(|c| {
            left = if c == '%' { 2 } else { i32::max(left - 1, -1) };
            if left >= 0 && c != '%' { c.to_ascii_lowercase() } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mask(secret: Value) -> Mask {
        Mask::new(&Map::from_iter([("token".to_owned(), secret)]))
    }

    #[test]
    fn cve_2026_106499_a_secret_is_masked_in_every_form() {
        let secret = "s3cr\"et/+ü wörd";
        let mask = mask(json!(secret));
        let basic = STANDARD.encode(format!("jane:{secret}"));
        let basic_too = STANDARD.encode(format!("joe:{secret}"));
        for told in [
            secret.to_owned(),
            format!("token={}&x=1", form_urlencoded(secret)),
            format!("token={}", form_urlencoded(secret).replace('+', "%20")),
            lower_escapes(&form_urlencoded(secret)),
            STANDARD.encode(secret),
            URL_SAFE_NO_PAD.encode(secret),
            json!({ "token": secret }).to_string(),
        ] {
            let masked = mask.text(&told);
            assert!(masked.contains(MASK), "{told}: {masked}");
            assert!(!masked.contains("s3cr"), "{told}: {masked}");
        }
        for told in [basic, basic_too, STANDARD.encode(format!("x:{secret}"))] {
            let masked = mask.text(&told);
            let shown = STANDARD.decode(masked.replace(MASK, "AAAA").trim_end_matches('=')).unwrap_or_default();
            assert!(masked.contains(MASK), "{told}: {masked}");
            assert!(!String::from_utf8_lossy(&shown).contains("s3cr"), "{masked}");
        }
    }

    #[test]
    fn the_lines_of_a_key_and_the_texts_within_a_secret_are_masked() {
        let key = mask(json!("-----BEGIN-----\nabcdefghijkl\nx\n-----END-----\n"));
        assert_eq!(key.text("> abcdefghijkl <"), format!("> {MASK} <"));
        let nested = mask(json!({ "user": "jane-doe", "codes": ["one-two", 12345] }));
        assert_eq!(nested.value(json!({ "jane-doe": ["one-two", 7] })), json!({ (MASK): [MASK, 7] }));
        assert_eq!(nested.text("code 12345"), format!("code {MASK}"));
    }

    #[test]
    fn what_is_too_short_to_be_told_apart_stays() {
        assert_eq!(mask(json!("ab")).text("about"), "about");
        assert_eq!(mask(json!("")).text("about"), "about");
        assert_eq!(Mask::default().value(json!({ "a": 1 })), json!({ "a": 1 }));
    }
}

//! How much a page comes to, before anything is worked out: a few lines that refer to each other may stand for more than any machine holds.

use serde_json::Value;

use crate::{Matcher, json::Object, resolve::Scope};

/// The most parts that a page may come to, with references followed and least numbers of entries counted.
pub(crate) const MOST: usize = 4_000;

/// How often the same reference is followed within itself: as deep as values are worked out.
const ROUNDS: usize = 24;

/// Schemas nested deeper than this are worked in by nobody.
const DEPTH: usize = 96;

/// The most entries or properties that are made for a least number.
const ENTRIES: u64 = 100;

/// So many characters count as one part.
const CHARACTERS: u64 = 50;

/// Whether a page comes to more than [`MOST`] parts.
pub(crate) fn is_too_much(page: &Value, matcher: &dyn Matcher) -> bool {
    let mut weigher = Weigher { scope: Scope::new(page, matcher), left: MOST, within: Vec::new() };
    !weigher.bears(page, 0)
}

struct Weigher<'a> {
    scope: Scope<'a>,
    left: usize,
    /// The references that are being followed.
    within: Vec<String>,
}

impl Weigher<'_> {
    /// Whether there is room for a schema and all that it stands for.
    fn bears(&mut self, schema: &Value, depth: usize) -> bool {
        match schema {
            Value::Object(schema) => self.takes(1) && (depth > DEPTH || self.bears_parts(schema, depth + 1)),
            _ => true,
        }
    }

    fn bears_parts(&mut self, schema: &Object, depth: usize) -> bool {
        let number = |keyword: &str| schema.get(keyword).and_then(Value::as_u64).unwrap_or(0);
        if let Some(Value::String(reference)) = schema.get("$ref")
            && self.within.iter().filter(|known| *known == reference).count() < ROUNDS
            && let Some(target) = self.scope.target(reference)
        {
            self.within.push(reference.clone());
            let bears = self.bears(&Value::Object(target), depth);
            self.within.pop();
            if !bears {
                return false;
            }
        }
        let is_within_itself = self.within.iter().enumerate().any(|(at, known)| self.within[..at].contains(known));
        let once = u64::from(!is_within_itself);
        let (items, more) = (number("minItems").min(ENTRIES), number("minProperties").min(ENTRIES));
        self.takes(usize::try_from(number("minLength").min(5_000) / CHARACTERS).unwrap_or(usize::MAX))
            && ["properties", "patternProperties", "dependencies"].into_iter().all(|keyword| {
                schema
                    .get(keyword)
                    .and_then(Value::as_object)
                    .is_none_or(|parts| parts.values().all(|part| self.bears(part, depth)))
            })
            && ["allOf", "anyOf", "oneOf"].into_iter().all(|keyword| {
                schema
                    .get(keyword)
                    .and_then(Value::as_array)
                    .is_none_or(|parts| parts.iter().all(|part| self.bears(part, depth)))
            })
            && ["if", "then", "else", "not", "contains", "additionalItems"]
                .into_iter()
                .all(|keyword| schema.get(keyword).is_none_or(|part| self.bears(part, depth)))
            && match schema.get("items") {
                Some(Value::Array(each)) => each.iter().all(|part| self.bears(part, depth)),
                Some(one) => (0..items.max(once)).all(|_| self.bears(one, depth)),
                None => true,
            }
            && schema
                .get("additionalProperties")
                .is_none_or(|part| (0..more.max(once)).all(|_| self.takes(1) && self.bears(part, depth)))
    }

    fn takes(&mut self, parts: usize) -> bool {
        let left = self.left.checked_sub(parts);
        self.left = left.unwrap_or(0);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Standard, example::example, form};

    /// Schemas whose definitions refer to the next ones twice.
    fn doubling(levels: usize, of: fn(&str) -> Value) -> Value {
        let mut page = json!({ "definitions": {}, "properties": { "a": { "$ref": "#/definitions/d0" } } });
        for level in 0..levels {
            page["definitions"][format!("d{level}")] = of(&format!("#/definitions/d{}", level + 1));
        }
        page["definitions"][format!("d{levels}")] = json!({ "type": "string" });
        page
    }

    #[test]
    fn a_page_that_comes_to_more_than_can_be_drawn_is_left_out_said_and_accepts_nothing() {
        let entries = |inner: Value| json!({ "type": "array", "minItems": 50, "items": inner });
        for page in [
            doubling(24, |next| json!({ "allOf": [{ "$ref": next }, { "$ref": next }] })),
            doubling(
                16,
                |next| json!({ "type": "object", "properties": { "x": { "$ref": next }, "y": { "$ref": next } } }),
            ),
            json!({ "properties": { "a": entries(entries(entries(entries(json!({ "type": "string" }))))) } }),
            json!({
                "definitions": { "n": { "type": "object", "properties": { "l": { "$ref": "#/definitions/n" }, "r": { "$ref": "#/definitions/n" } } } },
                "properties": { "a": { "$ref": "#/definitions/n" } },
            }),
            json!({ "properties": { "a": { "type": "array", "minItems": 50, "items": { "type": "string", "minLength": 100_000_000 } } } }),
        ] {
            assert!(is_too_much(&page, &Standard), "{page}");
            let form = form(&page);
            assert!(form.notices.iter().any(|notice| notice.message.contains("4000 parts")), "{:?}", form.notices);
            assert!(!form.validate(&json!({}), &Standard).is_empty(), "nothing is accepted");
            assert!(!form.validate(&example(&form, 0), &Standard).is_empty(), "nothing is accepted");
            assert_eq!(form.active(&json!({})).fields().count(), 0);
        }
    }

    #[test]
    fn what_people_write_is_not_too_much() {
        for page in [
            json!({
                "definitions": { "node": { "type": "object", "properties": { "name": { "type": "string" }, "children": { "type": "array", "items": { "$ref": "#/definitions/node" } } } } },
                "properties": { "tree": { "$ref": "#/definitions/node" } },
            }),
            json!({ "properties": { "a": { "type": "array", "minItems": 100, "items": { "type": "object", "properties": { "b": { "type": "string" } } } } } }),
        ] {
            assert!(!is_too_much(&page, &Standard), "{page}");
        }
    }

    #[test]
    fn a_great_least_number_of_properties_makes_no_endless_example() {
        let page = json!({ "required": ["a"], "properties": { "a": { "type": "object", "minProperties": 1_000_000_000_000_u64, "additionalProperties": { "type": "string" } } } });
        let made = example(&form(&page), 0);
        assert!(made["a"].as_object().is_some_and(|made| made.len() <= 200), "{made}");
    }
}

//! Small questions asked of JSON values and of schemas.

use serde_json::{Map, Value};

pub(crate) type Object = Map<String, Value>;

/// Equality as JavaScript has it: 1 and 1.0 are one number.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => left == right,
    }
}

/// Whether JavaScript takes the value for true.
pub(crate) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// The text that JavaScript makes of a value.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items
            .iter()
            .map(|item| if item.is_null() { String::new() } else { text(item) })
            .collect::<Vec<_>>()
            .join(","),
        Value::Object(_) => "[object Object]".into(),
        Value::Number(number) => number_text(number.as_f64().unwrap_or_default(), number.to_string()),
        other => other.to_string(),
    }
}

/// A number without the fraction it does not have.
fn number_text(number: f64, written: String) -> String {
    if number.fract() == 0.0 && number.abs() < 1e21 && written.contains(['.', 'e']) {
        format!("{number:.0}")
    } else {
        written
    }
}

/// The name that JSON Schema has for the type of a value; `integer` is a `number` here.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether a value is of a type.
pub(crate) fn is_type(value: &Value, name: &str) -> bool {
    match name {
        "integer" => value.as_f64().is_some_and(|number| number.is_finite() && number.fract() == 0.0),
        other => type_of(value) == other,
    }
}

/// The one type by which a schema is drawn; guessed where it names none.
pub(crate) fn schema_type(schema: &Object) -> Option<&str> {
    match schema.get("type") {
        Some(Value::String(name)) if !name.is_empty() => Some(name),
        Some(Value::Array(names)) => {
            let mut named = names.iter().filter_map(Value::as_str);
            if names.len() == 2 { named.find(|name| *name != "null").or(Some("null")) } else { named.next() }
        }
        _ => {
            if let Some(value) = schema.get("const").filter(|value| truthy(value)) {
                Some(type_of(value))
            } else if schema.contains_key("enum") {
                Some("string")
            } else if schema.contains_key("properties") || schema.get("additionalProperties").is_some_and(truthy) {
                Some("object")
            } else {
                None
            }
        }
    }
}

/// The types that a schema allows; none where it allows all.
pub(crate) fn types(schema: &Object) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Lays a schema over another: objects are merged, `required` is joined, anything else is replaced.
pub(crate) fn overlay(under: &Object, over: &Object) -> Object {
    let joins = schema_type(under) == Some("object") || schema_type(over) == Some("object");
    let mut merged = under.clone();
    for (key, value) in over {
        let value = match (under.get(key), value) {
            (Some(below), Value::Object(above)) => {
                Value::Object(overlay(below.as_object().unwrap_or(&Map::new()), above))
            }
            (Some(Value::Array(below)), Value::Array(above)) if joins && key == "required" => {
                let mut all = below.clone();
                for name in above {
                    if !all.contains(name) {
                        all.push(name.clone());
                    }
                }
                Value::Array(all)
            }
            _ => value.clone(),
        };
        merged.insert(key.clone(), value);
    }
    merged
}

/// Whether only one value fits.
pub(crate) fn is_constant(schema: &Value) -> bool {
    schema.as_object().is_some_and(is_constant_object)
}

pub(crate) fn is_constant_object(schema: &Object) -> bool {
    schema.get("enum").and_then(Value::as_array).is_some_and(|values| values.len() == 1) || schema.contains_key("const")
}

/// The pointer of what lies below another.
pub(crate) fn below(path: &str, name: &str) -> String {
    if name.contains(['~', '/']) {
        format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
    } else {
        format!("{path}/{name}")
    }
}

/// The names that a pointer goes through.
pub(crate) fn steps(path: &str) -> impl Iterator<Item = String> + '_ {
    path.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"))
}

/// The strings of a list.
pub(crate) fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(items)) => {
            items.iter().filter(|item| !item.is_null() && !item.is_object() && !item.is_array()).map(text).collect()
        }
        Some(Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    }
}

/// The number of characters as a person and Unicode count them.
pub(crate) fn length(text: &str) -> u64 {
    text.chars().count() as u64
}

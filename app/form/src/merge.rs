//! `allOf`: one schema that says what several say together.

use serde_json::{Map, Value, json};

use crate::json::{Object, same, strings};

/// The keywords of which the first word counts.
const FIRST: [&str; 8] = ["$id", "$ref", "$schema", "default", "description", "title", "examples", "$comment"];

/// The schema that all of them make; `None` where they exclude each other.
pub(crate) fn merge_all(schemas: &[Value]) -> Option<Value> {
    if schemas.contains(&Value::Bool(false)) {
        return Some(Value::Bool(false));
    }
    let schemas: Vec<&Object> = schemas.iter().filter_map(Value::as_object).collect();
    if schemas.is_empty() {
        return Some(Value::Bool(true));
    }
    let mut merged = Map::new();
    for key in schemas.iter().flat_map(|schema| schema.keys()) {
        if merged.contains_key(key)
            || matches!(key.as_str(), "properties" | "patternProperties" | "additionalProperties")
        {
            continue;
        }
        let mut values: Vec<&Value> = Vec::new();
        for value in schemas.iter().filter_map(|schema| schema.get(key)) {
            if !values.iter().any(|known| same(known, value)) {
                values.push(value);
            }
        }
        let value = if let [only] = values[..] { only.clone() } else { together(key, &values)? };
        merged.insert(key.clone(), value);
    }
    fields(&schemas, &mut merged)?;
    Some(Value::Object(merged))
}

/// One keyword on which schemas differ.
fn together(key: &str, values: &[&Value]) -> Option<Value> {
    match key {
        "type" => {
            let mut common = strings(values.first().copied());
            for value in values {
                let names = strings(Some(value));
                common.retain(|name| names.contains(name));
            }
            match &common[..] {
                [] => None,
                [only] => Some(json!(only)),
                _ => Some(json!(common)),
            }
        }
        "enum" => {
            let mut common = values.first()?.as_array()?.clone();
            for value in values {
                let others = value.as_array()?;
                common.retain(|one| others.iter().any(|other| same(one, other)));
            }
            (!common.is_empty()).then_some(Value::Array(common))
        }
        "required" => {
            let mut all: Vec<String> = Vec::new();
            for name in values.iter().flat_map(|value| strings(Some(value))) {
                if !all.contains(&name) {
                    all.push(name);
                }
            }
            Some(json!(all))
        }
        "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties" => extreme(values, f64::gt),
        "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties" => extreme(values, f64::lt),
        "uniqueItems" => Some(json!(true)),
        "pattern" => Some(Value::String(
            values.iter().filter_map(|value| value.as_str()).map(|one| format!("(?={one})")).collect(),
        )),
        "not" => Some(json!({"anyOf": values})),
        "items" | "contains" | "propertyNames" | "additionalItems" => {
            merge_all(&values.iter().copied().cloned().collect::<Vec<_>>())
        }
        "dependencies" | "definitions" => {
            let mut all = Map::new();
            for (name, value) in values.iter().filter_map(|value| value.as_object()).flatten() {
                let value = match all.remove(name) {
                    None => value.clone(),
                    Some(known) if known.is_array() && value.is_array() => together("required", &[&known, value])?,
                    Some(known) => merge_all(&[as_schema(known), as_schema(value.clone())])?,
                };
                all.insert(name.clone(), value);
            }
            Some(Value::Object(all))
        }
        "oneOf" | "anyOf" => {
            let mut combinations = vec![Vec::new()];
            for options in values.iter().filter_map(|value| value.as_array()) {
                // Each further list multiplies the choices.
                combinations = combinations
                    .iter()
                    .flat_map(|known: &Vec<Value>| {
                        options.iter().map(move |option| [known.as_slice(), std::slice::from_ref(option)].concat())
                    })
                    .take(256)
                    .collect();
            }
            let options: Vec<Value> = combinations.iter().filter_map(|parts| merge_all(parts)).collect();
            (!options.is_empty()).then_some(Value::Array(options))
        }
        _ if FIRST.contains(&key) => values.first().copied().cloned(),
        // How a field looks is said last by whom it is said most closely.
        _ if key.starts_with("ui:") => values.last().copied().cloned(),
        _ => None,
    }
}

fn as_schema(dependency: Value) -> Value {
    if dependency.is_array() { json!({"required": dependency}) } else { dependency }
}

fn extreme(values: &[&Value], better: fn(&f64, &f64) -> bool) -> Option<Value> {
    let mut best = *values.first()?;
    for value in values {
        if better(&value.as_f64()?, &best.as_f64()?) {
            best = value;
        }
    }
    Some(best.clone())
}

/// The fields of all, of which each schema may exclude those of the others.
fn fields(schemas: &[&Object], merged: &mut Object) -> Option<()> {
    let properties = |schema: &Object| schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut all = Map::new();
    for schema in schemas {
        for (name, property) in properties(schema) {
            if all.contains_key(&name) {
                continue;
            }
            let mut parts = vec![];
            for other in schemas {
                match properties(other).get(&name) {
                    Some(known) => parts.push(known.clone()),
                    None => parts.extend(other.get("additionalProperties").cloned()),
                }
            }
            parts.dedup();
            let value = if let [only] = &parts[..] { only.clone() } else { merge_all(&parts)? };
            if value != false {
                all.insert(name, value);
            } else if property != false {
                merged.entry("additionalProperties").or_insert(Value::Bool(false));
            }
        }
    }
    let additional: Vec<Value> =
        schemas.iter().filter_map(|schema| schema.get("additionalProperties").cloned()).collect();
    if !additional.is_empty() {
        merged.insert("additionalProperties".into(), merge_all(&additional)?);
    }
    let mut patterns = Map::new();
    for (pattern, schema) in schemas.iter().filter_map(|schema| schema.get("patternProperties")?.as_object()).flatten()
    {
        let value = match patterns.remove(pattern) {
            None => schema.clone(),
            Some(known) => merge_all(&[known, schema.clone()])?,
        };
        patterns.insert(pattern.clone(), value);
    }
    if !patterns.is_empty() {
        merged.insert("patternProperties".into(), patterns.into());
    }
    if schemas.iter().any(|schema| schema.contains_key("properties")) {
        merged.insert("properties".into(), all.into());
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_say_is_said_by_one() {
        let merged = merge_all(&[
            json!({"title": "a", "type": "object", "properties": {"x": {"type": "string", "minLength": 2}}, "required": ["x"]}),
            json!({"title": "b", "properties": {"x": {"minLength": 4, "ui:help": "h"}, "y": {"enum": [1, 2]}}, "required": ["y", "x"]}),
            json!({"properties": {"y": {"enum": [2, 3]}}}),
        ]);
        assert_eq!(
            merged,
            Some(json!({
                "title": "a", "type": "object", "required": ["x", "y"],
                "properties": {"x": {"type": "string", "minLength": 4, "ui:help": "h"}, "y": {"enum": [2]}}
            }))
        );
    }

    #[test]
    fn what_excludes_each_other_is_no_schema() {
        assert_eq!(merge_all(&[json!({"type": "string"}), json!({"type": "number"})]), None);
        assert_eq!(merge_all(&[json!({"enum": [1]}), json!({"enum": [2]})]), None);
        assert_eq!(merge_all(&[json!({"const": 1}), json!({"const": 2})]), None);
        assert_eq!(merge_all(&[json!({}), json!(false)]), Some(json!(false)));
    }
}

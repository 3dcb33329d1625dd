//! What is filled in to begin with.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::{
    json::{Object, is_constant_object, overlay, same, schema_type, strings, truthy, types},
    resolve::Scope,
};

/// Values nested deeper than this get no defaults.
const DEPTH: usize = 24;
/// No more entries than this are made for the least number of a list.
const ENTRIES: u64 = 100;

/// Fills defaults in.
pub(crate) struct Filler<'a> {
    pub scope: Scope<'a>,
}

impl Filler<'_> {
    /// A value with the defaults that it lacks; `outer` is what a default further out says of it.
    pub(crate) fn fill(
        &self,
        schema: &Value,
        value: Option<&Value>,
        outer: Option<&Value>,
        required: bool,
        depth: usize,
    ) -> Option<Value> {
        if depth > DEPTH {
            return value.cloned();
        }
        let resolved = self.with_option(self.scope.resolve(schema, value), value);
        let own = resolved.get("const").or_else(|| resolved.get("default"));
        let default = match (outer, own) {
            (Some(Value::Object(outer)), Some(Value::Object(own))) => Some(Value::Object(overlay(outer, own))),
            (_, Some(own)) => Some(own.clone()),
            (outer, None) => outer.cloned(),
        };
        let kind = schema_type(&resolved).or_else(|| resolved.contains_key("items").then_some("array"));
        match kind {
            Some("object") => self.object(&resolved, schema, value, default.as_ref(), required, depth),
            Some("array") => self.list(&resolved, value, default, depth),
            Some("null") => Some(value.cloned().unwrap_or(Value::Null)),
            _ => {
                let fits = |value: &&Value| {
                    let may_be_null = !value.is_null()
                        || types(&resolved).contains(&"null")
                        || resolved.get("nullable") == Some(&json!(true));
                    may_be_null && (is_constant_object(&resolved) || offered(&resolved, value))
                };
                value.filter(fits).cloned().or(default).or_else(|| value.cloned())
            }
        }
    }

    /// The alternative that comes closest, worked in.
    fn with_option<'s>(&self, resolved: Cow<'s, Object>, value: Option<&Value>) -> Cow<'s, Object> {
        for keyword in ["oneOf", "anyOf"] {
            if let Some(Value::Array(options)) = resolved.get(keyword) {
                let wanted = value.or_else(|| resolved.get("default"));
                let Some(Value::Object(option)) = options.get(self.scope.closest(options, wanted)) else { continue };
                let mut rest = resolved.clone().into_owned();
                rest.shift_remove(keyword);
                return Cow::Owned(overlay(&rest, option));
            }
        }
        resolved
    }

    fn object(
        &self,
        resolved: &Object,
        schema: &Value,
        value: Option<&Value>,
        default: Option<&Value>,
        required: bool,
        depth: usize,
    ) -> Option<Value> {
        if value.is_some_and(|value| !value.is_object() && !value.is_null()) {
            return value.cloned();
        }
        let mut filled = value.and_then(Value::as_object).cloned().unwrap_or_default();
        let mut resolved = Cow::Borrowed(resolved);
        // Defaults may bring further fields into play; what they bring may have defaults in turn.
        for _ in 0..8 {
            let before = filled.clone();
            self.fields(&resolved, &mut filled, default, depth);
            if filled == before {
                break;
            }
            let value = Value::Object(filled.clone());
            resolved = self.with_option(self.scope.resolve(schema, Some(&value)), Some(&value));
        }
        (required || value.is_some() || !filled.is_empty() || depth == 0).then_some(Value::Object(filled))
    }

    fn fields(&self, resolved: &Object, filled: &mut Object, default: Option<&Value>, depth: usize) {
        let needed = strings(resolved.get("required"));
        let empty = Map::new();
        let properties = resolved.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        for (name, property) in properties {
            let outer = default.and_then(|default| default.get(name));
            let value = self.fill(property, filled.get(name), outer, needed.contains(name), depth + 1);
            if let Some(value) = value {
                filled.insert(name.clone(), value);
            }
        }
        if let Some(more) = resolved.get("additionalProperties").filter(|more| truthy(more) && depth > 0) {
            let open = json!({});
            let more = if more.is_object() { more } else { &open };
            let mut names: Vec<String> =
                filled.keys().filter(|name| !properties.contains_key(*name)).cloned().collect();
            let given = default
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(Map::keys)
                .filter(|name| !properties.contains_key(*name));
            names.extend(given.filter(|name| !filled.contains_key(*name)).cloned());
            for name in names {
                let value = self.fill(
                    more,
                    filled.get(&name),
                    default.and_then(|default| default.get(&name)),
                    false,
                    depth + 1,
                );
                if let Some(value) = value {
                    filled.insert(name, value);
                }
            }
        }
    }

    fn list(&self, resolved: &Object, value: Option<&Value>, default: Option<Value>, depth: usize) -> Option<Value> {
        if value.is_some_and(|value| !value.is_array() && !value.is_null()) {
            return value.cloned();
        }
        let none = Value::Bool(true);
        let item = |at: usize| match resolved.get("items") {
            Some(Value::Array(each)) => each.get(at).or_else(|| resolved.get("additionalItems")).unwrap_or(&none),
            Some(one) => one,
            None => &none,
        };
        let entries: Vec<Value> = match value.and_then(Value::as_array).cloned() {
            Some(entries) => entries,
            None => match default {
                Some(Value::Array(entries)) => entries,
                Some(other) => return Some(other),
                None => resolved
                    .get("items")
                    .and_then(Value::as_array)
                    .map(|each| vec![Value::Null; each.len()])
                    .unwrap_or_default(),
            },
        };
        let mut filled: Vec<Value> = entries
            .iter()
            .enumerate()
            .map(|(at, entry)| self.fill(item(at), Some(entry), None, true, depth + 1).unwrap_or(Value::Null))
            .collect();
        let least = resolved.get("minItems").and_then(Value::as_u64).unwrap_or(0).min(ENTRIES) as usize;
        // Whoever took entries away again may go on without them; the rules say what is missing.
        if !value.is_some_and(Value::is_array) && !self.scope.is_multi_select(resolved) {
            while filled.len() < least {
                let entry = self.fill(item(filled.len()), None, None, true, depth + 1).unwrap_or(Value::Null);
                filled.push(entry);
            }
        }
        Some(Value::Array(filled))
    }
}

/// What a new entry holds where nothing is filled in to begin with.
pub(crate) fn blank(schema: &Object) -> Value {
    match schema_type(schema) {
        Some("object") => json!({}),
        Some("array") => json!([]),
        Some("boolean") => json!(false),
        Some("string") | None => json!(""),
        _ => Value::Null,
    }
}

/// Whether a value is one of those to choose from, where there are such.
fn offered(schema: &Object, value: &Value) -> bool {
    match schema.get("enum") {
        Some(Value::Array(values)) => values.iter().any(|one| same(one, value)),
        _ => true,
    }
}

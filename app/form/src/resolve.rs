//! Which schema holds for given values: references, dependencies, conditions and `allOf` are worked in, as
//! react-jsonschema-form does before it draws and judges.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::{
    Matcher,
    check::Check,
    json::{Object, is_constant, overlay, same, strings, truthy, type_of},
    merge::merge_all,
};

/// Schemas nested deeper than this are not worked in.
const DEPTH: usize = 48;

/// What a schema is read against.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The page's schema, in which references point.
    pub root: &'a Value,
    pub matcher: &'a dyn Matcher,
    /// Whether there are references at all.
    refers: bool,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(root: &'a Value, matcher: &'a dyn Matcher) -> Self {
        Self { root, matcher, refers: refers(root) }
    }

    /// The schema that holds for a value.
    pub(crate) fn resolve<'s>(&self, schema: &'s Value, value: Option<&Value>) -> Cow<'s, Object> {
        match schema {
            Value::Object(schema) => self.resolve_object(schema, value),
            _ => Cow::Owned(Map::new()),
        }
    }

    pub(crate) fn resolve_object<'s>(&self, schema: &'s Object, value: Option<&Value>) -> Cow<'s, Object> {
        let as_written =
            !self.refers && !["dependencies", "if", "allOf"].iter().any(|keyword| schema.contains_key(*keyword));
        if as_written { Cow::Borrowed(schema) } else { Cow::Owned(self.resolved(schema, value, 0)) }
    }

    fn resolved(&self, schema: &Object, value: Option<&Value>, depth: usize) -> Object {
        if depth > DEPTH {
            return schema.clone();
        }
        let mut schema = self.inlined(schema, &mut Vec::new());
        if schema.contains_key("dependencies") {
            schema = self.depended(schema, value, depth + 1);
        }
        if let Some(Value::Array(parts)) = schema.get("allOf") {
            let parts: Vec<Value> = parts
                .iter()
                .map(|part| match part {
                    Value::Object(part) => Value::Object(self.resolved(part, value, depth + 1)),
                    other => other.clone(),
                })
                .collect();
            schema.insert("allOf".into(), parts.into());
        }
        if let Some(condition) = schema.remove("if") {
            let (then, otherwise) = (schema.remove("then"), schema.remove("else"));
            let branch = if self.valid(&condition, value.filter(|value| truthy(value)).unwrap_or(&json!({}))) {
                then
            } else {
                otherwise
            };
            if let Some(Value::Object(branch)) = branch {
                schema = overlay(&schema, &self.resolved(&branch, value, depth + 1));
                return self.resolved(&schema, value, depth + 1);
            }
        }
        if let Some(Value::Array(parts)) = schema.remove("allOf") {
            let (with_contains, parts): (Vec<_>, Vec<_>) =
                parts.into_iter().partition(|part| part.get("contains").is_some_and(truthy));
            let mut all = vec![Value::Object(schema.clone())];
            all.extend(parts);
            // Parts that exclude each other are left out, and the rest is drawn.
            if let Some(Value::Object(merged)) = merge_all(&all) {
                schema = merged;
            }
            if !with_contains.is_empty() {
                schema.insert("allOf".into(), with_contains.into());
            }
        }
        schema
    }

    /// Works dependencies in, each as soon as the field it depends on has a value and is drawn.
    fn depended(&self, mut schema: Object, value: Option<&Value>, depth: usize) -> Object {
        let Some(Value::Object(mut waiting)) = schema.remove("dependencies") else { return schema };
        for keyword in ["oneOf", "anyOf"] {
            if let Some(Value::Array(options)) = schema.get(keyword).cloned() {
                let chosen = self.first_match(&options, value);
                schema.remove("oneOf");
                schema.remove("anyOf");
                if let Some(Value::Object(option)) = options.get(chosen) {
                    schema = overlay(&schema, &self.inlined(option, &mut Vec::new()));
                }
                break;
            }
        }
        while let Some(key) = waiting.keys().find(|key| self.triggers(&schema, value, key)).cloned() {
            match waiting.shift_remove(&key) {
                Some(Value::Array(names)) => {
                    schema = overlay_required(&schema, &names);
                }
                Some(Value::Object(dependency)) => {
                    let mut dependent = self.resolved(&dependency, value, depth + 1);
                    let branches = dependent.remove("oneOf");
                    schema = overlay(&schema, &dependent);
                    if let Some(Value::Array(branches)) = branches {
                        schema = self.branched(schema, &key, &branches, value, depth);
                    }
                }
                _ => {}
            }
        }
        // What a dependency brought with it may depend, or be conditional, in turn.
        if schema.contains_key("dependencies") && depth < DEPTH {
            self.depended(schema, value, depth + 1)
        } else {
            schema
        }
    }

    fn triggers(&self, schema: &Object, value: Option<&Value>, key: &str) -> bool {
        value.and_then(|value| value.get(key)).is_some()
            && schema.get("properties").and_then(Value::as_object).is_none_or(|properties| properties.contains_key(key))
    }

    /// Lays over a schema the one branch that fits the value of the field it depends on.
    fn branched(&self, schema: Object, key: &str, branches: &[Value], value: Option<&Value>, depth: usize) -> Object {
        let fits = |branch: &Object| {
            branch
                .get("properties")
                .and_then(|properties| properties.get(key))
                .filter(|condition| **condition != false)
                .is_some_and(|condition| {
                    let condition = json!({"type": "object", "properties": {key: condition}});
                    value.is_some_and(|value| self.valid(&condition, value))
                })
        };
        let mut fitting = branches
            .iter()
            .filter_map(Value::as_object)
            .map(
                |branch| {
                    if branch.contains_key("$ref") { self.resolved(branch, value, depth + 1) } else { branch.clone() }
                },
            )
            .filter(fits);
        let (Some(mut branch), None) = (fitting.next(), fitting.next()) else { return schema };
        if let Some(Value::Object(properties)) = branch.get_mut("properties") {
            properties.shift_remove(key);
        }
        overlay(&schema, &self.resolved(&branch, value, depth + 1))
    }

    /// A schema with the references in it, in its fields and in its items replaced by what they point at.
    pub(crate) fn inlined(&self, schema: &Object, seen: &mut Vec<String>) -> Object {
        let mut schema = schema.clone();
        if !self.refers {
            return schema;
        }
        if let Some(Value::String(reference)) = schema.get("$ref").cloned() {
            if seen.contains(&reference) || seen.len() > DEPTH {
                return schema;
            }
            schema.shift_remove("$ref");
            if let Some(mut target) = self.target(&reference) {
                seen.push(reference);
                target.extend(schema);
                schema = target;
            }
        }
        for keyword in ["properties", "items"] {
            match schema.get_mut(keyword) {
                Some(Value::Object(properties)) if keyword == "properties" => {
                    for property in properties.values_mut() {
                        if let Value::Object(inner) = property {
                            *property = Value::Object(self.inlined(inner, &mut seen.clone()));
                        }
                    }
                }
                Some(Value::Object(items)) => {
                    let inlined = self.inlined(items, &mut seen.clone());
                    schema.insert(keyword.into(), inlined.into());
                }
                _ => {}
            }
        }
        schema
    }

    /// What a reference to a place in the page's schema points at, following references there.
    pub(crate) fn target(&self, reference: &str) -> Option<Object> {
        let mut reference = reference.to_owned();
        let mut beside = Map::new();
        for _ in 0..DEPTH {
            let pointer = decoded(reference.strip_prefix('#')?);
            let mut target = self.root.pointer(&pointer)?.as_object()?.clone();
            match target.shift_remove("$ref") {
                Some(Value::String(next)) => {
                    target.extend(beside);
                    beside = target;
                    reference = next;
                }
                _ => {
                    beside.extend(target);
                    return Some(beside);
                }
            }
        }
        None
    }

    /// Whether a value keeps to a schema.
    pub(crate) fn valid(&self, schema: &Value, value: &Value) -> bool {
        Check::new(*self).holds(schema, value)
    }

    /// The first option that a value fits; the first of all where it fits none.
    fn first_match(&self, options: &[Value], value: Option<&Value>) -> usize {
        options.iter().position(|option| value.is_some_and(|value| self.fits(option, value))).unwrap_or(0)
    }

    /// Whether a value fits an option: an object must have one of its fields, and may still lack others.
    fn fits(&self, option: &Value, value: &Value) -> bool {
        match option.get("properties") {
            Some(Value::Object(properties)) => {
                let mut option = option.as_object().cloned().unwrap_or_default();
                option.shift_remove("required");
                properties.keys().any(|name| value.get(name).is_some()) && self.valid(&option.into(), value)
            }
            _ => self.valid(option, value),
        }
    }

    /// The option that comes closest to a value.
    pub(crate) fn closest(&self, options: &[Value], value: Option<&Value>) -> usize {
        let options: Vec<Value> = options
            .iter()
            .map(|option| match option {
                Value::Object(option) => Value::Object(self.inlined(option, &mut Vec::new())),
                other => other.clone(),
            })
            .collect();
        let mut fitting: Vec<usize> =
            (0..options.len()).filter(|at| value.is_some_and(|value| self.fits(&options[*at], value))).collect();
        if let [only] = fitting[..] {
            return only;
        }
        if fitting.is_empty() {
            fitting = (0..options.len()).collect();
        }
        let mut best = (0, 0);
        for at in fitting {
            let score = self.score(&options[at], value, 0);
            if score > best.1 {
                best = (at, score);
            }
        }
        best.0
    }

    /// How much of a value looks like a schema.
    fn score(&self, schema: &Value, value: Option<&Value>, depth: usize) -> i64 {
        let Some(Value::Object(properties)) = schema.get("properties") else {
            return i64::from(
                schema
                    .get("type")
                    .and_then(Value::as_str)
                    .is_some_and(|name| value.is_some_and(|value| type_of(value) == name)),
            );
        };
        if depth > DEPTH {
            return 0;
        }
        let score = |(name, property): (&String, &Value)| {
            let value = value.and_then(|value| value.get(name));
            let property = match property {
                Value::Object(inner) if inner.contains_key("$ref") => {
                    Value::Object(self.resolved(inner, value, depth + 1))
                }
                other => other.clone(),
            };
            if property.get("type").is_some_and(|name| name == "object") {
                return i64::from(value.is_some_and(Value::is_object)) + self.score(&property, value, depth + 1);
            }
            let Some(value) = value else { return 0 };
            if property.get("type").and_then(Value::as_str) != Some(type_of(value)) {
                return 0;
            }
            let wanted =
                ["default", "const"].iter().find_map(|keyword| property.get(keyword).filter(|wanted| truthy(wanted)));
            1 + wanted.map_or(0, |wanted| if same(wanted, value) { 1 } else { -1 })
        };
        properties.iter().map(score).sum()
    }

    /// Whether one of a few values is chosen.
    pub(crate) fn is_select(&self, schema: &Value) -> bool {
        is_select(&self.resolve(schema, None))
    }

    /// Whether several of a few values are chosen.
    pub(crate) fn is_multi_select(&self, schema: &Object) -> bool {
        schema.get("uniqueItems").is_some_and(truthy)
            && schema.get("items").is_some_and(|items| items.is_object() && self.is_select(items))
    }
}

/// Whether one of a few values is chosen by a schema that is resolved.
pub(crate) fn is_select(schema: &Object) -> bool {
    if schema.get("enum").is_some_and(Value::is_array) {
        return true;
    }
    let options = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    options.is_some_and(|options| options.iter().all(is_constant))
}

fn refers(value: &Value) -> bool {
    match value {
        Value::Object(entries) => entries.contains_key("$ref") || entries.values().any(refers),
        Value::Array(items) => items.iter().any(refers),
        _ => false,
    }
}

/// The names of all fields that a schema declares at its top, in whatever branch.
pub(crate) fn declared(schema: &Value, root: &Value, names: &mut Vec<String>, depth: usize) {
    let Some(schema) = schema.as_object().filter(|_| depth < 12) else { return };
    if let Some(Value::Object(properties)) = schema.get("properties") {
        names.extend(properties.keys().cloned());
    }
    if let Some(target) =
        schema.get("$ref").and_then(Value::as_str).and_then(|reference| root.pointer(reference.strip_prefix('#')?))
    {
        declared(target, root, names, depth + 1);
    }
    let lists = ["allOf", "anyOf", "oneOf"].iter().filter_map(|keyword| schema.get(*keyword)?.as_array()).flatten();
    let single = ["then", "else"].iter().filter_map(|keyword| schema.get(*keyword));
    let depended = schema.get("dependencies").and_then(Value::as_object).into_iter().flat_map(Map::values);
    for part in lists.chain(single).chain(depended) {
        declared(part, root, names, depth + 1);
    }
}

fn overlay_required(schema: &Object, names: &[Value]) -> Object {
    let mut schema = schema.clone();
    let mut all = strings(schema.get("required"));
    for name in names.iter().filter_map(Value::as_str) {
        if !all.iter().any(|known| known == name) {
            all.push(name.into());
        }
    }
    schema.insert("required".into(), all.into());
    schema
}

/// A URI fragment without its percent signs.
fn decoded(fragment: &str) -> String {
    if !fragment.contains('%') {
        return fragment.into();
    }
    let mut bytes = Vec::new();
    let mut rest = fragment.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|_| first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

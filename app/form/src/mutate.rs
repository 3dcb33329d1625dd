//! Values that a form must refuse: accepted ones with one thing broken.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Field, Form, Kind, Matcher, Picker, Standard,
    example::{Maker, is_offered, of_allowed_type},
    json::{Object, below, length, strings, text},
    picker::repository_parts,
    place::{put, take},
};

/// Values with one thing broken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mutation {
    /// All values.
    pub values: Value,
    /// The pointer of what is broken.
    pub path: String,
    /// What was done to it.
    pub why: String,
    /// Whether a person can do it with the control that is drawn.
    pub enterable: bool,
}

/// As many broken values as asked for, of as many kinds as the form has rules; fewer only where nothing can be broken.
pub fn mutations(form: &Form, values: &Value, count: usize, seed: u64) -> Vec<Mutation> {
    let active = form.active(values);
    let mut found: Vec<Mutation> = Vec::new();
    for field in active.fields().filter(|field| !matches!(field.kind, Kind::Choice { .. })) {
        breaks(field, values, &mut found);
    }
    let mut maker = Maker::new(form, seed);
    let mut chosen = Vec::new();
    while chosen.len() < count && !found.is_empty() {
        chosen.push(found.swap_remove(maker.below(found.len())));
    }
    // A form with few rules is broken again in the same ways, with other values.
    let fields: Vec<&Field> = active.fields().filter(|field| is_typed(field) && field.value.is_some()).collect();
    let mut at = 0;
    while chosen.len() < count && !fields.is_empty() {
        let field = fields[at % fields.len()];
        let value = if of_allowed_type(schema(field), &json!(at)) { json!({"odd": at}) } else { json!(at) };
        if !of_allowed_type(schema(field), &value) {
            chosen.push(with(values, &field.path, value, "another type", false));
        }
        at += 1;
        if at > count * 20 {
            break;
        }
    }
    chosen
}

fn breaks(field: &Field, values: &Value, found: &mut Vec<Mutation>) {
    let schema = schema(field);
    let Some(value) = &field.value else { return };
    let mut replace =
        |value: Value, why: &str, enterable: bool| found.push(with(values, &field.path, value, why, enterable));
    if is_typed(field) {
        for odd in [json!({"a": 1}), json!([[]]), json!(7), json!(1.5), json!("odd"), json!(true), Value::Null] {
            let allowed = of_allowed_type(schema, &odd) || odd.is_null() && field.nullable;
            if !allowed {
                replace(odd, "another type", false);
            }
        }
    }
    if let Some(wanted) = schema.get("const") {
        replace(json!(format!("not {}", text(wanted))), "not the one value", false);
    }
    if let Some(options) = schema.get("enum").and_then(Value::as_array)
        && !options.contains(&json!("none of them"))
    {
        replace(json!("none of them"), "none of the options", false);
    }
    match (&field.kind, value) {
        (Kind::Select { options } | Kind::Radio { options }, _) if !schema.contains_key("enum") => {
            let odd = json!("none of them");
            if !is_offered(options, &odd) {
                replace(odd, "none of the options", false);
            }
        }
        (Kind::CheckBoxes { options } | Kind::MultiSelect { options }, _)
            if !is_offered(options, &json!("none of them")) =>
        {
            replace(json!(["none of them"]), "none of the options", false);
        }
        (Kind::Picker(Picker::RepoUrl(_)), Value::String(address)) => {
            let parts = repository_parts(address);
            let host = parts.get("host").cloned().unwrap_or_default();
            replace(json!(format!("{host}?owner=example")), "no repository", true);
            replace(json!(host), "only a host", true);
        }
        (Kind::Picker(Picker::EntityName), Value::String(_)) => {
            for name in ["-a", "a b", "a/b", "ä"] {
                replace(json!(name), "not a name", true);
            }
            replace(json!("a".repeat(64)), "too long a name", true);
        }
        (Kind::Picker(Picker::MultiEntity(_)), Value::Array(_)) => {
            replace(json!(["no-kind"]), "not a full reference", true)
        }
        _ => {}
    }
    match value {
        Value::String(_) => texts(field, schema, &mut replace),
        Value::Number(_) => numbers(schema, &mut replace),
        Value::Array(items) => lists(field, schema, items, &mut replace),
        _ => {}
    }
    // Taken away; an entry of a list is not, since the others take its place.
    let in_list = field.name.bytes().all(|b| b.is_ascii_digit());
    if field.required && !in_list && value_is_entered(field) {
        let mut without = values.clone();
        take(&mut without, &field.path);
        let enterable =
            !matches!(field.kind, Kind::Object { .. } | Kind::Hidden | Kind::Boolean { .. } | Kind::List { .. });
        found.push(Mutation { values: without, path: field.path.clone(), why: "left out".into(), enterable });
    }
    if let Value::Object(entries) = value
        && schema.get("additionalProperties") == Some(&json!(false))
        && !entries.contains_key("no-such-field")
    {
        found.push(with(values, &below(&field.path, "no-such-field"), json!(1), "a field that is not there", false));
    }
}

fn texts(field: &Field, schema: &Object, replace: &mut impl FnMut(Value, &str, bool)) {
    let enterable = matches!(field.kind, Kind::Text { .. } | Kind::Secret | Kind::Picker(_));
    if let Some(least) = field.limits.min_length.filter(|least| *least > 0) {
        replace(json!("a".repeat(least as usize - 1)), "too short", enterable && least > 1);
    }
    if let Some(most) = field.limits.max_length.filter(|most| *most < 100_000) {
        replace(json!("a".repeat(most as usize + 1)), "too long", enterable);
    }
    if let Some(pattern) = &field.limits.pattern {
        for odd in ["", "!", "A B", "ä", "-", "_", "0", "a", "no match \u{1f600}", "..", "a--b!"] {
            if Standard.matches(pattern, odd) == Some(false) {
                replace(json!(odd), "does not match", enterable && !odd.is_empty());
            }
        }
    }
    if let Some(format) = schema.get("format").and_then(Value::as_str)
        && ["date", "time", "date-time", "email", "uri", "hostname", "ipv4", "ipv6", "uuid", "data-url", "color"]
            .contains(&format)
    {
        replace(json!("not of this format"), "not of the format", enterable);
    }
}

fn numbers(schema: &Object, replace: &mut impl FnMut(Value, &str, bool)) {
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    for (least, by) in [("minimum", 1.0), ("exclusiveMinimum", 0.0)] {
        if let Some(least) = bound(least) {
            replace(json!(least - by), "too small", true);
        }
    }
    for (most, by) in [("maximum", 1.0), ("exclusiveMaximum", 0.0)] {
        if let Some(most) = bound(most) {
            replace(json!(most + by), "too large", true);
        }
    }
    if let Some(step) = bound("multipleOf") {
        replace(json!(step / 2.0), "no multiple", true);
    }
}

fn lists(field: &Field, schema: &Object, items: &[Value], replace: &mut impl FnMut(Value, &str, bool)) {
    let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0) as usize;
    if least > 0 && items.len() >= least {
        replace(
            json!(items[..least - 1]),
            "too few entries",
            matches!(field.kind, Kind::CheckBoxes { .. } | Kind::MultiSelect { .. }),
        );
    }
    if let Some(first) = items.first() {
        if let Some(most) = schema.get("maxItems").and_then(Value::as_u64).filter(|most| *most < 1000) {
            replace(json!(vec![first.clone(); most as usize + 1]), "too many entries", false);
        }
        if schema.get("uniqueItems") == Some(&json!(true)) {
            replace(json!([first, first]), "the same entry twice", matches!(field.kind, Kind::List { .. }));
        }
    }
}

fn with(values: &Value, path: &str, value: Value, why: &str, enterable: bool) -> Mutation {
    let mut values = values.clone();
    put(&mut values, path, value);
    Mutation { values, path: path.into(), why: why.into(), enterable }
}

/// Whether the schema says of which type the value is.
fn is_typed(field: &Field) -> bool {
    !strings(schema(field).get("type")).is_empty()
}

fn value_is_entered(field: &Field) -> bool {
    field.value.as_ref().is_some_and(|value| !matches!(value, Value::String(text) if length(text) == 0))
}

fn schema(field: &Field) -> &Object {
    static NONE: std::sync::LazyLock<Object> = std::sync::LazyLock::new(Object::new);
    field.schema.as_object().unwrap_or(&NONE)
}

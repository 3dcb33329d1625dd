//! Examples: given ones as text, and one made from a schema where none is given.

use serde_json::{Map, Value};

use crate::Language;
use crate::limits::{EXAMPLE_CHARS, EXAMPLE_LINES, NAME};
use crate::model::Example;
use crate::schema::{Followed, Unfolder};
use crate::value::{clip, entries, is, items, name};

/// Examples of one content that are shown.
const SHOWN: usize = 4;

/// Values in an example that is made.
const MADE: usize = 120;

/// How deep an example is made.
const DEPTH: usize = 8;

/// An example that was given, cut where it is long.
pub(crate) fn given(title: &str, value: &Value) -> Example {
    let (text, language) = match value {
        Value::String(text) => (text.clone(), Language::of(text, "")),
        value => (serde_json::to_string_pretty(value).unwrap_or_default(), Language::Json),
    };
    let kept: String = text.chars().take(EXAMPLE_CHARS).collect();
    let lines: Vec<&str> = kept.lines().take(EXAMPLE_LINES).collect();
    let cut = kept.len() < text.len() || lines.len() < kept.lines().count();
    Example { title: clip(title, NAME), text: lines.join("\n"), language, generated: false, cut }
}

/// The examples of a media type or the like: `example`, `examples` by name or as a list; else those of its schema, else one that
/// is made. `writing` tells which fields there are none of: those that are only read, or only written.
pub(crate) fn examples<'a>(unfolder: &mut Unfolder<'a>, holder: &'a Value, media: &str, writing: bool) -> Vec<Example> {
    let mut found = Vec::new();
    found.extend(holder.get("example").map(|value| given("", value)));
    for (title, example) in entries(holder, "examples").take(SHOWN) {
        if let Followed::Here(example) = unfolder.follow(example) {
            let summary = name(example, "summary");
            let title = if summary.is_empty() { title } else { &summary };
            found.extend(example.get("value").map(|value| given(title, value)));
        }
    }
    let schema = holder.get("schema");
    if let Some(schema) = schema.filter(|_| found.is_empty()) {
        let listed = items(schema, "examples").next();
        found.extend(schema.get("example").or(listed).map(|value| given("", value)));
        if found.is_empty() && (media.is_empty() || media.contains("json")) {
            found.extend(made(unfolder, schema, writing));
        }
    }
    found.truncate(SHOWN);
    // An example costs a row as a field does.
    found.retain(|_| unfolder.row());
    found
}

/// An example made from a schema, where it says anything.
pub(crate) fn made<'a>(unfolder: &Unfolder<'a>, schema: &'a Value, writing: bool) -> Option<Example> {
    let mut maker = Maker { unfolder, left: MADE, open: Vec::new(), writing };
    let value = maker.value(schema);
    let says_something = match &value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => items.iter().any(|item| !item.is_null()),
        Value::Null => false,
        _ => true,
    };
    says_something.then(|| Example { generated: true, ..given("", &value) })
}

struct Maker<'u, 'a> {
    unfolder: &'u Unfolder<'a>,
    left: usize,
    /// The schemas that are being made, by where they are in memory: one in itself is left out.
    open: Vec<*const Value>,
    writing: bool,
}

impl<'a> Maker<'_, 'a> {
    fn value(&mut self, schema: &'a Value) -> Value {
        let Followed::Here(schema) = self.unfolder.follow(schema) else { return Value::Null };
        let place = std::ptr::from_ref(schema);
        if self.left == 0 || self.open.len() >= DEPTH || self.open.contains(&place) {
            return Value::Null;
        }
        self.left -= 1;
        self.open.push(place);
        let value = self.of_schema(schema);
        self.open.pop();
        value
    }

    fn of_schema(&mut self, schema: &'a Value) -> Value {
        let said = ["const", "example", "default"].iter().find_map(|key| schema.get(key));
        let said = said.or_else(|| items(schema, "examples").next()).or_else(|| items(schema, "enum").next());
        if let Some(said) = said.filter(|said| !said.is_null()) {
            return said.clone();
        }
        let mut fields = Map::new();
        let mut other = Value::Null;
        for part in items(schema, "allOf") {
            match self.value(part) {
                Value::Object(more) => fields.extend(more),
                value => other = value,
            }
        }
        let choice = items(schema, "oneOf").chain(items(schema, "anyOf")).find(|part| name(part, "type") != "null");
        match choice.map(|choice| self.value(choice)) {
            Some(Value::Object(more)) => fields.extend(more),
            Some(value) => other = value,
            None => {}
        }
        for (key, field) in entries(schema, "properties") {
            let resolved = match self.unfolder.follow(field) {
                Followed::Here(resolved) => resolved,
                Followed::Nowhere(_) => field,
            };
            if self.left == 0 || is(resolved, if self.writing { "readOnly" } else { "writeOnly" }) {
                continue;
            }
            fields.insert(clip(key, NAME), self.value(field));
        }
        if fields.is_empty()
            && let Some(more) = schema.get("additionalProperties").filter(|more| more.is_object())
        {
            fields.insert("key".into(), self.value(more));
        }
        if !fields.is_empty() {
            return Value::Object(fields);
        }
        let kind = match schema.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(Value::Array(kinds)) => {
                kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("")
            }
            _ if schema.get("items").is_some() => "array",
            _ => "",
        };
        match kind {
            "array" => Value::Array(schema.get("items").map(|item| self.value(item)).into_iter().collect()),
            "object" => Value::Object(fields),
            "string" => sample(&name(schema, "format")).into(),
            "boolean" => true.into(),
            "integer" | "number" => {
                let least = schema.get("minimum").or_else(|| schema.get("exclusiveMinimum"));
                least.filter(|least| least.is_number()).cloned().unwrap_or_else(|| 1.into())
            }
            _ => other,
        }
    }
}

/// A text of a format.
fn sample(format: &str) -> &'static str {
    match format {
        "date-time" => "2026-01-31T09:30:00Z",
        "date" => "2026-01-31",
        "time" => "09:30:00",
        "duration" => "P1D",
        "uuid" => "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "email" => "ada@example.com",
        "uri" | "url" => "https://example.com",
        "hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "byte" => "UG9ydGljbw==",
        _ => "string",
    }
}

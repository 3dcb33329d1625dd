//! JSON Schema, in the dialects of OpenAPI and AsyncAPI, as a tree of rows.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use crate::limits::{LEVELS, Limits, NAME, REFERENCES, STEPS, VALUES};
use crate::model::{End, Field, Options, Schema};
use crate::value::{clip, entries, inline, is, items, name, names, prose, scalar};

/// Unfolds schemas of one document, within what is left of its rows.
pub(crate) struct Unfolder<'a> {
    pub(crate) root: &'a Value,
    limits: Limits,
    /// The anchors of named schemas, by their pointer in the document.
    anchors: HashMap<String, String>,
    /// Rows left of the document, and of the operation or model at hand.
    left: usize,
    own: usize,
    /// Schemas that may still be looked at, since not each of them makes a row.
    steps: usize,
    /// The references that are being unfolded, outermost first.
    open: Vec<&'a str>,
    /// How many references may lie within each other.
    references: usize,
    level: usize,
}

/// What a reference leads to.
pub(crate) enum Followed<'a> {
    Here(&'a Value),
    Nowhere(End),
}

impl<'a> Unfolder<'a> {
    pub(crate) fn new(root: &'a Value, limits: Limits, anchors: HashMap<String, String>) -> Self {
        Self {
            root,
            limits,
            anchors,
            left: limits.rows,
            own: 0,
            steps: 0,
            open: Vec::new(),
            references: REFERENCES,
            level: 0,
        }
    }

    /// Makes room for one operation or model more: the one that was asked for.
    pub(crate) fn make_room(&mut self) {
        self.left = self.left.max(self.limits.own_rows);
    }

    /// What `work` makes of one operation or model, or nothing where no rows are left.
    pub(crate) fn within<T>(&mut self, references: usize, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.left == 0 {
            return None;
        }
        self.own = self.limits.own_rows.min(self.left);
        self.references = references;
        self.steps = self.own * STEPS;
        let before = self.own;
        let made = work(self);
        // A row at least, so that there is an end to operations that have none.
        self.left -= (before - self.own).max(1);
        Some(made)
    }

    /// Takes a row, where there is one.
    pub(crate) fn row(&mut self) -> bool {
        let some = self.own > 0;
        self.own = self.own.saturating_sub(1);
        some
    }

    /// What a value is that may be a reference.
    pub(crate) fn follow(&self, value: &'a Value) -> Followed<'a> {
        let mut value = value;
        for _ in 0..8 {
            let Some(reference) = reference(value) else { return Followed::Here(value) };
            match self.target(reference) {
                Ok(target) => value = target,
                Err(end) => return Followed::Nowhere(end),
            }
        }
        Followed::Nowhere(End::Recursive)
    }

    fn target(&self, reference: &str) -> Result<&'a Value, End> {
        let Some(fragment) = reference.strip_prefix('#') else {
            return Err(End::Elsewhere(clip(reference, NAME)));
        };
        let found = self.root.pointer(fragment).or_else(|| self.root.pointer(&percent_decoded(fragment)));
        found.ok_or_else(|| End::Missing(clip(reference, NAME)))
    }

    /// Unfolds a schema.
    pub(crate) fn schema(&mut self, value: &'a Value) -> Schema {
        let end = if self.level >= LEVELS { Some(End::Deep) } else { (self.steps == 0).then_some(End::Full) };
        if end.is_some() {
            return Schema { kind: "any".into(), end, ..Schema::default() };
        }
        self.steps -= 1;
        self.level += 1;
        let schema = match reference(value) {
            Some(to) => self.referred(value, to),
            None => self.own_schema(value),
        };
        self.level -= 1;
        schema
    }

    fn referred(&mut self, value: &'a Value, to: &'a str) -> Schema {
        let label = to.rsplit(['/', '#']).next().unwrap_or(to);
        let label = clip(&percent_decoded(label).replace("~1", "/").replace("~0", "~"), NAME);
        let model = self.anchors.get(to).cloned().unwrap_or_default();
        let ended = |kind: &str, end| Schema { kind: kind.to_owned(), end: Some(end), ..Schema::default() };
        let mut schema = match self.target(to) {
            Err(end) => ended("any", end),
            Ok(target) if self.open.contains(&to) => ended(&kind_word(target), End::Recursive),
            Ok(target) if self.open.len() >= self.references => {
                // A schema without parts says everything in its own line.
                let flat = ["properties", "items", "allOf", "oneOf", "anyOf", "$ref", "additionalProperties"];
                if flat.iter().any(|key| target.get(key).is_some()) {
                    ended(&kind_word(target), End::Deep)
                } else {
                    self.own_schema(target)
                }
            }
            Ok(target) => {
                self.open.push(to);
                let schema = self.schema(target);
                self.open.pop();
                schema
            }
        };
        // A named list is shown as what it holds.
        if schema.prefix.is_empty() {
            (schema.name, schema.model) = (label, model);
        }
        // What stands beside a reference says more of this use of it.
        let description = prose(value, "description");
        if !description.is_empty() {
            schema.description = description;
        }
        schema.nullable |= is(value, "nullable");
        if is(value, "deprecated") && !schema.flags.contains(&"deprecated") {
            schema.flags.push("deprecated");
        }
        schema
    }

    fn own_schema(&mut self, value: &'a Value) -> Schema {
        if let Value::Bool(all) = value {
            return Schema { kind: if *all { "any" } else { "nothing" }.into(), ..Schema::default() };
        }
        let (kind, nullable) = types(value);
        let mut schema = Schema {
            kind,
            nullable,
            format: name(value, "format"),
            name: if self.open.is_empty() { String::new() } else { name(value, "title") },
            description: prose(value, "description"),
            constraints: constraints(value),
            demanded: names(value, "required"),
            ..Schema::default()
        };
        for (key, flag) in [("deprecated", "deprecated"), ("readOnly", "read-only"), ("writeOnly", "write-only")] {
            if is(value, key) {
                schema.flags.push(flag);
            }
        }
        let values = value.get("enum").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        schema.values = values.iter().take(VALUES).map(inline).collect();
        schema.more_values = values.len() - schema.values.len();
        if let Some(constant) = value.get("const") {
            schema.values = vec![inline(constant)];
        }
        self.fields(value, &mut schema);
        self.parts(value, &mut schema);
        for field in &mut schema.fields {
            field.required |= schema.demanded.contains(&field.name);
        }
        if schema.kind == "array" { self.of_items(value, schema) } else { schema }
    }

    /// The fields of an object.
    fn fields(&mut self, value: &'a Value, schema: &mut Schema) {
        for (key, value) in entries(value, "properties") {
            if !self.field(clip(key, NAME), value, schema) {
                return;
            }
        }
        for (pattern, value) in entries(value, "patternProperties") {
            if !self.field(format!("names like {}", clip(pattern, NAME)), value, schema) {
                return;
            }
        }
        match value.get("additionalProperties").filter(|more| more.is_object()) {
            Some(more) if schema.fields.is_empty() => {
                let inner = self.schema(more);
                self.wrap("map of ", inner, schema);
            }
            Some(more) => {
                self.field("any other name".into(), more, schema);
            }
            None if value.get("additionalProperties") == Some(&Value::Bool(false)) && !schema.fields.is_empty() => {
                schema.constraints.push(("No other fields".into(), String::new()));
            }
            None => {}
        }
    }

    /// Adds a field; false where there is no room for more.
    fn field(&mut self, name: String, value: &'a Value, schema: &mut Schema) -> bool {
        if !self.row() {
            schema.end = Some(End::Full);
            return false;
        }
        let inner = self.schema(value);
        schema.fields.retain(|field| field.name != name);
        schema.fields.push(Field { name, required: false, schema: inner });
        true
    }

    /// `allOf`, `oneOf`, `anyOf` and `not`.
    fn parts(&mut self, value: &'a Value, schema: &mut Schema) {
        let mut rest = Vec::new();
        let several = items(value, "allOf").len() + schema.fields.len() > 1;
        for part in items(value, "allOf") {
            let mut part = self.schema(part);
            // One part of several does not give the whole its name.
            if several && part.end.is_none() {
                (part.name, part.model) = (String::new(), String::new());
            }
            rest.extend(absorb(schema, part));
        }
        if !rest.is_empty() {
            schema.options.push(Options { how: "All of", schemas: rest });
        }
        for (key, how) in [("oneOf", "One of"), ("anyOf", "Any of")] {
            let is_null = |part: &&Value| part.get("type") == Some(&Value::String("null".into()));
            schema.nullable |= items(value, key).any(|part| is_null(&part));
            let parts: Vec<&Value> = items(value, key).filter(|part| !is_null(part)).collect();
            if let [only] = parts[..] {
                let only = self.schema(only);
                if let Some(left) = absorb(schema, only) {
                    schema.options.push(Options { how: "All of", schemas: vec![left] });
                }
                continue;
            }
            let mut schemas = Vec::new();
            for part in parts {
                if !self.row() {
                    schema.end = Some(End::Full);
                    break;
                }
                schemas.push(self.schema(part));
            }
            if !schemas.is_empty() {
                schema.options.push(Options { how, schemas });
            }
        }
        if let Some(not) = value.get("not").filter(|not| not.is_object()) {
            let not = self.schema(not);
            schema.options.push(Options { how: "Not", schemas: vec![not] });
        }
        if schema.kind == "any" && !schema.fields.is_empty() {
            schema.kind = "object".into();
        }
    }

    /// An array as what it holds, which is what people look for.
    fn of_items(&mut self, value: &'a Value, mut schema: Schema) -> Schema {
        for (place, item) in items(value, "prefixItems").enumerate() {
            if !self.field(format!("[{place}]"), item, &mut schema) {
                return schema;
            }
        }
        if let Some(inner) = value.get("items").filter(|inner| inner.is_object()) {
            let inner = self.schema(inner);
            self.wrap("array of ", inner, &mut schema);
        }
        schema
    }

    /// Makes `outer` the collection of `inner`: the line is about the collection, what lies below is about its items.
    fn wrap(&self, prefix: &str, inner: Schema, outer: &mut Schema) {
        outer.prefix = format!("{prefix}{}", inner.prefix);
        outer.kind = inner.kind;
        outer.format = inner.format;
        outer.name = inner.name;
        outer.model = inner.model;
        if outer.description.is_empty() {
            outer.description = inner.description;
        }
        if outer.values.is_empty() {
            (outer.values, outer.more_values) = (inner.values, inner.more_values);
        }
        let of_items = |(name, code): (String, String)| (format!("Each: {}", lowered(&name)), code);
        outer.constraints.extend(inner.constraints.into_iter().map(of_items));
        outer.fields.extend(inner.fields);
        outer.options.extend(inner.options);
        outer.end = outer.end.take().or(inner.end);
    }
}

/// Takes in what a part of `allOf` says; gives it back where it cannot be taken in.
fn absorb(schema: &mut Schema, part: Schema) -> Option<Schema> {
    if part.end.as_ref().is_some_and(|end| *end != End::Full) || !part.prefix.is_empty() && !schema.fields.is_empty() {
        return Some(part);
    }
    schema.demanded.extend(part.demanded);
    for field in part.fields {
        schema.fields.retain(|known| known.name != field.name);
        schema.fields.push(field);
    }
    if schema.kind == "any" {
        (schema.kind, schema.prefix) = (part.kind, part.prefix);
    }
    for (own, other) in
        [(&mut schema.format, part.format), (&mut schema.name, part.name), (&mut schema.description, part.description)]
    {
        if own.is_empty() {
            *own = other;
        }
    }
    if schema.model.is_empty() {
        schema.model = part.model;
    }
    if schema.values.is_empty() {
        (schema.values, schema.more_values) = (part.values, part.more_values);
    }
    schema.nullable |= part.nullable;
    schema.flags.extend(part.flags);
    schema.constraints.extend(part.constraints);
    schema.options.extend(part.options);
    schema.end = schema.end.take().or(part.end);
    None
}

/// Where a value leads, when it is a reference.
pub(crate) fn reference(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()
}

/// The type in words, and whether null is one of several.
fn types(value: &Value) -> (String, bool) {
    let all = match value.get("type") {
        Some(Value::Array(all)) => all.iter().map(scalar).collect(),
        Some(one) => vec![scalar(one)],
        None => Vec::new(),
    };
    let others: Vec<&String> = all.iter().filter(|name| *name != "null" && !name.is_empty()).collect();
    let nullable = is(value, "nullable") || !others.is_empty() && others.len() < all.len();
    let kind = match others[..] {
        [] => kind_word(value),
        [only] => only.clone(),
        _ => others.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" or "),
    };
    (kind, nullable)
}

/// What a schema is of, in a word, whether or not it says so.
fn kind_word(value: &Value) -> String {
    let has = |key: &str| value.get(key).is_some();
    match value.get("type") {
        Some(Value::String(kind)) => return clip(kind, NAME),
        Some(Value::Array(kinds)) => {
            if let Some(kind) = kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null") {
                return clip(kind, NAME);
            }
        }
        _ => {}
    }
    let sample = value.get("const").or_else(|| items(value, "enum").next());
    match sample {
        Some(Value::String(_)) => "string",
        Some(Value::Number(_)) => "number",
        Some(Value::Bool(_)) => "boolean",
        _ if has("properties") || has("additionalProperties") || has("patternProperties") => "object",
        _ if has("items") || has("prefixItems") => "array",
        _ => "any",
    }
    .to_owned()
}

/// What else must hold, in words.
fn constraints(value: &Value) -> Vec<(String, String)> {
    let number = |key: &str| value.get(key).filter(|value| value.is_number()).map(Value::to_string);
    let mut found: Vec<(String, String)> = Vec::new();
    let mut say = |text: String| found.push((text, String::new()));
    for (least, most, unit) in [
        ("minLength", "maxLength", "character"),
        ("minItems", "maxItems", "item"),
        ("minProperties", "maxProperties", "field"),
    ] {
        let units = |count: &str| if count == "1" { format!("1 {unit}") } else { format!("{count} {unit}s") };
        match (number(least).filter(|least| least != "0"), number(most)) {
            (Some(least), Some(most)) if least == most => say(format!("Exactly {}", units(&most))),
            (Some(least), Some(most)) => say(format!("{least} to {}", units(&most))),
            (Some(least), None) => say(format!("At least {}", units(&least))),
            (None, Some(most)) => say(format!("At most {}", units(&most))),
            (None, None) => {}
        }
    }
    // OpenAPI 3.0 has a flag beside the bound, 3.1 the bound itself.
    let bound = |key: &str, exclusive: &str| {
        let strict = number(exclusive).map(|bound| (bound, true));
        strict.or_else(|| number(key).map(|bound| (bound, is(value, exclusive))))
    };
    let (least, most) = (bound("minimum", "exclusiveMinimum"), bound("maximum", "exclusiveMaximum"));
    match (least, most) {
        (Some((least, false)), Some((most, false))) => say(format!("{least} to {most}")),
        (least, most) => {
            if let Some((least, strict)) = least {
                say(if strict { format!("More than {least}") } else { format!("At least {least}") });
            }
            if let Some((most, strict)) = most {
                say(if strict { format!("Less than {most}") } else { format!("At most {most}") });
            }
        }
    }
    if let Some(step) = number("multipleOf") {
        say(format!("A multiple of {step}"));
    }
    if is(value, "uniqueItems") {
        say("No item twice".into());
    }
    let mut code = |title: &str, text: String| {
        if !text.is_empty() {
            found.push((title.to_owned(), text));
        }
    };
    code("Matches", name(value, "pattern"));
    code("Encoded as", name(value, "contentEncoding"));
    code("Default", value.get("default").filter(|value| !value.is_null()).map(inline).unwrap_or_default());
    let example = value.get("example").or_else(|| items(value, "examples").next());
    code(
        "Example",
        example.filter(|example| !example.is_object() && !example.is_array()).map(inline).unwrap_or_default(),
    );
    if let Some(told_by) = value.get("discriminator") {
        let property = if told_by.is_string() { scalar(told_by) } else { name(told_by, "propertyName") };
        code("Told apart by", property);
    }
    found
}

fn lowered(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A fragment with its `%7B` and the like read.
fn percent_decoded(text: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy()
}

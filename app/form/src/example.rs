//! Values that a form accepts, for trying a template out.

use rand::{Rng, SeedableRng, rngs::StdRng};
use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value, json};

use crate::{
    Field, Form, HostKind, Kind, Matcher, Picker, Repository, Standard,
    draw::Draw,
    field::Choice,
    json::{Object, is_type, length, schema_type, strings, text, truthy, types},
    native,
    picker::{Entities, Wanted, repository_address},
    place::{put, take},
    resolve::Scope,
};

/// How often all is begun anew where the values still break a rule.
const TRIES: u64 = 24;
/// Rounds of filling in what the values filled in so far bring into play.
const ROUNDS: usize = 12;

/// Values that the form accepts. The same seed gives the same values; the seed 0 fills in everything that can be.
pub fn example(form: &Form, seed: u64) -> Value {
    let mut best: Option<(usize, Value)> = None;
    for attempt in 0..TRIES {
        let mut maker = Maker::new(form, seed ^ attempt.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // What cannot be satisfied together may be if less of it is filled in.
        maker.share = if seed == 0 && attempt == 0 { 1.0 } else { 0.75 * (1.0 - attempt as f64 / TRIES as f64) };
        let values = maker.values();
        let errors = form.validate(&values, &Standard).len();
        if best.as_ref().is_none_or(|(fewest, _)| errors < *fewest) {
            best = Some((errors, values));
        }
        if errors == 0 {
            break;
        }
    }
    best.map_or_else(|| json!({}), |(_, values)| values)
}

pub(crate) struct Maker<'a> {
    form: &'a Form,
    rng: StdRng,
    /// How many of the fields that may be left out are filled in.
    share: f64,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(form: &'a Form, seed: u64) -> Self {
        Self { form, rng: StdRng::seed_from_u64(seed), share: 1.0 }
    }

    fn values(&mut self) -> Value {
        let mut values = self.form.defaults(&json!({}));
        let mut passed = Vec::new();
        for _ in 0..ROUNDS {
            let before = values.clone();
            for page in self.form.active(&values).pages {
                for field in page.fields.iter().flat_map(Field::walk) {
                    self.fill(field, page.index, &mut values, &mut passed);
                }
            }
            values = self.form.defaults(&values);
            if values == before {
                break;
            }
        }
        values = self.form.prune(&values);
        for _ in 0..4 {
            let errors = self.form.validate(&values, &Standard);
            if errors.is_empty() {
                break;
            }
            let active = self.form.active(&values);
            for error in errors {
                let found = active
                    .pages
                    .iter()
                    .filter(|page| page.index == error.page)
                    .flat_map(|page| &page.fields)
                    .flat_map(Field::walk);
                let field = found.filter(|field| error.path == field.path).reduce(|_, inner| inner);
                match field {
                    Some(field) => {
                        let value = self.value(&field.schema, error.page, &values, 0);
                        put(&mut values, &field.path, value);
                    }
                    None => {
                        take(&mut values, &error.path);
                    }
                }
            }
            values = self.form.prune(&self.form.defaults(&values));
        }
        values
    }

    /// Fills a field in that has nothing in it, or leaves it out for good.
    fn fill(&mut self, field: &Field, page: usize, values: &mut Value, passed: &mut Vec<String>) {
        if matches!(field.kind, Kind::Choice { .. }) || passed.contains(&field.path) {
            return;
        }
        let empty = match &field.value {
            None | Some(Value::Null) => !matches!(field.kind, Kind::Null),
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::String(text)) => text.is_empty() && field.required,
            Some(_) => false,
        };
        if !empty {
            return;
        }
        // An object around it that is not there is left out with all in it.
        let parent = field.path.rsplit_once('/').map_or("", |(parent, _)| parent);
        if !values.pointer(parent).is_some_and(|parent| parent.is_object() || parent.is_array()) {
            return;
        }
        if field.required || self.rng.random_bool(self.share) {
            let value = self.value(&field.schema, page, values, 0);
            put(values, &field.path, value);
        } else {
            passed.push(field.path.clone());
        }
    }

    /// A value that keeps to a schema, if one can be thought of.
    pub(crate) fn value(&mut self, schema: &Value, page: usize, values: &Value, depth: usize) -> Value {
        let root = &self.form.pages[page].schema;
        let scope = Scope::new(root, &Standard);
        let resolved = scope.resolve(schema, None);
        if let Some(value) = resolved.get("const") {
            return value.clone();
        }
        let options = Draw { scope, values }.options(&resolved, &mut Vec::new());
        if let Some(picker) = options.get("field").and_then(Value::as_str).and_then(|name| Picker::of(name, &options)) {
            return self.picked(&picker, &resolved);
        }
        if let Some(values) = resolved.get("enum").and_then(Value::as_array) {
            let whole = Value::Object(resolved.clone().into_owned());
            let fitting: Vec<&Value> = values.iter().filter(|value| scope.valid(&whole, value)).collect();
            return self.one_of(&fitting).cloned().cloned().unwrap_or(Value::Null);
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(branches) = resolved.get(keyword).and_then(Value::as_array)
                && let Some(Value::Object(branch)) = self.one_of(branches)
                && depth < 8
            {
                let mut rest = resolved.clone().into_owned();
                rest.shift_remove(keyword);
                let merged = crate::json::overlay(&rest, branch);
                return self.value(&Value::Object(merged), page, values, depth + 1);
            }
        }
        let kind = schema_type(&resolved).map(str::to_owned);
        match kind.as_deref() {
            Some("object") => self.object(&resolved, page, values, depth),
            Some("array") => self.list(&resolved, page, values, depth),
            Some("boolean") => json!(self.rng.random_bool(0.5)),
            Some("integer") => self.number(&resolved, true),
            Some("number") => self.number(&resolved, false),
            Some("null") => Value::Null,
            None if resolved.contains_key("items") => self.list(&resolved, page, values, depth),
            _ => json!(self.text(&resolved)),
        }
    }

    fn object(&mut self, schema: &Object, page: usize, values: &Value, depth: usize) -> Value {
        let needed = strings(schema.get("required"));
        let mut made = Map::new();
        let mut resolved = schema.clone();
        // What is filled in may ask for more.
        for _ in 0..4 {
            let before = made.len();
            let properties = resolved.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
            for (name, property) in &properties {
                let wanted = needed.contains(name) || strings(resolved.get("required")).contains(name);
                if !made.contains_key(name) && (wanted || depth < 4 && self.rng.random_bool(self.share)) {
                    let value = property
                        .get("default")
                        .cloned()
                        .unwrap_or_else(|| self.value(property, page, values, depth + 1));
                    made.insert(name.clone(), value);
                }
            }
            if made.len() == before {
                break;
            }
            let scope = Scope::new(&self.form.pages[page].schema, &Standard);
            resolved = scope.resolve_object(schema, Some(&Value::Object(made.clone()))).into_owned();
        }
        let least = schema.get("minProperties").and_then(Value::as_u64).unwrap_or(0) as usize;
        if let Some(more) = schema.get("additionalProperties").filter(|more| truthy(more)) {
            let more = if more.is_object() { more.clone() } else { json!({"type": "string"}) };
            for at in 0..least.clamp(1, 100) {
                let value = self.value(&more, page, values, depth + 1);
                made.insert(format!("key{}", at + 1), value);
            }
        }
        Value::Object(made)
    }

    fn list(&mut self, schema: &Object, page: usize, values: &Value, depth: usize) -> Value {
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1).clamp(1, 50);
        let most = schema.get("maxItems").and_then(Value::as_u64).unwrap_or(least + 1).clamp(least.min(50), 50);
        let unique = schema.get("uniqueItems").is_some_and(truthy);
        let count = self.rng.random_range(least.min(most)..=most.min(least + 2));
        let text = json!({"type": "string"});
        let mut made: Vec<Value> = Vec::new();
        for at in 0..count.saturating_mul(6) {
            if made.len() as u64 >= count {
                break;
            }
            let item = match schema.get("items") {
                Some(Value::Array(each)) => {
                    each.get(at as usize).or_else(|| schema.get("additionalItems")).unwrap_or(&text).clone()
                }
                Some(one) => one.clone(),
                None => text.clone(),
            };
            let value = self.value(&item, page, values, depth + 1);
            if !unique || !made.iter().any(|known| crate::json::same(known, &value)) {
                made.push(value);
            }
        }
        Value::Array(made)
    }

    fn number(&mut self, schema: &Object, whole: bool) -> Value {
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        let step = bound("multipleOf").filter(|step| *step > 0.0).unwrap_or(if whole { 1.0 } else { 0.5 });
        let least = bound("minimum")
            .into_iter()
            .chain(bound("exclusiveMinimum").map(|least| least + step / 2.0))
            .fold(f64::NEG_INFINITY, f64::max);
        let most = bound("maximum")
            .into_iter()
            .chain(bound("exclusiveMaximum").map(|most| most - step / 2.0))
            .fold(f64::INFINITY, f64::min);
        let from = if least.is_finite() {
            least
        } else if most.is_finite() {
            most - 10.0 * step
        } else {
            1.0
        };
        let to = if most.is_finite() { most } else { from + 10.0 * step };
        let first = (from / step).ceil();
        let count = ((to / step).floor() - first).max(0.0);
        let times = first + (self.rng.random::<f64>() * (count + 1.0)).floor().min(count);
        let value = times * step;
        if value.fract() == 0.0 && value.abs() < 9e15 {
            json!(value as i64)
        } else {
            json!((value * 1e6).round() / 1e6)
        }
    }

    fn text(&mut self, schema: &Object) -> String {
        let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0);
        let most = schema.get("maxLength").and_then(Value::as_u64).unwrap_or(u64::MAX);
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
            let fits =
                |text: &str| (least..=most).contains(&length(text)) && Standard.matches(pattern, text) != Some(false);
            for word in [
                "example-service",
                "example",
                "com.example.app",
                "1.0.0",
                "10",
                "https://example.com/example",
                "Example",
                "a@example.com",
            ] {
                if self.rng.random_bool(0.5) && fits(word) {
                    return word.into();
                }
            }
            let hir = native::bare(pattern).and_then(|bare| regex_syntax::parse(&bare).ok());
            for attempt in 0..400u32 {
                let mut text = String::new();
                if let Some(hir) = &hir {
                    self.grow(hir, attempt / 8, &mut text);
                }
                if fits(&text) {
                    return text;
                }
            }
        }
        if let Some(format) = schema.get("format").and_then(Value::as_str)
            && let Some(text) = formatted(format)
        {
            return text.into();
        }
        let mut text: String = ["example", "service", "alpha", "beta", "gamma"][self.rng.random_range(0..5)].into();
        text.push_str(&self.rng.random_range(0..100).to_string());
        for _ in length(&text)..least.min(5_000) {
            text.push(char::from(self.rng.random_range(b'a'..=b'z')));
        }
        text.chars().take(usize::try_from(most).unwrap_or(usize::MAX)).collect()
    }

    /// A text that the pattern generates; repetitions go further the larger `reach` is.
    fn grow(&mut self, hir: &Hir, reach: u32, out: &mut String) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => out.push_str(&String::from_utf8_lossy(&literal.0)),
            HirKind::Class(Class::Unicode(class)) => {
                let ranges: Vec<(u32, u32)> =
                    class.iter().map(|range| (u32::from(range.start()), u32::from(range.end()))).collect();
                let plain: Vec<(u32, u32)> = [(0x61, 0x7a), (0x30, 0x39), (0x41, 0x5a)]
                    .iter()
                    .flat_map(|(low, high)| ranges.iter().map(move |(from, to)| (*from.max(low), *to.min(high))))
                    .filter(|(from, to)| from <= to)
                    .collect();
                let from = if plain.is_empty() || self.rng.random_bool(0.1) { &ranges } else { &plain };
                if let Some((low, high)) = self.one_of(from).copied() {
                    out.extend((0..20).find_map(|_| char::from_u32(self.rng.random_range(low..=high))));
                }
            }
            HirKind::Class(Class::Bytes(_)) => {}
            HirKind::Repetition(repetition) => {
                let most = repetition.max.unwrap_or(u32::MAX).min(repetition.min.saturating_add(1 + reach));
                let count = self.rng.random_range(repetition.min.min(most)..=most).min(2_000);
                for _ in 0..count {
                    if out.len() > 20_000 {
                        return;
                    }
                    self.grow(&repetition.sub, reach, out);
                }
            }
            HirKind::Capture(capture) => self.grow(&capture.sub, reach, out),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.grow(part, reach, out)),
            HirKind::Alternation(parts) => {
                let at = self.rng.random_range(0..parts.len());
                self.grow(&parts[at], reach, out);
            }
        }
    }

    fn picked(&mut self, picker: &Picker, schema: &Object) -> Value {
        let wants_list = types(schema).contains(&"array") || picker.is_many();
        let value = match picker {
            Picker::Owner(_) | Picker::MyGroups => "group:default/example-team".to_owned(),
            Picker::Entity(entities) | Picker::MultiEntity(entities) | Picker::OwnedEntity(entities) => {
                reference(entities)
            }
            Picker::EntityName => {
                self.fitting(schema, &["example-service", "example", "exampleservice", "ExampleService"])
            }
            Picker::EntityTags { .. } => "example".into(),
            Picker::RepoUrl(repository) => self.repository(repository),
            Picker::RepoBranch(_) => "main".into(),
            Picker::RepoOwner { .. } => "example-team".into(),
        };
        let fits = |value: &Value| Scope::new(&Value::Null, &Standard).valid(&Value::Object(schema.clone()), value);
        let value = if wants_list { json!([value]) } else { json!(value) };
        if fits(&value) || !types(schema).iter().any(|name| matches!(*name, "string" | "array" | "object")) {
            return value;
        }
        // A picker of objects, or one whose values are limited: what the schema says goes first.
        match schema_type(schema) {
            Some("object") => json!({}),
            Some("array") => {
                let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1).clamp(1, 50);
                let item = schema.get("items").and_then(Value::as_object).cloned().unwrap_or_default();
                match schema_type(&item) {
                    Some("object") => json!([{}]),
                    _ => (0..least)
                        .map(|at| {
                            json!(format!(
                                "{}{}",
                                text(&value[0]),
                                if at == 0 { String::new() } else { at.to_string() }
                            ))
                        })
                        .collect(),
                }
            }
            _ => json!(self.text(schema)),
        }
    }

    fn fitting(&mut self, schema: &Object, words: &[&str]) -> String {
        let scope = Scope::new(&Value::Null, &Standard);
        let fitting = words.iter().find(|word| scope.valid(&Value::Object(schema.clone()), &json!(word)));
        fitting.map_or_else(|| self.text(schema), |word| (*word).into())
    }

    fn repository(&mut self, repository: &Repository) -> String {
        let mut pick =
            |from: &[String], otherwise: &str| self.one_of(from).cloned().unwrap_or_else(|| otherwise.into());
        let host = pick(&repository.hosts, "github.com");
        let mut parts = [
            ("owner", pick(&repository.owners, "example-team")),
            ("repo", pick(&repository.repositories, "example-service")),
            ("project", pick(&repository.projects, "example-project")),
            ("organization", pick(&repository.organizations, "example-organization")),
            ("workspace", "example-workspace".into()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
        let kind = self.form.hosts.get(&host).copied().unwrap_or_else(|| HostKind::of(&host));
        parts.retain(|(name, _)| {
            kind.parts().contains(&name.as_str()) || kind == HostKind::Azure && name == "organization"
        });
        parts.push(("host".into(), host));
        repository_address(&parts.into_iter().collect()).unwrap_or_default()
    }

    pub(crate) fn one_of<'v, T>(&mut self, values: &'v [T]) -> Option<&'v T> {
        if values.is_empty() { None } else { values.get(self.rng.random_range(0..values.len())) }
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.rng.random_range(0..bound.max(1))
    }
}

/// A reference to an entity of the kind that a picker offers.
fn reference(entities: &Entities) -> String {
    let kind = entities.filter.iter().find_map(|set| match set.get("kind") {
        Some(Wanted::OneOf(kinds)) => kinds.first().cloned(),
        _ => None,
    });
    let kind = kind.or_else(|| entities.default_kind.clone()).unwrap_or_else(|| "component".into()).to_lowercase();
    format!("{kind}:default/example-{kind}")
}

fn formatted(format: &str) -> Option<&'static str> {
    Some(match format {
        "date" => "2026-01-31",
        "time" => "13:45:00",
        "date-time" => "2026-01-31T13:45:00Z",
        "duration" => "P1D",
        "email" => "someone@example.com",
        "hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "uri" | "url" | "uri-reference" | "uri-template" => "https://example.com/example",
        "uuid" => "123e4567-e89b-12d3-a456-426614174000",
        "regex" => "^[a-z]+$",
        "json-pointer" => "/example",
        "relative-json-pointer" => "0/example",
        "byte" => "ZXhhbXBsZQ==",
        "data-url" => "data:text/plain;name=example.txt;base64,ZXhhbXBsZQ==",
        "color" => "#336699",
        _ => return None,
    })
}

/// Whether a value is one of those that can be chosen.
pub(crate) fn is_offered(options: &[Choice], value: &Value) -> bool {
    options.iter().any(|option| crate::json::same(&option.value, value))
}

/// Whether a value is of one of the types that a schema allows.
pub(crate) fn of_allowed_type(schema: &Object, value: &Value) -> bool {
    let types = types(schema);
    types.is_empty() || types.iter().any(|name| is_type(value, name))
}

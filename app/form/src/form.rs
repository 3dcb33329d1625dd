//! The form itself.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    Active, ActivePage, Field, HostKind, Kind, Matcher, Standard,
    check::Check,
    defaults::Filler,
    draw::Draw,
    expression::condition,
    json::{Object, below, strings, text, truthy},
    pattern::Engine,
    repair::repair,
    resolve::{Scope, declared},
    weigh::{MOST, is_too_much},
};

/// The key of values under which it is kept which alternative of a field is chosen, by the field's pointer. It is no
/// value of the form: [`Form::prune`] drops it.
pub const CHOICES: &str = "$choices";

/// Rounds of filling in and dropping until nothing changes.
const ROUNDS: usize = 16;

/// What a template asks for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Form {
    /// Its pages, in order.
    pub pages: Vec<Page>,
    /// What could not be read of it.
    pub notices: Vec<Notice>,
    /// What the known repository hosts run; of others it is guessed.
    #[serde(default)]
    pub hosts: BTreeMap<String, HostKind>,
    #[serde(skip)]
    engine: Engine,
}

/// A page of a form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// Its heading.
    pub title: String,
    /// What it is about, as Markdown.
    pub description: Option<String>,
    /// What it asks for: the schema as written, with what cannot be read repaired or left out.
    pub schema: Value,
    /// The condition on which it is shown.
    pub when: Option<Value>,
}

/// What is unusual in a definition, and what was made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// The JSON pointer in the definition.
    pub path: String,
    /// What was made of it.
    pub message: String,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// The page, among all pages of the form.
    pub page: usize,
    /// The JSON pointer of the value.
    pub path: String,
    /// What is wrong, for a person.
    pub message: String,
    /// The keyword of the schema that says so, or `field` where the kind of field does.
    pub rule: String,
}

/// Reads a template's `parameters`. What is behind a feature flag is left out.
pub fn form(parameters: &Value) -> Form {
    form_with(parameters, &|_| false)
}

/// Reads a template's `parameters`; `on` says which feature flags are on.
pub fn form_with(parameters: &Value, on: &dyn Fn(&str) -> bool) -> Form {
    let mut form = Form::default();
    match parameters {
        Value::Null => {}
        Value::Array(pages) => {
            for (at, page) in pages.iter().enumerate() {
                form.read(page, &below("", &at.to_string()), on);
            }
        }
        page => form.read(page, "", on),
    }
    form
}

impl Form {
    /// The same form with another engine for the patterns in its conditions.
    #[must_use]
    pub fn matching(mut self, matcher: Arc<dyn Matcher>) -> Self {
        self.engine = Engine(matcher);
        self
    }

    /// What is shown for these values.
    pub fn active(&self, values: &Value) -> Active {
        self.active_by(values, &*self.engine.0)
    }

    /// The values with the defaults of all that is shown.
    pub fn defaults(&self, values: &Value) -> Value {
        let mut values = if values.is_object() { values.clone() } else { json!({}) };
        for _ in 0..ROUNDS {
            let before = values.clone();
            for at in self.shown(&values) {
                let schema = &self.pages[at].schema;
                let filler = Filler { scope: Scope::new(schema, &*self.engine.0) };
                if let Some(filled) = filler.fill(schema, Some(&values), None, true, 0) {
                    values = filled;
                }
            }
            if values == before {
                break;
            }
        }
        values
    }

    /// The values without those of fields that are not shown. What no page of the form has ever asked for is kept.
    pub fn prune(&self, values: &Value) -> Value {
        let mut values = if values.is_object() { values.clone() } else { json!({}) };
        for _ in 0..ROUNDS {
            let before = values.clone();
            self.prune_once(&mut values);
            if values == before {
                break;
            }
        }
        if let Value::Object(values) = &mut values {
            values.shift_remove(CHOICES);
        }
        values
    }

    /// All that is wrong with the values of what is shown.
    pub fn validate(&self, values: &Value, matcher: &dyn Matcher) -> Vec<FieldError> {
        let mut values = if values.is_object() { values.clone() } else { json!({}) };
        let active = self.active_by(&values, matcher);
        if let Value::Object(values) = &mut values {
            values.shift_remove(CHOICES);
        }
        let mut errors: Vec<FieldError> = Vec::new();
        for page in &active.pages {
            let schema = &self.pages[page.index].schema;
            let scope = Scope::new(schema, matcher);
            let resolved = scope.resolve(schema, Some(&values));
            let own = self.own_values(page.index, &resolved, &values);
            let mut faults = Vec::new();
            Check::new(scope).check(
                &Value::Object(resolved.into_owned()),
                own.as_ref().unwrap_or(&values),
                "",
                &mut faults,
            );
            let mut found: Vec<(String, String, &str)> =
                faults.into_iter().map(|fault| (fault.path, fault.message, fault.rule)).collect();
            for field in page.fields.iter().flat_map(Field::walk) {
                if let (Kind::Picker(picker), Some(value)) = (&field.kind, &field.value) {
                    found.extend(
                        picker
                            .faults(value, &self.hosts)
                            .into_iter()
                            .map(|message| (field.path.clone(), message, "field")),
                    );
                }
            }
            // As a person comes by them; what belongs to no field last.
            let order: Vec<&str> = page.fields.iter().flat_map(Field::walk).map(|field| field.path.as_str()).collect();
            found.sort_by_key(|(path, ..)| order.iter().position(|one| one == path).unwrap_or(usize::MAX));
            for (path, message, rule) in found {
                let error = FieldError { page: page.index, path, message, rule: rule.into() };
                if !errors.contains(&error) {
                    errors.push(error);
                }
            }
        }
        errors
    }

    /// The pointers of what must be neither shown nor kept.
    pub fn secrets(&self, values: &Value) -> Vec<String> {
        self.active(values)
            .fields()
            .filter(|field| matches!(field.kind, Kind::Secret))
            .map(|field| field.path.clone())
            .collect()
    }

    /// Every field that is shown, in order: its pointer and one word for how it is drawn.
    pub fn tree(&self, values: &Value) -> Vec<(String, &'static str)> {
        self.active(values).fields().map(|field| (field.path.clone(), field.kind.name())).collect()
    }

    /// Whether any page asks for anything.
    pub fn is_empty(&self) -> bool {
        self.pages.iter().all(|page| {
            let mut names = Vec::new();
            declared(&page.schema, &page.schema, &mut names, 0);
            names.is_empty()
        })
    }

    fn read(&mut self, page: &Value, path: &str, on: &dyn Fn(&str) -> bool) {
        let Value::Object(said) = page else {
            match page {
                // A page that was fetched from elsewhere may be several.
                Value::Array(pages) => {
                    for (at, page) in pages.iter().enumerate() {
                        self.read(page, &below(path, &at.to_string()), on);
                    }
                }
                other => self
                    .notices
                    .push(Notice { path: path.into(), message: format!("“{}” is not a page", text(other)) }),
            }
            return;
        };
        if hidden_by_flag(said, on) {
            return;
        }
        let mut schema = repair(page, path, &mut self.notices);
        if let Value::Object(schema) = &mut schema {
            drop_flagged(schema, on);
        }
        if is_too_much(&schema, &Standard) {
            let message = format!("This page comes to more than {MOST} parts, so it is not drawn and accepts nothing");
            self.notices.push(Notice { path: path.into(), message });
            schema = json!({ "not": {} });
        }
        let title = said
            .get("title")
            .filter(|title| truthy(title))
            .map_or_else(|| format!("Page {}", self.pages.len() + 1), text);
        let description =
            said.get("ui:description").or_else(|| said.get("description")).filter(|said| truthy(said)).map(text);
        let when = said.get("when").filter(|when| when.is_string() || when.is_boolean()).cloned();
        self.pages.push(Page { title, description, schema, when });
    }

    /// The pages that are shown. A condition sees the values of the pages before it that are.
    fn shown(&self, values: &Value) -> Vec<usize> {
        let mut shown = Vec::new();
        let mut hidden: Vec<String> = Vec::new();
        for (at, page) in self.pages.iter().enumerate() {
            let visible = page.when.as_ref().is_none_or(|when| {
                if hidden.is_empty() {
                    return condition(when, values);
                }
                let mut seen = values.clone();
                if let Value::Object(seen) = &mut seen {
                    seen.retain(|name, _| !hidden.contains(name));
                }
                condition(when, &seen)
            });
            let mut names = Vec::new();
            declared(&page.schema, &page.schema, &mut names, 0);
            if visible {
                hidden.retain(|name| !names.contains(name));
                shown.push(at);
            } else {
                let elsewhere = |name: &String| {
                    shown.iter().any(|at: &usize| {
                        let mut others = Vec::new();
                        declared(&self.pages[*at].schema, &self.pages[*at].schema, &mut others, 0);
                        others.contains(name)
                    })
                };
                hidden.extend(names.into_iter().filter(|name| !elsewhere(name)));
            }
        }
        shown
    }

    fn active_by(&self, values: &Value, matcher: &dyn Matcher) -> Active {
        let pages = self.shown(values).into_iter().map(|index| {
            let page = &self.pages[index];
            let scope = Scope::new(&page.schema, matcher);
            let fields = Draw { scope, values }.page(&scope.resolve(&page.schema, Some(values)));
            ActivePage { index, title: page.title.clone(), description: page.description.clone(), fields }
        });
        Active { pages: pages.collect() }
    }

    /// A page that allows no other fields is not asked about those of other pages.
    fn own_values(&self, index: usize, resolved: &Object, values: &Value) -> Option<Value> {
        if !["additionalProperties", "maxProperties", "propertyNames", "patternProperties"]
            .iter()
            .any(|keyword| resolved.contains_key(*keyword))
        {
            return None;
        }
        let mut own = Vec::new();
        declared(&self.pages[index].schema, &self.pages[index].schema, &mut own, 0);
        let mut others = Vec::new();
        for page in self.pages.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, page)| page) {
            declared(&page.schema, &page.schema, &mut others, 0);
        }
        let kept = values.as_object()?.iter().filter(|(name, _)| own.contains(name) || !others.contains(name));
        Some(Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect()))
    }

    fn prune_once(&self, values: &mut Value) {
        let active = self.active(values);
        let mut all = Vec::new();
        for page in &self.pages {
            declared(&page.schema, &page.schema, &mut all, 0);
        }
        let mut kept = Map::new();
        let Value::Object(before) = &*values else { return };
        for (name, value) in before {
            let path = below("", name);
            let mut fields = active
                .pages
                .iter()
                .flat_map(|page| &page.fields)
                .flat_map(top_level)
                .filter(|field| field.path == path);
            match fields.next() {
                Some(field) => {
                    kept.insert(name.clone(), pruned(field, value, self, &active));
                }
                None if all.contains(name) => {}
                None => {
                    kept.insert(name.clone(), value.clone());
                }
            }
        }
        *values = Value::Object(kept);
    }
}

/// A field, or what stands in an alternative of the page.
fn top_level(field: &Field) -> Vec<&Field> {
    match field.kind {
        Kind::Choice { .. } if field.path.is_empty() => field.children.iter().flat_map(top_level).collect(),
        _ => vec![field],
    }
}

/// A value without the parts that are not shown.
fn pruned(field: &Field, value: &Value, form: &Form, active: &Active) -> Value {
    match (&field.kind, value) {
        (Kind::Object { .. }, Value::Object(entries)) => {
            let root = active
                .pages
                .iter()
                .find(|page| page.fields.iter().flat_map(Field::walk).any(|one| one.path == field.path))
                .map_or(&Value::Null, |page| &form.pages[page.index].schema);
            let mut all = Vec::new();
            let written = written_at(root, &field.path);
            for schema in &written {
                declared(schema, root, &mut all, 0);
            }
            let inside: Vec<&Field> =
                field.children.iter().flat_map(|child| alternatives(child, &field.path)).collect();
            let kept = entries.iter().filter_map(|(name, value)| {
                let path = below(&field.path, name);
                match inside.iter().find(|child| child.path == path) {
                    Some(child) => Some((name.clone(), pruned(child, value, form, active))),
                    None => (!all.contains(name)).then(|| (name.clone(), value.clone())),
                }
            });
            Value::Object(kept.collect())
        }
        (Kind::List { .. }, Value::Array(items)) => items
            .iter()
            .enumerate()
            .map(|(at, item)| {
                field.children.get(at).map_or_else(|| item.clone(), |child| pruned(child, item, form, active))
            })
            .collect(),
        _ => value.clone(),
    }
}

fn alternatives<'a>(field: &'a Field, path: &str) -> Vec<&'a Field> {
    match field.kind {
        Kind::Choice { .. } if field.path == path => {
            field.children.iter().flat_map(|child| alternatives(child, path)).collect()
        }
        _ => vec![field],
    }
}

/// The schemas that are written for a value, in whatever branch.
fn written_at(root: &Value, path: &str) -> Vec<Value> {
    let mut here = vec![root.clone()];
    for step in crate::json::steps(path) {
        let mut next = Vec::new();
        for schema in &here {
            collect_property(schema, root, &step, &mut next, 0);
        }
        here = next;
    }
    here
}

fn collect_property(schema: &Value, root: &Value, name: &str, found: &mut Vec<Value>, depth: usize) {
    let Some(schema) = schema.as_object().filter(|_| depth < 12) else { return };
    found.extend(schema.get("properties").and_then(|properties| properties.get(name)).cloned());
    if name.bytes().all(|b| b.is_ascii_digit()) {
        match schema.get("items") {
            Some(Value::Array(each)) => found.extend(each.iter().cloned()),
            Some(one) => found.push(one.clone()),
            None => {}
        }
    }
    if let Some(target) =
        schema.get("$ref").and_then(Value::as_str).and_then(|reference| root.pointer(reference.strip_prefix('#')?))
    {
        collect_property(target, root, name, found, depth + 1);
    }
    let lists = ["allOf", "anyOf", "oneOf"].iter().filter_map(|keyword| schema.get(*keyword)?.as_array()).flatten();
    let single = ["then", "else"].iter().filter_map(|keyword| schema.get(*keyword));
    let depended = schema.get("dependencies").and_then(Value::as_object).into_iter().flat_map(Map::values);
    for part in lists.chain(single).chain(depended) {
        collect_property(part, root, name, found, depth + 1);
    }
}

/// Whether a page or a field stands behind a feature flag that is off.
fn hidden_by_flag(schema: &Object, on: &dyn Fn(&str) -> bool) -> bool {
    let flag = schema
        .get("backstage:featureFlag")
        .or_else(|| schema.get("ui:backstage")?.get("featureFlag"))
        .and_then(Value::as_str);
    flag.is_some_and(|flag| !on(flag))
}

fn drop_flagged(schema: &mut Object, on: &dyn Fn(&str) -> bool) {
    let mut dropped = Vec::new();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.retain(|name, property| {
            let kept = property.as_object().is_none_or(|property| !hidden_by_flag(property, on));
            if !kept {
                dropped.push(name.clone());
            }
            kept
        });
    }
    if !dropped.is_empty() {
        let required: Vec<String> =
            strings(schema.get("required")).into_iter().filter(|name| !dropped.contains(name)).collect();
        schema.insert("required".into(), json!(required));
    }
}

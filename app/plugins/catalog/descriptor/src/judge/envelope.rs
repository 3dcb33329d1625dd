//! What every entity must have, whatever its kind.

use serde_json::{Map, Value};

use super::{
    Errors, format,
    shape::{Field, OBJECT, Shape, missing, optional, required},
    shown,
};
use crate::{advice, placeholders, pointer};

/// The fields at the root of an entity, as it is written in a file.
const ROOT: [&str; 4] = ["apiVersion", "kind", "metadata", "spec"];

static METADATA: Field = required("metadata", OBJECT);
static KIND: Field = required("kind", Shape::Text);
static NAME: Field = required("name", Shape::Text);
static URL: Field = required("url", Shape::Text);

/// The fields of `metadata` that need no more than a shape.
static SIMPLE: [Field; 4] = [
    optional("uid", Shape::Text),
    optional("etag", Shape::Text),
    optional("title", Shape::Text),
    optional("description", Shape::AnyText),
];

/// The fields of a link that need no more than a shape.
static LINK: [Field; 1] = [optional("type", Shape::Text)];

/// Notes every error outside `spec`, and a `spec` that is no object.
pub(crate) fn check(value: &Value, errors: &mut Errors) {
    let Value::Object(entity) = value else { return };
    for key in entity.keys().filter(|key| !ROOT.contains(&key.as_str())) {
        let hint = match key.as_str() {
            "relations" | "status" => "it is written by the catalog, never in a file".to_owned(),
            key => advice::closest(key, &ROOT).map_or_else(
                || format!("an entity has only {}", ROOT.join(", ")),
                |known| format!("did you mean `{known}`?"),
            ),
        };
        errors.add(&pointer::child("", key), format!("unknown field `{key}`; {hint}"));
    }
    formatted(entity, "", "apiVersion", format::API_VERSION, errors);
    match entity.get(KIND.name) {
        Some(_) => formatted(entity, "", KIND.name, format::KIND, errors),
        None => missing("", &KIND, errors),
    }
    if let Some(spec) = entity.get("spec") {
        OBJECT.check(spec, "/spec", errors);
    }
    match entity.get(METADATA.name) {
        Some(Value::Object(metadata)) if placeholders::source(&entity[METADATA.name]).is_none() => {
            check_metadata(metadata, errors);
        }
        Some(other) => METADATA.shape.check(other, "/metadata", errors),
        None => missing("", &METADATA, errors),
    }
}

fn check_metadata(metadata: &Map<String, Value>, errors: &mut Errors) {
    const AT: &str = "/metadata";
    match metadata.get(NAME.name) {
        Some(_) => formatted(metadata, AT, NAME.name, format::NAME, errors),
        None => missing(AT, &NAME, errors),
    }
    formatted(metadata, AT, "namespace", format::NAMESPACE, errors);
    check_simple(&SIMPLE, metadata, AT, errors);
    check_map(metadata, "labels", Some(format::LABEL_VALUE), errors);
    check_map(metadata, "annotations", None, errors);
    if let Some(tags) = list(metadata, "tags", "strings", errors) {
        for (index, tag) in tags.iter().enumerate() {
            format::TAG.check(tag, &format!("{AT}/tags/{index}"), errors);
        }
    }
    if let Some(links) = list(metadata, "links", "objects", errors) {
        for (index, link) in links.iter().enumerate() {
            check_link(link, &format!("{AT}/links/{index}"), errors);
        }
    }
}

/// Labels or annotations: keys of a given form, and values that are strings.
fn check_map(metadata: &Map<String, Value>, name: &str, form: Option<format::Format>, errors: &mut Errors) {
    let at = pointer::child("/metadata", name);
    let Some(value) = metadata.get(name) else { return };
    let Value::Object(entries) = value else {
        return OBJECT.check(value, &at, errors);
    };
    if placeholders::source(value) == Some(placeholders::Source::Data) {
        return;
    }
    for (key, value) in entries {
        let at = pointer::child(&at, key);
        if !format::is_qualified_name(key) {
            errors.add(&at, format!("the key {} is not allowed; {}", shown(&key.as_str().into()), format::QUALIFIED));
        }
        match form {
            Some(form) => form.check(value, &at, errors),
            None => Shape::AnyText.check(value, &at, errors),
        }
    }
}

fn check_link(link: &Value, at: &str, errors: &mut Errors) {
    if placeholders::source(link).is_some() {
        return OBJECT.check(link, at, errors);
    }
    let Value::Object(entries) = link else {
        return OBJECT.check(link, at, errors);
    };
    match entries.get(URL.name) {
        Some(_) => formatted(entries, at, URL.name, format::URL, errors),
        None => missing(at, &URL, errors),
    }
    formatted(entries, at, "title", format::NOT_BLANK, errors);
    formatted(entries, at, "icon", format::NOT_BLANK, errors);
    check_simple(&LINK, entries, at, errors);
}

fn check_simple(fields: &[Field], entries: &Map<String, Value>, at: &str, errors: &mut Errors) {
    for field in fields {
        if let Some(value) = entries.get(field.name) {
            field.shape.check(value, &pointer::child(at, field.name), errors);
        }
    }
}

fn formatted(entries: &Map<String, Value>, at: &str, name: &str, format: format::Format, errors: &mut Errors) {
    if let Some(value) = entries.get(name) {
        format.check(value, &pointer::child(at, name), errors);
    }
}

fn list<'a>(metadata: &'a Map<String, Value>, name: &str, items: &str, errors: &mut Errors) -> Option<&'a Vec<Value>> {
    let value = metadata.get(name)?;
    if let Value::Array(values) = value {
        return Some(values);
    }
    if placeholders::source(value) != Some(placeholders::Source::Data) {
        errors.add(&pointer::child("/metadata", name), format!("must be a list of {items}, but is {}", shown(value)));
    }
    None
}

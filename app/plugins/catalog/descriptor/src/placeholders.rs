//! Placeholders: objects that stand for the content of another file.

use std::borrow::Cow;

use serde_json::Value;

use crate::pointer;

/// A placeholder, such as `{$text: ./api.yaml}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// The JSON pointer of the object to be replaced.
    pub pointer: String,
    /// How the other file is read: `$text`, `$yaml` or `$json`.
    pub key: String,
    /// The other file: a path relative to this one, or a URL.
    pub target: String,
}

/// The placeholders in an entity, in the order of the text.
///
/// Objects with an unknown `$` key are left alone: JSON Schema has many (`$ref`, `$schema`, `$id`).
pub fn placeholders(value: &Value) -> Vec<Placeholder> {
    let mut found = Vec::new();
    collect(value, &mut String::new(), &mut found);
    found
}

/// What a placeholder's file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Text,
    Data,
}

/// How a value that is a placeholder is read.
pub(crate) fn source(value: &Value) -> Option<Source> {
    match parts(value)?.0 {
        "$text" => Some(Source::Text),
        _ => Some(Source::Data),
    }
}

/// The entity with an empty object for each `$yaml` and `$json`: what can be said of it without reading the other files.
pub(crate) fn data_as_objects(value: &Value) -> Cow<'_, Value> {
    let data: Vec<Placeholder> =
        placeholders(value).into_iter().filter(|placeholder| placeholder.key != "$text").collect();
    if data.is_empty() {
        return Cow::Borrowed(value);
    }
    let mut value = value.clone();
    for placeholder in data {
        if let Some(field) = value.pointer_mut(&placeholder.pointer) {
            *field = Value::Object(serde_json::Map::new());
        }
    }
    Cow::Owned(value)
}

fn parts(value: &Value) -> Option<(&str, &str)> {
    let entries = value.as_object().filter(|entries| entries.len() == 1)?;
    let (key, target) = entries.iter().next()?;
    matches!(key.as_str(), "$text" | "$yaml" | "$json").then_some((key.as_str(), target.as_str()?))
}

fn collect(value: &Value, path: &mut String, found: &mut Vec<Placeholder>) {
    if let Some((key, target)) = parts(value) {
        found.push(Placeholder { pointer: path.clone(), key: key.to_owned(), target: target.to_owned() });
        return;
    }
    let length = path.len();
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointer::push(path, &index.to_string());
                collect(item, path, found);
                path.truncate(length);
            }
        }
        Value::Object(entries) => {
            for (key, entry) in entries {
                pointer::push(path, key);
                collect(entry, path, found);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_known_keys_that_stand_alone_and_hold_a_string() {
        let value = json!({"spec": {
            "definition": {"$text": "./api.yaml"},
            "parameters": [{"$yaml": "./a~b/page.yaml"}, {"$ref": "#/x"}, {"$openapi": "./o.yaml"}],
            "a/b": {"$json": "https://example.com/x.json"},
            "steps": [{"$yaml": 1}, {"$text": "x", "more": 1}],
        }});
        let found: Vec<_> =
            placeholders(&value).into_iter().map(|p| format!("{} {} {}", p.pointer, p.key, p.target)).collect();
        insta::assert_snapshot!(found.join("\n"), @"
        /spec/definition $text ./api.yaml
        /spec/parameters/0 $yaml ./a~b/page.yaml
        /spec/a~1b $json https://example.com/x.json
        ");
    }
}

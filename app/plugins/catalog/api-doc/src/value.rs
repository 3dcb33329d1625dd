//! Small readers of JSON values, each of which cuts what is too long.

use std::collections::HashMap;

use serde_json::Value;

use crate::limits::{NAME, PROSE};
use crate::model::Link;

/// At most `max` characters of a text.
pub(crate) fn clip(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A short text, number or truth as text; nothing for what has parts.
pub(crate) fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => clip(text, NAME),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => String::new(),
    }
}

/// A field that is a name or a line.
pub(crate) fn name(value: &Value, key: &str) -> String {
    value.get(key).map(scalar).unwrap_or_default()
}

/// A field that is Markdown.
pub(crate) fn prose(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).map(|text| clip(text.trim(), PROSE)).unwrap_or_default()
}

/// Whether a field is true.
pub(crate) fn is(value: &Value, key: &str) -> bool {
    value.get(key) == Some(&Value::Bool(true))
}

/// The entries of a field that is an object.
pub(crate) fn entries<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    value.get(key).and_then(Value::as_object).into_iter().flatten()
}

/// The items of a field that is a list.
pub(crate) fn items<'a>(value: &'a Value, key: &str) -> std::slice::Iter<'a, Value> {
    value.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice).iter()
}

/// The names in a field that is a list of them.
pub(crate) fn names(value: &Value, key: &str) -> Vec<String> {
    items(value, key).map(scalar).filter(|name| !name.is_empty()).collect()
}

/// A value in one line.
pub(crate) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => clip(text, NAME),
        value => clip(&value.to_string(), NAME),
    }
}

/// A link, whose address is left out where it is not safe to follow.
pub(crate) fn link(title: &str, address: &str) -> Link {
    let safe = ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let href = if safe { clip(address, NAME) } else { String::new() };
    let title = if title.is_empty() { address } else { title };
    Link { title: clip(title, NAME), href }
}

/// Contact, licence, terms and further reading.
pub(crate) fn links(doc: &Value, info: &Value) -> Vec<Link> {
    let mut links = Vec::new();
    let mut add = |title: String, address: String| {
        if !title.is_empty() || !address.is_empty() {
            links.push(link(&title, &address));
        }
    };
    for outside in [info.get("externalDocs"), doc.get("externalDocs")].into_iter().flatten() {
        let title = name(outside, "description");
        add(if title.is_empty() { "Further reading".into() } else { title }, name(outside, "url"));
    }
    if let Some(contact) = info.get("contact") {
        let (email, url) = (name(contact, "email"), name(contact, "url"));
        let address = if url.is_empty() && !email.is_empty() { format!("mailto:{email}") } else { url };
        let title = name(contact, "name");
        add(if title.is_empty() { email } else { title }, address);
    }
    let terms = name(info, "termsOfService");
    if !terms.is_empty() {
        add("Terms of service".into(), terms);
    }
    if let Some(license) = info.get("license") {
        add(name(license, "name"), name(license, "url"));
    }
    links
}

/// Makes addresses within the page: safe characters, none twice.
#[derive(Default)]
pub(crate) struct Anchors(HashMap<String, usize>);

impl Anchors {
    /// An address for something of this sort and name.
    pub(crate) fn make(&mut self, sort: &str, name: &str) -> String {
        let mut anchor = sort.to_owned();
        for c in name.chars().take(100) {
            if c.is_ascii_alphanumeric() || c == '_' {
                anchor.push(c);
            } else if !anchor.ends_with('-') {
                anchor.push('-');
            }
        }
        anchor.truncate(anchor.trim_end_matches('-').len());
        let mut number = self.0.get(&anchor).copied().unwrap_or(0);
        let unique = loop {
            number += 1;
            let unique = if number == 1 { anchor.clone() } else { format!("{anchor}-{number}") };
            if number == 1 || !self.0.contains_key(&unique) {
                break unique;
            }
        };
        self.0.insert(unique.clone(), 1);
        self.0.insert(anchor, number);
        unique
    }
}

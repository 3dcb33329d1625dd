//! Whether Backstage would accept an entity, and every reason why not.

mod envelope;
mod format;
mod golden_path;
mod kinds;
mod shape;
mod template;

use serde_json::Value;

use crate::Verdict;

/// Judges a document's value; each error is a JSON pointer and a message.
///
/// A placeholder (`$text`, `$yaml`, `$json`) passes wherever the content of its file could; judge again once it is
/// resolved.
pub fn judge(value: &Value) -> (Verdict, Vec<(String, String)>) {
    if value.is_null() {
        return (Verdict::IgnoredEmpty, Vec::new());
    }
    let Some(api_version) = own_api_version(value) else { return (Verdict::NotEntity, Vec::new()) };
    let mut errors = Errors::default();
    envelope::check(value, &mut errors);
    let rules = value.get("kind").and_then(Value::as_str).and_then(|kind| kinds::rules(api_version, kind));
    match rules {
        Some(rules) => rules.check(value.get("spec"), &mut errors),
        None if errors.0.is_empty() => return (Verdict::UnknownKind, Vec::new()),
        None => {}
    }
    let verdict = if errors.0.is_empty() { Verdict::Ok } else { Verdict::Invalid };
    (verdict, errors.0)
}

pub(crate) use kinds::{is_built_in, rules};

/// The `apiVersion` of a document that is meant for Backstage or Portico.
fn own_api_version(value: &Value) -> Option<&str> {
    let api_version = value.get("apiVersion")?.as_str()?;
    let group = api_version.split('/').next()?.to_ascii_lowercase();
    let own = ["backstage.io", "portico.dev"];
    own.iter()
        .any(|domain| group.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
        .then_some(api_version)
}

/// The errors found so far.
#[derive(Default)]
pub(crate) struct Errors(Vec<(String, String)>);

impl Errors {
    fn add(&mut self, pointer: &str, message: String) {
        self.0.push((pointer.to_owned(), message));
    }
}

/// A value as a message shows it: short, whatever it holds.
pub(crate) fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    match value {
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(entries) if entries.is_empty() => "an empty object".to_owned(),
        Value::Object(entries) => {
            let keys: Vec<_> = entries.keys().take(3).map(String::as_str).collect();
            let more = if entries.len() > keys.len() { ", …" } else { "" };
            format!("an object ({}{more})", shortened(&keys.join(", "), LONGEST))
        }
        Value::String(text) => format!("{:?}", shortened(text, LONGEST)),
        value => value.to_string(),
    }
}

fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;

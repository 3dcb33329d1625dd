//! Which names the expressions of a template use.

use expression::{Engine, Error, Name, NameKind};
use serde_json::Value;

use crate::definition::{Template, child};

/// The expressions of one string of a template.
pub(crate) struct Used {
    /// The JSON pointer of the string.
    pub(crate) pointer: String,
    /// Its names, or why it cannot be read.
    pub(crate) names: Result<Vec<Name>, Error>,
    /// The step that it stands in, by position; none in the output.
    pub(crate) step: Option<usize>,
}

impl Used {
    /// The variables with their members.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &Name> {
        self.names.iter().flatten().filter(|name| name.kind == NameKind::Variable)
    }
}

/// Every string with expressions in the steps and the output.
pub(crate) fn used(template: &Template, engine: &Engine) -> Vec<Used> {
    let mut found = Vec::new();
    for (at, step) in template.steps.iter().enumerate() {
        let parts = [("if", step.r#if.as_ref()), ("each", step.each.as_ref()), (step.input_key, Some(&step.input))];
        for (key, value) in parts {
            if let Some(value) = value {
                collect(engine, value, child(&step.pointer, key), Some(at), &mut found);
            }
        }
    }
    collect(engine, &template.output, "/spec/output".to_owned(), None, &mut found);
    found
}

fn collect(engine: &Engine, value: &Value, pointer: String, step: Option<usize>, found: &mut Vec<Used>) {
    match value {
        Value::String(text) if Engine::is_template(text) => {
            found.push(Used { names: engine.names(text), pointer, step });
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                collect(engine, item, format!("{pointer}/{at}"), step, found);
            }
        }
        Value::Object(entries) => {
            for (key, item) in entries {
                collect(engine, item, child(&pointer, key), step, found);
            }
        }
        _ => {}
    }
}

/// The name among `known` that somebody who wrote `name` may have meant.
pub(crate) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let near = known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase()), known));
    near.min().filter(|(distance, _)| *distance <= (name.chars().count() / 3).max(1)).map(|(_, known)| known)
}

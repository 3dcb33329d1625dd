//! What a step that runs something is given, and where each value came from.

use std::collections::BTreeMap;

use form::{FieldError, Form, Standard};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The template says so where nobody else does.
    Default,
    /// The form at the beginning of the journey.
    Parameter,
    /// The path's step says so.
    Path,
    /// What another step made; its id.
    Step(String),
    /// Somebody filled it in.
    Entered,
}

/// The values of a form before a person looks at it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prefilled {
    /// The values.
    pub values: Map<String, Value>,
    /// Where each came from, by its name.
    pub origins: BTreeMap<String, Origin>,
    /// What is still wrong with them.
    pub errors: Vec<FieldError>,
}

/// Puts values over each other in the order of precedence: what the template says, what the journey began with, what the step gives, what was
/// entered before. `sources` names where an input of the step comes from, by its name.
pub(crate) fn prefill(
    form: &Form,
    parameters: &Map<String, Value>,
    input: &Map<String, Value>,
    sources: &BTreeMap<String, Origin>,
    entered: &Map<String, Value>,
) -> Prefilled {
    let mut values = Map::new();
    let mut origins = BTreeMap::new();
    let known = names(form);
    let mut put = |layer: &Map<String, Value>, origin: &dyn Fn(&str) -> Origin, all: bool| {
        for (name, value) in layer {
            if value.is_null() || !(all || known.contains(name)) {
                continue;
            }
            origins.insert(name.clone(), origin(name));
            values.insert(name.clone(), value.clone());
        }
    };
    put(parameters, &|_| Origin::Parameter, false);
    put(input, &|name| sources.get(name).cloned().unwrap_or(Origin::Path), true);
    put(entered, &|_| Origin::Entered, true);
    let all = form.prune(&form.defaults(&Value::Object(values)));
    let errors = form.validate(&all, &Standard);
    let Value::Object(values) = all else { return Prefilled { errors, ..Prefilled::default() } };
    origins.retain(|name, _| values.contains_key(name));
    for name in values.keys() {
        origins.entry(name.clone()).or_insert(Origin::Default);
    }
    Prefilled { values, origins, errors }
}

/// The names of the fields that any page may show.
pub(crate) fn names(form: &Form) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for page in &form.pages {
        collect(&page.schema, &mut names);
    }
    names
}

fn collect(schema: &Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(entries) => {
            if let Some(Value::Object(properties)) = entries.get("properties") {
                names.extend(properties.keys().cloned());
            }
            for (key, inner) in entries {
                // The fields of fields are no fields of the form.
                if key != "properties" && key != "items" {
                    collect(inner, names);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| collect(inner, names)),
        _ => {}
    }
}

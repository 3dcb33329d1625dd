//! What is doubtful in an entity without being refused.

use serde_json::{Map, Value};

use crate::{Verdict, judge, pointer, relations};

const METADATA: [&str; 10] =
    ["name", "namespace", "title", "description", "labels", "annotations", "tags", "links", "uid", "etag"];

/// Warnings about an entity: each is the JSON pointer of a field and a message. They change no verdict.
pub fn advise(value: &Value) -> Vec<(String, String)> {
    let mut warnings = Vec::new();
    let text = |key| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if let Some(Value::Object(metadata)) = value.get("metadata") {
        misspelt(metadata, "/metadata", &METADATA, &mut warnings);
    }
    match judge::rules(api_version, kind) {
        Some(rules) => {
            if let Some(Value::Object(spec)) = value.get("spec") {
                let known: Vec<_> = rules.fields.iter().map(|field| field.name).collect();
                let known = [known.as_slice(), rules.also_known].concat();
                misspelt(spec, "/spec", &known, &mut warnings);
            }
        }
        None if judge::judge(value).0 == Verdict::UnknownKind => warnings.push(no_rules(api_version, kind)),
        None => {}
    }
    if kind == "GoldenPath" {
        step_parameters(value, &mut warnings);
    }
    for reference in relations::references(value) {
        if let Err(error) = reference.target {
            warnings.push((reference.pointer, error.to_string()));
        }
    }
    warnings
}

/// The known word that a text was probably meant to be.
pub(crate) fn closest<'a>(text: &str, known: &[&'a str]) -> Option<&'a str> {
    let folded = text.to_lowercase();
    let distances = known.iter().map(|word| (strsim::osa_distance(&folded, &word.to_lowercase()), *word));
    let (distance, word) = distances.min_by_key(|(distance, _)| *distance)?;
    // A short word is near to many others, so it may differ less.
    (distance <= 2.min(word.len() / 4)).then_some(word)
}

fn misspelt(entries: &Map<String, Value>, at: &str, known: &[&str], warnings: &mut Vec<(String, String)>) {
    for key in entries.keys().filter(|key| !known.contains(&key.as_str())) {
        if let Some(word) = closest(key, known).filter(|word| !entries.contains_key(*word)) {
            let message = format!("unknown field `{key}`, which has no effect; did you mean `{word}`?");
            warnings.push((pointer::child(at, key), message));
        }
    }
}

fn no_rules(api_version: &str, kind: &str) -> (String, String) {
    if judge::is_built_in(kind) {
        let right = match kind {
            "Template" => "scaffolder.backstage.io/v1beta3",
            "GoldenPath" => "backstage.io/v1beta1",
            _ => "backstage.io/v1alpha1",
        };
        return (
            "/apiVersion".to_owned(),
            format!("`{kind}` is read at {right}; {api_version} is kept but not checked"),
        );
    }
    let kinds =
        ["Component", "API", "Resource", "System", "Domain", "Group", "User", "Location", "Template", "GoldenPath"];
    let hint = closest(kind, &kinds).map_or_else(String::new, |known| format!("; did you mean `{known}`?"));
    ("/kind".to_owned(), format!("no rules are built in for `{kind}`, so it is kept but not checked{hint}"))
}

/// A step's values are its `input`; `parameters` is met in published examples and read as the same.
fn step_parameters(value: &Value, warnings: &mut Vec<(String, String)>) {
    let steps = value.pointer("/spec/steps").and_then(Value::as_array).into_iter().flatten();
    for (index, step) in steps.enumerate() {
        if step.get("parameters").is_some() {
            let message = "a step's values are written as `input`; `parameters` is read as the same".to_owned();
            warnings.push((format!("/spec/steps/{index}/parameters"), message));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn misspelt_fields_are_named() {
        let component = json!({"apiVersion": "backstage.io/v1alpha1", "kind": "Component",
            "metadata": {"name": "a", "anotations": {}}, "spec": {"type": "x", "lifecycle": "x", "owner": "x",
            "dependsOff": [], "consumesApi": [], "framework": "x", "providesapis": []}});
        let warnings: Vec<_> = advise(&component).into_iter().map(|(at, message)| format!("{at} {message}")).collect();
        insta::assert_snapshot!(warnings.join("\n"), @"
        /metadata/anotations unknown field `anotations`, which has no effect; did you mean `annotations`?
        /spec/dependsOff unknown field `dependsOff`, which has no effect; did you mean `dependsOn`?
        /spec/consumesApi unknown field `consumesApi`, which has no effect; did you mean `consumesApis`?
        /spec/providesapis unknown field `providesapis`, which has no effect; did you mean `providesApis`?
        ");
    }

    #[test]
    fn unreadable_references_and_unknown_kinds() {
        let component = json!({"apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": {"name": "a"},
            "spec": {"type": "x", "lifecycle": "x", "owner": "group:", "dependsOn": ["bare"]}});
        let template = json!({"apiVersion": "backstage.io/v1beta2", "kind": "Template", "metadata": {"name": "a"}});
        let robot = json!({"apiVersion": "backstage.io/v1alpha1", "kind": "component", "metadata": {"name": "a"}});
        let all = [component, template, robot].map(|value| advise(&value)).concat();
        let warnings: Vec<_> = all.into_iter().map(|(at, message)| format!("{at} {message}")).collect();
        insta::assert_snapshot!(warnings.join("\n"), @"
        /spec/owner `group:` is no entity reference; write `[kind:][namespace/]name`
        /spec/dependsOn/0 the entity reference `bare` must say its kind here, as in `component:bare`
        /apiVersion `Template` is read at scaffolder.backstage.io/v1beta3; backstage.io/v1beta2 is kept but not checked
        /kind no rules are built in for `component`, so it is kept but not checked; did you mean `Component`?
        ");
    }
}

//! The basics of a golden path.

use serde_json::Value;

use super::{
    Errors,
    shape::{Field, OBJECT, Shape, optional, required},
    shown, template,
};
use crate::placeholders;

/// What a step may be; one without a kind is a template.
const STEP_KINDS: [&str; 5] = ["template", "task", "approval", "wait", "path"];

/// The fields of a golden path's `spec`.
pub(crate) static FIELDS: [Field; 4] = [
    required("type", Shape::Text),
    required("steps", Shape::List(&STEP)),
    optional("owner", Shape::Text),
    optional("parameters", template::PAGES),
];

static STEP: Shape = Shape::Object(
    &[
        optional("kind", Shape::OneOf(&STEP_KINDS)),
        optional("template", Shape::Text),
        optional("id", Shape::AnyText),
        optional("name", Shape::AnyText),
        optional("input", OBJECT),
        optional("if", Shape::Condition),
        template::PERMISSIONS,
    ],
    None,
);

/// A step of no kind, or of the kind `template`, must name its template. What stands under the name of a kind says the kind as well.
pub(crate) fn check_steps(spec: &Value, errors: &mut Errors) {
    let steps = spec.get("steps").and_then(Value::as_array).into_iter().flatten();
    for (index, step) in steps.enumerate() {
        let Value::Object(entries) = step else { continue };
        if placeholders::source(step).is_some() || entries.contains_key("template") {
            continue;
        }
        let implied = STEP_KINDS.iter().any(|kind| entries.contains_key(*kind));
        match entries.get("kind") {
            Some(kind) if kind != "template" => {}
            None if implied => {}
            kind => errors.add(
                &format!("/spec/steps/{index}/template"),
                format!(
                    "is missing; a step names a template, such as template:default/new-service, or a kind among {}{}",
                    STEP_KINDS[1..].join(", "),
                    kind.map_or_else(String::new, |kind| format!(" (its kind is {})", shown(kind))),
                ),
            ),
        }
    }
}

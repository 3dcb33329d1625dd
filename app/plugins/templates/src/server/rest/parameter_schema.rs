//! What a template asks, in the shape of Backstage's form.

use axum::extract::Path;
use axum::response::Response;
use axum::{Extension, Json};
use scaffold::definition::Template;
use serde_json::{Map, Value, json};

use super::tasks::Call;
use crate::server::Templates;
use kit::error::AppError;

/// The heading of a page that has none.
const UNTITLED: &str = "Fill in what is asked for";

/// The form of the version that is run.
pub(super) async fn get(
    Path((namespace, kind, name)): Path<(String, String, String)>,
    Extension(templates): Extension<Templates>,
    call: Call,
) -> Response {
    let answer = async {
        let template = format!("{kind}:{namespace}/{name}");
        let row = templates.readable(&call.caller, &template).await?;
        let latest = templates.latest(&row).await?;
        let latest = latest.ok_or_else(|| AppError::not_found(format!("A version of {template} that is in use")))?;
        Ok(Json(shape(&templates.open(latest).await?.template)))
    };
    call.answer(answer).await
}

fn shape(template: &Template) -> Value {
    let pages: Vec<&Value> = match &template.parameters {
        Value::Array(pages) => pages.iter().collect(),
        Value::Object(_) => vec![&template.parameters],
        _ => Vec::new(),
    };
    let text = |value: &Value, key: &str| value.get(key).filter(|value| value.is_string()).cloned();
    let step = |page: &Value| {
        let mut step = Map::new();
        step.insert("title".into(), text(page, "title").unwrap_or_else(|| UNTITLED.into()));
        step.extend(text(page, "description").map(|description| ("description".to_owned(), description)));
        step.insert("schema".into(), page.clone());
        Value::Object(step)
    };
    let mut shape = json!({ "title": template.title, "steps": pages.into_iter().map(step).collect::<Vec<_>>() });
    if !template.description.is_empty() {
        shape["description"] = template.description.as_str().into();
    }
    if !template.presentation.is_null() {
        shape["presentation"] = template.presentation.clone();
    }
    for key in ["ui:options", "EXPERIMENTAL_formDecorators"] {
        let found = match key {
            "ui:options" => template.entity.pointer("/metadata").and_then(|metadata| metadata.get(key)),
            _ => template.entity.pointer("/spec").and_then(|spec| spec.get(key)),
        };
        if let Some(found) = found {
            shape[key] = found.clone();
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_is_a_step_with_its_schema() {
        let one = json!({ "properties": { "name": { "type": "string" } } });
        let two = json!({ "title": "Where", "description": "It lives", "properties": {} });
        let template = |parameters: Value| {
            Template::from_value(json!({
                "metadata": { "name": "x", "title": "X" },
                "spec": { "parameters": parameters, "steps": [], "EXPERIMENTAL_formDecorators": [{ "id": "d" }] },
            }))
        };
        let expected = json!({
            "title": "X",
            "steps": [
                { "title": UNTITLED, "schema": one },
                { "title": "Where", "description": "It lives", "schema": two },
            ],
            "EXPERIMENTAL_formDecorators": [{ "id": "d" }],
        });
        assert_eq!(shape(&template(json!([one, two]))), expected);
        assert_eq!(shape(&template(one.clone()))["steps"], json!([{ "title": UNTITLED, "schema": one }]));
        assert_eq!(shape(&template(Value::Null))["steps"], json!([]));
    }
}

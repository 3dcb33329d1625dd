//! The installed actions, in Backstage's shape.

use axum::response::Response;
use axum::{Extension, Json};
use kit::server::authorise::Resource;
use scaffold::action::{ActionInfo, Reach};
use serde_json::{Value, json};

use super::tasks::Call;
use crate::info::READ_ACTION;
use crate::server::Templates;

/// All of them.
pub(super) async fn list(Extension(templates): Extension<Templates>, call: Call) -> Response {
    let answer = async {
        templates.kit.authorise(&call.caller, &READ_ACTION, &Resource::All).await?;
        Ok(Json(templates.tasks.registry.infos().iter().map(shape).collect::<Vec<_>>()))
    };
    call.answer(answer).await
}

fn shape(info: &ActionInfo) -> Value {
    let examples: Vec<Value> = info
        .examples
        .iter()
        .map(|example| {
            let step = json!({"steps": [{"action": info.id, "name": example.description, "input": example.input}]});
            // JSON is YAML.
            json!({"description": example.description, "example": step.to_string()})
        })
        .collect();
    json!({
        "id": info.id,
        "description": info.description,
        "examples": examples,
        "schema": {"input": info.input, "output": info.output},
        "supportsDryRun": info.reach != Reach::Outside,
    })
}

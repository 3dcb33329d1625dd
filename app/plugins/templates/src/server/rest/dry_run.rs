//! A run without effect, in Backstage's shape.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::response::Response;
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kit::error::AppError;
use kit::server::authorise::Resource;
use kit::server::source;
use scaffold::definition::Template;
use scaffold::dry_run::Verdict;
use scaffold::folder::Files;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::tasks::Call;
use crate::info::TRY_TEMPLATE;
use crate::server::Templates;

/// Where the descriptor is taken to stand among the files that come with it.
const DESCRIPTOR: &str = "template.yaml";

/// What is to be tried.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    template: Value,
    #[serde(default)]
    values: Map<String, Value>,
    #[serde(default)]
    secrets: Map<String, Value>,
    #[serde(default)]
    directory_contents: Vec<Content>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    path: String,
    base64_content: String,
}

/// Runs it.
pub(super) async fn create(Extension(templates): Extension<Templates>, call: Call, body: Bytes) -> Response {
    let answer = async {
        templates.kit.authorise(&call.caller, &TRY_TEMPLATE, &Resource::All).await?;
        let asked: Asked =
            serde_json::from_slice(&body).map_err(|error| AppError::bad_request(format!("the body: {error}")))?;
        if asked.template.get("kind").and_then(Value::as_str) != Some("Template") {
            return Err(AppError::bad_request("template: this is no entity of the kind Template").into());
        }
        let template = Template::from_value(asked.template);
        let tree = Files::new(DESCRIPTOR, files(asked.directory_contents)?);
        let values = Some(Value::Object(asked.values));
        let produced = templates.dry_run(&call.caller, &template, &tree, values, asked.secrets).await?;
        let report = produced.report;
        if report.verdict == Verdict::Failed {
            return Err(AppError::bad_request(report.errors.join("; ")).into());
        }
        let log: Vec<Value> =
            report.log.iter().map(|line| json!({"body": {"message": line.text, "stepId": line.step}})).collect();
        let contents = report.files.iter().zip(&produced.contents).map(|(file, content)| {
            json!({"path": file.path, "executable": file.executable, "base64Content": STANDARD.encode(content)})
        });
        Ok(Json(json!({
            "log": log,
            "steps": report.steps,
            "output": report.output,
            "directoryContents": contents.collect::<Vec<_>>(),
            "warnings": report.warnings,
            "outside": report.outside,
        })))
    };
    call.answer(answer).await
}

fn files(contents: Vec<Content>) -> Result<BTreeMap<String, Vec<u8>>, AppError> {
    let file = |content: Content| {
        let path = source::join("", &content.path).map_err(|error| AppError::bad_request(error.to_string()))?;
        let bytes = STANDARD.decode(&content.base64_content);
        let bytes = bytes.map_err(|_| AppError::bad_request(format!("directoryContents: {path} is not in base64")))?;
        Ok((path, bytes))
    };
    contents.into_iter().map(file).collect()
}

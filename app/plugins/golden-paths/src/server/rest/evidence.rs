//! A file that shows something, as a plain HTML form sends it.

use axum::Extension;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::{Multipart, Path};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use journey::Command;
use kit::error::AppError;
use kit::identity::Caller;

use crate::server::GoldenPaths;
use crate::server::acting::LARGEST_FILE;
use crate::server::service::{Refused, step_href};

/// The name under which the form sends the file.
const FILE: &str = "file";

/// Keeps the file, attaches it to the step, and leads back there.
pub(super) async fn post(
    Path((id, key)): Path<(String, String)>,
    Extension(golden): Extension<GoldenPaths>,
    Extension(caller): Extension<Caller>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let answer = async {
        // Nobody has a file read who has no part in the journey.
        golden.journey(&caller, &id).await?;
        let form = form.map_err(|_| AppError::bad_request("A file is sent as multipart/form-data"))?;
        let (name, content) = file(form).await?;
        let evidence = golden.put_file(&caller, &id, &name, content).await?;
        let command = Command::AddEvidence { step: key.clone(), evidence };
        golden.act(&caller, &id, command).await.map_err(Refused::said)?;
        Ok::<_, AppError>(Redirect::to(&step_href(&id, &key)))
    };
    match answer.await {
        Ok(led) => led.into_response(),
        Err(error) => error.into_response(),
    }
}

/// The name and the content of the file that was sent.
async fn file(mut form: Multipart) -> Result<(String, Vec<u8>), AppError> {
    let broken = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => AppError::TooLarge { megabytes: LARGEST_FILE >> 20 },
        _ => AppError::bad_request("What was sent cannot be read as a form with a file"),
    };
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        if field.name() != Some(FILE) {
            continue;
        }
        let name = field.file_name().unwrap_or("file").to_owned();
        let mut content = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            if content.len() + chunk.len() > LARGEST_FILE {
                return Err(AppError::TooLarge { megabytes: LARGEST_FILE >> 20 });
            }
            content.extend_from_slice(&chunk);
        }
        return Ok((name, content));
    }
    Err(AppError::bad_request("Choose a file first"))
}

//! The pages of a contribution, as a plain HTML form sends them.

use axum::Extension;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use http::header::{ACCEPT, SET_COOKIE};
use kit::error::AppError;
use kit::identity::Caller;
use kit::query::href;
use kit::server::cookies::Secure;
use kit::server::said::refused;
use review::Ui;

use crate::server::Contributions;
use crate::server::acting::LARGEST_UPLOAD;
use crate::server::service::contribution_href;

/// The name under which the form sends the file.
const FILE: &str = "file";

/// Keeps the pages, and leads back to where they are submitted.
pub(super) async fn post(
    Path(id): Path<String>,
    Extension(here): Extension<Contributions>,
    Extension(caller): Extension<Caller>,
    Extension(secure): Extension<Secure>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let reads_pages =
        headers.get(ACCEPT).is_some_and(|kinds| kinds.to_str().is_ok_and(|kinds| kinds.contains("text/html")));
    let answer = async {
        // Nobody has a file read who may not see the contribution.
        here.seen(&caller, &id).await?;
        let form = form.map_err(|_| AppError::bad_request("Pages are sent as multipart/form-data"))?;
        let (name, content) = file(form).await?;
        let Ui::Upload { name, hash } = here.put_upload(&caller, &id, &name, content).await? else {
            return Err(AppError::internal("an upload became something else"));
        };
        let back = format!("{}/submit", contribution_href(&id));
        Ok::<_, AppError>(Redirect::to(&href(&back, [("upload", hash.as_str()), ("name", &name)])))
    };
    match answer.await {
        Ok(led) => led.into_response(),
        // Whoever sent a form reads a page, and chooses another file there.
        Err(error @ (AppError::BadRequest { .. } | AppError::TooLarge { .. } | AppError::Conflict { .. }))
            if reads_pages =>
        {
            let said = [(SET_COOKIE, refused(&format!("{error}."), secure))];
            (said, Redirect::to(&format!("{}/submit", contribution_href(&id)))).into_response()
        }
        Err(error) => error.into_response(),
    }
}

/// The name and the content of the file that was sent.
async fn file(mut form: Multipart) -> Result<(String, Vec<u8>), AppError> {
    let broken = || AppError::bad_request("What was sent cannot be read as a form with a file");
    while let Some(mut field) = form.next_field().await.map_err(|_| broken())? {
        if field.name() != Some(FILE) {
            continue;
        }
        let name = field.file_name().unwrap_or("pages.zip").to_owned();
        let mut content = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(|_| broken())? {
            if content.len() + chunk.len() > LARGEST_UPLOAD {
                return Err(AppError::TooLarge { megabytes: LARGEST_UPLOAD >> 20 });
            }
            content.extend_from_slice(&chunk);
        }
        return Ok((name, content));
    }
    Err(AppError::bad_request("Choose a file first"))
}

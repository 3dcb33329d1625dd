//! Turning what went wrong inside into what is said outside.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode};
use uuid::Uuid;

use crate::error::AppError;

impl AppError {
    /// Logs `cause` under a fresh reference and returns the error that quotes it; the cause itself is never sent.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        let reference = Uuid::new_v4().simple().to_string()[..12].to_owned();
        tracing::error!(%reference, %cause, "internal error");
        Self::Internal { reference }
    }
}

impl From<sea_orm::DbErr> for AppError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::internal(error)
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response =
            (status, Json(serde_json::json!({ "error": self, "message": self.to_string() }))).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

use crate::error::AppError;

/// The portal answers in its own words: something on the way gave another answer.
pub(super) fn unreadable(_: String) -> AppError {
    AppError::Unavailable { what: "The portal".into() }
}

pub(super) fn set_status(_: http::StatusCode) {}

pub(super) fn set_title(_: &str) {}

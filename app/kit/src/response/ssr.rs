use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use crate::error::AppError;
use crate::server::page::Head;

pub(super) fn unreadable(message: String) -> AppError {
    AppError::BadRequest { message }
}

pub(super) fn set_status(status: http::StatusCode) {
    if let Some(head) = use_context::<Head>() {
        head.set_status(status);
    } else if let Some(options) = use_context::<ResponseOptions>() {
        options.set_status(status);
    }
}

pub(super) fn set_title(title: &str) {
    if let Some(head) = use_context::<Head>() {
        head.set_title(title);
    }
}

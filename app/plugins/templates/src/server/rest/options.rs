//! What a field of a template's form offers, for the control that asks as somebody types.

use axum::extract::Query;
use axum::response::Response;
use axum::{Extension, Json};
use filling::offers::offers;
use serde::Deserialize;

use super::tasks::Call;
use crate::server::Templates;
use crate::server::filling::Filling;

/// Where it is.
pub const PATH: &str = "/api/templates/options";

/// The field, and what was typed.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    template: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    q: String,
}

/// At most 50 of what the caller may see and the template's author allows, by the values of the caller's draft.
pub(super) async fn get(
    Query(Asked { template, path, q }): Query<Asked>,
    Extension(templates): Extension<Templates>,
    call: Call,
) -> Response {
    let answer = async {
        let filling = Filling::open(&templates, &call.caller, &template, "").await?;
        let active = filling.form.active(&filling.values);
        Ok(Json(offers(&*templates.entities, &call.caller, &active, &path, &q).await?))
    };
    call.answer(answer).await
}

//! What a field of a journey's form offers, and who can be given something, for controls that ask as somebody types.

use ::filling::offers::offers;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use kit::components::Choice;
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::context::authorise_own;
use kit::server::entities::{EntityQuery, Found};
use serde::Deserialize;
use serde_json::{Map, json};

use crate::info::READ_JOURNEY;
use crate::server::GoldenPaths;

/// Where the values of a field are.
pub const OPTIONS: &str = "/api/golden-paths/v1/options";

/// Where people and groups are.
pub const PEOPLE: &str = "/api/golden-paths/v1/people";

/// The most that are offered at once.
const MOST: u32 = 20;

/// The field, and what was typed.
#[derive(Debug, Deserialize)]
pub(super) struct Field {
    #[serde(default)]
    journey: String,
    #[serde(default)]
    step: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    q: String,
}

/// What the caller may see and the form's author allows, by the values of the draft.
pub(super) async fn options(
    Query(Field { journey, step, path, q }): Query<Field>,
    Extension(golden): Extension<GoldenPaths>,
    Extension(caller): Extension<Caller>,
) -> Response {
    let answer = async {
        let form = golden.form(&caller, &journey, Some(step.as_str()).filter(|step| !step.is_empty())).await?;
        let active = form.form.active(&form.values);
        offers(&*golden.entities, &caller, &active, &path, &q).await
    };
    answered(answer.await)
}

/// What was typed of a name.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    #[serde(default)]
    q: String,
    #[serde(default)]
    only: String,
}

/// People and groups that the caller may see, by the beginning of a name: for whoever may have journeys.
pub(super) async fn people(
    Query(Named { q, only }): Query<Named>,
    Extension(golden): Extension<GoldenPaths>,
    Extension(caller): Extension<Caller>,
) -> Response {
    let answer = async {
        authorise_own(&golden.kit, &caller, &READ_JOURNEY).await?;
        let kinds = if only == "user" { json!(["user"]) } else { json!(["group", "user"]) };
        let filter = vec![Map::from_iter([("kind".to_owned(), kinds)])];
        let query = EntityQuery { filter, text: q, limit: MOST, ..EntityQuery::default() };
        let found = golden.entities.find(&caller, &query).await?;
        let choice = |Found { entity_ref, title, .. }: Found| Choice::new(&entity_ref, title).with(entity_ref);
        Ok(found.into_iter().map(choice).collect::<Vec<_>>())
    };
    answered(answer.await)
}

fn answered(choices: Result<Vec<Choice>, AppError>) -> Response {
    match choices {
        Ok(choices) => Json(choices).into_response(),
        Err(error) => error.into_response(),
    }
}

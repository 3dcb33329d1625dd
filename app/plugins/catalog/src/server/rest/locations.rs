//! Locations, and what changes the catalog.

use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use descriptor::{EntityRef, Verdict};
use http::StatusCode;
use kit::error::AppError;
use kit::server::db;
use sea_orm::{DbErr, QueryResult};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Call, Refusal};
use crate::info::{
    DELETE_ENTITY, READ_ENTITIES, READ_LOCATIONS, REFRESH_LOCATION, REGISTER_LOCATION, UNREGISTER_LOCATION,
    VALIDATE_ENTITIES,
};
use crate::server::digest::origin_type;
use crate::server::plan::Plan;
use crate::server::reader::{ReadableLocation, Reader};
use crate::server::service::Catalog;

/// The most locations in one answer; Backstage's clients ask for all of them at once.
const MAX_LOCATIONS: u64 = 10_000;

/// The columns that [`described`] reads.
const COLUMNS: &str = "id, kind, target";

pub(super) async fn list(call: Call) -> Response {
    let answer = async {
        let reader = call.reader(&READ_LOCATIONS).await?;
        let (seen, values) = reader.seen_location();
        let text = format!(
            "SELECT {COLUMNS} FROM catalog_location WHERE state <> 'leaving' AND {seen} ORDER BY id LIMIT {MAX_LOCATIONS}"
        );
        let rows = db::rows(reader.db(), &text, values).await?;
        let items = rows.iter().map(|row| Ok(json!({ "data": described(row)? })));
        Ok(Json(Value::Array(items.collect::<Result<_, DbErr>>()?)))
    };
    call.answer(answer).await
}

pub(super) async fn one(Path(id): Path<String>, call: Call) -> Response {
    let answer = async {
        let reader = call.reader(&READ_LOCATIONS).await?;
        Ok(Json(location(&reader, &reader.readable_location(number(&id)?).await?).await?))
    };
    call.answer(answer).await
}

pub(super) async fn of_entity(Path((kind, namespace, name)): Path<(String, String, String)>, call: Call) -> Response {
    let entity_ref = format!("{kind}:{namespace}/{name}").to_lowercase();
    let answer = async {
        let reader = call.reader(&READ_LOCATIONS).await?;
        let entity = reader.readable(&entity_ref).await?;
        Ok(Json(location(&reader, &reader.location_of_entity(&entity).await?).await?))
    };
    call.answer(answer).await
}

/// A location that somebody wants to have registered.
#[derive(Debug, Deserialize)]
struct Wanted {
    #[serde(rename = "type")]
    kind: String,
    target: String,
    #[serde(rename = "trustOrg")]
    trust_org: Option<Value>,
}

pub(super) async fn register(call: Call, body: Bytes) -> Response {
    let answer = async {
        call.permit(&REGISTER_LOCATION).await?;
        let wanted: Wanted = parse(&body)?;
        if !matches!(wanted.kind.as_str(), "url" | "file") {
            return Err(AppError::bad_request(format!("type must be url or file, not {:?}", wanted.kind)).into());
        }
        Catalog::refuse_trust(wanted.trust_org.is_some())?;
        let new = call.catalog.location_of(&call.caller, &wanted.target).await?;
        let reader = call.reader(&READ_ENTITIES).await?;
        if call.parameters.one("dryRun").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok((StatusCode::CREATED, Json(dry_run(reader.plan(new).await?)?)));
        }
        if reader.registered(&new).await?.is_some() {
            let message = format!("Location {}:{} already exists", wanted.kind, wanted.target);
            return Err(Refusal { status: StatusCode::CONFLICT, name: "ConflictError", message });
        }
        let id = call.catalog.register(&call.caller, &new).await?.id;
        let location = json!({ "id": id.to_string(), "type": origin_type(new.kind), "target": new.target });
        Ok((StatusCode::CREATED, Json(json!({ "location": location, "entities": [] }))))
    };
    call.answer(answer).await
}

pub(super) async fn unregister(Path(id): Path<String>, call: Call) -> Response {
    let answer = async {
        let reader = call.reader(&READ_LOCATIONS).await?;
        let location = reader.readable_location(number(&id)?).await?;
        reader.permit_location(&UNREGISTER_LOCATION, &location).await?;
        let id = location.id;
        call.catalog.unregister(&call.caller, id).await?;
        call.catalog.wait_until_gone(id).await?;
        Ok(StatusCode::NO_CONTENT)
    };
    call.answer(answer).await
}

/// An entity whose location is to be read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToRefresh {
    entity_ref: String,
}

pub(super) async fn refresh(call: Call, body: Bytes) -> Response {
    let answer = async {
        let reader = call.reader(&READ_ENTITIES).await?;
        let asked: ToRefresh = parse(&body)?;
        let entity_ref = EntityRef::parse(&asked.entity_ref, None, "default");
        let entity_ref = entity_ref.map_err(|error| AppError::bad_request(format!("entityRef: {error}")))?;
        let entity = reader.readable(&entity_ref.to_string()).await?;
        let location = reader.location_of_entity(&entity).await?;
        reader.permit_location(&REFRESH_LOCATION, &location).await?;
        call.catalog.refresh(&call.caller, location.id).await?;
        Ok(StatusCode::OK)
    };
    call.answer(answer).await
}

/// An entity to judge.
#[derive(Debug, Deserialize)]
struct ToValidate {
    entity: Value,
    location: String,
}

pub(super) async fn validate(call: Call, body: Bytes) -> Response {
    let answer = async {
        call.permit(&VALIDATE_ENTITIES).await?;
        let asked: ToValidate = parse(&body)?;
        let mut errors: Vec<String> = Vec::new();
        if asked.location.split_once(':').is_none_or(|(kind, target)| kind.is_empty() || target.is_empty()) {
            errors.push(format!("location {:?} is not of the form type:target", asked.location));
        }
        match descriptor::judge(&asked.entity) {
            (Verdict::Ok | Verdict::UnknownKind, _) => {}
            (Verdict::Invalid, found) => {
                errors.extend(found.into_iter().map(|(pointer, message)| format!("{pointer} {message}")));
            }
            _ => errors.push("apiVersion is missing or not one of an entity".into()),
        }
        if errors.is_empty() {
            return Ok(StatusCode::OK.into_response());
        }
        let error = |message: String| json!({ "name": "InputError", "message": message });
        let errors: Vec<Value> = errors.into_iter().map(error).collect();
        Ok((StatusCode::BAD_REQUEST, Json(json!({ "errors": errors }))).into_response())
    };
    call.answer(answer).await
}

pub(super) async fn delete_entity(Path(uid): Path<String>, call: Call) -> Response {
    let answer = async {
        let reader = call.reader(&READ_ENTITIES).await?;
        let unknown = AppError::not_found(format!("An entity with the uid {uid}"));
        reader.permit(&DELETE_ENTITY, &reader.readable_by("uid", &uid, unknown).await?).await?;
        call.catalog.delete_entity(&call.caller, &uid).await?;
        Ok(StatusCode::NO_CONTENT)
    };
    call.answer(answer).await
}

/// What registering would do, as Backstage's clients know it, and what is wrong besides.
fn dry_run(plan: Plan) -> Result<Value, AppError> {
    if let Some(reason) = plan.unreadable.or(plan.cut) {
        return Err(AppError::bad_request(reason));
    }
    let problems = plan.problems.iter().map(|problem| {
        json!({
            "severity": if problem.is_error { "error" } else { "warning" },
            "path": problem.place.path,
            "line": problem.place.line,
            "column": problem.place.column,
            "message": problem.message,
        })
    });
    let problems: Vec<Value> = problems.collect();
    let id = plan.registered.map_or_else(String::new, |id| id.to_string());
    let kind = origin_type(plan.location.kind);
    Ok(json!({
        "location": { "id": id, "type": kind, "target": plan.location.target },
        "exists": plan.registered.is_some(),
        "entities": plan.entities.into_iter().map(|entity| entity.value).collect::<Vec<_>>(),
        "problems": problems,
    }))
}

async fn location(reader: &Reader, location: &ReadableLocation) -> Result<Value, AppError> {
    let text = format!("SELECT {COLUMNS} FROM catalog_location WHERE id = ? AND state <> 'leaving'");
    let rows = db::rows(reader.db(), &text, [location.id.into()]).await?;
    let row = rows.first().ok_or_else(|| AppError::not_found(format!("Location {}", location.id)))?;
    Ok(described(row)?)
}

fn described(row: &QueryResult) -> Result<Value, DbErr> {
    let (id, kind, target): (i64, String, String) =
        (row.try_get("", "id")?, row.try_get("", "kind")?, row.try_get("", "target")?);
    Ok(json!({ "id": id.to_string(), "type": origin_type(&kind), "target": target }))
}

/// The number that Backstage's clients carry as text; what is none is nobody's.
fn number(id: &str) -> Result<i64, AppError> {
    id.parse().map_err(|_| AppError::not_found(format!("Location {id}")))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, AppError> {
    serde_json::from_slice(body).map_err(|error| AppError::bad_request(format!("The body cannot be read: {error}")))
}

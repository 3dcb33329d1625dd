//! `/api/catalog/**`: the same data for scripts, in Backstage's shapes.

mod locations;

use std::collections::{BTreeMap, HashMap, HashSet};

use axum::Extension;
use axum::Json;
use axum::extract::rejection::ExtensionRejection;
use axum::extract::{FromRequestParts, Path};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{Method, StatusCode, Uri};
use kit::error::AppError;
use kit::identity::Caller;
use kit::plugin::Permission;
use kit::server::authorise::Resource;
use kit::server::db;
use kit::server::plugin::Routes;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::filter::{self, Conditions, Cursor, Order};
use super::reader::Reader;
use super::service::Catalog;
use super::{docs, export};
use crate::info::READ_ENTITIES;

/// Entities in an answer when nothing is asked.
const LIMIT: u64 = 20;

/// The most entities in one answer.
pub(super) const MAX_LIMIT: u64 = 500;

/// The most values of one facet in an answer.
const MAX_FACET_VALUES: usize = 10_000;

/// The most conditions in one request.
pub(super) const MAX_CONDITIONS: usize = 50;

/// The longest name of a field that can be asked for, in bytes.
const MAX_FIELD: usize = 200;

/// The columns that [`served`] reads.
const COLUMNS: &str = "e.id, e.ref, e.uid, e.etag, e.entity, e.orphan";

/// The routes.
pub fn routes(catalog: Catalog) -> Routes {
    let routes = Routes::new()
        .get("/api/catalog/entities/by-query", by_query)
        .get("/api/catalog/entities/by-name/{kind}/{namespace}/{name}", by_name)
        .get("/api/catalog/entities/by-uid/{uid}", by_uid)
        .delete("/api/catalog/entities/by-uid/{uid}", locations::delete_entity)
        .get("/api/catalog/entities.csv", export::csv)
        .get("/api/catalog/entity-facets", entity_facets)
        .get("/api/catalog/docs/{kind}/{namespace}/{name}/{*path}", docs::file)
        .get("/api/catalog/locations", locations::list)
        .post("/api/catalog/locations", locations::register)
        .get("/api/catalog/locations/{id}", locations::one)
        .delete("/api/catalog/locations/{id}", locations::unregister)
        .get("/api/catalog/locations/by-entity/{kind}/{namespace}/{name}", locations::of_entity)
        .post("/api/catalog/refresh", locations::refresh)
        .post("/api/catalog/validate-entity", locations::validate);
    Routes { router: routes.router.layer(Extension(catalog)), ..routes }
}

async fn by_query(call: Call) -> Response {
    let answer = async { Ok(Json(query_entities(&call.reader(&READ_ENTITIES).await?, &call.parameters).await?)) };
    call.answer(answer).await
}

async fn by_name(Path((kind, namespace, name)): Path<(String, String, String)>, call: Call) -> Response {
    let entity_ref = format!("{kind}:{namespace}/{name}").to_lowercase();
    let answer = async { Ok(Json(one_entity(&call.reader(&READ_ENTITIES).await?, "ref", &entity_ref).await?)) };
    call.answer(answer).await
}

async fn by_uid(Path(uid): Path<String>, call: Call) -> Response {
    let answer = async { Ok(Json(one_entity(&call.reader(&READ_ENTITIES).await?, "uid", &uid).await?)) };
    call.answer(answer).await
}

async fn entity_facets(call: Call) -> Response {
    let answer = async { Ok(Json(facets(&call.reader(&READ_ENTITIES).await?, &call.parameters).await?)) };
    call.answer(answer).await
}

/// Somebody's call of the API.
pub struct Call {
    pub(super) catalog: Catalog,
    caller: Caller,
    parameters: Parameters,
    method: Method,
    uri: Uri,
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = ExtensionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let Extension(catalog) = Extension::from_request_parts(parts, state).await?;
        let Extension(caller) = Extension::from_request_parts(parts, state).await?;
        let parameters = Parameters::read(parts.uri.query());
        Ok(Self { catalog, caller, parameters, method: parts.method.clone(), uri: parts.uri.clone() })
    }
}

impl Call {
    /// The catalog as the caller may see it, or the refusal where `permission` shows nothing of it: where every answer that reads begins.
    pub async fn reader(&self, permission: &Permission) -> Result<Reader, AppError> {
        self.catalog.reader(&self.caller, permission).await
    }

    /// Lets the caller do `permission` to what is not a single thing of the catalog.
    async fn permit(&self, permission: &Permission) -> Result<(), AppError> {
        self.catalog.kit.authorise(&self.caller, permission, &Resource::All).await
    }

    async fn answer<T: IntoResponse>(&self, answer: impl Future<Output = Result<T, Refusal>>) -> Response {
        match answer.await {
            Ok(answer) => answer.into_response(),
            Err(refusal) => self.refuse(&refusal),
        }
    }

    /// An error as Backstage's clients expect it.
    pub fn refusal(&self, error: &AppError) -> Response {
        self.refuse(&error.clone().into())
    }

    fn refuse(&self, Refusal { status, name, message }: &Refusal) -> Response {
        let body = json!({
            "error": { "name": name, "message": message },
            "request": { "method": self.method.as_str(), "url": self.uri.to_string() },
            "response": { "statusCode": status.as_u16() },
        });
        (*status, Json(body)).into_response()
    }
}

/// An error as Backstage's clients expect it.
struct Refusal {
    status: StatusCode,
    /// By which clients tell errors apart.
    name: &'static str,
    message: String,
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        let status = error.status();
        Self { status, name: error_name(status), message: error.to_string() }
    }
}

impl From<DbErr> for Refusal {
    fn from(error: DbErr) -> Self {
        AppError::from(error).into()
    }
}

/// Repeated query parameters.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn read(query: Option<&str>) -> Self {
        Self(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    fn number(&self, name: &str, most: u64) -> Result<Option<u64>, AppError> {
        let parse = |text: &str| {
            let number = text.parse::<u64>().ok().filter(|number| *number <= most);
            number.ok_or_else(|| {
                AppError::bad_request(format!("{name} must be a whole number from 0 to {most}, not {text:?}"))
            })
        };
        self.one(name).map(parse).transpose()
    }
}

/// What a cursor carries, so that it need not be said again.
#[derive(Debug, Serialize, Deserialize)]
struct Continuation {
    filters: Vec<String>,
    text: String,
    field: String,
    descending: bool,
    at: Cursor,
}

async fn query_entities(reader: &Reader, parameters: &Parameters) -> Result<Value, AppError> {
    let limit = parameters.number("limit", MAX_LIMIT)?.unwrap_or(LIMIT);
    let (mut continuation, cursor) = match parameters.one("cursor") {
        Some(cursor) => {
            let continuation: Continuation = filter::decode(cursor)?;
            let at = continuation.at.clone();
            (continuation, Some(at))
        }
        None => {
            let (field, descending) = order_field(parameters)?;
            let start = Continuation {
                filters: parameters.all("filter").map(str::to_owned).collect(),
                text: parameters.one("fullTextFilterTerm").unwrap_or_default().to_owned(),
                field,
                descending,
                at: Cursor { value: Value::Null, id: 0, back: false },
            };
            (start, None)
        }
    };
    if cursor.is_none() && parameters.number("offset", 0)?.is_some_and(|offset| offset > 0) {
        return Err(AppError::bad_request("offset is not supported here: follow pageInfo.nextCursor"));
    }
    let mut conditions = conditions(reader, &continuation.filters)?;
    conditions.text(reader.backend(), &continuation.text);
    let order = Order { column: order_column(&continuation.field)?, descending: continuation.descending };
    let total = async {
        if parameters.one("totalItems") == Some("exclude") {
            Ok(None)
        } else {
            reader.count(&conditions).await.map(Some)
        }
    };
    let page = filter::page(reader, COLUMNS, &conditions, &order, cursor.as_ref(), limit);
    let (page, total) = tokio::try_join!(page, total)?;
    let mut page_info = Map::new();
    for (name, at) in [("nextCursor", page.next), ("prevCursor", page.previous)] {
        if let Some(at) = at {
            continuation.at = at;
            page_info.insert(name.into(), filter::encode(&continuation).into());
        }
    }
    let mut items = served(reader, &page.rows).await?;
    let fields: Vec<&str> =
        parameters.all("fields").flat_map(|fields| fields.split(',')).filter(|field| !field.is_empty()).collect();
    if fields.len() > MAX_CONDITIONS || fields.iter().any(|field| field.len() > MAX_FIELD) {
        let message = format!("fields takes at most {MAX_CONDITIONS} names of {MAX_FIELD} characters");
        return Err(AppError::bad_request(message));
    }
    if !fields.is_empty() {
        items = items.iter().map(|item| project(item, &fields)).collect();
    }
    let mut answer = json!({ "items": items, "pageInfo": page_info });
    if let Some(total) = total {
        answer["totalItems"] = total.into();
    }
    Ok(answer)
}

/// The entity whose `column` holds `name`.
pub(super) async fn one_entity(reader: &Reader, column: &'static str, name: &str) -> Result<Value, AppError> {
    let unknown = || AppError::not_found(format!("Entity {name}"));
    let entity = reader.readable_by(column, name, unknown()).await?;
    let text = format!("SELECT {COLUMNS} FROM catalog_entity e WHERE e.ref = ?");
    let rows = db::rows(reader.db(), &text, [entity.entity_ref.as_str().into()]).await?;
    served(reader, &rows).await?.pop().ok_or_else(unknown)
}

async fn facets(reader: &Reader, parameters: &Parameters) -> Result<Value, AppError> {
    let keys: HashSet<&str> =
        parameters.all("facet").flat_map(|keys| keys.split(',')).filter(|key| !key.is_empty()).collect();
    if keys.is_empty() {
        return Err(AppError::bad_request("facet is missing: name at least one field, such as facet=spec.type"));
    }
    if keys.len() > MAX_CONDITIONS {
        return Err(AppError::bad_request(format!("at most {MAX_CONDITIONS} facets can be asked for at once")));
    }
    let filters: Vec<String> = parameters.all("filter").map(str::to_owned).collect();
    let conditions = conditions(reader, &filters)?;
    let mut facets = Map::new();
    for key in keys {
        let (text, values) = if let Some(relation) = key.strip_prefix("relations.") {
            let (asked, values) = conditions.on(reader);
            let (told, told_values) = reader.told("r");
            let text = format!(
                "SELECT r.target_ref AS value, count(DISTINCT e.id) AS n FROM catalog_entity e JOIN catalog_relation r ON r.source_ref = e.ref \
                 WHERE {asked} AND r.type = ? AND {told} GROUP BY r.target_ref ORDER BY n DESC, value LIMIT {MAX_FACET_VALUES}"
            );
            (text, [values, vec![relation.into()], told_values].concat())
        } else if conditions.is_empty() && reader.sees_all() {
            let text = format!(
                "SELECT facet_value AS value, count(*) AS n FROM catalog_facet WHERE facet_key = ? GROUP BY facet_value ORDER BY n DESC, value LIMIT {MAX_FACET_VALUES}"
            );
            (text, vec![key.to_lowercase().into()])
        } else {
            let (asked, values) = conditions.on(reader);
            let text = format!(
                "SELECT f.facet_value AS value, count(*) AS n FROM catalog_entity e CROSS JOIN catalog_facet f \
                 WHERE {asked} AND f.entity_id = e.id AND f.facet_key = ? GROUP BY f.facet_value ORDER BY n DESC, value LIMIT {MAX_FACET_VALUES}"
            );
            (text, [values, vec![key.to_lowercase().into()]].concat())
        };
        let rows = db::rows(reader.db(), &text, values).await?;
        let labels = labels(reader.db(), key).await?;
        let counted = rows.iter().map(|row| {
            let value: String = row.try_get("", "value")?;
            Ok(json!({ "value": labels.get(&value).unwrap_or(&value), "count": row.try_get::<i64>("", "n")? }))
        });
        facets.insert(key.to_owned(), Value::Array(counted.collect::<Result<_, DbErr>>()?));
    }
    Ok(json!({ "facets": facets }))
}

/// How values that are compared without case were written.
async fn labels(read: &impl ConnectionTrait, key: &str) -> Result<HashMap<String, String>, DbErr> {
    if !matches!(key, "kind" | "spec.type" | "spec.lifecycle") {
        return Ok(HashMap::new());
    }
    let text = "SELECT facet_value, label FROM catalog_count WHERE kind = '' AND facet_key = ?";
    let rows = db::rows(read, text, [key.into()]).await?;
    rows.iter().map(|row| Ok((row.try_get("", "facet_value")?, row.try_get("", "label")?))).collect()
}

/// Repeated filters are alternatives; within one, commas mean "and", and a repeated key means "one of".
fn conditions(reader: &Reader, filters: &[String]) -> Result<Conditions, AppError> {
    let mut count = 0;
    let mut alternatives = Vec::new();
    for filter in filters {
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for part in filter.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            count += 1;
            let (key, value) = part.split_once('=').map_or((part, None), |(key, value)| (key, Some(value)));
            if key.trim().is_empty() {
                return Err(AppError::bad_request(format!("filter {part:?} names no field; write it as key=value")));
            }
            fields.entry(key.trim().to_lowercase()).or_default().extend(value.map(|value| value.trim().to_lowercase()));
        }
        let conditions = alternative(reader, &fields)?;
        if !conditions.is_empty() {
            alternatives.push(conditions);
        }
    }
    if count > MAX_CONDITIONS {
        return Err(AppError::bad_request(format!("at most {MAX_CONDITIONS} conditions can be given at once")));
    }
    Ok(match alternatives.len() {
        0 => Conditions::default(),
        1 => alternatives.remove(0),
        _ => {
            let mut any = Conditions::default();
            any.any(alternatives);
            any
        }
    })
}

/// Every field has one of its values; one without values is there. Keys and values are in lower case.
pub(super) fn alternative(reader: &Reader, fields: &BTreeMap<String, Vec<String>>) -> Result<Conditions, AppError> {
    let mut conditions = Conditions::default();
    for (key, values) in fields {
        match (key.as_str(), values.as_slice()) {
            ("kind" | "metadata.namespace" | "spec.type" | "spec.lifecycle" | "metadata.name", [_, ..]) => {
                conditions.column(order_column(key)?, values);
            }
            (key, values) => match key.strip_prefix("relations.") {
                Some(relation) => conditions.relation(reader, &relation_name(relation), values),
                None => conditions.field(key, values),
            },
        }
    }
    Ok(conditions)
}

/// The stored spelling of a relation's type that is asked for without regard to case.
pub(super) fn relation_name(lower: &str) -> String {
    const NAMES: [&str; 14] = [
        "ownedBy",
        "ownerOf",
        "dependsOn",
        "dependencyOf",
        "providesApi",
        "apiProvidedBy",
        "consumesApi",
        "apiConsumedBy",
        "partOf",
        "hasPart",
        "memberOf",
        "hasMember",
        "parentOf",
        "childOf",
    ];
    NAMES.into_iter().find(|name| name.eq_ignore_ascii_case(lower)).unwrap_or(lower).to_owned()
}

fn order_field(parameters: &Parameters) -> Result<(String, bool), AppError> {
    let mut fields = parameters.all("orderField");
    let Some(first) = fields.next() else { return Ok(("metadata.name".into(), false)) };
    if fields.next().is_some() {
        return Err(AppError::bad_request("orderField can be given once"));
    }
    let (field, direction) = first.split_once(',').unwrap_or((first, "asc"));
    match direction {
        "asc" | "desc" => Ok((field.to_lowercase(), direction == "desc")),
        _ => Err(AppError::bad_request(format!("orderField {first:?}: the direction must be asc or desc"))),
    }
}

fn order_column(field: &str) -> Result<&'static str, AppError> {
    Ok(match field {
        "metadata.name" => "sort_name",
        "metadata.namespace" => "namespace",
        "kind" => "kind",
        "spec.type" => "type",
        "spec.lifecycle" => "lifecycle",
        _ => {
            let allowed = "metadata.name, metadata.namespace, kind, spec.type, spec.lifecycle";
            return Err(AppError::bad_request(format!("orderField {field:?} is not supported; use one of {allowed}")));
        }
    })
}

/// Entities as they are served: with uid, etag, relations in both directions as far as they may be told, and the mark of an orphan.
async fn served(reader: &Reader, rows: &[QueryResult]) -> Result<Vec<Value>, AppError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let refs: Vec<String> = rows.iter().map(|row| row.try_get("", "ref")).collect::<Result<_, _>>()?;
    let (told, told_values) = reader.told("r");
    let text = format!(
        "SELECT DISTINCT r.source_ref, r.type, r.target_ref FROM catalog_relation r WHERE r.source_ref IN ({}) AND {told} \
         ORDER BY r.source_ref, r.type, r.target_ref",
        db::marks(refs.len())
    );
    let values = refs.iter().map(|entity_ref| entity_ref.as_str().into()).chain(told_values);
    let mut relations: HashMap<String, Vec<Value>> = HashMap::new();
    for row in db::rows(reader.db(), &text, values).await? {
        let relation = json!({ "type": row.try_get::<String>("", "type")?, "targetRef": row.try_get::<String>("", "target_ref")? });
        relations.entry(row.try_get("", "source_ref")?).or_default().push(relation);
    }
    rows.iter()
        .zip(refs)
        .map(|(row, entity_ref)| {
            let mut entity: Value =
                serde_json::from_str(&row.try_get::<String>("", "entity")?).map_err(AppError::internal)?;
            let (uid, etag): (String, String) = (row.try_get("", "uid")?, row.try_get("", "etag")?);
            if let Some(metadata) = entity.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.entry("namespace").or_insert_with(|| "default".into());
                metadata.insert("uid".into(), uid.into());
                metadata.insert("etag".into(), etag.into());
                if row.try_get("", "orphan")?
                    && let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut)
                {
                    annotations.insert("backstage.io/orphan".into(), "true".into());
                }
            }
            entity["relations"] = relations.remove(&entity_ref).unwrap_or_default().into();
            Ok(entity)
        })
        .collect()
}

/// Only the named fields of an entity; a dot leads into an object, and a key that holds dots itself is found too.
fn project(entity: &Value, fields: &[&str]) -> Value {
    let mut out = json!({});
    for field in fields {
        copy_field(entity, &mut out, field);
    }
    out
}

fn copy_field(from: &Value, to: &mut Value, path: &str) {
    let (Some(from), Some(to)) = (from.as_object(), to.as_object_mut()) else { return };
    if let Some(value) = from.get(path) {
        to.insert(path.to_owned(), value.clone());
        return;
    }
    for (at, _) in path.match_indices('.') {
        let (head, tail) = (&path[..at], &path[at + 1..]);
        if let Some(inner) = from.get(head).filter(|inner| inner.is_object()) {
            copy_field(inner, to.entry(head).or_insert_with(|| json!({})), tail);
            return;
        }
    }
}

/// The names by which Backstage's clients tell errors apart.
fn error_name(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "InputError",
        StatusCode::UNAUTHORIZED => "AuthenticationError",
        StatusCode::FORBIDDEN => "NotAllowedError",
        StatusCode::NOT_FOUND => "NotFoundError",
        StatusCode::SERVICE_UNAVAILABLE => "ServiceUnavailableError",
        _ => "Error",
    }
}

//! `/api/golden-paths/v1/**`: paths, journeys and queues for scripts, in JSON; and the addresses at which signals are given.

mod evidence;
mod options;

pub use options::{OPTIONS, PEOPLE};

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::extract::rejection::ExtensionRejection;
use axum::extract::{FromRequestParts, Path};
use axum::response::sse::Event as Sent;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures::{StreamExt, stream};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use journey::{Command, Evidence, Journey, JourneyState};
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::context::authorise_own;
use kit::server::live::{answer as events_of, last_event};
use kit::server::plugin::Routes;
use kit::when::to_the_millisecond;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::GoldenPaths;
use super::acting::LARGEST_FILE;
use super::journeys::who;
use super::live::At;
use super::service::{JourneyQuery, JourneyRow, PathQuery, QueueQuery, QueueState, Refused, Scope, Waits};
use super::signals;
use super::store;
use crate::info::READ_JOURNEY;

/// Events that are read at once for an export.
const EVENTS: u64 = 2_000;

/// The routes.
pub fn routes(paths: GoldenPaths) -> Routes {
    let routes = Routes::new()
        .get("/api/golden-paths/v1/paths", list_paths)
        .get("/api/golden-paths/v1/paths/{namespace}/{name}", path)
        .get("/api/golden-paths/v1/journeys", list)
        .post("/api/golden-paths/v1/journeys", begin)
        .get("/api/golden-paths/v1/journeys/{id}", one)
        .post("/api/golden-paths/v1/journeys/{id}/start", start)
        .post("/api/golden-paths/v1/journeys/{id}/commands", command)
        .post("/api/golden-paths/v1/journeys/{id}/start-over", start_over)
        .get("/api/golden-paths/v1/journeys/{id}/offer", offer)
        .post("/api/golden-paths/v1/journeys/{id}/offer", accept_offer)
        .get("/api/golden-paths/v1/journeys/{id}/history", history)
        .get("/api/golden-paths/v1/journeys/{id}/events", events)
        .post_file("/api/golden-paths/v1/journeys/{id}/files", LARGEST_FILE, put_file)
        .get("/api/golden-paths/v1/files/{file}", get_file)
        .get("/api/golden-paths/v1/queue", queue)
        .post_file("/api/golden-paths/v1/journeys/{id}/steps/{key}/evidence", LARGEST_FILE, evidence::post)
        .get(OPTIONS, options::options)
        .get(PEOPLE, options::people)
        .post("/api/golden-paths/signals/{token}", signal);
    debug_assert!(routes.listed.iter().any(|(_, path)| path.starts_with(signals::PATH)));
    let (router, files) = (routes.router.layer(Extension(paths.clone())), routes.files.layer(Extension(paths)));
    Routes { router, files, ..routes }
}

/// Somebody's call.
struct Call {
    paths: GoldenPaths,
    caller: Caller,
    parameters: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = ExtensionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let Extension(paths) = Extension::from_request_parts(parts, state).await?;
        let Extension(caller) = Extension::from_request_parts(parts, state).await?;
        let query = parts.uri.query().unwrap_or_default();
        let parameters = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Ok(Self { paths, caller, parameters })
    }
}

impl Call {
    fn all(&self, name: &str) -> Vec<String> {
        self.parameters.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    fn one(&self, name: &str) -> String {
        self.all(name).into_iter().next().unwrap_or_default()
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, AppError> {
        let text = self.one(name);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| AppError::bad_request(format!("{name} is not a number: {text:?}")))
    }
}

/// An answer, or why there is none: with the fields that are wrong where it is about those.
async fn answered<T: IntoResponse>(answer: impl Future<Output = Result<T, Refused>>) -> Response {
    match answer.await {
        Ok(answer) => answer.into_response(),
        Err(Refused::Error(error)) => error.into_response(),
        Err(Refused::Fields(errors)) => {
            let errors: Vec<Value> = errors
                .iter()
                .map(|error| json!({ "path": error.path, "message": error.message, "rule": error.rule }))
                .collect();
            (StatusCode::BAD_REQUEST, Json(json!({ "errors": errors }))).into_response()
        }
    }
}

fn read<T: for<'a> Deserialize<'a>>(body: &[u8]) -> Result<T, AppError> {
    serde_json::from_slice(body).map_err(|error| AppError::bad_request(format!("The body cannot be read: {error}")))
}

async fn list_paths(call: Call) -> Response {
    let answer = async {
        let query = PathQuery::from_params(|name| call.all(name));
        let page = call.paths.paths(&call.caller, &query).await?;
        let items = page.items.iter().map(|listed| {
            json!({
                "ref": listed.row.path,
                "title": listed.row.title,
                "description": listed.row.description,
                "type": listed.row.type_name,
                "owner": listed.row.owner,
                "tags": listed.tags,
                "regions": listed.regions,
                "version": listed.version.as_ref().map(|version| version.number.to_string()),
            })
        });
        let next = page.items.last().filter(|_| page.next.is_some()).map(|last| last.row.id);
        Ok(Json(json!({ "items": items.collect::<Vec<_>>(), "total": page.total, "after": next })))
    };
    answered(answer).await
}

async fn path(Path((namespace, name)): Path<(String, String)>, call: Call) -> Response {
    let answer = async {
        let path = format!("goldenpath:{namespace}/{name}");
        let detail = call.paths.path(&call.caller, &path).await?;
        let steps = detail.definition.iter().flat_map(|definition| &definition.steps);
        let steps = steps.map(|step| {
            let station = detail.stations.iter().find(|station| station.step == step.id);
            json!({
                "id": step.id,
                "name": step.name,
                "kind": step.kind.name(),
                "owner": step.owner,
                "needs": step.needs,
                "runs": step.kind.runs().map(|(name, range)| json!({ "ref": name, "range": range })),
                "medianMs": station.and_then(|station| station.median),
                "underWay": station.map(|station| station.under_way),
            })
        });
        let listed = &detail.listed;
        Ok(Json(json!({
            "ref": listed.row.path,
            "title": listed.row.title,
            "owner": listed.row.owner,
            "version": listed.version.as_ref().map(|version| version.number.to_string()),
            "parameters": detail.definition.as_ref().map(|definition| definition.parameters.clone()),
            "steps": steps.collect::<Vec<_>>(),
        })))
    };
    answered(answer).await
}

async fn list(call: Call) -> Response {
    let answer = async {
        let scope = call.one("scope");
        let scope = match scope.as_str() {
            "" => Scope::All,
            name => Scope::named(name)
                .ok_or_else(|| AppError::bad_request(format!("scope is mine, teams or all, not {name:?}")))?,
        };
        let named = |name: &String| {
            JourneyState::named(name).ok_or_else(|| AppError::bad_request(format!("No journey is {name:?}")))
        };
        let query = JourneyQuery {
            scope,
            states: call.all("state").iter().map(named).collect::<Result<_, _>>()?,
            path: call.one("path"),
            after: call.number("after")?,
            limit: call.number("limit")?.unwrap_or(0),
        };
        let page = call.paths.journeys(&call.caller, &query).await?;
        let items: Vec<Value> = page.items.iter().map(row).collect();
        Ok(Json(json!({ "items": items, "after": page.next })))
    };
    answered(answer).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begun {
    path: String,
    #[serde(default)]
    owner: String,
}

async fn begin(call: Call, body: Bytes) -> Response {
    let answer = async {
        authorise_own(&call.paths.kit, &call.caller, &READ_JOURNEY).await?;
        let Begun { path, owner } = read(&body)?;
        let id = call.paths.begin(&call.caller, &path, Some(&owner)).await?;
        Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
    };
    answered(answer).await
}

async fn one(Path(id): Path<String>, call: Call) -> Response {
    let answer = async {
        let journey = call.paths.journey(&call.caller, &id).await?;
        Ok(Json(whole(&call, &journey)))
    };
    answered(answer).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Values {
    #[serde(default)]
    values: Option<Map<String, Value>>,
}

async fn start(Path(id): Path<String>, call: Call, body: Bytes) -> Response {
    let answer = async {
        call.paths.journey(&call.caller, &id).await?;
        let Values { values } = read(if body.trim_ascii().is_empty() { b"{}" } else { &body })?;
        let journey = call.paths.start(&call.caller, &id, values).await?;
        Ok(Json(whole(&call, &journey)))
    };
    answered(answer).await
}

/// Something that is asked of a journey.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    command: String,
    #[serde(default)]
    step: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    comment: String,
    #[serde(default)]
    anew: bool,
    #[serde(default)]
    values: Map<String, Value>,
    #[serde(default)]
    secrets: Map<String, Value>,
    #[serde(default)]
    evidence: Vec<Evidence>,
    #[serde(default)]
    mentions: Vec<String>,
}

async fn command(Path(id): Path<String>, call: Call, body: Bytes) -> Response {
    let answer = async {
        call.paths.journey(&call.caller, &id).await?;
        let Asked { command, step, to, reason, comment, anew, values, secrets, evidence, mentions } = read(&body)?;
        let command = match command.as_str() {
            "fill" => {
                let journey = call.paths.fill(&call.caller, &id, &step, Some(values), secrets).await?;
                return Ok(Json(whole(&call, &journey)));
            }
            "claim" => Command::Claim { step },
            "release" => Command::Release { step },
            "hand-over" => Command::HandOver { step, to, reason },
            "delegate" => Command::Delegate { step, to },
            "complete" => Command::Complete { step, values, evidence },
            "approve" => Command::Approve { step, comment },
            "decline" => Command::Decline { step, reason },
            "skip" => Command::Except { step, attest: false, reason, evidence },
            "attest" => Command::Except { step, attest: true, reason, evidence },
            "retry" => Command::Retry { step, anew },
            "comment" => Command::Comment { step, text: comment, mentions },
            "add-evidence" => {
                let Some(evidence) = evidence.into_iter().next() else {
                    return Err(AppError::bad_request("evidence is a list with what shows something").into());
                };
                Command::AddEvidence { step, evidence }
            }
            "transfer" => Command::Transfer { to },
            "cancel" => Command::Cancel { reason },
            "give-up" => Command::GiveUp { reason },
            other => return Err(AppError::bad_request(format!("{other:?} is no command")).into()),
        };
        let journey = call.paths.act(&call.caller, &id, command).await?;
        Ok(Json(whole(&call, &journey)))
    };
    answered(answer).await
}

async fn start_over(Path(id): Path<String>, call: Call) -> Response {
    let answer = async {
        let new = call.paths.start_over(&call.caller, &id).await?;
        Ok((StatusCode::CREATED, Json(json!({ "id": new }))))
    };
    answered(answer).await
}

async fn offer(Path(id): Path<String>, call: Call) -> Response {
    let answer = async {
        let offered = call.paths.offer(&call.caller, &id).await?;
        let told = offered.map(|offered| {
            let changes = offered.changes().iter().map(|change| {
                let kind = match &change.kind {
                    journey::ChangeKind::Added => json!("added"),
                    journey::ChangeKind::Removed => json!("removed"),
                    journey::ChangeKind::Changed => json!("changed"),
                    journey::ChangeKind::Version { from, to } => json!({ "from": from, "to": to }),
                };
                json!({ "step": change.step, "name": change.name, "change": kind, "missing": change.missing })
            });
            json!({
                "hash": offered.hash,
                "version": offered.offer.pin.as_ref().map(|pin| pin.number.clone()),
                "missing": offered.offer.missing,
                "changes": changes.collect::<Vec<_>>(),
            })
        });
        Ok(Json(json!({ "offer": told })))
    };
    answered(answer).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accepted {
    hash: String,
    #[serde(default)]
    parameters: Map<String, Value>,
}

async fn accept_offer(Path(id): Path<String>, call: Call, body: Bytes) -> Response {
    let answer = async {
        call.paths.journey(&call.caller, &id).await?;
        let Accepted { hash, parameters } = read(&body)?;
        let journey = call.paths.accept_offer(&call.caller, &id, &hash, parameters).await?;
        Ok(Json(whole(&call, &journey)))
    };
    answered(answer).await
}

/// The whole history, an event a line.
async fn history(Path(id): Path<String>, call: Call) -> Response {
    let answer = async {
        let row = call.paths.seen(&call.caller, &id).await?.row;
        let after: u64 = call.number("after")?.unwrap_or(0);
        let db = call.paths.kit.db.clone();
        let lines = stream::unfold(Some(after), move |after| {
            let db = db.clone();
            async move {
                let after = after?;
                match store::history(db.read(), row, after, EVENTS).await {
                    Ok(entries) if entries.is_empty() => None,
                    Ok(entries) => {
                        let next = entries.last().map(|entry| entry.seq);
                        let lines: String = entries
                            .iter()
                            .map(|entry| serde_json::to_string(entry).unwrap_or_default() + "\n")
                            .collect();
                        Some((Ok(Bytes::from(lines)), next))
                    }
                    Err(error) => Some((Err(error), None)),
                }
            }
        });
        let mut response = Body::from_stream(lines).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
        let name = format!("attachment; filename=\"journey-{id}.ndjson\"");
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(AppError::internal)?);
        Ok(response)
    };
    answered(answer).await
}

/// What happens, as it happens. It goes on after `Last-Event-ID`, which a browser sends when it connects again, or after `after`.
async fn events(Path(id): Path<String>, headers: HeaderMap, call: Call) -> Response {
    let answer = async {
        let stored = call.paths.seen(&call.caller, &id).await?;
        let after = match last_event(&headers) {
            Some(last) => last.unsigned_abs(),
            None => call.number("after")?.unwrap_or(stored.journey.seq),
        };
        let at = At { row: stored.row, after };
        let entries = call.paths.hub.listen(call.caller.clone(), at, None);
        Ok(events_of(entries.map(|entry| {
            let data = serde_json::to_string(&entry).unwrap_or_default();
            Sent::default().event(entry.event.name()).id(entry.seq.to_string()).data(data)
        })))
    };
    answered(answer).await
}

async fn put_file(Path(id): Path<String>, call: Call, body: Bytes) -> Response {
    let answer = async {
        let evidence = call.paths.put_file(&call.caller, &id, &call.one("name"), body.to_vec()).await?;
        Ok((StatusCode::CREATED, Json(evidence)))
    };
    answered(answer).await
}

/// A file is never shown in the portal's own name: it is saved, and nothing in it is run.
async fn get_file(Path(file): Path<String>, call: Call) -> Response {
    let answer = async {
        let file = call.paths.get_file(&call.caller, &file).await?;
        let encoded: String = url::form_urlencoded::byte_serialize(file.name.as_bytes()).collect();
        let name = format!("attachment; filename*=UTF-8''{}", encoded.replace('+', "%20"));
        let mut response = file.content.into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(&file.media_type).map_err(AppError::internal)?);
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(AppError::internal)?);
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
        headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        Ok(response)
    };
    answered(answer).await
}

async fn queue(call: Call) -> Response {
    let answer = async {
        let (what, state) = (call.one("what"), call.one("state"));
        let query = QueueQuery {
            team: call.one("team"),
            what: match what.as_str() {
                "" => None,
                name => Some(
                    Waits::named(name)
                        .ok_or_else(|| AppError::bad_request(format!("Nothing that waits is {name:?}")))?,
                ),
            },
            state: QueueState::named(&state)
                .ok_or_else(|| AppError::bad_request(format!("state is free, mine or overdue, not {state:?}")))?,
            after: call.one("after"),
        };
        let page = call.paths.queue(&call.caller, &query).await?;
        let items = page.items.iter().map(|item| {
            json!({
                "journey": item.journey,
                "title": item.title,
                "owner": item.owner,
                "step": item.key,
                "name": item.name,
                "what": item.what.name(),
                "team": item.team,
                "assignee": item.assignee,
                "since": to_the_millisecond(item.since),
                "dueAt": item.due_at.map(to_the_millisecond),
            })
        });
        let teams: BTreeMap<&str, u64> = page.teams.iter().map(|(team, _, count)| (team.as_str(), *count)).collect();
        Ok(Json(json!({ "items": items.collect::<Vec<_>>(), "teams": teams, "after": page.next })))
    };
    answered(answer).await
}

/// A signal. What lets it in is the address itself.
async fn signal(Path(token): Path<String>, call: Call, body: Bytes) -> Response {
    let answer = async {
        if body.len() > signals::LARGEST {
            let most = signals::LARGEST >> 10;
            return Err(AppError::bad_request(format!("A signal has at most {most} KB")).into());
        }
        match call.paths.signal(&token, &body).await {
            Err(AppError::NotFound { .. }) if call.caller == Caller::Anonymous => Err(AppError::BadToken.into()),
            other => Ok(other.map(|()| StatusCode::NO_CONTENT)?),
        }
    };
    answered(answer).await
}

fn row(row: &JourneyRow) -> Value {
    json!({
        "id": row.id,
        "path": row.path,
        "title": row.title,
        "version": row.version,
        "state": row.state.name(),
        "status": row.state.ing(),
        "owner": row.owner,
        "starter": row.starter,
        "parent": row.parent,
        "done": row.done,
        "total": row.total,
        "next": row.next,
        "whose": row.whose,
        "createdAt": to_the_millisecond(row.created_at),
        "changedAt": to_the_millisecond(row.changed_at),
        "endedAt": row.ended_at.map(to_the_millisecond),
    })
}

/// A journey as it stands, with the address of the signal that a step waits for.
fn whole(call: &Call, journey: &Journey) -> Value {
    let mut told = json!(journey);
    let who = who(&call.caller).unwrap_or_default();
    told["status"] = json!(journey.state.ing());
    for (at, step) in journey.steps.iter().enumerate() {
        told["steps"][at]["status"] = json!(step.state.ing());
        // Whoever knows the address may give the signal.
        if super::waits_for_signal(step) && (journey.is_owner(&who) || journey.is_team(&who, step)) {
            told["steps"][at]["signal"] = json!(call.paths.signal_address(journey, step));
        }
    }
    told
}

//! `/api/contributions/v1/**`: contributions, their histories and queues for scripts, in JSON.

mod pages;

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::rejection::ExtensionRejection;
use axum::extract::{FromRequestParts, Path};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use kit::components::Choice;
use kit::error::AppError;
use kit::identity::Caller;
use kit::query::segment;
use kit::server::authorise::Resource;
use kit::server::entities::EntityQuery;
use kit::server::plugin::Routes;
use kit::when::to_the_millisecond;
use review::{Answers, Command, Contribution, Kind, Material, Pitch, Stage, State, Verdict};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Contributions;
use super::acting::LARGEST_UPLOAD;
use super::service::{Query, QueueQuery, Row, Scope, Waits};
use crate::info::PITCH;

/// Where groups are, for controls that ask as somebody types.
pub const GROUPS: &str = "/api/contributions/v1/groups";

/// What is like a text.
pub const SIMILAR: &str = "/api/contributions/v1/similar";

/// The most groups that are offered at once.
const OFFERED: u32 = 20;

/// The longest text that is compared with what is there, in characters.
const COMPARED: usize = 5_000;

/// The most events of a history.
const EVENTS: u64 = 5_000;

/// Where a plain HTML form sends the pages of a contribution.
pub fn pages_href(id: &str) -> String {
    format!("/api/contributions/v1/contributions/{}/pages", segment(id))
}

/// Where a picture of the machine's report of a submission is.
pub fn picture_href(id: &str, submission: u32, place: usize) -> String {
    format!("/api/contributions/v1/contributions/{}/submissions/{submission}/pictures/{place}", segment(id))
}

/// The routes.
pub fn routes(contributions: Contributions) -> Routes {
    let routes = Routes::new()
        .get("/api/contributions/v1/contributions", list)
        .post("/api/contributions/v1/contributions", pitch)
        .get("/api/contributions/v1/contributions/{id}", one)
        .post("/api/contributions/v1/contributions/{id}/commands", command)
        .get("/api/contributions/v1/contributions/{id}/history", history)
        .post_file("/api/contributions/v1/contributions/{id}/uploads", LARGEST_UPLOAD, upload)
        .post_file("/api/contributions/v1/contributions/{id}/pages", LARGEST_UPLOAD, pages::post)
        .get("/api/contributions/v1/contributions/{id}/submissions/{number}/changes", changes)
        .get("/api/contributions/v1/contributions/{id}/submissions/{number}/report", report)
        .get("/api/contributions/v1/contributions/{id}/submissions/{number}/pictures/{place}", picture)
        .get("/api/contributions/v1/board", board)
        .get("/api/contributions/v1/queue", queue)
        .get(SIMILAR, similar)
        .get("/api/contributions/v1/rules", rules)
        .get(GROUPS, groups);
    let files = routes.files.layer(Extension(contributions.clone()));
    Routes { router: routes.router.layer(Extension(contributions)), files, ..routes }
}

/// Somebody's call.
struct Call {
    here: Contributions,
    caller: Caller,
    parameters: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = ExtensionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let Extension(here) = Extension::from_request_parts(parts, state).await?;
        let Extension(caller) = Extension::from_request_parts(parts, state).await?;
        let query = parts.uri.query().unwrap_or_default();
        let parameters = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Ok(Self { here, caller, parameters })
    }
}

impl Call {
    fn one(&self, name: &str) -> String {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, AppError> {
        let text = self.one(name);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| AppError::bad_request(format!("{name} is not a number: {text:?}")))
    }

    /// What a parameter names; it is one of those that there are, or left out.
    fn named<T>(&self, name: &str, find: impl Fn(&str) -> Option<T>) -> Result<Option<T>, AppError> {
        let text = self.one(name);
        if text.is_empty() {
            return Ok(None);
        }
        find(&text).map(Some).ok_or_else(|| AppError::bad_request(format!("There is no {name} {text:?}")))
    }
}

async fn answered<T: IntoResponse>(answer: impl Future<Output = Result<T, AppError>>) -> Response {
    match answer.await {
        Ok(answer) => answer.into_response(),
        Err(error) => error.into_response(),
    }
}

fn read<T: for<'a> Deserialize<'a>>(body: &[u8]) -> Result<T, AppError> {
    // A list would be taken for the fields in their order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(AppError::bad_request("The body cannot be read: it is no JSON object"));
    }
    serde_json::from_slice(body).map_err(|error| AppError::bad_request(format!("The body cannot be read: {error}")))
}

async fn list(call: Call) -> Response {
    let answer = async {
        let query = Query {
            scope: call.named("scope", Scope::named)?.unwrap_or_default(),
            stage: call.named("stage", Stage::named)?,
            state: call.named("state", State::named)?,
            kind: call.named("kind", Kind::named)?,
            owner: call.one("owner"),
            text: call.one("q"),
            after: call.number("after")?,
            limit: call.number("limit")?.unwrap_or(0),
        };
        let page = call.here.list(&call.caller, &query).await?;
        let items: Vec<Value> = page.items.iter().map(row).collect();
        Ok(Json(json!({ "items": items, "after": page.next })))
    };
    answered(answer).await
}

async fn pitch(call: Call, body: Bytes) -> Response {
    let answer = async {
        call.here.kit.authorise(&call.caller, &PITCH, &Resource::All).await?;
        let pitch: Pitch = read(&body)?;
        let id = call.here.pitch(&call.caller, pitch).await?;
        Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
    };
    answered(answer).await
}

async fn one(Path(id): Path<String>, call: Call) -> Response {
    let answer = async { Ok(Json(json!(call.here.detail(&call.caller, &id).await?.contribution))) };
    answered(answer).await
}

/// Something that is asked of a contribution.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "command", deny_unknown_fields)]
pub(super) enum Asked {
    Edit {
        pitch: Pitch,
    },
    Support {},
    Unsupport {},
    Follow {},
    Unfollow {},
    Comment {
        text: String,
        #[serde(default)]
        mentions: Vec<String>,
    },
    Merge {
        into: String,
    },
    Submit {
        stage: Stage,
        #[serde(default)]
        material: Box<Material>,
    },
    Waive {
        submission: u32,
        finding: String,
        reason: String,
        expires: i64,
    },
    Claim {
        submission: u32,
    },
    Release {
        submission: u32,
    },
    Accept {
        stage: Stage,
        submission: u32,
        #[serde(default)]
        commit: String,
        #[serde(default)]
        answers: Answers,
        #[serde(default)]
        comment: String,
    },
    SendBack {
        stage: Stage,
        submission: u32,
        #[serde(default)]
        commit: String,
        changes: Vec<String>,
        #[serde(default)]
        to: Option<Stage>,
    },
    Reject {
        stage: Stage,
        submission: u32,
        #[serde(default)]
        commit: String,
        reason: String,
    },
    Appeal {
        reason: String,
    },
    DecideAppeal {
        granted: bool,
        reason: String,
    },
    Withdraw {
        #[serde(default)]
        reason: String,
    },
    GoLive {},
}

impl From<Asked> for Command {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Edit { pitch } => Self::Edit(pitch),
            Asked::Support {} => Self::Support(true),
            Asked::Unsupport {} => Self::Support(false),
            Asked::Follow {} => Self::Follow(true),
            Asked::Unfollow {} => Self::Follow(false),
            Asked::Comment { text, mentions } => Self::Comment { text, mentions },
            Asked::Merge { into } => Self::Merge { into },
            Asked::Submit { stage, material } => Self::Submit { stage, material: *material },
            Asked::Waive { submission, finding, reason, expires } => {
                Self::Waive { submission, finding, reason, expires }
            }
            Asked::Claim { submission } => Self::Claim { submission },
            Asked::Release { submission } => Self::Release { submission },
            Asked::Accept { stage, submission, commit, answers, comment } => {
                Self::Decide { stage, submission, commit, verdict: Verdict::Accept { answers, comment } }
            }
            Asked::SendBack { stage, submission, commit, changes, to } => {
                Self::Decide { stage, submission, commit, verdict: Verdict::SendBack { changes, to } }
            }
            Asked::Reject { stage, submission, commit, reason } => {
                Self::Decide { stage, submission, commit, verdict: Verdict::Reject { reason } }
            }
            Asked::Appeal { reason } => Self::Appeal { reason },
            Asked::DecideAppeal { granted, reason } => Self::DecideAppeal { granted, reason },
            Asked::Withdraw { reason } => Self::Withdraw { reason },
            Asked::GoLive {} => Self::GoLive,
        }
    }
}

async fn command(Path(id): Path<String>, call: Call, body: Bytes) -> Response {
    let answer = async {
        // Whether it is there at all comes before what is asked of it.
        call.here.seen(&call.caller, &id).await?;
        let asked: Asked = read(&body)?;
        let contribution: Contribution = call.here.act(&call.caller, &id, asked.into()).await?;
        Ok(Json(json!(contribution)))
    };
    answered(answer).await
}

/// The whole history, an event a line.
async fn history(Path(id): Path<String>, call: Call) -> Response {
    let answer = async {
        let after: u64 = call.number("after")?.unwrap_or(0);
        let entries = call.here.history(&call.caller, &id, after, EVENTS).await?;
        let lines: String =
            entries.iter().map(|entry| serde_json::to_string(entry).unwrap_or_default() + "\n").collect();
        let mut response = lines.into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
        let name = format!("attachment; filename=\"contribution-{id}.ndjson\"");
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(AppError::internal)?);
        Ok(response)
    };
    answered(answer).await
}

async fn upload(Path(id): Path<String>, call: Call, body: Bytes) -> Response {
    let answer = async {
        let ui = call.here.put_upload(&call.caller, &id, &call.one("name"), body.to_vec()).await?;
        Ok((StatusCode::CREATED, Json(json!(ui))))
    };
    answered(answer).await
}

async fn changes(Path((id, number)): Path<(String, u32)>, call: Call) -> Response {
    let answer = async {
        let contribution = call.here.detail(&call.caller, &id).await?.contribution;
        if contribution.submission(number).is_none() {
            return Err(AppError::not_found(format!("Submission {number}")));
        }
        Ok(Json(json!({ "changes": contribution.changes(number) })))
    };
    answered(answer).await
}

async fn report(Path((id, number)): Path<(String, u32)>, call: Call) -> Response {
    answered(async { Ok(Json(call.here.report(&call.caller, &id, number).await?)) }).await
}

async fn picture(Path((id, number, place)): Path<(String, u32, u32)>, call: Call) -> Response {
    let answer = async {
        let content = call.here.picture_of(&call.caller, &id, number, place).await?;
        Ok(([(CONTENT_TYPE, "image/png")], content))
    };
    answered(answer).await
}

async fn board(call: Call) -> Response {
    let answer = async {
        let board = call.here.board(&call.caller, &Query::default()).await?;
        let lanes = board.lanes.iter().map(|lane| {
            json!({
                "stage": lane.stage,
                "count": lane.count,
                "medianMs": lane.median,
                "firstPass": lane.first_pass(),
                "items": lane.items.iter().map(row).collect::<Vec<_>>(),
            })
        });
        Ok(Json(json!({ "stages": lanes.collect::<Vec<_>>() })))
    };
    answered(answer).await
}

async fn queue(call: Call) -> Response {
    let answer = async {
        let query = QueueQuery {
            team: call.one("team"),
            what: call.named("what", Waits::named)?,
            free: call.one("free") == "true",
            after: call.one("after"),
        };
        let page = call.here.queue(&call.caller, &query).await?;
        let items = page.items.iter().map(|item| {
            json!({
                "contribution": row(&item.row),
                "what": item.what.name(),
                "team": item.team,
                "assignees": item.assignees,
                "since": to_the_millisecond(item.since),
                "dueAt": item.due_at.map(to_the_millisecond),
            })
        });
        let teams: BTreeMap<&str, u64> = page.teams.iter().map(|(team, _, count)| (team.as_str(), *count)).collect();
        Ok(Json(json!({ "items": items.collect::<Vec<_>>(), "teams": teams, "after": page.next })))
    };
    answered(answer).await
}

async fn similar(call: Call) -> Response {
    let answer = async {
        let text: String = call.one("q").chars().take(COMPARED).collect();
        let found = call.here.similar(&call.caller, &text).await?;
        let items = found.iter().map(|similar| {
            json!({
                "title": similar.title,
                "kind": similar.kind,
                "detail": similar.detail,
                "path": similar.path,
                "contribution": similar.contribution,
            })
        });
        Ok(Json(json!({ "items": items.collect::<Vec<_>>() })))
    };
    answered(answer).await
}

async fn rules(call: Call) -> Response {
    let answer = async {
        call.here.reads(&call.caller).await?;
        Ok(Json(json!(*call.here.rules)))
    };
    answered(answer).await
}

/// Groups that the caller may see, by the beginning of a name.
async fn groups(call: Call) -> Response {
    let answer = async {
        call.here.reads(&call.caller).await?;
        let filter = vec![Map::from_iter([("kind".to_owned(), json!("group"))])];
        let query = EntityQuery { filter, text: call.one("q"), limit: OFFERED, ..EntityQuery::default() };
        let found = call.here.entities.find(&call.caller, &query).await?;
        let choices = found.into_iter().map(|found| Choice::new(&found.entity_ref, found.title).with(found.entity_ref));
        Ok(Json(choices.collect::<Vec<_>>()))
    };
    answered(answer).await
}

fn row(row: &Row) -> Value {
    json!({
        "id": row.id,
        "title": row.title,
        "kind": row.kind,
        "owner": row.owner,
        "author": row.author,
        "stage": row.stage,
        "state": row.state,
        "next": row.next,
        "whose": row.whose,
        "supporters": row.supporters,
        "submission": row.submission,
        "flagged": row.is_flagged,
        "since": to_the_millisecond(row.since),
        "dueAt": row.due_at.map(to_the_millisecond),
        "createdAt": to_the_millisecond(row.created_at),
        "changedAt": to_the_millisecond(row.changed_at),
    })
}

//! Runs: listed, begun, watched, ended, tried again.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::ExtensionRejection;
use axum::extract::{FromRequestParts, Path};
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures::StreamExt;
use futures::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::context::authorise_own;
use kit::server::live::{answer, last_event};
use kit::server::runs::Refused;
use kit::when::to_the_millisecond;
use scaffold::action::CALLBACK_BYTES;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::info::READ_TASK;
use crate::server::callbacks;
use crate::server::live::At;
use crate::server::log::{Line, LineKind, level_name};
use crate::server::source::Definition;
use crate::server::state::TaskState;
use crate::server::store::{self, Task};
use crate::server::tasks::{Decision, Query, Scope, Submission, Tasks};

/// Runs in an answer when nothing is asked.
const LIMIT: u64 = 50;

/// Lines that are read at once for a download.
const LINES: u64 = 5_000;

/// Events in one answer.
const EVENTS: u64 = 10_000;

/// Somebody's call.
pub struct Call {
    tasks: Arc<Tasks>,
    pub(super) caller: Caller,
    parameters: Vec<(String, String)>,
    method: Method,
    uri: Uri,
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = ExtensionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let Extension(tasks) = Extension::from_request_parts(parts, state).await?;
        let Extension(caller) = Extension::from_request_parts(parts, state).await?;
        let query = parts.uri.query().unwrap_or_default();
        let parameters = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Ok(Self { tasks, caller, parameters, method: parts.method.clone(), uri: parts.uri.clone() })
    }
}

impl Call {
    /// All values of a parameter; clients write lists as `a=1&a=2` or `a[]=1`.
    fn all(&self, name: &str) -> Vec<&str> {
        let is = |key: &str| key == name || key.strip_suffix("[]") == Some(name);
        self.parameters.iter().filter(|(key, _)| is(key)).map(|(_, value)| value.as_str()).collect()
    }

    fn number(&self, name: &str, otherwise: u64) -> Result<u64, AppError> {
        match self.all(name).first() {
            None => Ok(otherwise),
            Some(text) => text.parse().map_err(|_| AppError::bad_request(format!("{name} is not a number: {text:?}"))),
        }
    }

    /// The task of an address, which the caller may see.
    async fn task(&self, id: &str) -> Result<Task, AppError> {
        self.tasks.task(&self.caller, id).await
    }

    pub(super) async fn answer<T: IntoResponse>(&self, answer: impl Future<Output = Result<T, Refused>>) -> Response {
        match answer.await {
            Ok(answer) => answer.into_response(),
            Err(Refused::Values(errors)) => {
                let errors: Vec<Value> =
                    errors.iter().map(|error| wrong(&error.path, &error.message, &error.rule)).collect();
                (StatusCode::BAD_REQUEST, Json(json!({ "errors": errors }))).into_response()
            }
            Err(Refused::Error(error)) => self.refuse(&error),
        }
    }

    /// An error as Backstage's clients expect it.
    fn refuse(&self, error: &AppError) -> Response {
        let name = match error {
            AppError::NotFound { .. } => "NotFoundError",
            AppError::BadRequest { .. } | AppError::TooLarge { .. } => "InputError",
            AppError::Unauthenticated | AppError::BadToken => "AuthenticationError",
            AppError::Forbidden { .. } => "NotAllowedError",
            AppError::Conflict { .. } => "ConflictError",
            AppError::Unavailable { .. } => "ServiceUnavailableError",
            _ => "Error",
        };
        let status = error.status();
        let body = json!({
            "error": { "name": name, "message": error.to_string() },
            "request": { "method": self.method.as_str(), "url": self.uri.to_string() },
            "response": { "statusCode": status.as_u16() },
        });
        (status, Json(body)).into_response()
    }
}

/// A wrong value as the npm package `jsonschema` tells of it, which Backstage's clients know.
fn wrong(path: &str, message: &str, rule: &str) -> Value {
    let parts: Vec<String> = path.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let property = parts.iter().fold("instance".to_owned(), |property, part| {
        if part.bytes().all(|c| c.is_ascii_digit()) {
            format!("{property}[{part}]")
        } else {
            format!("{property}.{part}")
        }
    });
    let stack = format!("{property} {message}");
    json!({ "path": parts, "property": property, "message": message, "name": rule, "stack": stack })
}

/// What somebody wants to run.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewRun {
    template_ref: String,
    #[serde(default)]
    values: Map<String, Value>,
    #[serde(default)]
    secrets: Map<String, Value>,
}

/// What a run goes on with.
#[derive(Default, Deserialize)]
struct Anew {
    #[serde(default)]
    values: Option<Map<String, Value>>,
    #[serde(default)]
    secrets: Map<String, Value>,
}

/// What a person decided.
#[derive(Deserialize)]
struct Decided {
    decision: String,
    #[serde(default)]
    output: Map<String, Value>,
}

fn read<T: for<'a> Deserialize<'a>>(body: &[u8]) -> Result<T, AppError> {
    serde_json::from_slice(body).map_err(|error| AppError::bad_request(format!("The body cannot be read: {error}")))
}

fn read_or_default<T: for<'a> Deserialize<'a> + Default>(body: &[u8]) -> Result<T, AppError> {
    if body.trim_ascii().is_empty() { Ok(T::default()) } else { read(body) }
}

pub async fn list(call: Call) -> Response {
    let answer = async {
        let scope = match call.all("scope").first() {
            Some(&"mine") => Scope::Mine,
            Some(&"teams") => Scope::Teams,
            _ => Scope::All,
        };
        let states = call.all("status").into_iter().flat_map(|name| {
            TaskState::ALL.into_iter().filter(move |state| state.backstage() == name || state.name() == name)
        });
        let query = Query {
            scope,
            states: states.collect(),
            template: call.all("template").first().copied().unwrap_or_default().to_owned(),
            callers: call.all("createdBy").into_iter().map(str::to_owned).collect(),
            limit: call.number("limit", LIMIT)?,
            offset: call.number("offset", 0)?,
            oldest_first: call.all("order").first().is_some_and(|order| order.starts_with("asc:created_at")),
        };
        let unknown =
            call.all("status").into_iter().find(|name| !TaskState::ALL.iter().any(|state| state.name() == *name));
        if let Some(unknown) = unknown {
            return Err(AppError::bad_request(format!("No run is {unknown:?}")).into());
        }
        let listed = call.tasks.list(&call.caller, &query).await?;
        let mut tasks = Vec::new();
        for task in &listed.tasks {
            tasks.push(served(&call.tasks, task).await);
        }
        Ok(Json(json!({ "tasks": tasks, "totalTasks": listed.total })))
    };
    call.answer(answer).await
}

pub async fn create(call: Call, body: Bytes) -> Response {
    let answer = async {
        // Who may not run anything is told so before anything is said of what was sent.
        authorise_own(&call.tasks.kit, &call.caller, &READ_TASK).await?;
        let NewRun { template_ref, values, secrets } = read(&body)?;
        let submission = Submission {
            template: canonical(&template_ref),
            values,
            secrets,
            by_default: true,
            ..Submission::default()
        };
        let id = call.tasks.submit(&call.caller, submission).await?;
        Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
    };
    call.answer(answer).await
}

pub async fn one(Path(id): Path<String>, call: Call) -> Response {
    let answer = async {
        let task = call.task(&id).await?;
        Ok(Json(served(&call.tasks, &task).await))
    };
    call.answer(answer).await
}

pub async fn cancel(Path(id): Path<String>, call: Call) -> Response {
    let answer = async {
        call.tasks.cancel(&call.caller, &id).await?;
        Ok(Json(json!({ "status": "cancelled" })))
    };
    call.answer(answer).await
}

pub async fn retry(Path(id): Path<String>, call: Call, body: Bytes) -> Response {
    let answer = async {
        call.task(&id).await?;
        let Anew { values, secrets } = read_or_default(&body)?;
        call.tasks.retry(&call.caller, &id, values, secrets).await?;
        Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
    };
    call.answer(answer).await
}

pub async fn start_over(Path(id): Path<String>, call: Call, body: Bytes) -> Response {
    let answer = async {
        call.task(&id).await?;
        let Anew { values, secrets } = read_or_default(&body)?;
        let id = call.tasks.start_over(&call.caller, &id, values, secrets).await?;
        Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
    };
    call.answer(answer).await
}

pub async fn decide(Path(id): Path<String>, call: Call, body: Bytes) -> Response {
    let answer = async {
        call.task(&id).await?;
        let Decided { decision, output } = read(&body)?;
        let decision = match decision.as_str() {
            "done" => Decision::Done(output),
            "repeat" => Decision::Repeat,
            "fail" => Decision::Fail,
            other => return Err(AppError::bad_request(format!("{other:?} is none of done, repeat and fail")).into()),
        };
        call.tasks.decide(&call.caller, &id, decision).await?;
        Ok(Json(json!({ "id": id })))
    };
    call.answer(answer).await
}

pub async fn events(Path(id): Path<String>, call: Call) -> Response {
    let answer = async {
        let task = call.task(&id).await?;
        let after = i64::try_from(call.number("after", 0)?).unwrap_or(i64::MAX);
        let lines = store::lines(call.tasks.kit.db.read(), task.id, after, EVENTS).await?;
        Ok(Json(lines.iter().map(|line| event(&task, line)).collect::<Vec<Value>>()))
    };
    call.answer(answer).await
}

/// The log as it grows. It goes on after `Last-Event-ID`, which a browser sends when it connects again, or after `after`; it ends with the run.
pub async fn stream(Path(id): Path<String>, headers: HeaderMap, call: Call) -> Response {
    let answer = async {
        let task = call.task(&id).await?;
        let after = match last_event(&headers) {
            Some(last) => last,
            None => i64::try_from(call.number("after", 0)?).unwrap_or(i64::MAX),
        };
        if task.state.is_over() && after >= task.log_lines {
            // A browser that is told nothing is to come comes no more.
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        let lines = call.tasks.hub.listen(call.caller.clone(), At::new(&task, after), None);
        let tasks = call.tasks.clone();
        let events = lines.then(move |line| {
            let (mut task, tasks) = (task.clone(), tasks.clone());
            async move {
                // What the run says at its end is not in the line itself.
                if line.kind == LineKind::Completion
                    && let Ok(Some(now)) = store::task(tasks.kit.db.read(), &task.uuid).await
                {
                    task = now;
                }
                let data = event(&task, &line).to_string();
                Event::default().event(line.kind.name()).id(line.number.to_string()).data(data)
            }
        });
        Ok(answer(events))
    };
    call.answer(answer).await
}

/// The whole log as text.
pub async fn download(Path(id): Path<String>, call: Call) -> Response {
    let answer = async {
        let task = call.task(&id).await?;
        let name = format!("attachment; filename=\"run-{}.log\"", task.uuid);
        let tasks = call.tasks.clone();
        let parts = stream::unfold(Some(0), move |after| {
            let (tasks, task) = (tasks.clone(), task.id);
            async move {
                let after = after?;
                match store::lines(tasks.kit.db.read(), task, after, LINES).await {
                    Ok(lines) if lines.is_empty() => None,
                    Ok(lines) => {
                        let next = lines.last().map(|line| line.number);
                        let text: String = lines.iter().map(as_text).collect();
                        Some((Ok(Bytes::from(text)), next))
                    }
                    Err(error) => Some((Err(error), None)),
                }
            }
        });
        let mut response = Body::from_stream(parts).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(AppError::internal)?);
        Ok(response)
    };
    call.answer(answer).await
}

/// An answer at an address that an action gave away. What lets it in is the address itself.
pub async fn called_back(Path(token): Path<String>, headers: HeaderMap, call: Call, body: Bytes) -> Response {
    let answer = async {
        if body.len() > CALLBACK_BYTES {
            return Err(AppError::bad_request(format!("An answer has at most {CALLBACK_BYTES} bytes")).into());
        }
        match callbacks::answer(&call.tasks, &token, &headers, &body).await {
            Err(AppError::NotFound { .. }) if call.caller == Caller::Anonymous => Err(AppError::BadToken.into()),
            other => Ok(other.map(|()| StatusCode::NO_CONTENT)?),
        }
    };
    call.answer(answer).await
}

/// A ref with its kind and namespace, as the catalog writes it.
fn canonical(template: &str) -> String {
    let template = template.trim().to_lowercase();
    let (kind, rest) = template.split_once(':').unwrap_or(("template", &template));
    let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
    format!("{kind}:{namespace}/{name}")
}

/// A run as Backstage's clients know it.
async fn served(tasks: &Tasks, task: &Task) -> Value {
    let definition = tasks.definitions.version(&task.template, &task.version, task.version_id).await.ok();
    let (steps, output) = definition.as_deref().map(described).unwrap_or_default();
    let (namespace, name) =
        task.template.split_once(':').and_then(|(_, rest)| rest.split_once('/')).unwrap_or_default();
    json!({
        "id": task.uuid,
        "spec": {
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "parameters": task.parameters,
            "steps": steps,
            "output": output,
            "user": task.user,
            "templateInfo": {
                "entityRef": task.template,
                "entity": { "metadata": { "name": name, "namespace": namespace, "title": task.title } },
            },
        },
        "status": task.state.backstage(),
        "createdAt": to_the_millisecond(task.created_at),
        "lastHeartbeatAt": task.started_at.map(|_| to_the_millisecond(task.ended_at.unwrap_or(tasks.kit.clock.now()))),
        "createdBy": task.caller,
        "state": task.state.name(),
        "version": task.version,
        "output": task.output,
        "error": task.error,
    })
}

fn described(definition: &Definition) -> (Value, Value) {
    let steps = definition.template.steps.iter().map(|step| {
        json!({ "id": step.id, "name": step.name, "action": step.action, "input": step.input, "if": step.r#if, "each": step.each })
    });
    (steps.collect(), definition.template.output.clone())
}

/// An event as Backstage's clients know it.
fn event(task: &Task, line: &Line) -> Value {
    let mut body = json!({ "message": line.text });
    if !line.step.is_empty() {
        body["stepId"] = json!(line.step);
    }
    if !line.status.is_empty() {
        body["status"] = json!(line.status);
    }
    if level_name(line.level) != "info" {
        body["level"] = json!(level_name(line.level));
    }
    if line.kind == LineKind::Completion {
        if line.status == TaskState::Failed.name() {
            body["error"] = json!({ "name": "Error", "message": task.error });
        } else {
            body["output"] = task.output.clone();
        }
    }
    json!({
        "id": line.number,
        "taskId": task.uuid,
        "body": body,
        "type": line.kind.name(),
        "createdAt": to_the_millisecond(line.at),
    })
}

fn as_text(line: &Line) -> String {
    let step = if line.step.is_empty() { String::new() } else { format!(" [{}]", line.step) };
    let level = match level_name(line.level) {
        "info" => "",
        "warn" => " WARN",
        _ => " ERROR",
    };
    format!("{}{level}{step} {}\n", to_the_millisecond(line.at), line.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_value_is_told_as_the_clients_know_it() {
        let error = wrong("/owner/0/a~1b", "is required", "required");
        assert_eq!(error["property"], "instance.owner[0].a/b");
        assert_eq!(error["stack"], "instance.owner[0].a/b is required");
        assert_eq!(wrong("", "is wrong", "type")["property"], "instance");
    }

    #[test]
    fn a_template_is_named_in_short_or_in_full() {
        for (short, full) in
            [("x", "template:default/x"), ("Template:Ns/X", "template:ns/x"), ("ns/x", "template:ns/x")]
        {
            assert_eq!(canonical(short), full);
        }
    }
}

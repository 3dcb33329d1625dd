//! The tables of runs: what is read, and what workers write, many of them in one transaction.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use kit::identity::{Caller, Principal, PrincipalKind, Via};
use kit::server::audit::{self, Event};
use kit::server::clock::{Clock, Millis};
use kit::server::db::{self, Db};
use kit::server::jobs::{self, Fenced, Lease, NewJob, Next};
use kit::server::runs::Watch;
use scaffold::action::Level;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::group::Writer;
use super::log::{Line, LineKind, level_name, level_named};
use super::state::{StepState, TaskState};

/// The kind of job that does a run; its key is the run's public number.
pub const TASK: &str = "templates.task";

/// How often a run is begun that never comes to an end, as when it kills its process; then it fails.
pub(super) const ATTEMPTS: u32 = 20;

/// Rows of one statement; both databases limit its values.
const ROWS: usize = 500;

/// A run, as its row has it.
#[derive(Debug, Clone)]
pub struct Task {
    /// The row.
    pub id: i64,
    /// The public number.
    pub uuid: String,
    /// The canonical ref of the template.
    pub template: String,
    /// What people call the template.
    pub title: String,
    /// Who owns the template.
    pub owner: String,
    /// The template's namespace.
    pub namespace: String,
    /// The template's type.
    pub r#type: String,
    /// The version that it runs.
    pub version: String,
    /// The row of that version, where versions are kept.
    pub version_id: Option<i64>,
    /// Who runs it.
    pub caller: String,
    /// What people call whoever runs it.
    pub caller_name: String,
    /// What a decision about whoever runs it depends on.
    pub rights: Rights,
    /// What the form was filled in with, without secrets.
    pub parameters: Json,
    /// The entity of who runs it, or null.
    pub user: Json,
    /// The secrets, sealed; empty where there are none or they were dropped.
    pub sealed: String,
    /// What the secrets are called.
    pub secret_names: Vec<String>,
    /// How it stands.
    pub state: TaskState,
    /// Whether somebody has asked for its end.
    pub cancelling: bool,
    /// The place of the step that it is at.
    pub position: i64,
    /// When it was asked for.
    pub created_at: Millis,
    /// When a worker began.
    pub started_at: Option<Millis>,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// When its time is up.
    pub deadline: Millis,
    /// Why it failed.
    pub error: String,
    /// What it says at the end: `links` and `text`.
    pub output: Json,
    /// How many lines its log has.
    pub log_lines: i64,
    /// How many bytes they are.
    pub log_bytes: i64,
    /// The run that it repeats from the start; may be empty.
    pub started_over: String,
    /// Who hears of every change of its state; empty for nobody.
    pub watcher: String,
}

/// A run that is asked for.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// The public number.
    pub uuid: String,
    /// As in [`Task`].
    pub template: String,
    /// As in [`Task`].
    pub title: String,
    /// As in [`Task`].
    pub owner: String,
    /// As in [`Task`].
    pub namespace: String,
    /// As in [`Task`].
    pub r#type: String,
    /// As in [`Task`].
    pub version: String,
    /// As in [`Task`].
    pub version_id: Option<i64>,
    /// Who asks.
    pub caller: Caller,
    /// The teams of who asks, directly.
    pub teams: Vec<String>,
    /// As in [`Task`].
    pub parameters: Json,
    /// As in [`Task`].
    pub user: Json,
    /// As in [`Task`].
    pub sealed: String,
    /// As in [`Task`].
    pub secret_names: Vec<String>,
    /// As in [`Task`].
    pub created_at: Millis,
    /// As in [`Task`].
    pub deadline: Millis,
    /// As in [`Task`].
    pub started_over: String,
    /// What is asked for under the same key is one run; empty for a run of its own.
    pub request_key: String,
    /// As in [`Task`].
    pub watcher: String,
}

/// A step, as its row has it.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRow {
    /// Its place in the template, from 0.
    pub position: i64,
    /// Its id.
    pub step: String,
    /// What people call it.
    pub name: String,
    /// The action.
    pub action: String,
    /// How it stands.
    pub state: StepState,
    /// How often it was begun.
    pub attempts: i64,
    /// Whether an attempt is under way whose end is not written down: nobody can tell how far it came.
    pub begun: bool,
    /// What an attempt that waits left for the next.
    pub waits_with: Json,
    /// The outputs of the rounds of `each` that are done.
    pub parts: Vec<Json>,
    /// The outputs.
    pub output: Map<String, Json>,
    /// Why it failed, or why nobody can tell.
    pub error: String,
    /// When it began.
    pub started_at: Option<Millis>,
    /// When it ended.
    pub ended_at: Option<Millis>,
}

impl StepRow {
    /// A step that has not begun.
    pub fn open(position: i64, step: &str, name: &str, action: &str) -> Self {
        Self {
            position,
            step: step.to_owned(),
            name: name.to_owned(),
            action: action.to_owned(),
            state: StepState::Open,
            attempts: 0,
            begun: false,
            waits_with: Json::Null,
            parts: Vec::new(),
            output: Map::new(),
            error: String::new(),
            started_at: None,
            ended_at: None,
        }
    }
}

/// What a decision about whoever runs something depends on, kept with the run: what it does later, it does with these rights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Rights {
    /// Whoever runs `portico` on the machine.
    Operator,
    /// A person or a service.
    Principal {
        /// Whether it is a program.
        service: bool,
        /// The name that never changes.
        subject: String,
        /// What people call it.
        name: String,
        /// Its groups.
        groups: Vec<String>,
        /// Whether it is an administrator.
        administrator: bool,
        /// What its token may be used for.
        scopes: Option<Vec<String>>,
        /// The request that asked for the run.
        request: String,
    },
}

impl Rights {
    /// Those of a caller; none of whoever has none of its own.
    pub fn of(caller: &Caller) -> Option<Self> {
        match caller {
            Caller::Operator => Some(Self::Operator),
            Caller::Anonymous | Caller::System => None,
            Caller::Principal(principal) => Some(Self::Principal {
                service: principal.kind == PrincipalKind::Service,
                subject: principal.subject.clone(),
                name: principal.name.clone(),
                groups: principal.groups.clone(),
                administrator: principal.administrator,
                scopes: principal.scopes.clone(),
                request: principal.request.clone(),
            }),
        }
    }

    /// The caller who has them.
    pub fn caller(&self) -> Caller {
        match self {
            Self::Operator => Caller::Operator,
            Self::Principal { service, subject, name, groups, administrator, scopes, request } => {
                Caller::Principal(std::sync::Arc::new(Principal {
                    kind: if *service { PrincipalKind::Service } else { PrincipalKind::Person },
                    subject: subject.clone(),
                    name: name.clone(),
                    groups: groups.clone(),
                    administrator: *administrator,
                    via: Via::Session(0),
                    scopes: scopes.clone(),
                    request: request.clone(),
                }))
            }
        }
    }
}

/// What a worker has to write down of a run.
#[derive(Debug, Clone)]
pub struct Progress {
    /// The right to do so.
    pub lease: Lease,
    /// The run.
    pub task: i64,
    /// Its public number.
    pub uuid: String,
    /// How it stood in the table.
    pub from: TaskState,
    /// How it stands.
    pub to: TaskState,
    /// The step that it is at.
    pub position: i64,
    /// When a worker first began.
    pub started_at: Option<Millis>,
    /// Why it failed.
    pub error: String,
    /// What it says at the end.
    pub output: Json,
    /// How many lines there are in all.
    pub log_lines: i64,
    /// How many bytes they are.
    pub log_bytes: i64,
    /// The steps that changed.
    pub steps: Vec<StepRow>,
    /// The lines that are new.
    pub lines: Vec<Line>,
    /// The files, where they changed.
    pub snapshot: Option<Vec<u8>>,
    /// Whether files of it may be kept in the table by now.
    pub keeps_files: bool,
    /// Whether a worker began with what waited in the queue.
    pub begins: bool,
    /// What becomes of the job; nothing while the worker goes on.
    pub next: Option<Next>,
    /// Who is told that a person has to decide.
    pub asks: Option<Asks>,
    /// Who hears that it stands otherwise than before; empty for nobody.
    pub watcher: String,
}

/// A question to people.
#[derive(Debug, Clone)]
pub struct Asks {
    /// The person who runs it.
    pub caller: String,
    /// Who owns the template; may be empty.
    pub owner: String,
    /// What is the case.
    pub title: String,
    /// Why.
    pub body: String,
}

/// What is written down together with others.
#[derive(Debug, Clone)]
pub enum Unit {
    /// A run that is asked for.
    New(Box<NewTask>),
    /// What a worker did.
    Progress(Box<Progress>),
}

/// Why something was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Another worker holds the run now.
    #[error("the lease was lost")]
    LeaseLost,
    /// The run does not stand as it was thought to.
    #[error("the run is no longer {0}")]
    Moved(TaskState),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Writes runs.
pub struct Store {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// How watchers hear of changes.
    pub watch: Option<Watch>,
}

#[async_trait]
impl Writer for Store {
    type Unit = Unit;
    type Error = WriteError;

    async fn write(&self, units: &[Unit]) -> Result<Vec<Result<(), WriteError>>, WriteError> {
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        let mut new: Vec<&NewTask> = units.iter().filter_map(Unit::new_task).collect();
        insert_tasks(&tx, now, &mut new).await?;
        let written: Vec<&Progress> = units.iter().filter_map(Unit::progress).collect();
        let leases: Vec<&Lease> = written.iter().map(|each| &each.lease).collect();
        let fenced = Fenced::new(&tx, &leases).await?;
        let held: Vec<&Progress> = written.into_iter().filter(|each| fenced.holds(&each.lease)).collect();
        advance(&tx, now, &held).await?;
        let ends: Vec<(&Lease, Next)> =
            held.iter().filter_map(|each| each.next.map(|next| (&each.lease, next))).collect();
        fenced.settle(&tx, now, &ends).await?;
        let mut events: Vec<Event<'_>> = new.iter().map(|task| created(task, now)).collect();
        events.extend(held.iter().flat_map(|each| went(each, now)));
        audit::append_all(&tx, events).await?;
        for each in &held {
            if let Some(asks) = &each.asks {
                ask(&tx, now, &each.uuid, asks).await?;
            }
        }
        let changed = held.iter().filter(|each| each.from != each.to).map(|each| each.watcher.as_str());
        self.tell(&tx, now, changed).await?;
        tx.commit().await?;
        let result = |unit: &Unit| match unit {
            Unit::Progress(each) if !fenced.holds(&each.lease) => Err(WriteError::LeaseLost),
            _ => Ok(()),
        };
        Ok(units.iter().map(result).collect())
    }

    fn lost(&self) -> WriteError {
        WriteError::Db(DbErr::Custom("the process stops".into()))
    }
}

impl Store {
    /// Has those hear of a change who watch the runs that changed, in the transaction of the change.
    pub async fn tell<'a>(
        &self,
        tx: &impl ConnectionTrait,
        now: Millis,
        watchers: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), DbErr> {
        let Some(watch) = &self.watch else { return Ok(()) };
        // Each once and in order, as jobs are to be added.
        let watchers: BTreeSet<&str> = watchers.into_iter().filter(|watcher| !watcher.is_empty()).collect();
        let jobs: Vec<NewJob> = watchers.into_iter().map(|watcher| (watch.job)(now, watcher)).collect();
        jobs::enqueue_all(tx, now, &jobs).await
    }
}

impl Unit {
    fn new_task(&self) -> Option<&NewTask> {
        match self {
            Self::New(task) => Some(task),
            Self::Progress(_) => None,
        }
    }

    fn progress(&self) -> Option<&Progress> {
        match self {
            Self::New(_) => None,
            Self::Progress(progress) => Some(progress),
        }
    }
}

const COLUMNS: &str = "t.id, t.uuid, t.template, t.title, t.owner, t.namespace, t.type, t.version, t.version_id, t.caller, t.caller_name, t.rights, \
    t.parameters, t.user_entity, t.sealed, t.secret_names, t.state, t.cancelling, t.position, t.created_at, t.started_at, t.ended_at, t.deadline, \
    t.error, t.output, t.log_lines, t.log_bytes, t.started_over, t.watcher";

/// The run of a public number.
pub async fn task(connection: &impl ConnectionTrait, uuid: &str) -> Result<Option<Task>, DbErr> {
    let text = format!("SELECT {COLUMNS} FROM templates_task t WHERE t.uuid = ?");
    db::rows(connection, &text, [uuid.into()]).await?.first().map(read_task).transpose()
}

/// The same, kept from other writers until the transaction ends.
pub async fn task_for_update(tx: &DatabaseTransaction, uuid: &str) -> Result<Option<Task>, DbErr> {
    let lock = db::for_update(tx);
    let text = format!("SELECT {COLUMNS} FROM templates_task t WHERE t.uuid = ? {lock}");
    db::rows(tx, &text, [uuid.into()]).await?.first().map(read_task).transpose()
}

/// The public number of the run that was asked for under a key.
pub async fn requested(connection: &impl ConnectionTrait, key: &str) -> Result<Option<String>, DbErr> {
    let text = "SELECT uuid FROM templates_task WHERE request_key = ? AND request_key <> ''";
    db::rows(connection, text, [key.into()]).await?.first().map(|row| row.try_get("", "uuid")).transpose()
}

/// Runs that meet a condition on `t`, with the values of its marks.
pub async fn tasks(
    connection: &impl ConnectionTrait,
    condition: &str,
    values: Vec<Value>,
    order: &str,
    limit: u64,
    offset: u64,
) -> Result<Vec<Task>, DbErr> {
    let text = format!(
        "SELECT {COLUMNS} FROM templates_task t WHERE {condition} ORDER BY {order} LIMIT {limit} OFFSET {offset}"
    );
    db::rows(connection, &text, values).await?.iter().map(read_task).collect()
}

/// How many runs meet a condition on `t`.
pub async fn count(connection: &impl ConnectionTrait, condition: &str, values: Vec<Value>) -> Result<u64, DbErr> {
    let text = format!("SELECT COUNT(*) AS n FROM templates_task t WHERE {condition}");
    let rows = db::rows(connection, &text, values).await?;
    Ok(rows.first().map_or(Ok(0), |row| row.try_get::<i64>("", "n"))?.unsigned_abs())
}

/// The steps of a run that were written down, in order.
pub async fn steps(connection: &impl ConnectionTrait, task: i64) -> Result<Vec<StepRow>, DbErr> {
    let text = "SELECT position, step, name, action, state, attempts, begun, waits_with, parts, output, error, started_at, ended_at \
                FROM templates_step WHERE task_id = ? ORDER BY position";
    db::rows(connection, text, [task.into()]).await?.iter().map(read_step).collect()
}

/// The lines of a run after a number, at most `most`.
pub async fn lines(connection: &impl ConnectionTrait, task: i64, after: i64, most: u64) -> Result<Vec<Line>, DbErr> {
    let text = format!(
        "SELECT number, at, kind, level, step, status, text FROM templates_log WHERE task_id = ? AND number > ? ORDER BY number LIMIT {most}"
    );
    db::rows(connection, &text, [task.into(), after.into()]).await?.iter().map(read_line).collect()
}

/// The lines of several runs, each after a number, by run.
pub async fn news(
    connection: &impl ConnectionTrait,
    after: &[(i64, i64)],
    most: u64,
) -> Result<HashMap<i64, Vec<Line>>, DbErr> {
    let mut found: HashMap<i64, Vec<Line>> = HashMap::new();
    for after in after.chunks(ROWS) {
        let conditions = vec!["(task_id = ? AND number > ?)"; after.len()].join(" OR ");
        let text = format!(
            "SELECT task_id, number, at, kind, level, step, status, text FROM templates_log WHERE {conditions} \
             ORDER BY task_id, number LIMIT {most}"
        );
        let values = after.iter().flat_map(|(task, number)| [Value::from(*task), Value::from(*number)]);
        for row in db::rows(connection, &text, values).await? {
            found.entry(row.try_get("", "task_id")?).or_default().push(read_line(&row)?);
        }
    }
    Ok(found)
}

/// The files of a run as its last finished step left them.
pub async fn snapshot(connection: &impl ConnectionTrait, task: i64) -> Result<Option<Vec<u8>>, DbErr> {
    let text = "SELECT content FROM templates_snapshot WHERE task_id = ?";
    db::rows(connection, text, [task.into()]).await?.first().map(|row| row.try_get("", "content")).transpose()
}

/// Which of these runs somebody has asked to end.
pub async fn cancelling(connection: &impl ConnectionTrait, tasks: &[i64]) -> Result<Vec<i64>, DbErr> {
    let mut found = Vec::new();
    for tasks in tasks.chunks(ROWS) {
        let text =
            format!("SELECT id FROM templates_task WHERE cancelling = TRUE AND id IN ({})", db::marks(tasks.len()));
        for row in db::rows(connection, &text, tasks.iter().map(|id| Value::from(*id))).await? {
            found.push(row.try_get("", "id")?);
        }
    }
    Ok(found)
}

/// Writes the steps, in place of what was known of them.
pub async fn put_steps(tx: &impl ConnectionTrait, steps: &[(i64, &StepRow)]) -> Result<(), DbErr> {
    for steps in steps.chunks(ROWS) {
        let text = format!(
            "INSERT INTO templates_step (task_id, position, step, name, action, state, attempts, begun, waits_with, parts, output, error, started_at, ended_at)
             VALUES {} ON CONFLICT (task_id, position) DO UPDATE SET
                state = excluded.state, attempts = excluded.attempts, begun = excluded.begun, waits_with = excluded.waits_with,
                parts = excluded.parts, output = excluded.output, error = excluded.error, started_at = excluded.started_at,
                ended_at = excluded.ended_at",
            rows_of(steps.len(), 14)
        );
        let values = steps.iter().flat_map(|(task, step)| -> [Value; 14] {
            [
                (*task).into(),
                step.position.into(),
                step.step.as_str().into(),
                step.name.as_str().into(),
                step.action.as_str().into(),
                step.state.name().into(),
                step.attempts.into(),
                step.begun.into(),
                written(&step.waits_with).into(),
                if step.parts.is_empty() { String::new() } else { json!(step.parts).to_string() }.into(),
                if step.output.is_empty() { String::new() } else { json!(step.output).to_string() }.into(),
                step.error.as_str().into(),
                step.started_at.into(),
                step.ended_at.into(),
            ]
        });
        db::execute(tx, &text, values).await?;
    }
    Ok(())
}

/// Appends lines to logs.
pub async fn put_lines(tx: &impl ConnectionTrait, lines: &[(i64, &Line)]) -> Result<(), DbErr> {
    for lines in lines.chunks(ROWS) {
        let text = format!(
            "INSERT INTO templates_log (task_id, number, at, kind, level, step, status, text) VALUES {}",
            rows_of(lines.len(), 8)
        );
        let values = lines.iter().flat_map(|(task, line)| -> [Value; 8] {
            [
                (*task).into(),
                line.number.into(),
                line.at.into(),
                line.kind.name().into(),
                level_name(line.level).into(),
                line.step.as_str().into(),
                line.status.as_str().into(),
                line.text.as_str().into(),
            ]
        });
        db::execute(tx, &text, values).await?;
    }
    Ok(())
}

/// Writes runs down, and leaves of `tasks` those that were not there before under their key.
async fn insert_tasks(tx: &DatabaseTransaction, now: Millis, tasks: &mut Vec<&NewTask>) -> Result<(), DbErr> {
    if tasks.is_empty() {
        return Ok(());
    }
    // In order, since PostgreSQL ends one of two transactions that wait for each other's keys.
    tasks.sort_by(|one, other| one.request_key.cmp(&other.request_key));
    let mut ids: HashMap<String, i64> = HashMap::new();
    for tasks in tasks.chunks(ROWS) {
        let text = format!(
            "INSERT INTO templates_task (uuid, template, title, owner, namespace, type, version, version_id, caller, caller_name, rights, parameters, \
             user_entity, sealed, secret_names, state, created_at, changed_at, deadline, started_over, request_key, watcher) VALUES {} \
             ON CONFLICT (request_key) WHERE request_key <> '' DO NOTHING RETURNING id, uuid",
            rows_of(tasks.len(), 22)
        );
        let values = tasks.iter().flat_map(|task| -> [Value; 22] {
            let name = task.caller.principal().map_or(task.caller.subject(), |principal| &principal.name);
            [
                task.uuid.as_str().into(),
                task.template.as_str().into(),
                task.title.as_str().into(),
                task.owner.as_str().into(),
                task.namespace.as_str().into(),
                task.r#type.as_str().into(),
                task.version.as_str().into(),
                task.version_id.into(),
                task.caller.subject().into(),
                name.into(),
                json!(Rights::of(&task.caller)).to_string().into(),
                task.parameters.to_string().into(),
                written(&task.user).into(),
                task.sealed.as_str().into(),
                json!(task.secret_names).to_string().into(),
                TaskState::Open.name().into(),
                task.created_at.into(),
                now.into(),
                task.deadline.into(),
                task.started_over.as_str().into(),
                task.request_key.as_str().into(),
                task.watcher.as_str().into(),
            ]
        });
        for row in db::rows(tx, &text, values).await? {
            ids.insert(row.try_get("", "uuid")?, row.try_get("", "id")?);
        }
    }
    tasks.retain(|task| ids.contains_key(&task.uuid));
    let teams: Vec<(&str, i64)> = tasks
        .iter()
        .flat_map(|task| task.teams.iter().filter_map(|team| Some((team.as_str(), *ids.get(&task.uuid)?))))
        .collect();
    for teams in teams.chunks(ROWS) {
        let text = format!(
            "INSERT INTO templates_task_team (team, task_id) VALUES {} ON CONFLICT DO NOTHING",
            rows_of(teams.len(), 2)
        );
        db::execute(tx, &text, teams.iter().flat_map(|(team, task)| [Value::from(*team), Value::from(*task)])).await?;
    }
    let mut jobs: Vec<NewJob> = tasks.iter().map(|task| job_of(&task.uuid, now)).collect();
    jobs.sort_by(|one, other| one.key.cmp(&other.key));
    jobs::enqueue_all(tx, now, &jobs).await
}

/// The job that does a run.
pub fn job_of(uuid: &str, run_at: Millis) -> NewJob {
    // No job dies without its run: the worker counts, and says so where the run stands.
    NewJob { kind: TASK, key: uuid.to_owned(), payload: json!({}), run_at, max_attempts: u32::MAX }
}

async fn advance(tx: &DatabaseTransaction, now: Millis, all: &[&Progress]) -> Result<(), WriteError> {
    if all.is_empty() {
        return Ok(());
    }
    for each in all {
        if !each.from.may_become(each.to) {
            return Err(WriteError::Moved(each.from));
        }
    }
    for part in all.chunks(ROWS) {
        // What stands at the end is kept without secrets: whoever tries it again is asked for them.
        let text = format!(
            "WITH v (id, was, state, position, started_at, ended_at, error, output, log_lines, log_bytes) AS (VALUES {})
             UPDATE templates_task SET state = v.state, position = v.position, started_at = v.started_at, ended_at = v.ended_at,
                error = v.error, output = v.output, log_lines = v.log_lines, log_bytes = v.log_bytes, changed_at = ?,
                sealed = CASE WHEN v.ended_at IS NULL THEN sealed ELSE '' END
             FROM v WHERE templates_task.id = v.id AND templates_task.state = v.was",
            rows_of(part.len(), 10)
        );
        let mut values: Vec<Value> = Vec::new();
        for each in part {
            values.extend([
                each.task.into(),
                each.from.name().into(),
                each.to.name().into(),
                each.position.into(),
                each.started_at.into(),
                each.to.is_over().then_some(now).into(),
                each.error.as_str().into(),
                written(&each.output).into(),
                each.log_lines.into(),
                each.log_bytes.into(),
            ]);
        }
        values.push(now.into());
        if db::execute(tx, &text, values).await? != part.len() as u64 {
            return Err(WriteError::Moved(part[0].from));
        }
    }
    let steps: Vec<(i64, &StepRow)> =
        all.iter().flat_map(|each| each.steps.iter().map(|step| (each.task, step))).collect();
    put_steps(tx, &steps).await?;
    let lines: Vec<(i64, &Line)> =
        all.iter().flat_map(|each| each.lines.iter().map(|line| (each.task, line))).collect();
    put_lines(tx, &lines).await?;
    for each in all {
        if let Some(content) = &each.snapshot {
            let text = "INSERT INTO templates_snapshot (task_id, made_at, content) VALUES (?, ?, ?) \
                        ON CONFLICT (task_id) DO UPDATE SET made_at = excluded.made_at, content = excluded.content";
            db::execute(tx, text, [each.task.into(), now.into(), content.clone().into()]).await?;
        }
    }
    // What completed is never taken up again.
    let done: Vec<Value> = all
        .iter()
        .filter(|each| each.to == TaskState::Completed && each.keeps_files)
        .map(|each| each.task.into())
        .collect();
    if !done.is_empty() {
        let text = format!("DELETE FROM templates_snapshot WHERE task_id IN ({})", db::marks(done.len()));
        db::execute(tx, &text, done).await?;
    }
    Ok(())
}

fn created<'a>(task: &'a NewTask, now: Millis) -> Event<'a> {
    let mut detail = json!({ "template": task.template, "version": task.version });
    if !task.started_over.is_empty() {
        detail["started_over"] = json!(task.started_over);
    }
    Event { at: now, actor: &task.caller, action: "templates.task.create", resource: &task.uuid, detail }
}

/// What the portal itself did with a run: its begin and its end. That it waits meanwhile is no change that anybody answers for.
fn went<'a>(each: &'a Progress, now: Millis) -> impl Iterator<Item = Event<'a>> {
    let ended = match each.to {
        TaskState::Completed => Some("templates.task.complete"),
        TaskState::Failed => Some("templates.task.fail"),
        TaskState::Cancelled => Some("templates.task.end"),
        TaskState::Unknown => Some("templates.task.ask"),
        TaskState::Open | TaskState::Processing | TaskState::Waiting => None,
    };
    let actions = each.begins.then_some("templates.task.begin").into_iter().chain(ended);
    actions.map(move |action| Event {
        at: now,
        actor: &Caller::System,
        action,
        resource: &each.uuid,
        detail: json!({}),
    })
}

async fn ask(tx: &DatabaseTransaction, now: Millis, uuid: &str, asks: &Asks) -> Result<(), DbErr> {
    use kit::server::inbox::{Message, Recipient, send};
    let path = format!("/create/runs/{uuid}");
    let key = unknown_key(uuid);
    let mut recipients = vec![Recipient::Person(&asks.caller)];
    if asks.owner.starts_with("group:") {
        recipients.push(Recipient::Group(&asks.owner));
    } else if !asks.owner.is_empty() && asks.owner != asks.caller {
        recipients.push(Recipient::Person(&asks.owner));
    }
    for to in recipients {
        let message = Message {
            to,
            kind: "templates.outcome-unknown",
            key: &key,
            title: &asks.title,
            body: &asks.body,
            path: &path,
            waits: true,
        };
        send(tx, now, message).await?;
    }
    Ok(())
}

/// The key of the message that asks people what became of a run.
pub fn unknown_key(uuid: &str) -> String {
    format!("task:{uuid}:unknown")
}

/// `(?, ?), (?, ?)`: so many rows of so many values.
fn rows_of(rows: usize, values: usize) -> String {
    vec![format!("({})", db::marks(values)); rows].join(", ")
}

fn written(value: &Json) -> String {
    if value.is_null() { String::new() } else { value.to_string() }
}

fn json_of(row: &QueryResult, column: &str) -> Result<Json, DbErr> {
    let text: String = row.try_get("", column)?;
    if text.is_empty() {
        return Ok(Json::Null);
    }
    serde_json::from_str(&text).map_err(|error| DbErr::Custom(format!("{column}: {error}")))
}

fn read_task(row: &QueryResult) -> Result<Task, DbErr> {
    let state: String = row.try_get("", "state")?;
    let unreadable = |error: serde_json::Error| DbErr::Custom(format!("a run that cannot be read: {error}"));
    Ok(Task {
        id: row.try_get("", "id")?,
        uuid: row.try_get("", "uuid")?,
        template: row.try_get("", "template")?,
        title: row.try_get("", "title")?,
        owner: row.try_get("", "owner")?,
        namespace: row.try_get("", "namespace")?,
        r#type: row.try_get("", "type")?,
        version: row.try_get("", "version")?,
        version_id: row.try_get("", "version_id")?,
        caller: row.try_get("", "caller")?,
        caller_name: row.try_get("", "caller_name")?,
        rights: serde_json::from_str(&row.try_get::<String>("", "rights")?).map_err(unreadable)?,
        parameters: json_of(row, "parameters")?,
        user: json_of(row, "user_entity")?,
        sealed: row.try_get("", "sealed")?,
        secret_names: serde_json::from_str(&row.try_get::<String>("", "secret_names")?).map_err(unreadable)?,
        state: TaskState::named(&state).ok_or_else(|| DbErr::Custom(format!("a run is {state:?}")))?,
        cancelling: row.try_get("", "cancelling")?,
        position: row.try_get("", "position")?,
        created_at: row.try_get("", "created_at")?,
        started_at: row.try_get("", "started_at")?,
        ended_at: row.try_get("", "ended_at")?,
        deadline: row.try_get("", "deadline")?,
        error: row.try_get("", "error")?,
        output: json_of(row, "output")?,
        log_lines: row.try_get("", "log_lines")?,
        log_bytes: row.try_get("", "log_bytes")?,
        started_over: row.try_get("", "started_over")?,
        watcher: row.try_get("", "watcher")?,
    })
}

fn read_step(row: &QueryResult) -> Result<StepRow, DbErr> {
    let state: String = row.try_get("", "state")?;
    let parts = json_of(row, "parts")?;
    let output = json_of(row, "output")?;
    Ok(StepRow {
        position: row.try_get("", "position")?,
        step: row.try_get("", "step")?,
        name: row.try_get("", "name")?,
        action: row.try_get("", "action")?,
        state: StepState::named(&state).ok_or_else(|| DbErr::Custom(format!("a step is {state:?}")))?,
        attempts: row.try_get("", "attempts")?,
        begun: row.try_get("", "begun")?,
        waits_with: json_of(row, "waits_with")?,
        parts: if let Json::Array(parts) = parts { parts } else { Vec::new() },
        output: if let Json::Object(output) = output { output } else { Map::new() },
        error: row.try_get("", "error")?,
        started_at: row.try_get("", "started_at")?,
        ended_at: row.try_get("", "ended_at")?,
    })
}

fn read_line(row: &QueryResult) -> Result<Line, DbErr> {
    let kind: String = row.try_get("", "kind")?;
    let level: String = row.try_get("", "level")?;
    Ok(Line {
        number: row.try_get("", "number")?,
        at: row.try_get("", "at")?,
        kind: LineKind::named(&kind).unwrap_or(LineKind::Log),
        level: level_named(&level),
        step: row.try_get("", "step")?,
        status: row.try_get("", "status")?,
        text: row.try_get("", "text")?,
    })
}

/// A line that is no worker's: what a person did to a run that no worker is at.
pub fn line_of(task: &Task, at: Millis, kind: LineKind, status: &str, text: &str) -> Line {
    Line {
        number: task.log_lines + 1,
        at,
        kind,
        level: Level::Info,
        step: String::new(),
        status: status.to_owned(),
        text: text.to_owned(),
    }
}

//! Runs as people ask for them: beginning, watching, ending, trying again, deciding. Every method authorises.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kit::error::AppError;
use kit::identity::{Caller, Subject};
use kit::plugin::Permission;
use kit::server::audit::{self, Event};
use kit::server::authorise::{Attribute, Attributes, Filter, Resource, Thing};
use kit::server::clock::Millis;
use kit::server::context::{Kit, authorise_own};
use kit::server::directory::Directory;
use kit::server::entities::Entities;
use kit::server::inbox::{Recipient, retract};
use kit::server::jobs::{self, Wake};
use kit::server::runs::{Refused, Watch};
use kit::server::{db, definitions, people};
use scaffold::action::World;
use scaffold::registry::Registry;
use scaffold::workspace::WorkspaceLimits;
use sea_orm::{DatabaseTransaction, Value};
use serde_json::{Map, Value as Json, json};
use tokio_util::sync::CancellationToken;

use super::engine::Engine;
use super::group::Group;
use super::live::{self, Hub};
use super::log::{LineKind, LogLimits};
use super::source::{Definition, Definitions};
use super::state::{StepState, TaskState};
use super::store::{self, NewTask, Rights, StepRow, Store, Task, Unit, WriteError};
use crate::info::{CHANGE_TASK, READ_TASK, READ_TEMPLATE, RUN_TEMPLATE};

/// What the secrets of a run are sealed for.
const SEALED_FOR: &str = "task";

/// Units of one transaction.
const UNITS: usize = 100;

/// After this long, the rights of whoever runs something are looked up anew before the run goes on: an hour.
const RIGHTS_HOLD: Millis = 60 * 60 * 1000;

/// The most bytes of the values of a form.
const VALUES: usize = 1 << 20;

/// How runs are done.
#[derive(Debug, Clone)]
pub struct Options {
    /// Runs at a time on this instance.
    pub concurrency: usize,
    /// The longest that one attempt of a step may take.
    pub step_time: Duration,
    /// The longest that a run may take, with all that it waits.
    pub task_time: Duration,
    /// How often a step is tried whose failure may pass.
    pub attempts: u32,
    /// What one run may tell.
    pub log: LogLimits,
    /// What the files of one run may be.
    pub workspace: WorkspaceLimits,
    /// The largest snapshot of the files, compressed.
    pub snapshot_bytes: usize,
    /// The largest outputs of a step.
    pub output_bytes: usize,
    /// Where the files of runs are while a worker is at them.
    pub workspaces: PathBuf,
    /// How long the files of a run that did not complete are kept, for whoever tries it again.
    pub keep_files: Duration,
    /// How long the secrets of a run are kept on which a person has to decide.
    pub keep_secrets: Duration,
    /// How long a draft is kept that nobody goes on with.
    pub keep_drafts: Duration,
    /// How long a run that is over is kept, with its steps and its log.
    pub keep_runs: Duration,
}

impl Options {
    /// The usual ones.
    pub fn new(workspaces: PathBuf) -> Self {
        Self {
            concurrency: 16,
            step_time: Duration::from_secs(15 * 60),
            task_time: Duration::from_secs(7 * 86_400),
            attempts: 5,
            log: LogLimits::default(),
            workspace: WorkspaceLimits::default(),
            snapshot_bytes: 64 << 20,
            output_bytes: 1 << 20,
            workspaces,
            keep_files: Duration::from_secs(7 * 86_400),
            keep_secrets: Duration::from_secs(86_400),
            keep_drafts: Duration::from_secs(90 * 86_400),
            keep_runs: Duration::from_secs(365 * 86_400),
        }
    }
}

/// The runs on this instance.
pub struct Tasks {
    /// The shared parts.
    pub kit: Kit,
    /// Where templates come from.
    pub definitions: Arc<dyn Definitions>,
    /// The catalog.
    pub entities: Arc<dyn Entities>,
    /// Who is in which group.
    pub directory: Arc<dyn Directory>,
    /// Refs of the people and groups who administer the portal.
    pub administrators: Arc<[String]>,
    /// The actions that are installed.
    pub registry: Arc<Registry>,
    /// Where actions reach.
    pub world: Option<Arc<World>>,
    /// How runs are done.
    pub options: Options,
    /// The streams of logs.
    pub hub: Arc<Hub>,
    /// The runs that workers of this process are at.
    pub running: Arc<Running>,
    wake: Wake,
    group: Group<Store>,
}

/// What runs are made with.
pub struct Parts {
    /// As in [`Tasks`].
    pub kit: Kit,
    /// As in [`Tasks`].
    pub definitions: Arc<dyn Definitions>,
    /// As in [`Tasks`].
    pub entities: Arc<dyn Entities>,
    /// As in [`Tasks`].
    pub directory: Arc<dyn Directory>,
    /// As in [`Tasks`].
    pub administrators: Arc<[String]>,
    /// As in [`Tasks`].
    pub registry: Arc<Registry>,
    /// As in [`Tasks`].
    pub world: Option<Arc<World>>,
    /// As in [`Tasks`].
    pub options: Options,
    /// Milliseconds after which a session that was not used is over.
    pub idle: Millis,
    /// Cancelled when the process stops.
    pub stop: CancellationToken,
    /// How those who watch runs hear of their changes.
    pub watch: Option<Watch>,
}

/// What somebody wants to run.
#[derive(Debug, Clone, Default)]
pub struct Submission {
    /// The template's canonical ref.
    pub template: String,
    /// What the form was filled in with.
    pub values: Map<String, Json>,
    /// Whether what is left out gets its default, as where no form has shown that already.
    pub by_default: bool,
    /// What is kept sealed and forgotten at the end.
    pub secrets: Map<String, Json>,
    /// The run that this one repeats; may be empty.
    pub started_over: String,
}

/// A run of a version that is settled already.
#[derive(Debug, Clone, Default)]
pub(super) struct Begin {
    /// As in [`Submission`].
    pub values: Map<String, Json>,
    /// As in [`Submission`].
    pub secrets: Map<String, Json>,
    /// As in [`Submission`].
    pub started_over: String,
    /// What is asked for under the same key is one run; empty for a run of its own.
    pub key: String,
    /// Who hears of every change of its state; empty for nobody.
    pub watcher: String,
}

/// What a person found out about a step of which nobody could tell whether it was done.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It was done, with these outputs.
    Done(Map<String, Json>),
    /// It was not: it is to be done now.
    Repeat,
    /// It was not, and the run ends.
    Fail,
}

/// Whose runs are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// The caller's.
    #[default]
    Mine,
    /// Those of people in the caller's teams and of the templates that they own.
    Teams,
    /// All that the caller may see.
    All,
}

/// Which runs are listed.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Whose.
    pub scope: Scope,
    /// In any of these states; all where empty.
    pub states: Vec<TaskState>,
    /// Of this template; any where empty.
    pub template: String,
    /// Run by any of these; anybody where empty.
    pub callers: Vec<String>,
    /// At most so many.
    pub limit: u64,
    /// After so many.
    pub offset: u64,
    /// The oldest first.
    pub oldest_first: bool,
}

/// A page of runs.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The runs.
    pub tasks: Vec<Task>,
    /// How many there are in all.
    pub total: u64,
}

impl Tasks {
    /// The runs of an instance.
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts {
            kit,
            definitions,
            entities,
            directory,
            administrators,
            registry,
            world,
            options,
            idle,
            stop,
            watch,
        } = parts;
        let store = Store { db: kit.db.clone(), clock: kit.clock.clone(), watch };
        // SQLite has one writer; on PostgreSQL a second transaction is prepared while the first waits for the disk.
        let turns = if kit.db.backend() == sea_orm::DatabaseBackend::Postgres { 2 } else { 1 };
        let hub = live::hub(&kit, idle, stop);
        let running = Arc::new(Running { kit: kit.clone(), runs: Mutex::default() });
        Arc::new(Self {
            kit,
            definitions,
            entities,
            directory,
            administrators,
            registry,
            world,
            options,
            hub,
            running,
            wake: Wake::default(),
            group: Group::new(store, UNITS, turns),
        })
    }

    /// The worker of runs, apart from that of all other jobs.
    pub fn lane(self: &Arc<Self>) -> jobs::Lane {
        let engine: Arc<dyn jobs::Handler> = Arc::new(Engine { tasks: self.clone() });
        jobs::Lane {
            handlers: vec![(store::TASK, engine)],
            concurrency: self.options.concurrency,
            wake: self.wake.clone(),
        }
    }

    /// Begins a run and gives its public number.
    pub async fn submit(&self, caller: &Caller, submission: Submission) -> Result<String, Refused> {
        let Some(_) = Rights::of(caller) else { return Err(AppError::Unauthenticated.into()) };
        let definition = self.runnable(caller, &submission.template).await?;
        let Submission { mut values, secrets, started_over, by_default, .. } = submission;
        if by_default {
            let form = form::form(&definition.template.parameters);
            let given = Json::Object(values.clone());
            // What is wrong is refused below, and no default takes its place.
            if form.validate(&given, &form::Standard).is_empty()
                && let Json::Object(filled) = form.defaults(&given)
            {
                values = filled;
            }
        }
        let begin = Begin { values, secrets, started_over, ..Begin::default() };
        self.begin_version(caller, &definition, begin).await
    }

    /// Begins a run of a version that the caller may run, and gives its public number.
    pub(super) async fn begin_version(
        &self,
        caller: &Caller,
        definition: &Definition,
        begin: Begin,
    ) -> Result<String, Refused> {
        let Begin { values, secrets, started_over, key, watcher } = begin;
        let values = self.checked(definition, values)?;
        let missing = self.missing(definition);
        if !missing.is_empty() {
            let owner = &definition.thing.owner;
            let why = format!(
                "This template needs actions that are not installed: {}. Ask {owner}, which owns it",
                missing.join(", ")
            );
            return Err(AppError::bad_request(why).into());
        }
        let user = self.user(caller).await?;
        let now = self.kit.clock.now();
        let task = NewTask {
            uuid: uuid::Uuid::new_v4().to_string(),
            template: definition.thing.id.clone(),
            title: definition.template.title.clone(),
            owner: definition.thing.owner.clone(),
            namespace: definition.thing.namespace.clone(),
            r#type: definition.thing.r#type.clone(),
            version: definition.version.clone(),
            version_id: definition.version_id,
            caller: caller.clone(),
            teams: teams_of(&user),
            parameters: Json::Object(values),
            user: json!({ "entity": user, "ref": caller.subject() }),
            sealed: self.seal(&secrets),
            secret_names: secrets.keys().cloned().collect(),
            created_at: now,
            deadline: now + millis(self.options.task_time),
            started_over,
            request_key: key.clone(),
            watcher,
        };
        let uuid = task.uuid.clone();
        self.write(Unit::New(Box::new(task))).await.map_err(AppError::internal)?;
        self.wake.wake();
        if key.is_empty() {
            return Ok(uuid);
        }
        // Somebody may have been quicker with the same key: then theirs is the run.
        let found = store::requested(self.kit.db.read(), &key).await?;
        Ok(found.unwrap_or(uuid))
    }

    /// A run that the caller may see; what it may not see is as if it were not there.
    pub async fn task(&self, caller: &Caller, uuid: &str) -> Result<Task, AppError> {
        authorise_own(&self.kit, caller, &READ_TASK).await?;
        let missing = || AppError::not_found(format!("The run {uuid}"));
        let task = store::task(self.kit.db.read(), uuid).await?.ok_or_else(missing)?;
        if !self.may(caller, &READ_TASK, &task) && !self.is_of_a_team_mate(caller, &task).await? {
            return Err(missing());
        }
        Ok(task)
    }

    /// The steps of a run: those that were written down, and what the template says of the others.
    pub async fn steps(&self, task: &Task) -> Result<Vec<StepRow>, AppError> {
        let mut rows = store::steps(self.kit.db.read(), task.id).await?;
        if let Ok(definition) = self.definitions.version(&task.template, &task.version, task.version_id).await {
            for (position, step) in definition.template.steps.iter().enumerate().skip(rows.len()) {
                rows.push(StepRow::open(position as i64, &step.id, &step.name, &step.action));
            }
        }
        Ok(rows)
    }

    /// A page of the runs that the caller may see.
    pub async fn list(&self, caller: &Caller, query: &Query) -> Result<Listed, AppError> {
        authorise_own(&self.kit, caller, &READ_TASK).await?;
        let (condition, values) = self.condition(caller, query);
        let read = self.kit.db.read();
        let order = if query.oldest_first { "t.id" } else { "t.id DESC" };
        let tasks =
            store::tasks(read, &condition, values.clone(), order, query.limit.clamp(1, 1_000), query.offset).await?;
        Ok(Listed { tasks, total: store::count(read, &condition, values).await? })
    }

    /// Whether the caller may cancel a run, try it again or decide on it.
    pub fn may_change(&self, caller: &Caller, task: &Task) -> bool {
        self.may(caller, &CHANGE_TASK, task)
    }

    /// Ends a run: at once where no worker is at it, else as soon as its step has stopped.
    pub async fn cancel(&self, caller: &Caller, uuid: &str) -> Result<(), AppError> {
        self.changeable(caller, uuid).await?;
        let now = self.kit.clock.now();
        let tx = self.kit.db.begin().await?;
        let task = locked(&tx, uuid).await?;
        if task.state.is_over() {
            return Err(AppError::conflict(format!("This run is over: it is {}", task.state)));
        }
        if task.state == TaskState::Unknown {
            let line = store::line_of(&task, now, LineKind::Cancelled, "cancelled", "Run was cancelled");
            self.settle(&tx, &task, TaskState::Cancelled, "", &line).await?;
        } else {
            db::execute(
                &tx,
                "UPDATE templates_task SET cancelling = TRUE, changed_at = ? WHERE id = ?",
                [now.into(), task.id.into()],
            )
            .await?;
            if task.state != TaskState::Processing {
                jobs::enqueue(&tx, now, store::job_of(uuid, now)).await?;
            }
        }
        let event =
            Event { at: now, actor: caller, action: "templates.task.cancel", resource: uuid, detail: json!({}) };
        audit::append(&tx, event).await?;
        tx.commit().await?;
        self.running.cancel(task.id);
        self.wake.wake();
        self.wake_watcher(&task);
        self.hub.look();
        Ok(())
    }

    /// Has a run go on from the step at which it ended, with other values or secrets where they are given.
    pub async fn retry(
        &self,
        caller: &Caller,
        uuid: &str,
        values: Option<Map<String, Json>>,
        secrets: Map<String, Json>,
    ) -> Result<(), Refused> {
        let task = self.changeable(caller, uuid).await?;
        let values = match values {
            Some(values) => {
                let definition = self.definitions.version(&task.template, &task.version, task.version_id).await?;
                Some(self.checked(&definition, values)?)
            }
            None => None,
        };
        let now = self.kit.clock.now();
        let tx = self.kit.db.begin().await?;
        let task = locked(&tx, uuid).await?;
        if !matches!(task.state, TaskState::Failed | TaskState::Cancelled) {
            let why = format!("Only a run that failed or was cancelled can be tried again; this one is {}", task.state);
            return Err(AppError::conflict(why).into());
        }
        let missing: Vec<&str> =
            task.secret_names.iter().map(String::as_str).filter(|name| !secrets.contains_key(*name)).collect();
        if !missing.is_empty() {
            let why = format!("The secrets of the run are no longer kept; enter {} again", missing.join(", "));
            return Err(AppError::bad_request(why).into());
        }
        let changed = values.is_some();
        let parameters = values.map_or(task.parameters.clone(), Json::Object);
        let names: Vec<&String> = secrets.keys().collect();
        let text = "UPDATE templates_task SET state = 'open', error = '', ended_at = NULL, cancelling = FALSE, parameters = ?, sealed = ?, \
                    secret_names = ?, deadline = ?, log_lines = log_lines + 1, changed_at = ? WHERE id = ?";
        let values = [
            parameters.to_string().into(),
            self.seal(&secrets).into(),
            json!(names).to_string().into(),
            (now + millis(self.options.task_time)).into(),
            now.into(),
            task.id.into(),
        ];
        db::execute(&tx, text, values).await?;
        let said = if changed { "Tried again with other values" } else { "Tried again" };
        let line = store::line_of(&task, now, LineKind::Recovered, "open", said);
        store::put_lines(&tx, &[(task.id, &line)]).await?;
        reopen(&tx, &task).await?;
        jobs::enqueue(&tx, now, store::job_of(uuid, now)).await?;
        self.group.writer().tell(&tx, now, [task.watcher.as_str()]).await?;
        let detail = json!({ "other_values": changed });
        audit::append(&tx, Event { at: now, actor: caller, action: "templates.task.retry", resource: uuid, detail })
            .await?;
        tx.commit().await?;
        self.wake.wake();
        self.wake_watcher(&task);
        self.hub.look();
        Ok(())
    }

    /// Begins a new run with the values of an old one and the version of the template that is current now.
    pub async fn start_over(
        &self,
        caller: &Caller,
        uuid: &str,
        values: Option<Map<String, Json>>,
        secrets: Map<String, Json>,
    ) -> Result<String, Refused> {
        let task = self.task(caller, uuid).await?;
        let missing: Vec<&str> =
            task.secret_names.iter().map(String::as_str).filter(|name| !secrets.contains_key(*name)).collect();
        if !missing.is_empty() {
            return Err(AppError::bad_request(format!("Enter {} again", missing.join(", "))).into());
        }
        let values = values.or(task.parameters.as_object().cloned()).unwrap_or_default();
        let submission =
            Submission { template: task.template, values, secrets, started_over: task.uuid, by_default: false };
        self.submit(caller, submission).await
    }

    /// The actions that a template cannot do without and that are not installed. What depends on a condition may not be needed.
    pub fn missing(&self, definition: &Definition) -> Vec<String> {
        let steps = definition.template.steps.iter().filter(|step| step.r#if.is_none());
        let mut missing: Vec<String> =
            steps.filter(|step| self.registry.get(&step.action).is_none()).map(|step| step.action.clone()).collect();
        missing.sort();
        missing.dedup();
        missing
    }

    /// Says what became of a step of which nobody could tell.
    pub async fn decide(&self, caller: &Caller, uuid: &str, decision: Decision) -> Result<(), AppError> {
        self.changeable(caller, uuid).await?;
        let now = self.kit.clock.now();
        let tx = self.kit.db.begin().await?;
        let task = locked(&tx, uuid).await?;
        if task.state != TaskState::Unknown {
            return Err(AppError::conflict(format!("Nothing is to be decided: this run is {}", task.state)));
        }
        if decision == Decision::Repeat && !task.secret_names.is_empty() && task.sealed.is_empty() {
            let why = "The secrets of the run are no longer kept. End it as failed, then try it again with the secrets";
            return Err(AppError::conflict(why));
        }
        let step = store::steps(&tx, task.id).await?.into_iter().find(|step| step.position == task.position);
        let mut step = step.ok_or_else(|| AppError::internal("a run without the step that is to be decided on"))?;
        let (word, said, to) = match &decision {
            Decision::Done(_) => ("done", "It was done", TaskState::Open),
            Decision::Repeat => ("repeat", "It was not done and is done now", TaskState::Open),
            Decision::Fail => ("fail", "It was not done", TaskState::Failed),
        };
        step.begun = false;
        step.attempts = 0;
        match decision {
            Decision::Done(output) => {
                (step.state, step.output, step.ended_at) = (StepState::Completed, output, Some(now));
                step.error.clear();
            }
            Decision::Repeat => {
                step.state = StepState::Open;
                step.error.clear();
            }
            Decision::Fail => step.state = StepState::Failed,
        }
        store::put_steps(&tx, &[(task.id, &step)]).await?;
        let kind = if to == TaskState::Failed { LineKind::Completion } else { LineKind::Log };
        let status = if to == TaskState::Failed { to.name() } else { "" };
        let line = store::line_of(&task, now, kind, status, &format!("Decided for step “{}”: {said}", step.name));
        let error = if to == TaskState::Failed { task.error.clone() } else { String::new() };
        self.settle(&tx, &task, to, &error, &line).await?;
        if to == TaskState::Open {
            jobs::enqueue(&tx, now, store::job_of(uuid, now)).await?;
        }
        let detail = json!({ "step": step.step, "decision": word });
        audit::append(&tx, Event { at: now, actor: caller, action: "templates.task.decide", resource: uuid, detail })
            .await?;
        tx.commit().await?;
        self.wake.wake();
        self.wake_watcher(&task);
        self.hub.look();
        Ok(())
    }

    /// Writes something down, together with what others have to write at the moment.
    pub(super) async fn write(&self, unit: Unit) -> Result<(), WriteError> {
        self.group.write(unit).await
    }

    /// Has the worker of this process look for runs.
    pub(super) fn wake(&self) {
        self.wake.wake();
    }

    /// Has the worker of this process look for what whoever watches a run was told.
    pub(super) fn wake_watcher(&self, task: &Task) {
        if let Some(watch) = self.group.writer().watch.as_ref().filter(|_| !task.watcher.is_empty()) {
            watch.wake.wake();
        }
    }

    /// The secrets of a run, or why it cannot go on without them.
    pub(super) fn open_secrets(&self, task: &Task) -> Result<Map<String, Json>, String> {
        if task.secret_names.is_empty() {
            return Ok(Map::new());
        }
        if task.sealed.is_empty() {
            return Err("Its secrets are no longer kept; try it again and enter them".into());
        }
        let plain = self.kit.vault.open(SEALED_FOR, &task.sealed);
        let plain = plain.map_err(|error| format!("Its secrets cannot be read: {error}"))?;
        serde_json::from_slice(&plain).map_err(|_| "Its secrets cannot be read".into())
    }

    /// Who runs something, with the rights of now where those of its begin may be out of date.
    pub(super) async fn caller_now(&self, task: &Task) -> Result<Caller, String> {
        let caller = task.rights.caller();
        let Some(principal) = caller.principal() else { return Ok(caller) };
        if self.kit.clock.now() - task.created_at < RIGHTS_HOLD {
            return Ok(caller);
        }
        let subject: Subject = principal.subject.parse().map_err(|error| format!("Who runs it: {error}"))?;
        let found = people::find(&self.kit, self.directory.as_ref(), &self.administrators, &subject).await;
        let found = found.map_err(|error| format!("The rights of {}: {error}", principal.subject))?;
        if !found.is_there {
            return Err(format!("{} is no longer in the organisation", principal.subject));
        }
        let mut now = found.principal;
        (now.scopes, now.request) = (principal.scopes.clone(), principal.request.clone());
        Ok(Caller::Principal(Arc::new(now)))
    }

    /// The current version of a template that the caller may run.
    pub async fn runnable(&self, caller: &Caller, template: &str) -> Result<Arc<Definition>, AppError> {
        let thing = self.allowed(caller, template).await?;
        match self.definitions.newest(template, None).await? {
            // Whose a template is may change while its version stays.
            Some(definition) => Ok(Arc::new(definition.owned_as(thing))),
            None => {
                let known = definitions::Definition { plugin: crate::INFO.id, name: template };
                if definitions::newest(self.kit.db.read(), known).await?.is_some() {
                    let message =
                        "All versions of this template are withdrawn, so no run can begin; their pages say why";
                    return Err(AppError::Conflict { message: message.into() });
                }
                Err(AppError::Unavailable { what: "A version of this template, which was not published yet,".into() })
            }
        }
    }

    /// A template that the caller may run, as policies see it now.
    pub(super) async fn allowed(&self, caller: &Caller, template: &str) -> Result<Thing, AppError> {
        // A template that the caller may not see is as if it were not there, whatever else is allowed.
        let seen = |found: &Thing| self.kit.may(caller, &READ_TEMPLATE, &Resource::Known(&found.attributes()));
        let Some(thing) = self.definitions.thing(caller, template).await?.filter(seen) else {
            // Without any right to run something, nothing is said of what there is.
            self.kit.authorise(caller, &RUN_TEMPLATE, &Resource::One(template)).await?;
            return Err(AppError::not_found(format!("The template {template}")));
        };
        self.kit.authorise(caller, &RUN_TEMPLATE, &Resource::Known(&thing.attributes())).await?;
        Ok(thing)
    }

    /// The values as they are kept: those of fields that are shown, where all of them are right.
    pub(super) fn checked(
        &self,
        definition: &Definition,
        values: Map<String, Json>,
    ) -> Result<Map<String, Json>, Refused> {
        let values = Json::Object(values);
        if values.to_string().len() > VALUES {
            return Err(AppError::TooLarge { megabytes: VALUES >> 20 }.into());
        }
        let form = form::form(&definition.template.parameters);
        let errors = form.validate(&values, &form::Standard);
        if !errors.is_empty() {
            return Err(Refused::Values(errors));
        }
        let mut kept = form.prune(&values);
        for pointer in form.secrets(&values) {
            // A secret belongs among the secrets; as a value it would be kept and shown.
            if let Some(value) = kept.pointer_mut(&pointer) {
                *value = Json::String(kit::server::secrets::MASK.to_owned());
            }
        }
        Ok(if let Json::Object(values) = kept { values } else { Map::new() })
    }

    /// The entity of who calls, or null.
    async fn user(&self, caller: &Caller) -> Result<Json, AppError> {
        match caller.principal() {
            Some(principal) if principal.subject.starts_with("user:") => {
                Ok(self.entities.entity(&Caller::System, &principal.subject).await?.unwrap_or_default())
            }
            _ => Ok(Json::Null),
        }
    }

    fn seal(&self, secrets: &Map<String, Json>) -> String {
        if secrets.is_empty() {
            return String::new();
        }
        self.kit.vault.seal(SEALED_FOR, json!(secrets).to_string().as_bytes())
    }

    /// A run that the caller may see and change; any for the portal itself, which whoever watches it has act.
    async fn changeable(&self, caller: &Caller, uuid: &str) -> Result<Task, AppError> {
        if *caller == Caller::System {
            let found = store::task(self.kit.db.read(), uuid).await?;
            return found.ok_or_else(|| AppError::not_found(format!("The run {uuid}")));
        }
        let task = self.task(caller, uuid).await?;
        if !self.may(caller, &CHANGE_TASK, &task) {
            let attributes = attributes(&task, &task.caller);
            self.kit.authorise(caller, &CHANGE_TASK, &Resource::Known(&attributes)).await?;
        }
        Ok(task)
    }

    /// Whether policies allow it: of a run that belongs to who runs it, or to who owns its template.
    fn may(&self, caller: &Caller, permission: &Permission, task: &Task) -> bool {
        [&task.caller, &task.owner]
            .into_iter()
            .any(|owner| self.kit.may(caller, permission, &Resource::Known(&attributes(task, owner))))
    }

    async fn is_of_a_team_mate(&self, caller: &Caller, task: &Task) -> Result<bool, AppError> {
        let text = "SELECT team FROM templates_task_team WHERE task_id = ?";
        for row in db::rows(self.kit.db.read(), text, [task.id.into()]).await? {
            let team: String = row.try_get("", "team")?;
            if self.kit.may(caller, &READ_TASK, &Resource::Known(&attributes(task, &team))) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn condition(&self, caller: &Caller, query: &Query) -> (String, Vec<Value>) {
        let filter = self.kit.gate.filter(caller, &READ_TASK);
        let (mut parts, mut values): (Vec<String>, Vec<Value>) = (Vec::new(), Vec::new());
        // The rarest first, so that the database has an index to begin with.
        match query.scope {
            Scope::Mine => {
                parts.push("t.caller = ?".into());
                values.push(caller.subject().into());
            }
            Scope::Teams => {
                let groups: Vec<&String> = caller.principal().map_or(Vec::new(), |each| each.groups.iter().collect());
                let groups_of = |values: &mut Vec<Value>| {
                    values.extend(groups.iter().map(|group| Value::from(group.as_str())));
                    if groups.is_empty() { "NULL".to_owned() } else { db::marks(groups.len()) }
                };
                let (first, second) = (groups_of(&mut values), groups_of(&mut values));
                parts.push(format!(
                    "(t.owner IN ({first}) OR t.id IN (SELECT task_id FROM templates_task_team WHERE team IN ({second})))"
                ));
            }
            Scope::All => {}
        }
        if !query.template.is_empty() {
            parts.push("t.template = ?".into());
            values.push(query.template.as_str().into());
        }
        if !query.callers.is_empty() {
            parts.push(format!("t.caller IN ({})", db::marks(query.callers.len())));
            values.extend(query.callers.iter().map(|caller| Value::from(caller.as_str())));
        }
        if !query.states.is_empty() {
            parts.push(format!("t.state IN ({})", db::marks(query.states.len())));
            values.extend(query.states.iter().map(|state| Value::from(state.name())));
        }
        if filter != Filter::All {
            let mut visible = |owner: &str| {
                let (text, more) = filter.sql(&|attribute| column(attribute, owner));
                values.extend(more);
                text
            };
            let (own, owned, team) = (visible("t.caller"), visible("t.owner"), visible("m.team"));
            parts.push(format!(
                "({own} OR {owned} OR EXISTS (SELECT 1 FROM templates_task_team m WHERE m.task_id = t.id AND {team}))"
            ));
        }
        let condition = if parts.is_empty() { "TRUE".to_owned() } else { parts.join(" AND ") };
        (condition, values)
    }

    /// Has a run that no worker is at stand differently, with a line that says so.
    async fn settle(
        &self,
        tx: &DatabaseTransaction,
        task: &Task,
        to: TaskState,
        error: &str,
        line: &super::log::Line,
    ) -> Result<(), AppError> {
        if !task.state.may_become(to) {
            return Err(AppError::conflict(format!("This run is {}", task.state)));
        }
        let now = self.kit.clock.now();
        let over = to.is_over();
        let text = "UPDATE templates_task SET state = ?, error = ?, ended_at = ?, log_lines = ?, changed_at = ?, \
                    sealed = CASE WHEN ? THEN '' ELSE sealed END WHERE id = ?";
        let values = [
            to.name().into(),
            error.into(),
            over.then_some(now).into(),
            line.number.into(),
            now.into(),
            over.into(),
            task.id.into(),
        ];
        db::execute(tx, text, values).await?;
        store::put_lines(tx, &[(task.id, line)]).await?;
        let key = store::unknown_key(&task.uuid);
        retract(tx, Recipient::Person(&task.caller), &key).await?;
        if task.owner.starts_with("group:") {
            retract(tx, Recipient::Group(&task.owner), &key).await?;
        } else if !task.owner.is_empty() {
            retract(tx, Recipient::Person(&task.owner), &key).await?;
        }
        self.group.writer().tell(tx, now, [task.watcher.as_str()]).await?;
        Ok(())
    }
}

/// The runs that workers of this process are at, so that whoever ends one ends its step.
pub struct Running {
    kit: Kit,
    runs: Mutex<Runs>,
}

#[derive(Default)]
struct Runs {
    tokens: HashMap<i64, CancellationToken>,
    /// Whether the database is being looked at.
    looking: bool,
}

/// How often other instances' wish that a run ends is looked for.
const LOOK: Duration = Duration::from_secs(1);

impl Running {
    /// Lists a run for as long as what comes back is kept.
    pub(super) fn add(self: &Arc<Self>, task: i64, parent: &CancellationToken) -> Listing {
        let token = parent.child_token();
        let mut runs = self.runs();
        if !std::mem::replace(&mut runs.looking, true) {
            tokio::spawn(self.clone().look());
        }
        runs.tokens.insert(task, token.clone());
        drop(runs);
        Listing { running: self.clone(), task, token }
    }

    fn cancel(&self, task: i64) {
        if let Some(token) = self.runs().tokens.get(&task) {
            token.cancel();
        }
    }

    /// Looks while there is a run.
    async fn look(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            let runs: Vec<i64> = {
                let mut runs = self.runs();
                runs.looking = !runs.tokens.is_empty();
                runs.tokens.keys().copied().collect()
            };
            if runs.is_empty() {
                return;
            }
            match store::cancelling(self.kit.db.read(), &runs).await {
                Ok(cancelling) => cancelling.into_iter().for_each(|task| self.cancel(task)),
                Err(error) => tracing::warn!(%error, "which runs are to end cannot be read; trying again"),
            }
        }
    }

    fn runs(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run on the list.
pub(super) struct Listing {
    running: Arc<Running>,
    task: i64,
    token: CancellationToken,
}

impl Listing {
    /// Cancelled when the run is to stop.
    pub(super) fn token(&self) -> CancellationToken {
        self.token.clone()
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        self.running.runs().tokens.remove(&self.task);
    }
}

/// A run as policies see it, where `owner` is one of those that it belongs to.
fn attributes<'a>(task: &'a Task, owner: &'a str) -> Attributes<'a> {
    Attributes { id: &task.uuid, kind: "task", namespace: &task.namespace, r#type: &task.r#type, lifecycle: "", owner }
}

fn column(attribute: Attribute, owner: &str) -> String {
    match attribute {
        Attribute::Id => "t.uuid".into(),
        Attribute::Kind => "'task'".into(),
        Attribute::Namespace => "t.namespace".into(),
        Attribute::Type => "t.type".into(),
        Attribute::Lifecycle => "''".into(),
        Attribute::Owner => owner.to_owned(),
    }
}

/// The groups that the entity of a person is a member of, directly.
fn teams_of(user: &Json) -> Vec<String> {
    let relations = user["relations"].as_array().map_or(&[][..], Vec::as_slice);
    let teams = relations.iter().filter(|relation| relation["type"] == "memberOf");
    let mut teams: Vec<String> =
        teams.filter_map(|relation| relation["targetRef"].as_str()).map(str::to_ascii_lowercase).collect();
    teams.sort();
    teams.dedup();
    teams
}

async fn locked(tx: &DatabaseTransaction, uuid: &str) -> Result<Task, AppError> {
    store::task_for_update(tx, uuid).await?.ok_or_else(|| AppError::not_found(format!("The run {uuid}")))
}

/// Opens the step at which a run ended.
async fn reopen(tx: &DatabaseTransaction, task: &Task) -> Result<(), AppError> {
    let text = "UPDATE templates_step SET state = 'open', begun = FALSE, attempts = 0, error = '', waits_with = '', started_at = NULL, ended_at = NULL \
                WHERE task_id = ? AND state NOT IN ('completed', 'skipped')";
    db::execute(tx, text, [task.id.into()]).await?;
    Ok(())
}

pub(super) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX / 4)
}

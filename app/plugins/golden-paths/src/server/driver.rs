//! Has journeys go on: hears of runs, does what is due outside, and records what came of it. Whoever takes over after a crash finds the same to do.

use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use journey::{Command, Effect, Entry, Journey, KEY, Outcome, StepState, UndoState};
use kit::error::AppError;
use kit::identity::{Caller, Subject};
use kit::server::fetch::FetchError;
use kit::server::jobs::{Handler, JobError, Lease, Next};
use kit::server::people;
use kit::server::runs::{self, NewRun, RunState};
use serde_json::{Map, Value, json};
use url::Url;
use uuid::Uuid;

use super::GoldenPaths;
use super::engine::{Also, By, Failed};
use super::faults::Point;
use super::service::wrong_fields;
use super::store::{self, Stored, Write};
use super::versions::{DEEPEST, to_run};
use super::view;

/// What secrets are sealed for.
pub(super) const SEALED_FOR: &str = "journey";

/// Rounds of one turn; a journey that goes on without end has the others wait no longer.
const ROUNDS: usize = 500;

/// The longest text of what an address said, in characters.
const SAID: usize = 200;

/// Has journeys go on.
pub struct Advance {
    /// What it works with.
    pub paths: GoldenPaths,
}

#[async_trait]
impl Handler for Advance {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let paths = &self.paths;
        for _ in 0..ROUNDS {
            if lease.cancelled.is_cancelled() {
                return Err(JobError::Failed("the portal stops".into()));
            }
            let Some(Stored { journey, .. }) = store::load(paths.kit.db.read(), &lease.key).await? else {
                return Ok(Next::Done);
            };
            let journey = paths.hear(lease, journey).await?;
            let journey = paths.look(lease, journey).await?;
            let effects = journey.effects(paths.kit.clock.now());
            if effects.is_empty() {
                return Ok(journey.wake_at().map_or(Next::Done, Next::At));
            }
            // One that fails for now keeps none of the others from being done.
            let mut failed = None;
            for effect in effects {
                match paths.perform(lease, &journey, effect).await {
                    Ok(()) => {}
                    Err(JobError::LeaseLost) => return Err(JobError::LeaseLost),
                    Err(error) => failed = Some(error),
                }
            }
            if let Some(error) = failed {
                return Err(error);
            }
        }
        Ok(Next::At(paths.kit.clock.now()))
    }
}

impl GoldenPaths {
    async fn record(&self, lease: &Lease, command: Command, also: Also<'_>) -> Result<(Journey, Vec<Entry>), JobError> {
        let by = By { who: None, caller: &Caller::System, lease: Some(lease) };
        self.command(&lease.key, &by, command, also).await.map_err(failed)
    }

    /// Records how the runs of a journey stand.
    async fn hear(&self, lease: &Lease, mut journey: Journey) -> Result<Journey, JobError> {
        for (run, is_path) in watched(&journey) {
            let outcomes = if is_path {
                self.child_outcomes(&run).await?
            } else {
                self.run_outcomes(&journey, &run).await.map_err(said)?
            };
            for outcome in outcomes {
                let command = Command::RunEnded { run: run.clone(), outcome };
                // Nothing is locked for what changes nothing.
                if self.is_news(&journey, &command).await? {
                    (journey, _) = self.record(lease, command, Also::default()).await?;
                }
            }
        }
        Ok(journey)
    }

    /// Records what is due of itself.
    async fn look(&self, lease: &Lease, journey: Journey) -> Result<Journey, JobError> {
        if self.is_news(&journey, &Command::Look).await? {
            return Ok(self.record(lease, Command::Look, Also::default()).await?.0);
        }
        Ok(journey)
    }

    async fn is_news(&self, journey: &Journey, command: &Command) -> Result<bool, JobError> {
        let known = self.ready.forms(journey).await.map_err(said)?;
        let answer = journey.handle(self.kit.clock.now(), &known, None, command.clone());
        Ok(!answer.is_ok_and(|(_, entries)| entries.is_empty()))
    }

    /// How a run stands, as far as the journey may not know it.
    async fn run_outcomes(&self, journey: &Journey, run: &str) -> Result<Vec<Outcome>, AppError> {
        let Some(found) = self.runs.run(run).await? else {
            return Ok(vec![Outcome::Failed("The run is no longer kept".into())]);
        };
        let step = journey.steps.iter().find(|step| step.run == run);
        let is_resumed = step.is_some_and(|step| step.resume || step.unknown || step.state == StepState::Failed);
        Ok(match found.state {
            RunState::Completed => {
                let mut outputs = found.output;
                if let Some(first) = found.entities.first() {
                    outputs.entry("entityRef").or_insert_with(|| json!(first));
                }
                let resumed = step.is_some_and(|step| step.resume).then_some(Outcome::Resumed);
                resumed.into_iter().chain([Outcome::Completed(outputs)]).collect()
            }
            RunState::Failed => vec![Outcome::Failed(or(&found.error, "The run failed"))],
            RunState::Cancelled => vec![Outcome::Failed(or(&found.error, "The run was cancelled"))],
            RunState::Unknown => {
                vec![Outcome::Unknown(or(&found.error, "Nobody can tell whether its step was done"))]
            }
            RunState::Queued | RunState::Running | RunState::Waiting if is_resumed => vec![Outcome::Resumed],
            RunState::Queued | RunState::Running | RunState::Waiting => Vec::new(),
        })
    }

    /// What a journey along a nested path came to.
    async fn child_outcomes(&self, child: &str) -> Result<Vec<Outcome>, JobError> {
        let Some(Stored { journey, .. }) = store::load(self.kit.db.read(), child).await? else {
            return Ok(vec![Outcome::Failed("The journey is no longer kept".into())]);
        };
        if !view::is_settled(&journey) {
            return Ok(Vec::new());
        }
        let why = |what: &str| {
            let reason = if journey.reason.is_empty() { String::new() } else { format!(": {}", journey.reason) };
            format!("The journey was {what}{reason}")
        };
        Ok(vec![match journey.state {
            journey::JourneyState::Completed => Outcome::Completed(journey.outputs.clone()),
            journey::JourneyState::Cancelled => Outcome::Failed(why("cancelled")),
            _ => Outcome::Failed(why("given up")),
        }])
    }

    async fn perform(&self, lease: &Lease, journey: &Journey, effect: Effect) -> Result<(), JobError> {
        let what = name(&effect);
        self.struck(Point::BeforeEffect, &journey.id, what)?;
        let (command, forget) = match effect {
            Effect::Begin { step, key, is_path, pin, values, by, undoes: _ } => {
                let begun = if is_path {
                    self.begin_child(journey, &step, &key, &pin, values, &by).await?
                } else {
                    self.begin_run(journey, &key, &pin, values, &by).await?
                };
                self.struck(Point::AfterEffect, &journey.id, what)?;
                let command = match begun {
                    Ok(run) => Command::RunBegun { step, key: key.clone(), run },
                    Err(Unbegun { why, missing }) => Command::RunRefused { step, key: key.clone(), why, missing },
                };
                (command, Some((key, is_path)))
            }
            Effect::Resume { step: _, run, .. } => {
                let commands = self.resume(&run).await?;
                self.struck(Point::AfterEffect, &journey.id, what)?;
                for outcome in commands {
                    self.record(lease, Command::RunEnded { run: run.clone(), outcome }, Also::default()).await?;
                }
                return self.struck(Point::AfterRecord, &journey.id, what);
            }
            Effect::Find { step, key, is_path } => {
                let found = self.found(&key, is_path).await?;
                let command = match found {
                    Some(run) => Command::RunBegun { step, key: key.clone(), run },
                    None => {
                        let why = "The journey was over before it began".into();
                        Command::RunRefused { step, key: key.clone(), why, missing: false }
                    }
                };
                (command, Some((key, is_path)))
            }
            Effect::Stop { run, is_path } => {
                self.stop(&run, is_path).await?;
                self.struck(Point::AfterEffect, &journey.id, what)?;
                (Command::RunStopped { run }, None)
            }
            Effect::Probe { step, url, status, contains } => {
                let Probed { good, said, again } = self.probe(&url, status, &contains).await;
                self.struck(Point::AfterEffect, &journey.id, what)?;
                (Command::Probed { step, good, said, again }, None)
            }
        };
        let run = match &command {
            Command::RunBegun { run, .. } => Some(run.clone()),
            _ => None,
        };
        let also = Also { forget_secret: forget.as_ref().map(|(key, _)| key.as_str()), ..Also::default() };
        let (after, _) = self.record(lease, command, also).await?;
        self.struck(Point::AfterRecord, &journey.id, what)?;
        // The journey may have moved on while it began: then nobody waits for it.
        if let (Some(run), Some((_, is_path))) = (run, forget)
            && !knows(&after, &run)
        {
            self.stop(&run, is_path).await?;
        }
        Ok(())
    }

    fn struck(&self, point: Point, journey: &str, what: &str) -> Result<(), JobError> {
        if self.faults.strikes(point, journey, what) {
            return Err(JobError::Failed(format!("struck: {point:?} at {what}")));
        }
        Ok(())
    }

    async fn begin_run(
        &self,
        journey: &Journey,
        key: &str,
        pin: &journey::Pin,
        mut values: Map<String, Value>,
        by: &str,
    ) -> Result<Result<String, Unbegun>, JobError> {
        // What has begun already has begun, whoever may do what by now.
        if let Some(run) = self.runs.find(key).await.map_err(said)? {
            return Ok(Ok(run));
        }
        let caller = match self.caller(by).await.map_err(said)? {
            Ok(caller) => caller,
            Err(why) => return Ok(Err(Unbegun { why, missing: false })),
        };
        let mut secrets = Map::new();
        if let Some(sealed) = store::secret(self.kit.db.read(), &journey.id, key).await? {
            let kept = self.kit.vault.open(SEALED_FOR, &sealed).ok();
            let kept: Option<Secrets> = kept.and_then(|plain| serde_json::from_slice(&plain).ok());
            let Some(kept) = kept else {
                let why = "Its secrets cannot be read any more; enter them again".into();
                return Ok(Err(Unbegun { why, missing: false }));
            };
            for (pointer, secret) in kept.at {
                if let Value::Object(with) = form::with_value(Value::Object(values.clone()), &pointer, secret) {
                    values = with;
                }
            }
            secrets = kept.named;
        }
        let new =
            NewRun { key: key.to_owned(), pin: to_run(pin), caller, values, secrets, watcher: journey.id.clone() };
        Ok(match self.runs.begin(new).await {
            Ok(run) => Ok(run),
            Err(runs::Refused::Values(errors)) => Err(Unbegun { why: wrong_fields(&errors), missing: false }),
            Err(runs::Refused::Error(error)) => match error {
                AppError::NotFound { .. } => Err(Unbegun { why: error.to_string(), missing: true }),
                AppError::BadRequest { .. }
                | AppError::Conflict { .. }
                | AppError::Forbidden { .. }
                | AppError::Unauthenticated
                | AppError::TooLarge { .. } => Err(Unbegun { why: error.to_string(), missing: false }),
                other => return Err(said(other)),
            },
        })
    }

    /// Begins a journey along a nested path, as a part of this one. The same key again gives the same journey.
    async fn begin_child(
        &self,
        journey: &Journey,
        step: &str,
        key: &str,
        pin: &journey::Pin,
        values: Map<String, Value>,
        by: &str,
    ) -> Result<Result<String, Unbegun>, JobError> {
        let child = child_id(key);
        if store::exists(self.kit.db.read(), &child).await? {
            return Ok(Ok(child));
        }
        if self.depth(journey).await? >= DEEPEST {
            let why = format!("Golden paths lie within each other {DEEPEST} deep at most");
            return Ok(Err(Unbegun { why, missing: false }));
        }
        let definition = match self.ready.path(pin.id).await {
            Ok(definition) => definition,
            Err(error @ (AppError::NotFound { .. } | AppError::BadRequest { .. })) => {
                return Ok(Err(Unbegun { why: error.to_string(), missing: true }));
            }
            Err(error) => return Err(said(error)),
        };
        let id = step.split('[').next().unwrap_or(step);
        let prefix = format!("{id}/path/");
        let within = journey.pins.iter().filter_map(|(key, pin)| Some((key.strip_prefix(&prefix)?, pin)));
        let pins: journey::Pins = within.map(|(key, pin)| (key.to_owned(), pin.clone())).collect();
        let known = self.ready.forms_of(pins.values()).await.map_err(said)?;
        let draft = Command::Draft {
            path: pin.name.clone(),
            title: definition.title.clone(),
            owner: journey.owner.clone(),
            parent: Some((journey.id.clone(), step.to_owned())),
            over: String::new(),
        };
        let start = Command::Start {
            pin: pin.clone(),
            parameters: values,
            steps: definition.steps.clone(),
            output: definition.output.clone(),
            pins,
        };
        let who = journey::Who { subject: by.to_owned(), ..journey::Who::default() };
        let now = self.kit.clock.now();
        let refused = |error: journey::Refused| JobError::Failed(error.to_string());
        let (drafted, mut entries) = Journey::new(&child).handle(now, &known, Some(&who), draft).map_err(refused)?;
        let (started, more) = drafted.handle(now, &known, None, start).map_err(refused)?;
        entries.extend(more);
        let tx = self.kit.db.begin().await?;
        let write = Write { before: None, after: &started, entries: &entries, now };
        let made = self.write(&tx, &write, &By { who: None, caller: &Caller::System, lease: None }).await?;
        if made {
            self.commit(tx, &child, &entries).await?;
            self.wake.wake();
        } else {
            tx.rollback().await?;
        }
        Ok(Ok(child))
    }

    async fn depth(&self, journey: &Journey) -> Result<usize, JobError> {
        let (mut depth, mut above) = (1, journey.parent.clone());
        while let Some((parent, _)) = above
            && depth < DEEPEST
        {
            let found = store::load(self.kit.db.read(), &parent).await?;
            above = found.and_then(|found| found.journey.parent);
            depth += 1;
        }
        Ok(depth)
    }

    /// Has a run go on, and gives what is to be recorded of it.
    async fn resume(&self, run: &str) -> Result<Vec<Outcome>, JobError> {
        match self.runs.retry(&Caller::System, run, None, Map::new()).await {
            // It may go on already, by its own page.
            Ok(()) | Err(runs::Refused::Error(AppError::Conflict { .. })) => Ok(vec![Outcome::Resumed]),
            Err(runs::Refused::Values(errors)) => Ok(vec![Outcome::Resumed, Outcome::Failed(wrong_fields(&errors))]),
            Err(runs::Refused::Error(error)) => match error {
                AppError::BadRequest { .. } | AppError::NotFound { .. } | AppError::Forbidden { .. } => {
                    Ok(vec![Outcome::Resumed, Outcome::Failed(error.to_string())])
                }
                other => Err(said(other)),
            },
        }
    }

    async fn found(&self, key: &str, is_path: bool) -> Result<Option<String>, JobError> {
        if is_path {
            let child = child_id(key);
            return Ok(store::exists(self.kit.db.read(), &child).await?.then_some(child));
        }
        self.runs.find(key).await.map_err(said)
    }

    /// Tells a run that nobody waits for it any more; one that is over already needs no telling.
    async fn stop(&self, run: &str, is_path: bool) -> Result<(), JobError> {
        let run = match run.strip_prefix(KEY) {
            Some(key) => match self.found(key, is_path).await? {
                Some(run) => run,
                None => return Ok(()),
            },
            None => run.to_owned(),
        };
        if !is_path {
            return match self.runs.cancel(&Caller::System, &run).await {
                Ok(()) | Err(AppError::Conflict { .. } | AppError::NotFound { .. }) => Ok(()),
                Err(error) => Err(said(error)),
            };
        }
        let by = By { who: None, caller: &Caller::System, lease: None };
        let command = Command::Cancel { reason: "The journey that it is a part of no longer needs it".into() };
        match self.command(&run, &by, command, Also::default()).await {
            Ok(_) | Err(Failed::Refused(_) | Failed::Unknown) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Asks an address.
    async fn probe(&self, url: &str, status: u16, contains: &str) -> Probed {
        let hopeless = |said: &str| Probed { good: false, said: said.chars().take(SAID).collect(), again: false };
        let Ok(url) = Url::parse(url) else { return hopeless("The address is no URL") };
        let request = http::Request::builder().method(Method::GET).uri(url.as_str()).body(Vec::new());
        let Ok(request) = request else { return hopeless("The address is no URL") };
        let answer = match self.kit.fetcher.send(request).await {
            Ok(answer) => answer,
            Err(error @ (FetchError::HostNotAllowed(_) | FetchError::AddressNotAllowed(_) | FetchError::BadUrl(_))) => {
                return hopeless(&error.to_string());
            }
            Err(error) => return Probed { again: true, ..hopeless(&error.to_string()) },
        };
        let found = answer.status().as_u16();
        let is_there = contains.is_empty() || String::from_utf8_lossy(answer.body()).contains(contains);
        let (good, said) = match found == status {
            false => (false, format!("It answered with status {found} instead of {status}")),
            true if !is_there => (false, format!("Its answer does not contain {contains:?}")),
            true => (true, format!("It answered with status {found}")),
        };
        Probed { good, said, again: true }
    }

    /// Somebody with the rights of now, or why there is nobody.
    pub(super) async fn caller(&self, subject: &str) -> Result<Result<Caller, String>, AppError> {
        if subject == Caller::Operator.subject() {
            return Ok(Ok(Caller::Operator));
        }
        let Ok(name) = subject.parse::<Subject>() else { return Ok(Err(format!("{subject} is nobody"))) };
        let found = people::find(&self.kit, self.directory.as_ref(), &self.administrators, &name).await?;
        if !found.is_there {
            return Ok(Err(format!("{subject} is no longer in the organisation")));
        }
        Ok(Ok(Caller::Principal(Arc::new(found.principal))))
    }
}

/// Whether an address answered as it should, what it said, and whether it is any use to ask again.
struct Probed {
    good: bool,
    said: String,
    again: bool,
}

/// Secrets of a form, as they are sealed.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Secrets {
    /// Those of fields, by their pointers.
    pub at: Vec<(String, Value)>,
    /// All, by their names.
    pub named: Map<String, Value>,
}

/// Why something did not begin.
struct Unbegun {
    why: String,
    missing: bool,
}

/// The number of the journey along a nested path that is begun under a key.
pub(super) fn child_id(key: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("portico:golden-paths:{key}").as_bytes()).to_string()
}

/// The runs of a journey that may stand otherwise than it knows; whether each is a journey.
fn watched(journey: &Journey) -> Vec<(String, bool)> {
    let mut runs = Vec::new();
    for step in &journey.steps {
        let may_change =
            step.state == StepState::Running || step.state == StepState::Failed && !journey.state.is_over();
        if may_change && !step.run.is_empty() {
            runs.push((step.run.clone(), step.definition.kind.name() == "path"));
        }
    }
    for undo in &journey.undo {
        if undo.state == UndoState::Running && !undo.run.is_empty() {
            runs.push((undo.run.clone(), false));
        }
    }
    runs
}

/// Whether a journey knows of a run.
fn knows(journey: &Journey, run: &str) -> bool {
    journey.stopping.contains_key(run)
        || journey.steps.iter().any(|step| step.run == run)
        || journey.undo.iter().any(|undo| undo.run == run)
}

fn name(effect: &Effect) -> &'static str {
    match effect {
        Effect::Begin { undoes: true, .. } => "undo",
        Effect::Begin { is_path: true, .. } => "begin-path",
        Effect::Begin { .. } => "begin-template",
        Effect::Resume { .. } => "resume",
        Effect::Find { .. } => "find",
        Effect::Stop { .. } => "stop",
        Effect::Probe { .. } => "probe",
    }
}

fn or(said: &str, otherwise: &str) -> String {
    if said.is_empty() { otherwise.to_owned() } else { said.to_owned() }
}

fn said(error: AppError) -> JobError {
    JobError::Failed(error.to_string())
}

fn failed(error: Failed) -> JobError {
    match error {
        Failed::LeaseLost => JobError::LeaseLost,
        Failed::Refused(refused) => JobError::Failed(refused.to_string()),
        Failed::Unknown => JobError::Failed("there is no such journey".into()),
        Failed::Error(error) => said(error),
    }
}

//! Does runs: one step after the other, each written down before anything outside depends on it.
//!
//! A run may be cut off at any moment. What is written down is then where the next worker begins: the steps that are done with their outputs, the
//! files as the last of them left them, and whether a step was under way. Quick steps that have no effect outside are written down together.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kit::identity::Caller;
use kit::server::clock::Millis;
use kit::server::jobs::{Handler, JobError, Lease, Next};
use scaffold::action::{Action, ActionError, Level, Origin, Outcome, Reach, Repeat, Step};
use scaffold::definition::StepDefinition;
use scaffold::run::{Context, Prepared};
use scaffold::workspace::{Workspace, WorkspaceError};
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::log::{LineKind, Recorder};
use super::mask::Mask;
use super::source::Definition;
use super::state::{StepState, TaskState};
use super::store::{self, Asks, Progress, StepRow, Task, Unit, WriteError};
use super::tasks::Tasks;

/// What was done is written down at the latest after this long.
const SOON: Duration = Duration::from_millis(50);

/// What a step tells while it runs is written down this often.
const EVERY: Duration = Duration::from_millis(250);

/// How long a step that is to stop may take to do so; then it is left to itself.
const GRACE: Duration = Duration::from_secs(10);

/// The wait after a first failure that may pass; it grows fourfold with every further one.
const PAUSE: Duration = Duration::from_secs(2);

/// The handler of runs.
pub struct Engine {
    /// What it works with.
    pub tasks: Arc<Tasks>,
}

#[async_trait]
impl Handler for Engine {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let read = self.tasks.kit.db.read();
        let Some(task) = store::task(read, &lease.key).await? else { return Ok(Next::Done) };
        if task.state.is_over() || task.state == TaskState::Unknown {
            return Ok(Next::Done);
        }
        let rows = if task.started_at.is_none() { Vec::new() } else { store::steps(read, task.id).await? };
        let _listed = self.tasks.running.add(task.id, &lease.cancelled);
        let cancelled = _listed.token();
        let mut run = Run::new(&self.tasks, lease, task, rows, cancelled);
        let ended = run.go().await;
        run.clear();
        ended.map(|()| Next::Settled)
    }
}

/// Why a run goes no further for now.
enum Stop {
    /// It failed, for this reason.
    Failed(String),
    /// Somebody ended it.
    Cancelled,
    /// Nobody can tell whether its step was done.
    Unknown(String),
    /// It goes on at this time.
    Waits(Millis),
    /// The process stops, or another one holds the lease: nothing more is written.
    Left(JobError),
}

impl From<WriteError> for Stop {
    fn from(error: WriteError) -> Self {
        Self::Left(match error {
            WriteError::LeaseLost => JobError::LeaseLost,
            WriteError::Db(error) => JobError::Db(error),
            moved @ WriteError::Moved(_) => JobError::Failed(moved.to_string()),
        })
    }
}

/// A run in the hands of a worker.
struct Run<'a> {
    tasks: &'a Arc<Tasks>,
    lease: &'a Lease,
    task: Task,
    rows: Vec<StepRow>,
    changed: Vec<bool>,
    recorder: Arc<Recorder>,
    mask: Mask,
    workspace: Option<Arc<Workspace>>,
    /// The generation of the workspace that `snapshot`, or the table, has.
    kept: u64,
    snapshot: Option<Vec<u8>>,
    keeps_files: bool,
    cancelled: CancellationToken,
    written: Instant,
}

/// What all steps of a run share.
struct Scene {
    definition: Arc<Definition>,
    origin: Arc<Origin>,
    caller: Arc<Caller>,
    user: Arc<Value>,
    secrets: Arc<Map<String, Value>>,
}

impl<'a> Run<'a> {
    fn new(
        tasks: &'a Arc<Tasks>,
        lease: &'a Lease,
        task: Task,
        rows: Vec<StepRow>,
        cancelled: CancellationToken,
    ) -> Self {
        let mask = Mask::default();
        let recorder = recorder(tasks, &mask, &task);
        let changed = vec![false; rows.len()];
        let keeps_files = task.started_at.is_some();
        let written = Instant::now();
        Self {
            tasks,
            lease,
            task,
            rows,
            changed,
            recorder,
            mask,
            workspace: None,
            kept: 0,
            snapshot: None,
            keeps_files,
            cancelled,
            written,
        }
    }

    /// Goes on until it ends or has to wait, and writes that down.
    async fn go(&mut self) -> Result<(), JobError> {
        let ended = self.steps().await;
        let (to, next, asks) = match ended {
            Ok(()) => (TaskState::Completed, Next::Done, None),
            Err(Stop::Left(error)) => {
                // What was finished before the process was told to stop need not be done again.
                if !matches!(error, JobError::LeaseLost) {
                    let _ = self.flush().await;
                }
                return Err(error);
            }
            Err(Stop::Waits(until)) => (TaskState::Waiting, Next::At(until), None),
            Err(Stop::Failed(error)) => {
                self.task.error = self.mask.text(&error);
                (TaskState::Failed, Next::Done, None)
            }
            Err(Stop::Cancelled) => (TaskState::Cancelled, Next::Done, None),
            Err(Stop::Unknown(why)) => {
                self.task.error = self.mask.text(&why);
                (TaskState::Unknown, Next::Done, Some(self.asks()))
            }
        };
        self.tell_end(to);
        self.write(to, Some(next), asks).await.map_err(|stop| match stop {
            Stop::Left(error) => error,
            _ => JobError::Failed("the end of a run was not written".into()),
        })
    }

    /// Does the steps that are not done.
    async fn steps(&mut self) -> Result<(), Stop> {
        if self.task.cancelling {
            return Err(Stop::Cancelled);
        }
        let now = self.tasks.kit.clock.now();
        if now >= self.task.deadline {
            return Err(Stop::Failed(self.too_late()));
        }
        let first = self.task.started_at.is_none();
        self.task.started_at.get_or_insert(now);
        let secrets = self.tasks.open_secrets(&self.task).map_err(Stop::Failed)?;
        self.mask = Mask::new(&secrets);
        self.recorder = recorder(self.tasks, &self.mask, &self.task);
        let scene = self.scene(secrets).await?;
        let steps = &scene.definition.template.steps;
        for (position, step) in steps.iter().enumerate().skip(self.rows.len()) {
            self.rows.push(StepRow::open(position as i64, &step.id, &step.name, &step.action));
            self.changed.push(false);
        }
        if !first && self.task.state != TaskState::Waiting {
            self.recorder.event(
                LineKind::Recovered,
                Level::Info,
                "",
                "Taken up again after the last step that was written down",
            );
        }
        let mut context = Context::new(&scene.definition.template, &self.task.parameters, &scene.user, &scene.secrets);
        for (row, step) in self.rows.iter().zip(steps) {
            if row.state.is_behind() {
                context.add(&step.id, &row.output);
            }
        }
        for (position, step) in steps.iter().enumerate() {
            if self.rows[position].state.is_behind() {
                continue;
            }
            self.task.position = position as i64;
            self.recorder.at_step(&step.id);
            let output = self.step(&scene, &context, position, step).await?;
            context.add(&step.id, &output);
        }
        self.recorder.at_step("");
        self.task.position = steps.len() as i64;
        let output = context.output().map_err(|error| Stop::Failed(format!("The template's output: {error}")))?;
        self.task.output = self.mask.value(output);
        Ok(())
    }

    async fn scene(&self, secrets: Map<String, Value>) -> Result<Scene, Stop> {
        let task = &self.task;
        let definition = self.tasks.definitions.version(&task.template, &task.version, task.version_id).await;
        let definition = definition.map_err(|error| Stop::Failed(format!("The template cannot be read: {error}")))?;
        let origin = Origin {
            template: task.template.clone(),
            version: task.version.clone(),
            task: task.uuid.clone(),
            strict: definition.template.strict,
        };
        let caller = self.tasks.caller_now(task).await.map_err(Stop::Failed)?;
        Ok(Scene {
            definition,
            origin: Arc::new(origin),
            caller: Arc::new(caller),
            user: Arc::new(task.user.clone()),
            secrets: Arc::new(secrets),
        })
    }

    /// Does one step, or what is left of it; gives its outputs.
    async fn step(
        &mut self,
        scene: &Scene,
        context: &Context<'_>,
        position: usize,
        step: &StepDefinition,
    ) -> Result<Map<String, Value>, Stop> {
        if self.cancelled.is_cancelled() {
            return Err(self.interrupted());
        }
        let failed = |error: String| Stop::Failed(format!("Step “{}”: {error}", step.name));
        let action = self.tasks.registry.get(&step.action);
        let info = action.as_ref().map(|action| action.info().clone());
        let prepared = context.prepare(step, info.as_ref()).map_err(|error| error.to_string());
        let (inputs, collects) = match prepared {
            Ok(Prepared::Skip) => {
                self.recorder.event(LineKind::Log, Level::Info, "skipped", &format!("Skipped step {}", step.name));
                self.row(position).state = StepState::Skipped;
                return Ok(Map::new());
            }
            Ok(Prepared::Run(input)) => (vec![input], false),
            Ok(Prepared::Each(inputs)) => (inputs, true),
            Err(error) => return Err(self.fail(position, failed(error))),
        };
        let Some(action) = action else {
            let owner = &scene.definition.thing.owner;
            let error = format!("the action {} is not installed; ask {owner}, which owns the template", step.action);
            return Err(self.fail(position, failed(error)));
        };
        if self.rows[position].begun && inputs.iter().any(|input| action.repeat(input) == Repeat::Unknown) {
            let why = format!("Step “{}” was cut off, and nobody can tell how far it came", step.name);
            self.row(position).state = StepState::Unknown;
            return Err(Stop::Unknown(why));
        }
        let now = self.tasks.kit.clock.now();
        let row = self.row(position);
        row.state = StepState::Processing;
        row.error.clear();
        let begins = row.started_at.is_none();
        row.started_at.get_or_insert(now);
        row.ended_at = None;
        if begins {
            self.recorder.event(LineKind::Log, Level::Info, "processing", &format!("Beginning step {}", step.name));
        }
        let done = self.rows[position].parts.len();
        for (round, input) in inputs.into_iter().enumerate().skip(done) {
            if self.cancelled.is_cancelled() {
                let stop = self.interrupted();
                return Err(self.fail(position, stop));
            }
            let key = if collects {
                format!("{}.{}.{round}", self.task.uuid, step.id)
            } else {
                format!("{}.{}", self.task.uuid, step.id)
            };
            let output = self.round(scene, &action, position, step, key, input).await?;
            let row = self.row(position);
            row.waits_with = Value::Null;
            row.begun = false;
            row.parts.push(Value::Object(output));
            self.settle().await?;
        }
        let now = self.tasks.kit.clock.now();
        let row = self.row(position);
        let parts = std::mem::take(&mut row.parts);
        row.output = if collects { scaffold::run::collect(parts) } else { only(parts) };
        row.state = StepState::Completed;
        row.ended_at = Some(now);
        let output = row.output.clone();
        let bytes = json!(output).to_string().len();
        if bytes > self.tasks.options.output_bytes {
            self.row(position).output = Map::new();
            let most = self.tasks.options.output_bytes >> 10;
            return Err(
                self.fail(position, failed(format!("its outputs are {} KB; {most} KB are kept at most", bytes >> 10)))
            );
        }
        self.recorder.event(LineKind::Log, Level::Info, "completed", &format!("Finished step {}", step.name));
        if self.written.elapsed() > SOON {
            self.flush().await?;
        }
        Ok(output)
    }

    /// Runs the action once.
    async fn round(
        &mut self,
        scene: &Scene,
        action: &Arc<dyn Action>,
        position: usize,
        step: &StepDefinition,
        key: String,
        input: Map<String, Value>,
    ) -> Result<Map<String, Value>, Stop> {
        let repeat = action.repeat(&input);
        let workspace = self.workspace().await.map_err(|error| self.fail(position, Stop::Failed(error)))?;
        let row = self.row(position);
        row.begun = true;
        row.attempts += 1;
        let (attempt, state) = (row.attempts, row.waits_with.clone());
        // From here on nobody could tell that nothing was done.
        if action.info().reach == Reach::Outside || repeat == Repeat::Unknown {
            self.flush().await?;
        }
        let cancelled = CancellationToken::new();
        // Whoever drops this run has its step stop as well.
        let _stops = cancelled.clone().drop_guard();
        let mut running = begin(
            action.clone(),
            Work {
                id: step.id.clone(),
                input,
                workspace,
                definition: scene.definition.clone(),
                origin: scene.origin.clone(),
                caller: scene.caller.clone(),
                user: scene.user.clone(),
                secrets: scene.secrets.clone(),
                world: self.tasks.world.clone(),
                log: self.recorder.clone(),
                key,
                attempt: u32::try_from(attempt).unwrap_or(u32::MAX),
                state,
                cancelled: cancelled.clone(),
                now: self.tasks.kit.clock.now(),
            },
        );
        let limit = Instant::now() + self.tasks.options.step_time;
        let mut look = Instant::now() + SOON;
        let why = loop {
            let recorder = self.recorder.clone();
            tokio::select! {
                result = &mut running => return self.after(action, position, step, repeat, result.unwrap_or_else(panicked)).await,
                () = self.cancelled.cancelled() => break None,
                () = recorder.overflow.cancelled() => {
                    break Some(format!("it told more than {}, which is all that is kept of a run", recorder.most()));
                }
                () = sleep_until(limit) => {
                    break Some(format!("it took longer than {}", in_words(self.tasks.options.step_time)));
                }
                () = recorder.news.notified() => self.flush().await?,
                () = sleep_until(look) => {
                    self.flush().await?;
                    look = Instant::now() + EVERY;
                }
            }
        };
        // A process that stops lets come to its end what nobody could tell the end of.
        if why.is_none()
            && self.lease.cancelled.is_cancelled()
            && repeat == Repeat::Unknown
            && let Ok(result) = timeout(GRACE, &mut running).await
        {
            return self.after(action, position, step, repeat, result.unwrap_or_else(panicked)).await;
        }
        cancelled.cancel();
        let result = timeout(GRACE, &mut running).await;
        if let Ok(Ok(Ok(Outcome::Done(output)))) = result
            && !self.recorder.overflow.is_cancelled()
        {
            // It came to its end all the same.
            return Ok(self.mask.object(output));
        }
        let stop = match why {
            None => self.interrupted(),
            Some(why) if repeat == Repeat::Unknown => {
                Stop::Unknown(format!("Step “{}” was stopped, and nobody can tell how far it came: {why}", step.name))
            }
            Some(why) => Stop::Failed(format!("Step “{}”: {why}", step.name)),
        };
        Err(self.fail(position, stop))
    }

    /// What follows from how an attempt ended.
    async fn after(
        &mut self,
        action: &Arc<dyn Action>,
        position: usize,
        step: &StepDefinition,
        repeat: Repeat,
        result: Result<Outcome, ActionError>,
    ) -> Result<Map<String, Value>, Stop> {
        let now = self.tasks.kit.clock.now();
        // An error that comes with the overflow is only what followed from it.
        if self.recorder.overflow.is_cancelled() {
            let why = format!("it told more than {}, which is all that is kept of a run", self.recorder.most());
            return Err(self.fail(position, Stop::Failed(format!("Step “{}”: {why}", step.name))));
        }
        match result {
            Ok(Outcome::Done(output)) => Ok(self.mask.object(output)),
            Ok(Outcome::Wait { until, state }) => {
                let state_bytes = state.to_string().len();
                if state_bytes > self.tasks.options.output_bytes {
                    return Err(self.fail(
                        position,
                        Stop::Failed(format!("Step “{}” waits with too much to remember", step.name)),
                    ));
                }
                self.keep_files().await?;
                let row = self.row(position);
                row.state = StepState::Waiting;
                row.begun = false;
                // Waiting is no attempt that failed.
                row.attempts = 0;
                row.waits_with = state;
                Err(Stop::Waits(until.min(self.task.deadline).max(now)))
            }
            Err(ActionError::Transient(why)) => {
                let attempts = self.rows[position].attempts;
                if attempts >= i64::from(self.tasks.options.attempts) {
                    let why = format!("Step “{}” failed {attempts} times; the last time: {why}", step.name);
                    return Err(self.fail(position, Stop::Failed(why)));
                }
                let pause = PAUSE.saturating_mul(4u32.saturating_pow(u32::try_from(attempts - 1).unwrap_or(0)));
                self.recorder.event(
                    LineKind::Log,
                    Level::Warn,
                    "waiting",
                    &format!("{why}. Trying again in {}", in_words(pause)),
                );
                let row = self.row(position);
                row.state = StepState::Waiting;
                row.begun = false;
                Err(Stop::Waits((now + pause.as_millis() as Millis).min(self.task.deadline)))
            }
            Err(ActionError::OutcomeUnknown(why)) => {
                Err(self.fail(position, Stop::Unknown(format!("Step “{}”: {why}", step.name))))
            }
            Err(ActionError::Cancelled) if self.cancelled.is_cancelled() => {
                Err(self.fail(position, self.interrupted()))
            }
            Err(error) => {
                // Nobody asked it to stop: then it says nothing of what it did.
                if repeat == Repeat::Unknown && error == ActionError::Cancelled {
                    let why = format!("{} ended without a word on what it did", action.info().id);
                    return Err(self.fail(position, Stop::Unknown(why)));
                }
                Err(self.fail(position, Stop::Failed(format!("Step “{}”: {error}", step.name))))
            }
        }
    }

    /// Notes on the step how the run stopped at it.
    fn fail(&mut self, position: usize, stop: Stop) -> Stop {
        let now = self.tasks.kit.clock.now();
        let mask = self.mask.clone();
        let row = self.row(position);
        let (state, why) = match &stop {
            Stop::Failed(why) => (StepState::Failed, why.as_str()),
            Stop::Unknown(why) => (StepState::Unknown, why.as_str()),
            Stop::Cancelled => (StepState::Cancelled, ""),
            Stop::Waits(_) | Stop::Left(_) => return stop,
        };
        row.state = state;
        row.error = mask.text(why);
        row.ended_at = Some(now);
        row.begun = false;
        if !row.error.is_empty() {
            let (text, level) = (row.error.clone(), Level::Error);
            self.recorder.event(LineKind::Log, level, state.name(), &text);
        }
        stop
    }

    /// Why the run is to stop: somebody has ended it, or this process may not go on.
    fn interrupted(&self) -> Stop {
        if self.lease.cancelled.is_cancelled() {
            return Stop::Left(JobError::Failed("the process stops".into()));
        }
        Stop::Cancelled
    }

    /// Keeps the files for whoever takes over, and writes down what was done if that was not for a while.
    async fn settle(&mut self) -> Result<(), Stop> {
        self.keep_files().await?;
        if self.written.elapsed() > SOON {
            self.flush().await?;
        }
        Ok(())
    }

    async fn keep_files(&mut self) -> Result<(), Stop> {
        let Some(workspace) = self.workspace.clone() else { return Ok(()) };
        let generation = workspace.generation();
        if generation == self.kept {
            return Ok(());
        }
        let failed = |error: String| Stop::Failed(format!("The files of the run cannot be kept: {error}"));
        let taken = tokio::task::spawn_blocking(move || workspace.snapshot()).await;
        let content = taken.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))?;
        if content.len() > self.tasks.options.snapshot_bytes {
            let most = self.tasks.options.snapshot_bytes >> 20;
            return Err(failed(format!("they are {} MB compressed; {most} MB are kept at most", content.len() >> 20)));
        }
        self.snapshot = Some(content);
        self.kept = generation;
        Ok(())
    }

    /// The files of the run, as its last finished step left them.
    async fn workspace(&mut self) -> Result<Arc<Workspace>, String> {
        if let Some(workspace) = &self.workspace {
            return Ok(workspace.clone());
        }
        let content = match self.task.state {
            TaskState::Open if self.task.position == 0 => None,
            _ => store::snapshot(self.tasks.kit.db.read(), self.task.id).await.map_err(|error| error.to_string())?,
        };
        let (parent, name, limits) =
            (self.tasks.options.workspaces.clone(), self.task.uuid.clone(), self.tasks.options.workspace);
        let make = move || {
            let workspace = Workspace::create(&parent, &name, limits)?;
            if let Some(content) = content {
                workspace.restore(&content)?;
            }
            Ok::<_, WorkspaceError>(workspace)
        };
        let made = tokio::task::spawn_blocking(make).await.map_err(|error| error.to_string())?;
        let workspace = Arc::new(made.map_err(|error| format!("The files of the run: {error}"))?);
        self.kept = workspace.generation();
        self.workspace = Some(workspace.clone());
        Ok(workspace)
    }

    /// Writes down how far it came, while it goes on.
    async fn flush(&mut self) -> Result<(), Stop> {
        self.write(TaskState::Processing, None, None).await
    }

    async fn write(&mut self, to: TaskState, next: Option<Next>, asks: Option<Asks>) -> Result<(), Stop> {
        let (lines, log_lines, log_bytes) = self.recorder.take();
        let steps = self.rows.iter().zip(&self.changed).filter(|(_, changed)| **changed);
        let snapshot = self.snapshot.take().filter(|_| to != TaskState::Completed);
        self.keeps_files |= snapshot.is_some();
        let progress = Progress {
            lease: self.lease.clone(),
            task: self.task.id,
            uuid: self.task.uuid.clone(),
            from: self.task.state,
            to,
            position: self.task.position,
            started_at: self.task.started_at,
            error: self.task.error.clone(),
            output: self.task.output.clone(),
            log_lines,
            log_bytes,
            steps: steps.map(|(row, _)| row.clone()).collect(),
            lines,
            snapshot,
            keeps_files: self.keeps_files,
            next,
            asks,
            watcher: self.task.watcher.clone(),
        };
        let changes = progress.from != progress.to;
        self.tasks.write(Unit::Progress(Box::new(progress))).await?;
        if changes {
            self.tasks.wake_watcher(&self.task);
        }
        self.tasks.hub.look();
        self.changed.fill(false);
        self.task.state = to;
        self.written = Instant::now();
        Ok(())
    }

    fn tell_end(&self, to: TaskState) {
        let (kind, level, text) = match to {
            TaskState::Completed => {
                (LineKind::Completion, Level::Info, "Run completed with status: completed".to_owned())
            }
            TaskState::Failed => {
                (LineKind::Completion, Level::Error, format!("Run completed with status: failed. {}", self.task.error))
            }
            TaskState::Cancelled => (LineKind::Cancelled, Level::Warn, "Run was cancelled".to_owned()),
            TaskState::Unknown => {
                (LineKind::Log, Level::Warn, format!("{}. A person decides how the run goes on", self.task.error))
            }
            TaskState::Open | TaskState::Processing | TaskState::Waiting => return,
        };
        self.recorder.at_step("");
        self.recorder.event(kind, level, to.name(), &text);
    }

    fn asks(&self) -> Asks {
        Asks {
            caller: self.task.caller.clone(),
            owner: self.task.owner.clone(),
            title: format!("Somebody has to decide how a run of “{}” goes on", self.task.title),
            body: format!("{}. Look whether it was done, then say so on the page of the run.", self.task.error),
        }
    }

    fn too_late(&self) -> String {
        format!(
            "The run took longer than {}, which is the most that runs may take",
            in_words(self.tasks.options.task_time)
        )
    }

    fn row(&mut self, position: usize) -> &mut StepRow {
        self.changed[position] = true;
        &mut self.rows[position]
    }

    /// Removes the files: whoever goes on has the snapshot.
    fn clear(&mut self) {
        if self.workspace.take().is_some() {
            let (parent, name) = (self.tasks.options.workspaces.clone(), self.task.uuid.clone());
            tokio::task::spawn_blocking(move || {
                if let Err(error) = Workspace::remove(&parent, &name) {
                    tracing::warn!(%error, run = name, "the files of a run were left behind");
                }
            });
        }
    }
}

fn recorder(tasks: &Tasks, mask: &Mask, task: &Task) -> Arc<Recorder> {
    Recorder::new(tasks.kit.clock.clone(), mask.clone(), tasks.options.log, task.log_lines, task.log_bytes)
}

fn only(mut parts: Vec<Value>) -> Map<String, Value> {
    match parts.pop() {
        Some(Value::Object(output)) => output,
        _ => Map::new(),
    }
}

/// The end of an attempt that has not said anything.
fn panicked(_: oneshot::error::RecvError) -> Result<Outcome, ActionError> {
    Err(ActionError::Failed("the action itself is broken; its panic is in the portal's log".into()))
}

/// All that an attempt is given, so that it can be left to itself where it does not stop.
struct Work {
    id: String,
    input: Map<String, Value>,
    workspace: Arc<Workspace>,
    definition: Arc<Definition>,
    origin: Arc<Origin>,
    caller: Arc<Caller>,
    user: Arc<Value>,
    secrets: Arc<Map<String, Value>>,
    world: Option<Arc<scaffold::action::World>>,
    log: Arc<Recorder>,
    key: String,
    attempt: u32,
    state: Value,
    cancelled: CancellationToken,
    now: Millis,
}

/// Runs an attempt on a thread of its own: what computes or reads files for long holds up no other run and not the lease's heartbeat, and a
/// process that stops does not wait for it.
fn begin(action: Arc<dyn Action>, work: Work) -> oneshot::Receiver<Result<Outcome, ActionError>> {
    let runtime = tokio::runtime::Handle::current();
    let (ended, ends) = oneshot::channel();
    std::thread::spawn(move || {
        let result = runtime.block_on(async move {
            let mut step = Step {
                id: &work.id,
                input: work.input,
                workspace: &work.workspace,
                template: work.definition.tree.as_ref(),
                origin: &work.origin,
                caller: &work.caller,
                user: &work.user,
                secrets: &work.secrets,
                world: work.world.as_deref(),
                log: work.log.as_ref(),
                key: &work.key,
                attempt: work.attempt,
                state: work.state,
                cancelled: work.cancelled,
                now: work.now,
            };
            action.run(&mut step).await
        });
        // Nobody may be waiting any more.
        let _ = ended.send(result);
    });
    ends
}

/// A length of time as people say it.
pub fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

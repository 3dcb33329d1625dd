//! Runs of templates as other plugins see them: answered by whatever plugin keeps templates.

use async_trait::async_trait;
use form::FieldError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::clock::Millis;
use super::jobs::{NewJob, Wake};
use crate::components::LogEntry;
use crate::error::AppError;
use crate::identity::Caller;

/// Templates that another plugin has run on somebody's behalf, each as exactly the version that it was pinned to.
#[async_trait]
pub trait Runs: Send + Sync + 'static {
    /// Pins a template that the caller may run: to the newest version that `range` allows and that is not withdrawn, or to the one that is run where
    /// nobody names another.
    async fn resolve(&self, caller: &Caller, template: &str, range: Option<&str>) -> Result<Pin, AppError>;

    /// The same for the portal itself, which asks on nobody's behalf; none where there is no such version.
    async fn newest(&self, template: &str, range: Option<&str>) -> Result<Option<Pin>, AppError>;

    /// What a pinned version asks and does, whatever became of its template since.
    async fn asked(&self, pin: &Pin) -> Result<Asked, AppError>;

    /// What is wrong with values for a pinned version; nothing where a run could begin with them.
    async fn check(&self, pin: &Pin, values: &Map<String, Value>) -> Result<Vec<FieldError>, AppError>;

    /// Begins a run and gives its id. The same key again gives the same run, whatever happened in between and on whichever instance.
    ///
    /// The pin is the right to a version that was withdrawn since. Whether the caller may run the template at all is asked as of now; of a template that
    /// is gone, as it was when it was pinned.
    async fn begin(&self, new: NewRun) -> Result<String, Refused>;

    /// The run that was begun under a key.
    async fn find(&self, key: &str) -> Result<Option<String>, AppError>;

    /// How a run stands, for the portal itself.
    async fn run(&self, id: &str) -> Result<Option<Run>, AppError>;

    /// The last lines of what a run tells, at most so many; none for a caller who may not see the run.
    async fn log(&self, caller: &Caller, id: &str, last: u32) -> Result<Vec<LogEntry>, AppError>;

    /// Ends a run that the caller may change, or any for the portal itself; the watcher hears when it has ended.
    async fn cancel(&self, caller: &Caller, id: &str) -> Result<(), AppError>;

    /// Has a run that failed or was cancelled go on from where it ended, with other values or secrets where they are given. The caller may change it,
    /// or is the portal itself.
    async fn retry(
        &self,
        caller: &Caller,
        id: &str,
        values: Option<Map<String, Value>>,
        secrets: Map<String, Value>,
    ) -> Result<(), Refused>;
}

/// A version of a template that stays what it is for whoever holds this. Whoever keeps it for longer than a moment says so with
/// [`super::definitions::hold`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The template's canonical ref.
    pub template: String,
    /// What people call it.
    pub title: String,
    /// The canonical ref of who owned it when it was pinned.
    pub owner: String,
    /// The version's number.
    pub version: String,
    /// The version's row.
    pub version_id: i64,
    /// The hash over everything that the version holds.
    pub hash: String,
}

/// What a version asks and does.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// What people call it.
    pub title: String,
    /// What it is for, in Markdown.
    pub description: String,
    /// `spec.parameters`: a form.
    pub parameters: Value,
    /// Its steps, in order.
    pub steps: Vec<AskedStep>,
    /// The names of what it says at the end.
    pub outputs: Vec<String>,
}

/// A step of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedStep {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The action that does it.
    pub action: String,
}

/// A run that is asked for.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Whatever is asked for under the same key is this run.
    pub key: String,
    /// What is run.
    pub pin: Pin,
    /// On whose behalf.
    pub caller: Caller,
    /// What the form was filled in with.
    pub values: Map<String, Value>,
    /// What is kept sealed and forgotten at the end.
    pub secrets: Map<String, Value>,
    /// Who hears of every change of how the run stands: the key of a [`Watch`]'s job. Nobody where it is empty.
    pub watcher: String,
}

/// Why a run does not begin.
#[derive(Debug)]
pub enum Refused {
    /// The values do not satisfy the form.
    Values(Vec<FieldError>),
    /// Something else.
    Error(AppError),
}

impl<E: Into<AppError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// How a run stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub state: RunState,
    /// What people call the step that it is at; empty before the first and after the last.
    pub step: String,
    /// Why it failed, or why nobody can tell.
    pub error: String,
    /// What it says at the end: `links`, `text`, and whatever else its template gives.
    pub output: Map<String, Value>,
    /// The refs of the entities that it registered, in order.
    pub entities: Vec<String>,
    /// Where its page is.
    pub path: String,
    /// When it was asked for.
    pub created_at: Millis,
    /// When a worker began.
    pub started_at: Option<Millis>,
    /// When it ended.
    pub ended_at: Option<Millis>,
}

/// The states of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// It waits for a worker.
    Queued,
    /// A worker is at it.
    Running,
    /// It goes on at a later time, or when it is called back.
    Waiting,
    /// Nobody can tell whether its step was done; a person decides, on the run's own page.
    Unknown,
    /// It is done.
    Completed,
    /// A step failed. Whoever may change it can still have it go on.
    Failed,
    /// Somebody ended it. Whoever may change it can still have it go on.
    Cancelled,
}

impl RunState {
    /// Whether nothing follows unless somebody asks for it.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// How whoever watches runs hears of their changes: by a job that is written in the transaction of the change.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The job, for the watcher of this key.
    pub job: fn(Millis, &str) -> NewJob,
    /// Wakes the worker of those jobs after the commit.
    pub wake: Wake,
}

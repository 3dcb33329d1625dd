//! What a step of a template does: the contract of an action.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use kit::identity::Caller;
use kit::server::clock::Millis;
pub use kit::server::code_hosts::{CodeHost, CodeHostKind, CodeHosts};
use kit::server::entities::Entities;
use kit::server::source::Tree;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::workspace::Workspace;

/// Does one kind of step. It is made once a process and holds nothing of a run.
#[async_trait]
pub trait Action: Send + Sync + 'static {
    /// What it is.
    fn info(&self) -> &ActionInfo;

    /// Whether a step with this input can be begun again; of what one action does, some may be repeatable and some not.
    fn repeat(&self, _input: &Map<String, Value>) -> Repeat {
        self.info().repeat
    }

    /// Does the step. It may be cut off at any moment and begun again with the same [`Step::key`], if [`ActionInfo::repeat`] allows that.
    async fn run(&self, step: &mut Step<'_>) -> Result<Outcome, ActionError>;

    /// Judges an answer that came to an address of [`Callbacks`] while the step waited, and gives the step's next [`Step::state`]; it is then run again at once.
    /// The address is used up in the transaction that keeps the state, and only where this says `Ok`.
    fn called_back(&self, _state: &Value, _answer: &CallbackAnswer<'_>) -> Result<Value, ActionError> {
        Err(ActionError::Failed(format!("{} waits for no call", self.info().id)))
    }
}

/// What came to an address of [`Callbacks`].
#[derive(Debug, Clone, Copy)]
pub struct CallbackAnswer<'a> {
    /// The headers; who called proves itself by them.
    pub headers: &'a http::HeaderMap,
    /// The body, at most [`CALLBACK_BYTES`].
    pub body: &'a [u8],
    /// When it came.
    pub now: Millis,
}

/// The largest body of an answer that is called back, in bytes.
pub const CALLBACK_BYTES: usize = 256 * 1024;

/// What an action is: listed at `/create/actions` and in `/api/scaffolder/v2/actions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionInfo {
    /// What templates call it, such as `fetch:template`.
    pub id: String,
    /// What it does, in a sentence or two of Markdown.
    pub description: String,
    /// The JSON Schema of its input.
    pub input: Value,
    /// The JSON Schema of its output.
    pub output: Value,
    /// Examples of steps, each with what it shows.
    pub examples: Vec<ActionExample>,
    /// What it reaches.
    pub reach: Reach,
    /// Whether it can be repeated.
    pub repeat: Repeat,
}

/// A step as an example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionExample {
    /// What it shows.
    pub description: String,
    /// The step's `input`.
    pub input: Value,
}

/// What an action reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// The workspace alone: a dry run runs it.
    Workspace,
    /// It reads elsewhere and changes nothing there: a dry run runs it as far as it can without a network.
    Reads,
    /// It changes something outside: a dry run names it and makes outputs up.
    Outside,
}

/// Whether a step that was cut off can be begun again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeat {
    /// Any number of times.
    Safe,
    /// It finds out by itself what an earlier attempt has done, by [`Step::key`] or by what is there, and does the rest.
    Checked,
    /// Nobody can tell what an earlier attempt has done: a person is asked.
    Unknown,
}

/// How a step ended, for now.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is done, with its outputs by name.
    Done(Map<String, Value>),
    /// It goes on later: it is run again at `until`, or when it is called back, with `state` in [`Step::state`]. No worker waits meanwhile.
    Wait {
        /// When to look again, at the latest.
        until: Millis,
        /// What it needs to know then.
        state: Value,
    },
}

/// Why a step was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// The input or what it names is wrong: trying again unchanged will fail again. Names the field.
    #[error("{0}")]
    Failed(String),
    /// What it needs does not answer at the moment: it is tried again with growing pauses, a few times.
    #[error("{0}")]
    Transient(String),
    /// It cannot be told whether it was done: a person is asked.
    #[error("{0}")]
    OutcomeUnknown(String),
    /// The run was cancelled, or the process stops.
    #[error("cancelled")]
    Cancelled,
}

/// All that an action has to do with when it runs.
pub struct Step<'a> {
    /// The step's id in the template.
    pub id: &'a str,
    /// The step's input, rendered and checked against the schema of the action.
    pub input: Map<String, Value>,
    /// The files of the run.
    pub workspace: &'a Workspace,
    /// The files of the template's version; relative sources are relative to its [`Tree::start`], the descriptor.
    pub template: &'a dyn Tree,
    /// The template: its ref, version and owner.
    pub origin: &'a Origin,
    /// Who runs it.
    pub caller: &'a Caller,
    /// The entity of who runs it, or null.
    pub user: &'a Value,
    /// The secrets of the run, by name: never logged, never returned.
    pub secrets: &'a Map<String, Value>,
    /// The rest of the world; a dry run has nothing of it.
    pub world: Option<&'a World>,
    /// What it tells whoever looks on; secrets are masked there.
    pub log: &'a dyn Log,
    /// The same for each attempt of this step of this run, and for no other: what makes a repetition recognisable outside.
    pub key: &'a str,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// What an attempt that waits left for the next; null the first time.
    pub state: Value,
    /// Cancelled when it is to stop.
    pub cancelled: CancellationToken,
    /// The time.
    pub now: Millis,
}

/// What made a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The template's canonical ref.
    pub template: String,
    /// Its version.
    pub version: String,
    /// The run's public number.
    pub task: String,
    /// Whether a name that is not defined is an error, as the template asks for.
    pub strict: bool,
}

/// The annotation of an entity that names the template that made it.
pub const TEMPLATE_ANNOTATION: &str = "portico.io/template";

/// The annotation of an entity that names the version of that template.
pub const VERSION_ANNOTATION: &str = "portico.io/template-version";

impl Origin {
    /// What is put on the entities that the run brings into the catalog.
    pub fn annotations(&self) -> BTreeMap<String, String> {
        let pairs = [
            (TEMPLATE_ANNOTATION, &self.template),
            (VERSION_ANNOTATION, &self.version),
            ("portico.io/template-run", &self.task),
            ("backstage.io/source-template", &self.template),
        ];
        pairs.map(|(key, value)| (key.to_owned(), value.clone())).into()
    }
}

/// Where actions reach when they reach out.
pub struct World {
    /// The catalog.
    pub entities: Arc<dyn Entities>,
    /// The one way to ask outside: for the code hosts and the actions by others that the configuration names, and with no credential of its own.
    pub fetcher: Arc<kit::server::fetch::Fetcher>,
    /// The code hosts that the configuration names.
    pub hosts: Arc<dyn CodeHosts>,
    /// Where the portal keeps bare repositories of its own.
    pub repositories: Arc<kit::server::repositories::Repositories>,
    /// Where the portal itself is reached, for `http:backstage:request`; with the rights of who runs the template.
    pub portal: Arc<dyn Portal>,
    /// Addresses at which an action is called back.
    pub callbacks: Arc<dyn Callbacks>,
}

/// Addresses at which an action is called back.
#[async_trait]
pub trait Callbacks: Send + Sync {
    /// Makes an address for the step with this key that takes one answer until `until`; those that earlier attempts of the step were given end.
    async fn open(&self, key: &str, until: Millis) -> Result<url::Url, ActionError>;
}

/// The portal's own HTTP interface, asked on behalf of somebody.
#[async_trait]
pub trait Portal: Send + Sync {
    /// Answers a request to a path of the portal as if `caller` had sent it.
    async fn ask(
        &self,
        caller: &Caller,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, ActionError>;
}

/// What a run tells.
pub trait Log: Send + Sync {
    /// Writes a line.
    fn line(&self, level: Level, text: &str);

    /// Writes a line of information.
    fn info(&self, text: &str) {
        self.line(Level::Info, text);
    }

    /// Writes a warning.
    fn warn(&self, text: &str) {
        self.line(Level::Warn, text);
    }
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// What happens.
    Info,
    /// What may be wrong.
    Warn,
    /// What is wrong.
    Error,
}

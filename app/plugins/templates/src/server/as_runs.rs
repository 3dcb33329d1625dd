//! The runs as other plugins ask for them: of versions that they have pinned.

use std::sync::Arc;

use async_trait::async_trait;
use form::FieldError;
use kit::components::LogEntry;
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::authorise::{Resource, Thing};
use kit::server::definitions::Range;
use kit::server::runs::{Asked, AskedStep, NewRun, Pin, Refused, Run, RunState, Runs};
use serde_json::{Map, Value};

use super::forms::run_path;
use super::log::Line;
use super::source::Definition;
use super::state::{StepState, TaskState};
use super::store::{self, Rights, StepRow};
use super::tasks::{Begin, Tasks};
use crate::info::RUN_TEMPLATE;

/// The longest key.
const KEY: usize = 200;

#[async_trait]
impl Runs for Tasks {
    async fn resolve(&self, caller: &Caller, template: &str, range: Option<&str>) -> Result<Pin, AppError> {
        let thing = self.allowed(caller, template).await?;
        let newest = self.definitions.newest(template, parsed(range)?.as_ref()).await?;
        let definition = newest.ok_or_else(|| missing(template, range))?;
        pin(&definition, thing.owner)
    }

    async fn newest(&self, template: &str, range: Option<&str>) -> Result<Option<Pin>, AppError> {
        let Some(definition) = self.definitions.newest(template, parsed(range)?.as_ref()).await? else {
            return Ok(None);
        };
        let thing = self.definitions.thing(&Caller::System, template).await?;
        pin(&definition, thing.map_or_else(|| definition.thing.owner.clone(), |thing| thing.owner)).map(Some)
    }

    async fn asked(&self, pin: &Pin) -> Result<Asked, AppError> {
        let definition = self.pinned(pin).await?;
        let template = &definition.template;
        let step = |step: &scaffold::definition::StepDefinition| AskedStep {
            id: step.id.clone(),
            name: step.name.clone(),
            action: step.action.clone(),
        };
        Ok(Asked {
            title: template.title.clone(),
            description: template.description.clone(),
            parameters: template.parameters.clone(),
            steps: template.steps.iter().map(step).collect(),
            outputs: template.output.as_object().map(|output| output.keys().cloned().collect()).unwrap_or_default(),
        })
    }

    async fn check(&self, pin: &Pin, values: &Map<String, Value>) -> Result<Vec<FieldError>, AppError> {
        let definition = self.pinned(pin).await?;
        match self.checked(&definition, values.clone()) {
            Ok(_) => Ok(Vec::new()),
            Err(Refused::Values(errors)) => Ok(errors),
            Err(Refused::Error(error)) => Err(error),
        }
    }

    async fn begin(&self, new: NewRun) -> Result<String, Refused> {
        let NewRun { key, pin, caller, values, secrets, watcher } = new;
        if key.is_empty() || key.len() > KEY {
            return Err(AppError::internal("a run without a key, or with a long one").into());
        }
        // It may have begun, and whoever asked did not hear of it: what has changed since is no reason against it.
        if let Some(id) = store::requested(self.kit.db.read(), &key).await? {
            return Ok(id);
        }
        let Some(_) = Rights::of(&caller) else { return Err(AppError::Unauthenticated.into()) };
        let definition = self.pinned(&pin).await?;
        let thing = self.allowed_by_pin(&caller, &pin, &definition).await?;
        let begin = Begin { values, secrets, key, watcher, ..Begin::default() };
        self.begin_version(&caller, &definition.owned_as(thing), begin).await
    }

    async fn find(&self, key: &str) -> Result<Option<String>, AppError> {
        Ok(store::requested(self.kit.db.read(), key).await?)
    }

    async fn run(&self, id: &str) -> Result<Option<Run>, AppError> {
        let read = self.kit.db.read();
        let Some(task) = store::task(read, id).await? else { return Ok(None) };
        let steps = store::steps(read, task.id).await?;
        let at = steps.iter().find(|step| !step.state.is_behind());
        Ok(Some(Run {
            state: shown(task.state),
            step: at.map(|step| step.name.clone()).unwrap_or_default(),
            error: task.error,
            output: if let Value::Object(output) = task.output { output } else { Map::new() },
            entities: registered(&steps),
            path: run_path(&task.uuid),
            created_at: task.created_at,
            started_at: task.started_at,
            ended_at: task.ended_at,
            id: task.uuid,
        }))
    }

    async fn log(&self, caller: &Caller, id: &str, last: u32) -> Result<Vec<LogEntry>, AppError> {
        let task = match self.task(caller, id).await {
            Ok(task) => task,
            Err(AppError::NotFound { .. } | AppError::Forbidden { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let after = task.log_lines - i64::from(last);
        let lines = store::lines(self.kit.db.read(), task.id, after, u64::from(last) * 2).await?;
        Ok(lines.into_iter().map(Line::entry).collect())
    }

    async fn cancel(&self, caller: &Caller, id: &str) -> Result<(), AppError> {
        Tasks::cancel(self, caller, id).await
    }

    async fn retry(
        &self,
        caller: &Caller,
        id: &str,
        values: Option<Map<String, Value>>,
        secrets: Map<String, Value>,
    ) -> Result<(), Refused> {
        Tasks::retry(self, caller, id, values, secrets).await
    }
}

impl Tasks {
    /// Exactly the version that was pinned, whatever became of it since.
    async fn pinned(&self, pin: &Pin) -> Result<Arc<Definition>, AppError> {
        let definition = self.definitions.version(&pin.template, &pin.version, Some(pin.version_id)).await?;
        // A row that holds something else is that of another database.
        if definition.thing.id != pin.template || definition.hash != pin.hash {
            return Err(AppError::not_found(format!("Version {} of {}", pin.version, pin.template)));
        }
        Ok(definition)
    }

    /// The template as policies see it, where the caller may run what is pinned.
    async fn allowed_by_pin(&self, caller: &Caller, pin: &Pin, definition: &Definition) -> Result<Thing, AppError> {
        if self.definitions.thing(&Caller::System, &pin.template).await?.is_some() {
            return self.allowed(caller, &pin.template).await;
        }
        // It is gone from the catalog, and so is whatever said whose it is.
        let thing = Thing { owner: pin.owner.clone(), ..definition.thing.clone() };
        self.kit.authorise(caller, &RUN_TEMPLATE, &Resource::Known(&thing.attributes())).await?;
        Ok(thing)
    }
}

fn parsed(range: Option<&str>) -> Result<Option<Range>, AppError> {
    let read = |text: &str| {
        let wrong = || AppError::bad_request(format!("{text:?} is no range of versions, such as ^1.2 or 1.4.0"));
        Range::parse(text).ok_or_else(wrong)
    };
    range.map(str::trim).filter(|text| !text.is_empty()).map(read).transpose()
}

fn missing(template: &str, range: Option<&str>) -> AppError {
    AppError::not_found(match range {
        Some(range) => format!("A version of {template} that {range} allows"),
        None => format!("A version of {template}"),
    })
}

fn pin(definition: &Definition, owner: String) -> Result<Pin, AppError> {
    let version_id = definition.version_id.ok_or_else(|| AppError::internal("a version that is not kept"))?;
    Ok(Pin {
        template: definition.thing.id.clone(),
        title: definition.template.title.clone(),
        owner,
        version: definition.version.clone(),
        version_id,
        hash: definition.hash.clone(),
    })
}

fn shown(state: TaskState) -> RunState {
    match state {
        TaskState::Open => RunState::Queued,
        TaskState::Processing => RunState::Running,
        TaskState::Waiting => RunState::Waiting,
        TaskState::Unknown => RunState::Unknown,
        TaskState::Completed => RunState::Completed,
        TaskState::Failed => RunState::Failed,
        TaskState::Cancelled => RunState::Cancelled,
    }
}

/// The entities that steps registered; those of `each` are listed.
fn registered(steps: &[StepRow]) -> Vec<String> {
    let done = steps.iter().filter(|step| step.state == StepState::Completed && step.action == "catalog:register");
    let refs = done.filter_map(|step| step.output.get("entityRef"));
    let mut found: Vec<String> = Vec::new();
    for value in refs.flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)) {
        if let Some(entity_ref) = value.as_str().filter(|text| !found.iter().any(|known| known == text)) {
            found.push(entity_ref.to_owned());
        }
    }
    found
}

//! Runs without effect, on the server.

use std::time::Duration;

use kit::error::AppError;
use kit::identity::Caller;
use kit::server::source::Tree;
use scaffold::definition::Template;
use scaffold::dry_run::{DryRun, DryRunLimits, Report, dry_run, example};
use scaffold::workspace::{Workspace, WorkspaceError, WorkspaceLimits};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use super::Templates;
use super::mask::Mask;

/// Dry runs at a time on this instance; they must not hold up the runs.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// What a dry run may spend here.
const LIMITS: DryRunLimits = DryRunLimits {
    time: Duration::from_secs(15),
    log_bytes: 256 << 10,
    workspace: WorkspaceLimits { bytes: 16 << 20, entries: 5_000, file_bytes: 8 << 20, depth: 32 },
};

/// What a dry run came to, with what is in the files that it made.
pub struct Produced {
    /// The report.
    pub report: Report,
    /// The content of each file, in the order of the report.
    pub contents: Vec<Vec<u8>>,
}

impl Templates {
    /// Runs a template without effect. Values are made up where none are given.
    pub async fn dry_run(
        &self,
        caller: &Caller,
        template: &Template,
        tree: &dyn Tree,
        values: Option<Value>,
        secrets: Map<String, Value>,
    ) -> Result<Produced, AppError> {
        let _turn = AT_ONCE.acquire().await.map_err(AppError::internal)?;
        let parent = self.tasks.options.workspaces.join("dry-runs");
        let name = uuid::Uuid::new_v4().to_string();
        let workspace = Workspace::create(&parent, &name, LIMITS.workspace).map_err(AppError::internal)?;
        let made_up = values.is_none();
        let mask = Mask::new(&secrets);
        let run = DryRun {
            template,
            tree,
            registry: &self.tasks.registry,
            values: values.unwrap_or_else(|| example(template)),
            made_up,
            secrets,
            user: self.who(caller).await?,
            caller,
            limits: LIMITS,
        };
        let report = dry_run(run, &workspace).await;
        let contents = report
            .files
            .iter()
            .map(|file| workspace.read(&file.path).map(|content| masked(&mask, content)))
            .collect::<Result<_, WorkspaceError>>();
        let report = without_secrets(&mask, report)?;
        drop(workspace);
        Workspace::remove(&parent, &name).map_err(AppError::internal)?;
        Ok(Produced { report, contents: contents.map_err(AppError::internal)? })
    }

    /// Who runs it as expressions see them; null for whom the catalog does not know.
    async fn who(&self, caller: &Caller) -> Result<Value, AppError> {
        let Some(principal) = caller.principal().filter(|principal| principal.subject.starts_with("user:")) else {
            return Ok(Value::Null);
        };
        let entity = self.entities.entity(caller, &principal.subject).await?;
        Ok(entity.map_or(Value::Null, |entity| json!({"ref": principal.subject, "entity": entity})))
    }
}

/// The report without secrets, wherever a step has put them.
fn without_secrets(mask: &Mask, report: Report) -> Result<Report, AppError> {
    let report = serde_json::to_value(report).map_err(AppError::internal)?;
    serde_json::from_value(mask.value(report)).map_err(AppError::internal)
}

/// A file without secrets; one that is no text is none that a person reads.
fn masked(mask: &Mask, content: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(content) {
        Ok(text) => mask.text(&text).into_bytes(),
        Err(binary) => binary.into_bytes(),
    }
}

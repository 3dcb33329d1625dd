//! Forgets what runs leave behind: files that nobody will take up again, secrets that were kept for long enough, addresses that are over, and in the end
//! the runs themselves.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use kit::identity::Caller;
use kit::server::audit::{self, Event};
use kit::server::clock::Millis;
use kit::server::db;
use kit::server::jobs::{Handler, JobError, Lease, NewJob, Next};

use super::tasks::{Tasks, millis};

/// The kind of job that sweeps; there is one, which comes again.
pub const SWEEP: &str = "templates.sweep";

/// The time between two sweeps: an hour.
const EVERY: Millis = 60 * 60 * 1000;

/// How long an address that is over still says so: a day.
const ADDRESSES: Millis = 24 * 60 * 60 * 1000;

/// Runs that are forgotten in one transaction, which others wait for.
const RUNS: u64 = 200;

/// How old a repository is that is still not in its place, because whoever made it was cut off.
const DRAFTS: Duration = Duration::from_secs(86_400);

/// The job, for the start of an instance: adding it again changes nothing.
pub fn sweep_job(now: Millis) -> NewJob {
    NewJob { kind: SWEEP, key: "runs".into(), payload: serde_json::json!({}), run_at: now, max_attempts: u32::MAX }
}

/// Does it.
pub struct Sweep {
    /// The runs.
    pub tasks: Arc<Tasks>,
}

#[async_trait]
impl Handler for Sweep {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let kit = &self.tasks.kit;
        let now = kit.clock.now();
        let options = &self.tasks.options;
        let tx = kit.db.begin().await?;
        lease.fence(&tx).await?;
        let files = now - millis(options.keep_files);
        let text = "DELETE FROM templates_snapshot WHERE task_id IN (SELECT id FROM templates_task \
                    WHERE state = 'completed' OR state IN ('failed', 'cancelled') AND ended_at < ?)";
        db::execute(&tx, text, [files.into()]).await?;
        let secrets = now - millis(options.keep_secrets);
        let text = "UPDATE templates_task SET sealed = '' WHERE state = 'unknown' AND sealed <> '' AND changed_at < ?";
        db::execute(&tx, text, [secrets.into()]).await?;
        let text = "DELETE FROM templates_callback WHERE until < ?";
        db::execute(&tx, text, [(now - ADDRESSES).into()]).await?;
        let drafts = now - millis(options.keep_drafts);
        db::execute(&tx, "DELETE FROM templates_draft WHERE updated_at < ?", [drafts.into()]).await?;
        tx.commit().await?;
        self.forget_runs(lease, now).await?;
        self.sweep_repositories().await;
        Ok(Next::At(now + EVERY))
    }
}

impl Sweep {
    /// Takes out runs that are over for long enough, with their steps and logs. The versions that they ran have a time of their own.
    async fn forget_runs(&self, lease: &Lease, now: Millis) -> Result<(), JobError> {
        let kit = &self.tasks.kit;
        let before = now - millis(self.tasks.options.keep_runs);
        loop {
            let tx = kit.db.begin().await?;
            lease.fence(&tx).await?;
            let text = format!(
                "DELETE FROM templates_task WHERE id IN (SELECT id FROM templates_task \
                 WHERE state IN ('completed', 'failed', 'cancelled') AND ended_at < ? LIMIT {RUNS})"
            );
            let gone = db::execute(&tx, &text, [before.into()]).await?;
            if gone == 0 {
                return Ok(());
            }
            let detail = serde_json::json!({ "runs": gone, "ended_before": before });
            let (actor, action, resource) = (&Caller::System, "templates.task.forget", "templates");
            audit::append(&tx, Event { at: now, actor, action, resource, detail }).await?;
            tx.commit().await?;
        }
    }

    /// Removes repositories that were never finished. Those of another data directory are for the instances that have it.
    async fn sweep_repositories(&self) {
        let Some(world) = self.tasks.world.clone() else { return };
        let swept = tokio::task::spawn_blocking(move || world.repositories.sweep(SystemTime::now(), DRAFTS)).await;
        match swept {
            Ok(Ok(0)) => {}
            Ok(Ok(removed)) => tracing::info!(removed, "repositories that were never finished are gone"),
            Ok(Err(error)) => tracing::warn!(%error, "repositories that were never finished could not be removed"),
            Err(error) => tracing::warn!(%error, "repositories that were never finished could not be removed"),
        }
    }
}

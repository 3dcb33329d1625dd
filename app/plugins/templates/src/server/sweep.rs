//! Forgets what runs leave behind: files that nobody will take up again, secrets that were kept for long enough, addresses that are over.

use std::sync::Arc;

use async_trait::async_trait;
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
        Ok(Next::At(now + EVERY))
    }
}

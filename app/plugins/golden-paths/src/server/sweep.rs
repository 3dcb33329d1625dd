//! Catches up with what was due and has no job, and forgets what journeys leave behind.

use async_trait::async_trait;
use journey::Millis;
use kit::server::db;
use kit::server::jobs::{self, Handler, JobError, Lease, NewJob, Next};

use super::GoldenPaths;
use super::engine::{ADVANCE, advance_job};

/// The kind of job that sweeps; there is one, which comes again.
pub const SWEEP: &str = "golden-paths.sweep";

/// The time between two sweeps: five minutes.
const EVERY: Millis = 5 * 60 * 1000;

/// After so long, what is due and was not done is looked at: a minute.
const LATE: Millis = 60 * 1000;

/// How long secrets are kept for what did not begin: a day.
const SECRETS: Millis = 24 * 60 * 60 * 1000;

/// Journeys of one sweep.
const MOST: u32 = 2_000;

/// The job, for the start of an instance: adding it again changes nothing.
pub fn sweep_job(now: Millis) -> NewJob {
    NewJob { kind: SWEEP, key: "journeys".into(), payload: serde_json::json!({}), run_at: now, max_attempts: u32::MAX }
}

/// Does it.
pub struct Sweep {
    /// What it works with.
    pub paths: GoldenPaths,
}

#[async_trait]
impl Handler for Sweep {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let kit = &self.paths.kit;
        let now = kit.clock.now();
        // Every change of a journey leaves a job behind where something is due. This is for what nobody thought of.
        let text = format!(
            "SELECT j.uuid FROM golden_paths_journey j WHERE j.wake_at < ? OR j.state = 'running' AND j.changed_at < ? ORDER BY j.uuid LIMIT {MOST}"
        );
        let rows = db::rows(kit.db.read(), &text, [(now - LATE).into(), (now - LATE).into()]).await?;
        let mut late = rows.iter().map(|row| row.try_get("", "uuid")).collect::<Result<Vec<String>, _>>()?;
        let there = jobs::there(kit.db.read(), ADVANCE, &late).await?;
        late.retain(|journey| !there.contains(journey));
        if !late.is_empty() {
            tracing::info!(journeys = late.len(), "journeys without a job go on");
        }
        let tx = kit.db.begin().await?;
        lease.fence(&tx).await?;
        let due: Vec<NewJob> = late.iter().map(|journey| advance_job(now, journey)).collect();
        jobs::enqueue_all(&tx, now, &due).await?;
        db::execute(&tx, "DELETE FROM golden_paths_secret WHERE created_at < ?", [(now - SECRETS).into()]).await?;
        let text = "DELETE FROM golden_paths_draft WHERE journey_id IN (SELECT j.id FROM golden_paths_journey j WHERE j.state IN ('completed', 'cancelled', 'failed') \
                    AND j.ended_at < ?) ";
        db::execute(&tx, text, [(now - SECRETS).into()]).await?;
        tx.commit().await?;
        self.paths.wake.wake();
        Ok(Next::At(now + EVERY))
    }
}

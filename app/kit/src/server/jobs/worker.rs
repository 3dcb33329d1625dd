//! The worker: takes due jobs, keeps their leases alive and writes down how they ended.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::DbErr;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::queue::{self, Claimed, Outcome, Scope};
use super::{Handler, Handlers, JobError, Lease, Next, owner};
use crate::server::clock::Clock;
use crate::server::db::Db;

/// How many keys one statement names; both databases limit the values of a statement.
const KEYS: usize = 500;

/// How often the end of a job is written down anew when the database fails.
const FINISHES: u32 = 5;

/// How a worker behaves.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// How long a lease holds without a heartbeat; the heartbeat comes three times as often. It is also how long a stopped job may take to end.
    pub lease: Duration,
    /// How long to sleep when nothing is due.
    pub poll: Duration,
    /// Jobs at a time.
    pub concurrency: usize,
    /// Has it look before it has slept out.
    pub wake: Wake,
}

/// Wakes the worker of the same process, so that what is due at once does not wait for the next look. Whoever adds a job wakes after the
/// commit; other processes find it when they look.
#[derive(Debug, Clone, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// Has the worker look.
    pub fn wake(&self) {
        self.0.notify_one();
    }

    async fn woken(&self) {
        self.0.notified().await;
    }
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self { lease: Duration::from_secs(15), poll: Duration::from_millis(500), concurrency: 2, wake: Wake::default() }
    }
}

/// Takes due jobs and does them.
pub struct Worker {
    shared: Arc<Shared>,
}

struct Shared {
    db: Db,
    clock: Clock,
    handlers: HashMap<&'static str, Arc<dyn Handler>>,
    config: WorkerConfig,
}

impl Worker {
    /// A worker for these handlers.
    pub fn new(db: Db, clock: Clock, handlers: Handlers, config: WorkerConfig) -> Self {
        Self { shared: Arc::new(Shared { db, clock, handlers: handlers.into_iter().collect(), config }) }
    }

    /// Works until `stop` is cancelled, then lets running jobs come to a good point.
    pub async fn run(&self, stop: CancellationToken) {
        let kinds: Vec<&str> = self.shared.handlers.keys().copied().collect();
        if kinds.is_empty() {
            return stop.cancelled().await;
        }
        let scope = Scope { kinds: &kinds, keys: &[] };
        let (mut running, mut looked) = (JoinSet::new(), None);
        while !stop.is_cancelled() {
            if let Err(error) = self.turn(&scope, &mut running, &mut looked, &stop).await {
                tracing::warn!(%error, "the job queue cannot be read; trying again");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                _ = running.join_next(), if !running.is_empty() => {}
                () = self.shared.config.wake.woken() => {}
                () = sleep(self.shared.config.poll) => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Does what is due now, of `kind` and any of `keys` (all when empty), and returns when none of them is due or
    /// running, here or in another process.
    pub async fn run_due(&self, kind: &str, keys: &[String]) -> Result<(), DbErr> {
        if !self.shared.handlers.contains_key(kind) {
            return Err(DbErr::Custom(format!("nothing here does jobs of the kind {kind}")));
        }
        let parts: Vec<&[String]> = if keys.is_empty() { vec![&[]] } else { keys.chunks(KEYS).collect() };
        let (mut running, mut looked, never) = (JoinSet::new(), None, CancellationToken::new());
        for keys in parts {
            let scope = Scope { kinds: &[kind], keys };
            loop {
                self.turn(&scope, &mut running, &mut looked, &never).await?;
                if running.is_empty()
                    && !queue::has_due_or_running(&self.shared.db, &scope, self.shared.clock.now()).await?
                {
                    break;
                }
                tokio::select! {
                    _ = running.join_next(), if !running.is_empty() => {}
                    () = sleep(self.shared.config.poll) => {}
                }
            }
        }
        Ok(())
    }

    /// Starts as many due jobs as there is room for, having freed those of dead processes every now and then.
    async fn turn(
        &self,
        scope: &Scope<'_>,
        running: &mut JoinSet<()>,
        looked: &mut Option<Instant>,
        stop: &CancellationToken,
    ) -> Result<(), DbErr> {
        let Shared { db, clock, config, .. } = &*self.shared;
        if looked.is_none_or(|looked| looked.elapsed() >= config.lease) {
            queue::release_gone(db, clock.now()).await?;
            *looked = Some(Instant::now());
        }
        while running.try_join_next().is_some() {}
        while running.len() < config.concurrency.max(1) && !stop.is_cancelled() {
            let due = queue::due(db, scope, clock.now()).await?;
            if !(due.expired || due.waiting) {
                break;
            }
            let room = config.concurrency.max(1) - running.len();
            let jobs = queue::claim(db, scope, due, owner::me(), clock.now(), config.lease, room).await?;
            if jobs.is_empty() {
                break;
            }
            for job in jobs {
                running.spawn(self.shared.clone().work(job, stop.clone()));
            }
        }
        Ok(())
    }
}

impl Shared {
    /// Does one job from claim to end.
    async fn work(self: Arc<Self>, job: Claimed, stop: CancellationToken) {
        let (lost, finished) = (CancellationToken::new(), CancellationToken::new());
        let _finished = finished.clone().drop_guard();
        tokio::spawn(self.clone().beat(job.id, job.token, lost.clone(), finished));
        if let Some(outcome) = self.attempt(&job, &lost, &stop).await {
            self.finish(&job, &outcome).await;
        }
    }

    /// Keeps the lease alive. It is a task of its own, so that neither a busy handler nor the end of the job cuts a statement short.
    async fn beat(self: Arc<Self>, id: i64, token: i64, lost: CancellationToken, finished: CancellationToken) {
        let mut held = Instant::now();
        while finished.run_until_cancelled(sleep(self.config.lease / 3)).await.is_some() {
            let until = self.clock.now() + queue::millis(self.config.lease);
            match queue::extend(&self.db, id, token, until).await {
                Ok(true) => held = Instant::now(),
                Ok(false) => return lost.cancel(),
                Err(error) => {
                    tracing::warn!(job = id, %error, "a heartbeat failed");
                    // Without a heartbeat for a whole lease another worker may hold it by now.
                    if held.elapsed() > self.config.lease {
                        return lost.cancel();
                    }
                }
            }
        }
    }

    /// Runs the handler; `None` when the lease was lost, so that there is nothing to write.
    async fn attempt(&self, job: &Claimed, lost: &CancellationToken, stop: &CancellationToken) -> Option<Outcome> {
        let Some(handler) = self.handlers.get(job.kind.as_str()).cloned() else { return Some(Outcome::Released) };
        let payload = match serde_json::from_str(&job.payload) {
            Ok(payload) => payload,
            Err(error) => return Some(Outcome::Failed(format!("the payload is not JSON: {error}"))),
        };
        let cancelled = CancellationToken::new();
        let lease = Lease {
            id: job.id,
            key: job.key.clone(),
            payload,
            attempt: job.attempt,
            cancelled: cancelled.clone(),
            token: job.token,
        };
        let mut task = AbortOnDropHandle::new(tokio::spawn(async move { handler.run(&lease).await }));
        let ended = tokio::select! {
            ended = &mut task => Some(ended),
            () = lost.cancelled() => None,
            () = stop.cancelled() => None,
        };
        let ended = match ended {
            Some(ended) => Some(ended),
            None => {
                cancelled.cancel();
                tokio::time::timeout(self.config.lease, task).await.ok()
            }
        };
        if lost.is_cancelled() {
            return None;
        }
        match ended {
            Some(Ok(Ok(Next::Done))) => Some(Outcome::Done),
            Some(Ok(Ok(Next::At(at)))) => Some(Outcome::At(at)),
            Some(Ok(Ok(Next::Settled))) => None,
            Some(Err(panic)) => Some(Outcome::Failed(panic_text(panic))),
            _ if cancelled.is_cancelled() => Some(Outcome::Released),
            Some(Ok(Err(JobError::LeaseLost))) | None => None,
            Some(Ok(Err(error))) => Some(Outcome::Failed(error.to_string())),
        }
    }

    async fn finish(&self, job: &Claimed, outcome: &Outcome) {
        if let Outcome::Failed(error) = outcome {
            tracing::warn!(kind = job.kind, key = job.key, attempt = job.attempt, error, "a job failed");
        }
        for _ in 0..FINISHES {
            match queue::finish(&self.db, job.id, job.token, outcome, self.clock.now()).await {
                Ok(_) => return,
                Err(error) => {
                    tracing::warn!(kind = job.kind, key = job.key, %error, "the end of a job was not written")
                }
            }
            sleep(self.config.poll).await;
        }
    }
}

fn panic_text(error: JoinError) -> String {
    let text = error.try_into_panic().ok().and_then(|panic: Box<dyn Any + Send>| {
        panic.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned())
    });
    format!("the handler panicked: {}", text.as_deref().unwrap_or("without a message"))
}

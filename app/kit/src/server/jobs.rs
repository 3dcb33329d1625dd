//! The one job machinery: whatever waits is a row, leased by one worker at a time.
//!
//! A job is `waiting`, `running` under a lease, or `dead` after its last attempt; a job that is done has no row. Every
//! claim raises the row's `lease_token`, so a worker that was only slow cannot write after another one has taken over.

mod owner;
mod queue;
#[cfg(test)]
mod tests;
mod worker;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, Value};
use tokio_util::sync::CancellationToken;

pub use self::worker::{Wake, Worker, WorkerConfig};
use super::clock::Millis;
use super::db;

/// Rows of one statement; both databases limit its values.
const ROWS: usize = 500;

/// A job to be done once at `run_at` or soon after.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Which handler does it: `<plugin>.<verb>`.
    pub kind: &'static str,
    /// What it is about; there is at most one job of a kind and key.
    pub key: String,
    /// What the handler needs besides.
    pub payload: serde_json::Value,
    /// Not before this time.
    pub run_at: Millis,
    /// How often it is tried before it becomes a dead letter.
    pub max_attempts: u32,
}

/// Adds a job in the transaction of the change that calls for it. Of a kind and key that exists already: a waiting job is
/// brought forward to `run_at` if that is earlier; a running one runs once more afterwards; a dead one is revived. The
/// newer payload and `max_attempts` hold from the next run on.
///
/// Whoever adds several in one transaction adds them in the order of their keys, since PostgreSQL ends one of two
/// transactions that lock the same rows in different orders.
pub async fn enqueue(tx: &impl ConnectionTrait, now: Millis, job: NewJob) -> Result<(), DbErr> {
    enqueue_all(tx, now, &[job]).await
}

/// Adds several jobs as [`enqueue`] does, no two of the same kind and key.
pub async fn enqueue_all(tx: &impl ConnectionTrait, now: Millis, jobs: &[NewJob]) -> Result<(), DbErr> {
    for jobs in jobs.chunks(ROWS) {
        let rows = vec!["(?, ?, ?, 'waiting', ?, ?, ?, ?)"; jobs.len()].join(", ");
        let text = format!(
            "INSERT INTO job (kind, job_key, payload, state, run_at, max_attempts, created_at, updated_at)
             VALUES {rows}
             ON CONFLICT (kind, job_key) DO UPDATE SET
                payload = excluded.payload,
                max_attempts = excluded.max_attempts,
                updated_at = excluded.updated_at,
                run_at = CASE
                    WHEN job.state = 'dead' THEN excluded.run_at
                    WHEN job.state = 'waiting' AND excluded.run_at < job.run_at THEN excluded.run_at
                    ELSE job.run_at END,
                run_again_at = CASE
                    WHEN job.state <> 'running' THEN NULL
                    WHEN job.run_again_at < excluded.run_at THEN job.run_again_at
                    ELSE excluded.run_at END,
                attempts = CASE WHEN job.state = 'dead' THEN 0 ELSE job.attempts END,
                state = CASE WHEN job.state = 'dead' THEN 'waiting' ELSE job.state END"
        );
        let values = jobs.iter().flat_map(|job| -> [Value; 7] {
            [
                job.kind.into(),
                job.key.as_str().into(),
                job.payload.to_string().into(),
                job.run_at.into(),
                i64::from(job.max_attempts).into(),
                now.into(),
                now.into(),
            ]
        });
        db::execute(tx, &text, values).await?;
    }
    Ok(())
}

/// Whether a job is being done by anyone or waits only for a free worker.
pub async fn is_due_or_running(db: &db::Db, kind: &str, key: &str, now: Millis) -> Result<bool, DbErr> {
    queue::has_due_or_running(db, &queue::Scope { kinds: &[kind], keys: &[key.to_owned()] }, now).await
}

/// Those of these keys for which there is a job of a kind, in whatever state.
pub async fn there(connection: &impl ConnectionTrait, kind: &str, keys: &[String]) -> Result<HashSet<String>, DbErr> {
    let mut found = HashSet::new();
    for keys in keys.chunks(ROWS) {
        let text = format!("SELECT job_key FROM job WHERE kind = ? AND job_key IN ({})", db::marks(keys.len()));
        let values = std::iter::once(kind.into()).chain(keys.iter().map(|key| key.as_str().into()));
        for row in db::rows(connection, &text, values).await? {
            found.insert(row.try_get("", "job_key")?);
        }
    }
    Ok(found)
}

/// Does one kind of job.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Does the job. It may be cut off at any moment and tried again by another process, so every change goes through
    /// [`Lease::fence`]. When [`Lease::cancelled`] fires it returns an error soon, unless the job is in fact done.
    async fn run(&self, lease: &Lease) -> Result<Next, JobError>;
}

/// What becomes of a job that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the row goes.
    Done,
    /// It runs again at this time.
    At(Millis),
    /// What [`Fenced::settle`] has written already, in the transaction of the change itself.
    Settled,
}

/// Why a job was not done.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Another worker holds the lease now; whatever was not committed is dropped.
    #[error("the lease was lost")]
    LeaseLost,
    /// It failed and is tried again later. The text is kept in the row, so it holds no secret.
    #[error("{0}")]
    Failed(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// The right to do one job until the lease ends.
#[derive(Debug, Clone)]
pub struct Lease {
    /// The job's row.
    pub id: i64,
    /// What it is about.
    pub key: String,
    /// What the handler needs besides.
    pub payload: serde_json::Value,
    /// 1 for the first try.
    pub attempt: u32,
    /// Cancelled when the lease is lost or the process stops.
    pub cancelled: CancellationToken,
    token: i64,
}

impl Lease {
    /// Fails with [`JobError::LeaseLost`] unless this lease still holds; in the transaction that makes the change, so that
    /// no two workers' changes both land. On SQLite that transaction is one of [`db::Db::begin`].
    pub async fn fence(&self, tx: &DatabaseTransaction) -> Result<(), JobError> {
        match queue::hold(tx, self.id, self.token).await? {
            Some(_) => Ok(()),
            None => Err(JobError::LeaseLost),
        }
    }
}

/// The fences of several jobs, for a handler that writes what several of them changed in one transaction.
#[derive(Debug)]
pub struct Fenced(HashMap<i64, queue::Held>);

impl Fenced {
    /// Finds out which of these leases hold, and keeps them until the transaction ends.
    pub async fn new(tx: &DatabaseTransaction, leases: &[&Lease]) -> Result<Self, DbErr> {
        let leases: Vec<(i64, i64)> = leases.iter().map(|lease| (lease.id, lease.token)).collect();
        Ok(Self(queue::hold_all(tx, &leases).await?))
    }

    /// Whether a lease holds.
    pub fn holds(&self, lease: &Lease) -> bool {
        self.0.contains_key(&lease.id)
    }

    /// Writes down what becomes of jobs whose leases hold; their handlers return [`Next::Settled`].
    pub async fn settle(&self, tx: &DatabaseTransaction, now: Millis, ends: &[(&Lease, Next)]) -> Result<(), DbErr> {
        let mut done = Vec::new();
        for (lease, next) in ends {
            match (self.0.get(&lease.id), next) {
                (Some(held), Next::Done) => done.push((lease.id, held)),
                (Some(held), Next::At(at)) => queue::end(tx, lease.id, held, &queue::Outcome::At(*at), now).await?,
                (Some(_), Next::Settled) | (None, _) => {}
            }
        }
        queue::end_done(tx, &done, now).await
    }
}

/// Jobs with a worker of their own, so that they and the others cannot hold each other up.
#[derive(Clone)]
pub struct Lane {
    /// Who does them.
    pub handlers: Handlers,
    /// How many at a time.
    pub concurrency: usize,
    /// Wakes the worker.
    pub wake: Wake,
}

/// The handlers, by kind.
pub type Handlers = Vec<(&'static str, Arc<dyn Handler>)>;

/// A job that failed for the last time and waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The job's row.
    pub id: i64,
    /// Which handler it was for.
    pub kind: String,
    /// What it is about.
    pub key: String,
    /// How often it was tried.
    pub attempts: u32,
    /// What went wrong the last time.
    pub last_error: String,
    /// Since when it has been dead.
    pub since: Millis,
}

/// The latest `limit` dead letters, newest first.
pub async fn dead_letters(connection: &impl ConnectionTrait, limit: u32) -> Result<Vec<DeadLetter>, DbErr> {
    let query = "SELECT id, kind, job_key, attempts, last_error, updated_at FROM job WHERE state = 'dead'
                 ORDER BY updated_at DESC, id DESC LIMIT ?";
    db::rows(connection, query, [i64::from(limit).into()])
        .await?
        .iter()
        .map(|row| {
            Ok(DeadLetter {
                id: row.try_get("", "id")?,
                kind: row.try_get("", "kind")?,
                key: row.try_get("", "job_key")?,
                attempts: queue::small(row.try_get("", "attempts")?),
                last_error: row.try_get::<Option<String>>("", "last_error")?.unwrap_or_default(),
                since: row.try_get("", "updated_at")?,
            })
        })
        .collect()
}

/// How many jobs of a kind are in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Which handler they are for.
    pub kind: String,
    /// `waiting`, `running` or `dead`.
    pub state: String,
    /// How many.
    pub count: u64,
}

/// How many jobs there are, by kind and state.
pub async fn counts(connection: &impl ConnectionTrait) -> Result<Vec<Count>, DbErr> {
    let query = "SELECT kind, state, COUNT(*) AS jobs FROM job GROUP BY kind, state ORDER BY kind, state";
    db::rows(connection, query, [])
        .await?
        .iter()
        .map(|row| {
            let count: i64 = row.try_get("", "jobs")?;
            Ok(Count { kind: row.try_get("", "kind")?, state: row.try_get("", "state")?, count: count.unsigned_abs() })
        })
        .collect()
}

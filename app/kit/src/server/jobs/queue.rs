//! The statements on the `job` table; each checks the lease's token where one is at stake.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult, Value};

use super::owner;
use crate::server::clock::Millis;
use crate::server::db::{self, Db};

/// The wait after a first failure; it doubles with every further one.
const BACK_OFF_BASE: Duration = Duration::from_secs(1);

/// The longest wait after a failure.
const BACK_OFF_CAP: Duration = Duration::from_secs(5 * 60);

/// The longest error text kept, in characters.
const ERROR_CHARS: usize = 2000;

/// Which jobs are meant: of any of these kinds and, unless empty, any of these keys.
pub(super) struct Scope<'a> {
    pub kinds: &'a [&'a str],
    pub keys: &'a [String],
}

/// A job that is ours to do.
#[derive(Debug, Clone)]
pub(super) struct Claimed {
    pub id: i64,
    pub kind: String,
    pub key: String,
    pub payload: String,
    pub attempt: u32,
    pub token: i64,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    Done,
    At(Millis),
    Failed(String),
    /// It was stopped and is as if it had not begun.
    Released,
}

/// What a held row says about what comes next.
#[derive(Debug)]
pub(super) struct Held {
    attempts: i64,
    max_attempts: i64,
    run_again_at: Option<Millis>,
}

impl Held {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            attempts: row.try_get("", "attempts")?,
            max_attempts: row.try_get("", "max_attempts")?,
            run_again_at: row.try_get("", "run_again_at")?,
        })
    }
}

/// What a claim would find; asked first, because a claim takes SQLite's write lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    /// Jobs whose lease ended without a word.
    pub expired: bool,
    /// Jobs that wait for a worker.
    pub waiting: bool,
}

/// What a claim would find.
pub(super) async fn due(db: &Db, scope: &Scope<'_>, now: Millis) -> Result<Due, DbErr> {
    let within = scope.sql();
    let query = format!(
        "SELECT EXISTS (SELECT 1 FROM job WHERE state = 'running' AND lease_until < ? AND {within}) AS expired,
            EXISTS (SELECT 1 FROM job WHERE state = 'waiting' AND run_at <= ? AND {within}) AS waiting"
    );
    let mut values: Vec<Value> = Vec::new();
    for _ in 0..2 {
        values.push(now.into());
        values.extend(scope.values());
    }
    let rows = db::rows(db.read(), &query, values).await?;
    let is = |name: &str| rows.first().map_or(Ok(false), |row| row.try_get("", name));
    Ok(Due { expired: is("expired")?, waiting: is("waiting")? })
}

/// Whether a job is due or is being done by anyone.
pub(super) async fn has_due_or_running(db: &Db, scope: &Scope<'_>, now: Millis) -> Result<bool, DbErr> {
    exists(db, scope, "(state = 'waiting' AND run_at <= ? OR state = 'running')", &[now]).await
}

/// Takes up to `most` due jobs: first those whose lease ended without a word, then those that have waited longest.
pub(super) async fn claim(
    db: &Db,
    scope: &Scope<'_>,
    due: Due,
    owner: &str,
    now: Millis,
    lease: Duration,
    most: usize,
) -> Result<Vec<Claimed>, DbErr> {
    let tx = db.begin().await?;
    let mut claimed = Vec::new();
    if due.expired {
        bury(&tx, scope, now).await?;
        claimed =
            take(&tx, scope, "state = 'running' AND lease_until < ?", "lease_until", owner, now, lease, most).await?;
    }
    if due.waiting && claimed.len() < most {
        let room = most - claimed.len();
        claimed.extend(take(&tx, scope, "state = 'waiting' AND run_at <= ?", "run_at", owner, now, lease, room).await?);
    }
    tx.commit().await?;
    Ok(claimed)
}

/// Extends a lease; `false` when it is no longer ours.
pub(super) async fn extend(db: &Db, id: i64, token: i64, until: Millis) -> Result<bool, DbErr> {
    let tx = db.begin().await?;
    let update = "UPDATE job SET lease_until = ? WHERE id = ? AND lease_token = ? AND state = 'running'";
    let changed = db::execute(&tx, update, [until.into(), id.into(), token.into()]).await?;
    tx.commit().await?;
    Ok(changed == 1)
}

/// The row of a lease that still holds, kept from other writers until the transaction ends.
pub(super) async fn hold(tx: &DatabaseTransaction, id: i64, token: i64) -> Result<Option<Held>, DbErr> {
    // SQLite needs no row lock: the transaction has the only write lock.
    let lock = db::for_update(tx);
    let query = format!(
        "SELECT attempts, max_attempts, run_again_at FROM job WHERE id = ? AND lease_token = ? AND state = 'running' {lock}"
    );
    let row = tx.query_one_raw(db::sql(tx, &query, [id.into(), token.into()])).await?;
    row.as_ref().map(Held::read).transpose()
}

/// The rows of those leases that still hold, by the job's number, kept from other writers until the transaction ends.
pub(super) async fn hold_all(tx: &DatabaseTransaction, leases: &[(i64, i64)]) -> Result<HashMap<i64, Held>, DbErr> {
    if leases.is_empty() {
        return Ok(HashMap::new());
    }
    let lock = db::for_update(tx);
    // In order, since PostgreSQL ends one of two transactions that lock the same rows in different orders.
    let query = format!(
        "SELECT id, lease_token, attempts, max_attempts, run_again_at FROM job WHERE id IN ({}) AND state = 'running' ORDER BY id {lock}",
        db::marks(leases.len())
    );
    let mut held = HashMap::new();
    for row in db::rows(tx, &query, leases.iter().map(|(id, _)| Value::from(*id))).await? {
        let (id, token) = (row.try_get("", "id")?, row.try_get("", "lease_token")?);
        if leases.contains(&(id, token)) {
            held.insert(id, Held::read(&row)?);
        }
    }
    Ok(held)
}

/// Writes down how a run ended; `false`, and nothing written, when the lease is no longer ours.
pub(super) async fn finish(db: &Db, id: i64, token: i64, outcome: &Outcome, now: Millis) -> Result<bool, DbErr> {
    let tx = db.begin().await?;
    let Some(held) = hold(&tx, id, token).await? else {
        tx.rollback().await?;
        return Ok(false);
    };
    end(&tx, id, &held, outcome, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// Removes the rows of jobs that are done; those of jobs that are to run once more wait again.
pub(super) async fn end_done(tx: &DatabaseTransaction, done: &[(i64, &Held)], now: Millis) -> Result<(), DbErr> {
    let (again, gone): (Vec<_>, Vec<_>) = done.iter().copied().partition(|(_, held)| held.run_again_at.is_some());
    for (id, held) in again {
        end(tx, id, held, &Outcome::Done, now).await?;
    }
    if !gone.is_empty() {
        let text = format!("DELETE FROM job WHERE id IN ({})", db::marks(gone.len()));
        db::execute(tx, &text, gone.iter().map(|(id, _)| Value::from(*id))).await?;
    }
    Ok(())
}

/// Writes down how a run of a held row ended.
pub(super) async fn end(
    tx: &DatabaseTransaction,
    id: i64,
    held: &Held,
    outcome: &Outcome,
    now: Millis,
) -> Result<(), DbErr> {
    let earlier = |at: Millis| held.run_again_at.map_or(at, |again| again.min(at));
    match (outcome, held.run_again_at) {
        (Outcome::Done, None) => {
            db::execute(tx, "DELETE FROM job WHERE id = ?", [id.into()]).await?;
        }
        (Outcome::Done, Some(again)) => settle(tx, id, "waiting", again, 0, None, now).await?,
        (Outcome::At(at), _) => settle(tx, id, "waiting", earlier(*at), 0, None, now).await?,
        (Outcome::Released, _) => settle(tx, id, "waiting", now, (held.attempts - 1).max(0), None, now).await?,
        (Outcome::Failed(error), again) => {
            let error = Some(kept(error));
            if held.attempts < held.max_attempts {
                let at = earlier(now + millis(back_off(held.attempts, random())));
                settle(tx, id, "waiting", at, held.attempts, error, now).await?;
            } else if let Some(again) = again {
                // Whoever asked for another run would have revived the dead job a moment later.
                settle(tx, id, "waiting", again, 0, error, now).await?;
            } else {
                settle(tx, id, "dead", now, held.attempts, error, now).await?;
            }
        }
    }
    Ok(())
}

/// Ends the leases of processes of this machine that are gone, so that a restart need not wait for them to run out.
pub(super) async fn release_gone(db: &Db, now: Millis) -> Result<(), DbErr> {
    let running = "SELECT id, lease_token, lease_owner FROM job WHERE state = 'running' AND lease_until >= ?";
    let mut gone = Vec::new();
    for row in db::rows(db.read(), running, [now.into()]).await? {
        let owner: Option<String> = row.try_get("", "lease_owner")?;
        if owner.is_some_and(|owner| owner::is_gone(&owner)) {
            gone.push((row.try_get::<i64>("", "id")?, row.try_get::<i64>("", "lease_token")?));
        }
    }
    if gone.is_empty() {
        return Ok(());
    }
    let tx = db.begin().await?;
    for (id, token) in gone {
        let update = "UPDATE job SET lease_until = ? WHERE id = ? AND lease_token = ? AND state = 'running'";
        db::execute(&tx, update, [(now - 1).into(), id.into(), token.into()]).await?;
    }
    tx.commit().await
}

/// A count from the database that is never negative or large.
pub(super) fn small(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

/// A duration as the database counts.
pub(super) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX / 4)
}

impl Scope<'_> {
    fn sql(&self) -> String {
        let kinds = format!("kind IN ({})", db::marks(self.kinds.len()));
        if self.keys.is_empty() { kinds } else { format!("{kinds} AND job_key IN ({})", db::marks(self.keys.len())) }
    }

    fn values(&self) -> impl Iterator<Item = Value> {
        self.kinds.iter().map(|kind| Value::from(*kind)).chain(self.keys.iter().map(|key| Value::from(key.as_str())))
    }
}

/// Takes the jobs that meet `condition`, which asks for the time, first in the order of `by`.
#[expect(clippy::too_many_arguments, reason = "one statement with its parts")]
async fn take(
    tx: &DatabaseTransaction,
    scope: &Scope<'_>,
    condition: &str,
    by: &str,
    owner: &str,
    now: Millis,
    lease: Duration,
    most: usize,
) -> Result<Vec<Claimed>, DbErr> {
    let statement = format!(
        "WITH due AS MATERIALIZED (
            SELECT id AS due_id FROM job WHERE {condition} AND {} ORDER BY {by}, id LIMIT ? {})
         UPDATE job SET state = 'running', attempts = attempts + 1, lease_token = lease_token + 1,
            lease_owner = ?, lease_until = ?, updated_at = ?
         FROM due WHERE id = due_id
         RETURNING id, kind, job_key, payload, attempts, lease_token, run_at",
        scope.sql(),
        db::skip_locked(tx)
    );
    let mut values: Vec<Value> = vec![now.into()];
    values.extend(scope.values());
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    values.extend([most.into(), owner.into(), (now + millis(lease)).into(), now.into()]);
    let mut claimed = Vec::new();
    for row in db::rows(tx, &statement, values).await? {
        let job = Claimed {
            id: row.try_get("", "id")?,
            kind: row.try_get("", "kind")?,
            key: row.try_get("", "job_key")?,
            payload: row.try_get("", "payload")?,
            attempt: small(row.try_get("", "attempts")?),
            token: row.try_get("", "lease_token")?,
        };
        claimed.push((row.try_get::<Millis>("", "run_at")?, job));
    }
    // Rows come back in no order.
    claimed.sort_by_key(|(run_at, job)| (*run_at, job.id));
    Ok(claimed.into_iter().map(|(_, job)| job).collect())
}

/// Lays to rest the jobs whose workers vanished on the last attempt; otherwise a job that kills its process would kill it for ever.
async fn bury(tx: &DatabaseTransaction, scope: &Scope<'_>, now: Millis) -> Result<(), DbErr> {
    let statement = format!(
        "UPDATE job SET
            state = CASE WHEN run_again_at IS NULL THEN 'dead' ELSE 'waiting' END,
            attempts = CASE WHEN run_again_at IS NULL THEN attempts ELSE 0 END,
            run_at = COALESCE(run_again_at, run_at), run_again_at = NULL,
            lease_owner = NULL, lease_until = NULL, updated_at = ?,
            last_error = 'its worker ended without a word, and it was the last attempt'
         WHERE id IN (SELECT id FROM job
            WHERE state = 'running' AND lease_until < ? AND attempts >= max_attempts AND {} {})",
        scope.sql(),
        db::skip_locked(tx)
    );
    db::execute(tx, &statement, [now.into(), now.into()].into_iter().chain(scope.values())).await?;
    Ok(())
}

async fn settle(
    tx: &DatabaseTransaction,
    id: i64,
    state: &str,
    run_at: Millis,
    attempts: i64,
    error: Option<String>,
    now: Millis,
) -> Result<(), DbErr> {
    let update = "UPDATE job SET state = ?, run_at = ?, run_again_at = NULL, attempts = ?, last_error = ?,
                  lease_owner = NULL, lease_until = NULL, updated_at = ? WHERE id = ?";
    let values = [state.into(), run_at.into(), attempts.into(), error.into(), now.into(), id.into()];
    db::execute(tx, update, values).await?;
    Ok(())
}

async fn exists(db: &Db, scope: &Scope<'_>, condition: &str, times: &[Millis]) -> Result<bool, DbErr> {
    let query = format!("SELECT 1 AS one FROM job WHERE {condition} AND {} LIMIT 1", scope.sql());
    let values = times.iter().map(|time| Value::from(*time)).chain(scope.values());
    Ok(!db::rows(db.read(), &query, values).await?.is_empty())
}

/// Between half and the whole of the doubled base, so that what failed together is not tried together.
fn back_off(attempts: i64, random: u64) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(16);
    let whole = BACK_OFF_BASE.saturating_mul(1 << doublings).min(BACK_OFF_CAP);
    let half = millis(whole / 2).unsigned_abs();
    Duration::from_millis(half + random % (half + 1))
}

fn random() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().1
}

/// The error text as the column takes it: PostgreSQL refuses NUL.
fn kept(error: &str) -> String {
    error.chars().take(ERROR_CHARS).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_to_its_cap() {
        for random in [0, 1, 250, u64::MAX] {
            assert!((500..=1000).contains(&back_off(1, random).as_millis()));
            assert!((2000..=4000).contains(&back_off(3, random).as_millis()));
            assert!((150_000..=300_000).contains(&back_off(60, random).as_millis()));
        }
    }

    #[test]
    fn an_error_is_cut_and_takes_no_nul() {
        assert_eq!(kept("a\0b"), "a\u{fffd}b");
        assert_eq!(kept(&"ä".repeat(3000)).chars().count(), ERROR_CHARS);
    }
}

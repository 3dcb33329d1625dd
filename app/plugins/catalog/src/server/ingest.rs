//! The durable refresh loop: reads a location, writes what changed, and comes again.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::audit;
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::db;
use kit::server::jobs::{self, Handler, JobError, Lease, NewJob, Next};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;

use super::digest::{self, Digest, Input, NewProblem, Place, Rules, Target};
use super::docs;
use super::integrations::Integrations;
use super::source::{Source, SourceError, is_unread_folder};
use super::store::{self, KnownFile, Pending};

/// The kind of job that reads one location; its key is the location's number.
pub const REFRESH: &str = "catalog.refresh";

/// Files that are looked up and written together.
const BATCH_FILES: usize = 64;

/// Entities after which a batch is written, however few files it holds.
const BATCH_ENTITIES: usize = 500;

/// How long a location that could not be read waits for its next try, at most.
const RETRY: Millis = 60_000;

/// How far a refresh has come.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files looked at.
    pub done: AtomicU64,
    /// Files known so far.
    pub known: AtomicU64,
}

/// Reads one location from beginning to end.
pub struct Refresh {
    pub kit: Kit,
    pub integrations: Arc<Integrations>,
    pub checkouts: PathBuf,
    /// The time between two refreshes.
    pub interval: Millis,
    pub progress: Arc<Progress>,
}

/// The job that reads location `id` at `run_at`.
pub fn refresh_job(id: i64, run_at: Millis) -> NewJob {
    NewJob { kind: REFRESH, key: id.to_string(), payload: json!({}), run_at, max_attempts: u32::MAX }
}

struct Location {
    id: i64,
    kind: String,
    target: String,
    rules: Rules,
}

#[async_trait]
impl Handler for Refresh {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let outcome = self.read_location(lease).await;
        if let Err(error @ (JobError::Failed(_) | JobError::Db(_))) = &outcome {
            self.note_failure(lease, error).await;
        }
        outcome
    }
}

impl Refresh {
    async fn read_location(&self, lease: &Lease) -> Result<Next, JobError> {
        let Some(location) = self.load(&lease.key).await? else { return Ok(Next::Done) };
        let opened = Source::open(
            &location.kind,
            &location.target,
            &self.checkouts,
            self.kit.fetcher.clone(),
            self.integrations.clone(),
        )
        .await;
        let read = match opened {
            Ok(source) => match source.first().await {
                Ok(first) => Ok((source, first)),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        match read {
            Ok((source, first)) => {
                let mut run = Run {
                    refresh: self,
                    lease,
                    location: &location,
                    source: &source,
                    queue: first.into_iter().collect(),
                    seen: HashSet::new(),
                    named: HashMap::new(),
                    changed: false,
                    failed: None,
                };
                run.read_all().await?;
                run.changed |= docs::refresh(&self.kit, lease, location.id, &source).await?;
                let next = self.finish(lease, &location, &source.revision, run.changed).await?;
                match run.failed {
                    None => Ok(next),
                    Some(error) => self.unreadable(lease, &location, &error).await,
                }
            }
            Err(error) => self.unreadable(lease, &location, &error.to_string()).await,
        }
    }

    /// Shows a failure of our own on the location, as far as the database lets us; the job is tried again in any case.
    async fn note_failure(&self, lease: &Lease, error: &JobError) {
        let AppError::Internal { reference } = AppError::internal(error) else { return };
        let noted = async {
            let message = format!("The portal failed while reading it; quote {reference} to the platform team");
            let tx = self.kit.db.begin().await?;
            lease.fence(&tx).await?;
            let text = "UPDATE catalog_location SET state = 'unreadable', message = ? WHERE id = ?";
            db::execute(&tx, text, [message.into(), lease.key.parse::<i64>().unwrap_or_default().into()]).await?;
            Ok::<_, JobError>(tx.commit().await?)
        };
        if let Err(error) = noted.await {
            tracing::warn!(location.id = lease.key, %error, "a failure could not be noted on its location");
        }
    }

    async fn load(&self, key: &str) -> Result<Option<Location>, DbErr> {
        let Ok(id) = key.parse::<i64>() else { return Ok(None) };
        let read = self.kit.db.read();
        let text = "SELECT kind, target, trust_org, allowed_kinds FROM catalog_location WHERE id = ?";
        let Some(row) = read.query_one_raw(db::sql(read, text, [id.into()])).await? else { return Ok(None) };
        let (kind, target): (String, String) = (row.try_get("", "kind")?, row.try_get("", "target")?);
        let allowed: Option<String> = row.try_get("", "allowed_kinds")?;
        let rules = Rules {
            trust_org: row.try_get("", "trust_org")?,
            allowed_kinds: allowed.map(|kinds| kinds.split(',').map(str::to_owned).collect()),
            origin: format!("{}:{target}", if matches!(kind.as_str(), "file" | "dir") { "file" } else { "url" }),
        };
        Ok(Some(Location { id, kind, target, rules }))
    }

    /// Writes how the location stands after it was read.
    async fn finish(
        &self,
        lease: &Lease,
        location: &Location,
        revision: &str,
        changed: bool,
    ) -> Result<Next, JobError> {
        let now = self.kit.clock.now();
        let next = now + self.interval;
        let tx = self.kit.db.begin().await?;
        lease.fence(&tx).await?;
        let text = "UPDATE catalog_location SET message = '', revision = ?, last_run_at = ?, next_run_at = ?, \
                    entities = (SELECT count(*) FROM catalog_entity e WHERE e.location_id = catalog_location.id AND e.orphan = FALSE), \
                    errors = (SELECT count(*) FROM catalog_problem p WHERE p.location_id = catalog_location.id AND p.severity = 'error'), \
                    warnings = (SELECT count(*) FROM catalog_problem p WHERE p.location_id = catalog_location.id AND p.severity = 'warning') \
                    WHERE id = ?";
        db::execute(&tx, text, [revision.into(), now.into(), next.into(), location.id.into()]).await?;
        db::execute(
            &tx,
            "UPDATE catalog_location SET state = CASE WHEN errors > 0 THEN 'errors' ELSE 'ok' END WHERE id = ?",
            [location.id.into()],
        )
        .await?;
        if changed {
            db::execute(
                &tx,
                "UPDATE catalog_location SET last_change_at = ? WHERE id = ?",
                [now.into(), location.id.into()],
            )
            .await?;
            let resource = format!("location:{}", location.id);
            let event = audit::Event {
                at: now,
                actor: &Caller::System,
                action: "catalog.location.ingest",
                resource: &resource,
                detail: json!({ "revision": revision }),
            };
            audit::append(&tx, event).await?;
        }
        tx.commit().await?;
        Ok(Next::At(next))
    }

    /// Notes that the location as a whole could not be read; what it brought stays.
    async fn unreadable(&self, lease: &Lease, location: &Location, error: &str) -> Result<Next, JobError> {
        let now = self.kit.clock.now();
        let next = now + self.interval.min(RETRY);
        let tx = self.kit.db.begin().await?;
        lease.fence(&tx).await?;
        let text = "UPDATE catalog_location SET state = 'unreadable', message = ?, last_run_at = ?, next_run_at = ? WHERE id = ?";
        db::execute(&tx, text, [error.into(), now.into(), next.into(), location.id.into()]).await?;
        tx.commit().await?;
        Ok(Next::At(next))
    }
}

/// One reading of one location.
struct Run<'a> {
    refresh: &'a Refresh,
    lease: &'a Lease,
    location: &'a Location,
    source: &'a Source,
    /// Files to look at, in the order of their paths.
    queue: BTreeSet<String>,
    /// Files that were looked at.
    seen: HashSet<String>,
    /// Where a file was named first, of those that are pointed to.
    named: HashMap<String, Target>,
    changed: bool,
    /// Why the file that the location names could not be read.
    failed: Option<String>,
}

/// What is to be written for a file that changed.
enum Outcome {
    /// What it brings now; nothing when it is gone.
    Read(Box<Digest>),
    /// It could not be read this time: what it brought stays.
    Unreadable(NewProblem),
}

impl Run<'_> {
    async fn read_all(&mut self) -> Result<(), JobError> {
        self.read_queue().await?;
        // What is gone goes last, and may free a ref that another file has been waiting for.
        while self.remove_unseen().await? || !self.queue.is_empty() {
            self.read_queue().await?;
        }
        Ok(())
    }

    async fn read_queue(&mut self) -> Result<(), JobError> {
        loop {
            let paths: Vec<String> = self.queue.iter().take(BATCH_FILES).cloned().collect();
            if paths.is_empty() {
                return Ok(());
            }
            let known = store::known_files(self.refresh.kit.db.read(), self.location.id, &paths).await?;
            let mut outcomes = Vec::new();
            let mut entities = 0;
            for path in paths {
                if self.lease.cancelled.is_cancelled() {
                    return Err(JobError::LeaseLost);
                }
                self.queue.remove(&path);
                self.seen.insert(path.clone());
                if let Some(outcome) = self.look_at(&path, known.get(&path)).await {
                    if let Outcome::Read(digest) = &outcome {
                        entities += digest.entities.len();
                    }
                    outcomes.push((path, outcome));
                }
                self.refresh.progress.done.fetch_add(1, Ordering::Relaxed);
                self.refresh.progress.known.store((self.seen.len() + self.queue.len()) as u64, Ordering::Relaxed);
                if entities >= BATCH_ENTITIES {
                    break;
                }
            }
            if !outcomes.is_empty() {
                self.write(outcomes).await?;
            }
        }
    }

    /// Compares a file with what is known of it; `None` when nothing changed.
    async fn look_at(&mut self, path: &str, known: Option<&KnownFile>) -> Option<Outcome> {
        let bytes = match self.source.read(path).await {
            Ok(bytes) => bytes,
            Err(error) => return self.not_read(path, known, &error),
        };
        if let Some(known) = known.filter(|known| known.hash == digest::hash(&bytes, &self.location.rules)) {
            let inputs: Vec<Input> = serde_json::from_str(&known.inputs).unwrap_or_default();
            let targets: Option<Vec<Target>> = serde_json::from_str(&known.targets).ok();
            if let Some(targets) = targets
                && self.inputs_unchanged(path, &inputs).await
                && !has_pattern(&bytes)
            {
                self.follow(targets);
                return None;
            }
        }
        let digest = digest::digest(self.source, path, &bytes, &self.location.rules).await;
        self.follow(digest.targets.clone());
        let unchanged = known.is_some_and(|known| {
            known.hash == digest.hash
                && known.inputs == serde_json::to_string(&digest.inputs).unwrap_or_default()
                && known.targets == serde_json::to_string(&digest.targets).unwrap_or_default()
        });
        (!unchanged).then(|| Outcome::Read(Box::new(digest)))
    }

    fn not_read(&mut self, path: &str, known: Option<&KnownFile>, error: &SourceError) -> Option<Outcome> {
        if self.source.is_start(path) {
            self.failed = Some(error.to_string());
        }
        let missing = matches!(error, SourceError::Missing(_));
        if let Some(known) = known.filter(|_| !missing) {
            // What a file that cannot be read at the moment points to is still there.
            self.follow(serde_json::from_str(&known.targets).unwrap_or_default());
        }
        let named = self.named.get(path);
        if missing && named.is_some_and(|target| target.optional) {
            self.seen.remove(path);
            return None;
        }
        let place = named.map_or_else(
            || Place { path: path.to_owned(), line: 1, column: 1, ..Place::default() },
            |target| target.named_at.clone(),
        );
        let code = if named.is_some() { "target" } else { "file" };
        let problem = NewProblem { place, is_error: true, code, message: error.to_string() };
        let hash = digest::failure_hash(&problem);
        if known.is_some_and(|known| known.hash == hash) {
            return None;
        }
        Some(if missing {
            Outcome::Read(Box::new(Digest { problems: vec![problem], ..Digest::empty(path, hash) }))
        } else {
            Outcome::Unreadable(problem)
        })
    }

    async fn inputs_unchanged(&self, path: &str, inputs: &[Input]) -> bool {
        for input in inputs {
            if digest::input_hash(&self.source.read_for(path, &input.path).await) != input.hash {
                return false;
            }
        }
        true
    }

    fn follow(&mut self, targets: Vec<Target>) {
        for target in targets {
            if !self.seen.contains(&target.path) {
                self.queue.insert(target.path.clone());
            }
            self.named.entry(target.path.clone()).or_insert(target);
        }
    }

    async fn write(&mut self, outcomes: Vec<(String, Outcome)>) -> Result<(), JobError> {
        let now = self.refresh.kit.clock.now();
        let mut pending = Pending::default();
        let tx = self.refresh.kit.db.begin().await?;
        self.lease.fence(&tx).await?;
        for (path, outcome) in &outcomes {
            match outcome {
                Outcome::Read(digest) => store::apply(&tx, now, self.location.id, digest, &mut pending).await?,
                Outcome::Unreadable(problem) => store::apply_unreadable(&tx, self.location.id, path, problem).await?,
            }
        }
        self.settle(&tx, now, &mut pending).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes out the files that the location no longer has; says whether there were any.
    async fn remove_unseen(&mut self) -> Result<bool, JobError> {
        let unread: Vec<String> = self.seen.iter().filter(|path| is_unread_folder(path)).cloned().collect();
        let mut gone = Vec::new();
        let mut after = 0_i64;
        loop {
            let text = "SELECT id, path FROM catalog_file WHERE location_id = ? AND id > ? ORDER BY id LIMIT 1000";
            let rows = db::rows(self.refresh.kit.db.read(), text, [self.location.id.into(), after.into()]).await?;
            for row in &rows {
                after = row.try_get("", "id")?;
                let path: String = row.try_get("", "path")?;
                if !self.seen.contains(&path) && !unread.iter().any(|folder| path.starts_with(folder)) {
                    gone.push(after);
                }
            }
            if rows.len() < 1000 {
                break;
            }
        }
        for chunk in gone.chunks(BATCH_FILES) {
            let now = self.refresh.kit.clock.now();
            let mut pending = Pending::default();
            let tx = self.refresh.kit.db.begin().await?;
            self.lease.fence(&tx).await?;
            for file_id in chunk {
                store::remove_file(&tx, now, *file_id, &mut pending).await?;
            }
            self.settle(&tx, now, &mut pending).await?;
            tx.commit().await?;
        }
        Ok(!gone.is_empty())
    }

    /// The end of every writing transaction: totals, and whoever else must look again.
    async fn settle(
        &mut self,
        tx: &sea_orm::DatabaseTransaction,
        now: Millis,
        pending: &mut Pending,
    ) -> Result<(), DbErr> {
        store::flush(tx, pending).await?;
        self.changed |= pending.changed;
        for (location_id, path) in std::mem::take(&mut pending.again) {
            if location_id != self.location.id {
                jobs::enqueue(tx, now, refresh_job(location_id, now)).await?;
            } else if self.seen.contains(&path) {
                // One that was not seen is either still to come or gone itself.
                self.queue.insert(path);
            }
        }
        Ok(())
    }
}

/// Whether a location may point to more files than last time although its own bytes are the same.
fn has_pattern(bytes: &[u8]) -> bool {
    bytes.contains(&b'*') && bytes.windows(14).any(|window| window == b"kind: Location")
}

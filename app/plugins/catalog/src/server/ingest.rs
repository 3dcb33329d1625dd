//! The durable refresh loop: reads a location, writes what changed, and comes again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use kit::error::AppError;
use kit::identity::{Caller, Subject};
use kit::server::audit;
use kit::server::authorise::Resource;
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::db;
use kit::server::directory::Directory;
use kit::server::inbox::{self, Message, Recipient};
use kit::server::jobs::{self, Handler, JobError, Lease, NewJob, Next};
use kit::server::{people, stars};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use serde_json::json;

use super::digest::Rules;
use super::docs;
use super::read::link;
use super::reader::{Readable, readable_rows};
use super::reading::{Failure, Outcome, Reading};
use super::service::Options;
use super::source::Source;
use super::store::{self, Bringer, Fate, Pending};
use crate::info::READ_ENTITIES;

/// The kind of job that reads one location; its key is the location's number.
pub const REFRESH: &str = "catalog.refresh";

/// Files that are looked up and written together.
const BATCH_FILES: usize = 64;

/// Entities after which a batch is written, however few files it holds.
const BATCH_ENTITIES: usize = 500;

/// Of so many changed entities somebody who starred them is told one by one.
const TOLD_ONE_BY_ONE: usize = 5;

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
    pub options: Arc<Options>,
    /// The organisation, which says in which groups somebody is who is to be told something.
    pub directory: Arc<dyn Directory>,
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
    /// Whether it was unregistered, and is only here until what it brought is gone.
    leaving: bool,
    /// Who registered it.
    registered_by: String,
}

impl Location {
    fn bringer(&self) -> Bringer<'_> {
        Bringer { id: self.id, target: &self.target }
    }
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
        if location.leaving {
            return self.leave(lease, &location).await;
        }
        let opened = Source::open(
            &location.kind,
            &location.target,
            self.options.checkouts(&self.options.checkouts),
            self.kit.fetcher.clone(),
            self.options.integrations.clone(),
        );
        let read = match opened.await {
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
                    reading: Reading::new(&source, &location.rules, self.options.limits.files, first),
                    revision: &source.revision,
                    changed: false,
                    followers: HashMap::new(),
                };
                run.read_all().await?;
                let docs = docs::refresh(&self.kit, lease, location.id, &source).await?;
                let next = self.finish(lease, &location, &source.revision, run.changed, docs).await?;
                match run.reading.failed {
                    None => Ok(next),
                    // Asking again soon would only read as many files again.
                    Some(failure @ Failure::TooManyFiles(_)) => {
                        self.unreadable(lease, &location, &failure.to_string(), self.options.interval).await
                    }
                    Some(failure) => self.unreadable(lease, &location, &failure.to_string(), RETRY).await,
                }
            }
            Err(error) => self.unreadable(lease, &location, &error.to_string(), RETRY).await,
        }
    }

    /// Takes out what an unregistered location brought, a batch a transaction, and the location itself at last.
    async fn leave(&self, lease: &Lease, location: &Location) -> Result<Next, JobError> {
        loop {
            let now = self.kit.clock.now();
            let mut pending = Pending::default();
            let tx = self.kit.db.begin().await?;
            lease.fence(&tx).await?;
            let left = store::forget_some(&tx, now, location.id, BATCH_ENTITIES, &mut pending).await?;
            store::flush(&tx, now, &mut pending).await?;
            for other in pending.locations().into_iter().filter(|other| *other != location.id) {
                jobs::enqueue(&tx, now, refresh_job(other, now)).await?;
            }
            self.options.wake_followers(&tx, now).await?;
            if !left {
                tx.commit().await?;
                continue;
            }
            // Unless somebody has registered it again meanwhile: then it is read from the beginning.
            let text = "DELETE FROM catalog_location WHERE id = ? AND state = 'leaving'";
            if db::execute(&tx, text, [location.id.into()]).await? == 0 {
                tx.commit().await?;
                return Ok(Next::At(now));
            }
            let event = audit::Event {
                at: now,
                actor: &Caller::System,
                action: "catalog.location.remove",
                resource: &format!("location:{}", location.id),
                detail: json!({ "kind": location.kind, "target": location.target }),
            };
            audit::append(&tx, event).await?;
            tx.commit().await?;
            return Ok(Next::Done);
        }
    }

    /// Shows a failure of our own on the location, as far as the database lets us; the job is tried again in any case.
    async fn note_failure(&self, lease: &Lease, error: &JobError) {
        let AppError::Internal { reference } = AppError::internal(error) else { return };
        let noted = async {
            let message = format!("The portal failed while reading it; quote {reference} to the platform team");
            let tx = self.kit.db.begin().await?;
            lease.fence(&tx).await?;
            let text =
                "UPDATE catalog_location SET state = 'unreadable', message = ? WHERE id = ? AND state <> 'leaving'";
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
        let text = "SELECT kind, target, trust_org, allowed_kinds, annotations, state, created_by FROM catalog_location WHERE id = ?";
        let Some(row) = read.query_one_raw(db::sql(read, text, [id.into()])).await? else { return Ok(None) };
        let (kind, target): (String, String) = (row.try_get("", "kind")?, row.try_get("", "target")?);
        let rules = Rules::of(&row, &kind, &target)?;
        let leaving = row.try_get::<String>("", "state")? == "leaving";
        let registered_by = row.try_get("", "created_by")?;
        Ok(Some(Location { id, kind, target, rules, leaving, registered_by }))
    }

    /// Writes how the location stands after it was read.
    async fn finish(
        &self,
        lease: &Lease,
        location: &Location,
        revision: &str,
        changed: bool,
        docs: bool,
    ) -> Result<Next, JobError> {
        let now = self.kit.clock.now();
        let next = now + self.options.interval;
        let tx = self.kit.db.begin().await?;
        lease.fence(&tx).await?;
        let before = errors_of(&tx, location.id).await?;
        let moved = revision_of(&tx, location.id).await? != revision;
        let text = "UPDATE catalog_location SET message = '', revision = ?, last_run_at = ?, next_run_at = ?, \
                    entities = (SELECT count(*) FROM catalog_entity e WHERE e.location_id = catalog_location.id AND e.orphan = FALSE), \
                    errors = (SELECT count(*) FROM catalog_problem p WHERE p.location_id = catalog_location.id AND p.severity = 'error'), \
                    warnings = (SELECT count(*) FROM catalog_problem p WHERE p.location_id = catalog_location.id AND p.severity = 'warning') \
                    WHERE id = ?";
        db::execute(&tx, text, [revision.into(), now.into(), next.into(), location.id.into()]).await?;
        db::execute(
            &tx,
            "UPDATE catalog_location SET state = CASE WHEN errors > 0 THEN 'errors' ELSE 'ok' END WHERE id = ? AND state <> 'leaving'",
            [location.id.into()],
        )
        .await?;
        tell_registrant(&tx, now, location, before, errors_of(&tx, location.id).await?).await?;
        if changed || docs {
            db::execute(
                &tx,
                "UPDATE catalog_location SET last_change_at = ? WHERE id = ?",
                [now.into(), location.id.into()],
            )
            .await?;
        }
        if docs {
            let resource = format!("location:{}", location.id);
            let event = audit::Event {
                at: now,
                actor: &Caller::System,
                action: "catalog.location.ingest",
                resource: &resource,
                detail: json!({ "revision": revision, "docs": true }),
            };
            audit::append(&tx, event).await?;
        }
        if moved {
            // Files that no descriptor is may be others now.
            self.options.wake_followers(&tx, now).await?;
        }
        tx.commit().await?;
        Ok(Next::At(next))
    }

    /// Notes that the location as a whole could not be read; what it brought stays.
    async fn unreadable(
        &self,
        lease: &Lease,
        location: &Location,
        error: &str,
        retry: Millis,
    ) -> Result<Next, JobError> {
        let now = self.kit.clock.now();
        let next = now + self.options.interval.min(retry);
        let tx = self.kit.db.begin().await?;
        lease.fence(&tx).await?;
        let text = "UPDATE catalog_location SET state = 'unreadable', message = ?, last_run_at = ?, next_run_at = ? WHERE id = ? AND state <> 'leaving'";
        db::execute(&tx, text, [error.into(), now.into(), next.into(), location.id.into()]).await?;
        tx.commit().await?;
        Ok(Next::At(next))
    }
}

/// How many errors a location is known to have.
async fn errors_of(tx: &DatabaseTransaction, id: i64) -> Result<i64, DbErr> {
    let rows = db::rows(tx, "SELECT errors FROM catalog_location WHERE id = ?", [id.into()]).await?;
    rows.first().map_or(Ok(0), |row| row.try_get("", "errors"))
}

/// The commit that a location was read at last.
async fn revision_of(tx: &DatabaseTransaction, id: i64) -> Result<String, DbErr> {
    let rows = db::rows(tx, "SELECT revision FROM catalog_location WHERE id = ?", [id.into()]).await?;
    rows.first().map_or_else(|| Ok(String::new()), |row| row.try_get("", "revision"))
}

/// Tells whoever registered a location that it has errors now, and takes that back when it has none any more.
async fn tell_registrant(
    tx: &DatabaseTransaction,
    now: Millis,
    location: &Location,
    before: i64,
    after: i64,
) -> Result<(), DbErr> {
    let (to, key) = (Recipient::Person(&location.registered_by), format!("location:{}:errors", location.id));
    match (before, after) {
        (1.., 0) => inbox::retract(tx, to, &key).await,
        (0, 1..) => {
            let errors = if after == 1 { "1 error".to_owned() } else { format!("{after} errors") };
            let message = Message {
                to,
                kind: "catalog.location-errors",
                key: &key,
                title: "A location of yours has errors",
                body: &format!("{errors} in {}", location.target),
                path: &format!("/locations/{}", location.id),
                waits: true,
            };
            inbox::send(tx, now, message).await
        }
        _ => Ok(()),
    }
}

/// One reading of one location, written as it goes.
struct Run<'a> {
    refresh: &'a Refresh,
    lease: &'a Lease,
    location: &'a Location,
    reading: Reading<'a>,
    revision: &'a str,
    changed: bool,
    /// Those who follow what changed, as they would be at their next request; none who could not sign in any more.
    followers: HashMap<String, Option<Caller>>,
}

impl Run<'_> {
    async fn read_all(&mut self) -> Result<(), JobError> {
        self.read_queue().await?;
        // What is gone goes last, and may free a ref that another file has been waiting for.
        while self.remove_unseen().await? || !self.reading.next(1).is_empty() {
            self.read_queue().await?;
        }
        Ok(())
    }

    async fn read_queue(&mut self) -> Result<(), JobError> {
        loop {
            let paths = self.reading.next(BATCH_FILES);
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
                if let Some(outcome) = self.reading.look_at(&path, known.get(&path)).await {
                    if let Outcome::Read(digest) = &outcome {
                        entities += digest.entities.len();
                    }
                    outcomes.push((path, outcome));
                }
                self.refresh.progress.done.fetch_add(1, Ordering::Relaxed);
                self.refresh.progress.known.store(self.reading.progress().1 as u64, Ordering::Relaxed);
                if entities >= BATCH_ENTITIES {
                    break;
                }
            }
            if !outcomes.is_empty() {
                self.write(outcomes).await?;
            }
        }
    }

    async fn write(&mut self, outcomes: Vec<(String, Outcome)>) -> Result<(), JobError> {
        let now = self.refresh.kit.clock.now();
        let mut pending = Pending::default();
        let tx = self.refresh.kit.db.begin().await?;
        self.lease.fence(&tx).await?;
        for (path, outcome) in &outcomes {
            match outcome {
                Outcome::Read(digest) => store::apply(&tx, now, self.location.bringer(), digest, &mut pending).await?,
                Outcome::Unreadable(problem) => store::apply_unreadable(&tx, self.location.id, path, problem).await?,
            }
        }
        self.settle(&tx, now, &mut pending).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes out the files that the location no longer has; says whether there were any.
    async fn remove_unseen(&mut self) -> Result<bool, JobError> {
        if matches!(self.reading.failed, Some(Failure::TooManyFiles(_))) {
            // What was not looked at is not gone.
            return Ok(false);
        }
        let mut gone = Vec::new();
        let mut after = 0_i64;
        loop {
            let text = "SELECT id, path FROM catalog_file WHERE location_id = ? AND id > ? ORDER BY id LIMIT 1000";
            let rows = db::rows(self.refresh.kit.db.read(), text, [self.location.id.into(), after.into()]).await?;
            for row in &rows {
                after = row.try_get("", "id")?;
                let path: String = row.try_get("", "path")?;
                if !self.reading.has_seen(&path) {
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
    ) -> Result<(), JobError> {
        store::note_batch(tx, now, self.location.bringer(), self.revision, pending).await?;
        store::flush(tx, now, pending).await?;
        self.changed |= pending.changed;
        self.tell_followers(tx, now, &pending.told).await?;
        for (location_id, path) in std::mem::take(&mut pending.again) {
            if location_id != self.location.id {
                jobs::enqueue(tx, now, refresh_job(location_id, now)).await?;
            } else {
                self.reading.again(path);
            }
        }
        if pending.changed {
            self.refresh.options.wake_followers(tx, now).await?;
        }
        Ok(())
    }

    /// Tells those who starred entities, and may still see them, that they changed or are in no file any more: a message each, or one of all where
    /// they are many.
    async fn tell_followers(
        &mut self,
        tx: &DatabaseTransaction,
        now: Millis,
        told: &BTreeMap<String, Fate>,
    ) -> Result<(), JobError> {
        let refs: Vec<String> = told.keys().cloned().collect();
        let mut starred: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for refs in refs.chunks(BATCH_ENTITIES) {
            let followers = stars::followers(tx, crate::INFO.id, refs).await?;
            if followers.is_empty() {
                continue;
            }
            // As they are after the change: it may be what hides them.
            let entities = readable_rows(tx, refs).await?;
            for (subject, entity_ref) in followers {
                let Some(entity) = entities.get(&entity_ref) else { continue };
                if self.may_see(&subject, entity).await? {
                    starred.entry(subject).or_default().push(entity_ref);
                }
            }
        }
        for (subject, refs) in starred {
            let news = Message {
                to: Recipient::Person(&subject),
                kind: "catalog.entity-changed",
                key: "",
                title: "",
                body: "",
                path: "/starred",
                waits: false,
            };
            if refs.len() > TOLD_ONE_BY_ONE {
                let title = format!("{} things that you starred changed", refs.len());
                let names: Vec<String> = refs.iter().map(|entity_ref| link(entity_ref, None).name).collect();
                inbox::send(tx, now, Message { title: &title, body: &names.join(", "), ..news }).await?;
                continue;
            }
            for entity_ref in &refs {
                let link = link(entity_ref, None);
                let what = match told.get(entity_ref) {
                    Some(Fate::Orphaned) => "is no longer in any file",
                    _ => "changed",
                };
                let title = format!("{} {what}", link.name);
                inbox::send(tx, now, Message { key: entity_ref, title: &title, path: &link.href, ..news }).await?;
            }
        }
        Ok(())
    }

    /// Whether somebody who is not here may see an entity.
    async fn may_see(&mut self, subject: &str, entity: &Readable) -> Result<bool, JobError> {
        let Refresh { kit, options, directory, .. } = self.refresh;
        if !self.followers.contains_key(subject) {
            let caller = match subject.parse::<Subject>() {
                Ok(subject) => {
                    let found = people::find(kit, &**directory, &options.administrators, &subject).await;
                    let found = found.map_err(|error| JobError::Failed(error.to_string()))?;
                    found.is_there.then(|| Caller::Principal(Arc::new(found.principal)))
                }
                Err(_) => None,
            };
            self.followers.insert(subject.to_owned(), caller);
        }
        let caller = self.followers.get(subject).and_then(Option::as_ref);
        Ok(caller.is_some_and(|caller| kit.may(caller, &READ_ENTITIES, &Resource::Known(&entity.attributes()))))
    }
}

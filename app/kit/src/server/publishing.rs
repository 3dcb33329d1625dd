//! Makes a version of everything of a kind in the catalog, soon after it or a file that it reaches has changed.
//!
//! One job looks what there is ([`Watch`]): it is added by the catalog whenever entities changed, and comes again by itself, since files on a disk or at
//! a plain address change without a word. What differs from the last version gets a job of its own ([`Publish`]), so that a source that does not answer
//! holds up nobody else. Whatever has a source that is down keeps its last version.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use sea_orm::{DatabaseTransaction, DbErr};
use serde_json::{Map, Value, json};

use super::clock::Millis;
use super::context::Kit;
use super::definitions::{self, Definition, NewVersion};
use super::entities::{Entities, EntityQuery};
use super::jobs::{self, Handler, JobError, Lease, NewJob, Next};
use super::source::{SourceError, Tree};
use crate::error::AppError;
use crate::identity::Caller;

/// The time between two looks at files that nobody tells of: five minutes.
const EVERY: Millis = 5 * 60 * 1000;

/// How long a version is kept that is not in use and that nothing began with: two years.
const KEPT: Millis = 2 * 365 * 24 * 60 * 60 * 1000;

/// Entities of one question to the catalog.
const PAGE: u32 = 500;

/// Sources that are looked at together.
const AT_ONCE: usize = 4;

/// The longest that the files of one definition may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often a job that fails is tried.
const ATTEMPTS: u32 = 10;

/// What of the catalog a plugin makes versions of, and where it lists it.
#[async_trait]
pub trait Listing: Send + Sync + 'static {
    /// What is common to all of it.
    fn about(&self) -> About;

    /// The shared parts.
    fn kit(&self) -> &Kit;

    /// The catalog.
    fn entities(&self) -> &dyn Entities;

    /// The entity tag and the problem of all that is listed, by ref.
    async fn known(&self) -> Result<HashMap<String, (String, String)>, DbErr>;

    /// What a definition reaches; the tree was opened for its descriptor.
    async fn gather(&self, tree: &dyn Tree, entity_ref: &str) -> Result<NewVersion, Unready>;

    /// Lists a definition, with what keeps it from being published.
    async fn put(
        &self,
        tx: &DatabaseTransaction,
        now: Millis,
        entity_ref: &str,
        entity: &Value,
        problem: &str,
    ) -> Result<(), DbErr>;

    /// Takes a definition out of the list. Its versions stay: somebody has them.
    async fn forget(&self, tx: &DatabaseTransaction, entity_ref: &str) -> Result<(), DbErr>;

    /// The versions that something began with, besides those that are [held](definitions::hold).
    async fn used(&self, tx: &DatabaseTransaction) -> Result<BTreeSet<i64>, DbErr>;
}

/// What is common to all definitions of a plugin.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// The plugin's id.
    pub plugin: &'static str,
    /// The kind of the entities, in lower case.
    pub kind: &'static str,
    /// The kind of job that looks what changed; there is one, which comes again.
    pub watch: &'static str,
    /// The kind of job that publishes one definition; its key is the ref.
    pub publish: &'static str,
}

/// Why no version can be made of what there is now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unready {
    /// Its source did not answer this time.
    #[error("{0}")]
    Source(SourceError),
    /// It is wrong, which its owner can put right.
    #[error("{0}")]
    Wrong(String),
}

impl From<SourceError> for Unready {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

impl About {
    /// The job that looks what changed, for the start of an instance and for who knows of a change: adding it again changes nothing.
    pub fn watch_job(&self, now: Millis) -> NewJob {
        let key = "entities".into();
        NewJob { kind: self.watch, key, payload: json!({}), run_at: now, max_attempts: u32::MAX }
    }

    /// The job that publishes a definition.
    pub fn publish_job(&self, entity_ref: &str, now: Millis) -> NewJob {
        let key = entity_ref.to_owned();
        NewJob { kind: self.publish, key, payload: json!({}), run_at: now, max_attempts: ATTEMPTS }
    }

    fn definition<'a>(&self, name: &'a str) -> Definition<'a> {
        Definition { plugin: self.plugin, name }
    }
}

/// Where an entity was read from, as the catalog says it.
pub fn source_of(entity: &Value) -> &str {
    entity
        .pointer("/metadata/annotations/backstage.io~1managed-by-location")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Looks what changed.
pub struct Watch<L> {
    listing: Arc<L>,
    /// When this process last looked at all files.
    looked: AtomicI64,
}

impl<L: Listing> Watch<L> {
    /// For what a plugin lists.
    pub fn new(listing: Arc<L>) -> Self {
        Self { listing, looked: AtomicI64::new(0) }
    }

    /// What is not what its last version is, and what is no more.
    async fn changed(&self, files_too: bool) -> Result<(Vec<String>, Vec<String>), AppError> {
        let known = self.listing.known().await?;
        let (mut changed, mut same) = (Vec::new(), Vec::new());
        let found = self.in_catalog().await?;
        for (entity_ref, etag) in &found {
            match known.get(entity_ref) {
                Some((kept, problem)) if kept == etag && (problem.is_empty() || !files_too) => {
                    same.push(entity_ref.clone())
                }
                _ => changed.push(entity_ref.clone()),
            }
        }
        if files_too {
            let looks = same.into_iter().map(|entity_ref| self.differing(entity_ref));
            let looks: Vec<BoxFuture<'_, Result<Option<String>, AppError>>> = looks.map(FutureExt::boxed).collect();
            let mut looks = stream::iter(looks).buffer_unordered(AT_ONCE);
            while let Some(differing) = looks.next().await {
                changed.extend(differing?);
            }
        }
        changed.sort_unstable();
        let gone = known.into_keys().filter(|entity_ref| !found.contains_key(entity_ref)).collect();
        Ok((changed, gone))
    }

    /// Takes out versions that have had their time.
    async fn retire(&self, lease: &Lease, now: Millis) -> Result<(), JobError> {
        let (kit, plugin) = (self.listing.kit(), self.listing.about().plugin);
        if !definitions::any_before(kit.db.read(), plugin, now - KEPT).await? {
            return Ok(());
        }
        let tx = kit.db.begin().await?;
        lease.fence(&tx).await?;
        let used = self.listing.used(&tx).await?;
        let gone = definitions::retire(&tx, plugin, now - KEPT, &used).await?;
        if gone > 0 {
            tracing::info!(versions = gone, plugin, "versions that nothing uses have had their time");
        }
        Ok(tx.commit().await?)
    }

    async fn in_catalog(&self) -> Result<BTreeMap<String, String>, AppError> {
        let kind = Map::from_iter([("kind".to_owned(), Value::from(self.listing.about().kind))]);
        let mut query = EntityQuery { filter: vec![kind], limit: PAGE, ..EntityQuery::default() };
        let mut all = BTreeMap::new();
        loop {
            let page = self.listing.entities().find(&Caller::System, &query).await?;
            let full = page.len() == PAGE as usize;
            if let Some(last) = page.last() {
                query.after.clone_from(&last.entity_ref);
            }
            all.extend(page.into_iter().map(|found| (found.entity_ref, found.etag)));
            if !full {
                return Ok(all);
            }
        }
    }

    /// The ref, where what it names differs.
    async fn differing(&self, entity_ref: String) -> Result<Option<String>, AppError> {
        Ok(self.differs(&entity_ref).await?.then_some(entity_ref))
    }

    /// Whether the files of a definition are others than those of its last version. A source that does not answer is as it was.
    async fn differs(&self, entity_ref: &str) -> Result<bool, AppError> {
        let definition = self.listing.about().definition(entity_ref);
        let Some(last) = definitions::newest(self.listing.kit().db.read(), definition).await? else { return Ok(true) };
        let looked = tokio::time::timeout(PATIENCE, async {
            let tree = self.listing.entities().tree(entity_ref).await?;
            if !tree.revision().is_empty() && tree.revision() == last.revision {
                return Ok(None);
            }
            self.listing.gather(&*tree, entity_ref).await.map(Some)
        });
        Ok(match looked.await {
            Ok(Ok(now)) => now.is_some_and(|now| now.hash() != last.hash),
            Ok(Err(Unready::Wrong(_))) => true,
            Ok(Err(Unready::Source(_))) | Err(_) => false,
        })
    }
}

#[async_trait]
impl<L: Listing> Handler for Watch<L> {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let (kit, about) = (self.listing.kit(), self.listing.about());
        let began = kit.clock.now();
        let files_too = began - self.looked.load(Ordering::Relaxed) >= EVERY;
        let (changed, gone) = self.changed(files_too).await.map_err(failed)?;
        let now = kit.clock.now();
        if !changed.is_empty() || !gone.is_empty() {
            let tx = kit.db.begin().await?;
            lease.fence(&tx).await?;
            for entity_ref in &gone {
                self.listing.forget(&tx, entity_ref).await?;
            }
            let publish: Vec<NewJob> = changed.iter().map(|entity_ref| about.publish_job(entity_ref, now)).collect();
            jobs::enqueue_all(&tx, now, &publish).await?;
            tx.commit().await?;
        }
        if files_too {
            self.retire(lease, now).await?;
            self.looked.store(began, Ordering::Relaxed);
        }
        Ok(Next::At(self.looked.load(Ordering::Relaxed) + EVERY))
    }
}

/// Publishes one definition.
pub struct Publish<L> {
    /// What a plugin lists.
    pub listing: Arc<L>,
}

#[async_trait]
impl<L: Listing> Handler for Publish<L> {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let (kit, entity_ref) = (self.listing.kit(), lease.key.as_str());
        let entity = self.listing.entities().entity(&Caller::System, entity_ref).await.map_err(failed)?;
        let read = match &entity {
            Some(_) => Some(self.read(entity_ref).await),
            None => None,
        };
        let now = kit.clock.now();
        let tx = kit.db.begin().await?;
        lease.fence(&tx).await?;
        match (entity, read) {
            (Some(entity), Some(read)) => {
                let problem = match &read {
                    Ok(_) => String::new(),
                    Err(Unready::Source(error)) => {
                        format!("What its steps take could not be read: {error}. It is tried again on its own")
                    }
                    Err(Unready::Wrong(why)) => why.clone(),
                };
                self.listing.put(&tx, now, entity_ref, &entity, &problem).await?;
                if let Ok(mut version) = read {
                    if version.author.is_empty() {
                        version.author = source_of(&entity).to_owned();
                    }
                    let definition = self.listing.about().definition(entity_ref);
                    definitions::publish(&tx, now, &Caller::System, definition, &version).await?;
                }
            }
            _ => self.listing.forget(&tx, entity_ref).await?,
        }
        tx.commit().await?;
        Ok(Next::Done)
    }
}

impl<L: Listing> Publish<L> {
    async fn read(&self, entity_ref: &str) -> Result<NewVersion, Unready> {
        let read = tokio::time::timeout(PATIENCE, async {
            let tree = self.listing.entities().tree(entity_ref).await?;
            self.listing.gather(&*tree, entity_ref).await
        });
        read.await.unwrap_or_else(|_| {
            let seconds = PATIENCE.as_secs();
            Err(Unready::Source(SourceError::Failed(format!("it took longer than {seconds} s"))))
        })
    }
}

fn failed(error: AppError) -> JobError {
    JobError::Failed(error.to_string())
}

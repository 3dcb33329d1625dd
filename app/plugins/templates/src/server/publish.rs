//! Makes a version of every template of the catalog, soon after it or a file that it reaches has changed.
//!
//! One job looks which templates there are ([`WATCH`]): it is added by the catalog whenever entities changed, and comes again by itself, since files on
//! a disk or at a plain address change without a word. What differs from the last version gets a job of its own ([`PUBLISH`]), so that a source that
//! does not answer holds up nobody else. A template whose source is down keeps its last version.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use descriptor::EntityRef;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::clock::Millis;
use kit::server::definitions::{self, Definition, NewVersion};
use kit::server::entities::EntityQuery;
use kit::server::jobs::{self, Handler, JobError, Lease, NewJob, Next};
use kit::server::{db, search};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use serde_json::{Map, Value, json};

use super::Templates;
use super::reach::{Unready, gather};

/// The kind of job that looks which templates changed; there is one, which comes again.
pub const WATCH: &str = "templates.watch";

/// The kind of job that publishes one template; its key is the template's ref.
pub const PUBLISH: &str = "templates.publish";

/// The time between two looks at files that nobody tells of: five minutes.
const EVERY: Millis = 5 * 60 * 1000;

/// How long a version is kept that is not in use and that no run has: two years.
const KEPT: Millis = 2 * 365 * 24 * 60 * 60 * 1000;

/// Templates of one question to the catalog.
const PAGE: u32 = 500;

/// Sources that are looked at together.
const AT_ONCE: usize = 4;

/// The longest that the files of one template may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often a job that fails is tried.
const ATTEMPTS: u32 = 10;

/// The longest family name, title and so on that are kept, in characters.
const SHOWN: usize = 300;

/// The most tags of one template.
const TAGS: usize = 50;

/// The job that looks which templates changed, for the start of an instance and for who knows of a change: adding it again changes nothing.
pub fn watch_job(now: Millis) -> NewJob {
    NewJob { kind: WATCH, key: "entities".into(), payload: json!({}), run_at: now, max_attempts: u32::MAX }
}

/// The job that publishes a template.
pub fn publish_job(template: &str, now: Millis) -> NewJob {
    NewJob { kind: PUBLISH, key: template.to_owned(), payload: json!({}), run_at: now, max_attempts: ATTEMPTS }
}

/// Looks which templates changed.
pub struct Watch {
    templates: Templates,
    /// When this process last looked at the files of all templates.
    looked: AtomicI64,
}

impl Watch {
    /// For these templates.
    pub fn new(templates: Templates) -> Self {
        Self { templates, looked: AtomicI64::new(0) }
    }

    /// The templates that are not what their last version is, and those that are no more.
    async fn changed(&self, files_too: bool) -> Result<(Vec<String>, Vec<String>), AppError> {
        let known = self.known().await?;
        let (mut changed, mut same) = (Vec::new(), Vec::new());
        let found = self.in_catalog().await?;
        for (template, etag) in &found {
            match known.get(template) {
                Some((kept, problem)) if kept == etag && (problem.is_empty() || !files_too) => {
                    same.push(template.clone())
                }
                _ => changed.push(template.clone()),
            }
        }
        if files_too {
            let looks = same.into_iter().map(|template| self.differing(template));
            let looks: Vec<BoxFuture<'_, Result<Option<String>, AppError>>> = looks.map(FutureExt::boxed).collect();
            let mut looks = stream::iter(looks).buffer_unordered(AT_ONCE);
            while let Some(differing) = looks.next().await {
                changed.extend(differing?);
            }
        }
        changed.sort_unstable();
        let gone = known.into_keys().filter(|template| !found.contains_key(template)).collect();
        Ok((changed, gone))
    }

    /// Takes out versions that have had their time.
    async fn retire(&self, lease: &Lease, now: Millis) -> Result<(), JobError> {
        let kit = &self.templates.kit;
        if !definitions::any_before(kit.db.read(), crate::INFO.id, now - KEPT).await? {
            return Ok(());
        }
        let tx = kit.db.begin().await?;
        lease.fence(&tx).await?;
        let rows =
            db::rows(&tx, "SELECT DISTINCT version_id AS id FROM templates_task WHERE version_id IS NOT NULL", [])
                .await?;
        let used = rows.iter().map(|row| row.try_get("", "id")).collect::<Result<BTreeSet<i64>, _>>()?;
        let gone = definitions::retire(&tx, crate::INFO.id, now - KEPT, &used).await?;
        if gone > 0 {
            tracing::info!(versions = gone, "versions that nothing uses have had their time");
        }
        Ok(tx.commit().await?)
    }

    async fn known(&self) -> Result<HashMap<String, (String, String)>, DbErr> {
        let read = self.templates.kit.db.read();
        let rows = db::rows(read, "SELECT ref, etag, problem FROM templates_template", []).await?;
        rows.iter()
            .map(|row| Ok((row.try_get("", "ref")?, (row.try_get("", "etag")?, row.try_get("", "problem")?))))
            .collect()
    }

    async fn in_catalog(&self) -> Result<BTreeMap<String, String>, AppError> {
        let kind = Map::from_iter([("kind".to_owned(), Value::from("template"))]);
        let mut query = EntityQuery { filter: vec![kind], limit: PAGE, ..EntityQuery::default() };
        let mut all = BTreeMap::new();
        loop {
            let page = self.templates.entities.find(&Caller::System, &query).await?;
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

    /// The template, where it differs.
    async fn differing(&self, template: String) -> Result<Option<String>, AppError> {
        Ok(self.differs(&template).await?.then_some(template))
    }

    /// Whether the files of a template are others than those of its last version. A source that does not answer is as it was.
    async fn differs(&self, template: &str) -> Result<bool, AppError> {
        let read = self.templates.kit.db.read();
        let Some(last) = definitions::newest(read, self.templates.definition(template)).await? else { return Ok(true) };
        let looked = tokio::time::timeout(PATIENCE, async {
            let tree = self.templates.entities.tree(template).await?;
            if !tree.revision().is_empty() && tree.revision() == last.revision {
                return Ok(None);
            }
            gather(&*tree, template).await.map(Some)
        });
        Ok(match looked.await {
            Ok(Ok(now)) => now.is_some_and(|now| now.hash() != last.hash),
            Ok(Err(Unready::Template(_))) => true,
            Ok(Err(Unready::Source(_))) | Err(_) => false,
        })
    }
}

#[async_trait]
impl Handler for Watch {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let kit = &self.templates.kit;
        let began = kit.clock.now();
        let files_too = began - self.looked.load(Ordering::Relaxed) >= EVERY;
        let (changed, gone) = self.changed(files_too).await.map_err(failed)?;
        let now = kit.clock.now();
        if !changed.is_empty() || !gone.is_empty() {
            let tx = kit.db.begin().await?;
            lease.fence(&tx).await?;
            for template in &gone {
                forget(&tx, template).await?;
            }
            let publish: Vec<NewJob> = changed.iter().map(|template| publish_job(template, now)).collect();
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

/// Publishes one template.
pub struct Publish {
    /// What it works with.
    pub templates: Templates,
}

#[async_trait]
impl Handler for Publish {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let (kit, template) = (&self.templates.kit, lease.key.as_str());
        let entity = self.templates.entities.entity(&Caller::System, template).await.map_err(failed)?;
        let read = match &entity {
            Some(_) => Some(self.read(template).await),
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
                    Err(Unready::Template(why)) => why.clone(),
                };
                put(&tx, now, template, &entity, &problem).await?;
                if let Ok(mut version) = read {
                    if version.author.is_empty() {
                        version.author = source_of(&entity).to_owned();
                    }
                    definitions::publish(&tx, now, &Caller::System, self.templates.definition(template), &version)
                        .await?;
                }
            }
            _ => forget(&tx, template).await?,
        }
        tx.commit().await?;
        Ok(Next::Done)
    }
}

impl Publish {
    async fn read(&self, template: &str) -> Result<NewVersion, Unready> {
        let read = tokio::time::timeout(PATIENCE, async {
            let tree = self.templates.entities.tree(template).await?;
            gather(&*tree, template).await
        });
        read.await.unwrap_or_else(|_| {
            let seconds = PATIENCE.as_secs();
            Err(Unready::Source(kit::server::source::SourceError::Failed(format!("it took longer than {seconds} s"))))
        })
    }
}

impl Templates {
    /// The definition of a template.
    pub fn definition<'a>(&self, template: &'a str) -> Definition<'a> {
        Definition { plugin: crate::INFO.id, name: template }
    }
}

/// The family of a template and its place in it: `service-v2` is the second major of `service`.
pub fn family(name: &str) -> (&str, u32) {
    let split = name.rsplit_once("-v").or_else(|| name.rsplit_once("-V"));
    let split = split.filter(|(family, major)| !family.is_empty() && major.bytes().all(|c| c.is_ascii_digit()));
    match split.and_then(|(family, major)| Some((family, major.parse().ok()?))) {
        Some(split) => split,
        None => (name, 0),
    }
}

/// Where an entity was read from, as the catalog says it.
fn source_of(entity: &Value) -> &str {
    entity
        .pointer("/metadata/annotations/backstage.io~1managed-by-location")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn failed(error: AppError) -> JobError {
    JobError::Failed(error.to_string())
}

/// Writes what lists show of a template.
async fn put(
    tx: &DatabaseTransaction,
    now: Millis,
    template: &str,
    entity: &Value,
    problem: &str,
) -> Result<(), DbErr> {
    let text = |pointer: &str| {
        let text = entity.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect::<String>()
    };
    let Ok(parsed) = template.parse::<EntityRef>() else { return Ok(()) };
    let title = match text("/metadata/title") {
        title if title.is_empty() => text("/metadata/name"),
        title => title,
    };
    let owner = EntityRef::parse(&text("/spec/owner"), Some("group"), &parsed.namespace);
    let owner = owner.map(|owner| owner.to_string()).unwrap_or_default();
    let (family, major) = family(&parsed.name);
    let statement = "INSERT INTO templates_template (ref, etag, namespace, name, family, major, title, sort_title, description, type, lifecycle, owner, source, \
                     problem, checked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (ref) DO UPDATE SET etag = excluded.etag, \
                     namespace = excluded.namespace, name = excluded.name, family = excluded.family, major = excluded.major, title = excluded.title, \
                     sort_title = excluded.sort_title, description = excluded.description, type = excluded.type, lifecycle = excluded.lifecycle, owner = excluded.owner, \
                     source = excluded.source, problem = excluded.problem, checked_at = excluded.checked_at RETURNING id";
    let values = [
        template.into(),
        text("/metadata/etag").into(),
        parsed.namespace.as_str().into(),
        parsed.name.as_str().into(),
        family.into(),
        i64::from(major).into(),
        title.as_str().into(),
        title.to_lowercase().into(),
        text("/metadata/description").into(),
        text("/spec/type").to_lowercase().into(),
        text("/spec/lifecycle").to_lowercase().into(),
        owner.as_str().into(),
        source_of(entity).into(),
        problem.into(),
        now.into(),
    ];
    let row = tx.query_one_raw(db::sql(tx, statement, values)).await?.ok_or(DbErr::RecordNotInserted)?;
    let id: i64 = row.try_get("", "id")?;
    db::execute(tx, "DELETE FROM templates_tag WHERE template_id = ?", [id.into()]).await?;
    let tags = entity.pointer("/metadata/tags").and_then(Value::as_array).into_iter().flatten();
    let tags: BTreeSet<String> =
        tags.filter_map(Value::as_str).map(|tag| tag.to_lowercase().chars().take(SHOWN).collect()).collect();
    for tag in tags.iter().take(TAGS) {
        let statement = "INSERT INTO templates_tag (template_id, tag) VALUES (?, ?)";
        db::execute(tx, statement, [id.into(), tag.as_str().into()]).await?;
    }
    let words = [
        title.as_str(),
        &parsed.name,
        "template",
        &text("/spec/type"),
        &tags.iter().map(String::as_str).collect::<Vec<_>>().join(" "),
        owner.rsplit('/').next().unwrap_or_default(),
        &text("/metadata/description"),
    ];
    search::put(tx, crate::INFO.id, id, &words.join(" ")).await
}

/// Takes a template out of the lists. Its versions stay: runs have them.
async fn forget(tx: &DatabaseTransaction, template: &str) -> Result<(), DbErr> {
    let rows = db::rows(tx, "SELECT id FROM templates_template WHERE ref = ?", [template.into()]).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let id: i64 = row.try_get("", "id")?;
    search::remove(tx, crate::INFO.id, id).await?;
    db::execute(tx, "DELETE FROM templates_tag WHERE template_id = ?", [id.into()]).await?;
    db::execute(tx, "DELETE FROM templates_template WHERE id = ?", [id.into()]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_told_by_the_name() {
        for (name, expected) in [
            ("service-v1", ("service", 1)),
            ("service-v12", ("service", 12)),
            ("service", ("service", 0)),
            ("service-vault", ("service-vault", 0)),
            ("service-v", ("service-v", 0)),
            ("-v2", ("-v2", 0)),
            ("a-v1-v2", ("a-v1", 2)),
            ("service-v99999999999", ("service-v99999999999", 0)),
        ] {
            assert_eq!(family(name), expected, "{name}");
        }
    }
}

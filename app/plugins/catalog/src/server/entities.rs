//! The catalog as other plugins see it.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use descriptor::EntityRef;
use kit::error::AppError;
use kit::identity::Caller;
use kit::plugin::Hit;
use kit::server::authorise::{Filter, Resource};
use kit::server::db;
use kit::server::entities::{Entities, EntityQuery, Found};
use kit::server::search;
use kit::server::source::{SourceError, Tree};
use sea_orm::{DbErr, QueryResult};
use serde_json::{Map, Value};

use super::filter::Conditions;
use super::read::{ROW, entity_rows};
use super::reader::Reader;
use super::rest::{MAX_CONDITIONS, MAX_LIMIT, alternative, one_entity};
use super::service::{Catalog, NewLocation};
use super::source::as_url;
use super::tree::{self, DirTree, GitTree};
use crate::info::{READ_ENTITIES, REGISTER_LOCATION};
use crate::model::EntityRow;

/// How many times a registered location is waited for, each as long as a person would wait for a page.
const WAITS: u32 = 15;

#[async_trait]
impl Entities for Catalog {
    async fn entity(&self, caller: &Caller, entity_ref: &str) -> Result<Option<Value>, AppError> {
        let (Some(reader), Ok(entity_ref)) =
            (self.as_seen_by(caller).await?, EntityRef::parse(entity_ref, None, "default"))
        else {
            return Ok(None);
        };
        match one_entity(&reader, "ref", &entity_ref.to_string()).await {
            Ok(entity) => Ok(Some(entity)),
            Err(AppError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn find(&self, caller: &Caller, query: &EntityQuery) -> Result<Vec<Found>, AppError> {
        let Some(reader) = self.as_seen_by(caller).await? else { return Ok(Vec::new()) };
        let mut conditions = asked(&reader, &query.filter)?;
        conditions.text(reader.backend(), &query.text);
        if !query.after.is_empty() {
            conditions.add("e.ref > ?", [query.after.as_str().into()]);
        }
        let (asked, values) = conditions.on(&reader);
        let entity = if query.fields.is_empty() { "'null'" } else { "e.entity" };
        let text = format!(
            "SELECT e.ref, e.name, e.title, e.description, e.etag, {entity} AS entity FROM catalog_entity e WHERE {asked} ORDER BY e.ref LIMIT {}",
            u64::from(query.limit).min(MAX_LIMIT)
        );
        let rows = db::rows(reader.db(), &text, values).await?;
        Ok(rows.iter().map(|row| found(row, &query.fields)).collect::<Result<_, _>>()?)
    }

    async fn like(&self, caller: &Caller, words: &[String], limit: u32) -> Result<Vec<Hit>, AppError> {
        let reader = self.as_seen_by(caller).await?.filter(|_| !words.is_empty());
        let Some(reader) = reader else { return Ok(Vec::new()) };
        let (matching, mut values) = search::like(reader.backend(), "catalog", words);
        let (seen, more) = reader.seen("e");
        values.extend(more);
        // People and groups share words with everything and are like nothing.
        let text = format!(
            "SELECT {ROW} FROM ({matching}) m JOIN catalog_entity e ON e.id = m.item_id WHERE e.kind NOT IN ('user', 'group', 'location') AND {seen} \
             ORDER BY m.score DESC, e.ref LIMIT {}",
            u64::from(limit).min(MAX_LIMIT)
        );
        let rows = entity_rows(&reader, &db::rows(reader.db(), &text, values).await?).await?;
        let hit = |row: EntityRow| {
            let detail = row.link.subtitle().unwrap_or_default().to_owned();
            Hit { title: row.link.name, detail, kind: row.link.kind, path: row.link.href }
        };
        Ok(rows.into_iter().map(hit).collect())
    }

    async fn titles(&self, caller: &Caller, refs: &[String]) -> Result<HashMap<String, String>, AppError> {
        let reader = self.as_seen_by(caller).await?.filter(|_| !refs.is_empty());
        let Some(reader) = reader else { return Ok(HashMap::new()) };
        let (seen, values) = reader.seen("e");
        let marks = db::marks(refs.len());
        let text = format!("SELECT e.ref, e.name, e.title FROM catalog_entity e WHERE e.ref IN ({marks}) AND {seen}");
        let values = refs.iter().map(|entity_ref| entity_ref.as_str().into()).chain(values);
        let rows = db::rows(reader.db(), &text, values).await?;
        let title = |row: &QueryResult| Ok::<_, DbErr>((row.try_get("", "ref")?, called(row)?));
        Ok(rows.iter().map(title).collect::<Result<_, _>>()?)
    }

    fn visible(&self, caller: &Caller) -> Filter {
        self.kit.gate.filter(caller, &READ_ENTITIES)
    }

    async fn revision(&self) -> Result<i64, AppError> {
        let rows = db::rows(self.kit.db.read(), "SELECT number FROM catalog_revision WHERE id = 1", []).await?;
        Ok(rows.first().map_or(Ok(0), |row| row.try_get("", "number"))?)
    }

    async fn register(
        &self,
        caller: &Caller,
        target: &str,
        annotations: &BTreeMap<String, String>,
    ) -> Result<String, AppError> {
        self.kit.authorise(caller, &REGISTER_LOCATION, &Resource::All).await?;
        let location = match self.kept_repository(target) {
            Some(path) => NewLocation::parse(&path).map_err(|error| AppError::bad_request(error.to_string()))?,
            None => self.location_of(caller, target).await?,
        };
        let location = NewLocation { annotations: annotations.clone(), ..location };
        let id = self.register(caller, &location).await?.id;
        for _ in 0..WAITS {
            if self.wait_until_read(id).await? {
                return self.first_of(id, &location.target).await;
            }
        }
        Err(AppError::Unavailable { what: format!("The reading of {}, which takes long,", location.target) })
    }

    async fn tree(&self, entity_ref: &str) -> Result<Arc<dyn Tree>, SourceError> {
        let unread = |error: DbErr| {
            tracing::error!(%error, "where an entity comes from could not be read");
            SourceError::Failed("the catalog does not answer".into())
        };
        let text = "SELECT e.path, l.kind, l.target, l.revision FROM catalog_entity e \
                    JOIN catalog_location l ON l.id = e.location_id WHERE e.ref = ?";
        let rows = db::rows(self.kit.db.read(), text, [entity_ref.into()]).await.map_err(unread)?;
        let row = rows.first().ok_or_else(|| SourceError::Missing(entity_ref.to_owned()))?;
        let column = |name: &str| row.try_get::<String>("", name).map_err(unread);
        let (path, kind, target) = (column("path")?, column("kind")?, column("target")?);
        let checkouts = self.options.checkouts(&self.options.checkouts);
        let (integrations, fetcher) = (self.options.integrations.clone(), self.kit.fetcher.clone());
        if as_url(&path).is_some() {
            return tree::at(&path, path == target, checkouts, integrations, fetcher).await;
        }
        match kind.as_str() {
            "git" => {
                let revision = column("revision")?;
                let tree = GitTree::of_location(&target, &revision, &path, checkouts, integrations, &fetcher);
                Ok(Arc::new(tree.await?))
            }
            "file" => {
                let folder = Path::new(&target).parent().unwrap_or(Path::new("/"));
                Ok(Arc::new(DirTree::open(folder, &path, true).await?))
            }
            _ => Ok(Arc::new(DirTree::open(Path::new(&target), &path, false).await?)),
        }
    }

    async fn tree_at(&self, address: &str) -> Result<Arc<dyn Tree>, SourceError> {
        let checkouts = self.options.checkouts(&self.options.checkouts);
        tree::at(address, false, checkouts, self.options.integrations.clone(), self.kit.fetcher.clone()).await
    }

    async fn tree_of(&self, remote: &str, commit: &str, start: &str) -> Result<Arc<dyn Tree>, SourceError> {
        let checkouts = self.options.checkouts(&self.options.checkouts);
        let integrations = self.options.integrations.clone();
        let kept = self.kept_repository(remote);
        if kept.is_none() {
            // A path of this machine is for those who register locations.
            super::git::listed(remote, &integrations, &self.kit.fetcher)?
                .ok_or_else(|| SourceError::Refused(format!("{remote} is no address of a repository")))?;
        }
        let remote = kept.as_deref().unwrap_or(remote);
        Ok(Arc::new(GitTree::of_location(remote, commit, start, checkouts, integrations, &self.kit.fetcher).await?))
    }
}

impl Catalog {
    /// The catalog as the caller may see it; nothing where it may see nothing.
    async fn as_seen_by(&self, caller: &Caller) -> Result<Option<Reader>, AppError> {
        if *caller == Caller::Anonymous {
            return Err(AppError::Unauthenticated);
        }
        if self.visible(caller) == Filter::None {
            return Ok(None);
        }
        self.reader(caller, &READ_ENTITIES).await.map(Some)
    }

    /// The path of the repository of the portal's own that has this address; one that is not there is none.
    fn kept_repository(&self, target: &str) -> Option<String> {
        let path = self.options.repositories.locate(target)?.canonicalize().ok()?;
        path.to_str().map(str::to_owned)
    }

    /// The first entity that a location brings.
    async fn first_of(&self, id: i64, target: &str) -> Result<String, AppError> {
        let read = self.kit.db.read();
        let text = "SELECT ref FROM catalog_entity WHERE location_id = ? AND orphan = FALSE ORDER BY path, doc LIMIT 1";
        if let Some(row) = db::rows(read, text, [id.into()]).await?.first() {
            return Ok(row.try_get("", "ref")?);
        }
        let text = "SELECT l.message, (SELECT min(p.message) FROM catalog_problem p WHERE p.location_id = l.id AND p.severity = 'error') AS problem \
                    FROM catalog_location l WHERE l.id = ?";
        let rows = db::rows(read, text, [id.into()]).await?;
        let said = |name: &str| rows.first().and_then(|row| row.try_get::<Option<String>>("", name).ok().flatten());
        let why = said("message").filter(|message| !message.is_empty()).or(said("problem"));
        let why = why.map_or(String::new(), |why| format!(": {why}"));
        Err(AppError::bad_request(format!("{target} is registered and brings no entity{why}")))
    }
}

fn found(row: &QueryResult, fields: &[String]) -> Result<Found, DbErr> {
    let text = |name: &str| row.try_get::<String>("", name);
    let entity: Value = serde_json::from_str(&text("entity")?).unwrap_or_default();
    let field = |pointer: &String| entity.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Found {
        entity_ref: text("ref")?,
        title: called(row)?,
        description: text("description")?,
        etag: text("etag")?,
        fields: fields.iter().map(field).collect(),
    })
}

/// What people call the entity of a row.
pub(super) fn called(row: &QueryResult) -> Result<String, DbErr> {
    let (title, name): (String, String) = (row.try_get("", "title")?, row.try_get("", "name")?);
    Ok(if title.is_empty() { name } else { title })
}

/// What a template's `catalogFilter` asks: any of its alternatives.
fn asked(reader: &Reader, alternatives: &[Map<String, Value>]) -> Result<Conditions, AppError> {
    let mut asked = Vec::new();
    let mut left = MAX_CONDITIONS;
    for fields in alternatives {
        let mut wanted = Wanted::default();
        wanted.read("", fields)?;
        left = left
            .checked_sub(wanted.values.len() + wanted.absent.len())
            .ok_or_else(|| AppError::bad_request(format!("a filter takes at most {MAX_CONDITIONS} conditions")))?;
        let mut conditions = alternative(reader, &wanted.values)?;
        for key in &wanted.absent {
            conditions.absent(reader, key);
        }
        if conditions.is_empty() {
            // An alternative without conditions is met by everything.
            return Ok(Conditions::default());
        }
        asked.push(conditions);
    }
    if asked.len() == 1 {
        return Ok(asked.remove(0));
    }
    let mut any = Conditions::default();
    any.any(asked);
    Ok(any)
}

/// The conditions of one alternative, by key in lower case.
#[derive(Default)]
struct Wanted {
    /// Fields with the values that they may have; without one they are to be there.
    values: BTreeMap<String, Vec<String>>,
    /// Fields that are not to be there.
    absent: Vec<String>,
}

impl Wanted {
    fn read(&mut self, above: &str, fields: &Map<String, Value>) -> Result<(), AppError> {
        for (name, wanted) in fields {
            let key = if above.is_empty() { name.to_lowercase() } else { format!("{above}.{}", name.to_lowercase()) };
            match wanted {
                Value::Object(inner) => match inner.get("exists").and_then(Value::as_bool) {
                    Some(true) => drop(self.values.entry(key).or_default()),
                    Some(false) => self.absent.push(key),
                    None => self.read(&key, inner)?,
                },
                Value::Array(items) if !items.is_empty() => {
                    let values = items.iter().map(|item| value(&key, item)).collect::<Result<Vec<_>, _>>()?;
                    self.values.entry(key).or_default().extend(values);
                }
                other => {
                    let value = value(&key, other)?;
                    self.values.entry(key).or_default().push(value);
                }
            }
        }
        Ok(())
    }
}

fn value(key: &str, value: &Value) -> Result<String, AppError> {
    match value {
        Value::String(text) => Ok(text.trim().to_lowercase()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(AppError::bad_request(format!(
            "the filter by {key:?} takes a value, a list of values or {{exists: true}}"
        ))),
    }
}

//! What the catalog answers and what can be done to it.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kit::components::{Facet, FacetValue};
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::jobs::NewJob;
use kit::server::repositories::Repositories;
use kit::server::{audit, db, html, jobs};
use kit::when::When;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use url::Url;

use super::docs::ANNOTATION;
use super::filter::{self, Conditions, Cursor, Order};
use super::git::Checkouts;
use super::ingest::refresh_job;
use super::integrations::Integrations;
use super::read::{Known, LOCATION, ROW, entity_rows, link, location_row};
use super::reader::{Counted, Counts, Readable, ReadableLocation, Reader, counts};
use crate::info::{REFRESH_LOCATION, UNREGISTER_LOCATION};
use crate::model::{
    Descriptor, EntityDetail, EntityList, EntityRow, FacetKey, ListQuery, LocationDetail, LocationList, LocationRow,
    Origin, Problem, RelationGroup, Sort, Summary,
};

/// Rows on a page of the catalog.
const PAGE: u64 = 50;

/// Values shown of one facet.
const FACET_VALUES: usize = 12;

/// Kinds on the home page.
const KINDS: usize = 24;

/// The most filters of one list.
pub(super) const MAX_CHOSEN: usize = 50;

/// The longest filter or search text, in bytes.
const MAX_TEXT: usize = 500;

/// Targets shown of one type of relation.
const RELATION_TARGETS: usize = 50;

/// Characters shown of a descriptor.
const SOURCE_CHARS: usize = 400_000;

/// Lines shown of a descriptor.
const SOURCE_LINES: usize = 3_000;

/// How often is looked whether a refresh is done.
const REFRESH_LOOK: Duration = Duration::from_millis(100);

/// How many times.
const REFRESH_LOOKS: u32 = 20;

/// How many checks before registering run at once.
const CHECKS: usize = 2;

/// The key of the jobs of those who follow the catalog.
const FOLLOWED: &str = "entities";

/// Problems on a page of a location.
const PROBLEMS: usize = 100;

/// The catalog: cheap to clone, without state of its own but how many checks are under way and what was counted. It is changed here; it is
/// read through a [`Reader`](super::reader::Reader).
#[derive(Clone, Debug)]
pub struct Catalog {
    pub(super) kit: Kit,
    pub(super) options: Arc<Options>,
    pub(super) checks: Arc<Semaphore>,
    /// What was counted under the filters of its callers.
    pub(super) counts: Arc<Counts>,
}

/// How the catalog works here.
#[derive(Debug)]
pub struct Options {
    /// The known code hosts.
    pub integrations: Arc<Integrations>,
    /// Where git locations are checked out.
    pub checkouts: PathBuf,
    /// Where the portal keeps bare repositories of its own, which anybody may register who may register a location.
    pub repositories: Arc<Repositories>,
    /// The time between two refreshes of a location.
    pub interval: Millis,
    /// How much one location may hold, and how many one person may register.
    pub limits: Limits,
    /// The refs of the people and groups that the configuration names administrators.
    pub administrators: Arc<[String]>,
    /// The kinds of job that are added whenever entities changed, or the files that they stand among, in the transaction of the change.
    pub followers: Vec<&'static str>,
}

impl Options {
    /// Checkouts in `path`, of the size that is allowed here.
    pub(super) fn checkouts<'a>(&self, path: &'a Path) -> Checkouts<'a> {
        Checkouts { path, max_bytes: self.limits.checkout_bytes }
    }

    /// Has whoever follows the catalog look at it again; the last thing before the commit.
    pub(super) async fn wake_followers(&self, tx: &impl ConnectionTrait, now: Millis) -> Result<(), DbErr> {
        for kind in &self.followers {
            let job = NewJob { kind, key: FOLLOWED.into(), payload: json!({}), run_at: now, max_attempts: u32::MAX };
            jobs::enqueue(tx, now, job).await?;
        }
        Ok(())
    }
}

/// How much one location may hold, and how many one person may register.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most files, those that its files point to included.
    pub files: usize,
    /// The largest checkout of a git repository, in bytes.
    pub checkout_bytes: u64,
    /// The longest that the check before registering may take.
    pub check_time: Duration,
    /// The most locations that one person or service has registered; no limit when 0.
    pub locations_per_person: u32,
}

/// A location to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLocation {
    /// `dir`, `file`, `git` or `url`.
    pub kind: &'static str,
    /// What it reads: an absolute path or an address.
    pub target: String,
    /// Whether users and groups may come from it.
    pub trust_org: bool,
    /// The only kinds that it may bring; `None` for the usual ones.
    pub allowed_kinds: Option<Vec<String>>,
    /// What is put on everything that it brings, over what the descriptors say.
    pub annotations: BTreeMap<String, String>,
}

/// A registered location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    /// Its number.
    pub id: i64,
    /// Whether it was there before.
    pub existed: bool,
}

/// Why a location cannot be registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Nothing readable has this path.
    #[error("{path}: {reason}")]
    Path {
        /// As it was given.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// It is no address that can be read.
    #[error("this address cannot be read: an address begins with https://, http:// or ssh://")]
    Address,
    /// It holds a secret, which would be shown wherever the location is.
    #[error(
        "an address with a user or password is not registered; configure the host's token as an integration instead"
    )]
    Credential,
}

impl NewLocation {
    /// What somebody meant by `text`: a directory, a descriptor, a git repository (bare, or an address that ends in `.git`) or the address of a descriptor.
    pub fn parse(text: &str) -> Result<Self, RegisterError> {
        let of =
            |kind, target| Self { kind, target, trust_org: false, allowed_kinds: None, annotations: BTreeMap::new() };
        if text.contains("://") {
            let url = Url::parse(text).map_err(|_| RegisterError::Address)?;
            let is_ssh = url.scheme() == "ssh";
            if url.password().is_some() || (!url.username().is_empty() && !is_ssh) {
                return Err(RegisterError::Credential);
            }
            return match url.scheme() {
                "ssh" => Ok(of("git", url.into())),
                "https" | "http" if url.path().ends_with(".git") => Ok(of("git", url.into())),
                "https" | "http" => Ok(of("url", url.into())),
                _ => Err(RegisterError::Address),
            };
        }
        let failed = |reason: String| RegisterError::Path { path: text.to_owned(), reason };
        let path = Path::new(text).canonicalize().map_err(|error| failed(error.to_string()))?;
        let target = path.to_str().ok_or_else(|| failed("the path is not UTF-8".into()))?.to_owned();
        let bare = path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir();
        Ok(of(
            if bare {
                "git"
            } else if path.is_dir() {
                "dir"
            } else {
                "file"
            },
            target,
        ))
    }
}

impl Catalog {
    /// The catalog on this machinery.
    pub fn new(kit: Kit, options: Options) -> Self {
        Self { kit, options: Arc::new(options), checks: Arc::new(Semaphore::new(CHECKS)), counts: Arc::default() }
    }

    /// Registers a location and has it read at once; one that is there already is read again, and trusted if it is now said to be.
    pub async fn register(&self, caller: &Caller, new: &NewLocation) -> Result<Registered, AppError> {
        let now = self.kit.clock.now();
        let tx = self.kit.db.begin().await?;
        self.has_room(&tx, caller, new).await?;
        let kinds = new.allowed_kinds.as_ref().map(|kinds| kinds.join(","));
        let known = db::rows(
            &tx,
            "SELECT id FROM catalog_location WHERE kind = ? AND target = ?",
            [new.kind.into(), new.target.as_str().into()],
        )
        .await?;
        let existed = !known.is_empty();
        if let Some(row) = known.first() {
            // The job before the location, as a reading takes them: PostgreSQL ends one of two transactions that lock them in different orders.
            jobs::enqueue(&tx, now, refresh_job(row.try_get("", "id")?, now)).await?;
        }
        // What somebody else registered bears nothing of whoever comes later.
        let text = "INSERT INTO catalog_location (kind, target, trust_org, allowed_kinds, annotations, state, next_run_at, created_at, created_by) \
                    VALUES (?, ?, ?, ?, ?, 'new', ?, ?, ?) ON CONFLICT (kind, target) DO UPDATE SET next_run_at = excluded.next_run_at, \
                    trust_org = (catalog_location.trust_org OR excluded.trust_org), \
                    allowed_kinds = COALESCE(excluded.allowed_kinds, catalog_location.allowed_kinds), \
                    annotations = CASE WHEN excluded.annotations <> '{}' AND catalog_location.created_by = excluded.created_by \
                    THEN excluded.annotations ELSE catalog_location.annotations END, \
                    state = CASE WHEN catalog_location.state = 'leaving' THEN 'new' ELSE catalog_location.state END RETURNING id, trust_org, allowed_kinds";
        let values = [
            new.kind.into(),
            new.target.as_str().into(),
            new.trust_org.into(),
            kinds.into(),
            json!(new.annotations).to_string().into(),
            now.into(),
            now.into(),
            caller.subject().into(),
        ];
        let row = tx.query_one_raw(db::sql(&tx, text, values)).await?;
        let row = row.ok_or_else(|| DbErr::RecordNotFound("the registered location".into()))?;
        let id: i64 = row.try_get("", "id")?;
        if !existed {
            jobs::enqueue(&tx, now, refresh_job(id, now)).await?;
        }
        let detail = json!({ "kind": new.kind, "target": new.target, "trustOrg": row.try_get::<bool>("", "trust_org")?, "allowedKinds": row.try_get::<Option<String>>("", "allowed_kinds")? });
        let resource = format!("location:{id}");
        let action = crate::info::REGISTER_LOCATION.action;
        audit::append(&tx, audit::Event { at: now, actor: caller, action, resource: &resource, detail }).await?;
        tx.commit().await?;
        Ok(Registered { id, existed })
    }

    /// Has a location read at once.
    pub async fn refresh(&self, caller: &Caller, id: i64) -> Result<(), AppError> {
        let now = self.kit.clock.now();
        let tx = self.kit.db.begin().await?;
        jobs::enqueue(&tx, now, refresh_job(id, now)).await?;
        if db::execute(&tx, "UPDATE catalog_location SET next_run_at = ? WHERE id = ?", [now.into(), id.into()]).await?
            == 0
        {
            return Err(AppError::not_found(format!("Location {id}")));
        }
        let resource = format!("location:{id}");
        let action = crate::info::REFRESH_LOCATION.action;
        audit::append(&tx, audit::Event { at: now, actor: caller, action, resource: &resource, detail: json!({}) })
            .await?;
        Ok(tx.commit().await?)
    }

    /// Waits until a location that was asked for has been read, but no longer than a person would: what follows shows it then. Says whether it was.
    pub async fn wait_until_read(&self, id: i64) -> Result<bool, AppError> {
        let asked = self.kit.clock.now();
        for _ in 0..REFRESH_LOOKS {
            tokio::time::sleep(REFRESH_LOOK).await;
            let read = self.kit.db.read();
            let text = "SELECT 1 FROM catalog_location WHERE id = ? AND last_run_at >= ?";
            if !db::rows(read, text, [id.into(), asked.into()]).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Waits until an unregistered location is gone, but no longer than a person would.
    pub async fn wait_until_gone(&self, id: i64) -> Result<(), AppError> {
        for _ in 0..REFRESH_LOOKS {
            tokio::time::sleep(REFRESH_LOOK).await;
            let there =
                db::rows(self.kit.db.read(), "SELECT 1 FROM catalog_location WHERE id = ?", [id.into()]).await?;
            if there.is_empty() {
                break;
            }
        }
        Ok(())
    }
}

impl Reader {
    /// What the home page says.
    pub async fn summary(&self) -> Result<Summary, AppError> {
        let all = ListQuery::default();
        let counts = async {
            let kinds = self.facet_counts(&all, FacetKey::Kind, &[], KINDS).await?;
            Ok::<_, DbErr>((kinds, self.facet_counts(&all, FacetKey::Orphan, &[], 1).await?))
        };
        let troubled = async {
            let (seen, values) = self.seen_location();
            let with = format!("FROM catalog_location WHERE state IN ('errors', 'unreadable') AND {seen}");
            // How many errors there are says something of what is hidden.
            let order = if self.sees_all() { "state DESC, errors DESC, id" } else { "state DESC, id" };
            let first = format!("SELECT {LOCATION} {with} ORDER BY {order} LIMIT 5");
            let total = db::rows(self.db(), &format!("SELECT count(*) AS n {with}"), values.clone()).await?;
            let total = total.first().map_or(Ok(0), |row| row.try_get::<i64>("", "n"))?;
            Ok::<_, DbErr>((
                self.location_rows(&db::rows(self.db(), &first, values).await?).await?,
                total.max(0) as u64,
            ))
        };
        let recent = async {
            let order = Order { column: "changed_at", descending: true };
            let page = filter::page(self, ROW, &Conditions::default(), &order, None, 8).await?;
            entity_rows(self, &page.rows).await
        };
        let ((kinds, orphans), (troubled, troubled_total), recent) = tokio::try_join!(counts, troubled, recent)?;
        let kinds: Vec<_> = kinds
            .into_iter()
            .map(|(value, label, count)| (label, count, ListQuery::only(FacetKey::Kind, value).href()))
            .collect();
        Ok(Summary {
            total: kinds.iter().map(|(_, count, _)| count).sum(),
            kinds,
            orphans: orphans.first().map_or(0, |(_, _, count)| *count),
            troubled,
            troubled_total,
            recent,
            may_register: self.may_register(),
        })
    }

    /// A page of entities with their facets.
    pub async fn list(&self, query: ListQuery) -> Result<EntityList, AppError> {
        let query = self.checked(query)?;
        let cursor: Option<Cursor> = if query.cursor.is_empty() { None } else { Some(filter::decode(&query.cursor)?) };
        let order = Order { column: column_of(query.sort), descending: query.descending };
        let conditions = self.conditions(&query, None);
        let page = filter::page(self, ROW, &conditions, &order, cursor.as_ref(), PAGE);
        let (page, facets) = tokio::try_join!(page, self.facets(&query))?;
        let total = match self.known_total(&query).await? {
            Some(total) => total,
            None => self.count(&conditions).await?,
        };
        let href = |cursor: Option<Cursor>| {
            cursor.map(|cursor| ListQuery { cursor: filter::encode(&cursor), ..query.clone() }.href())
        };
        Ok(EntityList {
            items: entity_rows(self, &page.rows).await?,
            total,
            facets,
            previous: href(page.previous),
            next: href(page.next),
        })
    }

    /// The query as it is answered, unless it asks for too much.
    pub(super) fn checked(&self, query: ListQuery) -> Result<ListQuery, AppError> {
        let query = query.tidied();
        let chosen: usize = query.chosen.iter().map(|(_, values)| values.len()).sum();
        let longest =
            query.chosen.iter().flat_map(|(_, values)| values).map(String::len).chain([query.text.len()]).max();
        if chosen > MAX_CHOSEN || longest.unwrap_or(0) > MAX_TEXT {
            let message = format!("At most {MAX_CHOSEN} filters of {MAX_TEXT} characters can be chosen at once");
            return Err(AppError::bad_request(message));
        }
        Ok(query)
    }

    pub(super) fn conditions(&self, query: &ListQuery, except: Option<FacetKey>) -> Conditions {
        let mut conditions = Conditions::default();
        for (key, values) in &query.chosen {
            if Some(*key) == except {
                continue;
            }
            match column(*key) {
                Some(column) => conditions.column(column, values),
                None if *key == FacetKey::Orphan => conditions.add("e.orphan = TRUE", []),
                None => conditions.field(field(*key), values),
            }
        }
        conditions.text(self.backend(), &query.text);
        conditions
    }

    /// The total where it is kept: of everything, or of one facet's chosen value; for whoever sees all.
    async fn known_total(&self, query: &ListQuery) -> Result<Option<u64>, DbErr> {
        if !query.text.is_empty() || !self.sees_all() {
            return Ok(None);
        }
        let (key, value) = match query.chosen.as_slice() {
            [] => ("kind", None),
            [(key, values)] if values.len() == 1 => (field(*key), Some(values[0].as_str())),
            _ => return Ok(None),
        };
        let text = format!(
            "SELECT CAST(COALESCE(sum(entities), 0) AS BIGINT) AS n FROM catalog_count WHERE kind = '' AND facet_key = ?{}",
            if value.is_some() { " AND facet_value = ?" } else { "" }
        );
        let values = std::iter::once(key.into()).chain(value.map(Into::into));
        let rows = db::rows(self.db(), &text, values).await?;
        rows.first().map(|row| Ok(row.try_get::<i64>("", "n")?.max(0) as u64)).transpose()
    }

    async fn facets(&self, query: &ListQuery) -> Result<Vec<Facet>, DbErr> {
        futures::future::try_join_all(FacetKey::ALL.into_iter().map(|key| self.facet(query, key))).await
    }

    async fn facet(&self, query: &ListQuery, key: FacetKey) -> Result<Facet, DbErr> {
        let mut counted = self.facet_counts(query, key, &[], FACET_VALUES + 1).await?;
        let more = counted.len() > FACET_VALUES;
        counted.truncate(FACET_VALUES);
        let missing: Vec<String> = query
            .chosen(key)
            .iter()
            .filter(|chosen| !counted.iter().any(|(value, ..)| value == *chosen))
            .cloned()
            .collect();
        if !missing.is_empty() {
            counted.extend(self.facet_counts(query, key, &missing, FACET_VALUES + 1).await?);
        }
        for value in missing {
            if !counted.iter().any(|(known, ..)| *known == value) {
                counted.push((value.clone(), value, 0));
            }
        }
        let values = counted
            .into_iter()
            .map(|(value, label, count)| FacetValue {
                chosen: query.chosen(key).contains(&value),
                href: query.toggled(key, &value).href(),
                label: facet_label(key, &value, label),
                count,
                value,
            })
            .collect();
        Ok(Facet { name: key.name().into(), label: key.label().into(), values, more })
    }

    /// Values of a facet with label and count, most frequent first; only `among` those where any are given.
    async fn facet_counts(
        &self,
        query: &ListQuery,
        key: FacetKey,
        among: &[String],
        limit: usize,
    ) -> Result<Vec<Counted>, DbErr> {
        let only_among = |column: &str| {
            if among.is_empty() { String::new() } else { format!(" AND {column} IN ({})", db::marks(among.len())) }
        };
        let mut among_values: Vec<sea_orm::Value> = among.iter().map(|value| value.as_str().into()).collect();
        let others: Vec<_> = query.chosen.iter().filter(|(chosen, _)| *chosen != key).collect();
        let kind = match others.as_slice() {
            [] => Some(""),
            [(FacetKey::Kind, kinds)] if kinds.len() == 1 => Some(kinds[0].as_str()),
            _ => None,
        };
        if let Some(kind) = kind.filter(|_| query.text.is_empty() && self.sees_all()) {
            let text = format!(
                "SELECT facet_value AS value, label, entities AS n FROM catalog_count WHERE kind = ? AND facet_key = ? AND entities > 0{} \
                 ORDER BY entities DESC, facet_value LIMIT {limit}",
                only_among("facet_value")
            );
            let values = [kind.into(), field(key).into()].into_iter().chain(among_values);
            self.counted(&text, values.collect()).await
        } else {
            let (asked, mut values) = self.conditions(query, Some(key)).on(self);
            let plus = self.counting();
            let grouped = match column(key) {
                Some(column) => format!(
                    "SELECT e.{column} AS value, count(*) AS n FROM catalog_entity e WHERE {asked} AND {plus}e.{column} <> ''{} GROUP BY {plus}e.{column}",
                    only_among(&format!("e.{column}"))
                ),
                None if key == FacetKey::Orphan => format!(
                    "SELECT 'true' AS value, count(*) AS n FROM catalog_entity e WHERE {asked} AND e.orphan = TRUE{} GROUP BY e.orphan",
                    only_among("'true'")
                ),
                // SQLite joins in the order written where it reads CROSS: from the few entities to their tags, or from all tags to those
                // of their entities that may be seen.
                None => format!(
                    "SELECT f.facet_value AS value, count(*) AS n FROM {} \
                     WHERE {asked} AND f.entity_id = e.id AND f.facet_key = '{}'{} GROUP BY f.facet_value",
                    if others.is_empty() && query.text.is_empty() && !plus.is_empty() {
                        "catalog_facet f CROSS JOIN catalog_entity e"
                    } else {
                        "catalog_entity e CROSS JOIN catalog_facet f"
                    },
                    field(key),
                    only_among("f.facet_value")
                ),
            };
            values.append(&mut among_values);
            let text = format!(
                "SELECT g.value, g.n, COALESCE((SELECT c.label FROM catalog_count c WHERE c.kind = '' AND c.facet_key = '{}' AND c.facet_value = g.value), g.value) AS label \
                 FROM ({grouped}) g ORDER BY g.n DESC, g.value LIMIT {limit}",
                field(key)
            );
            self.counted(&text, values).await
        }
    }

    /// Everything about one entity.
    pub async fn entity(&self, entity: &Readable) -> Result<EntityDetail, AppError> {
        let canonical = &entity.entity_ref;
        let unknown = || AppError::not_found(canonical.clone());
        let now = self.now();
        let text = format!(
            "SELECT {ROW}, e.uid, e.etag, e.entity, e.path, e.file_id, e.created_at, l.id AS location, l.target, l.last_run_at, d.title AS docs_title \
             FROM catalog_entity e JOIN catalog_location l ON l.id = e.location_id LEFT JOIN catalog_docs d ON d.entity_id = e.id WHERE e.ref = ?"
        );
        let mut found = db::rows(self.db(), &text, [canonical.as_str().into()]).await?;
        let row = found.pop().ok_or_else(unknown)?;
        let value: Value = serde_json::from_str(&row.try_get::<String>("", "entity")?).map_err(AppError::internal)?;
        let (mut rows, relations, problems, organisation) = tokio::try_join!(
            entity_rows(self, std::slice::from_ref(&row)),
            self.relations(canonical),
            self.problems_of(&row, canonical),
            self.organisation(canonical),
        )?;
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let pairs = |pointer: &str| -> Vec<(String, String)> {
            let fields = value.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
            fields
                .map(|(key, value)| (key.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
                .collect()
        };
        Ok(EntityDetail {
            row: rows.pop().ok_or_else(unknown)?,
            about: html::markdown(&text("/metadata/description")),
            tags: value
                .pointer("/metadata/tags")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            links: safe_links(&value),
            annotations: [pairs("/metadata/labels"), pairs("/metadata/annotations")].concat(),
            profile: pairs("/spec/profile"),
            relations,
            docs: value["metadata"]["annotations"].get(ANNOTATION).is_some(),
            docs_title: row.try_get::<Option<String>>("", "docs_title")?.unwrap_or_default(),
            organisation,
            origin: Origin {
                location_id: row.try_get("", "location")?,
                target: row.try_get("", "target")?,
                path: row.try_get("", "path")?,
                refreshed: row.try_get::<Option<i64>>("", "last_run_at")?.map(|at| When::new(at, now)),
                created: When::new(row.try_get("", "created_at")?, now),
            },
            problems,
            uid: row.try_get("", "uid")?,
            etag: row.try_get("", "etag")?,
        })
    }

    /// The descriptor of an entity as it was written.
    pub async fn descriptor(&self, entity: &Readable) -> Result<Descriptor, AppError> {
        let canonical = &entity.entity_ref;
        let unknown = || AppError::not_found(canonical.clone());
        let text = "SELECT source, line, file_id FROM catalog_entity WHERE ref = ?";
        let row = db::rows(self.db(), text, [canonical.as_str().into()]).await?.pop().ok_or_else(unknown)?;
        let problems = self.problems_of(&row, canonical).await?;
        let source: String = row.try_get("", "source")?;
        let lines = source.lines().count();
        let source: String = source.chars().take(SOURCE_CHARS).collect();
        Ok(Descriptor {
            lines: lines as u32,
            source: if lines > SOURCE_LINES {
                source.lines().take(SOURCE_LINES).collect::<Vec<_>>().join("\n")
            } else {
                source
            },
            first_line: row.try_get::<i64>("", "line")? as u32,
            marked: problems.iter().map(|problem| problem.line).collect(),
        })
    }

    async fn relations(&self, entity_ref: &str) -> Result<Vec<RelationGroup>, DbErr> {
        let (told, told_values) = self.told("r");
        let (seen, seen_values) = self.seen("t");
        let text = format!(
            "SELECT n.type, n.target_ref, n.total, t.title, t.kind_name FROM \
             (SELECT d.type, d.target_ref, row_number() OVER (PARTITION BY d.type ORDER BY d.target_ref) AS place, count(*) OVER (PARTITION BY d.type) AS total \
              FROM (SELECT DISTINCT r.type, r.target_ref FROM catalog_relation r WHERE r.source_ref = ? AND {told}) d) n \
             LEFT JOIN catalog_entity t ON t.ref = n.target_ref AND {seen} WHERE n.place <= {RELATION_TARGETS} ORDER BY n.type, n.target_ref"
        );
        let values = std::iter::once(entity_ref.into()).chain(told_values).chain(seen_values);
        let mut groups: Vec<RelationGroup> = Vec::new();
        for row in db::rows(self.db(), &text, values).await? {
            let relation: String = row.try_get("", "type")?;
            if groups.last().is_none_or(|group| group.relation != relation) {
                groups.push(RelationGroup {
                    label: relation_label(&relation),
                    targets: Vec::new(),
                    total: row.try_get::<i64>("", "total")?.max(0) as u64,
                    all: all_targets(&relation, entity_ref),
                    relation,
                });
            }
            let title: Option<String> = row.try_get("", "title")?;
            let kind: Option<String> = row.try_get("", "kind_name")?;
            let known = title.zip(kind).map(|(title, kind)| Known { title, kind });
            if let Some(group) = groups.last_mut() {
                group.targets.push(link(&row.try_get::<String>("", "target_ref")?, known.as_ref()));
            }
        }
        groups.sort_by_key(|group| relation_place(&group.relation));
        Ok(groups)
    }

    async fn problems_of(&self, row: &QueryResult, entity_ref: &str) -> Result<Vec<Problem>, DbErr> {
        let file: Option<i64> = row.try_get("", "file_id")?;
        // A document that lost its ref to this one is about the same ref, and is that document's problem, not this one's.
        let text = "SELECT path, doc, line, column_no, pointer, severity, message FROM catalog_problem WHERE ref = ? AND code <> 'duplicate' AND file_id = ? \
                    UNION SELECT path, doc, line, column_no, pointer, severity, message FROM catalog_problem WHERE ref = ? AND code IN ('target', 'docs') \
                    ORDER BY severity, line LIMIT 100";
        let rows = db::rows(self.db(), text, [entity_ref.into(), file.into(), entity_ref.into()]).await?;
        rows.iter().map(problem).collect()
    }

    /// A page of locations after the given number.
    pub async fn locations(&self, after: i64) -> Result<LocationList, AppError> {
        let (seen, values) = self.seen_location();
        let text =
            format!("SELECT {LOCATION} FROM catalog_location WHERE id > ? AND {seen} ORDER BY id LIMIT {}", PAGE + 1);
        let rows = db::rows(self.db(), &text, std::iter::once(after.into()).chain(values)).await?;
        let mut items = self.location_rows(&rows).await?;
        let more = items.len() > PAGE as usize;
        items.truncate(PAGE as usize);
        let next = items
            .last()
            .filter(|_| more)
            .map(|last| kit::query::href("/locations", [("page", last.id.to_string().as_str())]));
        Ok(LocationList { may_register: self.may_register(), items, next })
    }

    /// A location with a page of its problems, errors first.
    pub async fn location(&self, location: &ReadableLocation, page: &str) -> Result<LocationDetail, AppError> {
        let id = location.id;
        let row = self.location_row(location).await?.ok_or_else(|| AppError::not_found(format!("Location {id}")))?;
        let after = if page.is_empty() { None } else { Some(filter::decode(page)?) };
        let (problems, next) = self.problems(location, after).await?;
        let next =
            next.map(|next| kit::query::href(&format!("/locations/{id}"), [("page", filter::encode(&next).as_str())]));
        let reading = self.catalog.reading(id).await?;
        let may_unregister = self.may(&UNREGISTER_LOCATION, location);
        Ok(LocationDetail { row, problems, next, reading, may_unregister })
    }

    /// Problems of a location in the order of severity, file and line, after the given place; with the place of the next page.
    pub async fn problems(
        &self,
        location: &ReadableLocation,
        after: Option<ProblemPlace>,
    ) -> Result<(Vec<Problem>, Option<ProblemPlace>), DbErr> {
        let mut values: Vec<sea_orm::Value> = vec![location.id.into()];
        let place = after.map_or("", |after| {
            values.extend([after.severity.into(), after.path.into(), after.line.into(), after.id.into()]);
            " AND (severity, path, line, id) > (?, ?, ?, ?)"
        });
        let (seen, seen_values) = self.seen_problem(self.may(&UNREGISTER_LOCATION, location));
        values.extend(seen_values);
        let text = format!(
            "SELECT id, path, line, column_no, pointer, severity, code, ref, message FROM catalog_problem p WHERE location_id = ?{place} AND {seen} \
             ORDER BY severity, path, line, id LIMIT {}",
            PROBLEMS + 1
        );
        let mut rows = db::rows(self.db(), &text, values).await?;
        let more = rows.len() > PROBLEMS;
        rows.truncate(PROBLEMS);
        let next = match rows.last().filter(|_| more) {
            None => None,
            Some(row) => Some(ProblemPlace {
                severity: row.try_get("", "severity")?,
                path: row.try_get("", "path")?,
                line: row.try_get("", "line")?,
                id: row.try_get("", "id")?,
            }),
        };
        let refs = rows.iter().map(|row| row.try_get("", "ref")).collect::<Result<Vec<String>, _>>()?;
        let hidden = self.hidden(&refs).await?;
        let problems = rows.iter().zip(&refs).map(|(row, entity_ref)| {
            let mut problem = problem(row)?;
            if hidden.contains(entity_ref) {
                // What has the ref, and where, is not told.
                problem.message = format!("{entity_ref} is already defined elsewhere; rename it or remove it");
            }
            Ok(problem)
        });
        Ok((problems.collect::<Result<_, DbErr>>()?, next))
    }

    /// What a problem (`p`) must meet to be told: its entity may be seen; or the location is the caller's to unregister (`own`) and nobody has
    /// the ref, or somebody has it and the location's own file cannot.
    fn seen_problem(&self, own: bool) -> (String, Vec<sea_orm::Value>) {
        if self.sees_all() {
            return ("1 = 1".into(), Vec::new());
        }
        let (seen, values) = self.seen("v");
        let of = "EXISTS (SELECT 1 FROM catalog_entity v WHERE v.ref = p.ref";
        let own = if own { format!(" OR p.code = 'duplicate' OR NOT {of})") } else { String::new() };
        (format!("({of} AND {seen}){own})"), values)
    }

    /// How a location stands.
    pub async fn location_row(&self, location: &ReadableLocation) -> Result<Option<LocationRow>, DbErr> {
        let text = format!("SELECT {LOCATION} FROM catalog_location WHERE id = ?");
        let rows = db::rows(self.db(), &text, [location.id.into()]).await?;
        Ok(self.location_rows(&rows).await?.pop())
    }

    /// Locations as rows, with the counts of what the caller may see.
    pub(super) async fn location_rows(&self, rows: &[QueryResult]) -> Result<Vec<LocationRow>, DbErr> {
        let now = self.now();
        let shown = rows.iter().map(|row| {
            let shown = location_row(row, now)?;
            let may_refresh = self.may(&REFRESH_LOCATION, &ReadableLocation::of(shown.id, row)?);
            Ok(LocationRow { may_refresh, ..shown })
        });
        let mut rows = shown.collect::<Result<Vec<_>, DbErr>>()?;
        if self.sees_all() || rows.is_empty() {
            return Ok(rows);
        }
        let ids: Vec<sea_orm::Value> = rows.iter().map(|row| row.id.into()).collect();
        let marks = db::marks(ids.len());
        let (seen, values) = self.seen("e");
        let text = format!(
            "SELECT CAST(e.location_id AS TEXT) AS value, '' AS label, count(*) AS n FROM catalog_entity e \
             WHERE e.location_id IN ({marks}) AND e.orphan = FALSE AND {seen} GROUP BY e.location_id"
        );
        let entities = counts(&db::rows(self.db(), &text, ids.iter().cloned().chain(values)).await?)?;
        let (seen, values) = self.seen_problem(false);
        let text = format!(
            "SELECT CAST(p.location_id AS TEXT) AS value, p.severity AS label, count(*) AS n FROM catalog_problem p \
             WHERE p.location_id IN ({marks}) AND {seen} GROUP BY p.location_id, p.severity"
        );
        let problems = counts(&db::rows(self.db(), &text, ids.into_iter().chain(values)).await?)?;
        for row in &mut rows {
            let id = row.id.to_string();
            let of = |counts: &[Counted], label: &str| {
                counts.iter().find(|(value, known, _)| *value == id && known == label).map_or(0, |(_, _, count)| *count)
            };
            row.entities = of(&entities, "");
            row.errors = of(&problems, "error");
            row.warnings = of(&problems, "warning");
        }
        Ok(rows)
    }

    /// The best matches of what somebody typed.
    pub async fn search(&self, text: &str, limit: u64) -> Result<Vec<EntityRow>, DbErr> {
        let mut named = Conditions::default();
        named.name_begins(text);
        let mut worded = Conditions::default();
        worded.text(self.backend(), text);
        if worded.is_empty() {
            return Ok(Vec::new());
        }
        let order = Order { column: "sort_name", descending: false };
        let (named, worded) = tokio::try_join!(
            filter::page(self, ROW, &named, &order, None, limit),
            filter::page(self, ROW, &worded, &order, None, limit),
        )?;
        let mut found = entity_rows(self, &named.rows).await?;
        let more = entity_rows(self, &worded.rows).await?;
        // What the text begins comes first.
        let known: HashSet<String> = found.iter().map(|row| row.link.entity_ref.clone()).collect();
        found.extend(more.into_iter().filter(|row| !known.contains(&row.link.entity_ref)));
        found.truncate(limit as usize);
        Ok(found)
    }
}

/// A place in the list of a location's problems.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProblemPlace {
    severity: String,
    path: String,
    line: i64,
    id: i64,
}

fn problem(row: &QueryResult) -> Result<Problem, DbErr> {
    Ok(Problem {
        path: row.try_get("", "path")?,
        line: row.try_get::<i64>("", "line")? as u32,
        column: row.try_get::<i64>("", "column_no")? as u32,
        pointer: row.try_get("", "pointer")?,
        is_error: row.try_get::<String>("", "severity")? == "error",
        message: row.try_get("", "message")?,
    })
}

/// Links of a scheme that is safe to follow (CVE-2023-25571 was a `javascript:` link).
fn safe_links(value: &Value) -> Vec<(String, String)> {
    let links = value.pointer("/metadata/links").and_then(Value::as_array).into_iter().flatten();
    links
        .filter_map(|link| {
            let url = Url::parse(link.get("url")?.as_str()?).ok()?;
            let title = link.get("title").and_then(Value::as_str).unwrap_or(url.as_str()).to_owned();
            matches!(url.scheme(), "http" | "https" | "mailto").then(|| (title, url.to_string()))
        })
        .collect()
}

pub(super) fn column_of(sort: Sort) -> &'static str {
    match sort {
        Sort::Name => "sort_name",
        Sort::Type => "type",
        Sort::Lifecycle => "lifecycle",
        Sort::Owner => "owner",
        Sort::Changed => "changed_at",
    }
}

fn column(key: FacetKey) -> Option<&'static str> {
    match key {
        FacetKey::Kind => Some("kind"),
        FacetKey::Type => Some("type"),
        FacetKey::Lifecycle => Some("lifecycle"),
        FacetKey::Owner => Some("owner"),
        FacetKey::System => Some("system"),
        FacetKey::Namespace => Some("namespace"),
        FacetKey::Tag | FacetKey::Orphan => None,
    }
}

fn field(key: FacetKey) -> &'static str {
    match key {
        FacetKey::Kind => "kind",
        FacetKey::Type => "spec.type",
        FacetKey::Lifecycle => "spec.lifecycle",
        FacetKey::Owner => "spec.owner",
        FacetKey::Tag => "metadata.tags",
        FacetKey::System => "spec.system",
        FacetKey::Namespace => "metadata.namespace",
        FacetKey::Orphan => "orphan",
    }
}

fn facet_label(key: FacetKey, value: &str, label: String) -> String {
    match key {
        FacetKey::Owner | FacetKey::System => {
            let short = value.split_once(':').map_or(value, |(_, rest)| rest);
            short.strip_prefix("default/").unwrap_or(short).to_owned()
        }
        FacetKey::Orphan => "No longer in any file".into(),
        _ => label,
    }
}

/// The relations in the order in which they are shown.
const RELATIONS: [(&str, &str); 16] = [
    ("ownedBy", "Owned by"),
    ("partOf", "Part of"),
    ("providesApi", "Provides API"),
    ("consumesApi", "Consumes API"),
    ("dependsOn", "Depends on"),
    ("apiProvidedBy", "Provided by"),
    ("apiConsumedBy", "Consumed by"),
    ("dependencyOf", "Needed by"),
    ("hasPart", "Parts"),
    ("memberOf", "Member of"),
    ("hasMember", "Members"),
    ("childOf", "Parent"),
    ("parentOf", "Children"),
    ("ownerOf", "Owns"),
    ("manages", "Manages"),
    ("managedBy", "Managed by"),
];

fn relation_label(relation: &str) -> String {
    RELATIONS.iter().find(|(name, _)| *name == relation).map_or(relation, |(_, label)| label).to_owned()
}

fn relation_place(relation: &str) -> usize {
    RELATIONS.iter().position(|(name, _)| *name == relation).unwrap_or(RELATIONS.len())
}

/// The catalog page that lists all targets of a relation, where it can.
pub(super) fn all_targets(relation: &str, entity_ref: &str) -> Option<String> {
    let key = match relation {
        "ownerOf" => FacetKey::Owner,
        "hasPart" if entity_ref.starts_with("system:") => FacetKey::System,
        _ => return None,
    };
    Some(ListQuery::only(key, entity_ref).href())
}

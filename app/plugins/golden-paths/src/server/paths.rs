//! The golden paths as one caller may see them: what is hidden from it is as if it were not there.

use std::collections::{BTreeMap, HashMap};

use descriptor::EntityRef;
use journey::Millis;
use kit::components::{Facet, FacetValue};
use kit::error::AppError;
use kit::identity::Caller;
use kit::plugin::{Hit, Permission};
use kit::server::authorise::{Attribute, Attributes, Filter, Resource};
use kit::server::definitions::{self, FileChange, State, Version};
use kit::server::personal::Item;
use kit::server::{audit, db, jobs, search, stars};
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value as Sql};
use serde_json::json;

use super::GoldenPaths;
use super::publish::publish_job;
use super::service::{
    FACETS, ListedPath, Opened, PathDetail, PathQuery, PathRow, PathsPage, Station, Statistics, VersionChange, Versions,
};
use super::versions::definition;
use crate::info::{CHANGE_VERSION, READ_PATH, STAR_PATH, START_JOURNEY};

/// Paths on a page.
const PAGE: usize = 24;

/// Versions on a page.
const VERSIONS: u32 = 50;

/// Values shown of one facet.
const FACET_VALUES: usize = 12;

/// The most filters of one list.
const MAX_CHOSEN: usize = 50;

/// The longest filter or search text, in bytes.
const MAX_TEXT: usize = 500;

/// The longest reason, in characters.
const REASON: usize = 500;

/// What is looked back at: a year.
const SPAN: Millis = 365 * 24 * 60 * 60 * 1000;

/// The journeys that a median is taken from, the latest ones.
const SAMPLE: u32 = 200;

/// The columns that [`read`] reads.
const COLUMNS: &str =
    "p.id, p.ref, p.namespace, p.name, p.title, p.description, p.type, p.owner, p.source, p.problem, p.checked_at";

/// What every path is, as policies see it.
const KIND: &str = "goldenpath";

/// The states of journeys that are under way.
const UNDER_WAY: &str = "state IN ('running', 'waiting', 'blocked')";

impl GoldenPaths {
    /// A page of the paths that the caller may see.
    pub async fn paths(&self, caller: &Caller, query: &PathQuery) -> Result<PathsPage, AppError> {
        self.kit.authorise(caller, &READ_PATH, &Resource::All).await?;
        let chosen: Vec<&String> = query.chosen.iter().flatten().chain([&query.text]).collect();
        if chosen.len() > MAX_CHOSEN || chosen.iter().any(|text| text.len() > MAX_TEXT) {
            let message = format!("At most {MAX_CHOSEN} filters of {MAX_TEXT} characters can be chosen at once");
            return Err(AppError::bad_request(message));
        }
        let among = match query.starred {
            true => Some(self.starred(caller).await?),
            false => None,
        };
        let all = self.conditions(caller, query, among.as_deref(), None);
        let mut page = all.clone();
        if let Some(after) = query.after {
            let text = "(p.sort_title, p.id) > (SELECT a.sort_title, a.id FROM golden_paths_path a WHERE a.id = ?)";
            page.add(text, [after.into()]);
        }
        let text = format!(
            "SELECT {COLUMNS} FROM golden_paths_path p WHERE {} ORDER BY p.sort_title, p.id LIMIT {}",
            page.text(),
            PAGE + 1
        );
        let connection = self.kit.db.read();
        let rows = db::rows(connection, &text, page.values).await?;
        let mut rows = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let next = rows.last().filter(|_| more).map(|last| PathQuery { after: Some(last.id), ..query.clone() }.href());
        let text = format!("SELECT count(*) AS n FROM golden_paths_path p WHERE {}", all.text());
        let total = count(&db::rows(connection, &text, all.values).await?)?;
        let any = total > 0 || self.sees_any(caller).await?;
        Ok(PathsPage {
            items: self.listed(caller, rows).await?,
            total,
            facets: self.facets(caller, query, among.as_deref()).await?,
            previous: query.after.map(|_| query.showing(query.starred).href()),
            next,
            any,
        })
    }

    /// A path with all that its page shows.
    pub async fn path(&self, caller: &Caller, path: &str) -> Result<PathDetail, AppError> {
        let row = self.readable(caller, path).await?;
        let may_change = self.kit.may(caller, &CHANGE_VERSION, &Resource::Known(&attributes(&row)));
        let listed = self.listed(caller, vec![row]).await?.into_iter().next();
        let listed = listed.ok_or_else(|| AppError::not_found(format!("The golden path {path}")))?;
        let definition = match &listed.version {
            Some(version) => Some(self.ready.path(version.id).await?),
            None => None,
        };
        let steps = definition.iter().flat_map(|definition| &definition.steps);
        let steps: Vec<String> = steps.map(|step| step.id.clone()).collect();
        let mut owners = vec![listed.row.owner.clone()];
        for step in definition.iter().flat_map(|definition| &definition.steps) {
            owners.push(step.owner.clone());
            owners.extend(groups_of(step));
        }
        owners.sort();
        owners.dedup();
        Ok(PathDetail {
            stations: self.stations(&listed.row.path, &steps).await?,
            titles: self.titles(caller, owners).await?,
            definition,
            may_change,
            listed,
        })
    }

    /// The path with this ref; to whoever may not see it, it is not there.
    pub async fn readable(&self, caller: &Caller, path: &str) -> Result<PathRow, AppError> {
        let unknown = || AppError::not_found(format!("The golden path {path}"));
        // Without any right to see one, nothing is said of what there is.
        self.kit.authorise(caller, &READ_PATH, &Resource::All).await?;
        let canonical = EntityRef::parse(path, Some(KIND), "default").map_err(|_| unknown())?.to_string();
        let text = format!("SELECT {COLUMNS} FROM golden_paths_path p WHERE p.ref = ?");
        let row = db::rows(self.kit.db.read(), &text, [canonical.into()]).await?;
        let row = read(row.first().ok_or_else(unknown)?)?;
        if !self.entities.visible(caller).allows(&attributes(&row)) {
            return Err(unknown());
        }
        match self.kit.authorise(caller, &READ_PATH, &Resource::Known(&attributes(&row))).await {
            Err(AppError::Forbidden { .. }) => Err(unknown()),
            decided => decided.map(|()| row),
        }
    }

    /// Lets the caller do `permission` to a path that it may see, or says which right is missing.
    pub(super) async fn permit(&self, caller: &Caller, permission: &Permission, row: &PathRow) -> Result<(), AppError> {
        self.kit.authorise(caller, permission, &Resource::Known(&attributes(row))).await
    }

    /// A page of versions, the newest first.
    pub async fn versions(&self, caller: &Caller, path: &str, before: Option<i64>) -> Result<Versions, AppError> {
        let row = self.readable(caller, path).await?;
        let mut versions = definitions::list(self.kit.db.read(), definition(&row.path), before, VERSIONS + 1).await?;
        let more = versions.len() > VERSIONS as usize;
        versions.truncate(VERSIONS as usize);
        let next = versions.last().filter(|_| more).map(|version| version.id);
        Ok(Versions { versions, next })
    }

    /// A version with what it says.
    pub async fn version(&self, caller: &Caller, path: &str, number: &str) -> Result<Opened, AppError> {
        let row = self.readable(caller, path).await?;
        let version = self.numbered(&row, number).await?;
        let (definition, text) = self.ready.open(&version).await?;
        Ok(Opened { version, definition: definition.into(), text })
    }

    /// How a version differs from the one of the number `from` or, where that is empty, from the one that was published before it.
    pub async fn changes(
        &self,
        caller: &Caller,
        path: &str,
        number: &str,
        from: &str,
    ) -> Result<(Option<Version>, Vec<FileChange>), AppError> {
        let row = self.readable(caller, path).await?;
        let version = self.numbered(&row, number).await?;
        let from = match from {
            "" => definitions::before(self.kit.db.read(), &version).await?,
            from => Some(self.numbered(&row, from).await?),
        };
        let changes = definitions::changes(&self.kit.db, from.as_ref(), &version).await?;
        Ok((from, changes))
    }

    /// Says what is to become of a version.
    pub async fn change_version(
        &self,
        caller: &Caller,
        path: &str,
        number: &str,
        change: VersionChange,
    ) -> Result<(), AppError> {
        let row = self.readable(caller, path).await?;
        self.permit(caller, &CHANGE_VERSION, &row).await?;
        let version = self.numbered(&row, number).await?;
        let state = self.version_state(&row, &version, change).await?;
        let tx = self.kit.db.begin().await?;
        definitions::set_state(&tx, self.kit.clock.now(), caller, &version, &state).await?;
        Ok(tx.commit().await?)
    }

    /// Has a path read again at once, for whoever may say what becomes of its versions.
    pub async fn check(&self, caller: &Caller, path: &str) -> Result<(), AppError> {
        let row = self.readable(caller, path).await?;
        self.permit(caller, &CHANGE_VERSION, &row).await?;
        let now = self.kit.clock.now();
        let tx = self.kit.db.begin().await?;
        jobs::enqueue(&tx, now, publish_job(&row.path, now)).await?;
        let (action, resource, detail) = (CHANGE_VERSION.action, row.path.as_str(), json!({ "read": true }));
        audit::append(&tx, audit::Event { at: now, actor: caller, action, resource, detail }).await?;
        Ok(tx.commit().await?)
    }

    /// Stars a path that the caller may see, or takes the star away, also of one that is gone.
    pub async fn star(&self, caller: &Caller, path: &str, starred: bool) -> Result<(), AppError> {
        let path = if starred { self.readable(caller, path).await?.path } else { path.to_owned() };
        let item = Item::new(crate::INFO.id, path);
        stars::set(&self.kit, caller, STAR_PATH.action, &item, starred).await
    }

    /// The paths of the global search.
    pub(super) async fn hits(&self, caller: &Caller, query: &str, limit: u32) -> Result<Vec<Hit>, AppError> {
        let Some((matching, values)) = search::matching(self.kit.db.backend(), crate::INFO.id, query) else {
            return Ok(Vec::new());
        };
        let mut conditions = self.visible(caller);
        conditions.add(&format!("p.id IN ({matching})"), values);
        let text = format!(
            "SELECT {COLUMNS} FROM golden_paths_path p WHERE {} ORDER BY p.sort_title, p.id LIMIT {limit}",
            conditions.text()
        );
        let rows = db::rows(self.kit.db.read(), &text, conditions.values).await?;
        Ok(rows.iter().map(|row| read(row).map(|row| hit(&row))).collect::<Result<_, _>>()?)
    }

    /// Those of these paths that are there and that the caller may see.
    pub(super) async fn items_of(&self, caller: &Caller, refs: &[String]) -> Result<Vec<(String, Hit)>, AppError> {
        if refs.is_empty() {
            return Ok(Vec::new());
        }
        let mut conditions = self.visible(caller);
        let marks = db::marks(refs.len());
        conditions.add(&format!("p.ref IN ({marks})"), refs.iter().map(|each| each.as_str().into()));
        let text = format!("SELECT {COLUMNS} FROM golden_paths_path p WHERE {}", conditions.text());
        let rows = db::rows(self.kit.db.read(), &text, conditions.values).await?;
        let hits = rows.iter().map(|row| read(row).map(|row| (row.path.clone(), hit(&row))));
        Ok(hits.collect::<Result<_, _>>()?)
    }

    /// Whether the caller may see every path there is.
    pub(super) fn sees_all(&self, caller: &Caller) -> bool {
        self.kit.gate.filter(caller, &READ_PATH) == Filter::All && self.entities.visible(caller) == Filter::All
    }

    /// What people call those of these groups and people that the caller may see.
    pub(super) async fn titles(
        &self,
        caller: &Caller,
        mut refs: Vec<String>,
    ) -> Result<BTreeMap<String, String>, AppError> {
        refs.retain(|each| !each.is_empty());
        refs.sort();
        refs.dedup();
        let found = self.entities.titles(caller, &refs).await?;
        let title = |each: String| {
            let title = found.get(&each).cloned().unwrap_or_else(|| short(&each).to_owned());
            (each, title)
        };
        Ok(refs.into_iter().map(title).collect())
    }

    async fn numbered(&self, row: &PathRow, number: &str) -> Result<Version, AppError> {
        let found = definitions::by_number(self.kit.db.read(), definition(&row.path), number).await?;
        found.ok_or_else(|| AppError::not_found(format!("The version {number} of {}", row.path)))
    }

    async fn version_state(&self, row: &PathRow, version: &Version, change: VersionChange) -> Result<State, AppError> {
        let VersionChange { state, reason, successor } = change;
        let (reason, successor) = (reason.trim().to_owned(), successor.trim().to_owned());
        if state != "current" && reason.is_empty() {
            return Err(AppError::bad_request("reason is missing: say why, for those who use this version"));
        }
        if reason.chars().count() > REASON {
            return Err(AppError::bad_request(format!("reason is longer than {REASON} characters")));
        }
        match state.as_str() {
            "current" => Ok(State::Current),
            "withdrawn" => Ok(State::Withdrawn { reason }),
            "deprecated" => {
                if successor == version.number.to_string() {
                    return Err(AppError::bad_request("successor is this version itself; name another, or none"));
                }
                if !successor.is_empty() {
                    self.numbered(row, &successor).await?;
                }
                Ok(State::Deprecated { reason, successor })
            }
            other => {
                Err(AppError::bad_request(format!("state must be current, deprecated or withdrawn, not {other:?}")))
            }
        }
    }

    async fn starred(&self, caller: &Caller) -> Result<Vec<String>, AppError> {
        let starred = stars::of(&self.kit, caller).await?.into_iter();
        Ok(starred.filter(|item| item.plugin == crate::INFO.id).map(|item| item.item).collect())
    }

    async fn sees_any(&self, caller: &Caller) -> Result<bool, DbErr> {
        let conditions = self.visible(caller);
        let text = format!("SELECT 1 FROM golden_paths_path p WHERE {} LIMIT 1", conditions.text());
        Ok(!db::rows(self.kit.db.read(), &text, conditions.values).await?.is_empty())
    }

    async fn listed(&self, caller: &Caller, rows: Vec<PathRow>) -> Result<Vec<ListedPath>, AppError> {
        let refs: Vec<String> = rows.iter().map(|row| row.path.clone()).collect();
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let owners: Vec<String> = rows.iter().map(|row| row.owner.clone()).collect();
        let connection = self.kit.db.read();
        let titles = self.titles(caller, owners).await?;
        let starred = self.starred(caller).await?;
        let mut tags = texts(connection, "SELECT path_id, tag AS text FROM golden_paths_tag", &ids).await?;
        let mut regions = texts(connection, "SELECT path_id, region AS text FROM golden_paths_region", &ids).await?;
        let mut versions = definitions::latest_of(connection, crate::INFO.id, &refs).await?;
        let mut listed = Vec::new();
        for row in rows {
            listed.push(ListedPath {
                owner_title: titles.get(&row.owner).cloned().unwrap_or_default(),
                tags: tags.remove(&row.id).unwrap_or_default(),
                regions: regions.remove(&row.id).unwrap_or_default(),
                version: versions.remove(&row.path),
                starred: starred.contains(&row.path),
                may_start: self.kit.may(caller, &START_JOURNEY, &Resource::Known(&attributes(&row))),
                statistics: self.statistics(&row.path).await?,
                row,
            });
        }
        Ok(listed)
    }

    async fn statistics(&self, path: &str) -> Result<Statistics, DbErr> {
        let since = self.kit.clock.now() - SPAN;
        let connection = self.kit.db.read();
        let text = format!(
            "SELECT (SELECT count(*) FROM golden_paths_journey WHERE path = ? AND {UNDER_WAY}) AS under_way, \
             (SELECT count(*) FROM golden_paths_journey WHERE path = ? AND state = 'completed' AND ended_at > ?) AS completed"
        );
        let rows = db::rows(connection, &text, [path.into(), path.into(), since.into()]).await?;
        let counted = |name: &str| -> Result<u64, DbErr> {
            rows.first().map_or(Ok(0), |row| row.try_get::<i64>("", name).map(i64::unsigned_abs))
        };
        let text = format!(
            "SELECT ended_at - started_at AS took FROM golden_paths_journey WHERE path = ? AND state = 'completed' AND ended_at > ? \
             AND started_at IS NOT NULL ORDER BY ended_at DESC LIMIT {SAMPLE}"
        );
        let took = db::rows(connection, &text, [path.into(), since.into()]).await?;
        let took = took.iter().map(|row| row.try_get("", "took")).collect::<Result<Vec<Millis>, _>>()?;
        Ok(Statistics { under_way: counted("under_way")?, completed: counted("completed")?, median: median(took) })
    }

    async fn stations(&self, path: &str, steps: &[String]) -> Result<Vec<Station>, DbErr> {
        let connection = self.kit.db.read();
        let text = "SELECT step, count(*) AS n FROM golden_paths_step WHERE path = ? AND state IN ('ready', 'running', 'waiting', 'failed', 'missing') \
                    GROUP BY step";
        let mut at: HashMap<String, u64> = HashMap::new();
        for row in db::rows(connection, text, [path.into()]).await? {
            at.insert(row.try_get("", "step")?, row.try_get::<i64>("", "n")?.unsigned_abs());
        }
        // One question for all stations: the latest of each.
        let mut took: HashMap<String, Vec<Millis>> = HashMap::new();
        if !steps.is_empty() {
            let each = format!(
                "SELECT * FROM (SELECT step, ended_at - reached_at AS took FROM golden_paths_step WHERE path = ? AND step = ? AND state = 'completed' \
                 AND reached_at IS NOT NULL ORDER BY ended_at DESC LIMIT {SAMPLE}) s"
            );
            let text = vec![each.as_str(); steps.len()].join(" UNION ALL ");
            let values = steps.iter().flat_map(|step| [Sql::from(path), step.as_str().into()]);
            for row in db::rows(connection, &text, values).await? {
                took.entry(row.try_get("", "step")?).or_default().push(row.try_get("", "took")?);
            }
        }
        let station = |step: &String| Station {
            step: step.clone(),
            median: took.get(step).cloned().and_then(median),
            under_way: at.get(step).copied().unwrap_or(0),
        };
        Ok(steps.iter().map(station).collect())
    }

    fn conditions(
        &self,
        caller: &Caller,
        query: &PathQuery,
        among: Option<&[String]>,
        except: Option<usize>,
    ) -> Conditions {
        let mut conditions = self.visible(caller);
        if let Some(among) = among {
            let marks = if among.is_empty() { "NULL".to_owned() } else { db::marks(among.len()) };
            conditions.add(&format!("p.ref IN ({marks})"), among.iter().map(|each| each.as_str().into()));
        }
        for (facet, values) in query.chosen.iter().enumerate() {
            if values.is_empty() || Some(facet) == except {
                continue;
            }
            let marks = db::marks(values.len());
            let text = match FACETS[facet].0 {
                "tag" => format!("p.id IN (SELECT g.path_id FROM golden_paths_tag g WHERE g.tag IN ({marks}))"),
                // A path without regions is for all of them.
                "region" => format!(
                    "(p.id IN (SELECT r.path_id FROM golden_paths_region r WHERE r.region IN ({marks})) \
                     OR NOT EXISTS (SELECT 1 FROM golden_paths_region r WHERE r.path_id = p.id))"
                ),
                column => format!("p.{column} IN ({marks})"),
            };
            conditions.add(&text, values.iter().map(|value| value.as_str().into()));
        }
        if let Some((matching, values)) = search::matching(self.kit.db.backend(), crate::INFO.id, &query.text) {
            conditions.add(&format!("p.id IN ({matching})"), values);
        }
        conditions
    }

    async fn facets(
        &self,
        caller: &Caller,
        query: &PathQuery,
        among: Option<&[String]>,
    ) -> Result<Vec<Facet>, AppError> {
        let mut facets = Vec::new();
        for (number, (name, label)) in FACETS.into_iter().enumerate() {
            let conditions = self.conditions(caller, query, among, Some(number));
            let (from, value) = match name {
                "tag" => ("golden_paths_path p JOIN golden_paths_tag g ON g.path_id = p.id", "g.tag".to_owned()),
                "region" => {
                    ("golden_paths_path p JOIN golden_paths_region g ON g.path_id = p.id", "g.region".to_owned())
                }
                column => ("golden_paths_path p", format!("p.{column}")),
            };
            let text = format!(
                "SELECT {value} AS value, count(*) AS n FROM {from} WHERE {} AND {value} <> '' GROUP BY {value} ORDER BY n DESC, value LIMIT 200",
                conditions.text()
            );
            let rows = db::rows(self.kit.db.read(), &text, conditions.values).await?;
            let mut counted = rows
                .iter()
                .map(|row| Ok((row.try_get("", "value")?, row.try_get::<i64>("", "n")?.unsigned_abs())))
                .collect::<Result<Vec<(String, u64)>, DbErr>>()?;
            for chosen in &query.chosen[number] {
                if !counted.iter().any(|(value, _)| value == chosen) {
                    counted.push((chosen.clone(), 0));
                }
            }
            let is_chosen = |value: &String| query.chosen[number].contains(value);
            let more = counted.len() > FACET_VALUES;
            let mut place = 0;
            counted.retain(|(value, _)| {
                place += 1;
                place <= FACET_VALUES || is_chosen(value)
            });
            let owners =
                if name == "owner" { counted.iter().map(|(value, _)| value.clone()).collect() } else { vec![] };
            let titles = self.titles(caller, owners).await?;
            let values = counted.into_iter().map(|(value, count)| FacetValue {
                label: titles.get(&value).cloned().unwrap_or_else(|| value.clone()),
                chosen: is_chosen(&value),
                href: query.toggled(number, &value).href(),
                count,
                value,
            });
            facets.push(Facet { name: name.into(), label: label.into(), values: values.collect(), more });
        }
        Ok(facets)
    }

    /// What every path must meet to be seen.
    fn visible(&self, caller: &Caller) -> Conditions {
        let mut conditions = Conditions::default();
        for filter in [self.kit.gate.filter(caller, &READ_PATH), self.entities.visible(caller)] {
            let (text, values) = filter.sql(&|attribute| match attribute {
                Attribute::Id => "p.ref".to_owned(),
                Attribute::Kind => format!("'{KIND}'"),
                Attribute::Namespace => "p.namespace".to_owned(),
                Attribute::Type => "p.type".to_owned(),
                Attribute::Lifecycle => "''".to_owned(),
                Attribute::Owner => "p.owner".to_owned(),
            });
            conditions.add(&text, values);
        }
        conditions
    }
}

/// A path as policies see it.
fn attributes(row: &PathRow) -> Attributes<'_> {
    Attributes {
        id: &row.path,
        kind: KIND,
        namespace: &row.namespace,
        r#type: &row.type_name,
        lifecycle: "",
        owner: &row.owner,
    }
}

/// Conditions that must all be met, with their values.
#[derive(Debug, Clone, Default)]
pub(super) struct Conditions {
    parts: Vec<String>,
    /// The values of their marks.
    pub values: Vec<Sql>,
}

impl Conditions {
    pub(super) fn add(&mut self, text: &str, values: impl IntoIterator<Item = Sql>) {
        self.parts.push(text.to_owned());
        self.values.extend(values);
    }

    pub(super) fn text(&self) -> String {
        if self.parts.is_empty() { "1 = 1".to_owned() } else { self.parts.join(" AND ") }
    }
}

pub(super) fn signed_in(caller: &Caller) -> Result<(), AppError> {
    if *caller == Caller::Anonymous { Err(AppError::Unauthenticated) } else { Ok(()) }
}

/// The name of an entity in its ref.
pub(super) fn short(entity_ref: &str) -> &str {
    entity_ref.rsplit('/').next().unwrap_or(entity_ref)
}

/// The groups that may act at a step, its owner left out.
fn groups_of(step: &journey::StepDefinition) -> Vec<String> {
    match &step.kind {
        journey::Kind::Task(task) => task.groups.clone(),
        journey::Kind::Approval(approval) => approval.groups.clone(),
        _ => Vec::new(),
    }
}

fn hit(row: &PathRow) -> Hit {
    Hit { title: row.title.clone(), detail: row.name.clone(), kind: "Golden path".into(), path: row.href() }
}

fn read(row: &QueryResult) -> Result<PathRow, DbErr> {
    let text = |name: &str| row.try_get::<String>("", name);
    Ok(PathRow {
        id: row.try_get("", "id")?,
        path: text("ref")?,
        namespace: text("namespace")?,
        name: text("name")?,
        title: text("title")?,
        description: text("description")?,
        type_name: text("type")?,
        owner: text("owner")?,
        source: text("source")?,
        problem: text("problem")?,
        checked_at: row.try_get("", "checked_at")?,
    })
}

async fn texts(
    connection: &impl ConnectionTrait,
    select: &str,
    ids: &[i64],
) -> Result<HashMap<i64, Vec<String>>, DbErr> {
    let mut found: HashMap<i64, Vec<String>> = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let text = format!("{select} WHERE path_id IN ({}) ORDER BY path_id, text", db::marks(ids.len()));
    for row in db::rows(connection, &text, ids.iter().map(|id| (*id).into())).await? {
        found.entry(row.try_get("", "path_id")?).or_default().push(row.try_get("", "text")?);
    }
    Ok(found)
}

fn count(rows: &[QueryResult]) -> Result<u64, DbErr> {
    rows.first().map_or(Ok(0), |row| row.try_get::<i64>("", "n").map(i64::unsigned_abs))
}

fn median(mut took: Vec<Millis>) -> Option<Millis> {
    took.sort_unstable();
    took.get(took.len() / 2).copied()
}

//! Rows as the pages show them.

use std::collections::{HashMap, HashSet};

use descriptor::EntityRef;
use kit::query::segment;
use kit::server::clock::Millis;
use kit::server::db;
use kit::when::When;
use sea_orm::{DbErr, QueryResult};

use super::digest::NewProblem;
use super::reader::Reader;
use crate::model::{EntityLink, EntityRow, LocationRow, LocationState, Problem, kind_label};

/// The columns that [`entity_rows`] reads.
pub const ROW: &str = "e.id, e.ref, e.kind_name, e.namespace, e.name, e.title, e.description, e.type, e.lifecycle, e.owner, e.system, e.orphan, e.changed_at";

/// The columns that [`location_row`] reads.
pub const LOCATION: &str = "id, kind, target, trust_org, allowed_kinds, state, message, entities, errors, warnings, last_run_at, next_run_at, last_change_at, created_by";

/// Entities as rows; the titles of owners and systems are looked up together.
pub async fn entity_rows(reader: &Reader, rows: &[QueryResult]) -> Result<Vec<EntityRow>, DbErr> {
    let now = reader.now();
    let mut refs = HashSet::new();
    for row in rows {
        refs.insert(row.try_get::<String>("", "owner")?);
        refs.insert(row.try_get::<String>("", "system")?);
    }
    let known = known(reader, refs).await?;
    rows.iter()
        .map(|row| {
            let text = |name: &str| row.try_get::<String>("", name);
            let related =
                |entity_ref: String| (!entity_ref.is_empty()).then(|| link(&entity_ref, known.get(&entity_ref)));
            let mut own = link(&text("ref")?, Some(&Known { title: text("title")?, kind: text("kind_name")? }));
            // The ref is in lower case; the name is shown as it was written.
            own.name = name(&text("name")?, &text("namespace")?);
            Ok(EntityRow {
                link: own,
                description: text("description")?,
                type_name: text("type")?,
                lifecycle: text("lifecycle")?,
                owner: related(text("owner")?),
                system: related(text("system")?),
                changed: When::new(row.try_get("", "changed_at")?, now),
                orphan: row.try_get("", "orphan")?,
            })
        })
        .collect()
}

/// What a link says of an entity that the caller may see.
pub struct Known {
    /// Its title; empty where there is none.
    pub title: String,
    /// Its kind as it was written.
    pub kind: String,
}

/// Links to canonical refs, in their order; they may lead nowhere.
pub async fn entity_links<'a>(
    reader: &Reader,
    refs: impl Iterator<Item = &'a str> + Clone,
) -> Result<Vec<EntityLink>, DbErr> {
    let known = known(reader, refs.clone().map(str::to_owned).collect()).await?;
    Ok(refs.map(|entity_ref| link(entity_ref, known.get(entity_ref))).collect())
}

/// Those of `refs` that the caller may see.
async fn known(reader: &Reader, mut refs: HashSet<String>) -> Result<HashMap<String, Known>, DbErr> {
    refs.remove("");
    if refs.is_empty() {
        return Ok(HashMap::new());
    }
    let (seen, values) = reader.seen("e");
    let marks = db::marks(refs.len());
    let text = format!("SELECT e.ref, e.title, e.kind_name FROM catalog_entity e WHERE e.ref IN ({marks}) AND {seen}");
    let rows = db::rows(reader.db(), &text, refs.into_iter().map(Into::into).chain(values)).await?;
    rows.iter()
        .map(|row| {
            let known = Known { title: row.try_get("", "title")?, kind: row.try_get("", "kind_name")? };
            Ok((row.try_get("", "ref")?, known))
        })
        .collect()
}

/// The link to a canonical ref; `known` is `None` when the catalog does not have it.
pub fn link(entity_ref: &str, known: Option<&Known>) -> EntityLink {
    let parsed = EntityRef::parse(entity_ref, None, "default").ok();
    let (kind, namespace, plain) = parsed.map_or_else(
        || (String::new(), String::new(), entity_ref.to_owned()),
        |parsed| (parsed.kind, parsed.namespace, parsed.name),
    );
    let title = known.map(|known| known.title.as_str()).unwrap_or_default();
    EntityLink {
        entity_ref: entity_ref.to_owned(),
        href: format!("/catalog/{}/{}/{}", segment(&namespace), segment(&kind), segment(&plain)),
        kind: known.map_or_else(|| kind_label(&kind), |known| known.kind.clone()),
        name: name(&plain, &namespace),
        title: title.to_owned(),
        known: known.is_some(),
    }
}

/// The link to the entity of a row's `target_ref`; its other columns are null where the catalog does not have it.
pub fn target(row: &QueryResult) -> Result<EntityLink, DbErr> {
    let text = |name: &str| row.try_get::<Option<String>>("", name);
    let known = text("title")?.zip(text("kind_name")?).map(|(title, kind)| Known { title, kind });
    let mut link = link(&row.try_get::<String>("", "target_ref")?, known.as_ref());
    if let Some((plain, namespace)) = text("name")?.zip(text("namespace")?) {
        link.name = name(&plain, &namespace);
    }
    Ok(link)
}

pub fn name(plain: &str, namespace: &str) -> String {
    if namespace == "default" || namespace.is_empty() { plain.to_owned() } else { format!("{namespace}/{plain}") }
}

/// A problem that is not written, as the pages show it.
pub fn preview_problem(problem: &NewProblem) -> Problem {
    Problem {
        path: problem.place.path.clone(),
        line: problem.place.line,
        column: problem.place.column,
        pointer: problem.place.pointer.clone(),
        is_error: problem.is_error,
        message: problem.message.clone(),
    }
}

/// A location as a row.
pub fn location_row(row: &QueryResult, now: Millis) -> Result<LocationRow, DbErr> {
    let when = |name: &str| Ok::<_, DbErr>(row.try_get::<Option<i64>>("", name)?.map(|at| When::new(at, now)));
    let count = |name: &str| Ok::<_, DbErr>(row.try_get::<i64>("", name)?.max(0) as u64);
    Ok(LocationRow {
        id: row.try_get("", "id")?,
        kind: row.try_get("", "kind")?,
        target: row.try_get("", "target")?,
        trusted_for_org: row.try_get("", "trust_org")?,
        allowed_kinds: row.try_get::<Option<String>>("", "allowed_kinds")?.map(|kinds| kinds.replace(',', ", ")),
        state: match row.try_get::<String>("", "state")?.as_str() {
            "ok" => LocationState::Ok,
            "errors" => LocationState::Errors,
            "unreadable" => LocationState::Unreadable,
            "leaving" => LocationState::Leaving,
            _ => LocationState::New,
        },
        message: row.try_get("", "message")?,
        entities: count("entities")?,
        errors: count("errors")?,
        warnings: count("warnings")?,
        last_run: when("last_run_at")?,
        next_run: when("next_run_at")?,
        may_refresh: false,
    })
}

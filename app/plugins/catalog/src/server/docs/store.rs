//! Docs in the database.

use std::collections::HashMap;

use kit::components::ReaderHeading;
use kit::plugin::Hit;
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::jobs::{JobError, Lease};
use kit::server::{db, search as text};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult, Value as Sql};

use super::ANNOTATION;
use super::gather::{Docs, Entity};
use super::page_href;
use crate::server::digest::{NewProblem, Place};
use crate::server::read;
use crate::server::reader::Reader;
use crate::server::store::insert_problems;
use kit::server::markdown::Heading;

/// The search documents of pages.
const PAGES: &str = "catalog.docs";

/// Docs as they were read before.
pub struct Known {
    /// Of the pages; empty where none are kept.
    pub hash: String,
    /// The images that were asked for, with what was found.
    pub inputs: Vec<(String, String)>,
    /// Why they could not be read; empty where they could.
    pub error: String,
}

impl Known {
    /// What a row says; `None` where the entity has had no docs.
    pub fn read(row: &QueryResult) -> Result<Option<Self>, DbErr> {
        let Some(hash) = row.try_get::<Option<String>>("", "hash")? else { return Ok(None) };
        let inputs = serde_json::from_str(&row.try_get::<String>("", "inputs")?).unwrap_or_default();
        Ok(Some(Self { hash, inputs, error: row.try_get("", "error")? }))
    }
}

/// Whether an entity is of this location.
pub async fn is_of(tx: &DatabaseTransaction, entity_id: i64, location_id: i64) -> Result<bool, DbErr> {
    let text = "SELECT 1 AS n FROM catalog_entity WHERE id = ? AND location_id = ? AND orphan = FALSE";
    Ok(!db::rows(tx, text, [entity_id.into(), location_id.into()]).await?.is_empty())
}

/// Keeps docs in place of those that were there.
pub async fn put(
    tx: &DatabaseTransaction,
    now: Millis,
    location_id: i64,
    entity: &Entity,
    hash: &str,
    docs: &Docs,
) -> Result<(), DbErr> {
    let rows =
        db::rows(tx, "SELECT path, hash, changed_at FROM catalog_doc WHERE entity_id = ?", [entity.id.into()]).await?;
    let mut before: HashMap<String, (String, i64)> = HashMap::new();
    for row in rows {
        before.insert(row.try_get("", "path")?, (row.try_get("", "hash")?, row.try_get("", "changed_at")?));
    }
    remove_pages(tx, entity.id).await?;
    let nav = serde_json::to_string(&docs.nav).map_err(|error| DbErr::Custom(error.to_string()))?;
    let inputs = serde_json::to_string(&docs.inputs).map_err(|error| DbErr::Custom(error.to_string()))?;
    let row = Row { hash, title: &docs.title, nav: &nav, inputs: &inputs, error: "" };
    put_row(tx, entity, &row).await?;
    for page in &docs.pages {
        let html = &page.rendered.html;
        let hash = blake3::hash(html.as_bytes()).to_hex()[..32].to_owned();
        let changed_at = before.get(&page.path).filter(|(known, _)| *known == hash).map_or(now, |(_, at)| *at);
        let headings = serde_json::to_string(&headings(&page.rendered.headings))
            .map_err(|error| DbErr::Custom(error.to_string()))?;
        let text = "INSERT INTO catalog_doc (entity_id, path, file, web_page, title, html, headings, hash, changed_at) \
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id";
        let values: [Sql; 9] = [
            entity.id.into(),
            page.path.as_str().into(),
            page.file.as_str().into(),
            page.web_page.clone().unwrap_or_default().into(),
            page.title.as_str().into(),
            html.as_str().into(),
            headings.into(),
            hash.into(),
            changed_at.into(),
        ];
        let row = tx.query_one_raw(db::sql(tx, text, values)).await?;
        let id: i64 = row.ok_or_else(|| DbErr::RecordNotFound("the new page".into()))?.try_get("", "id")?;
        text::put(tx, PAGES, id, &format!("{} {}", page.title, page.rendered.words)).await?;
    }
    for file in &docs.files {
        let text = "INSERT INTO catalog_doc_file (entity_id, path, content_type, bytes) VALUES (?, ?, ?, ?)";
        let values = [entity.id.into(), file.path.as_str().into(), file.content_type.into(), file.bytes.clone().into()];
        db::execute(tx, text, values).await?;
    }
    put_warnings(tx, location_id, entity, &docs.warnings).await
}

/// What is on a page, as its reader shows it: the two levels below the title.
fn headings(all: &[Heading]) -> Vec<ReaderHeading> {
    let below = all.iter().enumerate().filter(|(place, heading)| *place > 0 || heading.level > 1);
    let shown: Vec<&Heading> = below.map(|(_, heading)| heading).collect();
    let top = shown.iter().map(|heading| heading.level).min().unwrap_or_default();
    let near = shown.into_iter().filter(|heading| heading.level <= top + 1);
    near.map(|heading| ReaderHeading {
        title: heading.text.clone(),
        href: format!("#{}", heading.id),
        depth: heading.level - top,
    })
    .collect()
}

/// Notes why docs could not be read; the pages that are there stay or go.
pub async fn put_error(
    tx: &DatabaseTransaction,
    location_id: i64,
    entity: &Entity,
    error: &str,
    stays: bool,
) -> Result<(), DbErr> {
    let text = "UPDATE catalog_docs SET error = ? WHERE entity_id = ?";
    if !stays || db::execute(tx, text, [error.into(), entity.id.into()]).await? == 0 {
        remove_pages(tx, entity.id).await?;
        put_row(tx, entity, &Row { hash: "", title: "", nav: "[]", inputs: "[]", error }).await?;
    }
    let message = format!("the docs cannot be read: {error}");
    put_warnings(tx, location_id, entity, &[(entity.path.clone(), message)]).await
}

/// Takes out the docs of a location's entities that are gone or name none any more; says whether there were any.
pub async fn remove_unnamed(kit: &Kit, lease: &Lease, location_id: i64) -> Result<bool, JobError> {
    let text = format!(
        "SELECT e.id, e.ref FROM catalog_docs d JOIN catalog_entity e ON e.id = d.entity_id WHERE e.location_id = ? AND (e.orphan = TRUE OR NOT EXISTS \
         (SELECT 1 FROM catalog_facet f WHERE f.entity_id = e.id AND f.facet_key = 'metadata.annotations.{ANNOTATION}'))"
    );
    let rows = db::rows(kit.db.read(), &text, [location_id.into()]).await?;
    for row in &rows {
        let (id, entity_ref): (i64, String) = (row.try_get("", "id")?, row.try_get("", "ref")?);
        let tx = kit.db.begin().await?;
        lease.fence(&tx).await?;
        remove(&tx, id, &entity_ref).await?;
        tx.commit().await?;
    }
    Ok(!rows.is_empty())
}

/// Takes out the docs of an entity.
pub async fn remove(tx: &DatabaseTransaction, entity_id: i64, entity_ref: &str) -> Result<(), DbErr> {
    remove_pages(tx, entity_id).await?;
    db::execute(tx, "DELETE FROM catalog_docs WHERE entity_id = ?", [entity_id.into()]).await?;
    db::execute(tx, "DELETE FROM catalog_problem WHERE ref = ? AND code = 'docs'", [entity_ref.into()]).await?;
    Ok(())
}

async fn remove_pages(tx: &DatabaseTransaction, entity_id: i64) -> Result<(), DbErr> {
    for row in db::rows(tx, "SELECT id FROM catalog_doc WHERE entity_id = ?", [entity_id.into()]).await? {
        text::remove(tx, PAGES, row.try_get("", "id")?).await?;
    }
    db::execute(tx, "DELETE FROM catalog_doc WHERE entity_id = ?", [entity_id.into()]).await?;
    db::execute(tx, "DELETE FROM catalog_doc_file WHERE entity_id = ?", [entity_id.into()]).await?;
    Ok(())
}

struct Row<'a> {
    hash: &'a str,
    title: &'a str,
    nav: &'a str,
    inputs: &'a str,
    error: &'a str,
}

async fn put_row(tx: &DatabaseTransaction, entity: &Entity, row: &Row<'_>) -> Result<(), DbErr> {
    let text = "INSERT INTO catalog_docs (entity_id, annotation, hash, title, nav, inputs, error) VALUES (?, ?, ?, ?, ?, ?, ?) \
                ON CONFLICT (entity_id) DO UPDATE SET annotation = excluded.annotation, hash = excluded.hash, title = excluded.title, \
                nav = excluded.nav, inputs = excluded.inputs, error = excluded.error";
    let values = [
        entity.id.into(),
        entity.annotation.as_str().into(),
        row.hash.into(),
        row.title.into(),
        row.nav.into(),
        row.inputs.into(),
        row.error.into(),
    ];
    db::execute(tx, text, values).await?;
    Ok(())
}

async fn put_warnings(
    tx: &DatabaseTransaction,
    location_id: i64,
    entity: &Entity,
    warnings: &[(String, String)],
) -> Result<(), DbErr> {
    let text = "DELETE FROM catalog_problem WHERE ref = ? AND code = 'docs'";
    db::execute(tx, text, [entity.entity_ref.as_str().into()]).await?;
    let problems: Vec<NewProblem> = warnings
        .iter()
        .map(|(path, message)| NewProblem {
            place: Place {
                path: path.clone(),
                line: if *path == entity.path { entity.line as u32 } else { 1 },
                column: 1,
                entity_ref: entity.entity_ref.clone(),
                ..Place::default()
            },
            is_error: false,
            code: "docs",
            message: message.clone(),
        })
        .collect();
    insert_problems(tx, location_id, None, &problems).await
}

/// The pages of entities that the caller may see which hold every word of a query.
pub async fn search(reader: &Reader, query: &str, limit: u32) -> Result<Vec<Hit>, DbErr> {
    let Some((matching, mut values)) = text::matching(reader.backend(), PAGES, query) else {
        return Ok(Vec::new());
    };
    let (seen, seen_values) = reader.seen("e");
    let text = format!(
        "SELECT p.title, p.path, e.ref, e.name FROM catalog_doc p JOIN catalog_entity e ON e.id = p.entity_id \
         WHERE p.id IN ({matching}) AND {seen} ORDER BY p.title, p.id LIMIT ?"
    );
    values.extend(seen_values);
    values.push(i64::from(limit).into());
    let rows = db::rows(reader.db(), &text, values).await?;
    rows.iter()
        .map(|row| {
            let href = read::link(&row.try_get::<String>("", "ref")?, None).href;
            let path = page_href(&href, &row.try_get::<String>("", "path")?);
            Ok(Hit { title: row.try_get("", "title")?, detail: row.try_get("", "name")?, kind: "Docs".into(), path })
        })
        .collect()
}

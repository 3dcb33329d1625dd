//! The part of a location's refresh that reads docs.

use descriptor::EntityRef;
use kit::server::context::Kit;
use kit::server::db;
use kit::server::jobs::{JobError, Lease};
use sea_orm::{DbErr, QueryResult};
use serde_json::Value;

use super::ANNOTATION;
use super::gather::{self, Entity};
use super::store::{self, Known};
use crate::server::read;
use crate::server::source::{Source, SourceError};

/// Entities that are looked up together.
const BATCH: u64 = 100;

/// Reads the docs of all entities of a location and keeps what changed; says whether anything did.
pub async fn refresh(kit: &Kit, lease: &Lease, location_id: i64, source: &Source) -> Result<bool, JobError> {
    let mut changed = store::remove_unnamed(kit, lease, location_id).await?;
    let mut after = 0_i64;
    loop {
        let text = format!(
            "SELECT e.id, e.ref, e.title, e.name, e.path, e.line, e.entity, d.hash, d.inputs, d.error FROM catalog_facet f \
             JOIN catalog_entity e ON e.id = f.entity_id LEFT JOIN catalog_docs d ON d.entity_id = e.id \
             WHERE f.facet_key = 'metadata.annotations.{ANNOTATION}' AND e.location_id = ? AND e.orphan = FALSE AND e.id > ? ORDER BY e.id LIMIT {BATCH}"
        );
        let rows = db::rows(kit.db.read(), &text, [location_id.into(), after.into()]).await?;
        for row in &rows {
            if lease.cancelled.is_cancelled() {
                return Err(JobError::LeaseLost);
            }
            after = row.try_get("", "id")?;
            if let Some(entity) = entity(row)? {
                changed |= look_at(kit, lease, location_id, source, &entity, Known::read(row)?).await?;
            }
        }
        if (rows.len() as u64) < BATCH {
            return Ok(changed);
        }
    }
}

async fn look_at(
    kit: &Kit,
    lease: &Lease,
    location_id: i64,
    source: &Source,
    entity: &Entity,
    known: Option<Known>,
) -> Result<bool, JobError> {
    let outcome = match gather::pages(source, entity).await {
        Ok(pages) => {
            let known = known.as_ref().filter(|known| known.error.is_empty() && known.hash == pages.hash);
            if let Some(known) = known
                && pages.has_same_images(source, entity, &known.inputs).await
            {
                return Ok(false);
            }
            let hash = pages.hash.clone();
            pages.render(source, entity).await.map(|docs| (hash, docs))
        }
        Err(error) => Err(error),
    };
    // What could not be read this time is still shown.
    let stays = matches!(outcome, Err(SourceError::Failed(_)));
    if let Err(error) = &outcome
        && known.as_ref().is_some_and(|known| known.error == error.to_string() && (stays || known.hash.is_empty()))
    {
        return Ok(false);
    }
    let tx = kit.db.begin().await?;
    lease.fence(&tx).await?;
    // Another location may have taken the entity over meanwhile, and reads its docs itself.
    if store::is_of(&tx, entity.id, location_id).await? {
        let now = kit.clock.now();
        match &outcome {
            Ok((hash, docs)) => store::put(&tx, now, location_id, entity, hash, docs).await?,
            Err(error) => store::put_error(&tx, location_id, entity, &error.to_string(), stays).await?,
        }
    }
    tx.commit().await?;
    Ok(true)
}

fn entity(row: &QueryResult) -> Result<Option<Entity>, DbErr> {
    let entity_ref: String = row.try_get("", "ref")?;
    let value: Value = serde_json::from_str(&row.try_get::<String>("", "entity")?).unwrap_or_default();
    let annotation = value["metadata"]["annotations"][ANNOTATION].as_str().map(str::trim).unwrap_or_default();
    let Ok(parsed) = EntityRef::parse(&entity_ref, None, "default") else { return Ok(None) };
    let title: String = row.try_get("", "title")?;
    Ok(Some(Entity {
        id: row.try_get("", "id")?,
        href: read::link(&entity_ref, None).href,
        entity_ref,
        parts: [parsed.kind, parsed.namespace, parsed.name],
        title: if title.is_empty() { row.try_get("", "name")? } else { title },
        path: row.try_get("", "path")?,
        line: row.try_get("", "line")?,
        annotation: annotation.to_owned(),
    }))
}

//! What of the catalog is a person's own: stars and visits of entities.

use descriptor::EntityRef;
use kit::error::AppError;
use kit::plugin::Hit;
use kit::server::personal::Item;
use kit::server::{db, stars, visits};

use super::read::{ROW, entity_rows};
use super::reader::Reader;
use crate::info::STAR_ENTITY;
use crate::model::EntityDetail;

impl Reader {
    /// Stars an entity that the caller may see, or takes the star away, also of one that is gone.
    pub async fn star(&self, entity_ref: &str, starred: bool) -> Result<(), AppError> {
        let unknown = || AppError::not_found(entity_ref.to_owned());
        let canonical = EntityRef::parse(entity_ref, None, "default").map_err(|_| unknown())?.to_string();
        if starred {
            self.readable(&canonical).await?;
        }
        let item = Item::new(crate::INFO.id, canonical);
        stars::set(&self.catalog.kit, &self.caller, STAR_ENTITY.action, &item, starred).await
    }

    /// Notes that the caller looks at an entity, and says whether it is starred; nothing where the caller keeps no stars.
    pub async fn looked_at(&self, detail: &EntityDetail) -> Result<Option<bool>, AppError> {
        let item = Item::new(crate::INFO.id, detail.row.link.entity_ref.as_str());
        let starred = stars::has(&self.catalog.kit, &self.caller, &item).await?;
        visits::note(&self.catalog.kit, &self.caller, item);
        Ok(self.catalog.kit.may_own(&self.caller, &STAR_ENTITY).then_some(starred))
    }

    /// Those of the entities that are in the catalog and that the caller may see.
    pub async fn entities_of(&self, refs: &[String]) -> Result<Vec<(String, Hit)>, AppError> {
        if refs.is_empty() {
            return Ok(Vec::new());
        }
        let (seen, values) = self.seen("e");
        let text = format!("SELECT {ROW} FROM catalog_entity e WHERE e.ref IN ({}) AND {seen}", db::marks(refs.len()));
        let values = refs.iter().map(|each| each.as_str().into()).chain(values);
        let rows = db::rows(self.db(), &text, values).await?;
        let hits = entity_rows(self, &rows).await?.into_iter().map(|row| {
            let detail = row.link.subtitle().unwrap_or_default().to_owned();
            let hit = Hit { title: row.link.name, detail, kind: row.link.kind, path: row.link.href };
            (row.link.entity_ref, hit)
        });
        Ok(hits.collect())
    }
}

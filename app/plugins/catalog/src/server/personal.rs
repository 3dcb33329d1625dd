//! What of the catalog is a person's own: stars and visits of entities.

use std::collections::HashMap;

use descriptor::EntityRef;
use kit::error::AppError;
use kit::identity::Caller;
use kit::plugin::Hit;
use kit::server::authorise::{Attributes, Resource};
use kit::server::personal::Item;
use kit::server::{db, stars, visits};

use super::read::{ROW, entity_rows};
use super::service::Catalog;
use crate::info::{READ_ENTITIES, STAR_ENTITY};
use crate::model::EntityDetail;

impl Catalog {
    /// Stars an entity of the catalog, or takes the star away; also of one that is gone.
    pub async fn star(&self, caller: &Caller, entity_ref: &str, starred: bool) -> Result<(), AppError> {
        let unknown = || AppError::not_found(entity_ref.to_owned());
        let canonical = EntityRef::parse(entity_ref, None, "default").map_err(|_| unknown())?.to_string();
        if starred && self.entities_of(caller, std::slice::from_ref(&canonical)).await?.is_empty() {
            return Err(unknown());
        }
        stars::set(&self.kit, caller, STAR_ENTITY.action, &Item::new(crate::INFO.id, canonical), starred).await
    }

    /// Notes that the caller looks at an entity, and says whether it is starred.
    pub async fn looked_at(&self, caller: &Caller, detail: &EntityDetail) -> Result<bool, AppError> {
        let item = Item::new(crate::INFO.id, detail.row.link.entity_ref.as_str());
        let starred = stars::has(&self.kit, caller, &item).await?;
        visits::note(&self.kit, caller, item);
        Ok(starred)
    }

    /// Those of the entities that are in the catalog and that the caller may see.
    pub async fn entities_of(&self, caller: &Caller, refs: &[String]) -> Result<Vec<(String, Hit)>, AppError> {
        if refs.is_empty() {
            return Ok(Vec::new());
        }
        let read = self.kit.db.read();
        let text = format!("SELECT {ROW} FROM catalog_entity e WHERE e.ref IN ({})", db::marks(refs.len()));
        let rows = db::rows(read, &text, refs.iter().map(|each| each.as_str().into())).await?;
        let mut seen = HashMap::new();
        for row in &rows {
            let text = |name: &str| row.try_get::<String>("", name);
            let (id, namespace, kind) = (text("ref")?, text("namespace")?, text("kind_name")?.to_lowercase());
            let (r#type, lifecycle, owner) = (text("type")?, text("lifecycle")?, text("owner")?);
            let known = Attributes {
                id: &id,
                kind: &kind,
                namespace: &namespace,
                r#type: &r#type,
                lifecycle: &lifecycle,
                owner: &owner,
            };
            let decided = self.kit.gate.authorise(caller, &READ_ENTITIES, &Resource::Known(&known));
            seen.insert(id, decided.is_ok());
        }
        let rows = entity_rows(read, &rows, self.kit.clock.now()).await?;
        let rows = rows.into_iter().filter(|row| seen.get(&row.link.entity_ref) == Some(&true));
        let hits = rows.map(|row| {
            let detail = row.link.subtitle().unwrap_or_default().to_owned();
            let hit = Hit { title: row.link.name, detail, kind: row.link.kind, path: row.link.href };
            (row.link.entity_ref, hit)
        });
        Ok(hits.collect())
    }
}

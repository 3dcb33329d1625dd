//! Entities as policies see them.

use async_trait::async_trait;
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::authorise::{Describe, Resource, Thing};
use kit::server::db;

use super::Catalog;
use crate::info::READ_ENTITIES;

#[async_trait]
impl Describe for Catalog {
    async fn describe(&self, caller: &Caller, id: &str) -> Result<Option<Thing>, AppError> {
        let text = "SELECT ref, kind, namespace, type, lifecycle, owner FROM catalog_entity WHERE ref = ?";
        let rows = db::rows(self.kit.db.read(), text, [id.to_lowercase().into()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let column = |name: &str| row.try_get::<String>("", name);
        let thing = Thing {
            id: column("ref")?,
            kind: column("kind")?.to_lowercase(),
            namespace: column("namespace")?,
            r#type: column("type")?,
            lifecycle: column("lifecycle")?,
            owner: column("owner")?,
        };
        let visible = self.kit.gate.decide(caller, &READ_ENTITIES, &Resource::Known(&thing.attributes())).allowed();
        Ok(visible.then_some(thing))
    }
}

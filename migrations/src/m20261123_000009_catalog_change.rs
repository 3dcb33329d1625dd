//! The history of each entity: what became of it, when, and by which location.

use sea_orm_migration::prelude::*;

use crate::{execute_all, serial};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let id = serial(manager);
        execute_all(
            manager,
            &[
                // By ref and not by row: it outlives the entity. The hashes are etags of the entity, empty where there was none.
                &format!(
                    "CREATE TABLE catalog_change (
                        id {id},
                        at BIGINT NOT NULL,
                        ref TEXT NOT NULL,
                        change TEXT NOT NULL,
                        location_id BIGINT NOT NULL,
                        path TEXT NOT NULL,
                        etag_before TEXT NOT NULL,
                        etag_after TEXT NOT NULL
                    )"
                ),
                "CREATE INDEX catalog_change_ref ON catalog_change (ref, id)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(manager, &["DROP TABLE catalog_change"]).await
    }
}

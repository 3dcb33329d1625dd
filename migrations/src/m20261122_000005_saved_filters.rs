//! States of the catalog page that people keep under a name.

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
                &format!(
                    "CREATE TABLE catalog_saved_filter (
                        id {id},
                        subject TEXT NOT NULL,
                        name TEXT NOT NULL,
                        href TEXT NOT NULL,
                        created_at BIGINT NOT NULL
                    )"
                ),
                "CREATE UNIQUE INDEX catalog_saved_filter_name ON catalog_saved_filter (subject, name)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(manager, &["DROP TABLE catalog_saved_filter"]).await
    }
}

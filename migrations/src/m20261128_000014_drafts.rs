//! What somebody has filled in of a template's form and not sent yet.

use sea_orm_migration::prelude::*;

use crate::execute_all;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(
            manager,
            &[
                // `replaced` has the values that another window had saved when these were; empty where there are none. No secret is in either.
                "CREATE TABLE templates_draft (
                    subject TEXT NOT NULL,
                    template TEXT NOT NULL,
                    filled TEXT NOT NULL,
                    replaced TEXT NOT NULL,
                    page BIGINT NOT NULL,
                    revision BIGINT NOT NULL,
                    updated_at BIGINT NOT NULL,
                    PRIMARY KEY (subject, template)
                )",
                "CREATE INDEX templates_draft_updated ON templates_draft (updated_at)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(manager, &["DROP TABLE templates_draft"]).await
    }
}

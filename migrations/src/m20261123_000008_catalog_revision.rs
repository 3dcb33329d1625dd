//! A number that grows with each change of what is counted, so that counts kept elsewhere are known to be good.

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
                "CREATE TABLE catalog_revision (id BIGINT PRIMARY KEY, number BIGINT NOT NULL)",
                "INSERT INTO catalog_revision (id, number) VALUES (1, 0)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(manager, &["DROP TABLE catalog_revision"]).await
    }
}

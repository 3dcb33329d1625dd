//! The mark by which an instance finds at start that its keys are not those of the database.

use sea_orm_migration::prelude::*;

use crate::execute_all;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(manager, &["CREATE TABLE secret_check (id BIGINT NOT NULL PRIMARY KEY, sealed TEXT NOT NULL)"])
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(manager, &["DROP TABLE secret_check"]).await
    }
}

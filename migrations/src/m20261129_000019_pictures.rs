//! The pictures of the machine's reports, apart from what is read with each of them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

use crate::execute_all;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_postgres = manager.get_database_backend() == DatabaseBackend::Postgres;
        let bytes = if is_postgres { "BYTEA" } else { "BLOB" };
        let text = format!(
            "CREATE TABLE contributions_picture (
                report TEXT NOT NULL REFERENCES contributions_report (uuid),
                place BIGINT NOT NULL,
                content {bytes} NOT NULL,
                PRIMARY KEY (report, place)
            )"
        );
        execute_all(manager, &[&text]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(manager, &["DROP TABLE contributions_picture"]).await
    }
}

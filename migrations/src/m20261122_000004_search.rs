//! The words that the search knows, for those who mistype one.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

use crate::execute_all;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // PostgreSQL counts the words of its documents by itself: ts_stat.
        if manager.get_database_backend() != DatabaseBackend::Postgres {
            let create = "CREATE VIRTUAL TABLE search_vocabulary USING fts5vocab(search_words, row)";
            execute_all(manager, &[create]).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DatabaseBackend::Postgres {
            execute_all(manager, &["DROP TABLE search_vocabulary"]).await?;
        }
        Ok(())
    }
}

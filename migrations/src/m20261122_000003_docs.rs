//! Docs of entities: what is known of them, their pages, and the images that the pages show.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

use crate::{execute_all, serial};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let id = serial(manager);
        let bytes = match manager.get_database_backend() {
            DatabaseBackend::Postgres => "BYTEA",
            _ => "BLOB",
        };
        execute_all(
            manager,
            &[
                "CREATE TABLE catalog_docs (
                    entity_id BIGINT PRIMARY KEY REFERENCES catalog_entity (id) ON DELETE CASCADE,
                    annotation TEXT NOT NULL,
                    hash TEXT NOT NULL,
                    title TEXT NOT NULL,
                    nav TEXT NOT NULL,
                    inputs TEXT NOT NULL,
                    error TEXT NOT NULL
                )",
                &format!(
                    "CREATE TABLE catalog_doc (
                        id {id},
                        entity_id BIGINT NOT NULL REFERENCES catalog_entity (id) ON DELETE CASCADE,
                        path TEXT NOT NULL,
                        file TEXT NOT NULL,
                        web_page TEXT NOT NULL,
                        title TEXT NOT NULL,
                        html TEXT NOT NULL,
                        headings TEXT NOT NULL,
                        hash TEXT NOT NULL,
                        changed_at BIGINT NOT NULL
                    )"
                ),
                "CREATE UNIQUE INDEX catalog_doc_path ON catalog_doc (entity_id, path)",
                &format!(
                    "CREATE TABLE catalog_doc_file (
                        id {id},
                        entity_id BIGINT NOT NULL REFERENCES catalog_entity (id) ON DELETE CASCADE,
                        path TEXT NOT NULL,
                        content_type TEXT NOT NULL,
                        bytes {bytes} NOT NULL
                    )"
                ),
                "CREATE UNIQUE INDEX catalog_doc_file_path ON catalog_doc_file (entity_id, path)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(manager, &["DROP TABLE catalog_doc_file", "DROP TABLE catalog_doc", "DROP TABLE catalog_docs"])
            .await
    }
}

//! The machinery that every plugin shares: jobs, the audit trail and search documents.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

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
                // All times are milliseconds since the Unix epoch, UTC.
                &format!(
                    "CREATE TABLE job (
                        id {id},
                        kind TEXT NOT NULL,
                        job_key TEXT NOT NULL,
                        payload TEXT NOT NULL,
                        state TEXT NOT NULL,
                        run_at BIGINT NOT NULL,
                        run_again_at BIGINT,
                        attempts BIGINT NOT NULL DEFAULT 0,
                        max_attempts BIGINT NOT NULL,
                        lease_owner TEXT,
                        lease_until BIGINT,
                        lease_token BIGINT NOT NULL DEFAULT 0,
                        last_error TEXT,
                        created_at BIGINT NOT NULL,
                        updated_at BIGINT NOT NULL
                    )"
                ),
                "CREATE UNIQUE INDEX job_kind_key ON job (kind, job_key)",
                "CREATE INDEX job_due ON job (state, run_at, id)",
                "CREATE INDEX job_lease ON job (state, lease_until)",
                &format!(
                    "CREATE TABLE audit_event (
                        id {id},
                        at BIGINT NOT NULL,
                        actor TEXT NOT NULL,
                        action TEXT NOT NULL,
                        resource TEXT NOT NULL,
                        detail TEXT NOT NULL
                    )"
                ),
                "CREATE INDEX audit_event_resource ON audit_event (resource, id)",
                "CREATE INDEX audit_event_actor ON audit_event (actor, id)",
            ],
        )
        .await?;
        match manager.get_database_backend() {
            DatabaseBackend::Postgres => {
                execute_all(
                    manager,
                    &[
                        "CREATE TABLE search_document (
                            plugin TEXT NOT NULL,
                            item_id BIGINT NOT NULL,
                            words TSVECTOR NOT NULL,
                            PRIMARY KEY (plugin, item_id)
                        )",
                        "CREATE INDEX search_document_words ON search_document USING GIN (words)",
                    ],
                )
                .await
            }
            _ => {
                execute_all(
                    manager,
                    &[
                        "CREATE TABLE search_document (
                            id INTEGER PRIMARY KEY AUTOINCREMENT,
                            plugin TEXT NOT NULL,
                            item_id BIGINT NOT NULL
                        )",
                        "CREATE UNIQUE INDEX search_document_item ON search_document (plugin, item_id)",
                        "CREATE VIRTUAL TABLE search_words USING fts5(words, content='', contentless_delete=1, prefix='2 3 4')",
                    ],
                )
                .await
            }
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DatabaseBackend::Postgres {
            execute_all(manager, &["DROP TABLE search_words"]).await?;
        }
        execute_all(manager, &["DROP TABLE search_document", "DROP TABLE audit_event", "DROP TABLE job"]).await
    }
}

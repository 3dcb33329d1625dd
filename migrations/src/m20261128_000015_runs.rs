//! Runs that another plugin has begun, and versions that it holds.

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
                // Whatever is asked for under the same key is one run.
                "ALTER TABLE templates_task ADD COLUMN request_key TEXT NOT NULL DEFAULT ''",
                // The key of the job that is written whenever the run stands otherwise than before.
                "ALTER TABLE templates_task ADD COLUMN watcher TEXT NOT NULL DEFAULT ''",
                "CREATE UNIQUE INDEX templates_task_request ON templates_task (request_key) WHERE request_key <> ''",
                // The reference keeps a version from going in the moment in which somebody begins to hold it.
                "CREATE TABLE definition_hold (
                    holder TEXT NOT NULL,
                    version_id BIGINT NOT NULL REFERENCES definition_version (id),
                    PRIMARY KEY (holder, version_id)
                )",
                "CREATE INDEX definition_hold_version ON definition_hold (version_id)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(
            manager,
            &[
                "DROP TABLE definition_hold",
                "DROP INDEX templates_task_request",
                "ALTER TABLE templates_task DROP COLUMN watcher",
                "ALTER TABLE templates_task DROP COLUMN request_key",
            ],
        )
        .await
    }
}

//! Runs of templates: tasks with their steps, their log, their workspace and the addresses at which they are called back.

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
                // `caller` is who runs it, as policies compare it; `rights` all that a decision about the caller depends on, of the moment it began.
                // `sealed` holds the secrets, and nothing once they are dropped; `secret_names` what they are called, so that they can be asked for again.
                &format!(
                    "CREATE TABLE templates_task (
                        id {id},
                        uuid TEXT NOT NULL,
                        template TEXT NOT NULL,
                        title TEXT NOT NULL,
                        owner TEXT NOT NULL,
                        namespace TEXT NOT NULL,
                        type TEXT NOT NULL,
                        version TEXT NOT NULL,
                        version_id BIGINT,
                        caller TEXT NOT NULL,
                        caller_name TEXT NOT NULL,
                        rights TEXT NOT NULL,
                        parameters TEXT NOT NULL,
                        user_entity TEXT NOT NULL,
                        sealed TEXT NOT NULL,
                        secret_names TEXT NOT NULL,
                        state TEXT NOT NULL,
                        cancelling BOOLEAN NOT NULL DEFAULT FALSE,
                        position BIGINT NOT NULL DEFAULT 0,
                        created_at BIGINT NOT NULL,
                        started_at BIGINT,
                        ended_at BIGINT,
                        changed_at BIGINT NOT NULL,
                        deadline BIGINT NOT NULL,
                        error TEXT NOT NULL DEFAULT '',
                        output TEXT NOT NULL DEFAULT '',
                        log_lines BIGINT NOT NULL DEFAULT 0,
                        log_bytes BIGINT NOT NULL DEFAULT 0,
                        started_over TEXT NOT NULL DEFAULT ''
                    )"
                ),
                "CREATE UNIQUE INDEX templates_task_uuid ON templates_task (uuid)",
                "CREATE INDEX templates_task_caller ON templates_task (caller, id)",
                "CREATE INDEX templates_task_template ON templates_task (template, id)",
                "CREATE INDEX templates_task_owner ON templates_task (owner, id)",
                "CREATE INDEX templates_task_state ON templates_task (state, ended_at)",
                // The teams of who runs it, directly, so that a team sees its runs.
                "CREATE TABLE templates_task_team (
                    team TEXT NOT NULL,
                    task_id BIGINT NOT NULL REFERENCES templates_task (id) ON DELETE CASCADE,
                    PRIMARY KEY (team, task_id)
                )",
                "CREATE INDEX templates_task_team_task ON templates_task_team (task_id)",
                // `waits_with` is what an action that waits left for its next attempt, `parts` the outputs of the rounds of `each` that are done.
                "CREATE TABLE templates_step (
                    task_id BIGINT NOT NULL REFERENCES templates_task (id) ON DELETE CASCADE,
                    position BIGINT NOT NULL,
                    step TEXT NOT NULL,
                    name TEXT NOT NULL,
                    action TEXT NOT NULL,
                    state TEXT NOT NULL,
                    attempts BIGINT NOT NULL,
                    begun BOOLEAN NOT NULL,
                    waits_with TEXT NOT NULL,
                    parts TEXT NOT NULL,
                    output TEXT NOT NULL,
                    error TEXT NOT NULL,
                    started_at BIGINT,
                    ended_at BIGINT,
                    PRIMARY KEY (task_id, position)
                )",
                "CREATE TABLE templates_log (
                    task_id BIGINT NOT NULL REFERENCES templates_task (id) ON DELETE CASCADE,
                    number BIGINT NOT NULL,
                    at BIGINT NOT NULL,
                    kind TEXT NOT NULL,
                    level TEXT NOT NULL,
                    step TEXT NOT NULL,
                    status TEXT NOT NULL,
                    text TEXT NOT NULL,
                    PRIMARY KEY (task_id, number)
                )",
                // The files of a run as its last finished step left them.
                &format!(
                    "CREATE TABLE templates_snapshot (
                        task_id BIGINT NOT NULL PRIMARY KEY REFERENCES templates_task (id) ON DELETE CASCADE,
                        made_at BIGINT NOT NULL,
                        content {bytes} NOT NULL
                    )"
                ),
                // An address takes one answer; of its token only the hash is kept.
                "CREATE TABLE templates_callback (
                    token_hash TEXT NOT NULL PRIMARY KEY,
                    task_id BIGINT NOT NULL REFERENCES templates_task (id) ON DELETE CASCADE,
                    step_key TEXT NOT NULL,
                    until BIGINT NOT NULL,
                    used_at BIGINT
                )",
                "CREATE INDEX templates_callback_task ON templates_callback (task_id)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "templates_callback",
            "templates_snapshot",
            "templates_log",
            "templates_step",
            "templates_task_team",
            "templates_task",
        ];
        for table in tables {
            execute_all(manager, &[&format!("DROP TABLE {table}")]).await?;
        }
        Ok(())
    }
}

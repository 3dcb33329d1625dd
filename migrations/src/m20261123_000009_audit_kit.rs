//! The audit trail's seal: how a caller proved who it is, the outcome, the chain of hashes, signed checkpoints, and the names behind pseudonyms.

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
                "ALTER TABLE audit_event ADD COLUMN via TEXT NOT NULL DEFAULT ''",
                "ALTER TABLE audit_event ADD COLUMN request TEXT NOT NULL DEFAULT ''",
                "ALTER TABLE audit_event ADD COLUMN outcome TEXT NOT NULL DEFAULT 'done'",
                // Given when the row is sealed, not when it is written: ids are handed out before the commit, so they have gaps and come late.
                "ALTER TABLE audit_event ADD COLUMN sealed_seq BIGINT",
                "ALTER TABLE audit_event ADD COLUMN hash TEXT",
                "CREATE UNIQUE INDEX audit_event_sealed ON audit_event (sealed_seq)",
                "CREATE INDEX audit_event_unsealed ON audit_event (id) WHERE sealed_seq IS NULL",
                "DROP INDEX audit_event_resource",
                "DROP INDEX audit_event_actor",
                "CREATE INDEX audit_event_at ON audit_event (at, id)",
                "CREATE INDEX audit_event_actor ON audit_event (actor, at, id)",
                "CREATE INDEX audit_event_action ON audit_event (action, at, id)",
                "CREATE INDEX audit_event_resource ON audit_event (resource, at, id)",
                "CREATE TABLE audit_checkpoint (
                    seq BIGINT PRIMARY KEY,
                    kept_from BIGINT NOT NULL,
                    at BIGINT NOT NULL,
                    hash TEXT NOT NULL,
                    signer TEXT NOT NULL,
                    signature TEXT NOT NULL
                )",
                "CREATE INDEX audit_checkpoint_at ON audit_checkpoint (at)",
                // One row, held by the instance that seals until its transaction ends.
                "CREATE TABLE audit_sealer (id BIGINT PRIMARY KEY)",
                "INSERT INTO audit_sealer (id) VALUES (1)",
                "CREATE TABLE audit_subject (
                    pseudonym TEXT PRIMARY KEY,
                    salt TEXT NOT NULL,
                    subject TEXT NOT NULL,
                    name TEXT NOT NULL,
                    seen_at BIGINT NOT NULL
                )",
                "CREATE UNIQUE INDEX audit_subject_subject ON audit_subject (subject, name)",
                "CREATE INDEX audit_subject_seen ON audit_subject (seen_at)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(
            manager,
            &[
                "DROP TABLE audit_subject",
                "DROP TABLE audit_sealer",
                "DROP TABLE audit_checkpoint",
                "DROP INDEX audit_event_resource",
                "DROP INDEX audit_event_action",
                "DROP INDEX audit_event_actor",
                "DROP INDEX audit_event_at",
                "DROP INDEX audit_event_unsealed",
                "DROP INDEX audit_event_sealed",
                "ALTER TABLE audit_event DROP COLUMN hash",
                "ALTER TABLE audit_event DROP COLUMN sealed_seq",
                "ALTER TABLE audit_event DROP COLUMN outcome",
                "ALTER TABLE audit_event DROP COLUMN request",
                "ALTER TABLE audit_event DROP COLUMN via",
                "CREATE INDEX audit_event_resource ON audit_event (resource, id)",
                "CREATE INDEX audit_event_actor ON audit_event (actor, id)",
            ],
        )
        .await
    }
}

//! Who is signed in, and tokens for scripts and services.

use sea_orm_migration::prelude::*;

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
                // The key is a hash of what the browser holds: who reads the table cannot be whoever is signed in.
                &format!(
                    "CREATE TABLE session (
                        id {id},
                        session_key TEXT NOT NULL,
                        data TEXT NOT NULL,
                        subject TEXT,
                        provider TEXT NOT NULL DEFAULT '',
                        provider_subject TEXT NOT NULL DEFAULT '',
                        agent TEXT NOT NULL DEFAULT '',
                        address TEXT NOT NULL DEFAULT '',
                        created_at BIGINT NOT NULL,
                        seen_at BIGINT NOT NULL,
                        expires_at BIGINT NOT NULL
                    )"
                ),
                "CREATE UNIQUE INDEX session_key ON session (session_key)",
                "CREATE INDEX session_subject ON session (subject, seen_at)",
                "CREATE INDEX session_provider ON session (provider, provider_subject)",
                "CREATE INDEX session_expires ON session (expires_at)",
                // What the last sign-in said; what the organisation says is in the catalog.
                "CREATE TABLE person (
                    subject TEXT NOT NULL PRIMARY KEY,
                    name TEXT NOT NULL,
                    email TEXT NOT NULL,
                    provider TEXT NOT NULL,
                    named_groups TEXT NOT NULL,
                    first_at BIGINT NOT NULL,
                    last_at BIGINT NOT NULL
                )",
                "CREATE TABLE person_device (
                    subject TEXT NOT NULL,
                    device_key TEXT NOT NULL,
                    seen_at BIGINT NOT NULL,
                    PRIMARY KEY (subject, device_key)
                )",
                &format!(
                    "CREATE TABLE api_token (
                        id {id},
                        token_hash TEXT NOT NULL,
                        subject TEXT NOT NULL,
                        subject_name TEXT NOT NULL,
                        name TEXT NOT NULL,
                        scopes TEXT NOT NULL,
                        created_at BIGINT NOT NULL,
                        created_by TEXT NOT NULL,
                        expires_at BIGINT NOT NULL,
                        revoked_at BIGINT,
                        used_at BIGINT
                    )"
                ),
                "CREATE UNIQUE INDEX api_token_hash ON api_token (token_hash)",
                "CREATE INDEX api_token_subject ON api_token (subject, id)",
                "CREATE INDEX api_token_expires ON api_token (expires_at)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(
            manager,
            &["DROP TABLE api_token", "DROP TABLE person_device", "DROP TABLE person", "DROP TABLE session"],
        )
        .await
    }
}

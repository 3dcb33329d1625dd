//! The software catalog: locations, the files they brought, entities, and what is looked up about them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

use crate::{execute_all, serial};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let id = serial(manager);
        // A table that is all key needs no row of its own beside the key; PostgreSQL has no such table.
        let narrow = match manager.get_database_backend() {
            DatabaseBackend::Postgres => "",
            _ => " WITHOUT ROWID",
        };
        execute_all(
            manager,
            &[
                // Earlier registered locations win a contested entity ref, so the row number is part of the rules.
                &format!(
                    "CREATE TABLE catalog_location (
                        id {id},
                        kind TEXT NOT NULL,
                        target TEXT NOT NULL,
                        trust_org BOOLEAN NOT NULL,
                        allowed_kinds TEXT,
                        state TEXT NOT NULL,
                        message TEXT NOT NULL DEFAULT '',
                        revision TEXT NOT NULL DEFAULT '',
                        entities BIGINT NOT NULL DEFAULT 0,
                        errors BIGINT NOT NULL DEFAULT 0,
                        warnings BIGINT NOT NULL DEFAULT 0,
                        last_run_at BIGINT,
                        last_change_at BIGINT,
                        next_run_at BIGINT,
                        created_at BIGINT NOT NULL,
                        created_by TEXT NOT NULL
                    )"
                ),
                "CREATE INDEX catalog_location_state ON catalog_location (state, errors, id)",
                "CREATE UNIQUE INDEX catalog_location_target ON catalog_location (kind, target)",
                &format!(
                    "CREATE TABLE catalog_file (
                        id {id},
                        location_id BIGINT NOT NULL REFERENCES catalog_location (id),
                        path TEXT NOT NULL,
                        hash TEXT NOT NULL,
                        inputs TEXT NOT NULL,
                        targets TEXT NOT NULL
                    )"
                ),
                "CREATE UNIQUE INDEX catalog_file_path ON catalog_file (location_id, path)",
                // Missing single values are '' and not NULL, so that every sort order is total.
                &format!(
                    "CREATE TABLE catalog_entity (
                        id {id},
                        ref TEXT NOT NULL,
                        uid TEXT NOT NULL,
                        kind TEXT NOT NULL,
                        kind_name TEXT NOT NULL,
                        namespace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        sort_name TEXT NOT NULL,
                        title TEXT NOT NULL,
                        description TEXT NOT NULL,
                        type TEXT NOT NULL,
                        lifecycle TEXT NOT NULL,
                        owner TEXT NOT NULL,
                        system TEXT NOT NULL,
                        location_id BIGINT NOT NULL REFERENCES catalog_location (id),
                        file_id BIGINT REFERENCES catalog_file (id),
                        path TEXT NOT NULL,
                        doc BIGINT NOT NULL,
                        line BIGINT NOT NULL,
                        entity TEXT NOT NULL,
                        source TEXT NOT NULL,
                        etag TEXT NOT NULL,
                        orphan BOOLEAN NOT NULL,
                        created_at BIGINT NOT NULL,
                        changed_at BIGINT NOT NULL
                    )"
                ),
                "CREATE UNIQUE INDEX catalog_entity_ref ON catalog_entity (ref)",
                "CREATE UNIQUE INDEX catalog_entity_uid ON catalog_entity (uid)",
                "CREATE INDEX catalog_entity_file ON catalog_entity (file_id, doc)",
                "CREATE INDEX catalog_entity_name ON catalog_entity (sort_name, id)",
                "CREATE INDEX catalog_entity_changed ON catalog_entity (changed_at, id)",
                "CREATE INDEX catalog_entity_kind ON catalog_entity (kind, sort_name, id)",
                "CREATE INDEX catalog_entity_kind_changed ON catalog_entity (kind, changed_at, id)",
                // Counts of facets within a kind read this index and nothing else.
                "CREATE INDEX catalog_entity_facets ON catalog_entity (kind, lifecycle, type, owner, system, namespace)",
                "CREATE INDEX catalog_entity_type ON catalog_entity (type, sort_name, id)",
                "CREATE INDEX catalog_entity_lifecycle ON catalog_entity (lifecycle, sort_name, id)",
                "CREATE INDEX catalog_entity_owner ON catalog_entity (owner, sort_name, id)",
                "CREATE INDEX catalog_entity_system ON catalog_entity (system, sort_name, id)",
                "CREATE INDEX catalog_entity_namespace ON catalog_entity (namespace, sort_name, id)",
                "CREATE INDEX catalog_entity_location ON catalog_entity (location_id, orphan)",
                "CREATE INDEX catalog_entity_orphan ON catalog_entity (orphan, sort_name, id)",
                &format!(
                    "CREATE TABLE catalog_facet (
                    entity_id BIGINT NOT NULL REFERENCES catalog_entity (id),
                    facet_key TEXT NOT NULL,
                    facet_value TEXT NOT NULL,
                    PRIMARY KEY (facet_key, facet_value, entity_id)
                ){narrow}"
                ),
                "CREATE INDEX catalog_facet_entity ON catalog_facet (entity_id, facet_key, facet_value)",
                // Totals per kind ('' is all kinds), so that an unfiltered list counts nothing.
                &format!(
                    "CREATE TABLE catalog_count (
                    kind TEXT NOT NULL,
                    facet_key TEXT NOT NULL,
                    facet_value TEXT NOT NULL,
                    label TEXT NOT NULL,
                    entities BIGINT NOT NULL,
                    PRIMARY KEY (kind, facet_key, facet_value)
                ){narrow}"
                ),
                "CREATE INDEX catalog_count_top ON catalog_count (kind, facet_key, entities)",
                &format!(
                    "CREATE TABLE catalog_relation (
                    entity_id BIGINT NOT NULL REFERENCES catalog_entity (id),
                    source_ref TEXT NOT NULL,
                    type TEXT NOT NULL,
                    target_ref TEXT NOT NULL,
                    PRIMARY KEY (source_ref, type, target_ref, entity_id)
                ){narrow}"
                ),
                "CREATE INDEX catalog_relation_target ON catalog_relation (type, target_ref, source_ref)",
                "CREATE INDEX catalog_relation_entity ON catalog_relation (entity_id)",
                &format!(
                    "CREATE TABLE catalog_problem (
                        id {id},
                        location_id BIGINT NOT NULL REFERENCES catalog_location (id),
                        file_id BIGINT REFERENCES catalog_file (id),
                        path TEXT NOT NULL,
                        doc BIGINT NOT NULL,
                        line BIGINT NOT NULL,
                        column_no BIGINT NOT NULL,
                        pointer TEXT NOT NULL,
                        severity TEXT NOT NULL,
                        code TEXT NOT NULL,
                        message TEXT NOT NULL,
                        ref TEXT NOT NULL
                    )"
                ),
                "CREATE INDEX catalog_problem_location ON catalog_problem (location_id, severity, path, line, id)",
                "CREATE INDEX catalog_problem_file ON catalog_problem (file_id, doc)",
                "CREATE INDEX catalog_problem_ref ON catalog_problem (ref, code)",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(
            manager,
            &[
                "DROP TABLE catalog_problem",
                "DROP TABLE catalog_relation",
                "DROP TABLE catalog_count",
                "DROP TABLE catalog_facet",
                "DROP TABLE catalog_entity",
                "DROP TABLE catalog_file",
                "DROP TABLE catalog_location",
            ],
        )
        .await
    }
}

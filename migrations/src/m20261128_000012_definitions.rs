//! Immutable versions of definitions (templates, golden paths) with their files, the templates of the catalog, and what locations put on what they bring.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

use crate::{execute_all, serial};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let id = serial(manager);
        let (bytes, narrow) = match manager.get_database_backend() {
            DatabaseBackend::Postgres => ("BYTEA", ""),
            _ => ("BLOB", " WITHOUT ROWID"),
        };
        execute_all(
            manager,
            &[
                &format!(
                    "CREATE TABLE definition (
                        id {id},
                        plugin TEXT NOT NULL,
                        name TEXT NOT NULL,
                        latest_id BIGINT
                    )"
                ),
                "CREATE UNIQUE INDEX definition_name ON definition (plugin, name)",
                &format!(
                    "CREATE TABLE definition_version (
                        id {id},
                        definition_id BIGINT NOT NULL REFERENCES definition (id),
                        number TEXT NOT NULL,
                        major BIGINT NOT NULL,
                        minor BIGINT NOT NULL,
                        patch BIGINT NOT NULL,
                        hash TEXT NOT NULL,
                        start_path TEXT NOT NULL,
                        author TEXT NOT NULL,
                        revision TEXT NOT NULL,
                        warning TEXT NOT NULL,
                        files BIGINT NOT NULL,
                        bytes BIGINT NOT NULL,
                        published_at BIGINT NOT NULL,
                        state TEXT NOT NULL,
                        reason TEXT NOT NULL,
                        successor TEXT NOT NULL,
                        state_at BIGINT NOT NULL
                    )"
                ),
                "CREATE UNIQUE INDEX definition_version_number ON definition_version (definition_id, number)",
                "CREATE UNIQUE INDEX definition_version_hash ON definition_version (definition_id, hash)",
                "CREATE INDEX definition_version_order ON definition_version (definition_id, major, minor, patch, id)",
                "CREATE INDEX definition_version_published ON definition_version (published_at)",
                // A file of one version has the bytes of the file of the same content in another.
                &format!(
                    "CREATE TABLE definition_blob (
                        hash TEXT NOT NULL PRIMARY KEY,
                        content {bytes} NOT NULL
                    )"
                ),
                &format!(
                    "CREATE TABLE definition_file (
                        version_id BIGINT NOT NULL REFERENCES definition_version (id) ON DELETE CASCADE,
                        path TEXT NOT NULL,
                        blob TEXT NOT NULL REFERENCES definition_blob (hash),
                        bytes BIGINT NOT NULL,
                        executable BOOLEAN NOT NULL,
                        PRIMARY KEY (version_id, path)
                    ){narrow}"
                ),
                "CREATE INDEX definition_file_blob ON definition_file (blob)",
                // The templates of the catalog, as lists show and narrow them. `etag` is that of the entity that was read; `problem` says why what
                // there is now is no version.
                &format!(
                    "CREATE TABLE templates_template (
                        id {id},
                        ref TEXT NOT NULL,
                        etag TEXT NOT NULL,
                        namespace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        family TEXT NOT NULL,
                        major BIGINT NOT NULL,
                        title TEXT NOT NULL,
                        sort_title TEXT NOT NULL,
                        description TEXT NOT NULL,
                        type TEXT NOT NULL,
                        lifecycle TEXT NOT NULL,
                        owner TEXT NOT NULL,
                        source TEXT NOT NULL,
                        problem TEXT NOT NULL,
                        checked_at BIGINT NOT NULL
                    )"
                ),
                "CREATE UNIQUE INDEX templates_template_ref ON templates_template (ref)",
                "CREATE INDEX templates_template_title ON templates_template (sort_title, id)",
                "CREATE INDEX templates_template_family ON templates_template (namespace, family, major)",
                &format!(
                    "CREATE TABLE templates_tag (
                        template_id BIGINT NOT NULL REFERENCES templates_template (id) ON DELETE CASCADE,
                        tag TEXT NOT NULL,
                        PRIMARY KEY (template_id, tag)
                    ){narrow}"
                ),
                "CREATE INDEX templates_tag_tag ON templates_tag (tag, template_id)",
                "ALTER TABLE catalog_location ADD COLUMN annotations TEXT NOT NULL DEFAULT '{}'",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(
            manager,
            &[
                "ALTER TABLE catalog_location DROP COLUMN annotations",
                "DROP TABLE templates_tag",
                "DROP TABLE templates_template",
                "DROP TABLE definition_file",
                "DROP TABLE definition_blob",
                "DROP TABLE definition_version",
                "DROP TABLE definition",
            ],
        )
        .await
    }
}

//! Pitches as files of a git repository: what both sides have agreed to, and what is wrong.

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
                // `base` is the pitch that both sides have agreed to and `blob` the object of git that holds it, empty where there is no file; `seq` is the
                // last event that was told there. What is `sent` takes their place once `sent_commit` is known to be in the repository. `theirs` is what the
                // repository holds where it is not agreed to, empty where all is well. `remote` is the repository that all this is about.
                "CREATE TABLE contributions_mirror (
                    contribution_id BIGINT NOT NULL PRIMARY KEY REFERENCES contributions_contribution (id) ON DELETE CASCADE,
                    remote TEXT NOT NULL,
                    name TEXT NOT NULL,
                    base TEXT NOT NULL,
                    blob TEXT NOT NULL,
                    seq BIGINT NOT NULL,
                    sent_commit TEXT NOT NULL,
                    sent_base TEXT NOT NULL,
                    sent_blob TEXT NOT NULL,
                    sent_seq BIGINT NOT NULL,
                    theirs TEXT NOT NULL,
                    since BIGINT NOT NULL
                )",
                "CREATE UNIQUE INDEX contributions_mirror_name ON contributions_mirror (name)",
                // A file that cannot be read; the repository itself where the name is empty. `blob` is what was read, empty where it is to be read again.
                "CREATE TABLE contributions_mirror_problem (
                    name TEXT NOT NULL PRIMARY KEY,
                    blob TEXT NOT NULL,
                    line BIGINT NOT NULL,
                    field TEXT NOT NULL,
                    message TEXT NOT NULL,
                    since BIGINT NOT NULL
                )",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute_all(manager, &["DROP TABLE contributions_mirror_problem", "DROP TABLE contributions_mirror"]).await
    }
}

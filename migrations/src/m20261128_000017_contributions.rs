//! Contributions: their history, which is only ever added to, and what is read off it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

use crate::{execute_all, serial};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let id = serial(manager);
        let is_postgres = manager.get_database_backend() == DatabaseBackend::Postgres;
        let bytes = if is_postgres { "BYTEA" } else { "BLOB" };
        execute_all(
            manager,
            &[
                // `snapshot` is what the history comes to, so that it need not be gone through; all other columns are read off it.
                // `whose` holds who has the ball, a ref a line; `entity` is empty until it is submitted to readiness.
                &format!(
                    "CREATE TABLE contributions_contribution (
                        id {id},
                        uuid TEXT NOT NULL,
                        title TEXT NOT NULL,
                        problem TEXT NOT NULL,
                        kind TEXT NOT NULL,
                        owner TEXT NOT NULL,
                        author TEXT NOT NULL,
                        stage TEXT NOT NULL,
                        state TEXT NOT NULL,
                        next_action TEXT NOT NULL,
                        whose TEXT NOT NULL,
                        supporters BIGINT NOT NULL,
                        submission BIGINT NOT NULL,
                        entity TEXT NOT NULL,
                        is_flagged BOOLEAN NOT NULL,
                        snapshot TEXT NOT NULL,
                        seq BIGINT NOT NULL,
                        since BIGINT NOT NULL,
                        due_at BIGINT,
                        check_at BIGINT,
                        created_at BIGINT NOT NULL,
                        changed_at BIGINT NOT NULL
                    )"
                ),
                "CREATE UNIQUE INDEX contributions_uuid ON contributions_contribution (uuid)",
                "CREATE INDEX contributions_stage ON contributions_contribution (stage, state, id)",
                "CREATE INDEX contributions_kind ON contributions_contribution (kind, id)",
                "CREATE INDEX contributions_owner ON contributions_contribution (owner, id)",
                "CREATE INDEX contributions_due ON contributions_contribution (due_at) WHERE due_at IS NOT NULL",
                "CREATE INDEX contributions_check ON contributions_contribution (check_at) WHERE check_at IS NOT NULL",
                // Everybody who has a part in one, and which: maker, supporter, follower.
                "CREATE TABLE contributions_party (
                    party TEXT NOT NULL,
                    role TEXT NOT NULL,
                    contribution_id BIGINT NOT NULL REFERENCES contributions_contribution (id) ON DELETE CASCADE,
                    PRIMARY KEY (party, role, contribution_id)
                )",
                "CREATE INDEX contributions_party_contribution ON contributions_party (contribution_id)",
                // What waits for a group. `order_at` is when it is due or, far behind all that is, since when it waits.
                "CREATE TABLE contributions_wait (
                    team TEXT NOT NULL,
                    contribution_id BIGINT NOT NULL REFERENCES contributions_contribution (id) ON DELETE CASCADE,
                    what TEXT NOT NULL,
                    submission BIGINT NOT NULL,
                    assignees TEXT NOT NULL,
                    since BIGINT NOT NULL,
                    due_at BIGINT,
                    order_at BIGINT NOT NULL,
                    PRIMARY KEY (team, contribution_id, what)
                )",
                "CREATE INDEX contributions_wait_team ON contributions_wait (team, order_at, contribution_id)",
                "CREATE INDEX contributions_wait_contribution ON contributions_wait (contribution_id)",
                // For the figures of the board: each submission, and whether it was the first to its gate.
                "CREATE TABLE contributions_submission (
                    contribution_id BIGINT NOT NULL REFERENCES contributions_contribution (id) ON DELETE CASCADE,
                    number BIGINT NOT NULL,
                    stage TEXT NOT NULL,
                    is_first BOOLEAN NOT NULL,
                    outcome TEXT NOT NULL,
                    decided_at BIGINT,
                    PRIMARY KEY (contribution_id, number)
                )",
                "CREATE INDEX contributions_submission_stage ON contributions_submission (stage, decided_at)",
                "CREATE TABLE contributions_passage (
                    contribution_id BIGINT NOT NULL REFERENCES contributions_contribution (id) ON DELETE CASCADE,
                    place BIGINT NOT NULL,
                    stage TEXT NOT NULL,
                    entered_at BIGINT NOT NULL,
                    left_at BIGINT,
                    PRIMARY KEY (contribution_id, place)
                )",
                "CREATE INDEX contributions_passage_stage ON contributions_passage (stage, left_at)",
                "CREATE TABLE contributions_event (
                    contribution_id BIGINT NOT NULL REFERENCES contributions_contribution (id),
                    seq BIGINT NOT NULL,
                    at BIGINT NOT NULL,
                    actor TEXT NOT NULL,
                    name TEXT NOT NULL,
                    data TEXT NOT NULL,
                    PRIMARY KEY (contribution_id, seq)
                )",
                // A pitch that somebody is writing and has not pitched yet; one a person.
                "CREATE TABLE contributions_draft (
                    subject TEXT NOT NULL PRIMARY KEY,
                    filled TEXT NOT NULL,
                    updated_at BIGINT NOT NULL
                )",
                // Pages that were sent, by what is in them, so that the same ones are kept once.
                &format!(
                    "CREATE TABLE contributions_upload (
                        hash TEXT NOT NULL PRIMARY KEY,
                        name TEXT NOT NULL,
                        bytes BIGINT NOT NULL,
                        content {bytes} NOT NULL,
                        subject TEXT NOT NULL,
                        created_at BIGINT NOT NULL
                    )"
                ),
                // What the machine found, in full.
                "CREATE TABLE contributions_report (
                    uuid TEXT NOT NULL PRIMARY KEY,
                    contribution_id BIGINT NOT NULL REFERENCES contributions_contribution (id),
                    submission BIGINT NOT NULL,
                    data TEXT NOT NULL,
                    created_at BIGINT NOT NULL
                )",
                "CREATE INDEX contributions_report_contribution ON contributions_report (contribution_id)",
            ],
        )
        .await?;
        // What has happened has happened: nobody changes or removes it, whatever asks for that.
        let refusals: &[&str] = if is_postgres {
            &[
                "CREATE FUNCTION contributions_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
                 BEGIN RAISE EXCEPTION 'the history of contributions is only ever added to'; END $$",
                "CREATE TRIGGER contributions_event_stays BEFORE UPDATE OR DELETE ON contributions_event
                 FOR EACH ROW EXECUTE FUNCTION contributions_event_stays()",
                "CREATE TRIGGER contributions_event_stays_whole BEFORE TRUNCATE ON contributions_event
                 FOR EACH STATEMENT EXECUTE FUNCTION contributions_event_stays()",
            ]
        } else {
            &[
                "CREATE TRIGGER contributions_event_no_update BEFORE UPDATE ON contributions_event
                 BEGIN SELECT RAISE(ABORT, 'the history of contributions is only ever added to'); END",
                "CREATE TRIGGER contributions_event_no_delete BEFORE DELETE ON contributions_event
                 BEGIN SELECT RAISE(ABORT, 'the history of contributions is only ever added to'); END",
            ]
        };
        execute_all(manager, refusals).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "contributions_report",
            "contributions_upload",
            "contributions_draft",
            "contributions_event",
            "contributions_passage",
            "contributions_submission",
            "contributions_wait",
            "contributions_party",
            "contributions_contribution",
        ];
        for table in tables {
            execute_all(manager, &[&format!("DROP TABLE {table}")]).await?;
        }
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            execute_all(manager, &["DROP FUNCTION contributions_event_stays()"]).await?;
        }
        Ok(())
    }
}

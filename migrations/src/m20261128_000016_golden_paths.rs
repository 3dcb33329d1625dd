//! Golden paths, and journeys along them: their history, which is only ever added to, and what is read off it.

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
                &format!(
                    "CREATE TABLE golden_paths_path (
                        id {id},
                        ref TEXT NOT NULL,
                        etag TEXT NOT NULL,
                        namespace TEXT NOT NULL,
                        name TEXT NOT NULL,
                        title TEXT NOT NULL,
                        sort_title TEXT NOT NULL,
                        description TEXT NOT NULL,
                        type TEXT NOT NULL,
                        owner TEXT NOT NULL,
                        source TEXT NOT NULL,
                        problem TEXT NOT NULL,
                        checked_at BIGINT NOT NULL
                    )"
                ),
                "CREATE UNIQUE INDEX golden_paths_ref ON golden_paths_path (ref)",
                "CREATE INDEX golden_paths_title ON golden_paths_path (sort_title, id)",
                "CREATE TABLE golden_paths_tag (
                    path_id BIGINT NOT NULL REFERENCES golden_paths_path (id) ON DELETE CASCADE,
                    tag TEXT NOT NULL,
                    PRIMARY KEY (path_id, tag)
                )",
                "CREATE TABLE golden_paths_region (
                    path_id BIGINT NOT NULL REFERENCES golden_paths_path (id) ON DELETE CASCADE,
                    region TEXT NOT NULL,
                    PRIMARY KEY (path_id, region)
                )",
                // `snapshot` is what the history comes to, so that it need not be gone through; all other columns are read off it.
                // `whose` holds who has the ball, a ref a line.
                &format!(
                    "CREATE TABLE golden_paths_journey (
                        id {id},
                        uuid TEXT NOT NULL,
                        path TEXT NOT NULL,
                        title TEXT NOT NULL,
                        version TEXT NOT NULL,
                        version_id BIGINT,
                        state TEXT NOT NULL,
                        owner TEXT NOT NULL,
                        starter TEXT NOT NULL,
                        parent TEXT NOT NULL,
                        steps_done BIGINT NOT NULL,
                        steps_total BIGINT NOT NULL,
                        next_action TEXT NOT NULL,
                        whose TEXT NOT NULL,
                        snapshot TEXT NOT NULL,
                        seq BIGINT NOT NULL,
                        wake_at BIGINT,
                        created_at BIGINT NOT NULL,
                        started_at BIGINT,
                        changed_at BIGINT NOT NULL,
                        ended_at BIGINT
                    )"
                ),
                "CREATE UNIQUE INDEX golden_paths_journey_uuid ON golden_paths_journey (uuid)",
                "CREATE INDEX golden_paths_journey_owner ON golden_paths_journey (owner, id)",
                "CREATE INDEX golden_paths_journey_starter ON golden_paths_journey (starter, id)",
                "CREATE INDEX golden_paths_journey_path ON golden_paths_journey (path, state, ended_at)",
                "CREATE INDEX golden_paths_journey_state ON golden_paths_journey (state, id)",
                "CREATE INDEX golden_paths_journey_wake ON golden_paths_journey (wake_at) WHERE wake_at IS NOT NULL",
                // Everybody who has a part in a journey: its owner, whoever began it, the teams of its steps, whoever has taken one.
                "CREATE TABLE golden_paths_party (
                    party TEXT NOT NULL,
                    journey_id BIGINT NOT NULL REFERENCES golden_paths_journey (id) ON DELETE CASCADE,
                    PRIMARY KEY (party, journey_id)
                )",
                "CREATE INDEX golden_paths_party_journey ON golden_paths_party (journey_id)",
                "CREATE TABLE golden_paths_step (
                    journey_id BIGINT NOT NULL REFERENCES golden_paths_journey (id) ON DELETE CASCADE,
                    step_key TEXT NOT NULL,
                    step TEXT NOT NULL,
                    path TEXT NOT NULL,
                    name TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    state TEXT NOT NULL,
                    since BIGINT NOT NULL,
                    reached_at BIGINT,
                    ended_at BIGINT,
                    PRIMARY KEY (journey_id, step_key)
                )",
                "CREATE INDEX golden_paths_step_path ON golden_paths_step (path, step, state, ended_at)",
                // What waits for somebody. `order_at` is when it is due or, far behind all that is, since when it waits.
                "CREATE TABLE golden_paths_wait (
                    team TEXT NOT NULL,
                    journey_id BIGINT NOT NULL REFERENCES golden_paths_journey (id) ON DELETE CASCADE,
                    step_key TEXT NOT NULL,
                    what TEXT NOT NULL,
                    name TEXT NOT NULL,
                    assignee TEXT NOT NULL,
                    since BIGINT NOT NULL,
                    due_at BIGINT,
                    order_at BIGINT NOT NULL,
                    PRIMARY KEY (journey_id, step_key, what, team)
                )",
                "CREATE INDEX golden_paths_wait_team ON golden_paths_wait (team, order_at, journey_id, step_key, what)",
                "CREATE TABLE golden_paths_event (
                    journey_id BIGINT NOT NULL REFERENCES golden_paths_journey (id),
                    seq BIGINT NOT NULL,
                    at BIGINT NOT NULL,
                    actor TEXT NOT NULL,
                    name TEXT NOT NULL,
                    data TEXT NOT NULL,
                    PRIMARY KEY (journey_id, seq)
                )",
                // What is filled in of a form of a journey and not sent yet; `replaced` has what another window had saved when these were. The path's own
                // form has no step. No secret is in either.
                "CREATE TABLE golden_paths_draft (
                    journey_id BIGINT NOT NULL REFERENCES golden_paths_journey (id) ON DELETE CASCADE,
                    step_key TEXT NOT NULL,
                    filled TEXT NOT NULL,
                    replaced TEXT NOT NULL,
                    page BIGINT NOT NULL,
                    revision BIGINT NOT NULL,
                    updated_at BIGINT NOT NULL,
                    PRIMARY KEY (journey_id, step_key)
                )",
                // From the moment a form is sent to the moment its run has begun, which keeps them itself.
                &format!(
                    "CREATE TABLE golden_paths_secret (
                        id {id},
                        journey_id BIGINT NOT NULL REFERENCES golden_paths_journey (id) ON DELETE CASCADE,
                        begins TEXT NOT NULL,
                        sealed TEXT NOT NULL,
                        created_at BIGINT NOT NULL
                    )"
                ),
                "CREATE UNIQUE INDEX golden_paths_secret_begins ON golden_paths_secret (journey_id, begins)",
                "CREATE INDEX golden_paths_secret_created ON golden_paths_secret (created_at)",
                &format!(
                    "CREATE TABLE golden_paths_file (
                        uuid TEXT NOT NULL PRIMARY KEY,
                        journey_id BIGINT NOT NULL REFERENCES golden_paths_journey (id),
                        name TEXT NOT NULL,
                        media_type TEXT NOT NULL,
                        bytes BIGINT NOT NULL,
                        content {bytes} NOT NULL,
                        subject TEXT NOT NULL,
                        created_at BIGINT NOT NULL
                    )"
                ),
                "CREATE INDEX golden_paths_file_journey ON golden_paths_file (journey_id)",
            ],
        )
        .await?;
        // What has happened has happened: nobody changes or removes it, whatever asks for that.
        let refusals: &[&str] = if is_postgres {
            &[
                "CREATE FUNCTION golden_paths_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
                 BEGIN RAISE EXCEPTION 'the history of journeys is only ever added to'; END $$",
                "CREATE TRIGGER golden_paths_event_stays BEFORE UPDATE OR DELETE ON golden_paths_event
                 FOR EACH ROW EXECUTE FUNCTION golden_paths_event_stays()",
                "CREATE TRIGGER golden_paths_event_stays_whole BEFORE TRUNCATE ON golden_paths_event
                 FOR EACH STATEMENT EXECUTE FUNCTION golden_paths_event_stays()",
            ]
        } else {
            &[
                "CREATE TRIGGER golden_paths_event_no_update BEFORE UPDATE ON golden_paths_event
                 BEGIN SELECT RAISE(ABORT, 'the history of journeys is only ever added to'); END",
                "CREATE TRIGGER golden_paths_event_no_delete BEFORE DELETE ON golden_paths_event
                 BEGIN SELECT RAISE(ABORT, 'the history of journeys is only ever added to'); END",
            ]
        };
        execute_all(manager, refusals).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "golden_paths_file",
            "golden_paths_secret",
            "golden_paths_draft",
            "golden_paths_event",
            "golden_paths_wait",
            "golden_paths_step",
            "golden_paths_party",
            "golden_paths_journey",
            "golden_paths_region",
            "golden_paths_tag",
            "golden_paths_path",
        ];
        for table in tables {
            execute_all(manager, &[&format!("DROP TABLE {table}")]).await?;
        }
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            execute_all(manager, &["DROP FUNCTION golden_paths_event_stays()"]).await?;
        }
        Ok(())
    }
}

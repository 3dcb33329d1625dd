//! What belongs to one person: the inbox, stars, what was visited, preferences, and where mail reaches somebody.

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
                // The recipient is `p:` and a subject or `g:` and the ref of a group. A message that is sent again is a new row.
                &format!(
                    "CREATE TABLE inbox_message (
                        id {id},
                        recipient TEXT NOT NULL,
                        message_key TEXT NOT NULL,
                        kind TEXT NOT NULL,
                        title TEXT NOT NULL,
                        body TEXT NOT NULL,
                        path TEXT NOT NULL,
                        waits BOOLEAN NOT NULL,
                        sent_at BIGINT NOT NULL
                    )"
                ),
                "CREATE UNIQUE INDEX inbox_message_key ON inbox_message (recipient, message_key)",
                "CREATE INDEX inbox_message_recipient ON inbox_message (recipient, id)",
                "CREATE INDEX inbox_message_sent ON inbox_message (sent_at)",
                // What one reader did with a message; no row while it has not been touched.
                "CREATE TABLE inbox_state (
                    message_id BIGINT NOT NULL REFERENCES inbox_message (id) ON DELETE CASCADE,
                    subject TEXT NOT NULL,
                    read_at BIGINT,
                    done_at BIGINT,
                    changed_at BIGINT NOT NULL,
                    PRIMARY KEY (message_id, subject)
                )",
                "CREATE INDEX inbox_state_changed ON inbox_state (changed_at)",
                // Whoever signed in where mail is configured, with the groups of that moment.
                "CREATE TABLE mail_reader (
                    subject TEXT NOT NULL PRIMARY KEY,
                    address TEXT NOT NULL,
                    seen_at BIGINT NOT NULL
                )",
                "CREATE TABLE mail_reader_group (
                    group_ref TEXT NOT NULL,
                    subject TEXT NOT NULL REFERENCES mail_reader (subject) ON DELETE CASCADE,
                    PRIMARY KEY (group_ref, subject)
                )",
                "CREATE INDEX mail_reader_group_subject ON mail_reader_group (subject)",
                // The item is the plugin's own name of the thing, such as an entity ref.
                "CREATE TABLE star (
                    subject TEXT NOT NULL,
                    plugin TEXT NOT NULL,
                    item TEXT NOT NULL,
                    created_at BIGINT NOT NULL,
                    PRIMARY KEY (subject, plugin, item)
                )",
                "CREATE INDEX star_item ON star (plugin, item, subject)",
                "CREATE TABLE visit (
                    subject TEXT NOT NULL,
                    plugin TEXT NOT NULL,
                    item TEXT NOT NULL,
                    visited_at BIGINT NOT NULL,
                    PRIMARY KEY (subject, plugin, item)
                )",
                "CREATE INDEX visit_latest ON visit (subject, visited_at)",
                "CREATE TABLE preference (
                    subject TEXT NOT NULL,
                    name TEXT NOT NULL,
                    value TEXT NOT NULL,
                    changed_at BIGINT NOT NULL,
                    PRIMARY KEY (subject, name)
                )",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables =
            ["preference", "visit", "star", "mail_reader_group", "mail_reader", "inbox_state", "inbox_message"];
        for table in tables {
            execute_all(manager, &[&format!("DROP TABLE {table}")]).await?;
        }
        Ok(())
    }
}

//! Messages that go out as mail too: a job for each message and reader, made with the message.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use serde_json::json;

use super::{Message, Recipient};
use crate::error::AppError;
use crate::identity::{Caller, Principal};
use crate::server::clock::Millis;
use crate::server::context::Kit;
use crate::server::jobs::{self, Handler, JobError, Lease, NewJob, Next};
use crate::server::mail::{Mail, Mailer};
use crate::server::personal::owner;
use crate::server::{db, preferences};

/// The kind of job that sends one message to one reader.
pub const MAIL: &str = "inbox.mail";

/// Whoever has not signed in for so long gets no mail: 30 days.
const SEEN_WITHIN: Millis = 30 * 24 * 60 * 60 * 1000;

/// The most readers of one message.
const READERS: u32 = 1_000;

/// How often a mail is tried: for about five hours.
const ATTEMPTS: u32 = 60;

/// Notes where mail reaches somebody who signs in, and its groups of this moment; nobody else gets mail. Call it with the sign-in, where mail
/// is configured, with an address that the provider or the catalog vouches for; none takes the reader off.
pub async fn met(tx: &DatabaseTransaction, now: Millis, reader: &Principal, address: &str) -> Result<(), DbErr> {
    let subject = reader.subject.as_str();
    db::execute(tx, "DELETE FROM mail_reader_group WHERE subject = ?", [subject.into()]).await?;
    if address.is_empty() {
        db::execute(tx, "DELETE FROM mail_reader WHERE subject = ?", [subject.into()]).await?;
        return Ok(());
    }
    let text = "INSERT INTO mail_reader (subject, address, seen_at) VALUES (?, ?, ?) \
                ON CONFLICT (subject) DO UPDATE SET address = excluded.address, seen_at = excluded.seen_at";
    db::execute(tx, text, [subject.into(), address.into(), now.into()]).await?;
    for group in &reader.groups {
        let text = "INSERT INTO mail_reader_group (group_ref, subject) VALUES (?, ?) ON CONFLICT DO NOTHING";
        db::execute(tx, text, [group.as_str().into(), subject.into()]).await?;
    }
    Ok(())
}

/// Where mail reaches the caller, if anywhere.
pub async fn address_of(connection: &impl ConnectionTrait, caller: &Caller) -> Result<Option<String>, AppError> {
    let text = "SELECT address FROM mail_reader WHERE subject = ?";
    let rows = db::rows(connection, text, [owner(caller)?.into()]).await?;
    Ok(rows.first().map(|row| row.try_get("", "address")).transpose()?)
}

/// Makes the jobs for the mail of a message that was just written.
pub(super) async fn plan(tx: &DatabaseTransaction, now: Millis, id: i64, message: &Message<'_>) -> Result<(), DbErr> {
    let (wanted, name) = match message.to {
        Recipient::Person(subject) => ("r.subject = ?", subject),
        Recipient::Group(group) => ("r.subject IN (SELECT subject FROM mail_reader_group WHERE group_ref = ?)", group),
    };
    let text = format!(
        "SELECT r.subject FROM mail_reader r WHERE {wanted} AND r.seen_at >= ? ORDER BY r.subject LIMIT {READERS}"
    );
    for row in db::rows(tx, &text, [name.into(), (now - SEEN_WITHIN).into()]).await? {
        let subject: String = row.try_get("", "subject")?;
        if !wants(tx, &subject, message.waits).await? {
            continue;
        }
        let job = NewJob {
            kind: MAIL,
            key: format!("{id}:{subject}"),
            payload: json!({ "message": id, "subject": subject }),
            run_at: now,
            max_attempts: ATTEMPTS,
        };
        jobs::enqueue(tx, now, job).await?;
    }
    Ok(())
}

/// Sends the mail.
pub struct Mailing {
    /// The shared parts.
    pub kit: Kit,
    /// What carries it; none where no mail is configured, and then what was planned is dropped.
    pub mailer: Option<Arc<Mailer>>,
}

#[async_trait]
impl Handler for Mailing {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let (Some(id), Some(subject)) = (lease.payload["message"].as_i64(), lease.payload["subject"].as_str()) else {
            return Ok(Next::Done);
        };
        let Some(mailer) = &self.mailer else { return Ok(Next::Done) };
        let read = self.kit.db.read();
        // What was taken back or read meanwhile, or is no longer wanted, is not sent.
        let text = "SELECT m.title, m.body, m.path, m.waits, r.address FROM inbox_message m JOIN mail_reader r ON r.subject = ? \
                    LEFT JOIN inbox_state s ON s.message_id = m.id AND s.subject = r.subject WHERE m.id = ? AND s.read_at IS NULL \
                    AND (m.recipient = 'p:' || r.subject \
                    OR EXISTS (SELECT 1 FROM mail_reader_group g WHERE g.subject = r.subject AND m.recipient = 'g:' || g.group_ref))";
        let rows = db::rows(read, text, [subject.into(), id.into()]).await?;
        let Some(row) = rows.first() else { return Ok(Next::Done) };
        if !wants(read, subject, row.try_get("", "waits")?).await? {
            return Ok(Next::Done);
        }
        let (title, body): (String, String) = (row.try_get("", "title")?, row.try_get("", "body")?);
        let (path, address): (String, String) = (row.try_get("", "path")?, row.try_get("", "address")?);
        let mail = Mail { to: &address, subject: &title, text: &body, path: &path, key: &lease.key };
        mailer.send(&mail).await.map_err(|error| JobError::Failed(error.to_string()))?;
        Ok(Next::Done)
    }
}

async fn wants(connection: &impl ConnectionTrait, subject: &str, waits: bool) -> Result<bool, DbErr> {
    let chosen = preferences::of(connection, subject, &preferences::MAIL).await?;
    Ok(chosen == "all" || chosen == "waiting" && waits)
}

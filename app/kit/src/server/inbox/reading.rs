//! What the reader of an inbox sees and does; every statement is narrowed to the caller and its groups.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, DbErr, Value};

use crate::error::AppError;
use crate::identity::Caller;
use crate::server::clock::Millis;
use crate::server::context::Kit;
use crate::server::db;
use crate::server::personal::owner;
use crate::when::When;

/// Messages are counted up to here; more than this is "many".
pub const COUNTED: u32 = 100;

/// Messages on a page.
const PAGE: usize = 25;

/// The parts of the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// What waits and is not done.
    Waiting,
    /// What is news and not put away.
    News,
    /// Everything, also what is done.
    All,
}

impl Tab {
    fn condition(self) -> &'static str {
        match self {
            Self::Waiting => "m.waits = TRUE AND s.done_at IS NULL",
            Self::News => "m.waits = FALSE AND s.done_at IS NULL",
            Self::All => "TRUE",
        }
    }
}

/// Where a page of the list begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// With the newest.
    Newest,
    /// With what is older than this number.
    Before(i64),
    /// With what is newer than this number.
    After(i64),
}

/// A message as one reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: i64,
    /// The group that got it; none where it went to the reader alone.
    pub group: Option<String>,
    /// What it is about.
    pub kind: String,
    /// What is the case.
    pub title: String,
    /// What follows from it.
    pub body: String,
    /// Where to do something about it.
    pub path: String,
    /// Whether it waits.
    pub waits: bool,
    /// When it was sent.
    pub sent: When,
    /// Whether this reader has read it.
    pub read: bool,
    /// Whether this reader is done with it.
    pub done: bool,
}

/// A page of the list, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The messages.
    pub entries: Vec<Entry>,
    /// Whether there are newer ones.
    pub newer: bool,
    /// Whether there are older ones.
    pub older: bool,
}

/// What a reader does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It was read.
    Read,
    /// It is to be as if it had not been read.
    Unread,
    /// It is dealt with.
    Done,
}

/// What whoever is told of changes listens for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening(HashSet<String>);

impl Listening {
    /// For what concerns the caller.
    pub fn of(caller: &Caller) -> Result<Self, AppError> {
        Ok(Self(recipients(caller)?.into_iter().collect()))
    }

    /// Whether any of the recipients is listened for.
    pub fn concerns(&self, changed: &HashSet<String>) -> bool {
        self.0.iter().any(|recipient| changed.contains(recipient))
    }
}

/// How many messages the caller has not read, up to a hundred.
pub async fn unread(kit: &Kit, caller: &Caller, tab: Tab) -> Result<u64, AppError> {
    let recipients = recipients(caller)?;
    let text = format!(
        "SELECT count(*) AS n FROM (SELECT 1 AS one FROM {} AND s.read_at IS NULL AND {} LIMIT {COUNTED}) counted",
        mine(recipients.len()),
        tab.condition()
    );
    let rows = db::rows(kit.db.read(), &text, values(caller, &recipients)).await?;
    Ok(rows.first().map_or(Ok(0), |row| row.try_get::<i64>("", "n"))?.max(0) as u64)
}

/// A page of the caller's messages.
pub async fn list(kit: &Kit, caller: &Caller, tab: Tab, place: Place, most: usize) -> Result<Page, AppError> {
    let (recipients, most, now) = (recipients(caller)?, most.min(PAGE), kit.clock.now());
    let (narrowed, order, number) = match place {
        Place::Newest => ("TRUE", "DESC", None),
        Place::Before(id) => ("m.id < ?", "DESC", Some(id)),
        Place::After(id) => ("m.id > ?", "ASC", Some(id)),
    };
    let text = format!(
        "SELECT m.id, m.recipient, m.kind, m.title, m.body, m.path, m.waits, m.sent_at, s.read_at, s.done_at FROM {} AND {} AND {narrowed} \
         ORDER BY m.id {order} LIMIT {}",
        mine(recipients.len()),
        tab.condition(),
        most + 1
    );
    let values = values(caller, &recipients).into_iter().chain(number.map(Value::from));
    let rows = db::rows(kit.db.read(), &text, values).await?;
    let more = rows.len() > most;
    let entries = rows.iter().take(most).map(|row| {
        let recipient: String = row.try_get("", "recipient")?;
        Ok(Entry {
            id: row.try_get("", "id")?,
            group: recipient.strip_prefix("g:").map(str::to_owned),
            kind: row.try_get("", "kind")?,
            title: row.try_get("", "title")?,
            body: row.try_get("", "body")?,
            path: row.try_get("", "path")?,
            waits: row.try_get("", "waits")?,
            sent: When::new(row.try_get("", "sent_at")?, now),
            read: row.try_get::<Option<i64>>("", "read_at")?.is_some(),
            done: row.try_get::<Option<i64>>("", "done_at")?.is_some(),
        })
    });
    let mut entries = entries.collect::<Result<Vec<_>, DbErr>>()?;
    let backwards = matches!(place, Place::After(_));
    if backwards {
        entries.reverse();
    }
    let (newer, older) = match place {
        Place::Newest => (false, more),
        Place::Before(_) => (true, more),
        Place::After(_) => (more, true),
    };
    Ok(Page { entries, newer, older })
}

/// Marks one message of the caller's.
pub async fn mark(kit: &Kit, caller: &Caller, id: i64, mark: Mark) -> Result<(), AppError> {
    if write(kit, caller, "m.id = ?", id, mark).await? == 0 {
        return Err(AppError::not_found(format!("Message {id}")));
    }
    Ok(())
}

/// Marks the caller's messages of a tab up to a number: those that came after the page was drawn stay as they are.
pub async fn mark_through(kit: &Kit, caller: &Caller, tab: Tab, through: i64, mark: Mark) -> Result<(), AppError> {
    write(kit, caller, &format!("{} AND m.id <= ?", tab.condition()), through, mark).await?;
    Ok(())
}

/// The recipients for whom something was sent or marked since a moment. Whoever asks again and again asks for a little more than the time
/// between, since a change is seen once its transaction is committed.
pub async fn changed_since(connection: &impl ConnectionTrait, since: Millis) -> Result<HashSet<String>, DbErr> {
    let text = "SELECT recipient FROM inbox_message WHERE sent_at >= ? \
                UNION SELECT 'p:' || subject AS recipient FROM inbox_state WHERE changed_at >= ?";
    let rows = db::rows(connection, text, [since.into(), since.into()]).await?;
    rows.iter().map(|row| row.try_get("", "recipient")).collect()
}

async fn write(kit: &Kit, caller: &Caller, which: &str, number: i64, mark: Mark) -> Result<u64, AppError> {
    let (recipients, now) = (recipients(caller)?, kit.clock.now());
    let (read, done, kept) = match mark {
        Mark::Read => (Some(now), None, "read_at = COALESCE(inbox_state.read_at, excluded.read_at)"),
        Mark::Unread => (None, None, "read_at = NULL, done_at = NULL"),
        Mark::Done => (
            Some(now),
            Some(now),
            "read_at = COALESCE(inbox_state.read_at, excluded.read_at), done_at = excluded.done_at",
        ),
    };
    let text = format!(
        "INSERT INTO inbox_state (message_id, subject, read_at, done_at, changed_at) \
         SELECT m.id, ?, CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT) FROM {} AND {which} \
         ON CONFLICT (message_id, subject) DO UPDATE SET {kept}, changed_at = excluded.changed_at",
        mine(recipients.len())
    );
    let first = [owner(caller)?.into(), read.into(), done.into(), now.into()];
    let values = first.into_iter().chain(values(caller, &recipients)).chain([number.into()]);
    let tx = kit.db.begin().await?;
    let changed = db::execute(&tx, &text, values).await?;
    tx.commit().await?;
    Ok(changed)
}

/// The tables with the condition that a message is one of the reader's, for so many recipients.
fn mine(recipients: usize) -> String {
    format!(
        "inbox_message m LEFT JOIN inbox_state s ON s.message_id = m.id AND s.subject = ? WHERE m.recipient IN ({})",
        db::marks(recipients)
    )
}

fn values(caller: &Caller, recipients: &[String]) -> Vec<Value> {
    std::iter::once(caller.subject().into())
        .chain(recipients.iter().map(|recipient| recipient.as_str().into()))
        .collect()
}

/// Whose messages the caller reads: its own and those of its groups.
fn recipients(caller: &Caller) -> Result<Vec<String>, AppError> {
    let own = format!("p:{}", owner(caller)?);
    let groups = caller.principal().into_iter().flat_map(|principal| &principal.groups);
    Ok(std::iter::once(own).chain(groups.map(|group| format!("g:{group}"))).collect())
}

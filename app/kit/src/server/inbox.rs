//! Messages to people and teams, for all plugins: [`send`] in the transaction of the change that they tell of.
//!
//! A message waits for somebody, or is news. A group's message is there for everybody who is in the group at the time of reading; whether it
//! was read or done is each reader's own. What one reader did with messages is its own business and stands in no audit trail.

mod mailing;
mod reading;
#[cfg(test)]
mod tests;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use uuid::Uuid;

pub use self::mailing::{MAIL, Mailing, address_of, met};
pub use self::reading::{Entry, Listening, Mark, Page, Place, Tab, changed_since, list, mark, mark_through, unread};
use super::clock::Millis;
use super::db;

/// Where the inbox is.
pub const PATH: &str = crate::plugin::INBOX;

/// The most messages kept of one recipient.
const MOST: u32 = 500;

/// How long a message is kept: 180 days.
const KEPT_FOR: Millis = 180 * 24 * 60 * 60 * 1000;

/// The longest title, in characters.
const MAX_TITLE: usize = 200;

/// The longest text, in characters.
const MAX_BODY: usize = 2_000;

/// Something to tell somebody.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// To whom.
    pub to: Recipient<'a>,
    /// What it is about: `<plugin>.<what>`, such as `catalog.location-errors`.
    pub kind: &'a str,
    /// Names the matter, so that it is one message however often it is sent; sent again, it is new to everybody. Empty where each stands alone.
    pub key: &'a str,
    /// What is the case, in a short sentence without a full stop.
    pub title: &'a str,
    /// What follows from it; may be empty. Plain text.
    pub body: &'a str,
    /// The page of the portal where to do something about it: a path.
    pub path: &'a str,
    /// Whether it waits for whoever gets it, or only tells them something.
    pub waits: bool,
}

/// Who gets a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient<'a> {
    /// One person or service, by its subject.
    Person(&'a str),
    /// Everybody in a group, by its canonical entity ref.
    Group(&'a str),
}

impl Recipient<'_> {
    /// As the table names it; the two kinds cannot be taken for each other.
    fn stored(&self) -> String {
        match self {
            Self::Person(subject) => format!("p:{subject}"),
            Self::Group(group) => format!("g:{group}"),
        }
    }
}

/// Sends a message, in the transaction of the change that it tells of. What is sent to nobody in particular (`system`, `anonymous`) is dropped.
/// Whoever sends several in one transaction sends them in the order of recipients and keys.
pub async fn send(tx: &DatabaseTransaction, now: Millis, message: Message<'_>) -> Result<(), DbErr> {
    if matches!(message.to, Recipient::Person("" | "system" | "anonymous")) {
        return Ok(());
    }
    let recipient = message.to.stored();
    let key = if message.key.is_empty() { Uuid::new_v4().to_string() } else { message.key.to_owned() };
    retract(tx, message.to, &key).await?;
    // Another transaction may have sent it since; then that one stands.
    let text = "INSERT INTO inbox_message (recipient, message_key, kind, title, body, path, waits, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) \
                ON CONFLICT (recipient, message_key) DO NOTHING RETURNING id";
    let values = [
        recipient.as_str().into(),
        key.into(),
        message.kind.into(),
        shortened(message.title, MAX_TITLE).into(),
        shortened(message.body, MAX_BODY).into(),
        own_path(message.path).into(),
        message.waits.into(),
        now.into(),
    ];
    let Some(row) = tx.query_one_raw(db::sql(tx, text, values)).await? else { return Ok(()) };
    forget_old(tx, now, &recipient).await?;
    mailing::plan(tx, now, row.try_get("", "id")?, &message).await
}

/// Takes a message back, read or not, because what it told of is no longer the case.
pub async fn retract(tx: &DatabaseTransaction, to: Recipient<'_>, key: &str) -> Result<(), DbErr> {
    let text = "DELETE FROM inbox_message WHERE recipient = ? AND message_key = ?";
    db::execute(tx, text, [to.stored().into(), key.into()]).await?;
    Ok(())
}

/// Whether a message of this key is there, read or not.
pub async fn is_sent(connection: &impl ConnectionTrait, to: Recipient<'_>, key: &str) -> Result<bool, DbErr> {
    let text = "SELECT 1 FROM inbox_message WHERE recipient = ? AND message_key = ?";
    Ok(!db::rows(connection, text, [to.stored().into(), key.into()]).await?.is_empty())
}

async fn forget_old(tx: &DatabaseTransaction, now: Millis, recipient: &str) -> Result<(), DbErr> {
    // What another transaction forgets is not waited for: two that send to the same people in another order would wait for each other.
    let skip = db::skip_locked(tx);
    let text = format!(
        "DELETE FROM inbox_message WHERE id IN (SELECT id FROM inbox_message WHERE recipient = ? AND (sent_at < ? OR id <= \
         (SELECT id FROM inbox_message WHERE recipient = ? ORDER BY id DESC LIMIT 1 OFFSET {MOST})) {skip})"
    );
    db::execute(tx, &text, [recipient.into(), (now - KEPT_FOR).into(), recipient.into()]).await?;
    Ok(())
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// A path of this portal; whatever could lead elsewhere becomes the inbox itself.
fn own_path(path: &str) -> &str {
    let leads_on = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\n', '\r', '\t']);
    if leads_on { path } else { PATH }
}

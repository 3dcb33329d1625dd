//! The people who have signed in: what their last sign-in said of them, and the devices that they used.

use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;

use super::clock::Millis;
use super::context::Kit;
use super::db;
use super::directory::{Directory, Membership};
use crate::error::AppError;
use crate::identity::{Principal, Subject, Via};

/// How long the groups that a sign-in named count for what its person does without a session: 30 days.
const GROUPS_COUNT_FOR: Millis = 30 * 24 * 60 * 60 * 1000;

/// What a sign-in said of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name that never changes.
    pub subject: String,
    /// What people call it.
    pub name: String,
    /// Where mail reaches it; may be empty.
    pub email: String,
    /// Through which provider it signed in last.
    pub provider: String,
    /// The canonical refs of the groups that the sign-in named.
    pub named_groups: Vec<String>,
    /// When it signed in last.
    pub last_at: Millis,
}

impl Person {
    /// The groups that the last sign-in named, as long as they count at `now`.
    pub fn groups_at(&self, now: Millis) -> &[String] {
        if self.last_at + GROUPS_COUNT_FOR > now { &self.named_groups } else { &[] }
    }
}

/// Somebody as the next request would find it.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its name and its groups, without a session or a token.
    pub principal: Principal,
    /// Its groups with where each comes from.
    pub memberships: Vec<Membership>,
    /// Whether it could sign in: the organisation still knows whoever is known by its user.
    pub is_there: bool,
}

/// The person or service `subject`, with the groups that its last sign-in named, where `administrators` are those people and groups.
pub async fn find(
    kit: &Kit,
    directory: &dyn Directory,
    administrators: &[String],
    subject: &Subject,
) -> Result<Found, AppError> {
    let signed_in = of(kit.db.read(), subject.as_str()).await?;
    let named = signed_in.as_ref().map_or(&[][..], |person| person.groups_at(kit.clock.now()));
    let user_ref = subject.user_ref();
    let known = match user_ref {
        Some(user_ref) => directory.person(user_ref).await?,
        None => None,
    };
    let is_there = user_ref.is_none() || known.is_some();
    let memberships = directory.groups(user_ref, named).await?;
    let groups: Vec<String> = memberships.iter().map(|each| each.group.clone()).collect();
    let name = known.map(|known| known.name).or(signed_in.map(|person| person.name));
    let principal = Principal {
        kind: subject.kind,
        subject: subject.to_string(),
        name: name.unwrap_or_else(|| subject.to_string()),
        administrator: administrators.iter().any(|each| each == subject.as_str() || groups.contains(each)),
        groups,
        via: Via::Session(0),
        scopes: None,
        request: String::new(),
    };
    Ok(Found { principal, memberships, is_there })
}

/// Keeps what a sign-in said.
pub async fn keep(tx: &impl ConnectionTrait, person: &Person) -> Result<(), DbErr> {
    let text = "INSERT INTO person (subject, name, email, provider, named_groups, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?, ?) \
                ON CONFLICT (subject) DO UPDATE SET name = excluded.name, email = excluded.email, provider = excluded.provider, \
                named_groups = excluded.named_groups, last_at = excluded.last_at";
    let values = [
        person.subject.as_str().into(),
        person.name.as_str().into(),
        person.email.as_str().into(),
        person.provider.as_str().into(),
        json!(person.named_groups).to_string().into(),
        person.last_at.into(),
        person.last_at.into(),
    ];
    db::execute(tx, text, values).await?;
    Ok(())
}

/// The person of this name, if it has ever signed in.
pub async fn of(connection: &impl ConnectionTrait, subject: &str) -> Result<Option<Person>, DbErr> {
    let text = "SELECT subject, name, email, provider, named_groups, last_at FROM person WHERE subject = ?";
    let rows = db::rows(connection, text, [subject.into()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let groups: String = row.try_get("", "named_groups")?;
    Ok(Some(Person {
        subject: row.try_get("", "subject")?,
        name: row.try_get("", "name")?,
        email: row.try_get("", "email")?,
        provider: row.try_get("", "provider")?,
        named_groups: serde_json::from_str(&groups).unwrap_or_default(),
        last_at: row.try_get("", "last_at")?,
    }))
}

/// Notes that a person uses a device; says whether it is one more than those that were known.
pub async fn is_new_device(
    tx: &impl ConnectionTrait,
    subject: &str,
    device_key: &str,
    now: Millis,
) -> Result<bool, DbErr> {
    let text = "SELECT device_key FROM person_device WHERE subject = ? AND device_key <> ? LIMIT 1";
    let has_others = !db::rows(tx, text, [subject.into(), device_key.into()]).await?.is_empty();
    let text = "UPDATE person_device SET seen_at = ? WHERE subject = ? AND device_key = ?";
    if db::execute(tx, text, [now.into(), subject.into(), device_key.into()]).await? > 0 {
        return Ok(false);
    }
    let text = "INSERT INTO person_device (subject, device_key, seen_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    db::execute(tx, text, [subject.into(), device_key.into(), now.into()]).await?;
    Ok(has_others)
}

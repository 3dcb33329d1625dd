//! API tokens for scripts and services: named, scoped, expiring, shown once, stored as a hash, revocable.

use rand::TryRngCore;
use rand::rngs::OsRng;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use serde_json::json;

use super::audit;
use super::authorise::covers;
use super::clock::Millis;
use super::context::Kit;
use super::db;
use crate::error::AppError;
use crate::identity::{Caller, NoSubject, Subject, Via};
use crate::plugin::Permission;

/// What every token begins with, so that scanners for leaked secrets find it.
pub const PREFIX: &str = "portico_";

/// Bytes of chance in a token.
const CHANCE: usize = 32;

/// The longest name, in characters.
const MAX_NAME: usize = 80;

/// The most scopes of a token.
const MAX_SCOPES: usize = 50;

/// The most tokens of one person or service that are alive.
const MAX_ALIVE: u64 = 100;

/// The longest life of a token, in days.
pub const MAX_DAYS: u32 = 366;

/// How long a token's last use is not noted again.
const NOTED_FOR: Millis = 60_000;

const DAY: Millis = 24 * 60 * 60 * 1000;

/// The action of making a token, as it stands in the audit trail.
pub const CREATE: &str = "settings.token.create";

/// The action of revoking one.
pub const REVOKE: &str = "settings.token.revoke";

/// A token that somebody asks for.
#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    /// For whom: the subject that it acts as.
    pub subject: &'a Subject,
    /// What people call the subject.
    pub subject_name: &'a str,
    /// What the maker calls it.
    pub name: &'a str,
    /// Actions, or prefixes of them that end in `.*`.
    pub scopes: &'a [String],
    /// For how many days it is good: 1 to [`MAX_DAYS`].
    pub days: u32,
}

/// A token as it is listed: without the secret, which nobody has but its maker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The row, as in `Via::Token`.
    pub id: i64,
    /// Whom it acts as.
    pub subject: Subject,
    /// What people call that one.
    pub subject_name: String,
    /// What its maker calls it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When it ends.
    pub expires_at: Millis,
    /// When it was revoked.
    pub revoked_at: Option<Millis>,
    /// When it was last used, to the minute.
    pub used_at: Option<Millis>,
}

/// Makes a token and gives its secret, which is kept nowhere.
pub async fn make(
    kit: &Kit,
    caller: &Caller,
    actions: &[&'static Permission],
    new: &NewToken<'_>,
) -> Result<(i64, String), AppError> {
    check(caller, actions, new)?;
    let now = kit.clock.now();
    let mut chance = [0; CHANCE];
    OsRng.try_fill_bytes(&mut chance).map_err(AppError::internal)?;
    let secret = format!("{PREFIX}{}", hex(&chance));
    let expires_at = now + Millis::from(new.days) * DAY;
    let tx = kit.db.begin().await?;
    let text = "SELECT count(*) AS n FROM api_token WHERE subject = ? AND revoked_at IS NULL AND expires_at > ?";
    let alive = db::rows(&tx, text, [new.subject.as_str().into(), now.into()]).await?;
    let alive: i64 = alive.first().map_or(Ok(0), |row| row.try_get("", "n"))?;
    if alive.max(0) as u64 >= MAX_ALIVE {
        return Err(AppError::bad_request(format!(
            "There are {MAX_ALIVE} tokens already; revoke those that are no longer used"
        )));
    }
    let text = "INSERT INTO api_token (token_hash, subject, subject_name, name, scopes, created_at, created_by, expires_at) \
                VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id";
    let values = [
        hash(&secret).into(),
        new.subject.as_str().into(),
        new.subject_name.into(),
        new.name.trim().into(),
        json!(new.scopes).to_string().into(),
        now.into(),
        caller.subject().into(),
        expires_at.into(),
    ];
    let rows = db::rows(&tx, text, values).await?;
    let id: i64 = rows.first().ok_or_else(|| AppError::internal("no row came back"))?.try_get("", "id")?;
    let event = audit::Event {
        at: now,
        actor: caller,
        action: CREATE,
        resource: &format!("token:{id}"),
        detail: json!({ "name": new.name.trim(), "for": new.subject.as_str(), "scopes": new.scopes, "expires_at": expires_at }),
    };
    audit::append(&tx, event).await?;
    tx.commit().await?;
    Ok((id, secret))
}

/// The tokens of `subject` that are neither revoked nor past their end for more than a month, the newest first.
pub async fn of(kit: &Kit, subject: &str) -> Result<Vec<Token>, AppError> {
    let text = format!(
        "SELECT {COLUMNS} FROM api_token WHERE subject = ? AND revoked_at IS NULL AND expires_at > ? ORDER BY id DESC LIMIT {MAX_ALIVE}"
    );
    let since = kit.clock.now() - 30 * DAY;
    let rows = db::rows(kit.db.read(), &text, [subject.into(), since.into()]).await?;
    Ok(rows.iter().map(token).collect::<Result<_, _>>()?)
}

/// The tokens that are good at the moment, from the one after number `after` on.
pub async fn all(kit: &Kit, after: i64, limit: u32) -> Result<Vec<Token>, AppError> {
    let text = format!(
        "SELECT {COLUMNS} FROM api_token WHERE id > ? AND revoked_at IS NULL AND expires_at > ? ORDER BY id LIMIT {limit}"
    );
    let rows = db::rows(kit.db.read(), &text, [after.into(), kit.clock.now().into()]).await?;
    Ok(rows.iter().map(token).collect::<Result<_, _>>()?)
}

/// Revokes a token, of `subject` where one is given: it is refused from now on.
///
/// # Errors
/// Not found, where there is no such token that is not revoked.
pub async fn revoke(kit: &Kit, caller: &Caller, subject: Option<&str>, id: i64) -> Result<(), AppError> {
    let now = kit.clock.now();
    let tx = kit.db.begin().await?;
    let text = "UPDATE api_token SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL RETURNING subject";
    let rows = db::rows(&tx, text, [now.into(), id.into()]).await?;
    let owner: Option<String> = rows.first().map(|row| row.try_get("", "subject")).transpose()?;
    let owner = owner.filter(|owner| subject.is_none_or(|subject| subject == owner));
    let owner = owner.ok_or_else(|| AppError::not_found("A token of this number"))?;
    let resource = format!("token:{id}");
    let event =
        audit::Event { at: now, actor: caller, action: REVOKE, resource: &resource, detail: json!({ "of": owner }) };
    audit::append(&tx, event).await?;
    tx.commit().await?;
    Ok(())
}

/// The token with this secret, if it is good at the moment; notes that it was used.
pub async fn used(kit: &Kit, secret: &str) -> Result<Option<Token>, AppError> {
    if !secret.starts_with(PREFIX) {
        return Ok(None);
    }
    let now = kit.clock.now();
    let text = format!(
        "SELECT {COLUMNS} FROM api_token WHERE token_hash = ? AND revoked_at IS NULL AND expires_at > ? AND created_at <= ?"
    );
    let rows = db::rows(kit.db.read(), &text, [hash(secret).into(), now.into(), now.into()]).await?;
    let Some(token) = rows.first().map(token).transpose()? else { return Ok(None) };
    if token.used_at.is_none_or(|used| used + NOTED_FOR <= now) {
        let tx = kit.db.begin().await?;
        db::execute(&tx, "UPDATE api_token SET used_at = ? WHERE id = ?", [now.into(), token.id.into()]).await?;
        tx.commit().await?;
    }
    Ok(Some(token))
}

/// The tokens whose life ends between two moments, in the order of their ends; for whoever reminds their owners.
pub async fn ending(
    connection: &impl ConnectionTrait,
    from: Millis,
    to: Millis,
    limit: u32,
) -> Result<Vec<Token>, DbErr> {
    let text = format!(
        "SELECT {COLUMNS} FROM api_token WHERE expires_at > ? AND expires_at <= ? AND revoked_at IS NULL ORDER BY expires_at, id LIMIT {limit}"
    );
    let rows = db::rows(connection, &text, [from.into(), to.into()]).await?;
    rows.iter().map(token).collect()
}

/// Whether a token may be used for it: for everything but making tokens.
pub fn is_for_tokens(permission: &Permission) -> bool {
    permission.action != CREATE
}

const COLUMNS: &str = "id, subject, subject_name, name, scopes, created_at, expires_at, revoked_at, used_at";

fn token(row: &QueryResult) -> Result<Token, DbErr> {
    let (subject, scopes): (String, String) = (row.try_get("", "subject")?, row.try_get("", "scopes")?);
    Ok(Token {
        id: row.try_get("", "id")?,
        subject: subject.parse().map_err(|error: NoSubject| DbErr::Type(error.to_string()))?,
        subject_name: row.try_get("", "subject_name")?,
        name: row.try_get("", "name")?,
        scopes: serde_json::from_str(&scopes).unwrap_or_default(),
        created_at: row.try_get("", "created_at")?,
        expires_at: row.try_get("", "expires_at")?,
        revoked_at: row.try_get("", "revoked_at")?,
        used_at: row.try_get("", "used_at")?,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A token has 256 bits of chance, so a plain hash is as good as a slow one.
fn hash(secret: &str) -> String {
    blake3::hash(secret.as_bytes()).to_hex().to_string()
}

fn check(caller: &Caller, actions: &[&'static Permission], new: &NewToken<'_>) -> Result<(), AppError> {
    let refuse = |message: String| Err(AppError::bad_request(message));
    // What a token made would outlive it, and outlive that it is revoked.
    if caller.principal().is_some_and(|principal| matches!(principal.via, Via::Token(_))) {
        return refuse("A token makes no tokens: sign in to make one".into());
    }
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return refuse(format!("Give the token a name of 1 to {MAX_NAME} characters"));
    }
    if !(1..=MAX_DAYS).contains(&new.days) {
        return refuse(format!("A token is good for 1 to {MAX_DAYS} days, not for {}", new.days));
    }
    if new.scopes.is_empty() || new.scopes.len() > MAX_SCOPES {
        return refuse(format!("Choose 1 to {MAX_SCOPES} things that the token may be used for"));
    }
    for scope in new.scopes {
        let whole_words = scope.strip_suffix('*').is_none_or(|prefix| prefix.is_empty() || prefix.ends_with('.'));
        if !whole_words
            || !actions.iter().any(|permission| is_for_tokens(permission) && covers(scope, permission.action))
        {
            return refuse(format!(
                "{scope:?} names nothing that a token could be used for; an example is catalog.entity.read or catalog.*"
            ));
        }
    }
    Ok(())
}

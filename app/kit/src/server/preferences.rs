//! What a person chose for itself, by name.

use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;

use super::personal::owner;
use super::{audit, context::Kit, db};
use crate::components::THEME_COOKIE;
use crate::error::AppError;
use crate::identity::Caller;

/// The theme: `system`, `light` or `dark`.
pub const THEME: Name = Name { name: "theme", values: &["system", "light", "dark"] };

/// Which messages of the inbox go out as mail too: `off`, `waiting` (the one where nothing is chosen) or `all`.
pub const MAIL: Name = Name { name: "mail", values: &["waiting", "all", "off"] };

/// How long a browser keeps the theme: a year, as its switch does.
const THEME_SECONDS: u32 = 31_536_000;

/// Something that can be chosen.
#[derive(Debug)]
pub struct Name {
    /// Under which it is kept.
    pub name: &'static str,
    /// What it may be; the first is what holds where nothing was chosen.
    pub values: &'static [&'static str],
}

/// What `subject` chose.
pub async fn of(connection: &impl ConnectionTrait, subject: &str, name: &Name) -> Result<&'static str, DbErr> {
    let text = "SELECT value FROM preference WHERE subject = ? AND name = ?";
    let rows = db::rows(connection, text, [subject.into(), name.name.into()]).await?;
    let chosen = rows.first().map(|row| row.try_get::<String>("", "value")).transpose()?;
    let known = chosen.and_then(|chosen| name.values.iter().copied().find(|value| *value == chosen));
    Ok(known.unwrap_or(name.values[0]))
}

/// The cookie that brings the theme of somebody who signs in to the browser at hand; none where that person never chose one.
pub async fn theme_cookie(
    connection: &impl ConnectionTrait,
    subject: &str,
    secure: bool,
) -> Result<Option<String>, DbErr> {
    let text = "SELECT 1 FROM preference WHERE subject = ? AND name = ?";
    if db::rows(connection, text, [subject.into(), THEME.name.into()]).await?.is_empty() {
        return Ok(None);
    }
    let theme = of(connection, subject, &THEME).await?;
    let (age, secure) = (if theme == "system" { 0 } else { THEME_SECONDS }, if secure { "; Secure" } else { "" });
    Ok(Some(format!("{THEME_COOKIE}={theme}; Path=/; SameSite=Lax; Max-Age={age}{secure}")))
}

/// Keeps what the caller chose.
pub async fn set(kit: &Kit, caller: &Caller, action: &str, name: &Name, value: &str) -> Result<(), AppError> {
    let (subject, now) = (owner(caller)?, kit.clock.now());
    if !name.values.contains(&value) {
        return Err(AppError::bad_request(format!("{} is one of {}", name.name, name.values.join(", "))));
    }
    let tx = kit.db.begin().await?;
    let text = "INSERT INTO preference (subject, name, value, changed_at) VALUES (?, ?, ?, ?) \
                ON CONFLICT (subject, name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at";
    db::execute(&tx, text, [subject.into(), name.name.into(), value.into(), now.into()]).await?;
    let detail = json!({ "value": value });
    audit::append(&tx, audit::Event { at: now, actor: caller, action, resource: name.name, detail }).await?;
    Ok(tx.commit().await?)
}

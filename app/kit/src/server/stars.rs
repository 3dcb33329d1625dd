//! Stars: what a person wants at hand, and follows.

use sea_orm::{ConnectionTrait, DbErr};
use serde_json::json;

use super::personal::{Item, owner};
use super::{audit, context::Kit, db};
use crate::error::AppError;
use crate::identity::Caller;

/// The most that one person has.
pub const MOST: u32 = 200;

/// The most followers of one thing that are told of a change.
const FOLLOWERS: u32 = 1_000;

/// Stars an item, or takes its star away. The caller has been found to be allowed to read it.
pub async fn set(kit: &Kit, caller: &Caller, action: &str, item: &Item, starred: bool) -> Result<(), AppError> {
    let (subject, now) = (owner(caller)?, kit.clock.now());
    let tx = kit.db.begin().await?;
    let key = [subject.into(), item.plugin.as_str().into(), item.item.as_str().into()];
    let changed = if starred {
        let text = "INSERT INTO star (subject, plugin, item, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
        db::execute(&tx, text, key.into_iter().chain([now.into()])).await?
    } else {
        db::execute(&tx, "DELETE FROM star WHERE subject = ? AND plugin = ? AND item = ?", key).await?
    };
    if changed == 0 {
        return Ok(());
    }
    let kept = db::rows(&tx, "SELECT count(*) AS n FROM star WHERE subject = ?", [subject.into()]).await?;
    if kept.first().map_or(Ok(0), |row| row.try_get::<i64>("", "n"))? > i64::from(MOST) {
        return Err(AppError::bad_request(format!("At most {MOST} things can be starred; take a star away first")));
    }
    let detail = json!({ "starred": starred });
    audit::append(&tx, audit::Event { at: now, actor: caller, action, resource: &item.item, detail }).await?;
    Ok(tx.commit().await?)
}

/// Whether the caller starred an item.
pub async fn has(kit: &Kit, caller: &Caller, item: &Item) -> Result<bool, AppError> {
    let text = "SELECT 1 FROM star WHERE subject = ? AND plugin = ? AND item = ?";
    let key = [owner(caller)?.into(), item.plugin.as_str().into(), item.item.as_str().into()];
    Ok(!db::rows(kit.db.read(), text, key).await?.is_empty())
}

/// What the caller starred, the newest first, as it was named then: the plugin says what is there now and may be seen.
pub async fn of(kit: &Kit, caller: &Caller) -> Result<Vec<Item>, AppError> {
    let text = "SELECT plugin, item FROM star WHERE subject = ? ORDER BY created_at DESC, plugin, item LIMIT ?";
    let rows = db::rows(kit.db.read(), text, [owner(caller)?.into(), i64::from(MOST).into()]).await?;
    let items = rows.iter().map(|row| Ok(Item { plugin: row.try_get("", "plugin")?, item: row.try_get("", "item")? }));
    Ok(items.collect::<Result<_, DbErr>>()?)
}

/// Who starred which of these items of a plugin, as pairs of subject and item, in their order.
pub async fn followers(
    connection: &impl ConnectionTrait,
    plugin: &str,
    items: &[String],
) -> Result<Vec<(String, String)>, DbErr> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT subject, item FROM star WHERE plugin = ? AND item IN ({}) ORDER BY subject, item LIMIT {FOLLOWERS}",
        db::marks(items.len())
    );
    let values = std::iter::once(plugin.into()).chain(items.iter().map(|item| item.as_str().into()));
    let rows = db::rows(connection, &text, values).await?;
    rows.iter().map(|row| Ok((row.try_get("", "subject")?, row.try_get("", "item")?))).collect()
}

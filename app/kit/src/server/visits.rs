//! What a person looked at last.

use std::sync::LazyLock;

use sea_orm::DbErr;
use tokio::sync::Semaphore;

use super::clock::Millis;
use super::context::Kit;
use super::db;
use super::personal::{Item, owner};
use crate::error::AppError;
use crate::identity::Caller;

/// The most that are kept of one person.
pub const MOST: u32 = 20;

/// A second look within this time is not written.
const SAME_LOOK: Millis = 60_000;

/// The most visits that wait to be written; what comes on top of them is not kept.
static WRITES: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(64));

/// Notes that the caller looks at an item. The page does not wait for it, and one that is not written is no loss.
pub fn note(kit: &Kit, caller: &Caller, item: Item) {
    let (Ok(subject), Ok(permit)) = (owner(caller).map(str::to_owned), WRITES.try_acquire()) else { return };
    let kit = kit.clone();
    tokio::spawn(async move {
        let _permit = permit;
        if let Err(error) = write(&kit, &subject, &item).await {
            tracing::warn!(%error, "a visit was not noted");
        }
    });
}

/// What the caller looked at, the latest first, as it was named then: the plugin says what is there now and may be seen.
pub async fn of(kit: &Kit, caller: &Caller) -> Result<Vec<Item>, AppError> {
    let text = "SELECT plugin, item FROM visit WHERE subject = ? ORDER BY visited_at DESC, plugin, item LIMIT ?";
    let rows = db::rows(kit.db.read(), text, [owner(caller)?.into(), i64::from(MOST).into()]).await?;
    let items = rows.iter().map(|row| Ok(Item { plugin: row.try_get("", "plugin")?, item: row.try_get("", "item")? }));
    Ok(items.collect::<Result<_, DbErr>>()?)
}

async fn write(kit: &Kit, subject: &str, item: &Item) -> Result<(), DbErr> {
    let now = kit.clock.now();
    let key = || [subject.into(), item.plugin.as_str().into(), item.item.as_str().into()];
    let text = "SELECT 1 FROM visit WHERE subject = ? AND plugin = ? AND item = ? AND visited_at > ?";
    if !db::rows(kit.db.read(), text, key().into_iter().chain([(now - SAME_LOOK).into()])).await?.is_empty() {
        return Ok(());
    }
    let tx = kit.db.begin().await?;
    let text = "INSERT INTO visit (subject, plugin, item, visited_at) VALUES (?, ?, ?, ?) \
                ON CONFLICT (subject, plugin, item) DO UPDATE SET visited_at = excluded.visited_at";
    db::execute(&tx, text, key().into_iter().chain([now.into()])).await?;
    let text = format!(
        "DELETE FROM visit WHERE subject = ? AND visited_at < \
         (SELECT visited_at FROM visit WHERE subject = ? ORDER BY visited_at DESC LIMIT 1 OFFSET {})",
        MOST - 1
    );
    db::execute(&tx, &text, [subject.into(), subject.into()]).await?;
    tx.commit().await
}

//! Drafts: one a person and template, kept while a form is filled in. Every statement is narrowed to its owner, and no secret gets here.

use kit::error::AppError;
use kit::identity::Caller;
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::db;
use kit::server::personal::owner;
use sea_orm::{DbErr, QueryResult};
use serde_json::Value;

/// How often a save is tried that another one overtakes.
const TRIES: usize = 8;

/// What somebody has filled in so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// What is filled in.
    pub values: Value,
    /// What another window had saved when these values were; null where there is nothing.
    pub replaced: Value,
    /// The page that was filled in last, among all pages; one more than there are for the review.
    pub page: usize,
    /// One more with each save.
    pub revision: i64,
    /// When it was saved.
    pub updated_at: Millis,
}

/// The caller's draft of a template's form.
pub async fn load(kit: &Kit, caller: &Caller, template: &str) -> Result<Option<Draft>, AppError> {
    let text =
        "SELECT filled, replaced, page, revision, updated_at FROM templates_draft WHERE subject = ? AND template = ?";
    let rows = db::rows(kit.db.read(), text, [owner(caller)?.into(), template.into()]).await?;
    Ok(rows.first().map(read).transpose()?)
}

/// Saves what `change` makes of the draft that is there. Whoever saves at the same time waits, and nobody's save is lost between reading and writing.
pub async fn save(
    kit: &Kit,
    caller: &Caller,
    template: &str,
    change: impl Fn(Option<&Draft>) -> Result<Draft, AppError>,
) -> Result<Draft, AppError> {
    let subject = owner(caller)?;
    for _ in 0..TRIES {
        let before = load(kit, caller, template).await?;
        let known = before.as_ref().map_or(0, |draft| draft.revision);
        let mut draft = change(before.as_ref())?;
        draft.revision = known + 1;
        draft.updated_at = kit.clock.now();
        let replaced = if draft.replaced.is_null() { String::new() } else { draft.replaced.to_string() };
        let values = [
            subject.into(),
            template.into(),
            draft.values.to_string().into(),
            replaced.into(),
            i64::try_from(draft.page).unwrap_or(i64::MAX).into(),
            draft.revision.into(),
            draft.updated_at.into(),
            known.into(),
        ];
        let text = "INSERT INTO templates_draft (subject, template, filled, replaced, page, revision, updated_at) \
                    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (subject, template) DO UPDATE SET filled = excluded.filled, \
                    replaced = excluded.replaced, page = excluded.page, revision = excluded.revision, updated_at = excluded.updated_at \
                    WHERE templates_draft.revision = ?";
        let tx = kit.db.begin().await?;
        let written = db::execute(&tx, text, values).await?;
        tx.commit().await?;
        if written > 0 {
            return Ok(draft);
        }
    }
    Err(AppError::Unavailable { what: "Your draft".into() })
}

/// Forgets the caller's draft of a template's form.
pub async fn discard(kit: &Kit, caller: &Caller, template: &str) -> Result<(), AppError> {
    let tx = kit.db.begin().await?;
    let text = "DELETE FROM templates_draft WHERE subject = ? AND template = ?";
    db::execute(&tx, text, [owner(caller)?.into(), template.into()]).await?;
    Ok(tx.commit().await?)
}

fn read(row: &QueryResult) -> Result<Draft, DbErr> {
    // What cannot be read any more is as if nothing had been filled in.
    let json = |text: String| serde_json::from_str(&text).unwrap_or_default();
    Ok(Draft {
        values: json(row.try_get("", "filled")?),
        replaced: json(row.try_get("", "replaced")?),
        page: usize::try_from(row.try_get::<i64>("", "page")?).unwrap_or_default(),
        revision: row.try_get("", "revision")?,
        updated_at: row.try_get("", "updated_at")?,
    })
}

#[cfg(test)]
mod tests {
    use kit::identity::{Principal, PrincipalKind, Via};
    use kit::server::clock::Clock;
    use kit::server::testing::{self, databases};
    use serde_json::json;
    use std::sync::Arc;

    use super::*;

    fn person(subject: &str) -> Caller {
        Caller::Principal(Arc::new(Principal {
            kind: PrincipalKind::Person,
            subject: subject.into(),
            name: subject.into(),
            groups: Vec::new(),
            administrator: false,
            via: Via::Session(1),
            scopes: None,
            request: String::new(),
        }))
    }

    fn draft(values: Value) -> Draft {
        Draft { values, replaced: Value::Null, page: 0, revision: 0, updated_at: 0 }
    }

    #[tokio::test]
    async fn a_draft_is_its_owners_alone_and_every_save_counts() {
        for db in databases().await {
            let kit = testing::kit(&db, Clock::System);
            let (jane, joe) = (person("user:default/jane"), person("user:default/joe"));
            let template = "template:default/shop";
            assert_eq!(load(&kit, &jane, template).await.expect("read"), None);
            let saved = save(&kit, &jane, template, |before| {
                assert_eq!(before, None);
                Ok(draft(json!({"a": 1})))
            });
            assert_eq!(saved.await.expect("saved").revision, 1);
            assert_eq!(load(&kit, &joe, template).await.expect("read"), None);
            // Several windows at once: each adds to what the others have saved.
            let saves = (0..5).map(|number| {
                let (kit, jane) = (kit.clone(), jane.clone());
                tokio::spawn(async move {
                    save(&kit, &jane, template, move |before| {
                        let mut values = before.expect("a draft").values.clone();
                        values[format!("n{number}")] = json!(number);
                        Ok(draft(values))
                    })
                    .await
                })
            });
            for each in saves.collect::<Vec<_>>() {
                each.await.expect("joined").expect("saved");
            }
            let all = load(&kit, &jane, template).await.expect("read").expect("a draft");
            assert_eq!(all.revision, 6);
            assert_eq!(all.values, json!({"a": 1, "n0": 0, "n1": 1, "n2": 2, "n3": 3, "n4": 4}));
            discard(&kit, &joe, template).await.expect("nothing to discard");
            assert!(load(&kit, &jane, template).await.expect("read").is_some());
            discard(&kit, &jane, template).await.expect("discarded");
            assert_eq!(load(&kit, &jane, template).await.expect("read"), None);
            assert!(load(&kit, &Caller::Anonymous, template).await.is_err());
        }
    }
}

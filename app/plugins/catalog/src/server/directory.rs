//! The organisation as it confers rights: what stands in locations that are trusted for organisation data, and nothing else.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kit::error::AppError;
use kit::server::db;
use kit::server::directory::{Directory, Known, Membership, Origin};
use sea_orm::{DbErr, QueryResult, Value as Sql};
use serde_json::Value;

use super::Catalog;
use super::entities::called;

/// The most levels of groups above one.
const LEVELS: usize = 16;

/// The most groups that somebody can be in.
const GROUPS: usize = 1_000;

/// An entity that is in its file still, from a location that is trusted.
const TRUSTED: &str = "JOIN catalog_location l ON l.id = e.location_id WHERE l.trust_org = TRUE AND e.orphan = FALSE";

#[async_trait]
impl Directory for Catalog {
    async fn person(&self, entity_ref: &str) -> Result<Option<Known>, AppError> {
        let text = format!(
            "SELECT e.ref, e.name, e.title, e.entity FROM catalog_entity e {TRUSTED} AND e.kind = 'user' AND e.ref = ?"
        );
        Ok(self.known(&text, [entity_ref.into()]).await?.pop())
    }

    async fn with_email(&self, email: &str) -> Result<Vec<Known>, AppError> {
        // Letters of other scripts that look alike are other letters: only ASCII is compared without case, by both databases.
        let text = format!(
            "SELECT e.ref, e.name, e.title, e.entity FROM catalog_entity e {TRUSTED} AND e.kind = 'user' AND e.entity LIKE ? ESCAPE '!' LIMIT 100"
        );
        if !email.contains('@') || !email.is_ascii() {
            return Ok(Vec::new());
        }
        let part: String = email.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let mut known = self.known(&text, [format!("%{part}%").into()]).await?;
        known.retain(|known| known.email.eq_ignore_ascii_case(email));
        known.truncate(2);
        Ok(known)
    }

    async fn people(&self, limit: u32) -> Result<Vec<Known>, AppError> {
        let text = format!(
            "SELECT e.ref, e.name, e.title, e.entity FROM catalog_entity e {TRUSTED} AND e.kind = 'user' ORDER BY e.sort_name, e.id LIMIT {limit}"
        );
        self.known(&text, []).await
    }

    async fn groups(&self, entity_ref: Option<&str>, named: &[String]) -> Result<Vec<Membership>, AppError> {
        let mut found: BTreeMap<String, Origin> = BTreeMap::new();
        if let Some(entity_ref) = entity_ref {
            let text = format!(
                "SELECT DISTINCT r.target_ref, l.target FROM catalog_relation r JOIN catalog_entity e ON e.id = r.entity_id {TRUSTED} \
                 AND r.source_ref = ? AND r.type = 'memberOf' AND r.target_ref LIKE 'group:%' ORDER BY r.target_ref LIMIT {GROUPS}"
            );
            for row in db::rows(self.kit.db.read(), &text, [entity_ref.into()]).await? {
                found.insert(row.try_get("", "target_ref")?, Origin::Location(row.try_get("", "target")?));
            }
        }
        for group in named.iter().take(GROUPS) {
            found.entry(group.clone()).or_insert(Origin::Token);
        }
        let mut level: Vec<String> = found.keys().cloned().collect();
        for _ in 0..LEVELS {
            if level.is_empty() || found.len() > GROUPS {
                break;
            }
            let text = format!(
                "SELECT DISTINCT r.source_ref, r.target_ref FROM catalog_relation r JOIN catalog_entity e ON e.id = r.entity_id {TRUSTED} \
                 AND r.source_ref IN ({}) AND r.type = 'childOf' AND r.target_ref LIKE 'group:%' ORDER BY r.source_ref, r.target_ref",
                db::marks(level.len())
            );
            for row in db::rows(self.kit.db.read(), &text, level.drain(..).map(Sql::from)).await? {
                let (below, above): (String, String) = (row.try_get("", "source_ref")?, row.try_get("", "target_ref")?);
                if !found.contains_key(&above) {
                    found.insert(above.clone(), Origin::Below(below));
                    level.push(above);
                }
            }
        }
        let titles = self.titles(found.keys()).await?;
        let membership = |(group, origin): (String, Origin)| {
            let title = titles.get(&group).cloned().unwrap_or_else(|| group.clone());
            Membership { group, title, origin }
        };
        Ok(found.into_iter().map(membership).collect())
    }
}

impl Catalog {
    async fn known(&self, text: &str, values: impl IntoIterator<Item = Sql>) -> Result<Vec<Known>, AppError> {
        let rows = db::rows(self.kit.db.read(), text, values).await?;
        let mut known = rows.iter().map(known).collect::<Result<Vec<_>, DbErr>>()?;
        if known.is_empty() {
            return Ok(known);
        }
        let text = format!(
            "SELECT DISTINCT r.source_ref, r.target_ref FROM catalog_relation r JOIN catalog_entity e ON e.id = r.entity_id {TRUSTED} \
             AND r.source_ref IN ({}) AND r.type = 'memberOf' ORDER BY r.source_ref, r.target_ref",
            db::marks(known.len())
        );
        let refs = known.iter().map(|known| Sql::from(known.entity_ref.as_str()));
        let mut of: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in db::rows(self.kit.db.read(), &text, refs).await? {
            of.entry(row.try_get("", "source_ref")?).or_default().push(row.try_get("", "target_ref")?);
        }
        let titles = self.titles(of.values().flatten()).await?;
        for known in &mut known {
            let groups = of.remove(&known.entity_ref).unwrap_or_default();
            known.teams = groups.iter().map(|group| titles.get(group).unwrap_or(group).clone()).collect();
        }
        Ok(known)
    }

    /// What these groups are called, as far as the catalog knows them from trusted places.
    async fn titles(&self, groups: impl Iterator<Item = &String>) -> Result<BTreeMap<String, String>, AppError> {
        let groups: std::collections::BTreeSet<&String> = groups.take(GROUPS).collect();
        if groups.is_empty() {
            return Ok(BTreeMap::new());
        }
        let text = format!(
            "SELECT e.ref, e.title, e.name FROM catalog_entity e {TRUSTED} AND e.ref IN ({})",
            db::marks(groups.len())
        );
        let rows = db::rows(self.kit.db.read(), &text, groups.into_iter().map(|group| group.as_str().into())).await?;
        let title = |row: &QueryResult| -> Result<_, DbErr> { Ok((row.try_get("", "ref")?, called(row)?)) };
        Ok(rows.iter().map(title).collect::<Result<_, _>>()?)
    }
}

fn known(row: &QueryResult) -> Result<Known, DbErr> {
    let entity: String = row.try_get("", "entity")?;
    let entity: Value = serde_json::from_str(&entity).unwrap_or_default();
    let of = |path: &str| entity.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let shown = of("/spec/profile/displayName");
    Ok(Known {
        entity_ref: row.try_get("", "ref")?,
        name: if shown.is_empty() { called(row)? } else { shown },
        email: of("/spec/profile/email"),
        teams: Vec::new(),
    })
}

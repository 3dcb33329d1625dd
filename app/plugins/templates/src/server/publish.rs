//! Makes a version of every template of the catalog, and lists them all.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use descriptor::EntityRef;
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::definitions::{Definition, NewVersion};
use kit::server::entities::Entities;
use kit::server::jobs::NewJob;
use kit::server::publishing::{About, Listing, Unready, source_of};
use kit::server::source::Tree;
use kit::server::{db, search};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use serde_json::Value;

use super::Templates;
use super::reach::gather;

/// The kind of job that looks which templates changed; there is one, which comes again.
pub const WATCH: &str = "templates.watch";

/// The kind of job that publishes one template; its key is the template's ref.
pub const PUBLISH: &str = "templates.publish";

const ABOUT: About = About { plugin: crate::INFO.id, kind: "template", watch: WATCH, publish: PUBLISH };

/// The longest family name, title and so on that are kept, in characters.
const SHOWN: usize = 300;

/// The most tags of one template.
const TAGS: usize = 50;

/// The job that looks which templates changed, for the start of an instance and for who knows of a change: adding it again changes nothing.
pub fn watch_job(now: Millis) -> NewJob {
    ABOUT.watch_job(now)
}

/// The job that publishes a template.
pub fn publish_job(template: &str, now: Millis) -> NewJob {
    ABOUT.publish_job(template, now)
}

#[async_trait]
impl Listing for Templates {
    fn about(&self) -> About {
        ABOUT
    }

    fn kit(&self) -> &Kit {
        &self.kit
    }

    fn entities(&self) -> &dyn Entities {
        self.entities.as_ref()
    }

    async fn known(&self) -> Result<HashMap<String, (String, String)>, DbErr> {
        let rows = db::rows(self.kit.db.read(), "SELECT ref, etag, problem FROM templates_template", []).await?;
        rows.iter()
            .map(|row| Ok((row.try_get("", "ref")?, (row.try_get("", "etag")?, row.try_get("", "problem")?))))
            .collect()
    }

    async fn gather(&self, tree: &dyn Tree, template: &str) -> Result<NewVersion, Unready> {
        gather(tree, template).await
    }

    async fn put(
        &self,
        tx: &DatabaseTransaction,
        now: Millis,
        template: &str,
        entity: &Value,
        problem: &str,
    ) -> Result<(), DbErr> {
        put(tx, now, template, entity, problem).await
    }

    async fn forget(&self, tx: &DatabaseTransaction, template: &str) -> Result<(), DbErr> {
        forget(tx, template).await
    }

    async fn used(&self, tx: &DatabaseTransaction) -> Result<BTreeSet<i64>, DbErr> {
        let text = "SELECT DISTINCT version_id AS id FROM templates_task WHERE version_id IS NOT NULL";
        db::rows(tx, text, []).await?.iter().map(|row| row.try_get("", "id")).collect()
    }
}

impl Templates {
    /// The definition of a template.
    pub fn definition<'a>(&self, template: &'a str) -> Definition<'a> {
        Definition { plugin: crate::INFO.id, name: template }
    }
}

/// The family of a template and its place in it: `service-v2` is the second major of `service`.
pub fn family(name: &str) -> (&str, u32) {
    let split = name.rsplit_once("-v").or_else(|| name.rsplit_once("-V"));
    let split = split.filter(|(family, major)| !family.is_empty() && major.bytes().all(|c| c.is_ascii_digit()));
    match split.and_then(|(family, major)| Some((family, major.parse().ok()?))) {
        Some(split) => split,
        None => (name, 0),
    }
}

/// Writes what lists show of a template.
async fn put(
    tx: &DatabaseTransaction,
    now: Millis,
    template: &str,
    entity: &Value,
    problem: &str,
) -> Result<(), DbErr> {
    let text = |pointer: &str| {
        let text = entity.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect::<String>()
    };
    let Ok(parsed) = template.parse::<EntityRef>() else { return Ok(()) };
    let title = match text("/metadata/title") {
        title if title.is_empty() => text("/metadata/name"),
        title => title,
    };
    let owner = EntityRef::parse(&text("/spec/owner"), Some("group"), &parsed.namespace);
    let owner = owner.map(|owner| owner.to_string()).unwrap_or_default();
    let (family, major) = family(&parsed.name);
    let statement = "INSERT INTO templates_template (ref, etag, namespace, name, family, major, title, sort_title, description, type, lifecycle, owner, source, \
                     problem, checked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (ref) DO UPDATE SET etag = excluded.etag, \
                     namespace = excluded.namespace, name = excluded.name, family = excluded.family, major = excluded.major, title = excluded.title, \
                     sort_title = excluded.sort_title, description = excluded.description, type = excluded.type, lifecycle = excluded.lifecycle, owner = excluded.owner, \
                     source = excluded.source, problem = excluded.problem, checked_at = excluded.checked_at RETURNING id";
    let values = [
        template.into(),
        text("/metadata/etag").into(),
        parsed.namespace.as_str().into(),
        parsed.name.as_str().into(),
        family.into(),
        i64::from(major).into(),
        title.as_str().into(),
        title.to_lowercase().into(),
        text("/metadata/description").into(),
        text("/spec/type").to_lowercase().into(),
        text("/spec/lifecycle").to_lowercase().into(),
        owner.as_str().into(),
        source_of(entity).into(),
        problem.into(),
        now.into(),
    ];
    let row = tx.query_one_raw(db::sql(tx, statement, values)).await?.ok_or(DbErr::RecordNotInserted)?;
    let id: i64 = row.try_get("", "id")?;
    db::execute(tx, "DELETE FROM templates_tag WHERE template_id = ?", [id.into()]).await?;
    let tags = entity.pointer("/metadata/tags").and_then(Value::as_array).into_iter().flatten();
    let tags: BTreeSet<String> =
        tags.filter_map(Value::as_str).map(|tag| tag.to_lowercase().chars().take(SHOWN).collect()).collect();
    for tag in tags.iter().take(TAGS) {
        let statement = "INSERT INTO templates_tag (template_id, tag) VALUES (?, ?)";
        db::execute(tx, statement, [id.into(), tag.as_str().into()]).await?;
    }
    let words = [
        title.as_str(),
        &parsed.name,
        "template",
        &text("/spec/type"),
        &tags.iter().map(String::as_str).collect::<Vec<_>>().join(" "),
        owner.rsplit('/').next().unwrap_or_default(),
        &text("/metadata/description"),
    ];
    search::put(tx, crate::INFO.id, id, &words.join(" ")).await
}

/// Takes a template out of the lists. Its versions stay: runs have them.
async fn forget(tx: &DatabaseTransaction, template: &str) -> Result<(), DbErr> {
    let rows = db::rows(tx, "SELECT id FROM templates_template WHERE ref = ?", [template.into()]).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let id: i64 = row.try_get("", "id")?;
    search::remove(tx, crate::INFO.id, id).await?;
    db::execute(tx, "DELETE FROM templates_tag WHERE template_id = ?", [id.into()]).await?;
    db::execute(tx, "DELETE FROM templates_template WHERE id = ?", [id.into()]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_told_by_the_name() {
        for (name, expected) in [
            ("service-v1", ("service", 1)),
            ("service-v12", ("service", 12)),
            ("service", ("service", 0)),
            ("service-vault", ("service-vault", 0)),
            ("service-v", ("service-v", 0)),
            ("-v2", ("-v2", 0)),
            ("a-v1-v2", ("a-v1", 2)),
            ("service-v99999999999", ("service-v99999999999", 0)),
        ] {
            assert_eq!(family(name), expected, "{name}");
        }
    }
}

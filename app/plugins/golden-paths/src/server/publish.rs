//! Makes a version of every golden path of the catalog, and lists them all.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use descriptor::{EntityRef, Verdict};
use journey::{GoldenPath, Known, Millis, Outside, Severity};
use kit::server::context::Kit;
use kit::server::definitions::{self, File, NewVersion};
use kit::server::entities::Entities;
use kit::server::jobs::NewJob;
use kit::server::publishing::{About, Listing, Unready, source_of};
use kit::server::source::Tree;
use kit::server::{db, search};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use serde_json::Value;

use super::GoldenPaths;

/// The kind of job that looks which golden paths changed; there is one, which comes again.
pub const WATCH: &str = "golden-paths.watch";

/// The kind of job that publishes one golden path; its key is the path's ref.
pub const PUBLISH: &str = "golden-paths.publish";

const ABOUT: About = About { plugin: crate::INFO.id, kind: "goldenpath", watch: WATCH, publish: PUBLISH };

/// The longest title and so on that are kept, in characters.
const SHOWN: usize = 300;

/// The most tags or regions of one path.
const TAGS: usize = 50;

/// The job that looks which golden paths changed, for the start of an instance and for who knows of a change: adding it again changes nothing.
pub fn watch_job(now: Millis) -> NewJob {
    ABOUT.watch_job(now)
}

/// The job that publishes a golden path.
pub fn publish_job(path: &str, now: Millis) -> NewJob {
    ABOUT.publish_job(path, now)
}

#[async_trait]
impl Listing for GoldenPaths {
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
        let rows = db::rows(self.kit.db.read(), "SELECT ref, etag, problem FROM golden_paths_path", []).await?;
        rows.iter()
            .map(|row| Ok((row.try_get("", "ref")?, (row.try_get("", "etag")?, row.try_get("", "problem")?))))
            .collect()
    }

    async fn gather(&self, tree: &dyn Tree, path: &str) -> Result<NewVersion, Unready> {
        gather(tree, path).await
    }

    async fn put(
        &self,
        tx: &DatabaseTransaction,
        now: Millis,
        path: &str,
        entity: &Value,
        problem: &str,
    ) -> Result<(), DbErr> {
        put(tx, now, path, entity, problem).await
    }

    async fn forget(&self, tx: &DatabaseTransaction, path: &str) -> Result<(), DbErr> {
        let rows = db::rows(tx, "SELECT id FROM golden_paths_path WHERE ref = ?", [path.into()]).await?;
        let Some(row) = rows.first() else { return Ok(()) };
        let id: i64 = row.try_get("", "id")?;
        search::remove(tx, crate::INFO.id, id).await?;
        for table in ["golden_paths_tag", "golden_paths_region"] {
            db::execute(tx, &format!("DELETE FROM {table} WHERE path_id = ?"), [id.into()]).await?;
        }
        db::execute(tx, "DELETE FROM golden_paths_path WHERE id = ?", [id.into()]).await?;
        Ok(())
    }

    async fn used(&self, _: &DatabaseTransaction) -> Result<BTreeSet<i64>, DbErr> {
        // Journeys hold what they keep to.
        Ok(BTreeSet::new())
    }
}

/// What is known of nothing, so that nothing is said of what stands outside: at the start of a journey it is looked for.
struct Anything;

impl Outside for Anything {
    fn look(&self, _: &str, _: &str) -> Known {
        Known::Found(Value::Null)
    }
}

/// Reads the golden path `entity_ref`, whose descriptor the tree was opened for: a version is that document alone.
async fn gather(tree: &dyn Tree, entity_ref: &str) -> Result<NewVersion, Unready> {
    let start = tree.start().to_owned();
    let text =
        String::from_utf8(tree.read(&start).await?).map_err(|_| Unready::Wrong(format!("{start} is not UTF-8")))?;
    let is_meant = |value: &Value| descriptor::entity_ref(value).is_some_and(|found| found.to_string() == entity_ref);
    let document = descriptor::read(&text).into_iter().find(|each| each.value.as_ref().is_some_and(is_meant));
    let document = document.ok_or_else(|| Unready::Wrong(format!("{start} describes {entity_ref} no longer")))?;
    if document.verdict == Verdict::Invalid {
        return Err(Unready::Wrong("Its descriptor is not valid; the catalog says what is wrong with it".into()));
    }
    let path = GoldenPath::read(document.value.as_ref().unwrap_or(&Value::Null));
    let problems = journey::check(&path, &Anything);
    let said = |severity: Severity| -> Vec<String> {
        let of = problems.iter().filter(|problem| problem.severity == severity);
        of.map(|problem| {
            let line = document.position(&problem.pointer).line;
            format!("{start}:{line}: {}.", problem.message.trim_end_matches('.'))
        })
        .collect()
    };
    let errors = said(Severity::Error);
    if !errors.is_empty() {
        return Err(Unready::Wrong(errors.join(" ")));
    }
    let mut warnings = said(Severity::Warning);
    let number = path.version.as_deref().and_then(definitions::number);
    if let (Some(stated), None) = (&path.version, &number) {
        warnings.push(format!(
            "spec.version is {stated:?}, which is no version number such as 1.2.0: the versions are counted on instead."
        ));
    }
    Ok(NewVersion {
        number,
        files: vec![File { path: start.clone(), content: document.text.into_bytes(), executable: false }],
        start,
        author: tree.author().await,
        revision: tree.revision().to_owned(),
        warning: warnings.join(" "),
    })
}

/// Writes what lists show of a path.
async fn put(tx: &DatabaseTransaction, now: Millis, path: &str, entity: &Value, problem: &str) -> Result<(), DbErr> {
    let shown =
        |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect::<String>();
    let Ok(parsed) = path.parse::<EntityRef>() else { return Ok(()) };
    let read = GoldenPath::read(entity);
    let (title, description) = (shown(&read.title), shown(&read.description));
    let text = "INSERT INTO golden_paths_path (ref, etag, namespace, name, title, sort_title, description, type, owner, source, problem, checked_at) \
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (ref) DO UPDATE SET etag = excluded.etag, namespace = excluded.namespace, \
                name = excluded.name, title = excluded.title, sort_title = excluded.sort_title, description = excluded.description, \
                type = excluded.type, owner = excluded.owner, source = excluded.source, problem = excluded.problem, \
                checked_at = excluded.checked_at RETURNING id";
    let values = [
        path.into(),
        entity.pointer("/metadata/etag").and_then(Value::as_str).unwrap_or_default().into(),
        parsed.namespace.as_str().into(),
        parsed.name.as_str().into(),
        title.as_str().into(),
        title.to_lowercase().into(),
        description.as_str().into(),
        shown(&read.r#type).to_lowercase().into(),
        read.owner.as_str().into(),
        source_of(entity).into(),
        problem.into(),
        now.into(),
    ];
    let row = tx.query_one_raw(db::sql(tx, text, values)).await?.ok_or(DbErr::RecordNotInserted)?;
    let id: i64 = row.try_get("", "id")?;
    let lower =
        |texts: &[String]| -> BTreeSet<String> { texts.iter().map(|text| shown(text).to_lowercase()).collect() };
    let (tags, regions) = (lower(&read.tags), lower(&read.regions));
    for (table, column, texts) in [("golden_paths_tag", "tag", &tags), ("golden_paths_region", "region", &regions)] {
        db::execute(tx, &format!("DELETE FROM {table} WHERE path_id = ?"), [id.into()]).await?;
        for text in texts.iter().take(TAGS) {
            let statement = format!("INSERT INTO {table} (path_id, {column}) VALUES (?, ?)");
            db::execute(tx, &statement, [id.into(), text.as_str().into()]).await?;
        }
    }
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    let words = [
        title.as_str(),
        &parsed.name,
        "golden path",
        &read.r#type,
        &tags.join(" "),
        read.owner.rsplit('/').next().unwrap_or_default(),
        &description,
    ];
    search::put(tx, crate::INFO.id, id, &words.join(" ")).await
}

//! The versions of a template, what became of each, and which entities they made.

use std::collections::HashMap;

use kit::error::AppError;
use kit::identity::Caller;
use kit::server::audit;
use kit::server::definitions::{self, FileChange, State, Version};
use kit::server::entities::{EntityQuery, Found};
use kit::server::jobs;
use kit::server::source::{Tree, TreeFile};
use scaffold::action::{TEMPLATE_ANNOTATION, VERSION_ANNOTATION};
use scaffold::definition::Template;
use serde_json::{Map, Value, json};

use super::Templates;
use super::publish::publish_job;
use super::statistics::{self, Statistics};
use super::templates::Row;
use crate::info::CHANGE_VERSION;

/// Versions on a page.
const PAGE: u32 = 50;

/// The most versions that are compared by when they were published.
const KNOWN: u32 = 1_000;

/// The most entities of one template that are looked at.
const MADE: u32 = 500;

/// The longest reason, in characters.
const REASON: usize = 500;

/// A page of the versions of a template.
#[derive(Debug, Clone)]
pub struct Versions {
    /// The newest first, with how their runs went.
    pub versions: Vec<(Version, Statistics)>,
    /// The row that the next page comes after.
    pub next: Option<i64>,
}

/// An entity that a template made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its canonical ref.
    pub entity_ref: String,
    /// What people call it.
    pub title: String,
    /// The number of the version that made it.
    pub version: String,
    /// Whether the version that is run now comes after that one.
    pub behind: bool,
}

/// A version with what it holds.
pub struct Opened {
    /// It.
    pub version: Version,
    /// What its descriptor says.
    pub template: Template,
    /// Its files, in order.
    pub files: Vec<TreeFile>,
}

/// What is to become of a version, as a form says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `current`, `deprecated` or `withdrawn`.
    pub state: String,
    /// Why.
    pub reason: String,
    /// The number of the version to use instead.
    pub successor: String,
}

impl Templates {
    /// The version that is run where nobody names another.
    pub async fn latest(&self, row: &Row) -> Result<Option<Version>, AppError> {
        Ok(definitions::latest(self.kit.db.read(), self.definition(&row.template)).await?)
    }

    /// The version of this number.
    pub async fn version(&self, row: &Row, number: &str) -> Result<Version, AppError> {
        let found = definitions::by_number(self.kit.db.read(), self.definition(&row.template), number).await?;
        found.ok_or_else(|| AppError::not_found(format!("The version {number} of {}", row.template)))
    }

    /// A page of versions, the newest first.
    pub async fn versions(&self, row: &Row, before: Option<i64>) -> Result<Versions, AppError> {
        let read = self.kit.db.read();
        let mut versions = definitions::list(read, self.definition(&row.template), before, PAGE + 1).await?;
        let more = versions.len() > PAGE as usize;
        versions.truncate(PAGE as usize);
        let (_, of) = statistics::of_versions(read, &row.template, self.kit.clock.now()).await?;
        let next = versions.last().filter(|_| more).map(|version| version.id);
        let with = |version: Version| {
            let statistics = of.get(&version.number.to_string()).copied().unwrap_or_default();
            (version, statistics)
        };
        Ok(Versions { versions: versions.into_iter().map(with).collect(), next })
    }

    /// Reads a version.
    pub async fn open(&self, version: Version) -> Result<Opened, AppError> {
        let tree = definitions::tree(&self.kit.db, &version).await?;
        let files = tree.files("").await.map_err(AppError::internal)?;
        let name = version.name.rsplit('/').next();
        // What lies elsewhere is not asked for: a page must not wait for it.
        let template = Template::read(&tree, name, None).await.map_err(|error| {
            AppError::bad_request(format!("The descriptor of version {} cannot be read: {error}", version.number))
        })?;
        Ok(Opened { template, files, version })
    }

    /// How a version differs from `from`, or from the one that was published before it.
    pub async fn changes(
        &self,
        version: &Version,
        from: Option<Version>,
    ) -> Result<(Option<Version>, Vec<FileChange>), AppError> {
        let from = match from {
            Some(from) => Some(from),
            None => definitions::before(self.kit.db.read(), version).await?,
        };
        let changes = definitions::changes(&self.kit.db, from.as_ref(), version).await?;
        Ok((from, changes))
    }

    /// Says what is to become of a version.
    pub async fn change_version(
        &self,
        caller: &Caller,
        row: &Row,
        number: &str,
        change: Change,
    ) -> Result<(), AppError> {
        self.permit(caller, &CHANGE_VERSION, row).await?;
        let version = self.version(row, number).await?;
        let state = self.state(row, &version, change).await?;
        let tx = self.kit.db.begin().await?;
        definitions::set_state(&tx, self.kit.clock.now(), caller, &version, &state).await?;
        Ok(tx.commit().await?)
    }

    /// Has a template read again at once, for whoever may say what becomes of its versions.
    pub async fn check(&self, caller: &Caller, row: &Row) -> Result<(), AppError> {
        self.permit(caller, &CHANGE_VERSION, row).await?;
        let now = self.kit.clock.now();
        let tx = self.kit.db.begin().await?;
        jobs::enqueue(&tx, now, publish_job(&row.template, now)).await?;
        let (action, resource, detail) = (CHANGE_VERSION.action, row.template.as_str(), json!({ "read": true }));
        audit::append(&tx, audit::Event { at: now, actor: caller, action, resource, detail }).await?;
        Ok(tx.commit().await?)
    }

    async fn state(&self, row: &Row, version: &Version, change: Change) -> Result<State, AppError> {
        let Change { state, reason, successor } = change;
        let (reason, successor) = (reason.trim().to_owned(), successor.trim().to_owned());
        if state != "current" && reason.is_empty() {
            return Err(AppError::bad_request("reason is missing: say why, for those who use this version"));
        }
        if reason.chars().count() > REASON {
            return Err(AppError::bad_request(format!("reason is longer than {REASON} characters")));
        }
        match state.as_str() {
            "current" => Ok(State::Current),
            "withdrawn" => Ok(State::Withdrawn { reason }),
            "deprecated" => {
                if successor == version.number.to_string() {
                    return Err(AppError::bad_request("successor is this version itself; name another, or none"));
                }
                if !successor.is_empty() {
                    self.version(row, &successor).await?;
                }
                Ok(State::Deprecated { reason, successor })
            }
            other => {
                Err(AppError::bad_request(format!("state must be current, deprecated or withdrawn, not {other:?}")))
            }
        }
    }

    /// The entities that a template made and that the caller may see, those that are behind first. At most [`MADE`] are looked at.
    pub async fn made(&self, caller: &Caller, row: &Row, latest: Option<&Version>) -> Result<Vec<Made>, AppError> {
        let filter = Map::from_iter([(
            format!("metadata.annotations.{TEMPLATE_ANNOTATION}"),
            Value::from(row.template.as_str()),
        )]);
        let fields = vec![format!("/metadata/annotations/{}", VERSION_ANNOTATION.replace('/', "~1"))];
        let query = EntityQuery { filter: vec![filter], limit: MADE, fields, ..EntityQuery::default() };
        let found = self.entities.find(caller, &query).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let known = definitions::list(self.kit.db.read(), self.definition(&row.template), None, KNOWN).await?;
        let known: HashMap<String, Version> =
            known.into_iter().map(|version| (version.number.to_string(), version)).collect();
        let mut made: Vec<Made> = found.into_iter().map(|found| made_by(found, &known, latest)).collect();
        made.sort_by(|a, b| (!a.behind, &a.title, &a.entity_ref).cmp(&(!b.behind, &b.title, &b.entity_ref)));
        Ok(made)
    }
}

fn made_by(found: Found, known: &HashMap<String, Version>, latest: Option<&Version>) -> Made {
    let version = found.fields.into_iter().next().unwrap_or_default();
    let behind = latest.is_some_and(|latest| match known.get(&version) {
        Some(of) => of.is_behind(latest),
        // It was retired; its number says enough.
        None => definitions::number(&version).is_some_and(|number| number.cmp_precedence(&latest.number).is_lt()),
    });
    Made { entity_ref: found.entity_ref, title: found.title, version, behind }
}

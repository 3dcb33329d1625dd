//! What registering a location would do, found out by the same reading and the same rules, without writing anything.

use std::collections::{HashMap, HashSet};

use kit::error::AppError;
use kit::identity::Caller;
use kit::server::authorise::Resource;
use kit::server::db;
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::digest::{Digest, NewProblem, Rules, origin};
use super::read::{entity_links, preview_problem};
use super::reader::{ReadableLocation, Reader};
use super::reading::{Failure, Outcome, Reading};
use super::service::{Catalog, NewLocation};
use super::source::{self, Source};
use super::store::{self, Claim, Claims, EntityRow, duplicate};
use crate::info::READ_PATH;
use crate::model::{Change, ChangeGroup, ChangeRow, Preview};

/// The most files that a check reads.
const FILES: usize = 2_000;

/// The most bytes of descriptors that a check reads: all that it found is held until it is done.
const BYTES: usize = 16 * 1024 * 1024;

/// Entities shown of one sort of change.
const SHOWN: usize = 50;

/// Problems shown.
const SHOWN_PROBLEMS: usize = 100;

/// The number that a location stands in the order of claims with before it has one: after all others.
const LAST: i64 = i64::MAX;

/// What registering a location would do.
pub struct Plan {
    /// The location.
    pub location: NewLocation,
    /// Its number where it is registered already: then this is what reading it now would do.
    pub registered: Option<i64>,
    /// Why it cannot be read as a whole.
    pub unreadable: Option<String>,
    /// Why not everything was read.
    pub cut: Option<String>,
    /// Files that were read.
    pub files: usize,
    /// The entities that it would bring, in the order of path and document.
    pub entities: Vec<Planned>,
    /// The refs of those that it brings today and would not bring any more.
    pub gone: Vec<(String, String)>,
    /// What is wrong, in the order of severity, path and line.
    pub problems: Vec<NewProblem>,
}

/// An entity that a location would bring.
pub struct Planned {
    /// What would become of it.
    pub change: Change,
    /// Its ref.
    pub entity_ref: String,
    /// The file and the line.
    pub place: String,
    /// The entity as it would be kept.
    pub value: Value,
    /// Path and number of the document.
    document: (String, u32),
}

impl Catalog {
    /// The location that somebody means by `text`, if they may register it: what a check before registering asks, and registering as well. A path
    /// needs a right of its own, since it shows what is on the server's disk; an address must be on an allowed host.
    pub async fn location_of(&self, caller: &Caller, text: &str) -> Result<NewLocation, AppError> {
        let text = text.trim();
        if !text.contains("://") {
            self.kit.authorise(caller, &READ_PATH, &Resource::All).await?;
            if !text.starts_with('/') {
                let message =
                    format!("{text:?} is neither an address, such as https://…, nor a path that begins with /");
                return Err(AppError::bad_request(message));
            }
        }
        let location = NewLocation::parse(text).map_err(|error| AppError::bad_request(capital(&error.to_string())))?;
        source::listed(location.kind, &location.target, &self.options.integrations, &self.kit.fetcher).map_err(
            |error| {
                AppError::bad_request(format!(
                    "{}; the portal’s operator can allow its host",
                    capital(&error.to_string())
                ))
            },
        )?;
        self.has_room(self.kit.db.read(), caller, &location).await?;
        Ok(location)
    }

    /// Refuses to hear from whoever registers a location that users and groups from it are to be trusted.
    pub fn refuse_trust(asked: bool) -> Result<(), AppError> {
        if asked {
            return Err(AppError::bad_request(
                "trustOrg cannot be set when a location is registered: the portal’s operator alone trusts a location for \
                 organisation data, with the command portico rules",
            ));
        }
        Ok(())
    }

    /// Refuses a location that is one more than the caller may have registered. The operator's commands are not limited.
    pub(super) async fn has_room(
        &self,
        connection: &impl ConnectionTrait,
        caller: &Caller,
        location: &NewLocation,
    ) -> Result<(), AppError> {
        let most = self.options.limits.locations_per_person;
        if most == 0 || caller.principal().is_none() {
            return Ok(());
        }
        let text = "SELECT (SELECT count(*) FROM catalog_location WHERE created_by = ? AND state <> 'leaving') AS n, \
                    (SELECT count(*) FROM catalog_location WHERE kind = ? AND target = ? AND state <> 'leaving') AS same";
        let values = [caller.subject().into(), location.kind.into(), location.target.as_str().into()];
        let rows = db::rows(connection, text, values).await?;
        let count = |name: &str| rows.first().map_or(Ok(0), |row| row.try_get::<i64>("", name));
        if count("same")? == 0 && count("n")? >= i64::from(most) {
            return Err(AppError::bad_request(format!(
                "You have registered {most} locations, and nobody registers more; unregister one that is not needed, or ask the portal’s \
                 operator to raise catalog.max_locations_per_person"
            )));
        }
        Ok(())
    }
}

impl Reader {
    /// What registering `location` would do. It reads what a refresh reads, as long as a person would wait and as much as fits, and writes nothing.
    pub async fn plan(&self, location: NewLocation) -> Result<Plan, AppError> {
        let Catalog { kit, options, checks, .. } = &self.catalog;
        let deadline = Instant::now() + options.limits.check_time;
        let (registered, rules) = self.rules_for(&location).await?;
        let mut plan = Plan {
            location,
            registered,
            unreadable: None,
            cut: None,
            files: 0,
            entities: Vec::new(),
            gone: Vec::new(),
            problems: Vec::new(),
        };
        let late = || {
            let seconds = options.limits.check_time.as_secs();
            format!("Reading it takes longer than the {seconds} s that a check may take")
        };
        let Ok(turn) = timeout_at(deadline, checks.acquire()).await else {
            return Err(AppError::Unavailable { what: "The check of locations, which others are using,".into() });
        };
        let _turn = turn.map_err(AppError::internal)?;
        // A clone of its own, so that a refresh of the same repository is not disturbed; it goes when the check ends.
        std::fs::create_dir_all(&options.checkouts).map_err(AppError::internal)?;
        let checkouts = tempfile::tempdir_in(&options.checkouts).map_err(AppError::internal)?;
        let opening = async {
            let source = Source::open(
                plan.location.kind,
                &plan.location.target,
                options.checkouts(checkouts.path()),
                kit.fetcher.clone(),
                options.integrations.clone(),
            )
            .await?;
            let first = source.first().await?;
            Ok::<_, super::source::SourceError>((source, first))
        };
        let (source, first) = match timeout_at(deadline, opening).await {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => {
                plan.unreadable = Some(capital(&error.to_string()));
                return Ok(plan);
            }
            Err(_) => {
                plan.cut = Some(late());
                return Ok(plan);
            }
        };
        let mut reading = Reading::new(&source, &rules, options.limits.files, first);
        let (mut digests, mut unread, mut bytes) = (Vec::new(), HashSet::new(), 0);
        while let Some(path) = reading.next(1).pop() {
            if plan.files == FILES || bytes > BYTES {
                plan.cut = Some(format!("Only the first {} files were read: a check reads no more", plan.files));
                break;
            }
            match timeout_at(deadline, reading.look_at(&path, None)).await {
                Err(_) => {
                    plan.cut = Some(format!("{}: only the first {} files were read", late(), plan.files));
                    break;
                }
                Ok(None) => {}
                Ok(Some(Outcome::Read(mut digest))) => {
                    for entity in &mut digest.entities {
                        bytes += std::mem::take(&mut entity.source).len();
                    }
                    digests.push(*digest);
                }
                Ok(Some(Outcome::Unreadable(problem))) => {
                    unread.insert(path);
                    plan.problems.push(problem);
                }
            }
            plan.files += 1;
        }
        plan.unreadable = reading.failed.as_ref().map(|failure| capital(&failure.to_string()));
        if let Some(Failure::Start(_)) = reading.failed {
            // That is all there is to say.
            plan.problems.clear();
        }
        self.decide(&mut plan, digests, &unread).await?;
        if let Some(id) = plan.registered
            && self.readable_location(id).await.is_err()
        {
            plan.registered = None;
        }
        if let Some(id) = plan.registered.filter(|_| plan.cut.is_none() && plan.unreadable.is_none()) {
            let kept: HashSet<&str> = plan.entities.iter().map(|entity| entity.entity_ref.as_str()).collect();
            for (entity_ref, path) in self.brought_by(id).await? {
                let stays = unread.contains(&path) || reading.is_below_unread_folder(&path);
                if !kept.contains(entity_ref.as_str()) && !stays {
                    plan.gone.push((entity_ref, path));
                }
            }
        }
        plan.problems.sort_by(|a, b| {
            (!a.is_error, &a.place.path, a.place.line, a.place.column).cmp(&(
                !b.is_error,
                &b.place.path,
                b.place.line,
                b.place.column,
            ))
        });
        Ok(plan)
    }

    /// The location, where it is registered and may be seen.
    pub async fn registered(&self, location: &NewLocation) -> Result<Option<ReadableLocation>, AppError> {
        match self.rules_for(location).await?.0 {
            Some(id) => Ok(self.readable_location(id).await.ok()),
            None => Ok(None),
        }
    }

    /// The number of the location where it is registered, and what it may bring.
    async fn rules_for(&self, location: &NewLocation) -> Result<(Option<i64>, Rules), DbErr> {
        let text = "SELECT id, trust_org, allowed_kinds, annotations FROM catalog_location WHERE kind = ? AND target = ? AND state <> 'leaving'";
        let values = [location.kind.into(), location.target.as_str().into()];
        match db::rows(self.db(), text, values).await?.first() {
            Some(row) => Ok((Some(row.try_get("", "id")?), Rules::of(row, location.kind, &location.target)?)),
            None => {
                let rules = Rules {
                    trust_org: location.trust_org,
                    allowed_kinds: location.allowed_kinds.clone(),
                    origin: origin(location.kind, &location.target),
                    annotations: location.annotations.clone(),
                };
                Ok((None, rules))
            }
        }
    }

    /// Decides who would have which ref: the files in the order of their paths, as whatever order they are read in ends up.
    async fn decide(&self, plan: &mut Plan, mut digests: Vec<Digest>, unread: &HashSet<String>) -> Result<(), DbErr> {
        digests.sort_by(|a, b| a.path.cmp(&b.path));
        let id = plan.registered.unwrap_or(LAST);
        let mut taken: HashMap<String, String> = HashMap::new();
        for mut digest in digests {
            let mut rows = store::by_ref(self.db(), &digest.entities).await?;
            let hidden = self.hidden(&rows.keys().cloned().collect::<Vec<_>>()).await?;
            for row in rows.values_mut().filter(|row| row.location_id == id && !unread.contains(&row.path)) {
                // What the location itself has is given out anew.
                row.file_id = None;
            }
            let mut claims = Claims::new(id, None, &digest.path, rows);
            for entity in &mut digest.entities {
                let entity_ref = entity.entity_ref.to_string();
                let place = format!("{}:{}", digest.path, entity.line);
                if let Some(first) = taken.get(&entity_ref) {
                    plan.problems.push(duplicate(&digest.path, entity, first));
                    continue;
                }
                let is_hidden = hidden.contains(&entity_ref);
                let changed = |row: EntityRow| match row.is_same(entity) {
                    _ if is_hidden => Change::Added,
                    true => Change::Unchanged,
                    false => Change::Changed,
                };
                let change = match claims.claim(entity) {
                    Claim::Free => Change::Added,
                    Claim::Own(row) | Claim::TakenOver(row) => changed(row),
                    Claim::Lost(first) => {
                        let first = if is_hidden { "another location" } else { first.as_str() };
                        plan.problems.push(duplicate(&digest.path, entity, first));
                        continue;
                    }
                };
                taken.insert(entity_ref.clone(), place.clone());
                let document = (digest.path.clone(), entity.doc);
                plan.entities.push(Planned { change, entity_ref, place, value: entity.value.take(), document });
            }
            plan.problems.append(&mut digest.problems);
        }
        Ok(())
    }

    /// Ref and file of what a location brings today, as far as it may be seen.
    async fn brought_by(&self, id: i64) -> Result<Vec<(String, String)>, DbErr> {
        let (seen, values) = self.seen("e");
        let text = format!(
            "SELECT e.ref, e.path FROM catalog_entity e WHERE e.location_id = ? AND e.file_id IS NOT NULL AND {seen} ORDER BY e.path, e.ref"
        );
        let rows = db::rows(self.db(), &text, std::iter::once(id.into()).chain(values)).await?;
        rows.iter().map(|row| Ok((row.try_get("", "ref")?, row.try_get("", "path")?))).collect()
    }

    /// A plan as the page shows it.
    pub async fn preview(&self, plan: Plan) -> Result<Preview, AppError> {
        let loaded: HashSet<&(String, u32)> = plan.entities.iter().map(|entity| &entity.document).collect();
        let errors = plan.problems.iter().filter(|problem| problem.is_error);
        let rejected: HashSet<(String, u32)> = errors
            .clone()
            .map(|problem| (problem.place.path.clone(), problem.place.doc))
            .filter(|document| !loaded.contains(document))
            .collect();
        let mut changes = Vec::new();
        for change in Change::ALL {
            let all: Vec<(&str, &str)> = match change {
                Change::Gone => {
                    plan.gone.iter().map(|(entity_ref, path)| (entity_ref.as_str(), path.as_str())).collect()
                }
                change => {
                    let of = plan.entities.iter().filter(|entity| entity.change == change);
                    of.map(|entity| (entity.entity_ref.as_str(), entity.place.as_str())).collect()
                }
            };
            let shown = &all[..all.len().min(SHOWN)];
            let links = entity_links(self, shown.iter().map(|(entity_ref, _)| *entity_ref)).await?;
            let rows =
                links.into_iter().zip(shown).map(|(link, (_, place))| ChangeRow { link, place: (*place).to_owned() });
            changes.push(ChangeGroup { change, total: all.len() as u64, first: rows.collect() });
        }
        let errors = errors.count() as u64;
        Ok(Preview {
            target: plan.location.target,
            kind: plan.location.kind.to_owned(),
            registered: plan.registered,
            unreadable: plan.unreadable,
            cut: plan.cut,
            files: plan.files as u64,
            changes,
            rejected: rejected.len() as u64,
            errors,
            warnings: plan.problems.len() as u64 - errors,
            problems: plan.problems.iter().take(SHOWN_PROBLEMS).map(preview_problem).collect(),
        })
    }
}

/// A message at the beginning of a sentence; an address or a path at its beginning stays as it is.
fn capital(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or_default();
    if !word.chars().all(char::is_alphabetic) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

//! What differs between the portal and the repository, for whoever settles it.

use kit::error::AppError;
use kit::identity::Caller;
use kit::server::clock::Millis;
use kit::server::{audit, db, jobs};
use review::{Change, Command, FileProblem, Origin, Who};
use sea_orm::DbErr;
use serde_json::json;

use super::rows::{self, Theirs, Why};
use super::{Mirror, mirror_job};
use crate::server::Contributions;
use crate::server::acting::{By, said};
use crate::server::reading::who;
use crate::server::service::{Query, contribution_href};
use crate::server::store::{self, Stored};

/// Where a contribution is in the repository, and what differs there.
#[derive(Debug, Clone)]
pub struct Mirrored {
    /// The path of its file.
    pub path: String,
    /// Where people see it; empty where nobody does.
    pub href: String,
    /// Why the file cannot be read, where that is so.
    pub problem: Option<FileProblem>,
    /// What both sides have otherwise, where that has to be settled.
    pub conflict: Option<Conflict>,
    /// Whether who reads may settle it.
    pub may_settle: bool,
}

/// What has to be settled.
#[derive(Debug, Clone)]
pub struct Conflict {
    /// Why the contribution cannot become as the file says; empty where both have changed the same.
    pub refused: String,
    /// Whether the file is gone.
    pub is_deleted: bool,
    /// How it is here, and how it is there.
    pub changes: Vec<Change>,
    /// What names the repository's side as it is now.
    pub seen: String,
    /// The commit that brought it.
    pub from: Origin,
    /// Since when.
    pub since: Millis,
}

/// Something that is wrong between the two, for curators.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// What.
    pub message: String,
    /// The file with line and field; the repository where it is about all of it.
    pub place: String,
    /// The contribution that it is about; empty where it is about none.
    pub href: String,
}

impl Contributions {
    /// Where a contribution is in the repository; none where nothing is mirrored, or it has not got there yet.
    pub(crate) async fn mirrored(&self, stored: &Stored, who: &Who) -> Result<Option<Mirrored>, DbErr> {
        let Some(mirror) = self.mirror.as_deref() else { return Ok(None) };
        let Some(row) = rows::one(self.kit.db.read(), stored.row).await? else { return Ok(None) };
        let problem = rows::problem_of(self.kit.db.read(), &row.name).await?;
        let ours = stored.contribution.pitch.clone().trimmed();
        let conflict =
            row.theirs.filter(|theirs| theirs.why != Why::Gone).map(|Theirs { why, blob, pitch, from, since }| {
                let mut changes = pitch.as_ref().map(|pitch| pitch.changes(&ours)).unwrap_or_default();
                if let (Why::Differs, Some(pitch)) = (&why, &pitch) {
                    let conflicts = review::merge(&row.base, &ours, pitch).conflicts;
                    changes.retain(|change| conflicts.contains(&change.what.as_str()));
                }
                let is_deleted = pitch.is_none();
                let refused = if let Why::Refused(refused) = why { refused } else { String::new() };
                Conflict { refused, is_deleted, changes, seen: blob, from, since }
            });
        Ok(Some(Mirrored {
            path: mirror.path(&row.name),
            href: mirror.href(&row.name),
            problem,
            conflict,
            may_settle: stored.contribution.may_settle(&self.rules, who),
        }))
    }

    /// Settles what differs: by the repository's side, or by the portal's. `seen` names the repository's side that was looked at.
    pub async fn settle(&self, caller: &Caller, id: &str, take: bool, seen: &str) -> Result<(), AppError> {
        self.taken_part(caller, id).await?;
        let Some(mirror) = self.mirror.as_deref() else { return Err(AppError::not_found("The repository")) };
        let (who, now) = (who(caller)?, self.kit.clock.now());
        let tx = self.kit.db.begin().await?;
        let stored = store::load_for_update(&tx, id).await?.ok_or_else(|| AppError::not_found("The contribution"))?;
        let ours = &stored.contribution;
        if !ours.may_settle(&self.rules, &who) {
            return Err(AppError::Forbidden {
                right: "settle what differs from the repository".into(),
                granted_by: "whoever contributes this, and the curators".into(),
            });
        }
        let conflict = |said: &str| AppError::Conflict { message: said.into() };
        let row = rows::one(&tx, stored.row).await?;
        let mut row = row.ok_or_else(|| conflict("It has no file in the repository yet"))?;
        let theirs = row.theirs.take().filter(|theirs| theirs.why != Why::Gone);
        let theirs = theirs.ok_or_else(|| conflict("Nothing differs from the repository any more"))?;
        if theirs.blob != seen {
            return Err(conflict("It is otherwise again in the repository: look at that first"));
        }
        let command = match (&theirs.pitch, take) {
            (_, false) => None,
            // Whoever has withdrawn it already has settled that.
            (None, true) if ours.state.is_over() => None,
            (None, true) => Some(Command::Withdraw { reason: format!("{} was removed", theirs.from.path) }),
            (Some(pitch), true) => {
                let pitch = review::merge(&row.base, pitch, &ours.pitch.clone().trimmed()).pitch;
                Some(Command::Mirror { pitch, from: theirs.from.clone() })
            }
        };
        if let Some(command) = command {
            let (after, entries) = ours.handle(now, &self.rules, Some(&who), command).map_err(said)?;
            let by = By { who: Some(&who), caller, lease: None, is_example: false };
            self.write(&tx, Some(&stored), &after, &entries, now, &by).await?;
        }
        (row.seq, row.blob) = (0, theirs.blob.clone());
        match &theirs.pitch {
            Some(pitch) => row.base = pitch.clone(),
            None if take => row.theirs = Some(Theirs { why: Why::Gone, ..theirs }),
            None => {}
        }
        rows::put(&tx, &row, &mirror.identity(), now).await?;
        let kept = if take { "repository" } else { "portal" };
        let (action, detail) =
            ("contributions.contribution.settle", json!({ "kept": kept, "path": mirror.path(&row.name) }));
        audit::append(&tx, audit::Event { at: now, actor: caller, action, resource: id, detail }).await?;
        jobs::enqueue(&tx, now, mirror_job(now)).await?;
        Ok(tx.commit().await?)
    }

    /// What is wrong between the portal and the repository; nothing for who is no curator.
    pub async fn troubles(&self, caller: &Caller) -> Result<Vec<Trouble>, AppError> {
        let (who, Some(mirror)) = (who(caller)?, self.mirror.as_deref()) else { return Ok(Vec::new()) };
        if !who.administrator && !who.is(&self.rules.curators.group) {
            return Ok(Vec::new());
        }
        let mut troubles: Vec<Trouble> =
            rows::problems(self.kit.db.read()).await?.iter().map(|problem| trouble(mirror, problem)).collect();
        let differing = rows::differing(self.kit.db.read()).await?;
        if !differing.is_empty() {
            let mut conditions = self.conditions(caller, &Query::default());
            let ids = differing.iter().map(|row| row.contribution.into());
            conditions.add(&format!("c.id IN ({})", db::marks(differing.len())), ids);
            let text = format!(
                "SELECT c.uuid, c.title FROM contributions_contribution c WHERE {} ORDER BY c.id",
                conditions.text()
            );
            for found in db::rows(self.kit.db.read(), &text, conditions.values).await? {
                let (id, title): (String, String) = (found.try_get("", "uuid")?, found.try_get("", "title")?);
                let name = differing.iter().find(|row| row.id == id).map_or("", |row| row.name.as_str());
                let (place, href) = (mirror.path(name), contribution_href(&id));
                troubles.push(Trouble { message: format!("{title} is otherwise in the repository"), place, href });
            }
        }
        Ok(troubles)
    }
}

fn trouble(mirror: &Mirror, problem: &rows::Problem) -> Trouble {
    let FileProblem { line, field, message } = &problem.what;
    let place = match (problem.name.as_str(), *line) {
        ("", _) => "The repository".to_owned(),
        (name, 0) => mirror.path(name),
        (name, line) => format!("{}:{line} {field}", mirror.path(name)).trim().to_owned(),
    };
    Trouble { message: message.clone(), place, href: String::new() }
}

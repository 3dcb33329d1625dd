//! What people and the portal do with contributions: one transaction a command, with its audit event and its messages.

use std::sync::Arc;
use std::time::Duration;

use descriptor::EntityRef;
use kit::error::AppError;
use kit::identity::{Caller, Subject};
use kit::server::authorise::Resource;
use kit::server::clock::Millis;
use kit::server::jobs::{self, JobError, Lease};
use kit::server::{audit, db, people};
use review::{Command, Contribution, Entry, Event, Pitch, Refused, Stage, State, Ui, Who};
use sea_orm::{DatabaseTransaction, DbErr};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Contributions;
use super::checks::check_job;
use super::evidence::{Pages, evidence_job};
use super::messages;
use super::reading::who;
use super::store::{self, Stored, Write};
use crate::info::{PITCH, READ, TAKE_PART};

/// The largest upload, in bytes.
pub const LARGEST_UPLOAD: usize = 20 << 20;

/// How long whoever submits waits until pages were read that are elsewhere.
const PATIENCE: Duration = Duration::from_secs(15);

/// The most bytes of a draft.
const DRAFT: usize = 200_000;

/// Who asks for a command.
pub(super) struct By<'a> {
    /// As contributions see them; nobody for the portal itself.
    pub who: Option<&'a Who>,
    /// As the audit trail sees them.
    pub caller: &'a Caller,
    /// The job in which it is asked for.
    pub lease: Option<&'a Lease>,
    /// Whether it is an example, of which nobody is told.
    pub is_example: bool,
}

impl<'a> By<'a> {
    /// The portal, in a job.
    pub fn portal(lease: &'a Lease) -> Self {
        Self { who: None, caller: &Caller::System, lease: Some(lease), is_example: false }
    }
}

/// What is written in the same transaction besides.
#[derive(Default)]
pub(super) struct Also<'a> {
    /// A whole report.
    pub report: Option<Kept<'a>>,
    /// Whether the caller's draft of a pitch is no longer needed.
    pub discard_draft: bool,
}

/// A report of the machine, as it is kept.
pub(super) struct Kept<'a> {
    /// Its number.
    pub uuid: &'a str,
    /// The submission that it is about.
    pub submission: u32,
    /// What it says.
    pub data: String,
    /// Its pictures, in order.
    pub pictures: Vec<Vec<u8>>,
}

/// Why a command was not done.
#[derive(Debug)]
pub(super) enum Failed {
    /// The contribution refuses it.
    Refused(Refused),
    /// There is no such contribution.
    Unknown,
    /// Another worker holds the lease.
    LeaseLost,
    /// Something else.
    Error(AppError),
}

impl From<DbErr> for Failed {
    fn from(error: DbErr) -> Self {
        Self::Error(error.into())
    }
}

impl From<JobError> for Failed {
    fn from(error: JobError) -> Self {
        match error {
            JobError::LeaseLost => Self::LeaseLost,
            JobError::Db(error) => error.into(),
            JobError::Failed(why) => Self::Error(AppError::internal(why)),
        }
    }
}

impl From<Failed> for AppError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Refused(refused) => said(refused),
            Failed::Unknown => Self::not_found("The contribution"),
            Failed::LeaseLost => Self::Unavailable { what: "The contribution".into() },
            Failed::Error(error) => error,
        }
    }
}

/// What a refusal is to whoever asked.
pub(super) fn said(refused: Refused) -> AppError {
    match refused {
        Refused::Unknown(what) => AppError::NotFound { what },
        // The contribution's own words say who may.
        Refused::Forbidden(why) => AppError::Forbidden {
            right: format!("{} ({why})", TAKE_PART.allows),
            granted_by: "whoever has that part".into(),
        },
        Refused::Conflict(message) => AppError::Conflict { message },
        Refused::Invalid(message) => AppError::BadRequest { message },
    }
}

impl Contributions {
    /// Pitches an idea, and gives its number.
    pub async fn pitch(&self, caller: &Caller, pitch: Pitch) -> Result<String, AppError> {
        let who = who(caller)?;
        self.kit.authorise(caller, &PITCH, &Resource::All).await?;
        let pitch = self.checked(pitch).await?;
        let id = Uuid::new_v4().to_string();
        let now = self.kit.clock.now();
        let (after, entries) =
            Contribution::new(&id).handle(now, &self.rules, Some(&who), Command::Pitch(pitch)).map_err(said)?;
        let by = By { who: Some(&who), caller, lease: None, is_example: false };
        let tx = self.kit.db.begin().await?;
        let row = self.write(&tx, None, &after, &entries, now, &by).await?;
        Also { discard_draft: true, ..Also::default() }.write(&tx, row, &by, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Does what a person asks of a contribution.
    pub async fn act(&self, caller: &Caller, id: &str, command: Command) -> Result<Contribution, AppError> {
        let stored = self.taken_part(caller, id).await?;
        let who = who(caller)?;
        let command = match command {
            Command::Edit(pitch) => Command::Edit(self.checked(pitch).await?),
            Command::Comment { text, mentions } => {
                let mentions = self.mentioned(mentions, &text).await?;
                let mentions = self.who_see(&stored.contribution, mentions).await?;
                Command::Comment { text, mentions }
            }
            Command::Submit { stage, mut material } => {
                if let Some(ui) = &material.ui {
                    self.shown(ui).await?;
                }
                if !material.entity.is_empty() {
                    material.entity = self.entity_ref(&material.entity)?;
                }
                if let Some(manifest) = &mut material.manifest {
                    manifest.owner = self.group(&manifest.owner).await?;
                }
                Command::Submit { stage, material }
            }
            Command::Merge { into } => return self.merge(caller, &who, id, &into).await,
            // These are the portal's own, whoever asks for them.
            Command::Report { .. }
            | Command::Check { .. }
            | Command::Look
            | Command::Absorb { .. }
            | Command::Mirror { .. }
            | Command::Pitch(_) => {
                return Err(AppError::bad_request("This is not asked for in this way"));
            }
            other => other,
        };
        let by = By { who: Some(&who), caller, lease: None, is_example: false };
        Ok(self.command(id, &by, command, Also::default()).await?.0)
    }

    /// Supports and follows a contribution in place of pitching anew: the draft is dropped.
    pub async fn join(&self, caller: &Caller, id: &str) -> Result<(), AppError> {
        self.taken_part(caller, id).await?;
        let who = who(caller)?;
        let by = By { who: Some(&who), caller, lease: None, is_example: false };
        let also = || Also { discard_draft: true, ..Also::default() };
        match self.command(id, &by, Command::Support(true), also()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Merges a contribution into another one: both change in one transaction, in the order of their numbers.
    async fn merge(&self, caller: &Caller, who: &Who, id: &str, into: &str) -> Result<Contribution, AppError> {
        let other = self.taken_part(caller, into).await?.contribution;
        // Whoever may not see the other one is not told of it either.
        let gone = self.seen(caller, id).await?.contribution;
        let come = self.who_see(&other, gone.followers.iter().cloned()).await?;
        let now = self.kit.clock.now();
        let by = By { who: Some(who), caller, lease: None, is_example: false };
        let tx = self.kit.db.begin().await?;
        // In one order, as two merges at once must have them.
        let (mut from, mut other) = (None, None);
        let mut both = [id, into];
        both.sort_unstable();
        for each in both {
            let stored = store::load_for_update(&tx, each).await?;
            if each == id { from = stored } else { other = stored }
        }
        let Some(from) = from else { return Err(AppError::not_found(format!("The contribution {id}"))) };
        let merged = Command::Merge { into: into.to_owned() };
        let (after, entries) = from.contribution.handle(now, &self.rules, Some(who), merged).map_err(said)?;
        let Some(other) = other else { return Err(AppError::not_found(format!("The contribution {into}"))) };
        let mut taken = from.contribution.clone();
        taken.followers.retain(|follower| come.contains(follower));
        let absorbed = Command::Absorb { from: Box::new(taken) };
        let (then, more) = other.contribution.handle(now, &self.rules, Some(who), absorbed).map_err(said)?;
        self.write(&tx, Some(&from), &after, &entries, now, &by).await?;
        self.write(&tx, Some(&other), &then, &more, now, &by).await?;
        tx.commit().await?;
        Ok(after)
    }

    /// Has a contribution answer a command, and writes down what comes of it. Gives the contribution as it is then, and what happened.
    pub(super) async fn command(
        &self,
        id: &str,
        by: &By<'_>,
        command: Command,
        also: Also<'_>,
    ) -> Result<(Contribution, Vec<Entry>), Failed> {
        let tx = self.kit.db.begin().await?;
        if let Some(lease) = by.lease {
            lease.fence(&tx).await?;
        }
        let Some(stored) = store::load_for_update(&tx, id).await? else { return Err(Failed::Unknown) };
        let now = self.kit.clock.now();
        let handled = stored.contribution.handle(now, &self.rules, by.who, command);
        let (after, entries) = handled.map_err(Failed::Refused)?;
        if !entries.is_empty() {
            self.write(&tx, Some(&stored), &after, &entries, now, by).await?;
        }
        also.write(&tx, stored.row, by, now).await?;
        tx.commit().await?;
        Ok((after, entries))
    }

    /// Writes down a change with all that follows from it, in the transaction at hand.
    pub(super) async fn write(
        &self,
        tx: &DatabaseTransaction,
        before: Option<&Stored>,
        after: &Contribution,
        entries: &[Entry],
        now: Millis,
        by: &By<'_>,
    ) -> Result<i64, DbErr> {
        let was = before.map(|stored| &stored.contribution);
        let is_checked = (after.stage == Stage::Readiness && after.state == State::InReview)
            || (after.stage == Stage::Live && matches!(after.state, State::Open | State::Live));
        let write = Write {
            before: before.map(|stored| (stored.row, &stored.contribution)),
            after,
            entries,
            rules: &self.rules,
            now,
            check_at: is_checked.then_some(now),
        };
        let row = store::write(tx, &write).await?;
        let events = entries.iter().filter_map(|entry| audited(entry, after, by.caller, now)).collect();
        audit::append_all(tx, events).await?;
        if by.is_example {
            return Ok(row);
        }
        messages::tell(tx, now, &self.rules, was, after, entries).await?;
        let mut due = Vec::new();
        for entry in entries {
            if let Event::Submitted { submission, material, stage, .. } = &entry.event {
                if material.ui.is_some() {
                    due.push(evidence_job(now, &after.id, *submission));
                }
                if *stage == Stage::Readiness {
                    due.push(check_job(now, &after.id));
                }
            }
        }
        jobs::enqueue_all(tx, now, &due).await?;
        Ok(row)
    }

    /// Keeps pages that were sent, and gives what a submission names them by.
    pub async fn put_upload(&self, caller: &Caller, id: &str, name: &str, content: Vec<u8>) -> Result<Ui, AppError> {
        let stored = self.taken_part(caller, id).await?;
        if !stored.contribution.is_made_by(&who(caller)?) {
            return Err(AppError::Forbidden {
                right: "upload pages".into(),
                granted_by: "whoever contributes this".into(),
            });
        }
        if stored.contribution.state.is_over() {
            return Err(AppError::Conflict { message: "It is over".into() });
        }
        if content.len() > LARGEST_UPLOAD {
            return Err(AppError::TooLarge { megabytes: LARGEST_UPLOAD >> 20 });
        }
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
        let name = if name.trim().is_empty() { "pages.zip".to_owned() } else { name };
        let pages = Pages::Archive(content);
        let hash = self.evidence.take(&pages).await.map_err(AppError::bad_request)?;
        let Pages::Archive(content) = pages else { return Err(AppError::internal("an upload became something else")) };
        let tx = self.kit.db.begin().await?;
        keep_upload(&tx, &hash, &name, content, caller.subject(), self.kit.clock.now()).await?;
        tx.commit().await?;
        Ok(Ui::Upload { name, hash })
    }

    /// Refuses pages that are not there, so that whoever submits them hears of it. What takes long is looked at by the machine anyway.
    async fn shown(&self, ui: &Ui) -> Result<(), AppError> {
        if matches!(ui, Ui::Git { commit, .. } if commit.len() < 40) {
            // The gate says what a commit is.
            return Ok(());
        }
        let looked = async {
            let pages = self.pages(ui).await?;
            if matches!(pages, Pages::Files(_)) { self.evidence.take(&pages).await.map(drop) } else { Ok(()) }
        };
        match tokio::time::timeout(PATIENCE, looked).await {
            Ok(Err(why)) => Err(AppError::bad_request(format!("The pages cannot be submitted: {why}"))),
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }

    /// A picture of the machine's report of a submission, as PNG.
    pub async fn picture_of(
        &self,
        caller: &Caller,
        id: &str,
        submission: u32,
        place: u32,
    ) -> Result<Vec<u8>, AppError> {
        let stored = self.seen(caller, id).await?;
        let missing = || AppError::not_found(format!("Picture {place} of submission {submission}"));
        let report = stored.contribution.submission(submission).and_then(|submission| submission.report.as_ref());
        self.picture(&report.ok_or_else(missing)?.id, place).await?.ok_or_else(missing)
    }

    /// The whole report of a submission.
    pub async fn report(&self, caller: &Caller, id: &str, submission: u32) -> Result<Value, AppError> {
        let stored = self.seen(caller, id).await?;
        let missing = || AppError::not_found(format!("A report of submission {submission}"));
        let submission = stored.contribution.submission(submission).ok_or_else(missing)?;
        let report = submission.report.as_ref().ok_or_else(missing)?;
        let text = "SELECT data FROM contributions_report WHERE uuid = ? AND contribution_id = ?";
        let rows = db::rows(self.kit.db.read(), text, [report.id.as_str().into(), stored.row.into()]).await?;
        let text: String = rows.first().ok_or_else(missing)?.try_get("", "data")?;
        serde_json::from_str(&text).map_err(AppError::internal)
    }

    /// The pitch that the caller was writing; an empty one where there is none.
    pub async fn draft(&self, caller: &Caller) -> Result<Pitch, AppError> {
        let who = who(caller)?;
        let text = "SELECT filled FROM contributions_draft WHERE subject = ?";
        let rows = db::rows(self.kit.db.read(), text, [who.subject.into()]).await?;
        let filled = rows.first().map(|row| row.try_get::<String>("", "filled")).transpose()?;
        Ok(filled.and_then(|filled| serde_json::from_str(&filled).ok()).unwrap_or_default())
    }

    /// Keeps the pitch that the caller is writing.
    pub async fn save_draft(&self, caller: &Caller, pitch: &Pitch) -> Result<(), AppError> {
        let who = who(caller)?;
        self.kit.authorise(caller, &PITCH, &Resource::All).await?;
        let filled = serde_json::to_string(pitch).map_err(AppError::internal)?;
        if filled.len() > DRAFT {
            return Err(AppError::bad_request("This is more than a pitch may hold: shorten it"));
        }
        let text = "INSERT INTO contributions_draft (subject, filled, updated_at) VALUES (?, ?, ?) \
                    ON CONFLICT (subject) DO UPDATE SET filled = excluded.filled, updated_at = excluded.updated_at";
        let tx = self.kit.db.begin().await?;
        db::execute(&tx, text, [who.subject.into(), filled.into(), self.kit.clock.now().into()]).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A pitch whose team is one that there is.
    pub(super) async fn checked(&self, mut pitch: Pitch) -> Result<Pitch, AppError> {
        if !pitch.owner.trim().is_empty() {
            pitch.owner = self.group(&pitch.owner).await?;
        }
        Ok(pitch)
    }

    /// The canonical ref of a group that there is.
    async fn group(&self, written: &str) -> Result<String, AppError> {
        let wrong = |_| AppError::bad_request(format!("{written:?} names no group of the catalog"));
        let found = EntityRef::parse(written.trim(), Some("group"), "default").map_err(wrong)?.to_string();
        let known = self.entities.titles(&Caller::System, std::slice::from_ref(&found)).await?;
        if !found.starts_with("group:") || !known.contains_key(&found) {
            return Err(AppError::bad_request(format!("There is no group {found} in the catalog")));
        }
        Ok(found)
    }

    fn entity_ref(&self, written: &str) -> Result<String, AppError> {
        let wrong = |_| AppError::bad_request(format!("{written:?} names no entity, such as component:default/rota"));
        Ok(EntityRef::parse(written.trim(), Some("component"), "default").map_err(wrong)?.to_string())
    }

    /// These without the people who may not see a contribution; of a group it is not asked, since its members may differ in that.
    async fn who_see(
        &self,
        contribution: &Contribution,
        people: impl IntoIterator<Item = String>,
    ) -> Result<Vec<String>, AppError> {
        let mut see = Vec::new();
        for each in people {
            if self.is_shown_to(contribution, &each).await? {
                see.push(each);
            }
        }
        Ok(see)
    }

    async fn is_shown_to(&self, contribution: &Contribution, whom: &str) -> Result<bool, AppError> {
        let Ok(subject) = whom.parse::<Subject>() else { return Ok(true) };
        let found = people::find(&self.kit, &*self.directory, &self.administrators, &subject).await?;
        Ok(self.may(&Caller::Principal(Arc::new(found.principal)), &READ, contribution))
    }

    /// Those of these, and of those that a text turns to as `@name`, that there are. What names nobody is text like any other.
    async fn mentioned(&self, named: Vec<String>, text: &str) -> Result<Vec<String>, AppError> {
        let in_text = text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';'));
        let in_text = in_text.filter_map(|word| word.strip_prefix('@'));
        let in_text = in_text.map(|name| name.trim_end_matches(['.', ':', '!', '?']).to_owned());
        let refs = named.into_iter().chain(in_text).filter(|name| !name.is_empty()).take(50);
        let refs = refs.filter_map(|name| Some(EntityRef::parse(&name, Some("user"), "default").ok()?.to_string()));
        let mut refs: Vec<String> =
            refs.filter(|found| found.starts_with("user:") || found.starts_with("group:")).collect();
        refs.sort();
        refs.dedup();
        let known = self.entities.titles(&Caller::System, &refs).await?;
        refs.retain(|found| known.contains_key(found));
        Ok(refs)
    }
}

/// Keeps an archive by the hash of what is in it, once.
pub(super) async fn keep_upload(
    tx: &DatabaseTransaction,
    hash: &str,
    name: &str,
    content: Vec<u8>,
    subject: &str,
    now: Millis,
) -> Result<(), DbErr> {
    let text = "INSERT INTO contributions_upload (hash, name, bytes, content, subject, created_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING";
    let bytes = store::number(content.len() as u64);
    let values = [hash.into(), name.into(), bytes.into(), content.into(), subject.into(), now.into()];
    db::execute(tx, text, values).await.map(drop)
}

impl Also<'_> {
    async fn write(self, tx: &DatabaseTransaction, row: i64, by: &By<'_>, now: Millis) -> Result<(), DbErr> {
        if let Some(Kept { uuid, submission, data, pictures }) = self.report {
            let text = "INSERT INTO contributions_report (uuid, contribution_id, submission, data, created_at) VALUES (?, ?, ?, ?, ?)";
            let values = [uuid.into(), row.into(), i64::from(submission).into(), data.into(), now.into()];
            db::execute(tx, text, values).await?;
            for (place, picture) in pictures.into_iter().enumerate() {
                let text = "INSERT INTO contributions_picture (report, place, content) VALUES (?, ?, ?)";
                db::execute(tx, text, [uuid.into(), store::number(place as u64).into(), picture.into()]).await?;
            }
        }
        if self.discard_draft
            && let Some(who) = by.who
        {
            let text = "DELETE FROM contributions_draft WHERE subject = ?";
            db::execute(tx, text, [who.subject.as_str().into()]).await?;
        }
        Ok(())
    }
}

/// What the audit trail says of an event; nothing of what follows of itself.
fn audited<'a>(
    entry: &Entry,
    contribution: &'a Contribution,
    caller: &'a Caller,
    at: Millis,
) -> Option<audit::Event<'a>> {
    let action = action(&entry.event)?;
    let mut detail = json!({ "stage": contribution.stage.name() });
    match &entry.event {
        Event::Submitted { stage, submission, .. } => {
            detail["stage"] = json!(stage.name());
            detail["submission"] = json!(submission);
        }
        Event::Approved { submission, commit, .. } => {
            detail["submission"] = json!(submission);
            if !commit.is_empty() {
                detail["commit"] = json!(commit);
            }
        }
        Event::SentBack { submission, .. }
        | Event::Rejected { submission, .. }
        | Event::Claimed { submission }
        | Event::Released { submission } => detail["submission"] = json!(submission),
        Event::Pitched { from: Some(from), .. } | Event::Edited { from: Some(from), .. } => {
            detail["path"] = json!(from.path);
            detail["commit"] = json!(from.commit);
        }
        Event::Merged { into } => detail["into"] = json!(into),
        Event::Absorbed { from, .. } => detail["from"] = json!(from),
        Event::AppealDecided { granted, .. } => detail["granted"] = json!(granted),
        Event::Waived { finding, expires, .. } => {
            detail["finding"] = json!(finding);
            detail["expires"] = json!(expires);
        }
        _ => {}
    }
    Some(audit::Event { at, actor: caller, action, resource: &contribution.id, detail })
}

fn action(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::Pitched { .. } => "contributions.contribution.pitch",
        Event::Edited { .. } => "contributions.contribution.edit",
        Event::Supported {} => "contributions.contribution.support",
        Event::Unsupported {} => "contributions.contribution.unsupport",
        Event::Followed {} => "contributions.contribution.follow",
        Event::Unfollowed {} => "contributions.contribution.unfollow",
        Event::Commented { .. } => "contributions.contribution.comment",
        Event::Merged { .. } => "contributions.contribution.merge",
        Event::Absorbed { .. } => "contributions.contribution.absorb",
        Event::Submitted { .. } => "contributions.contribution.submit",
        Event::Waived { .. } => "contributions.contribution.waive",
        Event::Claimed { .. } => "contributions.contribution.claim",
        Event::Released { .. } => "contributions.contribution.release",
        Event::Approved { .. } => "contributions.contribution.accept",
        Event::SentBack { .. } => "contributions.contribution.send-back",
        Event::Rejected { .. } => "contributions.contribution.reject",
        Event::Appealed { .. } => "contributions.contribution.appeal",
        Event::AppealDecided { .. } => "contributions.contribution.decide-appeal",
        Event::Withdrawn { .. } => "contributions.contribution.withdraw",
        Event::WentLive {} => "contributions.contribution.go-live",
        Event::Passed { .. }
        | Event::Reported { .. }
        | Event::NotReported { .. }
        | Event::Checked { .. }
        | Event::Flagged { .. }
        | Event::Cleared {}
        | Event::Overdue { .. } => return None,
    })
}

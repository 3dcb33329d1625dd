//! Changes a journey, one transaction a command: the event, what is read off it, the audit trail, the messages and the jobs, or none of them.

use journey::{Command, Entry, Journey, Millis, Who};
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::audit;
use kit::server::jobs::{self, JobError, Lease, NewJob};
use sea_orm::{DatabaseTransaction, DbErr};
use serde_json::{Value, json};

use super::GoldenPaths;
use super::faults::Point;
use super::messages;
use super::store::{self, Stored, Write};
use super::versions::Known;
use super::view;

/// The kind of job that has a journey go on; its key is the journey's public number.
pub const ADVANCE: &str = "golden-paths.advance";

/// How often a command is tried that needs forms which were not read yet.
const TRIES: usize = 4;

/// The job that has a journey go on.
pub fn advance_job(now: Millis, journey: &str) -> NewJob {
    NewJob { kind: ADVANCE, key: journey.to_owned(), payload: json!({}), run_at: now, max_attempts: u32::MAX }
}

/// On whose behalf a journey is changed.
pub(super) struct By<'a> {
    /// Who asks, as the journey sees them; nobody for the portal itself and for signals.
    pub who: Option<&'a Who>,
    /// Who asks, as the audit trail has them.
    pub caller: &'a Caller,
    /// The right to do so, of whoever works through jobs.
    pub lease: Option<&'a Lease>,
}

/// What else is written in the transaction of a command.
#[derive(Default)]
pub(super) struct Also<'a> {
    /// Secrets that are kept until what they are for has begun: sealed.
    pub keep_secret: Option<(String, String)>,
    /// What has begun, or not, so that its secrets go.
    pub forget_secret: Option<&'a str>,
    /// The form that was sent: the step, empty for the path's own.
    pub discard_draft: Option<&'a str>,
}

/// Why a command was not done.
#[derive(Debug)]
pub(super) enum Failed {
    /// The journey refuses it.
    Refused(journey::Refused),
    /// There is no such journey.
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

impl From<AppError> for Failed {
    fn from(error: AppError) -> Self {
        Self::Error(error)
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

impl GoldenPaths {
    /// Has a journey answer a command, and writes down what comes of it. Gives the journey as it is then, and what happened.
    pub(super) async fn command(
        &self,
        uuid: &str,
        by: &By<'_>,
        command: Command,
        also: Also<'_>,
    ) -> Result<(Journey, Vec<Entry>), Failed> {
        let mut known = Known::default();
        for _ in 0..TRIES {
            let tx = self.kit.db.begin().await?;
            if let Some(lease) = by.lease {
                lease.fence(&tx).await?;
            }
            let Some(Stored { row, journey }) = store::load_for_update(&tx, uuid).await? else {
                return Err(Failed::Unknown);
            };
            if !known.covers(&journey) {
                tx.rollback().await?;
                known = known.and(self.ready.forms(&journey).await?);
                continue;
            }
            let now = self.kit.clock.now();
            let (after, entries) = journey.handle(now, &known, by.who, command.clone()).map_err(Failed::Refused)?;
            if entries.is_empty() && also.is_nothing() {
                tx.rollback().await?;
                return Ok((after, entries));
            }
            // A step that begins in this very command may ask for a form that was not looked for.
            if !known.covers(&after) {
                tx.rollback().await?;
                known = known.and(self.ready.forms(&after).await?);
                continue;
            }
            let write = Write { before: Some((row, &journey)), after: &after, entries: &entries, now };
            self.write(&tx, &write, by).await?;
            also.write(&tx, row, now).await?;
            self.commit(tx, uuid, &entries).await?;
            self.wake.wake();
            self.hub.look();
            return Ok((after, entries));
        }
        Err(Failed::Error(AppError::Unavailable { what: "What this journey runs".into() }))
    }

    /// Writes down a change with all that follows from it, in the transaction at hand; whether it was written, which a journey that is new is not
    /// where it is there already.
    pub(super) async fn write(&self, tx: &DatabaseTransaction, write: &Write<'_>, by: &By<'_>) -> Result<bool, DbErr> {
        let Write { before, after, entries, now } = *write;
        if store::write(tx, write).await?.is_none() {
            return Ok(false);
        }
        let was = before.map(|(_, journey)| journey);
        let events: Vec<audit::Event<'_>> = match by.who {
            None => Vec::new(),
            Some(_) => entries.iter().filter_map(|entry| audited(entry, after, by.caller, now)).collect(),
        };
        audit::append_all(tx, events).await?;
        messages::tell(tx, now, was, after, entries).await?;
        let mut due = Vec::new();
        // Whoever works through a job says itself when it comes again.
        if by.lease.is_none() {
            if !after.effects(now).is_empty() || by.who.is_none() {
                due.push(advance_job(now, &after.id));
            } else if let Some(at) = after.wake_at() {
                due.push(advance_job(at, &after.id));
            }
        }
        if let Some((parent, _)) = &after.parent
            && view::is_settled(after)
        {
            due.push(advance_job(now, parent));
        }
        due.sort_by(|one, other| one.key.cmp(&other.key));
        jobs::enqueue_all(tx, now, &due).await?;
        Ok(true)
    }

    pub(super) async fn commit(&self, tx: DatabaseTransaction, uuid: &str, entries: &[Entry]) -> Result<(), DbErr> {
        let what = entries.first().map(|entry| entry.event.name()).unwrap_or_default();
        if self.faults.strikes(Point::BeforeCommit, uuid, &what) {
            tx.rollback().await?;
            return Err(DbErr::Custom("struck before the commit".into()));
        }
        tx.commit().await?;
        if self.faults.strikes(Point::AfterCommit, uuid, &what) {
            return Err(DbErr::Custom("struck after the commit".into()));
        }
        Ok(())
    }
}

impl Also<'_> {
    fn is_nothing(&self) -> bool {
        self.keep_secret.is_none() && self.forget_secret.is_none() && self.discard_draft.is_none()
    }

    async fn write(&self, tx: &DatabaseTransaction, row: i64, now: Millis) -> Result<(), DbErr> {
        if let Some((begins, sealed)) = &self.keep_secret {
            store::put_secret(tx, row, begins, sealed, now).await?;
        }
        if let Some(begins) = self.forget_secret {
            store::forget_secret(tx, row, begins).await?;
        }
        if let Some(step) = self.discard_draft {
            store::discard_draft(tx, row, step).await?;
        }
        Ok(())
    }
}

/// What the audit trail says of an event; nothing of what follows of itself.
fn audited<'a>(entry: &Entry, journey: &'a Journey, caller: &'a Caller, at: Millis) -> Option<audit::Event<'a>> {
    if !matches!(entry.actor, journey::Actor::Person(_)) {
        return None;
    }
    let action = action(&entry.event)?;
    let mut detail = json!({ "path": journey.path });
    if let Some(step) = entry.event.step() {
        detail["step"] = Value::from(step);
    }
    if !journey.pin.number.is_empty() {
        detail["version"] = Value::from(journey.pin.number.as_str());
    }
    match &entry.event {
        journey::Event::HandedOver { to, .. }
        | journey::Event::Delegated { to, .. }
        | journey::Event::Transferred { to } => detail["to"] = Value::from(to.as_str()),
        journey::Event::StartedOver { journey } => detail["journey"] = Value::from(journey.as_str()),
        _ => {}
    }
    Some(audit::Event { at, actor: caller, action, resource: &journey.id, detail })
}

fn action(event: &journey::Event) -> Option<&'static str> {
    use journey::Event;
    Some(match event {
        Event::Drafted { .. } => "golden-paths.journey.create",
        Event::Started { .. } => "golden-paths.journey.start",
        Event::Begun { .. } => "golden-paths.journey.fill",
        Event::Claimed { .. } => "golden-paths.journey.claim",
        Event::Released { .. } => "golden-paths.journey.release",
        Event::HandedOver { .. } => "golden-paths.journey.hand-over",
        Event::Delegated { .. } => "golden-paths.journey.delegate",
        Event::Done { .. } | Event::Undone { .. } => "golden-paths.journey.complete",
        Event::Approved { .. } => "golden-paths.journey.approve",
        Event::Declined { .. } | Event::ExceptionDeclined { .. } => "golden-paths.journey.decline",
        Event::Skipped { .. } => "golden-paths.journey.skip",
        Event::Attested { .. } => "golden-paths.journey.attest",
        Event::ExceptionAsked { .. } => "golden-paths.journey.ask-exception",
        Event::Retried { .. } | Event::UndoRetried { .. } => "golden-paths.journey.retry",
        Event::Commented { .. } => "golden-paths.journey.comment",
        Event::EvidenceAdded { .. } => "golden-paths.journey.add-evidence",
        Event::Upgraded { .. } => "golden-paths.journey.upgrade",
        Event::Transferred { .. } => "golden-paths.journey.transfer",
        Event::Cancelled { .. } => "golden-paths.journey.cancel",
        Event::GivenUp { .. } => "golden-paths.journey.give-up",
        Event::StartedOver { .. } => "golden-paths.journey.start-over",
        _ => return None,
    })
}

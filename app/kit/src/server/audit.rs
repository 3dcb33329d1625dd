//! The audit trail: who did what to what. A change and its event are written in one transaction, or not at all.
//!
//! Rows are sealed soon after their commit ([`Sealer`]): numbered without gaps, chained by hash, covered by a signed checkpoint, and written
//! to a file outside the database. [`verify`] compares the three. The chain covers pseudonyms alone, so [`Sealer::erase`] can take a name away.

mod chain;
mod mirror;
mod read;
mod seal;
mod subject;
mod verify;

use std::collections::{BTreeSet, HashMap};

use sea_orm::{ConnectionTrait, DbErr};
use serde_json::Value;

pub use self::chain::{Checkpoint, Row, SealKey};
pub use self::read::{Cursor, Filter, Order, Record, Standing, page, standing};
pub use self::seal::{SealError, SealOptions, Sealer};
pub use self::verify::{FileSpan, Mirror, Problem, Trail, verify};
use super::clock::Millis;
use super::db::{self, Db};
use crate::identity::{Caller, PrincipalKind};

/// Events of one statement; both databases limit its values.
const ROWS: usize = 500;

/// How long an equal refusal of the same caller is not written again.
const SAME_REFUSAL: Millis = 60_000;

/// The most refusals of one caller that are written in that time; whoever tries more is in the log.
const MOST_REFUSALS: usize = 60;

/// Something that was done.
#[derive(Debug)]
pub struct Event<'a> {
    /// When, by the server's clock.
    pub at: Millis,
    /// By whom.
    pub actor: &'a Caller,
    /// `<plugin>.<resource>.<verb>`, as in the plugin's permissions.
    pub action: &'a str,
    /// What it was done to, such as an entity ref or `location:7`.
    pub resource: &'a str,
    /// What changed, as `before` and `after` where something had another value; people by their refs, never by name. Never a secret.
    pub detail: Value,
}

/// Whether what was asked for was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was.
    Done,
    /// It was not: a right was missing, or whoever asked did not prove who it is.
    Refused,
}

impl Outcome {
    /// As it stands in the trail.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }

    /// The outcome that a word stands for.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Done, Self::Refused].into_iter().find(|each| each.word() == word)
    }
}

/// Appends the event of something that was done; pass the transaction that makes the change.
pub async fn append(tx: &impl ConnectionTrait, event: Event<'_>) -> Result<(), DbErr> {
    write(tx, event, Outcome::Done).await
}

/// Appends several events, in order, with one statement for all.
pub async fn append_all(tx: &impl ConnectionTrait, events: Vec<Event<'_>>) -> Result<(), DbErr> {
    write_all(tx, events, Outcome::Done).await
}

/// Appends the event of something that was refused, such as a sign-in that failed.
pub async fn append_refused(tx: &impl ConnectionTrait, event: Event<'_>) -> Result<(), DbErr> {
    write(tx, event, Outcome::Refused).await
}

/// Notes that a principal lacked a right. An equal refusal within a minute is not written again, nor the sixty-first: a program that tries
/// a thousand times must not fill the trail. Of others than principals nothing is written: nobody is to be named, and a stranger must not
/// make the database grow.
pub async fn note_refusal(db: &Db, event: Event<'_>) -> Result<(), DbErr> {
    let Some(principal) = event.actor.principal() else { return Ok(()) };
    let read = db.read();
    let actor = match principal.kind {
        PrincipalKind::Service => Some(principal.subject.clone()),
        PrincipalKind::Person => subject::known(read, &principal.subject, &principal.name).await?,
    };
    if let Some(actor) = actor {
        let resource = match subject::is_person(event.resource) {
            true => subject::known(read, event.resource, "").await?.unwrap_or_default(),
            false => event.resource.to_owned(),
        };
        let text =
            "SELECT action, resource FROM audit_event WHERE actor = ? AND at > ? AND outcome = 'refused' LIMIT ?";
        let values = [actor.into(), (event.at - SAME_REFUSAL).into(), (MOST_REFUSALS as i64).into()];
        let refused = db::rows(read, text, values).await?;
        let is_same = |row: &sea_orm::QueryResult| {
            Ok::<_, DbErr>(
                row.try_get::<String>("", "action")? == event.action
                    && row.try_get::<String>("", "resource")? == resource,
            )
        };
        let same = refused.iter().map(is_same).collect::<Result<Vec<bool>, _>>()?;
        if same.len() >= MOST_REFUSALS || same.contains(&true) {
            return Ok(());
        }
    }
    let tx = db.begin().await?;
    append_refused(&tx, event).await?;
    tx.commit().await
}

async fn write(tx: &impl ConnectionTrait, event: Event<'_>, outcome: Outcome) -> Result<(), DbErr> {
    write_all(tx, vec![event], outcome).await
}

async fn write_all(tx: &impl ConnectionTrait, events: Vec<Event<'_>>, outcome: Outcome) -> Result<(), DbErr> {
    let mut events = events.into_iter();
    // In order, since PostgreSQL ends one of two transactions that lock the same rows in different orders.
    let people: BTreeSet<(&str, &str)> = events
        .as_slice()
        .iter()
        .filter_map(|event| event.actor.principal())
        .filter(|principal| principal.kind == PrincipalKind::Person)
        .map(|principal| (principal.subject.as_str(), principal.name.as_str()))
        .collect();
    let at = events.as_slice().first().map_or(0, |event| event.at);
    let mut pseudonyms = HashMap::new();
    for (subject, name) in people {
        pseudonyms.insert((subject, name), subject::pseudonym(tx, at, subject, name).await?);
    }
    loop {
        let mut values: Vec<sea_orm::Value> = Vec::new();
        let mut rows = 0;
        for event in events.by_ref().take(ROWS) {
            let (mut via, mut request, mut actor) = (String::new(), "", event.actor.subject().to_owned());
            if let Some(principal) = event.actor.principal() {
                (via, request) = (principal.via.to_string(), &principal.request);
                if let Some(pseudonym) = pseudonyms.get(&(principal.subject.as_str(), principal.name.as_str())) {
                    actor.clone_from(pseudonym);
                }
            }
            let resource = match subject::is_person(event.resource) {
                true => subject::pseudonym(tx, event.at, event.resource, "").await?,
                false => event.resource.to_owned(),
            };
            let detail = subject::without_people(tx, event.at, event.detail).await?;
            values.extend([
                event.at.into(),
                actor.into(),
                event.action.into(),
                resource.into(),
                detail.to_string().into(),
                via.into(),
                request.into(),
                outcome.word().into(),
            ]);
            rows += 1;
        }
        if rows == 0 {
            return Ok(());
        }
        let text = format!(
            "INSERT INTO audit_event (at, actor, action, resource, detail, via, request, outcome) VALUES {}",
            vec!["(?, ?, ?, ?, ?, ?, ?, ?)"; rows].join(", ")
        );
        db::execute(tx, &text, values).await?;
    }
}

//! What people and teams are told of journeys, through the inbox: once each, and taken back when it is no longer the case.

use std::collections::BTreeMap;

use journey::{Entry, Event, Journey, JourneyState, Millis};
use kit::server::inbox::{Message, Recipient, retract, send};
use sea_orm::{DatabaseTransaction, DbErr};

use super::service::{Waits, journey_href, step_href};
use super::view::{self, Wait};

/// A message that is to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    kind: &'static str,
    title: String,
    body: String,
    path: String,
    waits: bool,
}

/// Whom something is told, and under which key.
type Address = (String, String);

/// Sends what is new since a journey was otherwise, and takes back what is no longer the case.
pub async fn tell(
    tx: &DatabaseTransaction,
    now: Millis,
    before: Option<&Journey>,
    after: &Journey,
    entries: &[Entry],
) -> Result<(), DbErr> {
    let was = before.map(waiting).unwrap_or_default();
    let mut is = waiting(after);
    for address in was.keys().filter(|address| !is.contains_key(*address)) {
        retract(tx, recipient(&address.0), &address.1).await?;
    }
    is.retain(|address, _| !was.contains_key(address));
    for entry in entries {
        news(after, entry, &mut is);
    }
    // In the order of recipients and keys, as two transactions must have them.
    for ((to, key), told) in &is {
        let Told { kind, title, body, path, waits } = told;
        let to = recipient(to);
        send(tx, now, Message { to, kind, key, title, body, path, waits: *waits }).await?;
    }
    Ok(())
}

fn recipient(whom: &str) -> Recipient<'_> {
    if whom.starts_with("group:") { Recipient::Group(whom) } else { Recipient::Person(whom) }
}

/// What waits for whom at a journey as it stands. What somebody has taken waits for nobody else.
fn waiting(journey: &Journey) -> BTreeMap<Address, Told> {
    let free = view::waits(journey).into_iter().filter(|wait| wait.assignee.is_empty() || wait.assignee == wait.team);
    free.map(|wait| {
        let Wait { key, what, team, name, round, .. } = &wait;
        let (kind, title) = match what {
            Waits::Task => ("golden-paths.task", format!("A task waits: {name}")),
            Waits::Approval => ("golden-paths.approval", format!("A decision waits: {name}")),
            Waits::Form => ("golden-paths.form", format!("A form waits: {name}")),
            Waits::Exception => ("golden-paths.exception", format!("Somebody asks to leave out: {name}")),
            Waits::Undo => ("golden-paths.undo", format!("Something is to be undone: {name}")),
            Waits::Blocked => ("golden-paths.blocked", format!("A journey is blocked at: {name}")),
        };
        let body = match journey.step(key).filter(|step| !step.note.is_empty()) {
            Some(step) => format!("{}. {}", view::called(journey), step.note),
            None => view::called(journey),
        };
        let told = Told { kind, title, body, path: step_href(&journey.id, key), waits: true };
        ((team.clone(), format!("{}/{key}/{round}/{}", journey.id, what.name())), told)
    })
    .collect()
}

/// What is told of an event once, whatever follows.
fn news(journey: &Journey, entry: &Entry, into: &mut BTreeMap<Address, Told>) {
    let id = &journey.id;
    let actor = entry.actor.name();
    let step = entry.event.step().and_then(|key| journey.step(key));
    let name = step.map_or("", |step| step.definition.name.as_str());
    let mut put = |to: &str, what: &str, kind: &'static str, title: String, body: String| {
        // Nobody is told of what they did themselves.
        if to.is_empty() || to == actor {
            return;
        }
        let path = step.map_or_else(|| journey_href(id), |step| step_href(id, &step.key));
        let key = format!("{id}/{}/{what}", entry.seq);
        into.insert((to.to_owned(), key), Told { kind, title, body, path, waits: false });
    };
    match &entry.event {
        Event::Reminded { .. } => {
            let Some(step) = step else { return };
            for to in holders(step) {
                put(&to, "reminder", "golden-paths.due", format!("Due soon: {name}"), view::called(journey));
            }
        }
        Event::Overdue { to, .. } => {
            let Some(step) = step else { return };
            for team in holders(step) {
                put(&team, "overdue", "golden-paths.due", format!("Overdue: {name}"), view::called(journey));
            }
            let body = format!("{}. It was to be done by {}", view::called(journey), holders(step).join(" and "));
            put(to, "escalation", "golden-paths.escalation", format!("Overdue: {name}"), body);
        }
        Event::Declined { reason, back_to, .. } => {
            let what = if back_to.is_empty() { "Declined" } else { "Sent back" };
            let body = format!("{}. {reason}", view::called(journey));
            put(&journey.owner, "declined", "golden-paths.declined", format!("{what}: {name}"), body);
        }
        Event::ExceptionDeclined { reason, .. } => {
            let body = format!("{}. {reason}", view::called(journey));
            put(&journey.owner, "declined", "golden-paths.declined", format!("It is not left out: {name}"), body);
        }
        Event::Commented { text, mentions, .. } => {
            for to in mentions {
                let title = format!("You are mentioned: {}", view::called(journey));
                put(to, "mention", "golden-paths.mention", title, text.clone());
            }
        }
        Event::Delegated { to, .. } => {
            let title = format!("You decide in somebody’s place: {name}");
            put(to, "delegated", "golden-paths.mention", title, view::called(journey));
        }
        Event::Transferred { to } => {
            let title = format!("A journey is yours now: {}", view::called(journey));
            put(to, "transferred", "golden-paths.transferred", title, String::new());
        }
        Event::Became { state: JourneyState::Completed, .. } if journey.parent.is_none() => {
            let title = format!("Completed: {}", view::called(journey));
            put(&journey.owner, "completed", "golden-paths.completed", title, String::new());
        }
        Event::Cancelled { reason, .. } => {
            let title = format!("Cancelled: {}", view::called(journey));
            put(&journey.owner, "cancelled", "golden-paths.cancelled", title, reason.clone());
        }
        _ => {}
    }
}

/// Whoever has a step: whoever has taken it, else its teams.
fn holders(step: &journey::Step) -> Vec<String> {
    if !step.assignee.is_empty() {
        return vec![step.assignee.clone()];
    }
    if step.team.is_empty() { step.candidates() } else { step.team.clone() }
}

//! What happened to a journey, in sentences.

use journey::{Actor, Entry, Event, Journey, JourneyState, Kind, Millis, Outcome};
use kit::components::HistoryEntry;
use kit::when::When;

use super::parts::{Titles, actor_name, name_of, names_of, step_name};

/// What happened, for whoever reads it; nothing for what only the portal needs to know.
pub(super) fn told(entry: &Entry, journey: &Journey, titles: &Titles, now: Millis) -> Option<HistoryEntry> {
    let Told { what, said, matters } = sentence(entry, journey, titles)?;
    let who = actor_name(titles, &entry.actor);
    // Whatever nobody did is a sentence of its own.
    let what = if who.is_empty() { capital(&what) } else { what };
    Some(HistoryEntry { number: entry.seq, when: When::new(entry.at, now), who, what, said, matters })
}

/// Everybody whom these events name, for their names to be found.
pub(super) fn people(entries: &[Entry]) -> Vec<String> {
    let mut people = Vec::new();
    for entry in entries {
        if let Actor::Person(who) = &entry.actor {
            people.push(who.clone());
        }
        match &entry.event {
            Event::Drafted { owner: who, .. }
            | Event::HandedOver { to: who, .. }
            | Event::Delegated { to: who, .. }
            | Event::Transferred { to: who }
            | Event::Overdue { to: who, .. }
            | Event::Approved { instead_of: who, .. } => people.push(who.clone()),
            _ => {}
        }
    }
    people.retain(|who| !who.is_empty());
    people.sort();
    people.dedup();
    people
}

struct Told {
    what: String,
    said: String,
    matters: bool,
}

fn told_so(what: String) -> Option<Told> {
    Some(Told { what, said: String::new(), matters: false })
}

fn mattering(what: String) -> Option<Told> {
    Some(Told { what, said: String::new(), matters: true })
}

fn with(what: String, said: &str, matters: bool) -> Option<Told> {
    Some(Told { what, said: said.trim().to_owned(), matters })
}

fn sentence(entry: &Entry, journey: &Journey, titles: &Titles) -> Option<Told> {
    let by_person = matches!(entry.actor, Actor::Person(_));
    let step = |key: &str| match journey.step(key) {
        Some(step) => step_name(step),
        None => key.to_owned(),
    };
    let undo = |key: &str| {
        let found = journey.undo.iter().find(|undo| undo.key == key);
        found.map_or_else(|| key.to_owned(), |undo| undo.name.clone())
    };
    match &entry.event {
        Event::Drafted { owner, over, .. } => {
            let mut what = "opened this journey".to_owned();
            if *owner != journey.starter {
                what += &format!(" for {}", name_of(titles, owner));
            }
            if !over.is_empty() {
                what += " in place of an earlier one";
            }
            told_so(what + ".")
        }
        Event::Started { pin, .. } => mattering(format!("started it with version {}.", pin.number)),
        Event::Became { state: JourneyState::Completed, .. } => mattering("the journey is completed.".into()),
        Event::Became { state: JourneyState::Blocked, .. } => {
            mattering("the journey is blocked until somebody decides.".into())
        }
        Event::Became { .. } | Event::Ready { .. } | Event::RunBegun { .. } | Event::RunStopped { .. } => None,
        Event::Expanded { step: key, items } => told_so(format!("{} is done {} times over.", step(key), items.len())),
        Event::Broken { step: key, why } => with(format!("{} cannot be worked out.", step(key)), why, true),
        Event::Opened { step: key, .. } => {
            let waits = journey.step(key)?;
            told_so(match &waits.definition.kind {
                Kind::Template { .. } | Kind::Path { .. } => format!("{} asks for its form.", step(key)),
                Kind::Wait(_) => format!("{} waits.", step(key)),
                Kind::Task(_) | Kind::Approval(_) => {
                    let groups = match &waits.definition.kind {
                        Kind::Task(task) if !task.groups.is_empty() => task.groups.clone(),
                        Kind::Approval(approval) if !approval.groups.is_empty() => approval.groups.clone(),
                        _ => vec![waits.definition.owner.clone()],
                    };
                    format!("{} came to {}.", step(key), names_of(titles, &groups, "or"))
                }
            })
        }
        Event::Begun { step: key, .. } => told_so(if by_person {
            format!("filled in the form of {}.", step(key))
        } else {
            format!("{} began.", step(key))
        }),
        Event::RunRefused { step: key, why, .. } => with(format!("{} did not begin.", step(key)), why, true),
        Event::RunEnded { step: key, outcome, .. } => match outcome {
            Outcome::Completed(_) => mattering(format!("{} is done.", step(key))),
            Outcome::Failed(why) => with(format!("{} failed.", step(key)), why, true),
            Outcome::Unknown(why) => with(format!("nobody can tell what became of {}.", step(key)), why, true),
            Outcome::Resumed => told_so(format!("{} goes on.", step(key))),
        },
        Event::Probed { step: key, good: true, .. } => {
            mattering(format!("{}: the address answered as it should.", step(key)))
        }
        Event::Probed { .. } => None,
        Event::TimeCame { step: key } => told_so(format!("the time of {} has come.", step(key))),
        Event::Signalled { step: key, .. } => mattering(format!("{} was called.", step(key))),
        Event::TimedOut { step: key } => mattering(format!("{}: what was waited for did not come in time.", step(key))),
        Event::Reminded { step: key } => told_so(format!("whoever has {} was reminded.", step(key))),
        Event::Overdue { step: key, to } if to.is_empty() => mattering(format!("{} is overdue.", step(key))),
        Event::Overdue { step: key, to } => {
            mattering(format!("{} is overdue; {} was told.", step(key), name_of(titles, to)))
        }
        Event::Claimed { step: key } => told_so(format!("took {}.", step(key))),
        Event::Released { step: key } => told_so(format!("put {} back.", step(key))),
        Event::HandedOver { step: key, to, reason } => {
            with(format!("handed {} over to {}.", step(key), name_of(titles, to)), reason, true)
        }
        Event::Delegated { step: key, to } if to.is_empty() => told_so(format!("decides on {} again.", step(key))),
        Event::Delegated { step: key, to } => {
            told_so(format!("asked {} to decide on {} in their place.", name_of(titles, to), step(key)))
        }
        Event::Done { step: key, .. } => mattering(format!("finished {}.", step(key))),
        Event::Approved { step: key, comment, instead_of } if instead_of.is_empty() => {
            with(format!("agreed to {}.", step(key)), comment, true)
        }
        Event::Approved { step: key, comment, instead_of } => {
            with(format!("agreed to {} in place of {}.", step(key), name_of(titles, instead_of)), comment, true)
        }
        // The last agreement says it already.
        Event::Agreed { .. } if by_person => None,
        Event::Agreed { step: key } => told_so(format!("{} has the agreement that it needs.", step(key))),
        Event::Declined { step: key, reason, back_to } if back_to.is_empty() => {
            with(format!("declined {}.", step(key)), reason, true)
        }
        Event::Declined { step: key, reason, back_to } => {
            let back = journey.steps.iter().find(|step| step.definition.id == *back_to);
            let back = back.map_or_else(|| back_to.clone(), |step| step.definition.name.clone());
            with(format!("declined {} and sent the journey back to {back}.", step(key)), reason, true)
        }
        Event::Skipped { step: key, reason } if by_person => with(format!("skipped {}.", step(key)), reason, true),
        Event::Skipped { step: key, reason } => with(format!("{} is left out.", step(key)), reason, false),
        Event::Attested { step: key, reason, .. } => {
            with(format!("answers for {}: it was done elsewhere.", step(key)), reason, true)
        }
        Event::ExceptionAsked { step: key, attest: true, reason, .. } => {
            with(format!("asked that {} be taken as done elsewhere.", step(key)), reason, true)
        }
        Event::ExceptionAsked { step: key, reason, .. } => {
            with(format!("asked that {} be skipped.", step(key)), reason, true)
        }
        Event::ExceptionDeclined { step: key, reason } => {
            with(format!("decided that {} is not left out.", step(key)), reason, true)
        }
        Event::Retried { step: key, resume } => {
            told_so(format!("had {} {}.", step(key), if *resume { "go on where it failed" } else { "tried again" }))
        }
        Event::Commented { step: key, text, .. } if key.is_empty() => with("said:".into(), text, false),
        Event::Commented { step: key, text, .. } => with(format!("said about {}:", step(key)), text, false),
        Event::EvidenceAdded { step: key, evidence } => {
            told_so(format!("attached {} to {}.", evidence.name, step(key)))
        }
        Event::Upgraded { pin: Some(pin), parameters, .. } if !parameters.is_empty() => {
            let names: Vec<&str> = parameters.keys().map(String::as_str).collect();
            mattering(format!("moved the journey to version {} and filled in {}.", pin.number, names.join(", ")))
        }
        Event::Upgraded { pin: Some(pin), .. } => mattering(format!("moved the journey to version {}.", pin.number)),
        Event::Upgraded { .. } => mattering("took newer versions for the steps to come.".into()),
        Event::Transferred { to } => mattering(format!("gave the journey to {}.", name_of(titles, to))),
        Event::Cancelled { reason, .. } => with("cancelled the journey.".into(), reason, true),
        Event::UndoAdded { .. } => None,
        Event::UndoBegun { key, run } if run.is_empty() => told_so(format!("{} began.", undo(key))),
        Event::UndoBegun { .. } => None,
        Event::Undone { key, note } if by_person => with(format!("says that this is done: {}.", undo(key)), note, true),
        Event::Undone { key, note } => with(format!("{} is done.", undo(key)), note, true),
        Event::UndoFailed { key, why } => with(format!("{} could not be done.", undo(key)), why, true),
        Event::UndoRetried { key } => told_so(format!("had this tried again: {}.", undo(key))),
        Event::GivenUp { reason } => with("gave the journey up.".into(), reason, true),
        Event::StartedOver { .. } => mattering("started over with a new journey.".into()),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_of(actor: Actor, event: Event) -> Option<(String, String, String)> {
        let titles = Titles::from([("user:default/jane".to_owned(), "Jane".to_owned())]);
        let entry = Entry { seq: 3, at: 0, actor, event };
        told(&entry, &Journey::new("j"), &titles, 0).map(|entry| (entry.who, entry.what, entry.said))
    }

    #[test]
    fn what_people_do_begins_with_them_and_what_the_portal_does_is_a_sentence() {
        let jane = || Actor::Person("user:default/jane".into());
        let text =
            |told: Option<(String, String, String)>| told.map(|(who, what, said)| format!("{who}|{what}|{said}"));
        assert_eq!(
            text(told_of(jane(), Event::Claimed { step: "review".into() })).as_deref(),
            Some("Jane|took review.|")
        );
        let why = Outcome::Failed("No room".into());
        let failed = Event::RunEnded { step: "review".into(), run: "r".into(), outcome: why };
        assert_eq!(text(told_of(Actor::Portal, failed)).as_deref(), Some("|Review failed.|No room"));
        assert_eq!(told_of(Actor::Portal, Event::Ready { step: "review".into() }), None);
        let declined = Event::Declined { step: "gate".into(), reason: " Too early ".into(), back_to: "review".into() };
        assert_eq!(
            text(told_of(jane(), declined)).as_deref(),
            Some("Jane|declined gate and sent the journey back to review.|Too early")
        );
    }
}

//! What is read off a journey: who has a part in it, what waits for whom, what is next.

use std::collections::BTreeSet;

use journey::{Journey, JourneyState, Kind, Millis, Step, StepState, UndoKind, UndoState, WaitFor};

use super::service::Waits;

/// What is due comes before all that is not, which is told by since when it waits.
const FAR: Millis = 1 << 50;

/// Something that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wait {
    /// The step, or what is undone.
    pub key: String,
    /// What it is.
    pub what: Waits,
    /// For whom: a group or a person.
    pub team: String,
    /// What people call it.
    pub name: String,
    /// Who has taken it; may be empty.
    pub assignee: String,
    /// Since when.
    pub since: Millis,
    /// When it is due.
    pub due_at: Option<Millis>,
    /// Which time.
    pub round: u32,
}

impl Wait {
    /// Where it stands in a queue.
    pub fn order_at(&self) -> Millis {
        self.due_at.unwrap_or(FAR + self.since)
    }
}

/// Everything that waits for somebody, in the order of the journey's steps.
pub fn waits(journey: &Journey) -> Vec<Wait> {
    let mut found = Vec::new();
    if journey.state == JourneyState::Cancelled {
        for undo in &journey.undo {
            let (what, team) = match (&undo.kind, undo.state) {
                (UndoKind::Task { group, .. }, UndoState::Running) => (Waits::Undo, group.as_str()),
                (_, UndoState::Failed) => (Waits::Undo, ""),
                _ => continue,
            };
            let team = if team.is_empty() { &journey.owner } else { team };
            found.push(Wait {
                key: undo.key.clone(),
                what,
                team: team.to_owned(),
                name: undo.name.clone(),
                assignee: String::new(),
                since: journey.ended_at.unwrap_or_default(),
                due_at: None,
                round: undo.round,
            });
        }
    }
    if journey.state.is_over() || journey.state == JourneyState::Draft {
        return found;
    }
    for step in &journey.steps {
        let mut push = |what: Waits, teams: Vec<String>| {
            let teams: BTreeSet<String> = teams.into_iter().filter(|team| !team.is_empty()).collect();
            found.extend(teams.into_iter().map(|team| Wait {
                key: step.key.clone(),
                what,
                team,
                name: step.definition.name.clone(),
                assignee: step.assignee.clone(),
                since: step.since,
                due_at: step.due_at,
                round: step.round,
            }));
        };
        if let Some(exception) = &step.exception {
            let rule = if exception.attest { &step.definition.attest } else { &step.definition.skip };
            push(Waits::Exception, rule.iter().map(|rule| rule.approval.clone()).collect());
        }
        match (step.state, &step.definition.kind) {
            (StepState::Waiting, Kind::Task(_)) => push(Waits::Task, step.team.clone()),
            (StepState::Waiting, Kind::Approval(_)) => {
                let delegates = step.delegates.values().cloned();
                push(Waits::Approval, step.team.iter().cloned().chain(delegates).collect());
            }
            (StepState::Waiting, Kind::Template { .. } | Kind::Path { .. }) => {
                // The form is the journey's, until somebody has given it to others.
                let handed = if step.team == step.candidates() { Vec::new() } else { step.team.clone() };
                push(Waits::Form, if handed.is_empty() { vec![journey.owner.clone()] } else { handed });
            }
            (StepState::Failed | StepState::Missing, _) => push(Waits::Blocked, blocked_by(journey, step)),
            _ if step.unknown => push(Waits::Blocked, blocked_by(journey, step)),
            _ => {}
        }
    }
    found
}

fn blocked_by(journey: &Journey, step: &Step) -> Vec<String> {
    vec![journey.owner.clone(), step.definition.owner.clone()]
}

/// Everybody who has a part in a journey.
pub fn parties(journey: &Journey) -> BTreeSet<String> {
    let mut parties: BTreeSet<String> = BTreeSet::from([journey.owner.clone(), journey.starter.clone()]);
    for step in &journey.steps {
        parties.insert(step.definition.owner.clone());
        parties.insert(step.assignee.clone());
        parties.extend(step.candidates());
        parties.extend(step.team.iter().cloned());
        parties.extend(step.delegates.values().cloned());
        parties.extend(step.definition.sla.iter().map(|sla| sla.escalate.clone()));
        let rules = [&step.definition.skip, &step.definition.attest].into_iter().flatten();
        parties.extend(rules.map(|rule| rule.approval.clone()));
        for undo in &step.definition.undo {
            if let UndoKind::Task { group, .. } = &undo.kind {
                parties.insert(group.clone());
            }
        }
    }
    parties.remove("");
    parties
}

/// Fields of a path's form that say what a journey is about, by their usual names.
const SUBJECTS: [&str; 6] = ["name", "service", "component", "componentId", "project", "repository"];

/// The longest that is said of it, in characters.
const SUBJECT: usize = 60;

/// What people call a journey: its path, and what it is about where its form says that.
pub fn called(journey: &Journey) -> String {
    let subject = SUBJECTS.iter().find_map(|name| journey.parameters.get(*name)?.as_str());
    match subject.map(str::trim).filter(|subject| !subject.is_empty()) {
        Some(subject) => format!("{}: {}", journey.title, subject.chars().take(SUBJECT).collect::<String>()),
        None => journey.title.clone(),
    }
}

/// What is next, in a sentence, and who has the ball.
pub fn next(journey: &Journey, waits: &[Wait]) -> (String, Vec<String>) {
    match journey.state {
        JourneyState::Draft => return ("Fill in the form and start".into(), vec![journey.owner.clone()]),
        state if state.is_over() => {
            if let Some(first) = waits.first() {
                return (format!("Undo: {}", first.name), whose(waits, &first.key));
            }
            let undoing = journey.undo.iter().find(|undo| undo.state == UndoState::Running);
            return (undoing.map(|undo| format!("Undoing: {}", undo.name)).unwrap_or_default(), Vec::new());
        }
        _ => {}
    }
    let first = waits.iter().min_by_key(|wait| wait.what != Waits::Blocked);
    if let Some(first) = first {
        let name = &first.name;
        let what = match first.what {
            Waits::Task => name.clone(),
            Waits::Approval => format!("Decide: {name}"),
            Waits::Form => format!("Fill in: {name}"),
            Waits::Exception => format!("Decide whether it is left out: {name}"),
            Waits::Undo => format!("Undo: {name}"),
            Waits::Blocked => format!("Blocked at: {name}"),
        };
        return (what, whose(waits, &first.key));
    }
    let names = |state: StepState| {
        let steps = journey.steps.iter().filter(|step| step.state == state);
        steps.map(|step| step.definition.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let running = names(StepState::Running);
    if !running.is_empty() {
        return (format!("Under way: {running}"), Vec::new());
    }
    let waiting = journey.steps.iter().find(|step| step.state == StepState::Waiting);
    let what = waiting.map(|step| match &step.definition.kind {
        Kind::Wait(wait) => match wait.until {
            WaitFor::Webhook => format!("Waits for a signal: {}", step.definition.name),
            WaitFor::Probe { .. } => format!("Waits for an answer: {}", step.definition.name),
            WaitFor::Time(_) | WaitFor::Moment(_) => format!("Waits for its time: {}", step.definition.name),
        },
        _ => step.definition.name.clone(),
    });
    (what.unwrap_or_default(), Vec::new())
}

fn whose(waits: &[Wait], key: &str) -> Vec<String> {
    let of = waits.iter().filter(|wait| wait.key == key);
    let mut whose: Vec<String> =
        of.map(|wait| if wait.assignee.is_empty() { wait.team.clone() } else { wait.assignee.clone() }).collect();
    whose.sort();
    whose.dedup();
    whose
}

/// Whether nothing more comes of a journey: it is over, and what undoes it is done as far as it can be.
pub fn is_settled(journey: &Journey) -> bool {
    let undoing = journey.undo.iter().any(|undo| matches!(undo.state, UndoState::Pending | UndoState::Running));
    journey.is_still() && journey.stopping.is_empty() && !undoing
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_journey_is_called_after_what_it_is_about() {
        let mut journey = Journey { title: "Retire a service".into(), ..Journey::default() };
        assert_eq!(called(&journey), "Retire a service");
        journey.parameters.insert("service".into(), json!(" ledger "));
        journey.parameters.insert("reason".into(), json!("old"));
        assert_eq!(called(&journey), "Retire a service: ledger");
        journey.parameters.insert("name".into(), json!({"no": "text"}));
        assert_eq!(called(&journey), "Retire a service: ledger");
    }
}

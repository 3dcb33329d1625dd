use std::collections::BTreeMap;

use journey::{Actor, Evidence, Journey, JourneyState, Kind, Millis, Step, StepDefinition, StepState, WaitFor, words};
use kit::components::{Badge, Due, EvidenceList, Shown, State, Stop, Tone};
use kit::query::segment;
use kit::when::When;
use leptos::prelude::*;

/// How near a due date is before it stands out: a day.
const NEAR: Millis = 24 * 3_600_000;

/// What people call everybody on a page, by canonical ref.
pub(super) type Titles = BTreeMap<String, String>;

/// What people call somebody: the name in the catalog, or the last part of the ref.
pub(super) fn name_of(titles: &Titles, who: &str) -> String {
    match titles.get(who).filter(|title| !title.is_empty()) {
        Some(title) => title.clone(),
        None if who.is_empty() => "Nobody".into(),
        None => who.rsplit_once('/').map_or(who, |(_, name)| name).to_owned(),
    }
}

/// A text with everybody in it called as people call them.
pub(super) fn named(titles: &Titles, text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let who = word.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | '.'));
        match titles.get(who).filter(|_| who.contains(':')) {
            Some(title) => said.push_str(&format!("{title}{}", &word[who.len()..])),
            None => said.push_str(word),
        }
    }
    said
}

/// Several of them: `A`, `A or B`, `A, B or C`.
pub(super) fn names_of(titles: &Titles, whom: &[String], joined: &str) -> String {
    let names: Vec<String> = whom.iter().map(|who| name_of(titles, who)).collect();
    match names.as_slice() {
        [] => "nobody".into(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {joined} {last}", first.join(", ")),
    }
}

/// The page of a person or a group in the catalog.
pub(super) fn entity_href(entity_ref: &str) -> String {
    let (kind, rest) = entity_ref.split_once(':').unwrap_or(("group", entity_ref));
    let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
    format!("/catalog/{}/{}/{}", segment(namespace), segment(kind), segment(name))
}

/// Somebody by name, leading to their page where the catalog has one.
pub(super) fn who_link(titles: &Titles, who: &str) -> AnyView {
    if who.is_empty() {
        return view! { <span class="pk-quiet">"–"</span> }.into_any();
    }
    let (name, title) = (name_of(titles, who), who.to_owned());
    if titles.contains_key(who) {
        view! { <a href=entity_href(who) title=title>{name}</a> }.into_any()
    } else {
        view! { <span title=title>{name}</span> }.into_any()
    }
}

/// Who did something, for a sentence; empty for the portal itself.
pub(super) fn actor_name(titles: &Titles, actor: &Actor) -> String {
    match actor {
        Actor::Person(subject) => name_of(titles, subject),
        Actor::Portal | Actor::Signal => String::new(),
    }
}

/// How a journey stands, in a shape and a word.
#[component]
pub(super) fn JourneyBadge(state: JourneyState) -> impl IntoView {
    let tone = match state {
        JourneyState::Completed => Tone::Fine,
        JourneyState::Blocked => Tone::Attention,
        JourneyState::Running | JourneyState::Waiting => Tone::Waiting,
        JourneyState::Failed => Tone::Wrong,
        JourneyState::Draft | JourneyState::Cancelled => Tone::Neutral,
    };
    view! { <Badge text=state.label() tone=tone/> }
}

/// When something is due; nothing where it never is.
#[component]
pub(super) fn DueBadge(due: Option<Millis>, now: Millis) -> impl IntoView {
    due.map(|due| {
        let (overdue, near) = (due <= now, due - now < NEAR);
        view! { <Due when=When::new(due, now) overdue=overdue near=near/> }
    })
}

/// What there is to show.
#[component]
pub(super) fn Evidences(label: String, items: Vec<Evidence>) -> impl IntoView {
    let items: Vec<Shown> = items.into_iter().map(|Evidence { name, href }| Shown { name, href }).collect();
    (!items.is_empty()).then(|| view! { <EvidenceList label=label items=items/> })
}

/// What a step is, in a word.
pub(super) fn kind_word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Template { .. } => "Done by the portal",
        Kind::Task(_) => "Task",
        Kind::Approval(_) => "Approval",
        Kind::Wait(_) => "Wait",
        Kind::Path { .. } => "Golden path",
    }
}

/// What a path says of a step beyond its name and owner, each in a few words.
pub(super) fn terms(step: &StepDefinition, titles: &Titles) -> Vec<String> {
    let mut said = Vec::new();
    match &step.kind {
        Kind::Approval(approval) => {
            said.push(match approval.quorum {
                1 => "one agrees".to_owned(),
                quorum => format!("{quorum} agree"),
            });
        }
        Kind::Task(task) if task.evidence => said.push("with evidence".into()),
        Kind::Wait(wait) => said.push(match &wait.until {
            WaitFor::Time(length) => words(*length),
            WaitFor::Moment(moment) if moment.contains("${{") => "until a time that is worked out".into(),
            WaitFor::Moment(moment) => format!("until {moment}"),
            WaitFor::Probe { .. } => "until an address answers".into(),
            WaitFor::Webhook => "until it is called".into(),
        }),
        _ => {}
    }
    if step.r#if.is_some() {
        said.push("only on a condition".into());
    }
    if step.each.is_some() {
        said.push("once for each of several".into());
    }
    if let Some(sla) = &step.sla {
        said.push(format!("due within {}", words(sla.due)));
    }
    match &step.skip {
        Some(rule) if !rule.approval.is_empty() => {
            said.push(format!("skipped if {} agrees", name_of(titles, &rule.approval)));
        }
        Some(_) => said.push("may be skipped".into()),
        None => {}
    }
    said
}

/// Whose a station is: those who act, and the team that answers for it where that is another.
pub(super) fn whose(step: &StepDefinition, titles: &Titles) -> String {
    let groups = match &step.kind {
        Kind::Task(task) => task.groups.as_slice(),
        Kind::Approval(approval) => approval.groups.as_slice(),
        _ => &[],
    };
    if groups.is_empty() { name_of(titles, &step.owner) } else { names_of(titles, groups, "or") }
}

/// A path as a line of stations that nobody travels: `facts` are said behind what the path itself says of a step.
pub(super) fn plan(steps: &[StepDefinition], titles: &Titles, facts: impl Fn(&str) -> Vec<String>) -> Vec<Stop> {
    let place = |id: &String| steps.iter().position(|step| step.id == *id);
    steps
        .iter()
        .map(|step| Stop {
            id: step.id.clone(),
            name: step.name.clone(),
            kind: kind_word(&step.kind).into(),
            owner: whose(step, titles),
            facts: terms(step, titles).into_iter().chain(facts(&step.id)).collect(),
            after: step.needs.iter().filter_map(place).collect(),
            ..Stop::default()
        })
        .collect()
}

/// A journey as a line of stations; `shown` is the key of the one that the page shows.
pub(super) fn way(
    journey: &Journey,
    titles: &Titles,
    shown: &str,
    href: impl Fn(&str) -> String,
    now: Millis,
) -> Vec<Stop> {
    let steps = &journey.steps;
    let places = |id: &String| {
        let id = id.clone();
        steps.iter().enumerate().filter(move |(_, step)| step.definition.id == id).map(|(place, _)| place)
    };
    steps
        .iter()
        .map(|step| {
            let (state, word) = stands(journey, step, titles, now);
            let mut facts = Vec::new();
            if let (Some(from), Some(to)) = (step.reached_at, step.ended_at)
                && matches!(step.state, StepState::Completed)
            {
                facts.push(format!("took {}", words(to - from)));
            }
            if step.state == StepState::Pending && !journey.state.is_over() {
                facts.extend(terms(&step.definition, titles));
            }
            if step.state.is_open()
                && !journey.state.is_over()
                && let Some(due) = step.due_at
            {
                let when = When::new(due, now).relative;
                facts.push(if due <= now { format!("overdue, was due {when}") } else { format!("due {when}") });
            }
            Stop {
                id: step.key.clone(),
                name: step_name(step),
                href: href(&step.key),
                state: Some(state),
                word,
                kind: String::new(),
                owner: whose(&step.definition, titles),
                facts,
                after: step.definition.needs.iter().flat_map(places).collect(),
                shown: step.key == shown,
            }
        })
        .collect()
}

/// What people call a step, with what it is repeated for.
pub(super) fn step_name(step: &Step) -> String {
    match &step.each {
        Some((_, serde_json::Value::String(each))) => format!("{} · {each}", step.definition.name),
        Some((key, _)) => format!("{} · {key}", step.definition.name),
        None => step.definition.name.clone(),
    }
}

/// How a step stands: its mark, and a word or two of its own.
pub(super) fn stands(journey: &Journey, step: &Step, titles: &Titles, now: Millis) -> (State, String) {
    let over = journey.state.is_over();
    if over && step.state.is_open() {
        return (State::Ahead, "Stopped".into());
    }
    match step.state {
        StepState::Pending if over => (State::Ahead, "Not reached".into()),
        StepState::Pending => (State::Ahead, "Not yet".into()),
        StepState::Ready => (State::Here, "About to begin".into()),
        StepState::Running if step.unknown => (State::Failed, "Nobody can tell what became of it".into()),
        StepState::Running => (State::Here, "The portal is at it".into()),
        StepState::Waiting => (State::Waiting, waits(step, titles, now)),
        StepState::Completed => (State::Done, "Done".into()),
        StepState::Attested => (State::Done, "Done elsewhere".into()),
        StepState::Skipped => (State::Skipped, "Skipped".into()),
        StepState::Failed => (State::Failed, "Failed".into()),
        StepState::Missing => (State::Failed, "What it runs is missing".into()),
    }
}

/// For what a step waits.
fn waits(step: &Step, titles: &Titles, now: Millis) -> String {
    if let Some(exception) = &step.exception {
        let rule = if exception.attest { &step.definition.attest } else { &step.definition.skip };
        let who = rule.as_ref().map(|rule| rule.approval.clone()).unwrap_or_default();
        return format!("{} decides whether it is left out", name_of(titles, &who));
    }
    let whom = holder(step, titles);
    match &step.definition.kind {
        Kind::Template { .. } | Kind::Path { .. } => "Its form is to be filled in".into(),
        Kind::Task(_) => format!("With {whom}"),
        Kind::Approval(approval) if approval.quorum > 1 => {
            format!("{} of {} agree; with {whom}", step.votes.len(), approval.quorum)
        }
        Kind::Approval(_) => format!("With {whom}"),
        Kind::Wait(wait) => match (&wait.until, step.wake_at) {
            (WaitFor::Webhook, _) => "Waits until it is called".into(),
            (WaitFor::Probe { .. }, Some(at)) => format!("Asks again {}", When::new(at, now).relative),
            (_, Some(at)) => format!("Goes on {}", When::new(at, now).relative),
            (_, None) => "Waits".into(),
        },
    }
}

/// Who has a step: whoever took it, or the team.
pub(super) fn holder(step: &Step, titles: &Titles) -> String {
    if !step.assignee.is_empty() {
        return name_of(titles, &step.assignee);
    }
    names_of(titles, &step.team, "or")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_named_as_colleagues_name_them() {
        let titles = Titles::from([("group:default/a".to_owned(), "Team A".to_owned())]);
        let whom = ["group:default/a", "user:default/jane", "user:default/o"].map(str::to_owned);
        assert_eq!(names_of(&titles, &whom, "or"), "Team A, jane or o");
        assert_eq!(names_of(&titles, &whom[..1], "or"), "Team A");
        assert_eq!(names_of(&titles, &[], "or"), "nobody");
        assert_eq!(entity_href("user:default/jane"), "/catalog/default/user/jane");
        assert_eq!(named(&titles, "Sent back by group:default/a: no"), "Sent back by Team A: no");
    }
}

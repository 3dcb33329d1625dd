//! What several pages draw.

use std::collections::BTreeMap;

use kit::components::{Badge, Due, State as Mark, Station, Tone};
use kit::query::segment;
use kit::server::clock::Millis;
use kit::when::When;
use leptos::prelude::*;
use review::{Change, Contribution, Outcome, REPOSITORY, Stage, State};

/// What people call groups and people, by canonical ref.
pub(super) type Titles = BTreeMap<String, String>;

/// What is due sooner is worth a thought today: two days.
const NEAR: Millis = 2 * 24 * 60 * 60 * 1000;

/// The longest text of a change that is shown, in characters.
const SHOWN: usize = 600;

/// Somebody by the name that colleagues use.
pub(super) fn name_of(titles: &Titles, who: &str) -> String {
    match titles.get(who) {
        Some(title) => title.clone(),
        None if who.is_empty() => "Nobody".into(),
        None if who == "portal" => "The portal".into(),
        None if who == REPOSITORY => "The repository".into(),
        None => who.rsplit_once('/').map_or(who, |(_, name)| name).to_owned(),
    }
}

/// Several of them: `A`, `A or B`, `A, B or C`.
pub(super) fn names_of(titles: &Titles, whom: &[String]) -> String {
    let names: Vec<String> = whom.iter().map(|who| name_of(titles, who)).collect();
    match names.as_slice() {
        [] => "nobody".into(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The page of an entity in the catalog.
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

/// How a contribution stands, in a shape and a word.
#[component]
pub(super) fn StateBadge(state: State) -> impl IntoView {
    let tone = match state {
        State::Live => Tone::Fine,
        State::InReview | State::Appealed => Tone::Waiting,
        State::Rejected => Tone::Wrong,
        State::Open | State::Withdrawn | State::Merged => Tone::Neutral,
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

/// The stages as stations: what is behind, where it is, what is to come.
pub(super) fn stations(
    contribution: &Contribution,
    titles: &Titles,
    groups: impl Fn(Stage) -> Vec<String>,
) -> Vec<Station> {
    Stage::ALL
        .into_iter()
        .map(|stage| {
            let (state, note) = station(contribution, titles, stage, &groups(stage));
            Station::new(stage.label(), state, note)
        })
        .collect()
}

fn station(contribution: &Contribution, titles: &Titles, stage: Stage, groups: &[String]) -> (Mark, String) {
    let now_at = contribution.stage;
    if stage < now_at || (stage == now_at && contribution.state == State::Live) {
        let by = contribution.last_to(stage).and_then(|last| last.decision.as_ref());
        return (Mark::Done, by.map(|by| name_of(titles, &by.by)).unwrap_or_default());
    }
    if stage > now_at {
        let mark = if contribution.state.is_over() { Mark::Skipped } else { Mark::Ahead };
        let note = if groups.is_empty() { String::new() } else { names_of(titles, groups) };
        return (mark, note);
    }
    match contribution.state {
        State::Open => (Mark::Here, "With its contributors".into()),
        State::InReview if groups.is_empty() => (Mark::Waiting, "The portal looks".into()),
        State::InReview => (Mark::Waiting, format!("With {}", names_of(titles, groups))),
        State::Appealed => (Mark::Waiting, "Appealed".into()),
        State::Rejected => (Mark::Failed, "Rejected".into()),
        State::Withdrawn | State::Merged => (Mark::Skipped, contribution.state.label().into()),
        State::Live => (Mark::Done, String::new()),
    }
}

/// What a submission came to.
#[component]
pub(super) fn OutcomeBadge(outcome: Option<Outcome>) -> impl IntoView {
    match outcome {
        None => view! { <Badge text="In review" tone=Tone::Waiting/> },
        Some(outcome) => {
            let tone = match outcome {
                Outcome::Accepted => Tone::Fine,
                Outcome::SentBack => Tone::Attention,
                Outcome::Rejected => Tone::Wrong,
                Outcome::Dropped => Tone::Neutral,
            };
            view! { <Badge text=outcome.label() tone=tone/> }
        }
    }
}

/// What is otherwise than before, each on a line.
#[component]
pub(super) fn Changes(changes: Vec<Change>) -> impl IntoView {
    let short = |text: &str| {
        let mut shown: String = text.chars().take(SHOWN).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        shown
    };
    let items: Vec<_> = changes
        .iter()
        .map(|change| {
            let (before, after) = (short(&change.before), short(&change.after));
            let said = match (before.is_empty(), after.is_empty()) {
                (true, _) => view! { <ins class="pk-wrap">{after}</ins> }.into_any(),
                (_, true) => view! { <del class="pk-wrap">{before}</del> }.into_any(),
                _ => view! { <del class="pk-wrap">{before}</del> " " <ins class="pk-wrap">{after}</ins> }.into_any(),
            };
            view! { <li>{change.what.clone()} ": " {said}</li> }
        })
        .collect();
    (!items.is_empty()).then(|| view! { <ul class="pk-list">{items}</ul> })
}

/// A length of time in a word or two.
pub(super) fn length(took: Millis) -> String {
    const UNITS: [(Millis, &str); 3] = [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute")];
    for (of, unit) in UNITS {
        let count = took / of;
        if count > 0 {
            return format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
        }
    }
    "less than a minute".into()
}

/// Where the pages of contributions are found, above the heading.
pub(super) fn trail() -> Vec<(String, String)> {
    vec![("Contribute".to_owned(), "/contribute".to_owned())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_times_are_named_as_colleagues_name_them() {
        let titles = Titles::from([("group:default/a".to_owned(), "Team A".to_owned())]);
        let whom = ["group:default/a", "user:default/jane"].map(str::to_owned);
        assert_eq!(names_of(&titles, &whom), "Team A or jane");
        assert_eq!(entity_href("component:default/rota"), "/catalog/default/component/rota");
        assert_eq!(
            [90_000, 3_600_000, 200_000_000, 5].map(length),
            ["1 minute", "1 hour", "2 days", "less than a minute"]
        );
    }
}

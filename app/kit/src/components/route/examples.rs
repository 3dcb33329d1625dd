use leptos::prelude::*;

use super::{Route, Stop};
use crate::components::line::State;
use crate::gallery::{Docs, Example, Group};

/// The route in the gallery.
pub const DOCS: Docs = Docs {
    name: "route",
    title: "Route",
    group: Group::Progress,
    summary: "A way with branches, drawn as one line with lanes: what may be done side by side stands side by side, and meets again where something waits for both.",
    good: &[
        "Say whose each station is: a name, not an id.",
        "Say how a station stands in a word of its own: who has it, or until when it waits.",
    ],
    bad: &[
        "Do not draw a way without branches across the page and down the side as well: once is enough.",
        "Do not put controls into a station: it leads to where they are.",
    ],
    keys: &[],
    examples: &[
        Example {
            name: "plan",
            title: "A golden path before anybody has begun",
            view: || view! { <Route label="Stations of this path" stops=plan()/> }.into_any(),
        },
        Example {
            name: "journey",
            title: "A journey under way",
            view: || view! { <Route label="Stations of this journey" stops=journey()/> }.into_any(),
        },
        Example {
            name: "straight",
            title: "One after the other",
            view: || {
                let all = [State::Done, State::Skipped, State::Failed, State::Waiting, State::Here, State::Ahead];
                let stops = all
                    .into_iter()
                    .enumerate()
                    .map(|(place, state)| Stop {
                        id: place.to_string(),
                        name: format!("Station {}", place + 1),
                        state: Some(state),
                        owner: "Cloud Platform".into(),
                        after: place.checked_sub(1).into_iter().collect(),
                        ..Stop::default()
                    })
                    .collect();
                view! { <Route label="Every state" stops=stops/> }.into_any()
            },
        },
    ],
};

fn stop(name: &str, kind: &str, owner: &str, facts: &[&str], after: &[usize]) -> Stop {
    Stop {
        id: name.to_lowercase().replace(' ', "-"),
        name: name.into(),
        kind: kind.into(),
        owner: owner.into(),
        facts: facts.iter().map(ToString::to_string).collect(),
        after: after.to_vec(),
        ..Stop::default()
    }
}

fn plan() -> Vec<Stop> {
    vec![
        stop("Create the service", "Template", "Developer Experience", &["usually 2 minutes"], &[]),
        stop("Set up delivery", "Template", "Cloud Platform", &["usually 4 minutes"], &[0]),
        stop("Security review", "Task", "Security Engineering", &["due within 5 days", "usually 3 days"], &[0]),
        stop("Data classification", "Approval", "Data Platform", &["2 agree", "usually 1 day"], &[2]),
        stop("Go-live readiness", "Approval", "Observability", &["usually 6 hours"], &[1, 3]),
    ]
}

fn journey() -> Vec<Stop> {
    let words = ["", "", "Waiting for Matthias Oberhauser", "", ""];
    let states = [State::Done, State::Here, State::Waiting, State::Ahead, State::Ahead];
    plan()
        .into_iter()
        .zip(states)
        .zip(words)
        .enumerate()
        .map(|(place, ((stop, state), word))| Stop {
            state: Some(state),
            word: word.into(),
            href: "#".into(),
            shown: place == 2,
            ..stop
        })
        .collect()
}

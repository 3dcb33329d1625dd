use leptos::prelude::*;

use super::{Progress, State, Station, Stepper, Timeline};
use crate::gallery::{Docs, Example, Group};

/// The line in the gallery.
pub const DOCS: Docs = Docs {
    name: "line",
    title: "Line",
    group: Group::Progress,
    summary: "Whatever advances is drawn as one line with stations and a marker where the traveller is: a stepper across, a timeline down, a progress bar for what can be counted.",
    good: &[
        "Name a station after what is there when it is done, and say whose it is.",
        "Mark one station as the one where the traveller is.",
    ],
    bad: &[
        "Do not draw more than seven stations across: draw them down.",
        "Do not show a percentage of what cannot be counted.",
    ],
    keys: &[],
    examples: &[
        Example {
            name: "stepper",
            title: "The stages of a contribution",
            view: || view! { <Stepper label="Stages of this contribution" stations=stages()/> }.into_any(),
        },
        Example {
            name: "timeline",
            title: "A journey with a branch",
            view: || view! { <Timeline label="Your journey" stations=journey()/> }.into_any(),
        },
        Example {
            name: "planned",
            title: "A way that nobody is on yet",
            view: || {
                let stations =
                    [("Write the files", "Renders a skeleton."), ("Create the repository", "Pushes the files.")];
                let stations = stations.map(|(name, note)| Station::new(name, State::Planned, note)).into();
                view! { <Timeline label="What a run does" stations=stations/> }.into_any()
            },
        },
        Example {
            name: "states",
            title: "Every state",
            view: || {
                let all = [State::Done, State::Skipped, State::Failed, State::Waiting, State::Here, State::Ahead];
                let stations = all.map(|state| Station::new("Station", state, "Whose it is")).into();
                view! { <Timeline label="Every state" stations=stations/> }.into_any()
            },
        },
        Example {
            name: "progress",
            title: "An import",
            view: || view! { <Progress label="Files read" done=312 total=Some(1_250)/> }.into_any(),
        },
        Example {
            name: "going-on",
            title: "Without a known end",
            view: || view! { <Progress label="Files found" done=312 total=None/> }.into_any(),
        },
    ],
};

fn stages() -> Vec<Station> {
    vec![
        Station::new("Pitch", State::Done, "Accepted 3 November"),
        Station::new("UX validation", State::Done, "No findings left"),
        Station::new("Architecture review", State::Waiting, "Technology Standards Board"),
        Station::new("Code review", State::Ahead, "Portal team"),
        Station::new("Live", State::Ahead, ""),
    ]
}

fn journey() -> Vec<Station> {
    let repository =
        Station { href: "#".into(), ..Station::new("Repository", State::Done, "Developer platform, 2 minutes") };
    let data = Station {
        branch: vec![
            Station::new("Data classification", State::Waiting, "Data office"),
            Station::new("Encryption keys", State::Ahead, "Security"),
        ],
        ..Station::new("Database", State::Here, "Data platform")
    };
    vec![
        repository,
        Station::new("Legacy registration", State::Skipped, "Not needed for services"),
        data,
        Station::new("Production", State::Ahead, "Release management"),
    ]
}

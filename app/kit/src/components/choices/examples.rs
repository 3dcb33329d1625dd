use leptos::prelude::*;

use super::{Choice, Choices};
use crate::components::Series;
use crate::gallery::{Docs, Example, Group};

/// The choices in the gallery.
pub const DOCS: Docs = Docs {
    name: "choices",
    title: "Choices",
    group: Group::Navigation,
    summary: "A few ways to look at the same page, each an address of its own.",
    good: &["Use it for two to six choices that change what a figure or a list shows."],
    bad: &["Do not use it for what is sent with a form: that is a group of radio buttons or check boxes."],
    keys: &[],
    examples: &[
        Example {
            name: "one",
            title: "One of several",
            view: || view! { <Choices label="Hops" choices=choices(&["1", "2", "3"], 1)/> }.into_any(),
        },
        Example {
            name: "many",
            title: "Several, with the lines of a figure",
            view: || {
                view! { <Choices label="Relations" choices=choices(&["Ownership", "Parts", "APIs"], 2) many=true/> }
                    .into_any()
            },
        },
    ],
};

fn choices(labels: &[&str], chosen: usize) -> Vec<Choice> {
    let choice = |(place, label): (usize, &&str)| Choice {
        label: (*label).into(),
        href: "#".into(),
        chosen: place < chosen,
        series: (labels[0] == "Ownership").then(|| Series::nth(place)),
    };
    labels.iter().enumerate().map(choice).collect()
}

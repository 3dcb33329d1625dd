use leptos::prelude::*;

use super::{ViewLink, ViewLinks};
use crate::components::Series;
use crate::gallery::{Docs, Example, Group};

/// The links in the gallery.
pub const DOCS: Docs = Docs {
    name: "views",
    title: "Views",
    group: Group::Navigation,
    summary: "A few ways to look at the same page, each an address of its own.",
    good: &["Use it for two to six links that change what a figure or a list shows."],
    bad: &["Do not use it for what is sent with a form: that is a group of radio buttons or check boxes."],
    keys: &[],
    examples: &[
        Example {
            name: "one",
            title: "One of several",
            view: || view! { <ViewLinks label="Hops" links=links(&["1", "2", "3"], 1)/> }.into_any(),
        },
        Example {
            name: "many",
            title: "Several, with the lines of a figure",
            view: || {
                view! { <ViewLinks label="Relations" links=links(&["Ownership", "Parts", "APIs"], 2) many=true/> }
                    .into_any()
            },
        },
    ],
};

fn links(labels: &[&str], chosen: usize) -> Vec<ViewLink> {
    let choice = |(place, label): (usize, &&str)| ViewLink {
        label: (*label).into(),
        href: "#".into(),
        chosen: place < chosen,
        series: (labels[0] == "Ownership").then(|| Series::nth(place)),
    };
    labels.iter().enumerate().map(choice).collect()
}

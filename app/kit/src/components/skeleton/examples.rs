use leptos::prelude::*;

use super::Skeleton;
use crate::gallery::{Docs, Example, Group};

/// The skeleton in the gallery.
pub const DOCS: Docs = Docs {
    name: "skeleton",
    title: "Skeleton",
    group: Group::Messages,
    summary: "Holds the place of what is on its way, after 200 ms.",
    good: &["Give it the height of what will come, so that nothing jumps."],
    bad: &["Do not show one where the last answer can stay in place."],
    keys: &[],
    examples: &[
        Example {
            name: "text",
            title: "A text on its way",
            view: || {
                view! {
                    <Skeleton label="Loading the description"/>
                }
                .into_any()
            },
        },
        Example {
            name: "line",
            title: "One line",
            view: || {
                view! {
                    <Skeleton label="Loading the owner" lines=1/>
                }
                .into_any()
            },
        },
    ],
};

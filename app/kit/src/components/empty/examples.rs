use leptos::prelude::*;

use super::EmptyState;
use crate::components::button::Button;
use crate::gallery::{Docs, Example, Group};

/// The empty state in the gallery.
pub const DOCS: Docs = Docs {
    name: "empty",
    title: "Empty state",
    group: Group::Messages,
    summary: "What stands where nothing is: one sentence and one action.",
    good: &["Say why it is empty: nothing yet, or nothing that matches.", "Offer the one thing that fills it."],
    bad: &["Do not apologise, and do not draw a picture."],
    keys: &[],
    examples: &[
        Example {
            name: "yet",
            title: "Nothing yet",
            view: || {
                view! {
                    <EmptyState sentence="No journey has been started on this golden path."><Button text="Start journey" href="#empty"/></EmptyState>
                }
                .into_any()
            },
        },
        Example {
            name: "match",
            title: "Nothing that matches",
            view: || {
                view! {
                    <EmptyState sentence="Nothing matches these words and filters."><Button text="Clear all filters" href="#empty"/></EmptyState>
                }
                .into_any()
            },
        },
        Example {
            name: "fine",
            title: "Nothing, and that is fine",
            view: || {
                view! {
                    <EmptyState sentence="Nothing is wrong in the files of this location."/>
                }
                .into_any()
            },
        },
    ],
};

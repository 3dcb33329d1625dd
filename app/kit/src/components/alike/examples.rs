use leptos::prelude::*;

use super::{Alike, Like};
use crate::gallery::{Docs, Example, Group};

/// What is alike in the gallery.
pub const DOCS: Docs = Docs {
    name: "alike",
    title: "Alike",
    group: Group::Data,
    summary: "What is there already that is like what somebody is writing, so that they join it in place of making it again.",
    good: &["Stand it beside the form, where it is seen while somebody types.", "Offer to join what can be joined."],
    bad: &["Do not keep anybody from going on: people decide whether it is the same."],
    keys: &[],
    examples: &[
        Example {
            name: "some",
            title: "Something was found",
            view: || {
                let items = vec![
                    Like {
                        title: "On-call rota of every team".into(),
                        kind: "Contribution".into(),
                        detail: "Pitch".into(),
                        path: "/design/components/alike".into(),
                        join: "rota".into(),
                    },
                    Like {
                        title: "Pager".into(),
                        kind: "Component".into(),
                        detail: "Observability".into(),
                        path: "/design/components/alike".into(),
                        join: String::new(),
                    },
                ];
                view! { <Alike items=items source="/api/search?q=" of="example-alike" joins="/design/components/alike" nothing="Nothing is like it."/> }
                    .into_any()
            },
        },
        Example {
            name: "none",
            title: "Nothing was found",
            view: || {
                view! { <Alike items=Vec::new() source="/api/search?q=" of="example-alike" joins="/design/components/alike" nothing="Nothing that you may see is like it."/> }
                    .into_any()
            },
        },
    ],
};

use leptos::prelude::*;

use super::{Due, Turn};
use crate::gallery::{Docs, Example, Group};
use crate::when::When;

/// The turn in the gallery.
pub const DOCS: Docs = Docs {
    name: "turn",
    title: "Turn",
    group: Group::Progress,
    summary: "Who has the ball in something that people and the portal do together, and when it is due.",
    good: &["Say what is to be done, as a verb with its object.", "Name a team or a person, never nobody."],
    bad: &["Do not say that something waits without saying for whom."],
    keys: &[],
    examples: &[
        Example {
            name: "yours",
            title: "The reader’s turn",
            view: || {
                view! { <Turn who="You" what="decide on Data classification" yours=true since=Some(when("3 hours ago"))/> }
                    .into_any()
            },
        },
        Example {
            name: "theirs",
            title: "Somebody else’s",
            view: || {
                view! { <Turn who="Security Engineering" what="Security review" since=Some(when("2 days ago"))/> }
                    .into_any()
            },
        },
        Example {
            name: "due",
            title: "When it is due",
            view: || {
                view! {
                    <p>
                        <Due when=when("in 4 days") overdue=false/> " "
                        <Due when=when("in 5 hours") overdue=false near=true/> " "
                        <Due when=when("2 days ago") overdue=true/>
                    </p>
                }
                .into_any()
            },
        },
    ],
};

fn when(relative: &str) -> When {
    When { relative: relative.into(), exact: "2026-11-28T10:12:00Z".into() }
}

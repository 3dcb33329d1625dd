use leptos::prelude::*;

use super::Time;
use crate::gallery::{Docs, Example, Group};
use crate::when::When;

/// The time in the gallery.
pub const DOCS: Docs = Docs {
    name: "time",
    title: "Time",
    group: Group::Data,
    summary: "A time, relative, with the exact one at hand.",
    good: &["Use it for what happened lately or is due soon."],
    bad: &["Do not use it where times are compared: there the exact time is better."],
    keys: &[],
    examples: &[Example {
        name: "times",
        title: "Before, ahead and never",
        view: || {
            let now = 1_764_000_000_000;
            view! {
                <ul class="pk-list">
                    <li>"Read " <Time when=Some(When::new(now - 180_000, now))/></li>
                    <li>"Due " <Time when=Some(When::new(now + 5 * 86_400_000, now))/></li>
                    <li>"Refreshed " <Time when=None/></li>
                </ul>
            }
            .into_any()
        },
    }],
};

use leptos::prelude::*;

use super::RadioGroup;
use crate::components::choice::Choice;
use crate::components::field::Need;
use crate::gallery::{Docs, Example, Group};

/// The radio in the gallery.
pub const DOCS: Docs = Docs {
    name: "radio",
    title: "Radio group",
    group: Group::Forms,
    summary: "One of a few values, all to be seen.",
    good: &["Put the most frequent first.", "Say under each what follows from it."],
    bad: &["Do not use more than about five: use a select.", "Do not use one alone: use a checkbox."],
    keys: &[("Down, Right", "Chooses the next"), ("Up, Left", "Chooses the one before"), ("Tab", "Leaves the group")],
    examples: &[
        Example {
            name: "one",
            title: "One of a few",
            view: || {
                view! { <RadioGroup label="Who may see it" id="radio-one" name="audience" options=audiences() value="bank"/> }.into_any()
            },
        },
        Example {
            name: "required",
            title: "Has to be chosen",
            view: || {
                view! { <RadioGroup label="Who may see it" id="radio-required" name="audience-needed" options=audiences() need=Need::Required/> }.into_any()
            },
        },
        Example {
            name: "wrong",
            title: "Wrong",
            view: || {
                view! { <RadioGroup label="Who may see it" id="radio-wrong" name="audience-wrong" options=audiences() value="world" error="A service that holds account data cannot be public. Choose the bank or the team."/> }.into_any()
            },
        },
        Example {
            name: "disabled",
            title: "Not at the moment",
            view: || {
                view! { <RadioGroup label="Who may see it" id="radio-disabled" name="audience-fixed" options=audiences() value="team" disabled=true help="Only the owner may change it."/> }.into_any()
            },
        },
    ],
};

fn audiences() -> Vec<Choice> {
    vec![
        Choice::new("team", "The team").with("Members of the owning group."),
        Choice::new("bank", "The bank").with("Everybody who is signed in."),
        Choice::new("world", "Everybody"),
    ]
}

use leptos::prelude::*;

use super::{Checkbox, CheckboxGroup};
use crate::components::choice::Choice;
use crate::components::field::Need;
use crate::gallery::{Docs, Example, Group};

/// The checkbox in the gallery.
pub const DOCS: Docs = Docs {
    name: "checkbox",
    title: "Checkbox",
    group: Group::Forms,
    summary: "Yes or no, or any of a few values.",
    good: &["Word it so that ticked means yes.", "Use a switch for what takes effect at once."],
    bad: &["Do not tick a consent for somebody.", "Do not word it as a negative."],
    keys: &[("Space", "Ticks, or takes the tick away")],
    examples: &[
        Example {
            name: "one",
            title: "One",
            view: || {
                view! { <Checkbox name="notify" label="Tell the consumers" detail="Owners of the 14 dependent services get a message." id="checkbox-one"/> }.into_any()
            },
        },
        Example {
            name: "ticked",
            title: "Ticked",
            view: || {
                view! { <Checkbox name="public" label="List it in the public catalog" checked=true id="checkbox-ticked"/> }.into_any()
            },
        },
        Example {
            name: "group",
            title: "Any of a few",
            view: || {
                view! { <CheckboxGroup label="Environments" id="checkbox-group" name="environment" options=environments() chosen=vec!["test".to_owned()] help="Each gets a namespace of its own."/> }.into_any()
            },
        },
        Example {
            name: "wrong",
            title: "Wrong",
            view: || {
                view! { <CheckboxGroup label="Environments" id="checkbox-wrong" name="environment-wrong" options=environments() need=Need::Required error="Choose at least one environment."/> }.into_any()
            },
        },
        Example {
            name: "disabled",
            title: "Not at the moment",
            view: || {
                view! { <CheckboxGroup label="Environments" id="checkbox-disabled" name="environment-fixed" options=environments() chosen=vec!["test".to_owned()] disabled=true help="The journey has begun."/> }.into_any()
            },
        },
    ],
};

fn environments() -> Vec<Choice> {
    vec![
        Choice::new("test", "Test"),
        Choice::new("acceptance", "Acceptance").with("With masked data of yesterday."),
        Choice::new("production", "Production").with("Needs the approval of the platform team."),
    ]
}

use leptos::prelude::*;

use super::Select;
use crate::components::choice::Choice;
use crate::components::field::{Field, Need};
use crate::components::input::ControlSize;
use crate::gallery::{Docs, Example, Group};

/// The select in the gallery.
pub const DOCS: Docs = Docs {
    name: "select",
    title: "Select",
    group: Group::Forms,
    summary: "One of a few known values, in the browser's own list.",
    good: &[
        "Use radio buttons for up to five values that are worth comparing.",
        "Use a combobox for more than about fifteen.",
    ],
    bad: &["Do not choose a value for somebody who has to think about it."],
    keys: &[],
    examples: &[
        Example {
            name: "one",
            title: "One of several",
            view: || {
                view! { <Field label="Lifecycle" id="select-one"><Select name="lifecycle" options=lifecycles() value="production"/></Field> }.into_any()
            },
        },
        Example {
            name: "empty",
            title: "None, or one",
            view: || {
                view! { <Field label="Lifecycle" id="select-empty"><Select name="any-lifecycle" options=lifecycles() empty="Any lifecycle"/></Field> }.into_any()
            },
        },
        Example {
            name: "required",
            title: "Has to be chosen",
            view: || {
                view! { <Field label="Lifecycle" id="select-required" need=Need::Required><Select name="needed-lifecycle" options=lifecycles() empty="Choose a lifecycle"/></Field> }.into_any()
            },
        },
        Example {
            name: "wrong",
            title: "Wrong",
            view: || {
                view! { <Field label="Lifecycle" id="select-wrong" error="A service with consumers cannot be deprecated. Move its 14 consumers first."><Select name="wrong-lifecycle" options=lifecycles() value="deprecated"/></Field> }.into_any()
            },
        },
        Example {
            name: "small",
            title: "In a row of a table",
            view: || {
                view! { <Field label="Lifecycle" id="select-small"><Select name="small-lifecycle" options=lifecycles() size=ControlSize::Small/></Field> }.into_any()
            },
        },
        Example {
            name: "disabled",
            title: "Not at the moment",
            view: || {
                view! { <Field label="Lifecycle" id="select-disabled" help="The descriptor says it."><Select name="fixed-lifecycle" options=lifecycles() value="production" disabled=true/></Field> }.into_any()
            },
        },
        Example {
            name: "long",
            title: "A long value",
            view: || {
                view! { <Field label="Department" id="select-long"><Select name="department" options=vec![Choice::new("zv", "Zahlungsverkehrsüberweisungsbestätigungsdienst für grenzüberschreitende Echtzeitüberweisungen im Privatkundengeschäft (DACH)")]/></Field> }.into_any()
            },
        },
    ],
};

fn lifecycles() -> Vec<Choice> {
    vec![
        Choice::new("experimental", "Experimental"),
        Choice::new("production", "Production"),
        Choice::new("deprecated", "Deprecated"),
    ]
}

use leptos::prelude::*;

use super::Combobox;
use crate::components::choice::Choice;
use crate::components::field::{Field, Need};
use crate::gallery::{Docs, Example, Group};

/// The combobox in the gallery.
pub const DOCS: Docs = Docs {
    name: "combobox",
    title: "Combobox",
    group: Group::Forms,
    summary: "One or several of many values, found by typing.",
    good: &[
        "Give options a detail where names read alike.",
        "Ask a source where there are more than some hundred values.",
    ],
    bad: &[
        "Do not use it for a handful of values: a select or radio buttons show them.",
        "Do not send what was typed as if it had been chosen.",
    ],
    keys: &[
        ("Down, Up", "Opens the list, and moves through it"),
        ("Alt + Down", "Opens the list"),
        ("Alt + Up", "Closes the list"),
        ("Enter", "Chooses the marked option"),
        ("Escape", "Closes the list; then empties the text"),
        ("Home, End", "Moves the caret in the text"),
        ("Backspace", "In an empty text of several: takes the last one away"),
    ],
    examples: &[
        Example {
            name: "one",
            title: "One of a list",
            view: || {
                view! { <Field label="Owner" id="combobox-one" help="The team that answers at night."><Combobox name="owner" options=teams() placeholder="Name of a team"/></Field> }.into_any()
            },
        },
        Example {
            name: "chosen",
            title: "One, chosen before",
            view: || {
                view! { <Field label="Owner" id="combobox-chosen"><Combobox name="owner-before" options=teams() chosen=teams().into_iter().take(1).collect()/></Field> }.into_any()
            },
        },
        Example {
            name: "several",
            title: "Several of a list",
            view: || {
                view! { <Field label="Reviewers" id="combobox-several" need=Need::Required><Combobox name="reviewers" multiple=true options=teams() chosen=teams().into_iter().take(2).collect() placeholder="Add a team"/></Field> }.into_any()
            },
        },
        Example {
            name: "source",
            title: "From the server",
            view: || {
                view! { <Field label="Made with" id="combobox-source" help="Type a part of the name."><Combobox name="depends" source="/api/design/choices?q=" placeholder="Name of a component of the design system"/></Field> }.into_any()
            },
        },
        Example {
            name: "sources",
            title: "Several from the server",
            view: || {
                view! { <Field label="Also shows" id="combobox-sources"><Combobox name="consumers" multiple=true source="/api/design/choices?q=" chosen=vec![Choice::new("table", "Table")]/></Field> }.into_any()
            },
        },
        Example {
            name: "empty",
            title: "Nothing to choose from",
            view: || {
                view! { <Field label="Cost centre" id="combobox-empty"><Combobox name="centre"/></Field> }.into_any()
            },
        },
        Example {
            name: "wrong",
            title: "Wrong",
            view: || {
                view! { <Field label="Owner" id="combobox-wrong" error="Branch desk was closed on 1 March. Choose the team that took the service over."><Combobox name="owner-gone" options=teams() chosen=vec![Choice::new("group:default/branch-desk", "Branch desk")]/></Field> }.into_any()
            },
        },
        Example {
            name: "disabled",
            title: "Not at the moment",
            view: || {
                view! { <Field label="Owner" id="combobox-disabled" help="The descriptor says it."><Combobox name="owner-fixed" options=teams() chosen=teams().into_iter().take(1).collect() disabled=true/></Field> }.into_any()
            },
        },
        Example {
            name: "arabic",
            title: "From right to left",
            view: || {
                view! { <div dir="rtl" lang="ar"><Field label="الفريق" id="combobox-rtl"><Combobox name="team-ar" multiple=true options=vec![Choice::new("payments", "المدفوعات الفورية"), Choice::new("cards", "البطاقات")] chosen=vec![Choice::new("cards", "البطاقات")]/></Field></div> }.into_any()
            },
        },
    ],
};

fn teams() -> Vec<Choice> {
    vec![
        Choice::new("group:default/instant-payments", "Instant payments").with("Payments"),
        Choice::new("group:default/card-disputes", "Card disputes").with("Cards"),
        Choice::new("group:default/card-issuing", "Card issuing").with("Cards"),
        Choice::new("group:default/loan-servicing", "Loan servicing").with("Lending"),
        Choice::new("group:default/ueberweisungen", "Überweisungen und Daueraufträge").with("Payments"),
        Choice::new(
            "group:default/echtzeit",
            "Zahlungsverkehrsüberweisungsbestätigungsdienst für grenzüberschreitende Echtzeitüberweisungen (DACH)",
        )
        .with("Payments"),
    ]
}

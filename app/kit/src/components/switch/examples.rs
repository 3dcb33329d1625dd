use leptos::prelude::*;

use super::Switch;
use crate::gallery::{Docs, Example, Group};

/// The switch in the gallery.
pub const DOCS: Docs = Docs {
    name: "switch",
    title: "Switch",
    group: Group::Forms,
    summary: "On or off, of something that runs.",
    good: &["Name the thing, not its state: Nightly refresh.", "Let it take effect at once, or say when."],
    bad: &["Do not use it in a form that is sent: use a checkbox.", "Do not change the label with the state."],
    keys: &[("Space", "Switches on or off")],
    examples: &[
        Example {
            name: "off",
            title: "Off",
            view: || {
                view! { <Switch name="refresh" label="Nightly refresh" detail="Reads the location again at 02:00." id="switch-off"/> }.into_any()
            },
        },
        Example {
            name: "on",
            title: "On",
            view: || {
                view! { <Switch name="alerts" label="Alerts to the duty phone" on=true id="switch-on"/> }.into_any()
            },
        },
        Example {
            name: "disabled",
            title: "Not at the moment",
            view: || {
                view! { <div><Switch name="gateway" label="Gateway" on=true disabled=true id="switch-disabled"/><Switch name="mirror" label="Mirror" disabled=true id="switch-disabled-off"/><p class="pk-quiet">"Set by the operator."</p></div> }.into_any()
            },
        },
    ],
};

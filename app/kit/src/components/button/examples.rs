use leptos::prelude::*;

use super::{Button, Emphasis};
use crate::components::icon::Icon;
use crate::gallery::{Docs, Example, Group};

/// The button in the gallery.
pub const DOCS: Docs = Docs {
    name: "button",
    title: "Button",
    group: Group::Actions,
    summary: "Does something, or leads to where it is done.",
    good: &["Name the action with a verb: Start journey, Send back.", "One primary button a page, in its header."],
    bad: &["Do not disable a button without saying beside it why.", "Do not put two primary buttons side by side."],
    keys: &[],
    examples: &[
        Example {
            name: "emphasis",
            title: "Emphasis",
            view: || {
                view! {
                    <div class="pk-inline">
                        <Button text="Start journey" emphasis=Emphasis::Primary/>
                        <Button text="Save draft"/>
                        <Button text="Skip" emphasis=Emphasis::Quiet/>
                        <Button text="Delete draft" emphasis=Emphasis::Danger/>
                    </div>
                }
                .into_any()
            },
        },
        Example {
            name: "icon",
            title: "With a glyph",
            view: || view! { <Button text="Register software" icon=Icon::Plus/> }.into_any(),
        },
        Example {
            name: "link",
            title: "A link that looks like one",
            view: || view! { <Button text="Open the catalog" href="/catalog"/> }.into_any(),
        },
        Example {
            name: "disabled",
            title: "Not at the moment",
            view: || {
                view! {
                    <div class="pk-inline">
                        <Button text="Apply" disabled=true/>
                        <span class="pk-quiet">"Two fields are still empty."</span>
                    </div>
                }
                .into_any()
            },
        },
    ],
};

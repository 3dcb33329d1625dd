use leptos::prelude::*;

use super::Section;
use crate::components::badge::{Badge, Tone};
use crate::components::button::{Button, Emphasis};
use crate::components::facts::{Fact, Facts};
use crate::gallery::{Docs, Example, Group};

/// The page and section in the gallery.
pub const DOCS: Docs = Docs {
    name: "page",
    title: "Page and section",
    group: Group::Data,
    summary: "What a page says first: what it is, in what state, and the one thing to do. Then its sections.",
    good: &["Name the kind of thing above the heading.", "Put the one primary action in the header."],
    bad: &["Do not write text wider than 72 characters.", "Do not use a second heading of the first level."],
    keys: &[],
    examples: &[
        Example {
            name: "header",
            title: "The header of a page",
            view: || {
                view! {
                    <header class="pk-page__header">
                        <div class="pk-page__heading">
                            <p class="pk-page__kind">"Component · service"</p>
                            <h3>"settlement-engine"</h3>
                            <p class="pk-page__ref"><code>"component:default/settlement-engine"</code></p>
                            <p class="pk-page__lead">"Settles instant payments with the clearing house, around the clock. Zuständig für die Zahlungsverkehrsabwicklung für Auslandsüberweisungen."</p>
                        </div>
                        <div class="pk-page__aside"><Badge text="Production" tone=Tone::Fine/> <Button text="Start journey" emphasis=Emphasis::Primary/></div>
                    </header>
                }
                .into_any()
            },
        },
        Example {
            name: "columns",
            title: "A section beside facts",
            view: || {
                view! {
                    <div class="pk-columns">
                        <Section title="About"><p class="pk-prose">"Takes payments from the routing, reserves the amount at the ledger, and answers within two seconds."</p></Section>
                        <aside aria-label="Facts of settlement-engine"><Facts><Fact name="Owner">"Instant Payments"</Fact><Fact name="System">"Payments"</Fact></Facts></aside>
                    </div>
                }
                .into_any()
            },
        },
    ],
};

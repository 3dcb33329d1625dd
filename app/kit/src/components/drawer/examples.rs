use leptos::prelude::*;

use super::Drawer;
use crate::components::badge::{Badge, Tone};
use crate::components::button::Button;
use crate::components::dialog::{DialogActions, DialogButton, DialogClose};
use crate::components::facts::{Fact, Facts};
use crate::gallery::{Docs, Example, Group};

/// The drawer in the gallery.
pub const DOCS: Docs = Docs {
    name: "drawer",
    title: "Drawer",
    group: Group::Overlays,
    summary: "A side sheet: the details of one row, while the list stays in sight.",
    good: &["Give what it shows an address of its own too, and link to it.", "Keep the one action at the end."],
    bad: &["Do not put the main work of a page in a drawer.", "Do not open a drawer from a drawer."],
    keys: &[
        ("Tab, Shift + Tab", "Go round within the drawer"),
        ("Escape", "Closes it; the focus goes back to the button"),
    ],
    examples: &[Example {
        name: "details",
        title: "Details of a row",
        view: || {
            view! {
                <DialogButton opens="drawer-finding" text="Show finding"/>
                <Drawer id="drawer-finding" title="Contrast of the amount field">
                    <Facts>
                        <Fact name="Contribution">"Loan calculator"</Fact>
                        <Fact name="State"><Badge text="Open" tone=Tone::Attention/></Fact>
                        <Fact name="Rule">"Text stands out from its ground by at least 4.5 to 1"</Fact>
                        <Fact name="Measured"><span class="pk-mono">"2.9:1"</span></Fact>
                    </Facts>
                    <p>"The placeholder is set in a grey of its own. Use the token for quiet text instead."</p>
                    <DialogActions>
                        <DialogClose dialog="drawer-finding" text="Close"/>
                        <Button text="Open the finding" href="#drawer-finding"/>
                    </DialogActions>
                </Drawer>
            }
            .into_any()
        },
    }],
};

use leptos::prelude::*;

use super::Tooltip;
use crate::components::button::Button;
use crate::components::icon::{Icon, IconView};
use crate::gallery::{Docs, Example, Group};

/// The tooltip in the gallery.
pub const DOCS: Docs = Docs {
    name: "tooltip",
    title: "Tooltip",
    group: Group::Overlays,
    summary: "A few words on a control or a term, on focus and on hover.",
    good: &["Say what the control does or what the term means, in a sentence at most."],
    bad: &["Do not put in it what anybody needs: it does not exist on a phone.", "Do not put links or buttons in it."],
    keys: &[("Tab", "Shows it with the focus"), ("Escape", "Hides it until the focus comes again")],
    examples: &[
        Example {
            name: "button",
            title: "On a button",
            view: || {
                view! {
                    <Tooltip id="tooltip-refresh" text="Reads all files of the location again; this takes about a minute."><Button text="Refresh now"/></Tooltip>
                }
                .into_any()
            },
        },
        Example {
            name: "icon",
            title: "On a button that shows a glyph alone",
            view: || {
                view! {
                    <Tooltip id="tooltip-star" text="Keeps ledger-core on your home page">
                        <button class="pk-button pk-button--quiet pk-button--icon" type="button" aria-label="Star ledger-core"><IconView icon=Icon::Star/></button>
                    </Tooltip>
                }
                .into_any()
            },
        },
        Example {
            name: "term",
            title: "On a term",
            view: || {
                view! {
                    <p>"This service is " <Tooltip id="tooltip-off-road" text="It departs from a standard of the Technology Standards Board."><a href="#tooltip-off-road">"off-road"</a></Tooltip> " since March."</p>
                }
                .into_any()
            },
        },
    ],
};
